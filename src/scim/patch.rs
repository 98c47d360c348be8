//! PATCH (RFC 7644 §3.5.2) in all four dialects: a path with a plain value, a path with
//! `[{"value": …}]`, an object without a path, and an object whose keys are paths themselves.
//!
//! A patch is read whole before anything is looked up: every operation becomes writes to slots,
//! or is refused. Applying it to a document is then all or nothing.

mod apply;
mod compile;
mod message;
mod values;

pub use apply::Applied;

use std::ops::Range;

use super::document::{Body, Invalid, Reader, UnmappedPaths};
use super::error::ScimError;
use super::filter::Filter;
use super::profile::Profile;
use super::resource::Resource;
use super::slots::{SlotIndex, SlotSet};
use crate::value::Value;

/// How many operations one patch may hold.
pub const MAX_OPERATIONS: usize = 1000;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Add,
    Replace,
    Remove,
}

/// A patch that has been read and understood.
#[derive(Clone, Debug)]
pub struct Patch<'a> {
    operations: Vec<Operation>,
    /// What the operations write, one after the other; absent clears.
    writes: Vec<(SlotIndex, Value<'a>)>,
    unmapped: UnmappedPaths,
    invalid: Vec<Invalid>,
}

#[derive(Clone, Debug)]
struct Operation {
    verb: Verb,
    /// Its part of [`Patch::writes`].
    writes: Range<usize>,
    effect: Effect,
}

#[derive(Clone, Debug)]
enum Effect {
    /// The writes are put in place. If the first set is not empty, something must be there already.
    Put {
        existing: SlotSet,
        /// The lists whose first value was sent as the primary one.
        leading: SlotSet,
    },
    /// The values that the writes list are taken out of their lists.
    Take,
    /// The writes go where those values of a list are that meet a condition.
    Values(Box<values::Choice>),
    /// The slots are cleared.
    Clear(SlotSet),
    /// The writes go to the elements of a list that meet a condition.
    Elements(Box<Selection>),
}

#[derive(Clone, Debug)]
struct Selection {
    rows: Vec<Row>,
    /// The row that is made if no element meets its condition.
    fallback: Option<usize>,
}

#[derive(Clone, Debug)]
struct Row {
    /// Whether the element is meant.
    condition: Filter<'static>,
    /// What is cleared in it first.
    clear: SlotSet,
    /// Where the operation's writes go, one by one.
    targets: Vec<Option<SlotIndex>>,
}

impl<'a> Patch<'a> {
    /// Reads a patch.
    ///
    /// # Errors
    /// `invalidSyntax` if the body is no PATCH message; `invalidPath`, `noTarget` or `mutability`
    /// for operations that can never be followed; `invalidValue` where a value is missing. A value
    /// of the wrong type for its slot is no error here: see [`Patch::invalid`].
    pub fn parse(
        resource: &Resource,
        body: &'a [u8],
        profile: &Profile,
    ) -> Result<Self, ScimError> {
        let message = message::read(body, profile)?;
        let mut patch = Self {
            operations: Vec::with_capacity(message.len()),
            writes: Vec::with_capacity(message.len()),
            unmapped: UnmappedPaths::default(),
            invalid: Vec::new(),
        };
        let mut reader = Reader::new(resource, profile, Body::Replacing);
        for sent in &message {
            compile::operation(&mut patch, &mut reader, sent)?;
            // RFC 7644 §3.5.2: one operation that cannot be followed fails all of them, and a later
            // one on the same attribute does not mend it. Of a tolerated client the last word counts.
            if !profile.drop_invalid_optional {
                patch.invalid.append(&mut reader.invalid);
            }
        }
        patch.unmapped = reader.unmapped;
        patch.invalid.append(&mut reader.invalid);
        Ok(patch)
    }

    /// The paths that the patch holds and the mapping does not.
    #[must_use]
    pub const fn unmapped(&self) -> &UnmappedPaths {
        &self.unmapped
    }

    /// The values that are not of their attribute's type; their slots stay as they are.
    #[must_use]
    pub fn invalid(&self) -> &[Invalid] {
        &self.invalid
    }
}

#[cfg(test)]
mod tests;
