//! How we show the upstream who we are: one pass for many calls, renewed before it ends.
//!
//! Many calls that need a token wait for one fetch. A failed fetch is remembered for a moment, so
//! that those who waited do not each try again and lock an account. No secret leaves this room
//! but inside a header value that is marked sensitive.

mod token;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, StatusCode, Uri};

use super::client::{Again, Client, before};
use super::error::{Error, Kind, SetupError};
use super::origin::{NotAnOrigin, Origin};
use super::{literal, permitted};
use crate::record::Class;
use crate::secret::{SecretError, SecretSource};

/// How we show the upstream who we are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// Not at all.
    None,
    /// A token that does not change by itself (RFC 6750).
    Bearer(SecretSource),
    /// A user name and password (RFC 7617).
    Basic {
        /// The user name; it has no colon.
        user: String,
        /// The password.
        password: SecretSource,
    },
    /// Client credentials (RFC 6749 §4.4), shown to the token endpoint by Basic.
    OAuth2 {
        /// The token endpoint, relative to the base URL or a URL of its own.
        token_url: String,
        /// The client id.
        client_id: String,
        /// The client secret.
        client_secret: SecretSource,
        /// The scope to ask for, if one is needed.
        scope: Option<String>,
    },
}

/// The largest answer of a token endpoint, in bytes.
const LARGEST: usize = 64 * 1024;

/// The longest that fetching a token may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a failed fetch answers for those who waited for it.
const REMEMBERED: Duration = Duration::from_secs(1);

/// What a call shows, and until when it is good.
#[derive(Clone)]
pub(super) struct Pass {
    header: Option<HeaderValue>,
    number: u64,
    renew_at: Duration,
    ends_at: Duration,
}

impl Pass {
    /// The `Authorization` header's value, marked sensitive.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        self.header.clone()
    }
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass").field("number", &self.number).finish_non_exhaustive()
    }
}

