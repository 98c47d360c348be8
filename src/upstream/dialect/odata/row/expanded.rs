//! The row of another collection inside a row, as `$expand` brings it (JSON Format 4.01 §8.3).

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Reading, Trouble, value};
use crate::record::{Expansion, Record};
use crate::value::Type;

/// Fills the fields of a row that another row holds; nothing where there is no other row.
pub(super) struct Expanded<'r, 'e, 'de> {
    pub(super) reading: &'r Reading<'e>,
    pub(super) expansion: &'e Expansion,
    pub(super) record: &'r mut Record<'de>,
}

impl<'de> DeserializeSeed<'de> for Expanded<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Expanded<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another row, or null")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut row: A) -> Result<(), A::Error> {
        while let Some(name) = row.next_key::<Cow<'de, str>>()? {
            let Some(index) = self.expansion.field(&name) else {
                row.next_value::<IgnoredAny>()?;
                continue;
            };
            let raw = row.next_value::<&'de RawValue>()?.get();
            let kind = self.reading.fields.field(index).map_or(Type::String, |field| field.kind);
            let Some(value) = value(raw, kind) else {
                return Err(self.reading.fail(Trouble::Misfit(index)));
            };
            self.record.put(index, value);
        }
        Ok(())
    }
}
