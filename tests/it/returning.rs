//! Who comes back: revivals, adoptions, and creates that meet each other.

use scim_sidecar::legacy::{Fault, Kind};
use serde_json::{Value as Json, json};

use crate::scene::{
    Dialect, Legacy, Setup, Sidecar, ana, anchored, bo, eva_named, on_all, replace, scim_person,
    with,
};

on_all! {
    c110_a_revival_keeps_the_id_and_nothing_else,
    c113_a_revival_that_meets_another_writer_is_tried_again,
    enabled_by_hand_a_deleted_person_lives_again,
    a_deletion_may_be_a_mere_disable,
    an_existing_row_is_adopted_where_the_mapping_says_so,
    a_row_is_adopted_also_where_the_server_behind_enforces_names,
    of_two_creates_at_once_one_is_refused,
    an_id_that_is_not_the_key_is_looked_up_and_heals_itself,
    c112_a_deletion_that_the_server_behind_refuses_is_told,
}

async fn c110_a_revival_keeps_the_id_and_nothing_else(dialect: Dialect) {
    let row = with(
        ana(),
        &json!({ "contactCell": "123", "FirstName": "Old", "LastName": "Name", "IdentificationNumber": "1", "idBossUser": 8 }),
    );
    let legacy = Legacy::start(dialect).with_user(bo()).with_user(row).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let entra = sidecar.idp("entra");
    entra.delete("/Users/7").await.is(204);
    for answer in [
        entra.get("/Users/7").await,
        entra.patch("/Users/7", replace("active", true)).await,
        entra.put("/Users/7", scim_person("ana")).await,
        entra.delete("/Users/7").await,
    ] {
        answer.scim_error(404, "");
    }
    assert_eq!(entra.find("userName eq \"ana@contoso.com\"").await.json["totalResults"], 0);
    assert_eq!(entra.get("/Users").await.ids(), ["8"]);
    let least = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "ana@contoso.com", "externalId": "A",
        "emails": [{ "type": "work", "value": "new@contoso.com" }],
    });
    let revived = entra.post("/Users", least).await;
    assert_eq!(revived.is(201)["id"], "7");
    assert_eq!(revived.events("audit")[0].field("operation"), "revive");
    let stored = legacy.person(7);
    for cleared in ["contactCell", "FirstName", "LastName", "IdentificationNumber", "idBossUser"] {
        assert_eq!(stored[cleared], Json::Null, "{cleared}");
    }
    assert_eq!((&stored["enabled"], &stored["ScimDeleted"]), (&json!(true), &json!(false)));
    assert_eq!(stored["fullName"], "ana@contoso.com");

    // Another object of the directory does not get it.
    entra.delete("/Users/7").await.is(204);
    let other = with(scim_person("ana"), &json!({ "externalId": "B" }));
    let answer = entra.post("/Users", other).await;
    answer.scim_error(409, "uniqueness");
    assert_eq!(answer.events("alert").len(), 1);
    // Its own object does, under a new name as well, and a request without one.
    let renamed = with(scim_person("anita"), &json!({ "externalId": "A" }));
    let answer = entra.post("/Users", renamed).await;
    assert_eq!(
        (&answer.is(201)["id"], &answer.json["userName"]),
        (&json!("7"), &json!("anita@contoso.com"))
    );
    entra.delete("/Users/7").await.is(204);
    let nameless = with(scim_person("anita"), &json!({ "externalId": null }));
    let answer = entra.post("/Users", nameless).await;
    assert_eq!((&answer.is(201)["id"], &answer.json["externalId"]), (&json!("7"), &json!("A")));
    assert_eq!(legacy.rows().len(), 3);
}

async fn c113_a_revival_that_meets_another_writer_is_tried_again(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let entra = sidecar.idp("entra");
    entra.delete("/Users/7").await.is(204);
    let stale = Kind::Status { code: 412, retry_after: None, body: String::new() };
    legacy.fault(Fault::once(stale).on(http::Method::PATCH));
    assert_eq!(entra.post("/Users", scim_person("ana")).await.is(201)["id"], "7");
}

