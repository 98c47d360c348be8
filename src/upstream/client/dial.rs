//! Opens connections through the seam, with TLS where the URL says so.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;
use tower::Service;

use super::before;
use crate::seam::{Clock, Connector, Seams, Socket};

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum DialError {
    /// Refused, no such name, no route.
    #[error("no connection")]
    Socket(#[source] io::Error),
    /// No handshake. The hint is for servers that only have what rustls does not speak.
    #[error("the TLS handshake failed{hint}")]
    Tls {
        /// What to look at, for a bare alert.
        hint: &'static str,
        /// What rustls said.
        #[source]
        cause: io::Error,
    },
    /// The host is no name that a certificate could have.
    #[error("the host has no valid name for TLS")]
    Name,
    /// Neither of the above in time.
    #[error("no connection in time")]
    TimedOut,
}

const OLD_SERVER: &str = " (rustls speaks only ECDHE with AEAD suites under TLS 1.2 and 1.3; Windows \
    Server 2012 R2 and older offer these only with an ECDSA certificate)";

/// Opens connections; cheap to clone.
#[derive(Clone)]
pub(super) struct Dial {
    connector: Arc<dyn Connector>,
    clock: Arc<dyn Clock>,
    tls: Option<TlsConnector>,
    /// How long a connection with its handshake may take.
    timeout: Duration,
}

impl Dial {
    pub(super) fn new(seams: &Seams, tls: Option<Arc<ClientConfig>>, timeout: Duration) -> Self {
        Self {
            timeout,
            connector: Arc::clone(&seams.connector),
            clock: Arc::clone(&seams.clock),
            tls: tls.map(TlsConnector::from),
        }
    }

    async fn open(&self, url: &Uri) -> Result<Wire, DialError> {
        let host = url.host().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let encrypted = url.scheme() == Some(&Scheme::HTTPS);
        let port = url.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
        let socket = self.connector.connect(host, port).await.map_err(DialError::Socket)?;
        if !encrypted {
            return Ok(Wire { io: TokioIo::new(socket), h2: false });
        }
        let tls = self.tls.as_ref().ok_or(DialError::Name)?;
        let name = ServerName::try_from(host.to_owned()).map_err(|_| DialError::Name)?;
        let stream = tls.connect(name, socket).await.map_err(|cause| {
            let rustls = cause.get_ref().and_then(|cause| cause.downcast_ref());
            // Such a server closes or sends a bare alert; a certificate says what is wrong.
            let hint = match rustls {
                Some(rustls::Error::AlertReceived(_) | rustls::Error::PeerIncompatible(_))
                | None => OLD_SERVER,
                Some(_) => "",
            };
            DialError::Tls { hint, cause }
        })?;
        let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        let socket: Socket = Box::new(stream);
        Ok(Wire { io: TokioIo::new(socket), h2 })
    }
}

impl Service<Uri> for Dial {
    type Response = Wire;
    type Error = DialError;
    type Future = Pin<Box<dyn Future<Output = Result<Wire, DialError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), DialError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let dial = self.clone();
        Box::pin(async move {
            let deadline = dial.clock.monotonic().saturating_add(dial.timeout);
            let opened = before(&*dial.clock, deadline, dial.open(&url)).await;
            opened.unwrap_or(Err(DialError::TimedOut))
        })
    }
}

/// An open connection, encrypted or not.
pub(super) struct Wire {
    io: TokioIo<Socket>,
    /// Whether ALPN chose HTTP/2.
    h2: bool,
}

impl Connection for Wire {
    fn connected(&self) -> Connected {
        if self.h2 { Connected::new().negotiated_h2() } else { Connected::new() }
    }
}

impl Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl Write for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bytes)
    }
}
