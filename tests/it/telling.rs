//! What the admin port counts, and what it tells of the last requests.

use std::collections::BTreeSet;
use std::time::Duration;

use http::Request;
use scim_sidecar::legacy::{Fault, Kind};
use serde_json::{Value as Json, json};
use tokio::io::AsyncWriteExt;

use crate::scene::{
    Authority, Dialect, KeyKind, Legacy, Sidecar, ana, anchored, ask, on_all, patch, person,
    replace, scim_person,
};

on_all! {
    every_request_is_counted_once,
    the_last_requests_are_told_with_their_calls,
    nothing_of_a_person_is_told,
    what_was_counted_survives_a_reload,
    an_outage_is_seen,
    what_an_operator_must_look_at_is_counted,
}

fn column<'j>(requests: &'j [Json], name: &str) -> Vec<&'j Json> {
    requests.iter().map(|request| &request[name]).collect()
}

async fn every_request_is_counted_once(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).rights("ping", &["read"]).start().await;
    let idp = sidecar.idp("entra");
    for _ in 0..3 {
        idp.get("/Users/7").await.is(200);
    }
    idp.get("/Users/4711").await.is(404);
    idp.find("userName eq \"ana@contoso.com\"").await.only();
    let search = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
    idp.post("/Users/.search", json!({ "schemas": [search] })).await.is(200);
    let id = idp.post("/Users", scim_person("eva")).await.is(201)["id"].clone();
    idp.post("/Users", scim_person("eva")).await.scim_error(409, "uniqueness");
    let path = format!("/Users/{}", id.as_str().unwrap());
    idp.patch(&path, replace("active", false)).await.is(200);
    idp.patch(&path, "no JSON").await.is(400);
    idp.put(&path, scim_person("eva")).await.is(200);
    idp.get("/Schemas").await.is(200);
    idp.get("/Users/7/too/deep").await.is(404);
    idp.delete("/Users").await.is(405);
    sidecar.idp("okta").get("/Users/7").await.is(200);
    sidecar.idp("ping").post("/Users", scim_person("bo")).await.is(403);
    idp.clone().with_token("scim_guess").get("/Users/7").await.is(401);
    idp.clone().without_token().get("/Users/7").await.is(401);

    let metrics = sidecar.metrics().await;
    let mut expected = BTreeSet::new();
    for (caller, operation, status, count) in [
        ("entra", "read", 200, 3),
        ("entra", "read", 404, 1),
        ("entra", "search", 200, 2),
        ("entra", "create", 201, 1),
        ("entra", "create", 409, 1),
        ("entra", "patch", 200, 1),
        ("entra", "patch", 400, 1),
        ("entra", "replace", 200, 1),
        ("entra", "discovery", 200, 1),
        ("entra", "other", 404, 1),
        ("entra", "other", 405, 1),
        ("okta", "read", 200, 1),
        ("ping", "create", 403, 1),
        ("", "other", 401, 2),
    ] {
        let labels = format!(
            "project=\"hr\",caller=\"{caller}\",operation=\"{operation}\",status=\"{status}\""
        );
        let name = format!("requests_total{{{labels}}}");
        assert_eq!(metrics.count(&name), count, "{name} in\n{}", metrics.text);
        expected.insert(format!("scim_sidecar_{name}"));
    }
    let found = metrics.samples().filter(|sample| sample.contains("_requests_total"));
    assert_eq!(found.map(str::to_owned).collect::<BTreeSet<_>>(), expected);
    let all = metrics.sum("requests_total", &[]);
    assert_eq!(metrics.sum("request_duration_seconds_count", &[]), all);
    for (cause, count) in
        [("bad_token", 1), ("missing_token", 1), ("missing_right", 1), ("rate_limited", 0)]
    {
        let name = format!("refusals_total{{project=\"hr\",cause=\"{cause}\"}}");
        assert_eq!(metrics.count(&name), count, "{name}");
    }
    // Every call of the server behind, and none that was not.
    let calls = metrics.sum("upstream_calls_total", &["project=\"hr\""]);
    assert_eq!(format!("{calls}"), legacy.calls().len().to_string(), "{}", metrics.text);
    assert_eq!(metrics.sum("upstream_call_duration_seconds_count", &[]), calls);
    assert!(metrics.sum("upstream_calls_total", &["call=\"create\"", "outcome=\"done\""]) > 0.0);
    let state =
        |state: &str| metrics.count(&format!("upstream_state{{project=\"hr\",state=\"{state}\"}}"));
    assert_eq!((state("reachable"), state("unknown")), (1, 0));
    assert!(metrics.sum("lookups_total", &["sought=\"people\"", "result=\"miss\""]) >= 1.0);
}

