//! One comparison through its rule: which fields are compared, and with what.

use super::super::Mapping;
use super::super::predicate::{self, all, any};
use super::super::reference::Keys;
use super::super::rule::{Set, Shape};
use super::parts::Parts;
use super::{refused, upstream_operator};
use crate::record::{Case, FieldIndex, Operator, Predicate, UpstreamKey};
use crate::scim::filter::Comparison;
use crate::scim::{ScimError, SlotIndex};
use crate::value::{Value, is_blank};

impl Mapping {
    pub(super) fn compare_id(
        &self,
        operator: Comparison,
        value: &Value<'_>,
        negated: bool,
    ) -> Result<Predicate<'_>, ScimError> {
        let negated = match operator {
            Comparison::Eq => negated,
            Comparison::Ne => !negated,
            other => return Err(refused("id", other)),
        };
        let key = value.as_str().and_then(|id| self.value_of_id(id));
        Ok(match key {
            None if negated => Predicate::Everything,
            None => Predicate::Nothing,
            Some(key) => predicate::compare(
                self.id,
                Operator::Eq,
                key.value().into_owned(),
                Case::Exact,
                negated,
                self.nulls(),
            ),
        })
    }

    pub(super) fn compare<'f>(
        &'f self,
        slot: SlotIndex,
        operator: Comparison,
        value: &'f Value<'f>,
        keys: &Keys,
        negated: bool,
    ) -> Result<Predicate<'f>, ScimError> {
        let rule = self.searchable(slot)?;
        if !rule.keeps().contains(upstream_operator(operator)) {
            return Err(refused(&rule.path, operator));
        }
        let text = value.as_str();
        if text.is_some_and(is_blank) {
            self.heed_blank(rule, value)?;
            if text == Some("") {
                return self.compare_empty(slot, operator, negated);
            }
        }
        let exact = self.resource.slot(slot).case_exact;
        let asked = match upstream_operator(operator) {
            Operator::Ne => Asked { operator: Operator::Eq, exact, negated: !negated },
            operator => Asked { operator, exact, negated },
        };
        let predicate = match (&rule.shape, text) {
            (Shape::Reference { field, .. }, _) => {
                self.refer_to(*field, keys.of(slot, value).unwrap_or_default(), asked.negated)
            }
            (Shape::Split { split, fields }, Some(text)) if asked.operator != Operator::Eq => {
                let Asked { exact, negated, .. } = asked;
                let parts = Parts { mapping: self, split, fields: *fields, exact, negated };
                parts.predicate(asked.operator, text)
            }
            (Shape::Split { split, fields: [first, second] }, Some(text))
                if rule.chain.is_empty()
                    && let Some((before, after)) = split.plainly(text) =>
            {
                asked.both(
                    self.compare_field(*first, Value::text(before), asked),
                    self.compare_field(*second, Value::text(after), asked),
                )
            }
            (Shape::One(field), _) if rule.chain.is_empty() && rule.is_held(value) => {
                self.compare_field(*field, value.borrowed(), asked)
            }
            _ => match rule.search_value(value, self.kind(self.entity.key)) {
                Ok(Set { first: Some((one, first)), second: Some((two, second)) }) => asked.both(
                    self.compare_field(one, first, asked),
                    self.compare_field(two, second, asked),
                ),
                Ok(Set { first: Some((field, value)), .. }) => {
                    self.compare_field(field, value, asked)
                }
                Ok(_) => asked.of_nobody(),
                Err(_) if asked.operator == Operator::Eq => asked.of_nobody(),
                Err(_) => return Err(refused(&rule.path, operator)),
            },
        };
        self.supported(predicate, &rule.path, operator)
    }

    /// A comparison of one field.
    fn compare_field<'f>(
        &self,
        field: FieldIndex,
        value: Value<'f>,
        asked: Asked,
    ) -> Predicate<'f> {
        if value.is_absent() {
            return asked.of_nobody();
        }
        let Asked { operator, exact, negated } = asked;
        let case = self.case(field, exact);
        let compared = predicate::compare(field, operator, value, case, negated, self.nulls());
        // An empty text is before every other one, and is no value here.
        if matches!(operator, Operator::Lt | Operator::Le) && self.is_text(field) {
            return asked.both(predicate::present(field, true, negated), compared);
        }
        compared
    }

    /// The rows that refer to one of these keys, or to none of them.
    fn refer_to(
        &self,
        field: FieldIndex,
        keys: &[UpstreamKey],
        negated: bool,
    ) -> Predicate<'static> {
        let one = |key: &UpstreamKey| {
            let key = key.value().into_owned();
            predicate::compare(field, Operator::Eq, key, Case::Exact, negated, self.nulls())
        };
        let parts = keys.iter().map(one).collect();
        if negated { all(parts) } else { any(parts) }
    }

    /// A comparison's predicate, if the upstream can search with all of it.
    fn supported<'f>(
        &self,
        predicate: Predicate<'f>,
        path: &str,
        operator: Comparison,
    ) -> Result<Predicate<'f>, ScimError> {
        match predicate::unsupported(&predicate, &self.entity.facts) {
            None => Ok(predicate),
            Some(_) => Err(refused(path, operator)),
        }
    }

    /// A comparison with an empty text, which nobody has: legacy columns hold it for "nothing".
    /// Whatever is there contains it, begins with it, and is greater.
    fn compare_empty(
        &self,
        slot: SlotIndex,
        operator: Comparison,
        negated: bool,
    ) -> Result<Predicate<'_>, ScimError> {
        match operator {
            Comparison::Eq | Comparison::Lt | Comparison::Le if negated => {
                Ok(Predicate::Everything)
            }
            Comparison::Eq | Comparison::Lt | Comparison::Le => Ok(Predicate::Nothing),
            Comparison::Ne if negated => Ok(Predicate::Nothing),
            Comparison::Ne => Ok(Predicate::Everything),
            Comparison::Co | Comparison::Sw | Comparison::Ew | Comparison::Gt | Comparison::Ge => {
                self.present(slot, negated)
            }
        }
    }
}

/// What is asked of a value.
#[derive(Clone, Copy)]
struct Asked {
    /// How it is compared; of `Eq` and `Ne` always the former.
    operator: Operator,
    /// Whether letter case counts.
    exact: bool,
    /// Whether it is asked that the comparison does not hold.
    negated: bool,
}

impl Asked {
    /// Of two fields: both comparisons hold, or not both do.
    fn both<'f>(self, first: Predicate<'f>, second: Predicate<'f>) -> Predicate<'f> {
        // With room for the condition that every search has.
        let mut parts = Vec::with_capacity(3);
        parts.push(first);
        parts.push(second);
        if self.negated { any(parts) } else { all(parts) }
    }

    /// Of a value that the upstream cannot hold: nobody has it.
    fn of_nobody<'f>(self) -> Predicate<'f> {
        if self.negated { Predicate::Everything } else { Predicate::Nothing }
    }
}
