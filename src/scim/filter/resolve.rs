//! From names to slots: what an expression means for one resource.
//!
//! A list becomes one branch for each of its elements: [`elements`].

mod elements;

pub(in crate::scim) use elements::existing;

use super::super::error::{Named, ScimError, ScimType};
use super::super::expression::{Assemble, Comparison, Literal};
use super::super::instant::instant;
use super::super::json::is_number;
use super::super::path::AttrPath;
use super::super::profile::Profile;
use super::super::resource::{Found, ListPart, Resource};
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
