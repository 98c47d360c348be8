//! The people server: a small server of the older REST kind that has nothing of OData, for scenes.
//! It keeps its rows in memory, records its calls and takes faults. What follows is its contract;
//! it knows nothing of the sidecar.
//!
//! Everything is below `/Demo` and needs `Authorization: Bearer …`, which
//! `POST oauth2/server/token` gives for client credentials. Bodies are `application/json`. An answer
//! is 200, whatever came of it, with `{"result":{"code":…},"data":…}`:
//!
//! | call | data |
//! |---|---|
//! | `POST api/people/_find` `{"criteria":[{"field","is"｜"isNot"}],"page","perPage","sort"}` | `{"items":[…],"count":n}` |
//! | `GET api/people/{id}` | the person |
//! | `POST api/people` `{"person":{…}}` | `{"personId":"…"}` |
//! | `PUT api/people/{id}` `{"person":{…}}` | the person as stored |
//! | `DELETE api/people/{id}` | 204, no body |
//! | `POST api/departments/_find` as with people | `{"items":[…],"count":n}` |
//! | `GET api/departments` | every department, in a list |
//! | `GET api/departments/{id}` | the department: `{"id":1,"name":"Finance"}` |
//!
//! - Criteria must all hold. A field is a dotted path; texts are compared without heed to case, what
//!   is not there is no value. Pages count from 1 and hold at most 50; `sort` lists fields, `-` in
//!   front turns one around; the order is otherwise that of the ids.
//! - `id` is a text that the server makes. `revision` counts the writes: a PUT must carry the
//!   present one. A PUT replaces the whole person but for `id`, `revision` and `audit`: what it
//!   leaves out is gone.
//! - `account.name`, `account.realm` and `name.full` must be there, `account.realm` holds 25
//!   characters, `employment.level` is from 0 to 99, `employment.department` is the id of a
//!   department, and no two people have one name in one realm.
//! - `Badges`, where it is there, is a list of texts of five digits.
//! - A department's `id` is a number that the server makes; several may have one `name`.
//! - A person whom another one has as `manager.id` is not deleted.
//!
//! Codes: `OK`, `NOT_FOUND`, `DUP_LOGIN`, `INVALID`, `STALE`, `IN_USE`, `NO_LICENCE`, `BAD_REQUEST`.

mod departments;
mod fault;
mod store;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use scim_sidecar::legacy::{Fault, Kind};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use fault::{Body, Faults};
pub(crate) use store::{Store, at, set};

/// A call as the server saw it.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    #[expect(dead_code, reason = "printed, when a scene asks what was sent")]
    body: Option<Json>,
    pub(crate) status: u16,
    /// What a write would change of the row that is there, or would add.
    pub(crate) change: Option<Json>,
}

/// A running server.
pub(crate) struct People {
    shared: Arc<Shared>,
    address: SocketAddr,
    accepting: Mutex<JoinHandle<()>>,
}

struct Shared {
    store: Mutex<Store>,
    calls: Mutex<Vec<Call>>,
    faults: Mutex<Faults>,
    tokens: Mutex<Tokens>,
    secret: String,
    tls: Option<Arc<ServerConfig>>,
}

#[derive(Default)]
struct Tokens {
    issued: u64,
    good: Option<String>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

impl People {
    /// Serves on a listener, to whoever knows the secret.
    pub(crate) fn serve(
        listener: TcpListener,
        secret: &str,
        tls: Option<Arc<ServerConfig>>,
    ) -> Self {
        let shared = Arc::new(Shared {
            store: Mutex::default(),
            calls: Mutex::default(),
            faults: Mutex::default(),
            tokens: Mutex::default(),
            secret: secret.to_owned(),
            tls,
        });
        let address = listener.local_addr().unwrap();
        let accepting = Mutex::new(tokio::spawn(accept(listener, Arc::clone(&shared))));
        Self { shared, address, accepting }
    }

    /// Its base URL.
    pub(crate) fn base(&self) -> String {
        let scheme = if self.shared.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}/Demo", self.address)
    }

    /// Ends at once, with every connection.
    pub(crate) async fn kill(&self) {
        let accepting = {
            let mut accepting = lock(&self.accepting);
            std::mem::replace(&mut *accepting, tokio::spawn(async {}))
        };
        accepting.abort();
        let _ = accepting.await;
    }

    /// Serves again, with the same rows and without the faults and the calls.
    pub(crate) fn restart(&self, listener: TcpListener) {
        self.clear_faults();
        drop(self.take_calls());
        lock(&self.shared.tokens).good = None;
        *lock(&self.accepting) = tokio::spawn(accept(listener, Arc::clone(&self.shared)));
    }

