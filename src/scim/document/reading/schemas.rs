//! A body's `schemas`: which of them are known here.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};

use super::Reader;
use crate::scim::document::coerce::Text;

/// What the body's `schemas` say.
#[derive(Default)]
pub(super) struct Schemas {
    pub(super) base: bool,
    pub(super) version_1: bool,
    pub(super) unknown: bool,
}

/// Reads `schemas`.
pub(super) struct SchemasSeed<'x, 'r, 'de>(pub(super) &'x mut Reader<'r, 'de>);

impl SchemasSeed<'_, '_, '_> {
    fn note(&mut self, urn: &str) {
        let resource = self.0.resource;
        let seen = &mut self.0.schemas;
        match resource.shape(Some(urn)) {
            Some(shape) if std::ptr::eq(shape, resource.core()) => seen.base = true,
            Some(_) => {}
            None if urn.eq_ignore_ascii_case("urn:scim:schemas:core:1.0") => seen.version_1 = true,
            None => seen.unknown = true,
        }
    }
}

impl<'de> DeserializeSeed<'de> for SchemasSeed<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for SchemasSeed<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of URNs")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(urn) = list.next_element_seed(Text)? {
            match urn {
                Some(urn) => self.note(&urn),
                None => return Err(A::Error::custom("a URN")),
            }
        }
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(mut self, urn: &str) -> Result<(), E> {
        if !self.0.profile.scim1_schemas {
            return Err(E::custom("a list"));
        }
        self.note(urn);
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
