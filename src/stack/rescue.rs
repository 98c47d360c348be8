//! Whatever went wrong inside becomes a SCIM error: typed refusals by their type, a panic as a
//! logged, plain 500.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::ACCEPT;
use http::{Request, Response};
use tower::{Layer, Service};

use super::Error;
use crate::api::Body;
use crate::api::respond::{self, Media, Refusal};
use crate::telemetry::Trail;

/// Makes answers of refusals.
#[derive(Clone, Copy, Debug)]
pub struct RescueLayer;

impl<S> Layer<S> for RescueLayer {
    type Service = Rescue<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Rescue { inner }
    }
}

/// The layer's service.
#[derive(Clone, Debug)]
pub struct Rescue<S> {
    inner: S,
}

impl<S, B> Service<Request<B>> for Rescue<S>
where
    S: Service<Request<B>, Response = Response<Body>, Error = Error>,
    S::Future: Send + Unpin + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Every layer below is always ready: none of them keeps a queue of its own.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let media = Media::wanted(request.headers().get(ACCEPT));
        let trail = request.extensions().get::<Trail>().cloned();
        let mut answer = self.inner.call(request);
        Box::pin(async move {
            // After a panic nothing of the request is used again, so nothing broken is seen.
            let caught = poll_fn(|context| {
                match catch_unwind(AssertUnwindSafe(|| Pin::new(&mut answer).poll(context))) {
                    Ok(Poll::Pending) => Poll::Pending,
                    Ok(Poll::Ready(answer)) => Poll::Ready(Some(answer)),
                    Err(_) => Poll::Ready(None),
                }
            });
            let refusal = match caught.await {
                Some(Ok(answer)) => return Ok(answer),
                Some(Err(error)) => refusal(&error),
                None => {
                    tracing::error!("a request failed inside");
                    Refusal::Internal
                }
            };
            if let Some(trail) = &trail {
                refusal.note(trail);
            }
            Ok(respond::refusal(&refusal, media))
        })
    }
}

fn refusal(error: &Error) -> Refusal {
    match error {
        Error::Denied(denied) => Refusal::Denied(*denied),
        Error::Overloaded => Refusal::Overloaded,
        Error::TimedOut => Refusal::TimedOut,
    }
}
