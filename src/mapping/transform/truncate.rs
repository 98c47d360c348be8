//! `truncate`: a text is cut to what the field takes, because the mapping says so.

use super::{Definition, Refusal, Shown, Transform};
use crate::diagnostic::reader::{Key, Table, key};
use crate::value::{Text, Value};

pub(super) const DEFINITION: Definition = Definition {
    name: "truncate",
    prose: "cuts a text to so many characters; nothing else ever does, and never for a name that \
            identifies somebody",
    shown: &[
        Shown::of(
            "via = { truncate = 12 }",
            Value::text("Head of Procurement"),
            Value::text("Head of Proc"),
            Value::text("Head of Proc"),
        ),
        Shown::text("via = { truncate = 12 }", "Buyer", "Buyer"),
    ],
    keys: KEYS,
    read,
};

const KEYS: &[Key] = &[key("truncate", "the most characters that are stored")
    .integer(1, 1_000_000)
    .required("the most characters, such as `40`")];

#[derive(Debug)]
struct Truncate {
    most: usize,
}

fn read(table: Option<&Table<'_>>) -> Option<Box<dyn Transform>> {
    let most = usize::try_from(table?.integer("truncate")?).ok()?;
    Some(Box::new(Truncate { most }))
}

impl Transform for Truncate {
    fn name(&self) -> &'static str {
        DEFINITION.name
    }

    fn inward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        let Value::Text(text) = value else { return Ok(value) };
        let Some((end, _)) = text.char_indices().nth(self.most) else {
            return Ok(Value::Text(text));
        };
        // A blank where it was cut would be stored by one database and dropped by the next.
        let cut = text.get(..end).unwrap_or_default().trim_end();
        if cut.is_empty() {
            return Ok(Value::Absent);
        }
        Ok(Value::Text(Text::owned(cut)))
    }

    fn loses(&self) -> Option<&'static str> {
        Some("the end of a long text")
    }

    fn samples(&self) -> Vec<Value<'static>> {
        vec![Value::Text("ñ".repeat(self.most + 1).into())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_and_none_is_cut_in_two() {
        let cut = Truncate { most: 3 };
        assert_eq!(cut.inward(Value::text("äöüß")), Ok(Value::text("äöü")));
        assert_eq!(cut.inward(Value::text("ab cd")), Ok(Value::text("ab")));
        assert_eq!(cut.inward(Value::text("   x")), Ok(Value::Absent));
    }
}
