//! References: fields that hold the key of a row of another collection, and attributes that hold
//! a value of that row.
//!
//! What stands for what is looked up by whoever may ask the upstream; here it is only said what
//! to ask for, and what the answer means. A row brings the values of its keys as
//! [meanings](crate::record::Record::meaning), a wish or a filter the keys of its values as
//! [`Keys`].

use std::ops::Range;

use super::Mapping;
use super::rule::{Rule, Set, Shape};
use super::transform::Refusal;
use crate::record::{Case, Entity, FieldIndex, Operator, Predicate, Record, UpstreamKey};
use crate::scim::filter::{Comparison, Criterion, Target};
use crate::scim::{Document, Filter, SlotIndex, SlotSet};
use crate::value::{Value, same_folded};

/// The other collection, and how its rows and an attribute's values belong together.
#[derive(Debug)]
pub struct Reference {
    /// The collection, with its key and the field below.
    pub entity: Entity,
    /// The field whose value the attribute holds.
    pub value: FieldIndex,
    /// The field of the person's own row that carries that value as well, where there is one.
    pub expanded: Option<FieldIndex>,
    /// Whether one of its rows is read by its key, where that is all that is known.
    pub reads: bool,
    /// Where the collection's name stands in the mapping file.
    pub place: Range<usize>,
    /// Where the names of its fields stand there.
    pub field_places: [(FieldIndex, Range<usize>); 2],
}

impl Reference {
    /// The collection's own name, without the path before it.
    #[must_use]
    pub fn name(&self) -> &str {
        let collection = &*self.entity.collection;
        collection.rsplit('/').next().unwrap_or(collection)
    }

    /// The rows that have a value; `exact` says whether letter case counts.
    #[must_use]
    pub fn having<'v>(&self, value: &'v Value<'_>, exact: bool) -> Predicate<'v> {
        let field = self.entity.fields.field(self.value);
        let case = match field {
            Some(field) if !exact && matches!(value, Value::Text(_)) => field.case,
            _ => Case::Exact,
        };
        Predicate::compare(self.value, Operator::Eq, value.borrowed(), case)
    }

    /// The rows that have one of these keys.
    #[must_use]
    pub fn with_keys<'k>(&self, keys: &'k [UpstreamKey]) -> Predicate<'k> {
        Predicate::any(
            keys.iter().map(|of| {
                Predicate::compare(self.entity.key, Operator::Eq, of.value(), Case::Exact)
            }),
        )
    }

    /// How many keys one search can ask for.
    #[must_use]
    pub fn at_once(&self) -> usize {
        // Some servers bound a URL or a condition to a few thousand characters.
        if self.entity.facts.operators.contains(Operator::Or) { 100 } else { 1 }
    }

    /// A row's key, and what it stands for; `None` for a row that lacks either.
    #[must_use]
    pub fn pair(&self, row: &Record<'_>) -> Option<(UpstreamKey, Value<'static>)> {
        let value = row.value(self.value);
        let is_empty = value.is_absent() || value.as_str() == Some("");
        let key = UpstreamKey::from_value(row.value(self.entity.key))?;
        (!is_empty).then(|| (key, value.clone().into_owned()))
    }

    /// Whether a row's value is the one that was asked for, as SCIM compares: databases find
    /// equal what differs in accents, width or blanks.
    #[must_use]
    pub fn is_same(found: &Value<'_>, asked: &Value<'_>, exact: bool) -> bool {
        match (found, asked) {
            (Value::Text(found), Value::Text(asked)) if !exact => same_folded(found, asked),
            (found, asked) => found == asked,
        }
    }
}

