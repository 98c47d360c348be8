//! Filters through the rules: what a client asks becomes what the upstream can search.
//!
//! What it cannot search is 400 `invalidFilter` naming attribute and operator; nothing is ever
//! silently ignored.

mod canonical;
mod collision;
mod comparison;
mod parts;
mod prepared;

pub(super) use prepared::Prepared;

use super::Mapping;
use super::policy::OnDelete;
use super::predicate::{self, Compare};
use super::reference::Keys;
use super::rule::{Rule, Shape};
use crate::logic::{Group, Joint, View};
use crate::record::{Case, Direction, FieldIndex, Nulls, Operator, Predicate, Term, UpstreamKey};
use crate::scim::filter::{Comparison, Criterion, Target};
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

    /// A comparison of a field with a value of an attribute.
    fn comparing(
        &self,
        field: FieldIndex,
        operator: Operator,
        exact: bool,
        negated: bool,
    ) -> Compare {
        Compare { field, operator, case: self.case(field, exact), negated, nulls: self.nulls() }
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
        let Prepared { population, searches_all, .. } = self.prepared();
        let predicate = Predicate::written(Joint::And, |group| {
            self.translate(filter.view(), keys, false, group)?;
            population.write(group);
            Ok::<_, ScimError>(())
        })?;
        // Nobody needs to be asked for.
        if *searches_all || predicate.constant() == Some(false) {
            return Ok(predicate);
        }
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
        let facts = &self.entity.facts;
        let wider = Predicate::written(Joint::And, |group| {
            self.widely(filter.view(), keys, false, group)?;
            group.formula(predicate::wider(&self.population(), facts));
            Ok::<_, ScimError>(())
        })?;
        Ok(predicate::wider(&wider, facts))
    }

    fn widely<'f>(
        &'f self,
        filter: View<'f, Criterion<'f>>,
        keys: &Keys,
        negated: bool,
        group: &mut Group<'_, Term<'f>>,
    ) -> Result<(), ScimError> {
        let (joint, mut parts) = match filter {
            View::Not(inner) => return self.widely(inner.view(), keys, !negated, group),
            View::All(parts) => (Joint::And, parts),
            View::Any(parts) => (Joint::Or, parts),
            leaf => {
                if let View::Atom(Criterion::Compare {
                    target: Target::Slot(slot), value, ..
                }) = leaf
                {
                    self.heed_blank(self.searchable(*slot)?, value)?;
                }
                let mark = group.mark();
                if self.translate(leaf, keys, negated, group).is_err() {
                    group.rewind(mark);
                    group.constant(true);
                }
                return Ok(());
            }
        };
        group.group(joint.negated_if(negated), |group| {
            parts.try_for_each(|part| self.widely(part, keys, negated, group))
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
    fn held(&self, field: FieldIndex, negated: bool, group: &mut Group<'_, Term<'_>>) {
        if self.entity.facts.filled.contains(&field) {
            group.constant(!negated);
        } else {
            predicate::present(field, self.is_text(field), negated, group);
        }
    }

    /// The row of that id.
    #[must_use]
    pub fn with_id<'k>(&self, id: &'k UpstreamKey) -> Predicate<'k> {
        Predicate::compare(self.id, Operator::Eq, id.value(), Case::Exact)
    }

    /// The rows that are there for clients: in scope, printable, not deleted.
    #[must_use]
    pub fn population(&self) -> Predicate<'static> {
        let nulls = self.nulls();
        let mut parts: Vec<Predicate<'static>> =
            self.scope.iter().map(|test| test.predicate(nulls)).collect();
        if !self.id_is_key() {
            parts.push(self.filled(self.id));
        }
        if let Some(rule) = self.rule(self.user_name) {
            parts.push(self.printable(rule));
        }
        if let OnDelete::Disable(Some(tombstone)) = &self.on_delete {
            let unmarked = self
                .comparing(tombstone.field, Operator::Eq, false, true)
                .with(tombstone.value.clone());
            let enabled = self.active.and_then(|slot| self.rule(slot)).and_then(|rule| {
                let set = rule.inward(Value::Boolean(true), Type::String, None).ok()?;
                let (field, value) = set.first?;
                Some(self.comparing(field, Operator::Eq, true, false).with(value))
            });
            parts.push(Predicate::any(std::iter::once(unmarked).chain(enabled)));
        }
        Predicate::all(parts)
    }

    /// That a field holds something.
    fn filled(&self, field: FieldIndex) -> Predicate<'static> {
        Predicate::drafted(Joint::And, |group| self.held(field, false, group))
    }

    /// The rows of which a rule prints something: the same that [`Rule::outward`] does by row.
    fn printable(&self, rule: &Rule) -> Predicate<'static> {
        let listed = |field: FieldIndex, chain: &super::transform::Chain| {
            let equal = |value: Value<'static>, negated: bool| {
                self.comparing(field, Operator::Eq, false, negated).with(value)
            };
            match chain.printable() {
                Some(values) => Predicate::any(values.into_iter().map(|v| equal(v, false))),
                None => Predicate::all(chain.unprintable().into_iter().map(|v| equal(v, true))),
            }
        };
        match &rule.shape {
            Shape::One(field) | Shape::Person(field) | Shape::Reference { field, .. } => {
                Predicate::all([self.filled(*field), listed(*field, &rule.chain)])
            }
            Shape::Split { split, fields } => Predicate::all(
                fields
                    .iter()
                    .zip(&split.parts)
                    .flat_map(|(field, part)| [self.filled(*field), listed(*field, &part.chain)]),
            ),
        }
    }

    fn translate<'f>(
        &'f self,
        filter: View<'f, Criterion<'f>>,
        keys: &Keys,
        negated: bool,
        group: &mut Group<'_, Term<'f>>,
    ) -> Result<(), ScimError> {
        let (joint, mut parts) = match filter {
            View::Constant(truth) => {
                group.constant(truth != negated);
                return Ok(());
            }
            View::Atom(criterion) => return self.criterion(criterion, keys, negated, group),
            View::Not(inner) => return self.translate(inner.view(), keys, !negated, group),
            View::All(parts) => (Joint::And, parts),
            View::Any(parts) => (Joint::Or, parts),
        };
        group.group(joint.negated_if(negated), |group| {
            parts.try_for_each(|part| self.translate(part, keys, negated, group))
        })
    }

    fn criterion<'f>(
        &'f self,
        criterion: &'f Criterion<'f>,
        keys: &Keys,
        negated: bool,
        group: &mut Group<'_, Term<'f>>,
    ) -> Result<(), ScimError> {
        match criterion {
            Criterion::Present(Target::Id) => {
                group.constant(!negated);
                Ok(())
            }
            Criterion::Present(Target::Slot(slot)) => self.present(*slot, negated, group),
            Criterion::Compare { target: Target::Id, operator, value } => {
                self.compare_id(*operator, value, negated, group)
            }
            Criterion::Compare { target: Target::Slot(slot), operator, value } => {
                self.compare(*slot, *operator, value, keys, negated, group)
            }
        }
    }

    fn present(
        &self,
        slot: SlotIndex,
        negated: bool,
        group: &mut Group<'_, Term<'_>>,
    ) -> Result<(), ScimError> {
        let rule = self.searchable(slot)?;
        group.join(Joint::And.negated_if(negated), |group| {
            rule.fields().for_each(|field| self.held(field, negated, group));
        });
        Ok(())
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

    /// The order of rows by the id or an attribute, its fields one after the other, and of the key
    /// where nothing is to be sorted by; empty where the upstream cannot sort.
    #[must_use]
    pub fn order(
        &self,
        target: Option<Target>,
        direction: Direction,
    ) -> Vec<(FieldIndex, Direction)> {
        if !self.entity.facts.sort {
            return Vec::new();
        }
        let mut order: Vec<(FieldIndex, Direction)> = match target {
            Some(Target::Id) => vec![(self.id, direction)],
            Some(Target::Slot(slot)) => self
                .rule(slot)
                // The order of keys is not that of what they stand for.
                .filter(|rule| !rule.many && !matches!(rule.shape, Shape::Reference { .. }))
                .map(|rule| rule.fields().map(|field| (field, direction)).collect())
                .unwrap_or_default(),
            None => Vec::new(),
        };
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
