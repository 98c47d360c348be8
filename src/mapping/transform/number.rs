//! `number` and `digits`: a number that one of the two sides keeps as a text.
//!
//! A text and a number stand for each other in one spelling only: `007` is refused where `7` would
//! be printed, for a person's number that comes back changed is another person's.

use super::{Definition, Refusal, Shown, Transform, decimal};
use crate::diagnostic::reader::{Key, Table, key, names};
use crate::value::{Text, Type, Value};

pub(super) const NUMBER: Definition = Definition {
    name: "number",
    prose: "a text that the upstream keeps as a number; other spellings than the printed one are \
            refused",
    shown: &[
        Shown::of(
            r#"via = { number = "integer" }"#,
            Value::text("701984"),
            Value::Integer(701_984),
            Value::text("701984"),
        ),
        Shown::refused(r#"via = { number = "integer" }"#, Value::text("007")),
        Shown::of(
            r#"via = { number = "integer", width = 6 }"#,
            Value::text("000042"),
            Value::Integer(42),
            Value::text("000042"),
        ),
        Shown::of(
            r#"via = { number = "decimal", point = "," }"#,
            Value::text("37,5"),
            decimal("37.5"),
            Value::text("37,5"),
        ),
    ],
    keys: NUMBER_KEYS,
    read: |table| Some(Box::new(Number { spelling: Spelling::read(table?, "number")? })),
};

pub(super) const DIGITS: Definition = Definition {
    name: "digits",
    prose: "a number that the upstream keeps as a text, with zeros in front where it wants them",
    shown: &[
        Shown::of(
            r#"via = { digits = "integer", width = 8 }"#,
            Value::Integer(42),
            Value::text("00000042"),
            Value::Integer(42),
        ),
        Shown::of(
            r#"via = { digits = "decimal", point = "," }"#,
            decimal("37.5"),
            Value::text("37,5"),
            decimal("37.5"),
        ),
        Shown::of(
            r#"via = [{ number = "integer" }, { digits = "integer", width = 8 }]"#,
            Value::text("42"),
            Value::text("00000042"),
            Value::text("42"),
        ),
    ],
    keys: DIGITS_KEYS,
    read: |table| Some(Box::new(Digits { spelling: Spelling::read(table?, "digits")? })),
};

const KINDS: [(&str, Type); 2] = [("integer", Type::Integer), ("decimal", Type::Decimal)];
const POINTS: [(&str, char); 2] = [(".", '.'), (",", ',')];
const WIDTH: Key =
    key("width", "the least digits before the point; zeros fill the front").integer(1, 18);
const POINT: Key =
    key("point", "the sign before a decimal's fraction: `.` or `,`").word(|| names(&POINTS));
const NUMBER_KEYS: &[Key] = &[
    key("number", "what the upstream holds: `integer` or `decimal`")
        .word(|| names(&KINDS))
        .required("`integer` or `decimal`"),
    WIDTH,
    POINT,
];
const DIGITS_KEYS: &[Key] = &[
    key("digits", "what SCIM's side holds: `integer` or `decimal`")
        .word(|| names(&KINDS))
        .required("`integer` or `decimal`"),
    WIDTH,
    POINT,
];

/// How a number is written.
#[derive(Debug)]
struct Spelling {
    kind: Type,
    width: usize,
    point: char,
}

impl Spelling {
    fn read(table: &Table<'_>, name: &str) -> Option<Self> {
        let kind = table.choice(name, &KINDS)?;
        let width = table.integer("width").and_then(|width| usize::try_from(width).ok());
        let point = table.choice("point", &POINTS);
        if kind == Type::Integer && table.has("point") {
            table.sink().error(
                &table.span_of("point"),
                "an integer has no fraction",
                Some(format!("expected `{name} = \"decimal\"` beside it")),
                None,
            );
            return None;
        }
        Some(Self { kind, width: width.unwrap_or(1), point: point.unwrap_or('.') })
    }

    /// The number that a text is the one spelling of.
    fn number(&self, text: &str) -> Option<Value<'static>> {
        let number = if self.kind == Type::Integer {
            Value::Integer(text.parse().ok()?)
        } else {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let (whole, fraction) = digits.split_once(self.point).unwrap_or((digits, "0"));
            let is_digits =
                |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            if !is_digits(whole) || !is_digits(fraction) {
                return None;
            }
            // JSON has no zeros in front.
            let rest = whole.trim_start_matches('0');
            let sign = if digits.len() < text.len() { "-" } else { "" };
            let whole = if rest.is_empty() { "0" } else { rest };
            Value::Decimal(Text::from(match digits.split_once(self.point) {
                Some((_, fraction)) => format!("{sign}{whole}.{fraction}"),
                None => format!("{sign}{whole}"),
            }))
        };
        (self.text(&number).as_deref() == Some(text)).then_some(number)
    }

    /// A number's one spelling.
    fn text(&self, number: &Value<'_>) -> Option<String> {
        let plain = match number {
            Value::Integer(number) => number.to_string(),
            Value::Decimal(text) if text.contains(['e', 'E']) => {
                let number: f64 = text.parse().ok()?;
                number.is_finite().then(|| number.to_string())?
            }
            Value::Decimal(text) => text.to_string(),
            _ => return None,
        };
        let (sign, digits) = match plain.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", plain.as_str()),
        };
        let width = self.width;
        Some(match digits.split_once('.') {
            Some((whole, fraction)) => format!("{sign}{whole:0>width$}{}{fraction}", self.point),
            None => format!("{sign}{digits:0>width$}"),
        })
    }

    fn refusal(&self) -> Refusal {
        let example = match self.kind {
            Type::Integer => self.text(&Value::Integer(42)),
            _ => self.text(&decimal("37.5")),
        };
        Refusal::new(format!(
            "{} written as `{}` is",
            if self.kind == Type::Integer { "a whole number" } else { "a number" },
            example.unwrap_or_default()
        ))
    }

    fn number_of(&self, value: &Value<'_>) -> Result<Value<'static>, Refusal> {
        value.as_str().and_then(|text| self.number(text)).ok_or_else(|| self.refusal())
    }

    fn text_of(&self, value: &Value<'_>) -> Result<Value<'static>, Refusal> {
        let text = self.text(value).ok_or_else(|| Refusal::new("a number"))?;
        Ok(Value::Text(text.into()))
    }

    fn samples(&self) -> Vec<Value<'static>> {
        let numbers: [Value<'static>; 5] = match self.kind {
            Type::Integer => [0, 7, -1, 701_984, i64::MAX].map(Value::Integer),
            _ => ["0", "-0.5", "37.5", "1.50", "100000"].map(decimal),
        };
        numbers.into()
    }
}

