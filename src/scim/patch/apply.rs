//! Applying a patch to a document: all operations in order, or none.

use super::super::document::{Document, Invalid, UnmappedPaths};
use super::super::error::{ScimError, ScimType};
use super::super::profile::Profile;
use super::super::resource::Resource;
use super::super::schema::Mutability;
use super::super::slots::SlotSet;
use super::compile::no_target;
use super::{Effect, Operation, Patch, Selection, Verb};
use crate::value::Value;

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
    pub invalid: &'a [Invalid],
}

struct Application<'s> {
    wished: Document<'s>,
    mentioned: SlotSet,
    /// The slots whose last operation was a `remove`.
    removed: SlotSet,
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
        };
        for operation in &self.operations {
            application.follow(self, operation, resource, profile)?;
        }
        application.check(resource, now)?;
        let Application { wished, mentioned, .. } = application;
        Ok(Applied {
            document: wished,
            mentioned,
            unmapped: &self.unmapped,
            invalid: &self.invalid,
        })
    }
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
            Effect::Put { existing } => {
                // RFC 7644 §3.5.2.3: a replaced element must be there.
                if !existing.is_empty() && existing.iter().all(|s| self.wished.value(s).is_absent())
                {
                    let slot = existing.iter().next();
                    return Err(no_target(slot.map_or("", |slot| &resource.slot(slot).path)));
                }
                for (slot, value) in writes {
                    self.put(*slot, value.borrowed());
                }
            }
            Effect::Elements(selection) => {
                self.select(selection, operation.verb, writes, resource, profile)?;
            }
        }
        Ok(())
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
