//! Reloading while requests are served: lines 005, 025 and 120, and what survives.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use http::Request;
use scim_sidecar::legacy::{Fault, Kind};
use scim_sidecar::secret::TokenHash;
use serde_json::{Value as Json, json};

use crate::scene::{
    Authority, BASE, Client, Dialect, KeyKind, Legacy, Setup, Sidecar, ana, ask, bo, on_all, patch,
};

on_all! {
    c025_schemas_show_a_changed_mapping_after_a_reload,
    c025_a_broken_mapping_is_told_and_the_one_before_stays_in_force,
    what_did_not_change_is_kept,
}

const NICK_NAME: &str =
    "[[attribute]]\nscim = \"nickName\"\nfield = \"contactMessenger\"\nmax_length = 100";

/// What the admin port answers: its status, and what it tells.
async fn health(address: SocketAddr, path: &str) -> (u16, Json) {
    let told = ask(address, "GET", path).await;
    (told.status, told.json())
}

/// What the admin port answers when all is well.
async fn admin(address: SocketAddr, path: &str) -> Json {
    let (status, told) = health(address, path).await;
    assert_eq!(status, 200, "{told}");
    told
}

async fn advertises(idp: &Client, name: &str) -> bool {
    let schemas = idp.get("/Schemas").await;
    schemas.is(200);
    schemas.text.contains(&format!("\"name\":\"{name}\""))
}

async fn c025_schemas_show_a_changed_mapping_after_a_reload(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let mut sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    assert!(!advertises(&idp, "nickName").await);
    let load = sidecar.reload(|setup| setup.appending(NICK_NAME)).await;
    assert!(load.taken, "{load:?}");
    assert_eq!(load.added, ["project[hr].mapping.attribute[nickName]"]);
    assert_eq!((&load.changed, &load.removed), (&Vec::new(), &Vec::new()));
    assert_ne!(load.before, load.hash);
    assert!(advertises(&idp, "nickName").await, "the connection is the same, the request is not");
    let change = patch(json!({ "op": "add", "path": "nickName", "value": "Anita" }));
    assert_eq!(idp.patch("/Users/7", change).await.is(200)["nickName"], "Anita");
    assert_eq!(legacy.person(7)["contactMessenger"], "Anita");

    let load = sidecar
        .reload(|setup| {
            setup.replacing(NICK_NAME, "").replacing("max_length = 100", "max_length = 99")
        })
        .await;
    assert_eq!(load.removed, ["project[hr].mapping.attribute[nickName]"]);
    assert!(!load.changed.is_empty(), "{load:?}");
    assert!(!advertises(&idp, "nickName").await);
}

async fn c025_a_broken_mapping_is_told_and_the_one_before_stays_in_force(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let mut sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let broken = NICK_NAME.replace("max_length", "max_lenght");
    let load = sidecar.reload(|setup| setup.appending(&broken)).await;
    assert!(!load.taken);
    assert_eq!(load.added, ["project[hr].mapping.attribute[nickName]"], "what was wished is told");
    assert!(!advertises(&idp, "nickName").await);
    idp.get("/Users/7").await.is(200);

    let told = admin(sidecar.admin(), "/reload").await;
    assert_eq!(told["in_force"]["hash"], load.before);
    assert_eq!(told["last"]["outcome"], "refused");
    assert_eq!(told["last"]["hash"], load.hash);
    let finding = &told["last"]["findings"][0];
    assert_eq!(finding["severity"], "error");
    let text = std::fs::read_to_string(sidecar.file("mappings/hr.toml")).unwrap();
    let line = text.lines().position(|line| line.starts_with("max_lenght")).unwrap() + 1;
    let place = finding["place"].as_str().unwrap();
    assert!(place.ends_with(&format!("mappings/hr.toml:{line}:1")), "{finding}");
    assert!(finding["help"].as_str().unwrap().contains("`max_length`"), "{finding}");
    let hash = TokenHash::of(idp.token()).to_string();
    let hash = hash.trim_start_matches("sha256:");
    let file = std::fs::read_to_string(sidecar.file("sidecar.toml")).unwrap();
    assert!(file.contains(hash), "the file that was read holds it");
    assert!(!told.to_string().contains(hash), "a token's hash is told: {told}");

    // Nor does one that is no TOML, nor a server file that is none.
    assert!(!sidecar.reload(|setup| setup.appending("[[")).await.taken);
    let load = sidecar.reload(|setup| setup.replacing("[[\n", "").tables("[lods]")).await;
    assert!(!load.taken && load.findings[0].message.contains("lods"), "{load:?}");
    idp.get("/Users/7").await.is(200);
    let mended = |setup: Setup| setup.untabled().replacing("max_lenght", "max_length");
    assert!(sidecar.reload(mended).await.taken);
    assert!(advertises(&idp, "nickName").await);
    assert_eq!(admin(sidecar.admin(), "/reload").await["last"]["outcome"], "taken");
}

