//! A sender that only reads: what rehearses and explains is given this one, so that it could not
//! write if it tried.

use std::sync::Arc;
use std::time::Duration;

use super::{Action, Answer, Call, Dialect, Error, Kind, Origin, Sender};
use crate::seam::Pending;

/// The reading half of a sender. Whatever is no search and no read ends here.
#[derive(Clone, Debug)]
pub struct ReadOnly(Arc<dyn Sender>);

impl ReadOnly {
    /// The reading half of `sender`.
    #[must_use]
    pub const fn new(sender: Arc<dyn Sender>) -> Self {
        Self(sender)
    }
}

impl Sender for ReadOnly {
    fn send<'a>(
        &'a self,
        dialect: &'a dyn Dialect,
        call: &'a Call<'a>,
        deadline: Duration,
    ) -> Pending<'a, Result<Answer, Error>> {
        // Every action by its name: a new one does not pass before somebody has thought about it.
        match call.action {
            Action::Read { .. } | Action::Search(_) | Action::Follow { .. } | Action::Describe => {
                self.0.send(dialect, call, deadline)
            }
            Action::Create(_) | Action::Update { .. } | Action::Delete { .. } => {
                Box::pin(std::future::ready(Err(Error::new(Kind::Unsendable))))
            }
        }
    }

    fn origin(&self) -> &Origin {
        self.0.origin()
    }
}

#[cfg(test)]
mod tests {
    use super::super::stage::{field, json, seams, serve, soon, upstream, users};
    use super::super::{Credential, OData};
    use super::*;
    use crate::record::{Delta, Predicate, Query, UpstreamKey};
    use crate::value::Value;

    #[tokio::test]
    async fn what_writes_never_leaves_and_what_reads_does() {
        let (seams, _) = seams();
        let (url, seen) = serve(|_| json(200, r#"{"value":[]}"#));
        let sender = ReadOnly::new(Arc::new(upstream(&url, Credential::None, &seams)));
        let entity = users();
        let key = UpstreamKey::Integer(7);
        let mut delta = Delta::default();
        delta.set(field(&entity, "enabled"), Value::Boolean(false));
        for action in [
            Action::Create(&delta),
            Action::Update { key: &key, delta: &delta, version: None, source: None },
            Action::Delete { key: &key, version: None },
        ] {
            let call = Call { entity: &entity, action };
            let refused = sender.send(&OData, &call, soon(&seams)).await.unwrap_err();
            assert_eq!(refused.kind, Kind::Unsendable, "{}", action.name());
        }
        assert_eq!(seen.count(), 0);
        let query =
            Query { predicate: Predicate::TRUE, order: Vec::new(), skip: 0, top: 1, count: false };
        let call = Call { entity: &entity, action: Action::Search(&query) };
        sender.send(&OData, &call, soon(&seams)).await.unwrap();
        assert_eq!(seen.count(), 1);
    }
}
