//! TLS, tokens, media types and paths: lines 001 to 016.

use std::net::Ipv4Addr;
use std::sync::Arc;

use http::Request;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::ServerName;
use rustls::{CipherSuite, ClientConfig, ProtocolVersion};
use scim_sidecar::seam::real;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;

use crate::scene::{
    BASE, Dialect, KeyKind, Legacy, Sidecar, ana, fixture, patch, person, scim_person,
};

/// A handshake with these versions and suites, and what came of it.
async fn handshake(
    sidecar: &Sidecar,
    version: &'static rustls::SupportedProtocolVersion,
    suite: rustls::SupportedCipherSuite,
) -> (ProtocolVersion, CipherSuite) {
    let provider = CryptoProvider { cipher_suites: vec![suite], ..aws_lc_rs::default_provider() };
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(sidecar.authority().roots())
        .with_no_client_auth();
    let port = sidecar.address().port();
    let socket = real::seams().connector.connect("127.0.0.1", port).await.unwrap();
    let name = ServerName::IpAddress(Ipv4Addr::LOCALHOST.into());
    let stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap();
    let (_, connection) = stream.get_ref();
    let suite = connection.negotiated_cipher_suite().unwrap().suite();
    (connection.protocol_version().unwrap(), suite)
}

#[tokio::test]
async fn c001_c002_tls_1_2_and_1_3_are_spoken_with_an_rsa_certificate() {
    let legacy = Legacy::start(Dialect::Odata).await;
    let sidecar = Sidecar::in_front_of(&legacy).key(KeyKind::Rsa).start().await;
    let old = aws_lc_rs::cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256;
    let found = handshake(&sidecar, &rustls::version::TLS12, old).await;
    assert_eq!(found, (ProtocolVersion::TLSv1_2, old.suite()));
    let new = aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256;
    let found = handshake(&sidecar, &rustls::version::TLS13, new).await;
    assert_eq!(found, (ProtocolVersion::TLSv1_3, new.suite()));
}

#[tokio::test]
async fn c001_tls_1_1_is_refused() {
    let legacy = Legacy::start(Dialect::Odata).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let port = sidecar.address().port();
    let mut socket = real::seams().connector.connect("127.0.0.1", port).await.unwrap();
    // A ClientHello of TLS 1.1 (RFC 4346 §7.4.1.2) in which nothing but the version is wrong.
    let extensions = [0, 10, 0, 4, 0, 2, 0, 23, 0, 13, 0, 4, 0, 2, 4, 3];
    let body = [&[3, 2][..], &[7; 32], &[0, 0, 2, 0xc0, 0x2b, 1, 0, 0, 16], &extensions].concat();
    let [length, inner] = [body.len() + 4, body.len()].map(|n| u8::try_from(n).unwrap());
    let hello = [&[22, 3, 1, 0, length, 1, 0, 0, inner][..], &body].concat();
    socket.write_all(&hello).await.unwrap();
    let mut alert = [0; 7];
    socket.read_exact(&mut alert).await.unwrap();
    // A fatal alert: protocol_version (RFC 5246 §7.2).
    assert_eq!((alert[0], alert[5], alert[6]), (21, 2, 70));
}

#[tokio::test]
async fn c003_without_a_token_nothing_is_answered() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let stranger = sidecar.idp("entra").without_token();
    for (method, path) in [
        ("GET", "/Users"),
        ("GET", "/Users/7"),
        ("POST", "/Users"),
        ("PATCH", "/Users/7"),
        ("PUT", "/Users/7"),
        ("DELETE", "/Users/7"),
        ("GET", "/Schemas"),
        ("GET", "/ServiceProviderConfig"),
        ("GET", "/nothing"),
    ] {
        let answer = stranger.send(stranger.request(method, path), "{}").await;
        answer.scim_error(401, "");
        assert!(answer.header("www-authenticate").starts_with("Bearer"), "{answer}");
    }
    assert!(legacy.calls().is_empty());
}

