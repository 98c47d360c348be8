//! The upstream: sends what a dialect wrote, and says exactly what came of it.
//!
//! One [`Upstream`] per project holds the base URL, the pooled client, our credential and the
//! limits. It decides nothing but transport: a deadline, one careful repetition, the recognition
//! of refusals. It knows neither SCIM nor the mapping; it is asked for [`Call`]s on an
//! [`Entity`](crate::record::Entity) and answers with [`Record`](crate::record::Record)s.
//!
//! Three rules hold everywhere below. A write is never sent twice. A URL that leaves the base URL
//! is never asked for. And nothing that the upstream said reaches a log or a client, except
//! through the mapping's own words.

mod client;
mod credential;
mod dialect;
mod error;
mod fetch;
mod literal;
mod origin;
mod read_only;
mod refusal;
mod retry;
#[cfg(test)]
mod stage;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, LOCATION, WWW_AUTHENTICATE};
use http::{HeaderMap, Request, StatusCode, Uri};

pub use credential::Credential;
pub use dialect::{
    Action, BizagiSoap, Call, DIALECTS, Dialect, DialectError, OData, Outcome, Page, RestJson,
    Unreadable, dialect,
};
pub use error::{Blame, Error, Kind, Retry, SetupError};
pub use fetch::{FetchError, fetch};
pub use origin::{NotAnOrigin, Origin, Strayed};
pub use read_only::ReadOnly;

use crate::record::Class;
use crate::seam::{Pending, Seams};
use client::{Again, Client, Failure, Raw, Tls};
use credential::Login;

/// A certificate of ours and its key, both as PEM files (RFC 8446 §4.4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The chain, our own certificate first.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// What an upstream is set up with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The base URL; nothing outside it is ever asked for, except the token.
    pub base: String,
    /// Whether `http://` may be used to another machine.
    pub allow_clear_text: bool,
    /// A PEM file with the only certificate authorities to trust; without it, the operating
    /// system's.
    pub ca: Option<PathBuf>,
    /// The certificate that we show where TLS asks for one.
    pub identity: Option<Identity>,
    /// How we show who we are.
    pub credential: Credential,
    /// The longest that a connection with its TLS handshake may take.
    pub connect_timeout: Duration,
    /// The longest that one write may take.
    pub write_timeout: Duration,
    /// The largest answer in bytes, after decompression.
    pub max_body: usize,
}

impl Settings {
    /// The defaults for a base URL: no clear text, the operating system's authorities, no
    /// credential, 5 s for a connection, 15 s for a write, 8 MiB for an answer.
    #[must_use]
    pub fn new(base: impl Into<String>) -> Self {
        Self {
            base: base.into(),
            allow_clear_text: false,
            ca: None,
            identity: None,
            credential: Credential::None,
            connect_timeout: Duration::from_secs(5),
            write_timeout: Duration::from_secs(15),
            max_body: 8 * 1024 * 1024,
        }
    }
}

/// Whoever sends calls: the upstream itself, or somebody who only shows what would be sent.
pub trait Sender: fmt::Debug + Send + Sync {
    /// Sends a call and waits for its answer: see [`Upstream::send`].
    fn send<'a>(
        &'a self,
        dialect: &'a dyn Dialect,
        call: &'a Call<'a>,
        deadline: Duration,
    ) -> Pending<'a, Result<Answer, Error>>;

    /// The base URL.
    fn origin(&self) -> &Origin;
}

impl Sender for Upstream {
    fn send<'a>(
        &'a self,
        dialect: &'a dyn Dialect,
        call: &'a Call<'a>,
        deadline: Duration,
    ) -> Pending<'a, Result<Answer, Error>> {
        // Boxed: the whole client is in this future, and a write awaits it in several places.
        Box::pin(Self::send(self, dialect, call, deadline))
    }

    fn origin(&self) -> &Origin {
        Self::origin(self)
    }
}

/// One upstream of one project; cheap to clone.
#[derive(Clone)]
pub struct Upstream(Arc<Inner>);

struct Inner {
    origin: Origin,
    client: Client,
    login: Login,
    seams: Seams,
    write_timeout: Duration,
    max_body: usize,
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Upstream").field(&self.0.origin).finish()
    }
}

impl Upstream {
    /// Sets an upstream up; nothing is sent yet, and no secret is read.
    ///
    /// # Errors
    /// When a URL is not acceptable, the certificate authority cannot be read, or the operating
    /// system has none.
    pub fn new(settings: Settings, seams: &Seams) -> Result<Self, SetupError> {
        let origin = permitted(&settings.base, settings.allow_clear_text)?;
        let login = Login::new(settings.credential, &origin, settings.allow_clear_text)?;
        let tls = origin.is_encrypted() || login.is_encrypted();
        let tls =
            tls.then_some(Tls { ca: settings.ca.as_deref(), identity: settings.identity.as_ref() });
        let client = Client::new(seams, tls, settings.connect_timeout)?;
        Ok(Self(Arc::new(Inner {
            origin,
            client,
            login,
            seams: seams.clone(),
            write_timeout: settings.write_timeout,
            max_body: settings.max_body,
        })))
    }

