//! The PATCH message itself: `schemas` and `Operations`, with values left as they were sent.

use std::borrow::Cow;

use super::super::document::{Cursor, Token, utf_8};
use super::super::error::{Named, ScimError, ScimType};
use super::super::profile::Profile;
use super::{MAX_OPERATIONS, Verb};

/// The URN of the message (RFC 7644 §3.5.2).
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Room for the operations of nearly every message.
const FEW: usize = 8;

/// One operation as it was sent.
#[derive(Debug)]
pub(super) struct Sent<'a> {
    pub(super) verb: Verb,
    pub(super) path: Option<Cow<'a, str>>,
    /// The JSON of its value.
    pub(super) value: Option<&'a str>,
}

/// Reads the message.
pub(super) fn read<'a>(body: &'a [u8], profile: &Profile) -> Result<Vec<Sent<'a>>, ScimError> {
    let mut cursor = Cursor::new(utf_8(body)?);
    let mut listed = false;
    let mut operations = Vec::new();
    begins(&mut cursor, &Token::Object)?;
    cursor.members(|cursor, key| {
        if key.eq_ignore_ascii_case("schemas") {
            listed = lists_message(cursor)?;
        } else if key.eq_ignore_ascii_case("Operations") {
            operations = all(cursor, profile)?;
        } else {
            cursor.skip()?;
        }
        Ok(())
    })?;
    cursor.end()?;
    if !listed && !profile.missing_schemas {
        return Err(refused(format!("`schemas` must list `{PATCH_OP}`")));
    }
    if operations.is_empty() {
        return Err(refused("`Operations` must be a list of at least one operation".into()));
    }
    Ok(operations)
}

fn refused(detail: String) -> ScimError {
    ScimError::new(ScimType::InvalidSyntax, detail)
}

/// Takes the beginning of an object or a list, which must come next.
fn begins(cursor: &mut Cursor<'_>, expected: &Token<'_>) -> Result<(), ScimError> {
    if cursor.token()? == *expected { Ok(()) } else { Err(cursor.unexpected()) }
}

/// Whether `schemas` list the message.
fn lists_message(cursor: &mut Cursor<'_>) -> Result<bool, ScimError> {
    let mut listed = false;
    begins(cursor, &Token::List)?;
    cursor.elements(|cursor| {
        listed |= cursor.text()?.is_some_and(|urn| urn.eq_ignore_ascii_case(PATCH_OP));
        Ok(())
    })?;
    Ok(listed)
}

fn all<'a>(cursor: &mut Cursor<'a>, profile: &Profile) -> Result<Vec<Sent<'a>>, ScimError> {
    let mut operations = Vec::with_capacity(FEW);
    begins(cursor, &Token::List)?;
    cursor.elements(|cursor| {
        let sent = one(cursor, profile)?;
        if operations.len() == MAX_OPERATIONS {
            return Err(refused(format!("expected at most {MAX_OPERATIONS} operations")));
        }
        operations.push(sent);
        Ok(())
    })?;
    Ok(operations)
}

fn one<'a>(cursor: &mut Cursor<'a>, profile: &Profile) -> Result<Sent<'a>, ScimError> {
    let mut wanted = None;
    let mut path = None;
    let mut value = None;
    begins(cursor, &Token::Object)?;
    cursor.members(|cursor, key| {
        if key.eq_ignore_ascii_case("op") {
            let name = cursor.text()?;
            wanted = Some(verb(name.as_deref().unwrap_or_default(), profile)?);
        } else if key.eq_ignore_ascii_case("path") {
            match cursor.token()? {
                Token::Text(text) => path = Some(text),
                Token::Null => {}
                _ => return Err(cursor.unexpected()),
            }
        } else if key.eq_ignore_ascii_case("value") {
            value = Some(cursor.raw()?);
        } else {
            cursor.skip()?;
        }
        Ok(())
    })?;
    let Some(verb) = wanted else {
        return Err(refused("every operation must have an `op`".into()));
    };
    Ok(Sent { verb, path: path.filter(|path| !path.is_empty()), value })
}

fn verb(name: &str, profile: &Profile) -> Result<Verb, ScimError> {
    for (known, verb) in [("add", Verb::Add), ("replace", Verb::Replace), ("remove", Verb::Remove)]
    {
        if name == known || (profile.any_case_operations && name.eq_ignore_ascii_case(known)) {
            return Ok(verb);
        }
    }
    let detail = format!("`op` must be `add`, `replace` or `remove`, found `{}`", Named(name));
    Err(refused(detail))
}
