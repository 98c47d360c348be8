//! Holding a filter against a document, under each attribute's own rule and nothing else.

use std::cmp::Ordering;

use super::super::document::Document;
use super::super::instant::instant;
use super::super::resource::Resource;
use super::{Comparison, Criterion, Filter, Target};
use crate::value::{Value, fold, same_folded};

impl Filter<'_> {
    /// Whether the resource of that id is meant.
    #[must_use]
    pub fn matches(&self, resource: &Resource, document: &Document<'_>, id: &str) -> bool {
        let meets = |criterion: &Criterion<'_>| match criterion {
            Criterion::Present(Target::Id) => true,
            Criterion::Present(Target::Slot(slot)) => is_present(document.value(*slot)),
            Criterion::Compare { target: Target::Id, operator, value } => {
                compare(&Value::text(id), *operator, value, true)
            }
            Criterion::Compare { target: Target::Slot(slot), operator, value } => {
                let exact = resource.slot(*slot).case_exact;
                compare(document.value(*slot), *operator, value, exact)
            }
        };
        self.view().holds(&meets)
    }
}

/// RFC 7644 §3.4.2.2: `pr` asks for a non-empty value.
fn is_present(value: &Value<'_>) -> bool {
    !matches!(value, Value::Absent) && !matches!(value, Value::Text(text) if text.is_empty())
}

/// Whether a value stands in that relation to another of its type.
pub(in crate::scim) fn compare(
    value: &Value<'_>,
    operator: Comparison,
    literal: &Value<'_>,
    exact: bool,
) -> bool {
    if operator == Comparison::Ne {
        if let Value::List(values) = value {
            return values.iter().any(|value| compare(value, operator, literal, exact));
        }
        return !compare(value, Comparison::Eq, literal, exact);
    }
    match (value, literal) {
        // Any of them (RFC 7644 §3.4.2.2).
        (Value::List(values), literal) => {
            values.iter().any(|value| compare(value, operator, literal, exact))
        }
        (Value::Text(value), Value::Text(literal)) => texts(value, operator, literal, exact),
        (Value::Boolean(value), Value::Boolean(literal)) => {
            operator == Comparison::Eq && value == literal
        }
        (Value::Integer(value), Value::Integer(literal)) => ordered(value.cmp(literal), operator),
        (Value::Decimal(value), Value::Decimal(literal)) => {
            decimals(value, literal).is_some_and(|order| ordered(order, operator))
        }
        (Value::DateTime(value), Value::DateTime(literal)) => {
            match (instant(value), instant(literal)) {
                (Some(value), Some(literal)) => ordered(value.cmp(&literal), operator),
                _ => operator == Comparison::Eq && value == literal,
            }
        }
        _ => false,
    }
}

fn ordered(order: Ordering, operator: Comparison) -> bool {
    match operator {
        Comparison::Eq => order.is_eq(),
        Comparison::Gt => order.is_gt(),
        Comparison::Ge => order.is_ge(),
        Comparison::Lt => order.is_lt(),
        Comparison::Le => order.is_le(),
        Comparison::Ne | Comparison::Co | Comparison::Sw | Comparison::Ew => false,
    }
}

fn texts(value: &str, operator: Comparison, literal: &str, exact: bool) -> bool {
    if operator == Comparison::Eq {
        return if exact { value == literal } else { same_folded(value, literal) };
    }
    if !exact {
        return texts(&fold(value), operator, &fold(literal), true);
    }
    match operator {
        Comparison::Co => value.contains(literal),
        Comparison::Sw => value.starts_with(literal),
        Comparison::Ew => value.ends_with(literal),
        _ => ordered(value.cmp(literal), operator),
    }
}

/// The order of two numbers in JSON's spelling: exact, unless one has an exponent.
fn decimals(left: &str, right: &str) -> Option<Ordering> {
    if left.contains(['e', 'E']) || right.contains(['e', 'E']) {
        return left.parse::<f64>().ok()?.partial_cmp(&right.parse().ok()?);
    }
    let (left_negative, left) = parts(left);
    let (right_negative, right) = parts(right);
    let magnitude = |(l_whole, l_fraction): (&str, &str), (r_whole, r_fraction): (&str, &str)| {
        l_whole
            .len()
            .cmp(&r_whole.len())
            .then_with(|| l_whole.cmp(r_whole))
            .then_with(|| l_fraction.cmp(r_fraction))
    };
    Some(match (left_negative, right_negative) {
        (false, false) => magnitude(left, right),
        (true, true) => magnitude(right, left),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    })
}

/// Sign, whole part without leading zeros, fraction without trailing ones. Zero has no sign.
fn parts(text: &str) -> (bool, (&str, &str)) {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let parts = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    (negative && parts != ("", ""), parts)
}
