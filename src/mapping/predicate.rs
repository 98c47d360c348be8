//! SCIM's two-valued logic, written so that the upstream means the same.
//!
//! In SCIM `ne` is true of an absent attribute, every other comparison false, and `not` inverts
//! that (RFC 7644 §3.4.2.2). OData has two values as well, but `contains(null, …)` has none; SQL has
//! three. So negation is carried down to the comparisons, and each is written with the test for
//! absence that the upstream's treatment of nulls asks for.

use crate::record::{Case, Facts, FieldIndex, Nulls, Operator, Operators, Predicate};
use crate::value::Value;

/// A comparison, or its negation, of a field.
pub fn compare<'a>(
    field: FieldIndex,
    operator: Operator,
    value: Value<'a>,
    case: Case,
    negated: bool,
    nulls: Nulls,
) -> Predicate<'a> {
    let leaf =
        |operator: Operator, value: Value<'a>| Predicate::Compare { field, operator, value, case };
    let or_absent =
        |other: Predicate<'a>| Predicate::Any(vec![Predicate::Absent(field, true), other]);
    let not_equal = |value: Value<'a>| match nulls {
        Nulls::OData => leaf(Operator::Ne, value),
        Nulls::Sql => or_absent(leaf(Operator::Ne, value)),
    };
    match (operator, negated) {
        (Operator::Eq, false) | (Operator::Ne, true) => leaf(Operator::Eq, value),
        (Operator::Ne, false) | (Operator::Eq, true) => not_equal(value),
        (operator, false) => leaf(operator, value),
        (Operator::Gt, true) => or_absent(leaf(Operator::Le, value)),
        (Operator::Ge, true) => or_absent(leaf(Operator::Lt, value)),
        (Operator::Lt, true) => or_absent(leaf(Operator::Ge, value)),
        (Operator::Le, true) => or_absent(leaf(Operator::Gt, value)),
        (operator, true) => or_absent(Predicate::Not(Box::new(leaf(operator, value)))),
    }
}

/// Whether a field holds something; for a text also something that is not empty.
pub fn present<'a>(field: FieldIndex, is_text: bool, negated: bool) -> Predicate<'a> {
    let empty = |operator| Predicate::Compare {
        field,
        operator,
        value: Value::text(""),
        case: Case::Exact,
    };
    match (is_text, negated) {
        (false, negated) => Predicate::Absent(field, negated),
        (true, false) => Predicate::All(vec![Predicate::Absent(field, false), empty(Operator::Ne)]),
        (true, true) => Predicate::Any(vec![Predicate::Absent(field, true), empty(Operator::Eq)]),
    }
}

/// All of several, without needless nesting.
#[must_use]
pub fn all(parts: Vec<Predicate<'_>>) -> Predicate<'_> {
    joined(parts, true)
}

/// Any of several, without needless nesting.
#[must_use]
pub fn any(parts: Vec<Predicate<'_>>) -> Predicate<'_> {
    joined(parts, false)
}

/// Parts under one `and`, or one `or`.
fn joined(mut parts: Vec<Predicate<'_>>, is_and: bool) -> Predicate<'_> {
    let mut is_simple = true;
    for part in &parts {
        match (part, is_and) {
            (Predicate::Nothing, true) => return Predicate::Nothing,
            (Predicate::Everything, false) => return Predicate::Everything,
            (Predicate::Everything | Predicate::All(_), true)
            | (Predicate::Nothing | Predicate::Any(_), false) => is_simple = false,
            _ => {}
        }
    }
    if !is_simple {
        let mut flat = Vec::with_capacity(parts.len() + 4);
        for part in parts {
            match (part, is_and) {
                (Predicate::Everything | Predicate::Nothing, _) => {}
                (Predicate::All(inner), true) | (Predicate::Any(inner), false) => {
                    flat.extend(inner);
                }
                (other, _) => flat.push(other),
            }
        }
        parts = flat;
    }
    match (parts.len(), is_and) {
        (0, true) => Predicate::Everything,
        (0, false) => Predicate::Nothing,
        (1, _) => parts.swap_remove(0),
        (_, true) => Predicate::All(parts),
        (_, false) => Predicate::Any(parts),
    }
}

/// The first operator in a predicate that the upstream cannot do.
#[must_use]
pub fn unsupported(predicate: &Predicate<'_>, facts: &Facts) -> Option<Operator> {
    // An upstream that can do everything needs no look at what it is asked.
    if facts.operators == Operators::ALL && facts.absence && facts.searchable.is_none() {
        return None;
    }
    let lacks = |operator: Operator| (!facts.operators.contains(operator)).then_some(operator);
    let is_searchable =
        |field| facts.searchable.as_ref().is_none_or(|fields| fields.contains(&field));
    match predicate {
        Predicate::Everything | Predicate::Nothing => None,
        Predicate::Compare { field, operator, .. } => {
            lacks(*operator).or((!is_searchable(*field)).then_some(*operator))
        }
        Predicate::Absent(field, absent) => {
            let operator = if *absent { Operator::Eq } else { Operator::Ne };
            let is_known = facts.absence && is_searchable(*field);
            if facts.absence { lacks(operator) } else { None }.or((!is_known).then_some(operator))
        }
        Predicate::All(parts) => {
            lacks(Operator::And).or_else(|| parts.iter().find_map(|p| unsupported(p, facts)))
        }
        Predicate::Any(parts) => {
            lacks(Operator::Or).or_else(|| parts.iter().find_map(|p| unsupported(p, facts)))
        }
        // Looked at when the mapping was compiled.
        Predicate::Shared(_) => None,
        Predicate::Not(inner) => lacks(Operator::Not).or_else(|| unsupported(inner, facts)),
    }
}

/// What the upstream can search of a predicate: every row that meets the predicate meets this, and
/// perhaps others do. Negations stand at the comparisons, so that leaving out never narrows.
#[must_use]
pub fn wider<'a>(predicate: Predicate<'a>, facts: &Facts) -> Predicate<'a> {
    if unsupported(&predicate, facts).is_none() {
        return predicate;
    }
    let each = |parts: Vec<Predicate<'a>>| -> Vec<Predicate<'a>> {
        parts.into_iter().map(|part| wider(part, facts)).collect()
    };
    let able = |operator, joined: Predicate<'a>| match &joined {
        Predicate::All(_) | Predicate::Any(_) if !facts.operators.contains(operator) => None,
        _ => Some(joined),
    };
    match predicate {
        Predicate::All(parts) => {
            let parts = each(parts);
            // Where only one condition may be asked at once, any of them is wider than all.
            let first = parts.iter().find(|part| !matches!(part, Predicate::Everything)).cloned();
            able(Operator::And, all(parts)).or(first).unwrap_or(Predicate::Everything)
        }
        Predicate::Any(parts) => {
            able(Operator::Or, any(each(parts))).unwrap_or(Predicate::Everything)
        }
        _ => Predicate::Everything,
    }
}
