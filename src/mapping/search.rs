//! Filters through the rules: what a client asks becomes what the upstream can search.
//!
//! What it cannot search is 400 `invalidFilter` naming attribute and operator; nothing is ever
//! silently ignored.

mod canonical;
mod collision;
mod comparison;
mod parts;

use super::Mapping;
use super::policy::OnDelete;
use super::predicate::{self, all, any};
use super::reference::Keys;
use super::rule::{Rule, Shape};
use crate::record::{Case, Direction, FieldIndex, Nulls, Operator, Predicate, Shared};
use crate::scim::filter::{Comparison, Target};
use crate::scim::{Filter, ScimError, ScimType, SlotIndex};
use crate::value::{Type, Value, is_blank};

impl Mapping {
    pub(super) fn nulls(&self) -> Nulls {
        self.entity.facts.nulls
    }

    /// How a comparison of a field is written for an attribute that heeds letter case or does not.
    pub(super) fn case(&self, field: FieldIndex, exact: bool) -> Case {
        match self.entity.fields.field(field) {
            Some(field) if !exact && field.kind == Type::String => field.case,
            _ => Case::Exact,
        }
    }

    /// The rows that are there for clients and meet the filter. `keys` are those of the values that
    /// the filter [asks references for](Self::wanted_by); a value without any is nobody's.
    ///
    /// # Errors
    /// 400 `invalidFilter` for what the upstream cannot search.
    pub fn search<'f>(
        &'f self,
        filter: &'f Filter<'f>,
        keys: &Keys,
    ) -> Result<Predicate<'f>, ScimError> {
        let wanted = self.translate(filter, keys, false)?;
        if matches!(wanted, Predicate::Nothing) {
            return Ok(Predicate::Nothing);
        }
        let population = self.population.get_or_init(|| Shared::new(self.population()));
        let predicate = match (population.predicate(), wanted) {
            (Predicate::Everything, wanted) => wanted,
            (Predicate::Nothing, _) => return Ok(Predicate::Nothing),
            (_, Predicate::Everything) => Predicate::Shared(population),
            (_, Predicate::All(mut parts)) => {
                parts.push(Predicate::Shared(population));
                Predicate::All(parts)
            }
            (_, wanted) => Predicate::All(vec![wanted, Predicate::Shared(population)]),
        };
        let facts = &self.entity.facts;
        // Without a scan, the mapping was refused when the upstream cannot search the population.
        let of_all = facts.scan.and_then(|_| predicate::unsupported(population.predicate(), facts));
        match predicate::unsupported(&predicate, facts).or(of_all) {
            None => Ok(predicate),
            Some(operator) => Err(ScimError::new(
                ScimType::InvalidFilter,
                format!("the server behind cannot search with `{}`", operator.name()),
            )),
        }
    }

    /// The rows among which are those that [`search`](Self::search) would find if the upstream
    /// could: what it cannot search is left out, and whoever reads them compares them again.
    ///
    /// # Errors
    /// 400 `invalidFilter` for what no search could mean.
    pub fn candidates<'f>(
        &'f self,
        filter: &'f Filter<'f>,
        keys: &Keys,
    ) -> Result<Predicate<'f>, ScimError> {
        let wanted = self.widely(filter, keys, false)?;
        let population = predicate::wider(self.population(), &self.entity.facts);
        Ok(predicate::wider(all(vec![wanted, population]), &self.entity.facts))
    }

    fn widely<'f>(
        &'f self,
        filter: &'f Filter<'f>,
        keys: &Keys,
        negated: bool,
    ) -> Result<Predicate<'f>, ScimError> {
        let each = |parts: &'f [Filter<'f>]| -> Result<Vec<Predicate<'f>>, ScimError> {
            parts.iter().map(|part| self.widely(part, keys, negated)).collect()
        };
        Ok(match (filter, negated) {
            (Filter::Not(inner), _) => self.widely(inner, keys, !negated)?,
            (Filter::All(parts), false) | (Filter::Any(parts), true) => all(each(parts)?),
            (Filter::Any(parts), false) | (Filter::All(parts), true) => any(each(parts)?),
            (leaf, _) => {
                if let Filter::Compare { target: Target::Slot(slot), value, .. } = leaf {
                    self.heed_blank(self.searchable(*slot)?, value)?;
                }
                self.translate(leaf, keys, negated).unwrap_or(Predicate::Everything)
            }
        })
    }

    /// Refuses a comparison of an identifying attribute with a blank value.
    fn heed_blank(&self, rule: &Rule, value: &Value<'_>) -> Result<(), ScimError> {
        if value.as_str().is_some_and(is_blank) && self.identifies(rule) {
            return Err(ScimError::new(
                ScimType::InvalidFilter,
                format!("`{}` identifies a person: expected a value that is not blank", rule.path),
            ));
        }
        Ok(())
    }

    /// Whether a field holds something, as the upstream is asked for it; of one that always does,
    /// nobody needs to ask.
    fn held(&self, field: FieldIndex, negated: bool) -> Predicate<'static> {
        if self.entity.facts.filled.contains(&field) {
            return if negated { Predicate::Nothing } else { Predicate::Everything };
        }
        predicate::present(field, self.is_text(field), negated)
    }

    /// The rows that are there for clients: in scope, printable, not deleted.
    #[must_use]
    pub fn population(&self) -> Predicate<'static> {
        let nulls = self.nulls();
        let mut parts: Vec<Predicate<'static>> =
            self.scope.iter().map(|test| test.predicate(nulls)).collect();
        if !self.id_is_key() {
            parts.push(self.held(self.id, false));
        }
        if let Some(rule) = self.rule(self.user_name) {
            parts.push(self.printable(rule));
        }
        if let OnDelete::Disable(Some(tombstone)) = &self.on_delete {
            let case = self.case(tombstone.field, false);
            let unmarked = predicate::compare(
                tombstone.field,
                Operator::Eq,
                tombstone.value.clone(),
                case,
                true,
                nulls,
            );
            let enabled = self.active.and_then(|slot| self.rule(slot)).and_then(|rule| {
                let set = rule.inward(Value::Boolean(true), Type::String, None).ok()?;
                let (field, value) = set.first?;
                Some(predicate::compare(field, Operator::Eq, value, Case::Exact, false, nulls))
            });
            parts.push(any(std::iter::once(unmarked).chain(enabled).collect()));
        }
        all(parts)
    }

    /// The rows of which a rule prints something: the same that [`Rule::outward`] does by row.
    fn printable(&self, rule: &Rule) -> Predicate<'static> {
        let present = |field| self.held(field, false);
        let listed = |field: FieldIndex, chain: &super::transform::Chain| {
            let case = self.case(field, false);
            let equal = |value: Value<'static>, negated: bool| {
                predicate::compare(field, Operator::Eq, value, case, negated, self.nulls())
            };
            match chain.printable() {
                Some(values) => any(values.into_iter().map(|value| equal(value, false)).collect()),
                None => {
                    let refused = chain.unprintable().into_iter();
                    all(refused.map(|value| equal(value, true)).collect())
                }
            }
        };
        match &rule.shape {
            Shape::One(field) | Shape::Person(field) | Shape::Reference { field, .. } => {
                all(vec![present(*field), listed(*field, &rule.chain)])
            }
            Shape::Split { split, fields } => {
                let mut parts = Vec::new();
                for (field, part) in fields.iter().zip(&split.parts) {
                    parts.push(present(*field));
                    parts.push(listed(*field, &part.chain));
                }
                all(parts)
            }
        }
    }

    fn translate<'f>(
        &'f self,
        filter: &'f Filter<'f>,
        keys: &Keys,
        negated: bool,
    ) -> Result<Predicate<'f>, ScimError> {
        let each = |parts: &'f [Filter<'f>]| -> Result<_, ScimError> {
            // With room for the condition that every search has.
            let mut predicates = Vec::with_capacity(parts.len() + 1);
            for part in parts {
                predicates.push(self.translate(part, keys, negated)?);
            }
            Ok(predicates)
        };
        Ok(match filter {
            Filter::Everything if negated => Predicate::Nothing,
            Filter::Nothing if negated => Predicate::Everything,
            Filter::Everything => Predicate::Everything,
            Filter::Nothing => Predicate::Nothing,
            Filter::All(parts) if negated => any(each(parts)?),
            Filter::Any(parts) if negated => all(each(parts)?),
            Filter::All(parts) => all(each(parts)?),
            Filter::Any(parts) => any(each(parts)?),
            Filter::Not(inner) => self.translate(inner, keys, !negated)?,
            Filter::Present(Target::Id) if negated => Predicate::Nothing,
            Filter::Present(Target::Id) => Predicate::Everything,
            Filter::Present(Target::Slot(slot)) => self.present(*slot, negated)?,
            Filter::Compare { target: Target::Id, operator, value } => {
                self.compare_id(*operator, value, negated)?
            }
            Filter::Compare { target: Target::Slot(slot), operator, value } => {
                self.compare(*slot, *operator, value, keys, negated)?
            }
        })
    }

    fn present(&self, slot: SlotIndex, negated: bool) -> Result<Predicate<'_>, ScimError> {
        let rule = self.searchable(slot)?;
        let one = |field| self.held(field, negated);
        let Shape::Split { fields: [first, second], .. } = &rule.shape else {
            return Ok(rule.fields().next().map_or(Predicate::Nothing, one));
        };
        let parts = vec![one(*first), one(*second)];
        Ok(if negated { any(parts) } else { all(parts) })
    }

    fn searchable(&self, slot: SlotIndex) -> Result<&Rule, ScimError> {
        let path = &self.resource.slot(slot).path;
        let refused = |why| {
            ScimError::new(ScimType::InvalidFilter, format!("`{path}` cannot be searched{why}"))
        };
        match self.rule(slot) {
            Some(rule) if rule.many => Err(refused(": a person can have several values of it")),
            Some(rule) => Ok(rule),
            None => Err(refused("")),
        }
    }

    /// The order of rows by an attribute, its fields one after the other; empty where the upstream
    /// cannot sort or the attribute is not mapped.
    #[must_use]
    pub fn order(
        &self,
        slot: Option<SlotIndex>,
        direction: Direction,
    ) -> Vec<(FieldIndex, Direction)> {
        if !self.entity.facts.sort {
            return Vec::new();
        }
        let mut order: Vec<(FieldIndex, Direction)> = slot
            .and_then(|slot| self.rule(slot))
            // The order of keys is not that of what they stand for.
            .filter(|rule| !rule.many && !matches!(rule.shape, Shape::Reference { .. }))
            .map(|rule| rule.fields().map(|field| (field, direction)).collect())
            .unwrap_or_default();
        // The key makes every order a total one, so that pages neither overlap nor leave gaps.
        if !order.iter().any(|(field, _)| *field == self.entity.key) {
            order.push((self.entity.key, Direction::Ascending));
        }
        order
    }
}

pub(super) fn upstream_operator(operator: Comparison) -> Operator {
    match operator {
        Comparison::Eq => Operator::Eq,
        Comparison::Ne => Operator::Ne,
        Comparison::Co => Operator::Contains,
        Comparison::Sw => Operator::StartsWith,
        Comparison::Ew => Operator::EndsWith,
        Comparison::Gt => Operator::Gt,
        Comparison::Ge => Operator::Ge,
        Comparison::Lt => Operator::Lt,
        Comparison::Le => Operator::Le,
    }
}

fn refused(path: &str, operator: Comparison) -> ScimError {
    ScimError::new(
        ScimType::InvalidFilter,
        format!("`{path}` cannot be searched with `{}`", operator.name()),
    )
}
