//! `boolean`: a truth value that the upstream spells in its own way.

use toml::de::DeValue;

use super::{Definition, Refusal, Shown, Transform};
use crate::diagnostic::reader::{Holds, Key, Table, key, kind};
use crate::value::{Text, Type, Value};

pub(super) const DEFINITION: Definition = Definition {
    name: "boolean",
    prose: "spells a truth value as the upstream does: in two texts, two whole numbers, or the other \
            way round",
    shown: &[
        Shown::of(
            r#"via = { boolean = { true = 1, false = 0 } }"#,
            Value::Boolean(true),
            Value::Integer(1),
            Value::Boolean(true),
        ),
        Shown::of(
            r#"via = { boolean = { true = "Y", false = "N" } }"#,
            Value::Boolean(false),
            Value::text("N"),
            Value::Boolean(false),
        ),
        Shown::of(
            r#"via = { boolean = { true = false, false = true } }"#,
            Value::Boolean(true),
            Value::Boolean(false),
            Value::Boolean(true),
        ),
    ],
    keys: KEYS,
    read,
};

const KEYS: &[Key] = &[key("boolean", "the upstream's spellings of `true` and `false`")
    .table(SPELLINGS)
    .required("`{ true = …, false = … }`")];

const SPELLINGS: &[Key] = &[
    key("true", "the upstream's spelling of `true`").holds(Holds::Scalar),
    key("false", "the upstream's spelling of `false`").holds(Holds::Scalar),
];

#[derive(Debug)]
struct Spelling {
    yes: Value<'static>,
    no: Value<'static>,
    kind: Type,
}

/// What stands for a value upstream: a text, a whole number or a truth value.
pub(super) fn spelling(item: &DeValue<'_>) -> Option<Value<'static>> {
    match item {
        DeValue::String(text) => Some(Value::Text(Text::owned(text))),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(Value::Integer)
        }
        DeValue::Boolean(truth) => Some(Value::Boolean(*truth)),
        _ => None,
    }
}

fn read(table: Option<&Table<'_>>) -> Option<Box<dyn Transform>> {
    let table = table?;
    let spellings = table.table("boolean")?;
    let (yes, no) = (named(&spellings, "true")?, named(&spellings, "false")?);
    match (yes, no) {
        (Some(yes), Some(no)) if yes != no && yes.kind() == no.kind() => {
            let kind = yes.kind()?;
            Some(Box::new(Spelling { yes, no, kind }))
        }
        _ => {
            table.sink().error(
                &table.span_of("boolean"),
                "a truth value needs two different spellings of one type",
                Some("expected `{ true = …, false = … }`".to_owned()),
                None,
            );
            None
        }
    }
}

/// The spelling under a name; nothing where there is none, and `None` for what cannot be one.
fn named(table: &Table<'_>, name: &str) -> Option<Option<Value<'static>>> {
    let Some(value) = table.any(name) else { return Some(None) };
    let spelled = spelling(value.get_ref());
    if spelled.is_none() {
        let found = kind(value.get_ref());
        table.sink().error(
            &value.span(),
            "wrong type for a spelling",
            Some(format!("expected a string, a whole number or a truth value, found {found}")),
            None,
        );
    }
    spelled.map(Some)
}

impl Transform for Spelling {
    fn name(&self) -> &'static str {
        DEFINITION.name
    }

    fn inward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        match value {
            Value::Boolean(true) => Ok(self.yes.clone()),
            Value::Boolean(false) => Ok(self.no.clone()),
            _ => Err(Refusal::new("true or false")),
        }
    }

    fn outward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        if value == self.yes {
            Ok(Value::Boolean(true))
        } else if value == self.no {
            Ok(Value::Boolean(false))
        } else {
            Err(Refusal::new("one of the two spellings in the mapping"))
        }
    }

    fn upstream_type(&self, scim: Type) -> Result<Type, &'static str> {
        if scim == Type::Boolean { Ok(self.kind) } else { Err("a boolean") }
    }
}
