//! The server's rows as somebody beside the sidecar sees and changes them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, IF_MATCH};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value as Json, json};

use super::server::{PASSWORD, Server, USER};

/// One entity set, such as `data/WFUsers`.
#[derive(Clone)]
pub(crate) struct Rows {
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
    set: &'static str,
    key: &'static str,
}

impl Rows {
    pub(crate) fn of(server: &Server, set: &'static str, key: &'static str) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { client, base: format!("http://127.0.0.1:{}/odata/v4/", server.port), set, key }
    }

    async fn ask(&self, method: &str, path: &str, body: String) -> (StatusCode, Json) {
        let login = BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}"));
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(AUTHORIZATION, format!("Basic {login}"))
            .header(CONTENT_TYPE, "application/json")
            .header(IF_MATCH, "*");
        let request = request.body(Full::from(body)).unwrap();
        let answer = self.client.request(request).await.unwrap();
        let status = answer.status();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Json::Null))
    }

    fn row(&self, id: &Json) -> String {
        let key = id.as_str().map_or_else(|| id.to_string(), ToOwned::to_owned);
        // A text needs quotes, and a GUID none.
        match key.len() {
            36 => format!("{}({key})", self.set),
            _ if id.is_string() => format!("{}('{key}')", self.set),
            _ => format!("{}({key})", self.set),
        }
    }

    /// Adds a row, and gives it back as it is stored.
    pub(crate) async fn add(&self, row: Json) -> Json {
        let (status, stored) = self.ask("POST", self.set, row.to_string()).await;
        assert_eq!(status, 201, "{stored}");
        stored
    }

    /// A row as it is stored; null where there is none.
    pub(crate) async fn get(&self, id: &Json) -> Json {
        let (status, row) = self.ask("GET", &self.row(id), String::new()).await;
        if status == 404 { Json::Null } else { row }
    }

    /// Changes a row by hand.
    pub(crate) async fn change(&self, id: &Json, change: Json) {
        let (status, answer) = self.ask("PATCH", &self.row(id), change.to_string()).await;
        assert_eq!(status, 200, "{answer}");
    }

    /// How many rows there are.
    pub(crate) async fn count(&self) -> u64 {
        let path = format!("{}?$count=true&$top=0", self.set);
        self.ask("GET", &path, String::new()).await.1["@odata.count"].as_u64().unwrap()
    }

    /// Removes every row.
    pub(crate) async fn clear(&self) {
        loop {
            let (_, page) = self.ask("GET", self.set, String::new()).await;
            let rows = page["value"].as_array().unwrap();
            if rows.is_empty() {
                return;
            }
            for row in rows {
                let path = self.row(&row[self.key]);
                assert_eq!(self.ask("DELETE", &path, String::new()).await.0, 204);
            }
        }
    }
}

/// A row made by hand.
pub(crate) fn person(user_name: &str) -> Json {
    json!({ "userName": user_name, "contactEmail": "by@hand.example", "enabled": true })
}