async fn enabled_by_hand_a_deleted_person_lives_again(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let entra = sidecar.idp("entra");
    entra.delete("/Users/7").await.is(204);
    legacy.update(7, &json!({ "enabled": true })).unwrap();
    assert_eq!(entra.get("/Users/7").await.is(200)["active"], true);
    assert_eq!(entra.find("userName eq \"ana@contoso.com\"").await.only()["id"], "7");
    entra.post("/Users", scim_person("ana")).await.scim_error(409, "uniqueness");
    entra.delete("/Users/7").await.is(204);
    entra.get("/Users/7").await.scim_error(404, "");
}

async fn a_deletion_may_be_a_mere_disable(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let mark = "tombstone   = { field = \"ScimDeleted\", value = true }\n";
    let sidecar = Sidecar::in_front_of(&legacy).replacing(mark, "").start().await;
    let entra = sidecar.idp("entra");
    entra.delete("/Users/7").await.is(204);
    assert_eq!(entra.get("/Users/7").await.is(200)["active"], false);
    assert_eq!(legacy.person(7)["ScimDeleted"], Json::Null);
    entra.delete("/Users/7").await.is(204);
    assert_eq!(legacy.writes().len(), 1, "the second one had nothing to do");
}

async fn an_existing_row_is_adopted_where_the_mapping_says_so(dialect: Dialect) {
    let row = with(ana(), &json!({ "contactCell": "123" }));
    let legacy = Legacy::start(dialect).with_user(row).with_user(anchored(bo(), "B")).await;
    let adopt =
        |setup: Setup| setup.replacing("on_conflict = \"conflict\"", "on_conflict = \"adopt\"");
    let sidecar = adopt(Sidecar::in_front_of(&legacy)).start().await;
    let entra = sidecar.idp("entra");
    let adopted = entra.post("/Users", scim_person("ana")).await;
    assert_eq!(adopted.is(201)["id"], "7");
    assert_eq!(adopted.events("audit")[0].field("operation"), "adopt");
    let stored = legacy.person(7);
    assert_eq!(stored["ScimExternalId"], "object-of-ana");
    assert_eq!(stored["contactCell"], "123", "what the request does not say stays");
    entra.post("/Users", scim_person("bo")).await.scim_error(409, "uniqueness");
    entra.post("/Users", eva_named("admon@local")).await.scim_error(409, "uniqueness");
    assert_eq!(legacy.person(8)["ScimExternalId"], "B");
    assert_eq!(legacy.rows().len(), 3);
}

async fn a_row_is_adopted_also_where_the_server_behind_enforces_names(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let setup = Sidecar::in_front_of(&legacy)
        .replacing("on_conflict = \"conflict\"", "on_conflict = \"adopt\"\nenforces_unique = true")
        .replacing("tombstone   = { field = \"ScimDeleted\", value = true }\n", "");
    let sidecar = setup.start().await;
    let mut unbound = scim_person("ana");
    unbound.as_object_mut().unwrap().remove("externalId");
    assert_eq!(sidecar.idp("entra").post("/Users", unbound).await.is(201)["id"], "7");
    assert_eq!(legacy.rows().len(), 2);
}

async fn of_two_creates_at_once_one_is_refused(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let (entra, okta) = (sidecar.idp("entra"), sidecar.idp("okta"));
    entra.delete("/Users/7").await.is(204);
    // A new row, and a deleted one that both want back.
    for name in ["eva", "ana"] {
        let (one, other) = tokio::join!(
            entra.post("/Users", scim_person(name)),
            okta.post("/Users", scim_person(name)),
        );
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409], "{one} {other}");
    }
    assert_eq!(legacy.rows().len(), 3);
}

