//! Client certificates and the real binary: what it logs, and what `check` says.
#![cfg(unix)]

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;

use rcgen::date_time_ymd;

use crate::scene::process::{Process, run};
use crate::scene::{Authority, Dialect, Folder, Issuer, KeyKind, Legacy, Sidecar, ana};

#[tokio::test]
async fn whoever_is_refused_is_logged_with_the_reason_and_without_the_token() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let issuer = Issuer::new("ours");
    let (ours, other, revoked) = (issuer.card(1), issuer.card(2), issuer.card(3));
    let bound = format!("certificates = \"{}\"", ours.fingerprint());
    let watching = "[log]\nfilter = \"info,scim_sidecar=debug\"\n[reload]\nwatch = \"100ms\"";
    let setup = Sidecar::in_front_of(&legacy)
        .asking(&issuer.pem(), Some(&issuer.list(&[&revoked], 3021)))
        .caller("entra", &bound)
        .tables(watching);
    let authority = Authority::new(KeyKind::Ecdsa);
    let folder = setup.folder(&authority);
    let mut process = Process::spawn(&["serve", "--config", "sidecar.toml"], &folder.path(""));
    let line = process.told("serving address=").await;
    let address: SocketAddr = line.split_whitespace().next().unwrap().parse().unwrap();
    let entra = setup.idp("entra", address, &authority);

    let expired = issuer.issue(4, |params| params.not_after = date_time_ymd(2021, 1, 1));
    let stranger = Issuer::new("theirs").card(1);
    for (card, reason) in [
        (None, "the client showed no certificate"),
        (Some(&stranger), "the client's certificate is of no authority that is trusted"),
        (Some(&expired), "the client's certificate has ended"),
        (Some(&revoked), "the client's certificate is revoked"),
    ] {
        let client = card.map_or_else(|| entra.clone(), |card| entra.clone().showing(card));
        assert!(client.try_send(client.request("GET", "/Users/7"), "").await.is_err());
        process.told(&format!("reason=\"{reason}\"")).await;
    }

    entra.clone().showing(&other).get("/Users/7").await.scim_error(401, "");
    let alert = process.told("a token came without its caller's certificate").await;
    let shown = format!("certificate={}", other.fingerprint());
    for field in ["project=\"hr\"", "caller=\"entra\"", "peer=127.0.0.1", &shown] {
        assert!(alert.contains(field), "{alert}");
    }
    entra.clone().showing(&ours).get("/Users/7").await.is(200);

    // Another list is another file that is looked at.
    folder.write("clients.crl", &issuer.list(&[&ours], 3021));
    process.told("changed=\"tls.client_crl\"").await;
    let client = entra.clone().showing(&ours);
    while client.clone().anew().try_send(client.request("GET", "/Users/7"), "").await.is_ok() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    process.signal("TERM");
    let ended = tokio::task::spawn_blocking(|| process.ended());
    let (code, _, err) = ended.await.unwrap();
    assert_eq!(code, 0, "{err}");
    assert!(!err.contains(entra.token()), "{err}");
}

#[tokio::test]
async fn each_mistake_is_told_on_its_line() {
    let legacy = Legacy::start(Dialect::Odata).await;
    let issuer = Issuer::new("ours");
    let (good, list) = (issuer.pem(), issuer.list(&[], 3021));
    let setup = Sidecar::in_front_of(&legacy).asking(&good, Some(&list));
    let folder = setup.folder(&Authority::new(KeyKind::Ecdsa));
    let check = |folder: &Folder| {
        let (code, out, _) = run(&["check", "--config", "sidecar.toml"], &folder.path(""));
        (code, out)
    };
    let (code, out) = check(&folder);
    assert!(code == 0 && out.contains("0 errors, 0 warnings"), "{out}");
    let client = issuer.card(1).certificate.clone();
    let (ended, of_others) = (issuer.list(&[], 2022), Issuer::new("theirs").list(&[], 3021));
    let (ca, crl) = ("client_ca = \"clients.crt\"", "client_crl = \"clients.crl\"");
    for (authorities, list, line, expected) in [
        ("", &*list, ca, "expected `-----BEGIN CERTIFICATE-----` in `clients.crt`, found none"),
        (&*client, &list, ca, "expected authorities in `clients.crt`, found at place 1 a cert"),
        (&good, "", crl, "expected `-----BEGIN X509 CRL-----` in `clients.crl`, found none"),
        (&good, &list[..60], crl, "in `clients.crl` an `-----END` for every `-----BEGIN`"),
        (&good, &of_others, crl, "in `clients.crl` a list of every authority in `clients.crt`"),
        (&good, &ended, crl, "was good until 2022-01-01T00:00:00Z: its clients are refused now"),
    ] {
        folder.write("clients.crt", authorities);
        folder.write("clients.crl", list);
        let (code, out) = check(&folder);
        assert_eq!(code, if list == ended { 0 } else { 78 }, "{out}");
        let place = out.find(&format!("| {line}")).unwrap_or_else(|| panic!("{line}: {out}"));
        assert!(out[place..].contains('^') && out.contains(expected), "{expected}: {out}");
    }
    folder.write("clients.crl", &list);
    for name in ["clients.crt", "clients.crl"] {
        let path = folder.path(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o664)).unwrap();
        let (code, out) = check(&folder);
        assert!(code == 78 && out.contains(name) && out.contains("chmod go-w"), "{out}");
        fs::remove_file(&path).unwrap();
        let (code, out) = check(&folder);
        assert!(code == 78 && out.contains("1 error,") && out.contains("cannot read the"), "{out}");
        folder.write(name, if name == "clients.crt" { &good } else { &list });
    }
    let text = fs::read_to_string(folder.path("sidecar.toml")).unwrap();
    let unasked = text.replace(ca, "").replace(crl, "").replacen(
        "profile = \"entra\"",
        &format!("profile = \"entra\"\ncertificates = \"{}\"", issuer.card(1).fingerprint()),
        1,
    );
    folder.write("sidecar.toml", &unasked);
    let (code, out) = check(&folder);
    assert!(code == 78 && out.contains("has no meaning without `tls.client_ca`"), "{out}");
    assert!(out.contains("| certificates = \"sha256:"), "{out}");
}
