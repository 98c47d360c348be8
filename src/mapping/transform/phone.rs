//! `phone`: a telephone number with its country's code, checked or brought into one form.
//!
//! Opt-in: SCIM wants a number echoed as it was sent, and no shipped mapping touches one.

use super::{Definition, Refusal, Shown, Transform};
use crate::diagnostic::reader::{Key, Table, key, names};
use crate::value::Value;

const VALID: &str = r#"via = { phone = "valid" }"#;

pub(super) const DEFINITION: Definition = Definition {
    name: "phone",
    prose: "takes telephone numbers with their country's code alone: as they are, or in one form",
    shown: &[
        Shown::text(VALID, "+57 1234567890", "+57 1234567890"),
        Shown::refused(VALID, Value::text("1234567890")),
        Shown::of(
            r#"via = { phone = "spaced" }"#,
            Value::text("+57 (300) 123-4567"),
            Value::text("+57 3001234567"),
            Value::text("+57 3001234567"),
        ),
        Shown::of(
            r#"via = { phone = "e164", country = "49", trunk = "0" }"#,
            Value::text("0171 2345678"),
            Value::text("+491712345678"),
            Value::text("+491712345678"),
        ),
    ],
    keys: KEYS,
    read,
};

const FORMS: [(&str, Form); 3] =
    [("valid", Form::Valid), ("spaced", Form::Spaced), ("e164", Form::E164)];

const KEYS: &[Key] = &[
    key(
        "phone",
        "`valid` stores `+57 1234567890` as it is and refuses other forms; `spaced` makes that form, `e164` the one without the blank",
    )
    .word(|| names(&FORMS))
    .required("`valid`, `spaced` or `e164`"),
    key(
        "country",
        "the country's code of numbers that have none, such as `57`; without it they are refused",
    ),
    key(
        "trunk",
        "what numbers without a country's code begin with at home and lose abroad, such as `0`",
    ),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Valid,
    Spaced,
    E164,
}

#[derive(Debug)]
struct Phone {
    form: Form,
    country: Option<Box<str>>,
    trunk: Box<str>,
}

fn read(table: Option<&Table<'_>>) -> Option<Box<dyn Transform>> {
    let table = table?;
    let form = table.choice("phone", &FORMS)?;
    let digits = |name: &str| {
        let text = table.text(name)?;
        let is_digits = !text.value.is_empty() && text.value.bytes().all(|b| b.is_ascii_digit());
        let is_wanted = form != Form::Valid && (name == "country" || table.has("country"));
        let expected = match (is_digits, is_wanted) {
            (true, true) => return Some(text.value),
            (false, _) => "expected digits alone",
            (_, false) if form == Form::Valid => "expected it beside `spaced` or `e164` alone",
            _ => "expected `country` beside it",
        };
        table.sink().error(
            &text.span,
            format!("`{name}` has no meaning here"),
            Some(expected.to_owned()),
            None,
        );
        None
    };
    let country = digits("country").map(Into::into);
    let trunk = digits("trunk").unwrap_or_default().into();
    Some(Box::new(Phone { form, country, trunk }))
}

/// How many digits the country's code at the start of a number has (ITU-T E.164, the list of codes
/// in its annex): one for zones 1 and 7, two for those that were given out so, else three.
fn code_length(digits: &str) -> usize {
    let zone = digits.get(..2).unwrap_or(digits);
    match zone.as_bytes() {
        [b'1' | b'7', ..] => 1,
        [b'2', b'0' | b'7'] | [b'3', b'0'..=b'4' | b'6' | b'9'] => 2,
        [b'4', b'0' | b'1' | b'3'..=b'9'] | [b'5', b'1'..=b'8'] => 2,
        [b'6', b'0'..=b'6'] | [b'8', b'1' | b'2' | b'4' | b'6'] => 2,
        [b'9', b'0'..=b'5' | b'8'] => 2,
        _ => 3,
    }
}

/// Whether digits can be a whole number: at most 15 of them (E.164 §6), and enough for one.
fn is_whole(digits: &str) -> bool {
    (7..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
}

impl Phone {
    fn is_valid(text: &str) -> bool {
        let parts = text.strip_prefix('+').and_then(|rest| rest.split_once(' '));
        parts.is_some_and(|(code, number)| {
            (1..=3).contains(&code.len()) && is_whole(&format!("{code}{number}"))
        })
    }

    /// All digits of a number, its country's code first.
    fn digits(&self, text: &str) -> Option<String> {
        let text = text.trim().replace("(0)", "");
        let (is_abroad, rest) = match text.strip_prefix('+').or_else(|| text.strip_prefix("00")) {
            Some(rest) => (true, rest),
            None => (false, text.as_str()),
        };
        let is_separator =
            |sign: char| matches!(sign, ' ' | '\u{a0}' | '-' | '.' | '/' | '(' | ')');
        let digits: String = rest.chars().filter(|sign| !is_separator(*sign)).collect();
        let whole = if is_abroad {
            digits
        } else {
            let number = digits.strip_prefix(&*self.trunk).unwrap_or(&digits);
            format!("{}{number}", self.country.as_deref()?)
        };
        is_whole(&whole).then_some(whole)
    }
}

impl Transform for Phone {
    fn name(&self) -> &'static str {
        DEFINITION.name
    }

    fn inward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        let refused = || Refusal::new("a telephone number such as `+57 1234567890`");
        let Value::Text(text) = value else { return Err(refused()) };
        if self.form == Form::Valid {
            return if Self::is_valid(&text) { Ok(Value::Text(text)) } else { Err(refused()) };
        }
        let digits = self.digits(&text).ok_or_else(refused)?;
        let (code, number) = digits.split_at_checked(code_length(&digits)).ok_or_else(refused)?;
        let blank = if self.form == Form::Spaced { " " } else { "" };
        Ok(Value::Text(format!("+{code}{blank}{number}").into()))
    }

    fn loses(&self) -> Option<&'static str> {
        (self.form != Form::Valid).then_some("the form in which a number was written")
    }

    fn samples(&self) -> Vec<Value<'static>> {
        [
            "+57 1234567890",
            "+1 5550109999",
            "+1 (555) 010-9999",
            "004930123456",
            "0171 2345678",
            "+573001234567",
        ]
        .map(Value::text)
        .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_numbers_have_a_code_a_blank_and_digits() {
        for good in ["+57 1234567890", "+1 5550109999", "+380 441234567"] {
            assert!(Phone::is_valid(good), "{good}");
        }
        for bad in
            ["57 1234567890", "+57", "+57 ", "+57 12 34", "+0 123456789", "+5712 345678", "+57 x"]
        {
            assert!(!Phone::is_valid(bad), "{bad}");
        }
    }

    #[test]
    fn a_number_is_brought_into_one_form() {
        let german = Phone { form: Form::Spaced, country: Some("49".into()), trunk: "0".into() };
        for (sent, stored) in [
            ("+49 (0) 171 234-5678", "+49 1712345678"),
            ("0049/171.2345678", "+49 1712345678"),
            ("0171 2345678", "+49 1712345678"),
            ("+1 555 010 9999", "+1 5550109999"),
            ("+380441234567", "+380 441234567"),
        ] {
            assert_eq!(german.inward(Value::text(sent)), Ok(Value::text(stored)), "{sent}");
            assert_eq!(german.inward(Value::text(stored)), Ok(Value::text(stored)), "{stored}");
        }
        for bad in ["", "+", "0171 23 x9", "+49 171 2345678 ext 3", "+0 123456789", "12"] {
            assert!(german.inward(Value::text(bad)).is_err(), "{bad}");
        }
    }
}
