//! Lists kept whole: every operation against a model that is nothing but a set of texts.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::super::super::resource::SlotRequest;
use super::super::super::schema::RESOURCE_TYPES;
use super::*;

const SKILLS: &str = "urn:example:2.0:User:Skills";

/// `userName`, `roles`, and a list of plain texts in which letter case counts.
fn resource() -> Resource {
    let mut builder =
        Resource::builder(&RESOURCE_TYPES[0]).extension("urn:example:2.0:User", "x", "");
    let list = |path: &'static str| SlotRequest { list: true, ..SlotRequest::at(path) };
    builder.slot(SlotRequest::at("userName")).unwrap();
    builder.slot(list("roles")).unwrap();
    let kind = Some(crate::value::Type::String);
    builder.slot(SlotRequest { kind, case_exact: Some(true), ..list(SKILLS) }).unwrap();
    builder.build()
}

/// The texts of a list, in its order.
fn texts(resource: &Resource, document: &Document<'_>, path: &str) -> Vec<String> {
    let slots = resource.attribute_slots(path);
    let slot = slots.iter().next().unwrap();
    document.value(slot).each().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
}

/// What a patch makes of a person with that list.
fn after(
    path: &str,
    now: &[&str],
    patch: &str,
    profile: &Profile,
) -> Result<Vec<String>, ScimType> {
    let resource = resource();
    let mut body = json!({ "userName": "ana" });
    match path {
        "roles" => body["roles"] = now.iter().map(|role| json!({ "value": role })).collect(),
        _ => body["urn:example:2.0:User"] = json!({ "Skills": now }),
    }
    let body = body.to_string();
    let now = Document::from_json(&resource, body.as_bytes(), &Profile::TOLERANT).unwrap().document;
    let patch = Patch::parse(&resource, patch.as_bytes(), profile).map_err(|error| error.kind)?;
    let applied = patch.apply(&resource, &now, profile).map_err(|error| error.kind)?;
    match applied.invalid.first() {
        Some(invalid) => Err(invalid.error.kind),
        None => Ok(texts(&resource, &applied.document, path)),
    }
}

fn one(op: &str, path: &str, value: Json) -> String {
    message(json!([{ "op": op, "path": path, "value": value }]))
}

#[test]
fn a_list_takes_every_shape_that_its_profile_does() {
    for (path, value, tolerant, strict) in [
        ("roles", json!([{ "value": "b" }]), Ok(vec!["a", "b"]), Ok(vec!["a", "b"])),
        ("roles", json!({ "value": "b" }), Ok(vec!["a", "b"]), Ok(vec!["a", "b"])),
        ("roles", json!(["b", "B", "A"]), Ok(vec!["a", "b"]), Err(ScimType::InvalidValue)),
        ("roles", json!("b"), Ok(vec!["a", "b"]), Err(ScimType::InvalidValue)),
        ("roles.value", json!("b"), Ok(vec!["a", "b"]), Ok(vec!["a", "b"])),
        (
            "roles",
            json!([{ "value": "b", "primary": true }]),
            Ok(vec!["b", "a"]),
            Ok(vec!["b", "a"]),
        ),
        (
            "roles",
            json!([{ "value": "b" }, { "value": "A", "primary": true }]),
            Ok(vec!["a", "b"]),
            Ok(vec!["a", "b"]),
        ),
        ("roles", json!([]), Ok(vec!["a"]), Ok(vec!["a"])),
        ("roles", json!(null), Ok(vec!["a"]), Ok(vec!["a"])),
        ("roles", json!([null, { "value": "" }, {}]), Ok(vec!["a"]), Ok(vec!["a"])),
        (
            "roles",
            json!([{ "value": 7 }]),
            Err(ScimType::InvalidValue),
            Err(ScimType::InvalidValue),
        ),
        (SKILLS, json!(["b", "A"]), Ok(vec!["a", "b", "A"]), Ok(vec!["a", "b", "A"])),
        (SKILLS, json!("b"), Ok(vec!["a", "b"]), Err(ScimType::InvalidValue)),
        (SKILLS, json!([{ "value": "b" }]), Ok(vec!["a", "b"]), Err(ScimType::InvalidValue)),
        (SKILLS, json!([7]), Err(ScimType::InvalidValue), Err(ScimType::InvalidValue)),
    ] {
        let patch = one("add", path, value.clone());
        let owned = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let name = path.trim_end_matches(".value");
        assert_eq!(after(name, &["a"], &patch, &Profile::ENTRA), tolerant.map(owned), "{value}");
        assert_eq!(after(name, &["a"], &patch, &Profile::STRICT), strict.map(owned), "{value}");
    }
}

