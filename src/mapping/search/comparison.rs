//! One comparison through its rule: which fields are compared, and with what.

use super::super::Mapping;
use super::super::predicate;
use super::super::reference::Keys;
use super::super::rule::{Set, Shape};
use super::parts::Parts;
use super::prepared::Searched;
use super::{refused, upstream_operator};
use crate::logic::{Group, Joint};
use crate::record::{FieldIndex, Operator, Term, UpstreamKey};
use crate::scim::filter::Comparison;
use crate::scim::{ScimError, SlotIndex};
use crate::value::{Value, is_blank};

impl Mapping {
    pub(super) fn compare_id(
        &self,
        operator: Comparison,
        value: &Value<'_>,
        negated: bool,
        group: &mut Group<'_, Term<'_>>,
    ) -> Result<(), ScimError> {
        let negated = match operator {
            Comparison::Eq => negated,
            Comparison::Ne => !negated,
            other => return Err(refused("id", other)),
        };
        let key = value.as_str().and_then(|id| self.value_of_id(id));
        match key {
            None => group.constant(negated),
            Some(key) => self
                .comparing(self.id, Operator::Eq, true, negated)
                .write(key.value().into_owned(), group),
        }
        Ok(())
    }

    pub(super) fn compare<'f>(
        &'f self,
        slot: SlotIndex,
        operator: Comparison,
        value: &'f Value<'f>,
        keys: &Keys,
        negated: bool,
        group: &mut Group<'_, Term<'f>>,
    ) -> Result<(), ScimError> {
        let prepared = self.prepared();
        let asked = upstream_operator(operator);
        let Some(searched) = prepared.attribute(slot, asked) else {
            return Err(self.not_searched(slot, operator));
        };
        if value.as_str().is_some_and(is_blank) {
            self.heed_blank(self.searchable(slot)?, value)?;
            if value.as_str() == Some("") {
                return self.compare_empty(slot, operator, negated, group);
            }
        }
        let asked = match asked {
            Operator::Ne => Asked { operator: Operator::Eq, negated: !negated },
            operator => Asked { operator, negated },
        };
        let mark = group.mark();
        if searched.is_plain {
            searched.fields[0].write(asked.operator, value.borrowed(), asked.negated, group);
        } else if !self.compare_through(slot, searched, asked, value, keys, group) {
            return Err(self.not_searched(slot, operator));
        }
        if !prepared.searches_all {
            let (parts, joint) = (group.since(mark), group.joint());
            if predicate::unsupported_among(parts, joint, &self.entity.facts).is_some() {
                return Err(self.not_searched(slot, operator));
            }
        }
        Ok(())
    }

    /// A comparison through transforms, of two fields, or of a key; `false` if there is none with
    /// such a value.
    fn compare_through<'f>(
        &'f self,
        slot: SlotIndex,
        searched: &Searched,
        Asked { operator, negated }: Asked,
        value: &'f Value<'f>,
        keys: &Keys,
        group: &mut Group<'_, Term<'f>>,
    ) -> bool {
        let Some(rule) = self.rule(slot) else { return false };
        let [first, second] = &searched.fields;
        let both = Joint::And.negated_if(negated);
        match (&rule.shape, value.as_str()) {
            (Shape::Reference { field, .. }, _) => {
                let keys = keys.of(slot, value).unwrap_or_default();
                self.refer_to(*field, keys, negated, group);
                return true;
            }
            (Shape::Split { split, fields }, Some(text)) if operator != Operator::Eq => {
                let exact = searched.exact;
                let parts = Parts { mapping: self, split, fields: *fields, exact, negated };
                group.formula(parts.predicate(operator, text));
                return true;
            }
            (Shape::Split { split, .. }, Some(text)) if rule.chain.is_empty() => {
                if let Some((before, after)) = split.plainly(text) {
                    group.join(both, |group| {
                        first.write(operator, Value::text(before), negated, group);
                        second.write(operator, Value::text(after), negated, group);
                    });
                    return true;
                }
            }
            _ => {}
        }
        match rule.search_value(value, self.kind(self.entity.key)) {
            Ok(Set { first: Some((_, one)), second: two }) => group.join(both, |group| {
                first.write(operator, one, negated, group);
                if let Some((_, two)) = two {
                    second.write(operator, two, negated, group);
                }
            }),
            // Nobody has what no row can hold.
            Ok(Set { first: None, .. }) => group.constant(negated),
            Err(_) if operator == Operator::Eq => group.constant(negated),
            Err(_) => return false,
        }
        true
    }

    #[cold]
    fn not_searched(&self, slot: SlotIndex, operator: Comparison) -> ScimError {
        match self.searchable(slot) {
            Ok(rule) => refused(&rule.path, operator),
            Err(error) => error,
        }
    }

    /// The rows that refer to one of these keys, or to none of them.
    fn refer_to(
        &self,
        field: FieldIndex,
        keys: &[UpstreamKey],
        negated: bool,
        group: &mut Group<'_, Term<'_>>,
    ) {
        let comparison = self.comparing(field, Operator::Eq, true, negated);
        group.join(Joint::Or.negated_if(negated), |group| {
            for key in keys {
                comparison.write(key.value().into_owned(), group);
            }
        });
    }

    /// A comparison with an empty text, which nobody has: legacy columns hold it for "nothing".
    /// Whatever is there contains it, begins with it, and is greater.
    fn compare_empty(
        &self,
        slot: SlotIndex,
        operator: Comparison,
        negated: bool,
        group: &mut Group<'_, Term<'_>>,
    ) -> Result<(), ScimError> {
        match operator {
            Comparison::Eq | Comparison::Lt | Comparison::Le => group.constant(negated),
            Comparison::Ne => group.constant(!negated),
            Comparison::Co | Comparison::Sw | Comparison::Ew | Comparison::Gt | Comparison::Ge => {
                return self.present(slot, negated, group);
            }
        }
        Ok(())
    }
}

/// What is asked of a value.
#[derive(Clone, Copy)]
struct Asked {
    /// How it is compared; of `Eq` and `Ne` always the former.
    operator: Operator,
    /// Whether it is asked that the comparison does not hold.
    negated: bool,
}
