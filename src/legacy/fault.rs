//! Faults on demand: what goes wrong, and for which requests. A test's tool; the server itself
//! never arms one.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::Method;
use serde_json::Value;
use tokio::sync::watch;

use super::soap::{self, Operation};

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The request waits before it is looked at, at the longest until the faults are cleared; other
    /// faults then still apply.
    Latency(Duration),
    /// Nothing is done; this status is answered.
    Status {
        /// The status, 200 to 599.
        code: u16,
        /// `Retry-After`, in seconds.
        retry_after: Option<u32>,
        /// The body, as `application/json` (in SOAP `text/xml`); when it is empty, an
        /// `ODataException` (in SOAP a page of `text/html`).
        body: String,
    },
    /// Nothing is done; 200 with a page of `text/html`, as a web server before it may do.
    HtmlPage,
    /// Nothing is done; the connection is dropped without an answer (over HTTP/2 the stream).
    ResetBefore,
    /// The request is carried out, then the connection is dropped without an answer.
    ResetAfter,
    /// The request is carried out; half of the answer's body comes, then the connection is
    /// dropped.
    TruncatedBody,
    /// The request is carried out; the answer says `text/plain`.
    WrongMediaType,
    /// Every token that was issued ends and 401 is answered; a new token works again. The static
    /// token and Basic are refused this once only.
    ExpiredToken,
    /// A create is refused as if every licence were taken. Concerns POST only; in SOAP every
    /// write, but an update that takes no licence still passes.
    LicenceLimit,
    /// Nothing is done; 302 to this address.
    Redirect(String),
    /// The request is carried out; `@odata.nextLink` is this address. Concerns GET only.
    ForeignNextLink(String),
    /// The request is carried out; `Location` is this address. Concerns POST only.
    ForeignLocation(String),
    /// The request is carried out by a database whose collation ignores case, accents, width and
    /// trailing blanks, in filters and in uniqueness; other faults then still apply.
    FoldingCollation,
    /// Nothing is done; 200 with that many blanks, which may begin JSON, without
    /// `Content-Length`.
    HugeBody(u64),
    /// The request is carried out; the body is JSON (in SOAP: XML) that stops in the middle,
    /// properly framed.
    InvalidJson,
}

impl Kind {
    /// Whether other faults may apply to the same request.
    const fn lets_pass(&self) -> bool {
        matches!(self, Self::Latency(_) | Self::FoldingCollation)
    }

    /// Whether the fault means anything to a request with this method and path.
    fn concerns(&self, method: &Method, path: &str) -> bool {
        let operation = path.strip_prefix(soap::PATH).map(|rest| rest.trim_start_matches('/'));
        match (self, operation) {
            (Self::LicenceLimit, Some(name)) => {
                Operation::named(name).is_some_and(Operation::writes)
            }
            (Self::ForeignLocation(_) | Self::ForeignNextLink(_), Some(_)) => false,
            _ => self.concerns_method(method),
        }
    }

    fn concerns_method(&self, method: &Method) -> bool {
        match self {
            Self::LicenceLimit | Self::ForeignLocation(_) => method == Method::POST,
            Self::ForeignNextLink(_) => method == Method::GET,
            _ => true,
        }
    }
}

/// Which requests a fault concerns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// The method; any when there is none.
    pub method: Option<Method>,
    /// How the path begins, after the project (`/odata/data/WFUser`). Without it every request
    /// below `/odata` and every SOAP request is meant, so the token endpoint must be named
    /// (`/oauth2`). A SOAP request has the path `/WebServices/EntityManagerSOA.asmx/saveEntity`,
    /// in these letters and with the method's name at its end.
    pub path: Option<String>,
    /// How many such requests pass unharmed first.
    pub skip: u32,
    /// How many requests are harmed; without it every one, until the faults are cleared.
    pub times: Option<u32>,
}

/// A fault: what goes wrong, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which requests.
    pub when: When,
    /// What goes wrong.
    pub what: Kind,
}

impl Fault {
    /// For the next request of the data view or of SOAP.
    #[must_use]
    pub fn once(what: Kind) -> Self {
        Self { when: When { times: Some(1), ..When::default() }, what }
    }

