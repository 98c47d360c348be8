//! `[[attribute]]`: a slot, its fields and what is between them.

use super::super::file;
use super::super::rule::{Limit, OnInvalid, OnOmit, Rule, Shape};
use super::super::split::{At, Part, Split};
use super::super::transform::{Chain, read_step};
use super::{Draft, reference};
use crate::diagnostic::alternatives;
use crate::diagnostic::reader::{Placed, Table};
use crate::record::{Case, FieldIndex, Notation};
use crate::scim::SlotIndex;
use crate::scim::resource::{ResourceBuilder, SlotError, SlotRequest};
use crate::scim::schema::Mutability;
use crate::value::Type;

/// Reads one attribute into the draft, or records why it cannot be.
pub(super) fn read(
    table: &Table<'_>,
    builder: &mut ResourceBuilder,
    draft: &mut Draft<'_>,
) -> Option<()> {
    let path = table.required_text("scim")?;
    let kind = table.choice("type", &file::TYPES);
    let read_only = table.boolean("read_only").unwrap_or(false);
    let description = table.text("description");
    let many = table.boolean("multi_valued").unwrap_or(false);
    let chain = chain(table, draft);
    let gathers = matches!(&chain, Some((chain, _)) if chain.gathers());
    let request = SlotRequest {
        kind,
        required: table.boolean("required"),
        case_exact: table.boolean("case_exact"),
        mutability: read_only.then_some(Mutability::ReadOnly),
        list: many || gathers,
        defaulted: table.has("default"),
        default_element: table.boolean("untyped").unwrap_or(false),
        description: description.as_ref().map(|text| text.value.as_str()),
        canonical_values: one_of(table),
        ..SlotRequest::at(&path.value)
    };
    let slot = match builder.slot(request) {
        Ok(slot) => slot,
        Err(error) => {
            refused(table, &path, &error);
            return None;
        }
    };
    let (scim_kind, canonical) = {
        let slot = builder.made(slot);
        (slot.kind, slot.path.clone())
    };
    let (chain, split) = chain?;
    let stored = stored_type(table, &chain, scim_kind)?;
    if many && !kept_whole(table, gathers, split.is_some()) {
        return None;
    }
    let shape = shape(table, draft, stored, split, many)?;
    let also = also(table, draft, stored);
    let notation = notation(table, &shape, draft);
    let default = match table.any("default") {
        Some(item) if many || gathers => file::values(draft.sink, item, scim_kind),
        Some(item) => file::value(draft.sink, item, scim_kind),
        None => None,
    };
    let rule = Rule {
        slot,
        path: canonical,
        place: path.span.clone(),
        limits: limits(table, &shape, draft).map(|limit| Limit {
            writable: draft.writable,
            notation,
            ..limit
        }),
        on_invalid: table
            .choice("on_invalid", &file::ON_INVALID)
            .unwrap_or_else(|| default_on_invalid(table, builder, slot, &shape)),
        on_omit: table.choice("on_omit", &file::ON_OMIT).unwrap_or(OnOmit::Clear),
        many,
        chain,
        shape,
        also,
        default,
        read_only: read_only || builder.made(slot).mutability == Mutability::ReadOnly,
    };
    compared(table, &rule, draft);
    owned_once(&path, &rule, draft);
    draft.rules.push(rule);
    Some(())
}

fn refused(table: &Table<'_>, path: &Placed<String>, error: &SlotError) {
    let help = match error {
        SlotError::UnknownSchema { near: Some(near), .. }
        | SlotError::UnknownAttribute { near: Some(near), .. } => {
            Some(format!("did you mean `{near}`?"))
        }
        SlotError::UnknownSchema { urn, near: None } => {
            Some(format!("declare it: `[[extension]]` with `urn = \"{urn}\"` and a `name`"))
        }
        SlotError::UnknownAttribute { known, near: None, .. } if !known.is_empty() => {
            let known = alternatives(known.iter().map(String::as_str));
            Some(format!("there is {known}; what no RFC defines goes into an `[[extension]]`"))
        }
        // A type that nobody knows was told already.
        SlotError::NeedsType { .. } if table.has("type") => return,
        SlotError::NeedsType { .. } => {
            let types = alternatives(file::TYPES.iter().map(|(name, _)| *name));
            Some(format!("add `type`: {types}"))
        }
        _ => None,
    };
    let message = format!("`{}` cannot be mapped", path.value);
    table.sink().error(&path.span, message, Some(error.to_string()), help);
}