#[tokio::test]
async fn c004_only_the_right_token_opens_whatever_its_scheme_is_written_like() {
    let legacy = Legacy::start(Dialect::Odata).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    idp.with_token_of_nobody().get("/Users").await.scim_error(401, "");
    idp.get("/Users").await.is(200);
    for scheme in ["bearer", "BEARER"] {
        let request = Request::get(format!("{}/Users", idp.base()))
            .header("authorization", format!("{scheme} {}", idp.token()));
        idp.send(request, "").await.is(200);
    }
    let basic = Request::get(format!("{}/Users", idp.base())).header("authorization", "Basic YTpi");
    idp.send(basic, "").await.scim_error(401, "");
}

#[tokio::test]
async fn c005_two_tokens_are_good_while_one_replaces_the_other() {
    let legacy = Legacy::start(Dialect::Odata).await;
    let [old, new] = ["an-old-token-of-thirty-two-letters", "a-new-token-of-thirty-two-letters"];
    let sidecar = Sidecar::in_front_of(&legacy).tokens("entra", &[old, new]).start().await;
    for token in [old, new] {
        sidecar.idp("entra").with_token(token).get("/Users").await.is(200);
    }
    let sidecar = sidecar.stop().await.tokens("entra", &[new]).start().await;
    sidecar.idp("entra").with_token(old).get("/Users").await.scim_error(401, "");
    sidecar.idp("entra").get("/Users").await.is(200);
}

#[tokio::test]
async fn c008_c009_c010_an_answer_has_the_media_type_that_is_accepted() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    // Nothing but what HTTP demands and the token.
    let bare = idp.get("/Users/7").await;
    bare.is(200);
    assert_eq!(bare.header("content-type"), "application/scim+json");
    for (accept, media) in [
        ("*/*", "application/scim+json"),
        ("application/*", "application/scim+json"),
        ("application/scim+json, application/json;q=0.9", "application/scim+json"),
        ("application/json", "application/json"),
    ] {
        let answer = idp.send(idp.request("GET", "/Users/7").header("accept", accept), "").await;
        answer.is(200);
        assert_eq!(answer.header("content-type"), media, "{accept}");
    }
}

#[tokio::test]
async fn c011_c012_a_body_may_be_either_kind_of_json_and_nothing_else() {
    let legacy = Legacy::start(Dialect::Odata).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    for (name, media) in [
        ("ana", "application/scim+json; charset=utf-8"),
        ("bo", "application/json"),
        ("cy", "application/scim+json"),
    ] {
        let request = idp.request("POST", "/Users").header("content-type", media);
        idp.send(request, scim_person(name)).await.is(201);
    }
    let request = idp.request("POST", "/Users").header("content-type", "text/xml");
    idp.send(request, "<user/>").await.scim_error(415, "");
    let request = idp.request("POST", "/Users").header("content-encoding", "gzip");
    let answer = idp.send(request, "\u{1f}").await;
    assert_eq!(answer.scim_error(415, ""), "expected a body without `Content-Encoding`");
    assert_eq!(answer.headers["accept-encoding"], "identity");
    assert_eq!(legacy.writes().len(), 3);
}

#[tokio::test]
async fn c012_a_byte_order_mark_before_a_body_is_passed_over() {
    let legacy = Legacy::start(Dialect::Odata).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let plain = idp.request("POST", "/Users").header("content-encoding", "identity");
    idp.send(plain, format!("\u{feff}{}", scim_person("ana"))).await.is(201);
    idp.post("/Users", "\u{feff}").await.scim_error(400, "invalidSyntax");
}

#[tokio::test]
async fn c013_a_body_is_json_of_bounded_size() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).limits("body_bytes = 4096").start().await;
    let idp = sidecar.idp("entra");
    for body in ["", "{", "{\"userName\": }", "[1]", "\"x\"", "{\"a\":1} trailing"] {
        idp.post("/Users", body).await.scim_error(400, "invalidSyntax");
        idp.put("/Users/7", body).await.scim_error(400, "invalidSyntax");
        idp.patch("/Users/7", body).await.scim_error(400, "invalidSyntax");
    }
    let deep = format!("{}{}", "[".repeat(3000), "]".repeat(3000));
    let body = format!("{{\"userName\":\"a@b.c\",\"emails\":{deep}}}");
    idp.post("/Users", body).await.scim_error(413, "");
    let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
    let body = format!("{{\"userName\":\"a@b.c\",\"emails\":{deep}}}");
    idp.post("/Users", body).await.scim_error(400, "invalidValue");
    let mut large = scim_person("ana");
    large["displayName"] = "x".repeat(5000).into();
    idp.post("/Users", &large).await.scim_error(413, "");
    assert!(legacy.writes().is_empty());
}

