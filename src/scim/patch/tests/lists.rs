//! Elements of lists: which are meant, made, replaced and removed.

use super::*;

#[test]
fn lists_are_replaced_whole_and_added_to_by_type() {
    let phone = |kind: &str| format!("phoneNumbers[type eq \"{kind}\"].value");
    let list = json!([{ "type": "mobile", "value": "2" }]);
    let values = entra(json!({ "op": "replace", "path": "phoneNumbers", "value": list }));
    assert_eq!((&values[phone("work")], &values[phone("mobile")]), (&json!(null), &json!("2")));
    let values = entra(json!({ "op": "replace", "value": { "phoneNumbers": list } }));
    assert_eq!((&values[phone("work")], &values[phone("mobile")]), (&json!(null), &json!("2")));
    for value in [list.clone(), list[0].clone()] {
        let values = entra(json!({ "op": "add", "path": "phoneNumbers", "value": value }));
        assert_eq!((&values[phone("work")], &values[phone("mobile")]), (&json!("1"), &json!("2")));
    }
    let values = entra(json!({ "op": "add", "value": { "phoneNumbers": list } }));
    assert_eq!((&values[phone("work")], &values[phone("mobile")]), (&json!("1"), &json!("2")));
    assert!(entra(json!({ "op": "remove", "path": "phoneNumbers" }))[phone("work")].is_null());
}

#[test]
fn value_paths_select_elements() {
    let home = "emails[type eq \"home\"].value";
    let work = "emails[type eq \"work\"].value";
    for (path, changed) in [
        ("emails[type eq \"home\"].value", vec![home]),
        ("emails[value eq \"H\"].value", vec![home]),
        ("emails[type eq \"home\" and value eq \"h\"].value", vec![home]),
        ("emails[primary eq \"True\"].value", vec![work]),
        ("emails[primary eq true].value", vec![work]),
        ("emails[not (type eq \"work\")].value", vec![home]),
        ("emails.value", vec![work, home]),
    ] {
        for op in ["add", "replace"] {
            let values = entra(json!({ "op": op, "path": path, "value": "new" }));
            for at in [work, home] {
                assert_eq!(values[at] == "new", changed.contains(&at), "{op} {path}");
            }
        }
    }
    for value in
        [json!({ "value": "new", "primary": true }), json!([{ "value": "new" }]), json!("new")]
    {
        let values =
            entra(json!({ "op": "replace", "path": "emails[type eq \"home\"]", "value": value }));
        assert_eq!(values[home], "new", "{value}");
    }
    for path in [
        "emails[type eq \"home\"]",
        "emails[type eq \"home\"].value",
        "emails[value eq \"h\"]",
        "emails[value eq \"h\"].value",
    ] {
        let values = entra(json!({ "op": "remove", "path": path }));
        assert_eq!((&values[home], &values[work]), (&json!(null), &json!("w")), "{path}");
    }
    assert_eq!(entra(json!({ "op": "remove", "path": "emails[value eq \"nobody\"]" }))[home], "h");
    assert_eq!(
        entra(
            json!({ "op": "replace", "path": "emails[type eq \"home\"].primary", "value": true })
        )[home],
        "h"
    );
}

#[test]
fn a_value_path_without_an_element_makes_it_or_is_refused() {
    let mobile = "phoneNumbers[type eq \"mobile\"].value";
    for op in ["add", "replace"] {
        let values = entra(json!({ "op": op, "path": mobile, "value": "2" }));
        assert_eq!(
            (&values[mobile], &values["phoneNumbers[type eq \"work\"].value"]),
            (&json!("2"), &json!("1"))
        );
    }
    let strict = |op: &str, path: &str| {
        one(json!({ "op": op, "path": path, "value": "2" }), &Profile::STRICT).err()
    };
    assert_eq!(strict("add", mobile), None);
    assert_eq!(strict("replace", mobile), Some(ScimType::NoTarget));
    assert_eq!(
        strict("replace", "phoneNumbers[type eq \"pager\"].value"),
        Some(ScimType::NoTarget)
    );
    assert_eq!(
        strict("replace", "phoneNumbers[value eq \"nobody\"].value"),
        Some(ScimType::NoTarget)
    );
    let composite = json!({ "op": "replace", "path": "phoneNumbers[type eq \"mobile\" and primary eq true].value", "value": "2" });
    assert_eq!(entra(composite)[mobile], "2");
    let nobody =
        json!({ "op": "replace", "path": "phoneNumbers[value eq \"nobody\"].value", "value": "2" });
    assert_eq!(one(nobody, &Profile::ENTRA).err(), Some(ScimType::NoTarget));
}

