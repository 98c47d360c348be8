//! Whether a connection is busy, silent or slow, and the watchdog that acts on it.
//!
//! hyper has one timer for "silent between requests" and "slow to send a head", and none for
//! HTTP/2 or for a peer that does not read its answer. Here a connection without a request in
//! flight has a deadline: from the first byte of a head, [`Limits::header_read`]; before it,
//! [`Limits::idle`]. A request in flight is not our business: the service has its own deadline.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::seam::{Clock, Pending, Stream};
use crate::serve::Limits;

/// What a connection is at; shared between its stream, its requests and its watchdog.
pub(super) struct Pulse {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Clone, Copy)]
struct State {
    in_flight: u32,
    /// When the last request was answered, or the connection began.
    silent_since: Duration,
    /// When the first byte after that came.
    head_since: Option<Duration>,
}

impl Pulse {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let silent_since = clock.monotonic();
        let state = Mutex::new(State { in_flight: 0, silent_since, head_since: None });
        Self { clock, state }
    }

    /// A request is in flight until the answer is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> InFlight {
        let mut state = self.state();
        state.in_flight = state.in_flight.saturating_add(1);
        state.head_since = None;
        drop(state);
        InFlight(Arc::clone(self))
    }

    fn bytes_came(&self) {
        let mut state = self.state();
        if state.in_flight == 0 && state.head_since.is_none() {
            state.head_since = Some(self.clock.monotonic());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock, and each write leaves the state whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request under way.
pub(super) struct InFlight(Arc<Pulse>);

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.in_flight = state.in_flight.saturating_sub(1);
        state.silent_since = self.0.clock.monotonic();
    }
}

/// Fires when a connection has been silent or slow for too long.
pub(super) struct Watchdog {
    pulse: Arc<Pulse>,
    header_read: Duration,
    idle: Duration,
    parting_since: Option<Duration>,
    /// The moment that `sleep` ends. Later deadlines do not move it: most of the time it is the
    /// last request that did, and setting a timer for each one costs more than waking once.
    armed: Duration,
    sleep: Option<Pending<'static, ()>>,
}

impl Watchdog {
    pub(super) fn new(pulse: Arc<Pulse>, limits: &Limits) -> Self {
        let Limits { header_read, idle, .. } = *limits;
        Self { pulse, header_read, idle, parting_since: None, armed: Duration::ZERO, sleep: None }
    }

    /// From now on the connection is closing, and has [`Limits::header_read`] left for it
    /// whenever it is not busy.
    pub(super) fn part(&mut self) {
        self.parting_since = Some(self.pulse.clock.monotonic());
    }

    fn deadline(&self) -> Option<Duration> {
        let state = *self.pulse.state();
        if state.in_flight > 0 {
            return None;
        }
        Some(match (self.parting_since, state.head_since) {
            (_, Some(head)) => head.saturating_add(self.header_read),
            (Some(parting), None) => {
                state.silent_since.max(parting).saturating_add(self.header_read)
            }
            (None, None) => state.silent_since.saturating_add(self.idle),
        })
    }

    /// Ready when the deadline has passed. To be polled whenever the connection was.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let Some(deadline) = self.deadline() else {
                // Whatever ends the request wakes the connection, and so us.
                return Poll::Pending;
            };
            if self.sleep.is_none() || deadline < self.armed {
                let left = deadline.saturating_sub(self.pulse.clock.monotonic());
                if left.is_zero() {
                    return Poll::Ready(());
                }
                self.armed = deadline;
                self.sleep = Some(self.pulse.clock.sleep(left));
            }
            if let Some(sleep) = &mut self.sleep {
                ready!(sleep.as_mut().poll(context));
                self.sleep = None;
            }
        }
    }
}

/// A stream that tells its [`Pulse`] when bytes come in.
pub(super) struct Watched<T> {
    stream: T,
    pulse: Arc<Pulse>,
}

impl<T: Stream> Watched<T> {
    pub(super) fn new(stream: T, pulse: Arc<Pulse>) -> Self {
        Self { stream, pulse }
    }
}

impl<T: Stream> AsyncRead for Watched<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.pulse.bytes_came();
        }
        outcome
    }
}

impl<T: Stream> AsyncWrite for Watched<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
