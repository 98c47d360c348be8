//! The fields of a collection and their names.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Notation, Operator};
use crate::value::Type;

/// What is percent-encoded where it is data: everything but the unreserved characters (RFC 3986
/// §2.3).
pub const PERCENT_ENCODED: AsciiSet =
    NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

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

    /// The name as JSON has it between two values: `,"userName":`.
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
        let json = format!(",{}:", serde_json::Value::from(name)).into();
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

/// The path to a field as it stands in a URL, percent-encoded (RFC 3986 §2.1): its name, behind
/// what leads to the row that has it (OData 4.01 Part 2, §4.11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPath {
    plain: Box<str>,
    /// What begins each comparison of the field, and of the field in lower case.
    comparisons: [Comparisons; 2],
}

/// What begins a comparison, by operator; nothing for what compares no field.
type Comparisons = Box<[Box<str>; Operator::ALL.len()]>;

impl FieldPath {
    fn of(field: &Field) -> Self {
        let encoded = |name| utf8_percent_encode(name, &PERCENT_ENCODED);
        let plain = match field.path() {
            (Some(navigation), property) => {
                format!("{}/{}", encoded(navigation), encoded(property))
            }
            (None, name) => encoded(name).to_string(),
        };
        let lowered = format!("tolower({plain})");
        let comparisons = [&plain, &lowered].map(|path| {
            Box::new(Operator::ALL.map(|operator| match (operator.name(), operator) {
                (_, Operator::And | Operator::Or | Operator::Not) => Box::default(),
                (name, _) if operator.is_function() => format!("{name}({path},").into(),
                (name, _) => format!("{path}%20{name}%20").into(),
            }))
        });
        Self { plain: plain.into(), comparisons }
    }

    /// The path alone: `department/code`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.plain
    }

    /// What begins a comparison of the field, or of the field in lower case: `department/code%20eq%20`,
    /// `contains(tolower(department/code),`. `None` for an operator that compares no field.
    #[must_use]
    pub fn compared(&self, operator: Operator, lowered: bool) -> Option<&str> {
        let of = self.comparisons.get(usize::from(lowered))?;
        let begin = of.get(operator as usize)?;
        (!begin.is_empty()).then_some(begin)
    }
}

/// The fields of an entity, in the order in which the mapping first names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    fields: Vec<(Field, FieldPath)>,
    /// Where each name is to be found: each in the first free place from that of its hash on.
    places: Vec<Place>,
}

/// A field's name as far as it is compared at once, and the field's index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    mark: Mark,
    index: u16,
}

/// No field.
const FREE: Place = Place { mark: Mark { length: usize::MAX, ends: [0; 2] }, index: u16::MAX };

/// The length of a name and the letters at its two ends: all of them where there are few.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    length: usize,
    ends: [u64; 2],
}

