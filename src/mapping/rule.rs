//! One `[[attribute]]`, compiled: how a slot and its fields become each other.

use super::pattern::Pattern;
use super::reference::{Keys, Reference};
use super::split::{Part, Split};
use super::transform::{self, Chain, Refusal};
use crate::record::{Delta, FieldIndex, Notation, Operator, Operators, Record, UpstreamKey};
use crate::scim::SlotIndex;
use crate::value::{Type, Value, same};

/// What happens to a value that the upstream cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnInvalid {
    /// The request is refused with 400 `invalidValue`.
    Reject,
    /// The attribute is left as it is, counted and named in log and audit.
    Drop,
}

/// What happens to an attribute that a PUT leaves out (RFC 7644 §3.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnOmit {
    /// It is cleared.
    Clear,
    /// It stays as it is.
    Keep,
}

/// What is known about what a field takes; checked before any call.
#[derive(Clone, Debug, Default)]
pub struct Limit {
    /// The most characters.
    pub max_length: Option<usize>,
    /// What a text must match.
    pub pattern: Option<Pattern>,
    /// The only texts that are taken.
    pub one_of: Vec<Box<str>>,
    /// Of which shape a text must be.
    pub notation: Notation,
    /// Whether the upstream's language can carry these characters; `None` where it can carry all.
    pub writable: Option<fn(&str) -> bool>,
}

impl Limit {
    /// Whether a value keeps within the limit.
    ///
    /// # Errors
    /// A [`Refusal`] that states the limit.
    pub fn check(&self, value: &Value<'_>) -> Result<(), Refusal> {
        let Some(text) = value.as_str() else { return Ok(()) };
        if !self.notation.fits(text) {
            return Err(Refusal::new(self.notation.expected()));
        }
        if let Some(most) = self.max_length {
            // Bytes bound characters from above, so the count is seldom needed.
            if text.len() > most {
                let length = text.chars().count();
                if length > most {
                    return Err(Refusal::new(format!("at most {most} characters, found {length}")));
                }
            }
        }
        if self.writable.is_some_and(|writable| !writable(text)) {
            return Err(Refusal::new("a text without control characters"));
        }
        if let Some(pattern) = self.pattern.as_ref().filter(|pattern| !pattern.is_match(text)) {
            return Err(Refusal::new(format!("a text that matches `{}`", pattern.as_str())));
        }
        if !self.one_of.is_empty() && !self.one_of.iter().any(|known| **known == *text) {
            let known = crate::diagnostic::alternatives(self.one_of.iter().map(AsRef::as_ref));
            return Err(Refusal::new(known));
        }
        Ok(())
    }

    /// Whether nothing is limited.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.max_length.is_none() && self.pattern.is_none() && self.one_of.is_empty()
    }
}

/// Which fields a rule owns, and how.
#[derive(Debug)]
pub enum Shape {
    /// One field.
    One(FieldIndex),
    /// Two fields, which a split makes of one text.
    Split {
        /// How it is divided.
        split: Split,
        /// The fields of the two parts.
        fields: [FieldIndex; 2],
    },
    /// One field that holds the key of another row of the same collection, printed as that row's
    /// SCIM id.
    Person(FieldIndex),
    /// One field that holds the key of a row of another collection, printed as a value of that row.
    Reference {
        /// The field.
        field: FieldIndex,
        /// The other collection.
        reference: Box<Reference>,
    },
}

/// One attribute and its fields.
#[derive(Debug)]
pub struct Rule {
    /// The SCIM side.
    pub slot: SlotIndex,
    /// The attribute's path, for what a person reads.
    pub path: Box<str>,
    /// Where the path stands in the mapping file.
    pub place: std::ops::Range<usize>,
    /// Whether the field holds several values: each goes through the chain by itself.
    pub many: bool,
    /// The steps between the slot and the shape.
    pub chain: Chain,
    /// The upstream side.
    pub shape: Shape,
    /// Fields that are written with the first and never read for it.
    pub also: Vec<FieldIndex>,
    /// The limits of each of the shape's fields, in their order.
    pub limits: [Limit; 2],
    /// What happens to a value that is not taken.
    pub on_invalid: OnInvalid,
    /// What happens when a PUT leaves the attribute out.
    pub on_omit: OnOmit,
    /// What a new person gets when the request does not say.
    pub default: Option<Value<'static>>,
    /// Whether it is never written.
    pub read_only: bool,
}

