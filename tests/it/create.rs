//! New people: lines 056 to 071.

use scim_sidecar::legacy::{Fault, Kind};
use serde_json::{Value as Json, json};

use crate::scene::{Dialect, Legacy, Sidecar, ana, anchored, fixture, on_all, person, scim_person};

on_all! {
    c056_entras_create_is_taken_as_it_comes,
    c056_a_name_without_a_domain_is_kept_as_it_is,
    c057_c058_nulls_and_empty_lists_are_nothing,
    c059_an_extension_counts_without_its_urn_in_schemas,
    c060_nobody_is_created_without_a_user_name,
    c061_what_the_server_behind_requires_is_refused_before_it_is_called,
    c062_a_name_is_taken_once_in_any_letter_case_and_of_the_inactive_too,
    c063_a_clients_own_id_is_nothing_to_us,
    c064_a_password_goes_nowhere,
    c065_onelogins_template_is_tolerated_by_profile,
    c066_there_is_never_more_than_one_primary,
    c067_c068_values_are_kept_as_they_are,
    c069_what_is_not_mapped_is_left_out_or_refused_by_profile,
    c070_a_create_whose_answer_was_lost_makes_no_second_row,
    c071_a_create_that_breaks_off_is_told_truly,
    a_row_made_by_hand_is_found_and_bound_instead_of_created,
    c130_a_row_of_another_domain_name_is_found_through_the_table,
    a_rehire_does_not_get_anothers_row,
}

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PROPERTIES: &str = "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties";

fn with(mut body: Json, name: &str, value: Json) -> Json {
    body[name] = value;
    body
}

fn without(mut body: Json, name: &str) -> Json {
    body.as_object_mut().unwrap().remove(name);
    body
}

async fn c056_entras_create_is_taken_as_it_comes(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).variant("fixed domain").start().await;
    let idp = sidecar.idp("entra");
    let sent = fixture("entra/create.json");
    let created = idp.post("/Users", &sent).await;
    let person = created.is(201);
    let location = created.header("location");
    assert_eq!(location, format!("{}/Users/{}", idp.base(), created.id()));
    assert_eq!(person["meta"]["location"], location);
    assert_eq!(person["meta"]["resourceType"], "User");
    for name in ["userName", "externalId", "active", "name"] {
        assert_eq!(person[name], sent[name], "{name}");
    }
    assert_eq!(person["emails"], sent["emails"]);
    assert_eq!(idp.get(&format!("/Users/{}", created.id())).await.is(200), person);
    let row = legacy.person(created.id().parse().unwrap());
    assert_eq!(row["userName"], sent["userName"]);
    assert_eq!(row["domain"], "CORP");
    assert_eq!(row["notifByEmail"], true);
}

async fn c056_a_name_without_a_domain_is_kept_as_it_is(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("strict");
    let created = idp.post("/Users", with(scim_person("cy"), "userName", json!("cy"))).await;
    assert_eq!(created.is(201)["userName"], "cy");
    let row = legacy.person(created.id().parse().unwrap());
    assert_eq!((&row["userName"], &row["domain"]), (&json!("cy"), &json!("none")));
    for (filter, finds) in [
        ("userName eq \"CY\"", true),
        ("userName eq \"cy@none\"", true),
        ("userName ew \"y\"", true),
        ("userName ew \"none\"", false),
        ("userName co \"@\"", false),
    ] {
        assert_eq!(!idp.find(filter).await.ids().is_empty(), finds, "{filter}");
    }
}

