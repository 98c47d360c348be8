//! Typed OData literals, escaped by construction: what a stranger sent never becomes syntax.
//!
//! A literal is written percent-encoded, ready for a URL. Only its own quotes stand bare;
//! everything else but unreserved characters is encoded, so no character of a value can end its
//! literal, its query option or its path segment. A space is `%20`, because servers take a `+` as
//! it stands.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::record::Notation;
use crate::value::{Type, Value};

/// Everything but the unreserved characters (RFC 3986 §2.3).
const ENCODED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Which bytes are [not encoded](ENCODED), by their number.
const UNRESERVED: [bool; 256] = {
    let mut unreserved = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        let sign = byte as u8;
        unreserved[byte] =
            sign.is_ascii_alphanumeric() || matches!(sign, b'-' | b'.' | b'_' | b'~');
        byte += 1;
    }
    unreserved
};

/// A value cannot be written as a literal of the type that its field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a value does not fit its type")]
pub(super) struct Misfit;

fn is_unreserved(text: &str) -> bool {
    // Names and words are short: looking at every byte is cheaper than stopping at one.
    text.bytes().fold(true, |is, byte| is & (UNRESERVED.get(usize::from(byte)) == Some(&true)))
}

/// Writes any text percent-encoded.
pub(super) fn encode(out: &mut String, text: &str) {
    // As names nearly always are.
    if is_unreserved(text) {
        out.push_str(text);
        return;
    }
    out.extend(utf8_percent_encode(text, &ENCODED));
}

/// Writes a text as a quoted literal, each quote in it doubled (OData 4.01 ABNF, `string`).
pub(super) fn text(out: &mut String, text: &str) {
    out.push('\'');
    // A quote is reserved, too.
    if is_unreserved(text) {
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
            let _ = write!(out, "{number}");
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
