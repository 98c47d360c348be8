//! Nested rows: a row → the values of its fields, and fields → a row, also one that is already
//! there and of which the mapping knows a part.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use super::node::{quoted, scalar};
use crate::record::{Delta, Entity, Field, FieldIndex, Place, Record};
use crate::upstream::dialect::odata::{characters, list, value};
use crate::upstream::dialect::{DialectError, Unreadable};
use crate::value::{Text, Type, Value};

/// The members of an object, in their order, each as it is written.
pub(super) type Members<'b> = Vec<(Cow<'b, str>, &'b str)>;

/// The members of an object; `None` for what is none.
pub(super) fn members(raw: &str) -> Result<Option<Members<'_>>, Unreadable> {
    if !raw.starts_with('{') {
        return Ok(None);
    }
    let mut json = serde_json::Deserializer::from_str(raw);
    let read =
        serde::Deserializer::deserialize_map(&mut json, Object).map_err(|error| broken(&error))?;
    json.end().map_err(|error| broken(&error))?;
    Ok(Some(read))
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Members<'de>, A::Error> {
        let mut members = Members::new();
        while let Some((name, raw)) = object.next_entry::<Cow<'de, str>, &'de RawValue>()? {
            members.push((name, raw.get()));
        }
        Ok(members)
    }
}

pub(super) fn broken(error: &serde_json::Error) -> Unreadable {
    Unreadable::Json { line: error.line(), column: error.column() }
}

/// What stands at a place; `None` where nothing does.
pub(super) fn at<'b>(raw: &'b str, place: &Place) -> Result<Option<&'b str>, Unreadable> {
    let mut raw = raw;
    for name in &place.0 {
        let Some(members) = members(raw)? else { return Ok(None) };
        match members.iter().rfind(|(known, _)| *known == **name) {
            Some((_, inner)) => raw = inner,
            None => return Ok(None),
        }
    }
    Ok(Some(raw))
}

/// The characters of a string, or another single value as JSON writes it; `None` for an object or
/// a list.
pub(super) fn plain(raw: &str) -> Option<Text<'_>> {
    match raw.as_bytes().first()? {
        b'"' => characters(raw),
        b'{' | b'[' => None,
        _ => Some(Text::of(raw)),
    }
}

/// Reads a row.
pub(super) fn read<'b>(entity: &Entity, raw: &'b str) -> Result<Record<'b>, Unreadable> {
    let mut record = Record::empty(&entity.fields);
    let fields: Vec<_> = entity.fields.iter().collect();
    let mut found = false;
    fill(&mut record, raw, 0, &fields, &mut found)?;
    if found { Ok(record) } else { Err(Unreadable::NotARow) }
}

/// Fills the fields that go down through an object, whose name begins with the path to it.
fn fill<'b>(
    record: &mut Record<'b>,
    raw: &'b str,
    depth: usize,
    fields: &[(FieldIndex, &Field)],
    found: &mut bool,
) -> Result<(), Unreadable> {
    let Some(members) = members(raw)? else {
        return match fields.first() {
            _ if raw == "null" => Ok(()),
            Some((_, field)) if depth > 0 => Err(Unreadable::Misfit(field.name.clone())),
            _ => Err(Unreadable::NotARow),
        };
    };
    for (name, raw) in members {
        let (mut here, mut below) = (None, Vec::new());
        for (index, field) in fields {
            let path = field.name.members();
            if path.get(depth).is_some_and(|member| **member == *name) {
                match path.len() == depth + 1 {
                    true => here = Some((*index, *field)),
                    false => below.push((*index, *field)),
                }
            }
        }
        if let Some((index, field)) = here {
            let value = match field.many {
                true => list(raw, field.kind),
                false => value(raw, field.kind),
            };
            record.put(index, value.ok_or_else(|| Unreadable::Misfit(field.name.clone()))?);
            *found = true;
        }
        if !below.is_empty() {
            fill(record, raw, depth + 1, &below, found)?;
        }
    }
    Ok(())
}

/// How a field that holds nothing is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clear {
    /// As `null`.
    Null,
    /// A text as `""`, everything else as `null`.
    Empty,
    /// Not at all.
    Omit,
}

