//! What a look-up costs, what is remembered, and what happens when it fails.

use http::Method;
use scim_sidecar::legacy::{Fault, Kind, When};
use serde_json::{Value as Json, json};

use super::{ENTERPRISE, department, in_front_of, leave_with, move_to, replace, shown, working_in};
use crate::scene::{Dialect, Legacy, Sidecar, ana, bo, on_all, patch, person, scim_person};

on_all! {
    what_is_remembered_costs_no_call,
    a_list_looks_everything_up_in_one_search,
    what_is_not_shown_is_not_looked_up,
    a_key_that_leads_nowhere_is_left_out_and_told,
    a_failed_look_up_is_an_outage,
    nobody_keeps_his_access_while_it_cannot_be_looked_up,
    a_pair_that_the_server_behind_refuses_is_looked_up_again,
}

async fn what_is_remembered_costs_no_call(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(working_in(ana(), 2)).with_user(bo()).await;
    let sidecar = in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let is = |operation: &str, expected: &[&str]| {
        let mut expected = expected.to_vec();
        let shows_nothing: &[&str] = match dialect {
            Dialect::Odata => &[],
            Dialect::Soap => &["create", "update"],
            Dialect::Rest => &["create"],
        };
        if shows_nothing.contains(expected.last().unwrap()) {
            expected.push("read");
        }
        assert_eq!(legacy.take_actions(), expected, "{operation}");
    };
    idp.get("/Users/7").await.is(200);
    is("GET, the first time", &["read", "search"]);
    idp.get("/Users/7").await.is(200);
    is("GET, the second time", &["read"]);
    idp.patch("/Users/7", move_to("IT")).await.is(200);
    is("PATCH to what nobody knows", &["read", "search", "update"]);
    idp.patch("/Users/8", move_to("it")).await.is(200);
    is("PATCH to what is known", &["read", "update"]);
    idp.find("department eq \"IT\"").await.resources();
    is("filter", &["search"]);
    let mut body = scim_person("cy");
    body[ENTERPRISE] = json!({ "department": "IT" });
    idp.post("/Users", &body).await.is(201);
    // What cannot join alternatives is asked for the name, then for the anchor.
    let searches = if dialect == Dialect::Rest { 2 } else { 1 };
    is("POST", &["search", "search", "create"][2 - searches..]);
}

async fn a_list_looks_everything_up_in_one_search(dialect: Dialect) {
    let mut legacy = Legacy::start(dialect);
    for id in 10..40 {
        legacy = legacy.with_user(person(id, &format!("p{id}")));
    }
    let legacy = legacy.await;
    for id in 10..40 {
        let key = match id % 10 {
            0 => continue,
            _ => legacy.add_department(None, &format!("D {id}")).unwrap(),
        };
        legacy.update(id, &json!({ "idDepartment": key })).unwrap();
    }
    let sidecar = in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    // What cannot join alternatives is asked for a page of departments, which holds them all.
    let more: &[&str] = if dialect == Dialect::Rest { &["search"] } else { &["search", "search"] };
    for (expected, path) in [
        (&["search", "search"][..], "/Users?startIndex=1&count=10"),
        (&["search"], "/Users?startIndex=1&count=10"),
        (more, "/Users?count=100"),
    ] {
        let answer = idp.get(path).await;
        assert_eq!(legacy.take_actions(), expected, "{path}");
        for person in answer.resources() {
            let id: i64 = person["id"].as_str().unwrap().parse().unwrap();
            let department = &person[ENTERPRISE]["department"];
            let expected = if id % 10 == 0 { Json::Null } else { format!("D {id}").into() };
            assert_eq!(*department, expected, "{id}");
        }
    }
}

async fn what_is_not_shown_is_not_looked_up(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(working_in(ana(), 2)).await;
    let sidecar = in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    for path in ["/Users?attributes=userName", "/Users?excludedAttributes=department"] {
        idp.get(path).await.resources();
        assert_eq!(legacy.take_actions(), ["search"], "{path}");
    }
    idp.get("/Users/7?attributes=userName").await.is(200);
    assert_eq!(legacy.take_actions(), ["read"]);
}

async fn a_key_that_leads_nowhere_is_left_out_and_told(dialect: Dialect) {
    let mut row = ana();
    // A column without a foreign key.
    row["idArea"] = 99.into();
    let legacy = Legacy::start(dialect).with_user(row).with_user(bo()).await;
    let setup = Sidecar::in_front_of(&legacy);
    let sidecar = setup.appending(&department(dialect, "idArea", "")).start().await;
    let idp = sidecar.idp("entra");
    for path in ["/Users/7", "/Users"] {
        let answer = idp.get(path).await;
        answer.is(200);
        assert!(!answer.text.contains("department"), "{answer}");
        let log = answer.log();
        let told = log.iter().find(|event| !event.field("dangling").is_empty());
        assert_eq!(told.expect("a line").field("dangling"), "1", "{log:?}");
    }
    assert!(idp.find("department pr").await.ids().is_empty());
    assert_eq!(idp.find("department ne \"Sales\"").await.ids(), ["7", "8"]);
    // It can be cleared and replaced.
    let cleared = patch(json!({ "op": "remove", "path": "department" }));
    idp.patch("/Users/7", cleared).await.is(200);
    assert_eq!(legacy.person(7)["idArea"], Json::Null);
    legacy.update(7, &json!({ "idArea": 99 })).unwrap();
    assert_eq!(shown(&idp.patch("/Users/7", move_to("IT")).await), "IT");
    assert_eq!(legacy.person(7)["idArea"], 3);
}

