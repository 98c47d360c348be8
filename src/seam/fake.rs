//! Seams for tests: a clock that moves only when told to, and bytes that are known beforehand.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use super::{Clock, Pending, Random};

/// A clock that starts at one hour and stands still until [`FakeClock::advance`].
pub struct FakeClock {
    now: watch::Sender<Duration>,
}

impl FakeClock {
    /// A clock of its own, ready to be shared.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self { now: watch::Sender::new(Duration::from_secs(3600)) })
    }

    /// Moves time forward and wakes whoever has slept long enough.
    pub fn advance(&self, by: Duration) {
        self.now.send_modify(|now| *now += by);
    }

    /// How many sleeps are under way, so that a test can wait for somebody to fall asleep.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        self.now.receiver_count()
    }
}

impl Clock for FakeClock {
    fn monotonic(&self) -> Duration {
        *self.now.borrow()
    }

    /// 2026-01-01T00:00:00Z plus the monotonic time.
    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600) + self.monotonic()
    }

    fn sleep(&self, duration: Duration) -> Pending<'static, ()> {
        let mut now = self.now.subscribe();
        let until = self.monotonic() + duration;
        Box::pin(async move {
            if now.wait_for(|now| *now >= until).await.is_err() {
                // The clock is gone, so its time never comes.
                std::future::pending::<()>().await;
            }
        })
    }
}

/// Bytes that count upwards from zero, starting anew at each call.
pub struct CountingRandom;

impl Random for CountingRandom {
    fn fill(&self, buffer: &mut [u8]) -> io::Result<()> {
        for (byte, value) in buffer.iter_mut().zip((0..=u8::MAX).cycle()) {
            *byte = value;
        }
        Ok(())
    }
}
