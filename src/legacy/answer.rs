//! An answer before it is bytes, and a body that can also break off or never seem to end.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use serde_json::Value;

use super::error::ODataError;

/// The media type of SOAP 1.1.
pub(super) const XML: &str = "text/xml; charset=utf-8";

/// The media type of pages.
pub(super) const HTML: &str = "text/html; charset=utf-8";

/// What is answered.
#[derive(Debug)]
pub(super) struct Answer {
    /// The status.
    pub(super) status: StatusCode,
    /// Headers beside those of the content.
    pub(super) headers: Vec<(HeaderName, String)>,
    /// The content.
    pub(super) content: Content,
}

/// What an answer carries.
#[derive(Debug)]
pub(super) enum Content {
    /// Nothing.
    Nothing,
    /// OData's JSON.
    Json(Value),
    /// Text of this media type.
    Text(&'static str, String),
}

impl Answer {
    /// An answer in JSON.
    pub(super) fn json(status: StatusCode, value: Value) -> Self {
        Self { status, headers: Vec::new(), content: Content::Json(value) }
    }

    /// An answer of text.
    pub(super) fn text(status: StatusCode, kind: &'static str, text: impl Into<String>) -> Self {
        Self { status, headers: Vec::new(), content: Content::Text(kind, text.into()) }
    }

    /// The same answer with one more header.
    pub(super) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The answer as a response. A header value that HTTP forbids is left out.
    pub(super) fn into_response(self) -> Response<AnswerBody> {
        let (kind, bytes) = match self.content {
            Content::Nothing => (None, Bytes::new()),
            Content::Json(value) => {
                (Some("application/json;odata.metadata=minimal"), Bytes::from(value.to_string()))
            }
            Content::Text(kind, text) => (Some(kind), Bytes::from(text)),
        };
        let mut response = Response::new(AnswerBody::Whole(Some(bytes)));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if let Some(kind) = kind {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        if kind != Some(XML) && kind != Some(HTML) {
            headers.insert("odata-version", HeaderValue::from_static("4.0"));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.append(name, value);
            }
        }
        response
    }
}

impl From<ODataError> for Answer {
    fn from(error: ODataError) -> Self {
        Self::json(error.status, error.body())
    }
}

/// A response's body.
#[derive(Debug)]
pub(super) enum AnswerBody {
    /// All of it at once.
    Whole(Option<Bytes>),
    /// Half of it, then a failure that drops the connection.
    Truncated {
        /// The half that comes.
        half: Option<Bytes>,
        /// The length that was promised.
        promised: u64,
        /// Whether the connection had its chance to send the half.
        flushed: bool,
    },
    /// Blanks, in pieces; this many bytes are still to come.
    Huge(u64),
}

impl AnswerBody {
    /// The same body, breaking off in the middle.
    pub(super) fn truncated(self) -> Self {
        match self {
            Self::Whole(Some(bytes)) if !bytes.is_empty() => Self::Truncated {
                promised: bytes.len() as u64,
                half: Some(bytes.slice(..bytes.len() / 2)),
                flushed: false,
            },
            other => other,
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        const PIECE: &[u8] = &[b' '; 64 * 1024];
        match self.get_mut() {
            Self::Whole(bytes) => {
                Poll::Ready(bytes.take().filter(|b| !b.is_empty()).map(|b| Ok(Frame::data(b))))
            }
            Self::Truncated { half, flushed, .. } => {
                if let Some(half) = half.take() {
                    return Poll::Ready(Some(Ok(Frame::data(half))));
                }
                if !*flushed {
                    // Not ready once: the connection then writes out what it has.
                    *flushed = true;
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Ready(Some(Err(io::Error::other("truncated on demand"))))
            }
            Self::Huge(0) => Poll::Ready(None),
            Self::Huge(left) => {
                let piece = (PIECE.len() as u64).min(*left);
                *left -= piece;
                let piece = usize::try_from(piece).unwrap_or(PIECE.len());
                Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(PIECE).slice(..piece)))))
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Truncated { promised, .. } => SizeHint::with_exact(*promised),
            Self::Huge(_) => SizeHint::default(),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Self::Truncated { .. } => false,
            Self::Huge(left) => *left == 0,
        }
    }
}
