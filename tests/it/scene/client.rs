//! An identity provider: a client with one token, over HTTP/2 or HTTP/1.1.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request, request};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client as Pooled, Error};
use hyper_util::rt::TokioExecutor;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use serde_json::Value as Json;

use super::answer::Answer;
use super::card::Card;

/// A client of the sidecar that sends what it is told and no header more.
#[derive(Clone)]
pub(crate) struct Client {
    pooled: Pooled<HttpsConnector<HttpConnector>, Full<Bytes>>,
    wire: Wire,
    base: String,
    token: Option<String>,
}

/// How it connects.
#[derive(Clone)]
struct Wire {
    roots: RootCertStore,
    http2: bool,
    versions: &'static [&'static SupportedProtocolVersion],
    card: Option<Arc<Card>>,
}

impl Client {
    /// Over HTTP/2, with the base path and a token.
    pub(crate) fn new(
        address: SocketAddr,
        base_path: &str,
        roots: RootCertStore,
        token: String,
    ) -> Self {
        let base = format!("https://{address}{base_path}");
        let wire = Wire { roots, http2: true, versions: rustls::DEFAULT_VERSIONS, card: None };
        Self { pooled: pooled(&wire), wire, base, token: Some(token) }
    }

    /// The same over HTTP/1.1.
    pub(crate) fn over_http1(mut self) -> Self {
        self.wire.http2 = false;
        self.anew()
    }

    /// The same over connections of its own.
    pub(crate) fn anew(mut self) -> Self {
        self.pooled = pooled(&self.wire);
        self
    }

    /// The same, trusting others than the sidecar's authority, over connections of its own.
    pub(crate) fn trusting(mut self, roots: RootCertStore) -> Self {
        self.wire.roots = roots;
        self.anew()
    }

    /// The same with that version of TLS alone, over connections of its own.
    pub(crate) fn speaking(
        mut self,
        only: &'static [&'static SupportedProtocolVersion; 1],
    ) -> Self {
        self.wire.versions = only;
        self.anew()
    }

    /// The same with a certificate, over connections of its own.
    pub(crate) fn showing(mut self, card: &Arc<Card>) -> Self {
        self.wire.card = Some(Arc::clone(card));
        self.anew()
    }

    /// The same with another token.
    pub(crate) fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// The same with a token that nobody was given.
    pub(crate) fn with_token_of_nobody(&self) -> Self {
        self.clone().with_token("a-token-that-nobody-was-given-at-all")
    }

    /// The same without `Authorization`.
    pub(crate) fn without_token(mut self) -> Self {
        self.token = None;
        self
    }

    /// The absolute URL of the base path.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The token that it sends.
    pub(crate) fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// The beginning of a request; `path` is put behind the base path.
    pub(crate) fn request(&self, method: &str, path: &str) -> request::Builder {
        let method: Method = method.parse().unwrap();
        let request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        }
    }

    /// Sends a request that was begun with [`Client::request`].
    pub(crate) async fn send(&self, request: request::Builder, body: impl ToString) -> Answer {
        self.try_send(request, body).await.unwrap()
    }

    /// Sends a request that may get no answer at all.
    pub(crate) async fn try_send(
        &self,
        request: request::Builder,
        body: impl ToString,
    ) -> Result<Answer, Error> {
        let request = request.body(Full::from(body.to_string())).unwrap();
        let has_body = request.method() != Method::HEAD;
        let (parts, body) = self.pooled.request(request).await?.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let json = serde_json::from_str(&text).unwrap_or(Json::Null);
        let answer = Answer { status: parts.status, headers: parts.headers, text, json };
        if has_body && answer.status.as_u16() >= 400 {
            answer.is_safe_error();
            assert!(self.token().is_empty() || !answer.text.contains(self.token()), "{answer}");
        }
        Ok(answer)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path), "").await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(self.request("DELETE", path), "").await
    }

    pub(crate) async fn post(&self, path: &str, body: impl ToString) -> Answer {
        self.write("POST", path, body).await
    }

    pub(crate) async fn put(&self, path: &str, body: impl ToString) -> Answer {
        self.write("PUT", path, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: impl ToString) -> Answer {
        self.write("PATCH", path, body).await
    }

    async fn write(&self, method: &str, path: &str, body: impl ToString) -> Answer {
        let request = self.request(method, path);
        self.send(request.header(CONTENT_TYPE, "application/scim+json; charset=utf-8"), body).await
    }

    /// `GET /Users` with query parameters that are encoded here.
    pub(crate) async fn list(&self, parameters: &[(&str, &str)]) -> Answer {
        let query: Vec<_> = parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .collect();
        self.get(&format!("/Users?{}", query.join("&"))).await
    }

    /// `GET /Users` with a filter.
    pub(crate) async fn find(&self, filter: &str) -> Answer {
        self.list(&[("filter", filter)]).await
    }
}

fn pooled(wire: &Wire) -> Pooled<HttpsConnector<HttpConnector>, Full<Bytes>> {
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(wire.versions)
        .unwrap()
        .with_root_certificates(wire.roots.clone());
    let config = match &wire.card {
        None => config.with_no_client_auth(),
        Some(card) => card.shown_by(config),
    };
    let builder = HttpsConnectorBuilder::new().with_tls_config(config).https_only();
    let connector =
        if wire.http2 { builder.enable_http2().build() } else { builder.enable_http1().build() };
    Pooled::builder(TokioExecutor::new()).http2_only(wire.http2).build(connector)
}
