//! References to other collections: a department is a name to SCIM and a key in the person's row.

mod looking_up;
mod operators;
mod rest;

use serde_json::{Value as Json, json};

use crate::scene::{
    Answer, Dialect, Legacy, Setup, Sidecar, ana, bo, on_all, patch, person, replace, scim_person,
};

on_all! {
    a_value_is_written_as_a_key_and_printed_again,
    an_unknown_value_is_refused_by_its_name,
    nobody_keeps_his_access_by_what_he_refers_to,
    a_value_of_several_rows_is_refused,
    a_filter_asks_for_keys,
    hostile_values_of_a_reference_stay_values,
    a_revived_person_gets_what_is_asked_for,
}

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The attribute as the shipped mapping has it behind its marks, on that field, with an example.
fn department(dialect: Dialect, field: &str, more: &str) -> String {
    let lines = dialect.mapping().lines().map(str::trim);
    let mut block: Vec<&str> = lines
        .skip_while(|line| !line.contains("# A value that is a row of another"))
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("#: "))
        .collect();
    assert!(block[1].contains(&format!("{ENTERPRISE}:department")), "{block:?}");
    let named = format!("field     = \"{field}\"");
    let place = block.iter().position(|line| line.starts_with("field")).unwrap();
    block[place] = &named;
    format!(
        r#"
{}
{more}

[[example]]
scim     = {{ userName = "ana@contoso.com", active = true, name = {{ formatted = "Ana" }}, emails = [{{ type = "work", value = "ana@contoso.com" }}], "{ENTERPRISE}" = {{ department = "Finance" }} }}
upstream = {{ userName = "ana", domain = "contoso.com", enabled = true, enabledForAssignation = true, fullName = "Ana", contactEmail = "ana@contoso.com", {field} = 1 }}
"#,
        block.join("\n")
    )
}

fn in_front_of(legacy: &Legacy) -> Setup {
    Sidecar::in_front_of(legacy).appending(&department(legacy.dialect(), "idDepartment", ""))
}

/// A row in the department of that key.
fn working_in(mut row: Json, department: i64) -> Json {
    row["idDepartment"] = department.into();
    row
}

fn move_to(name: &str) -> Json {
    replace("department", name)
}

#[track_caller]
fn shown(answer: &Answer) -> &Json {
    &answer.is(200)[ENTERPRISE]["department"]
}

async fn a_value_is_written_as_a_key_and_printed_again(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(working_in(ana(), 2)).with_user(bo()).await;
    let sidecar = in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    assert_eq!(shown(&idp.get("/Users/7").await), "Sales");
    assert_eq!(*shown(&idp.get("/Users/8").await), Json::Null);
    assert_eq!(shown(&idp.patch("/Users/7", move_to("IT")).await), "IT");
    assert_eq!(legacy.person(7)["idDepartment"], 3);
    // In whatever letter case, as the schema says; what is stored is what is shown.
    assert_eq!(shown(&idp.patch("/Users/7", move_to("FINANCE")).await), "Finance");
    assert_eq!(legacy.person(7)["idDepartment"], 1);
    let cleared = patch(json!({ "op": "remove", "path": "department" }));
    assert_eq!(*shown(&idp.patch("/Users/7", cleared).await), Json::Null);
    assert_eq!(legacy.person(7)["idDepartment"], Json::Null);
    let writes = [3, 1].map(|key| json!({ "idDepartment": key }));
    assert_eq!(legacy.writes()[..2], writes);
    let mut body = scim_person("cy");
    body[ENTERPRISE] = json!({ "department": "Sales" });
    let created = idp.post("/Users", &body).await;
    assert_eq!(created.is(201)[ENTERPRISE]["department"], "Sales");
    assert_eq!(legacy.person(created.id().parse().unwrap())["idDepartment"], 2);
    body[ENTERPRISE] = json!({ "department": "IT" });
    let whole = idp.put(&format!("/Users/{}", created.id()), &body).await;
    assert_eq!(shown(&whole), "IT");
    body.as_object_mut().unwrap().remove(ENTERPRISE);
    let whole = idp.put(&format!("/Users/{}", created.id()), &body).await;
    assert_eq!(*shown(&whole), Json::Null);
}

