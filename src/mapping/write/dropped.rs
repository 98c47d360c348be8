//! Values that are not taken: left out, or the reason why a request is refused.

use super::super::Mapping;
use super::super::rule::{OnInvalid, Rule};
use super::super::transform::Refusal;
use super::{Wish, Written};
use crate::scim::{Document, ScimError, ScimType, SlotIndex, SlotSet};
use crate::value::Value;

/// An optional attribute whose value the upstream cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The attribute; `None` for a field that the mapping derives.
    pub slot: Option<SlotIndex>,
    /// The attribute's path, or the derived field's name.
    pub path: Box<str>,
    /// What was expected.
    pub expected: String,
}

impl Mapping {
    /// Whether a request makes a person inactive.
    #[must_use]
    pub fn disables(&self, wished: &Document<'_>, stated: SlotSet) -> bool {
        let is_false = |slot| *wished.value(slot) == Value::Boolean(false);
        self.active.is_some_and(|slot| stated.contains(slot) && is_false(slot))
    }

    /// Leaves a value that is not taken as it was, or refuses the request. A request that disables
    /// a person is never refused for an optional attribute, unless its client asked for rigour.
    pub(super) fn drop_or_reject(
        &self,
        rule: &Rule,
        refusal: Refusal,
        wish: Wish<'_>,
        disables: bool,
        written: &mut Written<'_>,
    ) -> Result<(), ScimError> {
        let is_optional = !self.resource.slot(rule.slot).required
            && Some(rule.slot) != self.active
            && !self.identifies(rule);
        let is_dropped = rule.on_invalid == OnInvalid::Drop || (disables && is_optional);
        let Refusal { expected, found } = refusal;
        if wish.strict || !is_dropped {
            let detail = format!("`{}`: expected {expected}", rule.path);
            let error = ScimError::new(ScimType::InvalidValue, detail);
            return Err(match found {
                Some(found) => error.with_value(found),
                None => error,
            });
        }
        written.dropped.push(Dropped { slot: Some(rule.slot), path: rule.path.clone(), expected });
        Ok(())
    }

    /// Leaves one value of several out, or refuses the request.
    pub(super) fn drop_one(
        &self,
        rule: &Rule,
        refusal: Option<Refusal>,
        wish: Wish<'_>,
        disables: bool,
        written: &mut Written<'_>,
    ) -> Result<(), ScimError> {
        let drop = |refusal| self.drop_or_reject(rule, refusal, wish, disables, written);
        refusal.map_or(Ok(()), drop)
    }
}
