//! The real binary: `serve`, `check`, `init`, `token`, and how each of them ends.
#![cfg(unix)]

use std::time::Duration;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use scim_sidecar::demo::certificate::Development;
use scim_sidecar::legacy::{Fault, Kind};
use scim_sidecar::secret::TokenHash;
use serde_json::json;

use crate::scene::process::{Process, run};
use crate::scene::{Authority, Dialect, Folder, KeyKind, Legacy, Sidecar, ana, patch, scim_person};

/// Where a process serves.
async fn address(process: &mut Process) -> std::net::SocketAddr {
    let line = process.told("serving address=").await;
    line.split_whitespace().next().unwrap().parse().unwrap()
}

const SERVE: [&str; 3] = ["serve", "--config", "sidecar.toml"];
const CHECK: [&str; 3] = ["check", "--config", "sidecar.toml"];

#[tokio::test]
async fn c120_serve_answers_drains_and_ends_well() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let setup = Sidecar::in_front_of(&legacy).tokens("strict", &["scim_demo_known-to-all"]);
    let authority = Authority::new(KeyKind::Ecdsa);
    let folder = setup.folder(&authority);
    let mut process = Process::spawn(&SERVE, &folder.path(""));
    let address = address(&mut process).await;
    let entra = setup.idp("entra", address, &authority);
    entra.find("userName eq \"ana@contoso.com\"").await.only();
    entra.post("/Users", scim_person("eva")).await.is(201);
    // A demonstration's token opens nothing.
    setup.idp("strict", address, &authority).get("/Users/7").await.scim_error(401, "");

    drop(legacy.take_calls());
    legacy.fault(Fault::once(Kind::Latency(Duration::from_millis(300))));
    let off = patch(json!({ "op": "replace", "path": "active", "value": false }));
    let writer = entra.clone();
    let write = tokio::spawn(async move { writer.patch("/Users/7", off).await });
    while legacy.calls().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    process.signal("TERM");
    process.told("draining").await;
    assert_eq!(write.await.unwrap().is(200)["active"], false);
    assert!(entra.try_send(entra.request("GET", "/Users/7"), "").await.is_err());
    let (code, out, err) = tokio::task::spawn_blocking(|| process.ended()).await.unwrap();
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    assert!(!err.contains('\u{1b}'), "no colours but on a terminal: {err}");
    assert!(err.contains("a person was written"), "the audit: {err}");
    for secret in [entra.token(), "eva@", "the-scenes-client-secret"] {
        assert!(!err.contains(secret), "`{secret}` in {err}");
    }
}

#[tokio::test]
async fn c122_a_broken_mapping_does_not_start_and_every_mistake_is_told_with_its_place() {
    let legacy = Legacy::start(Dialect::Odata).await;
    let setup = Sidecar::in_front_of(&legacy)
        .replacing("max_length = 20 ", "max_lenght = 20 ")
        .replacing("via       = \"ticks\"", "via       = \"tocks\"")
        .replacing("unique      = [\"userName\", \"domain\"]", "unique      = [\"userNam\"]");
    let folder = setup.folder(&Authority::new(KeyKind::Ecdsa));
    for arguments in [&SERVE[..], &CHECK[..], &["check", "mappings/hr.toml"]] {
        let (code, out, err) = run(arguments, &folder.path(""));
        assert_eq!(code, 78, "{out}{err}");
        let told = out + &err;
        for (line, key) in
            [("max_lenght = 20", "max_length"), ("\"tocks\"", "ticks"), ("\"userNam\"", "userName")]
        {
            let text = std::fs::read_to_string(folder.path("mappings/hr.toml")).unwrap();
            let number = text.lines().position(|text| text.contains(line)).unwrap() + 1;
            assert!(told.contains(&format!("hr.toml:{number}:")), "line {number} in {told}");
            assert!(told.contains(line) && told.contains(&format!("`{key}`")), "{key} in {told}");
        }
    }
    let broken = "format = 1\nlisten = \"here\"\n[tls]\ncertificate = 1\n";
    folder.write("sidecar.toml", broken);
    let (code, _, err) = run(&SERVE, &folder.path(""));
    assert_eq!(code, 78, "{err}");
    for found in ["sidecar.toml:2:", "`listen`", "`tls.certificate`", "`tls.key`", "`project`"] {
        assert!(err.contains(found), "`{found}` in {err}");
    }
    let (code, _, err) = run(&["serve", "--config", "nowhere.toml"], &folder.path(""));
    assert_eq!(code, 78);
    assert!(err.contains("nowhere.toml"), "{err}");
}

#[tokio::test]
async fn a_development_certificate_does_not_serve() {
    let legacy = Legacy::start(Dialect::Odata).await;
    let setup = Sidecar::in_front_of(&legacy);
    let authority = Authority::new(KeyKind::Ecdsa);
    let folder = setup.folder(&authority);
    let (code, out, _) = run(&CHECK, &folder.path(""));
    assert_eq!(code, 0, "{out}");
    let development = Development::generate().unwrap();
    folder.write("certs/sidecar.crt", &development.certificate);
    folder.private("certs/sidecar.key", development.key.expose());
    for arguments in [SERVE, CHECK] {
        let (code, out, err) = run(&arguments, &folder.path(""));
        assert_eq!(code, 78, "{out}{err}");
        assert!((out + &err).contains("that `demo` made"));
    }
}

