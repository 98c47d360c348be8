//! What is under way ends when it is dropped, so that nothing is begun and never counted.

use std::sync::Arc;
use std::time::Duration;

use super::{Call, Outcome, Step, Tally, Telemetry, Trail};

/// A request under way: when this is dropped it has ended, with an answer or without one.
#[derive(Debug)]
pub struct Ending {
    /// Until it has ended.
    trail: Option<Trail>,
    telemetry: Arc<Telemetry>,
}

impl Ending {
    /// Waits for the end of a request.
    #[must_use]
    pub fn new(trail: Trail, telemetry: Arc<Telemetry>) -> Self {
        Self { trail: Some(trail), telemetry }
    }

    /// The request is answered with that status. Says how long it took.
    pub fn answered(mut self, status: u16) -> Duration {
        self.end(Some(status))
    }

    fn end(&mut self, status: Option<u16>) -> Duration {
        self.trail.take().map(|trail| trail.end(status, &self.telemetry)).unwrap_or_default()
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.end(None);
    }
}

/// A call of the upstream under way: when this is dropped it has ended, with an outcome or because
/// nobody waits for it any more.
#[derive(Debug)]
pub struct Calling<'a> {
    tally: &'a Tally,
    trail: &'a Trail,
    call: Call,
    begun: Duration,
    outcome: Outcome,
    status: Option<u16>,
}

impl<'a> Calling<'a> {
    /// Begins a call for a request.
    #[must_use]
    pub fn begin(tally: &'a Tally, trail: &'a Trail, call: Call) -> Self {
        let begun = tally.now();
        Self { tally, trail, call, begun, outcome: Outcome::Abandoned, status: None }
    }

    /// The call has an outcome, and a status where it was answered.
    pub fn ended(mut self, outcome: Outcome, status: Option<u16>) {
        (self.outcome, self.status) = (outcome, status);
    }
}

impl Drop for Calling<'_> {
    fn drop(&mut self) {
        let Self { tally, trail, call, begun, outcome, status } = *self;
        let duration = tally.now().saturating_sub(begun);
        tally.called(call, outcome, duration);
        let microseconds = u32::try_from(duration.as_micros()).unwrap_or(u32::MAX);
        trail.step(Step { call, outcome, status, microseconds });
    }
}
