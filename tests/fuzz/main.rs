//! Every file of the corpora once more: what a fuzzer found is never lost (see `.ci/fuzz`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot run has failed"
)]

mod targets;

use std::fs;
use std::path::Path;

#[test]
fn the_corpora_are_read_without_a_panic() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    for (name, target) in targets::TARGETS {
        let mut files = 0;
        for file in fs::read_dir(corpora.join(name)).expect(name) {
            let data = fs::read(file.unwrap().path()).unwrap();
            target(&data);
            files += 1;
        }
        assert!(files > 0, "the corpus of `{name}` is empty");
    }
}
