//! PATCH in every dialect: lines 077 to 102.

mod meeting;

use serde_json::{Value as Json, json};

use crate::scene::{Dialect, Legacy, Sidecar, ana, anchored, bo, fixture, on_all, patch, person};

on_all! {
    c077_operations_are_named_in_any_letter_case_and_no_others_exist,
    c078_a_boolean_may_be_its_word,
    c079_okta_disables_without_a_path,
    c080_entras_many_operations_are_one_write,
    c081_c082_entras_flag_puts_paths_into_keys,
    c083_c084_c085_an_element_is_changed_or_made,
    c086_five_parts_are_one_address,
    c087_c088_a_path_may_be_qualified_by_its_schema,
    c089_a_manager_comes_in_many_shapes,
    c090_nothing_clears_what_is_optional,
    c091_a_rename_keeps_the_id_and_takes_no_name_that_is_taken,
    c092_roles_are_left_out_without_harm,
    c093_c094_what_cannot_be_changed_is_refused,
    c095_all_operations_or_none,
    c096_a_patch_is_a_patch_message,
    c097_what_is_so_already_is_not_written,
    c098_the_answer_is_the_whole_person,
    c099_nobody_is_patched_who_is_not_there,
    c100_strictly_a_value_path_must_match,
    c102_an_old_jobs_wrapped_value_is_unwrapped,
}

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PROPERTIES: &str = "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties";

fn operation(op: &str, path: &str, value: Json) -> Json {
    patch(json!({ "op": op, "path": path, "value": value }))
}

/// What maps the attributes of Entra's examples that the shipped file leaves out.
const MORE: &str = r#"
[[attribute]]
scim  = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber"
field = "LastName"
"#;

async fn c077_operations_are_named_in_any_letter_case_and_no_others_exist(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let path = format!("{PROPERTIES}:IdentificationNumber");
    for [add, replace, remove] in
        [["Add", "Replace", "Remove"], ["add", "replace", "remove"], ["ADD", "REPLACE", "REMOVE"]]
    {
        for (op, value) in [(add, "1"), (replace, "2")] {
            idp.patch("/Users/7", operation(op, &path, json!(value))).await.is(200);
            assert_eq!(legacy.person(7)["IdentificationNumber"], value, "{op}");
        }
        idp.patch("/Users/7", patch(json!({ "op": remove, "path": path }))).await.is(200);
        assert_eq!(legacy.person(7)["IdentificationNumber"], Json::Null, "{remove}");
    }
    for op in [json!("Move"), json!(""), json!(7), json!(null)] {
        let wrong = patch(json!({ "op": op, "path": "active", "value": false }));
        idp.patch("/Users/7", wrong).await.scim_error(400, "invalidSyntax");
    }
    let without = patch(json!({ "path": "active", "value": false }));
    idp.patch("/Users/7", without).await.scim_error(400, "invalidSyntax");
    assert_eq!(legacy.person(7)["enabled"], true);
}

async fn c078_a_boolean_may_be_its_word(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    for off in [json!("False"), json!("false"), json!(false)] {
        for (value, active) in [(off, false), (json!("True"), true)] {
            idp.patch("/Users/7", operation("Replace", "active", value.clone())).await.is(200);
            assert_eq!(idp.get("/Users/7").await.is(200)["active"], active, "{value}");
        }
    }
    let before = legacy.writes().len();
    for value in [json!("no"), json!("1"), json!(1), json!("")] {
        let answer = idp.patch("/Users/7", operation("Replace", "active", value)).await;
        answer.scim_error(400, "invalidValue");
    }
    assert_eq!(legacy.writes().len(), before);
}

async fn c079_okta_disables_without_a_path(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let answer = sidecar.idp("okta").patch("/Users/7", fixture("okta/deactivate.json")).await;
    assert_eq!(answer.is(200)["active"], false);
    assert_eq!(answer.json["id"], "7");
    assert_eq!(legacy.writes(), [json!({ "enabled": false, "enabledForAssignation": false })]);
}