    /// The base URL.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.0.origin
    }

    /// Sends a call and waits for its answer, until `deadline` on the seam's monotonic clock.
    ///
    /// A 401 renews the credential and repeats the call once (nothing was done). A call that only
    /// reads is repeated once after a broken connection or an outage without `Retry-After`; a
    /// write only when nothing of it has left this machine.
    ///
    /// # Errors
    /// When there is no answer, or the answer is a refusal. [`Error::outcome_unknown`] says
    /// whether a write may have been done all the same.
    pub async fn send(
        &self,
        dialect: &dyn Dialect,
        call: &Call<'_>,
        deadline: Duration,
    ) -> Result<Answer, Error> {
        let inner = &*self.0;
        let deadline = match call.action.is_write() {
            true => deadline.min(inner.seams.clock.monotonic().saturating_add(inner.write_timeout)),
            false => deadline,
        };
        inner.repeat(dialect, call, deadline).await
    }
}

impl Inner {
    /// The request of a call.
    fn request(&self, dialect: &dyn Dialect, call: &Call<'_>) -> Result<Request<Bytes>, Error> {
        let request = dialect.write(call, &self.origin).map_err(|cause| unwritten(call, cause))?;
        if !self.origin.holds(request.uri()) {
            // A dialect's mistake must not carry the credential elsewhere.
            return Err(Error::new(Kind::Strayed).because(Strayed));
        }
        Ok(request)
    }

    /// Sends a call until it is answered, or repeating it is not right any more. A repetition is
    /// written anew: it is rare, and a copy would be made of each request for its sake.
    async fn repeat(
        &self,
        dialect: &dyn Dialect,
        call: &Call<'_>,
        deadline: Duration,
    ) -> Result<Answer, Error> {
        let write = call.action.is_write();
        let mut request = self.request(dialect, call)?;
        let mut pass = self.login.pass(&self.client, deadline).await?;
        let mut renewed = false;
        let mut chances = retry::Chances::default();
        loop {
            let asked = request.uri().clone();
            if let Some(header) = pass.header() {
                request.headers_mut().insert(AUTHORIZATION, header);
            }
            let failure = match self.client.exchange(request, self.max_body, deadline, write).await
            {
                Ok(raw) if raw.status == StatusCode::UNAUTHORIZED => {
                    if !renewed
                        && let Some(next) =
                            self.login.renewed(&pass, &self.client, deadline).await?
                    {
                        renewed = true;
                        pass = next;
                        request = self.request(dialect, call)?;
                        continue;
                    }
                    let mut error = Error::new(Kind::Refused(Class::Credential));
                    error.status = Some(raw.status);
                    let error = match Challenge::read(&raw.headers) {
                        Some(challenge) => error.because(challenge),
                        None => error.because(refusal::Refused(raw.status)),
                    };
                    Failure { error, again: Again::Never }
                }
                Ok(raw) => match refusal::judge(dialect, call, &raw, &*self.seams.clock) {
                    None => {
                        let Raw { status, headers, body } = raw;
                        return Ok(Answer::new(status, headers, body, self.origin.clone(), asked));
                    }
                    Some(failure) => failure,
                },
                Err(failure) => failure,
            };
            note(call, &failure.error);
            let Some(pause) = chances.pause(&failure, write, &*self.seams.random) else {
                return Err(failure.error);
            };
            let Failure { error, .. } = failure;
            if self.seams.clock.monotonic().saturating_add(pause) >= deadline {
                return Err(error);
            }
            if !pause.is_zero() {
                self.seams.clock.sleep(pause).await;
            }
            request = self.request(dialect, call)?;
        }
    }
}

/// What a 401 asks for and we do not offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Challenge {
    /// Windows-integrated authentication, and nothing else (RFC 4559; NTLM has no RFC).
    #[error(
        "the server behind asks for Windows-integrated authentication (Negotiate or NTLM), which is \
         not offered; let it take OAuth2, basic or a bearer token on this path"
    )]
    WindowsIntegrated,
}

impl Challenge {
    fn read(headers: &HeaderMap) -> Option<Self> {
        let mut windows = false;
        for value in headers.get_all(WWW_AUTHENTICATE) {
            let scheme = value.to_str().ok()?.split([' ', ',']).next()?;
            let is_windows = ["negotiate", "ntlm", "kerberos"]
                .iter()
                .any(|known| scheme.eq_ignore_ascii_case(known));
            if !is_windows {
                return None;
            }
            windows = true;
        }
        windows.then_some(Self::WindowsIntegrated)
    }
}

