//! `first`: of a multi-valued attribute one value is stored.

use super::{Definition, Refusal, Shown, Transform};
use crate::record::Operators;
use crate::value::{Type, Value};

pub(super) const DEFINITION: Definition = Definition {
    name: "first",
    prose: "stores one value of a multi-valued attribute: the primary one, else the first; the \
            others are not kept",
    shown: &[Shown::text(r#"via = "first""#, "Admin", "Admin")],
    keys: &[],
    read: |_| Some(Box::new(First)),
};

#[derive(Debug)]
struct First;

impl Transform for First {
    fn name(&self) -> &'static str {
        DEFINITION.name
    }

    /// A primary value stands first in a list, wherever it stood in the request.
    fn inward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        Ok(value.into_each().into_iter().next().unwrap_or_default())
    }

    fn outward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        Ok(Value::list(value.into_each()))
    }

    fn upstream_type(&self, scim: Type) -> Result<Type, &'static str> {
        Ok(scim)
    }

    fn keeps(&self) -> Operators {
        Operators::ALL
    }

    fn gathers(&self) -> bool {
        true
    }

    fn loses(&self) -> Option<&'static str> {
        Some("all values but one")
    }
}
