//! How much memory a sidecar holds: at rest, and for each connection that is open and idle.
//!
//! `cargo bench --bench memory [-- CONNECTIONS]` runs the real binary in front of the embedded legacy
//! server, which is another process, and opens so many connections over TLS and HTTP/1.1 (400
//! unless told), each of which is asked for once and then left alone. What the system says of the
//! process before and then (`VmRSS` in proc(5), and `RssAnon`, which leaves out the pages of the
//! program's own file) is printed beside the budget. Needs `/proc`, and more open files than
//! connections: `ulimit -n`.

#![expect(clippy::print_stdout, reason = "a program")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "its inputs are its own"
)]

mod stage;

use std::process::Command;

use http::{Method, StatusCode};
use stage::{PROGRAM, SERVE, Stage};

/// What may be held at rest, in KiB.
const AT_REST: u64 = 12 * 1024;
/// What may be held for an idle connection, in KiB.
const IDLE: u64 = 22;

fn main() {
    // `cargo bench` itself adds `--bench`.
    let most = std::env::args().skip(1).find_map(|text| text.parse().ok()).unwrap_or(400_u64);
    let mut command = Command::new(PROGRAM);
    command.args(SERVE);
    Stage::new().serve(command, async |served| {
        // What is made at the first request is held at rest as well.
        let mut connections = vec![served.connect().await];
        let ask = async |connection: &mut stage::Connection| {
            let path = "/ServiceProviderConfig";
            let (status, body) = connection.send(Method::GET, path, String::new()).await;
            assert_eq!(status, StatusCode::OK, "{body}");
        };
        ask(&mut connections[0]).await;
        let (rest, own) = (held(served.process, "VmRSS:"), held(served.process, "RssAnon:"));
        for _ in 0..most {
            let mut connection = served.connect().await;
            ask(&mut connection).await;
            connections.push(connection);
        }
        let each = (held(served.process, "VmRSS:") as f64 - rest as f64) / most as f64;
        println!("| memory | KiB | budget |\n|---|---:|---:|");
        println!("| at rest | {rest} | {AT_REST} |");
        println!("| of it not the program's file | {own} | |");
        println!("| each of {most} idle connections | {each:.1} | {IDLE} |");
    });
}

/// What the system says of a process's memory under that name, in KiB.
fn held(process: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("/proc");
    let held = status.lines().find_map(|line| line.strip_prefix(name));
    let held = held.and_then(|rest| rest.trim().strip_suffix(" kB"));
    held.expect("how much is held").parse().unwrap()
}
