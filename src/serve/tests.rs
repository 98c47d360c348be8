use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};

use http::{StatusCode, Version};
use http_body_util::{BodyExt, Empty, Full};
use hyper::client::conn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{
    CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, SignatureAlgorithm,
};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower::service_fn;

use super::*;
use crate::seam::{PeerAddr, Seams, Socket, real};

mod still;

type Answer = Response<Full<Bytes>>;

/// A certificate for `localhost` in the shape that a server wants, and what a client must trust.
fn tls(algorithm: &'static SignatureAlgorithm) -> (ServerConfig, CertificateDer<'static>) {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let key = KeyPair::generate_for(algorithm).unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let count = MADE.fetch_add(1, Ordering::Relaxed);
    let name = format!("scim-sidecar-serve-{}-{count}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let both = format!("{}{}", certificate.pem(), key.serialize_pem());
    crate::platform::write_private(&path, both.as_bytes()).unwrap();
    let identity = tls::Identity::load(&path, &path);
    std::fs::remove_file(path).unwrap();
    (identity.unwrap().server_config(None).unwrap(), certificate.der().clone())
}

/// A server that runs, and the client's side of it.
struct Running {
    address: SocketAddr,
    trusted: CertificateDer<'static>,
    tls: Tls,
    stopper: Stopper,
    done: JoinHandle<Drained>,
    seams: Seams,
}

/// Answers with the peer's address and the protocol's version.
async fn hello(request: Request<Incoming>) -> Result<Answer, Infallible> {
    let PeerAddr(peer) = request.extensions().get::<PeerAddr>().unwrap();
    Ok(Response::new(Full::from(format!("{peer} {:?}", request.version()))))
}

impl Running {
    async fn start<S>(algorithm: &'static SignatureAlgorithm, limits: Limits, service: S) -> Self
    where
        S: Service<Request<Incoming>, Response = Answer, Error = Infallible>,
        S: Clone + Send + Sync + 'static,
        S::Future: Send,
    {
        let seams = real::seams();
        let (config, trusted) = tls(algorithm);
        let tls = Tls::new(config);
        let listener = seams.binder.bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let clock = Arc::clone(&seams.clock);
        let server = Server::new(listener, Some(tls.clone()), limits, clock).unwrap();
        let address = server.address();
        let (stopper, stop) = Stop::channel();
        let done = tokio::spawn(server.run(service, stop));
        Self { address, trusted, tls, stopper, done, seams }
    }

    async fn socket(&self) -> Socket {
        self.seams.connector.connect("127.0.0.1", self.address.port()).await.unwrap()
    }

    async fn shake(
        &self,
        version: &'static SupportedProtocolVersion,
        protocol: &str,
    ) -> TlsStream<Socket> {
        shake(self.socket().await, &self.trusted, version, protocol).await.unwrap()
    }
}

async fn shake(
    socket: Socket,
    trusted: &CertificateDer<'static>,
    version: &'static SupportedProtocolVersion,
    protocol: &str,
) -> io::Result<TlsStream<Socket>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, socket).await
}

/// One of hyper's two clients.
enum Client {
    Http1(conn::http1::SendRequest<Empty<Bytes>>),
    Http2(conn::http2::SendRequest<Empty<Bytes>>),
}

impl Client {
    async fn http1<T: crate::seam::Stream + 'static>(stream: T) -> Self {
        let (client, connection) = conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self::Http1(client)
    }

    async fn http2<T: crate::seam::Stream + 'static>(stream: T) -> Self {
        let stream = TokioIo::new(stream);
        let (client, connection) =
            conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
        tokio::spawn(connection);
        Self::Http2(client)
    }

    async fn get(&mut self, header: &str) -> hyper::Result<(StatusCode, String)> {
        let request = Request::get("https://localhost/").header("x-padding", header);
        let request = request.body(Empty::new()).unwrap();
        let answer = match self {
            Self::Http1(client) => client.send_request(request).await?,
            Self::Http2(client) => client.send_request(request).await?,
        };
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        Ok((status, String::from_utf8(body.to_vec()).unwrap()))
    }
}

#[tokio::test]
async fn both_versions_of_tls_both_keys_and_both_protocols() {
    for algorithm in [&PKCS_ECDSA_P256_SHA256, &PKCS_RSA_SHA256] {
        let running = Running::start(algorithm, Limits::default(), service_fn(hello)).await;
        for version in [&TLS12, &TLS13] {
            let stream = running.shake(version, "http/1.1").await;
            assert_eq!(stream.get_ref().1.protocol_version(), Some(version.version));
            let mut client = Client::http1(stream).await;
            let (status, body) = client.get("").await.unwrap();
            assert_eq!(status, StatusCode::OK);
            assert!(body.starts_with("127.0.0.1:") && body.ends_with(" HTTP/1.1"), "{body}");

            let stream = running.shake(version, "h2").await;
            let mut client = Client::http2(stream).await;
            let (status, body) = client.get("").await.unwrap();
            assert_eq!(status, StatusCode::OK);
            assert!(body.ends_with(&format!(" {:?}", Version::HTTP_2)), "{body}");
        }
        running.stopper.drain();
        assert_eq!(running.done.await.unwrap(), Drained { cut_off: 0 });
    }
}

