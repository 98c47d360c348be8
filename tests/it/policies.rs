//! What the mapping decides: attributes that are not mapped, values that are not taken, people who
//! exist already, the sidecar's own account.

use serde_json::{Value as Json, json};

use crate::scene::{
    Answer, Dialect, Event, Legacy, Setup, Sidecar, ana, anchored, bo, on_all, patch, person,
    scim_person,
};

on_all! {
    what_is_not_mapped_is_ignored_warned_of_or_rejected,
    a_value_that_must_fit_refuses_all_but_a_disable,
    an_empty_anchor_is_nobodys,
    who_is_adopted_is_found_by_name_alone,
    a_protected_row_is_not_adopted,
    the_sidecars_own_account_is_never_written,
}

const PHONE: &str = "phoneNumbers[type eq \"mobile\"].value";

fn set(path: &str, value: impl Into<Json>) -> Json {
    json!({ "op": "replace", "path": path, "value": value.into() })
}

/// Whether the operator was told of the attribute; for us alone the line names no caller.
fn is_warned_of(answer: &Answer) -> bool {
    let log = answer.log();
    let about = |event: &&Event| event.field("attributes").contains("nickName");
    log.iter().filter(about).any(|event| !event.field("caller").is_empty())
}

async fn what_is_not_mapped_is_ignored_warned_of_or_rejected(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).with_user(bo()).await;
    let change = patch(json!([set("nickName", "A"), set("name.givenName", "Ana")]));
    for (way, warns) in [("ignore", false), ("warn", true), ("reject", true)] {
        let line = format!("unmapped = \"{way}\"");
        let setup = Sidecar::in_front_of(&legacy).replacing("unmapped = \"ignore\"", &line);
        let sidecar = setup.start().await;
        let (entra, strict) = (sidecar.idp("entra"), sidecar.idp("strict"));
        let mut body = scim_person(way);
        body["nickName"] = "N".into();
        let answers = [entra.patch("/Users/7", &change).await, entra.post("/Users", &body).await];
        for (answer, done) in answers.iter().zip([200, 201]) {
            if way == "reject" {
                let detail = answer.scim_error(400, "invalidSyntax");
                assert!(detail.contains("no place for `nickName`"), "{detail}");
                continue;
            }
            answer.is(done);
            assert_eq!(is_warned_of(answer), warns, "{way}: {:?}", answer.log());
        }
        strict.patch("/Users/7", &change).await.is(400);
        // Nobody keeps his access by what is not even mapped.
        legacy.update(8, &json!({ "enabled": true })).unwrap();
        let leave = patch(json!([set("nickName", "B"), set("active", false)]));
        let answer = entra.patch("/Users/8", &leave).await;
        assert_eq!(answer.is(200)["active"], false);
        assert_eq!(is_warned_of(&answer), warns, "{way}: {:?}", answer.log());
    }
    assert_eq!(legacy.rows().len(), 5, "two creates of three");
}

async fn a_value_that_must_fit_refuses_all_but_a_disable(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let phone = "max_length = 20                           # a longer number";
    let must = "on_invalid = \"reject\"\nmax_length = 20 # a longer number";
    let sidecar = Sidecar::in_front_of(&legacy).replacing(phone, must).start().await;
    let (entra, strict) = (sidecar.idp("entra"), sidecar.idp("strict"));
    let long = "1".repeat(60);
    let alone = patch(set(PHONE, long.as_str()));
    let detail = entra.patch("/Users/7", alone).await;
    assert!(detail.scim_error(400, "invalidValue").contains("20 characters"));
    let mut body = scim_person("cy");
    body["phoneNumbers"] = json!([{ "type": "mobile", "value": long.as_str() }]);
    entra.post("/Users", &body).await.scim_error(400, "invalidValue");
    let leave = patch(json!([set(PHONE, long.as_str()), set("active", "False")]));
    strict.patch("/Users/7", &leave).await.is(400);
    assert!(legacy.writes().is_empty());
    let answer = entra.patch("/Users/7", &leave).await;
    assert_eq!(answer.is(200)["active"], false);
    assert_eq!(answer.events("audit")[0].field("attribute"), PHONE);
    assert_eq!(legacy.person(7)["contactCell"], Json::Null);
    // What is required is not optional: to clear it stays refused.
    legacy.update(7, &json!({ "enabled": true })).unwrap();
    let mail = patch(json!([
        { "op": "remove", "path": "emails[type eq \"work\"].value" },
        set("active", false),
    ]));
    entra.patch("/Users/7", mail).await.is(400);
}

