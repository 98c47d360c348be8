//! The one place that knows status codes: what came of a request → an HTTP answer
//! (RFC 7644 §3.12).

use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, ALLOW, CONTENT_LOCATION, CONTENT_TYPE, ETAG, HeaderValue, LOCATION,
    RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{Response, StatusCode};
use http_body_util::Full;
use serde_json::json;

use super::Body;
use super::condition::Condition;
use crate::gate::Denied;
use crate::provision::{Failure, Listed, Shown};
use crate::record::Class;
use crate::scim::ScimType;
use crate::telemetry::{Cause, Trail};
use crate::upstream::{self, Kind, Retry};

/// The media type of an answer (RFC 7644 §3.1, §8.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/scim+json`: for everybody who does not ask otherwise.
    Scim,
    /// `application/json`: for clients that accept nothing else (OneLogin).
    Json,
}

impl Media {
    /// What an `Accept` header asks for.
    #[must_use]
    pub fn wanted(accept: Option<&HeaderValue>) -> Self {
        let Some(accept) = accept.and_then(|value| value.to_str().ok()) else { return Self::Scim };
        let ranges = || accept.split(',').map(|range| range.split(';').next().unwrap_or("").trim());
        let scim = ranges().any(|range| {
            range.eq_ignore_ascii_case("application/scim+json")
                || range == "*/*"
                || range.eq_ignore_ascii_case("application/*")
        });
        let json = ranges().any(|range| range.eq_ignore_ascii_case("application/json"));
        if json && !scim { Self::Json } else { Self::Scim }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Scim => "application/scim+json",
            Self::Json => "application/json",
        }
    }
}

/// Whether a body is said to be JSON; clients that say nothing are believed.
#[must_use]
pub fn is_json(content_type: Option<&HeaderValue>) -> bool {
    let Some(value) = content_type else { return true };
    let Ok(text) = value.to_str() else { return false };
    let media = text.split(';').next().unwrap_or("").trim();
    media.eq_ignore_ascii_case("application/scim+json")
        || media.eq_ignore_ascii_case("application/json")
}

/// Why a request is not answered with what it asked for.
#[derive(Debug)]
pub enum Refusal {
    /// Nothing is served there.
    NoSuchEndpoint,
    /// RFC 7644 knows it, and it is not offered here.
    Unsupported,
    /// The endpoint takes other methods.
    WrongMethod(&'static str),
    /// The body is said to be something else than JSON.
    MediaType,
    /// The body is compressed, or encoded in another way.
    Encoded,
    /// The body is larger than that many bytes.
    TooLarge(usize),
    /// The body broke off.
    Broken,
    /// Discovery cannot be filtered (RFC 7644 §4).
    FilteredDiscovery,
    /// There is no such schema or resource type.
    NoSuchDefinition,
    /// The gate says no.
    Denied(Denied),
    /// What came of it.
    Failure(Failure),
    /// There are too many requests at once.
    Overloaded,
    /// The request took too long to arrive or to answer.
    TimedOut,
    /// A mistake of ours.
    Internal,
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

/// How a refusal is told.
struct Told<'r> {
    status: StatusCode,
    scim_type: Option<ScimType>,
    detail: std::borrow::Cow<'r, str>,
    retry_after: Option<u64>,
}

impl<'r> Told<'r> {
    fn new(status: StatusCode, detail: impl Into<std::borrow::Cow<'r, str>>) -> Self {
        Self { status, scim_type: None, detail: detail.into(), retry_after: None }
    }

    fn typed(mut self, scim_type: ScimType) -> Self {
        self.scim_type = Some(scim_type);
        self
    }

