//! A place in a request's JSON, from which its values are taken one after the other.
//!
//! Nothing is built: a string without escapes is a part of the body, a number its digits, and what
//! nobody asks for is only looked at to see that it is JSON. The room knows no attribute.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use super::super::error::{ScimError, ScimType};
use super::super::json::is_number;
use crate::value::{unescaped, unescaped_in_blocks};

/// How deep objects and lists may stand in each other.
const MAX_DEPTH: usize = 127;

/// A place in a JSON text.
#[derive(Debug)]
pub(in crate::scim) struct Cursor<'b> {
    text: &'b str,
    at: usize,
    depth: usize,
}

/// A value, or the beginning of one.
#[derive(Debug, PartialEq)]
pub(in crate::scim) enum Token<'b> {
    /// The beginning of an object, whose members come next.
    Object,
    /// The beginning of a list, whose elements come next.
    List,
    /// A string.
    Text(Cow<'b, str>),
    /// A number as it is spelled.
    Number(&'b str),
    /// A truth value.
    Boolean(bool),
    /// `null`.
    Null,
}

impl<'b> Cursor<'b> {
    pub(in crate::scim) const fn new(text: &'b str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// Takes the next value, or the beginning of an object or a list: its
    /// [`members`](Self::members) or [`elements`](Self::elements) must be taken next, or
    /// [left](Self::leave).
    #[inline]
    pub(in crate::scim) fn token(&mut self) -> Result<Token<'b>, ScimError> {
        self.blanks();
        match self.peek() {
            Some(b'"') => Ok(Token::Text(match self.plain_string() {
                Some(text) => Cow::Borrowed(text),
                None => Cow::Owned(self.escaped_string()?),
            })),
            Some(b'{') => {
                self.at += 1;
                Ok(Token::Object)
            }
            Some(b'[') => {
                self.at += 1;
                Ok(Token::List)
            }
            _ => self.word(),
        }
    }

    /// Goes through the object that has just begun; `read` takes what stands behind each name.
    #[inline]
    pub(in crate::scim) fn members(
        &mut self,
        mut read: impl FnMut(&mut Self, &str) -> Result<(), ScimError>,
    ) -> Result<(), ScimError> {
        self.sequence(b'}', |cursor| {
            let decoded;
            let name = match cursor.plain_string() {
                Some(name) => name,
                None => {
                    decoded = cursor.escaped_string()?;
                    &decoded
                }
            };
            cursor.sign(b':')?;
            read(cursor, name)
        })
    }

    /// Goes through the list that has just begun; `read` takes one element.
    #[inline]
    pub(in crate::scim) fn elements(
        &mut self,
        read: impl FnMut(&mut Self) -> Result<(), ScimError>,
    ) -> Result<(), ScimError> {
        self.sequence(b']', read)
    }

    /// Goes through what stands between commas, up to a closing sign.
    #[inline]
    fn sequence(
        &mut self,
        close: u8,
        mut read: impl FnMut(&mut Self) -> Result<(), ScimError>,
    ) -> Result<(), ScimError> {
        if self.depth == MAX_DEPTH {
            return Err(self.malformed());
        }
        self.depth += 1;
        if !self.is_next(close) {
            read(self)?;
            while self.is_next(b',') {
                read(self)?;
            }
            self.sign(close)?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// Takes the next value if it is a string; passes over any other.
    #[inline]
    pub(in crate::scim) fn text(&mut self) -> Result<Option<Cow<'b, str>>, ScimError> {
        match self.token()? {
            Token::Text(text) => Ok(Some(text)),
            other => self.leave(&other).map(|()| None),
        }
    }

    /// The next value as it is written.
    pub(in crate::scim) fn raw(&mut self) -> Result<&'b str, ScimError> {
        self.blanks();
        let start = self.at;
        self.skip()?;
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    /// Passes over the next value, however deep it is.
    pub(in crate::scim) fn skip(&mut self) -> Result<(), ScimError> {
        self.blanks();
        match self.peek() {
            // Nobody reads what its escapes stand for.
            Some(b'"') => self.pass_string(),
            Some(b'{' | b'[') if self.depth == MAX_DEPTH => self.skip_deep(),
            _ => {
                let token = self.token()?;
                self.leave(&token)
            }
        }
    }

    /// The same where no further value is opened here: no stranger's text fills the stack.
    #[cold]
    fn skip_deep(&mut self) -> Result<(), ScimError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
        let is_value = matches!(values.next(), Some(Ok(_)));
        self.at += values.byte_offset();
        if is_value { Ok(()) } else { Err(self.malformed()) }
    }

    /// Passes over what is left of a value after its token.
    pub(in crate::scim) fn leave(&mut self, token: &Token<'_>) -> Result<(), ScimError> {
        match token {
            Token::Object => self.sequence(b'}', |cursor| {
                cursor.pass_string()?;
                cursor.sign(b':')?;
                cursor.skip()
            }),
            Token::List => self.elements(Self::skip),
            _ => Ok(()),
        }
    }

    /// Passes over the list that has just begun and says how many elements it has.
    pub(in crate::scim) fn count(&mut self) -> Result<usize, ScimError> {
        let mut count = 0;
        self.elements(|cursor| {
            count += 1;
            cursor.skip()
        })?;
        Ok(count)
    }

    /// Nothing may stand behind the value.
    pub(in crate::scim) fn end(&mut self) -> Result<(), ScimError> {
        self.blanks();
        if self.at == self.text.len() { Ok(()) } else { Err(self.malformed()) }
    }

    /// The refusal of what is no JSON, without quoting any of it.
    #[cold]
    fn malformed(&self) -> ScimError {
        self.refusal("is not valid JSON")
    }

    /// The refusal of JSON that is not the message it should be.
    #[cold]
    pub(in crate::scim) fn unexpected(&self) -> ScimError {
        self.refusal("has an unexpected shape")
    }

    fn refusal(&self, what: &str) -> ScimError {
        let before = self.text.as_bytes().get(..self.at).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let column = 1 + before.iter().rev().take_while(|byte| **byte != b'\n').count();
        let detail = format!("the body {what} at line {line}, column {column}");
        ScimError::new(ScimType::InvalidSyntax, detail)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Takes a sign, with the blanks before it, if it is the next one.
    #[inline]
    fn is_next(&mut self, sign: u8) -> bool {
        if self.peek() != Some(sign) {
            self.blanks();
            if self.peek() != Some(sign) {
                return false;
            }
        }
        self.at += 1;
        true
    }

    #[inline]
    fn sign(&mut self, sign: u8) -> Result<(), ScimError> {
        if self.is_next(sign) { Ok(()) } else { Err(self.malformed()) }
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<Token<'b>, ScimError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let (token, length) = match rest.as_bytes() {
            [b't', b'r', b'u', b'e', ..] => (Token::Boolean(true), 4),
            [b'f', b'a', b'l', b's', b'e', ..] => (Token::Boolean(false), 5),
            [b'n', b'u', b'l', b'l', ..] => (Token::Null, 4),
            bytes => {
                let is_part =
                    |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
                let length = bytes.iter().take_while(|byte| is_part(byte)).count();
                let number = rest.get(..length).unwrap_or_default();
                if !is_number(number) {
                    return Err(self.malformed());
                }
                (Token::Number(number), length)
            }
        };
        // Whatever stands behind it must be a sign that belongs there.
        self.at += length;
        Ok(token)
    }

    /// Takes the next value if it is a string in which nothing is escaped: nearly every one is.
    #[inline]
    pub(super) fn plain_string(&mut self) -> Option<&'b str> {
        if self.peek() != Some(b'"') {
            self.blanks();
            if self.peek() != Some(b'"') {
                return None;
            }
        }
        match unescaped_in_blocks(self.text.as_bytes().get(self.at + 1..)?) {
            Some(length) => self.take_plain(length),
            None => self.last_plain_string(),
        }
    }

    /// The same where hardly anything stands behind it.
    #[cold]
    fn last_plain_string(&mut self) -> Option<&'b str> {
        let length = unescaped(self.text.as_bytes().get(self.at + 1..)?);
        self.take_plain(length)
    }

    /// Takes a string of that length with its quotes, if there is one behind it.
    #[inline]
    fn take_plain(&mut self, length: usize) -> Option<&'b str> {
        let start = self.at + 1;
        let end = start + length;
        if self.text.as_bytes().get(end) != Some(&b'"') {
            return None;
        }
        let text = self.text.get(start..end)?;
        self.at = end + 1;
        Some(text)
    }

    #[cold]
    fn escaped_string(&mut self) -> Result<String, ScimError> {
        let start = self.at;
        self.pass_string()?;
        let raw = self.text.get(start..self.at).unwrap_or_default();
        // Half of a surrogate pair stands for nothing.
        serde_json::from_str(raw).map_err(|_| self.malformed())
    }

    /// Passes over a string.
    fn pass_string(&mut self) -> Result<(), ScimError> {
        if self.plain_string().is_some() {
            return Ok(());
        }
        let bytes = self.text.as_bytes();
        if self.peek() != Some(b'"') {
            return Err(self.malformed());
        }
        self.at += 1;
        loop {
            self.at += unescaped(bytes.get(self.at..).unwrap_or_default());
            self.at += match bytes.get(self.at..).unwrap_or_default() {
                [b'"', ..] => break,
                [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
                [b'\\', b'u', a, b, c, d, ..]
                    if [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit()) =>
                {
                    6
                }
                // A control character has to be escaped (RFC 8259 §7).
                _ => return Err(self.malformed()),
            };
        }
        self.at += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
