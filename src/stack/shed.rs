//! So many requests at once and no more: what finds no place is turned away at once, because a
//! queue here would only hide that everybody is late.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::Semaphore;
use tower::{Layer, Service};

use super::Error;

/// Turns requests away that find no place.
#[derive(Clone, Debug)]
pub struct ShedLayer {
    places: Arc<Semaphore>,
}

impl ShedLayer {
    /// With that many places, shared by all connections.
    #[must_use]
    pub fn new(places: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))) }
    }
}

impl<S> Layer<S> for ShedLayer {
    type Service = Shed<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Shed { inner, places: Arc::clone(&self.places) }
    }
}

/// The layer's service.
#[derive(Clone, Debug)]
pub struct Shed<S> {
    inner: S,
    places: Arc<Semaphore>,
}

impl<S, Q> Service<Q> for Shed<S>
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
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
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