async fn c080_entras_many_operations_are_one_write(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    // The family name, which the example has not, lends its column to the employee number.
    let sidecar = Sidecar::in_front_of(&legacy)
        .leaving_out(&["\"name.familyName\"\n", "[[derived]]", "[[example]]"])
        .appending(MORE)
        .start()
        .await;
    let answer = sidecar.idp("entra").patch("/Users/7", fixture("entra/patch.json")).await;
    let person = answer.is(200);
    assert_eq!(person["active"], false);
    assert_eq!(person["displayName"], "Pvlo");
    assert_eq!(person["emails"][0]["value"], "TestBcwqnm@test.microsoft.com");
    assert_eq!(person["name"]["givenName"], "Gtfd");
    assert_eq!(person["externalId"], "Eqpj");
    assert_eq!(person["phoneNumbers"][0]["value"], "+57 300 0000000");
    assert_eq!(person[PROPERTIES]["IdentificationNumber"], "701984");
    assert_eq!(person[ENTERPRISE]["employeeNumber"], "Eqpj");
    let writes = legacy.writes();
    assert_eq!(writes.len(), 1, "{writes:?}");
}

async fn c081_c082_entras_flag_puts_paths_into_keys(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).with_user(bo()).await;
    // The phone number, which the example has not, lends its column to the employee number.
    let sidecar = Sidecar::in_front_of(&legacy)
        .leaving_out(&["phoneNumbers"])
        .appending(&MORE.replace("LastName", "contactCell"))
        .start()
        .await;
    let idp = sidecar.idp("entra");
    let replace = fixture("entra/patch-with-flag.json");
    let mut add = replace.clone();
    for operation in add["Operations"].as_array_mut().unwrap() {
        operation["op"] = "add".into();
    }
    for (id, body) in [("7", replace), ("8", add)] {
        let answer = idp.patch(&format!("/Users/{id}"), body).await;
        answer.is(200);
        let read = idp.get(&format!("/Users/{id}")).await;
        let person = read.is(200);
        assert_eq!(person["displayName"], "Bjfe");
        assert_eq!(person["name"]["givenName"], "Kkom");
        assert_eq!(person["name"]["familyName"], "Unua");
        assert_eq!(person["emails"][0]["value"], "TestMhvaes@test.microsoft.com");
        assert!(person.get("name.givenName").is_none());
        assert_eq!(person[ENTERPRISE]["employeeNumber"], "Aklq");
    }
    assert_eq!(legacy.writes().len(), 2);
}

