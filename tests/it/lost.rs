//! Writes whose answer is lost, rows that change in between, and keys that are no longer true.

use http::Method;
use scim_sidecar::legacy::{Fault, Kind};
use serde_json::json;

use crate::faults::{is_unavailable, status};
use crate::scene::{Dialect, Legacy, Sidecar, ana, bo, on_all, patch, scim_person};

on_all! {
    c070_a_create_whose_answer_is_lost_is_looked_up,
    c070_an_outcome_that_stays_unknown_is_503_and_never_two_rows,
    c070_changes_and_deletions_whose_answer_is_lost_are_looked_up,
    a_row_that_changed_in_between_is_read_again_and_nothing_is_lost,
    a_remembered_key_is_a_shortcut_and_heals_itself,
}

async fn c070_a_create_whose_answer_is_lost_is_looked_up(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let entra = sidecar.idp("entra");
    let lost = [Kind::ResetAfter, Kind::TruncatedBody, Kind::InvalidJson, Kind::WrongMediaType];
    for (name, what) in ["eva", "cy", "di", "ed"].into_iter().zip(lost) {
        let before = legacy.rows().len();
        legacy.fault(Fault::once(what).on(Method::POST));
        let created = entra.post("/Users", scim_person(name)).await;
        created.is(201);
        let row: i64 = created.id().parse().unwrap();
        assert_eq!(legacy.person(row)["userName"], name);
        assert_eq!(created.events("audit")[0].field("outcome"), "done");
        entra.post("/Users", scim_person(name)).await.scim_error(409, "uniqueness");
        assert_eq!(legacy.rows().len(), before + 1);
    }
}

async fn c070_an_outcome_that_stays_unknown_is_503_and_never_two_rows(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let entra = sidecar.idp("entra");
    // Who has the name is asked once; then the answer is lost and the server cannot be asked.
    legacy.fault(Fault::once(Kind::ResetAfter).on(Method::POST));
    // The people server cannot be asked for name or anchor at once, so it is asked twice.
    let asked = if dialect == Dialect::Rest { 2 } else { 1 };
    legacy.fault(Fault::always(Kind::ResetBefore).on(Method::GET).after(asked));
    let answer = entra.post("/Users", scim_person("eva")).await;
    is_unavailable("POST", &answer);
    assert_eq!(answer.events("audit")[0].field("outcome"), "unknown");
    legacy.clear_faults();
    entra.post("/Users", scim_person("eva")).await.scim_error(409, "uniqueness");
    assert_eq!(legacy.rows().len(), 2);

    legacy.fault(Fault::once(Kind::ResetBefore).on(Method::POST));
    let answer = entra.post("/Users", scim_person("cy")).await;
    is_unavailable("POST", &answer);
    assert_eq!(answer.events("audit")[0].field("outcome"), "not done");
    entra.post("/Users", scim_person("cy")).await.is(201);
    assert_eq!(legacy.rows().len(), 3);
}

async fn c070_changes_and_deletions_whose_answer_is_lost_are_looked_up(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).with_user(bo()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let entra = sidecar.idp("entra");
    for (number, what) in [Kind::ResetAfter, Kind::TruncatedBody].into_iter().enumerate() {
        legacy.fault(Fault::once(what).on(Method::PATCH));
        let name = patch(
            json!({ "op": "replace", "path": "name.givenName", "value": format!("A{number}") }),
        );
        let answer = entra.patch("/Users/7", name).await;
        assert_eq!(answer.is(200)["name"]["givenName"], format!("A{number}"));
    }
    legacy.fault(Fault::once(Kind::ResetBefore).on(Method::PATCH));
    let off = patch(json!({ "op": "replace", "path": "active", "value": false }));
    let answer = entra.patch("/Users/7", &off).await;
    is_unavailable("PATCH", &answer);
    assert_eq!(answer.events("audit")[0].field("outcome"), "not done");
    assert_eq!(legacy.person(7)["enabled"], true);
    let case = patch(json!({ "op": "replace", "path": "userName", "value": "Ana@contoso.com" }));
    legacy.fault(Fault::once(Kind::ResetBefore).on(Method::PATCH));
    is_unavailable("PATCH", &entra.patch("/Users/7", &case).await);
    legacy.fault(Fault::once(Kind::ResetAfter).on(Method::PATCH));
    assert_eq!(entra.patch("/Users/7", case).await.is(200)["userName"], "Ana@contoso.com");
    legacy.fault(Fault::once(Kind::ResetAfter).on(Method::PATCH));
    entra.delete("/Users/8").await.is(204);
    assert_eq!(legacy.person(8)["ScimDeleted"], true);
}

