//! PATCH and PUT (RFC 7644 §3.5): read, compute what differs, write it under a condition.

use std::borrow::Cow;

use super::create::is_stale;
use super::{ATTEMPTS, Asker, COLLISIONS, Failure, Person, Provisioner, Shown, View, is_empty};
use crate::audit::{Alert, Operation};
use crate::mapping::Mapping;
use crate::mapping::write::Wish;
use crate::record::{Class, Delta, Record, UpstreamKey};
use crate::scim::{Document, Invalid, Parsed, Patch, ScimType, SlotSet, UnmappedPaths};
use crate::upstream::{self, Action, Kind, Outcome};

/// What a client wants to be changed.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one a request, and never moved far")]
pub enum Change<'a> {
    /// Operations on what is there (RFC 7644 §3.5.2).
    Patch(Patch<'a>),
    /// A whole person (RFC 7644 §3.5.1).
    Replace(Parsed<'a>),
}

/// A person as wished.
struct Wished<'d> {
    document: Document<'d>,
    stated: SlotSet,
    /// Whether it makes the person inactive.
    disables: bool,
}

/// Whether a row is not the one from before a change: what differs in letter case alone would be
/// taken for done.
fn is_changed(stored: &Record<'_>, before: &Record<'_>, delta: &Delta<'_>) -> bool {
    delta.iter().any(|(field, _)| !Mapping::same(stored.value(field), before.value(field)))
}

/// Whether the upstream refused a write for a value.
pub(super) fn is_invalid<T>(written: &Result<T, Failure>) -> bool {
    matches!(
        written,
        Err(Failure::Upstream(error)) if error.kind == Kind::Refused(Class::Invalid)
    )
}

impl Provisioner {
    /// Changes a person. `if_match` are the versions of which the person must have one.
    ///
    /// # Errors
    /// [`Failure`]; with another version [`Failure::Stale`].
    pub async fn change(
        &self,
        asker: Asker<'_>,
        id: &str,
        change: &Change<'_>,
        if_match: Option<&(dyn Fn(&str) -> bool + Sync)>,
        view: &View,
    ) -> Result<Shown, Failure> {
        for attempt in 0..ATTEMPTS {
            let _turn = self.turn(id, attempt > 0).await;
            match self.change_once(asker, id, change, if_match, view).await {
                // Somebody else was faster: what they wrote is read again, so nothing is lost.
                Err(failure) if is_stale(&failure) => {
                    tracing::debug!(request_id = asker.trail.id(), "a row changed in between");
                }
                done => return done,
            }
        }
        Err(Failure::Stale)
    }

    async fn change_once(
        &self,
        asker: Asker<'_>,
        id: &str,
        change: &Change<'_>,
        if_match: Option<&(dyn Fn(&str) -> bool + Sync)>,
        view: &View,
    ) -> Result<Shown, Failure> {
        let answer = self.fetch(asker, id).await?;
        let Person { mut row, key, .. } = self.person(&answer, id)?;
        if if_match.is_some_and(|matches| !matches(&self.mapping.version(&row))) {
            return Err(Failure::Stale);
        }
        self.heed_protection(asker, &row, id)?;
        let known =
            self.look_up_meanings(asker, std::slice::from_mut(&mut row), SlotSet::FULL).await;
        let (row, key) = (&row, &key);
        let now = self.mapping.outward(row);
        let Wished { document: mut wished, stated, disables } = self.wished(asker, change, &now)?;
        let strict = !asker.profile.drop_invalid_optional;
        // Nobody keeps his access by what he refers to, not even while it cannot be looked up.
        let is_urgent = disables && !strict;
        self.heed_look_up(asker, known, is_urgent)?;
        self.heed_people(asker, Some(&now), &mut wished).await?;
        let wanted = self.mapping.wanted(Some(&now), &wished);
        let keys = self.keys(asker, &wanted).await;
        let keys = self.heed_look_up(asker, keys, is_urgent)?;
        let wish = Wish { stated, strict, keys: Some(&keys) };
        let written = match self.mapping.change(row, &now, &wished, wish) {
            Ok(written) => written,
            Err(error) => {
                if error.kind == ScimType::Mutability {
                    self.alert(asker, Alert::AnchorConflict, id);
                }
                return Err(error.into());
            }
        };
        self.tell_written(asker, Some(&now), &wished, stated, &written);
        let delta = written.delta;
        if delta.is_empty() {
            return self.show(asker, &mut row.clone(), id, view).await;
        }
        self.heed_rights(asker, &delta)?;
        if self.mapping.renames(&delta) || self.binds(row, &delta) {
            self.heed_uniqueness(asker, row, key, &delta).await?;
        }
        // After the look-up: a name that a hidden row has is taken, not out of place.
        self.heed_scope(Some(row), &delta)?;
        if self.mapping.renames(&delta) {
            self.forget(row, id).await;
        }
        let operation = if self.binds(row, &delta) { Operation::Bind } else { Operation::Update };
        let mut stored = self.write(asker, operation, key, id, row, &delta).await;
        if is_invalid(&stored) {
            self.distrust(&wanted, &keys).await;
        }
        if is_invalid(&stored)
            && asker.profile.drop_invalid_optional
            && let Some(part) = self.mapping.disabling(&wished, &delta)
        {
            // Nobody keeps his access by a value that only the server behind refuses.
            tracing::warn!(
                project = &*self.project,
                caller = asker.caller,
                request_id = asker.trail.id(),
                "the server behind refused a change, and the person is disabled without the rest"
            );
            stored = self.write(asker, Operation::Update, key, id, row, &part).await;
        }
        let mut stored = stored?;
        self.remember(&stored).await;
        self.show(asker, &mut stored, id, view).await
    }

