//! The second step of a create, for an upstream that makes a person of a few fields and takes the
//! others as a change.

use super::super::{Asker, Failure, Provisioner};
use crate::audit::Operation;
use crate::record::{Delta, Record, UpstreamKey};

/// What a create sets, in the steps that the upstream needs.
pub(super) struct Steps<'d> {
    /// What the create itself sets.
    pub(super) first: Delta<'d>,
    /// What an update must set after it; empty where there is one step.
    pub(super) rest: Delta<'d>,
}

impl Provisioner {
    /// What a create sets in one step or two.
    pub(super) fn steps<'d>(&self, delta: Delta<'d>) -> Steps<'d> {
        let entity = &self.mapping.entity;
        if !delta.iter().any(|(field, _)| self.dialect.leaves(entity, field)) {
            return Steps { first: delta, rest: Delta::default() };
        }
        let mut steps = Steps { first: Delta::default(), rest: Delta::default() };
        for (field, _) in delta.iter() {
            let step = match self.dialect.leaves(entity, field) {
                true => &mut steps.rest,
                false => &mut steps.first,
            };
            step.copy(field, &delta);
        }
        steps
    }

    /// Writes what the create left, and gives back the row as it is then.
    ///
    /// When it cannot be written, the person is there without it. Nobody is removed for that: the
    /// client is told that the create failed on the server's side, finds the person when it looks
    /// again, and changes what differs.
    pub(super) async fn complete(
        &self,
        asker: Asker<'_>,
        key: &UpstreamKey,
        id: &str,
        rest: &Delta<'_>,
    ) -> Result<Record<'static>, Failure> {
        let before = Record::empty(&self.mapping.entity.fields);
        let written = self.write(asker, Operation::Update, key, id, &before, rest).await;
        written.map_err(|failure| match failure {
            Failure::Upstream(error) => Failure::Incomplete(error),
            other => other,
        })
    }
}
