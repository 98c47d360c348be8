//! The pooled client: one request, one answer, both bounded in time and size.
//!
//! It repeats nothing by itself; hyper-util's own repetition is switched off, because who may
//! send again is for [`retry`](super::retry) to decide.

mod body;
mod dial;
mod tls;

use std::error::Error as StdError;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, HeaderValue};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::Full;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::capture_connection;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::error::{Error, Kind, SetupError};
use super::refusal;
use crate::seam::{Clock, Seams};
use body::BodyError;
use dial::{Dial, DialError};
pub(super) use tls::Tls;

/// How long a connection may lie unused. Shorter than the patience of common servers (IIS: two
/// minutes), so that it is rarely they who close it.
const IDLE: Duration = Duration::from_secs(50);

/// How many unused connections are kept.
const IDLE_CONNECTIONS: usize = 64;

/// The most bytes of an answer's headers.
const LARGEST_HEAD: usize = 64 * 1024;

/// When the same request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// It would not help.
    Never,
    /// If it changes nothing.
    IfRead,
    /// In any case: nothing of it was sent.
    Unsent,
    /// In any case and at once: it met a pooled connection that was closed meanwhile.
    AtOnce,
}

/// Why a request has no good answer.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: Error,
    pub(super) again: Again,
}

/// An answer of any status, read whole.
#[derive(Debug)]
pub(super) struct Raw {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// Decompressed. Empty for a refusal whose body is too large or broken.
    pub(super) body: Bytes,
}

/// The client of one upstream.
pub(super) struct Client {
    hyper: legacy::Client<Dial, Full<Bytes>>,
    clock: Arc<dyn Clock>,
}

impl Client {
    /// A client that gives a connection with its handshake so much time.
    pub(super) fn new(
        seams: &Seams,
        tls: Option<Tls<'_>>,
        connect_timeout: Duration,
    ) -> Result<Self, SetupError> {
        let config = tls.map(tls::config).transpose()?;
        let hyper = legacy::Client::builder(TokioExecutor::new())
            .retry_canceled_requests(false)
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .http1_max_buf_size(LARGEST_HEAD)
            .http2_max_header_list_size(u32::try_from(LARGEST_HEAD).unwrap_or(u32::MAX))
            .timer(TokioTimer::new())
            .http2_keep_alive_interval(Some(Duration::from_secs(20)))
            .http2_keep_alive_timeout(Duration::from_secs(10))
            .build(Dial::new(seams, config, connect_timeout));
        Ok(Self { hyper, clock: Arc::clone(&seams.clock) })
    }

    /// The clock that deadlines are points of.
    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Sends a request and reads its answer, until a deadline.
    ///
    /// `limit` bounds the body of a success, in bytes after decompression. `write` says whether
    /// it matters if an unanswered request was done.
    pub(super) async fn exchange(
        &self,
        mut request: Request<Bytes>,
        limit: usize,
        deadline: Duration,
        write: bool,
    ) -> Result<Raw, Failure> {
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        let mut request = request.map(Full::new);
        let connection = write.then(|| capture_connection(&mut request));
        let done = before(&*self.clock, deadline, self.answer(request, limit, write)).await;
        done.unwrap_or_else(|| {
            // Without a connection nothing was sent.
            let outcome_unknown =
                connection.is_some_and(|connection| connection.connection_metadata().is_some());
            Err(Failure {
                error: Error::new(Kind::TimedOut { outcome_unknown }),
                again: Again::Never,
            })
        })
    }

    async fn answer(
        &self,
        request: Request<Full<Bytes>>,
        limit: usize,
        write: bool,
    ) -> Result<Raw, Failure> {
        let answer = self.hyper.request(request).await.map_err(|cause| failed(cause, write))?;
        let (head, incoming) = answer.into_parts();
        let body = if head.status.is_success() {
            body::whole(&head.headers, incoming, limit).await.map_err(|cause| {
                // The upstream answers, and what it says is not whole: a truncated answer.
                let (kind, again) = match cause {
                    BodyError::Broken(_) => (Kind::Garbled, Again::IfRead),
                    BodyError::TooLarge => (Kind::TooLarge, Again::Never),
                    _ => (Kind::Garbled, Again::Never),
                };
                Failure { error: Error::new(kind).because(cause).unsure(write), again }
            })?
        } else {
            // The status is enough for a refusal.
            body::whole(&head.headers, incoming, refusal::LARGEST).await.unwrap_or_default()
        };
        Ok(Raw { status: head.status, headers: head.headers, body })
    }
}

/// What came of a request without an answer.
fn failed(cause: legacy::Error, write: bool) -> Failure {
    let source = cause.source();
    if source.and_then(|source| source.downcast_ref()).is_some_and(hyper::Error::is_canceled) {
        // hyper gives the whole request back in this case alone: it was not begun.
        let error = Error::new(Kind::Lost { outcome_unknown: false }).because(cause);
        return Failure { error, again: Again::AtOnce };
    }
    if cause.is_connect() {
        let hopeless = source
            .and_then(|source| source.downcast_ref())
            .is_some_and(|cause| matches!(cause, DialError::Tls { .. } | DialError::Name));
        if hopeless {
            let reason = source.and_then(StdError::source).map(tracing::field::display);
            let cause = source.map(tracing::field::display);
            tracing::warn!(cause, reason, "no trusted connection to the upstream");
        }
        let again = if hopeless { Again::Never } else { Again::Unsent };
        return Failure { error: Error::new(Kind::Unreachable).because(cause), again };
    }
    let error = Error::new(Kind::Lost { outcome_unknown: write }).because(cause);
    Failure { error, again: Again::IfRead }
}

/// Waits for a future until a deadline on the clock.
pub(super) async fn before<T>(
    clock: &dyn Clock,
    deadline: Duration,
    future: impl Future<Output = T>,
) -> Option<T> {
    let left = deadline.saturating_sub(clock.monotonic());
    if left.is_zero() {
        return None;
    }
    tokio::select! {
        biased;
        done = future => Some(done),
        () = clock.sleep(left) => None,
    }
}

#[cfg(test)]
mod tests;