#[tokio::test]
async fn entras_oldest_cipher_suite_is_spoken() {
    let running = Running::start(&PKCS_RSA_SHA256, Limits::default(), service_fn(hello)).await;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(running.trusted.clone()).unwrap();
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    let suite = rustls::CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256;
    provider.cipher_suites.retain(|one| one.suite() == suite);
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&TLS12])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let socket = running.socket().await;
    // Without ALPN: that is HTTP/1.1.
    let stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap();
    let (_, body) = Client::http1(stream).await.get("").await.unwrap();
    assert!(body.ends_with(" HTTP/1.1"), "{body}");
}

#[tokio::test]
async fn too_big_a_head_is_answered_431() {
    let limits = Limits::default();
    let running = Running::start(&PKCS_ECDSA_P256_SHA256, limits, service_fn(hello)).await;
    let (fits, too_big) = ("x".repeat(15 * 1024), "x".repeat(17 * 1024));
    for protocol in ["http/1.1", "h2"] {
        let stream = running.shake(&TLS13, protocol).await;
        let mut client = match protocol {
            "h2" => Client::http2(stream).await,
            _ => Client::http1(stream).await,
        };
        assert_eq!(client.get(&fits).await.unwrap().0, StatusCode::OK, "{protocol}");
        let (status, _) = client.get(&too_big).await.unwrap();
        assert_eq!(status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "{protocol}");
    }
}

#[tokio::test]
async fn clear_text_to_the_tls_port_is_closed() {
    let limits = Limits::default();
    let running = Running::start(&PKCS_ECDSA_P256_SHA256, limits, service_fn(hello)).await;
    let mut socket = running.socket().await;
    socket.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[tokio::test]
async fn a_new_certificate_serves_the_next_handshake_and_leaves_the_old_connection_alone() {
    let limits = Limits::default();
    let running = Running::start(&PKCS_ECDSA_P256_SHA256, limits, service_fn(hello)).await;
    let mut old = Client::http1(running.shake(&TLS13, "http/1.1").await).await;
    old.get("").await.unwrap();
    let (config, trusted) = tls(&PKCS_ECDSA_P256_SHA256);
    running.tls.replace(config);
    let new = shake(running.socket().await, &trusted, &TLS13, "http/1.1").await.unwrap();
    assert_eq!(Client::http1(new).await.get("").await.unwrap().0, StatusCode::OK);
    let stale = shake(running.socket().await, &running.trusted, &TLS13, "http/1.1").await;
    assert!(stale.is_err());
    assert_eq!(old.get("").await.unwrap().0, StatusCode::OK);
}

/// Tells when a request has come in, and answers when it is told to.
#[derive(Clone, Default)]
struct Held {
    came: Arc<Notify>,
    go: Arc<Notify>,
}

impl Service<Request<Incoming>> for Held {
    type Response = Answer;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, Infallible>> + Send>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Incoming>) -> Self::Future {
        let held = self.clone();
        Box::pin(async move {
            held.came.notify_one();
            held.go.notified().await;
            Ok(Response::new(Full::from("at last")))
        })
    }
}

#[tokio::test]
async fn a_drain_lets_requests_in_flight_finish_and_closes_the_idle() {
    for protocol in ["http/1.1", "h2"] {
        let held = Held::default();
        let limits = Limits::default();
        let running = Running::start(&PKCS_ECDSA_P256_SHA256, limits, held.clone()).await;
        let mut idle = running.shake(&TLS13, "http/1.1").await;
        let stream = running.shake(&TLS13, protocol).await;
        let mut client = match protocol {
            "h2" => Client::http2(stream).await,
            _ => Client::http1(stream).await,
        };
        let answer = tokio::spawn(async move { client.get("").await });
        held.came.notified().await;
        running.stopper.drain();
        // The idle connection is closed while the other still waits.
        assert_eq!(idle.read(&mut [0; 16]).await.unwrap(), 0);
        assert!(!running.done.is_finished());
        let port = running.address.port();
        assert!(running.seams.connector.connect("127.0.0.1", port).await.is_err());
        held.go.notify_one();
        assert_eq!(answer.await.unwrap().unwrap(), (StatusCode::OK, "at last".to_owned()));
        assert_eq!(running.done.await.unwrap(), Drained { cut_off: 0 });
    }
}

#[tokio::test]
async fn lost_patience_cuts_off_what_is_left_and_counts_it() {
    let held = Held::default();
    let limits = Limits::default();
    let running = Running::start(&PKCS_ECDSA_P256_SHA256, limits, held.clone()).await;
    let mut client = Client::http1(running.shake(&TLS13, "http/1.1").await).await;
    let answer = tokio::spawn(async move { client.get("").await });
    held.came.notified().await;
    running.stopper.drain();
    running.stopper.cut();
    assert_eq!(running.done.await.unwrap(), Drained { cut_off: 1 });
    assert!(answer.await.unwrap().is_err());
}

#[tokio::test]
async fn no_more_connections_than_allowed() {
    let limits = Limits { connections: 1, ..Limits::default() };
    let running = Running::start(&PKCS_ECDSA_P256_SHA256, limits, service_fn(hello)).await;
    let mut first = Client::http1(running.shake(&TLS13, "http/1.1").await).await;
    first.get("").await.unwrap();
    let (socket, trusted) = (running.socket().await, running.trusted.clone());
    let second = tokio::spawn(async move { shake(socket, &trusted, &TLS13, "http/1.1").await });
    for _ in 0..20 {
        first.get("").await.unwrap();
    }
    assert!(!second.is_finished());
    drop(first);
    let mut second = Client::http1(second.await.unwrap().unwrap()).await;
    assert_eq!(second.get("").await.unwrap().0, StatusCode::OK);
}