async fn the_last_requests_are_told_with_their_calls(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let read = idp.get("/Users/7").await;
    legacy.take_actions();
    let change = idp.patch("/Users/7", replace("active", false)).await;
    change.is(200);
    let actions = legacy.take_actions();
    idp.patch("/Users/7", "no JSON").await.scim_error(400, "invalidSyntax");
    let stranger = idp.clone().with_token("scim_guess").get("/Users/7").await;

    let requests = sidecar.traffic("").await;
    assert_eq!(column(&requests, "operation"), ["other", "patch", "patch", "read"]);
    let refused = &requests[0];
    assert_eq!(refused["request_id"], stranger.header("x-request-id"));
    assert_eq!((&refused["project"], &refused["caller"]), (&json!("hr"), &Json::Null));
    assert_eq!((&refused["status"], &refused["refused"]), (&json!(401), &json!("bad_token")));
    assert_eq!(requests[1]["scim_type"], "invalidSyntax");
    assert_eq!(requests[1]["upstream"], json!([]));
    let patched = &requests[2];
    assert_eq!(patched["request_id"], change.header("x-request-id"));
    assert_eq!(patched["caller"], "entra");
    assert_eq!((&patched["method"], &patched["status"]), (&json!("PATCH"), &json!(200)));
    let steps = patched["upstream"].as_array().unwrap();
    assert_eq!(steps.len(), actions.len(), "{patched}");
    assert_eq!(steps[0]["call"], "read");
    assert!(steps.iter().any(|step| step["call"] == "update"), "{patched}");
    assert!(steps.iter().all(|step| step["outcome"] == "done"), "{patched}");
    assert!(steps.iter().all(|step| step["status"].as_u64().unwrap() / 100 == 2), "{patched}");
    assert_eq!(requests[3]["request_id"], read.header("x-request-id"));
    assert_eq!(requests[3]["scim_type"], Json::Null);

    let narrowed = sidecar.traffic("?project=hr&status=4xx").await;
    assert_eq!(narrowed[0], *refused);
    assert!(narrowed.iter().all(|request| request["status"].as_u64().unwrap() / 100 == 4));
    assert_eq!(sidecar.traffic("?status=200").await[0], *patched);
    let other = ask(sidecar.admin(), "GET", "/traffic?project=sales").await;
    assert_eq!(
        (other.status, &other.json()["error"]),
        (400, &json!("expected the project `hr`, found `sales`"))
    );
}

/// Every member of a request, and of a call: there is no room for anything of a person.
const MEMBERS: [&[&str]; 2] = [
    &[
        "at",
        "caller",
        "method",
        "milliseconds",
        "operation",
        "project",
        "refused",
        "request_id",
        "scim_type",
        "status",
        "upstream",
        "upstream_not_shown",
    ],
    &["call", "milliseconds", "outcome", "status"],
];

