//! Reading people: lines 072 to 076.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::scene::{Dialect, Legacy, Sidecar, ana, bo, on_all, patch, person, scim_person};

on_all! {
    c072_a_person_says_who_and_where_they_are,
    c073_an_id_is_exact,
    c073_an_id_that_is_not_the_key_is_exact_too,
    c074_what_was_written_is_read_at_once,
    c075_every_attribute_has_its_shape,
    c076_a_row_out_of_scope_is_not_there,
    two_projects_share_a_process_and_nothing_else,
    c098_a_changed_person_is_shown_as_wished,
}

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PROPERTIES: &str = "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties";

async fn c072_a_person_says_who_and_where_they_are(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let answer = idp.get("/Users/7").await;
    let person = answer.is(200);
    assert_eq!(person["schemas"][0], "urn:ietf:params:scim:schemas:core:2.0:User");
    assert_eq!(person["id"], "7");
    assert_eq!(person["meta"]["resourceType"], "User");
    assert_eq!(person["meta"]["location"], format!("{}/Users/7", idp.base()));
    for name in ["created", "lastModified"] {
        if dialect.lacks("072") {
            // Its rows do not tell when they were made and changed.
            assert_eq!(person["meta"].get(name), None);
            continue;
        }
        assert!(person["meta"][name].as_str().unwrap().ends_with('Z'), "{name}");
    }
    assert_eq!(person["meta"]["version"], answer.header("etag"));
    // Over HTTP/1.1 the same.
    assert_eq!(idp.over_http1().get("/Users/7").await.is(200), person);
}

async fn c073_an_id_is_exact(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    for id in ["99", "none", "07", "+7", "7.0", "0x7", "-7", "%207", "7%20", "99999999999999999999"]
    {
        idp.get(&format!("/Users/{id}")).await.scim_error(404, "");
        idp.delete(&format!("/Users/{id}")).await.scim_error(404, "");
    }
}

async fn c073_an_id_that_is_not_the_key_is_exact_too(dialect: Dialect) {
    let mut row = ana();
    row["IdentificationNumber"] = "Id-7".into();
    let legacy = Legacy::start(dialect).with_user(row).await;
    let id = "[upstream]\nid = { field = \"IdentificationNumber\", type = \"string\" }\n";
    let sidecar = Sidecar::in_front_of(&legacy)
        .leaving_out(&["\"IdentificationNumber\"\n", "[[example]]"])
        .replacing("[upstream]\n", id)
        .start()
        .await;
    let idp = sidecar.idp("entra");
    for _ in 0..2 {
        assert_eq!(idp.get("/Users/Id-7").await.is(200)["id"], "Id-7");
    }
    assert_eq!(idp.find("userName eq \"ana@contoso.com\"").await.ids(), ["Id-7"]);
    for other in ["id-7", "ID-7", "7", "Id-7%20"] {
        idp.get(&format!("/Users/{other}")).await.scim_error(404, "");
    }
    let off = patch(json!({ "op": "Replace", "path": "active", "value": "False" }));
    assert_eq!(idp.patch("/Users/Id-7", off).await.is(200)["id"], "Id-7");
    assert_eq!(legacy.person(7)["enabled"], false);
    // The row behind the remembered key has got another id.
    legacy.update(7, &json!({ "IdentificationNumber": "Id-8" })).unwrap();
    idp.get("/Users/Id-7").await.scim_error(404, "");
    idp.get("/Users/Id-8").await.is(200);
}

async fn c074_what_was_written_is_read_at_once(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).with_user(person(8, "cy")).await;
    let sidecar = Sidecar::in_front_of(&legacy).hire_date().start().await;
    let idp = sidecar.idp("entra");
    let mut body = scim_person("bo");
    body["phoneNumbers"] = json!([{ "type": "mobile", "value": "1" }]);
    body[ENTERPRISE] = json!({ "manager": { "value": "7" } });
    body[PROPERTIES] = json!({
        "IdentificationNumber": "5", "EmployeeLevel": 2, "IsContractor": true,
        "HireDate": "2026-03-01T00:00:00Z",
    });
    let created = idp.post("/Users", &body).await;
    created.is(201);
    let path = format!("/Users/{}", created.id());
    assert_eq!(idp.get(&path).await.is(200), &created.json);
    let manager = format!("{ENTERPRISE}:manager");
    for (attribute, place, value) in [
        ("userName", "/userName".to_owned(), json!("bea@contoso.com")),
        ("active", "/active".to_owned(), json!(false)),
        ("displayName", "/displayName".to_owned(), json!("Bea R.")),
        ("name.givenName", "/name/givenName".to_owned(), json!("Bea")),
        ("name.familyName", "/name/familyName".to_owned(), json!("Ruiz")),
        ("name.formatted", "/name/formatted".to_owned(), json!("Dr Bea Ruiz")),
        ("emails[type eq \"work\"].value", "/emails/0/value".to_owned(), json!("bea@contoso.com")),
        ("phoneNumbers[type eq \"mobile\"].value", "/phoneNumbers/0/value".to_owned(), json!("2")),
        (&manager, format!("/{ENTERPRISE}/manager/value"), json!("8")),
        (
            &format!("{PROPERTIES}:IdentificationNumber"),
            format!("/{PROPERTIES}/IdentificationNumber"),
            json!("6"),
        ),
        (&format!("{PROPERTIES}:EmployeeLevel"), format!("/{PROPERTIES}/EmployeeLevel"), json!(4)),
        (
            &format!("{PROPERTIES}:IsContractor"),
            format!("/{PROPERTIES}/IsContractor"),
            json!(false),
        ),
        (
            &format!("{PROPERTIES}:HireDate"),
            format!("/{PROPERTIES}/HireDate"),
            json!("2027-04-02T00:00:00Z"),
        ),
    ] {
        let change = patch(json!({ "op": "Replace", "path": attribute, "value": value }));
        let changed = idp.patch(&path, change).await;
        changed.is(200);
        let read = idp.get(&path).await;
        assert_eq!(read.is(200), &changed.json, "{attribute}");
        assert_eq!(read.json.pointer(&place), Some(&value), "{attribute}: {read}");
    }
}

