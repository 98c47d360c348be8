//! When a call is repeated: rarely, after a short pause, and a write only if it never left.

use std::time::Duration;

use super::client::{Again, Failure};
use crate::seam::Random;

/// How often one call may still be repeated.
#[derive(Debug)]
pub(super) struct Chances {
    /// After a connection that turned out to be closed: the pool may hold several of those.
    stale: u8,
    /// After anything else.
    other: u8,
}

impl Default for Chances {
    fn default() -> Self {
        Self { stale: 3, other: 1 }
    }
}

/// The shortest pause before a repetition, in milliseconds.
const SHORTEST: u64 = 100;

impl Chances {
    /// How long to wait before the call is repeated; `None` when it must not be.
    pub(super) fn pause(
        &mut self,
        failure: &Failure,
        write: bool,
        random: &dyn Random,
    ) -> Option<Duration> {
        let chances = match failure.again {
            Again::Never => return None,
            Again::IfRead if write => return None,
            Again::AtOnce => &mut self.stale,
            Again::IfRead | Again::Unsent => &mut self.other,
        };
        *chances = chances.checked_sub(1)?;
        if failure.again == Again::AtOnce {
            return Some(Duration::ZERO);
        }
        // Without randomness there is still a pause, only not one of its own.
        let mut jitter = [0; 1];
        let _ = random.fill(&mut jitter);
        Some(Duration::from_millis(SHORTEST + u64::from(jitter[0])))
    }
}
