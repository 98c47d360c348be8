//! An operator's release of an anchor: the row of somebody who was hired again, or of a namesake,
//! may be bound by another object of the directory. No client can do it.

use std::time::Duration;

use super::create::is_stale;
use super::{ATTEMPTS, Allowed, Asker, Failure, Provisioner};
use crate::audit::Operation;
use crate::mapping::policy::Standing;
use crate::scim::Profile;
use crate::telemetry::Trail;
use crate::upstream::{Error, Kind};

/// Who releases, and how it is told apart in the audit.
#[derive(Clone, Copy, Debug)]
pub struct Operator<'a> {
    /// The account at the operating system.
    pub name: &'a str,
    /// The id of this order.
    pub request: &'a str,
    /// Until when there must be an answer, on the monotonic clock.
    pub deadline: Duration,
}

/// What came of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Released {
    /// The anchor was emptied.
    Emptied,
    /// It was empty already.
    WasEmpty,
    /// It is filled, and nothing was written, as was asked.
    Filled,
}

impl Provisioner {
    /// Empties the anchor of the person with that id, who may also be deleted: then another one of
    /// that name gets the row. With `dry` nothing is written.
    ///
    /// # Errors
    /// [`Failure`]: there is no such row in scope, it is protected, or it could not be read or
    /// written.
    pub async fn release(
        &self,
        operator: Operator<'_>,
        id: &str,
        dry: bool,
    ) -> Result<Released, Failure> {
        let Operator { name, request, deadline } = operator;
        let trail = Trail::of_command(request);
        let asker = Asker {
            caller: name,
            trail: &trail,
            profile: &Profile::STRICT,
            allowed: Allowed { update: true, rename: false, disable: false },
            deadline,
        };
        for attempt in 0..ATTEMPTS {
            let _turn = self.turn(id, attempt > 0).await;
            match self.release_once(asker, id, dry).await {
                Err(failure) if is_stale(&failure) => {}
                done => return done,
            }
        }
        Err(Failure::Stale)
    }

    async fn release_once(
        &self,
        asker: Asker<'_>,
        id: &str,
        dry: bool,
    ) -> Result<Released, Failure> {
        let fetched = self.fetch(asker, id).await?;
        let row = self.row(&fetched.0, &fetched.1)?;
        let is_asked = self.mapping.id_of(&row).is_some_and(|printed| printed == id);
        if !is_asked || self.mapping.standing(&row) == Standing::Hidden {
            return Err(Failure::Missing);
        }
        let key = self.mapping.key_of(&row).ok_or(Failure::Missing)?;
        self.heed_protection(asker, &row, id)?;
        let delta = self.mapping.release(&row);
        if delta.is_empty() {
            return Ok(Released::WasEmpty);
        }
        if dry {
            return Ok(Released::Filled);
        }
        let stored = self.write(asker, Operation::Release, &key, id, &row, &delta).await?;
        // What was not emptied is still somebody's.
        if !Self::holds(&stored, &delta) {
            return Err(Error::new(Kind::Garbled).into());
        }
        Ok(Released::Emptied)
    }
}