    fn after(mut self, seconds: impl Into<Option<u64>>) -> Self {
        self.retry_after = seconds.into();
        self
    }
}

/// How long clients wait when nobody said how long, in seconds.
const PATIENCE: u64 = 5;

impl Refusal {
    fn told(&self) -> Told<'_> {
        match self {
            Self::NoSuchEndpoint => Told::new(StatusCode::NOT_FOUND, "there is no such endpoint"),
            Self::Unsupported => {
                Told::new(StatusCode::NOT_IMPLEMENTED, "this endpoint is not supported")
            }
            Self::WrongMethod(_) => {
                Told::new(StatusCode::METHOD_NOT_ALLOWED, "the endpoint does not take this method")
            }
            Self::MediaType => Told::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "expected `application/scim+json` or `application/json`",
            ),
            Self::Encoded => Told::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "expected a body without `Content-Encoding`",
            ),
            Self::TooLarge(most) => Told::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("expected a body of at most {most} bytes"),
            ),
            Self::Broken => Told::new(StatusCode::BAD_REQUEST, "the body broke off")
                .typed(ScimType::InvalidSyntax),
            Self::FilteredDiscovery => {
                Told::new(StatusCode::FORBIDDEN, "discovery cannot be filtered")
            }
            Self::NoSuchDefinition => {
                Told::new(StatusCode::NOT_FOUND, "there is no such definition")
            }
            Self::Denied(denied) => denied_told(denied),
            Self::Failure(failure) => failure_told(failure),
            Self::Overloaded => {
                Told::new(StatusCode::SERVICE_UNAVAILABLE, "too many requests at once").after(1)
            }
            Self::TimedOut => {
                Told::new(StatusCode::SERVICE_UNAVAILABLE, "the request took too long")
                    .after(PATIENCE)
            }
            Self::Internal => Told::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the request failed inside; the log has more under its request id",
            ),
        }
    }

    /// Leaves word of it on the request's trail: its `scimType`, and why the request went no
    /// further where that is not about what it asks for.
    pub fn note(&self, trail: &Trail) {
        let cause = match self {
            Self::Denied(denied) => Some(match denied {
                Denied::NoSuchPath => Cause::NoSuchPath,
                Denied::MissingToken => Cause::MissingToken,
                Denied::BadToken => Cause::BadToken,
                Denied::TooManyFailures { .. } => Cause::TooManyFailures,
                Denied::TooManyRequests { .. } => Cause::RateLimited,
                Denied::MissingRight(_) => Cause::MissingRight,
            }),
            Self::Overloaded => Some(Cause::Overloaded),
            Self::TimedOut => Some(Cause::TimedOut),
            Self::Internal => Some(Cause::Internal),
            Self::Failure(Failure::NotAllowed(_)) => Some(Cause::MissingRight),
            _ => None,
        };
        trail.refuse(cause, self.told().scim_type.map(ScimType::name));
    }

    /// Tells the log what the client is not told: the whole chain, without values.
    pub fn log(&self, project: &str, caller: &str, request_id: &str) {
        let Self::Failure(failure) = self else { return };
        let Some(error) = upstream_error(failure) else {
            tracing::debug!(project, caller, request_id, reason = %failure, "a request was refused");
            return;
        };
        let mut chain = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            chain.push_str(": ");
            chain.push_str(&cause.to_string());
            source = cause.source();
        }
        tracing::warn!(project, caller, request_id, chain, "the upstream did not do it");
    }
}

fn upstream_error(failure: &Failure) -> Option<&upstream::Error> {
    match failure {
        Failure::Upstream(error) | Failure::Incomplete(error) => Some(error),
        Failure::LookUp(error) => Some(error),
        Failure::Shared(failure) => upstream_error(failure),
        _ => None,
    }
}

fn denied_told(denied: &Denied) -> Told<'_> {
    let status = match denied {
        Denied::NoSuchPath => StatusCode::NOT_FOUND,
        Denied::MissingToken | Denied::BadToken => StatusCode::UNAUTHORIZED,
        Denied::TooManyFailures { .. } | Denied::TooManyRequests { .. } => {
            StatusCode::TOO_MANY_REQUESTS
        }
        Denied::MissingRight(_) => StatusCode::FORBIDDEN,
    };
    Told::new(status, denied.to_string()).after(denied.retry_after())
}

