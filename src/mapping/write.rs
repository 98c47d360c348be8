//! Documents → changes of fields: what a create, a replacement, a deletion and a revival write.

mod dropped;

pub use dropped::Dropped;

use super::many::Merged;
use super::policy::{OnDelete, Tombstone};
use super::reference::Keys;
use super::rule::{OnOmit, Rule, Set, Shape};
use super::transform::Refusal;
use super::{Derived, Mapping};
use crate::record::{Delta, FieldIndex, Record};
use crate::scim::{Document, ScimError, ScimType, SlotIndex, SlotSet};
use crate::value::Value;

/// What a client asked for, and how strictly it is held to it.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'k> {
    /// The attributes that the request states, those that it clears included.
    pub stated: SlotSet,
    /// Whether unusable values of optional attributes refuse the whole request.
    pub strict: bool,
    /// The keys of the values that [references](super::reference) ask for. Without them what they
    /// hold is taken for right, and not written.
    pub keys: Option<&'k Keys>,
}

/// A write, and what was left out of it.
#[derive(Debug, Default)]
pub struct Written<'d> {
    /// The fields and their new values.
    pub delta: Delta<'d>,
    /// The attributes whose values were left out, and what was expected.
    pub dropped: Vec<Dropped>,
    /// The attributes whose texts lost characters that nobody sees.
    pub cleaned: Vec<Cleaned>,
}

impl Written<'_> {
    fn with_capacity(fields: usize) -> Self {
        Self { delta: Delta::with_capacity(fields), ..Self::default() }
    }

    fn count_unseen(&mut self, rule: &Rule, wished: &Document<'_>) {
        let characters = rule.unseen(wished.value(rule.slot));
        if characters > 0 {
            self.cleaned.push(Cleaned { path: rule.path.clone(), characters });
        }
    }

    fn is_dropped(&self, slot: SlotIndex) -> bool {
        self.dropped.iter().any(|dropped| dropped.slot == Some(slot))
    }
}

/// An attribute whose text lost characters that nobody sees, because its rule says `clean`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleaned {
    /// The attribute's path.
    pub path: Box<str>,
    /// How many characters were left out.
    pub characters: usize,
}

/// Room for the fields of nearly every change.
const FEW: usize = 8;

impl Mapping {
    /// Whether a rule's fields are among those that identify a person.
    #[must_use]
    pub fn identifies(&self, rule: &Rule) -> bool {
        rule.fields().any(|field| self.unique.contains(&field))
    }

    /// Gives a new person the defaults of the attributes that the request does not state.
    pub fn complete_creation(&self, wished: &mut Document<'_>, stated: SlotSet) {
        for rule in &self.rules {
            if let Some(default) = rule.default.as_ref().filter(|_| !stated.contains(rule.slot)) {
                wished.put(rule.slot, default.clone());
            }
        }
    }

