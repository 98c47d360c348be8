//! Characters of an answer → a value of a field's type, in the spellings that legacy servers use.

use crate::upstream::literal::is_number;
use crate::value::{Text, Type, Value};

/// Characters as a value of a type: what is no text may be written as one, and an empty one is
/// then nothing (Bizagi writes both `""` and `null` for that).
pub(super) fn typed(text: Text<'_>, kind: Type) -> Option<Value<'_>> {
    if text.is_empty() && kind != Type::String {
        return Some(Value::Absent);
    }
    match kind {
        Type::String => Some(Value::Text(text)),
        Type::Integer => whole(&text).map(Value::Integer),
        Type::Decimal => is_number(&text).then_some(Value::Decimal(text)),
        Type::Boolean => truth(&text).map(Value::Boolean),
        Type::DateTime => is_date(&text).then_some(Value::DateTime(text)),
    }
}

/// A whole number, be it written with an empty fraction.
pub(super) fn whole(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let digits = match text.split_once('.') {
        Some((digits, fraction)) if fraction.bytes().all(|byte| byte == b'0') => digits,
        _ => text,
    };
    digits.parse().ok()
}

/// A truth value in the spellings of `tinyint` columns and of .NET.
pub(super) fn truth(text: &str) -> Option<bool> {
    match text {
        "1" => Some(true),
        "0" => Some(false),
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Whether a text begins as a date does, `yyyy-mm-dd`.
fn is_date(text: &str) -> bool {
    let date = text.as_bytes().get(..10);
    date.is_some_and(|date| {
        date.iter().zip(b"0000-00-00").all(|(found, shape)| match shape {
            b'-' => *found == b'-',
            _ => found.is_ascii_digit(),
        })
    })
}
