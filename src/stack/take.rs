//! The generation in force is taken once, at the start of a request, and kept to its end.
//!
//! ```text
//! GET …/Users ──▶ extension Arc<Generation> ──▶ every layer inside asks that one
//! ```
//!
//! The request's trail learns here under whose path it was sent.
//!
//! A request, not a connection: one of HTTP/2 lives for hours.

use std::task::{Context, Poll};

use http::Request;
use tower::{Layer, Service};

use crate::generation::Current;
use crate::telemetry::Trail;

/// Gives each request the generation in force.
#[derive(Clone, Debug)]
pub struct TakeLayer {
    current: Current,
}

impl TakeLayer {
    /// Takes from there.
    #[must_use]
    pub fn new(current: Current) -> Self {
        Self { current }
    }
}

impl<S> Layer<S> for TakeLayer {
    type Service = Take<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Take { inner, current: self.current.clone() }
    }
}

/// The layer's service.
#[derive(Clone, Debug)]
pub struct Take<S> {
    inner: S,
    current: Current,
}

impl<S, B> Service<Request<B>> for Take<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let generation = self.current.take();
        if let Some(trail) = request.extensions().get::<Trail>()
            && let Some((project, _)) = generation.project(request.uri().path())
        {
            trail.enter(&project.provisioner.tally);
        }
        request.extensions_mut().insert(generation);
        self.inner.call(request)
    }
}
