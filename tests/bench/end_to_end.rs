//! The real binary as a process of its own, over TLS, for a while: conformance line 114.
//!
//! `cargo bench --bench end_to_end [-- SECONDS]` sends 25 requests a second for 60 seconds, as an
//! identity provider does: a search, a create and a change of one person after the other. It fails
//! when a single answer is not as expected; times are printed and never asserted. The legacy server
//! runs in the process of `demo`, so its work is in the CPU time that is printed.

#![expect(clippy::print_stdout, reason = "a program")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "its inputs are its own")]
#![expect(clippy::disallowed_methods, reason = "it measures time, and asserts none")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// Requests a second: what Microsoft asks an endpoint to bear.
const RATE: u32 = 25;

/// The demonstration, stopped when this goes.
struct Demo {
    child: Child,
    base: String,
    token: String,
    authority: String,
}

impl Demo {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_scim-sidecar"))
            .args(["demo", "--no-replay", "--listen", "127.0.0.1:0"])
            .args(["--upstream-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the demonstration");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut told = |label: &str| loop {
            let line = lines.next().expect("the demonstration is ready").unwrap();
            if let Some(value) = line.strip_prefix(&format!("  {label} ")) {
                return value.trim().to_owned();
            }
        };
        let (base, token) = (told("SCIM base URL"), told("token"));
        let authority = told("CA file");
        Self { child, base, token, authority }
    }

    /// Clock ticks of CPU time so far, a hundred in a second (proc(5)); 0 where there is no `/proc`.
    fn ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
        let field = |at: usize| fields.get(at).and_then(|text| text.parse().ok()).unwrap_or(0_u64);
        field(11) + field(12)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Clone)]
struct Caller {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    base: Arc<str>,
    token: Arc<str>,
}

impl Caller {
    fn of(demo: &Demo) -> Self {
        let mut roots = RootCertStore::empty();
        let pem = std::fs::read(&demo.authority).unwrap();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            roots.add(certificate.unwrap()).unwrap();
        }
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(config)
            .https_only()
            .enable_http1()
            .build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Self { client, base: demo.base.as_str().into(), token: demo.token.as_str().into() }
    }

    /// Sends a request, and answers its status, its `id` and how long it took.
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: String,
    ) -> (StatusCode, String, Duration) {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/scim+json")
            .body(Full::from(body))
            .unwrap();
        let start = Instant::now();
        let Ok(answer) = self.client.request(request).await else {
            return (StatusCode::BAD_GATEWAY, String::new(), start.elapsed());
        };
        let status = answer.status();
        let body = answer.into_body().collect().await.map(|body| body.to_bytes());
        let taken = start.elapsed();
        let json: serde_json::Value =
            serde_json::from_slice(&body.unwrap_or_default()).unwrap_or_default();
        (status, json["id"].as_str().unwrap_or_default().to_owned(), taken)
    }

    /// What an identity provider does about one person: search, create, change.
    async fn person(&self, number: u32) -> Vec<(bool, Duration)> {
        let name = format!("person{number}@contoso.com");
        let found = format!("/Users?filter=userName%20eq%20%22{name}%22");
        let (searched, _, search) = self.send(Method::GET, &found, String::new()).await;
        let user = serde_json::json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": name, "externalId": format!("object-{number}"), "active": true,
            "name": { "givenName": "Ana", "familyName": "Diaz" },
            "emails": [{ "type": "work", "value": name }],
        });
        let (created, id, create) = self.send(Method::POST, "/Users", user.to_string()).await;
        let off = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"active","value":"False"}]}"#;
        let path = format!("/Users/{id}");
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
    let seconds = std::env::args().skip(1).find_map(|text| text.parse().ok()).unwrap_or(60_u32);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let demo = Demo::start();
    let caller = Caller::of(&demo);
    let wrong = runtime.block_on(steady(&demo, &caller, seconds));
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A person at a time, three requests each, at a steady rate.
async fn steady(demo: &Demo, caller: &Caller, seconds: u32) -> usize {
    let people = seconds * RATE / 3;
    let ticks = demo.ticks();
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
    told(&answers, demo.ticks() - ticks)
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
