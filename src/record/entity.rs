//! One collection of the upstream, as the mapping states it: its fields and the facts about it.

use std::fmt;

use super::{ErrorRule, Expansion, Notation, OptionDefinition, Options};
use crate::value::Type;

/// A field's name as the mapping writes it; it may hold dots and `@`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldName {
    text: Box<str>,
    members: Box<[Box<str>]>,
    json: Box<str>,
}

impl FieldName {
    /// The characters of the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The name as JSON has it before a value: `"userName":`.
    #[must_use]
    pub fn before_value(&self) -> &str {
        &self.json
    }

    /// The members that it goes down through, for an upstream whose rows are nested: see
    /// [`members`](super::members).
    #[must_use]
    pub fn members(&self) -> &[Box<str>] {
        &self.members
    }
}

impl From<&str> for FieldName {
    fn from(name: &str) -> Self {
        let members = super::members(name).unwrap_or_else(|| vec![name.into()]);
        let json = format!("{}:", serde_json::Value::from(name)).into();
        Self { text: name.into(), members: members.into(), json }
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The place of a field in its entity's [`Fields`], numbered when the mapping is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldIndex(u16);

impl FieldIndex {
    /// The place as a number, from 0.
    #[must_use]
    pub const fn position(self) -> usize {
        self.0 as usize
    }
}

/// How the upstream compares the letters of a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Case {
    /// Letter for letter: a search that must ignore case wraps both sides in `tolower`.
    #[default]
    ToLower,
    /// The upstream's collation ignores case by itself.
    Insensitive,
    /// Letter for letter, and searches that ignore case are not possible.
    Exact,
}

/// One field of an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The upstream's name for it.
    pub name: FieldName,
    /// What it holds.
    pub kind: Type,
    /// How the upstream compares it.
    pub case: Case,
    /// Whether it holds several values of that type: a [`List`](crate::value::Value::List).
    pub many: bool,
    /// Of which shape its texts are.
    pub notation: Notation,
    /// The property through which another collection's row is reached that has the field; `None`
    /// for a field of the row itself. With it the name is `navigation.property`.
    pub navigation: Option<Box<str>>,
}

impl Field {
    /// A field of the row itself, of one value, with texts of any shape.
    #[must_use]
    pub fn new(name: impl Into<FieldName>, kind: Type, case: Case) -> Self {
        let name = name.into();
        Self { name, kind, case, many: false, notation: Notation::Plain, navigation: None }
    }

    /// What leads to the row that has the field, where it is another one, and its name there.
    #[must_use]
    pub fn path(&self) -> (Option<&str>, &str) {
        let name = self.name.as_str();
        let Some(navigation) = self.navigation.as_deref() else { return (None, name) };
        // A field is only given a navigation that its name begins with.
        let property = name.strip_prefix(navigation).and_then(|rest| rest.strip_prefix('.'));
        (Some(navigation), property.unwrap_or(name))
    }

    /// Whether it holds characters of any shape, so that an empty text is a value of it.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.kind == Type::String && self.notation == Notation::Plain
    }
}

/// The fields of an entity, in the order in which the mapping first names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    fields: Vec<Field>,
    /// Where each name is to be found: indices by hash, each in the first free place.
    places: Vec<u16>,
}

/// No field.
const FREE: u16 = u16::MAX;

/// A number of a name: names differ in their length and in few of their letters.
fn hash(name: &str) -> usize {
    let bytes = name.as_bytes();
    let letter = |at: usize| bytes.get(at).map_or(0, |byte| usize::from(*byte));
    let length = bytes.len();
    let last = letter(length.wrapping_sub(1));
    (length * 67) ^ (letter(0) * 5) ^ (letter(length / 2) * 131) ^ (last * 31)
}

impl Fields {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Adds a field at the end; `None` when there are already 65 535.
    pub fn push(&mut self, field: Field) -> Option<FieldIndex> {
        let index = u16::try_from(self.fields.len()).ok().filter(|index| *index < u16::MAX)?;
        self.fields.push(field);
        self.place_names();
        Some(FieldIndex(index))
    }

    /// The field of an index that this table gave out.
    #[must_use]
    pub fn field(&self, index: FieldIndex) -> Option<&Field> {
        self.fields.get(index.position())
    }