async fn c083_c084_c085_an_element_is_changed_or_made(dialect: Dialect) {
    let mut nobody = person(9, "cy");
    nobody["contactEmail"] = Json::Null;
    let legacy = Legacy::start(dialect).with_user(ana()).with_user(nobody).await;
    let home = "\n[[attribute]]\nscim = 'phoneNumbers[type eq \"work\"].value'\n\
                field = \"contactMessenger\"\n";
    let sidecar = Sidecar::in_front_of(&legacy).appending(home).start().await;
    let idp = sidecar.idp("entra");
    let work = "emails[type eq \"work\"].value";
    let changed = idp.patch("/Users/7", operation("Replace", work, json!("a@b.c"))).await;
    let element = json!([{ "value": "a@b.c", "type": "work", "primary": true }]);
    assert_eq!(changed.is(200)["emails"], element);
    for op in ["Add", "Replace"] {
        legacy.update(9, &json!({ "contactEmail": null })).unwrap();
        let made = idp.patch("/Users/9", operation(op, work, json!("a@b.c"))).await;
        assert_eq!(made.is(200)["emails"], element, "{op}");
    }
    legacy.update(7, &json!({ "contactMessenger": "11" })).unwrap();
    let mobile = "phoneNumbers[type eq \"mobile\"].value";
    let both = idp.patch("/Users/7", operation("Add", mobile, json!("22"))).await;
    let mut phones: Vec<(&str, &str)> = both.is(200)["phoneNumbers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|phone| (phone["type"].as_str().unwrap(), phone["value"].as_str().unwrap()))
        .collect();
    phones.sort_unstable();
    assert_eq!(phones, [("mobile", "22"), ("work", "11")]);
    assert_eq!(legacy.person(7)["contactMessenger"], "11");
}

async fn c086_five_parts_are_one_address(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let parts = [
        ("streetAddress", "contactMessenger"),
        ("locality", "IdentificationNumber"),
        ("region", "contactCell"),
        ("postalCode", "LastName"),
        ("country", "FirstName"),
    ];
    // Their columns are lent to the address.
    let mut marks: Vec<String> = parts.iter().map(|(_, field)| format!("\"{field}\"\n")).collect();
    marks.extend(["max_length = 20   ", "[[derived]]", "[[example]]"].map(str::to_owned));
    let marks: Vec<&str> = marks.iter().map(String::as_str).collect();
    let mut setup = Sidecar::in_front_of(&legacy).leaving_out(&marks);
    for (part, field) in parts {
        setup = setup.appending(&format!(
            "[[attribute]]\nscim = 'addresses[type eq \"work\"].{part}'\nfield = \"{field}\"\n"
        ));
    }
    let sidecar = setup.start().await;
    let answer = sidecar.idp("entra").patch("/Users/7", fixture("entra/addresses.json")).await;
    let addresses = answer.is(200)["addresses"].as_array().unwrap();
    let sent = fixture("entra/addresses.json");
    let sent = sent["Operations"].as_array().unwrap();
    assert_eq!((addresses.len(), sent.len()), (1, parts.len()), "{answer}");
    let row = legacy.person(7);
    for (part, field) in parts {
        let end = format!(".{part}");
        let is_sent = |operation: &&Json| operation["path"].as_str().unwrap().ends_with(&end);
        let value = &sent.iter().find(is_sent).expect(part)["value"];
        assert_eq!((&addresses[0][part], &row[field]), (value, value), "{part}");
    }
    assert_eq!(addresses[0]["type"], "work");
    assert_eq!(legacy.writes().len(), 1);
}

async fn c087_c088_a_path_may_be_qualified_by_its_schema(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let number = format!("{PROPERTIES}:IdentificationNumber");
    for (op, value, stored) in [
        ("Add", json!("1"), json!("1")),
        ("Replace", json!("2"), json!("2")),
        ("Remove", json!(null), json!(null)),
    ] {
        idp.patch("/Users/7", operation(op, &number, value)).await.is(200);
        assert_eq!(legacy.person(7)["IdentificationNumber"], stored);
    }
    let level = operation("Add", &format!("{PROPERTIES}:EmployeeLevel"), json!("4"));
    assert_eq!(idp.patch("/Users/7", level).await.is(200)[PROPERTIES]["EmployeeLevel"], 4);
    let given = operation("Replace", &format!("{USER}:name.givenName"), json!("Anita"));
    assert_eq!(idp.patch("/Users/7", given).await.is(200)["name"]["givenName"], "Anita");
}

async fn c089_a_manager_comes_in_many_shapes(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).with_user(bo()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let urn = format!("{ENTERPRISE}:manager");
    for path in ["manager", urn.as_str()] {
        for value in [
            json!("8"),
            json!({ "value": "8" }),
            json!([{ "value": "8", "$ref": "https://elsewhere/Users/8" }]),
            json!([{ "$ref": null, "value": "8" }]),
            json!({ "$ref": "../Users/8" }),
        ] {
            let set = idp.patch("/Users/7", operation("Add", path, value.clone())).await;
            let manager = &set.is(200)[ENTERPRISE]["manager"];
            let reference = format!("{}/Users/8", idp.base());
            assert_eq!(manager, &json!({ "value": "8", "$ref": reference }), "{path} {value}");
            assert_eq!(legacy.person(7)["idBossUser"], 8);
            let cleared = idp.patch("/Users/7", operation("Replace", path, json!(""))).await;
            assert!(cleared.is(200)[ENTERPRISE].get("manager").is_none(), "{path} {value}");
            assert_eq!(legacy.person(7)["idBossUser"], Json::Null);
        }
    }
    idp.patch("/Users/7", operation("Add", &urn, json!("8"))).await.is(200);
    idp.patch("/Users/7", patch(json!({ "op": "Remove", "path": urn }))).await.is(200);
    assert_eq!(legacy.person(7)["idBossUser"], Json::Null);
    // Nobody is managed by somebody who is not there.
    let nobody = idp.patch("/Users/7", operation("Add", &urn, json!("99"))).await;
    assert!(nobody.is(200)[ENTERPRISE].get("manager").is_none(), "{nobody}");
    let left_out = nobody.events("audit")[0].field("attribute").to_owned();
    assert!(left_out.ends_with(":manager.value"), "{left_out}");
    let strict = sidecar.idp("strict").patch("/Users/7", operation("add", &urn, json!("99"))).await;
    strict.scim_error(400, "invalidValue");
    assert_eq!(legacy.person(7)["idBossUser"], Json::Null);
}

async fn c090_nothing_clears_what_is_optional(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).hire_date().start().await;
    let idp = sidecar.idp("entra");
    for empty in [json!(""), json!(null)] {
        for (path, field, value) in [
            ("name.givenName", "FirstName", json!("Ana")),
            ("phoneNumbers[type eq \"mobile\"].value", "contactCell", json!("1")),
            (&format!("{PROPERTIES}:IdentificationNumber"), "IdentificationNumber", json!("1")),
            (&format!("{PROPERTIES}:EmployeeLevel"), "EmployeeLevel", json!(3)),
            (&format!("{PROPERTIES}:HireDate"), "HireDate", json!("2026-03-01T00:00:00Z")),
        ] {
            legacy.update(7, &json!({ field: value })).unwrap();
            idp.patch("/Users/7", operation("Replace", path, empty.clone())).await.is(200);
            assert_eq!(legacy.person(7)[field], Json::Null, "{path} {empty}");
        }
    }
}

