//! `[upstream]`: the collection, the facts about it, and the policies over its rows.

use toml::Spanned;
use toml::de::DeValue;

use super::super::file;
use super::super::policy::{Anchor, OnConflict, OnDelete, Test, Tombstone};
use super::Draft;
use crate::diagnostic::reader::{Placed, Sink, Table};
use crate::record::{Case, Description, Facts, FieldIndex, Notation, Operator, Operators, Paging};
use crate::scim::Resource;
use crate::value::{Type, Value};

/// The most rows that a search without paging may find, where nobody says it.
const MOST: u32 = 5000;

/// The policies over rows.
pub(super) struct Policies {
    pub(super) unique: Vec<FieldIndex>,
    pub(super) scope: Vec<Test>,
    pub(super) protected: Vec<Test>,
    pub(super) anchor: Option<Anchor>,
    pub(super) on_conflict: OnConflict,
    pub(super) on_delete: OnDelete,
    pub(super) constants: Vec<(FieldIndex, Value<'static>)>,
}

/// The place of a collection, which must be one that the dialect can write.
pub(super) fn collection(
    said: Option<Placed<String>>,
    dialect: &Description,
    sink: &Sink,
) -> Option<Placed<String>> {
    let said = said?;
    if let Err(expected) = (dialect.places)(&said.value) {
        sink.error(&said.span, "no collection can be there", Some(expected.to_owned()), None);
    }
    Some(said)
}

/// The dialect's facts, with what the file says otherwise.
pub(super) fn facts(upstream: &Table<'_>, mut facts: Facts) -> Facts {
    if let Some(search) = upstream.table("search") {
        if search.has("operators") {
            facts.operators = Operators::NONE;
            for name in search.one_or_many("operators") {
                match Operator::named(&name.value) {
                    Some(operator) => facts.operators = facts.operators.with(operator),
                    None => upstream.sink().unknown(
                        &name.span,
                        "operator",
                        &name.value,
                        Operator::ALL.map(Operator::name),
                    ),
                }
            }
        }
        facts.nulls = search.choice("nulls", &file::NULLS).unwrap_or(facts.nulls);
        facts.sort = search.boolean("sort").unwrap_or(facts.sort);
        facts.total = search.boolean("total").unwrap_or(facts.total);
        facts.case = search.choice("case", &file::CASES).unwrap_or(facts.case);
        let scan = search.integer("scan").and_then(|scan| u32::try_from(scan).ok());
        facts.scan = scan.or(facts.scan);
        paging(&search, &mut facts);
    }
    facts.etag = upstream.choice("etag", &file::ETAGS).unwrap_or(facts.etag);
    if let Some(page) = upstream.integer("page") {
        facts.page = u32::try_from(page).unwrap_or(facts.page);
    }
    facts.representation = upstream.boolean("representation").unwrap_or(facts.representation);
    facts.enforces_unique = upstream.boolean("enforces_unique").unwrap_or(facts.enforces_unique);
    facts
}

/// Whether a search can be asked for a part, and else how much it may find. What the dialect
/// cannot do, the file cannot make it do.
fn paging(search: &Table<'_>, facts: &mut Facts) {
    let asked = search.boolean("paging");
    let most = search.integer("most").and_then(|most| u32::try_from(most).ok());
    let is_whole = matches!(facts.paging, Paging::Whole { .. });
    if asked == Some(true) && is_whole {
        search.sink().error(
            &search.span_of("paging"),
            "the dialect cannot ask for a part of a search",
            Some("expected `false`".to_owned()),
            None,
        );
    }
    match (facts.paging, asked) {
        (Paging::Whole { most: usual }, _) => {
            facts.paging = Paging::Whole { most: most.unwrap_or(usual) };
        }
        (_, Some(false)) => {
            facts.paging = Paging::Whole { most: most.unwrap_or(MOST) };
        }
        _ if most.is_some() => search.sink().error(
            &search.span_of("most"),
            "`most` bounds searches without paging",
            Some("expected `paging = false` beside it, or only `page`".to_owned()),
            None,
        ),
        _ => {}
    }
}

/// What is known of single fields, which the rest of the file must have named.
pub(super) fn known_fields(upstream: &Table<'_>, draft: &mut Draft<'_>) {
    let filled = upstream.one_or_many("filled");
    draft.facts.filled = filled.iter().filter_map(|name| draft.known_field(name)).collect();
    if upstream.has("searchable") {
        let fields = upstream.one_or_many("searchable");
        let known = fields.iter().filter_map(|name| draft.known_field(name)).collect();
        draft.facts.searchable = Some(known);
    }
}

/// `key` or `id`.
pub(super) fn column(
    upstream: &Table<'_>,
    name: &str,
    draft: &mut Draft<'_>,
) -> Option<FieldIndex> {
    let table = upstream.table(name)?;
    let (kind, notation) = match table.has("type") {
        true => table.choice("type", &file::COLUMN_TYPES)?,
        false => (Type::Integer, Notation::Plain),
    };
    let field = table.required_text("field")?;
    let index = draft.field(&field, kind)?;
    // An id is compared letter for letter (RFC 7643 §3.1: caseExact).
    draft.fields.set_case(index, Case::Exact);
    if notation != Notation::Plain {
        draft.fields.set_notation(index, notation);
    }
    Some(index)
}

/// Everything that says which rows are whose.
pub(super) fn policies(
    root: &Table<'_>,
    upstream: &Table<'_>,
    resource: &Resource,
    draft: &mut Draft<'_>,
) -> Option<Policies> {
    // Constants first: they may name fields that only the tests mention again.
    let constants = constants(root, draft);
    let scope = tests(upstream, "scope", draft);
    let protected = tests(upstream, "protected", draft);
    let tombstone = tombstone(upstream, draft);
    let anchor = anchor(upstream, resource, draft);
    let unique: Vec<FieldIndex> =
        upstream.one_or_many("unique").iter().filter_map(|name| draft.known_field(name)).collect();
    let on_conflict =
        upstream.choice("on_conflict", &file::ON_CONFLICT).unwrap_or(OnConflict::Conflict);
    let on_delete = match upstream.choice("on_delete", &file::ON_DELETE)? {
        true => OnDelete::Disable(tombstone),
        false => {
            if !draft.facts.deletes {
                draft.sink.error(
                    &upstream.span_of("on_delete"),
                    "the dialect cannot delete rows",
                    Some("expected `disable`".to_owned()),
                    None,
                );
            }
            if upstream.has("tombstone") {
                draft.sink.error(
                    &upstream.span_of("tombstone"),
                    "a tombstone has no meaning where rows are really deleted",
                    None,
                    Some("use `on_delete = \"disable\"`, or leave `tombstone` out".to_owned()),
                );
            }
            OnDelete::Delete
        }
    };
    Some(Policies { unique, scope, protected, anchor, on_conflict, on_delete, constants })
}

fn constants(root: &Table<'_>, draft: &mut Draft<'_>) -> Vec<(FieldIndex, Value<'static>)> {
    let mut list: Vec<(FieldIndex, Value<'static>)> = Vec::new();
    for table in root.tables("constant") {
        let Some(name) = table.required_text("field") else { continue };
        let Some(item) = table.any("value") else { continue };
        let known = draft.fields.index_of(&name.value).and_then(|index| draft.fields.field(index));
        let kind = known.map_or_else(|| file::type_of(item), |field| field.kind);
        let Some(value) = file::value(draft.sink, item, kind) else { continue };
        let Some(index) = draft.field(&name, kind) else { continue };
        if !draft.is_shaped(index, &value, &item.span()) {
            continue;
        }
        if list.iter().any(|(other, _)| *other == index) {
            draft.sink.error(&name.span, "a field gets one constant", None, None);
        }
        list.push((index, value));
    }
    list
}

fn tests(upstream: &Table<'_>, name: &str, draft: &mut Draft<'_>) -> Vec<Test> {
    let mut list = Vec::new();
    for table in upstream.tables(name) {
        let Some(field) = table.required_text("field") else { continue };
        let one_of = match (table.has("one_of"), table.has("none_of")) {
            (true, false) => true,
            (false, true) => false,
            _ => {
                draft.sink.error(
                    &table.span(),
                    format!("a test of `{name}` says which values count"),
                    Some("expected either `one_of` or `none_of`".to_owned()),
                    None,
                );
                continue;
            }
        };
        let items = table.items(if one_of { "one_of" } else { "none_of" });
        let known = draft.fields.index_of(&field.value).and_then(|index| draft.fields.field(index));
        let kind = known
            .map(|field| field.kind)
            .or_else(|| items.first().map(|item| file::type_of(item)))
            .unwrap_or(Type::String);
        let values: Vec<Value<'static>> =
            items.iter().filter_map(|item| file::value(draft.sink, item, kind)).collect();
        if values.is_empty() {
            draft.sink.error(
                &table.span(),
                format!("a test of `{name}` without values"),
                Some("expected at least one value".to_owned()),
                None,
            );
            continue;
        }
        let Some(index) = draft.field(&field, kind) else { continue };
        let is_shaped = |(value, item): (&Value<'_>, &&Spanned<DeValue<'_>>)| {
            draft.is_shaped(index, value, &item.span())
        };
        if !values.iter().zip(&items).all(is_shaped) {
            continue;
        }
        let case = match draft.fields.field(index) {
            Some(field) if field.kind == Type::String => field.case,
            _ => Case::Exact,
        };
        list.push(Test { field: index, case, values, one_of });
    }
    list
}

fn tombstone(upstream: &Table<'_>, draft: &mut Draft<'_>) -> Option<Tombstone> {
    let table = upstream.table("tombstone")?;
    let field = table.required_text("field")?;
    let item = table.any("value")?;
    let known = draft.fields.index_of(&field.value).and_then(|index| draft.fields.field(index));
    let kind = known.map_or_else(|| file::type_of(item), |field| field.kind);
    let value = file::value(draft.sink, item, kind)?;
    let living = match value {
        Value::Boolean(truth) => Value::Boolean(!truth),
        _ => Value::Absent,
    };
    let field = draft.field(&field, kind)?;
    if !draft.is_shaped(field, &value, &item.span()) {
        return None;
    }
    Some(Tombstone { field, value, living })
}

fn anchor(upstream: &Table<'_>, resource: &Resource, draft: &Draft<'_>) -> Option<Anchor> {
    let table = upstream.table("anchor")?;
    let path = table.required_text("scim")?;
    let field = table.required_text("field")?;
    let Some(slot) = resource.slot_of(&path.value) else {
        let known: Vec<&str> = resource.slots().iter().map(|slot| &*slot.path).collect();
        draft.sink.unknown(&path.span, "attribute", &path.value, known);
        return None;
    };
    let owner = draft.rules.iter().find(|rule| rule.slot == slot)?;
    let index = draft.known_field(&field)?;
    if !owner.fields().any(|owned| owned == index) || !owner.chain.is_empty() {
        mismatch(draft, &field, &path.value);
        return None;
    }
    Some(Anchor { slot, field: index })
}

fn mismatch(draft: &Draft<'_>, field: &Placed<String>, path: &str) {
    draft.sink.error(
        &field.span,
        format!("`{}` is not where `{path}` is stored as it is", field.value),
        Some(format!("expected the field of the `[[attribute]]` for `{path}`, without `via`")),
        None,
    );
}
