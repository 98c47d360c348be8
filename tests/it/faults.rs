//! What goes wrong behind, and what the client is told about it.

use std::io::ErrorKind;
use std::net::TcpListener as StdListener;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use scim_sidecar::legacy::{Fault, Kind};
use scim_sidecar::platform::write_private;
use serde_json::json;

use crate::scene::{
    Answer, Authority, Client, Dialect, Folder, KeyKind, Legacy, Setup, Sidecar, ana, bo, on_all,
    patch, scim_person,
};

on_all! {
    c116_a_server_that_is_down_is_503_on_every_verb_and_heals,
    c116_a_server_that_is_slow_is_503_on_every_verb,
    c116_an_error_of_the_server_is_503_and_its_words_stay_inside,
    c116_a_short_outage_of_a_read_is_not_seen,
    c116_a_server_with_a_strangers_certificate_is_503_and_gets_no_secret,
    c117_our_own_credential_is_never_the_clients_401,
    c117_an_expired_token_is_renewed_without_a_word,
    c117_a_secret_that_is_replaced_in_its_file_is_read_again,
    c118_refusals_are_told_in_the_mappings_own_words,
    c118_a_row_that_is_gone_is_404_and_a_collection_that_is_gone_is_not,
    c119_what_is_no_answer_is_502_and_never_an_empty_list,
    c121_every_write_leaves_one_line_without_values,
    c133_nothing_is_followed_out_of_the_base_path,
}

/// Every verb once, on Ana (7) and on somebody new.
async fn every_verb(client: &Client) -> Vec<(&'static str, Answer)> {
    let off = patch(json!({ "op": "replace", "path": "active", "value": false }));
    let search = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": "userName eq \"ana@contoso.com\"",
    });
    vec![
        ("GET", client.get("/Users/7").await),
        ("filter", client.find("userName eq \"ana@contoso.com\"").await),
        ("filter for what no row can hold", client.find("userName eq \"nobody\"").await),
        ("list", client.get("/Users").await),
        ("count", client.get("/Users?count=0").await),
        (".search", client.post("/Users/.search", search).await),
        ("POST", client.post("/Users", scim_person("eva")).await),
        ("PUT", client.put("/Users/7", scim_person("ana")).await),
        ("PATCH", client.patch("/Users/7", off).await),
        ("DELETE", client.delete("/Users/7").await),
    ]
}

#[track_caller]
pub(crate) fn is_unavailable(verb: &str, answer: &Answer) {
    assert_eq!(answer.status.as_u16(), 503, "{verb}: {answer}");
    answer.scim_error(503, "");
    let wait: u64 = answer.header("retry-after").parse().expect("Retry-After in seconds");
    assert!(wait >= 1, "{verb}: {answer}");
}

pub(crate) fn status(code: u16, body: &str) -> Kind {
    Kind::Status { code, retry_after: None, body: body.to_owned() }
}

