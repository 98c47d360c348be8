//! What is counted of connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Counters, HandshakeFailure};

/// What is counted of the connections of a port.
#[derive(Debug, Default)]
pub struct Connections {
    open: AtomicU64,
    accepted: AtomicU64,
    /// Handshakes that came to nothing.
    pub failures: Counters<HandshakeFailure>,
}

impl Connections {
    /// Counts a connection that was accepted, until its seat is dropped.
    #[must_use]
    pub fn seat(self: &Arc<Self>) -> Seat {
        self.accepted.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Relaxed);
        Seat(Arc::clone(self))
    }

    /// How many are open, those that still shake hands included.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.open.load(Ordering::Relaxed)
    }

    /// How many were accepted.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }
}

/// An open connection.
#[derive(Debug)]
pub struct Seat(Arc<Connections>);

impl Seat {
    /// Counts that its handshake came to nothing.
    pub fn fail(&self, failure: HandshakeFailure) {
        self.0.failures.count(failure);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}