#[test]
fn some_values_of_a_list_are_meant_by_brackets() {
    let strict = |op: &str, path: &str, value: &str| {
        after("roles", &["a", "b", "c"], &one(op, path, json!(value)), &Profile::STRICT)
    };
    let ok = |list: &[&str]| Ok(list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
    for (path, left) in [
        ("roles[value eq \"B\"]", ok(&["a", "c"])),
        ("roles[value ne \"b\"]", ok(&["b"])),
        ("roles[not (value eq \"b\") and value gt \"a\"].value", ok(&["a", "b"])),
        ("roles[value sw \"a\" or value co \"c\"]", ok(&["b"])),
        ("roles[primary eq true]", ok(&["b", "c"])),
        ("roles[primary eq false]", ok(&["a"])),
        ("roles[value pr]", ok(&[])),
        ("roles[value eq null]", ok(&["a", "b", "c"])),
        ("roles[type eq \"x\"]", Err(ScimType::NoTarget)),
        ("roles[colour eq \"x\"]", Err(ScimType::InvalidPath)),
        ("roles[value eq 7]", Err(ScimType::InvalidPath)),
    ] {
        let found = after(
            "roles",
            &["a", "b", "c"],
            &message(json!([{ "op": "remove", "path": path }])),
            &Profile::STRICT,
        );
        assert_eq!(found, left, "{path}");
    }
    assert_eq!(strict("replace", "roles[value eq \"b\"].value", "x"), ok(&["a", "x", "c"]));
    assert_eq!(strict("add", "roles[value eq \"b\"].value", "c"), ok(&["a", "c"]));
    assert_eq!(strict("replace", "roles[value eq \"x\"].value", "y"), Err(ScimType::NoTarget));
    assert_eq!(strict("replace", "roles[primary eq true].value", "y"), ok(&["y", "b", "c"]));
    let alone = |profile| {
        after("roles", &[], &one("replace", "roles[primary eq true].value", json!("y")), profile)
    };
    assert_eq!(alone(&Profile::STRICT), Err(ScimType::NoTarget));
    assert_eq!(alone(&Profile::ENTRA), ok(&["y"]));
}

#[derive(Clone, Debug)]
enum Step {
    Add(Vec<String>),
    Replace(Vec<String>),
    Remove(Vec<String>),
    RemoveOne(String),
    Clear,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let list = || proptest::collection::vec("[abAB]", 0..4);
    let step = prop_oneof![
        list().prop_map(Step::Add),
        list().prop_map(Step::Replace),
        list().prop_map(Step::Remove),
        "[abAB]".prop_map(Step::RemoveOne),
        Just(Step::Clear),
    ];
    proptest::collection::vec(step, 1..6)
}

proptest! {
    #[test]
    fn any_operations_are_those_of_a_set(now in proptest::collection::vec("[abcABC]", 0..4), steps in steps()) {
        for path in ["roles", SKILLS] {
            let key = |text: &str| if path == "roles" { text.to_lowercase() } else { text.to_owned() };
            let keys = |list: &[String]| list.iter().map(|text| key(text)).collect::<BTreeSet<_>>();
            let mut model = keys(&now);
            let sent = |list: &[String]| -> Json {
                let each = list.iter().map(|text| if path == "roles" { json!({ "value": text }) } else { json!(text) });
                each.collect()
            };
            let mut operations = Vec::new();
            for step in &steps {
                operations.push(match step {
                    Step::Add(list) => {
                        model.extend(keys(list));
                        json!({ "op": "add", "path": path, "value": sent(list) })
                    }
                    Step::Replace(list) => {
                        model = keys(list);
                        json!({ "op": "replace", "path": path, "value": sent(list) })
                    }
                    Step::Remove(list) => {
                        model.retain(|held| !keys(list).contains(held));
                        json!({ "op": "remove", "path": path, "value": sent(list) })
                    }
                    Step::RemoveOne(text) => {
                        model.remove(&key(text));
                        json!({ "op": "remove", "path": format!("{path}[value eq \"{text}\"]") })
                    }
                    Step::Clear => {
                        model.clear();
                        json!({ "op": "remove", "path": path })
                    }
                });
            }
            let now: Vec<&str> = now.iter().map(String::as_str).collect();
            for profile in [&Profile::STRICT, &Profile::ENTRA] {
                let found = after(path, &now, &message(json!(operations)), profile).unwrap();
                prop_assert_eq!(found.len(), keys(&found).len(), "each once: {:?}", &found);
                prop_assert_eq!(&keys(&found), &model, "{:?}", &operations);
            }
        }
    }
}
