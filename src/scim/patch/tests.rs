#![expect(clippy::needless_pass_by_value, reason = "values made for one call")]

use serde_json::json;

use super::super::document::Document;
use super::super::error::ScimType;
use super::super::resource::tests::{BIZAGI, ENTERPRISE, user};
use super::*;

fn values(resource: &Resource, document: &Document<'_>) -> serde_json::Value {
    let shown = resource.indices().filter(|slot| !document.value(*slot).is_absent()).map(|slot| {
        let value = match document.value(slot) {
            Value::Integer(number) => json!(number),
            Value::Boolean(truth) => json!(truth),
            other => json!(other.as_str()),
        };
        (resource.slot(slot).path.to_string(), value)
    });
    serde_json::Value::Object(shown.collect())
}

struct Outcome {
    values: serde_json::Value,
    unmapped: Vec<String>,
    invalid: Vec<String>,
    mentioned: usize,
}

fn apply(now: &serde_json::Value, patch: &str, profile: &Profile) -> Result<Outcome, ScimType> {
    let resource = user();
    let now = now.to_string();
    let now = Document::from_json(&resource, now.as_bytes(), &Profile::ENTRA).unwrap().document;
    let patch = Patch::parse(&resource, patch.as_bytes(), profile).map_err(|error| error.kind)?;
    let applied = patch.apply(&resource, &now, profile).map_err(|error| error.kind)?;
    let twice = patch.apply(&resource, &applied.document, profile).map(|again| again.document);
    if patch.operations.iter().all(|operation| operation.verb != Verb::Remove) {
        match twice {
            Ok(twice) => assert_eq!(twice, applied.document, "a second time changes nothing"),
            // A path that asks for the old value finds it no more.
            Err(error) => assert_eq!(error.kind, ScimType::NoTarget),
        }
    }
    Ok(Outcome {
        values: values(&resource, &applied.document),
        unmapped: applied.unmapped.iter().map(str::to_owned).collect(),
        invalid: applied.invalid.iter().map(|i| resource.slot(i.slot).path.to_string()).collect(),
        mentioned: applied.mentioned.len(),
    })
}

fn message(operations: serde_json::Value) -> String {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations }).to_string()
}

fn ana() -> serde_json::Value {
    json!({
        "userName": "ana", "active": true, "title": "Dr",
        "name": { "givenName": "Ana", "familyName": "Diaz" },
        "emails": [{ "type": "work", "value": "w" }, { "type": "home", "value": "h" }],
        "phoneNumbers": [{ "type": "work", "value": "1" }],
        (ENTERPRISE): { "manager": { "value": "9" }, "department": "D" },
    })
}

/// One operation on Ana.
fn one(operation: serde_json::Value, profile: &Profile) -> Result<Outcome, ScimType> {
    apply(&ana(), &message(json!([operation])), profile)
}

fn entra(operation: serde_json::Value) -> serde_json::Value {
    let shown = operation.to_string();
    let outcome = one(operation, &Profile::ENTRA).unwrap_or_else(|kind| panic!("{shown}: {kind}"));
    assert!(outcome.invalid.is_empty() && outcome.unmapped.is_empty(), "{shown}");
    outcome.values
}

#[test]
fn entras_patch_without_the_flag_is_applied() {
    let patch = include_str!("../../../tests/fixtures/idp/entra/patch.json");
    let outcome = apply(&ana(), patch, &Profile::ENTRA).unwrap();
    assert_eq!(
        outcome.values,
        json!({
            "userName": "ana", "externalId": "Eqpj", "active": false, "displayName": "Pvlo", "title": "Dr",
            "name.givenName": "Gtfd", "name.familyName": "Diaz",
            "emails[type eq \"work\"].value": "TestBcwqnm@test.microsoft.com",
            "emails[type eq \"home\"].value": "h",
            "phoneNumbers[type eq \"work\"].value": "1",
            "phoneNumbers[type eq \"mobile\"].value": "+57 300 0000000",
            (format!("{ENTERPRISE}:manager.value")): "9",
            (format!("{ENTERPRISE}:department")): "D",
            (format!("{ENTERPRISE}:employeeNumber")): "Eqpj",
            (format!("{BIZAGI}:IdentificationNumber")): "701984",
        })
    );
    assert_eq!(outcome.mentioned, 8);
    assert!(outcome.unmapped.is_empty() && outcome.invalid.is_empty());
    assert_eq!(
        apply(&ana(), patch, &Profile::STRICT).err(),
        Some(ScimType::InvalidSyntax),
        "`Replace`"
    );
}