/// The fields that a rule sets: one or two.
#[derive(Debug, Default)]
pub struct Set<'a> {
    /// The first field and its value.
    pub first: Option<(FieldIndex, Value<'a>)>,
    /// The second, for a split.
    pub second: Option<(FieldIndex, Value<'a>)>,
}

impl<'a> Set<'a> {
    /// The value that it sets a field to; absent for other fields.
    #[must_use]
    pub fn value(&self, field: FieldIndex) -> &Value<'a> {
        let places = [&self.first, &self.second];
        let held = places.into_iter().flatten().find(|(known, _)| *known == field);
        held.map_or(&Value::Absent, |(_, value)| value)
    }
}

impl<'a> IntoIterator for Set<'a> {
    type Item = (FieldIndex, Value<'a>);
    type IntoIter =
        std::iter::Chain<std::option::IntoIter<Self::Item>, std::option::IntoIter<Self::Item>>;

    fn into_iter(self) -> Self::IntoIter {
        self.first.into_iter().chain(self.second)
    }
}

impl Rule {
    /// The fields that it owns, those written with them left out.
    pub fn fields(&self) -> impl Iterator<Item = FieldIndex> + use<> {
        let (first, second) = match &self.shape {
            Shape::One(field) | Shape::Person(field) | Shape::Reference { field, .. } => {
                (*field, None)
            }
            Shape::Split { fields: [first, second], .. } => (*first, Some(*second)),
        };
        std::iter::once(first).chain(second)
    }

    /// The field whose value is the slot's as it stands, if nothing is done to it on the way.
    #[must_use]
    pub fn plain_field(&self) -> Option<FieldIndex> {
        match self.shape {
            Shape::One(field) if !self.many && self.chain.is_empty() => Some(field),
            _ => None,
        }
    }

    /// The row's values → the slot's.
    ///
    /// # Errors
    /// A [`Refusal`] for values that have no SCIM counterpart: the attribute is not printed.
    pub fn outward<'r>(&self, row: &'r Record<'_>) -> Result<Value<'r>, Refusal> {
        match &self.shape {
            Shape::Reference { field, .. } => self.finished(row.meaning(*field).borrowed()),
            _ => self.outward_of(|field| row.value(field)),
        }
    }

