//! What translation costs: both directions, PATCH and PUT, filters. No sockets, no clock in a verdict.
//!
//! - `cargo bench --bench translate` prints allocations and time per operation, and fails when a
//!   case allocates more often than its last count;
//! - `.ci/translate` also counts instructions, of the program `instructions` beside this one.
//!
//! Each case has its budget, which is the aim, and its last count, which must not get worse. A
//! change that makes a case cheaper lowers the count.

#![expect(clippy::print_stdout, reason = "a program")]
#![expect(clippy::expect_used, clippy::panic, reason = "its inputs are its own")]
#![expect(clippy::disallowed_methods, reason = "it measures time, and asserts none")]

#[path = "translate/cases.rs"]
mod cases;

use std::alloc::System;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use cases::{Bench, CASES, Case, Cost};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How often an operation is repeated for its time.
const ROUNDS: u32 = 20_000;

fn main() -> ExitCode {
    let bench = Bench::new();
    // `cargo bench` itself adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    match arguments.as_slice() {
        [] => table(&bench),
        [word] if word == "list" => list(),
        _ => usage(),
    }
}

/// Every case with its allocations and time; fails where one allocates more often than last.
fn table(bench: &Bench) -> ExitCode {
    println!("{:<16} {:>12} {:>8} {:>8} {:>12}", "case", "allocations", "last", "budget", "ns");
    let mut is_kept = true;
    for case in CASES {
        let found = allocations(bench, case);
        let start = Instant::now();
        for _ in 0..ROUNDS {
            (case.run)(black_box(bench));
        }
        let time = start.elapsed().as_nanos() / u128::from(ROUNDS);
        let (last, budget) = (case.last.allocations, case.budget.allocations);
        let mark = match found {
            found if found > last => "  worse",
            found if found > budget => "  over",
            _ => "",
        };
        is_kept &= found <= last;
        println!("{:<16} {found:>12} {last:>8} {budget:>8} {time:>12}{mark}", case.name);
    }
    if is_kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Of every case, for the script: its name; the last instructions and their budget; the
/// allocations, the last ones and their budget.
fn list() -> ExitCode {
    let bench = Bench::new();
    for case in CASES {
        let found = allocations(&bench, case);
        let Case { name, last, budget, .. } = case;
        let Cost { instructions, allocations } = last;
        println!(
            "{name} {instructions} {} {found} {allocations} {}",
            budget.instructions, budget.allocations
        );
    }
    ExitCode::SUCCESS
}

/// How often one operation allocates, growing an allocation included.
fn allocations(bench: &Bench, case: &Case) -> usize {
    // Once before, so that what is made at the first use does not count.
    (case.run)(bench);
    let region = Region::new(ALLOCATOR);
    (case.run)(bench);
    let change = region.change();
    change.allocations + change.reallocations
}

fn usage() -> ExitCode {
    println!("translate [list]");
    ExitCode::FAILURE
}
