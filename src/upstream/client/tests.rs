use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::{Method, Response};
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use std::path::Path;

use super::*;
use crate::pem::PemError;
use crate::upstream::Identity;
use crate::upstream::stage::{Paper, Seen, answer, json, listener, seams, serve, soon};

const TIME: Duration = Duration::from_secs(10);

async fn get(url: &str, ca: Option<&Path>, limit: usize) -> Result<Raw, Failure> {
    get_as(url, ca.map(|ca| Tls { ca: Some(ca), identity: None }), limit).await
}

async fn get_as(url: &str, tls: Option<Tls<'_>>, limit: usize) -> Result<Raw, Failure> {
    let (seams, _) = seams();
    let client = Client::new(&seams, tls, TIME).unwrap();
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = Method::GET;
    *request.uri_mut() = url.parse().unwrap();
    client.exchange(request, limit, soon(&seams), false).await
}

fn gzip(body: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap().into()
}

fn encoded(encoding: &str, body: Bytes) -> Response<Bytes> {
    Response::builder().header("content-encoding", encoding).body(body).unwrap()
}

#[tokio::test]
async fn compressed_answers_are_unpacked_within_bounds() {
    const LIMIT: usize = 64 * 1024;
    let bomb = gzip(&vec![b' '; 16 * LIMIT]);
    assert!(bomb.len() < LIMIT, "small on the wire");
    let exact = gzip(&vec![b' '; LIMIT]);
    for (name, answer, expected) in [
        ("fine", encoded("gzip", gzip(b"{}")), Some(2)),
        ("exact", encoded("GZIP", exact), Some(LIMIT)),
        ("empty", encoded("gzip", Bytes::new()), Some(0)),
        ("plain", encoded("identity", Bytes::from_static(b"{}")), Some(2)),
        ("bomb", encoded("gzip", bomb), None),
        ("large", encoded("identity", vec![b' '; LIMIT + 1].into()), None),
        ("liar", encoded("gzip", Bytes::from_static(b"{}")), None),
        ("half", encoded("gzip", gzip(&[7; 999]).slice(..15)), None),
        ("other", encoded("br", Bytes::from_static(b"{}")), None),
        ("twice", encoded("gzip, gzip", gzip(&gzip(b"{}"))), None),
    ] {
        let (url, _) = serve(move |_| answer.clone());
        match (get(&url, None, LIMIT).await, expected) {
            (Ok(raw), Some(length)) => assert_eq!(raw.body.len(), length, "{name}"),
            (Err(failure), None) if matches!(name, "bomb" | "large") => {
                assert_eq!(failure.error.kind, Kind::TooLarge, "{name}");
            }
            (Err(failure), None) => assert_eq!(failure.error.kind, Kind::Garbled, "{name}"),
            (found, _) => panic!("{name}: {found:?}"),
        }
    }
}

#[tokio::test]
async fn a_refusal_needs_no_readable_body() {
    for answer in [
        encoded("br", Bytes::from_static(b"x")),
        encoded("identity", vec![b'x'; 2 * refusal::LARGEST].into()),
    ] {
        let (url, _) = serve(move |_| {
            let mut answer = answer.clone();
            *answer.status_mut() = StatusCode::CONFLICT;
            answer
        });
        let raw = get(&url, None, 1024).await.unwrap();
        assert_eq!((raw.status, raw.body.len()), (StatusCode::CONFLICT, 0));
    }
}

#[tokio::test]
async fn headers_are_bounded() {
    let (listener, url) = listener();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nx: ").await;
        while stream.write_all(&[b'x'; 1024]).await.is_ok() {}
    });
    let failure = get(&url, None, 1024).await.unwrap_err();
    assert_eq!(failure.error.kind, Kind::Lost { outcome_unknown: false });
}

/// A certificate authority in a file, and the certificate of this machine with its key.
fn pair() -> (Paper, CertificateDer<'static>, PrivateKeyDer<'static>) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &ca).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    (Paper::new(&ca.pem()), leaf.der().clone(), key)
}

/// A certificate authority in a file, and a server's configuration that it vouches for.
fn authority(protocol: &[u8]) -> (Paper, rustls::ServerConfig) {
    let (paper, leaf, key) = pair();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf], key)
        .unwrap();
    config.alpn_protocols = vec![protocol.to_vec()];
    (paper, config)
}

