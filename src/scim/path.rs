//! Attribute paths: `name.givenName`, `emails[type eq "work"].value`, `urn:…:User:manager`
//! (RFC 7644 §3.10, §3.5.2).
//!
//! A path here is only text that has been taken apart; what it means is the
//! [`Resource`](super::Resource)'s to say.

mod brackets;

use std::fmt;

pub use brackets::Brackets;

use super::error::{ScimError, ScimType};
use super::expression::Parser;

/// The longest path that is read, in bytes.
pub const MAX_LENGTH: usize = 1024;

/// The schema URNs that a resource knows. They are recognised before anything is split at a dot or
/// a colon, because they hold both (`…:core:2.0:User`).
#[derive(Clone, Debug, Default)]
pub struct Urns(Vec<Box<str>>);

impl Urns {
    /// The set of these URNs; the longest is tried first.
    #[must_use]
    pub fn new(urns: impl IntoIterator<Item = Box<str>>) -> Self {
        let mut urns: Vec<_> = urns.into_iter().collect();
        urns.sort_by_key(|urn| std::cmp::Reverse(urn.len()));
        Self(urns)
    }

    /// The text taken apart into schema and attribute, at the longest known URN in any letter case,
    /// else at the last colon.
    #[must_use]
    pub fn split<'a>(&self, text: &'a str) -> (Option<&'a str>, &'a str) {
        if text.len() < 4 || !starts_with_folded(text, "urn:") {
            return (None, text);
        }
        for urn in &self.0 {
            if starts_with_folded(text, urn) {
                match text.as_bytes().get(urn.len()) {
                    None => return (Some(text), ""),
                    Some(b':') => {
                        let (schema, rest) = text.split_at(urn.len());
                        return (Some(schema), rest.get(1..).unwrap_or_default());
                    }
                    Some(_) => {}
                }
            }
        }
        match text.rsplit_once(':') {
            Some((schema, rest)) => (Some(schema), rest),
            None => (None, text),
        }
    }
}

/// Whether the text begins with that ASCII prefix, in any letter case.
fn starts_with_folded(text: &str, prefix: &str) -> bool {
    text.as_bytes()
        .get(..prefix.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// A path, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct AttrPath<'a> {
    /// The URN before it, as it was written.
    pub schema: Option<&'a str>,
    /// The attribute; empty if the path is nothing but a schema's URN.
    pub attribute: &'a str,
    /// What stands in brackets: which elements of a list are meant.
    pub filter: Option<Brackets<'a>>,
    /// The sub-attribute.
    pub sub_attribute: Option<&'a str>,
}

impl<'a> AttrPath<'a> {
    /// Reads a path whole.
    ///
    /// # Errors
    /// `invalidPath` if it is no path, or longer than [`MAX_LENGTH`].
    pub fn parse(text: &'a str, urns: &Urns) -> Result<Self, ScimError> {
        if text.len() > MAX_LENGTH {
            return Err(ScimError::new(
                ScimType::InvalidPath,
                format!("expected a path of at most {MAX_LENGTH} bytes"),
            ));
        }
        let mut parser = Parser::new(text, urns, false);
        parser.whole_path().map_err(|mistake| {
            ScimError::new(ScimType::InvalidPath, format!("the path is malformed: {mistake}"))
        })
    }

    /// The path without brackets that a text begins with, and how many bytes it is long.
    ///
    /// `None` if a part is no attribute name (RFC 7643 §2.1).
    #[must_use]
    pub fn leading(text: &'a str, urns: &Urns) -> Option<(Self, usize)> {
        let bytes = text.as_bytes();
        let name = name_length(text)?;
        let sub_attribute = match bytes.get(name) {
            Some(b'.') => text.get(name + 1..).and_then(|rest| rest.get(..name_length(rest)?)),
            _ => None,
        };
        let length = name + sub_attribute.map_or(0, |sub| sub.len() + 1);
        // Without a URN, as nearly always.
        if !bytes.get(length).is_some_and(|byte| is_path_byte(*byte)) {
            let attribute = text.get(..name)?;
            let path = Self { schema: None, attribute, filter: None, sub_attribute };
            return Some((path, length));
        }
        let whole = bytes.iter().position(|byte| !is_path_byte(*byte)).unwrap_or(bytes.len());
        Some((Self::plain(text.get(..whole)?, urns)?, whole))
    }

    /// Takes a token without brackets apart: `urn:…:name.givenName`.
    ///
    /// `None` if a part is no attribute name (RFC 7643 §2.1).
    #[must_use]
    pub fn plain(token: &'a str, urns: &Urns) -> Option<Self> {
        let (schema, rest) = urns.split(token);
        // Behind a colon a name must follow.
        if rest.is_empty() && schema.is_some_and(|schema| schema.len() == token.len()) {
            return Some(Self { schema, attribute: "", filter: None, sub_attribute: None });
        }
        let (attribute, behind) = rest.split_at_checked(name_length(rest)?)?;
        let sub_attribute = match behind.as_bytes() {
            [] => None,
            [b'.', ..] => Some(behind.get(1..).filter(|sub| is_name(sub))?),
            _ => return None,
        };
        Some(Self { schema, attribute, filter: None, sub_attribute })
    }
}

/// Whether two attribute names are the same, in any letter case (RFC 7643 §2.1).
#[must_use]
pub fn same_name(left: &str, right: &str) -> bool {
    let (l, r) = (left.as_bytes(), right.as_bytes());
    // Most candidates differ in length or in the first letter, and most hits are exact.
    l.len() == r.len()
        && l.first().map(u8::to_ascii_lowercase) == r.first().map(u8::to_ascii_lowercase)
        && (l == r || l.eq_ignore_ascii_case(r))
}

/// Whether this is an attribute name: RFC 7643 §2.1, and `$ref`.
#[must_use]
pub fn is_name(text: &str) -> bool {
    name_length(text) == Some(text.len())
}

/// How many bytes of a text are the attribute name that it begins with, if it does.
fn name_length(text: &str) -> Option<usize> {
    let (first, rest) = text.as_bytes().split_first()?;
    if !(first.is_ascii_alphabetic() || matches!(first, b'$' | b'_')) {
        return None;
    }
    Some(1 + rest.iter().position(|byte| !is_name_byte(*byte)).unwrap_or(rest.len()))
}

/// Which bytes stand in names, and which in paths, by their number.
const BYTES: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        let sign = byte as u8;
        if sign.is_ascii_alphanumeric() || matches!(sign, b'-' | b'_') {
            kinds[byte] = IN_NAME | IN_PATH;
        } else if matches!(sign, b'$' | b':' | b'.') {
            kinds[byte] = IN_PATH;
        }
        byte += 1;
    }
    kinds
};
const IN_NAME: u8 = 1;
const IN_PATH: u8 = 2;

/// Whether a byte may stand in an attribute name behind its beginning (RFC 7643 §2.1).
pub(super) fn is_name_byte(byte: u8) -> bool {
    BYTES.get(usize::from(byte)).is_some_and(|kind| kind & IN_NAME != 0)
}

/// Whether a byte may stand in a path without brackets.
pub(super) fn is_path_byte(byte: u8) -> bool {
    BYTES.get(usize::from(byte)).is_some_and(|kind| kind & IN_PATH != 0)
}

impl fmt::Display for AttrPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = self.schema {
            f.write_str(schema)?;
            if !self.attribute.is_empty() {
                f.write_str(":")?;
            }
        }
        f.write_str(self.attribute)?;
        if let Some(filter) = &self.filter {
            write!(f, "[{filter}]")?;
        }
        if let Some(sub) = self.sub_attribute {
            write!(f, ".{sub}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
