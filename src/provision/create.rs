//! A new person (RFC 7644 §3.3), or the row that is already there.

mod complete;

use super::change::is_invalid;
use super::{ATTEMPTS, Asker, COLLISIONS, Failure, Provisioner, Shown, View, is_empty};
use crate::audit::{Alert, Operation};
use crate::mapping::policy::{OnConflict, Standing};
use crate::mapping::write::Wish;
use crate::record::{Class, Delta, Record};
use crate::scim::{Document, Parsed, SlotSet};
use crate::upstream::{self, Action, Kind, Outcome};
use crate::value::Value;
use complete::Steps;

/// What a create has to do with the rows that are already there.
enum Found {
    /// There is nobody.
    Free,
    /// A deleted person's row comes back.
    Deleted(Record<'static>),
    /// An existing row is bound.
    Adopted(Record<'static>),
}

impl Provisioner {
    /// Creates a person.
    ///
    /// # Errors
    /// [`Failure`]; an existing person is 409 `uniqueness`.
    pub async fn create(
        &self,
        asker: Asker<'_>,
        parsed: Parsed<'_>,
        view: &View,
    ) -> Result<Shown, Failure> {
        self.heed_unmapped(asker, &parsed.unmapped, false)?;
        self.heed_invalid(asker, &parsed.invalid, false)?;
        let mut wished = parsed.document;
        if let Some((slot, name)) = parsed.composed_name {
            wished.put(slot, Value::Text(name.into()));
        }
        let stated = parsed.mentioned;
        self.mapping.complete_creation(&mut wished, stated);
        let strict = !asker.profile.drop_invalid_optional;
        // Everything that is known without the upstream is refused before it is called.
        let probe = self.mapping.create(&wished, Wish { stated, strict, keys: None })?;
        let probe = probe.delta.into_owned();
        self.heed_people(asker, None, &mut wished).await?;
        let wanted = self.mapping.wanted(None, &wished);
        let keys = self.keys(asker, &wanted).await?;
        let wish = Wish { stated, strict, keys: Some(&keys) };
        if !keys.is_empty() {
            self.mapping.create(&wished, wish)?;
        }
        let _turn = self.turn_to_create(&probe).await;
        for attempt in 1.. {
            let found = self.existing(asker, &probe).await?;
            // After the look-up: a name that a hidden row has is taken, not out of place.
            self.heed_scope(None, &probe)?;
            let (row, operation) = match found {
                Found::Free => {
                    let created = self.create_new(asker, &wished, wish, view).await;
                    if is_invalid(&created) {
                        self.distrust(&wanted, &keys).await;
                    }
                    return created;
                }
                Found::Deleted(row) => (row, Operation::Revive),
                Found::Adopted(row) => (row, Operation::Adopt),
            };
            match self.rebind(asker, row, wished.borrowed(), stated, wish, operation, view).await {
                // Somebody else was faster: whose the row is now is looked up again.
                Err(failure) if is_stale(&failure) && attempt < ATTEMPTS => {}
                Err(failure) if is_stale(&failure) => return Err(already(true)),
                done => return done,
            }
        }
        Err(already(true))
    }

    /// Who has this name or anchor already.
    async fn existing(&self, asker: Asker<'_>, delta: &Delta<'_>) -> Result<Found, Failure> {
        let anchored = self
            .mapping
            .anchor
            .is_some_and(|anchor| delta.value(anchor.field).is_some_and(|v| !v.is_absent()));
        let tombstoned =
            matches!(self.mapping.on_delete, crate::mapping::policy::OnDelete::Disable(Some(_)));
        let adopts = self.mapping.on_conflict == OnConflict::Adopt;
        if self.mapping.entity.facts.enforces_unique && !anchored && !tombstoned && !adopts {
            return Ok(Found::Free);
        }
        let predicate = self.mapping.collisions(delta, None);
        let is_meant = |row: &Record<'_>| {
            self.mapping.has_same_name(delta, None, row) || self.mapping.has_same_anchor(delta, row)
        };
        let rows = self.rows(asker, predicate, COLLISIONS, is_meant).await?;
        let mut found = Found::Free;
        for row in rows {
            let same_name = self.mapping.has_same_name(delta, None, &row);
            let same_anchor = self.mapping.has_same_anchor(delta, &row);
            if !same_name && !same_anchor {
                return Err(Failure::taken(
                    "the server behind takes this userName for one that it has, although they \
                     differ in accents, width or blanks",
                ));
            }
            let is_somebody_elses = self.mapping.anchor.is_some_and(|anchor| {
                let (held, wanted) = (row.value(anchor.field), delta.value(anchor.field));
                !is_empty(held) && wanted.is_some_and(|wanted| !is_empty(wanted) && wanted != held)
            });
            let protected = self.mapping.is_protected(&row);
            let adopts = adopts && same_name;
            let next = match self.mapping.standing(&row) {
                Standing::Deleted if !is_somebody_elses && !protected => Found::Deleted(row),
                Standing::Living if adopts && !is_somebody_elses && !protected => {
                    Found::Adopted(row)
                }
                _ => {
                    if is_somebody_elses {
                        let id = self.mapping.id_of(&row).unwrap_or_default();
                        self.alert(asker, Alert::AnchorConflict, &id);
                    }
                    return Err(already(same_name));
                }
            };
            if !matches!(found, Found::Free) {
                return Err(already(same_name));
            }
            found = next;
        }
        Ok(found)
    }

    async fn create_new(
        &self,
        asker: Asker<'_>,
        wished: &Document<'_>,
        wish: Wish<'_>,
        view: &View,
    ) -> Result<Shown, Failure> {
        let written = self.mapping.create(wished, wish)?;
        self.tell_written(asker, None, wished, wish.stated, &written);
        let steps = self.steps(written.delta);
        let call = self.call(Action::Create(&steps.first));
        let outcome = match self.send(asker, call.action).await {
            Ok(answer) => Ok(answer),
            Err(Failure::Upstream(error)) if error.outcome_unknown() => {
                return self.create_lost(asker, &steps, error, view).await;
            }
            Err(failure) => Err(failure),
        };
        let answer = match outcome {
            Ok(answer) => answer,
            Err(failure) => {
                self.audit(asker, Operation::Create, "", &steps.first, "refused");
                return Err(failure);
            }
        };
        let (key, row) = match answer.outcome(self.dialect, &call) {
            Ok(Outcome::Written { key, row, .. }) => (key, row),
            Ok(_) => (None, None),
            Err(error) if error.outcome_unknown() && error.kind != Kind::Strayed => {
                return self.create_lost(asker, &steps, error, view).await;
            }
            Err(error) => {
                self.audit(asker, Operation::Create, "", &steps.first, "answer not understood");
                return Err(error.into());
            }
        };
        if let Some(row) = row.filter(|row| self.mapping.key_of(row).is_some()) {
            return self.created(asker, &row, &steps, view).await;
        }
        if let Some(key) = key {
            if !steps.rest.is_empty() {
                let id = if self.mapping.id_is_key() { key.to_string() } else { String::new() };
                self.audit(asker, Operation::Create, &id, &steps.first, "done");
                let row = self.complete(asker, &key, &id, &steps.rest).await?;
                return self.shown_new(asker, row, view).await;
            }
            let answer = self.send(asker, Action::Read { key: &key }).await?;
            let row = self.row(&answer, &key)?;
            return self.created(asker, &row, &steps, view).await;
        }
        let error = upstream::Error::new(Kind::Garbled);
        self.create_lost(asker, &steps, error, view).await
    }

    /// A create whose answer was lost: before it nobody had this name, so whoever has it now with
    /// all that was written is the person who was created.
    async fn create_lost(
        &self,
        asker: Asker<'_>,
        steps: &Steps<'_>,
        error: upstream::Error,
        view: &View,
    ) -> Result<Shown, Failure> {
        let delta = &steps.first;
        let predicate = self.mapping.collisions(delta, None);
        let is_meant = |row: &Record<'_>| self.mapping.has_same_name(delta, None, row);
        let rows = match self.rows(asker, predicate, COLLISIONS, is_meant).await {
            Ok(rows) => rows,
            Err(_) => {
                self.audit(asker, Operation::Create, "", delta, "unknown");
                return Err(error.into());
            }
        };
        let ours = rows
            .iter()
            .find(|row| self.mapping.has_same_name(delta, None, row) && Self::holds(row, delta));
        match ours {
            Some(row) => self.created(asker, row, steps, view).await,
            None => {
                self.audit(asker, Operation::Create, "", delta, "not done");
                Err(error.into())
            }
        }
    }

    async fn created(
        &self,
        asker: Asker<'_>,
        row: &Record<'_>,
        steps: &Steps<'_>,
        view: &View,
    ) -> Result<Shown, Failure> {
        let id = self.mapping.id_of(row).unwrap_or_default();
        self.audit(asker, Operation::Create, &id, &steps.first, "done");
        match self.mapping.key_of(row).filter(|_| !steps.rest.is_empty()) {
            Some(key) => {
                let row = self.complete(asker, &key, &id, &steps.rest).await?;
                self.shown_new(asker, row, view).await
            }
            None => self.shown_new(asker, row.clone(), view).await,
        }
    }

    async fn shown_new(
        &self,
        asker: Asker<'_>,
        mut row: Record<'_>,
        view: &View,
    ) -> Result<Shown, Failure> {
        let Some(id) = self.mapping.id_of(&row) else {
            return Err(upstream::Error::new(Kind::Garbled).into());
        };
        self.remember(&row).await;
        self.show(asker, &mut row, &id, view).await
    }

    /// Gives an existing row to the person who is created.
    #[expect(clippy::too_many_arguments, reason = "the whole of a create, at its last step")]
    async fn rebind(
        &self,
        asker: Asker<'_>,
        mut row: Record<'static>,
        mut wished: Document<'_>,
        stated: SlotSet,
        wish: Wish<'_>,
        operation: Operation,
        view: &View,
    ) -> Result<Shown, Failure> {
        let key = self.mapping.key_of(&row).ok_or(Failure::Missing)?;
        let id = self.mapping.id_of(&row).ok_or(Failure::Missing)?;
        self.look_up_meanings(asker, std::slice::from_mut(&mut row), SlotSet::FULL).await?;
        let now = self.mapping.outward(&row);
        let written = if operation == Operation::Revive {
            self.mapping.complete_revival(&row, &mut wished, stated);
            self.mapping.revive(&row, &wished, wish)
        } else {
            for rule in &self.mapping.rules {
                if !stated.contains(rule.slot) {
                    wished.put(rule.slot, now.value(rule.slot).clone().into_owned());
                }
            }
            self.mapping.change(&row, &now, &wished, wish)
        };
        let written = written?;
        self.tell_written(asker, Some(&now), &wished, stated, &written);
        self.heed_scope(Some(&row), &written.delta)?;
        let delta = written.delta;
        if delta.is_empty() {
            self.audit(asker, operation, &id, &delta, "done");
            return self.show(asker, &mut row.clone(), &id, view).await;
        }
        self.forget(&row, &id).await;
        let mut stored = self.write(asker, operation, &key, &id, &row, &delta).await?;
        self.remember(&stored).await;
        self.show(asker, &mut stored, &id, view).await
    }
}

fn already(same_name: bool) -> Failure {
    if same_name {
        Failure::taken("a user with this userName already exists")
    } else {
        Failure::taken("a user with this anchor already exists")
    }
}

/// Whether an error says that the row was changed in between.
pub(super) fn is_stale(failure: &Failure) -> bool {
    matches!(failure, Failure::Upstream(error) if error.kind == Kind::Refused(Class::Stale))
}
