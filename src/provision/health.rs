//! How the upstream did at the last call: for readiness, and for whoever must mend our credential.

use std::error::Error as _;
use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::audit::Alert;
use crate::record::Class;
use crate::seam::Clock;
use crate::upstream::{self, Kind};

/// How long the next alert of the same kind is held back.
const QUIET: Duration = Duration::from_secs(60);

/// What the last call said about the upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody has called yet.
    Unknown,
    /// It answered.
    Reachable,
    /// It could not be reached, or could not answer.
    Unavailable,
    /// It does not accept our credential.
    Credential,
}

impl State {
    /// Every one.
    pub const ALL: [Self; 4] =
        [Self::Unknown, Self::Reachable, Self::Unavailable, Self::Credential];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Reachable => "reachable",
            Self::Unavailable => "unavailable",
            Self::Credential => "credential refused",
        }
    }
}

/// The last [`State`], and when somebody was last told that our credential is not accepted.
pub struct Health {
    state: AtomicU8,
    clock: Arc<dyn Clock>,
    alarm: Mutex<Alarm>,
}

/// The alert about our credential, which must not be one line for each request.
#[derive(Debug, Default)]
struct Alarm {
    /// When the next one may be raised; at once for the first.
    next: Option<Duration>,
    held_back: u64,
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").field("state", &self.state()).finish_non_exhaustive()
    }
}

impl Health {
    /// Nobody has called yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { state: AtomicU8::new(0), clock, alarm: Mutex::default() }
    }

    /// What the last call said.
    #[must_use]
    pub fn state(&self) -> State {
        match self.state.load(Ordering::Relaxed) {
            0 => State::Unknown,
            1 => State::Reachable,
            2 => State::Unavailable,
            _ => State::Credential,
        }
    }

    /// Notes a call, and says what somebody must be told of it. Refusals of what a client asked for
    /// say that the upstream is there; answers that cannot be understood say nothing about the next
    /// one.
    pub(super) fn note(&self, error: Option<&upstream::Error>) -> Option<Alert> {
        let state = match error.map(|error| error.kind) {
            None => 1,
            Some(Kind::Refused(Class::Credential)) => 3,
            Some(Kind::Refused(Class::Unavailable)) => 2,
            Some(Kind::Refused(_)) => 1,
            Some(Kind::Unreachable | Kind::TimedOut { .. } | Kind::Lost { .. }) => 2,
            Some(_) => return None,
        };
        self.state.store(state, Ordering::Relaxed);
        if state == 3 { self.alarm(error.and_then(causes)) } else { None }
    }

    /// The first time at once, then at most once in [`QUIET`].
    fn alarm(&self, cause: Option<String>) -> Option<Alert> {
        let now = self.clock.monotonic();
        let mut alarm = self.alarm.lock().unwrap_or_else(PoisonError::into_inner);
        if alarm.next.is_some_and(|next| now < next) {
            alarm.held_back = alarm.held_back.saturating_add(1);
            return None;
        }
        alarm.next = Some(now.saturating_add(QUIET));
        let held_back = std::mem::take(&mut alarm.held_back);
        Some(Alert::Credential { held_back, cause: cause.unwrap_or_default() })
    }
}

/// What is behind an error, the nearest first: errors of the upstream quote no answer and no secret.
fn causes(error: &upstream::Error) -> Option<String> {
    let mut words: Vec<String> = Vec::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words.push(inner.to_string());
        cause = inner.source();
    }
    (!words.is_empty()).then(|| words.join(": "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam::fake::FakeClock;

    #[test]
    fn a_refused_credential_is_told_at_once_and_then_once_a_minute() {
        let clock = FakeClock::new();
        let health = Health::new(Arc::clone(&clock) as _);
        let refused = upstream::Error::new(Kind::Refused(Class::Credential))
            .because(std::io::Error::other("status 400"));
        let told =
            |held_back| Some(Alert::Credential { held_back, cause: "status 400".to_owned() });
        assert_eq!(health.note(None), None);
        assert_eq!(health.note(Some(&refused)), told(0));
        for _ in 0..5 {
            assert_eq!(health.note(Some(&refused)), None);
        }
        assert_eq!(health.note(None), None);
        assert_eq!(health.note(Some(&refused)), None, "to and fro is no news either");
        assert_eq!(health.state(), State::Credential);
        clock.advance(QUIET);
        assert_eq!(health.note(Some(&refused)), told(6));
        clock.advance(QUIET);
        assert_eq!(health.note(Some(&refused)), told(0));
    }
}
