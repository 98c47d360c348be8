//! What one request costs the whole process: `serve` under callgrind, every layer on.
//!
//! `cargo bench --bench whole [-- REQUESTS]` runs the real binary over TLS, with a token, in front of
//! the embedded legacy server, which is another process. A caller sends REQUESTS requests of a kind
//! (1000 unless told), one after the other over one HTTP/1.1 connection, and what callgrind counts
//! meanwhile is divided by them. It fails when an answer is not as expected; what a request
//! costs is printed beside its budget.
//!
//! Not the difference of two runs: the first handshake of a process draws its entropy from the
//! clock, some 400 million instructions that are never as many again. So a few requests go ahead,
//! and then the count begins. Threads meet in another order each time: it repeats to a hundredth.
//!
//! Needs valgrind. Each profile stays in `target/tmp` for callgrind_annotate, which finds names where
//! `CARGO_PROFILE_BENCH_STRIP=none` is set.

#![expect(clippy::print_stdout, reason = "a program")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "its inputs are its own"
)]

mod caller;
#[path = "../it/scene/certificate.rs"]
#[expect(dead_code, reason = "scenes use more of it")]
mod certificate;
mod demo;
#[path = "../it/scene/folder.rs"]
mod folder;
#[path = "../it/scene/process.rs"]
#[expect(dead_code, reason = "scenes use more of it")]
mod process;

use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use certificate::{Authority, KeyKind};
use folder::Folder;
use http::header::HOST;
use http::{HeaderValue, Method, StatusCode, Uri};
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use process::Process;
use scim_sidecar::config::MAPPINGS;
use scim_sidecar::secret::TokenHash;
use serde_json::{Value as Json, json};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

const PROGRAM: &str = env!("CARGO_BIN_EXE_scim-sidecar");
const SERVE: [&str; 3] = ["serve", "--config", "sidecar.toml"];
/// Of the length that `scim-sidecar token` gives.
const TOKEN: &str = "scim_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

/// Requests before the count begins: the handshake, the upstream's token and connection, and
/// whatever else is done once.
const AHEAD: u32 = 20;

/// One kind of request.
struct Case {
    file: &'static str,
    name: &'static str,
    /// Instructions, at the most.
    budget: u64,
    /// Whether each request is for another person; else all are for one.
    others: bool,
    path: fn(&Person) -> String,
    /// The person in the answer.
    found: fn(&Json) -> &Json,
}

const CASES: &[Case] = &[
    Case {
        file: "read",
        name: "GET /Users/{id}",
        budget: 80_000,
        others: true,
        path: |person| format!("/Users/{}", person.id),
        found: |answer| answer,
    },
    Case {
        file: "search",
        name: "GET /Users?filter=userName eq …",
        budget: 90_000,
        others: true,
        path: search,
        found: |answer| &answer["Resources"][0],
    },
    Case {
        file: "again",
        name: "the same of a name that is remembered",
        budget: 90_000,
        others: false,
        path: search,
        found: |answer| &answer["Resources"][0],
    },
];

fn search(person: &Person) -> String {
    format!("/Users?filter=userName%20eq%20%22{}%22", person.name)
}

struct Person {
    id: String,
    name: String,
}

/// The legacy server, and the files of a sidecar in front of it.
struct Stage {
    runtime: Runtime,
    authority: Authority,
    folder: Folder,
    _legacy: Process,
}

fn main() {
    // `cargo bench` itself adds `--bench`.
    let requests = std::env::args().skip(1).find_map(|text| text.parse().ok()).unwrap_or(1000_u32);
    let stage = Stage::new();
    let people = stage.create(AHEAD + requests);
    println!("| request | instructions | budget |\n|---|---:|---:|");
    for case in CASES {
        let each = stage.instructions(case, &people) / u64::from(requests);
        println!("| {} | {each} | {} |", case.name, case.budget);
    }
}

impl Stage {
    fn new() -> Self {
        let (folder, authority) = (Folder::new(), Authority::new(KeyKind::Ecdsa));
        let (process, legacy) = demo::start(&["--upstream-only"], &folder.path(""));
        for (name, text) in MAPPINGS {
            folder.write(name, text);
        }
        folder.write("certs/sidecar.crt", &authority.certificate);
        folder.private("certs/sidecar.key", &authority.key);
        folder.private("secrets/client", legacy.told("client secret"));
        let (upstream, client) = (legacy.told("legacy server"), legacy.told("client id"));
        folder.write("sidecar.toml", &configuration(upstream, client));
        Self { runtime: Runtime::new().unwrap(), authority, folder, _legacy: process }
    }