fn one_of(table: &Table<'_>) -> Vec<String> {
    table.one_or_many("one_of").into_iter().map(|text| text.value).collect()
}

/// What identifies or is required is refused when it cannot be stored, and what names a row that
/// is not there, as somebody has yet to make it; the rest is left out.
fn default_on_invalid(
    table: &Table<'_>,
    builder: &ResourceBuilder,
    slot: SlotIndex,
    shape: &Shape,
) -> OnInvalid {
    let slot = builder.made(slot);
    if matches!(shape, Shape::Reference { .. }) {
        return OnInvalid::Reject;
    }
    let is_key = slot.uniqueness != crate::scim::schema::Uniqueness::None;
    if is_key || slot.required || table.boolean("required").unwrap_or(false) {
        OnInvalid::Reject
    } else {
        OnInvalid::Drop
    }
}

/// The steps of `via`, and the split that ends them.
fn chain(table: &Table<'_>, draft: &Draft<'_>) -> Option<(Chain, Option<Split>)> {
    let mut chain = Chain::default();
    let mut split: Option<Split> = None;
    for item in table.items("via") {
        if split.is_some() {
            draft.sink.error(
                &item.span(),
                "nothing can follow a split",
                Some("expected the split to be the last step".to_owned()),
                Some("put the steps of a part into `parts = { field = … }`".to_owned()),
            );
            return None;
        }
        let is_split = match item.get_ref() {
            toml::de::DeValue::Table(keys) => keys.keys().any(|key| key.get_ref() == "split"),
            _ => false,
        };
        if is_split {
            split = Some(read_split(&table.nested(item, "via", file::SPLIT)?, table)?);
        } else {
            let step = read_step(table, item)?;
            if step.gathers() && !chain.is_empty() {
                misplaced(table, step.name(), item.span());
                return None;
            }
            chain.push(step);
        }
    }
    Some((chain, split))
}

fn misplaced(table: &Table<'_>, step: &str, span: std::ops::Range<usize>) {
    table.sink().error(
        &span,
        format!("`{step}` takes a whole list, which is there at the beginning alone"),
        Some("expected it to be the first step of the attribute's own `via`".to_owned()),
        None,
    );
}

/// Whether a field can hold all values of an attribute that is written in this way.
fn kept_whole(table: &Table<'_>, gathers: bool, is_split: bool) -> bool {
    let other = match gathers || is_split {
        true => Some("via"),
        false => ["also", "reference", "untyped"].into_iter().find(|key| table.has(key)),
    };
    let Some(key) = other else { return true };
    let label = match gathers {
        true => "it stores one value: expected it without `multi_valued`",
        false => "it is for attributes that have one value",
    };
    table.sink().error(
        &table.span_of(key),
        format!("`{key}` does not fit `multi_valued = true`"),
        Some(label.to_owned()),
        None,
    );
    false
}

