//! A multi-valued attribute and a field that holds several values: each value goes through the rule
//! by itself.
//!
//! What the row holds and SCIM cannot say, such as a role that the mapping's table does not list,
//! is not the client's: it is neither printed nor taken away.

use super::rule::{Rule, Shape};
use super::transform::Refusal;
use crate::record::FieldIndex;
use crate::value::{Value, alike, same};

/// What a wished list makes of a field.
#[derive(Debug)]
pub(super) struct Merged<'d> {
    /// The field.
    pub(super) field: FieldIndex,
    /// Its new list.
    pub(super) list: Value<'d>,
    /// Why a value was left out of it.
    pub(super) refusal: Option<Refusal>,
}

impl Rule {
    /// The values of a field that have a SCIM counterpart.
    pub(super) fn outward_each<'r>(&self, held: &'r Value<'_>) -> Value<'r> {
        let mut printed: Vec<Value<'r>> = Vec::with_capacity(held.each().len());
        for value in held.each().iter().filter_map(|value| self.printed(value)) {
            if !printed.iter().any(|known| same(known, &value)) {
                printed.push(value);
            }
        }
        Value::list(printed)
    }

    /// One value of the field as SCIM says it; `None` for what it cannot say.
    fn printed<'r>(&self, value: &'r Value<'_>) -> Option<Value<'r>> {
        if value.as_str() == Some("") {
            return None;
        }
        self.chain.outward(value.borrowed()).ok().filter(|value| !value.is_absent())
    }

    /// The list that a field gets which holds `before`. What it holds already stays in its own
    /// spelling, where `exact` is false also under another letter case, and is not held to limits
    /// again.
    pub(super) fn merge<'d>(
        &self,
        before: &'d Value<'_>,
        wished: &'d Value<'_>,
        exact: bool,
    ) -> Option<Merged<'d>> {
        let (true, Shape::One(field)) = (self.many, &self.shape) else { return None };
        let wished = wished.each();
        let mut list: Vec<Value<'d>> = Vec::new();
        let mut met = vec![false; wished.len()];
        for held in before.each() {
            let place = self
                .printed(held)
                .map(|printed| wished.iter().position(|wanted| alike(&printed, wanted, exact)));
            match place {
                Some(None) => continue,
                Some(Some(place)) => met.get_mut(place).map_or((), |met| *met = true),
                None => {}
            }
            list.push(held.borrowed());
        }
        let mut refusal = None;
        for (wanted, _) in wished.iter().zip(met).filter(|(_, met)| !met) {
            let stored = self.chain.inward(wanted.borrowed()).and_then(|stored| {
                self.limits[0].check(&stored)?;
                Ok(stored)
            });
            match stored {
                Ok(Value::Absent) => {}
                Ok(stored) if list.iter().any(|known| same(known, &stored)) => {}
                Ok(stored) => list.push(stored),
                Err(why) => refusal = refusal.or(Some(why)),
            }
        }
        Some(Merged { field: *field, list: Value::list(list), refusal })
    }
}
