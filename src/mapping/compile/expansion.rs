//! `expand`: rows of other collections that come with each row, and fields of theirs.

use super::super::Mapping;
use super::super::policy::OnDelete;
use crate::diagnostic::reader::Table;
use crate::record::{Description, FieldIndex};

/// The navigations that the file names.
pub(super) fn read(upstream: &Table<'_>, dialect: &Description) -> Vec<Box<str>> {
    let names = upstream.one_or_many("expand");
    if !names.is_empty() && !dialect.expands {
        upstream.sink().error(
            &upstream.span_of("expand"),
            format!("the dialect `{}` cannot read rows of other collections", dialect.name),
            Some("expected no `expand`".to_owned()),
            None,
        );
        return Vec::new();
    }
    let mut list: Vec<Box<str>> = Vec::new();
    for name in names {
        let is_name = !name.value.is_empty()
            && name.value.chars().all(|c| c.is_alphanumeric() || c == '_')
            && !list.iter().any(|known| **known == *name.value);
        if is_name {
            list.push(name.value.into());
        } else {
            upstream.sink().error(
                &name.span,
                "not the name of a property that leads to another row",
                Some("expected each name once, without dots and slashes".to_owned()),
                None,
            );
        }
    }
    list
}

/// The navigation that a field's name begins with: `department` of `department.code`.
pub(super) fn before(navigations: &[Box<str>], name: &str) -> Option<Box<str>> {
    let (first, rest) = name.split_once('.')?;
    let known = navigations.iter().find(|known| ***known == *first);
    known.filter(|_| !rest.is_empty()).cloned()
}

/// What another collection's row holds is read and searched, and never written.
pub(super) fn review(upstream: &Table<'_>, mapping: &Mapping) {
    let sink = upstream.sink();
    let foreign = |index: FieldIndex| {
        let field = mapping.entity.fields.field(index)?;
        field.navigation.is_some().then(|| field.name.as_str())
    };
    let another = |name: &str| format!("`{name}` is a field of another collection's row");
    for rule in mapping.rules.iter().filter(|rule| !rule.read_only) {
        if let Some(name) = rule.fields().chain(rule.also.iter().copied()).find_map(foreign) {
            let way = "add `read_only = true`; to write the field that refers to the other row, map \
                       that field";
            let label = Some("expected an attribute that is never written".to_owned());
            sink.error(&rule.place, another(name), label, Some(way.to_owned()));
        }
    }
    let tombstone = match &mapping.on_delete {
        OnDelete::Disable(Some(tombstone)) => Some(tombstone.field),
        _ => None,
    };
    let uses: [(&str, Vec<FieldIndex>); 6] = [
        ("key", vec![mapping.entity.key]),
        ("id", vec![mapping.id]),
        ("unique", mapping.unique.clone()),
        ("tombstone", tombstone.into_iter().collect()),
        ("derived", mapping.derived.iter().map(|derived| derived.field).collect()),
        ("constant", mapping.constants.iter().map(|(field, _)| *field).collect()),
    ];
    for (key, fields) in uses {
        if let Some(name) = fields.into_iter().find_map(foreign) {
            let label = Some(format!("expected a field of the row itself in `{key}`"));
            sink.error(&upstream.span_of(key), another(name), label, None);
        }
    }
    for expansion in mapping.entity.expansions.iter().filter(|known| known.fields.is_empty()) {
        let name = &expansion.navigation;
        sink.warning(
            &upstream.span_of("expand"),
            format!("nothing of `{name}` is mapped"),
            Some(format!("map a field such as `{name}.code`, or leave the name out")),
        );
    }
}