async fn c091_a_rename_keeps_the_id_and_takes_no_name_that_is_taken(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).with_user(bo()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    for taken in ["bo@contoso.com", "BO@Contoso.com"] {
        let answer = idp.patch("/Users/7", operation("Replace", "userName", json!(taken))).await;
        answer.scim_error(409, "uniqueness");
    }
    assert!(legacy.writes().is_empty());
    let free = operation("Replace", "userName", json!("anita@contoso.com"));
    let renamed = idp.patch("/Users/7", free).await;
    assert_eq!(
        (&renamed.is(200)["id"], &renamed.json["userName"]),
        (&json!("7"), &json!("anita@contoso.com"))
    );
    assert!(idp.find("userName eq \"ana@contoso.com\"").await.ids().is_empty());
    assert_eq!(idp.find("userName eq \"anita@contoso.com\"").await.ids(), ["7"]);
    // Only the letter case of one's own name.
    let cased = operation("Replace", "userName", json!("Anita@Contoso.com"));
    assert_eq!(idp.patch("/Users/7", cased).await.is(200)["userName"], "Anita@Contoso.com");
}

async fn c092_roles_are_left_out_without_harm(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let role = "{\"id\":\"06b0\",\"value\":\"Admin\",\"displayName\":\"Admin\"}";
    for body in [
        operation("Add", "roles[primary eq \"True\"].value", json!("Admin")),
        operation("Add", "roles", json!([{ "value": role }])),
        operation("Remove", "roles", json!(null)),
        patch(json!({ "op": "replace", "value": { "roles": [{ "value": role }] } })),
    ] {
        idp.patch("/Users/7", body).await.is(200);
    }
    assert!(legacy.writes().is_empty());
}

async fn c093_c094_what_cannot_be_changed_is_refused(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    for caller in ["entra", "strict"] {
        let idp = sidecar.idp(caller);
        for (body, scim_type) in [
            (patch(json!({ "op": "remove" })), "noTarget"),
            (patch(json!({ "op": "remove", "path": "userName" })), "mutability"),
            (patch(json!({ "op": "remove", "path": "active" })), "mutability"),
            (operation("replace", "active", json!(null)), "invalidValue"),
            (operation("replace", "foo[", json!("x")), "invalidPath"),
            (operation("replace", "emails[type eq", json!("x")), "invalidPath"),
            (operation("replace", "id", json!("8")), "mutability"),
            (operation("replace", "meta", json!({ "created": "x" })), "mutability"),
            (operation("add", "meta.lastModified", json!("2026-01-01T00:00:00Z")), "mutability"),
            (operation("replace", "schemas", json!([])), "mutability"),
        ] {
            let answer = idp.patch("/Users/7", &body).await;
            assert_eq!(answer.status, 400, "{caller} {body}: {answer}");
            assert_eq!(answer.json["scimType"], scim_type, "{caller} {body}: {answer}");
            answer.scim_error(400, scim_type);
        }
    }
    assert!(legacy.writes().is_empty());
}

async fn c095_all_operations_or_none(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let good = json!({ "op": "Replace", "path": "name.givenName", "value": "Anita" });
    for bad in [
        json!({ "op": "Replace", "path": "foo[", "value": "x" }),
        json!({ "op": "Replace", "path": "active", "value": "perhaps" }),
        json!({ "op": "Remove", "path": "userName" }),
        json!({ "op": "Remove" }),
        json!({ "op": "Replace", "path": "id", "value": "8" }),
    ] {
        for operations in [json!([good, bad]), json!([bad, good])] {
            let answer = idp.patch("/Users/7", patch(operations.clone())).await;
            assert_eq!(answer.status, 400, "{operations}: {answer}");
        }
    }
    assert!(legacy.writes().is_empty());
}

