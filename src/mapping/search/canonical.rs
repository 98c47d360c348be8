//! One spelling for what is looked for: the one that rows are printed with.

use std::borrow::Cow;

use super::super::Mapping;
use super::super::rule::Shape;
use crate::scim::filter::{Comparison, Criterion, Target};
use crate::scim::{Filter, SlotIndex};
use crate::value::Value;

impl Mapping {
    /// The same filter with its literals in the one spelling that rows print, so that rows can be
    /// compared again here. A search finds the same in any spelling.
    #[must_use]
    pub fn canonical<'f>(&self, filter: &'f Filter<'f>) -> Cow<'f, Filter<'f>> {
        let prepared = self.prepared();
        let mut canonical = Cow::Borrowed(filter);
        for (place, criterion) in filter.atoms().enumerate() {
            if let Criterion::Compare {
                target: Target::Slot(slot),
                operator: Comparison::Eq | Comparison::Ne,
                value,
            } = criterion
                && !prepared.is_plain(*slot)
                && let Some(printed) = self.canonical_value(*slot, value)
                && let Some(Criterion::Compare { value, .. }) =
                    canonical.to_mut().atoms_mut().nth(place)
            {
                *value = printed;
            }
        }
        canonical
    }

    /// A value as a row that holds it would print it; `None` where no row can hold it, and for an
    /// attribute whose values have one spelling only.
    fn canonical_value(&self, slot: SlotIndex, value: &Value<'_>) -> Option<Value<'static>> {
        let rule = self.rule(slot)?;
        let is_one = matches!(rule.shape, Shape::One(_) | Shape::Reference { .. });
        if is_one && rule.chain.is_empty() {
            return None;
        }
        // Nearly every literal is written as it is printed.
        if let (Shape::Split { split, .. }, true, Some(text)) =
            (&rule.shape, rule.chain.is_empty(), value.as_str())
            && split.plainly(text).is_some()
        {
            return None;
        }
        let set = rule.search_value(value, self.kind(self.entity.key)).ok()?;
        // A literal is one value, also of an attribute that is a list of one.
        let printed = match rule.outward_of(|field| set.value(field)).ok()?.into_owned() {
            Value::List(values) => values.into_vec().pop()?,
            one => one,
        };
        (!printed.is_absent()).then_some(printed)
    }
}
