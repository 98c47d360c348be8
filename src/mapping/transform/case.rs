//! `lowercase` and `uppercase`: a value is stored in one letter case.

use super::{Definition, Refusal, Shown, Transform};
use crate::record::{Operator, Operators};
use crate::value::Value;

pub(super) const LOWERCASE: Definition = Definition {
    name: "lowercase",
    prose: "stores a text in lower case; what is already stored is printed as it is",
    shown: &[Shown::of(
        r#"via = "lowercase""#,
        Value::text("Ana"),
        Value::text("ana"),
        Value::text("ana"),
    )],
    keys: &[],
    read: |_| Some(Box::new(Fold { upper: false })),
};

pub(super) const UPPERCASE: Definition = Definition {
    name: "uppercase",
    prose: "stores a text in upper case; what is already stored is printed as it is",
    shown: &[Shown::of(
        r#"via = "uppercase""#,
        Value::text("Ana"),
        Value::text("ANA"),
        Value::text("ANA"),
    )],
    keys: &[],
    read: |_| Some(Box::new(Fold { upper: true })),
};

#[derive(Debug)]
struct Fold {
    upper: bool,
}

impl Transform for Fold {
    fn name(&self) -> &'static str {
        if self.upper { UPPERCASE.name } else { LOWERCASE.name }
    }

    fn inward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        Ok(match value {
            Value::Text(text) => {
                let folded = if self.upper { text.to_uppercase() } else { text.to_lowercase() };
                if *folded == *text { Value::Text(text) } else { Value::Text(folded.into()) }
            }
            other => other,
        })
    }

    fn keeps(&self) -> Operators {
        super::EQUALITY.with(Operator::Contains).with(Operator::StartsWith).with(Operator::EndsWith)
    }

    fn loses(&self) -> Option<&'static str> {
        Some("letter case")
    }
}
