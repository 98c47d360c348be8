//! Values to try a rule on: usual ones, odd ones, and those that its own settings name.

use crate::mapping::rule::{Limit, Rule, Shape};
use crate::mapping::split::Split;
use crate::mapping::transform::Chain;
use crate::mapping::{Mapping, sample};
use crate::record::FieldIndex;
use crate::value::{Text, Type, Value};

/// Texts of many kinds: names, addresses, numbers, times, and what people do to them.
const TEXTS: &[&str] = &[
    "Ana",
    "ana",
    "ana maria DIAZ",
    "  padded ",
    "two  blanks",
    "o'brien",
    "Zoë",
    "Zoe\u{308}",
    "ß",
    "漢字",
    "😀",
    "a,b;c|d",
    "Diaz, Ana",
    "<&>\"%41+",
    "{x}",
    "ana@contoso.com",
    "ANA@CONTOSO.COM",
    "ana@home@contoso.com",
    "CONTOSO\\ana",
    "a\\b@c",
    "a@b\\c",
    "ana@",
    "\u{200b}ana\u{202e}",
    "tab\there",
    "0",
    "7",
    "007",
    "-1",
    "42",
    "3.5",
    "3,5",
    "701984",
    "true",
    "True",
    "+57 3001234567",
    "+57 (300) 123-4567",
    "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
    "2026-03-01",
    "2026-03-01T08:30:00Z",
    "en-US",
    "A line that is long enough to be cut by whoever cuts: abcdefghijklmnopqrstuvwxyz 0123456789",
];

/// Points in time: a fraction, an offset, the hour that is told twice, a leap day, old and far.
const TIMES: &[&str] = &[
    "2026-03-01T00:00:00Z",
    "2026-03-01T08:30:00Z",
    "2026-03-01T08:30:00.123456789Z",
    "2026-03-01T23:30:00-05:00",
    "2026-10-25T01:30:00Z",
    "2028-02-29T12:00:00Z",
    "1969-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    "9999-12-30T00:00:00Z",
];

/// The values for a rule, always the same.
pub(super) fn of(mapping: &Mapping, rule: &Rule) -> Vec<Value<'static>> {
    let kind = mapping.resource.slot(rule.slot).kind;
    let mut values: Vec<Value<'static>> = match kind {
        Type::String => TEXTS.iter().copied().map(Value::text).collect(),
        Type::Integer => [0, 1, 7, -1, 42, 701_984, i64::MAX, i64::MIN].map(Value::Integer).into(),
        Type::Decimal => ["0", "1", "1.5", "1.50", "-0.25", "1e3", "123456789.125"]
            .map(|text| Value::Decimal(text.into()))
            .into(),
        Type::Boolean => [true, false].map(Value::Boolean).into(),
        Type::DateTime => TIMES.iter().map(|text| Value::DateTime(Text::of(text))).collect(),
    };
    values.extend(rule.chain.samples());
    if let Shape::Split { split, .. } = &rule.shape {
        values.extend(other_spellings(split).into_iter().map(|text| Value::Text(text.into())));
    }
    values.extend(rule.default.iter().flat_map(|default| default.each().iter().cloned()));
    values.extend(stored(rule).iter().flat_map(|row| {
        let held = |field: FieldIndex| {
            let place = row.iter().find(|(known, _)| *known == field);
            place.map_or(&Value::Absent, |(_, value)| value)
        };
        let printed = rule.outward_of(held).unwrap_or_default().into_owned().into_each();
        printed.into_iter().filter(|printed| printed.kind() == Some(kind)).collect::<Vec<_>>()
    }));
    values
}

/// Texts that a split takes and prints in another spelling.
fn other_spellings(split: &Split) -> Vec<String> {
    let [first, second] = &split.parts;
    let separator = &split.separator;
    let missing = [
        second.missing.as_deref().map(|missing| format!("ana{separator}{missing}")),
        first.missing.as_deref().map(|missing| format!("{missing}{separator}ana")),
        split.accept.as_deref().map(|accept| format!("one{accept}two")),
        split.accept.as_deref().map(|accept| format!("one{accept}two{accept}three")),
        split.accept.as_deref().map(|accept| format!("one{accept}two{separator}three")),
    ];
    missing.into_iter().flatten().collect()
}

/// What the rule's fields may hold, as their limits and their own transforms say.
fn stored(rule: &Rule) -> Vec<Vec<(FieldIndex, Value<'static>)>> {
    let [first_limit, second_limit] = &rule.limits;
    match &rule.shape {
        Shape::One(field) | Shape::Person(field) | Shape::Reference { field, .. } => {
            within(first_limit, None).into_iter().map(|value| vec![(*field, value)]).collect()
        }
        Shape::Split { split, fields: [first, second] } => {
            let [first_part, second_part] = &split.parts;
            let firsts = within(first_limit, Some(&first_part.chain));
            let seconds = within(second_limit, Some(&second_part.chain));
            let pairs = firsts.len().max(seconds.len());
            // The shorter list is begun anew, so that each value of both meets one of the other.
            firsts
                .iter()
                .cycle()
                .zip(seconds.iter().cycle())
                .take(pairs)
                .map(|(one, two)| vec![(*first, one.clone()), (*second, two.clone())])
                .collect()
        }
    }
}

/// Values of one field: of a limit, and for a part of a split what its own transforms make.
fn within(limit: &Limit, chain: Option<&Chain>) -> Vec<Value<'static>> {
    let mut values = Vec::new();
    values.extend(limit.one_of.iter().map(|text| text.to_string()));
    if let Some(pattern) = &limit.pattern {
        values.extend(sample::matching(pattern.as_str()));
    }
    if let Some(most) = limit.max_length.filter(|most| *most <= 1000) {
        values.push("n".repeat(most));
    }
    let mut values: Vec<Value<'static>> =
        values.into_iter().map(|text| Value::Text(text.into())).collect();
    if let Some(chain) = chain {
        values.push(Value::text("ana"));
        values.push(Value::text("CORP"));
        let made = chain.samples().into_iter().filter_map(|value| chain.inward(value).ok());
        values.extend(made.filter(|value| value.kind() == Some(Type::String)));
    }
    values
}
