//! The life of one connection: handshake, protocol by ALPN, requests, goodbye.

use std::error::Error;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::graceful::GracefulConnection;
use tokio::sync::OwnedSemaphorePermit;
use tokio_rustls::TlsAcceptor;
use tower::{Service, ServiceExt};

use super::tls::{self, H2, Tls};
use super::{Limits, Stop};
use crate::seam::{Clock, PeerAddr, PeerCertificate, Socket, Stream};
use crate::telemetry::{HandshakeFailure, Seat};

mod pulse;

use pulse::{Pulse, Watchdog, Watched};

/// hyper's own bound on one HTTP/1.1 connection's buffers, which must be at least 8 KiB.
const BUFFER: usize = 64 * 1024;
/// Bytes of one request's body that an HTTP/2 peer may send unread.
const STREAM_WINDOW: u32 = 256 * 1024;
/// The same for all requests of one HTTP/2 connection together.
const CONNECTION_WINDOW: u32 = 1024 * 1024;

/// What all connections of a server share.
pub(super) struct Edge<S> {
    pub(super) service: S,
    pub(super) tls: Option<Tls>,
    pub(super) limits: Limits,
    pub(super) clock: Arc<dyn Clock>,
}

/// Who is at the other end of a connection.
struct Peer {
    address: SocketAddr,
    /// What it showed, where it had to show something.
    certificate: Option<PeerCertificate>,
}

/// One connection's place among those that may be open, and its seat among those that are counted.
pub(super) struct Place {
    pub(super) seat: Seat,
    pub(super) _permit: OwnedSemaphorePermit,
}

impl<S, B> Edge<S>
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    /// Shakes hands and hands the stream to a task of its own, so that the room that a handshake
    /// and the other protocol would need is not kept for as long as the connection lives.
    pub(super) async fn greet(
        self: Arc<Self>,
        socket: Socket,
        peer: SocketAddr,
        stop: Stop,
        place: Place,
    ) {
        let Some(tls) = &self.tls else {
            let peer = Peer { address: peer, certificate: None };
            return self.http1(socket, peer, stop, place);
        };
        let handshake = TlsAcceptor::from(tls.current()).accept(socket);
        let stream = tokio::select! {
            biased;
            stream = handshake => stream,
            () = self.clock.sleep(self.limits.handshake) => {
                place.seat.fail(HandshakeFailure::TimedOut);
                tracing::debug!(%peer, "a handshake took too long");
                return;
            }
            () = stop.clone().draining() => return,
        };
        let stream = match stream {
            Ok(stream) => stream,
            // Scanners, clients that do not trust the certificate, and clients whose own is not
            // trusted; both of these are worth a look when a new installation does not get through.
            Err(error) => {
                place.seat.fail(HandshakeFailure::Tls);
                let reason = tls::refusal(&error);
                tracing::debug!(%peer, %error, reason, "a handshake failed");
                return;
            }
        };
        let (_, handshake) = stream.get_ref();
        let shown = handshake.peer_certificates().and_then(<[_]>::first);
        let certificate = shown.map(|certificate| PeerCertificate::new(certificate));
        let peer = Peer { address: peer, certificate };
        match handshake.alpn_protocol() {
            Some(H2) => self.http2(stream, peer, stop, place),
            _ => self.http1(stream, peer, stop, place),
        }
    }

    /// Begins to speak HTTP/1.1. The connection lies in a box of its own: an async function that
    /// is handed one keeps room for it several times over, for as long as it lives.
    fn http1<T: Stream + 'static>(
        self: Arc<Self>,
        stream: T,
        peer: Peer,
        stop: Stop,
        place: Place,
    ) {
        let pulse = Arc::new(Pulse::new(Arc::clone(&self.clock)));
        let watchdog = Watchdog::new(Arc::clone(&pulse), &self.limits);
        let header_bytes = usize::try_from(self.limits.header_bytes).unwrap_or(usize::MAX);
        let address = peer.address;
        let stream = TokioIo::new(Watched::new(stream, Arc::clone(&pulse)));
        let connection = http1::Builder::new()
            // Our own watchdog tells silence from slowness; hyper's timer cannot.
            .header_read_timeout(None)
            .max_header_size(header_bytes)
            .max_buf_size(BUFFER.max(header_bytes))
            .serve_connection(
                stream,
                service_fn(move |request| self.answer(request, &peer, &pulse)),
            );
        tokio::spawn(live(Box::pin(connection), address, watchdog, stop, place));
    }

    /// Begins to speak HTTP/2.
    fn http2<T: Stream + 'static>(
        self: Arc<Self>,
        stream: T,
        peer: Peer,
        stop: Stop,
        place: Place,
    ) {
        let pulse = Arc::new(Pulse::new(Arc::clone(&self.clock)));
        let watchdog = Watchdog::new(Arc::clone(&pulse), &self.limits);
        let address = peer.address;
        let connection = http2::Builder::new(TokioExecutor::new())
            .max_concurrent_streams(self.limits.streams)
            .max_header_list_size(self.limits.header_bytes)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_send_buf_size(BUFFER)
            .serve_connection(
                // Not `Watched`: frames come at any time and are not the beginning of a head.
                TokioIo::new(stream),
                service_fn(move |request| self.answer(request, &peer, &pulse)),
            );
        tokio::spawn(live(Box::pin(connection), address, watchdog, stop, place));
    }

    /// One request into the service and its answer back.
    fn answer(
        &self,
        mut request: Request<Incoming>,
        peer: &Peer,
        pulse: &Arc<Pulse>,
    ) -> impl Future<Output = Result<Response<B>, S::Error>> + Send + use<S, B> {
        let extensions = request.extensions_mut();
        extensions.insert(PeerAddr(peer.address));
        if let Some(certificate) = &peer.certificate {
            extensions.insert(certificate.clone());
        }
        let busy = pulse.begin();
        let answer = self.service.clone().oneshot(request);
        async move {
            let _busy = busy;
            answer.await
        }
    }
}

/// Drives `connection` to its end: its own, the watchdog's, or that of the server.
async fn live<C>(
    mut connection: Pin<Box<C>>,
    peer: SocketAddr,
    mut watchdog: Watchdog,
    stop: Stop,
    _place: Place,
) where
    C: GracefulConnection,
    C::Error: Error + 'static,
{
    let mut draining = pin!(stop.clone().draining());
    let mut cut = pin!(stop.cut());
    let mut parting = false;
    poll_fn(|context| {
        if !parting && draining.as_mut().poll(context).is_ready() {
            parting = true;
            watchdog.part();
            connection.as_mut().graceful_shutdown();
        }
        if parting && cut.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        loop {
            // The connection first: it is what tells the watchdog that all is well.
            if let Poll::Ready(end) = connection.as_mut().poll(context) {
                if let Err(error) = end {
                    let cause = error.source().map(tracing::field::display);
                    tracing::debug!(%peer, %error, cause, "a connection ended badly");
                }
                return Poll::Ready(());
            }
            match watchdog.poll(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(()) if parting => {
                    tracing::debug!(%peer, "a connection did not close in time");
                    return Poll::Ready(());
                }
                Poll::Ready(()) => {
                    parting = true;
                    watchdog.part();
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    })
    .await;
}
