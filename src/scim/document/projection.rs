//! `attributes` and `excludedAttributes` (RFC 7644 §3.9): which slots are printed.

use super::super::error::{ScimError, ScimType};
use super::super::resource::Resource;
use super::super::slots::SlotSet;

pub(super) const META_RESOURCE_TYPE: u8 = 1;
pub(super) const META_LOCATION: u8 = 2;
pub(super) const META_VERSION: u8 = 4;
const META_ALL: u8 = META_RESOURCE_TYPE | META_LOCATION | META_VERSION;

/// Which parts of a resource are printed. `id` and `schemas` always are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Projection {
    pub(super) slots: SlotSet,
    pub(super) meta: u8,
}

impl Projection {
    /// Everything that is returned by default.
    #[must_use]
    pub const fn all() -> Self {
        Self { slots: SlotSet::FULL, meta: META_ALL }
    }

    /// The projection that a request asks for, by comma-separated names. Names that nothing is
    /// mapped to are ignored.
    ///
    /// # Errors
    /// `invalidValue` if both are given: they exclude each other.
    pub fn parse(
        resource: &Resource,
        attributes: Option<&str>,
        excluded: Option<&str>,
    ) -> Result<Self, ScimError> {
        let given = |list: Option<&str>| list.is_some_and(|list| !list.trim().is_empty());
        match (given(attributes), given(excluded)) {
            (true, true) => Err(ScimError::new(
                ScimType::InvalidValue,
                "expected `attributes` or `excludedAttributes`, found both",
            )),
            (true, false) => {
                let named = Self::named(resource, attributes.unwrap_or_default());
                Ok(Self { slots: named.slots.union(resource.always), ..named })
            }
            (false, true) => {
                let named = Self::named(resource, excluded.unwrap_or_default());
                let slots = SlotSet::FULL.difference(named.slots.difference(resource.always));
                Ok(Self { slots, meta: META_ALL & !named.meta })
            }
            (false, false) => Ok(Self::all()),
        }
    }

    /// Whether every slot is kept.
    #[must_use]
    pub fn is_all(&self) -> bool {
        *self == Self::all()
    }

    /// The slots that are kept.
    #[must_use]
    pub const fn slots(&self) -> SlotSet {
        self.slots
    }

    fn named(resource: &Resource, list: &str) -> Self {
        let mut named = Self { slots: SlotSet::EMPTY, meta: 0 };
        for name in list.split(',').map(str::trim) {
            named.meta |= meta(name);
            named.slots = named.slots.union(resource.attribute_slots(name));
        }
        named
    }
}

fn meta(name: &str) -> u8 {
    [
        ("meta", META_ALL),
        ("meta.resourceType", META_RESOURCE_TYPE),
        ("meta.location", META_LOCATION),
        ("meta.version", META_VERSION),
    ]
    .into_iter()
    .find(|(known, _)| known.eq_ignore_ascii_case(name))
    .map_or(0, |(_, bits)| bits)
}
