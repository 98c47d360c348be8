//! Every kind of fault, in process and by the control over HTTP.

use super::*;

fn patched(legacy: &Legacy) -> Value {
    legacy.row(1).unwrap()["FirstName"].clone()
}

async fn patch(scene: &Scene, name: &str) -> Result<client::Answer, Box<dyn std::error::Error>> {
    let body = Some(("application/json", json!({ "FirstName": name }).to_string()));
    let prefer = [("prefer", "return=representation")];
    scene.client.send(Method::PATCH, "/odata/data/WFUser(1)", &prefer, body).await
}

#[tokio::test]
async fn faults_before_the_write() {
    let scene = scene().await;
    let (legacy, client) = (&scene.legacy, &scene.client);
    legacy.fault(Fault::once(Kind::Status {
        code: 503,
        retry_after: Some(7),
        body: String::new(),
    }));
    let answer = patch(&scene, "a").await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "7"));
    assert_eq!(answer.json()["status"], "ServiceUnavailable");
    let body = "{\"x\":1}".to_owned();
    legacy.fault(Fault::once(Kind::Status { code: 429, retry_after: None, body }));
    assert_eq!(patch(&scene, "a").await.unwrap().json(), json!({ "x": 1 }));

    legacy.fault(Fault::once(Kind::HtmlPage));
    let answer = patch(&scene, "a").await.unwrap();
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.header("content-type").starts_with("text/html"));

    legacy.fault(Fault::once(Kind::Redirect("http://elsewhere.example/x".to_owned())));
    let answer = patch(&scene, "a").await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (302, "http://elsewhere.example/x")
    );

    legacy.fault(Fault::once(Kind::HugeBody(3_000_000)));
    assert_eq!(client.get("/odata/data/WFUser").await.body.len(), 3_000_000);

    legacy.fault(Fault::once(Kind::LicenceLimit));
    assert_eq!(client.list(&[]).await.status, StatusCode::OK);
    let refused = client.create(&ana()).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.json()["message"].as_str().unwrap().contains("licence"));

    legacy.fault(Fault::once(Kind::ResetBefore));
    assert!(patch(&scene, "a").await.is_err());
    assert_eq!((patched(legacy), legacy.writes().len()), (Value::Null, 0));
    assert_eq!(legacy.calls().last().map(|call| (call.status, call.reached)), Some((0, false)));
    assert_eq!(patch(&scene, "a").await.unwrap().status, StatusCode::OK);
}

#[tokio::test]
async fn faults_after_the_write() {
    let scene = scene().await;
    let legacy = &scene.legacy;
    legacy.fault(Fault::once(Kind::ResetAfter));
    assert!(patch(&scene, "reset").await.is_err());
    assert_eq!(patched(legacy), "reset");
    legacy.fault(Fault::once(Kind::TruncatedBody));
    assert!(patch(&scene, "truncated").await.is_err());
    assert_eq!(patched(legacy), "truncated");
    legacy.fault(Fault::once(Kind::WrongMediaType));
    let answer = patch(&scene, "media").await.unwrap();
    assert_eq!(answer.header("content-type"), "text/plain");
    assert_eq!(answer.json()["FirstName"], "media");
    legacy.fault(Fault::once(Kind::InvalidJson));
    let answer = patch(&scene, "json").await.unwrap();
    assert_eq!(answer.status, StatusCode::OK);
    assert!(serde_json::from_slice::<Value>(&answer.body).is_err());
    assert_eq!(patched(legacy), "json");
    legacy.fault(Fault::once(Kind::ForeignLocation("http://elsewhere.example/7".to_owned())));
    let answer = scene.client.create(&ana()).await;
    assert_eq!(answer.header("location"), "http://elsewhere.example/7");
    legacy.fault(Fault::once(Kind::ForeignNextLink("http://elsewhere.example/p".to_owned())));
    let answer = scene.client.list(&[]).await.json();
    assert_eq!(answer["@odata.nextLink"], "http://elsewhere.example/p");
    assert_eq!(legacy.writes().len(), 5);
}

