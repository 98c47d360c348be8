//! Disabled, deleted, restored: lines 108 to 113.

use serde_json::{Value as Json, json};

use crate::scene::{Dialect, Legacy, Sidecar, ana, anchored, on_all, patch, scim_person};

on_all! {
    c108_the_disabled_are_still_there_and_come_back,
    c109_c111_the_deleted_are_gone_on_every_verb,
    c110_the_deleted_come_back_with_nothing_of_what_they_had,
    c113_a_probe_leaves_no_trace_for_clients,
}

fn active(value: Json) -> Json {
    patch(json!({ "op": "Replace", "path": "active", "value": value }))
}

async fn c108_the_disabled_are_still_there_and_come_back(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    for (word, is_active) in [("False", false), ("True", true)] {
        idp.patch("/Users/7", active(json!(word))).await.is(200);
        let read = idp.get("/Users/7").await;
        assert_eq!(read.is(200)["active"], is_active);
        let found = idp.find("userName eq \"ana@contoso.com\"").await;
        assert_eq!(found.only(), &read.json);
        assert_eq!(idp.get("/Users").await.only()["id"], "7");
    }
}

async fn c109_c111_the_deleted_are_gone_on_every_verb(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let deleted = idp.delete("/Users/7").await;
    deleted.is(204);
    assert_eq!(deleted.text, "");
    idp.get("/Users/7").await.scim_error(404, "");
    idp.patch("/Users/7", active(json!(true))).await.scim_error(404, "");
    idp.put("/Users/7", scim_person("ana")).await.scim_error(404, "");
    idp.delete("/Users/7").await.scim_error(404, "");
    idp.delete("/Users/99").await.scim_error(404, "");
    for filter in ["userName eq \"ana@contoso.com\"", "id eq \"7\"", "active eq false"] {
        assert!(idp.find(filter).await.ids().is_empty(), "{filter}");
    }
    assert!(idp.get("/Users").await.ids().is_empty());
    let row = legacy.person(7);
    assert_eq!((&row["ScimDeleted"], &row["enabled"]), (&json!(true), &json!(false)));
}

async fn c110_the_deleted_come_back_with_nothing_of_what_they_had(dialect: Dialect) {
    let mut row = anchored(ana(), "object-of-ana");
    row["contactCell"] = "1".into();
    row["IdentificationNumber"] = "5".into();
    row["FirstName"] = "Old".into();
    let legacy = Legacy::start(dialect).with_user(row).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    idp.delete("/Users/7").await.is(204);
    let mut other = scim_person("ana");
    other["externalId"] = "another-object".into();
    idp.post("/Users", &other).await.scim_error(409, "uniqueness");
    let mut body = scim_person("ana");
    body["name"] = json!({ "familyName": "Diaz" });
    body.as_object_mut().unwrap().remove("externalId");
    let back = idp.post("/Users", &body).await;
    assert_eq!(back.is(201)["id"], "7");
    assert_eq!(back.events("audit")[0].field("operation"), "revive");
    let row = legacy.person(7);
    for field in ["contactCell", "IdentificationNumber", "FirstName"] {
        assert_eq!(row[field], Json::Null, "{field}");
    }
    assert_eq!(row["ScimExternalId"], "object-of-ana");
    assert_eq!((&row["enabled"], &row["LastName"]), (&json!(true), &json!("Diaz")));
    assert_ne!(row["ScimDeleted"], true);
    assert_eq!(idp.find("userName eq \"ana@contoso.com\"").await.ids(), ["7"]);
}

async fn c113_a_probe_leaves_no_trace_for_clients(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("tolerant");
    let created = idp.post("/Users", scim_person("probe")).await;
    created.is(201);
    let path = format!("/Users/{}", created.id());
    idp.delete(&path).await.is(204);
    idp.get(&path).await.scim_error(404, "");
    idp.put(&path, scim_person("probe")).await.scim_error(404, "");
    idp.patch(&path, active(json!(true))).await.scim_error(404, "");
    idp.delete(&path).await.scim_error(404, "");
    let id = created.id();
    for filter in
        [&format!("id eq \"{id}\""), "userName eq \"probe@contoso.com\"", "active eq false"]
    {
        assert!(idp.find(filter).await.ids().is_empty(), "{filter}");
    }
    assert!(idp.get("/Users").await.ids().is_empty());
    let row = legacy.person(created.id().parse().unwrap());
    assert_eq!((&row["enabled"], &row["ScimDeleted"]), (&json!(false), &json!(true)));
}
