//! From names to slots: what an expression means for one resource.
//!
//! A list becomes one branch for each of its elements. `type` is known there, `primary` is the
//! first element that is filled, because that is how a list is printed.

use super::super::error::{Named, ScimError, ScimType};
use super::super::expression::{Assemble, Comparison, Expression, Literal};
use super::super::instant::instant;
use super::super::json::is_number;
use super::super::path::{AttrPath, Brackets};
use super::super::profile::Profile;
use super::super::resource::{Found, List, ListPart, Multi, Resource};
use super::super::schema::AttributeType;
use super::super::slots::SlotIndex;
use super::matching::compare;
use super::{Filter, Target};
use crate::value::{Text, Type, Value};

/// The one name that Entra ID's connection test asks for.
const PLACEHOLDER: &str = "PLACEHOLDER";

/// What is asked of an attribute.
#[derive(Clone, Copy)]
enum Question<'q, 'a> {
    Present,
    Compare(Comparison, &'q Literal<'a>),
}

/// Says what the parts of a filter mean for one resource.
#[derive(Clone, Copy, Debug)]
pub(in crate::scim) struct Resolver<'r> {
    resource: &'r Resource,
    profile: &'r Profile,
    /// What a refusal is called: `invalidFilter`, or `invalidPath` in a path's brackets.
    kind: ScimType,
}