async fn an_id_that_is_not_the_key_is_looked_up_and_heals_itself(dialect: Dialect) {
    let guid = |last: char| format!("00000000-0000-4000-8000-00000000000{last}");
    let legacy = Legacy::start(dialect)
        .with_user(with(ana(), &json!({ "contactMessenger": guid('a') })))
        .with_user(with(bo(), &json!({ "contactMessenger": guid('b') })))
        .await;
    let key = "key         = { field = \"idUser\", type = \"integer\" }";
    let id = format!("{key}\nid          = {{ field = \"contactMessenger\", type = \"string\" }}");
    let sidecar = Sidecar::in_front_of(&legacy).replacing(key, &id).start().await;
    let entra = sidecar.idp("entra");
    let path = |last| format!("/Users/{}", guid(last));
    let shown = entra.get(&path('a')).await;
    assert_eq!(
        (&shown.is(200)["id"], &shown.json["userName"]),
        (&json!(guid('a')), &json!("ana@contoso.com"))
    );
    assert!(shown.json["meta"]["location"].as_str().unwrap().ends_with(&guid('a')));
    drop(legacy.take_calls());
    entra.get(&path('a')).await.is(200);
    assert_eq!(legacy.take_calls().len(), 1, "the key was remembered");
    entra.get(&path('A')).await.scim_error(404, "");
    entra.get("/Users/7").await.scim_error(404, "");
    assert_eq!(
        entra.find(&format!("id eq \"{}\"", guid('b'))).await.only()["userName"],
        "bo@contoso.com"
    );
    entra.patch(&path('b'), replace("active", false)).await.is(200);
    assert_eq!(legacy.person(8)["enabled"], false);

    // Somebody gives the ids to other rows.
    legacy.update(7, &json!({ "contactMessenger": guid('c') })).unwrap();
    legacy.update(8, &json!({ "contactMessenger": guid('a') })).unwrap();
    assert_eq!(entra.get(&path('a')).await.is(200)["userName"], "bo@contoso.com");
    entra.patch(&path('a'), replace("active", true)).await.is(200);
    assert_eq!(legacy.person(8)["enabled"], true);
    entra.get(&path('b')).await.scim_error(404, "");
    entra.delete(&path('c')).await.is(204);
    entra.get(&path('c')).await.scim_error(404, "");
    assert_eq!(entra.post("/Users", scim_person("ana")).await.is(201)["id"], guid('c'));
}

async fn c112_a_deletion_that_the_server_behind_refuses_is_told(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let mark = "on_delete   = \"disable\"                   # Bizagi never deletes users\n\
                tombstone   = { field = \"ScimDeleted\", value = true }\n";
    let delete = "on_delete = \"delete\"\n";
    let sidecar = Sidecar::in_front_of(&legacy).replacing(mark, delete).start().await;
    let entra = sidecar.idp("entra");
    let answered = |code| {
        let what = Kind::Status { code, retry_after: None, body: String::new() };
        legacy.fault(Fault::once(what).on(http::Method::DELETE));
    };
    answered(409);
    let refused = entra.delete("/Users/7").await;
    assert!(refused.scim_error(409, "").contains("refer"), "{refused}");
    assert_eq!(refused.events("audit")[0].field("outcome"), "refused");
    answered(400);
    entra.delete("/Users/7").await.scim_error(400, "invalidValue");
    answered(204);
    let deleted = entra.delete("/Users/7").await;
    deleted.is(204);
    assert_eq!(deleted.events("audit")[0].field("outcome"), "done");
    answered(404);
    entra.delete("/Users/7").await.is(204);
    legacy.fault(Fault::once(Kind::ResetAfter).on(http::Method::DELETE));
    let lost = entra.delete("/Users/7").await;
    if dialect == Dialect::Rest {
        // It really deletes, and the lost answer is looked up.
        lost.is(204);
        assert_eq!(legacy.row(7), None);
    } else {
        lost.scim_error(503, "");
    }
}