async fn nothing_of_a_person_is_told(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(person(7, "zuleika")).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    idp.get("/Users/7").await.is(200);
    idp.find("userName eq \"zuleika@contoso.com\"").await.only();
    idp.find("emails.value co \"zuleika\"").await;
    idp.post("/Users", scim_person("yolanthe")).await.is(201);
    idp.post("/Users", scim_person("yolanthe")).await.is(409);
    idp.patch("/Users/7", replace("displayName", "Zuleika the Great")).await.is(200);
    idp.get("/Users/xanthippe").await.is(404);
    idp.get("/Xanthippe").await.is(404);
    let invented = idp.request("XANTHIPPE", "/Users/7");
    idp.send(invented, "").await.is(405);
    idp.clone().with_token("scim_xanthippe").get("/Users/7").await.is(401);
    let metrics = sidecar.metrics().await.text;
    let traffic = ask(sidecar.admin(), "GET", "/traffic").await;
    let told = format!("{metrics}{}", traffic.text).to_lowercase();
    let token = idp.token().to_lowercase();
    for word in [
        "zuleika",
        "yolanthe",
        "xanthippe",
        "contoso",
        "object-of",
        "diaz",
        "great",
        "displayname",
        "username",
        "/users",
        "127.0.0.1",
        &token,
    ] {
        assert!(!told.contains(word), "`{word}` in {told}");
    }
    for request in traffic.json()["requests"].as_array().unwrap() {
        let members = |json: &Json| json.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(members(request), MEMBERS[0], "{request}");
        for step in request["upstream"].as_array().unwrap() {
            assert_eq!(members(step), MEMBERS[1], "{request}");
        }
    }
}

/// People read, bad tokens, reloads taken and refused, and whether the last one was taken.
async fn counted(sidecar: &Sidecar) -> [u64; 5] {
    let metrics = sidecar.metrics().await;
    let read = "project=\"hr\",caller=\"entra\",operation=\"read\",status=\"200\"";
    [
        metrics.count(&format!("requests_total{{{read}}}")),
        metrics.count("refusals_total{project=\"hr\",cause=\"bad_token\"}"),
        metrics.count("configuration_reloads_total{outcome=\"taken\"}"),
        metrics.count("configuration_reloads_total{outcome=\"refused\"}"),
        metrics.count("configuration_last_load_successful"),
    ]
}

async fn what_was_counted_survives_a_reload(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let mut sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    idp.get("/Users/7").await.is(200);
    idp.clone().with_token("scim_guess").get("/Users/7").await.is(401);
    assert_eq!(counted(&sidecar).await, [1, 1, 0, 0, 1]);
    let calls = sidecar.metrics().await.sum("upstream_calls_total", &[]);
    // Another mapping and another pace: the look-ups and the limit begin anew, the counts do not.
    let changed = "[[attribute]]\nscim = \"nickName\"\nfield = \"contactMessenger\"";
    let pace = "rate = 50\nburst = 60";
    let load = sidecar.reload(|setup| setup.appending(changed).caller("entra", pace)).await;
    assert!(load.taken, "{load:?}");
    assert_eq!(counted(&sidecar).await, [1, 1, 1, 0, 1]);
    assert_eq!(sidecar.metrics().await.sum("upstream_calls_total", &[]), calls);
    assert_eq!(sidecar.traffic("").await.len(), 2);
    idp.get("/Users/7").await.is(200);
    assert_eq!(counted(&sidecar).await, [2, 1, 1, 0, 1]);
    assert!(!sidecar.reload(|setup| setup.appending("[[")).await.taken);
    assert_eq!(counted(&sidecar).await, [2, 1, 1, 1, 0]);
    assert_eq!(sidecar.traffic("").await.len(), 3);
}

async fn an_outage_is_seen(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    idp.get("/Users/7").await.is(200);
    // With a time to wait, so that it is not asked twice.
    let wait = Kind::Status { code: 503, retry_after: Some(7), body: String::new() };
    legacy.fault(Fault::always(wait).under("/odata"));
    idp.get("/Users/7").await.is(503);
    legacy.clear_faults();
    let metrics = sidecar.metrics().await;
    let read = &metrics.sum("upstream_calls_total", &["outcome=\"unavailable\""]);
    assert_eq!(*read, 1.0, "{}", metrics.text);
    assert_eq!(metrics.count("upstream_state{project=\"hr\",state=\"unavailable\"}"), 1);
    let refused = &sidecar.traffic("?status=5xx").await[0];
    assert_eq!(refused["upstream"][0]["outcome"], "unavailable");
    assert_eq!(refused["upstream"][0]["status"], 503);
    legacy.kill().await;
    idp.get("/Users/7").await.is(503);
    let step = &sidecar.traffic("").await[0]["upstream"][0];
    assert_eq!(step["status"], Json::Null);
    assert!(["unreachable", "lost"].contains(&step["outcome"].as_str().unwrap()), "{step}");
    assert_eq!(
        sidecar.metrics().await.count("upstream_state{project=\"hr\",state=\"reachable\"}"),
        0
    );
}

