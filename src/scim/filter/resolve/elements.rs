//! Lists in filters: one branch for each element.
//!
//! `type` is known there, `primary` is the first element that is filled, because that is how a list
//! is printed.

use super::super::super::error::{Named, ScimError};
use super::super::super::expression::{Comparison, Expression, Literal};
use super::super::super::path::{AttrPath, Brackets};
use super::super::super::resource::{List, Multi};
use super::super::matching::compare;
use super::super::{Filter, Target};
use super::{Question, Resolver, constant, is_value};
use crate::value::{Type, Value};

impl Resolver<'_> {
    /// A list of values, with or without brackets: true if it is of any of them.
    pub(super) fn values<'a>(
        &self,
        list: &List,
        brackets: Option<&Brackets<'a>>,
        question: Question<'_, 'a>,
    ) -> Result<Filter<'a>, ScimError> {
        let condition = brackets.map(Brackets::condition);
        match (condition.as_deref(), question) {
            (None, question) => self.slot(list.slot, question),
            // Of one element: what asks for two things of it cannot be told from two elements.
            (Some(Expression::Compare { path, operator, literal }), Question::Present)
                if is_value(path) =>
            {
                let condition = self.slot(list.slot, Question::Compare(*operator, literal))?;
                Ok(match (operator, literal) {
                    // No value of a list is null.
                    (Comparison::Eq, Literal::Null) => Filter::Nothing,
                    _ if implies_presence(&condition) => condition,
                    _ => Filter::all([Filter::Present(Target::Slot(list.slot)), condition]),
                })
            }
            (Some(Expression::Present(path)), Question::Present) if is_value(path) => {
                self.slot(list.slot, Question::Present)
            }
            (Some(_), _) => self.refuse(format!(
                "expected one comparison of `value` in the brackets of `{}`, and none behind them",
                list.path
            )),
        }
    }

    /// A list, with or without brackets, with or without a sub-attribute.
    pub(super) fn list<'a>(
        &self,
        multi: &Multi,
        path: &AttrPath<'a>,
        question: Question<'_, 'a>,
    ) -> Result<Filter<'a>, ScimError> {
        let brackets = path.filter.as_ref();
        let only = match brackets.and_then(Brackets::only_type) {
            None => None,
            Some(kind) => match multi.element_named(kind) {
                Some(row) => Some(row),
                None => {
                    let detail = format!("`{}` has no elements of that type here", multi.path);
                    return self.refuse(detail);
                }
            },
        };
        let sub = match (path.sub_attribute, question) {
            (Some(sub), _) => Some(sub),
            (None, Question::Present) => None,
            // RFC 7644 §3.4.2.2: the attribute alone means its `value`.
            (None, Question::Compare(..)) => Some("value"),
        };
        // The commonest by far: `emails[type eq "work"].value`.
        if let (Some(row), Some(sub)) = (only, sub)
            && multi.sub_named(sub).is_some()
        {
            return self.element_attribute(multi, row, sub, question);
        }
        let negative = matches!(question, Question::Compare(Comparison::Ne, _));
        let mut branches = Vec::with_capacity(multi.elements.len());
        for row in 0..multi.elements.len() {
            let condition = match brackets {
                Some(brackets) => self.in_element(multi, row, &brackets.condition())?,
                None => Filter::Everything,
            };
            let Some(sub) = sub else {
                branches.push((
                    existing(multi, row, condition),
                    Filter::Everything,
                    Filter::Nothing,
                ));
                continue;
            };
            let leaf = self.element_attribute(multi, row, sub, question)?;
            let column = multi.sub_named(sub);
            let there = match column.and_then(|column| multi.slot(row, column)) {
                Some(slot) => Filter::Present(Target::Slot(slot)),
                None if column.is_some() => Filter::Nothing,
                None => exists(multi, row),
            };
            if condition != Filter::Nothing && (column.is_none() || there != Filter::Nothing) {
                branches.push((condition, leaf, there));
            }
        }
        if negative && (branches.len() > 1 || brackets.is_some()) {
            // Any of the elements that are meant differs, or none is meant.
            let meant = branches
                .iter()
                .map(|(condition, _, there)| Filter::all([there.clone(), condition.clone()]));
            let none = Filter::any(meant).negation();
            let differing = branches
                .into_iter()
                .map(|(condition, differs, there)| Filter::all([there, condition, differs]));
            return Ok(Filter::any(differing.chain([none])));
        }
        // `type` and `primary` are known of elements that are not there: ask that they are.
        let known = sub.is_some_and(|sub| multi.sub_named(sub).is_none());
        Ok(Filter::any(branches.into_iter().map(|(condition, leaf, there)| {
            let meets = Filter::all([condition, leaf]);
            if known && !implies_presence(&meets) { Filter::all([there, meets]) } else { meets }
        })))
    }

    /// What brackets mean for the element in that row, if it is there.
    pub(in crate::scim) fn in_element<'a>(
        &self,
        multi: &Multi,
        row: usize,
        brackets: &Expression<'a>,
    ) -> Result<Filter<'a>, ScimError> {
        let each = |parts: &[Expression<'a>]| {
            let parts = parts.iter().map(|part| self.in_element(multi, row, part));
            parts.collect::<Result<Vec<_>, _>>()
        };
        let (path, question) = match brackets {
            Expression::Or(parts) => return Ok(Filter::any(each(parts)?)),
            Expression::And(parts) => return Ok(Filter::all(each(parts)?)),
            Expression::Not(inner) => return Ok(self.in_element(multi, row, inner)?.negation()),
            Expression::Compare { path, operator, literal } => {
                (path, Question::Compare(*operator, literal))
            }
            Expression::Present(path) | Expression::Element(path) => (path, Question::Present),
        };
        if path.schema.is_some() || path.sub_attribute.is_some() || path.filter.is_some() {
            return self
                .refuse(format!("expected a sub-attribute in the brackets of `{}`", multi.path));
        }
        self.element_attribute(multi, row, path.attribute, question)
    }

    fn element_attribute<'a>(
        &self,
        multi: &Multi,
        row: usize,
        sub: &str,
        question: Question<'_, 'a>,
    ) -> Result<Filter<'a>, ScimError> {
        if let Some(column) = multi.sub_named(sub) {
            return match (multi.slot(row, column), question) {
                (Some(slot), question) => self.slot(slot, question),
                // This element never has one, but what others have says what can be asked.
                (None, Question::Compare(operator, literal)) => {
                    let other = (0..multi.elements.len()).find_map(|row| multi.slot(row, column));
                    if let Some(slot) = other {
                        self.slot(slot, question)?;
                    }
                    let equal = *literal == Literal::Null;
                    Ok(constant(match operator {
                        Comparison::Eq => equal,
                        Comparison::Ne => !equal,
                        _ => false,
                    }))
                }
                (None, Question::Present) => Ok(Filter::Nothing),
            };
        }
        if sub.eq_ignore_ascii_case("type") {
            let Question::Compare(operator, literal) = question else {
                return Ok(Filter::Everything);
            };
            let kind = multi.elements.get(row).map_or("", |element| &element.kind);
            let value = self.literal(Type::String, operator, literal, "type")?;
            return Ok(constant(match value {
                Some(value) => compare(&Value::text(kind), operator, &value, false),
                None => operator == Comparison::Ne,
            }));
        }
        if sub.eq_ignore_ascii_case("primary") {
            let primary = primary(multi, row);
            let Question::Compare(operator, literal) = question else { return Ok(primary) };
            let value = self.literal(Type::Boolean, operator, literal, "primary")?;
            let wanted = value == Some(Value::Boolean(true));
            let negative = operator == Comparison::Ne;
            return Ok(if wanted == negative { primary.negation() } else { primary });
        }
        self.refuse(format!(
            "`{}.{}` is not an attribute that can be searched here",
            multi.path,
            Named(sub)
        ))
    }
}

