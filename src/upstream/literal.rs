//! Typed OData literals, escaped by construction: what a stranger sent never becomes syntax.
//!
//! A literal is written percent-encoded, ready for a URL. Only its own quotes stand bare;
//! everything else but unreserved characters is encoded, so no character of a value can end its
//! literal, its query option or its path segment. A space is `%20`, because servers take a `+` as
//! it stands.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use percent_encoding::utf8_percent_encode;

use crate::record::{Notation, PERCENT_ENCODED};
use crate::value::{Type, Value};

/// What is known of each byte, by its number; of those beyond ASCII nothing.
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        let sign = byte as u8;
        if sign.is_ascii_alphanumeric() || matches!(sign, b'-' | b'.' | b'_' | b'~') {
            kinds[byte] |= UNRESERVED;
        }
        if !sign.is_ascii_uppercase() {
            kinds[byte] |= LOWERED;
        }
        byte += 1;
    }
    kinds
};

/// An unreserved character (RFC 3986 §2.3), which is not encoded.
const UNRESERVED: u8 = 1;

/// No upper-case letter.
const LOWERED: u8 = 2;

/// What is true of every byte of a text.
fn kinds(text: &str) -> u8 {
    // Names and words are short: looking at every byte is cheaper than stopping at one.
    let of = |byte: u8| KINDS.get(usize::from(byte)).copied().unwrap_or_default();
    text.bytes().fold(u8::MAX, |kinds, byte| kinds & of(byte))
}

/// A value cannot be written as a literal of the type that its field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a value does not fit its type")]
pub(super) struct Misfit;

/// Writes any text percent-encoded.
pub(super) fn encode(out: &mut String, text: &str) {
    // As names nearly always are.
    if kinds(text) & UNRESERVED != 0 {
        out.push_str(text);
        return;
    }
    out.extend(utf8_percent_encode(text, &PERCENT_ENCODED));
}

/// Writes a text as a quoted literal, each quote in it doubled (OData 4.01 ABNF, `string`).
pub(super) fn text(out: &mut String, text: &str) {
    out.push('\'');
    // A quote is reserved, too.
    if kinds(text) & UNRESERVED != 0 {
        out.push_str(text);
        out.push('\'');
        return;
    }
    for (place, piece) in text.split('\'').enumerate() {
        if place > 0 {
            out.push_str("%27%27");
        }
        encode(out, piece);
    }
    out.push('\'');
}

/// Writes a text in lower case as a quoted literal, if it is made of unreserved characters alone.
#[must_use]
pub(super) fn lowered(out: &mut String, text: &str) -> bool {
    let kinds = kinds(text);
    if kinds & UNRESERVED == 0 {
        return false;
    }
    out.push('\'');
    let start = out.len();
    out.push_str(text);
    if kinds & LOWERED == 0
        && let Some(written) = out.get_mut(start..)
    {
        written.make_ascii_lowercase();
    }
    out.push('\'');
    true
}

/// The text of a quoted literal that is not percent-encoded any more.
pub(super) fn unquoted(literal: &str) -> Option<String> {
    let inner = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        if character == '\'' && characters.next() != Some('\'') {
            return None;
        }
        text.push(character);
    }
    Some(text)
}

/// Writes a value as a literal of its field's type: a GUID and a day have one of their own, which
/// stands without quotes (OData 4.01 ABNF, `guidValue`, `dateValue`).
///
/// # Errors
/// When there is no value, or it is not of that type.
pub(super) fn write(
    out: &mut String,
    value: &Value<'_>,
    kind: Type,
    notation: Notation,
) -> Result<(), Misfit> {
    match (value, kind) {
        (Value::Text(characters), Type::String) => match notation {
            Notation::Plain => text(out, characters),
            shaped if shaped.fits(characters) => encode(out, characters),
            _ => return Err(Misfit),
        },
        (Value::Integer(number), Type::Integer | Type::Decimal) => {
            out.push_str(itoa::Buffer::new().format(*number));
        }
        (Value::Decimal(number), Type::Decimal) if is_number(number) => encode(out, number),
        (Value::Boolean(truth), Type::Boolean) => {
            out.push_str(if *truth { "true" } else { "false" });
        }
        (Value::DateTime(time), Type::DateTime) => encode(out, &instant(time).ok_or(Misfit)?),
        _ => return Err(Misfit),
    }
    Ok(())
}

/// Whether a text is a number in JSON's spelling (RFC 8259 §6).
pub(super) fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (text, exponent) = match text.split_once(['e', 'E']) {
        Some((text, exponent)) => (text, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|text| digits(text.strip_prefix(['+', '-']).unwrap_or(text)))
}

/// A point in time as an `Edm.DateTimeOffset` in UTC; a time without an offset is UTC already
/// (XML Schema leaves it open, and another guess would depend on the machine).
fn instant(text: &str) -> Option<String> {
    let time = match text.parse::<Timestamp>() {
        Ok(time) => time,
        Err(_) => text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp(),
    };
    Some(time.to_string())
}

#[cfg(test)]
mod tests;