async fn an_unknown_value_is_refused_by_its_name(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(working_in(ana(), 2)).await;
    let sidecar = in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let mut body = scim_person("cy");
    body[ENTERPRISE] = json!({ "department": "Finanse" });
    for answer in [
        idp.patch("/Users/7", move_to("Finanse")).await,
        idp.put("/Users/7", &body).await,
        idp.post("/Users", &body).await,
    ] {
        let detail = answer.scim_error(400, "invalidValue");
        let other = if dialect == Dialect::Rest { "`departments`" } else { "`Department`" };
        assert!(detail.contains("`Finanse`") && detail.contains(other), "{detail}");
        assert!(!format!("{:?}", answer.log()).contains("Finanse"), "no value in the log");
    }
    assert!(legacy.writes().is_empty());
    // Absence is not remembered.
    legacy.add_department(None, "Finanse").unwrap();
    assert_eq!(shown(&idp.patch("/Users/7", move_to("Finanse")).await), "Finanse");

    let more = department(dialect, "idDepartment", "on_invalid = \"drop\"");
    let dropping = Sidecar::in_front_of(&legacy).appending(&more).start().await;
    let both = patch(json!([
        { "op": "replace", "path": "department", "value": "Nowhere" },
        { "op": "replace", "path": "name.givenName", "value": "Ana" },
    ]));
    let answer = dropping.idp("entra").patch("/Users/7", &both).await;
    assert_eq!(
        (shown(&answer), &answer.json["name"]["givenName"]),
        (&json!("Finanse"), &json!("Ana"))
    );
    let audited = answer.events("audit");
    assert_eq!(audited[0].field("attribute"), format!("{ENTERPRISE}:department"));
    assert!(!format!("{:?}", answer.log()).contains("Nowhere"), "no value in the log");
    dropping.idp("strict").patch("/Users/7", &both).await.scim_error(400, "invalidValue");
}

/// `active: false` beside a department.
fn leave_with(department: &str) -> Json {
    patch(json!([
        { "op": "replace", "path": "department", "value": department },
        { "op": "replace", "path": "active", "value": false },
    ]))
}

async fn nobody_keeps_his_access_by_what_he_refers_to(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(working_in(ana(), 2)).with_user(bo()).await;
    let sidecar = in_front_of(&legacy).start().await;
    let strict = sidecar.idp("strict");
    strict.patch("/Users/7", leave_with("Nowhere")).await.scim_error(400, "invalidValue");
    assert_eq!(legacy.person(7)["enabled"], true);
    let answer = sidecar.idp("entra").patch("/Users/7", leave_with("Nowhere")).await;
    assert_eq!((&answer.is(200)["active"], shown(&answer)), (&json!(false), &json!("Sales")));
    assert_eq!(
        (&legacy.person(7)["enabled"], &legacy.person(7)["idDepartment"]),
        (&json!(false), &json!(2))
    );
    assert_eq!(answer.events("audit")[0].field("attribute"), format!("{ENTERPRISE}:department"));
    let mut body = scim_person("bo");
    body["active"] = false.into();
    body[ENTERPRISE] = json!({ "department": "Nowhere" });
    assert_eq!(sidecar.idp("entra").put("/Users/8", &body).await.is(200)["active"], false);
}

async fn a_value_of_several_rows_is_refused(dialect: Dialect) {
    let legacy = Legacy::start(dialect);
    let legacy = legacy.with_user(working_in(ana(), 2)).with_user(working_in(bo(), 3)).await;
    let other = legacy.add_department(Some("S2"), "SALES").unwrap();
    let sidecar = in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    legacy.update(8, &json!({ "idDepartment": other })).unwrap();
    let answer = idp.patch("/Users/8", move_to("Sales")).await;
    let detail = answer.scim_error(400, "invalidValue");
    assert!(detail.contains("`Sales`") && detail.contains("one row"), "{detail}");
    assert_eq!(legacy.person(8)["idDepartment"], other);
    // Both are shown as they are, and a search finds both.
    assert_eq!(shown(&idp.get("/Users/8").await), "SALES");
    assert_eq!(idp.find("department eq \"sales\"").await.ids(), ["7", "8"]);
}

