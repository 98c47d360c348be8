//! From a JSON value to a slot's type, with the tolerances that the profile grants.

use std::borrow::Cow;

use super::super::error::ScimError;
use super::super::instant::instant;
use super::super::json::is_number;
use super::super::profile::Profile;
use super::cursor::{Cursor, Token};
use crate::value::{Text, Type, Value};

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

/// A number as a value of that type.
fn from_number(number: &str, kind: Type) -> Result<Value<'_>, Wrong> {
    match kind {
        // It keeps its spelling.
        Type::Decimal => Ok(Value::Decimal(Text::of(number))),
        Type::Integer => number.parse().or_else(|_| whole(number)).map(Value::Integer),
        _ => Err(Wrong("a number")),
    }
}

/// A number that is whole and not spelled so, such as `1e3`.
fn whole(number: &str) -> Result<i64, Wrong> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match number.parse::<f64>() {
        Ok(float) if float.fract() == 0.0 && float.abs() < EXACT =>
        {
            #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
            Ok(float as i64)
        }
        _ if number.parse::<u64>().is_ok() => Err(Wrong("a number beyond 64 bits")),
        _ => Err(Wrong("a number")),
    }
}

impl<'de> Cursor<'de> {
    /// Takes the next value as one of that type, out of the list or the object that some clients
    /// put around it where the profile grants that.
    #[inline]
    pub(in crate::scim) fn scalar(
        &mut self,
        kind: Type,
        profile: &Profile,
    ) -> Result<Result<Value<'de>, Wrong>, ScimError> {
        // The usual case, spelled out.
        if kind == Type::String
            && let Some(text) = self.plain_string()
        {
            return Ok(Ok(Value::text(text)));
        }
        self.scalar_within(kind, profile, profile.wrapped_scalars)
    }

    /// The same; `unwraps` says whether something may be around it.
    pub(super) fn scalar_within(
        &mut self,
        kind: Type,
        profile: &Profile,
        unwraps: bool,
    ) -> Result<Result<Value<'de>, Wrong>, ScimError> {
        Ok(match self.token()? {
            Token::Text(text) => from_text(text, kind, profile),
            Token::Null => Ok(Value::Absent),
            Token::Boolean(truth) if kind == Type::Boolean => Ok(Value::Boolean(truth)),
            Token::Boolean(_) => Err(Wrong("a boolean")),
            Token::Number(number) => from_number(number, kind),
            Token::List => {
                // RFC 7643 §2.5: an empty list is the same as nothing.
                let mut result = Ok(Value::Absent);
                let mut is_first = true;
                self.elements(|cursor| {
                    if unwraps && is_first {
                        result = cursor.scalar_within(kind, profile, unwraps)?;
                        is_first = false;
                        return Ok(());
                    }
                    let found = if unwraps { "a list of several values" } else { "a list" };
                    result = Err(Wrong(found));
                    cursor.skip()
                })?;
                result
            }
            Token::Object => {
                let mut result = Err(Wrong("an object"));
                self.members(|cursor, name| {
                    if !unwraps || !name.eq_ignore_ascii_case("value") {
                        return cursor.skip();
                    }
                    result = cursor.scalar_within(kind, profile, false)?;
                    Ok(())
                })?;
                result
            }
        })
    }

    /// Passes over the next value and says whether nothing was there (RFC 7643 §2.5); an empty
    /// string counts as nothing where the profile says so.
    pub(super) fn is_nothing(&mut self, profile: &Profile) -> Result<bool, ScimError> {
        // The usual case, spelled out.
        if let Some(text) = self.plain_string() {
            return Ok(text.is_empty() && profile.empty_string_clears);
        }
        let raw = self.raw()?;
        let inner = raw.strip_prefix('[').and_then(|raw| raw.strip_suffix(']'));
        Ok(raw == "null" || inner.is_some_and(|inner| inner.trim().is_empty()))
    }
}
