//! A small HTTP client for the tests.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client as Pooled, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// An answer, read whole.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The numbers of the rows of a list.
    pub(super) fn ids(&self) -> Vec<i64> {
        let body = self.json();
        let rows = body["value"].as_array().unwrap();
        rows.iter().map(|row| row["idUser"].as_i64().unwrap()).collect()
    }
}

pub(super) struct Client {
    pooled: Pooled<HttpConnector, Full<Bytes>>,
    base: String,
    pub(super) authorization: Option<String>,
}

impl Client {
    pub(super) fn new(base: String) -> Self {
        let pooled = Pooled::builder(TokioExecutor::new()).build_http();
        Self { pooled, base, authorization: Some("Bearer static".to_owned()) }
    }

    /// Sends a request to a path after the project, or to a whole address.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<(&str, String)>,
    ) -> Result<Answer, Box<dyn std::error::Error>> {
        let uri =
            if path.starts_with('/') { format!("{}{path}", self.base) } else { path.to_owned() };
        let mut request = Request::builder().method(method).uri(uri);
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map(|(kind, text)| {
            request.headers_mut().unwrap().insert("content-type", kind.parse().unwrap());
            text
        });
        let request = request.body(Full::from(body.unwrap_or_default()))?;
        let (parts, body) = self.pooled.request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await.unwrap()
    }

    /// Lists WFUser with query options that are encoded here.
    pub(super) async fn list(&self, options: &[(&str, &str)]) -> Answer {
        let query: Vec<_> = options
            .iter()
            .map(|(name, value)| {
                let value = percent_encoding::utf8_percent_encode(
                    value,
                    percent_encoding::NON_ALPHANUMERIC,
                );
                format!("{name}={value}")
            })
            .collect();
        self.get(&format!("/odata/data/WFUser?{}", query.join("&"))).await
    }

    pub(super) async fn write(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let body = Some(("application/json", body.to_string()));
        self.send(method, path, headers, body).await.unwrap()
    }

    pub(super) async fn create(&self, body: &Value) -> Answer {
        self.write(Method::POST, "/odata/data/WFUser", &[], body).await
    }

    pub(super) async fn token(&self, authorization: &str, form: &str) -> Answer {
        let client = Self {
            pooled: self.pooled.clone(),
            base: self.base.clone(),
            authorization: Some(authorization.to_owned()),
        };
        let form = Some(("application/x-www-form-urlencoded", form.to_owned()));
        client.send(Method::POST, "/oauth2/server/token", &[], form).await.unwrap()
    }
}
