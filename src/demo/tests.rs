//! The whole service, from its layers to the wire, in front of the embedded server's SOAP layer.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::{Value as Json, json};
use tower::ServiceExt;

use super::*;
use crate::config::{Config, profiles, source};
use crate::generation::Current;
use crate::generation::Generation;
use crate::legacy::{Fault, Kind as FaultKind, Options, When as FaultWhen};
use crate::secret::TokenHash;
use crate::stack::stack;
use crate::telemetry::Telemetry;

const MAPPING: &str = include_str!("../../mappings/bizagi-soap.toml");
const TOKEN: &str = "a-token-for-tests-of-the-demonstration";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// The service, the server behind, and the folder that holds the configuration.
struct Scene {
    legacy: Legacy,
    generation: Arc<Generation>,
    seams: Seams,
    folder: PathBuf,
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A scene with parts of the shipped mapping replaced.
async fn scene(changes: &[(&str, &str)]) -> Scene {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("scim-sidecar-soap-{}-{count}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let seams = crate::seam::real::seams();
    let clock = Arc::clone(&seams.clock);
    let clock = legacy::Clock::new(move || clock.wall());
    let random = legacy::Random::new(|bytes| bytes.fill(7));
    let mut options = Options::new(clock, random);
    options.bearer = Some("upstream".to_owned());
    let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let legacy = Legacy::serve(listener, options).await.unwrap();
    let mut mapping = MAPPING.to_owned();
    for (old, new) in changes {
        assert!(mapping.contains(old), "{old}");
        mapping = mapping.replace(old, new);
    }
    std::fs::write(folder.join("mapping.toml"), mapping).unwrap();
    std::fs::write(folder.join("token"), "upstream").unwrap();
    let config = format!(
        r#"format = 1
listen = "127.0.0.1:0"
[tls]
certificate = "none.pem"
key = "none.key"
[[project]]
name = "demo"
base_path = "/scim/v2"
mapping = "mapping.toml"
grants = ["organizations", "organization"]
[project.upstream]
base_url = "{}/"
[project.upstream.auth]
kind = "bearer"
token = {{ file = "token" }}
[[project.caller]]
name = "entra"
profile = "entra"
tokens = "{}"
"#,
        legacy.base(),
        TokenHash::of(TOKEN),
    );
    let path = folder.join("sidecar.toml");
    std::fs::write(&path, config).unwrap();
    let (config, report) = Config::read(&source(&path).unwrap(), &profiles());
    let config = config.unwrap_or_else(|| panic!("{report}"));
    let (generation, report) = config.assemble(&seams, false);
    let generation = Arc::new(generation.unwrap_or_else(|| panic!("{report}")));
    Scene { legacy, generation, seams, folder }
}

impl Scene {
    async fn ask(&self, method: &str, path: &str, body: Option<Json>) -> (StatusCode, Json) {
        let request = Request::builder()
            .method(method)
            .uri(format!("/scim/v2{path}"))
            .header("host", "sidecar.example")
            .header("authorization", format!("Bearer {TOKEN}"))
            .header("content-type", "application/scim+json")
            .body(Full::new(body.map_or_else(Bytes::new, |body| body.to_string().into())))
            .unwrap();
        let telemetry = Arc::new(Telemetry::new(Arc::clone(&self.seams.clock)));
        let answer = stack(Current::new(Arc::clone(&self.generation)), &self.seams, telemetry)
            .oneshot(request)
            .await
            .unwrap();
        let status = answer.status();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// The methods that the server was asked for since the last time.
    fn operations(&self) -> Vec<String> {
        let calls = self.legacy.take_calls();
        calls.iter().map(|call| call.operation().unwrap_or("?").to_owned()).collect()
    }

    async fn create(&self, name: &str) -> String {
        let (status, body) = self.ask("POST", "/Users", Some(person(name))).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        body["id"].as_str().unwrap().to_owned()
    }

    async fn find(&self, filter: &str) -> (StatusCode, Json) {
        let filter =
            percent_encoding::utf8_percent_encode(filter, percent_encoding::NON_ALPHANUMERIC);
        self.ask("GET", &format!("/Users?filter={filter}"), None).await
    }

    /// The server saw nothing that only an injection brings.
    fn assert_calm(&self) {
        assert_eq!(self.legacy.canary(), Vec::<String>::new());
    }
}

fn person(name: &str) -> Json {
    json!({
        "schemas": [USER],
        "userName": format!("{name}@contoso.com"),
        "externalId": format!("id-of-{name}"),
        "active": true,
        "name": { "givenName": "Ana & <Co>", "familyName": "O'Neil" },
        "emails": [{ "type": "work", "value": format!("{name}@contoso.com"), "primary": true }],
        "phoneNumbers": [{ "type": "mobile", "value": "+57 3001234567" }],
        "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties": {
            "IdentificationNumber": "701984", "EmployeeLevel": 3, "IsContractor": false
        }
    })
}

fn patch(path: &str, value: &Json) -> Json {
    json!({ "schemas": [PATCH], "Operations": [{ "op": "Replace", "path": path, "value": value }] })
}

#[tokio::test]
async fn a_person_lives_through_both_twins() {
    for twin in ["xml", "string"] {
        let twin = format!("twin     = \"{twin}\"");
        let scene = scene(&[("twin     = \"xml\"", &twin)]).await;
        let plain = |operations: Vec<String>| {
            operations.into_iter().map(|name| name.replace("AsString", "")).collect::<Vec<_>>()
        };
        let id = scene.create("ana").await;
        assert_eq!(plain(scene.operations()), ["getEntities", "saveEntity", "getEntities"]);
        let key: i64 = id.parse().unwrap();
        assert_eq!(scene.legacy.organizations(key).len(), 1);

        let (status, read) = scene.ask("GET", &format!("/Users/{id}"), None).await;
        assert_eq!(status, StatusCode::OK, "{read}");
        for (place, expected) in [
            ("/userName", json!("ana@contoso.com")),
            ("/externalId", json!("id-of-ana")),
            ("/active", json!(true)),
            ("/name/formatted", json!("Ana & <Co> O'Neil")),
            ("/emails/0/value", json!("ana@contoso.com")),
            ("/phoneNumbers/0/value", json!("+57 3001234567")),
            (
                "/urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties/EmployeeLevel",
                json!(3),
            ),
            (
                "/urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties/IsContractor",
                json!(false),
            ),
        ] {
            assert_eq!(read.pointer(place), Some(&expected), "{place}: {read}");
        }
        assert_eq!(plain(scene.operations()), ["getEntities"]);

        let (status, found) = scene.find(r#"userName eq "ANA@contoso.com""#).await;
        assert_eq!((status, &found["totalResults"]), (StatusCode::OK, &json!(1)), "{found}");
        assert_eq!(found["Resources"][0]["id"], json!(id));
        assert_eq!(plain(scene.operations()), ["getEntities"]);

        let path = format!("/Users/{id}");
        let (status, off) = scene.ask("PATCH", &path, Some(patch("active", &json!("False")))).await;
        assert_eq!((status, &off["active"]), (StatusCode::OK, &json!(false)), "{off}");
        assert_eq!(plain(scene.operations()), ["getEntities", "saveEntity", "getEntities"]);
        let row = scene.legacy.row(key).unwrap();
        assert_eq!((&row["enabled"], &row["enabledForAssignation"]), (&json!(false), &json!(0)));
        let (_, again) = scene.ask("PATCH", &path, Some(patch("active", &json!(false)))).await;
        assert_eq!(again["active"], json!(false));
        assert_eq!(plain(scene.operations()), ["getEntities"], "nothing differs");

        let cleared = patch("phoneNumbers[type eq \"mobile\"].value", &json!(""));
        let (status, body) = scene.ask("PATCH", &path, Some(cleared)).await;
        assert_eq!((status, body.get("phoneNumbers")), (StatusCode::OK, None), "{body}");
        let level =
            "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:EmployeeLevel";
        let remove =
            json!({ "schemas": [PATCH], "Operations": [{ "op": "remove", "path": level }] });
        let (status, _) = scene.ask("PATCH", &path, Some(remove)).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(scene.legacy.row(key).unwrap()["EmployeeLevel"], Json::Null);

        let (status, body) = scene.ask("POST", "/Users", Some(person("ANA"))).await;
        assert_eq!(
            (status, &body["scimType"]),
            (StatusCode::CONFLICT, &json!("uniqueness")),
            "{body}"
        );
        let (status, _) = scene.ask("DELETE", &path, None).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        let (status, _) = scene.ask("GET", &path, None).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let (_, found) = scene.find(r#"userName eq "ana@contoso.com""#).await;
        assert_eq!(found["totalResults"], json!(0));
        assert_eq!(scene.create("ana").await, id, "the row comes back");
        scene.assert_calm();
        scene.legacy.shutdown().await;
    }
}

#[tokio::test]
async fn a_mapping_gives_no_rights_that_the_configuration_does_not_allow() {
    let scene = scene(&[]).await;
    let path = scene.folder.join("sidecar.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("grants =", "# grants =")).unwrap();
    let (config, _) = Config::read(&source(&path).unwrap(), &profiles());
    let (generation, report) = config.unwrap().assemble(&scene.seams, false);
    assert!(generation.is_none());
    assert!(
        report.to_string().contains("say `grants = [\"Organizations\"]` beside it"),
        "{report}"
    );
}

#[tokio::test]
async fn a_manager_is_a_reference_both_ways() {
    let scene = scene(&[]).await;
    let (boss, id) = (scene.create("boss").await, scene.create("ana").await);
    let manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
    let path = format!("/Users/{id}");
    let (status, body) = scene.ask("PATCH", &path, Some(patch(manager, &json!(boss)))).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    assert_eq!(body[enterprise]["manager"]["value"], json!(boss));
    let (_, body) = scene.ask("PATCH", &path, Some(patch(manager, &json!("")))).await;
    assert_eq!(body.get(enterprise), None, "{body}");
}

#[tokio::test]
async fn a_list_is_cut_here_and_says_when_it_is_too_long() {
    let scene = scene(&[("most = 5000", "most = 7")]).await;
    for number in 0..7 {
        let name = format!("p{number}");
        let row = json!({ "userName": name, "domain": "contoso.com", "fullName": name,
            "contactEmail": format!("{name}@contoso.com"), "enabled": true });
        scene.legacy.insert(&row).unwrap();
    }
    scene.operations();
    let (mut seen, mut start) = (Vec::new(), 1);
    while seen.len() < 7 {
        let path = format!("/Users?startIndex={start}&count=3");
        let (status, body) = scene.ask("GET", &path, None).await;
        assert_eq!((status, &body["totalResults"]), (StatusCode::OK, &json!(7)), "{body}");
        assert_eq!(body["startIndex"], json!(start));
        let page = body["Resources"].as_array().unwrap();
        assert!(!page.is_empty() && body["itemsPerPage"] == json!(page.len()));
        seen.extend(page.iter().map(|user| user["userName"].as_str().unwrap().to_owned()));
        start += 3;
    }
    let expected: Vec<_> = (0..7).map(|number| format!("p{number}@contoso.com")).collect();
    assert_eq!(seen, expected);
    assert_eq!(scene.operations().len(), 3, "one call for each page");
    let (_, beyond) = scene.ask("GET", "/Users?startIndex=100", None).await;
    assert_eq!((&beyond["totalResults"], &beyond["itemsPerPage"]), (&json!(7), &json!(0)));
    let (_, none) = scene.ask("GET", "/Users?count=0", None).await;
    assert_eq!((&none["totalResults"], &none["itemsPerPage"]), (&json!(7), &json!(0)));

    scene.create("p7").await;
    let (status, body) = scene.ask("GET", "/Users?count=1", None).await;
    assert_eq!((status, &body["scimType"]), (StatusCode::BAD_REQUEST, &json!("tooMany")), "{body}");
    let (status, body) = scene.find(r#"userName eq "p3@contoso.com""#).await;
    assert_eq!((status, &body["totalResults"]), (StatusCode::OK, &json!(1)), "{body}");
    let (status, config) = scene.ask("GET", "/ServiceProviderConfig", None).await;
    assert_eq!((status, &config["sort"]["supported"]), (StatusCode::OK, &json!(false)));
}

#[tokio::test]
async fn filters_of_every_operator_find_the_same_as_scim() {
    let scene = scene(&[]).await;
    for name in ["ana", "a_b", "eva"] {
        scene.create(name).await;
    }
    for (filter, expected) in [
        (r#"emails[type eq "work"].value sw "a""#, 2),
        (r#"emails.value sw "a_""#, 1),
        (r#"emails.value co "v""#, 1),
        (r#"not (emails.value co "a_b")"#, 2),
        (r#"emails.value ew "contoso.com""#, 3),
        (r#"name.formatted co "ana""#, 3),
        (r#"userName ne "ana@contoso.com""#, 2),
        (r#"not (userName eq "ana@contoso.com")"#, 2),
        (r#"active eq true and userName eq "eva@contoso.com""#, 1),
        (r#"active eq false or userName eq "eva@contoso.com""#, 1),
        (r#"externalId eq "id-of-ana""#, 1),
        (r#"externalId eq "ID-OF-ANA""#, 0),
        (r#"externalId pr"#, 3),
        (r#"not (externalId pr)"#, 0),
        (r#"emails[type eq "work" and value eq "eva@contoso.com"]"#, 1),
        ("urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:EmployeeLevel gt 2", 3),
        ("urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:EmployeeLevel lt 3", 0),
        (
            "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:IsContractor eq true",
            0,
        ),
    ] {
        let (status, body) = scene.find(filter).await;
        assert_eq!(
            (status, &body["totalResults"]),
            (StatusCode::OK, &json!(expected)),
            "{filter}: {body}"
        );
    }
    scene.assert_calm();
}

#[tokio::test]
async fn no_value_becomes_a_statement() {
    let scene = scene(&[]).await;
    let id = scene.create("ana").await;
    scene.find(r#"userName eq "x@y""#).await;
    scene.find(r#"externalId eq "x""#).await;
    scene.find(r#"name.formatted co "x""#).await;
    let mut odd = person("odd");
    odd["externalId"] = json!("o'dd");
    let (status, body) = scene.ask("POST", "/Users", Some(odd)).await;
    assert_eq!((status, body.get("externalId")), (StatusCode::CREATED, None), "{body}");
    let shapes = scene.legacy.statements();
    for value in [
        "' OR 1=1 --",
        "x' OR 'a'='a",
        "'; DROP TABLE WFUSER; --",
        "o'brien",
        "x/*",
        "]]>",
        "\u{2bc}",
        "José",
    ] {
        for filter in [
            format!("userName eq \"{value}@contoso.com\""),
            format!("externalId eq \"{value}\""),
            format!("name.formatted co \"{value}\""),
        ] {
            let (status, body) = scene.find(&filter).await;
            let told = (status, &body["scimType"]);
            assert_eq!(
                told,
                (StatusCode::BAD_REQUEST, &json!("invalidFilter")),
                "{filter}: {body}"
            );
        }
        let mut body = person("eva");
        body["userName"] = json!(format!("{value}@contoso.com"));
        let (status, body) = scene.ask("POST", "/Users", Some(body)).await;
        let told = (status, &body["scimType"]);
        assert_eq!(told, (StatusCode::BAD_REQUEST, &json!("invalidValue")), "{value}: {body}");
        // In a field it is data like any other, and in an optional one it never hides a disable.
        let change = json!({ "schemas": [PATCH], "Operations": [
            { "op": "Replace", "path": "name.familyName", "value": value },
            { "op": "Replace", "path": "active", "value": "False" },
        ] });
        let (status, body) = scene.ask("PATCH", &format!("/Users/{id}"), Some(change)).await;
        assert_eq!(
            (status, &body["name"]["familyName"]),
            (StatusCode::OK, &json!(value)),
            "{body}"
        );
    }
    let change = patch("name.givenName", &json!("a\u{1}b"));
    let (status, body) = scene.ask("PATCH", &format!("/Users/{id}"), Some(change)).await;
    assert_eq!(
        (status, &body["name"]["givenName"]),
        (StatusCode::OK, &json!("Ana & <Co>")),
        "{body}"
    );
    scene.assert_calm();
    assert_eq!(scene.legacy.statements(), shapes, "a value changed the shape of a statement");
}

#[tokio::test]
async fn refusals_and_outages_are_told_apart() {
    let scene = scene(&[]).await;
    let id = scene.create("ana").await;
    let path = format!("/Users/{id}");
    let (status, _) = scene.ask("GET", "/Users/424242", None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    scene.legacy.set_licence_limit(Some(1));
    let (status, body) = scene.ask("POST", "/Users", Some(person("eva"))).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{body}");
    assert!(body["detail"].as_str().unwrap().contains("licence"), "{body}");
    scene.legacy.set_licence_limit(None);
    for (fault, expected) in [
        (FaultKind::Status { code: 500, retry_after: None, body: String::new() }, 503),
        (FaultKind::Status { code: 404, retry_after: None, body: String::new() }, 502),
        (FaultKind::Status { code: 403, retry_after: None, body: String::new() }, 502),
        (FaultKind::HtmlPage, 502),
        (FaultKind::InvalidJson, 502),
        (FaultKind::WrongMediaType, 502),
        (FaultKind::HugeBody(20 * 1024 * 1024), 502),
        (FaultKind::ResetBefore, 503),
    ] {
        scene.legacy.fault(Fault::always(fault.clone()));
        for (method, path) in
            [("GET", path.as_str()), ("GET", "/Users?filter=userName%20eq%20%22x@y%22")]
        {
            let (status, body) = scene.ask(method, path, None).await;
            let is_list = path.contains("filter");
            let expected =
                if is_list && matches!(fault, FaultKind::HugeBody(_)) { 400 } else { expected };
            assert_eq!(status.as_u16(), expected, "{method} {path} {fault:?}: {body}");
        }
        scene.legacy.clear_faults();
    }
    assert_eq!(scene.ask("GET", &path, None).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_lost_answer_makes_nobody_twice() {
    for (create, steps) in [("", 1), ("createUser", 2)] {
        let changes = [
            ("create   = \"saveEntity\"", "create   = \"createUser\"\norganization = \"1\""),
            ("insert   = { Organizations = [{ Code = \"1\" }] }", ""),
        ];
        let scene = scene(if create.is_empty() { &[] } else { &changes }).await;
        let method = if create.is_empty() { "saveEntity" } else { create };
        let when = FaultWhen {
            path: Some(format!("/WebServices/EntityManagerSOA.asmx/{method}")),
            times: Some(1),
            ..FaultWhen::default()
        };
        scene.legacy.fault(Fault { when, what: FaultKind::ResetAfter });
        scene.create("ana").await;
        let writes = scene.operations().into_iter().filter(|name| name != "getEntities").count();
        assert_eq!(writes, steps);
        let people = scene.legacy.rows().into_iter().filter(|row| row["userName"] == json!("ana"));
        assert_eq!(people.count(), 1);
    }
}

#[tokio::test]
async fn create_user_is_completed_or_told_as_a_failure_of_ours() {
    let scene = scene(&[
        ("create   = \"saveEntity\"", "create   = \"createUser\"\norganization = \"1\""),
        ("insert   = { Organizations = [{ Code = \"1\" }] }", ""),
    ])
    .await;
    let id = scene.create("ana").await;
    assert_eq!(scene.operations(), ["getEntities", "createUser", "saveEntity", "getEntities"]);
    let row = scene.legacy.row(id.parse().unwrap()).unwrap();
    assert_eq!((&row["ScimExternalId"], &row["EmployeeLevel"]), (&json!("id-of-ana"), &json!(3)));

    let refused = "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>\
        <saveEntityResponse xmlns=\"http://tempuri.org/\"><saveEntityResult><BizAgiWSError xmlns=\"\">\
        <ErrorCode>1</ErrorCode><ErrorMessage>no</ErrorMessage></BizAgiWSError></saveEntityResult>\
        </saveEntityResponse></soap:Body></soap:Envelope>";
    let when = FaultWhen {
        path: Some("/WebServices/EntityManagerSOA.asmx/saveEntity".to_owned()),
        times: Some(1),
        ..FaultWhen::default()
    };
    let what = FaultKind::Status { code: 200, retry_after: None, body: refused.to_owned() };
    scene.legacy.fault(Fault { when, what });
    let (status, body) = scene.ask("POST", "/Users", Some(person("eva"))).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY, "{body}");
    let (_, found) = scene.find(r#"userName eq "eva@contoso.com""#).await;
    assert_eq!(found["totalResults"], json!(1), "what is there is shown: {found}");
    assert_eq!(found["Resources"][0].get("externalId"), None);
}