#[tokio::test]
async fn an_expired_token_is_good_again_only_when_new() {
    let mut scene = scene().await;
    let basic = "Basic YXBwOnMzY3JldA==";
    let form = "grant_type=client_credentials&scope=api";
    let bearer = |answer: client::Answer| {
        format!("Bearer {}", answer.json()["access_token"].as_str().unwrap())
    };
    scene.client.authorization = Some(bearer(scene.client.token(basic, form).await));
    assert_eq!(scene.client.list(&[]).await.status, StatusCode::OK);
    scene.legacy.fault(Fault::once(Kind::ExpiredToken));
    for _ in 0..2 {
        assert_eq!(scene.client.list(&[]).await.status, StatusCode::UNAUTHORIZED);
    }
    scene.client.authorization = Some(bearer(scene.client.token(basic, form).await));
    assert_eq!(scene.client.list(&[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_folding_collation_finds_and_refuses_more() {
    let Scene { legacy, client, .. } = scene().await;
    legacy.insert(&ana()).unwrap();
    legacy.fault(Fault::always(Kind::FoldingCollation));
    legacy.fault(Fault::always(Kind::Latency(Duration::ZERO)));
    let found = client.list(&[("$filter", "userName eq 'áNA  '")]).await;
    assert_eq!(found.ids(), [2]);
    let mut twin = ana();
    twin["domain"] = "contosó.com".into();
    assert_eq!(client.create(&twin).await.status, StatusCode::CONFLICT);
    legacy.clear_faults();
    assert_eq!(client.create(&twin).await.status, StatusCode::CREATED);
    let found = client.list(&[("$filter", "userName eq 'áNA  '")]).await;
    assert!(found.ids().is_empty());
}

#[tokio::test]
async fn faults_say_which_requests_and_how_many() {
    let scene = scene().await;
    let gone = Kind::Status { code: 500, retry_after: None, body: String::new() };
    let mut fault = Fault::always(gone.clone()).on(Method::GET).under("/odata/data/WF").after(1);
    fault.when.times = Some(2);
    scene.legacy.fault(fault);
    let mut seen = Vec::new();
    for path in [
        "/odata/data/WFUser",
        "/odata/data",
        "/odata/data/WFUser(1)",
        "/odata/data/WFUser",
        "/odata/data/WFUser",
    ] {
        seen.push(scene.client.get(path).await.status.as_u16());
    }
    assert_eq!(seen, [200, 200, 500, 500, 200]);
    scene.legacy.fault(Fault::always(gone.clone()));
    let form = "grant_type=client_credentials&scope=api";
    let basic = "Basic YXBwOnMzY3JldA==";
    assert_eq!(scene.client.token(basic, form).await.status, StatusCode::OK);
    scene.legacy.clear_faults();
    scene.legacy.fault(Fault::once(gone).under("/oauth2"));
    assert_eq!(scene.client.token(basic, form).await.status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn the_control_works_only_where_it_is_switched_on() {
    let closed = scene().await;
    let fault = json!({
        "kind": "status", "code": 503, "retry_after": 7, "times": 1, "method": "GET",
        "path": "/odata/data/WFUser",
    });
    let control = "/_control/fault";
    let answer = closed.client.write(Method::POST, control, &[], &fault).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);

    let Scene { legacy: _legacy, client, .. } = scene_with(|options| options.control = true).await;
    assert_eq!(client.write(Method::POST, control, &[], &fault).await.status.as_u16(), 204);
    assert_eq!(client.list(&[]).await.status, StatusCode::SERVICE_UNAVAILABLE);
    for kind in [
        "html_page",
        "reset_before",
        "reset_after",
        "truncated_body",
        "wrong_media_type",
        "expired_token",
        "licence_limit",
        "folding_collation",
        "invalid_json",
    ] {
        let answer = client.write(Method::POST, control, &[], &json!({ "kind": kind })).await;
        assert_eq!(answer.status.as_u16(), 204, "{kind}");
    }
    for kind in ["redirect", "foreign_next_link", "foreign_location", "latency", "huge_body"] {
        let whole = json!({ "kind": kind, "url": "http://x/", "milliseconds": 1, "bytes": 1 });
        assert_eq!(client.write(Method::POST, control, &[], &whole).await.status.as_u16(), 204);
        let lacking = json!({ "kind": kind });
        assert_eq!(client.write(Method::POST, control, &[], &lacking).await.status.as_u16(), 400);
    }
    let clear = client.send(Method::DELETE, control, &[], None).await.unwrap();
    assert_eq!(clear.status, StatusCode::NO_CONTENT);
    assert_eq!(client.list(&[]).await.status, StatusCode::OK);
    let calls = client.get("/_control/calls").await.json();
    let statuses: Vec<_> =
        calls["calls"].as_array().unwrap().iter().map(|call| call["status"].clone()).collect();
    assert_eq!(statuses, [503, 200]);
}
