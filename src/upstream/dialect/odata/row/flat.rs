//! A row or a page out of JSON in one pass over its characters, as nearly every one can be read.
//!
//! `None` is no refusal: it stands for whatever is not read here, be it a row inside a row, an
//! escaped name, a value of another type or no JSON at all. The whole reader then reads the same
//! again, and says what is wrong with it. So nothing here has to explain anything.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use super::{characters, list, number, value};
use crate::record::{Entity, Record};
use crate::upstream::dialect::{Page, scalar::typed};
use crate::upstream::literal::is_number;
use crate::value::{Type, Value, unescaped};

/// Reads one row into an empty one.
pub(super) fn record<'b>(entity: &Entity, text: &'b str, record: &mut Record<'b>) -> Option<()> {
    let mut cursor = Cursor { text, at: 0 };
    cursor.row(entity, record)?;
    cursor.end()
}

/// Reads a page of rows.
pub(super) fn page<'b>(entity: &Entity, text: &'b str) -> Option<Page<'b>> {
    let mut cursor = Cursor { text, at: 0 };
    let (mut records, mut next, mut count, mut whole) = (None, None, None, None);
    cursor.members(|cursor, name| {
        match name {
            "value" => records = Some(cursor.rows(entity)?),
            "@odata.nextLink" | "@nextLink" => match cursor.value()? {
                Raw::Plain(link) => next = Some(Cow::Borrowed(link)),
                Raw::Other("null") => {}
                Raw::Other(raw) => next = Some(characters(raw)?),
            },
            // Why there are two counts, the whole reader says.
            "@odata.totalCount" => whole = number(cursor.value()?.text()),
            "@odata.count" | "@count" => count = number(cursor.value()?.text()),
            _ => {
                cursor.value()?;
            }
        }
        Some(())
    })?;
    cursor.end()?;
    Some(Page { records: records?, total: whole.or(count), next })
}

/// A value as it is written.
enum Raw<'b> {
    /// A string in which nothing is escaped: what is between its quotes.
    Plain(&'b str),
    /// Any other value.
    Other(&'b str),
}

impl<'b> Raw<'b> {
    fn text(&self) -> &'b str {
        match self {
            Self::Plain(text) | Self::Other(text) => text,
        }
    }
}

/// A place in a text.
struct Cursor<'b> {
    text: &'b str,
    at: usize,
}

impl<'b> Cursor<'b> {
    /// Fills an empty row.
    fn row(&mut self, entity: &Entity, record: &mut Record<'b>) -> Option<()> {
        let mut found = false;
        self.members(|cursor, name| {
            let Some(index) = entity.fields.index_of(name) else {
                if entity.expansions.iter().any(|expansion| *expansion.navigation == *name) {
                    return None;
                }
                let value = cursor.value()?;
                if matches!(name, "@odata.etag" | "@etag") {
                    record.version = match value {
                        Raw::Plain(version) => Some(Cow::Borrowed(version)),
                        Raw::Other(raw) if raw.starts_with('"') => characters(raw),
                        Raw::Other(_) => None,
                    };
                }
                return Some(());
            };
            let field = entity.fields.field(index)?;
            let read = match cursor.value()? {
                Raw::Other(raw) if field.many => list(raw, field.kind)?,
                Raw::Plain(_) if field.many => return None,
                // The usual case, spelled out.
                Raw::Plain(text) if field.kind == Type::String => Value::text(text),
                Raw::Plain(text) => typed(Cow::Borrowed(text), field.kind)?,
                Raw::Other(raw) => value(raw, field.kind)?,
            };
            record.put(index, read);
            found = true;
            Some(())
        })?;
        found.then_some(())
    }

    /// The rows of an array.
    fn rows(&mut self, entity: &Entity) -> Option<Vec<Record<'b>>> {
        let mut records = Vec::new();
        self.sign(b'[')?;
        if self.is_next(b']') {
            return Some(records);
        }
        loop {
            let mut record = Record::empty(&entity.fields);
            self.row(entity, &mut record)?;
            records.push(record);
            if self.is_next(b']') {
                return Some(records);
            }
            self.sign(b',')?;
        }
    }

    /// Goes through an object; `read` reads what stands behind each name.
    #[inline]
    fn members(&mut self, mut read: impl FnMut(&mut Self, &'b str) -> Option<()>) -> Option<()> {
        self.sign(b'{')?;
        if self.is_next(b'}') {
            return Some(());
        }
        loop {
            self.blanks();
            let Raw::Plain(name) = self.string()? else { return None };
            self.sign(b':')?;
            self.blanks();
            read(self, name)?;
            if self.is_next(b'}') {
                return Some(());
            }
            self.sign(b',')?;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Takes a sign, with the blanks before it, if it is the next one.
    fn is_next(&mut self, sign: u8) -> bool {
        self.blanks();
        let is_next = self.peek() == Some(sign);
        self.at += usize::from(is_next);
        is_next
    }

    fn sign(&mut self, sign: u8) -> Option<()> {
        self.is_next(sign).then_some(())
    }

    fn end(&mut self) -> Option<()> {
        self.blanks();
        (self.at == self.text.len()).then_some(())
    }

    /// Whatever value stands here.
    fn value(&mut self) -> Option<Raw<'b>> {
        match self.peek()? {
            b'"' => self.string(),
            b'{' | b'[' => {
                let rest = self.text.get(self.at..)?;
                let mut values = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
                values.next()?.ok()?;
                let raw = rest.get(..values.byte_offset())?;
                self.at += raw.len();
                Some(Raw::Other(raw))
            }
            _ => self.word(),
        }
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Option<Raw<'b>> {
        let start = self.at;
        let mut is_digits = true;
        while let Some(byte) = self.peek() {
            if matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r') {
                break;
            }
            is_digits &= byte.is_ascii_digit();
            self.at += 1;
        }
        let raw = self.text.get(start..self.at)?;
        // The usual number is a whole one that has no sign.
        let is_value = (is_digits && !raw.starts_with('0') && !raw.is_empty())
            || matches!(raw, "true" | "false" | "null")
            || is_number(raw);
        is_value.then_some(Raw::Other(raw))
    }

    /// A string.
    #[inline]
    fn string(&mut self) -> Option<Raw<'b>> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        if bytes.get(start) != Some(&b'"') {
            return None;
        }
        let end = start + 1 + unescaped(bytes.get(start + 1..)?);
        if bytes.get(end) != Some(&b'"') {
            return self.escaped(end);
        }
        self.at = end + 1;
        self.text.get(start + 1..end).map(Raw::Plain)
    }

    /// A string in which the byte at `at` is the first that is escaped, or ought to be.
    fn escaped(&mut self, mut at: usize) -> Option<Raw<'b>> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(at)? {
                b'"' => break,
                b'\\' => {
                    let escaped = bytes.get(at + 1..)?;
                    at += match escaped.first()? {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
                        b'u' if escaped.get(1..5)?.iter().all(u8::is_ascii_hexdigit) => 6,
                        _ => return None,
                    };
                }
                // A control character has to be escaped (RFC 8259 §7).
                _ => return None,
            }
            at += unescaped(bytes.get(at..)?);
        }
        let raw = self.text.get(self.at..=at)?;
        self.at = at + 1;
        Some(Raw::Other(raw))
    }
}

#[cfg(test)]
mod tests;
