//! A resource as a flat table of values, one per slot: what is read from and printed as SCIM JSON.
//!
//! Nothing that is not mapped has a place in it, so nothing that is not mapped can slip through.

mod coerce;
mod complex;
mod cursor;
mod list;
mod name;
mod printing;
mod projection;
mod reading;
mod unmapped;
mod values;

pub use printing::{Head, location};
pub use projection::Projection;
pub use unmapped::UnmappedPaths;

pub(super) use coerce::Wrong;
pub(super) use cursor::{Cursor, Token};
pub(super) use name::whole_name;
pub(super) use reading::{Body, Reader, read_only, utf_8};
pub(super) use values::{MAX_VALUES, to_front};

use super::error::ScimError;
use super::profile::Profile;
use super::resource::Resource;
use super::slots::{SlotIndex, SlotSet};
use crate::value::{Table, Value};

/// The values of one resource, by slot.
#[derive(Clone, Debug, PartialEq)]
pub struct Document<'a> {
    values: Table<'a>,
}

impl<'a> Document<'a> {
    /// A document in which nothing is there.
    #[must_use]
    pub fn empty(resource: &Resource) -> Self {
        Self { values: Table::empty(resource.slots().len()) }
    }

    /// The value of a slot.
    #[must_use]
    pub fn value(&self, slot: SlotIndex) -> &Value<'a> {
        self.values.value(slot.position())
    }

    /// Puts a value into a slot.
    pub fn put(&mut self, slot: SlotIndex, value: Value<'a>) {
        self.values.put(slot.position(), value);
    }

    /// Takes the value out of a slot.
    pub fn take(&mut self, slot: SlotIndex) -> Value<'a> {
        self.values.take(slot.position())
    }

    /// The slots in which something is there.
    #[must_use]
    pub fn filled(&self) -> SlotSet {
        SlotSet::where_true(self.values.values().iter().map(|value| !value.is_absent()))
    }

    /// A view of the same document that borrows from this one.
    #[must_use]
    pub fn borrowed(&self) -> Document<'_> {
        Document { values: self.values.borrowed() }
    }

    /// The same document, owning its characters.
    #[must_use]
    pub fn into_owned(self) -> Document<'static> {
        Document { values: self.values.into_owned() }
    }

    /// Reads a resource from the body of a POST or PUT.
    ///
    /// What only the server sets (`id`, `meta`, `groups`, read-only slots) is ignored (RFC 7644
    /// §3.3, §3.5.1); `password` is dropped. A value of the wrong type leaves its slot absent and is
    /// listed in [`Parsed::invalid`]: whether the request is refused is the caller's to decide.
    ///
    /// # Errors
    /// `invalidSyntax` if the body is no resource of this type, or holds what is not mapped and the
    /// profile does not ignore that; `invalidValue` for what no profile can make sense of.
    pub fn from_json(
        resource: &Resource,
        body: &'a [u8],
        profile: &Profile,
    ) -> Result<Parsed<'a>, ScimError> {
        let mut reader = Reader::new(resource, profile, Body::Resource);
        reader.read_resource(body)?;
        let composed_name = name::composed(resource, &reader.document, body);
        Ok(Parsed {
            composed_name,
            document: reader.document,
            mentioned: reader.mentioned,
            unmapped: reader.unmapped,
            invalid: reader.invalid,
        })
    }
}

/// What was read from a request's body.
#[derive(Clone, Debug)]
pub struct Parsed<'a> {
    /// The values.
    pub document: Document<'a>,
    /// The slots that the request states, also as `null` or with an unusable value; of a list that
    /// is given, all of its slots.
    pub mentioned: SlotSet,
    /// What the request holds and the mapping does not.
    pub unmapped: UnmappedPaths,
    /// The values that are not of their attribute's type.
    pub invalid: Vec<Invalid>,
    /// The full name that the request's parts make, where only `name.formatted` is mapped and the
    /// request does not say it.
    pub composed_name: Option<(SlotIndex, String)>,
}

/// How many unmapped paths are listed.
pub const MAX_UNMAPPED: usize = 32;

/// A value that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// Where it should have gone.
    pub slot: SlotIndex,
    /// What was expected.
    pub error: ScimError,
}

#[cfg(test)]
mod tests;
