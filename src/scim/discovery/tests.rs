use super::super::resource::tests::{BIZAGI, ENTERPRISE, user};
use super::*;

fn attribute<'v>(attributes: &'v Value, name: &str) -> Option<&'v Value> {
    attributes.as_array()?.iter().find(|attribute| attribute["name"] == name)
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.iter().any(has_null),
        Value::Object(map) => map.values().any(has_null),
        _ => false,
    }
}

#[test]
fn every_slot_is_derivable() {
    let user = user();
    let schemas = schemas(&user, "https://x/scim/v2");
    assert!(!schemas.iter().any(has_null));
    for slot in user.slots().iter().filter(|slot| slot.attribute.as_ref() != "meta") {
        let urn = slot.extension.as_deref().unwrap_or(user.definition().schema.id);
        let schema = schemas.iter().find(|schema| schema["id"] == urn).unwrap();
        let found = attribute(&schema["attributes"], &slot.attribute).unwrap();
        let Some(sub) = &slot.sub_attribute else {
            assert_eq!(found["type"], slot.kind.name(), "{slot}");
            continue;
        };
        assert_eq!(found["type"], "complex");
        assert!(attribute(&found["subAttributes"], sub).is_some(), "{slot}");
        if let Some(element) = &slot.multi_valued {
            let kinds = &attribute(&found["subAttributes"], "type").unwrap()["canonicalValues"];
            assert!(kinds.as_array().unwrap().iter().any(|kind| *kind == *element.kind), "{slot}");
            assert!(attribute(&found["subAttributes"], "primary").is_some());
        }
    }
}

#[test]
fn nothing_else_is_advertised() {
    let schemas = schemas(&user(), "https://x/scim/v2");
    let ids: Vec<&Value> = schemas.iter().map(|schema| &schema["id"]).collect();
    assert_eq!(ids, ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE, BIZAGI]);
    let core = &schemas[0]["attributes"];
    for name in ["password", "groups", "locale", "id", "meta", "schemas"] {
        assert!(attribute(core, name).is_none(), "{name}");
    }
    assert_eq!(attribute(core, "name").unwrap()["subAttributes"].as_array().unwrap().len(), 3);
    let emails = attribute(core, "emails").unwrap();
    assert_eq!(emails["required"], true);
    assert_eq!(
        attribute(&emails["subAttributes"], "type").unwrap()["canonicalValues"],
        json!(["work", "home"])
    );
    assert_eq!(attribute(core, "userType").unwrap()["mutability"], "readOnly");
    assert_eq!(attribute(core, "userName").unwrap()["uniqueness"], "server");
    assert_eq!(
        schemas[0]["meta"]["location"],
        "https://x/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User"
    );
}

#[test]
fn the_resource_type_lists_its_extensions() {
    let found = resource_type(&user(), "https://x/scim/v2");
    assert_eq!(found["endpoint"], "/Users");
    assert_eq!(
        found["schemaExtensions"],
        json!([{ "schema": ENTERPRISE, "required": false }, { "schema": BIZAGI, "required": false }])
    );
    assert!(!has_null(&found));
}
