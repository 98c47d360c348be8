//! Who may ask, and faults on demand.

use super::*;

async fn disable(scene: &Scene) -> Result<Answer, Box<dyn std::error::Error>> {
    let document = "<BizAgiWSParam><Entities><WFUSER key=\"1\"><enabled>0</enabled></WFUSER>\
                    </Entities></BizAgiWSParam>";
    let body = Some(("text/xml", envelope("saveEntity", document)));
    let action = [("soapaction", "http://tempuri.org/saveEntity")];
    scene.client.send(Method::POST, PATH, &action, body).await
}

fn enabled(scene: &Scene) -> Value {
    scene.legacy.row(1).unwrap()["enabled"].clone()
}

#[tokio::test]
async fn who_may_ask_is_an_option() {
    let basic = "Basic dTpw";
    for (access, authorization, status, challenges) in [
        (SoapAccess::Open, None, 200, &[][..]),
        (SoapAccess::Basic, Some(basic), 200, &[]),
        (SoapAccess::Bearer, Some("Bearer static"), 200, &[]),
        (SoapAccess::Bearer, Some(basic), 401, &["Bearer"]),
        (SoapAccess::Basic, Some("Bearer static"), 401, &["Basic realm=\"EntityManagerSOA\""]),
        (SoapAccess::Basic, None, 401, &["Basic realm=\"EntityManagerSOA\""]),
        (SoapAccess::Negotiate, Some(basic), 401, &["Negotiate", "NTLM"]),
    ] {
        let mut scene = scene_with(|options| {
            options.basic = Some(Credential { name: "u".to_owned(), secret: "p".to_owned() });
            options.soap_access = access;
        })
        .await;
        scene.client.authorization = authorization.map(str::to_owned);
        let answer = disable(&scene).await.unwrap();
        assert_eq!(answer.status.as_u16(), status, "{access:?} {authorization:?}");
        let sent: Vec<_> = answer.headers.get_all("www-authenticate").iter().collect();
        assert_eq!(sent, challenges);
        assert_eq!(enabled(&scene), json!(status == 401));
        assert_eq!(scene.legacy.writes().len(), usize::from(status == 200));
    }
}

#[tokio::test]
async fn faults_before_the_write() {
    let scene = scene().await;
    let legacy = &scene.legacy;
    let down = |body: &str| Kind::Status { code: 503, retry_after: Some(7), body: body.to_owned() };
    for (kind, status, media_type) in [
        (down(""), 503, "text/html; charset=utf-8"),
        (down("<x/>"), 503, "text/xml; charset=utf-8"),
        (Kind::HtmlPage, 200, "text/html; charset=utf-8"),
        (Kind::ExpiredToken, 401, "text/html; charset=utf-8"),
        (Kind::Redirect("http://elsewhere.example/".to_owned()), 302, "text/html; charset=utf-8"),
        (Kind::HugeBody(100_000), 200, "text/xml; charset=utf-8"),
    ] {
        legacy.fault(Fault::once(kind.clone()));
        let answer = disable(&scene).await.unwrap();
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (status, media_type),
            "{kind:?}"
        );
    }
    legacy.fault(Fault::once(Kind::ResetBefore));
    assert!(disable(&scene).await.is_err());
    assert_eq!((enabled(&scene), legacy.writes().len()), (json!(true), 0));
    assert_eq!(legacy.calls().len(), 7);
}

#[tokio::test]
async fn faults_after_the_write() {
    for kind in [Kind::ResetAfter, Kind::TruncatedBody] {
        let scene = scene().await;
        scene.legacy.fault(Fault::once(kind));
        assert!(disable(&scene).await.is_err());
        assert_eq!(enabled(&scene), json!(false));
    }
    let scene = scene().await;
    scene.legacy.fault(Fault::once(Kind::WrongMediaType));
    let answer = disable(&scene).await.unwrap();
    assert_eq!(answer.header("content-type"), "text/plain");
    assert!(result("saveEntity", &answer).contains("<WFUSER>1</WFUSER>"));
    scene.legacy.fault(Fault::once(Kind::InvalidJson));
    let answer = disable(&scene).await.unwrap();
    assert_eq!(answer.header("content-type"), "text/xml; charset=utf-8");
    assert!(answer.body.ends_with(b"<soap:Body"));
    assert_eq!(scene.legacy.writes().len(), 2);
}

#[tokio::test]
async fn a_fault_may_mean_one_method() {
    let scene = scene().await;
    let gone = Kind::Status { code: 500, retry_after: None, body: String::new() };
    scene.legacy.fault(Fault::always(gone).under(format!("{PATH}/saveEntity")));
    assert!(scene.find("idUser = 1").await.contains("key=\"1\""));
    assert_eq!(disable(&scene).await.unwrap().status.as_u16(), 500);
    assert_eq!(scene.client.list(&[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn licences_and_collation_are_faults_too() {
    let scene = scene().await;
    let row = |name: &str| {
        format!(
            "<WFUSER><userName>{name}</userName><domain>d</domain><fullName>n</fullName></WFUSER>"
        )
    };
    scene.legacy.fault(Fault::once(Kind::LicenceLimit));
    assert!(scene.find("idUser = 1").await.contains("key=\"1\""));
    assert_eq!(scene.refusal(&row("ana")).await, "1011");
    assert_eq!(scene.save(&row("ana")).await, "<Entities><WFUSER>2</WFUSER></Entities>");

    assert_eq!(scene.find("fullName = 'ñ  '").await, NOBODY);
    scene.legacy.fault(Fault::always(Kind::FoldingCollation));
    assert!(scene.find("fullName = 'ñ  '").await.contains("key=\"2\""));
    assert_eq!(scene.refusal(&row("ana").replace(">d<", ">ḍ<")).await, "1008");
}

#[tokio::test]
async fn the_canary_is_seen_over_the_control() {
    let scene = scene_with(|options| options.control = true).await;
    scene.find("userName = 'x' --").await;
    let seen = scene.client.get("/_control/canary").await.json();
    assert_eq!(
        seen,
        json!({ "canary": ["comment: userName = 'x' --"], "statements": ["(broken)"] })
    );
    let calls = scene.client.get("/_control/calls").await.json();
    assert_eq!(
        calls["calls"][0]["headers"]["soapaction"],
        "\"http://tempuri.org/getEntitiesAsString\""
    );
}
