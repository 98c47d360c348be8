//! Lists in filters: one branch for each element.
//!
//! `type` is known there, `primary` is the first element that is filled, because that is how a list
//! is printed.

use super::super::super::error::{Named, ScimError};
use super::super::super::expression::{AttrExp, Comparison, Expression, Literal, Said};
use super::super::super::path::{AttrPath, Brackets};
use super::super::super::resource::{List, Multi};
use super::super::matching::compare;
use super::super::{Criterion, Filter, Target};
use super::{Resolver, is_value};
use crate::logic::View;
use crate::value::{Type, Value};

impl Resolver<'_> {
    /// A list of values, with or without brackets: true if it is of any of them.
    pub(super) fn values<'a>(
        &self,
        list: &List,
        brackets: Option<&Brackets<'a>>,
        said: &Said<'a>,
    ) -> Result<Filter<'a>, ScimError> {
        let Some(condition) = brackets.map(Brackets::condition) else {
            return self.of_slot(list.slot, said);
        };
        match (condition.only_atom(), said) {
            // Of one element: what asks for two things of it cannot be told from two elements.
            (Some(AttrExp { path, said }), Said::Present) if is_value(path) => {
                let condition = self.of_slot(list.slot, said)?;
                Ok(match said {
                    // No value of a list is null.
                    Said::Compare(Comparison::Eq, Literal::Null) => Filter::FALSE,
                    _ if implies_presence(&condition) => condition,
                    _ => Filter::all([Filter::present(Target::Slot(list.slot)), condition]),
                })
            }
            _ => self.refuse(format!(
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
        said: &Said<'a>,
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
        let sub = match (path.sub_attribute, said) {
            (Some(sub), _) => Some(sub),
            (None, Said::Present) => None,
            // RFC 7644 §3.4.2.2: the attribute alone means its `value`.
            (None, Said::Compare(..)) => Some("value"),
        };
        // The commonest by far: `emails[type eq "work"].value`.
        if let (Some(row), Some(sub)) = (only, sub)
            && multi.sub_named(sub).is_some()
        {
            return self.element_attribute(multi, row, sub, said);
        }
        let negative = matches!(said, Said::Compare(Comparison::Ne, _));
        let mut branches = Vec::with_capacity(multi.elements.len());
        for row in 0..multi.elements.len() {
            let condition = match brackets {
                Some(brackets) => self.in_element(multi, row, &brackets.condition())?,
                None => Filter::TRUE,
            };
            let Some(sub) = sub else {
                branches.push((existing(multi, row, condition), Filter::TRUE, Filter::FALSE));
                continue;
            };
            let leaf = self.element_attribute(multi, row, sub, said)?;
            let column = multi.sub_named(sub);
            let there = match column.and_then(|column| multi.slot(row, column)) {
                Some(slot) => Filter::present(Target::Slot(slot)),
                None if column.is_some() => Filter::FALSE,
                None => exists(multi, row),
            };
            if condition != Filter::FALSE && (column.is_none() || there != Filter::FALSE) {
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
        brackets.view().substitute(&mut |AttrExp { path, said }| {
            if path.schema.is_some() || path.sub_attribute.is_some() || path.filter.is_some() {
                let list = &multi.path;
                return self
                    .refuse(format!("expected a sub-attribute in the brackets of `{list}`"));
            }
            self.element_attribute(multi, row, path.attribute, said)
        })
    }

    fn element_attribute<'a>(
        &self,
        multi: &Multi,
        row: usize,
        sub: &str,
        said: &Said<'a>,
    ) -> Result<Filter<'a>, ScimError> {
        if let Some(column) = multi.sub_named(sub) {
            return match (multi.slot(row, column), said) {
                (Some(slot), said) => self.of_slot(slot, said),
                // This element never has one, but what others have says what can be asked.
                (None, Said::Compare(operator, literal)) => {
                    let other = (0..multi.elements.len()).find_map(|row| multi.slot(row, column));
                    if let Some(slot) = other {
                        self.of_slot(slot, said)?;
                    }
                    let equal = *literal == Literal::Null;
                    Ok(Filter::of(match operator {
                        Comparison::Eq => equal,
                        Comparison::Ne => !equal,
                        _ => false,
                    }))
                }
                (None, Said::Present) => Ok(Filter::FALSE),
            };
        }
        if sub.eq_ignore_ascii_case("type") {
            let Said::Compare(operator, literal) = said else {
                return Ok(Filter::TRUE);
            };
            let kind = multi.elements.get(row).map_or("", |element| &element.kind);
            let value = self.literal(Type::String, *operator, literal, "type")?;
            return Ok(Filter::of(match value {
                Some(value) => compare(&Value::text(kind), *operator, &value, false),
                None => *operator == Comparison::Ne,
            }));
        }
        if sub.eq_ignore_ascii_case("primary") {
            let primary = primary(multi, row);
            let Said::Compare(operator, literal) = said else { return Ok(primary) };
            let value = self.literal(Type::Boolean, *operator, literal, "primary")?;
            let wanted = value == Some(Value::Boolean(true));
            let negative = *operator == Comparison::Ne;
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
    Filter::any(slots.iter().map(|slot| Filter::present(Target::Slot(slot))))
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
    fn implies(condition: View<'_, Criterion<'_>>) -> bool {
        match condition {
            View::Constant(truth) => !truth,
            View::Atom(Criterion::Present(_)) => true,
            View::Atom(Criterion::Compare { operator, .. }) => *operator != Comparison::Ne,
            View::All(mut parts) => parts.any(implies),
            View::Any(mut parts) => parts.all(implies),
            View::Not(_) => false,
        }
    }
    implies(condition.view())
}
