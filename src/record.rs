//! The neutral tongue between SCIM's side and the upstream's: fields, records, changes and queries.
//!
//! The mapping turns a document into these, a dialect turns these into requests, and back. This
//! room knows neither SCIM nor HTTP, and imports nothing of ours but the leaf [`value`](crate::value).

mod declaration;
mod delta;
mod entity;
mod expansion;
mod fields;
mod notation;
mod options;
mod query;
mod recognition;
mod sample;
mod template;

use std::borrow::Cow;
use std::fmt;

pub use declaration::{Declaration, Declared};
pub use delta::{Delta, Difference};
pub use entity::{Description, Elsewhere, Entity, Etag, Facts, Nulls, Operator, Operators, Paging};
pub use expansion::Expansion;
pub use fields::{Case, Field, FieldIndex, FieldName, FieldPath, Fields, PERCENT_ENCODED};
pub use notation::Notation;
pub use options::{
    NamedTexts, OptionDefinition, OptionKind, OptionValue, Options, Reach, Structure,
};
pub use query::{Direction, Predicate, Query, Shared, Term};
pub use recognition::{Class, Condition, ErrorRule, Place, Recognised};
pub use sample::{Sample, Shown};
pub use template::{Piece, Source, Template, Tree, Unfillable, members};

use crate::value::{Table, Text, Value};

/// What addresses one row upstream: never printed to a client unless the mapping says that the
/// key is also the SCIM id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UpstreamKey {
    /// A whole number.
    Integer(i64),
    /// Characters, letter for letter.
    Text(Box<str>),
}

impl UpstreamKey {
    /// The key that a value of a key field is; `None` for values that address nothing.
    #[must_use]
    pub fn from_value(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Integer(number) => Some(Self::Integer(*number)),
            Value::Text(text) if !text.is_empty() => Some(Self::Text(text.as_ref().into())),
            _ => None,
        }
    }

    /// Whether a value addresses a row.
    #[must_use]
    pub fn is_key(value: &Value<'_>) -> bool {
        match value {
            Value::Integer(_) => true,
            Value::Text(text) => !text.is_empty(),
            _ => false,
        }
    }

    /// The key as a value of its field.
    #[must_use]
    pub fn value(&self) -> Value<'_> {
        match self {
            Self::Integer(number) => Value::Integer(*number),
            Self::Text(text) => Value::text(text),
        }
    }
}

impl fmt::Display for UpstreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl From<UpstreamKey> for String {
    fn from(key: UpstreamKey) -> Self {
        match key {
            UpstreamKey::Integer(number) => itoa::Buffer::new().format(number).to_owned(),
            UpstreamKey::Text(text) => text.into_string(),
        }
    }
}

/// One row of the upstream: a value for each of the entity's [`Fields`], borrowed from the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Record<'a> {
    values: Table<'a>,
    /// What the keys in some fields stand for; not stored in this row.
    meanings: Vec<(FieldIndex, Value<'a>)>,
    /// The row's ETag, as the upstream wrote it.
    pub version: Option<Text<'a>>,
    /// The row as the upstream wrote it, where its dialect must have it to write the row again:
    /// nobody but that dialect reads it.
    pub source: Option<Cow<'a, str>>,
}

impl<'a> Record<'a> {
    /// An empty row of an entity with that many fields.
    #[must_use]
    pub fn empty(fields: &Fields) -> Self {
        let values = Table::empty(fields.len());
        Self { values, meanings: Vec::new(), version: None, source: None }
    }

    /// The value of a field; absent for one that the row has not.
    #[must_use]
    pub fn value(&self, field: FieldIndex) -> &Value<'a> {
        self.values.value(field.position())
    }

    /// Puts a value into a field; fields that the entity has not are ignored.
    pub fn put(&mut self, field: FieldIndex, value: Value<'a>) {
        self.values.put(field.position(), value);
    }

    /// What the key in a field stands for: a value of the other row that it is the key of. Absent
    /// where nobody looked it up, or nothing was found.
    #[must_use]
    pub fn meaning(&self, field: FieldIndex) -> &Value<'a> {
        const ABSENT: &Value<'static> = &Value::Absent;
        let known = self.meanings.iter().find(|(known, _)| *known == field);
        known.map_or(ABSENT, |(_, value)| value)
    }

    /// Says what the key in a field stands for.
    pub fn mean(&mut self, field: FieldIndex, value: Value<'a>) {
        self.meanings.retain(|(known, _)| *known != field);
        self.meanings.push((field, value));
    }

    /// Every field's value, in the order of [`Fields`].
    #[must_use]
    pub fn values(&self) -> &[Value<'a>] {
        self.values.values()
    }

    /// The same row, owning its characters.
    #[must_use]
    pub fn into_owned(self) -> Record<'static> {
        Record {
            values: self.values.into_owned(),
            meanings: self.meanings.into_iter().map(|(f, v)| (f, v.into_owned())).collect(),
            version: self.version.map(Text::into_owned),
            source: self.source.map(|source| Cow::Owned(source.into_owned())),
        }
    }
}
