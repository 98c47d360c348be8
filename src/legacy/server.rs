//! The sockets and the way of a request: token endpoint, faults, authorisation, data view or SOAP.
//! It knows no columns and no filters.

mod listen;
mod soap;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use http::header::{self, HeaderMap};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};

pub(super) use self::listen::Running;
use super::answer::{Answer, AnswerBody, Content, HTML, XML};
use super::error::ODataError;
use super::fault::{Fault, Faults, Kind};
use super::odata::{Ask, View};
use super::record::Calls;
use super::soap::View as SoapView;
use super::store::{Store, StoreError};
use super::token::Tokens;
use super::{Options, SoapAccess, record};

/// How long a request's body may be, in bytes.
const BODY: usize = 1024 * 1024;

/// The connection is dropped without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is dropped on demand")]
pub(super) struct Dropped;

/// All that a connection needs.
pub(super) struct Service {
    pub(super) view: View,
    pub(super) soap: SoapView,
    soap_access: SoapAccess,
    pub(super) tokens: Tokens,
    pub(super) calls: Calls,
    pub(super) faults: Faults,
    pub(super) licences: Mutex<Option<u64>>,
    pub(super) scheme: &'static str,
    address: SocketAddr,
    control: bool,
}

impl Service {
    /// Opens the store; it blocks.
    pub(super) fn new(options: Options, address: SocketAddr) -> Result<Self, StoreError> {
        let Options { clock, random, .. } = options;
        let store = Store::open(options.file.as_deref(), clock.clone(), random.clone())?;
        if options.seed {
            store.seed()?;
        }
        let store = Arc::new(store);
        Ok(Self {
            soap: SoapView::new(Arc::clone(&store), options.over_length),
            soap_access: options.soap_access,
            view: View { store, project: options.project, page_limit: options.page_limit.max(1) },
            tokens: Tokens {
                clients: options.clients,
                bearer: options.bearer,
                basic: options.basic,
                lifetime: options.token_lifetime,
                clock,
                random,
                issued: Mutex::default(),
            },
            calls: Calls::default(),
            faults: Faults::default(),
            licences: Mutex::new(options.licence_limit),
            scheme: if options.tls.is_some() { "https" } else { "http" },
            address,
            control: options.control,
        })
    }

