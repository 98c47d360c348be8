//! What rows show of a collection: JSON tells a text from a number, and what is not there from what
//! holds nothing.

use serde_json::value::RawValue;

use super::answer::items;
use super::row::{members, plain};
use crate::record::{Entity, Field, FieldIndex, Query, Sample, Shown};
use crate::upstream::dialect::odata::{list, value};
use crate::value::{Type, Value};

/// How deeply members are looked for that the mapping does not name.
const DEPTH: usize = 8;

/// The most names that are noted of those.
const OTHERS: usize = 500;

/// What the rows of an answer to a search show; `None` for one without rows where they should be.
pub(super) fn sample(entity: &Entity, query: &Query<'_>, body: &str) -> Option<Sample> {
    let rows = items(entity, Some(query), body).ok()?.1;
    let mut sample = Sample::of(rows.len(), &entity.fields);
    for row in rows {
        for (index, field) in entity.fields.iter() {
            sample.note(index, shown(field, row));
        }
        let fields: Vec<_> = entity.fields.iter().collect();
        others(row, "", &fields, 0, &mut sample.others);
    }
    Some(sample)
}

/// What a row shows of a field.
fn shown(field: &Field, row: &RawValue) -> Shown {
    let mut raw = row.get();
    for name in field.name.members() {
        match members(raw) {
            // What lies in nothing is not there for that row alone.
            _ if raw == "null" => return Shown::Empty,
            Ok(Some(members)) => match members.iter().rfind(|(known, _)| *known == **name) {
                Some((_, inner)) => raw = inner,
                None => return Shown::Unseen,
            },
            _ => return Shown::Unseen,
        }
    }
    let found = if field.many { list(raw, field.kind) } else { value(raw, field.kind) };
    let is_empty = |value: &Value<'_>| value.is_absent() || value.as_str() == Some("");
    match found {
        Some(value) if is_empty(&value) => Shown::Empty,
        Some(value) if !value.as_str().is_none_or(|text| field.notation.fits(text)) => {
            Shown::Foreign("another text")
        }
        Some(_) if field.kind == Type::String && !field.many && !raw.starts_with('"') => {
            Shown::Unlike(kind(raw))
        }
        Some(_) => Shown::Fitting,
        None => Shown::Foreign(kind(raw)),
    }
}

/// What a JSON value is, in words.
fn kind(raw: &str) -> &'static str {
    match raw.as_bytes().first() {
        Some(b'"') => "a text",
        Some(b't' | b'f') => "a truth value",
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        _ => "a number",
    }
}

/// Notes the single values that no field names, by the names that fields would have.
fn others(
    raw: &RawValue,
    before: &str,
    fields: &[(FieldIndex, &Field)],
    depth: usize,
    found: &mut Vec<Box<str>>,
) {
    let Ok(Some(members)) = members(raw.get()) else { return };
    for (name, raw) in members {
        let is_plain = !name.is_empty() && !name.contains(['.', '"', '\\']);
        let name = if is_plain {
            name.into_owned()
        } else {
            format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
        };
        let path = if before.is_empty() { name } else { format!("{before}.{name}") };
        if raw.starts_with('{') && depth < DEPTH {
            if let Ok(inner) = serde_json::from_str::<&RawValue>(raw) {
                others(inner, &path, fields, depth + 1, found);
            }
            continue;
        }
        let is_known = fields.iter().any(|(_, field)| field.name.as_str() == path)
            || found.iter().any(|known| **known == *path);
        let is_value = raw == "null" || raw.starts_with('[') || plain(raw).is_some();
        if !is_known && is_value && found.len() < OTHERS {
            found.push(path.into());
        }
    }
}
