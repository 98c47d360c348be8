//! A request's id, its span, and one line when it is answered. Paths and queries hold people's
//! names, so neither is logged.

use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use http::{HeaderName, HeaderValue, Request, Response};
use tower::{Layer, Service};
use tracing::Instrument;

use crate::api::{Body, RequestId};
use crate::seam::{Clock, Seams};

/// The header in which an answer carries its request's id.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives every request an id and a span.
#[derive(Clone)]
pub struct TraceLayer {
    clock: Arc<dyn Clock>,
    /// What tells this process's ids from those of its other runs and replicas.
    prefix: Arc<str>,
    count: Arc<AtomicU64>,
}

impl std::fmt::Debug for TraceLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TraceLayer").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl TraceLayer {
    /// With ids that begin with random digits.
    #[must_use]
    pub fn new(seams: &Seams) -> Self {
        let mut bytes = [0; 4];
        if let Err(error) = seams.random.fill(&mut bytes) {
            tracing::warn!(%error, "request ids have no random prefix");
        }
        let prefix = format!("{:08x}", u32::from_be_bytes(bytes)).into();
        Self { clock: Arc::clone(&seams.clock), prefix, count: Arc::new(AtomicU64::new(0)) }
    }

    /// The id of the request of that number.
    fn id(&self, number: u64) -> Arc<str> {
        let mut id = String::with_capacity(self.prefix.len() + 1 + 16);
        id.push_str(&self.prefix);
        let _ = write!(id, "-{number:x}");
        id.into()
    }
}

impl<S> Layer<S> for TraceLayer {
    type Service = Trace<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Trace { inner, layer: self.clone() }
    }
}

/// The layer's service.
#[derive(Clone, Debug)]
pub struct Trace<S> {
    inner: S,
    layer: TraceLayer,
}

impl<S, B> Service<Request<B>> for Trace<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let number = self.layer.count.fetch_add(1, Ordering::Relaxed);
        let id = self.layer.id(number);
        let span = tracing::debug_span!("request", method = %request.method(), request_id = &*id);
        request.extensions_mut().insert(RequestId(Arc::clone(&id)));
        let method = request.method().clone();
        let clock = Arc::clone(&self.layer.clock);
        let begun = clock.monotonic();
        let answer = self.inner.call(request);
        let answered = async move {
            let mut answer = answer.await?;
            if let Ok(value) = HeaderValue::from_str(&id) {
                answer.headers_mut().insert(REQUEST_ID, value);
            }
            let elapsed = clock.monotonic().saturating_sub(begun);
            tracing::debug!(
                request_id = &*id,
                %method,
                status = answer.status().as_u16(),
                milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
                "a request was answered"
            );
            Ok(answer)
        };
        Box::pin(answered.instrument(span))
    }
}
