//! A request that takes too long is given up.
//!
//! ```text
//! body trickles in, 1 byte a second ──▶ 503 after the deadline, the place is free again
//! ```

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tower::{Layer, Service};

use super::Error;
use crate::seam::Clock;

/// Gives requests up after a time.
#[derive(Clone)]
pub struct DeadlineLayer {
    time: Duration,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for DeadlineLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeadlineLayer").field("time", &self.time).finish_non_exhaustive()
    }
}

impl DeadlineLayer {
    /// Gives requests up after `time` of that clock.
    #[must_use]
    pub fn new(time: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { time, clock }
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = Deadline<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Deadline { inner, layer: self.clone() }
    }
}

/// The layer's service.
#[derive(Clone, Debug)]
pub struct Deadline<S> {
    inner: S,
    layer: DeadlineLayer,
}

impl<S, Q> Service<Q> for Deadline<S>
where
    S: Service<Q, Error = Error>,
    S::Future: Send + 'static,
    S::Response: Send + 'static,
{
    type Response = S::Response;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Q) -> Self::Future {
        let answer = self.inner.call(request);
        let sleep = self.layer.clock.sleep(self.layer.time);
        Box::pin(async move {
            tokio::select! {
                biased;
                answer = answer => answer,
                () = sleep => Err(Error::TimedOut),
            }
        })
    }
}