/// Puts a failure into the log: an operator must act on a refused credential, the rest is told to
/// the client.
fn note(call: &Call<'_>, error: &Error) {
    let call = call.action.name();
    let cause = error.source.as_deref().map(tracing::field::display);
    if error.blame == Blame::Credential {
        tracing::warn!(call, cause, "upstream does not accept the credential");
    } else {
        tracing::debug!(call, kind = ?error.kind, cause, "upstream call failed");
    }
}

/// A successful answer (2xx), not yet read.
#[derive(Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, decompressed and bounded.
    pub body: Bytes,
    origin: Origin,
    asked: Uri,
    known: Option<Page<'static>>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Answer {
    /// An answer to a request for `asked` below `origin`, whoever gave it.
    #[must_use]
    pub const fn new(
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
        origin: Origin,
        asked: Uri,
    ) -> Self {
        Self { status, headers, body, origin, asked, known: None }
    }

    /// An answer of rows that are known already, for a stand-in that keeps them: nobody wrote it
    /// and nothing is read of it.
    #[must_use]
    pub fn of_rows(page: Page<'static>, origin: Origin) -> Self {
        let (headers, asked) = (HeaderMap::new(), Uri::default());
        Self {
            known: Some(page),
            ..Self::new(StatusCode::OK, headers, Bytes::new(), origin, asked)
        }
    }

    /// Reads the answer to `call`; the outcome borrows from the body.
    ///
    /// # Errors
    /// [`Kind::Garbled`] when it is not an answer to this call, [`Kind::Strayed`] when its
    /// `Location` or next link leads out of the base URL.
    pub fn outcome<'b>(
        &'b self,
        dialect: &dyn Dialect,
        call: &Call<'_>,
    ) -> Result<Outcome<'b>, Error> {
        let write = call.action.is_write();
        if let Some(page) = &self.known {
            return match (call.action, page.records.first()) {
                (Action::Search(_), _) => Ok(Outcome::Rows(page.clone())),
                (Action::Read { .. }, Some(row)) => Ok(Outcome::Row(row.clone())),
                _ => Err(Error::new(Kind::Garbled)),
            };
        }
        if write && let Some(location) = self.headers.get(LOCATION) {
            let location = location.to_str().map_err(|_| Strayed);
            location
                .and_then(|location| self.origin.contains_from(&self.asked, location))
                .map_err(|cause| Error::new(Kind::Strayed).because(cause).unsure(true))?;
        }
        let mut outcome = dialect
            .read(call, self.status, &self.headers, &self.body)
            .map_err(|cause| Error::new(Kind::Garbled).because(cause).unsure(write))?;
        if let Outcome::Rows(page) = &mut outcome
            && let Some(next) = &page.next
        {
            let next = self
                .origin
                .contains_from(&self.asked, next)
                .map_err(|cause| Error::new(Kind::Strayed).because(cause))?;
            if next == self.asked {
                return Err(Error::new(Kind::Garbled).because(Circle));
            }
            page.next = Some(next.to_string().into());
        }
        Ok(outcome)
    }
}

/// A page that names itself as the next one.
#[derive(Debug, thiserror::Error)]
#[error("a page names itself as the next one")]
struct Circle;

/// The error of a call that a dialect could not write.
#[must_use]
pub fn unwritten(call: &Call<'_>, cause: DialectError) -> Error {
    let kind = match (&cause, call.action) {
        // Whatever it is, the upstream has no row that is addressed by it.
        (DialectError::Key, _) => Kind::Refused(Class::Missing),
        (DialectError::Strayed(_), Action::Follow { .. }) => Kind::Strayed,
        (DialectError::Inexpressible | DialectError::Unsafe(_), _) => Kind::Inexpressible,
        _ => Kind::Unsendable,
    };
    Error::new(kind).because(cause)
}

/// The origin of a URL, if what is sent there is encrypted, stays here, or may be read by all.
fn permitted(url: &str, allow_clear_text: bool) -> Result<Origin, SetupError> {
    let origin =
        Origin::parse(url).map_err(|cause| SetupError::Url { url: without_secrets(url), cause })?;
    if origin.is_encrypted() || origin.is_loopback() || allow_clear_text {
        Ok(origin)
    } else {
        Err(SetupError::ClearText { url: origin.to_string() })
    }
}

/// A URL without the user name and password that somebody may have written into it.
fn without_secrets(url: &str) -> String {
    match url.rsplit_once('@') {
        Some((_, rest)) => format!("…@{rest}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests;
