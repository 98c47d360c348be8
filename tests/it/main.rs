//! Scenes over real sockets: a client, the sidecar over TLS, and the embedded legacy server.
//!
//! A test whose name begins with `c` and a number holds that line of the conformance list.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "a scene that cannot be set is a failed test"
)]

mod architecture;
mod checking;
mod clients;
mod clients_binary;
mod create;
mod demo;
mod derived;
mod dialects;
mod discovery;
mod faults;
mod filters;
mod identity;
mod leaving;
mod limits;
mod listing;
mod live;
mod lost;
mod patching;
mod people;
mod policies;
mod proposing;
mod quirks;
mod read;
mod references;
mod rehearsing;
mod releasing;
mod reload;
mod reload_binary;
mod replacing;
mod replay;
mod rest;
mod returning;
mod scene;
mod schema;
mod serve_binary;
mod services;
mod several;
mod smoke;
mod telling;
mod transport;
