//! PUT and entity tags: lines 103 to 107.

use serde_json::{Value as Json, json};

use crate::scene::{Dialect, Legacy, Sidecar, ana, bo, fixture, on_all, patch, scim_person};

on_all! {
    c103_what_was_read_and_put_back_with_one_change_changes_one_thing,
    c104_a_put_disables_only_when_it_says_so,
    c105_a_put_neither_creates_nor_takes_anothers_name,
    c106_a_put_names_the_person_and_clears_what_it_leaves_out,
    c107_versions_are_heeded,
}

async fn c103_what_was_read_and_put_back_with_one_change_changes_one_thing(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("okta");
    let read = idp.get("/Users/7").await;
    let mut document = read.is(200).clone();
    let same = idp.put("/Users/7", &document).await;
    assert_eq!(same.is(200), &document);
    assert!(legacy.writes().is_empty());
    document["phoneNumbers"] = json!([{ "type": "mobile", "value": "1" }]);
    document["groups"] = json!([{ "value": "g" }]);
    document["id"] = "99".into();
    document["meta"] = json!({ "resourceType": "Group", "lastModified": "x" });
    let put = idp.put("/Users/7", &document).await;
    assert_eq!(put.is(200)["id"], "7");
    assert_eq!(legacy.writes(), [json!({ "contactCell": "1" })]);
    // Twice is once.
    idp.put("/Users/7", &document).await.is(200);
    assert_eq!(legacy.writes().len(), 1);
}

async fn c104_a_put_disables_only_when_it_says_so(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("okta");
    let mut body = scim_person("ana");
    body.as_object_mut().unwrap().remove("active");
    assert_eq!(idp.put("/Users/7", &body).await.is(200)["active"], true);
    body["active"] = false.into();
    assert_eq!(idp.put("/Users/7", &body).await.is(200)["active"], false);
    body.as_object_mut().unwrap().remove("active");
    assert_eq!(idp.put("/Users/7", &body).await.is(200)["active"], false);
    let mut keycloak = fixture("keycloak/replace.json");
    keycloak["externalId"] = "object-of-ana".into();
    keycloak["active"] = "true".into();
    assert_eq!(sidecar.idp("tolerant").put("/Users/7", keycloak).await.is(200)["active"], true);
}

async fn c105_a_put_neither_creates_nor_takes_anothers_name(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).with_user(bo()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    for caller in ["okta", "strict"] {
        let idp = sidecar.idp(caller);
        idp.put("/Users/99", scim_person("cy")).await.scim_error(404, "");
        let mut body = scim_person("ana");
        for taken in ["bo@contoso.com", "BO@contoso.com"] {
            body["userName"] = taken.into();
            idp.put("/Users/7", &body).await.scim_error(409, "uniqueness");
        }
    }
    assert!(legacy.writes().is_empty());
}

async fn c106_a_put_names_the_person_and_clears_what_it_leaves_out(dialect: Dialect) {
    let mut row = ana();
    row["contactCell"] = "1".into();
    row["ScimExternalId"] = "object-of-ana".into();
    row["IdentificationNumber"] = "5".into();
    let legacy = Legacy::start(dialect).with_user(row).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("okta");
    for missing in ["userName", "emails"] {
        let mut body = scim_person("ana");
        body.as_object_mut().unwrap().remove(missing);
        let answer = idp.put("/Users/7", &body).await;
        assert!(answer.scim_error(400, "invalidValue").contains(missing), "{answer}");
    }
    assert!(legacy.writes().is_empty());
    let mut body = scim_person("ana");
    body.as_object_mut().unwrap().remove("externalId");
    // Nothing at all, which `active` never is.
    body["active"] = Json::Null;
    idp.put("/Users/7", &body).await.is(200);
    let row = legacy.person(7);
    assert_eq!(row["enabled"], true);
    // Cleared by default, kept where the mapping says `on_omit = "keep"`.
    assert_eq!((&row["contactCell"], &row["IdentificationNumber"]), (&Json::Null, &Json::Null));
    assert_eq!(row["ScimExternalId"], "object-of-ana");
    // Nor is an anchor ever emptied: `null` is the same as nothing (RFC 7643 §2.5).
    body["externalId"] = Json::Null;
    body["active"] = false.into();
    let answer = idp.put("/Users/7", &body).await;
    assert_eq!(answer.is(200)["externalId"], "object-of-ana");
    assert!(answer.events("alert").is_empty());
    assert_eq!(legacy.person(7)["enabled"], false);
}

async fn c107_versions_are_heeded(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("strict");
    let first = idp.get("/Users/7").await;
    let version = first.header("etag").to_owned();
    assert!(version.starts_with("W/\"") || version.starts_with('"'), "{version}");
    let fresh = idp.request("GET", "/Users/7").header("if-none-match", &version);
    let unchanged = idp.send(fresh, "").await;
    unchanged.is(304);
    assert_eq!(unchanged.text, "");

    let off = patch(json!({ "op": "replace", "path": "active", "value": false }));
    let on = patch(json!({ "op": "replace", "path": "active", "value": true }));
    let write = |method: &str, version: &str| {
        idp.request(method, "/Users/7")
            .header("content-type", "application/scim+json")
            .header("if-match", version)
    };
    let changed = idp.send(write("PATCH", &version), &off).await;
    changed.is(200);
    assert_ne!(changed.header("etag"), version);
    let stale = idp.send(write("PATCH", &version), &on).await;
    stale.scim_error(412, "");
    idp.send(write("PUT", &version), scim_person("ana")).await.scim_error(412, "");
    idp.send(write("DELETE", &version), "").await.scim_error(412, "");
    assert_eq!(legacy.person(7)["enabled"], false);
    assert_eq!(legacy.writes().len(), 1);
    // All lines are one list, and a comma in quotes parts no tag.
    let now = changed.header("etag");
    let listed = |method: &str, name: &str, lines: [&str; 2]| {
        let request = idp.request(method, "/Users/7").header(name, lines[0]);
        request.header("content-type", "application/scim+json").header(name, lines[1])
    };
    idp.send(listed("GET", "if-none-match", [&version, now]), "").await.is(304);
    let stale = listed("PATCH", "if-match", [&version, "\"b,*,c\""]);
    idp.send(stale, &off).await.scim_error(412, "");
    idp.send(listed("PATCH", "if-match", [&version, now]), &off).await.is(200);
    idp.send(write("PATCH", "*"), &on).await.is(200);
    let stale = idp.request("GET", "/Users/7").header("if-none-match", &version);
    // Without a time of the last change, a person who is as before has the version of before.
    let status = if dialect.lacks("107") { 304 } else { 200 };
    idp.send(stale, "").await.is(status);
}