async fn an_empty_anchor_is_nobodys(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(anchored(ana(), "")).await;
    let legacy_of = |text: &str| {
        let new = format!("on_conflict = \"{text}\"");
        Sidecar::in_front_of(&legacy).replacing("on_conflict = \"conflict\"", &new)
    };
    let sidecar = legacy_of("adopt").start().await;
    let adopted = sidecar.idp("entra").post("/Users", scim_person("ana")).await;
    assert_eq!(adopted.is(201)["id"], "7");
    assert!(adopted.events("alert").is_empty());
    legacy.update(7, &json!({ "ScimExternalId": "" })).unwrap();
    let sidecar = legacy_of("conflict").start().await;
    let bound = sidecar.idp("entra").patch("/Users/7", patch(set("externalId", "B"))).await;
    assert_eq!(bound.is(200)["externalId"], "B");
    assert_eq!(bound.events("audit")[0].field("operation"), "bind");
}

fn adopting(legacy: &Legacy) -> Setup {
    let (conflict, adopt) = ("on_conflict = \"conflict\"", "on_conflict = \"adopt\"");
    Sidecar::in_front_of(legacy).replacing(conflict, adopt)
}

async fn who_is_adopted_is_found_by_name_alone(dialect: Dialect) {
    let mut gone = person(9, "cy");
    gone["enabled"] = false.into();
    let legacy = Legacy::start(dialect).with_user(ana()).with_user(gone).await;
    let sidecar = adopting(&legacy).start().await;
    let entra = sidecar.idp("entra");
    // Ana's address under another name is another person.
    let mut body = scim_person("eva");
    body["emails"][0]["value"] = "ana@contoso.com".into();
    let created = entra.post("/Users", &body).await;
    assert_ne!(created.is(201)["id"], "7");
    assert_eq!(created.events("audit")[0].field("operation"), "create");
    assert_eq!(legacy.person(7)["ScimExternalId"], Json::Null);
    // In whatever letter case, and whoever disabled him.
    body = scim_person("cy");
    body["userName"] = "CY@contoso.com".into();
    let adopted = entra.post("/Users", &body).await;
    assert_eq!((&adopted.is(201)["id"], &adopted.json["active"]), (&json!("9"), &json!(true)));
    assert_eq!(adopted.events("audit")[0].field("operation"), "adopt");
    // The second one of that name meets a row that has an owner.
    body["externalId"] = "another-object".into();
    let answer = entra.post("/Users", &body).await;
    answer.scim_error(409, "uniqueness");
    assert_eq!(answer.events("alert").len(), 1);
}

async fn a_protected_row_is_not_adopted(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let protected = "one_of = [\"admon\"]";
    let sidecar =
        adopting(&legacy).replacing(protected, "one_of = [\"admon\", \"ana\"]").start().await;
    sidecar.idp("entra").post("/Users", scim_person("ana")).await.scim_error(409, "uniqueness");
    assert!(legacy.writes().is_empty());
}

async fn the_sidecars_own_account_is_never_written(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).with_user(bo()).await;
    let account = "account = \"ana@contoso.com\"";
    let sidecar = Sidecar::in_front_of(&legacy).upstream(account).start().await;
    let entra = sidecar.idp("entra");
    entra.get("/Users/7").await.is(200);
    let leave = patch(set("active", false));
    for answer in [entra.patch("/Users/7", &leave).await, entra.delete("/Users/7").await] {
        assert!(answer.scim_error(403, "").contains("protected"));
        assert_eq!(answer.events("alert")[0].field("id"), "7");
    }
    assert!(legacy.writes().is_empty());
    entra.patch("/Users/8", &leave).await.is(200);
}
