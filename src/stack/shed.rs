//! So many requests at once and no more: what finds no place is turned away at once, because a
//! queue here would only hide that everybody is late.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use http::Request;
use tower::{Layer, Service};

use super::Error;
use crate::generation::Generation;

/// Turns requests away that find no place. How many places there are is for each request's own
/// generation to say; those taken are counted over all of them.
#[derive(Clone, Debug, Default)]
pub struct ShedLayer {
    taken: Arc<AtomicUsize>,
}

impl<S> Layer<S> for ShedLayer {
    type Service = Shed<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Shed { inner, taken: Arc::clone(&self.taken) }
    }
}

/// A place, until it is dropped.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn among(most: usize, taken: &Arc<AtomicUsize>) -> Option<Self> {
        // The place is ours before we look, so that two never take the last one.
        let place = Self(Arc::clone(taken));
        (taken.fetch_add(1, Ordering::AcqRel) < most).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The layer's service.
#[derive(Clone, Debug)]
pub struct Shed<S> {
    inner: S,
    taken: Arc<AtomicUsize>,
}

impl<S, B> Service<Request<B>> for Shed<S>
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
        let most = generation.map_or(0, |generation| generation.limits.concurrent_requests);
        let Some(place) = Place::among(most, &self.taken) else {
            return Box::pin(async { Err(Error::Overloaded) });
        };
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            drop(place);
            answer
        })
    }
}
