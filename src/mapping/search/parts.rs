//! `co`, `sw` and `ew` over a text that two fields hold.
//!
//! One of the parts never holds the separator (a row where it does is not printed), so a literal
//! meets the two fields in few ways: whole inside one of them, or across the separator.

use super::super::Mapping;
use super::super::split::{At, Split};
use crate::logic::Joint;
use crate::record::{FieldIndex, Operator, Predicate};
use crate::value::Value;

/// A search for a part of a split text.
pub(super) struct Parts<'m> {
    pub(super) mapping: &'m Mapping,
    pub(super) split: &'m Split,
    pub(super) fields: [FieldIndex; 2],
    pub(super) exact: bool,
    pub(super) negated: bool,
}

impl<'m> Parts<'m> {
    /// The predicate for `Contains`, `StartsWith` or `EndsWith`.
    pub(super) fn predicate<'f>(&self, operator: Operator, literal: &'f str) -> Predicate<'f>
    where
        'm: 'f,
    {
        let [first, second] = self.fields;
        let separator = &*self.split.separator;
        let cut = match self.split.at {
            At::First => literal.split_once(separator),
            At::Last => literal.rsplit_once(separator),
        };
        let Some((before, after)) = cut else {
            let of_first = || self.leaf(first, operator, literal);
            let of_second = || self.printed(self.leaf(second, operator, literal));
            return match operator {
                Operator::StartsWith => of_first(),
                Operator::EndsWith => match self.alone() {
                    None => of_second(),
                    Some(alone) => self.either([self.both([alone, of_first()]), of_second()]),
                },
                _ => self.either([of_first(), of_second()]),
            };
        };
        // Across the separator: what stands before it ends the first part, what stands after it
        // begins the second; at an end of the literal that is an end of the text, it is all of it.
        let (of_first, of_second) = match operator {
            Operator::StartsWith => (Operator::Eq, Operator::StartsWith),
            Operator::EndsWith => (Operator::EndsWith, Operator::Eq),
            _ => (Operator::EndsWith, Operator::StartsWith),
        };
        let across = self.printed(
            self.both([self.leaf(first, of_first, before), self.leaf(second, of_second, after)]),
        );
        // Inside the part that may hold separators of its own; beside such a first part the second
        // is always printed.
        let inside = match (self.split.at, operator) {
            (At::Last, Operator::EndsWith) | (At::First, Operator::StartsWith) => return across,
            (At::Last, _) => self.leaf(first, operator, literal),
            (At::First, _) => self.printed(self.leaf(second, operator, literal)),
        };
        self.either([across, inside])
    }

    /// Where the second part is printed, and this holds.
    fn printed<'f>(&self, holds: Predicate<'f>) -> Predicate<'f>
    where
        'm: 'f,
    {
        match self.split.parts[1].missing.as_deref() {
            None => holds,
            Some(missing) => {
                let with_separator = self.has_separator(self.negated);
                let other = self.is(self.fields[1], missing, !self.negated);
                self.both([self.either([other, with_separator]), holds])
            }
        }
    }

    /// Where the first part is all that is printed; `None` where that is never so.
    fn alone<'f>(&self) -> Option<Predicate<'f>>
    where
        'm: 'f,
    {
        let missing = self.split.parts[1].missing.as_deref()?;
        let without_separator = self.has_separator(!self.negated);
        Some(self.both([self.is(self.fields[1], missing, self.negated), without_separator]))
    }

    /// Whether the first part holds the separator itself.
    fn has_separator<'f>(&self, negated: bool) -> Predicate<'f>
    where
        'm: 'f,
    {
        let [first, _] = self.fields;
        let comparison = self.mapping.comparing(first, Operator::Contains, true, negated);
        comparison.with(Value::text(&self.split.separator))
    }

    /// Whether a field is this text, in any letter case.
    fn is<'f>(&self, field: FieldIndex, text: &'f str, negated: bool) -> Predicate<'f> {
        self.mapping.comparing(field, Operator::Eq, false, negated).with(Value::text(text))
    }

    fn leaf<'f>(&self, field: FieldIndex, operator: Operator, text: &'f str) -> Predicate<'f> {
        if text.is_empty() {
            // Everything that is there begins and ends with nothing, and both parts are there; but
            // a part that is nothing is not printed.
            return Predicate::of((operator == Operator::Eq) == self.negated);
        }
        self.mapping.comparing(field, operator, self.exact, self.negated).with(Value::text(text))
    }

    fn both<'f>(&self, parts: [Predicate<'f>; 2]) -> Predicate<'f> {
        Predicate::joined(Joint::And.negated_if(self.negated), parts)
    }

    fn either<'f>(&self, parts: [Predicate<'f>; 2]) -> Predicate<'f> {
        Predicate::joined(Joint::Or.negated_if(self.negated), parts)
    }
}
