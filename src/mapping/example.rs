//! The file's own proof: `[[example]]` shows one person on both sides, and both directions are tried.

use super::Mapping;
use super::file;
use super::reference::Keys;
use super::write::Wish;
use crate::diagnostic::reader::Table;
use crate::diagnostic::{Code, Difference};
use crate::record::{FieldIndex, Record, UpstreamKey};
use crate::scim::{Document, Profile};
use crate::value::Value;

/// Tries an example and records where the mapping does otherwise.
pub fn run(table: &Table<'_>, mapping: &Mapping) {
    let (inward, outward) = table.choice("direction", &file::DIRECTIONS).unwrap_or((true, true));
    let _ = table.text("name");
    let Some((scim, mut document, stated)) = person(table, mapping) else { return };
    let Some(row) = row(table, mapping) else { return };
    if inward {
        mapping.complete_creation(&mut document, stated);
        try_inward(table, mapping, &document, stated, &row);
    }
    if outward {
        try_outward(table, mapping, &scim, &row);
    }
}

type Stated = crate::scim::SlotSet;

fn person(
    table: &Table<'_>,
    mapping: &Mapping,
) -> Option<(Document<'static>, Document<'static>, Stated)> {
    let item = table.any("scim")?;
    let span = item.span();
    let body = file::json(item.get_ref()).map(|json| json.to_string()).unwrap_or_default();
    let parsed = match Document::from_json(&mapping.resource, body.as_bytes(), &Profile::TOLERANT) {
        Ok(parsed) => parsed,
        Err(error) => {
            table.sink().error(&span, "the example is no person", Some(error.into_detail()), None);
            return None;
        }
    };
    if let Some(path) = parsed.unmapped.iter().next() {
        let label = format!("`{path}` is not mapped");
        table.sink().error(&span, "the example says what is not mapped", Some(label), None);
        return None;
    }
    if let Some(invalid) = parsed.invalid.first() {
        let label = Some(invalid.error.detail.clone());
        table.sink().error(&span, "the example has a value of a wrong type", label, None);
        return None;
    }
    let document = parsed.document.into_owned();
    Some((document.clone(), document, parsed.mentioned))
}

fn row(table: &Table<'_>, mapping: &Mapping) -> Option<Vec<(FieldIndex, Value<'static>)>> {
    if !table.has("upstream") {
        return None;
    }
    let fields = &mapping.entity.fields;
    let mut row = Vec::new();
    let mut sound = true;
    for (name, item) in table.entries("upstream") {
        let Some(index) = fields.index_of(&name.value) else {
            let known: Vec<&str> = fields.iter().map(|(_, field)| field.name.as_str()).collect();
            table.sink().unknown(&name.span, "field", &name.value, known);
            sound = false;
            continue;
        };
        let is_many = fields.field(index).is_some_and(|field| field.many);
        let read = if is_many { file::values } else { file::value };
        match read(table.sink(), item, mapping.kind(index)) {
            Some(value) => row.push((index, value)),
            None => sound = false,
        }
    }
    sound.then_some(row)
}

fn try_inward(
    table: &Table<'_>,
    mapping: &Mapping,
    document: &Document<'_>,
    stated: Stated,
    row: &[(FieldIndex, Value<'static>)],
) {
    let keys = taken_for_granted(mapping, document, row);
    let written = match mapping.create(document, Wish { stated, strict: true, keys: Some(&keys) }) {
        Ok(written) => written,
        Err(error) => {
            let (span, label) = (table.span_of("scim"), Some(error.into_detail()));
            table.sink().coded(Code::Example, &span, "the example is refused", label, None);
            return;
        }
    };
    let mut diff = Vec::new();
    for (field, expected) in row {
        if *field == mapping.entity.key || *field == mapping.id {
            continue;
        }
        let found = written.delta.value(*field).unwrap_or(&Value::Absent);
        if !Mapping::same(found, expected) {
            diff.push(difference(field_name(mapping, *field), expected, found));
        }
    }
    for (field, found) in written.delta.iter() {
        let is_constant = mapping.constants.iter().any(|(constant, _)| *constant == field);
        let is_shown = row.iter().any(|(shown, _)| *shown == field);
        if !is_constant && !is_shown {
            diff.push(difference(field_name(mapping, field), &Value::Absent, found));
        }
    }
    differs(table, "upstream", "what `scim` becomes upstream", diff);
}

/// What references stand for, nobody is asked here: the example says both, the value and the key.
fn taken_for_granted(
    mapping: &Mapping,
    document: &Document<'_>,
    row: &[(FieldIndex, Value<'static>)],
) -> Keys {
    let mut keys = Keys::default();
    for (rule, field, _) in mapping.references() {
        let held = row.iter().find(|(shown, _)| *shown == field).map(|(_, value)| value);
        let value = document.value(rule.slot).clone().into_owned();
        keys.put(rule.slot, value, held.and_then(UpstreamKey::from_value).into_iter().collect());
    }
    keys
}

fn try_outward(
    table: &Table<'_>,
    mapping: &Mapping,
    expected: &Document<'_>,
    row: &[(FieldIndex, Value<'static>)],
) {
    let mut record = Record::empty(&mapping.entity.fields);
    for (field, value) in row {
        record.put(*field, value.clone());
    }
    for (rule, field, _) in mapping.references() {
        let value = expected.value(rule.slot);
        if let (Ok(value), true) =
            (rule.referred(value.borrowed()), !record.value(field).is_absent())
        {
            record.mean(field, value);
        }
    }
    let printed = mapping.outward(&record);
    let mut diff = Vec::new();
    for rule in &mapping.rules {
        let (wanted, found) = (expected.value(rule.slot), printed.value(rule.slot));
        // What the mapping computes may be shown by the row alone.
        let is_derived = wanted.is_absent()
            && (rule.default.is_some()
                || rule.fields().any(|f| mapping.derived.iter().any(|d| d.field == f)));
        if !is_derived && !Mapping::same(wanted, found) {
            diff.push(difference(&rule.path, wanted, found));
        }
    }
    differs(table, "scim", "what `upstream` becomes in SCIM", diff);
}

fn field_name(mapping: &Mapping, field: FieldIndex) -> &str {
    mapping.entity.fields.field(field).map_or("", |field| field.name.as_str())
}

/// Tells every value of one direction that is not as the example says, at once.
fn differs(table: &Table<'_>, side: &str, what: &str, diff: Vec<Difference>) {
    if !diff.is_empty() {
        let message = format!("the example does not hold: {what}");
        table.sink().differs(&table.span_of_key(side), message, diff);
    }
}

fn difference(name: &str, expected: &Value<'_>, found: &Value<'_>) -> Difference {
    Difference { name: name.to_owned(), expected: shown(expected), found: shown(found) }
}

/// A value as the file would say it.
fn shown(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Absent => None,
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(truth) => Some(truth.to_string()),
        Value::Decimal(number) => Some(number.to_string()),
        Value::List(values) => {
            let values: Vec<String> = values.iter().filter_map(shown).collect();
            Some(format!("[{}]", values.join(", ")))
        }
        other => other.as_str().map(|text| format!("{text:?}")),
    }
}