#[derive(Debug)]
struct Number {
    spelling: Spelling,
}

impl Transform for Number {
    fn name(&self) -> &'static str {
        NUMBER.name
    }

    fn inward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        self.spelling.number_of(&value)
    }

    fn outward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        self.spelling.text_of(&value)
    }

    fn upstream_type(&self, scim: Type) -> Result<Type, &'static str> {
        if scim == Type::String { Ok(self.spelling.kind) } else { Err("a string") }
    }

    /// Texts and numbers are ordered differently.
    fn samples(&self) -> Vec<Value<'static>> {
        let numbers = self.spelling.samples();
        let mut texts: Vec<Value<'static>> =
            numbers.iter().filter_map(|number| self.spelling.text_of(number).ok()).collect();
        texts.push(Value::text("007"));
        texts
    }
}

#[derive(Debug)]
struct Digits {
    spelling: Spelling,
}

impl Transform for Digits {
    fn name(&self) -> &'static str {
        DIGITS.name
    }

    fn inward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        self.spelling.text_of(&value)
    }

    fn outward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        self.spelling.number_of(&value)
    }

    fn upstream_type(&self, scim: Type) -> Result<Type, &'static str> {
        match (self.spelling.kind, scim) {
            (Type::Integer, Type::Integer) | (Type::Decimal, Type::Decimal) => Ok(Type::String),
            (Type::Integer, _) => Err("an integer"),
            _ => Err("a decimal"),
        }
    }

    /// Texts and numbers are ordered differently.
    fn samples(&self) -> Vec<Value<'static>> {
        self.spelling.samples()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_spelling() {
        let whole = Spelling { kind: Type::Integer, width: 3, point: '.' };
        assert_eq!(whole.number("007"), Some(Value::Integer(7)));
        assert_eq!(whole.number("-007"), Some(Value::Integer(-7)));
        for other in ["7", "0007", "+007", " 007", "00x", "", "-", "99999999999999999999"] {
            assert_eq!(whole.number(other), None, "{other}");
        }
        let fraction = Spelling { kind: Type::Decimal, width: 1, point: ',' };
        assert_eq!(fraction.number("-0,50"), Some(decimal("-0.50")));
        assert_eq!(fraction.text(&decimal("1.5e3")), Some("1500".to_owned()));
        for other in ["0.5", ",5", "5,", "05,1", "1e3", "1,2,3", "--1"] {
            assert_eq!(fraction.number(other), None, "{other}");
        }
    }

    #[test]
    fn what_stands_upstream_in_another_spelling_is_not_printed() {
        let digits = Digits { spelling: Spelling { kind: Type::Integer, width: 8, point: '.' } };
        assert_eq!(digits.outward(Value::text("00000042")), Ok(Value::Integer(42)));
        assert!(digits.outward(Value::text("42")).is_err());
    }
}
