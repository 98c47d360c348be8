//! Rows and pages out of JSON: straight into a [`Record`], borrowed, without a tree between.

mod expanded;
mod flat;

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use expanded::Expanded;

use crate::record::{Entity, Expansion, FieldIndex, Fields, Record};
use crate::upstream::dialect::scalar::{truth, typed, whole};
use crate::upstream::dialect::{Page, Unreadable};
use crate::value::{Text, TextBuilder, Type, Value, unescaped};

/// Reads one row into an empty one: a row is large, so it is filled where it stands, and not handed
/// from reader to reader.
pub(super) fn read<'b>(
    entity: &Entity,
    body: &'b [u8],
    record: &mut Record<'b>,
) -> Result<(), Unreadable> {
    let text = text(body)?;
    if flat::record(entity, text, record).is_none() {
        *record = whole_record(entity, text)?;
    }
    Ok(())
}

/// Reads a page of rows.
pub(super) fn page<'b>(entity: &Entity, body: &'b [u8]) -> Result<Page<'b>, Unreadable> {
    let text = text(body)?;
    flat::page(entity, text).map_or_else(|| whole_page(entity, text), Ok)
}

/// Reads any row, and says what is wrong with it.
fn whole_record<'b>(entity: &Entity, text: &'b str) -> Result<Record<'b>, Unreadable> {
    let reading = Reading::of(entity);
    let mut json = serde_json::Deserializer::from_str(text);
    let mut record = Record::empty(&entity.fields);
    let read = Row(&reading, &mut record).deserialize(&mut json);
    match read.and_then(|()| json.end()) {
        Ok(()) => Ok(record),
        Err(error) => Err(reading.explain(&error)),
    }
}

/// Reads any page, and says what is wrong with it.
fn whole_page<'b>(entity: &Entity, text: &'b str) -> Result<Page<'b>, Unreadable> {
    let reading = Reading::of(entity);
    let mut json = serde_json::Deserializer::from_str(text);
    let page = Rows(&reading).deserialize(&mut json);
    let whole = page.and_then(|page| json.end().map(|()| page));
    whole.map_err(|error| reading.explain(&error))
}

/// The body as text: checked once as a whole, which costs less than string by string.
fn text(body: &[u8]) -> Result<&str, Unreadable> {
    std::str::from_utf8(body).map_err(|error| {
        let before = body.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        Unreadable::Json { line, column }
    })
}

/// What is being read, and what was found wrong with it: serde's own errors would quote values.
struct Reading<'e> {
    fields: &'e Fields,
    expansions: &'e [Expansion],
    trouble: Cell<Option<Trouble>>,
}

#[derive(Clone, Copy)]
enum Trouble {
    Misfit(FieldIndex),
    NotARow,
    NoRows,
}

impl<'e> Reading<'e> {
    fn of(entity: &'e Entity) -> Self {
        Self { fields: &entity.fields, expansions: &entity.expansions, trouble: Cell::new(None) }
    }

    fn fail<E: serde::de::Error>(&self, trouble: Trouble) -> E {
        self.trouble.set(Some(trouble));
        E::custom("trouble")
    }

    fn explain(&self, error: &serde_json::Error) -> Unreadable {
        let json = Unreadable::Json { line: error.line(), column: error.column() };
        match self.trouble.get() {
            None => json,
            Some(Trouble::NotARow) => Unreadable::NotARow,
            Some(Trouble::NoRows) => Unreadable::NoRows("value"),
            Some(Trouble::Misfit(index)) => match self.fields.field(index) {
                Some(field) => Unreadable::Misfit(field.name.clone()),
                None => json,
            },
        }
    }
}

/// A member's name, looked up without copying it.
enum Member<'e> {
    Field(FieldIndex),
    /// A row of another collection.
    Expansion(&'e Expansion),
    Etag,
    Other,
}

struct MemberName<'e>(&'e Fields, &'e [Expansion]);

impl<'de, 'e> DeserializeSeed<'de> for MemberName<'e> {
    type Value = Member<'e>;

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<Member<'e>, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'e> Visitor<'_> for MemberName<'e> {
    type Value = Member<'e>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Member<'e>, E> {
        if let Some(index) = self.0.index_of(name) {
            return Ok(Member::Field(index));
        }
        let expansion = self.1.iter().find(|expansion| *expansion.navigation == *name);
        Ok(match expansion {
            Some(expansion) => Member::Expansion(expansion),
            None if matches!(name, "@odata.etag" | "@etag") => Member::Etag,
            None => Member::Other,
        })
    }
}

/// Fills an empty row.
struct Row<'r, 'e, 'de>(&'r Reading<'e>, &'r mut Record<'de>);

impl<'de> DeserializeSeed<'de> for Row<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Row<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut row: A) -> Result<(), A::Error> {
        let Reading { fields, expansions, .. } = *self.0;
        let record = self.1;
        let mut found = false;
        while let Some(member) = row.next_key_seed(MemberName(fields, expansions))? {
            match member {
                Member::Other => {
                    row.next_value::<IgnoredAny>()?;
                }
                Member::Etag => {
                    let raw = row.next_value::<&'de RawValue>()?.get();
                    record.version = if raw.starts_with('"') { characters(raw) } else { None };
                }
                Member::Expansion(expansion) => {
                    row.next_value_seed(Expanded { reading: self.0, expansion, record })?;
                }
                Member::Field(index) => {
                    let raw = row.next_value::<&'de RawValue>()?.get();
                    let value = match fields.field(index) {
                        Some(field) if field.many => list(raw, field.kind),
                        field => value(raw, field.map_or(Type::String, |field| field.kind)),
                    };
                    record.put(index, value.ok_or_else(|| self.0.fail(Trouble::Misfit(index)))?);
                    found = true;
                }
            }
        }
        if found { Ok(()) } else { Err(self.0.fail(Trouble::NotARow)) }
    }
}