async fn c096_a_patch_is_a_patch_message(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
    for caller in ["entra", "strict", "okta"] {
        let idp = sidecar.idp(caller);
        for body in [
            json!({ "schemas": [schema] }),
            json!({ "schemas": [schema], "Operations": [] }),
            json!({ "schemas": [schema], "Operations": {} }),
            json!({ "schemas": [schema], "Operations": ["x"] }),
        ] {
            let answer = idp.patch("/Users/7", &body).await;
            assert_eq!(answer.status, 400, "{caller} {body}: {answer}");
            answer.scim_error(400, "invalidSyntax");
        }
    }
    let bare = json!({ "Operations": [{ "op": "replace", "path": "active", "value": false }] });
    sidecar.idp("strict").patch("/Users/7", &bare).await.scim_error(400, "invalidSyntax");
    let mut other = bare.clone();
    other["schemas"] = json!(["urn:other"]);
    sidecar.idp("strict").patch("/Users/7", &other).await.scim_error(400, "invalidSyntax");
    assert!(legacy.writes().is_empty());
    sidecar.idp("entra").patch("/Users/7", &bare).await.is(200);
}

async fn c097_what_is_so_already_is_not_written(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(anchored(ana(), "a")).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let before = idp.get("/Users/7").await;
    let same = patch(json!([
        { "op": "Replace", "path": "active", "value": "True" },
        { "op": "Replace", "path": "userName", "value": "ana@contoso.com" },
        { "op": "Add", "path": "externalId", "value": "a" },
        { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "ana@contoso.com" },
        { "op": "Remove", "path": "name.givenName" },
    ]));
    let answer = idp.patch("/Users/7", same).await;
    assert_eq!(answer.is(200), &before.json);
    assert!(legacy.writes().is_empty());
    assert!(answer.events("audit").is_empty());
}

async fn c098_the_answer_is_the_whole_person(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let answer = idp.patch("/Users/7", operation("Replace", "active", json!(false))).await;
    assert_eq!(answer.is(200), idp.get("/Users/7").await.is(200));
    assert_eq!(answer.json["emails"][0]["value"], "ana@contoso.com");
}

async fn c099_nobody_is_patched_who_is_not_there(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    for caller in ["entra", "strict"] {
        let answer = sidecar
            .idp(caller)
            .patch("/Users/99", operation("replace", "active", json!(false)))
            .await;
        answer.scim_error(404, "");
    }
}

async fn c100_strictly_a_value_path_must_match(dialect: Dialect) {
    let mut row = ana();
    row["contactCell"] = Json::Null;
    let legacy = Legacy::start(dialect).with_user(row).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("strict");
    let mobile = "phoneNumbers[type eq \"mobile\"].value";
    let missing = idp.patch("/Users/7", operation("replace", mobile, json!("1"))).await;
    missing.scim_error(400, "noTarget");
    assert!(legacy.writes().is_empty());
    // Without a path, and by a value path without a sub-attribute.
    for op in ["add", "replace"] {
        let value = json!({ "name": { "givenName": op }, "phoneNumbers": [{ "type": "mobile", "value": op }] });
        let answer = idp.patch("/Users/7", patch(json!({ "op": op, "value": value }))).await;
        assert_eq!(answer.is(200)["name"]["givenName"], op);
        assert_eq!(answer.json["phoneNumbers"][0]["value"], op);
    }
    let whole = operation(
        "replace",
        "phoneNumbers[type eq \"mobile\"]",
        json!({ "type": "mobile", "value": "9" }),
    );
    assert_eq!(idp.patch("/Users/7", whole).await.is(200)["phoneNumbers"][0]["value"], "9");
    let removed = patch(json!({ "op": "remove", "path": "phoneNumbers[type eq \"mobile\"]" }));
    assert!(idp.patch("/Users/7", removed).await.is(200).get("phoneNumbers").is_none());
}

async fn c102_an_old_jobs_wrapped_value_is_unwrapped(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let wrapped = json!([{ "$ref": null, "value": "User X" }]);
    let answer = sidecar
        .idp("entra")
        .patch("/Users/7", operation("Replace", "name.formatted", wrapped.clone()))
        .await;
    assert_eq!(answer.is(200)["name"]["formatted"], "User X");
    let strict = operation("replace", "name.formatted", wrapped);
    sidecar.idp("strict").patch("/Users/7", strict).await.scim_error(400, "invalidValue");
}