    /// Has a sidecar create so many people.
    fn create(&self, count: u32) -> Vec<Person> {
        let mut people = Vec::new();
        let mut command = Command::new(PROGRAM);
        command.args(SERVE);
        self.serve(command, async |_, mut connection| {
            for number in 0..count {
                let name = format!("ana{number:06}@contoso.com");
                let user = json!({
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                    "userName": name, "displayName": "Ana Diaz", "active": true,
                    "externalId": format!("0a21f0f2-8d2a-4f8e-bf98-7363c4{number:06}"),
                    "name": { "givenName": "Ana", "familyName": "Diaz" },
                    "emails": [{ "type": "work", "value": name, "primary": true }],
                    "phoneNumbers": [{ "type": "mobile", "value": "+57 3001234567" }],
                });
                let (status, body) =
                    connection.send(Method::POST, "/Users", user.to_string()).await;
                assert_eq!(status, StatusCode::CREATED, "{body}");
                let id = body["id"].as_str().expect("an id").to_owned();
                people.push(Person { id, name });
            }
        });
        people
    }

    /// How many instructions the requests take but for the first [`AHEAD`]; one for each person.
    fn instructions(&self, case: &Case, people: &[Person]) -> u64 {
        let counted = self.folder.path("callgrind");
        let mut command = Command::new("valgrind");
        command.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", counted.display()));
        command.arg(format!("--log-file={}", self.folder.path("valgrind").display()));
        command.arg(PROGRAM).args(SERVE);
        self.serve(command, async |server, mut connection| {
            for (number, other) in people.iter().enumerate() {
                if number == AHEAD as usize {
                    control("--zero", server);
                }
                let person = if case.others { other } else { &people[0] };
                let path = (case.path)(person);
                let (status, body) = connection.send(Method::GET, &path, String::new()).await;
                assert_eq!(status, StatusCode::OK, "{body}");
                let found = (case.found)(&body);
                let asked = (&person.id.as_str().into(), &person.name.as_str().into());
                assert_eq!((&found["id"], &found["userName"]), asked);
            }
            control("--dump", server);
        });
        // The first that was asked for; what the end of the process costs is in another.
        let profile = counted.with_extension("1");
        let kept = format!("{}/whole.{}.callgrind", env!("CARGO_TARGET_TMPDIR"), case.file);
        std::fs::copy(&profile, kept).unwrap();
        total(&profile)
    }

    /// Serves for as long as the work takes, which is told the process, and ends well.
    fn serve(&self, mut command: Command, work: impl AsyncFnOnce(u32, Connection)) {
        command.current_dir(self.folder.path(""));
        let mut process = Process::start(command);
        self.runtime.block_on(async {
            let address = process.told("serving address=").await;
            let address = address.split_whitespace().next().unwrap();
            let connection = Connection::open(address, self.authority.authority.as_bytes()).await;
            work(process.id(), connection).await;
        });
        process.signal("TERM");
        let (code, _, err) = process.ended();
        assert_eq!(code, 0, "{err}");
    }
}

/// One connection and no other: a client with a pool may open a second one between two requests, and
/// a handshake costs as much as many of them.
struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: HeaderValue,
}

impl Connection {
    async fn open(address: &str, authority: &[u8]) -> Self {
        let uri: Uri = format!("https://{address}").parse().unwrap();
        let stream = caller::connector(authority).oneshot(uri).await.unwrap();
        let (sender, connection) = http1::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        Self { sender, host: address.parse().unwrap() }
    }

    async fn send(&mut self, method: Method, path: &str, body: String) -> (StatusCode, Json) {
        let path = format!("/scim/v2{path}");
        let mut request = caller::request(method, &path, TOKEN, body);
        request.headers_mut().insert(HOST, self.host.clone());
        self.sender.ready().await.unwrap();
        caller::read(self.sender.send_request(request).await).await
    }
}

/// Tells callgrind to do something about a process that it runs.
fn control(what: &str, process: u32) {
    let done = Command::new("callgrind_control").arg(what).arg(process.to_string()).output();
    let done = done.expect("callgrind_control, which comes with valgrind");
    let told = String::from_utf8_lossy(&done.stdout);
    // It succeeds where it finds no such process, and says nothing.
    assert!(done.status.success() && told.contains("OK"), "{done:?}");
}

/// The instructions in a profile.
fn total(profile: &Path) -> u64 {
    let profile = std::fs::read_to_string(profile).unwrap();
    let total = profile.lines().find_map(|line| line.strip_prefix("totals: "));
    total.expect("a whole profile").trim().parse().unwrap()
}

/// One project with one caller, who is never made to wait: callgrind counts what is done, and a
/// queue only takes time.
fn configuration(upstream: &str, client: &str) -> String {
    let token = TokenHash::of(TOKEN);
    format!(
        r#"format = 1
listen = "127.0.0.1:0"
admin  = "127.0.0.1:0"

[tls]
certificate = "certs/sidecar.crt"
key         = "certs/sidecar.key"

[[project]]
name      = "hr"
base_path = "/scim/v2"
mapping   = "mappings/bizagi-odata.toml"

[project.upstream]
base_url = "{upstream}/"

[project.upstream.auth]
kind          = "oauth2"
token_url     = "oauth2/server/token"
client_id     = "{client}"
client_secret = {{ file = "secrets/client" }}
scope         = "api"

[[project.caller]]
name    = "entra"
profile = "entra"
tokens  = "{token}"
rate    = 100000
burst   = 100000
"#
    )
}
