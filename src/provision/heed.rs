//! What is looked at before a write: what the request holds beyond the mapping, values that cannot
//! be stored, people who are not there, and the scope.

use super::{Asker, Event, Failure, Provisioner};
use crate::audit;
use crate::mapping::Unmapped;
use crate::mapping::write::Written;
use crate::record::{Delta, Record};
use crate::scim::{Document, Invalid, ScimError, ScimType, SlotSet, UnmappedPaths};
use crate::value::Value;

impl Provisioner {
    /// What a request holds beyond the mapping, as the mapping wants it treated; one that disables
    /// a person is not refused for it.
    pub(super) fn heed_unmapped(
        &self,
        asker: Asker<'_>,
        unmapped: &UnmappedPaths,
        disables: bool,
    ) -> Result<(), ScimError> {
        let Some(first) = unmapped.iter().next() else { return Ok(()) };
        self.observe(Event::Unmapped(unmapped));
        match self.mapping.unmapped {
            Unmapped::Reject if !disables => Err(ScimError::new(
                ScimType::InvalidSyntax,
                format!(
                    "the mapping has no place for `{first}` as it was sent, and rejects such attributes"
                ),
            )),
            Unmapped::Reject | Unmapped::Warn => {
                tracing::warn!(
                    project = &*self.project,
                    caller = asker.caller,
                    request_id = asker.trail.id(),
                    attributes = %unmapped,
                    "a client sent attributes that are not mapped"
                );
                Ok(())
            }
            Unmapped::Ignore => {
                tracing::debug!(
                    request_id = asker.trail.id(),
                    attributes = %unmapped,
                    "a client sent attributes that are not mapped"
                );
                Ok(())
            }
        }
    }

    /// Values of a wrong type refuse the request, unless it disables a person and the caller may
    /// send such values of optional attributes: then they are left out.
    pub(super) fn heed_invalid(
        &self,
        asker: Asker<'_>,
        invalid: &[Invalid],
        disables: bool,
    ) -> Result<(), ScimError> {
        for Invalid { slot, error } in invalid {
            let is_optional = !self.mapping.resource.slot(*slot).required
                && Some(*slot) != self.mapping.active
                && *slot != self.mapping.user_name;
            if !(disables && is_optional && asker.profile.drop_invalid_optional) {
                return Err(error.clone());
            }
            let path = &self.mapping.resource.slot(*slot).path;
            self.observe(Event::Invalid { path, error });
            self.tell_dropped(asker, path, "its own type");
        }
        Ok(())
    }

    fn tell_dropped(&self, asker: Asker<'_>, attribute: &str, expected: &str) {
        tracing::warn!(
            project = &*self.project,
            caller = asker.caller,
            request_id = asker.trail.id(),
            attribute,
            expected,
            "a value of an optional attribute cannot be stored and was left out"
        );
        self.tally.leave_out();
        audit::left_out(&self.project, asker.caller, asker.trail.id(), attribute);
    }

    pub(super) fn observe(&self, event: Event<'_>) {
        if let Some(observer) = &self.observer {
            observer.notice(event);
        }
    }

    /// Tells what is to be written, and what was left out of it.
    pub(super) fn tell_written(
        &self,
        asker: Asker<'_>,
        now: Option<&Document<'_>>,
        wished: &Document<'_>,
        stated: SlotSet,
        written: &Written<'_>,
    ) {
        let Written { delta, dropped, cleaned } = written;
        self.observe(Event::Written { now, wished, stated, delta, dropped });
        for dropped in dropped {
            self.tell_dropped(asker, &dropped.path, &dropped.expected);
        }
        for cleaned in cleaned {
            tracing::info!(
                project = &*self.project,
                caller = asker.caller,
                request_id = asker.trail.id(),
                attribute = &*cleaned.path,
                characters = cleaned.characters,
                "characters that nobody sees were left out of a value"
            );
        }
    }

    /// Leaves out of `wished` references to people who are not there; strict callers are refused.
    pub(super) async fn heed_people(
        &self,
        asker: Asker<'_>,
        now: Option<&Document<'_>>,
        wished: &mut Document<'_>,
    ) -> Result<(), Failure> {
        let named: Vec<_> = self.mapping.people_named(now, wished).collect();
        for (slot, id) in named {
            if self.is_somebody(asker, &id).await? {
                continue;
            }
            let path = &self.mapping.resource.slot(slot).path;
            if !asker.profile.drop_invalid_optional {
                return Err(ScimError::new(
                    ScimType::InvalidValue,
                    format!("`{path}`: there is no User with this id"),
                )
                .into());
            }
            self.observe(Event::Nobody { path });
            self.tell_dropped(asker, path, "the id of a User who is there");
            let before = now.map_or(Value::Absent, |now| now.value(slot).clone().into_owned());
            wished.put(slot, before);
        }
        Ok(())
    }

    /// Whether a SCIM id is a living person's, looked at each time: he may have gone since.
    async fn is_somebody(&self, asker: Asker<'_>, id: &str) -> Result<bool, Failure> {
        let answer = match self.fetch(asker, id).await {
            Err(Failure::Missing) => return Ok(false),
            answer => answer?,
        };
        match self.person(&answer, id) {
            Ok(_) => Ok(true),
            Err(Failure::Missing) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Refuses a person who would be outside the mapping's scope after the write.
    pub(super) fn heed_scope(
        &self,
        row: Option<&Record<'_>>,
        delta: &Delta<'_>,
    ) -> Result<(), ScimError> {
        let mut after = match row {
            Some(row) => row.clone(),
            None => Record::empty(&self.mapping.entity.fields),
        };
        for (field, value) in delta.iter() {
            after.put(field, value.borrowed());
        }
        if self.mapping.scope.iter().all(|test| test.holds(&after)) {
            return Ok(());
        }
        Err(ScimError::new(
            ScimType::InvalidValue,
            "this would put the person outside the mapping's scope".to_owned(),
        ))
    }
}
