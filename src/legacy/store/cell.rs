//! One cell: JSON to SQLite and back, by the column's kind. It knows no table and no statement.

use jiff::Timestamp;
use jiff::civil;
use rusqlite::types::{Value as Cell, ValueRef};
use serde_json::Value;

use super::StoreError;
use crate::legacy::columns::{Column, Kind};

/// The cell that a JSON value becomes in `column`.
///
/// Types are strict, so that a client that writes `"False"` into a bit is told; only a `tinyint`
/// takes `true` and `false` too.
pub(super) fn write(column: &'static Column, value: &Value) -> Result<Cell, StoreError> {
    let wrong =
        || StoreError::WrongType { column: column.name, expected: expectation(column.kind) };
    let cell = match (column.kind, value) {
        (_, Value::Null) if column.nullable => Cell::Null,
        (_, Value::Null) => return Err(StoreError::Missing { column: column.name }),
        (Kind::Bit | Kind::TinyInt, Value::Bool(truth)) => Cell::Integer(i64::from(*truth)),
        (Kind::TinyInt, Value::Number(number)) => {
            let number = number.as_u64().and_then(|n| u8::try_from(n).ok()).ok_or_else(wrong)?;
            Cell::Integer(i64::from(number))
        }
        (Kind::Integer, Value::Number(number)) => {
            let number = number.as_i64().and_then(|n| i32::try_from(n).ok()).ok_or_else(wrong)?;
            Cell::Integer(i64::from(number))
        }
        (Kind::Ticks, Value::Number(number)) => Cell::Integer(number.as_i64().ok_or_else(wrong)?),
        (Kind::Money, Value::Number(number)) => Cell::Real(number.as_f64().ok_or_else(wrong)?),
        (Kind::Text(limit), Value::String(text)) => {
            if utf16_length(text) > usize::from(limit) {
                return Err(StoreError::TooLong { column: column.name, limit });
            }
            Cell::Text(text.clone())
        }
        (Kind::DateTime, Value::String(text)) => Cell::Text(datetime(text).ok_or_else(wrong)?),
        (Kind::Texts, Value::Array(texts)) if texts.iter().all(Value::is_string) => {
            Cell::Text(value.to_string())
        }
        (Kind::Guid, Value::String(text)) => Cell::Text(guid(text).ok_or_else(wrong)?),
        _ => return Err(wrong()),
    };
    Ok(cell)
}

/// The JSON value of a cell.
pub(super) fn read(kind: Kind, cell: ValueRef<'_>) -> Value {
    match cell {
        ValueRef::Null if kind == Kind::Texts => Value::Array(Vec::new()),
        ValueRef::Text(text) if kind == Kind::Texts => {
            serde_json::from_slice(text).unwrap_or_default()
        }
        ValueRef::Null | ValueRef::Blob(_) => Value::Null,
        ValueRef::Integer(number) if kind == Kind::Bit => Value::Bool(number != 0),
        ValueRef::Integer(number) => Value::from(number),
        ValueRef::Real(number) => Value::from(number),
        ValueRef::Text(text) => Value::String(String::from_utf8_lossy(text).into_owned()),
    }
}

/// The length that SQL Server's `nvarchar(n)` counts: UTF-16 code units, not characters.
pub(super) fn utf16_length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// As much of a text as `nvarchar(limit)` holds.
pub(crate) fn cut(text: &str, limit: u16) -> &str {
    let mut left = usize::from(limit);
    let end = text.char_indices().find(|(_, c)| match left.checked_sub(c.len_utf16()) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    });
    end.and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

/// A date, or a date and time with or without offset, as `YYYY-MM-DDThh:mm:ssZ`.
///
/// SQL Server's `datetime` has no offset and starts in 1753; without an offset UTC is meant, and
/// fractions of a second are cut off. (Invented: how Bizagi converts is not known.)
pub(crate) fn datetime(text: &str) -> Option<String> {
    let moment = if let Ok(moment) = text.parse::<Timestamp>() {
        moment
    } else if text.contains(['[', ']']) {
        return None;
    } else {
        let civil: civil::DateTime = text.parse().ok()?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp()
    };
    let civil = moment.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    (civil.year() >= 1753).then(|| civil.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// A GUID in the form 8-4-4-4-12, in lower case.
pub(crate) fn guid(text: &str) -> Option<String> {
    let fits = text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    fits.then(|| text.to_ascii_lowercase())
}

fn expectation(kind: Kind) -> &'static str {
    match kind {
        Kind::Integer => "an integer of 32 bits",
        Kind::TinyInt => "an integer from 0 to 255, or a boolean",
        Kind::Bit => "a boolean",
        Kind::Text(_) => "a string",
        Kind::DateTime => "a date and time from 1753 on",
        Kind::Guid => "a GUID",
        Kind::Ticks => "an integer of 64 bits",
        Kind::Money => "a number",
        Kind::Texts => "an array of strings",
    }
}
