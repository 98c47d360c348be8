//! `trim`: blanks at both ends are not stored.

use super::{Definition, Refusal, Shown, Transform};
use crate::value::{Text, Value};

pub(super) const DEFINITION: Definition = Definition {
    name: "trim",
    prose: "drops blanks at both ends before a value is stored",
    shown: &[Shown::of(
        r#"via = "trim""#,
        Value::text("  Ana "),
        Value::text("Ana"),
        Value::text("Ana"),
    )],
    keys: &[],
    read: |_| Some(Box::new(Trim)),
};

#[derive(Debug)]
struct Trim;

impl Transform for Trim {
    fn name(&self) -> &'static str {
        DEFINITION.name
    }

    fn inward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        let trimmed = match value {
            Value::Text(text) => match text.as_borrowed() {
                Some(text) => Value::text(text.trim()),
                None => Value::Text(Text::owned(text.trim())),
            },
            other => return Ok(other),
        };
        Ok(match trimmed {
            Value::Text(text) if text.is_empty() => Value::Absent,
            other => other,
        })
    }

    fn loses(&self) -> Option<&'static str> {
        Some("blanks at both ends")
    }
}
