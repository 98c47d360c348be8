//! `escape`: signs that the upstream does not take, each in a spelling that it takes.
//!
//! An apostrophe in a userName is the usual one. Whatever is stored is printed as it came: a text
//! that already has what stands for a sign is refused, and so is a row that holds the sign itself.

use toml::de::DeValue;

use super::{Definition, Refusal, Shown, Transform};
use crate::diagnostic::reader::{Holds, Key, Placed, Table, key};
use crate::value::{Value, fold};

const USUAL: &str = r#"via = { escape = { "'" = "_x27_" } }"#;

pub(super) const DEFINITION: Definition = Definition {
    name: "escape",
    prose: "stores signs that the upstream does not take in a spelling of their own, one to one",
    shown: &[
        Shown::text(USUAL, "o'brien", "o_x27_brien"),
        Shown::text(USUAL, "ana", "ana"),
        Shown::refused(USUAL, Value::text("o_x27_brien")),
    ],
    keys: KEYS,
    read,
};

const KEYS: &[Key] = &[key("escape", "a sign of SCIM's = what the upstream holds for it")
    .holds(Holds::Open(&[], &Holds::Text))
    .required("a table such as `{ \"'\" = \"_x27_\" }`")];

#[derive(Debug)]
struct Escape {
    /// The sign and what stands for it.
    signs: Vec<(char, Box<str>)>,
}

fn read(table: Option<&Table<'_>>) -> Option<Box<dyn Transform>> {
    let table = table?;
    let mut signs: Vec<(Placed<char>, Box<str>)> = Vec::new();
    for (name, value) in table.entries("escape") {
        let mut letters = name.value.chars();
        let sign = match (letters.next(), letters.next()) {
            (Some(sign), None) => sign,
            _ => {
                let expected = "expected a single character".to_owned();
                table.sink().error(&name.span, "not a sign", Some(expected), None);
                return None;
            }
        };
        let DeValue::String(text) = value.get_ref() else {
            let expected = "expected a string".to_owned();
            table.sink().error(&value.span(), "wrong type for a spelling", Some(expected), None);
            return None;
        };
        if text.is_empty() {
            let expected = "expected a spelling that can be read back".to_owned();
            table.sink().error(&value.span(), "a sign cannot become nothing", Some(expected), None);
            return None;
        }
        signs.push((name.map(|_| sign), text.as_ref().into()));
    }
    if signs.is_empty() {
        let expected = "expected at least one sign".to_owned();
        table.sink().error(&table.span_of("escape"), "nothing to escape", Some(expected), None);
        return None;
    }
    for (at, (sign, spelling)) in signs.iter().enumerate() {
        let overlaps = |(_, other): &(Placed<char>, Box<str>)| {
            fold(other).contains(&*fold(spelling)) || fold(spelling).contains(&*fold(other))
        };
        let others = signs.iter().enumerate().filter(|(other, _)| *other != at);
        let ambiguous = signs.iter().any(|(sign, _)| spelling.contains(sign.value))
            || others.map(|(_, sign)| sign).any(overlaps);
        if ambiguous {
            table.sink().error(
                &sign.span,
                format!("`{spelling}` could not be read back as `{}` alone", sign.value),
                Some("expected a spelling without any of the signs or other spellings".to_owned()),
                None,
            );
            return None;
        }
    }
    let signs = signs.into_iter().map(|(sign, spelling)| (sign.value, spelling)).collect();
    Some(Box::new(Escape { signs }))
}

impl Escape {
    fn escaped(&self, text: &str) -> String {
        let mut escaped = String::with_capacity(text.len() + 8);
        for letter in text.chars() {
            match self.signs.iter().find(|(sign, _)| *sign == letter) {
                Some((_, spelling)) => escaped.push_str(spelling),
                None => escaped.push(letter),
            }
        }
        escaped
    }

    fn plain(&self, text: &str) -> String {
        let mut plain = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            let found = self.signs.iter().find_map(|(sign, spelling)| {
                rest.strip_prefix(&**spelling).map(|after| (*sign, after))
            });
            let (letter, after) = found
                .unwrap_or_else(|| (letter, rest.get(letter.len_utf8()..).unwrap_or_default()));
            plain.push(letter);
            rest = after;
        }
        plain
    }
}

impl Transform for Escape {
    fn name(&self) -> &'static str {
        DEFINITION.name
    }

    fn inward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        let Value::Text(text) = value else { return Ok(value) };
        let escaped = self.escaped(&text);
        if *self.plain(&escaped) == *text {
            return Ok(Value::Text(escaped.into()));
        }
        let spellings = self.signs.iter().map(|(_, spelling)| &**spelling);
        let spellings = crate::diagnostic::alternatives(spellings);
        Err(Refusal::new(format!("a text without {spellings}, which stands for another sign")))
    }

    fn outward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        let Value::Text(text) = value else { return Ok(value) };
        let plain = self.plain(&text);
        if *self.escaped(&plain) == *text {
            Ok(Value::Text(plain.into()))
        } else {
            Err(Refusal::new("a text without the signs that are escaped"))
        }
    }

    fn samples(&self) -> Vec<Value<'static>> {
        let of = |text: String| Value::Text(text.into());
        let signs = self.signs.iter();
        signs
            .flat_map(|(sign, text)| [of(format!("o{sign}brien{sign}")), of(text.to_string())])
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_signs_and_what_could_be_either() {
        let escape = Escape { signs: vec![('\'', "_q_".into()), ('&', "_a_".into())] };
        assert_eq!(escape.inward(Value::text("a'&b")), Ok(Value::text("a_q__a_b")));
        assert_eq!(escape.outward(Value::text("a_q__a_b")), Ok(Value::text("a'&b")));
        assert_eq!(escape.outward(Value::text("_q_a_")), Ok(Value::text("'a_")));
        assert!(escape.inward(Value::text("a_q_b")).is_err());
        // The sign would be taken for a part of what stands before it.
        assert!(escape.inward(Value::text("_q'")).is_err() || escape.escaped("_q'") == "_q_q_");
        assert!(escape.outward(Value::text("a'b")).is_err());
    }
}
