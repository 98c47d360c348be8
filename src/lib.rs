//! `scim-sidecar`: SCIM 2.0 for a legacy server that has only its own API.
//!
//! Identity providers speak SCIM over TLS to it; it speaks the legacy server's own API behind. A
//! mapping file is the only thing that knows both sides. How to run it is in the README; why it is
//! built as it is, in the [`manual`].
//!
//! # The rooms, in the order in which a request meets them
//!
//! | room | takes → gives |
//! |---|---|
//! | [`serve`] | a socket → requests: TLS, ALPN, limits of a connection, drain |
//! | [`stack`] | every layer on one page: request id, rescue, shed, deadline |
//! | [`gate`] | the `Authorization` header → a caller, its rights and its pace |
//! | [`generation`] | a path → the project it belongs to |
//! | [`api`] | one request: route → parse → provision → respond, with the only status codes |
//! | [`provision`] | create, read, change, delete and search people, in one order each |
//! | [`lookup`] | names and ids → keys, remembered and verified |
//! | [`scim`] | the language outside: schema, document, path, filter, patch; pure |
//! | [`mapping`] | the dictionary: a TOML file compiled into rules of both directions; pure |
//! | [`upstream`] | calls → answers: dialect, credential, deadline, retry |
//! | [`record`] | the language inside: rows, changes, queries |
//! | [`value`] | one value: the leaf of a document and of a record |
//! | [`logic`] | a formula of `and`, `or` and `not`: the trunk of a filter and of a predicate |
//! | [`audit`] | what was written, by whom, with what outcome; no values |
//! | [`telemetry`] | what is counted, and the last requests; no values and no ids |
//!
//! In one sentence: serve → stack → api → provision → {mapping, lookup, upstream} → {scim, record};
//! arrows never turn back. `scim` and `upstream` never meet.
//!
//! # The rooms around it
//!
//! | room | for |
//! |---|---|
//! | [`cli`] | a command line → a command |
//! | [`config`] | the server file → everything above, with every finding |
//! | [`diagnostic`] | findings with file, line and caret, and the readers that make them |
//! | [`secret`] | secrets that cannot be printed |
//! | [`process`] | one running process: both ports, and their end |
//! | [`reload`] | the configuration in force, and another in its place |
//! | [`admin`] | the loopback port: live, ready, reload, metrics and recent traffic |
//! | [`propose`] | what a server says about itself → a mapping to start from |
//! | [`explain`] | one request's whole translation, by the code that serves, with nothing sent |
//! | [`csdl`] | what an OData service says of its entity sets |
//! | [`rehearse`] | a rollout tried beforehand: everybody of an export, with nothing written |
//! | [`pem`] | certificates and keys in files |
//! | [`platform`] | what differs between operating systems |
//! | [`seam`] | time, randomness and sockets, handed in from `main` |
#![cfg_attr(
    feature = "demo",
    doc = "| [`legacy`] | the embedded Bizagi-style server, which knows nothing of the rest |"
)]
#![cfg_attr(
    feature = "demo",
    doc = "| [`demo`] | the embedded server, the sidecar, and one cycle |"
)]

pub mod admin;
pub mod api;
pub mod audit;
pub mod cli;
pub mod config;
pub mod csdl;
#[cfg(feature = "demo")]
pub mod demo;
pub mod diagnostic;
pub mod explain;
pub mod gate;
pub mod generation;
#[cfg(feature = "demo")]
pub mod legacy;
pub mod logic;
pub mod lookup;
pub mod manual;
pub mod mapping;
pub mod pem;
pub mod platform;
pub mod process;
pub mod propose;
pub mod provision;
pub mod record;
pub mod rehearse;
pub mod reload;
pub mod scim;
pub mod seam;
pub mod secret;
pub mod serve;
pub mod stack;
pub mod telemetry;
pub mod upstream;
pub mod value;
