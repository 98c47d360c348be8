//! `mappings/odata.toml` over a real OData V4 server: SAP's CAP for Node.js, which its own project
//! file under `server/` pins. Nothing of it is ours, so what a dialect takes for granted shows here.
//!
//! npm is needed, and its registry the first time; without them every scene fails and says so.
//! A test whose name begins with `c` and a number holds that line of the conformance list.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "a scene that cannot be set is a failed test"
)]

mod filters;
mod guids;
mod identity;
mod life;
mod lists;
mod live;
#[path = "../npm.rs"]
mod npm;
mod rows;
mod server;
mod stage;
mod values;

/// What the scenes over the embedded server are made of, as far as it fits here.
#[path = "../it/scene"]
#[allow(dead_code, reason = "these scenes take what they need")]
mod scene {
    pub(crate) mod answer;
    pub(crate) mod card;
    pub(crate) mod certificate;
    pub(crate) mod client;
    pub(crate) mod folder;
    pub(crate) mod log;
    pub(crate) mod process;
}
