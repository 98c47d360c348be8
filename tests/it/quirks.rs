//! What clients really send, as files: `tests/fixtures/idp/<client>/quirks/<name>.json` holds a
//! request, the upstream calls that it becomes, and its answer. A new quirk is a new file.
//!
//! | key | meaning |
//! |---|---|
//! | `quirk` | what the client does, and who reported it |
//! | `caller` | the profile that it speaks; the folder's name unless told |
//! | `mapping` | more text at the end of the shipped mapping |
//! | `rows` | rows of WFUser made by hand |
//! | `request` | method and path |
//! | `headers` | more headers; nothing but the token is sent unless told |
//! | `body` | the body, sent as `application/scim+json` unless a header says otherwise |
//! | `calls` | the upstream calls: `search`, `read`, `create`, `update`, `delete`; where the answer to a write does not carry the row, one more read follows |
//! | `writes` | the columns of each upstream write; of a create, those that must be among them |
//! | `status`, `has`, `lacks` | the answer: its status, what its body holds at least, and which texts are not in it |

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use crate::scene::{Dialect, Legacy, Sidecar, has, on_all};

on_all! {
    every_quirk_is_answered_as_its_file_says,
}

const KEYS: [&str; 13] = [
    "quirk", "caller", "mapping", "rows", "request", "headers", "body", "calls", "writes",
    "status", "has", "lacks", "soap",
];

const WRITES: [&str; 3] = ["create", "update", "delete"];

fn files() -> Vec<(String, PathBuf)> {
    let clients = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/idp");
    let mut files = Vec::new();
    for client in fs::read_dir(clients).unwrap() {
        let client = client.unwrap();
        let Ok(quirks) = fs::read_dir(client.path().join("quirks")) else { continue };
        let name = client.file_name().into_string().unwrap();
        files.extend(quirks.map(|file| (name.clone(), file.unwrap().path())));
    }
    files.sort();
    files
}

async fn every_quirk_is_answered_as_its_file_says(dialect: Dialect) {
    let files = files();
    assert!(!files.is_empty());
    let mut wrong = Vec::new();
    for (client, path) in files {
        let quirk: Json = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        for key in quirk.as_object().unwrap().keys() {
            assert!(KEYS.contains(&key.as_str()), "unknown key `{key}` in {}", path.display());
        }
        if let Err(difference) = tried(dialect, &client, &quirk).await {
            wrong.push(format!("{}: {difference}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn tried(dialect: Dialect, client: &str, quirk: &Json) -> Result<(), String> {
    let rows = quirk["rows"].as_array().cloned().unwrap_or_default();
    let legacy =
        rows.into_iter().fold(Legacy::start(dialect), |legacy, row| legacy.with_user(row)).await;
    let mapping = quirk["mapping"].as_str().unwrap_or_default();
    let sidecar = Sidecar::in_front_of(&legacy).appending(mapping).start().await;
    let idp = sidecar.idp(quirk["caller"].as_str().unwrap_or(client));

    let (method, path) = quirk["request"].as_str().unwrap().split_once(' ').unwrap();
    let mut request = idp.request(method, path);
    let none = serde_json::Map::new();
    let headers = quirk["headers"].as_object().unwrap_or(&none);
    for (name, value) in headers {
        request = request.header(name, value.as_str().unwrap());
    }
    let body = quirk.get("body").map(Json::to_string).unwrap_or_default();
    if !body.is_empty() && !headers.contains_key("content-type") {
        request = request.header("content-type", "application/scim+json; charset=utf-8");
    }
    let answer = idp.send(request, body).await;

    let expected = |key: &str| quirk.get(key).cloned();
    let differs = |what: &str, expected: &Json, found: &dyn std::fmt::Display| {
        Err(format!("{what}: expected {expected}, found {found}"))
    };
    if answer.status.as_u16() != quirk["status"] {
        return differs("status", &quirk["status"], &answer);
    }
    if let Some(expected) = expected("has").filter(|expected| !has(&answer.json, expected)) {
        return differs("answer", &expected, &answer);
    }
    for text in quirk["lacks"].as_array().into_iter().flatten() {
        if answer.text.contains(text.as_str().unwrap()) {
            return differs("absent text", text, &answer);
        }
    }
    let writes = legacy.writes();
    let mut calls = legacy.take_actions();
    if dialect != Dialect::Odata {
        // The answer to a write over SOAP does not carry the row, nor to a create over REST.
        let mut written = false;
        calls.retain(|call| {
            let again = written && *call == "read";
            written = WRITES.contains(call);
            !again
        });
    }
    if let Some(expected) = expected("calls").filter(|expected| *expected != json!(calls)) {
        return differs("calls", &expected, &json!(calls));
    }
    let wanted = expected("writes").unwrap_or_else(|| json!([]));
    let kinds = calls.iter().filter(|call| WRITES.contains(call));
    let matches = |((kind, found), wanted): ((&&str, &Json), &Json)| match *kind {
        "create" => has(found, wanted),
        _ => found == wanted,
    };
    let wanted_list = wanted.as_array().unwrap();
    if wanted_list.len() == writes.len() && kinds.zip(&writes).zip(wanted_list).all(matches) {
        return Ok(());
    }
    differs("writes", &wanted, &json!(writes))
}
