//! The life of the listener and of its connections: HTTP/1.1 or HTTP/2 as the client begins,
//! with or without TLS, drained or dropped.

use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use super::Service;

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long a connection may take to send a request's head; IIS waits as long.
const IDLE: Duration = Duration::from_secs(120);

/// What the listener and its connections are to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Serving,
    Draining,
    Killed,
}

/// The task that accepts; dropping it drops every connection.
pub(in crate::legacy) struct Running {
    task: JoinHandle<()>,
    phase: watch::Sender<Phase>,
}

impl Running {
    /// Begins to accept.
    pub(in crate::legacy) fn start(
        listener: TcpListener,
        tls: Option<Arc<ServerConfig>>,
        service: Arc<Service>,
    ) -> Self {
        let (phase, watched) = watch::channel(Phase::Serving);
        let task = tokio::spawn(accept(listener, tls.map(TlsAcceptor::from), service, watched));
        Self { task, phase }
    }

    /// Stops accepting and waits for the requests under way.
    pub(in crate::legacy) async fn drain(self) {
        self.end(Phase::Draining).await;
    }

    /// Drops listener and connections, and waits until they are gone.
    pub(in crate::legacy) async fn kill(self) {
        self.end(Phase::Killed).await;
    }

    async fn end(mut self, phase: Phase) {
        self.phase.send_replace(phase);
        if let Err(cause) = (&mut self.task).await {
            tracing::error!(%cause, "the legacy listener ended abruptly");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    service: Arc<Service>,
    mut phase: watch::Receiver<Phase>,
) {
    // Dropped with this task: a set ends what it holds.
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = ended(&mut phase) => break,
            accepted = listener.accept() => accepted,
            // Reaps those that are done.
            Some(_) = connections.join_next() => continue,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(cause) => {
                // Mostly no file descriptors are left; a short rest lets some be freed.
                tracing::warn!(%cause, "the legacy listener could not accept");
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let (service, phase, tls) = (Arc::clone(&service), phase.clone(), tls.clone());
        connections.spawn(async move {
            let Some(tls) = tls else { return serve(stream, service, phase).await };
            match tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
                Ok(Ok(stream)) => serve(stream, service, phase).await,
                Ok(Err(cause)) => tracing::debug!(%cause, "a legacy TLS handshake failed"),
                Err(_) => tracing::debug!("a legacy TLS handshake took too long"),
            }
        });
    }
    drop(listener);
    if *phase.borrow() == Phase::Killed {
        connections.shutdown().await;
    }
    while connections.join_next().await.is_some() {}
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    service: Arc<Service>,
    mut phase: watch::Receiver<Phase>,
) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(IDLE);
    let handler = service_fn(move |request| {
        let service = Arc::clone(&service);
        async move { service.call(request).await }
    });
    let connection = builder.serve_connection(TokioIo::new(stream), handler);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = ended(&mut phase) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(cause) = ended {
        tracing::debug!(cause, "a legacy connection ended early");
    }
}

/// Completes when serving is over.
async fn ended(phase: &mut watch::Receiver<Phase>) {
    // An error means that the server was dropped, which is an end too.
    let _ = phase.wait_for(|phase| *phase != Phase::Serving).await;
}
