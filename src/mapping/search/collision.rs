//! Who else has the name or the anchor that somebody is to get.

use super::super::policy::Anchor;
use super::super::{Mapping, policy};
use crate::record::{Delta, FieldIndex, Operator, Predicate, Record};

impl Mapping {
    /// The rows that a new person may collide with: those with the same unique fields or the same
    /// anchor, whoever made them, in scope or not, living or not.
    #[must_use]
    pub fn collisions<'d>(
        &self,
        wished: &'d Delta<'_>,
        row: Option<&'d Record<'_>>,
    ) -> Predicate<'d> {
        let same = |field: &FieldIndex| {
            let value = wished.value(*field).or(row.map(|row| row.value(*field)));
            match value {
                Some(value) if !value.is_absent() => {
                    self.comparing(*field, Operator::Eq, false, false).with(value.borrowed())
                }
                _ => Predicate::absent(*field, true),
            }
        };
        let name = Predicate::all(self.unique.iter().map(same));
        Predicate::any(std::iter::once(name).chain(self.same_anchor(wished)))
    }

    fn same_anchor<'d>(&self, wished: &'d Delta<'_>) -> Option<Predicate<'d>> {
        let Anchor { field, .. } = self.anchor?;
        let value = wished.value(field).filter(|value| !value.is_absent())?;
        Some(self.comparing(field, Operator::Eq, true, false).with(value.borrowed()))
    }

    /// Whether a row has the unique fields that are wished, as SCIM compares names: regardless of
    /// letter case, and nothing else is folded.
    #[must_use]
    pub fn has_same_name(
        &self,
        wished: &Delta<'_>,
        present: Option<&Record<'_>>,
        other: &Record<'_>,
    ) -> bool {
        !self.unique.is_empty()
            && self.unique.iter().all(|field| {
                let value = wished.value(*field).or(present.map(|row| row.value(*field)));
                value.is_some_and(|value| policy::equal(value, other.value(*field)))
            })
    }

    /// Whether a row has the anchor that is wished.
    #[must_use]
    pub fn has_same_anchor(&self, wished: &Delta<'_>, other: &Record<'_>) -> bool {
        self.anchor.is_some_and(|anchor| {
            wished
                .value(anchor.field)
                .is_some_and(|value| !value.is_absent() && value == other.value(anchor.field))
        })
    }
}
