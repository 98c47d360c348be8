//! Filters and PATCH against independent implementations, on generated people and requests.
//!
//! What was tried by hand shows what its author thought of. Here the grammar speaks: cases are
//! generated, both sides are asked, and each difference must be one of a list that says what the
//! RFCs say of it ([`comparison::Rule`]). Nothing of the other side is ours: scim2-parse-filter and
//! scim-patch are npm's, at the versions of `engine/package-lock.json`.
//!
//! npm is needed, and its registry the first time. `DIFFERENTIAL_CASES` says how many cases each
//! test tries, `DIFFERENTIAL_SEED` which; without them they are always the same.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot run has failed"
)]

mod comparison;
mod engine;
mod filter;
#[path = "../npm.rs"]
mod npm;
mod patch;
mod person;
