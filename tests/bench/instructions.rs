//! One case of `translate`, repeated: what an instruction counter outside looks at.
//!
//! `.ci/translate` runs this program under callgrind with `CASE ITERATIONS`, twice, and the
//! difference is free of everything but the iterations. It asks for memory as the binary does, and
//! counts nothing itself, so that nothing but the work is counted.

#![expect(clippy::print_stdout, reason = "a program")]
#![expect(clippy::expect_used, clippy::panic, reason = "its inputs are its own")]

#[path = "translate/cases.rs"]
#[expect(dead_code, reason = "what a case costs is for those who count")]
mod cases;

use std::hint::black_box;
use std::process::ExitCode;

use cases::{Bench, CASES};
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    // `cargo bench` itself adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    // Of all benches, this one has nothing to say for itself.
    let [name, iterations] = arguments.as_slice() else { return usage(arguments.is_empty()) };
    let case = CASES.iter().find(|case| case.name == name);
    let (Some(case), Ok(iterations)) = (case, iterations.parse::<u32>()) else {
        return usage(false);
    };
    let bench = Bench::new();
    for _ in 0..iterations {
        (case.run)(black_box(&bench));
    }
    ExitCode::SUCCESS
}

fn usage(fine: bool) -> ExitCode {
    println!("instructions CASE ITERATIONS");
    if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