#[test]
fn entras_patch_with_the_flag_is_applied() {
    let patch = include_str!("../../../tests/fixtures/idp/entra/patch-with-flag.json");
    for patch in [patch.to_owned(), patch.replace("\"replace\"", "\"add\"")] {
        let outcome = apply(&ana(), &patch, &Profile::ENTRA).unwrap();
        assert_eq!(outcome.values["displayName"], "Bjfe");
        assert_eq!(outcome.values["name.givenName"], "Kkom");
        assert_eq!(outcome.values["name.familyName"], "Unua");
        assert_eq!(outcome.values[format!("{ENTERPRISE}:employeeNumber")], "Aklq");
        assert_eq!(
            outcome.values["emails[type eq \"work\"].value"],
            "TestMhvaes@test.microsoft.com"
        );
        assert_eq!((outcome.mentioned, outcome.unmapped.len()), (5, 0));
        assert!(
            outcome.values.as_object().unwrap().keys().all(|key| user().slot_of(key).is_some())
        );
    }
}

#[test]
fn five_adds_make_one_address() {
    let patch = include_str!("../../../tests/fixtures/idp/entra/addresses.json");
    let outcome = apply(&ana(), patch, &Profile::ENTRA).unwrap();
    assert_eq!(outcome.values["addresses[type eq \"work\"].country"], "US");
    assert_eq!(outcome.mentioned, 5);
}

#[test]
fn oktas_deactivation_is_applied() {
    let patch = include_str!("../../../tests/fixtures/idp/okta/deactivate.json");
    let outcome = apply(&ana(), patch, &Profile::OKTA).unwrap();
    assert_eq!(outcome.values["active"], false);
    assert_eq!(outcome.mentioned, 1);
    assert_eq!(apply(&ana(), patch, &Profile::STRICT).err(), Some(ScimType::Mutability));
}

#[test]
fn booleans_come_in_many_spellings() {
    for value in [
        json!(false),
        json!("False"),
        json!("false"),
        json!("FALSE"),
        json!([{ "value": "False" }]),
    ] {
        assert_eq!(
            entra(json!({ "op": "Replace", "path": "active", "value": value }))["active"],
            false
        );
    }
    let outcome =
        one(json!({ "op": "Replace", "path": "active", "value": "no" }), &Profile::ENTRA).unwrap();
    assert_eq!(
        (outcome.values["active"].clone(), outcome.invalid),
        (json!(true), vec!["active".to_owned()])
    );
    assert_eq!(outcome.mentioned, 0);
}

#[test]
fn a_later_operation_does_not_undo_a_mistake() {
    let wrong = json!({ "op": "replace", "path": "title", "value": 5 });
    let right = json!({ "op": "replace", "path": "title", "value": "Prof" });
    for operations in [json!([wrong, right]), json!([right, wrong])] {
        let outcome = apply(&ana(), &message(operations), &Profile::STRICT).unwrap();
        assert_eq!(outcome.invalid, ["title"]);
    }
}

#[test]
fn a_manager_is_set_and_cleared_in_every_shape() {
    let path = format!("{ENTERPRISE}:manager.value");
    let urn = format!("{ENTERPRISE}:manager");
    for (value, expected) in [
        (json!("7"), json!("7")),
        (json!({ "value": "7" }), json!("7")),
        (json!([{ "$ref": "http://x/Users/7", "value": "7" }]), json!("7")),
        (json!(""), json!(null)),
        (json!(null), json!(null)),
        (json!({ "value": "" }), json!(null)),
        (json!([]), json!(null)),
    ] {
        for at in ["manager", &urn, &path] {
            let values = entra(json!({ "op": "Add", "path": at, "value": value }));
            assert_eq!(values[&path], expected, "{at} {value}");
        }
    }
    assert!(entra(json!({ "op": "Remove", "path": urn }))[&path].is_null());
}

