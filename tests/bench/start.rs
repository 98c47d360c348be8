//! How long a sidecar takes from its start to its first answer.
//!
//! `cargo bench --bench start [-- TIMES]` starts the real binary so many times (21 unless told) in
//! front of the embedded legacy server, which is another process, connects over TLS as soon as it
//! says that it serves, and asks for what needs no upstream. The median is printed beside the
//! budget. The first handshake is in it, and with it the seed of the process's random numbers.

#![expect(clippy::print_stdout, reason = "a program")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "its inputs are its own"
)]

mod stage;

use std::process::Command;
use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use stage::{PROGRAM, SERVE, Stage};

/// From the start to the first answer, in milliseconds.
const BUDGET: u64 = 50;

fn main() {
    // `cargo bench` itself adds `--bench`.
    let times = std::env::args().skip(1).find_map(|text| text.parse().ok()).unwrap_or(21_usize);
    let stage = Stage::new();
    // Once for the files to be in memory, and for our own first handshake.
    start(&stage);
    let mut took: Vec<Duration> = (0..times.max(1)).map(|_| start(&stage)).collect();
    took.sort();
    let milliseconds = took[took.len() / 2].as_secs_f64() * 1000.0;
    println!("| time | ms | budget |\n|---|---:|---:|");
    println!("| start to first answer, median of {times} | {milliseconds:.0} | {BUDGET} |");
}

/// Starts a sidecar and asks it once.
#[expect(clippy::disallowed_methods, reason = "what is measured is time")]
fn start(stage: &Stage) -> Duration {
    let mut command = Command::new(PROGRAM);
    command.args(SERVE);
    let mut took = Duration::ZERO;
    let begin = Instant::now();
    stage.serve(command, async |served| {
        let mut connection = served.connect().await;
        let path = "/ServiceProviderConfig";
        let (status, body) = connection.send(Method::GET, path, String::new()).await;
        took = begin.elapsed();
        assert_eq!(status, StatusCode::OK, "{body}");
    });
    took
}
