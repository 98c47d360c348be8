//! What is counted of a project and of a caller.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::{
    AlertKind, Call, Cause, Counters, Durations, Label, Operation, Outcome, Recall, Ring, Sought,
    Status, Table,
};
use crate::seam::Clock;

/// What is counted of a project. A reload hands it to the project of the same name.
pub struct Tally {
    /// The project's name; empty where it is about none.
    pub name: Arc<str>,
    clock: Arc<dyn Clock>,
    /// Requests without a caller, by what they asked for and how they were answered.
    pub strangers: Table<Operation, Status>,
    /// How long requests took, by [`Operation::place`](Label::place).
    requests: Box<[Durations]>,
    /// Requests that went no further.
    pub refusals: Counters<Cause>,
    /// Calls of the upstream.
    pub calls: Table<Call, Outcome>,
    /// How long they took, by [`Call::place`](Label::place).
    called: Box<[Durations]>,
    /// What was asked of the look-ups, and whether they knew.
    pub lookups: Table<Sought, Recall>,
    /// What an operator must look at.
    pub alerts: Counters<AlertKind>,
    /// Keys that lead to no row.
    dangling: AtomicU64,
    /// Attributes that were left out of writes.
    left_out: AtomicU64,
    /// The last requests of its callers.
    pub ring: Ring,
}

impl fmt::Debug for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tally").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Tally {
    /// Nothing was counted yet of the project of that name.
    #[must_use]
    pub fn new(name: Arc<str>, clock: Arc<dyn Clock>) -> Self {
        let durations = |many: usize| (0..many).map(|_| Durations::default()).collect();
        Self {
            name,
            clock,
            strangers: Table::default(),
            requests: durations(Operation::ALL.len()),
            refusals: Counters::default(),
            calls: Table::default(),
            called: durations(Call::ALL.len()),
            lookups: Table::default(),
            alerts: Counters::default(),
            dangling: AtomicU64::new(0),
            left_out: AtomicU64::new(0),
            ring: Ring::default(),
        }
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// The monotonic time now.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    /// Notes how long a request took.
    pub(super) fn took(&self, operation: Operation, duration: Duration) {
        if let Some(durations) = self.requests.get(operation.place()) {
            durations.observe(duration);
        }
    }

    /// Notes a call of the upstream.
    pub(super) fn called(&self, call: Call, outcome: Outcome, duration: Duration) {
        self.calls.count(call, outcome);
        if let Some(durations) = self.called.get(call.place()) {
            durations.observe(duration);
        }
    }

    /// How long requests took, by what they asked for.
    pub fn request_durations(&self) -> impl Iterator<Item = (Operation, &Durations)> {
        Operation::ALL.iter().copied().zip(&self.requests)
    }

    /// How long calls of the upstream took.
    pub fn call_durations(&self) -> impl Iterator<Item = (Call, &Durations)> {
        Call::ALL.iter().copied().zip(&self.called)
    }

    /// Counts keys that lead to no row.
    pub fn dangle(&self, keys: u32) {
        self.dangling.fetch_add(keys.into(), Ordering::Relaxed);
    }

    /// How many keys led to no row; each time that one was to be shown.
    #[must_use]
    pub fn dangling(&self) -> u64 {
        self.dangling.load(Ordering::Relaxed)
    }

    /// Counts an attribute that was left out of a write.
    pub fn leave_out(&self) {
        self.left_out.fetch_add(1, Ordering::Relaxed);
    }

    /// How many attributes were left out of writes.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out.load(Ordering::Relaxed)
    }
}

/// What is counted of a caller. A reload hands it to the caller of the same name.
#[derive(Debug)]
pub struct CallerTally {
    /// The caller's name.
    pub name: Arc<str>,
    /// Its requests, by what they asked for and how they were answered.
    pub requests: Table<Operation, Status>,
}

impl CallerTally {
    /// Nothing was counted yet of the caller of that name.
    #[must_use]
    pub fn new(name: Arc<str>) -> Self {
        Self { name, requests: Table::default() }
    }
}