fn failure_told(failure: &Failure) -> Told<'_> {
    match failure {
        Failure::Scim(error) => {
            let status = match error.kind {
                ScimType::Uniqueness => StatusCode::CONFLICT,
                ScimType::Sensitive => StatusCode::FORBIDDEN,
                _ => StatusCode::BAD_REQUEST,
            };
            Told::new(status, error.told()).typed(error.kind)
        }
        Failure::Missing => Told::new(StatusCode::NOT_FOUND, failure.to_string()),
        Failure::Referred => Told::new(StatusCode::CONFLICT, failure.to_string()),
        Failure::Protected | Failure::NotAllowed(_) => {
            Told::new(StatusCode::FORBIDDEN, failure.to_string())
        }
        Failure::Stale => Told::new(StatusCode::PRECONDITION_FAILED, failure.to_string()),
        Failure::Upstream(error) => upstream_told(error),
        Failure::Incomplete(error) => incomplete_told(failure, error),
        // Whatever it was: the person is there, and neither wrong nor gone.
        Failure::LookUp(error) => {
            let wait = upstream_told(error).retry_after.unwrap_or(PATIENCE);
            Told::new(StatusCode::SERVICE_UNAVAILABLE, failure.to_string()).after(wait)
        }
        Failure::Shared(failure) => failure_told(failure),
    }
}

/// The upstream's failures, so that no identity provider draws a wrong conclusion: an outage is
/// never 404 and never an empty list, a refused credential of ours never 401.
fn upstream_told(error: &upstream::Error) -> Told<'_> {
    let words = || match &error.detail {
        Some(detail) => std::borrow::Cow::Borrowed(&**detail),
        None => std::borrow::Cow::Owned(error.kind.to_string()),
    };
    let wait = match (error.retry_after, error.retry) {
        (Some(seconds), _) | (None, Retry::After(seconds)) => u64::from(seconds.max(1)),
        _ => PATIENCE,
    };
    match error.kind {
        Kind::Unreachable | Kind::TimedOut { .. } | Kind::Lost { .. } => {
            Told::new(StatusCode::SERVICE_UNAVAILABLE, words()).after(wait)
        }
        Kind::Garbled | Kind::TooLarge | Kind::Strayed | Kind::Unsupported => {
            Told::new(StatusCode::BAD_GATEWAY, words())
        }
        Kind::Inexpressible => {
            Told::new(StatusCode::BAD_REQUEST, words()).typed(ScimType::InvalidValue)
        }
        Kind::Unsendable => Told::new(StatusCode::INTERNAL_SERVER_ERROR, words()),
        Kind::Refused(class) => match class {
            Class::Duplicate => {
                Told::new(StatusCode::CONFLICT, words()).typed(ScimType::Uniqueness)
            }
            Class::Invalid => {
                Told::new(StatusCode::BAD_REQUEST, words()).typed(ScimType::InvalidValue)
            }
            Class::Forbidden | Class::Capacity => Told::new(StatusCode::FORBIDDEN, words()),
            Class::Missing => Told::new(StatusCode::NOT_FOUND, words()),
            Class::Stale => Told::new(StatusCode::PRECONDITION_FAILED, words()),
            Class::Unavailable => Told::new(StatusCode::SERVICE_UNAVAILABLE, words()).after(wait),
            Class::Credential => Told::new(StatusCode::BAD_GATEWAY, words()),
        },
    }
}

/// Whatever the upstream said of the second step, the person is there: never a refusal of the
/// client's data, after which it would not look again.
fn incomplete_told<'r>(failure: &Failure, error: &'r upstream::Error) -> Told<'r> {
    let told = upstream_told(error);
    let status = if told.status.is_server_error() { told.status } else { StatusCode::BAD_GATEWAY };
    Told { status, scim_type: None, detail: failure.to_string().into(), ..told }
}