#[tokio::test]
async fn c005_a_revoked_token_opens_nothing_right_after_a_reload() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let [old, new] = ["an-old-token-of-thirty-two-letters", "a-new-token-of-thirty-two-letters"];
    let mut sidecar = Sidecar::in_front_of(&legacy).tokens("entra", &[old]).start().await;
    // One connection each, open all the time.
    let idp = sidecar.idp("entra");
    let over_http1 = idp.clone().over_http1();
    let both =
        |token: &'static str| [idp.clone().with_token(token), over_http1.clone().with_token(token)];
    for client in both(old) {
        client.get("/Users/7").await.is(200);
    }
    let load = sidecar.reload(|setup| setup.tokens("entra", &[old, new])).await;
    assert_eq!(load.changed, ["project[hr].caller[entra].tokens"]);
    for client in both(old).into_iter().chain(both(new)) {
        client.get("/Users/7").await.is(200);
    }
    assert!(sidecar.reload(|setup| setup.tokens("entra", &[new])).await.taken);
    for client in both(old) {
        client.get("/Users/7").await.scim_error(401, "");
    }
    for client in both(new) {
        client.get("/Users/7").await.is(200);
    }
    let secrets = [old, new];
    let told = admin(sidecar.admin(), "/reload").await.to_string();
    assert!(secrets.iter().all(|secret| !told.contains(secret)), "{told}");
}

#[tokio::test]
async fn a_request_keeps_the_generation_that_it_began_with() {
    let mut row = ana();
    row["contactCell"] = "+57 300".into();
    let legacy = Legacy::start(Dialect::Odata).with_user(row).await;
    let mut sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let before = idp.get("/Users/7").await.is(200).clone();
    assert!(before["phoneNumbers"].is_array(), "{before}");
    drop(legacy.take_calls());
    legacy.fault(Fault::once(Kind::Latency(Duration::from_secs(600))).under("/odata"));
    let slow = {
        let idp = idp.clone();
        tokio::spawn(async move { idp.get("/Users/7").await })
    };
    while legacy.calls().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let load = sidecar.reload(|setup| setup.leaving_out(&["phoneNumbers", "[[example]]"])).await;
    assert!(load.taken && load.removed[0].contains("phoneNumbers"), "{load:?}");
    assert!(!slow.is_finished());
    let after = idp.get("/Users/7").await;
    assert!(after.is(200).get("phoneNumbers").is_none(), "{after}");
    legacy.clear_faults();
    assert_eq!(*slow.await.unwrap().is(200), before);
}

