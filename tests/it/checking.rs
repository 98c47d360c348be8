//! `check`, told to people and to machines.
#![cfg(unix)]

use std::sync::Arc;

use scim_sidecar::config::dialects;
use scim_sidecar::diagnostic::Source;
use scim_sidecar::mapping::Mapping;
use serde_json::{Value as Json, json};

use crate::scene::process::run;
use crate::scene::{Authority, Dialect, Folder, KeyKind, Legacy, Sidecar};

fn json_of(arguments: &[&str], folder: &Folder) -> (i32, Json) {
    let (code, out, err) = run(arguments, &folder.path(""));
    assert_eq!(err, "");
    (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}")))
}

const SMALL: &str = r#"format   = 1
resource = "User"
dialect  = "odata"

[upstream]
collection = "People"
key        = { field = "id", type = "integer" }
unique     = "login"
on_delete  = "delete"

[[attribute]]
scim  = "userName"
field = "login"
via   = "lowercase"

[[attribute]]
scim  = "title"
field = "job"

[[example]]
scim     = { userName = "Ana", title = "Boss" }
upstream = { login = "Ana" }
"#;

#[test]
fn a_file_in_another_encoding_says_where_and_what_to_do() {
    let folder = Folder::new();
    let told = |text: &[u8]| {
        std::fs::write(folder.path("m.toml"), text).unwrap();
        let (code, out, err) = run(&["check", "m.toml"], &folder.path(""));
        assert_eq!(code, 78, "{out}{err}");
        out
    };
    let latin: Vec<u8> = SMALL.replace("Boss", "Jefe, señor").chars().map(|c| c as u8).collect();
    let expected = "expected UTF-8, found another encoding at 21:49: save it as UTF-8";
    assert!(told(&latin).contains(expected), "{}", told(&latin));
    let wide: Vec<u8> =
        format!("\u{feff}{SMALL}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(told(&wide).contains("expected UTF-8, found UTF-16"), "{}", told(&wide));
}

#[tokio::test]
async fn what_tls_to_the_server_behind_needs_is_told_on_its_own_line() {
    let legacy = Legacy::start(Dialect::Odata).await;
    let (ours, theirs) = (Authority::new(KeyKind::Ecdsa), Authority::new(KeyKind::Ecdsa));
    let folder = Sidecar::in_front_of(&legacy).folder(&ours);
    let text = std::fs::read_to_string(folder.path("sidecar.toml")).unwrap();
    let (before, after) = text.split_once("base_url").unwrap();
    let after = after.replacen("http://", "https://", 1);
    let files = "ca = \"ca.pem\"\nclient_certificate = \"ours.pem\"\nclient_key = \"key.pem\"\n";
    folder.write("sidecar.toml", &format!("{before}{files}base_url{after}"));
    let older = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n";
    let odd = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let good = [&*theirs.authority, &*ours.certificate, &*ours.key];
    for (change, line, expected) in [
        ([Some("none"), None, None], "ca = \"ca.pem\"", "`-----BEGIN CERTIFICATE-----`"),
        ([None, Some("none"), None], "client_certificate = \"ours.pem\"", "CERTIFICATE-----`"),
        ([None, None, Some(older)], "client_key = \"key.pem\"", "found an encrypted one"),
        (
            [None, None, Some(&*theirs.key)],
            "client_key = \"key.pem\"",
            "a usable key of the certificate in `ours.pem`",
        ),
        ([None, None, Some(odd)], "client_key = \"key.pem\"", "a usable key of the certificate"),
    ] {
        for (at, name) in ["ca.pem", "ours.pem", "key.pem"].into_iter().enumerate() {
            folder.private(name, change[at].unwrap_or(good[at]));
        }
        let (code, out, _) = run(&["check", "--config", "sidecar.toml"], &folder.path(""));
        assert_eq!(code, 78, "{out}");
        assert!(out.contains(expected) && out.contains(&format!("| {line}")), "{expected}: {out}");
    }
}

#[test]
fn bounds_are_told_as_they_are_written() {
    let folder = Folder::new();
    folder.write("sidecar.toml", "format = 2\n[limits]\ndrain = \"61m\"\n");
    let (_, told) = json_of(&["check", "--config", "sidecar.toml", "--format", "json"], &folder);
    let findings = told["findings"].as_array().unwrap();
    let expected: Vec<&str> = findings
        .iter()
        .filter(|finding| finding["code"] == "out-of-range")
        .map(|finding| finding["expected"].as_str().unwrap())
        .collect();
    assert_eq!(expected, ["expected 1", "expected 0s to 1h"]);
}

#[test]
fn a_failing_example_is_a_diff() {
    let source = Arc::new(Source { name: "m.toml".to_owned(), text: SMALL.to_owned() });
    let (_, report) = Mapping::read(source, &dialects());
    let told: Vec<String> = report
        .findings()
        .iter()
        .filter(|finding| !finding.diff.is_empty())
        .map(ToString::to_string)
        .collect();
    let expected = [
        r#"error: the example does not hold: what `scim` becomes upstream
  --> m.toml:22:1
   |
22 | upstream = { login = "Ana" }
   | ^^^^^^^^
   |
   = note: `-` says the file, `+` makes the mapping
           - login = "Ana"
           + login = "ana"
           + job = "Boss""#,
        r#"error: the example does not hold: what `upstream` becomes in SCIM
  --> m.toml:21:1
   |
21 | scim     = { userName = "Ana", title = "Boss" }
   | ^^^^
   |
   = note: `-` says the file, `+` makes the mapping
           - title = "Boss""#,
    ];
    assert_eq!(told, expected, "{report}");
}

#[test]
fn machines_get_one_document_with_every_place() {
    let folder = Folder::new();
    folder.write("m.toml", &SMALL.replace("\"lowercase\"", "\"lowecase\"").replace("job", "jöb"));
    let arguments = ["check", "--format", "json", "m.toml", "absent.toml"];
    let (code, told) = json_of(&arguments, &folder);
    assert_eq!(code, 78);
    let findings = told["findings"].as_array().unwrap();
    let named = |code: &str| findings.iter().find(|finding| finding["code"] == code).unwrap();
    assert_eq!(
        named("unknown-word"),
        &json!({
            "severity": "error",
            "code": "unknown-word",
            "message": "unknown transform `lowecase`",
            "file": "m.toml",
            "line": 14, "column": 9, "end_line": 14, "end_column": 19,
            "expected": named("unknown-word")["expected"],
            "help": "did you mean `lowercase`?",
            "diff": [],
        })
    );
    assert_eq!(named("unreadable")["file"], "absent.toml");
    assert_eq!(named("unreadable")["line"], Json::Null);
    assert_eq!(told["errors"], findings.iter().filter(|f| f["severity"] == "error").count());
    assert_eq!((&told["exit"], &told["upstreams"]), (&json!(78), &json!([])));

    folder.write("m.toml", SMALL);
    let (code, told) = json_of(&["check", "--format", "json", "m.toml"], &folder);
    assert_eq!(code, 78);
    let example = told["findings"].as_array().unwrap().iter().find(|f| f["code"] == "example");
    assert_eq!(
        example.unwrap()["diff"],
        json!([
            { "name": "login", "expected": "\"Ana\"", "found": "\"ana\"" },
            { "name": "job", "expected": null, "found": "\"Boss\"" },
        ])
    );
}

#[tokio::test]
async fn machines_hear_what_the_living_upstream_says() {
    let legacy = Legacy::start(Dialect::Odata).await;
    let setup = Sidecar::in_front_of(&legacy)
        .replacing("\"contactCell\"", "\"contactCel\"")
        .replacing("contactCell =", "contactCel =");
    let folder = setup.folder(&Authority::new(KeyKind::Ecdsa));
    let arguments = ["check", "--format", "json", "--config", "sidecar.toml", "--live"];
    let (folder, (code, told)) = tokio::task::spawn_blocking(move || {
        let told = json_of(&arguments, &folder);
        (folder, told)
    })
    .await
    .unwrap();
    let wrong = |told: &Json| -> Vec<Json> {
        let findings = told["findings"].as_array().unwrap().iter();
        findings.filter(|finding| finding["severity"] != "note").cloned().collect()
    };
    let findings = wrong(&told);
    assert_eq!((code, findings.len()), (78, 1), "{told:#}");
    assert_eq!(findings[0]["code"], "upstream");
    assert!(findings[0]["message"].as_str().unwrap().contains("`contactCel`"), "{told:#}");
    assert!(findings[0]["line"].is_u64() && findings[0]["file"] == "mappings/hr.toml");

    drop(legacy);
    let (code, told) =
        tokio::task::spawn_blocking(move || json_of(&arguments, &folder)).await.unwrap();
    assert_eq!((code, wrong(&told)), (1, Vec::new()), "{told:#}");
    assert_eq!(told["upstreams"][0]["state"], "closed");
    assert_eq!((&told["errors"], &told["exit"]), (&json!(1), &json!(1)));
}