#[test]
fn a_remove_with_values_removes_those_alone() {
    let listed = |value: serde_json::Value| {
        let values = entra(json!({ "op": "Remove", "path": "emails", "value": value }));
        (
            values["emails[type eq \"work\"].value"] == "w",
            values["emails[type eq \"home\"].value"] == "h",
        )
    };
    assert_eq!(listed(json!([{ "$ref": null, "value": "h" }])), (true, false));
    assert_eq!(listed(json!([{ "type": "home", "value": "h" }])), (true, false));
    assert_eq!(listed(json!([{ "type": "work", "value": "h" }])), (true, true));
    assert_eq!(listed(json!({ "type": "home" })), (true, false));
    assert_eq!(listed(json!([{ "value": "nobody" }])), (true, true));
    let empty =
        one(json!({ "op": "Remove", "path": "emails", "value": [] }), &Profile::ENTRA).unwrap();
    assert_eq!(empty.mentioned, 0);
}

#[test]
fn the_type_of_an_element_is_that_of_its_place() {
    let work = "emails[type eq \"work\"].type";
    for op in ["add", "replace"] {
        for profile in [&Profile::ENTRA, &Profile::STRICT] {
            let same = one(json!({ "op": op, "path": work, "value": "Work" }), profile).unwrap();
            assert_eq!((same.mentioned, same.unmapped.len()), (0, 0));
        }
    }
    for (op, path, value) in [
        ("add", work, json!("home")),
        ("replace", work, json!("home")),
        ("replace", work, json!("other")),
        ("replace", work, json!(7)),
        ("remove", work, json!(null)),
        ("replace", "emails[value eq \"w\"].type", json!("home")),
        ("replace", "emails.type", json!("home")),
    ] {
        let operation = json!({ "op": op, "path": path, "value": value });
        let left_out = one(operation.clone(), &Profile::ENTRA).unwrap();
        assert_eq!(left_out.unmapped, [path], "{operation}");
        assert_eq!(left_out.values["emails[type eq \"work\"].value"], "w");
        assert_eq!(one(operation, &Profile::STRICT).err(), Some(ScimType::Mutability));
    }
    for op in ["add", "replace"] {
        let element = |kind: &str| {
            json!({ "op": op, "path": "emails[type eq \"work\"]",
                "value": { "type": kind, "value": "n" } })
        };
        for profile in [&Profile::ENTRA, &Profile::STRICT] {
            let same = one(element("Work"), profile).unwrap();
            assert_eq!(same.unmapped.len(), 0);
            assert_eq!(same.values["emails[type eq \"work\"].value"], "n");
        }
        for kind in ["home", "other"] {
            let left_out = one(element(kind), &Profile::ENTRA).unwrap();
            assert_eq!(left_out.unmapped, [work], "{op} {kind}");
            assert_eq!(left_out.values["emails[type eq \"work\"].value"], "n");
            assert_eq!(left_out.values["emails[type eq \"home\"].value"], "h");
            assert_eq!(one(element(kind), &Profile::STRICT).err(), Some(ScimType::Mutability));
        }
    }
    let nobodys = json!({
        "op": "replace", "path": "emails[type eq \"other\"].type", "value": "home",
    });
    assert_eq!(one(nobodys, &Profile::STRICT).err(), Some(ScimType::NoTarget));
}
