//! One request of an admitted caller: route → parse → provision → respond.

mod call;
pub mod condition;
pub mod discovery;
mod error;
pub mod query;
pub mod respond;
pub mod route;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};

use crate::gate::Right;
use crate::provision::{Asker, Change, Failure};
use crate::scim::{Document, Filter, Patch, Projection, Resource, ScimError, ScimType};
use crate::seam::Clock;
use call::Call;
use condition::Condition;
pub use error::Error;
use query::{Parameters, SearchRequest};
use respond::{Media, Refusal};
use route::{Route, RouteError};

/// What an answer is made of.
pub type Body = Full<Bytes>;

/// The innermost service.
#[derive(Clone)]
pub struct Api {
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Api")
    }
}

impl Api {
    /// The service. A request brings the generation that serves it, an `Arc<Generation>`, and its
    /// [`Caller`](crate::gate::Caller) and [`Trail`](crate::telemetry::Trail) in its extensions.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

impl<B> tower::Service<Request<B>> for Api
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<tower::BoxError>,
{
    type Response = Response<Body>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let api = self.clone();
        Box::pin(async move { Ok(api.answer(request).await) })
    }
}

impl Api {
    async fn answer<B>(self, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<tower::BoxError>,
    {
        let (parts, body) = request.into_parts();
        let media = Media::wanted(parts.headers.get(ACCEPT));
        let Some(call) = Call::admitted(parts, media) else {
            return respond::refusal(&Refusal::NoSuchEndpoint, media);
        };
        let route = match route::route(&call.parts.method, &call.rest) {
            Ok(route) => route,
            Err(RouteError::NoSuchEndpoint) => return call.refuse(&Refusal::NoSuchEndpoint),
            Err(RouteError::Unsupported) => return call.refuse(&Refusal::Unsupported),
            Err(RouteError::WrongMethod(allowed)) => {
                return call.refuse(&Refusal::WrongMethod(allowed));
            }
        };
        call.trail.ask(route.operation());
        let most = call.generation.limits.body_bytes;
        let body = match bounded(&call.parts.headers, &route, body, most).await {
            Ok(body) => body,
            Err(refusal) => return call.refuse(&refusal),
        };
        let head = call.parts.method == Method::HEAD;
        let answer = if route.writes() {
            // A write goes on when its client hangs up: half a write would be worse than none.
            let (api, trail) = (self.clone(), call.trail.clone());
            match tokio::spawn(async move { api.serve(&call, route, &body).await }).await {
                Ok(answer) => answer,
                Err(failed) => {
                    tracing::error!(panicked = failed.is_panic(), "a request failed inside");
                    Refusal::Internal.note(&trail);
                    respond::refusal(&Refusal::Internal, media)
                }
            }
        } else {
            self.serve(&call, route, &body).await
        };
        if head { respond::without_body(answer) } else { answer }
    }

    async fn serve(&self, call: &Call, route: Route, body: &[u8]) -> Response<Body> {
        match self.dispatch(call, route, body).await {
            Ok(answer) => answer,
            Err(refusal) => {
                refusal.log(&call.project.name, &call.caller.name, call.trail.id());
                call.refuse(&refusal)
            }
        }
    }

    async fn dispatch(
        &self,
        call: &Call,
        route: Route,
        body: &[u8],
    ) -> Result<Response<Body>, Refusal> {
        let parameters = Parameters::parse(&call.query);
        let provisioner = &call.project.provisioner;
        let profile = call.profile();
        let asker = call.asker(&profile, provisioner.deadline(&*self.clock));
        match route {
            Route::ServiceProviderConfig => {
                Ok(respond::json(&discovery::service_provider_config(call), call.media))
            }
            Route::ResourceTypes(name) => {
                discovery::resource_types(call, name.as_deref(), &parameters)
            }
            Route::Schemas(urn) => discovery::schemas(call, urn.as_deref(), &parameters),
            Route::Groups if call.project.empty_groups => {
                Ok(respond::json(&discovery::list(&[]), call.media))
            }
            Route::Groups => Err(Refusal::NoSuchEndpoint),
            Route::List => {
                let search = SearchRequest::from_parameters(&parameters)?;
                Box::pin(self.search(call, asker, search)).await
            }
            Route::Search => {
                let search = SearchRequest::from_json(body)?;
                Box::pin(self.search(call, asker, search)).await
            }
            // Each in a box of its own: one future has room for every route, and all of it is copied,
            // whatever the request is, when the future is put into its own box.
            Route::Read(id) => Box::pin(self.read(call, asker, &id, &parameters)).await,
            Route::Create => Box::pin(self.create(call, asker, body, &parameters)).await,
            Route::Replace(id) => {
                let read = |to: &_| Document::from_json(to, body, &profile).map(Change::Replace);
                Box::pin(self.change(call, asker, &id, read, &parameters)).await
            }
            Route::Patch(id) => {
                let read = |to: &_| Patch::parse(to, body, &profile).map(Change::Patch);
                Box::pin(self.change(call, asker, &id, read, &parameters)).await
            }
            Route::Delete(id) => Box::pin(self.delete(call, asker, &id)).await,
        }
    }

    async fn read(
        &self,
        call: &Call,
        asker: Asker<'_>,
        id: &str,
        parameters: &Parameters<'_>,
    ) -> Result<Response<Body>, Refusal> {
        call.require(Right::Read)?;
        let view = call.view(call.projection(parameters)?);
        let shown = call.project.provisioner.read(asker, id, &view).await?;
        let known = Condition::of(&call.parts.headers, IF_NONE_MATCH);
        Ok(respond::shown(shown, known.as_ref(), call.media))
    }

    async fn create(
        &self,
        call: &Call,
        asker: Asker<'_>,
        body: &[u8],
        parameters: &Parameters<'_>,
    ) -> Result<Response<Body>, Refusal> {
        call.require(Right::Create)?;
        let view = call.view(call.projection(parameters)?);
        let parsed = Document::from_json(call.resource(), body, asker.profile)?;
        let shown = call.project.provisioner.create(asker, parsed, &view).await?;
        Ok(respond::created(shown, call.media))
    }

    async fn change<'b>(
        &self,
        call: &Call,
        asker: Asker<'_>,
        id: &str,
        read: impl FnOnce(&Resource) -> Result<Change<'b>, ScimError>,
        parameters: &Parameters<'_>,
    ) -> Result<Response<Body>, Refusal> {
        call.require_any(&[Right::Update, Right::Rename, Right::Disable])?;
        let change = read(call.resource())?;
        let view = call.view(call.projection(parameters)?);
        let if_match = Condition::of(&call.parts.headers, IF_MATCH);
        let names = |version: &str| if_match.as_ref().is_none_or(|named| named.names(version));
        let condition: Option<&(dyn Fn(&str) -> bool + Sync)> =
            if_match.is_some().then_some(&names);
        let shown = call.project.provisioner.change(asker, id, &change, condition, &view).await?;
        Ok(respond::shown(shown, None, call.media))
    }