#[tokio::test]
async fn a_certificate_that_clients_refuse_is_warned_of() {
    let legacy = Legacy::start(Dialect::Odata).await;
    let folder = Sidecar::in_front_of(&legacy).folder(&Authority::new(KeyKind::Ecdsa));
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let key = KeyPair::generate().unwrap();
    folder.private("certs/sidecar.key", &key.serialize_pem());
    for (from, until, expected) in [
        (2020, 2021, "the certificate was good until 2021-01-01T00:00:00Z, and clients refuse it"),
        (3020, 3021, "the certificate is good from 3020-01-01T00:00:00Z on"),
    ] {
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        folder.write("certs/sidecar.crt", &params.self_signed(&key).unwrap().pem());
        let (code, out, err) = run(&CHECK, &folder.path(""));
        assert_eq!(code, 0, "{out}{err}");
        assert!(out.contains("0 errors, 1 warning") && out.contains(expected), "{out}");
        assert!(out.contains("certificate = \"certs/sidecar.crt\""), "the line: {out}");
        let mut process = Process::spawn(&SERVE, &folder.path(""));
        process.told(expected).await;
    }
    // What cannot be used at all has a line and a caret as well.
    let other = KeyPair::generate().unwrap();
    folder.private("certs/sidecar.key", &other.serialize_pem());
    let (code, out, _) = run(&CHECK, &folder.path(""));
    assert!(code == 78 && out.contains("found another key"), "{out}");
    assert!(out.contains("certificate = \"certs/sidecar.crt\""), "the line: {out}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_a_failure_while_running() {
    let legacy = Legacy::start(Dialect::Odata).await;
    let folder = Sidecar::in_front_of(&legacy).folder(&Authority::new(KeyKind::Ecdsa));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let text = std::fs::read_to_string(folder.path("sidecar.toml")).unwrap();
    folder.write("sidecar.toml", &text.replacen("127.0.0.1:0", &address, 1));
    let (code, _, err) = run(&SERVE, &folder.path(""));
    assert_eq!(code, 1, "{err}");
    assert!(err.contains(&address), "{err}");
    assert!(!err.contains("a configuration was taken"), "{err}");
}

#[tokio::test]
async fn what_is_no_file_is_told_and_not_read() {
    let legacy = Legacy::start(Dialect::Odata).await;
    let folder = Sidecar::in_front_of(&legacy).folder(&Authority::new(KeyKind::Ecdsa));
    let text = std::fs::read_to_string(folder.path("sidecar.toml")).unwrap();
    for key in ["certificate", "key", "mapping", "client_secret"] {
        let named = |line: &&str| line.split('=').next().is_some_and(|name| name.trim() == key);
        let line = text.lines().find(named).unwrap();
        let value = if key == "client_secret" { "{ file = '/dev/null' }" } else { "'/dev/null'" };
        folder.write("sidecar.toml", &text.replacen(line, &format!("{key} = {value}"), 1));
        let (code, _, err) = run(&SERVE, &folder.path(""));
        assert_eq!(code, 78, "{key}: {err}");
        assert!(err.contains("expected a file, found a device"), "{key}: {err}");
    }
}

#[test]
fn a_token_comes_with_its_hash() {
    let folder = Folder::new();
    let (code, out, err) = run(&["token"], &folder.path(""));
    assert_eq!((code, err.as_str()), (0, ""));
    let line = |name: &str| out.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim();
    assert!(line("token:").starts_with("scim_"));
    assert_eq!(TokenHash::of(line("token:")).to_string(), line("hash:"));
    let (_, again, _) = run(&["token"], &folder.path(""));
    assert_ne!(out, again);
}

#[test]
fn what_init_writes_lacks_only_what_must_be_filled_in() {
    let folder = Folder::new();
    let (code, out, err) = run(&["init", "new"], &folder.path(""));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let new = folder.path("new");
    let (code, out, _) = run(&CHECK, &new);
    assert_eq!(code, 78, "{out}");
    for missing in ["certs/sidecar.crt", "certs/sidecar.key", "secrets/upstream-client-secret"] {
        assert_eq!(out.matches(missing).count(), 2, "told once, in words and in the line: {out}");
    }
    assert!(out.ends_with("3 errors, 1 warning\n"), "{out}");

    let (code, _, err) = run(&["init", "new"], &folder.path(""));
    assert_eq!(code, 1);
    assert!(err.contains("nothing was written"), "{err}");

    let authority = Authority::new(KeyKind::Rsa);
    folder.write("new/certs/sidecar.crt", &authority.certificate);
    folder.private("new/certs/sidecar.key", &authority.key);
    folder.private("new/secrets/upstream-client-secret", "secret");
    let (code, out, _) = run(&CHECK, &new);
    assert_eq!(code, 0, "{out}");
    assert!(out.ends_with("0 errors, 1 warning\n"), "{out}");
    assert!(out.contains("note: some filters are refused"), "notes are neither: {out}");
}

#[test]
fn a_wrong_command_line_ends_with_64() {
    let folder = Folder::new();
    for wrong in [
        &["sevre"][..],
        &[],
        &["serve"],
        &["check"],
        &["serve", "--confg", "x"],
        &["demo", "--listen", "x"],
        &["transforms", "tiem"],
    ] {
        let (code, out, err) = run(wrong, &folder.path(""));
        assert_eq!(code, 64, "{wrong:?}: {out}{err}");
        assert!(out.is_empty() && !err.is_empty(), "{wrong:?}");
    }
    for right in [
        &["--help"][..],
        &["--version"],
        &["demo", "--help"],
        &["transforms"],
        &["transforms", "time"],
    ] {
        let (code, out, err) = run(right, &folder.path(""));
        assert_eq!(code, 0, "{right:?}: {err}");
        assert!(!out.is_empty());
    }
}
