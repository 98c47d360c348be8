//! A search, in terms of fields and typed values: what a stranger sent is only ever a [`Value`] here.

use std::sync::OnceLock;

use super::{Case, FieldIndex, Operator};
use crate::logic::{Formula, Group};
use crate::value::Value;

/// The order of a sorted search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Greatest first.
    Descending,
}

/// A condition that a row meets or does not meet.
///
/// It has SCIM's two-valued logic built in: the mapping's translator adds the tests for absence
/// that the upstream's treatment of nulls asks for, so a dialect prints it as it stands.
pub type Predicate<'a> = Formula<Term<'a>>;

/// What a predicate asks of one field, or what every search asks.
#[derive(Clone, Debug, PartialEq)]
pub enum Term<'a> {
    /// A field compared with a value (`Eq Ne Gt Ge Lt Le Contains StartsWith EndsWith`).
    Compare {
        /// The field.
        field: FieldIndex,
        /// How it is compared.
        operator: Operator,
        /// What it is compared with; never absent.
        value: Value<'a>,
        /// Whether letter case counts ([`Case::Exact`]), both sides are lowered
        /// ([`Case::ToLower`], the value is lowered by the dialect through
        /// [`fold`](crate::value::fold)), or the upstream ignores it ([`Case::Insensitive`]).
        case: Case,
    },
    /// A field that holds nothing (`is null`), or with `false` one that holds something.
    Absent(FieldIndex, bool),
    /// A condition that every request shares, and that depends on the row.
    Shared(&'a Shared),
}

impl<'a> Predicate<'a> {
    /// A field compared with a value, which is not absent.
    #[must_use]
    pub const fn compare(
        field: FieldIndex,
        operator: Operator,
        value: Value<'a>,
        case: Case,
    ) -> Self {
        Self::atom(Term::Compare { field, operator, value, case })
    }

    /// A field that holds nothing, or with `false` one that holds something.
    #[must_use]
    pub const fn absent(field: FieldIndex, absent: bool) -> Self {
        Self::atom(Term::Absent(field, absent))
    }
}

/// A condition that every request shares: made once, and written once.
#[derive(Debug)]
pub struct Shared {
    predicate: Predicate<'static>,
    written: OnceLock<Box<str>>,
}

impl Shared {
    /// Shares a condition.
    #[must_use]
    pub const fn new(predicate: Predicate<'static>) -> Self {
        Self { predicate, written: OnceLock::new() }
    }

    /// The condition.
    #[must_use]
    pub const fn predicate(&self) -> &Predicate<'static> {
        &self.predicate
    }

    /// Writes the condition into a search: the constant that it is, or a term.
    pub fn write<'s>(&'s self, group: &mut Group<'_, Term<'s>>) {
        match self.predicate.constant() {
            Some(truth) => group.constant(truth),
            None => group.atom(Term::Shared(self)),
        }
    }

    /// The condition as its entity's dialect writes it, where it was written before.
    #[must_use]
    pub fn written(&self) -> Option<&str> {
        self.written.get().map(AsRef::as_ref)
    }

    /// Keeps what the entity's dialect wrote.
    pub fn keep(&self, written: &str) {
        // Whoever was first wrote the same.
        let _ = self.written.set(written.into());
    }
}

impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        self.predicate == other.predicate
    }
}

/// One search of an entity.
#[derive(Clone, Debug, PartialEq)]
pub struct Query<'a> {
    /// Which rows.
    pub predicate: Predicate<'a>,
    /// In which order; empty where the upstream cannot sort.
    pub order: Vec<(FieldIndex, Direction)>,
    /// How many rows to leave out at the start.
    pub skip: u64,
    /// How many rows at the most.
    pub top: u32,
    /// Whether to ask how many there are in all.
    pub count: bool,
}