async fn a_failed_look_up_is_an_outage(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(working_in(ana(), 2)).with_user(bo()).await;
    let sidecar = in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let status = |code| Kind::Status { code, retry_after: None, body: String::new() };
    for what in [status(503), status(404), status(400), Kind::HtmlPage, Kind::InvalidJson] {
        let when = When { method: Some(Method::GET), skip: 1, ..When::default() };
        for (name, answer) in [("get", "/Users/7"), ("list", "/Users")] {
            legacy.fault(Fault { when: when.clone(), what: what.clone() });
            let answer = idp.get(answer).await;
            answer.scim_error(503, "");
            assert!(!answer.header("retry-after").is_empty(), "{name}: {what:?}");
            legacy.clear_faults();
        }
        legacy.fault(Fault { when: when.clone(), what: what.clone() });
        idp.patch("/Users/8", move_to("IT")).await.scim_error(503, "");
        legacy.clear_faults();
        let first = When { method: Some(Method::GET), ..When::default() };
        legacy.fault(Fault { when: first, what: what.clone() });
        idp.find("department eq \"IT\"").await.scim_error(503, "");
        legacy.clear_faults();
    }
    assert!(legacy.writes().is_empty());
    assert_eq!(shown(&idp.get("/Users/7").await), "Sales");
}

/// Reads fail from the second one on, and once more when they are repeated.
fn second_read_fails() -> Fault {
    let when = When { method: Some(Method::GET), skip: 1, times: Some(2), ..When::default() };
    Fault { when, what: Kind::Status { code: 503, retry_after: None, body: String::new() } }
}

async fn nobody_keeps_his_access_while_it_cannot_be_looked_up(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(working_in(ana(), 2)).with_user(bo()).await;
    let sidecar = in_front_of(&legacy).start().await;
    let entra = sidecar.idp("entra");
    legacy.fault(second_read_fails());
    let answer = entra.patch("/Users/8", leave_with("Sales")).await;
    assert_eq!(answer.is(200)["active"], false);
    assert_eq!(legacy.person(8)["idDepartment"], Json::Null);
    // What is there cannot be told either.
    legacy.clear_faults();
    legacy.fault(second_read_fails());
    let answer = entra.patch("/Users/7", replace("active", false)).await;
    assert_eq!(shown(&answer), "Sales");
    assert_eq!(legacy.person(7)["enabled"], false);
    legacy.clear_faults();
    legacy.fault(second_read_fails());
    let sidecar = in_front_of(&legacy).start().await;
    let answer = sidecar.idp("strict").patch("/Users/7", leave_with("IT")).await;
    answer.scim_error(503, "");
}

async fn a_pair_that_the_server_behind_refuses_is_looked_up_again(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).with_user(bo()).await;
    let sidecar = in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    idp.patch("/Users/7", move_to("IT")).await.is(200);
    legacy.take_actions();
    // Too large for its column, so the whole write is refused: who knows for which value.
    let level = "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:EmployeeLevel";
    let both = patch(json!([
        { "op": "replace", "path": "department", "value": "IT" },
        { "op": "replace", "path": level, "value": 99_999_999_999_i64 },
    ]));
    idp.patch("/Users/8", both).await.scim_error(400, "invalidValue");
    assert_eq!(legacy.take_actions(), ["read", "update"]);
    assert_eq!(shown(&idp.patch("/Users/8", move_to("IT")).await), "IT");
    assert_eq!(legacy.take_actions()[..3], ["read", "search", "update"]);
}

#[tokio::test]
async fn what_the_row_itself_carries_is_not_looked_up() {
    let legacy = Legacy::start(Dialect::Odata).with_user(working_in(ana(), 2)).with_user(bo());
    let legacy = legacy.await;
    let expanded = department(Dialect::Odata, "idDepartment", "").replace(
        "key = \"idDepartment\"",
        "key = \"idDepartment\", expanded = \"department.name\"",
    );
    let setup = Sidecar::in_front_of(&legacy)
        .replacing("[upstream]\n", "[upstream]\nexpand = [\"department\"]\n")
        .appending(&expanded);
    let (code, out, err) = setup.run(&[], &["check", "--config", "sidecar.toml", "--live"]).await;
    assert_eq!(code, 0, "{out}{err}");
    let sidecar = setup.start().await;
    let idp = sidecar.idp("entra");
    // What `check` asked is not what is counted.
    legacy.take_actions();
    assert_eq!(shown(&idp.get("/Users/7").await), "Sales");
    idp.get("/Users").await.resources();
    assert_eq!(legacy.take_actions(), ["read", "search"]);
    assert_eq!(shown(&idp.patch("/Users/7", move_to("IT")).await), "IT");
    assert_eq!(legacy.person(7)["idDepartment"], 3);
    assert_eq!(legacy.writes(), [json!({ "idDepartment": 3 })]);
}