#[test]
fn optional_values_are_cleared_and_required_ones_kept() {
    for value in [json!(""), json!(null), json!([])] {
        for at in ["title", "name.givenName", "emails[type eq \"home\"].value"] {
            assert!(entra(json!({ "op": "replace", "path": at, "value": value }))[at].is_null());
        }
    }
    assert!(entra(json!({ "op": "replace", "value": { "title": "" } }))["title"].is_null());
    assert_eq!(
        one(json!({ "op": "replace", "path": "userName", "value": null }), &Profile::ENTRA).err(),
        Some(ScimType::InvalidValue)
    );
    assert_eq!(
        one(json!({ "op": "replace", "path": "userName", "value": "" }), &Profile::ENTRA)
            .unwrap()
            .invalid,
        ["userName"]
    );
    assert_eq!(
        one(json!({ "op": "remove", "path": "userName" }), &Profile::ENTRA).err(),
        Some(ScimType::Mutability)
    );
    assert_eq!(
        one(json!({ "op": "remove", "path": "emails" }), &Profile::ENTRA).err(),
        Some(ScimType::Mutability)
    );
    assert_eq!(one(json!({ "op": "replace", "path": "emails", "value": [{ "type": "home", "value": "x" }] }), &Profile::ENTRA).err(), Some(ScimType::InvalidValue));
}

#[test]
fn paths_that_can_never_work_are_refused() {
    for (operation, kind) in [
        (json!({ "op": "remove" }), ScimType::NoTarget),
        (json!({ "op": "Move", "path": "title", "value": "x" }), ScimType::InvalidSyntax),
        (json!({ "path": "title", "value": "x" }), ScimType::InvalidSyntax),
        (json!({ "op": "add", "path": "foo[", "value": "x" }), ScimType::InvalidPath),
        (json!({ "op": "add", "path": 7, "value": "x" }), ScimType::InvalidSyntax),
        (
            json!({ "op": "add", "path": "title[type eq \"x\"]", "value": "x" }),
            ScimType::InvalidPath,
        ),
        (json!({ "op": "replace", "path": "id", "value": "x" }), ScimType::Mutability),
        (json!({ "op": "replace", "path": "meta.created", "value": "x" }), ScimType::Mutability),
        (json!({ "op": "replace", "path": "meta", "value": {} }), ScimType::Mutability),
        (json!({ "op": "remove", "path": "groups" }), ScimType::Mutability),
        (json!({ "op": "replace", "path": "userType", "value": "x" }), ScimType::Mutability),
        (json!({ "op": "replace", "path": "title" }), ScimType::InvalidValue),
        (json!({ "op": "replace", "value": "x" }), ScimType::InvalidValue),
        (json!({ "op": "add", "value": null }), ScimType::InvalidValue),
    ] {
        for profile in [&Profile::ENTRA, &Profile::STRICT] {
            assert_eq!(one(operation.clone(), profile).err(), Some(kind), "{operation}");
        }
    }
}

#[test]
fn unmapped_paths_are_listed_or_refused() {
    for path in [
        "locale",
        "shoeSize",
        "roles",
        "roles[primary eq \"True\"].value",
        "name.middleName",
        "emails[type eq \"other\"].value",
        "emails[foo eq \"x\"].value",
        "urn:example:2.0:X:a",
        "emails.foo",
    ] {
        let operation = json!({ "op": "add", "path": path, "value": "x" });
        assert_eq!(one(operation.clone(), &Profile::ENTRA).unwrap().unmapped, [path], "{path}");
        assert_eq!(one(operation, &Profile::STRICT).err(), Some(ScimType::InvalidPath), "{path}");
    }
    let role = json!({ "op": "Add", "path": "roles", "value": [{ "value": "{\"id\":\"06b0\"}" }] });
    assert_eq!(one(role, &Profile::ENTRA).unwrap().unmapped, ["roles"]);
    let password =
        one(json!({ "op": "replace", "value": { "password": "x" } }), &Profile::STRICT).unwrap();
    assert_eq!((password.mentioned, password.unmapped.len()), (0, 0));
}

