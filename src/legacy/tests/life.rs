//! Tokens, TLS, stopping and starting again.

use base64::Engine as _;
use rustls::pki_types::PrivateKeyDer;

use super::*;

fn basic(name: &str, secret: &str) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{secret}"));
    format!("Basic {text}")
}

const FORM: &str = "grant_type=client_credentials&scope=api";

#[tokio::test]
async fn tokens_are_issued_and_end() {
    let Scene { legacy, mut client, seconds } =
        scene_with(|options| options.token_lifetime = Duration::from_secs(60)).await;
    for (authorization, form, status, error) in [
        (basic("app", "wrong"), FORM, 401, "invalid_client"),
        ("Bearer static".to_owned(), FORM, 401, "invalid_client"),
        (basic("app", "s3cret"), "grant_type=password", 400, "unsupported_grant_type"),
        (basic("app", "s3cret"), "grant_type=client_credentials", 400, "invalid_scope"),
    ] {
        let answer = client.token(&authorization, form).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (status, &json!(error)));
    }
    let answer = client.token(&basic("app", "s3cret"), FORM).await.json();
    let token = answer["access_token"].as_str().unwrap().to_owned();
    assert!(token.len() == 64 && token.bytes().all(|b| b.is_ascii_hexdigit()));
    let expected = json!({
        "access_token": token, "token_type": "bearer", "expires_in": 60, "scope": "api openid",
        "http_status_code": 200,
    });
    assert_eq!(answer, expected);
    assert_eq!(legacy.token_calls(), 5);
    assert!(legacy.calls().is_empty());

    client.authorization = Some(format!("Bearer {token}"));
    assert_eq!(client.get("/odata/data/WFUser").await.status, StatusCode::OK);
    seconds.fetch_add(60, Ordering::Relaxed);
    for authorization in
        [client.authorization.clone(), None, Some(basic("app", "s3cret")), Some("x".to_owned())]
    {
        client.authorization = authorization;
        let answer = client.create(&ana()).await;
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        let message = "Authorization has been denied for this request.";
        assert_error(&answer, StatusCode::UNAUTHORIZED, "Unauthorized", message);
    }
    client.authorization = Some("Bearer static".to_owned());
    assert_eq!(client.get("/odata/data/WFUser").await.status, StatusCode::OK);
    assert!(legacy.writes().is_empty());
    assert_eq!(legacy.calls().iter().filter(|call| call.status == 401).count(), 4);
}

#[tokio::test]
async fn a_lifetime_of_zero_is_for_ever_and_basic_is_optional() {
    let Scene { legacy: _legacy, mut client, .. } = scene_with(|options| {
        options.token_lifetime = Duration::ZERO;
        options.basic = Some(Credential { name: "u".to_owned(), secret: "p:w".to_owned() });
    })
    .await;
    let answer = client.token(&basic("app", "s3cret"), FORM).await.json();
    assert_eq!(answer["expires_in"], 1_073_001_600);
    client.authorization = Some(basic("u", "p:w"));
    assert_eq!(client.get("/odata/data/WFUser").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_outage_and_a_restart_keep_the_file() {
    let folder = std::env::temp_dir().join(format!("legacy-life-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("people.sqlite");
    let Scene { legacy, client, seconds } =
        scene_with(|options| options.file = Some(file.clone())).await;
    assert_eq!(client.create(&ana()).await.status, StatusCode::CREATED);
    legacy.kill().await;
    assert!(client.send(Method::GET, "/odata/data", &[], None).await.is_err());
    assert_eq!(legacy.rows().len(), 2);
    let again = std::net::TcpListener::bind(legacy.address()).unwrap();
    again.set_nonblocking(true).unwrap();
    let again = TcpListener::from_std(again).unwrap();
    let options = Options { file: Some(file.clone()), ..options(&seconds) };
    let legacy = Legacy::serve(again, options).await.unwrap();
    let row = client.get("/odata/data/WFUser(2)").await;
    assert_eq!(row.json()["userName"], "ana");
    legacy.shutdown().await;
    assert!(client.send(Method::GET, "/odata/data", &[], None).await.is_err());
    drop(legacy);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_drain_lets_a_request_finish() {
    let Scene { legacy, client, .. } = scene().await;
    legacy.fault(Fault::once(Kind::Latency(Duration::from_millis(50))));
    let created = ana();
    let request = client.create(&created);
    let drain = async {
        while legacy.calls().is_empty() {
            tokio::task::yield_now().await;
        }
        legacy.shutdown().await;
    };
    let (answer, ()) = tokio::join!(request, drain);
    assert_eq!(answer.status, StatusCode::CREATED);
}

#[tokio::test]
async fn it_speaks_http2_without_upgrade() {
    let Scene { legacy, .. } = scene().await;
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
        .http2_only(true)
        .build_http();
    let request = http::Request::get(format!("{}/odata/data", legacy.base()))
        .header("authorization", "Bearer static")
        .body(http_body_util::Empty::<bytes::Bytes>::new())
        .unwrap();
    let answer = client.request(request).await.unwrap();
    assert_eq!((answer.status(), answer.version()), (StatusCode::OK, http::Version::HTTP_2));
}

#[tokio::test]
async fn it_speaks_tls() {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = certified.cert.der().clone();
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let Scene { legacy, .. } = scene_with(|options| options.tls = Some(Arc::new(server))).await;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(client)
        .https_only()
        .enable_http1()
        .build();
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
        .build(connector);
    let uri = format!("https://localhost:{}/Demo/odata/data", legacy.address().port());
    let request = http::Request::get(uri)
        .header("authorization", "Bearer static")
        .body(http_body_util::Empty::<bytes::Bytes>::new())
        .unwrap();
    let answer = client.request(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(legacy.base().starts_with("https://127.0.0.1:"));
}