/// What becomes of a member.
enum Edit<'e> {
    /// It gets this JSON, or is left out.
    Set(Option<Vec<u8>>),
    /// Members of it change.
    Inside(Vec<(&'e str, Edit<'e>)>),
}

/// The row with fields set in it, every other member as it was written; without a row, a new one.
pub(super) fn edited(
    entity: &Entity,
    delta: &Delta<'_>,
    row: Option<&str>,
    clear: Clear,
) -> Result<Vec<u8>, DialectError> {
    let mut edits = Vec::new();
    for (index, value) in delta.iter() {
        let field = entity.fields.field(index).ok_or(DialectError::Unknown)?;
        let misfit = || DialectError::Misfit(field.name.clone());
        let json = match (value, clear) {
            (Value::Absent, Clear::Omit) => None,
            (Value::Absent, _) if field.many => Some(b"[]".to_vec()),
            (Value::Absent, Clear::Empty) if field.kind == Type::String => Some(quoted("")),
            (value, _) => Some(scalar(value).map_err(|_| misfit())?),
        };
        put(&mut edits, field.name.members(), json).ok_or_else(misfit)?;
    }
    let mut out = Vec::with_capacity(row.map_or(512, |row| row.len() + 128));
    print(&mut out, row, &edits)?;
    Ok(out)
}

/// Notes what becomes of a member; `None` where one field would lie inside another.
fn put<'e>(
    edits: &mut Vec<(&'e str, Edit<'e>)>,
    path: &'e [Box<str>],
    json: Option<Vec<u8>>,
) -> Option<()> {
    let (name, rest) = path.split_first()?;
    let place = edits.iter().position(|(known, _)| *known == &**name);
    if rest.is_empty() {
        if place.is_some() {
            return None;
        }
        edits.push((name, Edit::Set(json)));
        return Some(());
    }
    let place = place.unwrap_or_else(|| {
        edits.push((name, Edit::Inside(Vec::new())));
        edits.len() - 1
    });
    match edits.get_mut(place) {
        Some((_, Edit::Inside(inner))) => put(inner, rest, json),
        _ => None,
    }
}

fn print(
    out: &mut Vec<u8>,
    row: Option<&str>,
    edits: &[(&str, Edit<'_>)],
) -> Result<(), DialectError> {
    let members = match row.filter(|row| *row != "null") {
        // What stands in the way of a nested field is not for us to throw away.
        Some(row) => members(row).ok().flatten().ok_or(DialectError::Unknown)?,
        None => Members::new(),
    };
    let mut sign = b'{';
    let mut name_of = |out: &mut Vec<u8>, name: &str| {
        out.push(sign);
        sign = b',';
        out.extend_from_slice(&quoted(name));
        out.push(b':');
    };
    for (name, raw) in &members {
        match edits.iter().find(|(known, _)| *known == &**name).map(|(_, edit)| edit) {
            None => {
                name_of(out, name);
                out.extend_from_slice(raw.as_bytes());
            }
            Some(Edit::Set(Some(json))) => {
                name_of(out, name);
                out.extend_from_slice(json);
            }
            Some(Edit::Set(None)) => {}
            Some(Edit::Inside(inner)) => {
                name_of(out, name);
                print(out, Some(raw), inner)?;
            }
        }
    }
    for (name, edit) in edits.iter().filter(|(name, _)| !members.iter().any(|(k, _)| k == name)) {
        match edit {
            Edit::Set(Some(json)) => {
                name_of(out, name);
                out.extend_from_slice(json);
            }
            Edit::Inside(inner) if sets(inner) => {
                name_of(out, name);
                print(out, None, inner)?;
            }
            Edit::Set(None) | Edit::Inside(_) => {}
        }
    }
    if sign == b'{' {
        out.push(b'{');
    }
    out.push(b'}');
    Ok(())
}

/// Whether anything is written.
fn sets(edits: &[(&str, Edit<'_>)]) -> bool {
    edits.iter().any(|(_, edit)| match edit {
        Edit::Set(json) => json.is_some(),
        Edit::Inside(inner) => sets(inner),
    })
}
