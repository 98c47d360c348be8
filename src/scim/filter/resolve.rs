//! From names to slots: what an expression means for one resource.
//!
//! A list becomes one branch for each of its elements: [`elements`].

mod elements;

pub(in crate::scim) use elements::existing;

use super::super::error::{Named, ScimError, ScimType};
use super::super::expression::{Assemble, Comparison, Literal, Said};
use super::super::instant::instant;
use super::super::json::is_number;
use super::super::path::AttrPath;
use super::super::profile::Profile;
use super::super::resource::{Found, ListPart, Resource};
use super::super::schema::AttributeType;
use super::super::slots::SlotIndex;
use super::matching::compare;
use super::{Criterion, Filter, Target};
use crate::logic::{Group, Joint};
use crate::value::{Text, Type, Value};

/// The one name that Entra ID's connection test asks for.
const PLACEHOLDER: &str = "PLACEHOLDER";

/// Says what the parts of a filter mean for one resource.
#[derive(Clone, Copy, Debug)]
pub(in crate::scim) struct Resolver<'r> {
    resource: &'r Resource,
    profile: &'r Profile,
    /// What a refusal is called: `invalidFilter`, or `invalidPath` in a path's brackets.
    kind: ScimType,
}

impl<'a> Assemble<'a> for Resolver<'_> {
    type Known = SlotIndex;
    type Atom = Criterion<'a>;
    type Error = ScimError;

    fn known(&self, text: &[u8]) -> Option<(SlotIndex, usize)> {
        self.resource.leading_slot(text)
    }

    fn of_known(
        &self,
        slot: SlotIndex,
        said: Said<'a>,
        group: &mut Group<'_, Criterion<'a>>,
    ) -> Result<(), ScimError> {
        self.slot(slot, &said, group)
    }

    fn of_path(
        &self,
        path: AttrPath<'a>,
        said: Said<'a>,
        group: &mut Group<'_, Criterion<'a>>,
    ) -> Result<(), ScimError> {
        self.attribute(&path, &said, group)
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
        said: &Said<'a>,
        group: &mut Group<'_, Criterion<'a>>,
    ) -> Result<(), ScimError> {
        let found = self.resource.find(path);
        if path.filter.is_some() && !matches!(found, Found::Multi(..) | Found::List(..)) {
            return match found {
                Found::Unknown | Found::Unmapped => self.unknown(path),
                _ => self.refuse(format!("`{}` is not a list", Named(path.attribute))),
            };
        }
        // RFC 7643 §2.5: null is that nothing is there, of all that the path means.
        if let Said::Compare(operator @ (Comparison::Eq | Comparison::Ne), Literal::Null) = said
            && matches!(found, Found::Complex(_) | Found::Multi(..))
        {
            if *operator == Comparison::Ne {
                return self.attribute(path, &Said::Present, group);
            }
            return group.negation(|group| self.attribute(path, &Said::Present, group));
        }
        match (found, said) {
            (Found::Id, Said::Present) => group.constant(true),
            (Found::Id, Said::Compare(operator, literal)) => {
                let value = self.literal(Type::String, *operator, literal, "id")?;
                comparison(Target::Id, *operator, value, group);
            }
            (Found::ResourceType, said) => group.constant(self.resource_type(said)?),
            (Found::Slot(slot), said) => return self.slot(slot, said, group),
            (Found::Complex(complex), Said::Present) => group.formula(Filter::any(
                complex.slots.iter().map(|slot| Filter::present(Target::Slot(slot))),
            )),
            (Found::Complex(complex), said) => match complex.value() {
                Some(slot) => return self.slot(slot, said, group),
                None => {
                    return self.refuse(format!(
                        "`{}` has no value of its own; compare one of its sub-attributes",
                        Named(path.attribute)
                    ));
                }
            },
            (Found::Multi(multi, _), said) => {
                group.formula(self.list(multi, path, said)?);
            }
            (Found::List(list, ListPart::Whole | ListPart::Values), said) => {
                group.formula(self.values(list, path.filter.as_ref(), said)?);
            }
            (Found::Unknown, Said::Compare(Comparison::Eq, _))
                if self.profile.placeholder_filter
                    && path.attribute == PLACEHOLDER
                    && path.schema.is_none()
                    && path.sub_attribute.is_none() =>
            {
                group.constant(false);
            }
            _ => return self.unknown(path),
        }
        Ok(())
    }

    fn unknown<T>(&self, path: &AttrPath<'_>) -> Result<T, ScimError> {
        let bare = AttrPath { filter: None, ..path.clone() }.to_string();
        self.refuse(format!("`{}` is not an attribute that can be searched here", Named(&bare)))
    }

    fn resource_type(&self, said: &Said<'_>) -> Result<bool, ScimError> {
        let Said::Compare(operator, literal) = said else { return Ok(true) };
        let value = self.literal(Type::String, *operator, literal, "meta.resourceType")?;
        let own = Value::text(self.resource.definition().name);
        Ok(match value {
            Some(value) => compare(&own, *operator, &value, true),
            None => *operator == Comparison::Ne,
        })
    }

    fn slot<'a>(
        &self,
        slot: SlotIndex,
        said: &Said<'a>,
        group: &mut Group<'_, Criterion<'a>>,
    ) -> Result<(), ScimError> {
        let target = Target::Slot(slot);
        let Said::Compare(operator, literal) = said else {
            group.atom(Criterion::Present(target));
            return Ok(());
        };
        let (operator, definition) = (*operator, self.resource.slot(slot));
        // Texts are compared in every way.
        if let (AttributeType::String, Type::String, Literal::Text(text)) =
            (definition.attribute_type, definition.kind, literal)
        {
            let value = Value::Text(text.clone().into());
            group.atom(Criterion::Compare { target, operator, value });
            return Ok(());
        }
        // RFC 7644 §3.4.2.2: boolean and binary attributes have no order.
        if definition.attribute_type == AttributeType::Binary
            && matches!(operator, Comparison::Gt | Comparison::Ge | Comparison::Lt | Comparison::Le)
        {
            return self
                .refuse(format!("`{}` cannot be compared with `{operator}`", definition.path));
        }
        let value = self.literal(definition.kind, operator, literal, &definition.path)?;
        comparison(target, operator, value, group);
        Ok(())
    }

    /// The same as a filter of its own.
    fn of_slot<'a>(&self, slot: SlotIndex, said: &Said<'a>) -> Result<Filter<'a>, ScimError> {
        Filter::written(Joint::And, |group| self.slot(slot, said, group))
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

fn comparison<'a>(
    target: Target,
    operator: Comparison,
    value: Option<Value<'a>>,
    group: &mut Group<'_, Criterion<'a>>,
) {
    match (value, operator) {
        (Some(value), operator) => group.atom(Criterion::Compare { target, operator, value }),
        // `eq null` is the absence of any value (RFC 7643 §2.5).
        (None, operator) if target == Target::Id => group.constant(operator == Comparison::Ne),
        (None, Comparison::Ne) => group.atom(Criterion::Present(target)),
        (None, _) => group.formula(Filter::present(target).negation()),
    }
}