/// That the element in that row is there.
fn exists<'a>(multi: &Multi, row: usize) -> Filter<'a> {
    let slots = multi.elements.get(row).map(|element| element.slots).unwrap_or_default();
    Filter::any(slots.iter().map(|slot| Filter::Present(Target::Slot(slot))))
}

/// That the element in that row is there and none before it.
fn primary<'a>(multi: &Multi, row: usize) -> Filter<'a> {
    let earlier = (0..row).map(|before| exists(multi, before).negation());
    Filter::all(std::iter::once(exists(multi, row)).chain(earlier))
}

/// That the element in that row is there and meets the condition.
pub(in crate::scim) fn existing<'a>(
    multi: &Multi,
    row: usize,
    condition: Filter<'a>,
) -> Filter<'a> {
    if implies_presence(&condition) {
        condition
    } else {
        Filter::all([exists(multi, row), condition])
    }
}

fn implies_presence(condition: &Filter<'_>) -> bool {
    match condition {
        Filter::Nothing | Filter::Present(_) => true,
        Filter::Compare { operator, .. } => *operator != Comparison::Ne,
        Filter::All(parts) => parts.iter().any(implies_presence),
        Filter::Any(parts) => parts.iter().all(implies_presence),
        Filter::Everything | Filter::Not(_) => false,
    }
}