    /// Answers a request, or drops its connection.
    pub(super) async fn call(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<AnswerBody>, Dropped> {
        let path = request.uri().path();
        let inside = path
            .strip_prefix('/')
            .and_then(|path| path.strip_prefix(self.view.project.as_str()))
            .filter(|rest| rest.starts_with('/'));
        let Some(inside) = inside.map(str::to_owned) else {
            // Noted as well: nobody has to do with what is beside the project.
            let number = self.calls.arrived(request.method(), path, request.headers());
            let answer = Answer::text(StatusCode::NOT_FOUND, HTML, page("404 - Not Found"));
            self.calls.answered(number, answer.status.as_u16());
            return Ok(answer.into_response());
        };
        if self.control && inside.starts_with("/_control/") {
            return Ok(self.control(&inside, request).await.into_response());
        }
        let is_token = inside == "/oauth2/server/token";
        let number = if is_token {
            self.calls.token();
            None
        } else {
            let target = request.uri().path_and_query().map_or(path, |target| target.as_str());
            Some(self.calls.arrived(request.method(), target, request.headers()))
        };
        let response = self.through_faults(&inside, request, number).await?;
        if let Some(number) = number {
            self.calls.answered(number, response.status().as_u16());
        }
        Ok(response)
    }

    async fn through_faults(
        &self,
        inside: &str,
        request: Request<Incoming>,
        number: Option<u64>,
    ) -> Result<Response<AnswerBody>, Dropped> {
        let mut loose = false;
        let mut licences = *self.licences.lock().unwrap_or_else(PoisonError::into_inner);
        let mut last = None;
        let soap = soap::path(inside, request.headers());
        let mut cleared = self.faults.cleared();
        for kind in self.faults.take(request.method(), soap.as_deref().unwrap_or(inside)) {
            match kind {
                Kind::Latency(duration) => tokio::select! {
                    () = tokio::time::sleep(duration) => {}
                    _ = cleared.changed() => {}
                },
                Kind::FoldingCollation => loose = true,
                // One envelope may create and change: the store tells them apart.
                Kind::LicenceLimit if soap.is_some() => licences = Some(0),
                Kind::ResetBefore => return Err(Dropped),
                other => match before(&other, soap.is_some()) {
                    Some(response) => {
                        let foreign = soap.as_ref().and_then(|_| self.soap_before(&other));
                        let response = foreign.map_or(response, Answer::into_response);
                        if other == Kind::ExpiredToken {
                            self.tokens.revoke();
                        }
                        return Ok(response);
                    }
                    None => last = Some(other),
                },
            }
        }
        let mut answer = match number {
            None => self.token(request).await,
            Some(number) if soap.is_some() => self.soap(request, number, loose, licences).await,
            Some(number) => self.data(inside, request, number, loose, licences).await,
        };
        match last {
            Some(Kind::ResetAfter) => return Err(Dropped),
            Some(Kind::ForeignNextLink(url)) => {
                if let Content::Json(Value::Object(body)) = &mut answer.content {
                    body.insert("@odata.nextLink".to_owned(), url.into());
                }
            }
            Some(Kind::ForeignLocation(url)) => {
                answer.headers.retain(|(name, _)| name != header::LOCATION);
                answer.headers.push((header::LOCATION, url));
            }
            Some(Kind::TruncatedBody) => {
                return Ok(answer.into_response().map(AnswerBody::truncated));
            }
            Some(Kind::WrongMediaType) => match &mut answer.content {
                Content::Json(body) => {
                    answer.content = Content::Text("text/plain", body.to_string());
                }
                Content::Text(kind, _) if soap.is_some() => *kind = "text/plain",
                _ => {}
            },
            Some(Kind::InvalidJson) if soap.is_some() => {
                let broken = "<?xml version=\"1.0\"?><soap:Envelope><soap:Body".to_owned();
                answer.content = Content::Text(XML, broken);
            }
            Some(Kind::InvalidJson) => {
                let broken = "{\"value\":[{\"idUser\":".to_owned();
                answer.content = Content::Text("application/json", broken);
            }
            _ => {}
        }
        Ok(answer.into_response())
    }

    async fn token(&self, request: Request<Incoming>) -> Answer {
        if request.method() != Method::POST {
            let body = json!({ "error": "invalid_request" });
            return Answer::json(StatusCode::METHOD_NOT_ALLOWED, body);
        }
        let (parts, body) = request.into_parts();
        let form = match collect(body).await {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => return error.into(),
        };
        let (status, body) = self.tokens.issue(&parts.headers, &form);
        Answer::json(status, body).with(header::CACHE_CONTROL, "no-store")
    }

    async fn data(
        &self,
        inside: &str,
        request: Request<Incoming>,
        number: u64,
        loose: bool,
        licences: Option<u64>,
    ) -> Answer {
        if !self.tokens.admits(request.headers()) {
            return unauthorised();
        }
        let base = self.base(&request);
        let (parts, body) = request.into_parts();
        let body = match json_body(&parts.method, &parts.headers, body).await {
            Ok(body) => body,
            Err(error) => return error.into(),
        };
        self.calls.reached(number, body.clone());
        let ask = Ask {
            path: inside.to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            method: parts.method,
            headers: parts.headers,
            body,
            base,
            loose,
            licences,
        };
        let view = self.view.clone();
        tokio::task::spawn_blocking(move || view.answer(&ask)).await.unwrap_or_else(|cause| {
            tracing::error!(%cause, "a legacy request ended abruptly");
            ODataError::new(StatusCode::INTERNAL_SERVER_ERROR, "An error has occurred.").into()
        })
    }

    /// The project's address as the client wrote it: links in answers are made of it.
    fn base(&self, request: &Request<Incoming>) -> String {
        let authority = request.uri().authority().map(|authority| authority.as_str());
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let host = authority.or(host).map_or_else(|| self.address.to_string(), str::to_owned);
        format!("{}://{host}/{}", self.scheme, self.view.project)
    }

    /// The same as the methods of [`super::Legacy`], over HTTP.
    async fn control(&self, inside: &str, request: Request<Incoming>) -> Answer {
        match (request.method().as_str(), inside) {
            ("POST", "/_control/fault") => {
                let fault = match collect(request.into_body()).await {
                    Ok(bytes) => serde_json::from_slice(&bytes)
                        .map_err(|_| "the body is not JSON")
                        .and_then(|value| Fault::from_json(&value)),
                    Err(error) => return error.into(),
                };
                match fault {
                    Ok(fault) => {
                        self.faults.arm(fault);
                        Answer::text(StatusCode::NO_CONTENT, "text/plain", "")
                    }
                    Err(lacks) => ODataError::bad(lacks).into(),
                }
            }
            ("DELETE", "/_control/fault") => {
                self.faults.clear();
                Answer::text(StatusCode::NO_CONTENT, "text/plain", "")
            }
            ("GET", "/_control/calls") => {
                let calls: Vec<_> = self.calls.all().iter().map(listed).collect();
                let tokens = self.calls.tokens();
                Answer::json(StatusCode::OK, json!({ "calls": calls, "token_calls": tokens }))
            }
            ("DELETE", "/_control/calls") => {
                drop(self.calls.take());
                Answer::text(StatusCode::NO_CONTENT, "text/plain", "")
            }
            ("GET", "/_control/canary") => {
                let (reports, shapes) = (self.soap.canary.suspicions(), self.soap.canary.shapes());
                Answer::json(StatusCode::OK, json!({ "canary": reports, "statements": shapes }))
            }
            _ => ODataError::new(StatusCode::NOT_FOUND, "no such control").into(),
        }
    }
}

/// The answer of a fault that lets nothing be done.
fn before(kind: &Kind, soap: bool) -> Option<Response<AnswerBody>> {
    let answer = match kind {
        Kind::Status { code, retry_after, body } => {
            let status = StatusCode::from_u16(*code).unwrap_or(StatusCode::BAD_GATEWAY);
            let answer = if body.is_empty() {
                Answer::from(ODataError::new(status, "fault on demand"))
            } else {
                Answer::text(status, "application/json", body.clone())
            };
            match retry_after {
                Some(seconds) => answer.with(header::RETRY_AFTER, seconds.to_string()),
                None => answer,
            }
        }
        Kind::HtmlPage => Answer::text(StatusCode::OK, HTML, page("Runtime Error")),
        Kind::ExpiredToken => unauthorised(),
        Kind::LicenceLimit => ODataError::from(StoreError::Licence { limit: 0 }).into(),
        Kind::Redirect(url) => Answer::text(StatusCode::FOUND, HTML, page("Object moved"))
            .with(header::LOCATION, url.clone()),
        Kind::HugeBody(bytes) => {
            let kind = if soap { XML } else { "application/json" };
            let mut response = Answer::text(StatusCode::OK, kind, "").into_response();
            *response.body_mut() = AnswerBody::Huge(*bytes);
            return Some(response);
        }
        _ => return None,
    };
    Some(answer.into_response())
}

/// What a server answers to a missing or ended token is not known: invented.
fn unauthorised() -> Answer {
    let error = ODataError::new(
        StatusCode::UNAUTHORIZED,
        "Authorization has been denied for this request.",
    );
    Answer::from(error).with(header::WWW_AUTHENTICATE, "Bearer")
}

fn page(title: &str) -> String {
    format!(
        "<!DOCTYPE html>\r\n<html><head><title>{title}</title></head>\
         <body><h1>Server Error in '/' Application.</h1><h2>{title}</h2></body></html>\r\n"
    )
}

async fn collect(body: Incoming) -> Result<bytes::Bytes, ODataError> {
    match Limited::new(body, BODY).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(cause) if cause.is::<LengthLimitError>() => {
            Err(ODataError::new(StatusCode::PAYLOAD_TOO_LARGE, "The body is too long."))
        }
        Err(_) => Err(ODataError::bad("The body could not be read.")),
    }
}

/// The JSON body of a write. serde_json itself refuses what is nested deeper than 128.
async fn json_body(
    method: &Method,
    headers: &HeaderMap,
    body: Incoming,
) -> Result<Option<Value>, ODataError> {
    if !matches!(*method, Method::POST | Method::PATCH | Method::PUT) {
        return Ok(None);
    }
    let bytes = collect(body).await?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        let message = "The body must be application/json.";
        return Err(ODataError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|_| ODataError::bad("The body is not valid JSON."))
}

fn listed(call: &record::Recorded) -> Value {
    json!({
        "number": call.number,
        "method": call.method,
        "target": call.target,
        "query": call.query,
        "headers": call.headers.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        "body": call.body,
        "status": call.status,
        "reached": call.reached,
    })
}