async fn what_an_operator_must_look_at_is_counted(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(anchored(ana(), "object-1")).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let alerts = |alert: &str| format!("alerts_total{{project=\"hr\",alert=\"{alert}\"}}");
    let before = sidecar.metrics().await;
    for alert in ["credential", "anchor_conflict", "protected"] {
        assert_eq!(before.count(&alerts(alert)), 0, "there before the first one");
    }
    let theirs = patch(json!({ "op": "replace", "path": "externalId", "value": "object-2" }));
    sidecar.idp("entra").patch("/Users/7", theirs).await.scim_error(400, "mutability");
    // A wrong type of an optional attribute does not keep anybody enabled.
    let off = patch(json!([
        { "op": "replace", "path": "active", "value": false },
        { "op": "replace", "path": "displayName", "value": { "a": 1 } },
    ]));
    sidecar.idp("entra").patch("/Users/7", off).await.is(200);
    let after = sidecar.metrics().await;
    assert_eq!(after.count(&alerts("anchor_conflict")), 1);
    assert_eq!(after.count(&alerts("protected")), 0);
    assert_eq!(after.count("left_out_attributes_total{project=\"hr\"}"), 1);
    assert_eq!(after.count("dangling_references_total{project=\"hr\"}"), 0);
}

#[tokio::test]
async fn a_caller_keeps_its_last_requests_whatever_strangers_do() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let pace = "rate = 100000\nburst = 100000";
    let sidecar = Sidecar::in_front_of(&legacy).caller("entra", pace).start().await;
    let idp = sidecar.idp("entra");
    let first = idp.get("/Schemas").await;
    let oldest = idp.get("/ServiceProviderConfig").await;
    for _ in 0..255 {
        idp.get("/ServiceProviderConfig").await.is(200);
    }
    let (bad, none) = (idp.clone().with_token("scim_guess"), idp.clone().without_token());
    for _ in 0..150 {
        bad.get("/Users/7").await;
        none.get("/Users/7").await.is(401);
    }
    let requests = sidecar.traffic("").await;
    let of = |caller: Json| requests.iter().filter(move |request| request["caller"] == caller);
    assert_eq!((of(json!("entra")).count(), of(Json::Null).count()), (256, 256));
    let ids = column(&requests, "request_id");
    assert!(!ids.contains(&&json!(first.header("x-request-id"))));
    assert_eq!(**ids.last().unwrap(), json!(oldest.header("x-request-id")));
    let metrics = sidecar.metrics().await;
    assert_eq!(metrics.sum("requests_total", &["caller=\"entra\""]), 257.0);
    assert_eq!(metrics.sum("requests_total", &["caller=\"\""]), 300.0);
}

#[tokio::test]
async fn a_client_that_went_away_is_told() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    legacy.fault(Fault::always(Kind::Latency(Duration::from_secs(600))).under("/odata"));
    let impatient = tokio::spawn(async move { idp.get("/Users/7").await });
    while legacy.calls().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    impatient.abort();
    // Nobody is told when the other side has seen it.
    while sidecar.traffic("").await.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let request = &sidecar.traffic("").await[0];
    assert_eq!((&request["operation"], &request["status"]), (&json!("read"), &Json::Null));
    assert_eq!(request["upstream"][0]["outcome"], "abandoned");
    let metrics = sidecar.metrics().await;
    assert_eq!(metrics.sum("requests_total", &["status=\"abandoned\""]), 1.0);
    assert_eq!(metrics.sum("upstream_calls_total", &["outcome=\"abandoned\""]), 1.0);
    legacy.clear_faults();
}