/// The keys that values of references stand for: none for a value that no row has, several for
/// one that several rows have.
#[derive(Clone, Debug, Default)]
pub struct Keys(Vec<(SlotIndex, Value<'static>, Vec<UpstreamKey>)>);

impl Keys {
    /// Says which keys a value of an attribute stands for.
    pub fn put(&mut self, slot: SlotIndex, value: Value<'static>, keys: Vec<UpstreamKey>) {
        self.0.push((slot, value, keys));
    }

    /// The keys of a value; `None` when it was not looked up.
    #[must_use]
    pub fn of(&self, slot: SlotIndex, value: &Value<'_>) -> Option<&[UpstreamKey]> {
        let found = self.0.iter().find(|(known, held, _)| *known == slot && held == value);
        found.map(|(_, _, keys)| keys.as_slice())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A value that must be looked up.
#[derive(Debug)]
pub struct Wanted<'m> {
    /// The attribute.
    pub slot: SlotIndex,
    /// Where.
    pub reference: &'m Reference,
    /// The value as SCIM says it.
    pub value: Value<'static>,
    /// The value as the other row has it.
    pub stored: Value<'static>,
    /// Whether letter case counts.
    pub exact: bool,
}

impl Mapping {
    /// The rules that refer to other collections, with the fields that hold the keys.
    pub fn references(&self) -> impl Iterator<Item = (&Rule, FieldIndex, &Reference)> {
        self.rules.iter().filter_map(|rule| match &rule.shape {
            Shape::Reference { field, reference } => Some((rule, *field, &**reference)),
            _ => None,
        })
    }

    /// The values of `wished` whose keys a write needs: those that differ from `now`.
    #[must_use]
    pub fn wanted(&self, now: Option<&Document<'_>>, wished: &Document<'_>) -> Vec<Wanted<'_>> {
        let writable = self.references().filter(|(rule, ..)| !rule.read_only);
        let changed = writable.filter(|(rule, ..)| {
            now.is_none_or(|now| !Self::same(now.value(rule.slot), wished.value(rule.slot)))
        });
        changed.filter_map(|(rule, ..)| self.want(rule.slot, wished.value(rule.slot))).collect()
    }

    /// The values of a filter whose keys a search needs, each once.
    #[must_use]
    pub fn wanted_by(&self, filter: &Filter<'_>) -> Vec<Wanted<'_>> {
        let mut wanted: Vec<Wanted<'_>> = Vec::new();
        for criterion in filter.atoms() {
            let Criterion::Compare {
                target: Target::Slot(slot),
                operator: Comparison::Eq | Comparison::Ne,
                value,
            } = criterion
            else {
                continue;
            };
            let is_known = wanted.iter().any(|known| known.slot == *slot && known.value == *value);
            if !is_known {
                wanted.extend(self.want(*slot, value));
            }
        }
        wanted
    }

    /// What must be looked up for a value; `None` where nothing must be, or no row can have it.
    fn want(&self, slot: SlotIndex, value: &Value<'_>) -> Option<Wanted<'_>> {
        let rule = self.rule(slot)?;
        let Shape::Reference { reference, .. } = &rule.shape else { return None };
        let is_empty = value.is_absent() || value.as_str().is_some_and(|t| t.trim().is_empty());
        let stored = rule.referred(value.borrowed()).ok().filter(|_| !is_empty)?.into_owned();
        let value = value.clone().into_owned();
        let exact = self.resource.slot(slot).case_exact;
        Some(Wanted { slot, reference, value, stored, exact })
    }
}

impl Rule {
    /// The attribute's value → the other row's, within the limits.
    pub(super) fn referred<'d>(&self, value: Value<'d>) -> Result<Value<'d>, Refusal> {
        let stored = if self.chain.is_empty() { value } else { self.chain.inward(value)? };
        let [limit, _] = &self.limits;
        limit.check(&stored)?;
        Ok(stored)
    }

    /// Whether a request clears a reference that shows nothing already, as no row has its key.
    pub(super) fn is_to_be_cleared(
        &self,
        row: &Record<'_>,
        wished: &Document<'_>,
        stated: SlotSet,
    ) -> bool {
        let Shape::Reference { field, .. } = self.shape else { return false };
        let is_cleared = stated.contains(self.slot) && wished.value(self.slot).is_absent();
        is_cleared && !row.value(field).is_absent()
    }

    /// The attribute's value → the key that it stands for; absent clears it. Without `keys` only
    /// what can be known without them is checked.
    ///
    /// # Errors
    /// A [`Refusal`] for a value that is not taken, that no row has, or that several rows have.
    pub(super) fn refer<'d>(
        &self,
        field: FieldIndex,
        reference: &Reference,
        value: Value<'d>,
        keys: Option<&Keys>,
    ) -> Result<Set<'d>, Refusal> {
        if value.is_absent() {
            return Ok(Set { first: Some((field, Value::Absent)), second: None });
        }
        let asked = value.clone();
        self.referred(value)?;
        let Some(keys) = keys else { return Ok(Set::default()) };
        let expected = match keys.of(self.slot, &asked).unwrap_or_default() {
            [key] => {
                let key = key.value().into_owned();
                return Ok(Set { first: Some((field, key)), second: None });
            }
            [] => format!("a value that a row of `{}` has", reference.name()),
            _ => format!("a value that one row of `{}` alone has", reference.name()),
        };
        let found = match &asked {
            Value::Integer(number) => number.to_string(),
            other => other.as_str().unwrap_or_default().to_owned(),
        };
        Err(Refusal { expected, found: Some(found.into()) })
    }
}
