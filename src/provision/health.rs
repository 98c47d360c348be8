//! How the upstream did at the last call: for readiness, and for nothing else.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::record::Class;
use crate::upstream::{self, Kind};

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

/// The last [`State`].
#[derive(Debug, Default)]
pub struct Health(AtomicU8);

impl Health {
    /// What the last call said.
    #[must_use]
    pub fn state(&self) -> State {
        match self.0.load(Ordering::Relaxed) {
            0 => State::Unknown,
            1 => State::Reachable,
            2 => State::Unavailable,
            _ => State::Credential,
        }
    }

    /// Notes a call. Refusals of what a client asked for say that the upstream is there; answers
    /// that cannot be understood say nothing about the next one.
    pub(super) fn note(&self, error: Option<&upstream::Error>) {
        let state = match error.map(|error| error.kind) {
            None => 1,
            Some(Kind::Refused(Class::Credential)) => 3,
            Some(Kind::Refused(Class::Unavailable)) => 2,
            Some(Kind::Refused(_)) => 1,
            Some(Kind::Unreachable | Kind::TimedOut { .. } | Kind::Lost { .. }) => 2,
            Some(_) => return,
        };
        self.0.store(state, Ordering::Relaxed);
    }
}