    /// A new person's fields, [completed](Self::complete_creation) before.
    ///
    /// # Errors
    /// 400 `invalidValue` for a missing required attribute or a value that is not taken.
    pub fn create<'d>(
        &'d self,
        wished: &'d Document<'_>,
        wish: Wish<'_>,
    ) -> Result<Written<'d>, ScimError> {
        self.require(wished, |_| true)?;
        let mut written = Written::with_capacity(self.entity.fields.len());
        for rule in self.rules.iter().filter(|rule| !rule.read_only) {
            let value = wished.value(rule.slot);
            if value.is_absent() {
                continue;
            }
            // Most rules hand the value through: nothing is made of it, and no other field follows.
            if let Some(field) = rule.plain_field().filter(|_| rule.also.is_empty()) {
                let [limit, _] = &rule.limits;
                match limit.check(value) {
                    Ok(()) => written.delta.set(field, value.borrowed()),
                    Err(refusal) => {
                        self.drop_or_reject(rule, refusal, wish, false, &mut written)?;
                    }
                }
                continue;
            }
            if rule.many
                && let Some(merged) = self.merged(rule, &Value::Absent, wished)
            {
                let Merged { field, list, refusal } = merged;
                if !list.is_absent() {
                    written.delta.set_list(field, Value::Absent, list);
                }
                self.drop_one(rule, refusal, wish, false, &mut written)?;
                continue;
            }
            match self.fields_of(rule, wished, wish) {
                Ok(set) => {
                    rule.write(set, None, &mut written.delta);
                    written.count_unseen(rule, wished);
                }
                Err(refusal) => self.drop_or_reject(rule, refusal, wish, false, &mut written)?,
            }
        }
        for derived in &self.derived {
            if written.delta.value(derived.field).is_some_and(|value| !value.is_absent()) {
                continue;
            }
            let text = {
                let effective = |slot| -> &Value<'_> {
                    if written.is_dropped(slot) { &Value::Absent } else { wished.value(slot) }
                };
                derived.text(effective, true)
            };
            if let Some(value) =
                text.and_then(|text| self.derived_value(derived, text, &mut written))
            {
                written.delta.set(derived.field, value);
            }
        }
        for (field, value) in &self.constants {
            if written.delta.value(*field).is_none() {
                written.delta.set(*field, value.borrowed());
            }
        }
        Ok(written)
    }

    /// The fields that differ between a person as stored and as wished.
    ///
    /// # Errors
    /// 400 `invalidValue` for a required attribute that is cleared or a value that is not taken,
    /// 400 `mutability` for an anchor that holds another value.
    pub fn change<'d>(
        &'d self,
        row: &'d Record<'_>,
        now: &'d Document<'_>,
        wished: &'d Document<'_>,
        wish: Wish<'_>,
    ) -> Result<Written<'d>, ScimError> {
        self.require(wished, |slot| !now.value(slot).is_absent())?;
        self.guard_anchor(now, wished)?;
        let mut written = Written::with_capacity(FEW);
        let mut changed = SlotSet::EMPTY;
        let disables = self.disables(wished, wish.stated);
        for rule in self.rules.iter().filter(|rule| !rule.read_only) {
            let is_same = Self::same(now.value(rule.slot), wished.value(rule.slot));
            if is_same && !rule.is_to_be_cleared(row, wished, wish.stated) {
                continue;
            }
            if rule.many
                && let Some(field) = rule.fields().next()
                && let Some(merged) = self.merged(rule, row.value(field), wished)
            {
                let Merged { field, list, refusal } = merged;
                if !Self::same(row.value(field), &list) {
                    written.delta.set_list(field, row.value(field).borrowed(), list);
                    changed.insert(rule.slot);
                }
                self.drop_one(rule, refusal, wish, disables, &mut written)?;
                continue;
            }
            match self.fields_of(rule, wished, wish) {
                Ok(set) => {
                    rule.write(set, Some(row), &mut written.delta);
                    written.count_unseen(rule, wished);
                    changed.insert(rule.slot);
                }
                Err(refusal) => {
                    self.drop_or_reject(rule, refusal, wish, disables, &mut written)?;
                }
            }
        }
        self.derive(row, now, wished, wish, changed, &mut written);
        Ok(written)
    }

    /// Puts into `wished` what a PUT that leaves attributes out means by it: kept or cleared, as the
    /// mapping says (RFC 7644 §3.5.1).
    pub fn complete_replacement(
        &self,
        now: &Document<'_>,
        wished: &mut Document<'_>,
        stated: SlotSet,
    ) {
        for rule in &self.rules {
            let is_kept = rule.on_omit == OnOmit::Keep || rule.read_only;
            // `null` is the same as nothing (RFC 7643 §2.5): what has a default is never empty, and
            // an anchor is never emptied.
            let is_filled = rule.default.is_some() || self.is_anchor(rule);
            let is_null = is_filled && wished.value(rule.slot).is_absent();
            if is_kept && (rule.read_only || is_null || !stated.contains(rule.slot)) {
                wished.put(rule.slot, now.value(rule.slot).clone().into_owned());
            }
        }
    }

    /// The fields that disable a person, with the mark of a deleted one where the mapping has it.
    /// `None` when the mapping's deletion is a real one.
    #[must_use]
    pub fn disable(&self, row: &Record<'_>) -> Option<Delta<'static>> {
        let OnDelete::Disable(tombstone) = &self.on_delete else { return None };
        let mut delta = Delta::default();
        if let Some(rule) = self.active.and_then(|slot| self.rule(slot))
            && let Ok(set) = rule.inward(Value::Boolean(false), self.kind(self.entity.key), None)
        {
            rule.write(set, Some(row), &mut delta);
        }
        if let Some(tombstone) = tombstone
            && row.value(tombstone.field) != &tombstone.value
        {
            delta.set(tombstone.field, tombstone.value.clone());
        }
        Some(delta)
    }

    /// The fields that make a row nobody's again: the anchor's, where it is filled.
    #[must_use]
    pub fn release(&self, row: &Record<'_>) -> Delta<'static> {
        let mut delta = Delta::default();
        if let Some(anchor) = self.anchor
            && let Some(rule) = self.rule(anchor.slot)
            && rule.is_printed(row)
        {
            let set = Set { first: Some((anchor.field, Value::Absent)), second: None };
            rule.write(set, Some(row), &mut delta);
        }
        delta
    }

    /// Gives a deleted person who comes back what the request does not say: the defaults of a new
    /// person; the anchor and what is read-only stay.
    pub fn complete_revival(&self, row: &Record<'_>, wished: &mut Document<'_>, stated: SlotSet) {
        let now = self.outward(row);
        self.complete_creation(wished, stated);
        for rule in &self.rules {
            let is_null = self.is_anchor(rule) && wished.value(rule.slot).is_absent();
            if is_null || rule.read_only && !stated.contains(rule.slot) {
                wished.put(rule.slot, now.value(rule.slot).clone().into_owned());
            }
        }
    }

    /// The fields that make a deleted person's row the new person's, [completed](Self::complete_revival)
    /// before: nothing of the old attributes stays but the anchor.
    ///
    /// # Errors
    /// As [`create`](Self::create); 400 `mutability` for another anchor.
    pub fn revive<'d>(
        &'d self,
        row: &'d Record<'_>,
        wished: &'d Document<'_>,
        wish: Wish<'_>,
    ) -> Result<Written<'d>, ScimError> {
        self.guard_anchor(&self.outward(row), wished)?;
        let mut written = self.create(wished, wish)?;
        let created = std::mem::take(&mut written.delta);
        let delta = &mut written.delta;
        let writable = self.rules.iter().filter(|rule| !rule.read_only);
        let ours = writable.flat_map(|rule| rule.fields().chain(rule.also.iter().copied()));
        for field in ours.chain(self.derived.iter().map(|derived| derived.field)) {
            if created.value(field).is_none() && !row.value(field).is_absent() {
                self.put(delta, field, row, Value::Absent);
            }
        }
        for (field, value) in created.iter() {
            if !Self::same(row.value(field), value) {
                self.put(delta, field, row, value.clone());
            }
        }
        if let OnDelete::Disable(Some(Tombstone { field, living, .. })) = &self.on_delete {
            delta.set(*field, living.clone());
        }
        Ok(written)
    }

    /// The part of a change that disables the person and nothing else; `None` where it disables
    /// nobody, is all of it, or renames.
    #[must_use]
    pub fn disabling<'d>(&self, wished: &Document<'_>, delta: &Delta<'d>) -> Option<Delta<'d>> {
        let rule = self.active.and_then(|slot| self.rule(slot))?;
        if *wished.value(rule.slot) != Value::Boolean(false) || self.renames(delta) {
            return None;
        }
        let mut part = Delta::default();
        for field in rule.fields().chain(rule.also.iter().copied()) {
            if let Some(value) = delta.value(field) {
                part.set(field, value.clone());
            }
        }
        let is_all = delta.iter().all(|(field, _)| part.value(field).is_some());
        (!part.is_empty() && !is_all).then_some(part)
    }

    /// Refuses what a person must have and has not, where `applies` says that it counts.
    fn require(
        &self,
        wished: &Document<'_>,
        applies: impl Fn(SlotIndex) -> bool,
    ) -> Result<(), ScimError> {
        let required = self.resource.required();
        for rule in self.rules.iter().filter(|rule| required.contains(rule.slot)) {
            if wished.value(rule.slot).is_absent() && applies(rule.slot) {
                let path = &self.resource.slot(rule.slot).path;
                return Err(ScimError::new(
                    ScimType::InvalidValue,
                    format!("`{path}` is required"),
                ));
            }
        }
        Ok(())
    }

    fn guard_anchor(&self, now: &Document<'_>, wished: &Document<'_>) -> Result<(), ScimError> {
        let Some(anchor) = self.anchor else { return Ok(()) };
        let (held, wanted) = (now.value(anchor.slot), wished.value(anchor.slot));
        if held.is_absent() || Self::same(held, wanted) {
            return Ok(());
        }
        let path = &self.resource.slot(anchor.slot).path;
        Err(ScimError::new(
            ScimType::Mutability,
            format!(
                "`{path}` ties this person to another object of the directory and never changes"
            ),
        ))
    }

    /// Sets a field to all that it is to hold, and nothing that it held.
    fn put<'d>(
        &self,
        delta: &mut Delta<'d>,
        field: FieldIndex,
        row: &'d Record<'_>,
        value: Value<'d>,
    ) {
        if self.entity.fields.field(field).is_some_and(|field| field.many) {
            delta.set_list(field, row.value(field).borrowed(), value);
        } else {
            delta.set(field, value);
        }
    }

    fn merged<'d>(
        &self,
        rule: &Rule,
        before: &'d Value<'_>,
        wished: &'d Document<'_>,
    ) -> Option<Merged<'d>> {
        let exact = self.resource.slot(rule.slot).case_exact;
        rule.merge(before, wished.value(rule.slot), exact)
    }

    fn fields_of<'d>(
        &self,
        rule: &Rule,
        wished: &'d Document<'_>,
        wish: Wish<'_>,
    ) -> Result<Set<'d>, Refusal> {
        let kind = self.kind(self.entity.key);
        rule.inward(wished.value(rule.slot).borrowed(), kind, wish.keys)
    }

    /// Recomputes derived fields of which an input changed, unless the request sets the field by
    /// another attribute.
    fn derive(
        &self,
        row: &Record<'_>,
        now: &Document<'_>,
        wished: &Document<'_>,
        wish: Wish<'_>,
        changed: SlotSet,
        written: &mut Written<'_>,
    ) {
        for derived in &self.derived {
            let owner = self
                .rules
                .iter()
                .find(|rule| !rule.read_only && rule.fields().any(|field| field == derived.field));
            let is_set = owner.is_some_and(|rule| {
                wish.stated.contains(rule.slot)
                    && !wished.value(rule.slot).is_absent()
                    && !written.is_dropped(rule.slot)
            });
            let is_cleared = written.delta.value(derived.field).is_some_and(Value::is_absent);
            let is_input_changed = derived.template.inputs().any(|slot| changed.contains(slot));
            if is_set || !(is_input_changed || is_cleared) {
                continue;
            }
            let text = {
                let effective = |slot| -> &Value<'_> {
                    if written.is_dropped(slot) { now.value(slot) } else { wished.value(slot) }
                };
                derived.text(effective, is_cleared)
            };
            let Some(text) = text else { continue };
            let Some(value) = self.derived_value(derived, text, written) else { continue };
            if Self::same(row.value(derived.field), &value) {
                written.delta.forget(derived.field);
            } else {
                written.delta.set(derived.field, value);
            }
        }
    }

    /// The computed text, if the field's limits take it; what they do not take is left out.
    fn derived_value(
        &self,
        derived: &Derived,
        text: String,
        written: &mut Written<'_>,
    ) -> Option<Value<'static>> {
        let value = Value::Text(text.into());
        let limit = self.rules.iter().find_map(|rule| match rule.shape {
            Shape::One(field) if field == derived.field => rule.limits.first(),
            _ => None,
        });
        match limit.map_or(Ok(()), |limit| limit.check(&value)) {
            Ok(()) => Some(value),
            Err(refusal) => {
                let path = self
                    .entity
                    .fields
                    .field(derived.field)
                    .map_or_else(Box::default, |field| field.name.as_str().into());
                written.dropped.push(Dropped { slot: None, path, expected: refusal.expected });
                None
            }
        }
    }

    /// The attributes that hold other people's ids, with what `wished` says and `now` did not.
    pub fn people_named<'d>(
        &'d self,
        now: Option<&'d Document<'_>>,
        wished: &'d Document<'_>,
    ) -> impl Iterator<Item = (SlotIndex, String)> {
        self.rules.iter().filter_map(move |rule| {
            if !matches!(rule.shape, Shape::Person(_)) {
                return None;
            }
            let wanted = wished.value(rule.slot);
            let is_known = now.is_some_and(|now| Self::same(now.value(rule.slot), wanted));
            let id = wanted.as_str().filter(|_| !is_known)?;
            Some((rule.slot, id.to_owned()))
        })
    }

    /// Whether a change renames a person: one of the fields that identify changes.
    #[must_use]
    pub fn renames(&self, delta: &Delta<'_>) -> bool {
        self.unique.iter().any(|field| delta.value(*field).is_some())
    }
}

impl Derived {
    fn text<'v>(
        &self,
        value: impl Fn(SlotIndex) -> &'v Value<'v> + Copy,
        needed: bool,
    ) -> Option<String> {
        let otherwise = self.otherwise.as_ref().filter(|_| needed);
        self.template.text(value).or_else(|| otherwise?.text(value))
    }
}