async fn a_filter_asks_for_keys(dialect: Dialect) {
    let legacy = Legacy::start(dialect)
        .with_user(working_in(ana(), 2))
        .with_user(working_in(bo(), 3))
        .with_user(person(9, "cy"))
        .await;
    let sidecar = in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let expected: [(&str, &[&str]); 12] = [
        ("department eq \"Sales\"", &["7"]),
        ("department eq \"sALES\"", &["7"]),
        ("department eq \"Nowhere\"", &[]),
        ("department ne \"Nowhere\"", &["7", "8", "9"]),
        ("department ne \"Sales\"", &["8", "9"]),
        ("not (department eq \"Sales\")", &["8", "9"]),
        ("not (department ne \"Sales\")", &["7"]),
        ("department pr", &["7", "8"]),
        ("not (department pr)", &["9"]),
        ("department eq \"Sales\" or department eq \"IT\"", &["7", "8"]),
        ("department eq \"Sales\" and userName sw \"ana\"", &["7"]),
        (&format!("{ENTERPRISE}:department eq \"IT\""), &["8"]),
    ];
    for (filter, ids) in expected {
        assert_eq!(idp.find(filter).await.ids(), ids, "{filter}");
    }
    let others: [(&str, &[&str]); 7] = [
        ("co", &["7"]),
        ("sw", &["7"]),
        ("ew", &["7"]),
        ("gt", &[]),
        ("ge", &["7"]),
        ("lt", &["8"]),
        ("le", &["7", "8"]),
    ];
    for (operator, ids) in others {
        let answer = idp.find(&format!("department {operator} \"Sales\"")).await;
        if dialect == Dialect::Rest {
            // Its mapping allows that people are compared here.
            assert_eq!(answer.ids(), ids, "{operator}");
            continue;
        }
        let detail = answer.scim_error(400, "invalidFilter");
        assert!(detail.contains("department") && detail.contains(operator), "{detail}");
    }
}

async fn hostile_values_of_a_reference_stay_values(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let names = ["Human Resources", "R & D", "L'Oreal' OR 1=1 --", "Añejo", "<name>x</name>"];
    for name in names {
        // Nothing is found, and nothing else either.
        idp.patch("/Users/7", move_to(name)).await.scim_error(400, "invalidValue");
        assert!(idp.find(&format!("department eq \"{name}\"")).await.ids().is_empty());
        let key = legacy.add_department(None, name).unwrap();
        let answer = idp.patch("/Users/7", move_to(name)).await;
        assert_eq!(shown(&answer), name);
        assert_eq!(legacy.person(7)["idDepartment"], key, "{name}");
        assert_eq!(idp.find(&format!("department eq \"{name}\"")).await.ids(), ["7"]);
    }
    assert!(legacy.canary().is_empty(), "{:?}", legacy.canary());
}

async fn a_revived_person_gets_what_is_asked_for(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(working_in(ana(), 2)).await;
    let sidecar = in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    idp.delete("/Users/7").await.is(204);
    let mut body = scim_person("ana");
    body[ENTERPRISE] = json!({ "department": "IT" });
    assert_eq!(idp.post("/Users", &body).await.is(201)[ENTERPRISE]["department"], "IT");
    assert_eq!(legacy.person(7)["idDepartment"], 3);
    idp.delete("/Users/7").await.is(204);
    body.as_object_mut().unwrap().remove(ENTERPRISE);
    assert_eq!(idp.post("/Users", &body).await.is(201)[ENTERPRISE], Json::Null);
    assert_eq!(legacy.person(7)["idDepartment"], Json::Null);
}