/// A refusal as a SCIM error (RFC 7644 §3.12).
#[must_use]
pub fn refusal(refusal: &Refusal, media: Media) -> Response<Body> {
    let told = refusal.told();
    let mut body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": told.status.as_str(),
        "detail": told.detail,
    });
    if let (Some(kind), Some(members)) = (told.scim_type, body.as_object_mut()) {
        members.insert("scimType".to_owned(), kind.name().into());
    }
    let mut answer = answer(told.status, body.to_string().into_bytes(), media);
    let headers = answer.headers_mut();
    if let Some(seconds) = told.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    match refusal {
        Refusal::WrongMethod(allowed) => {
            headers.insert(ALLOW, HeaderValue::from_static(allowed));
        }
        // RFC 9110 §12.5.3: what is taken instead.
        Refusal::Encoded => {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        // RFC 6750 §3: the challenge names an error only when a token was presented.
        Refusal::Denied(Denied::MissingToken) => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Refusal::Denied(Denied::BadToken) => {
            let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        _ => {}
    }
    answer
}

fn answer(status: StatusCode, body: Vec<u8>, media: Media) -> Response<Body> {
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media.name()));
    answer
}

/// A document of discovery.
#[must_use]
pub fn json(document: &serde_json::Value, media: Media) -> Response<Body> {
    answer(StatusCode::OK, document.to_string().into_bytes(), media)
}

/// A person; 304 where the client has this version already (RFC 9110 §13.1.2).
#[must_use]
pub fn shown(shown: Shown, if_none_match: Option<&Condition<'_>>, media: Media) -> Response<Body> {
    if if_none_match.is_some_and(|known| known.names(&shown.version)) {
        let mut unchanged = Response::new(Full::default());
        *unchanged.status_mut() = StatusCode::NOT_MODIFIED;
        if let Ok(version) = HeaderValue::from_str(&shown.version) {
            unchanged.headers_mut().insert(ETAG, version);
        }
        return unchanged;
    }
    person(StatusCode::OK, shown, media)
}

/// A new person, with `Location` (RFC 7644 §3.3).
#[must_use]
pub fn created(shown: Shown, media: Media) -> Response<Body> {
    let location = HeaderValue::from_str(&shown.location);
    let mut answer = person(StatusCode::CREATED, shown, media);
    if let Ok(location) = location {
        answer.headers_mut().insert(LOCATION, location);
    }
    answer
}

fn person(status: StatusCode, shown: Shown, media: Media) -> Response<Body> {
    let Shown { body, location, version } = shown;
    let mut answer = answer(status, body, media);
    let headers = answer.headers_mut();
    if let Ok(version) = HeaderValue::try_from(version) {
        headers.insert(ETAG, version);
    }
    if let Ok(location) = HeaderValue::try_from(location) {
        headers.insert(CONTENT_LOCATION, location);
    }
    answer
}

/// A list.
#[must_use]
pub fn listed(listed: Listed, media: Media) -> Response<Body> {
    answer(StatusCode::OK, listed.body, media)
}

/// Nobody any more (RFC 7644 §3.6).
#[must_use]
pub fn deleted() -> Response<Body> {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer
}

/// The same answer to a HEAD.
#[must_use]
pub fn without_body(answer: Response<Body>) -> Response<Body> {
    answer.map(|_| Full::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(text: &'static str) -> Media {
        Media::wanted(Some(&HeaderValue::from_static(text)))
    }

    #[test]
    fn only_who_accepts_nothing_else_gets_plain_json() {
        assert_eq!(Media::wanted(None), Media::Scim);
        assert_eq!(accept("*/*"), Media::Scim);
        assert_eq!(accept("application/json"), Media::Json);
        assert_eq!(accept("application/json, application/scim+json;q=0.5"), Media::Scim);
        assert_eq!(accept("text/html"), Media::Scim);
    }

    #[test]
    fn our_own_credential_is_never_the_clients_401() {
        let error = upstream::Error::new(Kind::Refused(Class::Credential));
        let refused = Refusal::Failure(Failure::Upstream(error));
        assert_eq!(refusal(&refused, Media::Scim).status(), StatusCode::BAD_GATEWAY);
        let error = upstream::Error::new(Kind::Unreachable);
        let answer = refusal(&Refusal::Failure(Failure::Upstream(error)), Media::Scim);
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers().contains_key(RETRY_AFTER));
    }
}
