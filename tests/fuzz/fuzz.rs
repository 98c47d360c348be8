//! libFuzzer's entry: FUZZ_TARGET names the reader (see `.ci/fuzz`).
#![no_main]

mod targets;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let wanted = std::env::var("FUZZ_TARGET").expect("FUZZ_TARGET names a target");
    let found = targets::TARGETS.iter().find(|(name, _)| *name == wanted);
    found.expect("a target of that name").1
});

fuzz_target!(|data: &[u8]| TARGET(data));