async fn c057_c058_nulls_and_empty_lists_are_nothing(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy)
        .variant("fixed domain")
        .replacing("required   = true\n", "")
        .start()
        .await;
    let idp = sidecar.idp("entra");
    let created = idp.post("/Users", fixture("entra/create-nulls.json")).await;
    created.is(201);
    assert!(!created.text.contains("null"), "{created}");
    for name in ["addresses", "phoneNumbers", "title", "department", "manager", "roles"] {
        assert!(created.json.get(name).is_none(), "{name}");
    }
    let mut body = scim_person("ana");
    body["userName"] = "ana".into();
    body["schemas"] = json!(["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE]);
    body["meta"] = json!({ "resourceType": "User" });
    body["roles"] = json!([]);
    body["addresses"] = Json::Null;
    body["phoneNumbers"] = Json::Null;
    let created = idp.post("/Users", &body).await;
    created.is(201);
    assert!(created.json.get("phoneNumbers").is_none());
}

async fn c059_an_extension_counts_without_its_urn_in_schemas(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let mut sent = fixture("entra/create-extension.json");
    sent["emails"] = json!([{ "value": "ana@contoso.com" }]);
    for caller in ["entra", "strict"] {
        sent["userName"] = format!("{caller}@contoso.com").into();
        let created = sidecar.idp(caller).post("/Users", &sent).await;
        let person = created.is(201);
        assert_eq!(person[PROPERTIES]["IdentificationNumber"], "701984");
        assert!(person["schemas"].as_array().unwrap().contains(&PROPERTIES.into()));
        let row = legacy.person(created.id().parse().unwrap());
        assert_eq!(row["IdentificationNumber"], "701984");
    }
}

async fn c060_nobody_is_created_without_a_user_name(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    for caller in ["entra", "strict", "onelogin"] {
        let idp = sidecar.idp(caller);
        for body in [
            without(scim_person("ana"), "userName"),
            with(scim_person("ana"), "userName", json!("")),
            with(scim_person("ana"), "userName", json!(null)),
            with(scim_person("ana"), "userName", json!(7)),
            with(scim_person("ana"), "userName", json!({ "a": 1 })),
            with(scim_person("ana"), "userName", json!(["a@contoso.com", "b@contoso.com"])),
        ] {
            let answer = idp.post("/Users", &body).await;
            let detail = answer.scim_error(400, "invalidValue");
            assert!(detail.contains("userName"), "{caller} {body}: {detail}");
        }
    }
    assert!(legacy.calls().is_empty());
}

async fn c061_what_the_server_behind_requires_is_refused_before_it_is_called(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let missing = idp.post("/Users", without(scim_person("bo"), "emails")).await;
    assert!(missing.scim_error(400, "invalidValue").contains("emails"));
    // 26 characters, one more than WFUser's column.
    let long = format!("bo@{}.example", "d".repeat(18));
    assert_eq!(long.len(), 3 + 26);
    let answer = idp.post("/Users", with(scim_person("bo"), "userName", json!(long))).await;
    assert!(answer.scim_error(400, "invalidValue").contains("25"), "{answer}");
    assert!(legacy.calls().is_empty());
    let fits = format!("bo@{}.example", "d".repeat(17));
    idp.post("/Users", with(scim_person("bo"), "userName", json!(fits))).await.is(201);
    // The same holds for a rename.
    let before = legacy.writes().len();
    let rename = crate::scene::patch(json!({ "op": "Replace", "path": "userName", "value": long }));
    idp.patch("/Users/7", rename).await.scim_error(400, "invalidValue");
    assert_eq!(legacy.writes().len(), before);
}

async fn c062_a_name_is_taken_once_in_any_letter_case_and_of_the_inactive_too(dialect: Dialect) {
    let mut gone = person(8, "bo");
    gone["enabled"] = false.into();
    let legacy = Legacy::start(dialect).with_user(ana()).with_user(gone).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    for caller in ["entra", "strict"] {
        for name in ["ana@contoso.com", "ANA@Contoso.COM", "bo@contoso.com"] {
            let body = with(scim_person("other"), "userName", json!(name));
            let answer = sidecar.idp(caller).post("/Users", body).await;
            answer.scim_error(409, "uniqueness");
        }
    }
    assert!(legacy.writes().is_empty());
    // The administrator is out of scope, and the name is taken all the same.
    let body = with(scim_person("other"), "userName", json!("admon@local"));
    let answer = sidecar.idp("entra").post("/Users", body).await;
    answer.scim_error(409, "uniqueness");
    assert!(legacy.writes().is_empty());
}

async fn c063_a_clients_own_id_is_nothing_to_us(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    for caller in ["tolerant", "strict"] {
        let body = with(scim_person(caller), "id", json!("7"));
        let created = sidecar.idp(caller).post("/Users", body).await;
        created.is(201);
        assert_ne!(created.id(), "7");
    }
    assert_eq!(legacy.person(7)["userName"], "ana");
}

async fn c064_a_password_goes_nowhere(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let created = sidecar.idp("okta").post("/Users", fixture("okta/create.json")).await;
    created.is(201);
    let log = format!("{:?}", created.log());
    assert!(log.contains("a person was written"));
    for secret in ["1mz050nq", "password"] {
        assert!(!created.text.contains(secret), "{created}");
        assert!(!format!("{:?}", legacy.calls()).contains(secret));
    }
    assert!(!log.contains("1mz050nq"), "{log}");
    // Nor do names and tokens get into the log.
    let token = sidecar.idp("okta").token().to_owned();
    for text in [&token, "test.user", "Test User", "00ujl29u0le5T6Aj10h7"] {
        assert!(!log.contains(text), "`{text}` in {log}");
    }
}

async fn c065_onelogins_template_is_tolerated_by_profile(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let sent = fixture("onelogin/create.json");
    sidecar.idp("strict").post("/Users", &sent).await.scim_error(400, "invalidSyntax");
    let created = sidecar.idp("onelogin").post("/Users", without(sent.clone(), ENTERPRISE)).await;
    let person = created.is(201);
    assert_eq!(person["active"], true);
    assert_eq!(person["emails"][0]["value"], "ana@contoso.com");
    let sent = with(sent, "userName", json!("bo@contoso.com"));
    sidecar.idp("tolerant").post("/Users", sent).await.is(201);
}

async fn c066_there_is_never_more_than_one_primary(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    // Both have a column: what is left out is left out for its mark alone.
    let home =
        "[[attribute]]\nscim = 'emails[type eq \"home\"].value'\nfield = \"contactMessenger\"";
    let sidecar = Sidecar::in_front_of(&legacy).appending(home).start().await;
    let emails = json!([
        { "type": "work", "value": "ana@contoso.com", "primary": true },
        { "type": "home", "value": "ana@example.com", "primary": true },
    ]);
    for caller in ["ping", "entra", "strict"] {
        let body = with(scim_person(caller), "emails", emails.clone());
        let answer = sidecar.idp(caller).post("/Users", body).await;
        if caller == "strict" {
            answer.scim_error(400, "invalidValue");
            continue;
        }
        let emails = answer.is(201)["emails"].as_array().unwrap();
        let primaries = emails.iter().filter(|email| email["primary"] == true);
        assert_eq!((emails.len(), primaries.count()), (2, 1), "{answer}");
    }
    sidecar.idp("ping").put("/Users/none", fixture("ping/replace.json")).await.is(404);
}

async fn c067_c068_values_are_kept_as_they_are(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let mut body = scim_person("ana");
    body["active"] = "True".into();
    body["phoneNumbers"] = json!([{ "type": "mobile", "value": "55555555555" }]);
    let created = idp.post("/Users", &body).await;
    created.is(201);
    let read = idp.get(&format!("/Users/{}", created.id())).await;
    assert_eq!(read.is(200)["phoneNumbers"][0]["value"], "55555555555");
    assert_eq!(read.json["active"], true);
    assert_eq!(legacy.person(created.id().parse().unwrap())["enabled"], true);
}

async fn c069_what_is_not_mapped_is_left_out_or_refused_by_profile(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let body = with(scim_person("ana"), "favouriteColour", json!("green"));
    sidecar.idp("strict").post("/Users", &body).await.scim_error(400, "invalidSyntax");
    assert!(legacy.writes().is_empty());
    let created = sidecar.idp("tolerant").post("/Users", &body).await;
    assert!(created.is(201).get("favouriteColour").is_none());
}

async fn c070_a_create_whose_answer_was_lost_makes_no_second_row(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let total = legacy.rows().len();
    legacy.fault(Fault::once(Kind::ResetAfter).on(http::Method::POST));
    let first = idp.post("/Users", scim_person("ana")).await;
    // The row was looked up by name and anchor: it is told as what it is, and taken from then on.
    let id = first.is(201)["id"].clone();
    idp.post("/Users", scim_person("ana")).await.scim_error(409, "uniqueness");
    assert_eq!(legacy.rows().len(), total + 1);
    let found = idp.find("userName eq \"ana@contoso.com\"").await;
    assert_eq!((&found.only()["id"], &found.only()["externalId"]), (&id, &json!("object-of-ana")));
}

async fn c071_a_create_that_breaks_off_is_told_truly(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    for (name, fault) in [
        ("ana", Kind::TruncatedBody),
        ("bo", Kind::WrongMediaType),
        ("cy", Kind::InvalidJson),
        ("di", Kind::ResetBefore),
    ] {
        legacy.fault(Fault::once(fault).on(http::Method::POST));
        let answer = idp.post("/Users", scim_person(name)).await;
        let there = legacy.rows().iter().any(|row| row["userName"] == name);
        if answer.status == 201 {
            assert!(there, "{name}");
        } else {
            assert!(answer.status.is_server_error(), "{answer}");
        }
        let found = idp.find(&format!("userName eq \"{name}@contoso.com\"")).await;
        assert_eq!(found.ids().len(), usize::from(there), "{name}");
    }
}

async fn a_row_made_by_hand_is_found_and_bound_instead_of_created(dialect: Dialect) {
    let mut disabled = person(8, "bo");
    disabled["enabled"] = false.into();
    let legacy = Legacy::start(dialect).with_user(ana()).with_user(disabled).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    for (name, id, active) in [("ANA@Contoso.com", 7, true), ("Bo@CONTOSO.com", 8, false)] {
        let found = idp.find(&format!("userName eq \"{name}\"")).await;
        assert_eq!(found.only()["id"], id.to_string());
        assert_eq!(found.only()["active"], active);
        let anchor = format!("object-{id}");
        let bind =
            crate::scene::patch(json!({ "op": "Add", "path": "externalId", "value": anchor }));
        let bound = idp.patch(&format!("/Users/{id}"), bind).await;
        assert_eq!(bound.is(200)["externalId"], anchor);
        assert_eq!(bound.events("audit")[0].field("operation"), "bind");
        assert_eq!(legacy.person(id)["ScimExternalId"], anchor);
    }
    assert_eq!(legacy.rows().len(), 3);
}

async fn c130_a_row_of_another_domain_name_is_found_through_the_table(dialect: Dialect) {
    let mut row = ana();
    row["domain"] = "CONTOSO".into();
    let legacy = Legacy::start(dialect).with_user(row).await;
    let sidecar = Sidecar::in_front_of(&legacy).variant("domain table").start().await;
    let idp = sidecar.idp("entra");
    let found = idp.find("userName eq \"Ana@contoso.com\"").await;
    assert_eq!(found.only()["userName"], "ana@contoso.com");
    idp.post("/Users", scim_person("ana")).await.scim_error(409, "uniqueness");
    let bind = crate::scene::patch(json!({ "op": "Add", "path": "externalId", "value": "o" }));
    idp.patch("/Users/7", bind).await.is(200);
    assert_eq!(legacy.writes(), [json!({ "ScimExternalId": "o" })]);
    // A suffix that is longer than the column has a name there.
    let body =
        with(scim_person("bo"), "userName", json!("bo@subsidiary.contoso-international.com"));
    let created = idp.post("/Users", body).await;
    assert_eq!(created.is(201)["userName"], "bo@subsidiary.contoso-international.com");
    assert_eq!(legacy.person(created.id().parse().unwrap())["domain"], "SUB");
}

async fn a_rehire_does_not_get_anothers_row(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(anchored(ana(), "object-a")).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let answer = sidecar.idp("entra").post("/Users", scim_person("ana")).await;
    answer.scim_error(409, "uniqueness");
    assert_eq!(answer.events("alert").len(), 1);
    assert!(legacy.writes().is_empty());
}
