//! What a test is made of: the legacy server behind, the sidecar, its clients and their answers.
#![allow(dead_code, unused_imports, reason = "each scene takes what it needs")]

pub(crate) mod admin;
mod answer;
mod card;
mod certificate;
mod client;
pub(crate) mod columns;
mod dialect;
mod folder;
mod legacy;
mod log;
mod people;
pub(crate) mod process;
mod sidecar;
mod variant;
mod written;

use std::path::Path;

pub(crate) use admin::ask;
pub(crate) use answer::{Answer, has};
pub(crate) use card::{Card, Issuer};
pub(crate) use certificate::{Authority, KeyKind};
pub(crate) use client::Client;
pub(crate) use dialect::{Dialect, on_all, play, shipped};
pub(crate) use folder::Folder;
pub(crate) use legacy::{CLIENT_ID, CLIENT_SECRET, Legacy, Setup as LegacySetup};
pub(crate) use log::Event;
pub(crate) use people::{ana, anchored, bo, eva_named, person, scim_person, with};
pub(crate) use sidecar::{BASE, Setup, Sidecar};

use serde_json::{Value as Json, json};

/// A client's message: a file under `tests/fixtures/idp`.
pub(crate) fn fixture(name: &str) -> Json {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/idp");
    let text = std::fs::read_to_string(folder.join(name)).expect(name);
    serde_json::from_str(&text).expect(name)
}

/// A PATCH with these operations.
pub(crate) fn patch(operations: Json) -> Json {
    let operations = if operations.is_array() { operations } else { json!([operations]) };
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": operations,
    })
}

/// A PATCH that replaces one thing.
pub(crate) fn replace(path: &str, value: impl Into<Json>) -> Json {
    patch(json!({ "op": "replace", "path": path, "value": value.into() }))
}
