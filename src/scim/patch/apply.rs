//! Applying a patch to a document: all operations in order, or none.

use std::borrow::Cow;

use super::super::document::{Document, Invalid, MAX_VALUES, UnmappedPaths, to_front};
use super::super::error::{ScimError, ScimType};
use super::super::profile::Profile;
use super::super::resource::Resource;
use super::super::schema::Mutability;
use super::super::slots::{SlotIndex, SlotSet};
use super::compile::no_target;
use super::values::Choice;
use super::{Effect, Operation, Patch, Selection, Verb};
use crate::value::{Value, alike};

/// What a patch makes of a document.
#[derive(Clone, Debug)]
pub struct Applied<'a> {
    /// The document as it is wished.
    pub document: Document<'a>,
    /// The slots that an operation has written or cleared.
    pub mentioned: SlotSet,
    /// The paths that the patch holds and the mapping does not.
    pub unmapped: &'a UnmappedPaths,
    /// The values that are not of their attribute's type; their slots are as they were.
    pub invalid: Cow<'a, [Invalid]>,
}

struct Application<'s> {
    wished: Document<'s>,
    mentioned: SlotSet,
    /// The slots whose last operation was a `remove`.
    removed: SlotSet,
    /// The lists that would hold too much.
    overfull: SlotSet,
}

impl Patch<'_> {
    /// Applies the patch to a document. Later operations see what earlier ones did.
    ///
    /// # Errors
    /// `noTarget` if a value path selects nothing and the profile does not make it; `mutability` if
    /// a required attribute is removed or an immutable one changed; `invalidValue` if a required
    /// attribute is cleared.
    pub fn apply<'s>(
        &'s self,
        resource: &Resource,
        now: &'s Document<'_>,
        profile: &Profile,
    ) -> Result<Applied<'s>, ScimError> {
        let mut application = Application {
            wished: now.borrowed(),
            mentioned: SlotSet::EMPTY,
            removed: SlotSet::EMPTY,
            overfull: SlotSet::EMPTY,
        };
        for operation in &self.operations {
            application.follow(self, operation, resource, profile)?;
        }
        application.check(resource, now)?;
        let Application { wished, mentioned, overfull, .. } = application;
        let mut invalid = Cow::Borrowed(&*self.invalid);
        if !overfull.is_empty() {
            invalid.to_mut().extend(overfull.iter().map(|slot| overfull_list(resource, slot)));
        }
        Ok(Applied { document: wished, mentioned, unmapped: &self.unmapped, invalid })
    }
}

/// That a list would hold more values than can be kept.
fn overfull_list(resource: &Resource, slot: SlotIndex) -> Invalid {
    let path = &resource.slot(slot).path;
    let detail = format!("`{path}` can hold at most {MAX_VALUES} values");
    Invalid { slot, error: ScimError::new(ScimType::InvalidValue, detail) }
}

impl<'s> Application<'s> {
    fn put(&mut self, slot: super::SlotIndex, value: Value<'s>) {
        self.wished.put(slot, value);
        self.mentioned.insert(slot);
        self.removed.remove(slot);
    }

    fn clear(&mut self, slots: SlotSet, verb: Verb) {
        for slot in slots.iter() {
            self.put(slot, Value::Absent);
            if verb == Verb::Remove {
                self.removed.insert(slot);
            }
        }
    }

    fn follow(
        &mut self,
        patch: &'s Patch<'_>,
        operation: &Operation,
        resource: &Resource,
        profile: &Profile,
    ) -> Result<(), ScimError> {
        let writes = patch.writes.get(operation.writes.clone()).unwrap_or_default();
        match &operation.effect {
            Effect::Clear(slots) => self.clear(*slots, operation.verb),
            Effect::Put { existing, leading } => {
                // RFC 7644 §3.5.2.3: a replaced element must be there.
                if !existing.is_empty() && existing.iter().all(|s| self.wished.value(s).is_absent())
                {
                    let slot = existing.iter().next();
                    return Err(no_target(slot.map_or("", |slot| &resource.slot(slot).path)));
                }
                for (slot, value) in writes {
                    if operation.verb == Verb::Add && resource.slot(*slot).is_list {
                        self.unite(*slot, value, leading.contains(*slot), resource);
                    } else {
                        self.put(*slot, value.borrowed());
                    }
                }
            }
            Effect::Take => {
                for (slot, values) in writes {
                    let exact = resource.slot(*slot).case_exact;
                    let mut held = self.wished.take(*slot).into_each();
                    held.retain(|one| !values.each().iter().any(|gone| alike(one, gone, exact)));
                    self.keep(*slot, held, operation.verb);
                }
            }
            Effect::Values(choice) => {
                let values = writes.first().map_or(&[][..], |(_, values)| values.each());
                self.choose(choice, operation.verb, values, resource, profile)?;
            }
            Effect::Elements(selection) => {
                self.select(selection, operation.verb, writes, resource, profile)?;
            }
        }
        Ok(())
    }

