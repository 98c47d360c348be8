//! `reference`: the field holds the key of another row.

use super::super::file;
use super::super::reference::Reference;
use super::super::rule::Shape;
use super::{Draft, Mapping, options};
use crate::diagnostic::reader::{Placed, Table};
use crate::record::{
    Case, Entity, ErrorRule, Facts, Field, FieldName, Fields, Notation, Operator, Options, Paging,
};
use crate::value::Type;

/// Reads the shape of an attribute whose field is `name`; `stored` is the type of its values after
/// its transforms.
pub(super) fn read(
    table: &Table<'_>,
    name: &Placed<String>,
    stored: Type,
    draft: &mut Draft<'_>,
) -> Option<Shape> {
    let reference = table.table("reference")?;
    match (reference.has("resource"), reference.has("collection")) {
        (true, false) => person(&reference, name, draft),
        (false, true) => other(&reference, table, name, stored, draft),
        _ => {
            draft.sink.error(
                &reference.span(),
                "a reference leads to one place",
                Some(
                    "expected `resource = \"User\"`, or `collection`, `match` and `key`".to_owned(),
                ),
                None,
            );
            None
        }
    }
}

fn person(reference: &Table<'_>, name: &Placed<String>, draft: &mut Draft<'_>) -> Option<Shape> {
    let resource = reference.needed_text("resource", "`User`")?;
    if resource.value != "User" {
        draft.sink.unknown(&resource.span, "resource type", &resource.value, ["User"]);
        return None;
    }
    for key in ["match", "key", "type", "case", "expanded", "options"] {
        if reference.has(key) {
            draft.sink.error(
                &reference.span_of(key),
                format!("`{key}` belongs to a reference to a collection"),
                Some("expected `resource` alone: a User is found by its id".to_owned()),
                None,
            );
        }
    }
    // The key was the first field to be named.
    let key = draft.fields.iter().next().map_or(Type::Integer, |(_, field)| field.kind);
    Some(Shape::Person(draft.field(name, key)?))
}

fn other(
    reference: &Table<'_>,
    attribute: &Table<'_>,
    name: &Placed<String>,
    stored: Type,
    draft: &mut Draft<'_>,
) -> Option<Shape> {
    let collection = reference
        .needed_text("collection", "where the other rows are, such as `odata/data/Department`");
    let matched = reference.needed_text("match", "the field that holds what the attribute says");
    let key = reference.needed_text("key", "the field that addresses a row there");
    let plain = (Type::Integer, Notation::Plain);
    let (kind, notation) = reference.choice("type", &file::COLUMN_TYPES).unwrap_or(plain);
    let case = reference.choice("case", &file::CASES).unwrap_or(draft.facts.case);
    let collection = super::upstream::collection(collection, draft.dialect, draft.sink);
    let (collection, matched, key) = (collection?, matched?, key?);
    let options = options::elsewhere(reference, draft.dialect, &draft.options);
    let facts = facts(draft, &options);
    if !facts.operators.contains(Operator::Eq) && facts.scan.is_none() {
        draft.sink.error(
            &collection.span,
            "a reference needs the operator `eq`",
            Some("the upstream is said not to have it".to_owned()),
            Some(
                "declare it, or say with `search.scan` over how many rows its values may be \
                 compared here"
                    .to_owned(),
            ),
        );
    }
    if !matches!(stored, Type::String | Type::Integer) {
        draft.sink.error(
            &attribute.span_of("reference"),
            "a reference cannot be found by such a value",
            Some(format!("expected a string or an integer, found {stored}")),
            None,
        );
        return None;
    }
    let mut fields = Fields::default();
    let mut field = |name: &Placed<String>, kind, case, notation| {
        if (draft.names)(&name.value) {
            let name = FieldName::from(name.value.as_str());
            return fields.push(Field { notation, ..Field::new(name, kind, case) });
        }
        draft.sink.error(
            &name.span,
            format!("the dialect cannot write a field `{}`", name.value),
            Some("expected a name of this dialect".to_owned()),
            None,
        );
        None
    };
    let (key_place, value_place) = (key.span.clone(), matched.span.clone());
    let key = field(&key, kind, Case::Exact, notation)?;
    let value = field(&matched, stored, case, Notation::Plain)?;
    let expanded = match reference.text("expanded") {
        Some(name) => Some(draft.field(&name, stored)?),
        None => None,
    };
    let entity = Entity {
        collection: collection.value.into(),
        fields,
        expansions: Vec::new(),
        key,
        facts,
        options,
        // They are read later: see `complete`.
        errors: Vec::new(),
    };
    options::review(reference, &entity.options, &entity.fields);
    let reads = (draft.dialect.elsewhere.reads)(&entity.options);
    let field_places = [(key, key_place), (value, value_place)];
    let place = collection.span;
    let reference = Reference { entity, value, expanded, reads, place, field_places };
    let field = draft.field(name, kind)?;
    if notation != Notation::Plain {
        draft.fields.set_notation(field, notation);
    }
    Some(Shape::Reference { field, reference: Box::new(reference) })
}

/// What the upstream can do with the other collection: the same as with the people, but for what
/// follows from its own options.
fn facts(draft: &Draft<'_>, options: &Options) -> Facts {
    // Both name fields of the people.
    let mut facts = Facts { searchable: None, filled: Vec::new(), ..draft.facts.clone() };
    if !draft.dialect.elsewhere.options.is_empty() {
        if !matches!(facts.paging, Paging::Whole { .. }) {
            facts.paging = draft.dialect.facts.paging;
        }
        (draft.dialect.adapt)(options, &mut facts);
    }
    facts
}

/// Gives every reference the errors of the upstream as a whole.
pub(super) fn complete(draft: &mut Draft<'_>, errors: &[ErrorRule]) {
    for rule in &mut draft.rules {
        if let Shape::Reference { reference, .. } = &mut rule.shape {
            reference.entity.errors = errors.to_vec();
        }
    }
}

/// What says who somebody is, and whether he may come in, is in his own row.
pub(super) fn review(mapping: &Mapping, table: &Table<'_>) {
    for (rule, field, reference) in mapping.references() {
        let is_own = rule.slot == mapping.user_name
            || Some(rule.slot) == mapping.active
            || mapping.unique.contains(&field)
            || mapping.anchor.is_some_and(|anchor| anchor.slot == rule.slot);
        if is_own {
            table.sink().error(
                &reference.place,
                format!("`{}` cannot be a reference", rule.path),
                Some("expected a field of the person's own row: it says who they are".to_owned()),
                None,
            );
        }
    }
}