fn read_split(table: &Table<'_>, attribute: &Table<'_>) -> Option<Split> {
    let separator = table.required_text("split")?;
    let at = table.choice("at", &file::AT).unwrap_or(At::Last);
    let names = attribute.one_or_many("field");
    let [first, second] = names.as_slice() else {
        attribute.sink().error(
            &attribute.span_of("field"),
            "a split makes two fields of one text",
            Some(format!("expected two names, found {}", names.len())),
            None,
        );
        return None;
    };
    let mut parts = [first, second].map(|name| Part {
        name: name.value.as_str().into(),
        chain: Chain::default(),
        missing: None,
    });
    let known = [first.value.as_str(), second.value.as_str()];
    for (name, item) in table.entries("parts") {
        let Some(part) = parts.iter_mut().find(|part| *part.name == *name.value) else {
            table.sink().unknown(&name.span, "field", &name.value, known);
            continue;
        };
        let steps: Vec<_> = match item.get_ref() {
            toml::de::DeValue::Array(items) => items.iter().collect(),
            _ => vec![item],
        };
        for item in steps {
            let step = read_step(table, item)?;
            if step.gathers() {
                misplaced(table, step.name(), item.span());
                return None;
            }
            part.chain.push(step);
        }
    }
    for (name, item) in table.entries("missing") {
        let Some(part) = parts.iter_mut().find(|part| *part.name == *name.value) else {
            table.sink().unknown(&name.span, "field", &name.value, known);
            continue;
        };
        let value = file::value(table.sink(), item, Type::String)?;
        part.missing = value.as_str().map(Into::into);
    }
    let accept = table.text("accept").map(|text| text.value.into());
    Some(Split { separator: separator.value.into(), at, parts, accept })
}

/// The upstream's type at the end of the chain.
fn stored_type(table: &Table<'_>, chain: &Chain, scim: Type) -> Option<Type> {
    match chain.upstream_type(scim) {
        Ok(kind) => Some(kind),
        Err((step, expected)) => {
            table.sink().error(
                &table.span_of("via"),
                format!("step {} of `via` does not fit", step + 1),
                Some(format!("expected {expected} before it, found {scim}")),
                None,
            );
            None
        }
    }
}

fn shape(
    table: &Table<'_>,
    draft: &mut Draft<'_>,
    stored: Type,
    split: Option<Split>,
    many: bool,
) -> Option<Shape> {
    let names = table.one_or_many("field");
    if !table.has("field") {
        return None;
    }
    if let Some(split) = split {
        if table.has("reference") {
            draft.sink.error(
                &table.span_of("reference"),
                "a reference is one field, and a split makes two",
                Some("expected `via` without a split, or no `reference`".to_owned()),
                None,
            );
        }
        let [first, second] = names.as_slice() else { return None };
        let fields = [draft.field(first, Type::String)?, draft.field(second, Type::String)?];
        return Some(Shape::Split { split, fields });
    }
    let [name] = names.as_slice() else {
        table.sink().error(
            &table.span_of("field"),
            "several fields need a split",
            Some("expected one name, or `via = { split = … }`".to_owned()),
            None,
        );
        return None;
    };
    if table.has("reference") {
        if many {
            draft.sink.error(
                &table.span_of("multi_valued"),
                "a reference holds one key",
                Some("expected `multi_valued` without `reference`".to_owned()),
                None,
            );
            return None;
        }
        return reference::read(table, name, stored, draft);
    }
    Some(Shape::One(draft.field_of(name, stored, many)?))
}

/// Of which shape the texts of the rule's field are: as the file says, or as those of the key that
/// it holds.
fn notation(table: &Table<'_>, shape: &Shape, draft: &mut Draft<'_>) -> Notation {
    let said = table.choice("literal", &Notation::NAMED);
    let (index, notation) = match (shape, said) {
        (Shape::One(index), Some(said))
            if draft.fields.field(*index).is_some_and(|field| field.kind == Type::String) =>
        {
            (*index, said)
        }
        (_, Some(_)) => {
            draft.sink.error(
                &table.span_of("literal"),
                "`literal` is for one field that holds texts",
                Some("expected an attribute of type string, without split or reference".to_owned()),
                None,
            );
            return Notation::Plain;
        }
        (Shape::Person(index), None) => {
            let key = draft.fields.iter().next();
            (*index, key.map_or(Notation::Plain, |(_, field)| field.notation))
        }
        (Shape::One(index), None) => {
            let known = draft.fields.field(*index);
            (*index, known.map_or(Notation::Plain, |field| field.notation))
        }
        (Shape::Split { .. } | Shape::Reference { .. }, None) => return Notation::Plain,
    };
    if notation != Notation::Plain {
        draft.fields.set_notation(index, notation);
    }
    notation
}

