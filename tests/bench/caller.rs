//! What every identity provider's client has: trust in one authority, a token, JSON in both directions.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value as Json;

/// Makes connections for HTTP/1.1, trusting that authority alone.
pub(crate) fn connector(authority: &[u8]) -> HttpsConnector<HttpConnector> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authority) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    HttpsConnectorBuilder::new().with_tls_config(config).https_only().enable_http1().build()
}

/// A request with a token.
pub(crate) fn request(
    method: Method,
    uri: &str,
    token: &str,
    body: String,
) -> Request<Full<Bytes>> {
    Request::builder()
        .method(method)
        .uri(uri)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/scim+json")
        .body(Full::from(body))
        .unwrap()
}

/// The whole answer: 502 where none came, `null` where it is no JSON.
pub(crate) async fn read<E>(answer: Result<Response<Incoming>, E>) -> (StatusCode, Json) {
    let Ok(answer) = answer else { return (StatusCode::BAD_GATEWAY, Json::Null) };
    let status = answer.status();
    let body = answer.into_body().collect().await.map(|body| body.to_bytes());
    (status, serde_json::from_slice(&body.unwrap_or_default()).unwrap_or_default())
}