#[tokio::test]
async fn projects_are_counted_apart_and_what_is_under_none_too() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).and("sales", "/sales/scim", &legacy);
    let sidecar = sidecar.start().await;
    sidecar.idp_of("sales", "entra").get("/Users/7").await.is(200);
    let outside = Request::builder().uri(format!("https://{}/elsewhere", sidecar.address()));
    sidecar.idp("entra").send(outside, "").await.is(404);
    let metrics = sidecar.metrics().await;
    assert_eq!(metrics.sum("requests_total", &["project=\"sales\"", "caller=\"entra\""]), 1.0);
    assert_eq!(metrics.sum("requests_total", &["project=\"hr\""]), 0.0);
    assert_eq!(metrics.sum("requests_total", &["project=\"\"", "status=\"404\""]), 1.0);
    assert_eq!(metrics.count("refusals_total{project=\"\",cause=\"no_such_path\"}"), 1);
    let requests = sidecar.traffic("").await;
    assert_eq!(column(&requests, "project"), [&Json::Null, &json!("sales")]);
    assert_eq!(sidecar.traffic("?project=sales").await, requests[1..]);
}

#[tokio::test]
async fn connections_and_the_certificate_are_told() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let mut sidecar = Sidecar::in_front_of(&legacy).start().await;
    let expiry = "certificate_expiry_timestamp_seconds";
    // What the scenes' certificates say, who have no end.
    assert!(sidecar.metrics().await.count(expiry) > 4_000_000_000);
    let seams = scim_sidecar::seam::real::seams();
    let mut stranger =
        seams.connector.connect("127.0.0.1", sidecar.address().port()).await.unwrap();
    stranger.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    // Nobody is told when a handshake has failed.
    while sidecar.metrics().await.count("handshake_failures_total{cause=\"tls\"}") == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let idp = sidecar.idp("entra");
    idp.get("/Users/7").await.is(200);
    while sidecar.metrics().await.count("connections_open") != 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let metrics = sidecar.metrics().await;
    assert_eq!(metrics.count("connections_total"), 2);
    assert_eq!(metrics.count("handshake_failures_total{cause=\"timed_out\"}"), 0);
    assert_eq!(metrics.count("build_info{version=\"0.1.0\"}"), 1);

    sidecar.certify(Authority::until(KeyKind::Ecdsa, 2050));
    assert!(sidecar.reload(|setup| setup).await.taken);
    assert_eq!(sidecar.metrics().await.count(expiry), 2_524_608_000);
}

#[tokio::test]
async fn the_admin_port_is_asked_with_get_and_says_what_there_is() {
    let legacy = Legacy::start(Dialect::Odata).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let address = sidecar.admin();
    for path in ["/metrics", "/traffic"] {
        assert_eq!(ask(address, "HEAD", path).await.status, 200);
        for method in ["POST", "PUT", "DELETE"] {
            assert_eq!(ask(address, method, path).await.status, 405, "{method}");
        }
        let nowhere = ask(address, "GET", "/nowhere").await;
        assert!(nowhere.status == 404 && nowhere.text.contains(path), "{}", nowhere.text);
    }
    let metrics = ask(address, "GET", "/metrics").await;
    let media = "content-type: application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert!(metrics.head.contains(media), "{}", metrics.head);
    let wrong = ask(address, "GET", "/traffic?status=often").await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.text.contains("expected a status such as 404 or 4xx, found `often`"));
}

#[tokio::test]
async fn every_metric_is_explained_to_operators() {
    let legacy = Legacy::start(Dialect::Odata).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let readme = include_str!("../../README.md");
    let metrics = sidecar.metrics().await;
    let families = metrics.text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let mut many = 0;
    for family in families {
        let (name, kind) = family.split_once(' ').unwrap();
        let ending = if kind == "counter" { "_total" } else { "" };
        let name = format!("`{}{ending}`", name.trim_start_matches("scim_sidecar_"));
        assert!(readme.contains(&name), "{name} is not in the README");
        many += 1;
    }
    assert!(many > 15, "{many}");
}
