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

mod stage;

use std::path::Path;
use std::process::Command;

use http::{Method, StatusCode};
use serde_json::{Value as Json, json};
use stage::{PROGRAM, SERVE, Stage};

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

fn main() {
    // `cargo bench` itself adds `--bench`.
    let requests = std::env::args().skip(1).find_map(|text| text.parse().ok()).unwrap_or(1000_u32);
    let stage = Stage::new();
    let people = create(&stage, AHEAD + requests);
    println!("| request | instructions | budget |\n|---|---:|---:|");
    for case in CASES {
        let each = instructions(&stage, case, &people) / u64::from(requests);
        println!("| {} | {each} | {} |", case.name, case.budget);
    }
}

/// Has a sidecar create so many people.
fn create(stage: &Stage, count: u32) -> Vec<Person> {
    let mut people = Vec::new();
    let mut command = Command::new(PROGRAM);
    command.args(SERVE);
    stage.serve(command, async |served| {
        let mut connection = served.connect().await;
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
            let (status, body) = connection.send(Method::POST, "/Users", user.to_string()).await;
            assert_eq!(status, StatusCode::CREATED, "{body}");
            let id = body["id"].as_str().expect("an id").to_owned();
            people.push(Person { id, name });
        }
    });
    people
}

/// How many instructions the requests take but for the first [`AHEAD`]; one for each person.
fn instructions(stage: &Stage, case: &Case, people: &[Person]) -> u64 {
    let counted = stage.folder.path("callgrind");
    let mut command = Command::new("valgrind");
    command.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", counted.display()));
    command.arg(format!("--log-file={}", stage.folder.path("valgrind").display()));
    command.arg(PROGRAM).args(SERVE);
    stage.serve(command, async |served| {
        let (server, mut connection) = (served.process, served.connect().await);
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
