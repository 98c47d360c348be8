//! The PATCH message itself: `schemas` and `Operations`, with values left as they were sent.

use std::borrow::Cow;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use super::super::document::{Text, syntax, utf_8};
use super::super::error::{Named, ScimError, ScimType};
use super::super::profile::Profile;
use super::{MAX_OPERATIONS, Verb};

/// The URN of the message (RFC 7644 §3.5.2).
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// One operation as it was sent.
#[derive(Debug)]
pub(super) struct Sent<'a> {
    pub(super) verb: Verb,
    pub(super) path: Option<Cow<'a, str>>,
    pub(super) value: Option<&'a RawValue>,
}

/// Reads the message.
pub(super) fn read<'a>(body: &'a [u8], profile: &Profile) -> Result<Vec<Sent<'a>>, ScimError> {
    let mut message = Message { profile, listed: false, operations: None, failure: None };
    let mut json = serde_json::Deserializer::from_str(utf_8(body)?);
    let read = json.deserialize_any(&mut message).and_then(|()| json.end());
    if let Some(failure) = message.failure {
        return Err(failure);
    }
    read.map_err(|error| syntax(&error))?;
    let refuse = |detail: String| Err(ScimError::new(ScimType::InvalidSyntax, detail));
    if !message.listed && !profile.missing_schemas {
        return refuse(format!("`schemas` must list `{PATCH_OP}`"));
    }
    match message.operations {
        Some(operations) if !operations.is_empty() => Ok(operations),
        _ => refuse("`Operations` must be a list of at least one operation".into()),
    }
}

struct Message<'p, 'a> {
    profile: &'p Profile,
    listed: bool,
    operations: Option<Vec<Sent<'a>>>,
    failure: Option<ScimError>,
}

impl<'a> Message<'_, 'a> {
    fn fail<T, E: serde::de::Error>(&mut self, detail: String) -> Result<T, E> {
        self.failure = Some(ScimError::new(ScimType::InvalidSyntax, detail));
        Err(E::custom("refused"))
    }

    fn verb<E: serde::de::Error>(&mut self, name: Option<&str>) -> Result<Verb, E> {
        let name = name.unwrap_or_default();
        for (known, verb) in
            [("add", Verb::Add), ("replace", Verb::Replace), ("remove", Verb::Remove)]
        {
            if name == known
                || (self.profile.any_case_operations && name.eq_ignore_ascii_case(known))
            {
                return Ok(verb);
            }
        }
        self.fail(format!("`op` must be `add`, `replace` or `remove`, found `{}`", Named(name)))
    }
}

impl<'de> Visitor<'de> for &mut Message<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a PATCH message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Text)? {
            let key = key.unwrap_or_default();
            if key.eq_ignore_ascii_case("schemas") {
                self.listed = map.next_value_seed(Schemas)?;
            } else if key.eq_ignore_ascii_case("Operations") {
                map.next_value_seed(Operations(self))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

struct Schemas;

impl<'de> DeserializeSeed<'de> for Schemas {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Schemas {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of URNs")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<bool, A::Error> {
        let mut listed = false;
        while let Some(urn) = list.next_element_seed(Text)? {
            listed |= urn.is_some_and(|urn| urn.eq_ignore_ascii_case(PATCH_OP));
        }
        Ok(listed)
    }
}

struct Operations<'x, 'p, 'de>(&'x mut Message<'p, 'de>);

impl<'de> DeserializeSeed<'de> for Operations<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Operations<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of operations")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut operations = Vec::with_capacity(8);
        while let Some(sent) = list.next_element_seed(OneOperation(self.0))? {
            if operations.len() == MAX_OPERATIONS {
                return self.0.fail(format!("expected at most {MAX_OPERATIONS} operations"));
            }
            operations.push(sent);
        }
        self.0.operations = Some(operations);
        Ok(())
    }
}

struct OneOperation<'x, 'p, 'de>(&'x mut Message<'p, 'de>);

impl<'de> DeserializeSeed<'de> for OneOperation<'_, '_, 'de> {
    type Value = Sent<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Sent<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OneOperation<'_, '_, 'de> {
    type Value = Sent<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an operation")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Sent<'de>, A::Error> {
        let mut verb = None;
        let mut path = None;
        let mut value = None;
        while let Some(key) = map.next_key_seed(Text)? {
            let key = key.unwrap_or_default();
            if key.eq_ignore_ascii_case("op") {
                let name = map.next_value_seed(Text)?;
                verb = Some(self.0.verb(name.as_deref())?);
            } else if key.eq_ignore_ascii_case("path") {
                let raw = map.next_value::<&'de RawValue>()?.get();
                if raw != "null" {
                    path = Text
                        .deserialize(&mut serde_json::Deserializer::from_str(raw))
                        .ok()
                        .flatten();
                    if path.is_none() {
                        return Err(A::Error::custom("a path is a string"));
                    }
                }
            } else if key.eq_ignore_ascii_case("value") {
                value = Some(map.next_value::<&'de RawValue>()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        let Some(verb) = verb else {
            return self.0.fail("every operation must have an `op`".into());
        };
        Ok(Sent { verb, path: path.filter(|path| !path.is_empty()), value })
    }
}
