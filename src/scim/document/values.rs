//! Reading a multi-valued attribute that is kept whole: all of its values go into one slot.
//!
//! Of an element that is an object only `value` is kept. A value that is sent twice is one, where
//! letter case does not count also in another spelling. The order is the client's, but for a
//! primary value, which comes first: an upstream that keeps a single one keeps that.

use std::borrow::Cow;

use super::super::error::ScimError;
use super::super::resource::{List, ListPart, is_companion};
use super::coerce::{Wrong, from_text};
use super::cursor::Cursor;
use super::reading::{Body, Reader};
use crate::value::{Type, Value, alike};

/// How many values of one attribute a request may send, and a change may leave.
pub(in crate::scim) const MAX_VALUES: usize = 256;

/// Moves a value to the beginning of a list.
pub(in crate::scim) fn to_front<T>(list: &mut [T], from: usize) {
    if let Some(part) = list.get_mut(..=from) {
        part.rotate_right(1);
    }
}

/// One value as it was sent, and whether as the primary one.
type Sent<'de> = Option<(Value<'de>, bool)>;

impl<'r, 'de> Reader<'r, 'de> {
    /// Reads the values of a list into its slot. `bare` says that a value alone may stand for the
    /// list whatever the profile, as behind a path to the values themselves.
    pub(in crate::scim) fn put_values(
        &mut self,
        list: &'r List,
        raw: &'de str,
        bare: bool,
    ) -> Result<(), ScimError> {
        self.leading.remove(list.slot);
        match self.values(list, raw, bare)? {
            Ok((values, leads)) => {
                if leads {
                    self.leading.insert(list.slot);
                }
                self.set(list.slot, Ok(Value::list(values)));
            }
            Err(wrong) => self.set(list.slot, Err(wrong)),
        }
        Ok(())
    }

    /// The values that were sent, and whether the first is the primary one.
    fn values(
        &mut self,
        list: &'r List,
        raw: &'de str,
        bare: bool,
    ) -> Result<Result<(Vec<Value<'de>>, bool), Wrong>, ScimError> {
        let profile = self.profile;
        let alone = bare || profile.wrapped_scalars;
        let all: Vec<&'de str> = match raw.as_bytes().first() {
            Some(b'n') => Vec::new(),
            Some(b'[') => {
                let mut all = Vec::new();
                let mut cursor = Cursor::new(raw);
                cursor.token()?;
                cursor.elements(|cursor| {
                    all.push(cursor.raw()?);
                    Ok(())
                })?;
                all
            }
            Some(b'"') if raw == "\"\"" && profile.empty_string_clears => Vec::new(),
            Some(b'"') if !alone => return Ok(Err(Wrong("a string for the whole list"))),
            // SCIM 1's templates send an object; RFC 7644 §3.5.2.1 lets an operation add one.
            Some(b'{') if self.body == Body::Resource && !profile.scim1_schemas => {
                return Ok(Err(Wrong("an object for the whole list")));
            }
            Some(b'"' | b'{') => vec![raw],
            _ if alone && list.definition.is_none() => vec![raw],
            _ => return Ok(Err(Wrong("no list"))),
        };
        if all.len() > MAX_VALUES {
            return Ok(Err(Wrong("more than 256 values")));
        }
        let exact = self.resource.slot(list.slot).case_exact;
        let mut values: Vec<Value<'de>> = Vec::with_capacity(all.len());
        let mut leads = false;
        for raw in all {
            let (value, primary) = match self.value_sent(list, raw, alone)? {
                Ok(Some(sent)) => sent,
                Ok(None) => continue,
                Err(wrong) => return Ok(Err(wrong)),
            };
            let known = values.iter().position(|known| alike(known, &value, exact));
            match (known, primary && !leads) {
                (Some(known), true) => to_front(&mut values, known),
                (None, true) => values.insert(0, value),
                (None, false) => values.push(value),
                (Some(_), false) => {}
            }
            leads |= primary;
        }
        Ok(Ok((values, leads)))
    }

    fn value_sent(
        &mut self,
        list: &'r List,
        raw: &'de str,
        alone: bool,
    ) -> Result<Result<Sent<'de>, Wrong>, ScimError> {
        let kind = self.resource.slot(list.slot).kind;
        let mut cursor = Cursor::new(raw);
        let (read, primary) = match raw.as_bytes().first() {
            Some(b'n') => return Ok(Ok(None)),
            Some(b'{') if list.definition.is_some() => {
                cursor.token()?;
                self.value_object(list, &mut cursor)?
            }
            Some(b'"') if list.definition.is_some() && !alone => {
                return Ok(Err(Wrong("an element that is no object")));
            }
            Some(b'"') | None => self.unpacked(cursor.text()?.unwrap_or_default(), kind),
            Some(_) if list.definition.is_some() => {
                return Ok(Err(Wrong("an element that is no object")));
            }
            Some(_) => (cursor.scalar(kind, self.profile)?, false),
        };
        Ok(read.map(|value| match value {
            Value::Absent => None,
            Value::Text(text) if text.is_empty() => None,
            value => Some((value, primary)),
        }))
    }

    /// An element that is an object: its value, and whether it is the primary one.
    fn value_object(
        &mut self,
        list: &'r List,
        cursor: &mut Cursor<'de>,
    ) -> Result<(Result<Value<'de>, Wrong>, bool), ScimError> {
        let kind = self.resource.slot(list.slot).kind;
        let (mut value, mut primary) = (Ok(Value::Absent), false);
        cursor.members(|cursor, key| {
            if list.part(Some(key)) == Some(ListPart::Values) {
                let raw = cursor.raw()?;
                let mut inner = Cursor::new(raw);
                if raw.starts_with('"') {
                    let text = inner.text()?.unwrap_or_default();
                    let (text, is_primary) = self.unpacked(text, kind);
                    primary |= is_primary;
                    value = text;
                } else {
                    value = inner.scalar(kind, self.profile)?;
                }
            } else if key.eq_ignore_ascii_case("primary") {
                primary |= is_true(cursor.raw()?);
            } else if is_companion(key) {
                cursor.skip()?;
            } else {
                let is_known = list.definition.is_some_and(|d| d.sub_attribute(key).is_some());
                if !cursor.is_nothing(self.profile)? || !is_known {
                    self.leave_out(&[&list.path, ".", key])?;
                }
            }
            Ok(())
        })?;
        Ok((value, primary))
    }

    /// A text as a value, taken out of the JSON that it may hold.
    fn unpacked(&self, text: Cow<'de, str>, kind: Type) -> (Result<Value<'de>, Wrong>, bool) {
        if self.profile.values_as_json_text
            && text.starts_with('{')
            && let Ok(packed) = serde_json::from_str::<serde_json::Value>(&text)
            && let Some(value) = packed.get("value").and_then(serde_json::Value::as_str)
        {
            let primary =
                packed.get("primary").is_some_and(|primary| is_true(&primary.to_string()));
            return (from_text(value.to_owned().into(), kind, self.profile), primary);
        }
        (from_text(text, kind, self.profile), false)
    }
}

/// Whether a JSON text says that something is so, be it as a boolean or as a string.
fn is_true(raw: &str) -> bool {
    raw.trim_matches('"').eq_ignore_ascii_case("true")
}
