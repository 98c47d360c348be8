//! One document, read once: for tools that look at a server before it is served.

use std::time::Duration;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Request, StatusCode};

use super::{Error, Settings, SetupError, Upstream};
use crate::seam::Seams;

/// How long a document may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a document could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The URL, or what it is asked with, cannot be used.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The URL leads elsewhere than it says.
    #[error(transparent)]
    Strayed(#[from] super::Strayed),
    /// There was no answer, or it was refused.
    #[error(transparent)]
    Call(#[from] Error),
    /// The server wants a token, or another one.
    #[error(
        "the server gives it only with a token that it accepts: `--token-env` names the variable \
         that holds one"
    )]
    Unauthorized,
    /// The server answered with something else than the document.
    #[error("expected the document, found status {0}")]
    Status(StatusCode),
}

/// Reads the document at a URL, under the rules of serving: TLS, or `http` on this machine; no
/// user name in the URL; no redirect is followed. `settings` says what it is asked with, its base
/// is overwritten.
///
/// # Errors
/// When the URL cannot be used, nobody answers, or the answer is not a document within the bounds.
pub async fn fetch(url: &str, mut settings: Settings, seams: &Seams) -> Result<Bytes, FetchError> {
    let end = url.find('?').unwrap_or(url.len());
    let start = url.get(..end).and_then(|path| path.rfind('/')).map_or(0, |at| at + 1);
    let (folder, document) = url.split_at_checked(start).unwrap_or((url, ""));
    // An URL of a host alone has its last slash in `https://`.
    let (folder, document) = if folder.ends_with("://") { (url, "") } else { (folder, document) };
    folder.clone_into(&mut settings.base);
    let upstream = Upstream::new(settings, seams)?;
    let inner = &*upstream.0;
    let deadline = seams.clock.monotonic().saturating_add(PATIENCE);
    let uri = inner.origin.join(document)?;
    let pass = inner.login.pass(&inner.client, deadline).await?;
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = uri;
    if let Some(header) = pass.header() {
        request.headers_mut().insert(AUTHORIZATION, header);
    }
    let answer = inner.client.exchange(request, inner.max_body, deadline, false).await;
    let raw = answer.map_err(|failure| failure.error)?;
    match raw.status {
        StatusCode::OK => Ok(raw.body),
        StatusCode::UNAUTHORIZED => Err(FetchError::Unauthorized),
        other => Err(FetchError::Status(other)),
    }
}