#[test]
fn a_disable_gets_through_whatever_else_is_there() {
    let patch = message(json!([
        { "op": "Replace", "path": "active", "value": "False" },
        { "op": "Replace", "path": "title", "value": { "no": "title" } },
        { "op": "Replace", "path": "phoneNumbers[type eq \"work\"].value", "value": 7 },
        { "op": "Replace", "path": "emails", "value": [{ "type": "work", "value": "w" }, { "type": "home", "value": 7 }] },
    ]));
    let outcome = apply(&ana(), &patch, &Profile::ENTRA).unwrap();
    assert_eq!(outcome.values["active"], false);
    assert_eq!(outcome.values["title"], "Dr");
    assert_eq!(
        outcome.values["emails[type eq \"home\"].value"], "h",
        "an unusable value changes nothing"
    );
    assert_eq!(outcome.invalid.len(), 3);
}

#[test]
fn garbage_in_optional_attributes_does_not_hide_a_disable() {
    for garbage in [
        json!("x"),
        json!(7),
        json!(1.5),
        json!(true),
        json!([7]),
        json!([[7]]),
        json!({ "a": [{}] }),
        json!({}),
    ] {
        for path in [
            "title",
            "name",
            "phoneNumbers",
            "phoneNumbers[type eq \"work\"]",
            "manager",
            "photos",
            "emails[type eq \"home\"]",
        ] {
            let patch = message(json!([
                { "op": "Replace", "path": path, "value": garbage },
                { "op": "Replace", "path": "active", "value": "False" },
            ]));
            let outcome = apply(&ana(), &patch, &Profile::ENTRA);
            let outcome = outcome.unwrap_or_else(|kind| panic!("{path} {garbage}: {kind}"));
            assert_eq!(outcome.values["active"], false, "{path} {garbage}");
        }
    }
}

#[test]
fn later_operations_see_earlier_ones() {
    let patch = message(json!([
        { "op": "add", "path": "title", "value": 7 },
        { "op": "add", "path": "title", "value": "x" },
        { "op": "remove", "path": "emails[type eq \"work\"]" },
        { "op": "replace", "path": "emails[primary eq true].value", "value": "first" },
        { "op": "add", "path": "emails", "value": { "type": "work", "value": "again" } },
    ]));
    let outcome = apply(&ana(), &patch, &Profile::ENTRA).unwrap();
    assert_eq!(outcome.values["title"], "x");
    assert_eq!(outcome.values["emails[type eq \"home\"].value"], "first");
    assert_eq!(outcome.values["emails[type eq \"work\"].value"], "again");
    assert!(outcome.invalid.is_empty());
}

#[test]
fn extensions_can_be_addressed_as_a_whole() {
    let values = entra(json!({ "op": "add", "path": BIZAGI, "value": { "Age": "7" } }));
    assert_eq!(values[format!("{BIZAGI}:Age")], 7);
    let values = entra(json!({ "op": "add", "value": { (BIZAGI): { "Age": 7 } } }));
    assert_eq!(values[format!("{BIZAGI}:Age")], 7);
    let values = entra(json!({ "op": "remove", "path": ENTERPRISE }));
    assert!(values[format!("{ENTERPRISE}:department")].is_null());
    let values = entra(json!({ "op": "replace", "path": "name", "value": { "givenName": "B" } }));
    assert_eq!(
        (&values["name.givenName"], &values["name.familyName"]),
        (&json!("B"), &json!("Diaz"))
    );
    let core = "urn:ietf:params:scim:schemas:core:2.0:User:name.givenName";
    assert_eq!(
        entra(json!({ "op": "replace", "path": core, "value": "C" }))["name.givenName"],
        "C"
    );
    let wrapped =
        json!({ "op": "replace", "path": "title", "value": [{ "$ref": null, "value": "User X" }] });
    assert_eq!(entra(wrapped)["title"], "User X");
}

mod lists;
mod messages;
mod values;
