//! A request's id, its span, its trail, and one line when it is answered. Paths and queries hold
//! people's names, so neither is logged.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use http::{HeaderName, HeaderValue, Method, Request, Response};
use tower::{Layer, Service};
use tracing::Instrument;

use crate::api::Body;
use crate::seam::Seams;
use crate::telemetry::{Ending, RequestId, Telemetry, Trail};

/// The header in which an answer carries its request's id.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives every request an id, a span and a trail, and counts it when it ends.
#[derive(Clone)]
pub struct TraceLayer {
    telemetry: Arc<Telemetry>,
    /// What tells this process's ids from those of its other runs and replicas.
    prefix: u32,
    count: Arc<AtomicU64>,
}

impl std::fmt::Debug for TraceLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TraceLayer").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl TraceLayer {
    /// With ids that begin with random digits; what is under no project is counted in `telemetry`.
    #[must_use]
    pub fn new(seams: &Seams, telemetry: Arc<Telemetry>) -> Self {
        let mut bytes = [0; 4];
        if let Err(error) = seams.random.fill(&mut bytes) {
            tracing::warn!(%error, "request ids have no random prefix");
        }
        let prefix = u32::from_be_bytes(bytes);
        Self { telemetry, prefix, count: Arc::new(AtomicU64::new(0)) }
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
        let id = RequestId::numbered(self.layer.prefix, number);
        let method = word(request.method());
        let span = tracing::debug_span!("request", method, request_id = id.as_str());
        let trail = Trail::new(id, method, self.layer.telemetry.now());
        request.extensions_mut().insert(trail.clone());
        let ending = Ending::new(trail, Arc::clone(&self.layer.telemetry));
        let answer = self.inner.call(request);
        let answered = async move {
            let mut answer = answer.await?;
            if let Ok(value) = HeaderValue::from_str(id.as_str()) {
                answer.headers_mut().insert(REQUEST_ID, value);
            }
            let status = answer.status().as_u16();
            let elapsed = ending.answered(status);
            tracing::debug!(
                request_id = id.as_str(),
                method,
                status,
                milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
                "a request was answered"
            );
            Ok(answer)
        };
        Box::pin(answered.instrument(span))
    }
}

/// A method that some endpoint knows; of the others strangers may invent as many as they like.
fn word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}