async fn a_row_that_changed_in_between_is_read_again_and_nothing_is_lost(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let entra = sidecar.idp("entra");
    let version = entra.get("/Users/7").await.header("etag").to_owned();
    if !dialect.lacks("101") {
        legacy.fault(Fault::once(status(412, "")).on(Method::PATCH));
    }
    let name = patch(json!({ "op": "replace", "path": "name.givenName", "value": "Ana" }));
    assert_eq!(entra.patch("/Users/7", name).await.is(200)["name"]["givenName"], "Ana");

    // Two real writers at once, again and again.
    for number in 0..5 {
        let path = |path: &str| {
            patch(json!({ "op": "replace", "path": path, "value": format!("N{number}") }))
        };
        let (given, family) = (path("name.givenName"), path("name.familyName"));
        let (one, other) =
            tokio::join!(entra.patch("/Users/7", given), entra.patch("/Users/7", family));
        one.is(200);
        other.is(200);
        let row = legacy.person(7);
        let name = format!("N{number}");
        assert_eq!((&row["FirstName"], &row["LastName"]), (&json!(name), &json!(name)));
        assert_eq!(row["fullName"], format!("{name} {name}"));
    }

    let stale = entra.request("PATCH", "/Users/7").header("if-match", version);
    let off = patch(json!({ "op": "replace", "path": "active", "value": false }));
    let stale = stale.header("content-type", "application/scim+json");
    entra.send(stale, &off).await.scim_error(412, "");
    let version = entra.get("/Users/7").await.header("etag").to_owned();
    let fresh = entra.request("PATCH", "/Users/7").header("if-match", version);
    let fresh = fresh.header("content-type", "application/scim+json");
    entra.send(fresh, &off).await.is(200);
    if dialect.lacks("101") {
        // It knows no versions, so that none is refused behind.
        return;
    }
    legacy.fault(Fault::always(status(412, "")).on(Method::PATCH));
    let on = patch(json!({ "op": "replace", "path": "active", "value": true }));
    entra.patch("/Users/7", on).await.scim_error(412, "");
}

async fn a_remembered_key_is_a_shortcut_and_heals_itself(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).with_user(bo()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let entra = sidecar.idp("entra");
    let by_name = |name: &str| format!("userName eq \"{name}@contoso.com\"");
    assert_eq!(entra.find(&by_name("ana")).await.only()["id"], "7");
    drop(legacy.take_calls());
    assert_eq!(entra.find(&by_name("ANA")).await.only()["id"], "7");
    assert_eq!(legacy.take_actions(), ["read"], "a key was remembered");

    legacy.update(7, &json!({ "userName": "anita" })).unwrap();
    assert!(entra.find(&by_name("ana")).await.resources().is_empty());
    legacy.update(8, &json!({ "userName": "ana" })).unwrap();
    assert_eq!(entra.find(&by_name("ana")).await.only()["id"], "8");
    assert_eq!(entra.find(&by_name("anita")).await.only()["id"], "7");
    // Swapped by hand, with both names remembered.
    legacy.update(7, &json!({ "userName": "x" })).unwrap();
    legacy.update(8, &json!({ "userName": "anita" })).unwrap();
    legacy.update(7, &json!({ "userName": "ana" })).unwrap();
    assert_eq!(entra.find(&by_name("ana")).await.only()["id"], "7");
    assert_eq!(entra.find(&by_name("anita")).await.only()["id"], "8");
}

/// Bizagi's `createUser` takes five nodes alone, so that a second call must follow.
#[tokio::test]
async fn c071_a_create_in_two_steps_whose_second_one_fails_is_told_truly() {
    let legacy = Legacy::start(Dialect::Soap).await;
    let sidecar = Sidecar::in_front_of(&legacy)
        .replacing("create   = \"saveEntity\"", "create = \"createUser\"\norganization = \"1\"")
        .replacing("insert   = { Organizations = [{ Code = \"1\" }] }", "")
        .granting("grants = [\"organization\"]")
        .start()
        .await;
    let entra = sidecar.idp("entra");
    let properties = "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties";
    let numbered = |name: &str| {
        let mut body = scim_person(name);
        body[properties] = json!({ "IdentificationNumber": "5" });
        body
    };
    let whole = entra.post("/Users", numbered("eva")).await;
    assert_eq!(whole.is(201)[properties]["IdentificationNumber"], "5");
    assert_eq!(legacy.take_actions(), ["search", "create", "update", "read"]);

    legacy.fault(Fault::always(status(500, "")).on(Method::PATCH));
    let answer = entra.post("/Users", numbered("cy")).await;
    is_unavailable("POST", &answer);
    legacy.clear_faults();
    // He is there without the rest, and is shown so.
    let found = entra.find("userName eq \"cy@contoso.com\"").await;
    let half = found.only();
    let id = half["id"].as_str().unwrap();
    assert_eq!(half.get(properties), None, "{half}");
    assert_eq!(&legacy.person(id.parse().unwrap())["IdentificationNumber"], &json!(null));
    assert_eq!(entra.get(&format!("/Users/{id}")).await.is(200), half);
    // Whoever tries again meets him, and whoever changes what differs makes him whole.
    entra.post("/Users", numbered("cy")).await.scim_error(409, "uniqueness");
    let rest = patch(json!([
        { "op": "add", "path": "externalId", "value": "object-of-cy" },
        { "op": "add", "path": format!("{properties}:IdentificationNumber"), "value": "5" },
    ]));
    let mended = entra.patch(&format!("/Users/{id}"), rest).await;
    assert_eq!(mended.is(200)[properties]["IdentificationNumber"], "5");
    assert_eq!(legacy.rows().len(), 3);
}
