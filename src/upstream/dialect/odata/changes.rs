//! What a write sets, as the JSON object that is sent.

use std::io::Write as _;

use super::DialectError;
use crate::record::{Delta, Entity, Field};
use crate::upstream::literal;
use crate::value::{Value, is_plain};

/// Writes the fields and their new values; `ieee754` puts decimals into quotes.
///
/// # Errors
/// When a value is none of its field's type.
pub(super) fn write(
    entity: &Entity,
    delta: &Delta<'_>,
    ieee754: bool,
) -> Result<Vec<u8>, DialectError> {
    // Room for just what is written: then the bytes are handed on as they are.
    let mut length = 1;
    for (index, value) in delta.iter() {
        let name = entity.fields.field(index).map_or(0, |field| field.name.before_value().len());
        length += name + width(value, ieee754);
    }
    let mut body = Vec::with_capacity(length.max(2));
    for (index, value) in delta.iter() {
        let Some(field) = entity.fields.field(index) else {
            return Err(DialectError::Unknown);
        };
        body.extend_from_slice(field.name.before_value().as_bytes());
        // A collection is never null (Part 1, §11.2.4.1.2): without values it is empty.
        let values = if field.many { value.each() } else { std::slice::from_ref(value) };
        if field.many {
            body.push(b'[');
        }
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                body.push(b',');
            }
            written(&mut body, field, value, ieee754)?;
        }
        if field.many {
            body.push(b']');
        }
    }
    // The first name has no value before it.
    match body.first_mut() {
        Some(comma) => *comma = b'{',
        None => body.push(b'{'),
    }
    body.push(b'}');
    Ok(body)
}

/// How many bytes a single value takes as JSON; more where a character of it is escaped.
#[inline]
fn width(value: &Value<'_>, ieee754: bool) -> usize {
    match value {
        Value::Absent | Value::Boolean(true) => 4,
        Value::Boolean(false) => 5,
        Value::Text(text) | Value::DateTime(text) => text.len() + 2,
        Value::Integer(number) => {
            let digits = number.unsigned_abs().checked_ilog10().unwrap_or(0) as usize + 1;
            digits + usize::from(*number < 0)
        }
        Value::Decimal(number) => number.len() + if ieee754 { 2 } else { 0 },
        // There are few, and room for them is made when they are written.
        Value::List(_) => 0,
    }
}

/// Writes one value as JSON.
#[inline]
fn written(
    body: &mut Vec<u8>,
    field: &Field,
    value: &Value<'_>,
    ieee754: bool,
) -> Result<(), DialectError> {
    match value {
        Value::Absent => body.extend_from_slice(b"null"),
        Value::Text(text) | Value::DateTime(text) => quoted(body, text),
        Value::Integer(number) => {
            // Writing into memory cannot fail.
            let _ = write!(body, "{number}");
        }
        Value::Decimal(number) if literal::is_number(number) => {
            let quote: &[u8] = if ieee754 { b"\"" } else { b"" };
            body.extend_from_slice(quote);
            body.extend_from_slice(number.as_bytes());
            body.extend_from_slice(quote);
        }
        Value::Decimal(_) | Value::List(_) => {
            return Err(DialectError::Misfit(field.name.clone()));
        }
        Value::Boolean(true) => body.extend_from_slice(b"true"),
        Value::Boolean(false) => body.extend_from_slice(b"false"),
    }
    Ok(())
}

/// Writes a JSON string; writing into memory cannot fail.
fn quoted(body: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    // Nearly always.
    if is_plain(bytes) {
        body.push(b'"');
        body.extend_from_slice(bytes);
        body.push(b'"');
    } else {
        let _ = serde_json::to_writer(body, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Case;
    use crate::value::Type;

    #[test]
    fn room_is_made_for_just_what_is_written() {
        let cases = [
            (Type::String, Value::text("Díaz"), false),
            (Type::String, Value::text(""), false),
            (Type::String, Value::Absent, false),
            (Type::DateTime, Value::DateTime("2026-01-01T00:00:00Z".into()), false),
            (Type::Boolean, Value::Boolean(true), false),
            (Type::Boolean, Value::Boolean(false), false),
            (Type::Decimal, Value::Decimal("-7.50".into()), false),
            (Type::Decimal, Value::Decimal("-7.50".into()), true),
        ];
        let integers = [0, 9, 10, -1, -10, i64::MAX, i64::MIN]
            .map(|number| (Type::Integer, Value::Integer(number), false));
        for (kind, value, ieee754) in cases.into_iter().chain(integers) {
            let mut body = Vec::new();
            let field = Field::new("x", kind, Case::default());
            written(&mut body, &field, &value, ieee754).unwrap();
            assert_eq!(width(&value, ieee754), body.len(), "{value:?}");
        }
    }
}
