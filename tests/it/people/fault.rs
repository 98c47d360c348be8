//! What goes wrong on demand, in the words of the embedded server's faults: GET means that rows are
//! read or found, POST that one is added, PATCH that one is changed.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{Bytes, CONTENT_TYPE, LOCATION, RETRY_AFTER, answer, dropped, json};
use http::{Method, Response, StatusCode};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use scim_sidecar::legacy::{Fault, Kind};
use tokio::sync::watch;

/// The faults that are armed.
#[derive(Default)]
pub(super) struct Faults {
    armed: Vec<Fault>,
    cleared: watch::Sender<()>,
}

impl Faults {
    pub(super) fn arm(&mut self, fault: Fault) {
        self.armed.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.armed.clear();
        self.cleared.send_replace(());
    }

    /// Tells when they are next cleared.
    pub(super) fn cleared(&self) -> watch::Receiver<()> {
        self.cleared.subscribe()
    }

    /// What goes wrong with a call of the people, or with one for a token.
    pub(super) fn take(&mut self, call: Option<(&Method, &str)>) -> Vec<Kind> {
        let meant = call.map(|(method, path)| match method.as_str() {
            "POST" if path.ends_with("/_find") => Method::GET,
            "PUT" => Method::PATCH,
            _ => method.clone(),
        });
        let mut kinds = Vec::new();
        for Fault { when, what } in &mut self.armed {
            let is_token = when.path.as_deref().is_some_and(|path| path.starts_with("/oauth2"));
            let is_meant = when.method.is_none() || when.method == meant;
            let concerns = match what {
                Kind::LicenceLimit | Kind::ForeignLocation(_) => meant == Some(Method::POST),
                Kind::ForeignNextLink(_) => false,
                _ => true,
            };
            if is_token == call.is_some() || !is_meant || !concerns || when.times == Some(0) {
                continue;
            }
            if when.skip > 0 {
                when.skip -= 1;
                continue;
            }
            when.times = when.times.map(|times| times - 1);
            kinds.push(what.clone());
            if !matches!(what, Kind::Latency(_) | Kind::FoldingCollation) {
                break;
            }
        }
        kinds
    }
}

/// The answer of a fault that lets nothing be done.
pub(super) fn before(kind: Option<&Kind>) -> Option<Response<Body>> {
    let html = |status: u16| {
        let mut page = answer(status, &json!(null)).map(|_| Body::of("<h1>Sign in</h1>"));
        page.headers_mut().insert(CONTENT_TYPE, "text/html".parse().unwrap());
        page
    };
    Some(match kind? {
        Kind::Status { code, retry_after, body } => {
            let mut response = answer(*code, &json!({ "result": { "code": "FAULT" } }));
            if !body.is_empty() {
                *response.body_mut() = Body::of(body);
            }
            if let Some(seconds) = retry_after {
                response.headers_mut().insert(RETRY_AFTER, (*seconds).into());
            }
            response
        }
        Kind::HtmlPage => html(200),
        Kind::ExpiredToken => answer(401, &json!({ "result": { "code": "NO_TOKEN" } })),
        Kind::Redirect(url) => {
            let mut page = html(StatusCode::FOUND.as_u16());
            page.headers_mut().insert(LOCATION, url.parse().unwrap());
            page
        }
        Kind::HugeBody(bytes) => answer(200, &json!(null)).map(|_| Body::Blanks(*bytes)),
        _ => return None,
    })
}

/// `Authorization` of a client with that secret.
pub(super) fn basic(secret: &str) -> String {
    use base64::Engine as _;
    let pair = format!("{}:{secret}", crate::scene::CLIENT_ID);
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}

/// A body, or what is left of one.
pub(crate) enum Body {
    Whole(Option<Bytes>),
    /// Breaks off behind this, though it promised that many bytes.
    Cut(Option<Bytes>, usize, bool),
    /// That many blanks, which may begin JSON.
    Blanks(u64),
}

impl Body {
    pub(super) fn of(text: &str) -> Self {
        Self::Whole(Some(Bytes::copy_from_slice(text.as_bytes())))
    }

    /// The first half, and then nothing more.
    pub(super) fn truncated(self) -> Self {
        match self {
            Self::Whole(Some(bytes)) => {
                Self::Cut(Some(bytes.slice(..bytes.len() / 2)), bytes.len(), false)
            }
            other => other,
        }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        const PIECE: u64 = 4096;
        Poll::Ready(match &mut *self {
            Self::Whole(bytes) => bytes.take().map(|bytes| Ok(Frame::data(bytes))),
            Self::Cut(bytes, _, flushed) => match bytes.take() {
                Some(bytes) => Some(Ok(Frame::data(bytes))),
                None if *flushed => Some(Err(dropped())),
                None => {
                    // Not ready once: the connection then writes out what it has.
                    *flushed = true;
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
            },
            Self::Blanks(0) => None,
            Self::Blanks(left) => {
                let piece = PIECE.min(*left);
                *left -= piece;
                Some(Ok(Frame::data(vec![b' '; usize::try_from(piece).unwrap()].into())))
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Self::Cut(..) => false,
            Self::Blanks(left) => *left == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                let length = bytes.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(length).unwrap())
            }
            Self::Cut(_, promised, _) => SizeHint::with_exact(u64::try_from(*promised).unwrap()),
            Self::Blanks(_) => SizeHint::default(),
        }
    }
}