impl<'a> Assemble<'a> for Resolver<'_> {
    type Whole = Filter<'a>;
    type Error = ScimError;

    fn compare(
        &self,
        path: AttrPath<'a>,
        operator: Comparison,
        literal: Literal<'a>,
    ) -> Result<Filter<'a>, ScimError> {
        self.attribute(&path, Question::Compare(operator, &literal))
    }

    fn present(&self, path: AttrPath<'a>) -> Result<Filter<'a>, ScimError> {
        self.attribute(&path, Question::Present)
    }

    fn element(&self, path: AttrPath<'a>) -> Result<Filter<'a>, ScimError> {
        self.attribute(&path, Question::Present)
    }

    fn all(&self, parts: Vec<Filter<'a>>) -> Filter<'a> {
        Filter::all(parts)
    }

    fn any(&self, parts: Vec<Filter<'a>>) -> Filter<'a> {
        Filter::any(parts)
    }

    fn negation(&self, part: Filter<'a>) -> Filter<'a> {
        part.negation()
    }
}

impl<'r> Resolver<'r> {
    pub(in crate::scim) fn new(
        resource: &'r Resource,
        profile: &'r Profile,
        kind: ScimType,
    ) -> Self {
        Self { resource, profile, kind }
    }

    #[cold]
    fn refuse<T>(&self, detail: String) -> Result<T, ScimError> {
        Err(ScimError::new(self.kind, detail))
    }

    fn attribute<'a>(
        &self,
        path: &AttrPath<'a>,
        question: Question<'_, 'a>,
    ) -> Result<Filter<'a>, ScimError> {
        let found = self.resource.find(path);
        // As nearly always.
        if let (Found::Slot(slot), None) = (found, &path.filter) {
            return self.slot(slot, question);
        }
        if path.filter.is_some() && !matches!(found, Found::Multi(..) | Found::List(..)) {
            return match found {
                Found::Unknown | Found::Unmapped => self.unknown(path),
                _ => self.refuse(format!("`{}` is not a list", Named(path.attribute))),
            };
        }
        // RFC 7643 §2.5: null is that nothing is there, of all that the path means.
        if let Question::Compare(operator @ (Comparison::Eq | Comparison::Ne), Literal::Null) =
            question
            && matches!(found, Found::Complex(_) | Found::Multi(..))
        {
            let there = self.attribute(path, Question::Present)?;
            return Ok(if operator == Comparison::Eq { there.negation() } else { there });
        }
        match (found, question) {
            (Found::Id, Question::Present) => Ok(Filter::Everything),
            (Found::Id, Question::Compare(operator, literal)) => {
                let value = self.literal(Type::String, operator, literal, "id")?;
                Ok(comparison(Target::Id, operator, value))
            }
            (Found::ResourceType, question) => self.resource_type(question),
            (Found::Slot(slot), question) => self.slot(slot, question),
            (Found::Complex(complex), Question::Present) => Ok(Filter::any(
                complex.slots.iter().map(|slot| Filter::Present(Target::Slot(slot))),
            )),
            (Found::Complex(complex), question) => match complex.value() {
                Some(slot) => self.slot(slot, question),
                None => self.refuse(format!(
                    "`{}` has no value of its own; compare one of its sub-attributes",
                    Named(path.attribute)
                )),
            },
            (Found::Multi(multi, _), question) => self.list(multi, path, question),
            (Found::List(list, ListPart::Whole | ListPart::Values), question) => {
                self.values(list, path.filter.as_ref(), question)
            }
            (Found::Unknown, Question::Compare(Comparison::Eq, _))
                if self.profile.placeholder_filter
                    && path.attribute == PLACEHOLDER
                    && path.schema.is_none()
                    && path.sub_attribute.is_none() =>
            {
                Ok(Filter::Nothing)
            }
            _ => self.unknown(path),
        }
    }

    fn unknown<T>(&self, path: &AttrPath<'_>) -> Result<T, ScimError> {
        let bare = AttrPath { filter: None, ..path.clone() }.to_string();
        self.refuse(format!("`{}` is not an attribute that can be searched here", Named(&bare)))
    }

    fn resource_type<'a>(&self, question: Question<'_, 'a>) -> Result<Filter<'a>, ScimError> {
        let Question::Compare(operator, literal) = question else { return Ok(Filter::Everything) };
        let value = self.literal(Type::String, operator, literal, "meta.resourceType")?;
        let own = Value::text(self.resource.definition().name);
        let truth = match value {
            Some(value) => compare(&own, operator, &value, true),
            None => operator == Comparison::Ne,
        };
        Ok(constant(truth))
    }

    fn slot<'a>(
        &self,
        slot: SlotIndex,
        question: Question<'_, 'a>,
    ) -> Result<Filter<'a>, ScimError> {
        let target = Target::Slot(slot);
        let Question::Compare(operator, literal) = question else {
            return Ok(Filter::Present(target));
        };
        let definition = self.resource.slot(slot);
        // RFC 7644 §3.4.2.2: boolean and binary attributes have no order.
        if definition.attribute_type == AttributeType::Binary
            && matches!(operator, Comparison::Gt | Comparison::Ge | Comparison::Lt | Comparison::Le)
        {
            return self
                .refuse(format!("`{}` cannot be compared with `{operator}`", definition.path));
        }
        let value = self.literal(definition.kind, operator, literal, &definition.path)?;
        Ok(comparison(target, operator, value))
    }

    /// A list of values, with or without brackets: true if it is of any of them.
    fn values<'a>(
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
    fn list<'a>(
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

    /// A comparison's literal as a value of that slot; `None` for `null`.
    pub(in crate::scim) fn value_of<'a>(
        &self,
        slot: SlotIndex,
        operator: Comparison,
        literal: &Literal<'a>,
    ) -> Result<Option<Value<'a>>, ScimError> {
        let definition = self.resource.slot(slot);
        self.literal(definition.kind, operator, literal, &definition.path)
    }

    /// A literal as a value of the slot's type; `None` for `null`.
    fn literal<'a>(
        &self,
        kind: Type,
        operator: Comparison,
        literal: &Literal<'a>,
        path: &str,
    ) -> Result<Option<Value<'a>>, ScimError> {
        // Texts are compared in every way.
        if let (Type::String, Literal::Text(text)) = (kind, literal) {
            return Ok(Some(Value::Text(text.clone().into())));
        }
        let textual = matches!(operator, Comparison::Co | Comparison::Sw | Comparison::Ew);
        let equality = matches!(operator, Comparison::Eq | Comparison::Ne);
        let possible = match kind {
            _ if *literal == Literal::Null => equality,
            Type::String => true,
            Type::Boolean => equality,
            Type::Integer | Type::Decimal | Type::DateTime => !textual,
        };
        if !possible {
            return self
                .refuse(format!("`{path}` cannot be compared with `{operator}` in this way"));
        }
        let profile = self.profile;
        let text: &str = match literal {
            Literal::Null => return Ok(None),
            Literal::Text(text) => text,
            Literal::Number(text) | Literal::Bare(text) => text,
            Literal::Boolean(true) => "true",
            Literal::Boolean(false) => "false",
        };
        let quoted = matches!(literal, Literal::Text(_) | Literal::Bare(_));
        let number = || {
            matches!(literal, Literal::Number(_))
                || (quoted && profile.number_strings && is_number(text))
        };
        let characters = || match literal {
            Literal::Text(text) => Text::from(text.clone()),
            Literal::Number(text) | Literal::Bare(text) => Text::of(text),
            _ => Text::owned(text),
        };
        let value = match kind {
            Type::String if quoted || profile.bare_filter_words => Some(Value::Text(characters())),
            Type::Boolean => match literal {
                Literal::Boolean(truth) => Some(Value::Boolean(*truth)),
                _ if quoted && profile.boolean_strings => {
                    let is = |word: &str| text.eq_ignore_ascii_case(word);
                    (is("true") || is("false")).then(|| Value::Boolean(is("true")))
                }
                _ => None,
            },
            Type::Integer if number() => text.parse().ok().map(Value::Integer),
            Type::Decimal if number() => Some(Value::Decimal(characters())),
            Type::DateTime if quoted && instant(text).is_some() => {
                Some(Value::DateTime(characters()))
            }
            _ => None,
        };
        match value {
            Some(value) => Ok(Some(value)),
            None => self.refuse(format!("`{path}` is compared with values of type {kind} only")),
        }
    }
}

/// Whether a path in brackets is an element's `value`.
pub(in crate::scim) fn is_value(path: &AttrPath<'_>) -> bool {
    path.schema.is_none()
        && path.sub_attribute.is_none()
        && path.filter.is_none()
        && path.attribute.eq_ignore_ascii_case("value")
}

const fn constant<'a>(truth: bool) -> Filter<'a> {
    if truth { Filter::Everything } else { Filter::Nothing }
}

fn comparison<'a>(target: Target, operator: Comparison, value: Option<Value<'a>>) -> Filter<'a> {
    match value {
        Some(value) => Filter::Compare { target, operator, value },
        // `eq null` is the absence of any value (RFC 7643 §2.5).
        None if target == Target::Id => constant(operator == Comparison::Ne),
        None if operator == Comparison::Ne => Filter::Present(target),
        None => Filter::Present(target).negation(),
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
