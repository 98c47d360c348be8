//! Who somebody is, whose a row is, and who may change it (section K of the conformance list).

use scim_sidecar::legacy::{Fault, Kind};
use serde_json::{Value as Json, json};

use crate::scene::{
    Dialect, Legacy, Sidecar, ana, anchored, bo, eva_named, on_all, patch, person, replace,
    scim_person, with,
};

on_all! {
    c125_a_namesakes_row_is_never_handed_over,
    c126_a_renamed_row_is_still_the_same_persons,
    c127_nobody_keeps_his_access_by_a_value_that_does_not_fit,
    c127_nor_by_a_value_that_only_the_server_behind_refuses,
    c128_a_full_name_is_made_of_what_is_stored_never_half,
    c128_without_columns_for_the_parts_the_full_name_stays,
    c129_who_is_equal_only_to_the_database_is_somebody_else,
    c130_a_row_with_another_spelling_of_the_domain_is_one_person,
    c131_a_protected_row_is_read_and_never_written,
    c131_a_row_outside_the_scope_is_not_there_and_keeps_its_name,
    c132_every_right_is_asked_for,
    c132_each_right_alone_is_enough_for_its_own,
}

async fn c125_a_namesakes_row_is_never_handed_over(dialect: Dialect) {
    let row =
        with(anchored(ana(), "A"), &json!({ "enabled": false, "enabledForAssignation": false }));
    let legacy = Legacy::start(dialect).with_user(row.clone()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let entra = sidecar.idp("entra");
    let found = entra.find("userName eq \"ana@contoso.com\"").await;
    assert_eq!(found.only()["active"], false);
    let before = legacy.person(7);
    let rebind = patch(json!([
        { "op": "Add", "path": "externalId", "value": "B" },
        { "op": "Replace", "path": "active", "value": "True" },
    ]));
    let pathless =
        patch(json!({ "op": "replace", "value": { "externalId": "B", "active": true } }));
    let whole = with(scim_person("ana"), &json!({ "externalId": "B" }));
    for answer in [
        entra.patch("/Users/7", rebind).await,
        entra.patch("/Users/7", pathless).await,
        entra.put("/Users/7", whole).await,
        entra.patch("/Users/7", patch(json!({ "op": "remove", "path": "externalId" }))).await,
    ] {
        answer.scim_error(400, "mutability");
        let [alert] = &answer.events("alert")[..] else { panic!("{:?}", answer.log()) };
        assert_eq!(alert.field("id"), "7");
        assert!(answer.events("audit").is_empty());
    }
    // To create him again is no way round it either.
    let answer = entra.post("/Users", scim_person("ana")).await;
    answer.scim_error(409, "uniqueness");
    assert_eq!(answer.events("alert").len(), 1);
    assert_eq!(legacy.person(7), before);
    assert!(legacy.writes().is_empty(), "{:?}", legacy.writes());
    // The one whose row it is comes back.
    entra.patch("/Users/7", replace("active", true)).await.is(200);
    assert_eq!(legacy.person(7)["enabled"], true);
}

async fn c126_a_renamed_row_is_still_the_same_persons(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(anchored(ana(), "A")).with_user(bo()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let entra = sidecar.idp("entra");
    legacy.update(7, &json!({ "userName": "anita" })).unwrap();
    let found = entra.find("externalId eq \"A\"").await;
    assert_eq!(found.only()["id"], "7");
    assert_eq!(found.only()["userName"], "anita@contoso.com");
    let again = with(scim_person("ana"), &json!({ "externalId": "A" }));
    let detail = entra.post("/Users", again).await;
    assert!(detail.scim_error(409, "uniqueness").contains("anchor"));
    assert_eq!(legacy.rows().len(), 3);
    let answer = entra.patch("/Users/8", replace("externalId", "A")).await;
    answer.scim_error(409, "uniqueness");
    assert_eq!(legacy.person(8)["ScimExternalId"], Json::Null);
    let answer = entra.patch("/Users/8", replace("externalId", "a")).await;
    assert_eq!(answer.is(200)["externalId"], "a", "an anchor is compared letter for letter");
    assert_eq!(answer.events("audit")[0].field("operation"), "bind");
}

async fn c127_nobody_keeps_his_access_by_a_value_that_does_not_fit(dialect: Dialect) {
    let row = with(ana(), &json!({ "contactCell": "123", "FirstName": "Ana", "LastName": "Diaz" }));
    let legacy = Legacy::start(dialect).with_user(row.clone()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let (entra, strict) = (sidecar.idp("entra"), sidecar.idp("strict"));
    let phone = "phoneNumbers[type eq \"mobile\"].value";
    let operations = |active: Json| {
        patch(json!([
            { "op": "replace", "path": phone, "value": "1".repeat(60) },
            { "op": "replace", "path": "displayName", "value": "x".repeat(5000) },
            { "op": "replace", "path": "active", "value": active },
        ]))
    };
    let answer = entra.patch("/Users/7", operations(json!("False"))).await;
    assert_eq!(answer.is(200)["active"], false);
    let stored = legacy.person(7);
    assert_eq!((&stored["enabled"], &stored["contactCell"]), (&json!(false), &json!("123")));
    let log = answer.log();
    assert!(log.iter().any(|event| event.field("attribute") == phone), "{log:?}");
    let audited = answer.events("audit");
    let dropped = [audited[0].field("attribute"), audited[1].field("attribute")];
    assert_eq!((audited.len(), dropped), (3, ["displayName", phone]), "{audited:?}");
    assert!(!format!("{log:?}").contains(&"1".repeat(20)), "no value in the log");

    legacy.update(7, &json!({ "enabled": true })).unwrap();
    let phone_alone = patch(json!([
        { "op": "replace", "path": phone, "value": "1".repeat(60) },
        { "op": "replace", "path": "active", "value": false },
    ]));
    strict.patch("/Users/7", operations(json!(false))).await.is(400);
    let detail = strict.patch("/Users/7", phone_alone).await;
    assert!(detail.scim_error(400, "invalidValue").contains("20 characters"));
    assert_eq!(legacy.person(7)["enabled"], true);
    assert_eq!(strict.patch("/Users/7", replace("active", false)).await.is(200)["active"], false);

    legacy.update(7, &json!({ "enabled": true })).unwrap();
    let whole = with(
        scim_person("ana"),
        &json!({
            "active": "False", "displayName": "x".repeat(5000), "title": ["no", "title"],
            "name": { "givenName": "y".repeat(51), "familyName": 7 },
            "phoneNumbers": [{ "type": "mobile", "value": "1".repeat(60) }],
        }),
    );
    assert_eq!(entra.put("/Users/7", whole).await.is(200)["active"], false);
    let stored = legacy.person(7);
    assert_eq!((&stored["enabled"], &stored["contactCell"]), (&json!(false), &json!("123")));
    assert_eq!((&stored["FirstName"], &stored["LastName"]), (&json!("Ana"), &json!("Diaz")));
}

async fn c127_nor_by_a_value_that_only_the_server_behind_refuses(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let level = "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:EmployeeLevel";
    // The column has 32 bits, which the mapping does not say.
    let operations = patch(json!([
        { "op": "replace", "path": level, "value": 99_999_999_999_i64 },
        { "op": "replace", "path": "active", "value": false },
    ]));
    sidecar.idp("strict").patch("/Users/7", &operations).await.scim_error(400, "invalidValue");
    assert_eq!(legacy.person(7)["enabled"], true);
    let answer = sidecar.idp("entra").patch("/Users/7", &operations).await;
    assert_eq!(answer.is(200)["active"], false);
    let row = legacy.person(7);
    assert_eq!((&row["enabled"], &row["EmployeeLevel"]), (&json!(false), &Json::Null));
    let outcomes: Vec<_> =
        answer.events("audit").iter().map(|line| line.field("outcome").to_owned()).collect();
    assert_eq!(outcomes, ["refused", "done"]);
    // Without a disable in it the refusal is the answer.
    let alone = replace(level, 99_999_999_999_i64);
    sidecar.idp("entra").patch("/Users/7", alone).await.scim_error(400, "invalidValue");
}

async fn c128_a_full_name_is_made_of_what_is_stored_never_half(dialect: Dialect) {
    let row =
        with(ana(), &json!({ "FirstName": "Ana", "LastName": "Diaz", "fullName": "Ana Diaz" }));
    let legacy = Legacy::start(dialect).with_user(row).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let answer = sidecar.idp("entra").patch("/Users/7", replace("name.familyName", "Gomez")).await;
    assert_eq!(answer.is(200)["name"]["formatted"], "Ana Gomez");
    assert_eq!(legacy.person(7)["fullName"], "Ana Gomez");
    assert_eq!(legacy.writes(), [json!({ "LastName": "Gomez", "fullName": "Ana Gomez" })]);
}

async fn c128_without_columns_for_the_parts_the_full_name_stays(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let only_formatted = |text: String| {
        let from = text.find("[[attribute]]\nscim       = \"name.givenName\"").unwrap();
        let to =
            text.find("# ---------------------------------------------------------------- how to");
        let examples = text.find("[[example]]").unwrap();
        format!("{}{}", &text[..from], &text[to.unwrap()..examples])
    };
    let example = r#"
[[example]]
scim     = { userName = "ana@contoso.com", active = true, name = { formatted = "Ana Diaz" }, emails = [{ type = "work", value = "ana@contoso.com" }] }
upstream = { userName = "ana", domain = "contoso.com", enabled = true, enabledForAssignation = true, fullName = "Ana Diaz", contactEmail = "ana@contoso.com" }
"#;
    let setup = Sidecar::in_front_of(&legacy).mapping(only_formatted).appending(example);
    let sidecar = setup.start().await;
    let entra = sidecar.idp("entra");
    let answer = entra.patch("/Users/7", replace("name.familyName", "Gomez")).await;
    assert_eq!(answer.is(200)["name"]["formatted"], "Mx ana");
    assert!(legacy.writes().is_empty());
    entra.patch("/Users/7", replace("name.formatted", "Ana Gomez")).await.is(200);
    assert_eq!(legacy.person(7)["fullName"], "Ana Gomez");
    // A create that has only the parts makes the whole of them.
    let created = entra.post("/Users", scim_person("eva")).await;
    assert_eq!(created.is(201)["name"], json!({ "formatted": "eva Diaz" }));
    let schemas = entra.get("/Schemas").await;
    assert!(!schemas.is(200).to_string().contains("familyName"), "{schemas}");
}

async fn c129_who_is_equal_only_to_the_database_is_somebody_else(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(person(7, "jose")).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let entra = sidecar.idp("entra");
    let loose = || legacy.fault(Fault::always(Kind::FoldingCollation));
    legacy.insert(&person(8, "maria")).unwrap();
    legacy.insert(&with(person(9, "x"), &json!({ "userName": "mar\u{ed}a" }))).unwrap();
    legacy.insert(&with(person(10, "y"), &json!({ "userName": "\u{ff4d}aria" }))).unwrap();
    legacy
        .insert(&with(person(11, "z"), &json!({ "domain": "contoso.com ", "userName": "maria" })))
        .unwrap();
    loose();
    for (name, id) in [("maria", "8"), ("MARIA", "8"), ("mar\u{ed}a", "9"), ("\u{ff4d}aria", "10")]
    {
        let found = entra.find(&format!("userName eq \"{name}@contoso.com\"")).await;
        if dialect.lacks("129") && !name.is_ascii() {
            found.scim_error(400, "invalidFilter");
            continue;
        }
        assert_eq!(found.only()["id"], id, "{name}");
    }
    legacy.clear_faults();
    loose();
    let rows = legacy.rows().len();
    entra.post("/Users", eva_named("jose@contoso.com ")).await.scim_error(400, "invalidValue");
    let without_pattern = Sidecar::in_front_of(&legacy)
        .replacing(r", pattern = '[A-Za-z0-9!$*+.=_~#-]+(@[A-Za-z0-9!$*+.=_~#-]+)?'", "");
    let sidecar = without_pattern.start().await;
    let entra = sidecar.idp("entra");
    for other in ["jos\u{e9}@contoso.com", "\u{ff4a}ose@contoso.com"] {
        let answer = entra.post("/Users", eva_named(other)).await;
        if dialect.lacks("129") {
            // Whether it is taken cannot be asked.
            answer.scim_error(400, "invalidValue");
            continue;
        }
        let detail = answer.scim_error(409, "uniqueness");
        assert!(detail.contains("accents"), "{detail}");
        assert_eq!(entra.find(&format!("userName eq \"{other}\"")).await.json["totalResults"], 0);
        let answer = entra.patch("/Users/8", replace("userName", other)).await;
        assert!(answer.scim_error(409, "uniqueness").contains("accents"));
    }
    assert_eq!(legacy.rows().len(), rows);
}

async fn c130_a_row_with_another_spelling_of_the_domain_is_one_person(dialect: Dialect) {
    let row = with(ana(), &json!({ "domain": "CONTOSO" }));
    let legacy = Legacy::start(dialect).with_user(row).await;
    let sidecar = Sidecar::in_front_of(&legacy).variant("domain table").start().await;
    let entra = sidecar.idp("entra");
    let found = entra.find("userName eq \"ANA@contoso.com\"").await;
    assert_eq!(
        (&found.only()["id"], &found.only()["userName"]),
        (&json!("7"), &json!("ana@contoso.com"))
    );
    entra.patch("/Users/7", replace("externalId", "A")).await.is(200);
    assert_eq!(legacy.person(7)["domain"], "CONTOSO");
    assert_eq!(legacy.writes(), [json!({ "ScimExternalId": "A" })]);
    entra.post("/Users", scim_person("ana")).await.scim_error(409, "uniqueness");
    entra.post("/Users", eva_named("ana@CONTOSO")).await.scim_error(409, "uniqueness");
    let long = entra.post("/Users", eva_named("cy@subsidiary.contoso-international.com")).await;
    assert_eq!(long.is(201)["userName"], "cy@subsidiary.contoso-international.com");
    let row = legacy.person(long.id().parse().unwrap());
    assert_eq!((&row["userName"], &row["domain"]), (&json!("cy"), &json!("SUB")));
    assert_eq!(legacy.rows().len(), 3);
}

async fn c131_a_protected_row_is_read_and_never_written(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(bo()).await;
    let scope = "scope       = { field = \"domain\", none_of = [\"local\"] }";
    let in_scope = "scope       = { field = \"domain\", none_of = [\"elsewhere\"] }";
    let sidecar = Sidecar::in_front_of(&legacy).replacing(scope, in_scope).start().await;
    let entra = sidecar.idp("entra");
    let before = legacy.person(1);
    assert_eq!(entra.get("/Users/1").await.is(200)["userName"], "admon@local");
    assert_eq!(entra.find("userName eq \"ADMON@local\"").await.only()["id"], "1");
    for answer in [
        entra.patch("/Users/1", replace("active", false)).await,
        entra.put("/Users/1", eva_named("admon@local")).await,
        entra.delete("/Users/1").await,
    ] {
        assert!(answer.scim_error(403, "").contains("protected"));
        assert_eq!(answer.events("alert")[0].field("id"), "1");
    }
    entra.post("/Users", eva_named("admon@local")).await.scim_error(409, "uniqueness");
    assert_eq!(legacy.person(1), before);
    assert!(legacy.writes().is_empty());
}

async fn c131_a_row_outside_the_scope_is_not_there_and_keeps_its_name(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(bo()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let entra = sidecar.idp("entra");
    let before = legacy.person(1);
    entra.get("/Users/1").await.scim_error(404, "");
    entra.patch("/Users/1", replace("active", false)).await.scim_error(404, "");
    entra.put("/Users/1", eva_named("admon@local")).await.scim_error(404, "");
    entra.delete("/Users/1").await.scim_error(404, "");
    assert!(entra.find("userName eq \"admon@local\"").await.resources().is_empty());
    assert!(entra.find("not (userName eq \"x@y\")").await.ids() == ["8"]);
    assert_eq!(entra.get("/Users").await.ids(), ["8"]);
    entra.post("/Users", eva_named("Admon@Local")).await.scim_error(409, "uniqueness");
    entra.post("/Users", eva_named("somebody@local")).await.scim_error(400, "invalidValue");
    entra.patch("/Users/8", replace("userName", "admon@local")).await.scim_error(409, "uniqueness");
    entra.patch("/Users/8", replace("userName", "bo@local")).await.scim_error(400, "invalidValue");
    assert_eq!(legacy.person(1), before);
    assert!(legacy.writes().is_empty());
}

async fn c132_every_right_is_asked_for(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let all = ["match", "read", "list", "create", "update", "rename", "disable", "delete"];
    let mut setup = Sidecar::in_front_of(&legacy).rights("entra", &all[4..]);
    let lacking = [("okta", "update"), ("onelogin", "rename"), ("ping", "disable")];
    for (caller, lacks) in lacking.into_iter().chain([("tolerant", "delete")]) {
        let rights: Vec<&str> = all.into_iter().filter(|right| *right != lacks).collect();
        setup = setup.rights(caller, &rights);
    }
    let sidecar = setup.and("sales", "/sales/scim/v2", &legacy).start().await;
    let first = sidecar.idp("entra");
    let refused = [
        (first.find("userName eq \"ana@contoso.com\"").await, "match"),
        (first.get("/Users/7").await, "read"),
        (first.get("/Users").await, "list"),
        (first.find("userName sw \"a\"").await, "list"),
        (first.post("/Users", scim_person("eva")).await, "create"),
    ];
    let idp = |caller| sidecar.idp(caller);
    let name = replace("userName", "a@contoso.com");
    let writes = [
        (idp("okta").patch("/Users/7", replace("name.givenName", "A")).await, "update"),
        (idp("onelogin").patch("/Users/7", name).await, "rename"),
        (idp("ping").patch("/Users/7", replace("active", false)).await, "disable"),
        (idp("tolerant").delete("/Users/7").await, "delete"),
    ];
    for (answer, right) in refused.into_iter().chain(writes) {
        assert!(answer.scim_error(403, "").contains(&format!("`{right}`")), "{answer}");
    }
    assert!(legacy.writes().is_empty());
    idp("okta").get("/Users/7").await.is(200);
    // Another project's token is as unknown as any.
    let stranger = sidecar.idp_of("sales", "entra").token().to_owned();
    let answer = sidecar.idp("tolerant").with_token(&stranger).get("/Users/7").await;
    let unknown = sidecar.idp("tolerant").with_token("scim_unknown").get("/Users/7").await;
    answer.scim_error(401, "");
    assert_eq!(answer.text, unknown.text);
}

async fn c132_each_right_alone_is_enough_for_its_own(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let setup = Sidecar::in_front_of(&legacy)
        .rights("entra", &["disable"])
        .rights("okta", &["rename"])
        .rights("ping", &["update"])
        .rights("tolerant", &["delete"]);
    let sidecar = setup.start().await;
    sidecar.idp("entra").patch("/Users/7", replace("active", false)).await.is(200);
    let both = patch(json!([
        { "op": "replace", "path": "active", "value": true },
        { "op": "replace", "path": "name.givenName", "value": "A" },
    ]));
    sidecar.idp("entra").patch("/Users/7", both).await.scim_error(403, "");
    sidecar.idp("okta").patch("/Users/7", replace("userName", "anita@contoso.com")).await.is(200);
    sidecar.idp("ping").patch("/Users/7", replace("name.givenName", "Anita")).await.is(200);
    sidecar.idp("tolerant").delete("/Users/7").await.is(204);
}
