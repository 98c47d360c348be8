//! What is known of every search before anybody asks.

use super::super::Mapping;
use super::super::predicate::{self, Compare};
use crate::logic::{Group, Joint};
use crate::record::{Case, FieldIndex, Nulls, Operator, Operators, Shared, Term};
use crate::scim::SlotIndex;
use crate::value::Value;

/// What does not depend on a filter.
#[derive(Debug)]
pub(in crate::mapping) struct Prepared {
    /// The rows that are there for clients.
    pub(super) population: Shared,
    /// How each attribute is searched, by slot.
    attributes: Vec<Searched>,
    /// Whether the upstream can be asked everything.
    pub(super) searches_all: bool,
}

/// How an attribute is searched.
#[derive(Debug)]
pub(super) struct Searched {
    /// With which operators; none where it cannot be searched at all.
    pub(super) operators: Operators,
    /// Whether letter case counts.
    pub(super) exact: bool,
    /// Whether its values stand in one field as they are.
    pub(super) is_plain: bool,
    /// Its fields; one alone is both.
    pub(super) fields: [Compared; 2],
}

/// How a field is compared with the values of an attribute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Compared {
    pub(super) field: FieldIndex,
    case: Case,
    nulls: Nulls,
    /// Whether an empty text is a value of it.
    is_text: bool,
}

impl Compared {
    /// Writes the comparison with a value.
    // As nearly always, in place; a call would first write down all of it.
    #[inline(always)]
    pub(super) fn write<'f>(
        &self,
        operator: Operator,
        value: Value<'f>,
        negated: bool,
        group: &mut Group<'_, Term<'f>>,
    ) {
        let is_usual = matches!(
            operator,
            Operator::Eq | Operator::Contains | Operator::StartsWith | Operator::EndsWith
        );
        if is_usual && !negated && !value.is_absent() {
            let Self { field, case, .. } = *self;
            group.atom(Term::Compare { field, operator, value, case });
        } else {
            self.write_unusual(operator, value, negated, group);
        }
    }

    #[inline(never)]
    fn write_unusual<'f>(
        &self,
        operator: Operator,
        value: Value<'f>,
        negated: bool,
        group: &mut Group<'_, Term<'f>>,
    ) {
        let Self { field, case, nulls, is_text } = *self;
        let comparison = Compare { field, operator, case, negated, nulls };
        if value.is_absent() {
            // Nobody has it.
            group.constant(negated);
        } else if is_text && matches!(operator, Operator::Lt | Operator::Le) {
            // An empty text is before every other one, and is no value here.
            group.join(Joint::And.negated_if(negated), |group| {
                predicate::present(field, true, negated, group);
                comparison.write(value, group);
            });
        } else {
            comparison.write(value, group);
        }
    }
}

impl Prepared {
    /// Whether an attribute's values stand in one field as they are.
    #[inline]
    pub(super) fn is_plain(&self, slot: SlotIndex) -> bool {
        self.attributes.get(slot.position()).is_some_and(|searched| searched.is_plain)
    }

    /// How an attribute is searched with that operator; `None` if it is not.
    #[inline]
    pub(super) fn attribute(&self, slot: SlotIndex, operator: Operator) -> Option<&Searched> {
        let searched = self.attributes.get(slot.position())?;
        searched.operators.contains(operator).then_some(searched)
    }
}

impl Mapping {
    /// What is known of every search: looked at once.
    #[inline]
    pub(super) fn prepared(&self) -> &Prepared {
        self.prepared.get_or_init(|| Prepared {
            population: Shared::new(self.population()),
            attributes: self.resource.indices().map(|slot| self.searched(slot)).collect(),
            searches_all: self.entity.facts.searches_all(),
        })
    }

    fn searched(&self, slot: SlotIndex) -> Searched {
        let exact = self.resource.slot(slot).case_exact;
        let nulls = self.entity.facts.nulls;
        let compared = |field| {
            let (case, is_text) = (self.case(field, exact), self.is_text(field));
            Compared { field, case, nulls, is_text }
        };
        let Ok(rule) = self.searchable(slot) else {
            let fields = [compared(self.id); 2];
            return Searched { operators: Operators::NONE, exact, is_plain: false, fields };
        };
        let mut fields = rule.fields();
        let first = fields.next().unwrap_or(self.id);
        Searched {
            operators: rule.keeps(),
            exact,
            is_plain: rule.is_searched_as_it_is(),
            fields: [compared(first), compared(fields.next().unwrap_or(first))],
        }
    }
}