    /// Adds values to a list; those that it holds already stay as they are.
    fn unite(&mut self, slot: SlotIndex, values: &'s Value<'_>, leads: bool, resource: &Resource) {
        let exact = resource.slot(slot).case_exact;
        let mut held = self.wished.take(slot).into_each();
        for (at, one) in values.each().iter().enumerate() {
            let known = held.iter().position(|known| alike(known, one, exact));
            match (known, leads && at == 0) {
                (Some(known), true) => to_front(&mut held, known),
                (None, true) => held.insert(0, one.borrowed()),
                (None, false) => held.push(one.borrowed()),
                (Some(_), false) => {}
            }
        }
        if held.len() > MAX_VALUES {
            self.overfull.insert(slot);
        }
        self.keep(slot, held, Verb::Add);
    }

    /// Writes to the values of a list that meet a condition, or takes them out.
    fn choose(
        &mut self,
        choice: &Choice,
        verb: Verb,
        values: &'s [Value<'_>],
        resource: &Resource,
        profile: &Profile,
    ) -> Result<(), ScimError> {
        let definition = resource.slot(choice.slot);
        let exact = definition.case_exact;
        let held = self.wished.value(choice.slot).each();
        let meets = |at: usize, one: &Value<'_>| choice.means(at, one, exact);
        let meant: Vec<bool> = held.iter().enumerate().map(|(at, one)| meets(at, one)).collect();
        let first = meant.iter().position(|meant| *meant);
        if first.is_none() && verb == Verb::Remove {
            return Ok(());
        }
        let makes = profile.value_path_creates && choice.makes(values, exact);
        let Some(place) = first.or(makes.then_some(held.len())) else {
            return Err(no_target(&definition.path));
        };
        let mut held = self.wished.take(choice.slot).into_each();
        let mut gone = meant.into_iter();
        held.retain(|_| !gone.next().unwrap_or_default());
        let at = place.min(held.len());
        let is_new = |one: &&Value<'_>| !held.iter().any(|known| alike(known, one, exact));
        let new: Vec<Value<'s>> = values.iter().filter(is_new).map(Value::borrowed).collect();
        held.splice(at..at, new);
        self.keep(choice.slot, held, verb);
        Ok(())
    }

    /// Puts what is left of a list.
    fn keep(&mut self, slot: SlotIndex, held: Vec<Value<'s>>, verb: Verb) {
        self.put(slot, Value::list(held));
        if verb == Verb::Remove {
            self.removed.insert(slot);
        }
    }

    fn select(
        &mut self,
        selection: &Selection,
        verb: Verb,
        writes: &'s [(super::SlotIndex, Value<'_>)],
        resource: &Resource,
        profile: &Profile,
    ) -> Result<(), ScimError> {
        // All conditions are about the document as it was before this operation.
        let mut meant: u64 = 0;
        for (at, row) in selection.rows.iter().enumerate() {
            meant |= u64::from(row.condition.matches(resource, &self.wished, "")) << at;
        }
        if meant == 0 && verb != Verb::Remove {
            let fallback = selection.fallback.filter(|_| profile.value_path_creates);
            let Some(at) = fallback else {
                // Nothing is cleared where nothing is.
                if profile.value_path_creates && writes.iter().all(|(_, v)| v.is_absent()) {
                    return Ok(());
                }
                let slot = selection.rows.iter().find_map(|row| *row.targets.first()?);
                return Err(no_target(slot.map_or("", |slot| &resource.slot(slot).path)));
            };
            meant = 1 << at;
        }
        for (at, row) in selection.rows.iter().enumerate() {
            if meant >> at & 1 == 0 {
                continue;
            }
            self.clear(row.clear, verb);
            for ((_, value), target) in writes.iter().zip(&row.targets) {
                if let Some(slot) = target {
                    self.put(*slot, value.borrowed());
                }
            }
        }
        Ok(())
    }

    /// What must hold at the end, whatever the way there.
    fn check(&self, resource: &Resource, now: &Document<'_>) -> Result<(), ScimError> {
        for slot in self.mentioned.iter() {
            let (before, after) = (now.value(slot), self.wished.value(slot));
            let definition = resource.slot(slot);
            if before.is_absent() {
                continue;
            }
            let refuse =
                |kind, what: &str| Err(ScimError::new(kind, format!("`{definition}` {what}")));
            if (definition.required || definition.defaulted) && after.is_absent() {
                let removed = self.removed.contains(slot);
                return match (definition.required, removed) {
                    (true, true) => {
                        refuse(ScimType::Mutability, "is required and cannot be removed")
                    }
                    (true, false) => {
                        refuse(ScimType::InvalidValue, "is required and cannot be cleared")
                    }
                    (false, true) => {
                        refuse(ScimType::Mutability, "always has a value and cannot be removed")
                    }
                    (false, false) => {
                        refuse(ScimType::InvalidValue, "always has a value and cannot be cleared")
                    }
                };
            }
            if definition.mutability == Mutability::Immutable && before != after {
                return refuse(ScimType::Mutability, "cannot be changed");
            }
        }
        Ok(())
    }
}
