//! Which rows are there for a client, which may be written, and whose they are.

use super::predicate::Compare;
use crate::logic::Joint;
use crate::record::{Case, FieldIndex, Nulls, Operator, Predicate, Record};
use crate::scim::SlotIndex;
use crate::value::{Value, same_folded};

/// A test of one field, regardless of letter case.
#[derive(Clone, Debug)]
pub struct Test {
    /// The field.
    pub field: FieldIndex,
    /// How the upstream compares it.
    pub case: Case,
    /// The values that it is compared with.
    pub values: Vec<Value<'static>>,
    /// Whether the field must hold one of them (`one_of`) or none of them (`none_of`).
    pub one_of: bool,
}

impl Test {
    /// Whether a row meets it.
    #[must_use]
    pub fn holds(&self, row: &Record<'_>) -> bool {
        let held = row.value(self.field);
        self.values.iter().any(|value| equal(held, value)) == self.one_of
    }

    /// The same as a search.
    #[must_use]
    pub fn predicate(&self, nulls: Nulls) -> Predicate<'static> {
        let compare = Compare {
            field: self.field,
            operator: Operator::Eq,
            case: self.case,
            negated: !self.one_of,
            nulls,
        };
        let joint = Joint::Or.negated_if(!self.one_of);
        Predicate::joined(joint, self.values.iter().map(|value| compare.with(value.clone())))
    }
}

/// Equal as the policies see it: texts regardless of letter case.
#[must_use]
pub fn equal(left: &Value<'_>, right: &Value<'_>) -> bool {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => same_folded(left, right),
        (left, right) => left == right,
    }
}

/// The field that holds the identity provider's immutable id.
#[derive(Clone, Copy, Debug)]
pub struct Anchor {
    /// The attribute.
    pub slot: SlotIndex,
    /// Its field.
    pub field: FieldIndex,
}

/// What a create does when the person exists already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnConflict {
    /// 409 `uniqueness`.
    Conflict,
    /// The existing row is bound to the client, audited.
    Adopt,
}

/// The mark of a row whose person was deleted over SCIM.
#[derive(Clone, Debug)]
pub struct Tombstone {
    /// The field.
    pub field: FieldIndex,
    /// What it holds on a deleted person's row.
    pub value: Value<'static>,
    /// What it holds on a living one's.
    pub living: Value<'static>,
}

/// What DELETE does upstream.
#[derive(Clone, Debug)]
pub enum OnDelete {
    /// The row is deleted.
    Delete,
    /// The person is disabled, and with a tombstone gone for every SCIM client.
    Disable(Option<Tombstone>),
}

/// What a row is to SCIM clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There.
    Living,
    /// Outside the scope, or not printable: as if it were not there.
    Hidden,
    /// Deleted over SCIM: as if it were not there, and revived by a create.
    Deleted,
}
