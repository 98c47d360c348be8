//! Every transform of the registry in a whole mapping: what it says of filters is true, and what it
//! leaves out is counted.

use super::filters::truth;
use super::{BIZAGI, read};
use crate::mapping::Mapping;
use crate::mapping::reference::Keys;
use crate::mapping::transform::{Definition, TRANSFORMS};
use crate::mapping::write::{Cleaned, Wish};
use crate::record::Record;
use crate::scim::{Document, Filter, Profile, SlotSet};
use crate::value::{Type, Value};

const TRIED: &str = "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:Tried";

/// The shipped mapping with one attribute more.
fn with(kind: Type, line: &str) -> Mapping {
    let text = format!(
        "{BIZAGI}\n[[attribute]]\nscim = \"{TRIED}\"\nfield = \"Tried\"\ntype = \"{kind}\"\n{line}\n"
    );
    let (mapping, report) = read(&text);
    mapping.unwrap_or_else(|| panic!("{line}: {report}"))
}

/// A living row whose field holds the value.
fn row(mapping: &Mapping, value: Value<'static>) -> Record<'static> {
    let mut row = Record::empty(&mapping.entity.fields);
    let mut put = |name: &str, value| row.put(mapping.entity.fields.index_of(name).unwrap(), value);
    put("idUser", Value::Integer(1));
    put("userName", Value::text("ana"));
    put("domain", Value::text("contoso.com"));
    put("Tried", value);
    row
}

/// A value as a filter writes it.
fn literal(value: &Value<'_>) -> String {
    match value {
        Value::Integer(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Decimal(number) => number.to_string(),
        other => serde_json::Value::from(other.as_str().unwrap()).to_string(),
    }
}

/// The start, the end and the whole of a text; other values as they are.
fn pieces(value: &Value<'static>) -> Vec<Value<'static>> {
    let Value::Text(text) = value else { return vec![value.clone()] };
    let middle = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
    let (start, end) = text.split_at(middle);
    let texts = [text.to_string(), text.to_uppercase(), start.to_owned(), end.to_owned()];
    texts.into_iter().filter(|text| !text.is_empty()).map(|text| Value::Text(text.into())).collect()
}

#[test]
fn what_a_transform_keeps_of_a_filter_finds_what_it_means() {
    let mut compared = 0;
    let single = |definition: &&Definition| !definition.usual().steps().any(|s| s.gathers());
    for shown in TRANSFORMS.iter().filter(single).flat_map(|definition| definition.shown) {
        let kind = shown.scim.kind().unwrap();
        let mapping = with(kind, shown.line);
        let rule = mapping.rules.iter().find(|rule| *rule.path == *TRIED).unwrap();
        let mut values = rule.chain.samples();
        values.truncate(6);
        values.push(shown.scim.clone());
        let literals: Vec<String> = values.iter().flat_map(pieces).map(|v| literal(&v)).collect();
        for stored in values.into_iter().filter_map(|value| rule.chain.inward(value).ok()) {
            let row = row(&mapping, stored.into_owned());
            let printed = mapping.outward(&row);
            if printed.value(rule.slot).is_absent() {
                continue;
            }
            for literal in &literals {
                for operator in ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"] {
                    let text = format!("{TRIED} {operator} {literal}");
                    let parsed = Filter::parse(&mapping.resource, &text, &Profile::STRICT);
                    let Ok(filter) = parsed else { continue };
                    let Ok(predicate) = mapping.search(&filter, &Keys::default()) else { continue };
                    let found = truth(&predicate, &row, mapping.entity.facts.nulls) == Some(true);
                    let canonical = mapping.canonical(&filter);
                    let meant = canonical.matches(&mapping.resource, &printed, "1");
                    assert_eq!(found, meant, "{}\n{text}\n{printed:?}", shown.line);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 500, "{compared}");
}

#[test]
fn characters_that_nobody_sees_are_counted_where_they_are_dropped() {
    let cleaned = |line: &str| {
        let mapping = with(Type::String, line);
        let body = format!(
            r#"{{"userName":"a@b.c","emails":[{{"value":"a@b.c"}}],"{}":{{"Tried":"a\u200b\u202eb"}}}}"#,
            TRIED.strip_suffix(":Tried").unwrap()
        );
        let parsed =
            Document::from_json(&mapping.resource, body.as_bytes(), &Profile::TOLERANT).unwrap();
        let wish = Wish { stated: SlotSet::EMPTY, strict: true, keys: None };
        let written = mapping.create(&parsed.document, wish).unwrap();
        let field = mapping.entity.fields.index_of("Tried").unwrap();
        let stored = written.delta.value(field).unwrap().as_str().unwrap().to_owned();
        (stored, written.cleaned)
    };
    let counted = vec![Cleaned { path: TRIED.into(), characters: 2 }];
    assert_eq!(cleaned(r#"via = "clean""#), ("ab".to_owned(), counted));
    assert_eq!(cleaned(r#"via = "trim""#), ("a\u{200b}\u{202e}b".to_owned(), Vec::new()));
}
