#![expect(clippy::needless_pass_by_value, reason = "values made for one call")]

use serde_json::json;

use super::super::error::ScimType;
use super::super::resource::tests::{BIZAGI, ENTERPRISE, user};
use super::*;

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// The values of a document by path, as JSON.
pub(crate) fn shown(resource: &Resource, document: &Document<'_>) -> serde_json::Value {
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

fn read(
    body: &serde_json::Value,
    profile: &Profile,
) -> (serde_json::Value, Vec<String>, Vec<String>) {
    let resource = user();
    let body = body.to_string();
    let parsed = Document::from_json(&resource, body.as_bytes(), profile).unwrap();
    let invalid = parsed.invalid.iter().map(|i| resource.slot(i.slot).path.to_string()).collect();
    (
        shown(&resource, &parsed.document),
        parsed.unmapped.iter().map(str::to_owned).collect(),
        invalid,
    )
}

fn refused(body: &str, profile: &Profile) -> ScimType {
    Document::from_json(&user(), body.as_bytes(), profile).unwrap_err().kind
}

fn with(attributes: serde_json::Value) -> serde_json::Value {
    let mut body = json!({ "schemas": [CORE] });
    body.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
    body
}

fn fixture(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn entras_create_is_read() {
    let body = fixture(include_str!("../../../tests/fixtures/idp/entra/create.json"));
    let (values, unmapped, invalid) = read(&body, &Profile::ENTRA);
    assert_eq!(
        values,
        json!({
            "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
            "userName": "Test_User_00aa00aa-bb11-cc22-dd33-44ee44ee44ee",
            "active": true,
            "emails[type eq \"work\"].value": "Test_User_11bb11bb@testuser.com",
            "name.formatted": "givenName familyName",
            "name.familyName": "familyName",
            "name.givenName": "givenName",
        })
    );
    assert!(unmapped.is_empty() && invalid.is_empty());
    assert_eq!(read(&body, &Profile::STRICT).0, values);
}

#[test]
fn entras_nulls_and_top_level_enterprise_attributes_are_read() {
    let body = fixture(include_str!("../../../tests/fixtures/idp/entra/create-nulls.json"));
    let (values, unmapped, invalid) = read(&body, &Profile::ENTRA);
    assert_eq!(values, json!({ "userName": "jyoung", "active": true }));
    assert!(unmapped.is_empty() && invalid.is_empty(), "{unmapped:?}");
}

#[test]
fn an_extension_without_its_urn_is_read() {
    let body = fixture(include_str!("../../../tests/fixtures/idp/entra/create-extension.json"));
    let (values, unmapped, _) = read(&body, &Profile::ENTRA);
    assert_eq!(values[format!("{BIZAGI}:IdentificationNumber")], "701984");
    assert!(unmapped.is_empty());
}

#[test]
fn oktas_create_is_read() {
    let body = fixture(include_str!("../../../tests/fixtures/idp/okta/create.json"));
    let (values, unmapped, invalid) = read(&body, &Profile::OKTA);
    assert_eq!(values["userName"], "test.user@okta.local");
    assert_eq!(values["externalId"], "00ujl29u0le5T6Aj10h7");
    assert_eq!(unmapped, ["locale"]);
    assert!(invalid.is_empty());
    assert!(!values.to_string().contains("1mz050nq"), "a password is never kept");
}

#[test]
fn onelogins_template_is_read_by_tolerant_profiles_only() {
    let text = include_str!("../../../tests/fixtures/idp/onelogin/create.json");
    let (values, unmapped, invalid) = read(&fixture(text), &Profile::ONELOGIN);
    assert_eq!(values["active"], true);
    assert_eq!(values["emails[type eq \"work\"].value"], "ana@contoso.com");
    assert_eq!(unmapped, [format!("{ENTERPRISE}:manager.managerId")]);
    assert!(invalid.is_empty());
    assert_eq!(refused(text, &Profile::STRICT), ScimType::InvalidSyntax);
}

#[test]
fn pings_two_primaries_are_read() {
    let text = include_str!("../../../tests/fixtures/idp/ping/replace.json");
    let (values, unmapped, _) = read(&fixture(text), &Profile::PING);
    assert_eq!(values["emails[type eq \"work\"].value"], "ana@contoso.com");
    assert_eq!(values["emails[type eq \"home\"].value"], "ana@example.com");
    assert!(unmapped.is_empty());
    assert_eq!(refused(text, &Profile::STRICT), ScimType::InvalidValue);
}

#[test]
fn keycloaks_put_is_read() {
    let body = fixture(include_str!("../../../tests/fixtures/idp/keycloak/replace.json"));
    let (values, _, invalid) = read(&body, &Profile::TOLERANT);
    assert_eq!(values["active"], false);
    assert!(invalid.is_empty());
}

#[test]
fn a_body_must_be_a_resource() {
    let profile = &Profile::ENTRA;
    for body in
        ["", "[]", "7", "null", "{", "{} x", "{\"a\":}", "\"x\"", "\u{feff}{}", "{\"schemas\":7}"]
    {
        assert_eq!(refused(body, profile), ScimType::InvalidSyntax, "{body}");
    }
    let deep = format!("{{\"name\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    Document::from_json(&user(), deep.as_bytes(), profile).ok();
    for body in ["{}", "{\"schemas\":[]}", "{\"schemas\":[\"urn:x\"]}"] {
        assert_eq!(refused(body, &Profile::STRICT), ScimType::InvalidSyntax, "{body}");
        assert!(Document::from_json(&user(), body.as_bytes(), profile).is_ok(), "{body}");
    }
    let upper = format!("{{\"Schemas\":[\"{}\"]}}", CORE.to_uppercase());
    assert!(Document::from_json(&user(), upper.as_bytes(), &Profile::STRICT).is_ok());
}

#[test]
fn details_quote_no_values() {
    let error =
        Document::from_json(&user(), b"{\"schemas\":\"secret\"}", &Profile::STRICT).unwrap_err();
    assert!(!error.detail.contains("secret"), "{error}");
}

#[test]
fn unmapped_attributes_are_listed_or_refused() {
    let body = with(json!({
        "userName": "a", "locale": "de", "shoeSize": 43,
        "name": { "middleName": "", "honorificPrefix": "Dr" },
        "emails": [{ "type": "other", "value": "x" }, { "type": "work", "value": "w", "foo": 1 }],
        "urn:example:2.0:X": { "a": 1 },
        (ENTERPRISE): { "costCenter": "7", "division": null, "unheardOf": 1 },
    }));
    let (values, unmapped, _) = read(&body, &Profile::ENTRA);
    assert_eq!(values["emails[type eq \"work\"].value"], "w");
    let mut unmapped = unmapped;
    unmapped.sort();
    let mut expected = vec![
        "locale".to_owned(),
        "shoeSize".into(),
        "name.honorificPrefix".into(),
        "emails[type eq \"other\"]".into(),
        "emails.foo".into(),
        "urn:example:2.0:X".into(),
        format!("{ENTERPRISE}:costCenter"),
        format!("{ENTERPRISE}:unheardOf"),
    ];
    expected.sort();
    assert_eq!(unmapped, expected);
    for attribute in ["locale", "shoeSize", "urn:example:2.0:X"] {
        let body = with(json!({ (attribute): "x" })).to_string();
        assert_eq!(refused(&body, &Profile::STRICT), ScimType::InvalidSyntax);
    }
    let fine = with(json!({
        "userName": "a", "id": "7", "meta": {}, "groups": [], "password": "x", "userType": "y",
        "addresses": null, "photos": [], "locale": null,
    }));
    assert_eq!(read(&fine, &Profile::STRICT).0, json!({ "userName": "a" }));
}

#[test]
fn values_are_of_their_type_or_invalid() {
    let age = format!("{BIZAGI}:Age");
    let rate = format!("{BIZAGI}:Rate");
    let hired = format!("{BIZAGI}:Hired");
    let properties = |value: serde_json::Value| with(json!({ (BIZAGI): value }));
    for (value, entra, strict) in [
        (json!({ "Age": 7 }), Some((&age, json!(7))), true),
        (json!({ "Age": 7.0 }), Some((&age, json!(7))), true),
        (json!({ "age": "7" }), Some((&age, json!(7))), false),
        (json!({ "Age": 7.5 }), None, false),
        (json!({ "Age": "x" }), None, false),
        (json!({ "Age": 18_446_744_073_709_551_615_u64 }), None, false),
        (json!({ "Age": true }), None, false),
        (json!({ "Rate": 1.5 }), Some((&rate, json!("1.5"))), true),
        (json!({ "Rate": "1.50" }), Some((&rate, json!("1.50"))), false),
        (json!({ "Rate": {} }), None, false),
        (
            json!({ "Hired": "2026-01-02T03:04:05+01:00" }),
            Some((&hired, json!("2026-01-02T03:04:05+01:00"))),
            true,
        ),
        (json!({ "Hired": "2026-01-02" }), None, false),
    ] {
        let (values, _, invalid) = read(&properties(value.clone()), &Profile::ENTRA);
        match &entra {
            Some((path, expected)) => assert_eq!(&values[path.as_str()], expected, "{value}"),
            None => assert_eq!((values, invalid.len()), (json!({}), 1), "{value}"),
        }
        assert_eq!(
            read(&properties(value.clone()), &Profile::STRICT).2.is_empty(),
            strict,
            "{value}"
        );
    }
    for (active, entra, strict) in [
        (json!(true), Some(true), true),
        (json!("True"), Some(true), false),
        (json!("false"), Some(false), false),
        (json!("no"), None, false),
        (json!(0), None, false),
        (json!(""), None, false),
    ] {
        let (values, _, invalid) = read(&with(json!({ "active": active })), &Profile::ENTRA);
        assert_eq!(values["active"].as_bool(), entra, "{active}");
        assert_eq!(invalid.is_empty(), entra.is_some());
        assert_eq!(read(&with(json!({ "active": active })), &Profile::STRICT).2.is_empty(), strict);
    }
    assert_eq!(read(&with(json!({ "userName": "" })), &Profile::ENTRA).2, ["userName"]);
    assert_eq!(read(&with(json!({ "userName": 7 })), &Profile::ENTRA).2, ["userName"]);
    assert_eq!(read(&with(json!({ "name": 7 })), &Profile::ENTRA).2.len(), 3);
    assert_eq!(read(&with(json!({ "emails": 7 })), &Profile::ENTRA).2.len(), 2);
    assert_eq!(read(&with(json!({ "title": "" })), &Profile::ENTRA).0, json!({}));
    assert_eq!(read(&with(json!({ "title": "" })), &Profile::STRICT).0, json!({ "title": "" }));
    assert_eq!(
        read(&with(json!({ "title": [{ "$ref": null, "value": "Dr" }] })), &Profile::ENTRA).0,
        json!({ "title": "Dr" })
    );
    assert_eq!(read(&with(json!({ "title": { "value": "Dr" } })), &Profile::STRICT).2, ["title"]);
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
        for name in [
            "title",
            "name",
            "emails",
            "phoneNumbers",
            "manager",
            BIZAGI,
            ENTERPRISE,
            "urn:x:y",
            "photos",
        ] {
            let (values, ..) =
                read(&with(json!({ (name): garbage, "active": false })), &Profile::ENTRA);
            assert_eq!(values["active"], false, "{name} {garbage}");
        }
    }
}

#[test]
fn decimals_keep_their_spelling() {
    let resource = user();
    let body =
        format!("{{\"schemas\":[\"{CORE}\"],\"{BIZAGI}\":{{\"Rate\": 0.10000000000000000001 }}}}");
    let parsed = Document::from_json(&resource, body.as_bytes(), &Profile::STRICT).unwrap();
    let slot = resource.slot_of(&format!("{BIZAGI}:Rate")).unwrap();
    assert_eq!(parsed.document.value(slot), &Value::Decimal("0.10000000000000000001".into()));
}

#[test]
fn what_is_stated_is_mentioned() {
    let resource = user();
    let body = with(json!({
        "title": null, "emails": [{ "type": "work", "value": "w" }], "name": { "givenName": null },
        "active": "no",
    }))
    .to_string();
    let parsed = Document::from_json(&resource, body.as_bytes(), &Profile::ENTRA).unwrap();
    let expected: SlotSet = [
        "title",
        "emails[type eq \"work\"]",
        "emails[type eq \"home\"]",
        "name.givenName",
        "active",
    ]
    .iter()
    .map(|path| resource.slot_of(path).unwrap())
    .collect();
    assert_eq!(parsed.mentioned, expected);
}

#[test]
fn elements_find_their_slots() {
    let list = |list: serde_json::Value, profile: &Profile| {
        let (values, unmapped, _) = read(&with(json!({ "emails": list })), profile);
        (
            values["emails[type eq \"work\"].value"].clone(),
            values["emails[type eq \"home\"].value"].clone(),
            unmapped.len(),
        )
    };
    let none = serde_json::Value::Null;
    let e = &Profile::ENTRA;
    assert_eq!(list(json!([{ "value": "a" }]), e), (json!("a"), none.clone(), 0));
    assert_eq!(
        list(json!([{ "value": "a" }, { "type": "WORK", "value": "b" }]), e),
        (json!("b"), none.clone(), 1)
    );
    assert_eq!(
        list(json!([{ "value": "a" }, { "type": "home", "value": "b" }]), e),
        (json!("a"), json!("b"), 0)
    );
    assert_eq!(
        list(json!([{ "type": "work", "value": "a" }, { "type": "work", "value": "b" }]), e),
        (json!("a"), none.clone(), 1)
    );
    assert_eq!(
        list(
            json!([{ "type": "work", "value": "a" }, { "type": "work", "value": "b", "primary": "True" }]),
            e
        ),
        (json!("b"), none.clone(), 1)
    );
    assert_eq!(
        list(
            json!([{ "type": "work", "value": "a", "primary": true }, { "type": "home", "value": "b", "primary": true }]),
            e
        ),
        (json!("a"), json!("b"), 0)
    );
    assert_eq!(
        list(json!([{ "value": "a" }, { "value": "b", "primary": true }]), e),
        (json!("b"), none.clone(), 1)
    );
    assert_eq!(list(json!(["a"]), e), (json!("a"), none.clone(), 0));
    assert_eq!(list(json!([]), e), (none.clone(), none, 0));
    let two = with(
        json!({ "emails": [{ "type": "work", "primary": true }, { "type": "home", "primary": true }] }),
    );
    assert_eq!(refused(&two.to_string(), &Profile::STRICT), ScimType::InvalidValue);
}

#[test]
fn an_element_without_a_place_is_refused_for_that_and_not_for_its_list() {
    for emails in [
        json!([{ "value": "a" }, { "value": "b" }]),
        json!([{ "type": "work", "value": "a" }, { "value": "b" }]),
        json!([{ "type": "home", "value": "a" }, { "type": "home", "value": "b" }]),
        json!([{ "value": "a" }, { "value": "b", "primary": true }]),
    ] {
        let body = with(json!({ "userName": "ana", "emails": emails })).to_string();
        let error = Document::from_json(&user(), body.as_bytes(), &Profile::STRICT).unwrap_err();
        assert_eq!(error.kind, ScimType::InvalidValue);
        assert_eq!(
            error.detail,
            "`emails` has no place for this element: one of each type is kept, so give each a \
             `type` of its own (`work`, `home`)"
        );
    }
}

#[test]
fn a_manager_is_read_in_every_shape() {
    let path = format!("{ENTERPRISE}:manager.value");
    for (manager, expected) in [
        (json!("7"), Some("7")),
        (json!({ "value": "7", "$ref": "x", "displayName": "y" }), Some("7")),
        (json!([{ "$ref": "x", "value": "7" }]), Some("7")),
        (json!([]), None),
        (json!(""), None),
        (json!(null), None),
        (json!({ "value": "" }), None),
    ] {
        for body in [
            with(json!({ (ENTERPRISE): { "manager": manager } })),
            with(json!({ "manager": manager })),
        ] {
            let (values, unmapped, invalid) = read(&body, &Profile::ENTRA);
            assert_eq!(values[&path].as_str(), expected, "{manager}");
            assert!(unmapped.is_empty() && invalid.is_empty(), "{manager}");
        }
    }
    let strict = with(json!({ (ENTERPRISE): { "manager": "7" } }));
    assert_eq!(read(&strict, &Profile::STRICT).2, [path]);
}

#[test]
fn keys_are_paths_where_the_profile_allows_it() {
    let body = with(json!({
        "NAME.givenName": "Ana",
        "urn:ietf:params:scim:schemas:core:2.0:User:displayName": "A",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": "D",
        "emails[type eq \"work\"].value": "w",
    }));
    let (values, unmapped, _) = read(&body, &Profile::ENTRA);
    assert_eq!(
        values,
        json!({
            "name.givenName": "Ana", "displayName": "A", (format!("{ENTERPRISE}:department")): "D",
            "emails[type eq \"work\"].value": "w",
        })
    );
    assert!(unmapped.is_empty());
    let dotted = with(json!({ "name.givenName": "Ana" })).to_string();
    assert_eq!(refused(&dotted, &Profile::STRICT), ScimType::InvalidSyntax);
}

#[test]
fn the_last_of_two_equal_keys_wins() {
    let resource = user();
    let body = format!(
        "{{\"schemas\":[\"{CORE}\"],\"active\":\"no\",\"Active\":false,\"title\":\"a\",\"title\":\"b\"}}"
    );
    let parsed = Document::from_json(&resource, body.as_bytes(), &Profile::ENTRA).unwrap();
    assert_eq!(shown(&resource, &parsed.document), json!({ "active": false, "title": "b" }));
    assert!(parsed.invalid.is_empty());
}

mod printed;
