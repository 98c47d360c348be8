//! A mapping beside what the upstream says of its collection: names, types, lengths, and what may
//! hold nothing.

use std::ops::Range;

use super::Seen;
use crate::mapping::Mapping;
use crate::mapping::reference::Reference;
use crate::mapping::rule::OnOmit;
use crate::record::{Declaration, Declared, Entity, Field, FieldIndex, Notation};
use crate::value::Type;

/// How much a difference matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The mapping cannot work so.
    Mistake,
    /// Some requests will be refused by the upstream, which the mapping could refuse or avoid.
    Gap,
}

/// Where a mapping and what the upstream says of itself are not at one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The name in the mapping file, or for a field that is not in it, the upstream's.
    pub name: String,
    /// How much it matters.
    pub weight: Weight,
    /// What is wrong, in words.
    pub message: String,
    /// What was expected and what was found, in words.
    pub expected: String,
    /// A way out.
    pub help: Option<String>,
    /// Whether the upstream does not know the name at all.
    pub is_unknown: bool,
    /// Names that the upstream has, of which one may be meant.
    pub known: Vec<Box<str>>,
}

impl Difference {
    pub(super) fn new(name: &str, weight: Weight, message: String, expected: String) -> Self {
        let (name, help, known) = (name.to_owned(), None, Vec::new());
        Self { name, weight, message, expected, help, is_unknown: false, known }
    }

    fn unknown(name: &str, message: String, known: Vec<Box<str>>) -> Self {
        let expected = "the upstream's own description does not have it".to_owned();
        Self { is_unknown: true, known, ..Self::new(name, Weight::Mistake, message, expected) }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// Everything in which they differ, in the order of the mapping's fields.
pub(super) fn compared(mapping: &Mapping, declaration: &Declaration) -> Vec<Seen> {
    let mut found = Vec::new();
    match declaration {
        Declaration::NoCollection { known } => {
            found.push(no_collection(&mapping.entity, known));
        }
        Declaration::Rows { key, fields, navigations } => {
            keyed(mapping, key, &mut found);
            for expansion in &mapping.entity.expansions {
                let name = &*expansion.navigation;
                if !navigations.iter().any(|known| **known == *name) {
                    let message = format!("nothing leads from a row to one other row by `{name}`");
                    found.push(Difference::unknown(name, message, navigations.clone()));
                }
            }
            for (index, field) in mapping.entity.fields.iter() {
                match declared(fields, field) {
                    Some(declared) => field_by_field(mapping, index, field, declared, &mut found),
                    None => found.push(no_field(fields, field)),
                }
            }
            found.extend(fields.iter().filter_map(|declared| needed(mapping, key, declared)));
        }
    }
    found.into_iter().map(Seen::Differs).collect()
}

fn keyed(mapping: &Mapping, key: &[Box<str>], found: &mut Vec<Difference>) {
    let ours = mapping.entity.fields.field(mapping.entity.key).map(|field| field.name.as_str());
    let Some(ours) = ours else { return };
    if matches!(key, [only] if **only == *ours) {
        return;
    }
    let theirs: Vec<String> = key.iter().map(|name| format!("`{name}`")).collect();
    let message = format!("a row is not addressed by `{ours}`");
    let expected = format!("the upstream's own description says: by {}", theirs.join(" and "));
    found.push(Difference::new(ours, Weight::Mistake, message, expected));
}

/// The differences between what a reference leads to and what the upstream says of that, each with
/// its place in the mapping file.
pub(super) fn compared_with_reference(
    reference: &Reference,
    declaration: &Declaration,
) -> Vec<(Range<usize>, Difference)> {
    let entity = &reference.entity;
    let fields = match declaration {
        Declaration::NoCollection { known } => {
            return vec![(reference.place.clone(), no_collection(entity, known))];
        }
        Declaration::Rows { fields, .. } => fields,
    };
    let compare = |(index, place): &(FieldIndex, Range<usize>)| {
        let field = entity.fields.field(*index)?;
        let difference = match declared(fields, field) {
            Some(declared) => another_type(field, declared),
            None => Some(no_field(fields, field)),
        };
        difference.map(|difference| (place.clone(), difference))
    };
    reference.field_places.iter().filter_map(compare).collect()
}

fn declared<'d>(fields: &'d [Declared], field: &Field) -> Option<&'d Declared> {
    fields.iter().find(|declared| *declared.name == *field.name.as_str())
}

