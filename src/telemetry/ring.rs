//! The last requests, and no more than so many.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::Trail;

/// The last requests that ended, at most [`CAPACITY`](Self::CAPACITY).
#[derive(Debug, Default)]
pub struct Ring(Mutex<VecDeque<Trail>>);

impl Ring {
    /// How many are kept.
    pub const CAPACITY: usize = 256;

    /// Keeps a request, instead of the oldest one when there are too many.
    pub fn keep(&self, trail: Trail) {
        let oldest = {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let oldest = if kept.len() < Self::CAPACITY { None } else { kept.pop_front() };
            kept.push_back(trail);
            oldest
        };
        // Not while others wait for the lock.
        drop(oldest);
    }

    /// Those that are kept, the oldest first.
    #[must_use]
    pub fn trails(&self) -> Vec<Trail> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
