use percent_encoding::percent_decode_str;
use proptest::prelude::*;

use super::*;

fn written(value: &Value<'_>, kind: Type) -> Result<String, Misfit> {
    let mut out = String::new();
    write(&mut out, value, kind, Notation::Plain).map(|()| out)
}

#[test]
fn literals_are_written_by_their_type() {
    for (value, kind, expected) in [
        (Value::text("ana"), Type::String, "'ana'"),
        (Value::text("O'Neil & co+1"), Type::String, "'O%27%27Neil%20%26%20co%2B1'"),
        (Value::text("' or 1 eq 1 or '"), Type::String, "'%27%27%20or%201%20eq%201%20or%20%27%27'"),
        (Value::text(""), Type::String, "''"),
        (Value::Integer(-7), Type::Integer, "-7"),
        (Value::Integer(7), Type::Decimal, "7"),
        (Value::Decimal("-1.50e+3".into()), Type::Decimal, "-1.50e%2B3"),
        (Value::Boolean(true), Type::Boolean, "true"),
        (
            Value::DateTime("2026-11-21T10:00:00+02:00".into()),
            Type::DateTime,
            "2026-11-21T08%3A00%3A00Z",
        ),
        (Value::DateTime("2026-11-21T10:00:00".into()), Type::DateTime, "2026-11-21T10%3A00%3A00Z"),
    ] {
        assert_eq!(written(&value, kind).as_deref(), Ok(expected));
    }
}

#[test]
fn what_is_not_of_its_type_is_no_literal() {
    for (value, kind) in [
        (Value::Absent, Type::String),
        (Value::text("7"), Type::Integer),
        (Value::Integer(1), Type::Boolean),
        (Value::Decimal("1 or 1".into()), Type::Decimal),
        (Value::DateTime("yesterday".into()), Type::DateTime),
        (Value::DateTime("2026-11-21T10:00:00Z' or '".into()), Type::DateTime),
    ] {
        assert_eq!(written(&value, kind), Err(Misfit));
    }
}

#[test]
fn a_guid_and_a_day_stand_without_quotes() {
    let written = |text, notation| {
        let mut out = String::new();
        write(&mut out, &Value::text(text), Type::String, notation).map(|()| out)
    };
    let guid = "0A21f0f2-8d2a-4f8e-bf98-7363c4aed4ef";
    assert_eq!(written(guid, Notation::Guid).as_deref(), Ok(guid));
    assert_eq!(written("2026-03-01", Notation::Date).as_deref(), Ok("2026-03-01"));
    for (text, notation) in [
        ("0a21f0f28d2a4f8ebf987363c4aed4ef", Notation::Guid),
        ("1 or true", Notation::Guid),
        ("", Notation::Date),
        ("2026-03-01'", Notation::Date),
    ] {
        assert_eq!(written(text, notation), Err(Misfit), "{text}");
    }
}

#[test]
fn numbers_are_json_numbers() {
    for number in ["0", "-0", "10", "1.0", "0.5", "1e9", "1E-9", "-1.5e+3"] {
        assert!(is_number(number), "{number}");
    }
    for other in ["", "-", "01", "1.", ".5", "1e", "+1", "1e+", "1,5", "0x1", "NaN", "1 "] {
        assert!(!is_number(other), "{other}");
    }
}

proptest! {
    /// A quoted literal decodes and unquotes to what went in, and holds nothing bare but its quotes.
    #[test]
    fn a_text_survives_and_never_leaves_its_quotes(characters in any::<String>()) {
        let mut out = String::new();
        text(&mut out, &characters);
        let inner = out.strip_prefix('\'').and_then(|out| out.strip_suffix('\'')).unwrap();
        prop_assert!(inner.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)));
        let decoded = percent_decode_str(&out).decode_utf8().unwrap().into_owned();
        prop_assert_eq!(unquoted(&decoded), Some(characters));
    }
}
