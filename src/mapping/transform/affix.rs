//! `strip_prefix`, `strip_suffix`, `add_prefix`, `add_suffix`: a fixed text that one of the two
//! sides has at an end of every value.

use super::{Definition, EQUALITY, Refusal, Shown, Transform};
use crate::diagnostic::reader::{Table, key};
use crate::record::{Operator, Operators};
use crate::value::{Text, Value, same_folded};

pub(super) const STRIP_PREFIX: Definition = Definition {
    name: "strip_prefix",
    prose: "does not store the text with which every value begins; one without it is refused",
    shown: &[
        Shown::text(r"via = { strip_prefix = 'CONTOSO\' }", r"CONTOSO\ana", "ana"),
        Shown::refused(r"via = { strip_prefix = 'CONTOSO\' }", Value::text("ana")),
    ],
    keys: &[key("strip_prefix", "the text with which SCIM's values begin, in any letter case")
        .required("a text")],
    read: |table| Affix::read(table?, End::Start, false),
};

pub(super) const STRIP_SUFFIX: Definition = Definition {
    name: "strip_suffix",
    prose: "does not store the text with which every value ends; one without it is refused",
    shown: &[Shown::text(r#"via = { strip_suffix = "@contoso.com" }"#, "ana@contoso.com", "ana")],
    keys: &[key("strip_suffix", "the text with which SCIM's values end, in any letter case")
        .required("a text")],
    read: |table| Affix::read(table?, End::Tail, false),
};

pub(super) const ADD_PREFIX: Definition = Definition {
    name: "add_prefix",
    prose: "stores a text before every value and does not print it; what lacks it is not printed",
    shown: &[Shown::text(r#"via = { add_prefix = "EXT-" }"#, "701984", "EXT-701984")],
    keys: &[key("add_prefix", "the text with which the upstream's values begin").required("a text")],
    read: |table| Affix::read(table?, End::Start, true),
};

pub(super) const ADD_SUFFIX: Definition = Definition {
    name: "add_suffix",
    prose: "stores a text behind every value and does not print it; what lacks it is not printed",
    shown: &[Shown::text(
        r#"via = { add_suffix = " (external)" }"#,
        "Ana Diaz",
        "Ana Diaz (external)",
    )],
    keys: &[key("add_suffix", "the text with which the upstream's values end").required("a text")],
    read: |table| Affix::read(table?, End::Tail, true),
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Start,
    Tail,
}

#[derive(Debug)]
struct Affix {
    text: Box<str>,
    end: End,
    /// Whether the upstream has it, and not SCIM.
    stored: bool,
}

impl Affix {
    fn name_of(end: End, stored: bool) -> &'static str {
        match (end, stored) {
            (End::Start, false) => STRIP_PREFIX.name,
            (End::Tail, false) => STRIP_SUFFIX.name,
            (End::Start, true) => ADD_PREFIX.name,
            (End::Tail, true) => ADD_SUFFIX.name,
        }
    }

    fn read(table: &Table<'_>, end: End, stored: bool) -> Option<Box<dyn Transform>> {
        let text = table.required_text(Self::name_of(end, stored))?.value.into();
        Some(Box::new(Self { text, end, stored }))
    }

    fn with<'a>(&self, value: &Value<'_>) -> Result<Value<'a>, Refusal> {
        let text = value.as_str().filter(|text| !text.trim().is_empty());
        let text = text.ok_or_else(|| Refusal::new("a text that is not blank"))?;
        Ok(Value::Text(Text::from(match self.end {
            End::Start => format!("{}{text}", self.text),
            End::Tail => format!("{text}{}", self.text),
        })))
    }

    fn without<'a>(&self, value: &Value<'a>) -> Result<Value<'a>, Refusal> {
        let refused = || {
            let end = if self.end == End::Start { "begins" } else { "ends" };
            Refusal::new(format!("a text that {end} with `{}` and has more than that", self.text))
        };
        let Value::Text(text) = value else { return Err(refused()) };
        let at = match self.end {
            End::Start => self.text.len(),
            End::Tail => text.len().checked_sub(self.text.len()).ok_or_else(refused)?,
        };
        let (start, tail) = text.split_at_checked(at).ok_or_else(refused)?;
        let (affix, rest) = match self.end {
            End::Start => (start, tail),
            End::Tail => (tail, start),
        };
        if rest.trim().is_empty() || !same_folded(affix, &self.text) {
            return Err(refused());
        }
        Ok(Value::Text(Text::owned(rest)))
    }
}

impl Transform for Affix {
    fn name(&self) -> &'static str {
        Self::name_of(self.end, self.stored)
    }

    fn inward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        if self.stored { self.with(&value) } else { self.without(&value) }
    }

    fn outward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        if self.stored { self.without(&value) } else { self.with(&value) }
    }

    fn keeps(&self) -> Operators {
        EQUALITY.with(match self.end {
            End::Start => Operator::StartsWith,
            End::Tail => Operator::EndsWith,
        })
    }

    fn loses(&self) -> Option<&'static str> {
        (!self.stored).then_some("the letter case of what is taken away")
    }

    fn samples(&self) -> Vec<Value<'static>> {
        let texts = ["ana", "Zoë", &self.text].map(|text| Value::Text(Text::owned(text)));
        let whole = texts.iter().filter_map(|text| self.with(text).ok());
        if self.stored { texts.clone().into() } else { whole.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_affix_counts_once_and_letters_are_not_cut() {
        let strip = Affix { text: "x-".into(), end: End::Start, stored: false };
        assert_eq!(strip.inward(Value::text("X-x-a")), Ok(Value::text("x-a")));
        assert_eq!(strip.outward(Value::text("x-a")), Ok(Value::text("x-x-a")));
        for other in ["x", "x-", "x-  ", "é-a", "ñ", ""] {
            assert!(strip.inward(Value::text(other)).is_err(), "{other}");
        }
        let add = Affix { text: "é".into(), end: End::Tail, stored: true };
        assert_eq!(add.outward(Value::text("aé")), Ok(Value::text("a")));
        assert!(add.outward(Value::text("a")).is_err());
        assert!(add.outward(Value::text("字")).is_err());
    }
}
