//! The real binary as a process of its own, over TLS, for a while: conformance line 114.
//!
//! `cargo bench --bench end_to_end [-- SECONDS [GETS]]` sends 25 requests a second for 60 seconds, as
//! an identity provider does: a search, a create and a change of one person after the other. It
//! fails when a single answer is not as expected; times are printed and never asserted. The legacy
//! server runs in the process of `demo`, so its work is in the CPU time that is printed.
//!
//! Then the sidecar is compared with nginx, where that is installed, over 20 000 GETs in each of ten
//! rounds.

#![expect(clippy::print_stdout, reason = "a program")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "its inputs are its own"
)]
#![expect(clippy::disallowed_methods, reason = "it measures time, and asserts none")]

mod beside;
mod stage;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::Full;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value as Json, json};
use stage::folder::Folder;
use stage::process::Process;
use stage::{caller, demo};

/// Requests a second: what Microsoft asks an endpoint to bear.
const RATE: u32 = 25;

/// Clock ticks of CPU time of a process so far, a hundred in a second (proc(5)); 0 where there is no
/// `/proc`.
fn ticks(id: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let field = |at: usize| fields.get(at).and_then(|text| text.parse().ok()).unwrap_or(0_u64);
    field(11) + field(12)
}

/// An identity provider with as many connections as it wants.
#[derive(Clone)]
struct Caller {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    base: Arc<str>,
    token: Arc<str>,
}

impl Caller {
    fn of(printed: &demo::Printed) -> Self {
        let authority = std::fs::read(printed.told("CA file")).unwrap();
        let client = Client::builder(TokioExecutor::new()).build(caller::connector(&authority));
        let (base, token) = (printed.told("SCIM base URL"), printed.told("token"));
        Self { client, base: base.into(), token: token.into() }
    }

    /// Sends a request, and answers its status, its body and how long it took.
    async fn send(&self, method: Method, path: &str, body: String) -> (StatusCode, Json, Duration) {
        let uri = format!("{}{path}", self.base);
        let request = caller::request(method, &uri, &self.token, body);
        let start = Instant::now();
        let (status, body) = caller::read(self.client.request(request).await).await;
        (status, body, start.elapsed())
    }

    /// What an identity provider does about one person: search, create, change.
    async fn person(&self, number: u32) -> Vec<(bool, Duration)> {
        let name = format!("person{number}@contoso.com");
        let found = format!("/Users?filter=userName%20eq%20%22{name}%22");
        let (searched, _, search) = self.send(Method::GET, &found, String::new()).await;
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": name, "externalId": format!("object-{number}"), "active": true,
            "name": { "givenName": "Ana", "familyName": "Diaz" },
            "emails": [{ "type": "work", "value": name }],
        });
        let (created, user, create) = self.send(Method::POST, "/Users", user.to_string()).await;
        let off = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"active","value":"False"}]}"#;
        let path = format!("/Users/{}", user["id"].as_str().unwrap_or_default());
        let (changed, _, change) = self.send(Method::PATCH, &path, off.to_owned()).await;
        vec![
            (searched == StatusCode::OK, search),
            (created == StatusCode::CREATED, create),
            (changed == StatusCode::OK, change),
        ]
    }
}

fn main() -> ExitCode {
    // `cargo bench` itself adds `--bench`.
    let mut numbers = std::env::args().skip(1).filter_map(|text| text.parse::<u32>().ok());
    let seconds = numbers.next().unwrap_or(60);
    let gets = numbers.next().unwrap_or(20_000);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = Folder::new();
    let (process, printed) = demo::start(&["--no-replay"], &folder.path(""));
    let caller = Caller::of(&printed);
    let wrong = runtime.block_on(steady(&process, &caller, seconds));
    drop(process);
    beside::compare(gets);
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A person at a time, three requests each, at a steady rate.
async fn steady(process: &Process, caller: &Caller, seconds: u32) -> usize {
    let people = seconds * RATE / 3;
    let before = ticks(process.id());
    let mut pace = tokio::time::interval(Duration::from_secs(3) / RATE);
    let mut sent = Vec::new();
    for number in 0..people {
        pace.tick().await;
        let caller = caller.clone();
        sent.push(tokio::spawn(async move { caller.person(number).await }));
    }
    let mut answers = Vec::new();
    for person in sent {
        answers.extend(person.await.unwrap());
    }
    println!("{RATE} requests a second for {seconds} s: searches, creates and changes");
    told(&answers, ticks(process.id()) - before)
}

/// Prints what came of requests, and answers how many went wrong.
fn told(answers: &[(bool, Duration)], ticks: u64) -> usize {
    let wrong = answers.iter().filter(|(right, _)| !right).count();
    let mut times: Vec<Duration> = answers.iter().map(|(_, taken)| *taken).collect();
    times.sort_unstable();
    let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default();
    let each = ticks as f64 * 10_000.0 / answers.len().max(1) as f64;
    println!(
        "  {} requests, {wrong} wrong, p50 {:?}, p99 {:?}, {each:.0} µs of CPU each (with the legacy server's)",
        answers.len(),
        at(50),
        at(99),
    );
    wrong
}
