//! A request that takes too long is given up.
//!
//! ```text
//! body trickles in, 1 byte a second ──▶ 503 after the deadline, the place is free again
//! ```

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Request;
use tower::{Layer, Service};

use super::Error;
use crate::generation::Generation;
use crate::seam::Clock;

/// Gives requests up after the time that their own generation allows.
#[derive(Clone)]
pub struct DeadlineLayer {
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for DeadlineLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeadlineLayer")
    }
}

impl DeadlineLayer {
    /// Gives requests up by that clock.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
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

impl<S, B> Service<Request<B>> for Deadline<S>
where
    S: Service<Request<B>, Error = Error>,
    S::Future: Send + 'static,
    S::Response: Send + 'static,
{
    type Response = S::Response;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let generation = request.extensions().get::<Arc<Generation>>();
        let time = generation.map(|generation| generation.limits.deadline).unwrap_or_default();
        let answer = self.inner.call(request);
        let sleep = self.layer.clock.sleep(time);
        Box::pin(async move {
            tokio::select! {
                biased;
                answer = answer => answer,
                () = sleep => Err(Error::TimedOut),
            }
        })
    }
}