    /// The rows, to be looked at or changed by hand.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.shared.store)
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        lock(&self.shared.calls).clone()
    }

    pub(crate) fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut lock(&self.shared.calls))
    }

    pub(crate) fn token_calls(&self) -> u64 {
        lock(&self.shared.tokens).issued
    }

    pub(crate) fn fault(&self, fault: Fault) {
        lock(&self.shared.faults).arm(fault);
    }

    pub(crate) fn clear_faults(&self) {
        lock(&self.shared.faults).clear();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            match &shared.tls {
                None => converse(stream, shared).await,
                Some(tls) => {
                    let acceptor = TlsAcceptor::from(Arc::clone(tls));
                    if let Ok(stream) = acceptor.accept(stream).await {
                        converse(stream, shared).await;
                    }
                }
            }
        });
    }
}

async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin + 'static, shared: Arc<Shared>) {
    let service = service_fn(move |request| respond(Arc::clone(&shared), request));
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// The connection is dropped without an answer.
type Dropped = std::io::Error;

fn dropped() -> Dropped {
    std::io::Error::other("dropped on demand")
}

async fn respond(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Dropped> {
    let (head, body) = request.into_parts();
    let bytes = body.collect().await.map_err(|_| dropped())?.to_bytes();
    let path = head.uri.path();
    let path = path.strip_prefix("/Demo").unwrap_or(path).to_owned();
    if path == "/oauth2/server/token" {
        let faults = lock(&shared.faults).take(None);
        return match fault::before(faults.last()) {
            Some(answer) => Ok(answer),
            None => Ok(token(&shared, &head, &bytes)),
        };
    }
    let json: Option<Json> = serde_json::from_slice(&bytes).ok();
    let number = {
        let mut calls = lock(&shared.calls);
        calls.push(Call {
            method: head.method.to_string(),
            path: path.clone(),
            body: json.clone(),
            status: 0,
            change: None,
        });
        calls.len()
    };
    let mut cleared = lock(&shared.faults).cleared();
    let kinds = lock(&shared.faults).take(Some((&head.method, &path)));
    for kind in &kinds {
        if let Kind::Latency(time) = kind {
            tokio::select! {
                () = tokio::time::sleep(*time) => {}
                _ = cleared.changed() => {}
            }
        }
    }
    let last = kinds.last();
    if matches!(last, Some(Kind::ResetBefore)) {
        return Err(dropped());
    }
    if matches!(last, Some(Kind::ExpiredToken)) {
        lock(&shared.tokens).good = None;
    }
    if let Some(answer) = fault::before(last) {
        return Ok(noted(&shared, number, answer));
    }
    let bearer = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.strip_prefix("Bearer "));
    if bearer.is_none() || bearer != lock(&shared.tokens).good.as_deref() {
        let answer = answer(401, &json!({ "result": { "code": "NO_TOKEN" } }));
        return Ok(noted(&shared, number, answer));
    }
    let loose = kinds.contains(&Kind::FoldingCollation);
    let licences = matches!(last, Some(Kind::LicenceLimit)).then_some(0);
    let (change, mut response) = {
        let mut store = lock(&shared.store);
        store.loose = loose;
        let change = json.as_ref().and_then(|body| store.change(&head.method, &path, body));
        let (status, body) = store.answer(&head.method, &path, json.as_ref(), licences);
        (change, answer(status, &body))
    };
    if let Some(call) = lock(&shared.calls).get_mut(number - 1) {
        call.change = change;
    }
    match last {
        Some(Kind::ResetAfter) => return Err(dropped()),
        Some(Kind::TruncatedBody) => response = response.map(Body::truncated),
        Some(Kind::WrongMediaType) => {
            response.headers_mut().insert(CONTENT_TYPE, "text/plain".parse().unwrap());
        }
        Some(Kind::InvalidJson) => {
            response = answer(200, &Json::Null).map(|_| Body::of("{\"data\":{\"items\":[{"));
        }
        Some(Kind::ForeignLocation(url)) => {
            response.headers_mut().insert(LOCATION, url.parse().unwrap());
        }
        _ => {}
    }
    Ok(noted(&shared, number, response))
}

fn noted(shared: &Shared, number: usize, response: Response<Body>) -> Response<Body> {
    if let Some(call) = lock(&shared.calls).get_mut(number - 1) {
        call.status = response.status().as_u16();
    }
    response
}

fn token(shared: &Shared, head: &http::request::Parts, form: &[u8]) -> Response<Body> {
    let form = String::from_utf8_lossy(form);
    let basic = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let known = form.contains(&format!("client_secret={}", shared.secret))
        || basic.is_some_and(|basic| basic == fault::basic(&shared.secret));
    let mut tokens = lock(&shared.tokens);
    tokens.issued += 1;
    if !known {
        return answer(401, &json!({ "error": "invalid_client" }));
    }
    let token = format!("token-{}", tokens.issued);
    tokens.good = Some(token.clone());
    answer(200, &json!({ "access_token": token, "token_type": "Bearer", "expires_in": 1800 }))
}

/// An answer with that status; without a body where the status has none.
fn answer(status: u16, body: &Json) -> Response<Body> {
    let text = if status == 204 { String::new() } else { body.to_string() };
    let mut response = Response::new(Body::of(&text));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response.headers_mut().insert(CONTENT_TYPE, "application/json".parse().unwrap());
    response
}
