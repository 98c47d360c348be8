//! What is printed, and whether it reads back.

use proptest::prelude::*;

use super::*;

const HEAD: Head<'_> = Head {
    id: "7",
    location: "https://x/Users/7",
    endpoint: "https://x/Users",
    version: Some("W/\"1\""),
};

fn printed(
    body: &serde_json::Value,
    projection: impl Fn(&Resource) -> Projection,
) -> serde_json::Value {
    let resource = user();
    let text = body.to_string();
    let mut document =
        Document::from_json(&resource, text.as_bytes(), &Profile::ENTRA).unwrap().document;
    document.put(resource.created().unwrap(), Value::DateTime("2026-01-01T00:00:00Z".into()));
    let mut out = Vec::new();
    document.print(&resource, &HEAD, &projection(&resource), &mut out);
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn a_document_is_printed_as_the_rfc_has_it() {
    let body = with(json!({
        "userName": "a\"\\\n\u{1}é", "active": true,
        "emails": [{ "type": "home", "value": "h" }],
        "phoneNumbers": [{ "type": "work", "value": "1" }, { "type": "mobile", "value": "2", "primary": true }],
        "manager": "a 9",
        (BIZAGI): { "Age": -3, "Rate": 1.25 },
    }));
    assert_eq!(
        printed(&body, |_| Projection::all()),
        json!({
            "schemas": [CORE, ENTERPRISE, BIZAGI],
            "id": "7",
            "userName": "a\"\\\n\u{1}é",
            "active": true,
            "emails": [{ "value": "h", "type": "home", "primary": true }],
            "phoneNumbers": [
                { "value": "1", "type": "work", "primary": true },
                { "value": "2", "type": "mobile" },
            ],
            (ENTERPRISE): { "manager": { "value": "a 9", "$ref": "https://x/Users/a%209" } },
            (BIZAGI): { "Age": -3, "Rate": 1.25 },
            "meta": {
                "resourceType": "User", "created": "2026-01-01T00:00:00Z",
                "location": "https://x/Users/7", "version": "W/\"1\"",
            },
        })
    );
}

#[test]
fn a_projection_keeps_what_it_names() {
    let body = with(json!({
        "userName": "a", "emails": [{ "type": "work", "value": "w" }],
        "name": { "givenName": "A", "familyName": "B" }, "manager": "9",
    }));
    let only = |names: &'static str| {
        printed(&body, move |r| Projection::parse(r, Some(names), None).unwrap())
    };
    let but = |names: &'static str| {
        printed(&body, move |r| Projection::parse(r, None, Some(names)).unwrap())
    };
    assert_eq!(
        only("userName, nonsense,password"),
        json!({ "schemas": [CORE], "id": "7", "userName": "a" })
    );
    assert_eq!(only("id"), json!({ "schemas": [CORE], "id": "7" }));
    assert_eq!(only("name.givenName")["name"], json!({ "givenName": "A" }));
    assert_eq!(only("urn:ietf:params:scim:schemas:core:2.0:User:name")["name"]["familyName"], "B");
    assert_eq!(only("manager")["schemas"], json!([CORE, ENTERPRISE]));
    assert_eq!(only("meta.created")["meta"], json!({ "created": "2026-01-01T00:00:00Z" }));
    assert_eq!(only("meta.location")["meta"], json!({ "location": "https://x/Users/7" }));
    assert_eq!(
        but("emails,id,schemas,manager,meta,name.givenName"),
        json!({
            "schemas": [CORE], "id": "7", "userName": "a", "name": { "familyName": "B" },
        })
    );
    let both = Projection::parse(&user(), Some("a"), Some("b")).unwrap_err();
    assert_eq!(both.kind, ScimType::InvalidValue);
    assert!(Projection::parse(&user(), Some(""), Some("")).unwrap().is_all());
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(texts in proptest::collection::vec(proptest::option::of("\\PC{1,12}|[\\x00-\\x1f\"\\\\]{1,4}"), 28), number: i64, truth: bool) {
        let resource = user();
        let mut document = Document::empty(&resource);
        for (slot, text) in resource.indices().zip(texts) {
            let Some(text) = text else { continue };
            document.put(slot, match resource.slot(slot).kind {
                crate::value::Type::String => Value::Text(text.into()),
                crate::value::Type::Integer => Value::Integer(number),
                crate::value::Type::Decimal => Value::Decimal("1.50".into()),
                crate::value::Type::Boolean => Value::Boolean(truth),
                crate::value::Type::DateTime => Value::DateTime("2026-01-01T00:00:00Z".into()),
            });
        }
        let mut out = Vec::new();
        document.print(&resource, &HEAD, &Projection::all(), &mut out);
        let parsed = Document::from_json(&resource, &out, &Profile::STRICT).unwrap();
        prop_assert!(parsed.invalid.is_empty() && parsed.unmapped.is_empty());
        for slot in resource.read_only().iter() {
            document.put(slot, Value::Absent);
        }
        prop_assert_eq!(parsed.document, document);
    }

    #[test]
    fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        drop(Document::from_json(&user(), &bytes, &Profile::TOLERANT));
    }

    #[test]
    fn no_shape_breaks_the_reader(name in 0..12_usize, value in "(null|true|1|1.5|\"\"|\"x\"|\\[\\]|\\[1\\]|\\[\\[\\]\\]|\\{\\}|\\{\"value\":(1|\"\"|null|\\[\\]|\\{\\})\\}|\\[\\{\"type\":(1|\"work\"),\"value\":(7|\"x\"|\\{\\})\\}\\])") {
        let name = ["schemas", "id", "userName", "active", "name", "emails", "manager", "meta", "name.givenName",
            BIZAGI, "emails[type eq \\\"work\\\"]", "urn:x:y"][name];
        let body = format!("{{\"{name}\":{value}}}");
        for (_, profile) in Profile::NAMES {
            drop(Document::from_json(&user(), body.as_bytes(), profile));
        }
    }
}