    /// Says how the upstream compares a field.
    pub fn set_case(&mut self, index: FieldIndex, case: Case) {
        if let Some(field) = self.fields.get_mut(index.position()) {
            field.case = case;
        }
    }

    /// Says of which shape a field's texts are; one with a shape is compared letter for letter.
    pub fn set_notation(&mut self, index: FieldIndex, notation: Notation) {
        if let Some(field) = self.fields.get_mut(index.position()) {
            field.notation = notation;
            field.case = Case::Exact;
        }
    }

    /// The index of a name, letter for letter.
    #[must_use]
    pub fn index_of(&self, name: &str) -> Option<FieldIndex> {
        let last = self.places.len().wrapping_sub(1);
        let mut place = hash(name);
        loop {
            let index = *self.places.get(place & last)?;
            // Some place is always free.
            let field = self.fields.get(usize::from(index))?;
            if field.name.as_str() == name {
                return Some(FieldIndex(index));
            }
            place += 1;
        }
    }

    /// Finds a place for every name; half of them stay free.
    fn place_names(&mut self) {
        let size = (self.fields.len() * 2).next_power_of_two();
        self.places.clear();
        self.places.resize(size, FREE);
        for (index, field) in (0..FREE).zip(&self.fields) {
            let start = hash(field.name.as_str());
            let free = (start..start + size)
                .map(|place| place & (size - 1))
                .find(|place| self.places.get(*place) == Some(&FREE));
            if let Some(place) = free.and_then(|place| self.places.get_mut(place)) {
                *place = index;
            }
        }
    }

    /// Every field with its index.
    pub fn iter(&self) -> impl Iterator<Item = (FieldIndex, &Field)> {
        (0..u16::MAX).map(FieldIndex).zip(&self.fields)
    }
}

/// An operator that an upstream may be able to search with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operator {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
    /// All of several.
    And,
    /// Any of several.
    Or,
    /// None of it.
    Not,
    /// A part of a text.
    Contains,
    /// The beginning of a text.
    StartsWith,
    /// The end of a text.
    EndsWith,
}

impl Operator {
    /// Every operator.
    pub const ALL: [Self; 12] = [
        Self::Eq,
        Self::Ne,
        Self::Gt,
        Self::Ge,
        Self::Lt,
        Self::Le,
        Self::And,
        Self::Or,
        Self::Not,
        Self::Contains,
        Self::StartsWith,
        Self::EndsWith,
    ];

    /// OData's name of the operator or function, in lower case, as mapping files write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
            Self::And => "and",
            Self::Or => "or",
            Self::Not => "not",
            Self::Contains => "contains",
            Self::StartsWith => "startswith",
            Self::EndsWith => "endswith",
        }
    }

    /// The operator of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.name() == name)
    }
}

/// A set of [`Operator`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Operators(u16);

impl Operators {
    /// The set of all of them.
    pub const ALL: Self = Self(0x0fff);
    /// The empty set.
    pub const NONE: Self = Self(0);

    /// The set with one more.
    #[must_use]
    pub const fn with(self, operator: Operator) -> Self {
        Self(self.0 | 1 << operator as u16)
    }

    /// What is in both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether the operator is in the set.
    #[must_use]
    pub const fn contains(self, operator: Operator) -> bool {
        self.0 & 1 << operator as u16 != 0
    }
}

/// What the upstream makes of a comparison with a field that holds nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nulls {
    /// OData V4's two-valued logic: `null ne 'x'` is true, the other comparisons false.
    #[default]
    OData,
    /// SQL's three-valued logic: every comparison with NULL is unknown, and so is its negation.
    Sql,
}

/// What the upstream does about ETags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Etag {
    /// It has none.
    None,
    /// Rows carry one where the upstream has it; writes name it where it is known.
    #[default]
    Optional,
    /// Writes without `If-Match` are refused.
    Required,
}

/// Whether a search can be asked for a part of what it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paging {
    /// It leaves out and stops where it is told to.
    Upstream,
    /// It has numbered pages of one size: a query's `skip` is a multiple of its `top`.
    Pages {
        /// Whether the size is always [`Facts::page`].
        fixed: bool,
    },
    /// It is read from its first row on, each page telling where the next one is: a query's
    /// `skip` is 0.
    Links,
    /// It answers everything that it finds; we count, order and cut here. A search that finds
    /// more than this many rows is refused.
    Whole {
        /// The most rows that one search may find.
        most: u32,
    },
}