fn serve_tls(config: rustls::ServerConfig) -> (String, Seen) {
    let (listener, url) = listener();
    let seen = Seen::default();
    let witness = seen.clone();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                let service = hyper::service::service_fn(|_| async {
                    Ok::<_, std::convert::Infallible>(json(200, "{}").map(Full::new))
                });
                let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            } else {
                answer(stream, witness.clone(), |_| async { json(200, "{}") }).await;
            }
        }
    });
    (url.replace("http://", "https://"), seen)
}

#[tokio::test]
async fn the_given_authority_is_trusted_in_either_protocol() {
    for protocol in [&b"http/1.1"[..], b"h2"] {
        let (ca, config) = authority(protocol);
        let (url, _) = serve_tls(config);
        let raw = get(&url, Some(ca.path()), 1024).await.unwrap();
        assert_eq!((raw.status, &*raw.body), (StatusCode::OK, &b"{}"[..]));
    }
}

/// The whole chain of an error, as a log prints it.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[tokio::test]
async fn another_authority_is_not_trusted_and_no_request_is_sent() {
    let (ca, config) = authority(b"http/1.1");
    let (other, _) = authority(b"http/1.1");
    let (url, seen) = serve_tls(config);
    let failure = get(&url, Some(other.path()), 1024).await.unwrap_err();
    assert_eq!((failure.error.kind, failure.again), (Kind::Unreachable, Again::Never));
    let text = chain(&failure.error);
    assert!(text.contains("the TLS handshake failed:"), "{text}");
    assert_eq!(seen.count(), 0);
    let (url, seen) = serve_tls(authority(b"http/1.1").1);
    let failure =
        get(&url.replace("127.0.0.1", "localhost"), Some(ca.path()), 1024).await.unwrap_err();
    assert_eq!((failure.error.kind, seen.count()), (Kind::Unreachable, 0));
}

#[tokio::test]
async fn an_old_servers_bare_alert_is_explained() {
    let (ca, _) = authority(b"h2");
    let (listener, url) = listener();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await;
        // A fatal alert: handshake_failure (RFC 8446 §6.2).
        let _ = stream.write_all(&[21, 3, 3, 0, 2, 2, 40]).await;
        let _ = stream.read(&mut [0; 4096]).await;
    });
    let url = url.replace("http://", "https://");
    let failure = get(&url, Some(ca.path()), 1024).await.unwrap_err();
    assert!(chain(&failure.error).contains("Server 2012 R2"), "{}", chain(&failure.error));
}

#[test]
fn an_authority_must_be_a_certificate() {
    let (seams, _) = seams();
    let new = |path| Client::new(&seams, Some(Tls { ca: Some(path), identity: None }), TIME).err();
    let missing = new(Path::new("/nowhere/ca.pem"));
    assert!(matches!(missing, Some(SetupError::Pem(PemError::Unreadable { .. }))));
    let paper = Paper::new("no certificate here");
    let empty = new(paper.path());
    assert!(matches!(empty, Some(SetupError::Pem(PemError::NoCertificate { .. }))));
}

#[tokio::test]
async fn our_certificate_is_shown_to_a_server_that_asks_for_one() {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ours = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["sidecar".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &ours).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(ours.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(
        Arc::new(roots),
        Arc::clone(&provider),
    );
    let (ca, theirs, their_key) = pair();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(vec![theirs], their_key)
        .unwrap();
    let (url, seen) = serve_tls(config);
    let (certificate, secret) = (Paper::new(&leaf.pem()), Paper::new(&key.serialize_pem()));
    let identity =
        Identity { certificate: certificate.path().to_owned(), key: secret.path().to_owned() };
    let tls = |identity| Some(Tls { ca: Some(ca.path()), identity });
    let raw = get_as(&url, tls(Some(&identity)), 1024).await.unwrap();
    assert_eq!((raw.status, seen.count()), (StatusCode::OK, 1));
    assert!(get_as(&url, tls(None), 1024).await.is_err());
    assert_eq!(seen.count(), 1);
    // A key that is another one's is found at once.
    secret.write(&KeyPair::generate().unwrap().serialize_pem());
    let (seams, _) = seams();
    let error = Client::new(&seams, tls(Some(&identity)), TIME).err();
    assert!(matches!(error, Some(SetupError::Identity { .. })), "{error:?}");
}
