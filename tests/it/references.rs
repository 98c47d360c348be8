//! References to other collections: a department is a name to SCIM and a key in `WFUser`.

use http::Method;
use scim_sidecar::legacy::{Fault, Kind, When};
use serde_json::{Value as Json, json};

use crate::scene::process::run;
use crate::scene::{
    Answer, Authority, Dialect, KeyKind, Legacy, Setup, Sidecar, ana, anchored, bo, on_both, patch,
    person, scim_person,
};

on_both! {
    a_value_is_written_as_a_key_and_printed_again,
    what_is_remembered_costs_no_call,
    an_unknown_value_is_refused_by_its_name,
    nobody_keeps_his_access_by_what_he_refers_to,
    nobody_keeps_his_access_while_it_cannot_be_looked_up,
    a_value_of_several_rows_is_refused,
    a_filter_asks_for_keys,
    a_list_looks_everything_up_in_one_search,
    what_is_not_shown_is_not_looked_up,
    a_key_that_leads_nowhere_is_left_out_and_told,
    a_failed_look_up_is_an_outage,
    a_pair_that_the_server_behind_refuses_is_looked_up_again,
    hostile_values_of_a_reference_stay_values,
    a_revived_person_gets_what_is_asked_for,
    check_asks_for_the_other_collection,
    explain_shows_the_look_up,
    a_rehearsal_looks_departments_up,
}

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The attribute as the shipped mapping has it behind its marks, on that field, with an example.
fn department(dialect: Dialect, field: &str, more: &str) -> String {
    let lines = dialect.mapping().lines().map(str::trim);
    let mut block: Vec<&str> = lines
        .skip_while(|line| !line.contains("a row of another table"))
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

fn replace(path: &str, value: impl Into<Json>) -> Json {
    patch(json!({ "op": "replace", "path": path, "value": value.into() }))
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

async fn what_is_remembered_costs_no_call(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(working_in(ana(), 2)).with_user(bo()).await;
    let sidecar = in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let is = |operation: &str, expected: &[&str]| {
        let mut expected = expected.to_vec();
        if dialect == Dialect::Soap && ["create", "update"].contains(expected.last().unwrap()) {
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
    is("POST", &["search", "create"]);
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
        assert!(detail.contains("`Finanse`") && detail.contains("`Department`"), "{detail}");
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
    for operator in ["co", "sw", "ew", "gt", "ge", "lt", "le"] {
        let answer = idp.find(&format!("department {operator} \"Sales\"")).await;
        let detail = answer.scim_error(400, "invalidFilter");
        assert!(detail.contains("department") && detail.contains(operator), "{detail}");
    }
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
    for (expected, path) in [
        (&["search", "search"][..], "/Users?startIndex=1&count=10"),
        (&["search"], "/Users?startIndex=1&count=10"),
        (&["search", "search"], "/Users?count=100"),
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

async fn check_asks_for_the_other_collection(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    let live = ["check", "--config", "sidecar.toml", "--live"];
    let (code, text, _) = in_front_of(&legacy).run(&[], &live).await;
    assert_eq!(code, 0, "{text}");
    for (old, new) in [
        ("/Department\"", "/Departement\""),
        ("= \"Department\"", "= \"Departement\""),
        ("match = \"name\"", "match = \"nome\""),
        ("key = \"idDepartment\"", "key = \"idDepartement\""),
    ] {
        let text = department(dialect, "idDepartment", "");
        if !text.contains(old) {
            continue;
        }
        let setup = Sidecar::in_front_of(&legacy).appending(&text.replace(old, new));
        let (code, text, _) = setup.run(&[], &live).await;
        assert_eq!(code, 78, "{new}: {text}");
        assert!(text.contains("does not search") && text.contains("mappings/hr.toml:"), "{text}");
        assert_eq!(text.matches("error:").count(), 1, "{text}");
    }
}

async fn explain_shows_the_look_up(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(working_in(ana(), 2)).await;
    let setup = in_front_of(&legacy);
    let request = format!("PATCH /scim/v2/Users/7\n\n{}", move_to("IT"));
    let explain = ["explain", "--config", "sidecar.toml", "request.txt"];
    let files = [("request.txt", request.as_str())];
    let live: Vec<&str> = explain.iter().copied().chain(["--live"]).collect();
    let (code, text, _) = setup.run(&files, &live).await;
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("idDepartment = 3"), "{text}");
    let searched = if dialect == Dialect::Odata { "data/Department?" } else { ">Department<" };
    assert_eq!(text.matches(searched).count(), 2, "{text}");
    assert!(legacy.writes().is_empty());
    assert!(text.contains("looked up in"), "{text}");
    // Without the upstream the rows are given.
    let envelope = |row: &str| {
        format!(
            "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>\
             <getEntitiesResponse><getEntitiesResult><BizAgiWSResponse><Entities>{row}</Entities>\
             </BizAgiWSResponse></getEntitiesResult></getEntitiesResponse></soap:Body>\
             </soap:Envelope>"
        )
    };
    let (ana, it) = if dialect == Dialect::Odata {
        let it = json!({ "idDepartment": 3, "name": "IT" });
        (working_in(ana(), 2).to_string(), it.to_string())
    } else {
        let ana = "<WFUSER key=\"7\"><userName>ana</userName><domain>contoso.com</domain>\
             <idDepartment>2</idDepartment></WFUSER>";
        (envelope(ana), envelope("<Department key=\"3\"><name>IT</name></Department>"))
    };
    let files = [files[0], ("ana", ana.as_str()), ("it", it.as_str())];
    let given: Vec<&str> = explain.iter().copied().chain(["--row", "ana", "--row", "it"]).collect();
    let (code, text, _) = setup.run(&files, &given).await;
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("idDepartment = 3"), "{text}");
    assert_eq!(text.matches("answered from --row").count(), 2, "{text}");
}

async fn a_rehearsal_looks_departments_up(dialect: Dialect) {
    let legacy = Legacy::start(dialect)
        .with_user(anchored(working_in(ana(), 2), "object-of-ana"))
        .with_user(anchored(working_in(bo(), 2), "object-of-bo"))
        .with_user(anchored(person(9, "cy"), "object-of-cy"))
        .await;
    let export = |name: &str, department: &str| {
        let mut body = scim_person(name);
        body["name"] = json!({ "formatted": format!("Mx {name}") });
        body[ENTERPRISE] = json!({ "department": department });
        body
    };
    let people = [export("ana", "Sales"), export("bo", "IT"), export("cy", "Nowhere")];
    let setup = in_front_of(&legacy);
    let folder = setup.folder(&Authority::new(KeyKind::Ecdsa));
    folder.write("people.json", &json!(people).to_string());
    let line = ["rehearse", "--config", "sidecar.toml", "people.json", "--out", "told.json"];
    let play = move || {
        let (code, out, err) = run(&line, &folder.path(""));
        assert_eq!(code, 0, "{out}{err}");
        folder
    };
    let folder = tokio::task::spawn_blocking(play).await.unwrap();
    let told = std::fs::read_to_string(folder.path("told.json")).unwrap();
    let told: Json = serde_json::from_str(&told).unwrap();
    for (verdict, expected) in [("unchanged", 1), ("change", 1), ("refused", 1), ("create", 0)] {
        assert_eq!(told["counts"][verdict], expected, "{verdict}: {told}");
    }
    assert!(legacy.writes().is_empty());
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