async fn c116_a_server_that_is_down_is_503_on_every_verb_and_heals(dialect: Dialect) {
    let mut legacy = Legacy::start(dialect).with_user(ana()).on_file().await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let entra = sidecar.idp("entra");
    entra.find("userName eq \"ana@contoso.com\"").await.only();
    legacy.kill().await;
    for (verb, answer) in every_verb(&entra).await {
        is_unavailable(verb, &answer);
    }
    legacy.restart().await;
    entra.find("userName eq \"ana@contoso.com\"").await.only();
    entra.post("/Users", scim_person("eva")).await.is(201);
    let stop = sidecar.stop().await;
    // A replica that starts during an outage is no different.
    legacy.kill().await;
    let sidecar = stop.start().await;
    for (verb, answer) in every_verb(&sidecar.idp("entra")).await {
        is_unavailable(verb, &answer);
    }
    legacy.restart().await;
    // It has no token yet, and remembers for a moment that it got none.
    while sidecar.idp("entra").get("/Users/7").await.status.as_u16() != 200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn c116_a_server_that_is_slow_is_503_on_every_verb(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let mut sidecar = Sidecar::in_front_of(&legacy).start().await;
    let entra = sidecar.idp("entra");
    entra.get("/Users/7").await.is(200);
    // Little patience only while nobody answers: how fast this machine is says nothing.
    let patience = "deadline = \"300ms\"\nwrite_timeout = \"200ms\"";
    assert!(sidecar.reload(|setup| setup.upstream(patience)).await.taken);
    legacy.fault(Fault::always(Kind::Latency(Duration::from_secs(600))));
    for (verb, answer) in every_verb(&entra).await {
        is_unavailable(verb, &answer);
    }
    legacy.clear_faults();
    assert!(sidecar.reload(Setup::patient).await.taken);
    entra.get("/Users/7").await.is(200);
}

async fn c116_an_error_of_the_server_is_503_and_its_words_stay_inside(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let entra = sidecar.idp("entra");
    let words = "Violation in SELECT * FROM WFUSER at srv-sql-01";
    for code in [500, 502, 429] {
        legacy.fault(Fault::always(status(code, words)));
        for (verb, answer) in every_verb(&entra).await {
            is_unavailable(verb, &answer);
            assert!(!answer.text.contains("SELECT"), "{verb} at {code}: {answer}");
            assert!(answer.log().iter().all(|event| !format!("{event:?}").contains("SELECT")));
        }
        legacy.clear_faults();
    }
    let wait = Kind::Status { code: 503, retry_after: Some(7), body: String::new() };
    legacy.fault(Fault::always(wait));
    for (verb, answer) in every_verb(&entra).await {
        is_unavailable(verb, &answer);
        assert_eq!(answer.header("retry-after"), "7", "{verb}");
    }
    legacy.clear_faults();
    entra.get("/Users/7").await.is(200);
    assert_eq!(legacy.rows().len(), 2, "nobody was created meanwhile");
    assert_eq!(legacy.person(7)["enabled"], true);
}

async fn c116_a_short_outage_of_a_read_is_not_seen(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    for what in [Kind::ResetBefore, Kind::ResetAfter, Kind::TruncatedBody, status(500, "")] {
        legacy.fault(Fault::once(what));
        sidecar.idp("entra").get("/Users/7").await.is(200);
    }
}

/// A server's TLS with a certificate of that authority.
fn tls(authority: &Authority) -> Arc<ServerConfig> {
    let certificate = CertificateDer::from_pem_slice(authority.certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(authority.key.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    Arc::new(config)
}

async fn c116_a_server_with_a_strangers_certificate_is_503_and_gets_no_secret(dialect: Dialect) {
    let (ours, strangers) = (Authority::new(KeyKind::Ecdsa), Authority::new(KeyKind::Ecdsa));
    let folder = Folder::new();
    let known = folder.write("ours.pem", &ours.authority);
    let stranger =
        Legacy::start(dialect).with_user(ana()).with(|o| o.tls = Some(tls(&strangers))).await;
    let trusting = format!("ca = {:?}", known.display().to_string());
    let sidecar = Sidecar::in_front_of(&stranger).upstream(&trusting).start().await;
    for (verb, answer) in every_verb(&sidecar.idp("entra")).await {
        is_unavailable(verb, &answer);
    }
    assert_eq!(stranger.token_calls(), 0);

    let friend = Legacy::start(dialect).with_user(ana()).with(|o| o.tls = Some(tls(&ours))).await;
    let sidecar = Sidecar::in_front_of(&friend).upstream(&trusting).start().await;
    sidecar.idp("entra").get("/Users/7").await.is(200);
}

async fn c117_our_own_credential_is_never_the_clients_401(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let entra = sidecar.idp("entra");
    let mut alerts = Vec::new();
    for (code, path) in [(401, "/odata"), (403, "/odata")] {
        legacy.fault(Fault::always(status(code, "")).under(path));
        for (verb, answer) in every_verb(&entra).await {
            assert_eq!(answer.status.as_u16(), 502, "{verb} at {code}: {answer}");
            answer.scim_error(502, "");
            alerts.extend(answer.events("alert"));
        }
        legacy.clear_faults();
    }
    // Told at once, and not for each request again.
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert!(alerts[0].field("message").contains("credential"), "{alerts:?}");
    assert_eq!(alerts[0].field("cause"), "status 401");
    entra.get("/Users/7").await.is(200);
}

async fn c117_an_expired_token_is_renewed_without_a_word(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let entra = sidecar.idp("entra");
    entra.get("/Users/7").await.is(200);
    let renewals = legacy.token_calls();
    for method in [Method::GET, Method::PATCH] {
        legacy.fault(Fault::once(Kind::ExpiredToken).on(method));
        let off = patch(json!({ "op": "replace", "path": "active", "value": false }));
        let answer = entra.patch("/Users/7", off).await;
        assert_eq!(answer.is(200)["active"], false);
        assert!(answer.events("alert").is_empty());
    }
    assert_eq!(legacy.token_calls(), renewals + 1, "the second change was none, so nothing ended");
}

async fn c117_a_secret_that_is_replaced_in_its_file_is_read_again(dialect: Dialect) {
    let rotated = "the-rotated-secret";
    let legacy = Legacy::start(dialect)
        .with_user(ana())
        .with(|options| options.clients[0].secret = rotated.to_owned())
        .await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let entra = sidecar.idp("entra");
    let answer = entra.get("/Users/7").await;
    answer.scim_error(502, "");
    assert!(answer.events("alert")[0].field("message").contains("credential"));
    assert!(!format!("{:?}", answer.log()).contains("secret\""), "{:?}", answer.log());
    write_private(&sidecar.file("secrets/client"), rotated.as_bytes()).unwrap();
    // A refused secret is remembered for a moment, so that no account is locked.
    while entra.get("/Users/7").await.status.as_u16() != 200 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The answer of a `saveEntity` that is refused.
fn refused_save(words: &str) -> String {
    format!(
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>\
         <saveEntityResponse xmlns=\"http://tempuri.org/\"><saveEntityResult><BizAgiWSResponse>\
         <BizAgiWSError><ErrorCode>1</ErrorCode><ErrorMessage>{words}</ErrorMessage>\
         </BizAgiWSError></BizAgiWSResponse></saveEntityResult></saveEntityResponse></soap:Body>\
         </soap:Envelope>"
    )
}

async fn c118_refusals_are_told_in_the_mappings_own_words(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let entra = sidecar.idp("entra");
    // Over SOAP a refusal is an answer with status 200.
    let refusal = |code: u16, words: &str| match dialect {
        Dialect::Odata => status(code, &json!({ "message": words, "status": code }).to_string()),
        Dialect::Soap => status(200, &refused_save(words)),
        Dialect::Rest => {
            let code = if code == 409 { "DUP_LOGIN" } else { "INVALID" };
            status(200, &json!({ "result": { "code": code, "text": words } }).to_string())
        }
    };
    let taken = refusal(409, "duplicate key (eva, contoso.com) in WFUSER");
    legacy.fault(Fault::once(taken).on(Method::POST));
    let answer = entra.post("/Users", scim_person("eva")).await;
    let detail = answer.scim_error(409, "uniqueness");
    assert_eq!(detail, "a user with this userName already exists");

    for (code, method) in [(400, Method::POST), (400, Method::PATCH), (422, Method::PATCH)] {
        let refused = refusal(code, "eva does not fit column X");
        legacy.fault(Fault::once(refused).on(method.clone()));
        let name =
            patch(json!({ "op": "replace", "path": "name.givenName", "value": code.to_string() }));
        let answer = match method {
            Method::POST => entra.post("/Users", scim_person("eva")).await,
            _ => entra.patch("/Users/7", name).await,
        };
        let detail = answer.scim_error(400, "invalidValue");
        assert!(!detail.contains("eva") && !detail.contains("column"), "{detail}");
    }

    legacy.set_licence_limit(Some(0));
    let detail = entra.post("/Users", scim_person("eva")).await;
    assert_eq!(detail.scim_error(403, ""), "the server behind has no user licence left");
}

async fn c118_a_row_that_is_gone_is_404_and_a_collection_that_is_gone_is_not(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let entra = sidecar.idp("entra");
    legacy.fault(Fault::always(status(404, "")));
    for (verb, answer) in every_verb(&entra).await {
        match verb {
            // In SOAP every call has one address, so that its absence says nothing of a row.
            _ if dialect.lacks("118") => answer.scim_error(502, ""),
            "GET" | "PUT" | "PATCH" | "DELETE" => answer.scim_error(404, ""),
            _ => answer.scim_error(502, ""),
        };
    }
}

async fn c119_what_is_no_answer_is_502_and_never_an_empty_list(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let small = "max_answer = 4096";
    let sidecar = Sidecar::in_front_of(&legacy).upstream(small).start().await;
    let entra = sidecar.idp("entra");
    for what in [
        Kind::HtmlPage,
        Kind::InvalidJson,
        Kind::TruncatedBody,
        Kind::WrongMediaType,
        Kind::HugeBody(1024 * 1024),
        status(200, "{}"),
        status(200, "[]"),
        status(200, "null"),
        status(200, r#"{"value":{}}"#),
    ] {
        legacy.fault(Fault::always(what.clone()));
        for (verb, answer) in every_verb(&entra).await {
            let is_list =
                ["list", "count", ".search"].contains(&verb) || verb.starts_with("filter");
            if dialect.lacks("119") && is_list && matches!(what, Kind::HugeBody(_)) {
                answer.scim_error(400, "tooMany");
                continue;
            }
            assert_eq!(answer.status.as_u16(), 502, "{verb} at {what:?}: {answer}");
            answer.scim_error(502, "");
        }
        legacy.clear_faults();
    }
    entra.get("/Users/7").await.is(200);
    // The same at the token endpoint, before any other call.
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    legacy.fault(Fault::always(Kind::HtmlPage).under("/oauth2"));
    for (verb, answer) in every_verb(&sidecar.idp("entra")).await {
        assert_eq!(answer.status.as_u16(), 502, "{verb}: {answer}");
    }
}

#[tokio::test]
async fn c120_a_drain_lets_requests_finish_and_takes_no_more() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).on_file().await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let (entra, okta) = (sidecar.idp("entra"), sidecar.idp("okta").over_http1());
    entra.get("/Users/7").await.is(200);
    drop(legacy.take_calls());
    legacy.fault(Fault::always(Kind::Latency(Duration::from_millis(300))));
    let off = patch(json!({ "op": "replace", "path": "active", "value": false }));
    let (first, second) = (entra.clone(), okta.clone());
    let write = tokio::spawn(async move { first.patch("/Users/7", off).await });
    let read = tokio::spawn(async move { second.get("/Users/7").await });
    while legacy.calls().len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let setup = sidecar.stop().await;
    assert_eq!(write.await.unwrap().is(200)["active"], false);
    read.await.unwrap().is(200);
    assert!(entra.try_send(entra.request("GET", "/Users/7"), "").await.is_err());
    legacy.clear_faults();
    let sidecar = setup.start().await;
    assert_eq!(sidecar.idp("entra").get("/Users/7").await.id(), "7", "ids are the server's own");
}

async fn c121_every_write_leaves_one_line_without_values(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let entra = sidecar.idp("entra");
    let created = entra.post("/Users", scim_person("evangelina")).await;
    let path = format!("/Users/{}", created.id());
    let rename = patch(json!([
        { "op": "Replace", "path": "userName", "value": "evangelina.x@contoso.com" },
        { "op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "5551234" },
    ]));
    let renamed = entra.patch(&path, rename).await;
    renamed.is(200);
    let deleted = entra.delete(&path).await;
    deleted.is(204);
    let bound =
        patch(json!({ "op": "add", "path": "externalId", "value": "object-of-evangelina-2" }));
    let bound = entra.patch("/Users/7", bound).await;
    bound.is(200);
    let written = [
        (&created, "create", path.trim_start_matches("/Users/"), "contactEmail"),
        (&renamed, "update", path.trim_start_matches("/Users/"), "userName contactCell"),
        (&deleted, "delete", path.trim_start_matches("/Users/"), "ScimDeleted"),
        (&bound, "bind", "7", "ScimExternalId"),
    ];
    for (answer, operation, id, fields) in written {
        let [line] = &answer.events("audit")[..] else { panic!("{:?}", answer.log()) };
        assert_eq!(line.field("operation"), operation);
        assert_eq!(line.field("id"), id);
        assert_eq!(line.field("caller"), "entra");
        assert_eq!(line.field("project"), "hr");
        assert_eq!(line.field("outcome"), "done");
        assert_eq!(line.field("request_id"), answer.header("x-request-id"));
        let fields: Vec<&str> = fields.split(' ').map(|column| dialect.field_of(column)).collect();
        assert!(line.field("fields").contains(&fields.join(" ")), "{line:?}");
        let log = format!("{:?}", answer.log());
        for secret in ["vangelina", "5551234", "Diaz", entra.token(), "the-scenes"] {
            assert!(!log.contains(secret), "`{secret}` in {log}");
        }
    }
    let unchanged = entra
        .patch("/Users/7", patch(json!({ "op": "add", "path": "active", "value": true })))
        .await;
    unchanged.is(200);
    assert!(unchanged.events("audit").is_empty(), "nothing was written");
}

/// A server that must never be spoken to.
struct Stranger(StdListener);

impl Stranger {
    fn new() -> Self {
        let listener = StdListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn url(&self) -> String {
        format!("http://{}/Demo/odata/data/WFUser", self.0.local_addr().unwrap())
    }

    #[track_caller]
    fn saw_nobody(&self) {
        assert_eq!(self.0.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    }
}

async fn c133_nothing_is_followed_out_of_the_base_path(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).with_user(bo()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let entra = sidecar.idp("entra");
    let stranger = Stranger::new();
    let outside = legacy.base().replace("/Demo", "/Other/odata/data/WFUser");
    let hidden = format!("{}/odata/%2e%2e/%2e%2e/Other", legacy.base());
    for (number, url) in
        [stranger.url(), outside, hidden, "//127.0.0.9/Demo/".to_owned()].into_iter().enumerate()
    {
        legacy.fault(Fault::always(Kind::Redirect(url.clone())));
        for (verb, answer) in every_verb(&entra).await {
            assert_eq!(answer.status.as_u16(), 502, "{verb} to {url}: {answer}");
        }
        legacy.clear_faults();
        if dialect.lacks("133") {
            // Its answers name no other address.
            continue;
        }

        if !dialect.lacks("133n") {
            legacy.fault(Fault::always(Kind::ForeignNextLink(url.clone())));
            entra.get("/Users").await.scim_error(502, "");
            legacy.clear_faults();
        }

        legacy.fault(Fault::once(Kind::ForeignLocation(url)).on(Method::POST));
        let name = format!("eva{number}");
        entra.post("/Users", scim_person(&name)).await.scim_error(502, "");
        let rows = legacy.rows().len();
        entra.post("/Users", scim_person(&name)).await.scim_error(409, "uniqueness");
        assert_eq!(legacy.rows().len(), rows);
    }
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    legacy.fault(Fault::always(Kind::Redirect(stranger.url())).under("/oauth2"));
    sidecar.idp("entra").get("/Users/7").await.scim_error(502, "");
    stranger.saw_nobody();
    // Nor did the same server see anybody beside its base path.
    let calls = legacy.calls();
    assert!(!calls.is_empty() && calls.iter().all(|call| !call.contains("Other")), "{calls:?}");
}
