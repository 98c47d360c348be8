//! A row or a page out of JSON in one pass over its characters, as nearly every one can be read.
//!
//! `None` is no refusal: it stands for whatever is not read here, be it a row inside a row, an
//! escaped name, a value of another type or no JSON at all. The whole reader then reads the same
//! again, and says what is wrong with it. So nothing here has to explain anything.

use serde::de::IgnoredAny;

use super::{characters, list, number, value};
use crate::record::{Entity, Record};
use crate::upstream::dialect::{Page, scalar::typed};
use crate::upstream::literal::is_number;
use crate::value::{Text, Type, Value, unescaped, unescaped_in_blocks};

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
                Raw::Plain(link) => next = Some(Text::of(link)),
                Raw::Other("null") => {}
                raw => next = Some(characters(raw.text())?),
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
    /// A whole number without a sign that surely fits into 64 bits, and its digits.
    Whole(i64, &'b str),
    /// Any other value.
    Other(&'b str),
}

impl<'b> Raw<'b> {
    fn text(&self) -> &'b str {
        match self {
            Self::Plain(text) | Self::Whole(_, text) | Self::Other(text) => text,
        }
    }
}

/// The most digits of which every number fits into 64 bits.
const DIGITS: usize = 18;

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
            let raw = cursor.value()?;
            let Some(index) = entity.fields.index_of(name) else {
                if entity.expansions.iter().any(|expansion| *expansion.navigation == *name) {
                    return None;
                }
                if matches!(name, "@odata.etag" | "@etag") {
                    record.version = match raw {
                        Raw::Plain(version) => Some(Text::of(version)),
                        Raw::Other(raw) if raw.starts_with('"') => characters(raw),
                        Raw::Whole(..) | Raw::Other(_) => None,
                    };
                }
                return Some(());
            };
            let field = entity.fields.field(index)?;
            let read = match (raw, field.kind) {
                (Raw::Plain(_), _) if field.many => return None,
                (raw, kind) if field.many => list(raw.text(), kind)?,
                // The usual cases, spelled out.
                (Raw::Plain(text), Type::String) => Value::text(text),
                (Raw::Whole(number, _), Type::Integer) => Value::Integer(number),
                (Raw::Plain(text), kind) => typed(Text::of(text), kind)?,
                (raw, kind) => value(raw.text(), kind)?,
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
        if self.opens(b'[', b']')? {
            return Some(records);
        }
        loop {
            let mut record = Record::empty(&entity.fields);
            self.row(entity, &mut record)?;
            records.push(record);
            if self.closes(b']')? {
                return Some(records);
            }
        }
    }

    /// Goes through an object; `read` reads what stands behind each name.
    #[inline]
    fn members(&mut self, mut read: impl FnMut(&mut Self, &'b str) -> Option<()>) -> Option<()> {
        if self.opens(b'{', b'}')? {
            return Some(());
        }
        loop {
            if self.next()? != b'"' {
                return None;
            }
            let name = self.plain()?;
            if self.sign()? != b':' {
                return None;
            }
            read(self, name)?;
            if self.closes(b'}')? {
                return Some(());
            }
        }
    }

    /// The first byte that is no blank; the blanks before it are taken.
    #[inline]
    fn next(&mut self) -> Option<u8> {
        match self.text.as_bytes().get(self.at) {
            Some(..=b' ') => self.behind_blanks(),
            byte => byte.copied(),
        }
    }

    /// The same where a blank stands here, or what JSON does not know.
    #[cold]
    fn behind_blanks(&mut self) -> Option<u8> {
        loop {
            match *self.text.as_bytes().get(self.at)? {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    /// Takes the next sign, with the blanks before it.
    #[inline]
    fn sign(&mut self) -> Option<u8> {
        let sign = self.next()?;
        self.at += 1;
        Some(sign)
    }

    /// Takes the beginning of an object or array, and its end if nothing is in it.
    fn opens(&mut self, open: u8, close: u8) -> Option<bool> {
        if self.sign()? != open {
            return None;
        }
        let is_empty = self.next()? == close;
        self.at += usize::from(is_empty);
        Some(is_empty)
    }

    /// Takes what stands behind a member or an element: a comma, or the end.
    #[inline]
    fn closes(&mut self, close: u8) -> Option<bool> {
        match self.sign()? {
            b',' => Some(false),
            sign => (sign == close).then_some(true),
        }
    }

    /// Nothing but blanks is left.
    fn end(&mut self) -> Option<()> {
        self.next().is_none().then_some(())
    }

    /// Whatever value stands here.
    #[inline]
    fn value(&mut self) -> Option<Raw<'b>> {
        match self.next()? {
            b'"' => match self.plain() {
                Some(text) => Some(Raw::Plain(text)),
                None => self.escaped(),
            },
            b'{' | b'[' => self.nested(),
            _ => self.word(),
        }
    }

    /// An object or an array.
    #[cold]
    fn nested(&mut self) -> Option<Raw<'b>> {
        let rest = self.text.get(self.at..)?;
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
        values.next()?.ok()?;
        let raw = rest.get(..values.byte_offset())?;
        self.at += raw.len();
        Some(Raw::Other(raw))
    }

    /// A number, `true`, `false` or `null`. Apart from its callers, as [`plain`] is.
    #[inline(never)]
    fn word(&mut self) -> Option<Raw<'b>> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let word = match rest {
            [b'n', b'u', b'l', b'l', ..] => "null",
            [b't', b'r', b'u', b'e', ..] => "true",
            [b'f', b'a', b'l', b's', b'e', ..] => "false",
            _ => return self.number(),
        };
        // Whether it ends there is for whoever looks for the comma behind it.
        self.at += word.len();
        Some(Raw::Other(word))
    }

    /// A number, of whatever kind.
    fn number(&mut self) -> Option<Raw<'b>> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let is_end = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
        let (mut number, mut length) = (0_i64, 0);
        while let Some(digit @ b'0'..=b'9') = rest.get(length) {
            // Only a number of few digits is used.
            number = number.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
            length += 1;
        }
        let is_whole =
            (1..=DIGITS).contains(&length) && (length == 1 || rest.first() != Some(&b'0'));
        let is_whole = is_whole && rest.get(length).is_none_or(is_end);
        if !is_whole {
            length = rest.iter().position(is_end).unwrap_or(rest.len());
        }
        let raw = self.text.get(self.at..self.at + length)?;
        self.at += length;
        if is_whole {
            return Some(Raw::Whole(number, raw));
        }
        is_number(raw).then_some(Raw::Other(raw))
    }

    /// The characters of the string whose first quote stands here; nothing is taken where one of
    /// them is escaped, or ought to be.
    #[inline]
    fn plain(&mut self) -> Option<&'b str> {
        let characters = plain(self.text, self.at + 1)?;
        self.at += characters.len() + 2;
        Some(characters)
    }

    /// The string whose first quote stands here, whatever is escaped in it.
    #[cold]
    fn escaped(&mut self) -> Option<Raw<'b>> {
        let bytes = self.text.as_bytes();
        let mut at = self.at + 1;
        loop {
            at += unescaped(bytes.get(at..)?);
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
        }
        let raw = self.text.get(self.at..=at)?;
        self.at = at + 1;
        Some(Raw::Other(raw))
    }
}

/// The characters from a place on, up to the quote that ends a string; `None` where one of them is
/// escaped, or ought to be. Apart from its callers, which have no registers left for its constants.
#[inline(never)]
fn plain(text: &str, start: usize) -> Option<&str> {
    match unescaped_in_blocks(text.as_bytes().get(start..)?) {
        Some(length) => closed(text, start, length),
        None => last(text, start),
    }
}

/// The same at the end of the text.
#[cold]
fn last(text: &str, start: usize) -> Option<&str> {
    closed(text, start, unescaped(text.as_bytes().get(start..)?))
}

/// So many characters from a place on, if a quote stands behind them.
#[inline]
fn closed(text: &str, start: usize, length: usize) -> Option<&str> {
    let end = start + length;
    if text.as_bytes().get(end) == Some(&b'"') { text.get(start..end) } else { None }
}

#[cfg(test)]
mod tests;
