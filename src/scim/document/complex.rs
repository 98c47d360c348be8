//! Reading a complex attribute.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::super::resource::Complex;
use super::coerce::{Emptiness, Text, Wrong, from_text};
use super::reading::Reader;
use crate::value::Value;

/// Reads the object of a complex attribute, in every shape that `manager` is sent in.
pub(in crate::scim) struct ComplexSeed<'x, 'r, 'de> {
    pub(in crate::scim) reader: &'x mut Reader<'r, 'de>,
    pub(in crate::scim) complex: &'r Complex,
    /// Whether a list around it was already taken off.
    pub(in crate::scim) inner: bool,
}

impl<'de> ComplexSeed<'_, '_, 'de> {
    /// Takes the id from a `$ref` where there is no `value`: the segment behind the endpoint, of an
    /// absolute or a relative URI (RFC 7643 §2.3.7). Whether there is such a resource is looked at
    /// as for any other id.
    fn refer(self, reference: &str) {
        let endpoint = self.reader.resource.definition().endpoint.trim_start_matches('/');
        let id = reference.rsplit_once('/').and_then(|(before, id)| {
            let behind = before == endpoint || before.strip_suffix(endpoint)?.ends_with('/');
            (behind && !id.is_empty()).then_some(id)
        });
        let id = id.and_then(|id| percent_encoding::percent_decode_str(id).decode_utf8().ok());
        if let (Some(slot), Some(id)) = (self.complex.value(), id)
            && self.reader.document.value(slot).is_absent()
            && !self.reader.invalid.iter().any(|invalid| invalid.slot == slot)
        {
            self.reader.set(slot, Ok(Value::Text(id.into_owned().into())));
        }
    }

    fn text(self, text: Cow<'de, str>) {
        match self.complex.value() {
            Some(slot) if self.reader.profile.wrapped_scalars => {
                let kind = self.reader.resource.slot(slot).kind;
                let read = from_text(text, kind, self.reader.profile);
                self.reader.set(slot, read);
            }
            _ if text.is_empty() && self.reader.profile.empty_string_clears => {
                self.reader.clear(self.complex.slots);
            }
            _ => self.reader.refuse(self.complex.slots, Wrong("a string for the whole object")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for ComplexSeed<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ComplexSeed<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut reference = None;
        while let Some(key) = map.next_key_seed(Text)? {
            let key = key.unwrap_or_default();
            match self.complex.sub(&key) {
                Some(sub) if let Some(slot) = sub.slot => self.reader.value(slot, &mut map)?,
                Some(sub) if self.complex.reference.is_some() && sub.name.as_ref() == "$ref" => {
                    reference = map.next_value_seed(Text)?;
                }
                Some(sub) if sub.ignored => map.next_value::<IgnoredAny>().map(drop)?,
                known => {
                    let empty =
                        map.next_value_seed(Emptiness(self.reader.profile.empty_string_clears))?;
                    if known.is_none() || !empty {
                        self.reader.unmapped(&[&self.complex.path, ".", &key])?;
                    }
                }
            }
        }
        if let Some(reference) = reference {
            self.refer(&reference);
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.reader.clear(self.complex.slots);
        Ok(())
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<(), E> {
        self.text(text.into());
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.text(text.to_owned().into());
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.reader.refuse(self.complex.slots, Wrong("a boolean for the whole object"));
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.reader.refuse(self.complex.slots, Wrong("a number for the whole object"));
        Ok(())
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        self.visit_i64(0)
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        self.visit_i64(0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { reader, complex, inner } = self;
        if inner || !reader.profile.wrapped_scalars {
            let mut empty = true;
            while list.next_element::<IgnoredAny>()?.is_some() {
                empty = false;
            }
            if empty {
                reader.clear(complex.slots);
            } else {
                reader.refuse(complex.slots, Wrong("a list for the whole object"));
            }
            return Ok(());
        }
        let first = ComplexSeed { reader: &mut *reader, complex, inner: true };
        if list.next_element_seed(first)?.is_none() {
            reader.clear(complex.slots);
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}