    /// The same for fields whose values `held` tells; of a reference, what its key stands for.
    ///
    /// # Errors
    /// As [`outward`](Self::outward).
    pub fn outward_of<'r>(
        &self,
        held: impl Fn(FieldIndex) -> &'r Value<'r>,
    ) -> Result<Value<'r>, Refusal> {
        let value = match &self.shape {
            Shape::One(field) if self.many => return Ok(self.outward_each(held(*field))),
            Shape::One(field) | Shape::Reference { field, .. } => held(*field).borrowed(),
            Shape::Split { split, fields: [first, second] } => {
                Value::Text(split.outward([held(*first), held(*second)])?)
            }
            Shape::Person(field) => match held(*field) {
                Value::Integer(number) => Value::Text((*number).into()),
                other => other.borrowed(),
            },
        };
        self.finished(value)
    }

    /// What the shape holds → the slot's value.
    fn finished<'r>(&self, value: Value<'r>) -> Result<Value<'r>, Refusal> {
        // An empty text is no value: legacy columns hold either for "nothing".
        match value {
            Value::Text(text) if text.is_empty() => Ok(Value::Absent),
            value if self.chain.is_empty() => Ok(value),
            value => self.chain.outward(value),
        }
    }

    /// Whether the row's values print as something.
    #[must_use]
    pub fn is_printed(&self, row: &Record<'_>) -> bool {
        match &self.shape {
            // Nothing needs to be put together to know it.
            Shape::Split { split, fields: [first, second] } if self.chain.is_empty() => {
                split.is_printed([row.value(*first), row.value(*second)])
            }
            _ => self.outward(row).is_ok_and(|value| !value.is_absent()),
        }
    }

    /// The slot's value → the fields', checked against their limits; absent clears them. `key` is
    /// the type of a person's key; `keys` are those that references were looked up for.
    ///
    /// # Errors
    /// A [`Refusal`] that says what was expected.
    pub fn inward<'d>(
        &self,
        value: Value<'d>,
        key: Type,
        keys: Option<&Keys>,
    ) -> Result<Set<'d>, Refusal> {
        if let Shape::Reference { field, reference } = &self.shape {
            return self.refer(*field, reference, value, keys);
        }
        let stored = if self.chain.is_empty() { value } else { self.chain.inward(value)? };
        let [first_limit, second_limit] = &self.limits;
        match &self.shape {
            Shape::One(field) => {
                first_limit.check(&stored)?;
                Ok(Set { first: Some((*field, stored)), second: None })
            }
            // Not reached: it was left above.
            Shape::Reference { .. } => Ok(Set::default()),
            Shape::Split { split, fields: [first, second] } => {
                let [one, two] = parts(split, stored)?;
                let [one_part, two_part] = &split.parts;
                first_limit.check(&one).map_err(|refusal| refusal.of_part(&one_part.name))?;
                second_limit.check(&two).map_err(|refusal| refusal.of_part(&two_part.name))?;
                Ok(Set { first: Some((*first, one)), second: Some((*second, two)) })
            }
            Shape::Person(field) => {
                let key = match stored.as_str() {
                    None => Value::Absent,
                    Some(id) => key_of(id, key, first_limit.notation)
                        .map(|key| key.value().into_owned())
                        .ok_or_else(|| Refusal::new("the id of a User"))?,
                };
                Ok(Set { first: Some((*field, key)), second: None })
            }
        }
    }

    /// The value of a search → the fields', without limits: what exceeds them is simply not found.
    ///
    /// # Errors
    /// A [`Refusal`] for a value that no row can hold.
    pub fn search_value<'f>(&self, value: &'f Value<'_>, key: Type) -> Result<Set<'f>, Refusal> {
        let value = value.borrowed();
        let stored = if self.chain.is_empty() { value } else { self.chain.inward(value)? };
        let [Limit { notation, .. }, _] = self.limits;
        Ok(match &self.shape {
            // Of a reference, what the key must stand for.
            Shape::Reference { field, .. } => Set { first: Some((*field, stored)), second: None },
            Shape::One(field) => {
                if !stored.as_str().is_none_or(|text| notation.fits(text)) {
                    return Err(Refusal::new(notation.expected()));
                }
                Set { first: Some((*field, stored)), second: None }
            }
            Shape::Split { split, fields: [first, second] } => {
                if stored.as_str().is_none() {
                    return Err(Refusal::new("a text"));
                }
                let [one, two] = parts(split, stored)?;
                Set { first: Some((*first, one)), second: Some((*second, two)) }
            }
            Shape::Person(field) => {
                let id = stored.as_str().ok_or_else(|| Refusal::new("the id of a User"))?;
                let key = key_of(id, key, notation);
                let key = key.ok_or_else(|| Refusal::new("the id of a User"))?;
                Set { first: Some((*field, key.value().into_owned())), second: None }
            }
        })
    }

    /// Whether every value that is searched for stands in the one field as it is.
    #[must_use]
    pub fn is_searched_as_it_is(&self) -> bool {
        let [Limit { notation, .. }, _] = &self.limits;
        self.plain_field().is_some() && *notation == Notation::Plain
    }

    /// Sets the fields that differ from the row's, and with them those that follow the first.
    pub(super) fn write<'d>(&self, set: Set<'d>, row: Option<&Record<'_>>, delta: &mut Delta<'d>) {
        let differs = |field: FieldIndex, value: &Value<'_>| {
            row.is_none_or(|row| !same(row.value(field), value))
        };
        let set = match set {
            // The usual case, spelled out.
            Set { first: Some((field, value)), second: None } if self.also.is_empty() => {
                if differs(field, &value) {
                    delta.set(field, value);
                }
                return;
            }
            set => set,
        };
        let followed = set.first.as_ref().filter(|_| !self.also.is_empty()).map(|(_, v)| v.clone());
        let mut wrote = false;
        for (field, value) in set {
            if differs(field, &value) {
                delta.set(field, value);
                wrote = true;
            }
        }
        if let Some(value) = followed.filter(|_| wrote) {
            for field in &self.also {
                delta.set(*field, value.clone());
            }
        }
    }

    /// How many characters that nobody sees the rule leaves out of a value of its slot.
    #[must_use]
    pub fn unseen(&self, value: &Value<'_>) -> usize {
        if self.plain_field().is_some() {
            return 0;
        }
        let parts: &[Part] = match &self.shape {
            Shape::Split { split, .. } => &split.parts,
            Shape::One(_) | Shape::Person(_) | Shape::Reference { .. } => &[],
        };
        let cleans = self.chain.cleans() || parts.iter().any(|part| part.chain.cleans());
        let text = value.as_str().filter(|_| cleans).unwrap_or_default();
        text.chars().filter(|character| transform::is_unseen(*character)).count()
    }

    /// The operators that a search through this rule keeps.
    #[must_use]
    pub fn keeps(&self) -> Operators {
        match self.shape {
            Shape::One(_) => self.chain.keeps().and(self.limits[0].notation.keeps()),
            Shape::Split { ref split, .. } if self.chain.is_empty() && split.is_plain() => {
                transform::EQUALITY
                    .with(Operator::Contains)
                    .with(Operator::StartsWith)
                    .with(Operator::EndsWith)
            }
            Shape::Split { .. } | Shape::Person(_) | Shape::Reference { .. } => transform::EQUALITY,
        }
    }
}