fn also(table: &Table<'_>, draft: &mut Draft<'_>, stored: Type) -> Vec<FieldIndex> {
    let names = table.one_or_many("also");
    names.iter().filter_map(|name| draft.field(name, stored)).collect()
}

fn limits(table: &Table<'_>, shape: &Shape, draft: &Draft<'_>) -> [Limit; 2] {
    let own = limit(table);
    let Shape::Split { split, .. } = shape else {
        if table.has("limit") {
            draft.sink.error(
                &table.span_of("limit"),
                "`limit` is for the fields of a split",
                Some("expected `max_length`, `pattern` or `one_of` beside `field`".to_owned()),
                None,
            );
        }
        return [own, Limit::default()];
    };
    if !own.is_empty() {
        draft.sink.error(
            &table.span(),
            "a split has a limit for each of its fields",
            Some("expected `limit = { field = { … } }`".to_owned()),
            None,
        );
    }
    let mut limits = [Limit::default(), Limit::default()];
    for (name, item) in table.entries("limit") {
        let position = split.parts.iter().position(|part| *part.name == *name.value);
        let Some(place) = position.and_then(|position| limits.get_mut(position)) else {
            let known: Vec<&str> = split.parts.iter().map(|part| &*part.name).collect();
            draft.sink.unknown(&name.span, "field", &name.value, known);
            continue;
        };
        if let Some(table) = table.nested(item, "limit", file::LIMIT) {
            *place = limit(&table);
        }
    }
    limits
}

fn limit(table: &Table<'_>) -> Limit {
    if table.has("one_of") && table.items("one_of").is_empty() {
        let span = table.span_of("one_of");
        let expected = "expected at least one text, found an empty list".to_owned();
        table.sink().error(&span, "nothing could ever be stored", Some(expected), None);
    }
    Limit {
        max_length: table.integer("max_length").and_then(|most| usize::try_from(most).ok()),
        pattern: file::whole_pattern(table, "pattern"),
        one_of: one_of(table).into_iter().map(Into::into).collect(),
        ..Limit::default()
    }
}

/// How the upstream compares the rule's own fields.
fn compared(table: &Table<'_>, rule: &Rule, draft: &mut Draft<'_>) {
    let Some(case) = table.choice("case", &file::CASES) else { return };
    for index in rule.fields() {
        let is_shaped = draft
            .fields
            .field(index)
            .is_some_and(|field| field.kind == Type::String && field.notation != Notation::Plain);
        if is_shaped && case != Case::Exact {
            draft.sink.error(
                &table.span_of("case"),
                "what has a `literal` has no letters to compare otherwise",
                Some("expected `exact`, or nothing".to_owned()),
                None,
            );
            continue;
        }
        draft.fields.set_case(index, case);
    }
}

/// Two attributes that write one field would undo each other.
fn owned_once(path: &Placed<String>, rule: &Rule, draft: &Draft<'_>) {
    if rule.read_only {
        return;
    }
    for other in draft.rules.iter().filter(|other| !other.read_only) {
        let written = |rule: &Rule| -> Vec<FieldIndex> {
            rule.fields().chain(rule.also.iter().copied()).collect()
        };
        let mine = written(rule);
        let Some(shared) = written(other).into_iter().find(|field| mine.contains(field)) else {
            continue;
        };
        let name = draft.fields.field(shared).map_or("", |field| field.name.as_str());
        draft.sink.error(
            &path.span,
            format!("`{}` and `{}` write the same field `{name}`", other.path, rule.path),
            None,
            Some("make one of them `read_only = true`, or use `[[derived]]`".to_owned()),
        );
    }
}
