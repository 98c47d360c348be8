//! Other collections of a plain REST server, each asked in its own way.

use serde_json::{Value as Json, json};

use super::{department, in_front_of, move_to, shown, working_in};
use crate::scene::{Answer, Dialect, Legacy, Setup, Sidecar, ana, bo, patch, person};

/// What the shipped mapping says of its departments, behind its marks.
const SHIPPED: &str = "options = { search = { path = \"api/departments/_find\" } }";

/// The same with other options.
fn with(legacy: &Legacy, options: &str) -> Setup {
    let text = department(Dialect::Rest, "idDepartment", "");
    assert!(text.contains(SHIPPED), "{text}");
    Sidecar::in_front_of(legacy).appending(&text.replace(SHIPPED, options))
}

/// The calls about departments since the last time.
fn asked(legacy: &Legacy) -> Vec<String> {
    let calls = legacy.people().take_calls().into_iter();
    let about = calls.filter(|call| call.path.contains("departments"));
    about.map(|call| format!("{} {}", call.method, call.path)).collect()
}

#[tokio::test]
async fn a_key_is_read_where_the_mapping_says_how() {
    let legacy = Legacy::start(Dialect::Rest).with_user(working_in(ana(), 2)).with_user(bo()).await;
    let read = SHIPPED.replace("} }", "}, read = { path = \"api/departments/{key}\" } }");
    let sidecar = with(&legacy, &read).start().await;
    let idp = sidecar.idp("entra");
    assert_eq!(shown(&idp.get("/Users/7").await), "Sales");
    assert_eq!(asked(&legacy), ["GET /api/departments/2"]);
    assert_eq!(shown(&idp.patch("/Users/8", move_to("IT")).await), "IT");
    assert_eq!(asked(&legacy), ["POST /api/departments/_find"]);
    // One that is not there is a key that leads nowhere, and no outage.
    legacy.update(7, &json!({ "idDepartment": 99 })).unwrap();
    let answer = idp.get("/Users/7").await;
    assert_eq!(*shown(&answer), Json::Null);
    assert!(answer.log().iter().any(|event| event.field("dangling") == "1"));
    assert_eq!(asked(&legacy), ["GET /api/departments/99"]);
}

#[tokio::test]
async fn a_collection_that_cannot_be_searched_is_read_whole() {
    let legacy = Legacy::start(Dialect::Rest)
        .with_user(working_in(ana(), 2))
        .with_user(working_in(bo(), 3))
        .with_user(person(9, "cy"))
        .await;
    let options =
        r#"options = { search = { path = "api/departments", method = "GET", rows = "data" } }"#;
    let setup = with(&legacy, options);
    let live = ["check", "--config", "sidecar.toml", "--live"];
    let (code, text, _) = setup.run(&[], &live).await;
    assert_eq!(code, 0, "{text}");
    asked(&legacy);
    let sidecar = setup.start().await;
    let idp = sidecar.idp("entra");
    let names = |answer: &Answer| -> Vec<Json> {
        let people = answer.resources().iter();
        people.map(|person| person[super::ENTERPRISE]["department"].clone()).collect()
    };
    let everybody = idp.get("/Users").await;
    assert_eq!(names(&everybody), [json!("Sales"), json!("IT"), Json::Null]);
    assert_eq!(asked(&legacy), ["GET /api/departments"]);
    assert_eq!(shown(&idp.patch("/Users/9", move_to("finance")).await), "Finance");
    assert_eq!(asked(&legacy), ["GET /api/departments"]);
    assert_eq!(legacy.person(9)["idDepartment"], 1);
    idp.patch("/Users/9", move_to("Nowhere")).await.scim_error(400, "invalidValue");
    assert_eq!(idp.find("department eq \"IT\"").await.ids(), ["8"]);
}

#[tokio::test]
async fn what_is_read_whole_is_read_to_its_end_or_not_at_all() {
    let legacy = Legacy::start(Dialect::Rest).with_user(ana()).await;
    for number in 4..=60 {
        legacy.add_department(None, &format!("D {number}")).unwrap();
    }
    let options = r#"options = { search = { path = "api/departments/_find", method = "POST", body = { criteria = [], page = "{page}", perPage = "{size}" }, rows = "data.items" } }"#;
    let sidecar = with(&legacy, options).start().await;
    let answer = sidecar.idp("entra").patch("/Users/7", move_to("D 60")).await;
    assert_eq!(shown(&answer), "D 60");
    assert_eq!(asked(&legacy).len(), 2, "two pages");
    // What is not among the first rows may be among the others: nobody knows.
    let setup = with(&legacy, options).replacing("scan = 5000", "scan = 59");
    let sidecar = setup.start().await;
    for name in ["D 60", "D 4"] {
        sidecar.idp("entra").patch("/Users/7", move_to(name)).await.scim_error(503, "");
    }
}

#[tokio::test]
async fn what_is_not_on_the_first_page_is_asked_for_by_itself() {
    let mut legacy = Legacy::start(Dialect::Rest);
    for id in 10..15 {
        legacy = legacy.with_user(person(id, &format!("p{id}")));
    }
    let legacy = legacy.await;
    for number in 4..=60 {
        legacy.add_department(None, &format!("D {number}")).unwrap();
    }
    for (id, key) in [(10, 1), (11, 50), (12, 51), (13, 60), (14, 99)] {
        legacy.people().store().update(&id.to_string(), |row| {
            crate::people::set(row, "employment.department", key.into());
        });
    }
    let sidecar = in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let answer = idp.get("/Users").await;
    let found: Vec<&Json> =
        answer.resources().iter().map(|person| &person[super::ENTERPRISE]["department"]).collect();
    assert_eq!(
        found,
        ["Finance", "D 50", "D 51", "D 60"]
            .map(Json::from)
            .iter()
            .chain([&Json::Null])
            .collect::<Vec<_>>()
    );
    assert_eq!(asked(&legacy).len(), 4, "a page, then 51, 60 and 99");
    // All of that page are remembered.
    let body = patch(json!({ "op": "replace", "path": "title", "value": "x" }));
    idp.patch("/Users/10", body).await.is(200);
    assert!(asked(&legacy).is_empty());
}
