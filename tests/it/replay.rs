//! Whole conversations of identity providers: lines 123 and 124.

use serde_json::{Value as Json, json};

use crate::scene::{Client, Dialect, Legacy, Sidecar, fixture, has, on_all, person};

on_all! {
    c123_entras_whole_cycle_ends_in_the_expected_rows,
    c124_oktas_app_integration_ends_in_the_expected_rows,
}

/// Plays the steps of a file: `send` is method and path, `body` the message, `status` what is
/// expected, `has` what the answer holds at least; `{name}` stands for an id that an earlier step
/// kept with `keep`.
async fn play(idp: &Client, script: &Json) {
    let mut known: Vec<(String, String)> = Vec::new();
    for step in script.as_array().unwrap() {
        let title = step["title"].as_str().unwrap();
        let mut text = step.to_string();
        for (name, id) in &known {
            text = text.replace(&format!("{{{name}}}"), id);
        }
        let step: Json = serde_json::from_str(&text).unwrap();
        let (method, path) = step["send"].as_str().unwrap().split_once(' ').unwrap();
        let request = idp
            .request(method, path)
            .header("content-type", "application/scim+json; charset=utf-8");
        let body = step.get("body").map(Json::to_string).unwrap_or_default();
        let answer = idp.send(request, body).await;
        assert_eq!(answer.status.as_u16(), step["status"], "{title}: {answer}");
        if let Some(expected) = step.get("has") {
            assert!(has(&answer.json, expected), "{title}: {expected} is not in {answer}");
        }
        if let Some(name) = step.get("keep") {
            let of_list = answer.json["Resources"][0]["id"].as_str();
            let id = of_list.or(answer.json["id"].as_str()).expect(title);
            known.push((name.as_str().unwrap().to_owned(), id.to_owned()));
        }
    }
}

/// Every row but the administrator's, without what the server makes up itself and what is empty.
fn rows(legacy: &Legacy) -> Json {
    const OWN: [&str; 3] = ["guidUser", "baCreatedTime", "baLastUpdated"];
    let mut rows = legacy.rows();
    rows.retain(|row| row["userName"] != "admon");
    for row in &mut rows {
        let row = row.as_object_mut().unwrap();
        let is_nothing = |value: &Json| value.is_null() || *value == json!([]);
        row.retain(|name, value| !is_nothing(value) && !OWN.contains(&name.as_str()));
    }
    rows.into()
}

/// The server behind after Entra's whole cycle.
pub(crate) async fn entras_cycle(dialect: Dialect) -> Legacy {
    let mut gone = person(8, "old");
    gone["enabled"] = false.into();
    gone["enabledForAssignation"] = 0.into();
    let legacy = Legacy::start(dialect).with_user(person(7, "eva")).with_user(gone).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    play(&sidecar.idp("entra"), &fixture("entra/cycle.json")).await;
    sidecar.stop().await;
    legacy
}

async fn c123_entras_whole_cycle_ends_in_the_expected_rows(dialect: Dialect) {
    let found = rows(&entras_cycle(dialect).await);
    assert_eq!(found, fixture("entra/cycle-rows.json"), "{found:#}");
}

async fn c124_oktas_app_integration_ends_in_the_expected_rows(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(person(7, "eva")).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    play(&sidecar.idp("okta"), &fixture("okta/cycle.json")).await;
    let found = rows(&legacy);
    assert_eq!(found, fixture("okta/cycle-rows.json"), "{found:#}");
    // Okta reads integers only.
    let page = sidecar.idp("okta").get("/Users?count=2&startIndex=1").await;
    assert_eq!(page.is(200)["totalResults"], json!(2));
}