fn no_collection(entity: &Entity, known: &[Box<str>]) -> Difference {
    let message = format!("the upstream has no collection `{}`", entity.collection);
    Difference::unknown(&entity.collection, message, known.to_vec())
}

fn no_field(fields: &[Declared], field: &Field) -> Difference {
    let known = fields.iter().map(|declared| declared.name.clone()).collect();
    let message = format!("the upstream has no field `{}`", field.name);
    Difference::unknown(field.name.as_str(), message, known)
}

fn another_type(field: &Field, declared: &Declared) -> Option<Difference> {
    if declared.takes.contains(&(field.kind, field.notation)) {
        return None;
    }
    let (name, kind) = (field.name.as_str(), &declared.kind);
    let expected = format!("the mapping takes it for {}, the upstream has {kind}", words(field));
    let message = format!("`{name}` is of another type");
    let difference = Difference::new(name, Weight::Mistake, message, expected);
    Some(match advice(field, declared) {
        Some(advice) => difference.help(advice),
        None => difference,
    })
}

/// A field's type, length, and whether it may be written and cleared.
fn field_by_field(
    mapping: &Mapping,
    index: FieldIndex,
    field: &Field,
    declared: &Declared,
    found: &mut Vec<Difference>,
) {
    if let Some(difference) = another_type(field, declared) {
        found.push(difference);
        return;
    }
    let name = field.name.as_str();
    if !is_written(mapping, index) {
        return;
    }
    if declared.computed {
        let message = format!("`{name}` is written by the upstream alone");
        let expected = "the mapping writes it as well".to_owned();
        let difference = Difference::new(name, Weight::Mistake, message, expected);
        found.push(difference.help("add `read_only = true` to its attribute"));
    }
    if let (Some(most), true) = (declared.max_length, field.is_text()) {
        let ours = limit(mapping, index);
        if ours.is_none_or(|ours| ours > u64::from(most)) {
            let ours = ours.map_or("any number".to_owned(), |ours| ours.to_string());
            let message = format!("`{name}` takes fewer characters than the mapping lets through");
            let expected = format!("the upstream takes {most}, the mapping {ours}");
            let difference = Difference::new(name, Weight::Gap, message, expected);
            found.push(difference.help(format!("say `max_length = {most}`")));
        }
    }
    if !declared.nullable && may_be_cleared(mapping, index) {
        let message = format!("`{name}` cannot be cleared");
        let expected = "the upstream takes no null there, and a PUT may leave it out".to_owned();
        let difference = Difference::new(name, Weight::Gap, message, expected);
        found.push(
            difference.help("add `required = true` or `on_omit = \"keep\"` to its attribute"),
        );
    } else if needs_value(declared) && !is_given(mapping, index) {
        let message = format!("a new row needs `{name}`");
        let expected = "the upstream takes no null there, and a client may leave it out".to_owned();
        let difference = Difference::new(name, Weight::Gap, message, expected);
        found.push(difference.help("add `required = true`, a `default` or an `otherwise`"));
    }
}

/// What a new row must have and the mapping never writes.
fn needed(mapping: &Mapping, key: &[Box<str>], declared: &Declared) -> Option<Difference> {
    let name = &*declared.name;
    let index = mapping.entity.fields.index_of(name);
    let is_behind = mapping
        .entity
        .expansions
        .iter()
        .any(|expansion| name.starts_with(&format!("{}.", expansion.navigation)));
    let is_settled = index.is_some_and(|index| is_written(mapping, index))
        || is_behind
        || key.iter().any(|key| **key == *name);
    if is_settled || !needs_value(declared) {
        return None;
    }
    let message = format!("a new row needs `{name}`, which the mapping does not write");
    let expected = "the upstream takes no null there".to_owned();
    let difference = Difference::new(name, Weight::Gap, message, expected);
    Some(difference.help("map it, or give it a `[[constant]]`"))
}