async fn c075_every_attribute_has_its_shape(dialect: Dialect) {
    let mut row = bo();
    row["idBossUser"] = 7.into();
    row["contactCell"] = "1".into();
    let legacy = Legacy::start(dialect).with_user(ana()).with_user(row).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let answer = sidecar.idp("entra").get("/Users/8").await;
    let person = answer.is(200);
    let email = json!([{ "value": "bo@contoso.com", "type": "work", "primary": true }]);
    assert_eq!(person["emails"], email);
    assert_eq!(person["phoneNumbers"][0]["type"], "mobile");
    assert_eq!(person[ENTERPRISE]["manager"]["value"], "7");
    assert!(person["active"].is_boolean() && person["id"].is_string());
}

async fn c076_a_row_out_of_scope_is_not_there(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    // The administrator of the domain `local` has the key 1.
    assert_eq!(legacy.person(1)["userName"], "admon");
    let everybody = idp.get("/Users").await;
    assert_eq!(everybody.ids(), ["7"]);
    assert_eq!(everybody.json["totalResults"], 1);
    for filter in ["userName eq \"admon@local\"", "id eq \"1\"", "not (userName eq \"x@y\")"] {
        assert!(!idp.find(filter).await.ids().contains(&"1"), "{filter}");
    }
    let off = patch(json!({ "op": "Replace", "path": "active", "value": "False" }));
    idp.get("/Users/1").await.scim_error(404, "");
    idp.patch("/Users/1", off).await.scim_error(404, "");
    idp.put("/Users/1", scim_person("admon")).await.scim_error(404, "");
    idp.delete("/Users/1").await.scim_error(404, "");
    assert!(legacy.writes().is_empty());
}

async fn two_projects_share_a_process_and_nothing_else(dialect: Dialect) {
    let hr = Legacy::start(dialect).with_user(ana()).await;
    let sales = Legacy::start(dialect).with_user(person(7, "eva")).await;
    let sidecar = Sidecar::in_front_of(&hr).and("sales", "/sales/scim/v2", &sales).start().await;
    let [at_hr, at_sales] = ["hr", "sales"].map(|project| sidecar.idp_of(project, "entra"));
    assert_eq!(at_hr.get("/Users/7").await.is(200)["userName"], "ana@contoso.com");
    let eva = at_sales.get("/Users/7").await;
    assert_eq!(eva.is(200)["userName"], "eva@contoso.com");
    assert!(eva.json["meta"]["location"].as_str().unwrap().contains("/sales/scim/v2/Users/7"));
    // The token of one is unknown to the other.
    at_hr.clone().with_token(at_sales.token()).get("/Users/7").await.scim_error(401, "");
    at_sales.clone().with_token(at_hr.token()).get("/Users/7").await.scim_error(401, "");
    // An outage of one is nothing to the other.
    hr.kill().await;
    let out = at_hr.get("/Users/7").await;
    out.scim_error(503, "");
    assert!(!out.header("retry-after").is_empty());
    at_hr.find("userName eq \"ana@contoso.com\"").await.scim_error(503, "");
    at_sales.get("/Users/7").await.is(200);
    let off = patch(json!({ "op": "Replace", "path": "active", "value": "False" }));
    at_sales.patch("/Users/7", off).await.is(200);
}

async fn c098_a_changed_person_is_shown_as_wished(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("strict");
    let off = patch(json!({ "op": "replace", "path": "active", "value": false }));
    let answer = idp.patch("/Users/7?attributes=userName", off).await;
    let names: BTreeSet<&str> =
        answer.is(200).as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, BTreeSet::from(["schemas", "id", "userName"]));
    assert_eq!(legacy.person(7)["enabled"], Json::Bool(false));
}
