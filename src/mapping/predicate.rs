//! SCIM's two-valued logic, written so that the upstream means the same.
//!
//! In SCIM `ne` is true of an absent attribute, every other comparison false, and `not` inverts
//! that (RFC 7644 §3.4.2.2). OData has two values as well, but `contains(null, …)` has none; SQL has
//! three. So negation is carried down to the comparisons, and each is written with the test for
//! absence that the upstream's treatment of nulls asks for.

use crate::logic::{Group, Joint, Parts, View};
use crate::record::{Case, Facts, FieldIndex, Nulls, Operator, Predicate, Term};
use crate::value::Value;

/// A comparison of a field, or its negation.
#[derive(Clone, Copy, Debug)]
pub struct Compare {
    /// The field.
    pub field: FieldIndex,
    /// How it is compared.
    pub operator: Operator,
    /// How letter case is heeded.
    pub case: Case,
    /// Whether it is asked that it does not hold.
    pub negated: bool,
    /// What the upstream makes of a comparison with nothing.
    pub nulls: Nulls,
}

impl Compare {
    /// With this value, as a predicate of its own.
    #[must_use]
    pub fn with(self, value: Value<'_>) -> Predicate<'_> {
        Predicate::drafted(Joint::And, |group| self.write(value, group))
    }

    /// Writes the comparison with this value.
    #[inline]
    pub fn write<'a>(self, value: Value<'a>, group: &mut Group<'_, Term<'a>>) {
        let Self { field, operator, case, negated, .. } = self;
        if negated || operator == Operator::Ne {
            self.write_opposite(value, group);
        } else {
            group.atom(Term::Compare { field, operator, value, case });
        }
    }

    /// Writes what absent values may meet.
    fn write_opposite<'a>(self, value: Value<'a>, group: &mut Group<'_, Term<'a>>) {
        let Self { field, case, nulls, .. } = self;
        // An operator that says it, where there is one.
        let (operator, is_negated) = match (self.operator, self.negated) {
            (Operator::Ne, true) => {
                let operator = Operator::Eq;
                return group.atom(Term::Compare { field, operator, value, case });
            }
            (Operator::Ne, false) | (Operator::Eq, _) => (Operator::Ne, false),
            (Operator::Gt, _) => (Operator::Le, false),
            (Operator::Ge, _) => (Operator::Lt, false),
            (Operator::Lt, _) => (Operator::Ge, false),
            (Operator::Le, _) => (Operator::Gt, false),
            (operator, _) => (operator, true),
        };
        let compared = Term::Compare { field, operator, value, case };
        if operator == Operator::Ne && nulls == Nulls::OData {
            return group.atom(compared);
        }
        group.join(Joint::Or, |group| {
            group.atom(Term::Absent(field, true));
            if is_negated {
                group.not(compared);
            } else {
                group.atom(compared);
            }
        });
    }
}

/// Writes whether a field holds something; for a text also something that is not empty.
pub fn present<'a>(
    field: FieldIndex,
    is_text: bool,
    negated: bool,
    group: &mut Group<'_, Term<'a>>,
) {
    group.join(Joint::And.negated_if(negated), |group| {
        group.atom(Term::Absent(field, negated));
        if is_text {
            let operator = if negated { Operator::Eq } else { Operator::Ne };
            let value = Value::text("");
            group.atom(Term::Compare { field, operator, value, case: Case::Exact });
        }
    });
}

/// The first operator in a predicate that the upstream cannot do.
#[must_use]
pub fn unsupported(predicate: &Predicate<'_>, facts: &Facts) -> Option<Operator> {
    unsupported_in(predicate.view(), facts)
}

/// The first operator in some parts that the upstream cannot do, or what joins them.
#[must_use]
pub fn unsupported_among<'p>(
    mut parts: Parts<'p, Term<'p>>,
    joint: Joint,
    facts: &Facts,
) -> Option<Operator> {
    if facts.searches_all() {
        return None;
    }
    let joining = match joint {
        Joint::And => Operator::And,
        Joint::Or => Operator::Or,
    };
    if parts.count() > 1 && !facts.operators.contains(joining) {
        return Some(joining);
    }
    parts.find_map(|part| unsupported_in(part, facts))
}

fn unsupported_in(predicate: View<'_, Term<'_>>, facts: &Facts) -> Option<Operator> {
    if facts.searches_all() {
        return None;
    }
    let lacks = |operator: Operator| (!facts.operators.contains(operator)).then_some(operator);
    let is_searchable =
        |field| facts.searchable.as_ref().is_none_or(|fields| fields.contains(&field));
    match predicate {
        // Of what is shared it was looked at when the mapping was compiled.
        View::Constant(_) | View::Atom(Term::Shared(_)) => None,
        View::Atom(Term::Compare { field, operator, .. }) => {
            lacks(*operator).or((!is_searchable(*field)).then_some(*operator))
        }
        View::Atom(Term::Absent(field, absent)) => {
            let operator = if *absent { Operator::Eq } else { Operator::Ne };
            let is_known = facts.absence && is_searchable(*field);
            if facts.absence { lacks(operator) } else { None }.or((!is_known).then_some(operator))
        }
        View::All(parts) => unsupported_among(parts, Joint::And, facts),
        View::Any(parts) => unsupported_among(parts, Joint::Or, facts),
        View::Not(inner) => lacks(Operator::Not).or_else(|| unsupported_in(inner.view(), facts)),
    }
}

/// What the upstream can search of a predicate: every row that meets the predicate meets this, and
/// perhaps others do. Negations stand at the comparisons, so that leaving out never narrows.
#[must_use]
pub fn wider<'a>(predicate: &Predicate<'a>, facts: &Facts) -> Predicate<'a> {
    wider_of(predicate.view(), facts)
}

fn wider_of<'a>(predicate: View<'_, Term<'a>>, facts: &Facts) -> Predicate<'a> {
    if unsupported_in(predicate, facts).is_none() {
        return predicate.to_formula();
    }
    match predicate {
        View::All(parts) => {
            let parts: Vec<_> = parts.map(|part| wider_of(part, facts)).collect();
            // Where only one condition may be asked at once, any of them is wider than all.
            let first = parts.iter().find(|part| part.constant().is_none()).cloned();
            let all = Predicate::all(parts);
            match all.view() {
                View::All(_) | View::Any(_) if !facts.operators.contains(Operator::And) => {
                    first.unwrap_or(Predicate::TRUE)
                }
                _ => all,
            }
        }
        View::Any(parts) => {
            let any = Predicate::any(parts.map(|part| wider_of(part, facts)));
            match any.view() {
                View::All(_) | View::Any(_) if !facts.operators.contains(Operator::Or) => {
                    Predicate::TRUE
                }
                _ => any,
            }
        }
        _ => Predicate::TRUE,
    }
}
