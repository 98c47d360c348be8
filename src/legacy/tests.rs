//! The server over real sockets.

mod client;
mod data;
mod faults;
mod life;
mod soap;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use http::{Method, StatusCode};
use serde_json::{Value, json};

use self::client::Client;
use super::*;

/// A server on a free port, with a clock that tests move, and a client with a static token.
struct Scene {
    legacy: Legacy,
    client: Client,
    seconds: Arc<AtomicU64>,
}

fn listener() -> TcpListener {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    TcpListener::from_std(listener).unwrap()
}

fn options(seconds: &Arc<AtomicU64>) -> Options {
    let (clock, next) = (Arc::clone(seconds), AtomicU64::new(1));
    let clock = Clock::new(move || {
        SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed))
    });
    let random = Random::new(move |buffer| {
        let number = next.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        for (byte, value) in buffer.iter_mut().zip(number.into_iter().cycle()) {
            *byte = value;
        }
    });
    Options {
        clients: vec![Credential { name: "app".to_owned(), secret: "s3cret".to_owned() }],
        bearer: Some("static".to_owned()),
        ..Options::new(clock, random)
    }
}

async fn scene_with(change: impl FnOnce(&mut Options)) -> Scene {
    let seconds = Arc::new(AtomicU64::new(1_700_000_000));
    let mut options = options(&seconds);
    change(&mut options);
    let legacy = Legacy::serve(listener(), options).await.unwrap();
    let client = Client::new(legacy.base());
    Scene { legacy, client, seconds }
}

async fn scene() -> Scene {
    scene_with(|_| {}).await
}

fn ana() -> Value {
    json!({
        "userName": "ana", "domain": "contoso.com", "fullName": "Ana Diaz",
        "contactEmail": "ana@contoso.com", "idDepartment": 2,
    })
}

fn assert_error(answer: &client::Answer, status: StatusCode, name: &str, message: &str) {
    assert_eq!(answer.status, status);
    let expected = json!({
        "code": status.as_str(), "type": "ODataException", "status": name, "message": message,
    });
    assert_eq!(answer.json(), expected);
}
