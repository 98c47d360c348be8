//! The wish to stop, in two steps: first kindly, then at once.

use std::sync::Arc;

use tokio::sync::watch;

/// How far the wish has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serving,
    Draining,
    Cut,
}

/// Who may wish to stop. Clones are one and the same wish.
#[derive(Clone, Debug)]
pub struct Stopper(Arc<watch::Sender<Phase>>);

impl Stopper {
    /// Nothing new is begun; what is under way is finished.
    pub fn drain(&self) {
        self.reach(Phase::Draining);
    }

    /// What is under way is left as it is.
    pub fn cut(&self) {
        self.reach(Phase::Cut);
    }

    /// A wish never goes back.
    fn reach(&self, phase: Phase) {
        self.0.send_if_modified(|now| {
            let later = *now < phase;
            *now = phase.max(*now);
            later
        });
    }
}

/// Who is to stop. Without any [`Stopper`] left it never comes to that.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<Phase>);

impl Stop {
    /// A wish that was not made yet.
    #[must_use]
    pub fn channel() -> (Stopper, Self) {
        let (sender, receiver) = watch::channel(Phase::Serving);
        (Stopper(Arc::new(sender)), Self(receiver))
    }

    /// Waits for [`Stopper::drain`] or [`Stopper::cut`].
    pub async fn draining(self) {
        self.reached(Phase::Draining).await;
    }

    /// Waits for [`Stopper::cut`].
    pub async fn cut(self) {
        self.reached(Phase::Cut).await;
    }

    /// Whether draining has begun.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        *self.0.borrow() >= Phase::Draining
    }

    async fn reached(mut self, phase: Phase) {
        if self.0.wait_for(|now| *now >= phase).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wish_goes_forward_only() {
        let (stopper, stop) = Stop::channel();
        assert!(!stop.is_draining());
        stopper.drain();
        stop.clone().draining().await;
        assert!(stop.is_draining());
        stopper.cut();
        stopper.drain();
        stop.clone().cut().await;
        drop(stopper);
        stop.cut().await;
    }
}