#[tokio::test]
async fn c014_every_refusal_is_a_scim_error_that_tells_nothing_of_the_inside() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    idp.get("/nothing").await.scim_error(404, "");
    idp.get("/Users/7/more/less").await.scim_error(404, "");
    idp.get("/Users/none").await.scim_error(404, "");
    idp.post("/Users/7", "{}").await.scim_error(405, "");
    idp.delete("/Users").await.scim_error(405, "");
    idp.find("userName xx \"a\"").await.scim_error(400, "invalidFilter");
    idp.post("/Users", scim_person("ana")).await.scim_error(409, "uniqueness");
    idp.get("/Me").await.scim_error(501, "");
    // A client that takes plain JSON alone still gets the SCIM error, in the type it takes.
    let request = idp.request("GET", "/Users/none").header("accept", "application/json");
    let answer = idp.send(request, "").await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.is(404)["status"], "404");
    // Outside every project.
    let outside = Request::get(idp.base().replace(BASE, "/elsewhere/Users"))
        .header("authorization", format!("Bearer {}", idp.token()));
    idp.send(outside, "").await.scim_error(404, "");
}

#[tokio::test]
async fn c015_c016_paths_and_queries_that_clients_put_together_oddly_are_understood() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let filter = "filter=userName+eq+%22ana%40contoso.com%22";
    for path in [
        "/Users",
        "//Users",
        "/Users/",
        "/Users?aadOptscim062020",
        "/Users?aadOptscim062020=true",
        &format!("/Users/?{filter}"),
        &format!("/Users?aadOptscim062020&{filter}"),
        &format!("/Users?{filter}&unheardOf=1&unheardOf=2&=x&&"),
    ] {
        assert_eq!(idp.get(path).await.ids(), ["7"], "{path}");
    }
    // The flag stands before the path when the tenant URL ends with it.
    for path in ["/?aadOptscim062020/Users", &format!("?aadOptscim062020/Users?{filter}")] {
        assert_eq!(idp.get(path).await.ids(), ["7"], "{path}");
    }
    assert_eq!(idp.get("/?aadOptscim062020/Users/7").await.is(200)["id"], "7");
    idp.get("/Users/7/?aadOptscim062020").await.is(200);
    let off = patch(json!({ "op": "Replace", "path": "active", "value": "False" }));
    idp.patch("//Users//7?aadOptscim062020", off).await.is(200);
}

#[tokio::test]
async fn a_head_is_a_get_without_its_body() {
    let legacy = Legacy::start(Dialect::Odata).with_user(person(9, "eva")).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("strict");
    let answer = idp.send(idp.request("HEAD", "/Users/9"), "").await;
    answer.is(200);
    assert_eq!(answer.text, "");
    assert_eq!(answer.header("content-type"), "application/scim+json");
}

#[tokio::test]
async fn a_hundred_requests_at_once_over_one_connection_are_all_answered() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let idp = idp.clone();
        running.spawn(async move { idp.get("/Users/7").await.status });
    }
    let answered = running.join_all().await;
    assert_eq!(answered.iter().filter(|status| **status == 200).count(), 100);
    sidecar.stop().await;
}

#[tokio::test]
async fn leniency_belongs_to_a_caller() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let strict = sidecar.idp("strict").patch("/Users/7", fixture("entra/deactivate.json")).await;
    strict.scim_error(400, "invalidSyntax");
    for caller in ["entra", "tolerant"] {
        sidecar.idp(caller).patch("/Users/7", fixture("entra/deactivate.json")).await.is(200);
    }
}
