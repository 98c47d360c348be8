//! From a JSON value to a slot's type, with the tolerances that the profile grants.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::super::instant::instant;
use super::super::json::is_number;
use super::super::profile::Profile;
use crate::value::{Type, Value};

/// Why a JSON value is none of the slot's type: what was found instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scim) struct Wrong(pub(in crate::scim) &'static str);

/// What is expected of a value of that type.
pub(in crate::scim) const fn expected(kind: Type) -> &'static str {
    match kind {
        Type::String => "a string",
        Type::Integer => "a whole number",
        Type::Decimal => "a number",
        Type::Boolean => "true or false",
        Type::DateTime => "a dateTime such as 2008-01-23T04:56:22Z",
    }
}

/// A text as a value of that type.
pub(in crate::scim) fn from_text<'a>(
    text: Cow<'a, str>,
    kind: Type,
    profile: &Profile,
) -> Result<Value<'a>, Wrong> {
    if text.is_empty()
        && kind != Type::String
        && kind != Type::Boolean
        && profile.empty_string_clears
    {
        return Ok(Value::Absent);
    }
    match kind {
        Type::String => Ok(Value::Text(text.into())),
        Type::DateTime if instant(&text).is_some() => Ok(Value::DateTime(text.into())),
        Type::Boolean if profile.boolean_strings && text.eq_ignore_ascii_case("true") => {
            Ok(Value::Boolean(true))
        }
        Type::Boolean if profile.boolean_strings && text.eq_ignore_ascii_case("false") => {
            Ok(Value::Boolean(false))
        }
        Type::Integer if profile.number_strings && is_number(&text) => {
            text.parse().map(Value::Integer).map_err(|_| Wrong("another number"))
        }
        Type::Decimal if profile.number_strings && is_number(&text) => {
            Ok(Value::Decimal(text.into()))
        }
        _ => Err(Wrong("another string")),
    }
}

/// Reads one JSON value as a value of a type.
#[derive(Clone, Copy)]
pub(in crate::scim) struct Scalar<'p> {
    pub(super) kind: Type,
    pub(super) profile: &'p Profile,
    /// Whether `[…]` and `{…}` were already unwrapped.
    pub(super) unwrapped: bool,
}

impl<'de> DeserializeSeed<'de> for Scalar<'_> {
    type Value = Result<Value<'de>, Wrong>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.kind != Type::Decimal {
            return deserializer.deserialize_any(self);
        }
        // A decimal keeps its spelling, which serde's numbers lose.
        let raw = <&'de RawValue as serde::Deserialize>::deserialize(deserializer)?.get();
        if is_number(raw) {
            return Ok(Ok(Value::Decimal(raw.into())));
        }
        let mut inner = serde_json::Deserializer::from_str(raw);
        inner.deserialize_any(self).map_err(serde::de::Error::custom)
    }
}

impl<'de> Visitor<'de> for Scalar<'_> {
    type Value = Result<Value<'de>, Wrong>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(expected(self.kind))
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Self::Value, E> {
        Ok(match self.kind {
            Type::Boolean => Ok(Value::Boolean(truth)),
            _ => Err(Wrong("a boolean")),
        })
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(match self.kind {
            Type::Integer => Ok(Value::Integer(number)),
            _ => Err(Wrong("a number")),
        })
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
        match i64::try_from(number) {
            Ok(number) => self.visit_i64(number),
            Err(_) => Ok(Err(Wrong("a number beyond 64 bits"))),
        }
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        Ok(match self.kind {
            Type::Integer if number.fract() == 0.0 && number.abs() < EXACT =>
            {
                #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
                Ok(Value::Integer(number as i64))
            }
            _ => Err(Wrong("a number")),
        })
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(from_text(Cow::Borrowed(text), self.kind, self.profile))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(from_text(Cow::Owned(text.to_owned()), self.kind, self.profile))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Ok(Value::Absent))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        if self.unwrapped || !self.profile.wrapped_scalars {
            // RFC 7643 §2.5: an empty list is the same as nothing.
            let empty = list.next_element::<IgnoredAny>()?.is_none();
            while list.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(if empty { Ok(Value::Absent) } else { Err(Wrong("a list")) });
        }
        let Some(first) = list.next_element_seed(self)? else { return Ok(Ok(Value::Absent)) };
        let mut result = first;
        while list.next_element::<IgnoredAny>()?.is_some() {
            result = Err(Wrong("a list of several values"));
        }
        Ok(result)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut result = Err(Wrong("an object"));
        while let Some(name) = map.next_key_seed(Text)? {
            let wanted = self.profile.wrapped_scalars && !self.unwrapped;
            if wanted && name.is_some_and(|name| name.eq_ignore_ascii_case("value")) {
                result = map.next_value_seed(Scalar { unwrapped: true, ..self })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(result)
    }
}

/// Reads a string, borrowed where no escape is in it; anything else is `None`.
pub(in crate::scim) struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Option<Cow<'de, str>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// Reads past a value and says whether nothing was there (RFC 7643 §2.5); `true` counts an empty
/// string as nothing.
pub(super) struct Emptiness(pub(super) bool);

impl<'de> DeserializeSeed<'de> for Emptiness {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        let raw = <&'de RawValue as serde::Deserialize>::deserialize(deserializer)?.get();
        let inner = raw.strip_prefix('[').and_then(|raw| raw.strip_suffix(']'));
        Ok(raw == "null"
            || (self.0 && raw == "\"\"")
            || inner.is_some_and(|inner| inner.trim().is_empty()))
    }
}
