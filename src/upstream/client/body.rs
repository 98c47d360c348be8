//! Bodies, read whole: bounded before and after decompression.

use std::io::{self, Read};

use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;

/// Why a body cannot be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    /// The connection ended before the body did.
    #[error("the body is not whole")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It is larger than allowed, compressed or not.
    #[error("the body is larger than allowed")]
    TooLarge,
    /// Another encoding than gzip.
    #[error("the body's encoding is unknown")]
    Encoding,
    /// Not gzip inside.
    #[error("the body cannot be decompressed")]
    Compression(#[source] io::Error),
}

/// Reads a body of at most `limit` bytes, decompressed.
pub(super) async fn whole(
    headers: &HeaderMap,
    incoming: Incoming,
    limit: usize,
) -> Result<Bytes, BodyError> {
    let compressed = is_compressed(headers)?;
    let body = Limited::new(incoming, limit).collect().await.map_err(|cause| match cause
        .downcast_ref::<LengthLimitError>(
    ) {
        Some(_) => BodyError::TooLarge,
        None => BodyError::Broken(cause),
    })?;
    let body = body.to_bytes();
    if compressed && !body.is_empty() { decompressed(&body, limit) } else { Ok(body) }
}

/// Whether a body is gzip; nothing else was asked for.
fn is_compressed(headers: &HeaderMap) -> Result<bool, BodyError> {
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    let Some(encoding) = encodings.next() else {
        return Ok(false);
    };
    if encodings.next().is_some() {
        return Err(BodyError::Encoding);
    }
    match encoding.as_bytes() {
        found if found.eq_ignore_ascii_case(b"gzip") || found.eq_ignore_ascii_case(b"x-gzip") => {
            Ok(true)
        }
        found if found.is_empty() || found.eq_ignore_ascii_case(b"identity") => Ok(false),
        _ => Err(BodyError::Encoding),
    }
}

fn decompressed(body: &[u8], limit: usize) -> Result<Bytes, BodyError> {
    // A bomb grows a thousandfold: room is made as it comes, and one byte past the limit ends it.
    let mut whole = Vec::with_capacity(body.len().saturating_mul(4).min(limit));
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(body)
        .take(bound)
        .read_to_end(&mut whole)
        .map_err(BodyError::Compression)?;
    if whole.len() > limit { Err(BodyError::TooLarge) } else { Ok(whole.into()) }
}