#[tokio::test]
async fn no_request_is_lost_while_mapping_and_certificate_are_swapped() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).with_user(bo()).await;
    let fast = "rate = 100000\nburst = 100000";
    let mut sidecar = Sidecar::in_front_of(&legacy).caller("entra", fast).start().await;
    let authorities = [Authority::new(KeyKind::Ecdsa), Authority::new(KeyKind::Rsa)];
    let mut roots = sidecar.authority().roots();
    authorities.iter().for_each(|authority| roots.extend(authority.roots().roots));
    let client = sidecar.idp("entra").trusting(roots);
    let clients = [client.clone(), client.clone().over_http1()];
    let (done, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let mut traffic = tokio::task::JoinSet::new();
    for client in &clients {
        let client = client.clone();
        let (done, served) = (Arc::clone(&done), Arc::clone(&served));
        traffic.spawn(async move {
            while !done.load(Ordering::Relaxed) {
                client.get("/Users/7").await.is(200);
                client.find("userName eq \"ana@contoso.com\"").await.only();
                // New connections meet whichever certificate is in force.
                client.clone().anew().get("/Schemas").await.is(200);
                served.fetch_add(3, Ordering::Relaxed);
            }
        });
    }
    let mut hashes = Vec::new();
    let more = [NICK_NAME, "[[attribute]]\nscim = \"timezone\"\nfield = \"skypeName\""];
    for (more, authority) in more.into_iter().zip(authorities) {
        let before = served.load(Ordering::Relaxed);
        sidecar.certify(authority);
        let load = sidecar.reload(|setup| setup.appending(more)).await;
        assert!(load.taken, "{load:?}");
        assert!(load.changed.contains(&"tls.certificate".to_owned()), "{load:?}");
        assert!(load.changed.contains(&"tls.key".to_owned()), "{load:?}");
        hashes.push(load.hash.clone());
        while served.load(Ordering::Relaxed) < before + 12 {
            assert_eq!(traffic.len(), 2, "a client gave up");
            if let Some(ended) = traffic.try_join_next() {
                ended.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    done.store(true, Ordering::Relaxed);
    traffic.join_all().await;
    assert_ne!(hashes[0], hashes[1]);
    // Who trusts the newest authority alone gets in, and who trusts the first alone does not.
    sidecar.idp("entra").get("/Users/7").await.is(200);
    let old = client.trusting(Authority::new(KeyKind::Ecdsa).roots());
    assert!(old.try_send(old.request("GET", "/Users/7"), "").await.is_err());
    assert!(advertises(&clients[0], "timezone").await);
    sidecar.stop().await;
}

async fn what_did_not_change_is_kept(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    // Far more at once than come again while this runs.
    let pace = "rate = 1\nburst = 60\nqueue = \"0s\"";
    let limits = "failure_rate = 1\nfailure_burst = 60";
    let mut sidecar =
        Sidecar::in_front_of(&legacy).caller("okta", pace).limits(limits).start().await;
    let entra = sidecar.idp("entra");
    entra.get("/Users/7").await.is(200);
    let tokens = legacy.token_calls();
    let okta = sidecar.idp("okta");
    while okta.get("/Users/7").await.status.as_u16() == 200 {}
    while entra.with_token_of_nobody().get("/Users/7").await.status.as_u16() == 401 {}

    let load = sidecar.reload(|setup| setup.appending(NICK_NAME)).await;
    assert!(load.taken, "{load:?}");
    for (client, lets_in) in [(okta.clone(), 200), (entra.with_token_of_nobody(), 401)] {
        let mut more = 0;
        let refused = loop {
            let answer = client.get("/Users/7").await;
            if answer.status.as_u16() != lets_in {
                break answer;
            }
            more += 1;
        };
        refused.scim_error(429, "");
        assert!(more < 30, "as if nobody had come before: {more} more");
    }
    entra.get("/Users/7").await.is(200);
    assert_eq!(legacy.token_calls(), tokens, "the upstream's token is still good");
    assert_eq!(admin(sidecar.admin(), "/ready").await["projects"][0]["upstream"], "reachable");

    // Another pace is another limit, another upstream another client.
    let load = sidecar
        .reload(|setup| {
            setup.caller_anew("okta", "burst = 3\nrate = 2").upstream("connect_timeout = \"4s\"")
        })
        .await;
    assert!(load.taken, "{load:?}");
    okta.get("/Users/7").await.is(200);
    assert_eq!(legacy.token_calls(), tokens + 1);
}

#[tokio::test]
async fn a_secret_that_is_replaced_comes_into_force_and_is_never_told() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let mut sidecar = Sidecar::in_front_of(&legacy).start().await;
    sidecar.idp("entra").get("/Users/7").await.is(200);
    let tokens = legacy.token_calls();
    let load = sidecar.reload(|setup| setup).await;
    assert!(load.taken && load.before == load.hash, "the same again is taken again: {load:?}");
    sidecar.secret("another-secret");
    let load = sidecar.reload_as_it_is().await;
    assert_eq!(load.changed, ["project[hr].upstream.auth.client_secret"]);
    assert_eq!(load.before, load.hash, "a hash of a secret would be a way to guess it");
    sidecar.idp("entra").get("/Users/7").await.scim_error(502, "");
    assert_eq!(legacy.token_calls(), tokens + 1);
    let told = admin(sidecar.admin(), "/reload").await;
    let files: Vec<_> = told["in_force"]["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["path"].as_str().unwrap())
        .collect();
    assert_eq!(files.len(), 3, "{files:?}");
    assert!(files.iter().all(|file| !file.contains("secret") && !file.ends_with(".key")));
}

#[tokio::test]
async fn what_needs_a_restart_is_said_and_the_rest_is_taken() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let mut sidecar = Sidecar::in_front_of(&legacy).start().await;
    let load = sidecar
        .reload(|setup| {
            let limits = "connections = 5\nbody_bytes = 1024\nconcurrent_requests = 1";
            setup.listening("127.0.0.1:1").limits(limits).appending(NICK_NAME)
        })
        .await;
    assert!(load.taken);
    assert_eq!(load.restart, ["listen", "limits.connections"]);
    let idp = sidecar.idp("entra");
    assert!(advertises(&idp, "nickName").await);
    let mut large = crate::scene::scim_person("eva");
    large["nickName"] = "x".repeat(2000).into();
    idp.post("/Users", &large).await.scim_error(413, "");
    // It is still said as long as it is so, and another project comes and goes without it.
    let load = sidecar.reload(|setup| setup.and("sales", "/sales/scim", &legacy)).await;
    assert_eq!(load.restart, ["listen", "limits.connections"]);
    assert_eq!(load.added, ["project[sales]"]);
    sidecar.idp_of("sales", "entra").get("/Users/7").await.is(200);
    let elsewhere = Request::get(idp.base().replace(BASE, "/sales/scim/Users"));
    idp.send(elsewhere.header("authorization", format!("Bearer {}", idp.token())), "")
        .await
        .scim_error(401, "");
}

#[tokio::test]
async fn c120_health_is_told_to_the_end_of_a_drain() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let setup = Sidecar::in_front_of(&legacy).patient().upstream("deadline = \"10m\"");
    let sidecar = setup.start().await;
    let entra = sidecar.idp("entra");
    entra.get("/Users/7").await.is(200);
    let port = sidecar.admin();
    assert_eq!(health(port, "/ready").await.0, 200);

    drop(legacy.take_calls());
    legacy.fault(Fault::once(Kind::Latency(Duration::from_secs(600))));
    let reader = tokio::spawn(async move { entra.get("/Users/7").await });
    while legacy.calls().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    sidecar.drain();
    let (status, told) = health(port, "/ready").await;
    assert_eq!((status, &told["status"]), (503, &json!("draining")));
    assert_eq!(health(port, "/live").await.0, 200, "who is killed now loses the request");
    legacy.clear_faults();
    reader.await.unwrap().is(200);
    sidecar.stop().await;
}