    /// For every request of the data view and of SOAP, until the faults are cleared.
    #[must_use]
    pub fn always(what: Kind) -> Self {
        Self { when: When::default(), what }
    }

    /// Only for this method.
    #[must_use]
    pub fn on(mut self, method: Method) -> Self {
        self.when.method = Some(method);
        self
    }

    /// Only for paths that begin like this, after the project.
    #[must_use]
    pub fn under(mut self, path: impl Into<String>) -> Self {
        self.when.path = Some(path.into());
        self
    }

    /// Only after this many requests have passed.
    #[must_use]
    pub fn after(mut self, skip: u32) -> Self {
        self.when.skip = skip;
        self
    }

    /// The fault that a JSON object describes, or what it lacks.
    pub(super) fn from_json(value: &Value) -> Result<Self, &'static str> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let number = |name: &str| value.get(name).and_then(Value::as_u64);
        let small = |name: &str| number(name).and_then(|n| u32::try_from(n).ok());
        let url = || text("url").ok_or("`url` is missing");
        let what = match text("kind").as_deref() {
            Some("latency") => Kind::Latency(Duration::from_millis(
                number("milliseconds").ok_or("`milliseconds` is missing")?,
            )),
            Some("status") => Kind::Status {
                code: number("code")
                    .and_then(|code| u16::try_from(code).ok())
                    .filter(|code| (200..600).contains(code))
                    .ok_or("`code` must be from 200 to 599")?,
                retry_after: small("retry_after"),
                body: text("body").unwrap_or_default(),
            },
            Some("html_page") => Kind::HtmlPage,
            Some("reset_before") => Kind::ResetBefore,
            Some("reset_after") => Kind::ResetAfter,
            Some("truncated_body") => Kind::TruncatedBody,
            Some("wrong_media_type") => Kind::WrongMediaType,
            Some("expired_token") => Kind::ExpiredToken,
            Some("licence_limit") => Kind::LicenceLimit,
            Some("redirect") => Kind::Redirect(url()?),
            Some("foreign_next_link") => Kind::ForeignNextLink(url()?),
            Some("foreign_location") => Kind::ForeignLocation(url()?),
            Some("folding_collation") => Kind::FoldingCollation,
            Some("huge_body") => Kind::HugeBody(number("bytes").ok_or("`bytes` is missing")?),
            Some("invalid_json") => Kind::InvalidJson,
            _ => return Err("`kind` is missing or not known"),
        };
        let method = match text("method") {
            Some(method) => {
                Some(Method::from_bytes(method.as_bytes()).map_err(|_| "`method` is not one")?)
            }
            None => None,
        };
        let skip = small("skip").unwrap_or(0);
        Ok(Self { when: When { method, path: text("path"), skip, times: small("times") }, what })
    }
}

/// The faults that are armed, in order.
#[derive(Debug, Default)]
pub(super) struct Faults {
    armed: Mutex<Vec<Fault>>,
    cleared: watch::Sender<()>,
}

impl Faults {
    /// Arms one more.
    pub(super) fn arm(&self, fault: Fault) {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// Disarms all.
    pub(super) fn clear(&self) {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.cleared.send_replace(());
    }

    /// Tells when they are next cleared.
    pub(super) fn cleared(&self) -> watch::Receiver<()> {
        self.cleared.subscribe()
    }

    /// What goes wrong with this request: at most one fault that decides the answer, last.
    pub(super) fn take(&self, method: &Method, path: &str) -> Vec<Kind> {
        let mut kinds = Vec::new();
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        for Fault { when, what } in armed.iter_mut() {
            let meant = match &when.path {
                Some(prefix) => path.starts_with(prefix.as_str()),
                None => path.starts_with("/odata") || path.starts_with(soap::PATH),
            };
            if when.times == Some(0)
                || when.method.as_ref().is_some_and(|wanted| wanted != method)
                || !what.concerns(method, path)
                || !meant
            {
                continue;
            }
            if when.skip > 0 {
                when.skip -= 1;
                continue;
            }
            when.times = when.times.map(|times| times - 1);
            kinds.push(what.clone());
            if !what.lets_pass() {
                break;
            }
        }
        armed.retain(|fault| fault.when.times != Some(0));
        kinds
    }
}