/// The facts about an upstream, stated once: by its dialect, overridden by the mapping file.
///
/// The filter translator, `/ServiceProviderConfig`, the call plan and `check` all read them here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What a search may use.
    pub operators: Operators,
    /// Whether a search can ask for fields that hold nothing, and for those that hold something.
    pub absence: bool,
    /// The fields that a search may name; all of them where nobody says it.
    pub searchable: Option<Vec<FieldIndex>>,
    /// The fields that hold something in every row: nobody needs to ask.
    pub filled: Vec<FieldIndex>,
    /// How many rows may be read to answer here what the upstream cannot search; without a
    /// number such a search is refused.
    pub scan: Option<u32>,
    /// How a search treats absent values.
    pub nulls: Nulls,
    /// Whether a search can be ordered.
    pub sort: bool,
    /// How the upstream compares letters, where a field does not say.
    pub case: Case,
    /// Whether it can answer a part of a search.
    pub paging: Paging,
    /// The most rows to ask for in one search, and the most that a client gets at once.
    pub page: u32,
    /// Whether a search tells how many rows there are in all.
    pub total: bool,
    /// What it does about ETags.
    pub etag: Etag,
    /// Whether the answer to a write carries the row as it was stored.
    pub representation: bool,
    /// Whether it refuses a second row with the same unique fields by itself.
    pub enforces_unique: bool,
    /// Whether rows can really be removed.
    pub deletes: bool,
}

/// What a dialect says of itself, so that a mapping for it can be compiled without knowing it.
#[derive(Clone, Debug)]
pub struct Description {
    /// Its name in mapping files.
    pub name: &'static str,
    /// What such a server can usually do; a mapping file overrides it.
    pub facts: Facts,
    /// What a mapping file may say to it alone, in `[upstream.options]`.
    pub options: &'static [OptionDefinition],
    /// What those options say of the server besides: the facts that follow from them.
    pub adapt: fn(&Options, &mut Facts),
    /// Whether those options fit each other; what is expected where they do not.
    pub fits: fn(&Options) -> Result<(), &'static str>,
    /// Whether it can write a field of that name.
    pub names: fn(&str) -> bool,
    /// Whether it can hold several values in a field of that name; what is missing where it cannot.
    pub lists: fn(&Options, &str) -> Result<(), &'static str>,
    /// Whether rows of other collections can come with a row.
    pub expands: bool,
    /// The fields, parts of structures and options that give people rights in such a server.
    pub grants: &'static [&'static str],
    /// Whether it can write a text with these characters; `None` where it can write every one.
    pub writable: Option<fn(&str) -> bool>,
    /// What is said of another collection, to which a reference leads.
    pub elsewhere: Elsewhere,
}

/// What a mapping file may say to a dialect of another collection than the people's.
#[derive(Clone, Copy, Debug)]
pub struct Elsewhere {
    /// The options that may be said again for it, by their names. What is not said again holds as
    /// far as it [reaches](super::Reach).
    pub options: &'static [&'static str],
    /// Whether a row of it is read by its key, not searched; of the options as they hold there.
    pub reads: fn(&Options) -> bool,
    /// Whether the options there fit those of the people's collection; what is expected where
    /// they do not.
    pub fits: fn(people: &Options, there: &Options) -> Result<(), &'static str>,
}

impl Elsewhere {
    /// What is said of the people's collection describes every other one.
    pub const ALIKE: Self = Self { options: &[], reads: |_| false, fits: |_, _| Ok(()) };
}

/// One collection of the upstream and all that is known about it.
#[derive(Clone, Debug)]
pub struct Entity {
    /// Where it is, as the dialect names places: a path below the upstream's base URL such as
    /// `odata/data/WFUser`, or an entity's name such as `WFUSER`.
    pub collection: Box<str>,
    /// Its fields.
    pub fields: Fields,
    /// The rows of other collections that come with each row.
    pub expansions: Vec<Expansion>,
    /// The field that addresses a row.
    pub key: FieldIndex,
    /// What its upstream can do.
    pub facts: Facts,
    /// What the mapping says to the dialect alone.
    pub options: Options,
    /// How its errors are recognised, tried in order before the dialect's own.
    pub errors: Vec<ErrorRule>,
}
