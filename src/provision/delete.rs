//! DELETE (RFC 7644 §3.6), as the mapping means it: a real deletion, or a mark.

use super::create::is_stale;
use super::{ATTEMPTS, Asker, Failure, Provisioner};
use crate::audit::Operation;
use crate::record::{Class, Delta};
use crate::upstream::{Action, Kind};

impl Provisioner {
    /// Deletes a person.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn delete(
        &self,
        asker: Asker<'_>,
        id: &str,
        if_match: Option<&(dyn Fn(&str) -> bool + Sync)>,
    ) -> Result<(), Failure> {
        for attempt in 0..ATTEMPTS {
            let _turn = self.turn(id, attempt > 0).await;
            match self.delete_once(asker, id, if_match).await {
                Err(failure) if is_stale(&failure) => {}
                done => return done,
            }
        }
        Err(Failure::Stale)
    }

    async fn delete_once(
        &self,
        asker: Asker<'_>,
        id: &str,
        if_match: Option<&(dyn Fn(&str) -> bool + Sync)>,
    ) -> Result<(), Failure> {
        let answer = self.fetch(asker, id).await?;
        let person = self.person(&answer, id)?;
        if if_match.is_some_and(|matches| !matches(&self.mapping.version(&person.row))) {
            return Err(Failure::Stale);
        }
        self.heed_protection(asker, &person.row, id)?;
        self.forget(&person.row, id).await;
        if let Some(delta) = self.mapping.disable(&person.row) {
            if !delta.is_empty() {
                self.write(asker, Operation::Delete, &person.key, id, &person.row, &delta).await?;
            }
            return Ok(());
        }
        let nothing = Delta::default();
        let version = person.row.version.as_deref();
        let sent = self.send(asker, Action::Delete { key: &person.key, version }).await;
        let failure = match sent {
            Ok(_) => {
                self.audit(asker, Operation::Delete, id, &nothing, "done");
                return Ok(());
            }
            Err(failure) => failure,
        };
        let Failure::Upstream(error) = &failure else { return Err(failure) };
        let is_gone = error.kind == Kind::Refused(Class::Missing)
            || (error.outcome_unknown()
                && matches!(self.fetch(asker, id).await, Err(Failure::Missing)));
        let outcome = if is_gone { "done" } else { "refused" };
        self.audit(asker, Operation::Delete, id, &nothing, outcome);
        match error.kind {
            _ if is_gone => Ok(()),
            // What a taken name is to a create, a reference is to a deletion.
            Kind::Refused(Class::Duplicate) => Err(Failure::Referred),
            _ => Err(failure),
        }
    }
}