fn needs_value(declared: &Declared) -> bool {
    !declared.nullable && !declared.has_default && !declared.computed
}

fn is_constant(mapping: &Mapping, index: FieldIndex) -> bool {
    mapping.constants.iter().any(|(field, _)| *field == index)
}

pub(super) fn is_written(mapping: &Mapping, index: FieldIndex) -> bool {
    let mut writing = mapping.rules.iter().filter(|rule| !rule.read_only);
    writing.any(|rule| rule.fields().chain(rule.also.iter().copied()).any(|field| field == index))
        || mapping.derived.iter().any(|derived| derived.field == index)
        || is_constant(mapping, index)
}

/// Whether every create writes something there.
fn is_given(mapping: &Mapping, index: FieldIndex) -> bool {
    let mut writing = mapping.rules.iter().filter(|rule| !rule.read_only);
    writing.any(|rule| {
        let is_said = mapping.resource.slot(rule.slot).required || rule.default.is_some();
        is_said && rule.fields().chain(rule.also.iter().copied()).any(|field| field == index)
    }) || mapping
        .derived
        .iter()
        .any(|derived| derived.field == index && derived.otherwise.is_some())
        || is_constant(mapping, index)
}

/// Whether a PUT that does not mention the attribute leaves nothing there.
fn may_be_cleared(mapping: &Mapping, index: FieldIndex) -> bool {
    let mut writing = mapping.rules.iter().filter(|rule| !rule.read_only);
    writing.any(|rule| {
        let is_kept = rule.on_omit == OnOmit::Keep || mapping.resource.slot(rule.slot).required;
        !is_kept && rule.fields().any(|field| field == index)
    }) && !mapping
        .derived
        .iter()
        .any(|derived| derived.field == index && derived.otherwise.is_some())
}

/// The most characters that the mapping lets through to a field.
fn limit(mapping: &Mapping, index: FieldIndex) -> Option<u64> {
    let limits =
        mapping.rules.iter().filter(|rule| !rule.read_only).flat_map(|rule| {
            rule.fields().zip(&rule.limits).filter(move |(field, _)| *field == index)
        });
    let bounds: Vec<Option<u64>> = limits
        .map(|(_, limit)| {
            let words = limit.one_of.iter().map(|word| word.chars().count()).max();
            limit.max_length.or(words).map(|most| most as u64)
        })
        .collect();
    // A field that is only derived or constant is bounded by what it is made of.
    if bounds.is_empty() {
        Some(0)
    } else {
        bounds.into_iter().collect::<Option<Vec<_>>>()?.into_iter().max()
    }
}

pub(super) fn words(field: &Field) -> String {
    match field.notation {
        Notation::Plain if field.kind == Type::Integer => format!("an {}", field.kind),
        Notation::Plain => format!("a {}", field.kind),
        Notation::Guid => "a GUID".to_owned(),
        Notation::Date => "a day".to_owned(),
    }
}

/// What to write in the mapping instead.
fn advice(field: &Field, declared: &Declared) -> Option<String> {
    let (kind, notation) = *declared.takes.first()?;
    let named = Notation::NAMED.iter().find(|(_, known)| *known == notation);
    match (field.kind, field.notation, kind, named) {
        (Type::String, Notation::Plain, Type::String, Some((name, _))) => {
            Some(format!("say `literal = \"{name}\"`, for `key` and `id` `type = \"{name}\"`"))
        }
        (Type::String, _, Type::String, None) => {
            Some("leave `literal` out, for `key` and `id` say `type = \"string\"`".to_owned())
        }
        (Type::DateTime, _, Type::String, Some(("date", _))) => {
            Some("map it to an attribute of type `string` with `literal = \"date\"`".to_owned())
        }
        _ => None,
    }
}
