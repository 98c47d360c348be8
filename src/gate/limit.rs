//! How often: failed attempts by address, good requests by caller (governor's GCRA on our clock).
//!
//! ```text
//! 100 requests a second, 200 at once; then up to 64 wait in line for at most two seconds;
//! the next one is Denied::TooManyRequests with the time that the line needs.
//! ```

use std::fmt;
use std::future::Future;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use governor::clock::Reference;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use http::Request;
use tokio::sync::{Mutex, Semaphore};
use tower::{Layer, Service};

use super::{Caller, Denied};
use crate::seam::Clock;

mod failure;

pub use failure::{FailureLimit, FailurePace};

/// Governor's clock over ours.
#[derive(Clone)]
struct Pulse(Arc<dyn Clock>);

impl governor::clock::Clock for Pulse {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.monotonic()
    }
}

/// How often one caller may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallerPace {
    /// Requests a second, in the long run.
    pub per_second: NonZeroU32,
    /// Requests at once, after a pause.
    pub burst: NonZeroU32,
    /// The longest that a request may wait in line; zero means no line.
    pub queue: Duration,
    /// The most requests that may wait in line.
    pub waiting: usize,
}

impl Default for CallerPace {
    /// 100 a second, 200 at once, 64 in line for at most two seconds: four times the 25 a second
    /// that Microsoft asks an endpoint of Entra's to bear.
    fn default() -> Self {
        const PER_SECOND: NonZeroU32 = NonZeroU32::new(100).unwrap();
        const BURST: NonZeroU32 = NonZeroU32::new(200).unwrap();
        Self { per_second: PER_SECOND, burst: BURST, queue: Duration::from_secs(2), waiting: 64 }
    }
}

/// One caller's own limit, with a short line before it says no.
pub struct CallerLimit {
    pace: CallerPace,
    clock: Pulse,
    bucket: RateLimiter<NotKeyed, InMemoryState, Pulse, NoOpMiddleware<Duration>>,
    /// Places in the line: never more than can be served within `pace.queue`, so that nobody
    /// waits only to be refused.
    places: Semaphore,
    /// The head of the line; tokio's mutex serves in the order of arrival.
    head: Mutex<()>,
    line: usize,
}

impl CallerLimit {
    /// A limit that nothing was charged to yet.
    #[must_use]
    pub fn new(pace: CallerPace, clock: Arc<dyn Clock>) -> Self {
        let clock = Pulse(clock);
        let quota = Quota::per_second(pace.per_second).allow_burst(pace.burst);
        let servable = pace.queue.as_millis() * u128::from(pace.per_second.get()) / 1000;
        let line = pace.waiting.min(usize::try_from(servable).unwrap_or(usize::MAX));
        let line = line.min(Semaphore::MAX_PERMITS);
        Self {
            pace,
            bucket: RateLimiter::new(quota, InMemoryState::default(), clock.clone()),
            clock,
            places: Semaphore::new(line),
            head: Mutex::new(()),
            line,
        }
    }

    /// The pace it was made with: a reload keeps the limit whose pace did not change.
    #[must_use]
    pub fn pace(&self) -> CallerPace {
        self.pace
    }

    /// Charges one request, after waiting in line where there is one.
    ///
    /// # Errors
    /// [`Denied::TooManyRequests`], at once, when the line is full.
    pub async fn admit(&self) -> Result<(), Denied> {
        // Nobody in line: whoever comes may try. Else a newcomer must not overtake.
        if self.places.available_permits() == self.line && self.check().is_ok() {
            return Ok(());
        }
        let Ok(_place) = self.places.try_acquire() else {
            return Err(Denied::TooManyRequests { retry_after: self.line_time() });
        };
        let _head = self.head.lock().await;
        while let Err(wait) = self.check() {
            self.clock.0.sleep(wait).await;
        }
        Ok(())
    }

    /// Charges one request, or says how long until the next one fits.
    fn check(&self) -> Result<(), Duration> {
        let now = self.clock.0.monotonic();
        self.bucket.check().map_err(|until| until.earliest_possible().saturating_duration(now))
    }

    /// How long the whole line and one more take.
    fn line_time(&self) -> Duration {
        let each = Duration::from_secs(1) / self.pace.per_second.get();
        each.saturating_mul(u32::try_from(self.line).unwrap_or(u32::MAX).saturating_add(1))
    }
}

/// The time from `now` to a later moment of the same clock.
trait Until {
    fn saturating_duration(self, now: Duration) -> Duration;
}

impl Until for Duration {
    fn saturating_duration(self, now: Duration) -> Duration {
        Reference::duration_since(&self, now).into()
    }
}

impl fmt::Debug for CallerLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallerLimit").field("pace", &self.pace).finish_non_exhaustive()
    }
}

/// Charges each request to the limit of its [`Caller`], which an earlier layer found.
#[derive(Clone, Copy, Debug, Default)]
pub struct CallerLimitLayer;

impl<S> Layer<S> for CallerLimitLayer {
    type Service = CallerLimited<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CallerLimited { inner }
    }
}

/// What [`CallerLimitLayer`] makes of a service.
#[derive(Clone, Debug)]
pub struct CallerLimited<S> {
    inner: S,
}

impl<S, B> Service<Request<B>> for CallerLimited<S>
where
    S: Service<Request<B>> + Clone + Send + 'static,
    S::Error: From<Denied>,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that was made ready goes with the request; its clone stays for the next.
        let fresh = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, fresh);
        Box::pin(async move {
            // Without a caller nobody vouched for the request.
            let caller = request.extensions().get::<Arc<Caller>>().ok_or(Denied::MissingToken)?;
            let limit = Arc::clone(&caller.limit);
            limit.admit().await?;
            inner.call(request).await
        })
    }
}