    /// What was looked up, or nothing where a person must be disabled all the same.
    fn heed_look_up<T: Default>(
        &self,
        asker: Asker<'_>,
        found: Result<T, Failure>,
        is_urgent: bool,
    ) -> Result<T, Failure> {
        match found {
            Err(failure) if is_urgent => {
                tracing::warn!(
                    project = &*self.project,
                    caller = asker.caller,
                    request_id = asker.trail.id(),
                    %failure,
                    "a person is disabled although a look-up failed"
                );
                Ok(T::default())
            }
            found => found,
        }
    }

    fn wished<'d>(
        &self,
        asker: Asker<'_>,
        change: &'d Change<'_>,
        now: &'d Document<'_>,
    ) -> Result<Wished<'d>, Failure> {
        let (document, stated, unmapped): (_, _, &UnmappedPaths);
        let invalid: Cow<'_, [Invalid]>;
        match change {
            Change::Patch(patch) => {
                let applied = patch.apply(&self.mapping.resource, now, asker.profile)?;
                document = applied.document;
                stated = applied.mentioned;
                unmapped = applied.unmapped;
                invalid = applied.invalid;
            }
            Change::Replace(parsed) => {
                let mut whole = parsed.document.borrowed();
                self.mapping.complete_replacement(now, &mut whole, parsed.mentioned);
                document = whole;
                stated = parsed.mentioned;
                unmapped = &parsed.unmapped;
                invalid = Cow::Borrowed(&parsed.invalid);
            }
        }
        let disables = self.mapping.disables(&document, stated);
        self.heed_unmapped(asker, unmapped, disables)?;
        self.heed_invalid(asker, &invalid, disables)?;
        let mut document = document;
        for Invalid { slot, .. } in &*invalid {
            document.put(*slot, now.value(*slot).borrowed());
        }
        if let Change::Replace(_) = change {
            self.heed_required(&document)?;
        }
        Ok(Wished { document, stated, disables })
    }

    /// A PUT must hold what is required, whether the row has it or not (RFC 7644 §3.5.1).
    fn heed_required(&self, wished: &Document<'_>) -> Result<(), Failure> {
        for rule in &self.mapping.rules {
            let slot = self.mapping.resource.slot(rule.slot);
            if slot.required && wished.value(rule.slot).is_absent() {
                return Err(crate::scim::ScimError::new(
                    ScimType::InvalidValue,
                    format!("`{}` is required", slot.path),
                )
                .into());
            }
        }
        Ok(())
    }

    pub(super) fn heed_protection(
        &self,
        asker: Asker<'_>,
        row: &Record<'_>,
        id: &str,
    ) -> Result<(), Failure> {
        if !self.mapping.is_protected(row) {
            return Ok(());
        }
        self.alert(asker, Alert::Protected, id);
        Err(Failure::Protected)
    }

    /// Whether a change stamps the anchor of a row that had none.
    fn binds(&self, row: &Record<'_>, delta: &Delta<'_>) -> bool {
        self.mapping.anchor.is_some_and(|anchor| {
            is_empty(row.value(anchor.field))
                && delta.value(anchor.field).is_some_and(|value| !is_empty(value))
        })
    }

    /// Whether the caller may change what the change changes.
    fn heed_rights(&self, asker: Asker<'_>, delta: &Delta<'_>) -> Result<(), Failure> {
        let active = self.mapping.active.and_then(|slot| self.mapping.rule(slot));
        for (field, _) in delta.iter() {
            let is_active = active.is_some_and(|rule| {
                rule.fields().any(|f| f == field) || rule.also.contains(&field)
            });
            let (is_allowed, right) = if self.mapping.unique.contains(&field) {
                (asker.allowed.rename, "rename")
            } else if is_active {
                (asker.allowed.disable, "disable")
            } else {
                (asker.allowed.update, "update")
            };
            if !is_allowed {
                return Err(Failure::NotAllowed(right));
            }
        }
        Ok(())
    }

    /// Refuses a name or anchor that another row has.
    async fn heed_uniqueness(
        &self,
        asker: Asker<'_>,
        row: &Record<'_>,
        key: &UpstreamKey,
        delta: &Delta<'_>,
    ) -> Result<(), Failure> {
        let renames = self.mapping.renames(delta);
        if self.mapping.entity.facts.enforces_unique && !self.binds(row, delta) {
            return Ok(());
        }
        let predicate = self.mapping.collisions(delta, Some(row));
        let is_meant = |other: &Record<'_>| {
            self.mapping.has_same_name(delta, Some(row), other)
                || self.mapping.has_same_anchor(delta, other)
        };
        for other in self.rows(asker, predicate, COLLISIONS, is_meant).await? {
            if self.mapping.key_of(&other).as_ref() == Some(key) {
                continue;
            }
            if self.mapping.has_same_anchor(delta, &other) {
                return Err(Failure::taken("another user has this anchor"));
            }
            if renames && self.mapping.has_same_name(delta, Some(row), &other) {
                return Err(Failure::taken("a user with this userName already exists"));
            }
            if renames {
                return Err(Failure::taken(
                    "the server behind takes this userName for one that it has, although they \
                     differ in accents, width or blanks",
                ));
            }
        }
        Ok(())
    }

    /// Writes a change of an existing row and gives back what the upstream stored. An unknown
    /// outcome is looked up.
    pub(super) async fn write(
        &self,
        asker: Asker<'_>,
        operation: Operation,
        key: &UpstreamKey,
        id: &str,
        row: &Record<'_>,
        delta: &Delta<'_>,
    ) -> Result<Record<'static>, Failure> {
        let version = row.version.as_deref();
        let source = row.source.as_deref();
        let call = self.call(Action::Update { key, delta, source, version });
        let sent = match self.send(asker, call.action).await {
            Ok(answer) => match answer.outcome(self.dialect, &call) {
                Ok(Outcome::Written { row: Some(row), .. })
                    if self.mapping.key_of(&row).as_ref() == Some(key) =>
                {
                    self.audit(asker, operation, id, delta, "done");
                    return Ok(row.into_owned());
                }
                Ok(_) => {
                    self.audit(asker, operation, id, delta, "done");
                    return self.read_again(asker, key).await;
                }
                Err(error) => error,
            },
            Err(Failure::Upstream(error)) => error,
            Err(failure) => return Err(failure),
        };
        if !sent.outcome_unknown() || sent.kind == Kind::Strayed {
            self.audit(asker, operation, id, delta, "refused");
            return Err(sent.into());
        }
        match self.read_again(asker, key).await {
            Ok(stored) if Self::holds(&stored, delta) && is_changed(&stored, row, delta) => {
                self.audit(asker, operation, id, delta, "done");
                Ok(stored)
            }
            Ok(_) => {
                self.audit(asker, operation, id, delta, "not done");
                Err(sent.into())
            }
            Err(_) => {
                self.audit(asker, operation, id, delta, "unknown");
                Err(sent.into())
            }
        }
    }

    async fn read_again(
        &self,
        asker: Asker<'_>,
        key: &UpstreamKey,
    ) -> Result<Record<'static>, Failure> {
        let answer = self.send(asker, Action::Read { key }).await?;
        let row = self.row(&answer, key)?;
        if self.mapping.key_of(&row).as_ref() == Some(key) {
            Ok(row.into_owned())
        } else {
            Err(upstream::Error::new(Kind::Garbled).into())
        }
    }
}