/// The two parts of a text, borrowed where it is.
fn parts<'d>(split: &Split, text: Value<'d>) -> Result<[Value<'d>; 2], Refusal> {
    match text {
        Value::Text(text) => match text.as_borrowed() {
            Some(text) => split.inward(text),
            None => Ok(split.inward(&text)?.map(Value::into_owned)),
        },
        _ => Ok([Value::Absent, Value::Absent]),
    }
}

/// The key that a printed id stands for, when it is in canonical form (`7`, not `007`; a GUID with
/// its hyphens).
#[must_use]
pub fn key_of(id: &str, kind: Type, notation: Notation) -> Option<UpstreamKey> {
    match kind {
        Type::Integer => {
            let number: i64 = id.parse().ok()?;
            let digits = id.strip_prefix('-').unwrap_or(id);
            let is_canonical = id == "0" || !digits.starts_with(['0', '+']);
            is_canonical.then_some(UpstreamKey::Integer(number))
        }
        _ => {
            let is_key = !id.is_empty() && notation.fits(id);
            is_key.then(|| UpstreamKey::Text(id.into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_spelling_of_an_integer_is_an_id() {
        let integer = |id| key_of(id, Type::Integer, Notation::Plain);
        assert_eq!(integer("7"), Some(UpstreamKey::Integer(7)));
        for id in ["007", "+7", " 7", "7.0", "-0", "-07", "-+7", "", "x", "99999999999999999999"] {
            assert_eq!(integer(id), None, "{id}");
        }
        let text = |id| key_of(id, Type::String, Notation::Plain);
        assert_eq!(text("a b"), Some(UpstreamKey::Text("a b".into())));
        let guid = |id| key_of(id, Type::String, Notation::Guid);
        let canonical = "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef";
        assert_eq!(guid(canonical), Some(UpstreamKey::Text(canonical.into())));
        assert_eq!(guid("0a21f0f28d2a4f8ebf987363c4aed4ef"), None);
    }

    #[test]
    fn a_limit_counts_characters_and_says_how_many() {
        let limit = Limit { max_length: Some(3), ..Limit::default() };
        assert!(limit.check(&Value::text("äöü")).is_ok());
        let refusal = limit.check(&Value::text("äöüß")).unwrap_err();
        assert_eq!(refusal.expected, "at most 3 characters, found 4");
        // What needs two UTF-16 code units is one character, and a pattern keeps it out.
        assert!(limit.check(&Value::text("a😀b")).is_ok());
        let pattern = crate::mapping::file::whole(r"[ -\x{FFFF}]*").unwrap();
        let limit = Limit { pattern: Some(Pattern::new(pattern)), ..limit };
        assert!(limit.check(&Value::text("aß中")).is_ok());
        assert!(limit.check(&Value::text("a😀")).is_err());
    }
}
