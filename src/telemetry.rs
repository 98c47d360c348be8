//! What is counted and what is remembered of requests, for the admin port to print.
//!
//! Nothing here is global: a [`Tally`] belongs to a project and a [`CallerTally`] to a caller, both
//! are carried by the generation and by every later one that has them too, and [`Telemetry`]
//! belongs to a process. A request leaves a [`Trail`]; when it ends it is counted, and its trail is
//! kept in a [`Ring`] for a while.
//!
//! Labels are words of ours or names of the configuration, so that their number is bounded. There
//! is no place for a path, an id, a filter or a value, so none can end up here: this room would
//! not know what they are.

mod connection;
mod count;
mod label;
mod request_id;
mod ring;
mod status;
mod tally;
mod trail;
mod under_way;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

pub use connection::{Connections, Seat};
pub use count::{Counters, Durations, Table};
pub use label::{
    AlertKind, Call, Cause, HandshakeFailure, Label, Operation, Outcome, Recall, Sought,
};
pub use request_id::RequestId;
pub use ring::Ring;
pub use status::Status;
pub use tally::{CallerTally, Tally};
pub use trail::{Step, Story, Trail};
pub use under_way::{Calling, Ending};

use crate::seam::Clock;

/// What is counted of the whole process.
#[derive(Debug)]
pub struct Telemetry {
    /// Requests under no project's path; its name is empty.
    pub elsewhere: Tally,
    /// The last requests without a caller, whichever project's path they were sent to. They have a
    /// ring of their own, so that no stranger can wash away what the callers did.
    pub strangers: Ring,
}

impl Telemetry {
    /// Nothing was counted yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { elsewhere: Tally::new("".into(), clock), strangers: Ring::default() }
    }

    /// The monotonic time now.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.elsewhere.now()
    }

    /// The date and time of something that happened at `then`, on the monotonic clock.
    #[must_use]
    pub fn date(&self, then: Duration) -> SystemTime {
        let clock = self.elsewhere.clock();
        let past = clock.monotonic().saturating_sub(then);
        clock.wall().checked_sub(past).unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

#[cfg(test)]
mod tests;