    async fn delete(
        &self,
        call: &Call,
        asker: Asker<'_>,
        id: &str,
    ) -> Result<Response<Body>, Refusal> {
        call.require(Right::Delete)?;
        let if_match = Condition::of(&call.parts.headers, IF_MATCH);
        let names = |version: &str| if_match.as_ref().is_none_or(|named| named.names(version));
        let condition: Option<&(dyn Fn(&str) -> bool + Sync)> =
            if_match.is_some().then_some(&names);
        call.project.provisioner.delete(asker, id, condition).await?;
        Ok(respond::deleted())
    }

    async fn search(
        &self,
        call: &Call,
        asker: Asker<'_>,
        request: SearchRequest,
    ) -> Result<Response<Body>, Refusal> {
        let resource = call.resource();
        let projection = Projection::parse(
            resource,
            request.attributes.as_deref(),
            request.excluded_attributes.as_deref(),
        )?;
        let filter = match &request.filter {
            Some(text) => Filter::parse(resource, text, asker.profile)?,
            None => Filter::TRUE,
        };
        call.require(if query::is_match(&filter) { Right::Match } else { Right::List })?;
        let search = request.search(resource, filter);
        let view = call.view(projection);
        let listed = call.project.provisioner.search(asker, search, &view).await?;
        Ok(respond::listed(listed, call.media))
    }
}

impl From<ScimError> for Refusal {
    fn from(error: ScimError) -> Self {
        Self::Failure(Failure::Scim(error))
    }
}

/// A mistake in what was sent that is not SCIM's business alone.
pub(crate) fn syntax(detail: impl Into<String>) -> ScimError {
    ScimError::new(ScimType::InvalidSyntax, detail.into())
}

/// The whole body, of at most so many bytes; empty for routes that take none.
async fn bounded<B>(
    headers: &HeaderMap,
    route: &Route,
    body: B,
    most: usize,
) -> Result<Bytes, Refusal>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<tower::BoxError>,
{
    if !route.takes_body() {
        return Ok(Bytes::new());
    }
    if !respond::is_json(headers.get(CONTENT_TYPE)) {
        return Err(Refusal::MediaType);
    }
    let is_encoded = |coding: &HeaderValue| !coding.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers.get_all(CONTENT_ENCODING).iter().any(is_encoded) {
        return Err(Refusal::Encoded);
    }
    match Limited::new(body, most).collect().await {
        Ok(collected) => Ok(unmarked(collected.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::TooLarge(most)),
        Err(_) => Err(Refusal::Broken),
    }
}

/// A body without the byte order mark that some clients put in front (RFC 8259 §8.1 lets it pass).
fn unmarked(body: Bytes) -> Bytes {
    if body.starts_with("\u{feff}".as_bytes()) { body.slice('\u{feff}'.len_utf8()..) } else { body }
}
