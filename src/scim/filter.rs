//! Filters (RFC 7644 §3.4.2.2) over slots: what a search asks for, resolved against a resource.
//!
//! Names, list elements and types are settled when a filter is read. What is left are comparisons
//! of single slots under `and`, `or` and `not`, which an upstream can be asked and a document can be
//! held against. The logic has two values: `ne` is true on an absent attribute, every other
//! comparison is false there, and `not` inverts.

mod matching;
mod resolve;

use std::fmt;

pub use super::expression::Comparison;
pub(super) use matching::compare;
pub(super) use resolve::{Resolver, existing, is_value};

use super::error::{ScimError, ScimType};
use super::expression::{Mistake, Parser};
use super::json::Quoted;
use super::profile::Profile;
use super::resource::Resource;
use super::slots::{SlotIndex, SlotSet};
use crate::logic::Formula;
use crate::value::Value;

/// The longest filter that is read, in bytes.
pub const MAX_LENGTH: usize = 4096;

/// What a comparison looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A slot.
    Slot(SlotIndex),
    /// The resource's id, which is compared letter for letter (RFC 7643 §3.1).
    Id,
}

/// A filter.
pub type Filter<'a> = Formula<Criterion<'a>>;

/// What a filter asks of one slot.
#[derive(Clone, Debug, PartialEq)]
pub enum Criterion<'a> {
    /// A comparison with a value of the slot's type.
    Compare {
        /// What is compared.
        target: Target,
        /// How.
        operator: Comparison,
        /// With what; never absent.
        value: Value<'a>,
    },
    /// Something is there.
    Present(Target),
}

impl Criterion<'_> {
    /// What it looks at.
    #[must_use]
    pub const fn target(&self) -> Target {
        match self {
            Self::Compare { target, .. } | Self::Present(target) => *target,
        }
    }

    /// The same, owning its literal.
    #[must_use]
    pub fn into_owned(self) -> Criterion<'static> {
        match self {
            Self::Present(target) => Criterion::Present(target),
            Self::Compare { target, operator, value } => {
                Criterion::Compare { target, operator, value: value.into_owned() }
            }
        }
    }
}

impl<'a> Filter<'a> {
    /// Reads a filter.
    ///
    /// # Errors
    /// `invalidFilter` if it is longer than [`MAX_LENGTH`], nests deeper than
    /// [`MAX_DEPTH`](super::expression::MAX_DEPTH), does not follow the grammar, names what is not
    /// mapped, or compares what cannot be compared in that way.
    pub fn parse(resource: &Resource, text: &'a str, profile: &Profile) -> Result<Self, ScimError> {
        if text.len() > MAX_LENGTH {
            let detail = format!("expected a filter of at most {MAX_LENGTH} bytes");
            return Err(ScimError::new(ScimType::InvalidFilter, detail));
        }
        let resolver = Resolver::new(resource, profile, ScimType::InvalidFilter);
        Parser::new(text, resource.urns(), profile.bare_filter_words).whole_filter(&resolver)
    }

    /// That something is there.
    #[must_use]
    pub const fn present(target: Target) -> Self {
        Self::atom(Criterion::Present(target))
    }

    /// A comparison with a value, which is not absent.
    #[must_use]
    pub const fn compare(target: Target, operator: Comparison, value: Value<'a>) -> Self {
        Self::atom(Criterion::Compare { target, operator, value })
    }

    /// The comparison `slot eq value`, or that nothing is there for an absent value.
    #[must_use]
    pub fn equals(slot: SlotIndex, value: Value<'a>) -> Self {
        let target = Target::Slot(slot);
        if value.is_absent() {
            Self::present(target).negation()
        } else {
            Self::compare(target, Comparison::Eq, value)
        }
    }

    /// The same filter, owning its literals.
    #[must_use]
    pub fn into_owned(self) -> Filter<'static> {
        self.map(Criterion::into_owned)
    }

    /// The slots that it looks at.
    #[must_use]
    pub fn slots(&self) -> SlotSet {
        let slot = |criterion: &Criterion<'_>| match criterion.target() {
            Target::Slot(slot) => Some(slot),
            Target::Id => None,
        };
        self.atoms().filter_map(slot).collect()
    }

    /// The filter as text that [`Filter::parse`] reads back.
    #[must_use]
    pub const fn display<'f>(&'f self, resource: &'f Resource) -> Displayed<'f>
    where
        'a: 'f,
    {
        Displayed { filter: self, resource }
    }
}

impl From<Mistake> for ScimError {
    fn from(mistake: Mistake) -> Self {
        Self::new(ScimType::InvalidFilter, format!("the filter is malformed: {mistake}"))
    }
}

/// A filter with the resource that knows its slots' paths; see [`Filter::display`].
#[derive(Clone, Copy, Debug)]
pub struct Displayed<'f> {
    filter: &'f Filter<'f>,
    resource: &'f Resource,
}

impl Displayed<'_> {
    fn target(&self, target: Target) -> &str {
        match target {
            Target::Slot(slot) => &self.resource.slot(slot).path,
            Target::Id => "id",
        }
    }

    fn criterion(&self, this: &Criterion<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match this {
            Criterion::Present(target) => write!(f, "{} pr", self.target(*target)),
            Criterion::Compare { target, operator, value } => {
                write!(f, "{} {operator} ", self.target(*target))?;
                match value {
                    // A literal is never a list.
                    Value::Absent | Value::List(_) => f.write_str("null"),
                    Value::Text(text) | Value::DateTime(text) => write!(f, "{}", Quoted(text)),
                    Value::Integer(number) => write!(f, "{number}"),
                    Value::Decimal(text) => f.write_str(text),
                    Value::Boolean(truth) => write!(f, "{truth}"),
                }
            }
        }
    }
}

impl fmt::Display for Displayed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.filter.constant() {
            // Every resource has an id.
            Some(true) => f.write_str("id pr"),
            Some(false) => f.write_str("not (id pr)"),
            None => self.filter.view().write(f, &|criterion, f| self.criterion(criterion, f)),
        }
    }
}

#[cfg(test)]
mod tests;
