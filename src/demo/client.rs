//! The replay's own client: one HTTPS request at a time, trusting the demonstration's authority
//! alone.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value as Json;
use tokio_rustls::TlsConnector;

use crate::seam::Connector;

/// Why a request of the replay fails.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No connection.
    #[error("no connection")]
    Connect(#[from] io::Error),
    /// The authority's file or the TLS setup.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// The authority's file.
    #[error("the CA file cannot be read")]
    Authority(#[from] rustls::pki_types::pem::Error),
    /// The request or its answer.
    #[error("the request failed")]
    Http(#[from] hyper::Error),
    /// A request that cannot be written.
    #[error("the request cannot be written")]
    Request(#[from] http::Error),
}

/// An answer, read whole.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Option<Json>,
}

/// A client of the sidecar.
pub(super) struct Client {
    address: SocketAddr,
    tls: TlsConnector,
    connector: Arc<dyn Connector>,
    token: String,
}

impl Client {
    pub(super) fn new(
        address: SocketAddr,
        authority: &Path,
        token: &str,
        connector: Arc<dyn Connector>,
    ) -> Result<Self, ClientError> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(authority)?)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            address,
            tls: TlsConnector::from(Arc::new(config)),
            connector,
            token: token.to_owned(),
        })
    }

    /// Sends a request as Entra ID does: without `User-Agent` and `Accept`.
    pub(super) async fn send(
        &self,
        method: &str,
        target: &str,
        body: Option<&Json>,
    ) -> Result<Answer, ClientError> {
        let socket = self.connector.connect("127.0.0.1", self.address.port()).await?;
        let name = ServerName::IpAddress(std::net::Ipv4Addr::LOCALHOST.into());
        let stream = self.tls.connect(name, socket).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let driver = tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(target)
            .header(HOST, self.address.to_string())
            .header(AUTHORIZATION, format!("Bearer {}", self.token));
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/scim+json; charset=utf-8");
        }
        let bytes = body.map(Json::to_string).unwrap_or_default();
        let request = request.body(Full::new(Bytes::from(bytes)))?;
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let bytes = answer.into_body().collect().await?.to_bytes();
        drop(sender);
        // The connection ends with its only request; how it ends says nothing more.
        let _ = driver.await;
        Ok(Answer { status, body: serde_json::from_slice(&bytes).ok() })
    }
}