/// The array of a page.
struct Items<'r, 'e>(&'r Reading<'e>);

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = Vec<Record<'de>>;

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = Vec<Record<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut records = Vec::new();
        loop {
            let mut record = Record::empty(self.0.fields);
            if items.next_element_seed(Row(self.0, &mut record))?.is_none() {
                return Ok(records);
            }
            records.push(record);
        }
    }
}

/// The object around a page.
struct Rows<'r, 'e>(&'r Reading<'e>);

impl<'de> DeserializeSeed<'de> for Rows<'_, '_> {
    type Value = Page<'de>;

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<Page<'de>, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_, '_> {
    type Value = Page<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page of rows")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut body: A) -> Result<Page<'de>, A::Error> {
        let (mut records, mut next, mut count, mut whole) = (None, None, None, None);
        while let Some(name) = body.next_key::<Cow<'de, str>>()? {
            match &*name {
                "value" => records = Some(body.next_value_seed(Items(self.0))?),
                "@odata.nextLink" | "@nextLink" => {
                    let raw = body.next_value::<&'de RawValue>()?.get();
                    if raw != "null" {
                        next = Some(characters(raw).ok_or_else(|| A::Error::custom("a link"))?);
                    }
                }
                // Bizagi's `@odata.count` is only the rows of this page; its whole set is the
                // `totalCount`. By the standard the count is the whole set (JSON Format §4.5.4).
                "@odata.totalCount" => whole = number(body.next_value::<&RawValue>()?.get()),
                "@odata.count" | "@count" => count = number(body.next_value::<&RawValue>()?.get()),
                _ => {
                    body.next_value::<IgnoredAny>()?;
                }
            }
        }
        let records = records.ok_or_else(|| self.0.fail(Trouble::NoRows))?;
        Ok(Page { records, total: whole.or(count), next })
    }
}

/// A count, which some servers write as a string (IEEE754Compatible).
fn number(raw: &str) -> Option<u64> {
    raw.trim_matches('"').parse().ok()
}

/// The characters of a JSON string, borrowed where nothing in it is escaped.
pub(in crate::upstream::dialect) fn characters(raw: &str) -> Option<Text<'_>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    let mut plain = unescaped(inner.as_bytes());
    if plain == inner.len() {
        return Some(Text::of(inner));
    }
    let mut rest = inner;
    let mut text = TextBuilder::with_capacity(inner.len());
    loop {
        let (piece, escaped) = rest.split_at_checked(plain)?;
        text.push_str(piece);
        match escaped.as_bytes() {
            [] => return Some(text.finish()),
            // Quotes in an ETag are the usual case, and need no parser of their own.
            [b'\\', b'"' | b'\\' | b'/', after @ ..] => {
                rest = escaped.get(1..)?;
                plain = 1 + unescaped(after);
            }
            _ => return serde_json::from_str::<String>(raw).ok().map(Text::from),
        }
    }
}

/// A JSON array as the values of a field; `None` where it does not fit.
pub(in crate::upstream::dialect) fn list(raw: &str, kind: Type) -> Option<Value<'_>> {
    if raw == "null" {
        return Some(Value::Absent);
    }
    let items: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
    let values = items.into_iter().map(|item| value(item.get(), kind));
    // A `null` in a list says nothing.
    let values = values.filter(|value| !matches!(value, Some(Value::Absent)));
    values.collect::<Option<_>>().map(Value::list)
}

/// A JSON value as a value of a field's type; `None` where it does not fit.
pub(in crate::upstream::dialect) fn value(raw: &str, kind: Type) -> Option<Value<'_>> {
    match raw.as_bytes().first()? {
        b'n' => Some(Value::Absent),
        b'"' => typed(characters(raw)?, kind),
        b't' | b'f' => match kind {
            Type::Boolean => Some(Value::Boolean(raw == "true")),
            Type::String => Some(Value::text(raw)),
            _ => None,
        },
        b'[' | b'{' => None,
        _ => match kind {
            Type::String => Some(Value::text(raw)),
            Type::Decimal => Some(Value::Decimal(raw.into())),
            Type::Integer => whole(raw).map(Value::Integer),
            Type::Boolean => truth(raw).map(Value::Boolean),
            Type::DateTime => None,
        },
    }
}
