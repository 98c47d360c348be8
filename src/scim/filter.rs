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

/// A filter. [`Filter::all`], [`Filter::any`] and [`Filter::negation`] keep it simple: no nesting of
/// the same kind, no constants below the top.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter<'a> {
    /// True of every resource.
    Everything,
    /// True of none.
    Nothing,
    /// True if all of them are; two or more.
    All(Vec<Filter<'a>>),
    /// True if any of them is; two or more.
    Any(Vec<Filter<'a>>),
    /// True if it is not.
    Not(Box<Filter<'a>>),
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

    /// The conjunction of these.
    #[must_use]
    pub fn all(filters: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(filters.into_iter().collect(), true)
    }

    /// The disjunction of these.
    #[must_use]
    pub fn any(filters: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(filters.into_iter().collect(), false)
    }

    /// The parts under one `and`, or one `or`: a constant decides or is left out, and what is joined
    /// in the same way is taken apart.
    fn joined(mut parts: Vec<Self>, is_and: bool) -> Self {
        let mut is_simple = true;
        for part in &parts {
            match (part, is_and) {
                (Self::Nothing, true) => return Self::Nothing,
                (Self::Everything, false) => return Self::Everything,
                (Self::Everything | Self::All(_), true) | (Self::Nothing | Self::Any(_), false) => {
                    is_simple = false;
                }
                _ => {}
            }
        }
        if !is_simple {
            let mut flat = Vec::with_capacity(parts.len() + 4);
            for part in parts {
                match (part, is_and) {
                    (Self::Everything | Self::Nothing, _) => {}
                    (Self::All(inner), true) | (Self::Any(inner), false) => flat.extend(inner),
                    (other, _) => flat.push(other),
                }
            }
            parts = flat;
        }
        match (parts.len(), is_and) {
            (0, true) => Self::Everything,
            (0, false) => Self::Nothing,
            (1, _) => parts.swap_remove(0),
            (_, true) => Self::All(parts),
            (_, false) => Self::Any(parts),
        }
    }

    /// The opposite.
    #[must_use]
    pub fn negation(self) -> Self {
        match self {
            Self::Everything => Self::Nothing,
            Self::Nothing => Self::Everything,
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// The comparison `slot eq value`, or that nothing is there for an absent value.
    #[must_use]
    pub fn equals(slot: SlotIndex, value: Value<'a>) -> Self {
        let target = Target::Slot(slot);
        if value.is_absent() {
            Self::Present(target).negation()
        } else {
            Self::Compare { target, operator: Comparison::Eq, value }
        }
    }

    /// The same filter, owning its literals.
    #[must_use]
    pub fn into_owned(self) -> Filter<'static> {
        let owned = |parts: Vec<Self>| parts.into_iter().map(Self::into_owned).collect();
        match self {
            Self::Everything => Filter::Everything,
            Self::Nothing => Filter::Nothing,
            Self::All(parts) => Filter::All(owned(parts)),
            Self::Any(parts) => Filter::Any(owned(parts)),
            Self::Not(inner) => Filter::Not(Box::new(inner.into_owned())),
            Self::Compare { target, operator, value } => {
                Filter::Compare { target, operator, value: value.into_owned() }
            }
            Self::Present(target) => Filter::Present(target),
        }
    }

    /// The slots that it looks at.
    #[must_use]
    pub fn slots(&self) -> SlotSet {
        match self {
            Self::Everything | Self::Nothing => SlotSet::EMPTY,
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().fold(SlotSet::EMPTY, |set, part| set.union(part.slots()))
            }
            Self::Not(inner) => inner.slots(),
            Self::Compare { target, .. } | Self::Present(target) => match target {
                Target::Slot(slot) => SlotSet::of(*slot),
                Target::Id => SlotSet::EMPTY,
            },
        }
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

    fn join(&self, f: &mut fmt::Formatter<'_>, parts: &[Filter<'_>], word: &str) -> fmt::Result {
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                write!(f, " {word} ")?;
            }
            let shown = part.display(self.resource);
            match part {
                Filter::All(_) | Filter::Any(_) => write!(f, "({shown})")?,
                _ => write!(f, "{shown}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Displayed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.filter {
            // Every resource has an id.
            Filter::Everything => f.write_str("id pr"),
            Filter::Nothing => f.write_str("not (id pr)"),
            Filter::All(parts) => self.join(f, parts, "and"),
            Filter::Any(parts) => self.join(f, parts, "or"),
            Filter::Not(inner) => write!(f, "not ({})", inner.display(self.resource)),
            Filter::Present(target) => write!(f, "{} pr", self.target(*target)),
            Filter::Compare { target, operator, value } => {
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

#[cfg(test)]
mod tests;