impl Mark {
    #[inline]
    fn of(name: &str) -> Self {
        let bytes = name.as_bytes();
        let ends = if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
            [u64::from_le_bytes(*first), u64::from_le_bytes(*last)]
        } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
            [u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into()]
        } else {
            let letter = |at: usize| bytes.get(at).map_or(0, |byte| u64::from(*byte));
            [letter(0), letter(1) << 8 | letter(2)]
        };
        Self { length: bytes.len(), ends }
    }

    /// Whether no letter is left out, so that no other name has this mark.
    const fn is_whole(self) -> bool {
        self.length <= 16
    }

    /// A number that differs between most names.
    #[inline]
    fn hash(self) -> usize {
        let [first, last] = self.ends;
        // Fibonacci hashing: the upper half of the product depends on every letter.
        let mixed = (first ^ last.rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 32) as usize
    }
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
        let path = FieldPath::of(&field);
        self.fields.push((field, path));
        self.place_names();
        Some(FieldIndex(index))
    }

    /// The field of an index that this table gave out.
    #[must_use]
    pub fn field(&self, index: FieldIndex) -> Option<&Field> {
        self.fields.get(index.position()).map(|(field, _)| field)
    }

    /// The path to the field of an index that this table gave out.
    #[must_use]
    pub fn path(&self, index: FieldIndex) -> Option<&FieldPath> {
        self.fields.get(index.position()).map(|(_, path)| path)
    }

    /// Says how the upstream compares a field.
    pub fn set_case(&mut self, index: FieldIndex, case: Case) {
        if let Some((field, _)) = self.fields.get_mut(index.position()) {
            field.case = case;
        }
    }

    /// Says of which shape a field's texts are; one with a shape is compared letter for letter.
    pub fn set_notation(&mut self, index: FieldIndex, notation: Notation) {
        if let Some((field, _)) = self.fields.get_mut(index.position()) {
            field.notation = notation;
            field.case = Case::Exact;
        }
    }

    /// The index of a name, letter for letter.
    #[must_use]
    pub fn index_of(&self, name: &str) -> Option<FieldIndex> {
        let mark = Mark::of(name);
        let index = self.marked(mark)?;
        if mark.is_whole() { Some(index) } else { self.unmarked(name, index) }
    }

    /// The first field whose name has that mark.
    #[inline]
    fn marked(&self, mark: Mark) -> Option<FieldIndex> {
        let last = self.places.len().wrapping_sub(1);
        let mut at = mark.hash();
        loop {
            // Some place is always free.
            let place = self.places.get(at & last)?;
            if place.mark == mark {
                return Some(FieldIndex(place.index));
            }
            if place.index == FREE.index {
                return None;
            }
            at += 1;
        }
    }

    /// The index of a long name, which is that of the first with its mark or, hardly ever, another.
    #[cold]
    fn unmarked(&self, name: &str, first: FieldIndex) -> Option<FieldIndex> {
        let is = |field: &Field| field.name.as_str() == name;
        if self.field(first).is_some_and(is) {
            return Some(first);
        }
        self.iter().find(|(_, field)| is(field)).map(|(index, _)| index)
    }

    /// Finds a place for every name; half of them stay free.
    fn place_names(&mut self) {
        let size = (self.fields.len() * 2).next_power_of_two();
        self.places.clear();
        self.places.resize(size, FREE);
        for (index, (field, _)) in (0..FREE.index).zip(&self.fields) {
            let mark = Mark::of(field.name.as_str());
            let start = mark.hash();
            let free = (start..start + size)
                .map(|place| place & (size - 1))
                .find(|place| self.places.get(*place) == Some(&FREE));
            if let Some(place) = free.and_then(|place| self.places.get_mut(place)) {
                *place = Place { mark, index };
            }
        }
    }

    /// Every field with its index.
    pub fn iter(&self) -> impl Iterator<Item = (FieldIndex, &Field)> {
        (0..u16::MAX).map(FieldIndex).zip(self.fields.iter().map(|(field, _)| field))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_letter_for_letter() {
        let names = [
            "a",
            "b",
            "ab",
            "ba",
            "abc",
            "acb",
            "id",
            "idUser",
            "userName",
            "user.name",
            "fullName",
            "@odata.etag",
            "contactEmail",
            "sixteen_letters_",
            "sixteen_letters",
            // Alike in their length and at both ends.
            "department_code_of_the_person",
            "department_name_of_the_person",
            "Añó 𝄞",
        ];
        let mut fields = Fields::default();
        assert_eq!(fields.index_of("a"), None);
        for name in names {
            assert_eq!(fields.index_of(name), None, "{name}");
            let index = fields.push(Field::new(name, Type::String, Case::Exact));
            assert!(index.is_some() && fields.index_of(name) == index, "{name}");
        }
        for (place, name) in names.iter().enumerate() {
            assert_eq!(fields.index_of(name).map(FieldIndex::position), Some(place), "{name}");
        }
        for other in ["", "c", "aa", "username", "department_kind_of_the_person"] {
            assert_eq!(fields.index_of(other), None, "{other}");
        }
    }
}