/// Why there is no pass. Names no secret.
#[derive(Debug, thiserror::Error)]
enum NoPass {
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("the secret has characters that no header can carry")]
    Characters,
    #[error("the token endpoint answered with status {}", .0.as_u16())]
    Status(StatusCode),
    #[error("the token endpoint answered with status {} and the error `{}`", .0.as_u16(), .1)]
    Named(StatusCode, &'static str),
    #[error("the token endpoint's answer is no token")]
    Token(#[from] token::NotAToken),
    #[error("the token endpoint gave no answer")]
    Silent(#[source] Error),
}

/// A failure that many wait for.
#[derive(Clone, Debug)]
struct Failed {
    kind: Kind,
    retry_after: Option<u32>,
    cause: Arc<NoPass>,
}

/// One cause, told to everybody who waited.
#[derive(Debug, thiserror::Error)]
#[error("no credential for the upstream")]
struct Shared(#[source] Arc<NoPass>);

impl Failed {
    fn new(kind: Kind, cause: NoPass) -> Self {
        Self { kind, retry_after: None, cause: Arc::new(cause) }
    }

    fn error(self) -> Error {
        Error::new(self.kind).because(Shared(self.cause)).waiting(self.retry_after)
    }
}

impl From<SecretError> for Failed {
    fn from(cause: SecretError) -> Self {
        Self::new(Kind::Refused(Class::Credential), cause.into())
    }
}

/// The one who holds the credential of an upstream.
pub(super) struct Login {
    credential: Credential,
    token_url: Option<Uri>,
    current: RwLock<Option<Pass>>,
    /// Held while a pass is fetched; inside, the last failure and how long it stands.
    fetching: tokio::sync::Mutex<Option<(Duration, Failed)>>,
}

impl Login {
    /// Checks the credential's URL; reads no secret yet.
    pub(super) fn new(
        credential: Credential,
        origin: &Origin,
        allow_clear_text: bool,
    ) -> Result<Self, SetupError> {
        let token_url = match &credential {
            Credential::OAuth2 { token_url, .. } => {
                Some(endpoint(token_url, origin, allow_clear_text)?)
            }
            _ => None,
        };
        Ok(Self {
            credential,
            token_url,
            current: RwLock::new(None),
            fetching: tokio::sync::Mutex::new(None),
        })
    }

    /// Whether the token endpoint is reached over TLS.
    pub(super) fn is_encrypted(&self) -> bool {
        self.token_url.as_ref().is_some_and(|url| url.scheme_str() == Some("https"))
    }

    fn current(&self) -> Option<Pass> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A pass that is good now.
    pub(super) async fn pass(&self, client: &Client, deadline: Duration) -> Result<Pass, Error> {
        let now = client.clock().monotonic();
        let current = self.current();
        if let Some(pass) = current.as_ref().filter(|pass| now < pass.renew_at) {
            return Ok(pass.clone());
        }
        let old = current.filter(|pass| now < pass.ends_at);
        let number = old.as_ref().map(|pass| pass.number);
        match (self.fetch(number, old.is_none(), client, deadline).await, old) {
            (Ok(Some(pass)), _) => Ok(pass),
            // Somebody else is about it, or it failed: the old one is good for a while yet.
            (Ok(None) | Err(_), Some(old)) => Ok(old),
            (Ok(None), None) => Err(late()),
            (Err(failed), None) => Err(failed.error()),
        }
    }

    /// Another pass than the one that the upstream has just refused; `None` when there is none.
    pub(super) async fn renewed(
        &self,
        refused: &Pass,
        client: &Client,
        deadline: Duration,
    ) -> Result<Option<Pass>, Error> {
        let pass = self.fetch(Some(refused.number), true, client, deadline).await;
        let pass = pass.map_err(Failed::error)?.ok_or_else(late)?;
        // A password that is still the same would be refused again, and might lock the account.
        Ok(Some(pass).filter(|pass| pass.header != refused.header))
    }

    /// Fetches a pass after the one of that number, unless somebody else has done it meanwhile.
    /// `None` when it takes too long, or somebody is about it and `wait` is false.
    async fn fetch(
        &self,
        after: Option<u64>,
        wait: bool,
        client: &Client,
        deadline: Duration,
    ) -> Result<Option<Pass>, Failed> {
        let clock = client.clock();
        let mut last = match self.fetching.try_lock() {
            Ok(last) => last,
            Err(_) if !wait => return Ok(None),
            Err(_) => match before(clock, deadline, self.fetching.lock()).await {
                Some(last) => last,
                None => return Ok(None),
            },
        };
        let now = clock.monotonic();
        let newer = self
            .current()
            .filter(|pass| now < pass.ends_at && after.is_none_or(|after| after < pass.number));
        if newer.is_some() {
            return Ok(newer);
        }
        if let Some((until, failed)) = &*last
            && now < *until
        {
            return Err(failed.clone());
        }
        *last = None;
        match self.obtain(client, now, deadline).await {
            Ok((header, life)) => {
                let number = self.current().map_or(0, |pass| pass.number) + 1;
                let (renew_at, ends_at) = match life {
                    Some(life) => (now + token::renewal(life), now + life),
                    None => (Duration::MAX, Duration::MAX),
                };
                let pass = Pass { header, number, renew_at, ends_at };
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(pass.clone());
                Ok(Some(pass))
            }
            Err(failed) => {
                tracing::warn!(
                    kind = ?failed.kind,
                    cause = %failed.cause,
                    "no credential for the upstream"
                );
                // One caller's late hour is not another's.
                if !matches!(failed.kind, Kind::TimedOut { .. }) {
                    *last = Some((clock.monotonic() + REMEMBERED, failed.clone()));
                }
                Err(failed)
            }
        }
    }

    /// Reads the secret as it is now, and exchanges it for a token where that is the way.
    async fn obtain(
        &self,
        client: &Client,
        now: Duration,
        deadline: Duration,
    ) -> Result<(Option<HeaderValue>, Option<Duration>), Failed> {
        match &self.credential {
            Credential::None => Ok((None, None)),
            Credential::Bearer(token) => {
                let token = token.read()?;
                Ok((Some(sensitive(&format!("Bearer {}", token.expose()))?), None))
            }
            Credential::Basic { user, password } => {
                let password = password.read()?;
                Ok((Some(basic(&format!("{user}:{}", password.expose()))?), None))
            }
            Credential::OAuth2 { client_id, client_secret, scope, .. } => {
                let secret = client_secret.read()?;
                let mut pair = String::with_capacity(128);
                // RFC 6749 §2.3.1: both are encoded before they are joined.
                literal::encode(&mut pair, client_id);
                pair.push(':');
                literal::encode(&mut pair, secret.expose());
                let mut form = String::from("grant_type=client_credentials");
                if let Some(scope) = scope {
                    form.push_str("&scope=");
                    literal::encode(&mut form, scope);
                }
                let mut request = Request::new(Bytes::from(form));
                *request.method_mut() = Method::POST;
                *request.uri_mut() = self.token_url.clone().unwrap_or_default();
                let headers = request.headers_mut();
                headers.insert(AUTHORIZATION, basic(&pair)?);
                headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
                headers.insert(
                    CONTENT_TYPE,
                    HeaderValue::from_static("application/x-www-form-urlencoded"),
                );
                let deadline = deadline.min(now + PATIENCE);
                let (token, life) = granted(client, &request, deadline).await?;
                Ok((Some(token), Some(life)))
            }
        }
    }
}

/// Asks a token endpoint.
async fn granted(
    client: &Client,
    request: &Request<Bytes>,
    deadline: Duration,
) -> Result<(HeaderValue, Duration), Failed> {
    let mut chances = 3;
    let raw = loop {
        match client.exchange(request.clone(), LARGEST, deadline, false).await {
            Ok(raw) => break raw,
            Err(failure) if failure.again == Again::AtOnce && chances > 0 => chances -= 1,
            Err(failure) => {
                let kind = match failure.error.kind {
                    // Not a large answer to the call that waits for the token.
                    Kind::TooLarge => Kind::Garbled,
                    kind @ (Kind::Garbled | Kind::TimedOut { .. }) => kind,
                    _ => Kind::Refused(Class::Unavailable),
                };
                return Err(Failed::new(kind, NoPass::Silent(failure.error)));
            }
        }
    };
    if raw.status != StatusCode::OK {
        let kind = match raw.status.as_u16() {
            300..=399 => Kind::Strayed,
            408 | 429 | 500..=599 => Kind::Refused(Class::Unavailable),
            _ => Kind::Refused(Class::Credential),
        };
        let cause = match token::error(&raw.body) {
            Some(named) => NoPass::Named(raw.status, named),
            None => NoPass::Status(raw.status),
        };
        let mut failed = Failed::new(kind, cause);
        failed.retry_after = super::refusal::retry_after(&raw.headers, client.clock());
        return Err(failed);
    }
    let granted =
        token::read(&raw.body).map_err(|cause| Failed::new(Kind::Garbled, NoPass::Token(cause)))?;
    Ok((sensitive(&format!("Bearer {}", granted.token.expose()))?, granted.life))
}

fn basic(pair: &str) -> Result<HeaderValue, Failed> {
    sensitive(&format!("Basic {}", STANDARD.encode(pair)))
}

/// A header value that no log prints.
fn sensitive(text: &str) -> Result<HeaderValue, Failed> {
    let value = HeaderValue::from_str(text);
    let mut value =
        value.map_err(|_| Failed::new(Kind::Refused(Class::Credential), NoPass::Characters))?;
    value.set_sensitive(true);
    Ok(value)
}

fn late() -> Error {
    Error::new(Kind::TimedOut { outcome_unknown: false })
}

/// The token endpoint: below the base URL, or an encrypted URL of its own.
fn endpoint(url: &str, origin: &Origin, allow_clear_text: bool) -> Result<Uri, SetupError> {
    let bad = |cause| SetupError::Url { url: super::without_secrets(url), cause };
    if url.contains("://") {
        permitted(url, allow_clear_text)?;
        url.parse().map_err(|_| bad(NotAnOrigin::Relative))
    } else {
        origin.join(url).map_err(|_| bad(NotAnOrigin::Path))
    }
}

#[cfg(test)]
mod tests;
