//! Sockets: accepts connections, shakes hands, speaks HTTP/1.1 or HTTP/2 as ALPN says, and drains.
//!
//! What the service behind it does is unknown here. Everything has an end: how many connections,
//! how long a handshake, a head or silence may last, how big a head may be, how long a drain.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use tokio::sync::Semaphore;
use tower::Service;

use crate::seam::{Clock, Listener};
use crate::telemetry::Connections;

mod connection;
mod stop;
pub mod tls;

pub use stop::{Stop, Stopper};
use tls::Tls;

/// How long to wait after the operating system refused a connection, out of descriptors perhaps.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// The bounds of the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once, at least one; the next ones wait in the operating system's backlog.
    pub connections: usize,
    /// From the accepted connection to the end of the TLS handshake.
    pub handshake: Duration,
    /// From the first byte of an HTTP/1.1 head to its last. A closing connection has the same
    /// time to say goodbye.
    pub header_read: Duration,
    /// How long a connection may be silent between requests, or take to read an answer.
    pub idle: Duration,
    /// Bytes of a request's line and headers; more is answered 431. HTTP/1.1 knows at most 100
    /// headers besides.
    pub header_bytes: u32,
    /// Requests at once on one HTTP/2 connection.
    pub streams: u32,
    /// How long requests in flight may take after the wish to stop.
    pub drain: Duration,
}

impl Default for Limits {
    /// 16 384 connections; 10 s for a handshake, 15 s for a head, two minutes of silence; 16 KiB
    /// of headers, 128 streams; 30 s to drain, which covers the 25 s that a request may take.
    fn default() -> Self {
        Self {
            connections: 16_384,
            handshake: Duration::from_secs(10),
            header_read: Duration::from_secs(15),
            idle: Duration::from_secs(120),
            header_bytes: 16 * 1024,
            streams: 128,
            drain: Duration::from_secs(30),
        }
    }
}

/// Why a socket cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Tokens and people would cross the network in clear text.
    #[error(
        "expected a certificate for {address}, found none: \
         only a loopback address may be served without TLS"
    )]
    ClearText {
        /// What was bound.
        address: SocketAddr,
    },
    /// The operating system does not know the socket any more.
    #[error("cannot ask the listening socket for its address")]
    Address(#[source] io::Error),
}

/// How a [`Server`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// The connections that were still busy when the time for draining was over.
    pub cut_off: usize,
}

/// A bound socket with everything that is needed to serve it.
pub struct Server {
    listener: Box<dyn Listener>,
    address: SocketAddr,
    tls: Option<Tls>,
    limits: Limits,
    clock: Arc<dyn Clock>,
    connections: Arc<Connections>,
}

impl Server {
    /// Prepares to serve `listener`, with TLS or, on a loopback address only, without.
    ///
    /// # Errors
    /// [`ServeError::ClearText`] without `tls` on any other address.
    pub fn new(
        listener: Box<dyn Listener>,
        tls: Option<Tls>,
        limits: Limits,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ServeError> {
        let address = listener.local_address().map_err(ServeError::Address)?;
        if tls.is_none() && !address.ip().to_canonical().is_loopback() {
            return Err(ServeError::ClearText { address });
        }
        Ok(Self { listener, address, tls, limits, clock, connections: Arc::default() })
    }

    /// The address that is served, with its real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its connections are counted.
    #[must_use]
    pub fn connections(&self) -> &Arc<Connections> {
        &self.connections
    }

    /// Serves until `stop` says otherwise; then accepts no more, asks every connection to finish
    /// and waits for them, at most [`Limits::drain`] long or until `stop` loses its patience.
    ///
    /// Each request carries its peer as the extension [`PeerAddr`](crate::seam::PeerAddr), and where
    /// clients must show a certificate, that as [`PeerCertificate`](crate::seam::PeerCertificate). An error of the
    /// service closes its connection (HTTP/1.1) or resets its stream (HTTP/2) without an answer.
    pub async fn run<S, B>(self, service: S, stop: Stop) -> Drained
    where
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let Self { listener, address: _, tls, limits, clock, connections } = self;
        let most =
            u32::try_from(limits.connections.clamp(1, Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        let permits = Arc::new(Semaphore::new(most as usize));
        let (stopper, parting) = Stop::channel();
        let edge = connection::Edge { service, tls, limits, clock: Arc::clone(&clock) };
        let edge = Arc::new(edge);

        let accept = async {
            let mut full = false;
            loop {
                let was_full = std::mem::replace(&mut full, permits.available_permits() == 0);
                if full && !was_full {
                    tracing::warn!(connections = most, "every connection is taken");
                }
                let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
                match listener.accept().await {
                    Ok((socket, peer)) => {
                        let edge = Arc::clone(&edge);
                        let place = connection::Place { seat: connections.seat(), _permit: permit };
                        tokio::spawn(edge.greet(socket, peer, parting.clone(), place));
                    }
                    Err(error) if is_the_peers(&error) => {
                        tracing::debug!(%error, "a peer left before it was accepted");
                    }
                    Err(error) => {
                        tracing::error!(%error, "cannot accept connections");
                        drop(permit);
                        clock.sleep(ACCEPT_PAUSE).await;
                    }
                }
            }
        };
        tokio::select! {
            biased;
            () = stop.clone().draining() => {}
            () = accept => {}
        }
        drop(listener);
        stopper.drain();
        tokio::select! {
            biased;
            _ = permits.acquire_many(most) => return Drained { cut_off: 0 },
            () = clock.sleep(limits.drain) => {}
            () = stop.cut() => {}
        }
        let cut_off = (most as usize).saturating_sub(permits.available_permits());
        stopper.cut();
        Drained { cut_off }
    }
}

/// Whether `error` is about one connection, so that the next one may well be fine.
fn is_the_peers(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::NotConnected
    )
}

#[cfg(test)]
mod tests;
