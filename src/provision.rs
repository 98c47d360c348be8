//! Create, read, replace, patch, delete and search people upstream, for any mapping.
//!
//! The order of every write is the same: read the row, look whether the client may, compute what
//! differs, write it under a condition, and answer what the upstream stored. An unknown outcome is
//! looked up before it is answered. This room knows no status codes and no headers.

mod change;
mod create;
mod delete;
mod health;
mod heed;
mod observe;
mod population;
mod print;
mod probe;
mod refer;
mod release;
mod search;
mod told;
mod turns;

use std::sync::Arc;
use std::time::Duration;

pub use change::Change;
pub use health::{Health, State};
pub use observe::{Event, Observer};
pub use population::Uncounted;
pub use print::{Listed, Shown, View};
pub use probe::{Difference, Seen, Weight};
pub use release::{Operator, Released};
pub use search::Search;
pub(crate) use search::{count_of, start_of};
pub use turns::Turns;

use crate::audit::{self, Alert};
use crate::lookup::{Lookup, Miss, Question};
use crate::mapping::policy::Standing;
use crate::mapping::{Mapping, policy};
use crate::record::{Class, Delta, Predicate, Query, Record, UpstreamKey};
use crate::scim::{Profile, ScimError, ScimType};
use crate::seam::Clock;
use crate::telemetry::{Calling, Tally, Trail};
use crate::upstream::{self, Action, Answer, Call, Dialect, Kind, Outcome, Page, Sender};
use crate::value::Value;

/// The most pages of one search that are followed.
const PAGES: usize = 100;

/// How often a change is tried again when somebody else changed the row in between.
const ATTEMPTS: usize = 4;

/// The most rows that a new person is compared with.
const COLLISIONS: u32 = 20;

/// Everything that serves one project's people.
#[derive(Debug)]
pub struct Provisioner {
    /// The project's name, for log and audit.
    pub project: Arc<str>,
    /// The dictionary.
    pub mapping: Mapping,
    /// The upstream's language.
    pub dialect: &'static dyn Dialect,
    /// The upstream.
    pub upstream: Arc<dyn Sender>,
    /// What was looked up before.
    pub lookup: Lookup,
    /// How long one request may take upstream in all.
    pub patience: Duration,
    /// How the upstream did the last time.
    pub health: Arc<Health>,
    /// Whose turn it is to write.
    pub turns: Arc<Turns>,
    /// Where what happens is counted.
    pub tally: Arc<Tally>,
    /// Who wants to see what is decided.
    pub observer: Option<Arc<dyn Observer>>,
}

/// Who asks, and how.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The caller's name in the configuration.
    pub caller: &'a str,
    /// The request's id, and where what becomes of it is kept.
    pub trail: &'a Trail,
    /// Which habits are tolerated.
    pub profile: &'a Profile,
    /// What the caller may change of an existing person.
    pub allowed: Allowed,
    /// Until when there must be an answer, on the monotonic clock.
    pub deadline: Duration,
}

/// What a caller may change of an existing person.
#[derive(Clone, Copy, Debug)]
pub struct Allowed {
    /// Attributes other than the two below.
    pub update: bool,
    /// What identifies the person.
    pub rename: bool,
    /// `active`, either way.
    pub disable: bool,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// What the client sent cannot be done.
    #[error(transparent)]
    Scim(#[from] ScimError),
    /// There is no such person.
    #[error("there is no such person")]
    Missing,
    /// Other rows refer to the person, who therefore cannot be deleted.
    #[error("the server behind does not delete this person: other rows refer to it")]
    Referred,
    /// The row is never written.
    #[error("this person is protected by the mapping and cannot be changed")]
    Protected,
    /// The caller has not the right of that name.
    #[error("the caller does not have the right `{0}`")]
    NotAllowed(&'static str),
    /// The person's version is another one than the client's `If-Match`.
    #[error("the person was changed in between")]
    Stale,
    /// The upstream did not do it.
    #[error(transparent)]
    Upstream(#[from] upstream::Error),
    /// The person was created, and then the upstream did not take the rest of their attributes.
    #[error("the person was created without all of their attributes")]
    Incomplete(#[source] upstream::Error),
    /// What a reference to another collection stands for could not be found out.
    #[error("what this person refers to could not be looked up")]
    LookUp(#[source] Box<upstream::Error>),
    /// Somebody else's search for the same key failed.
    #[error(transparent)]
    Shared(Arc<Failure>),
}

impl Failure {
    /// A taken unique value.
    fn taken(detail: impl Into<String>) -> Self {
        Self::Scim(ScimError::new(ScimType::Uniqueness, detail.into()))
    }
}

/// A row with what was computed of it.
struct Person<'r> {
    row: Record<'r>,
    id: String,
    key: UpstreamKey,
}

impl Provisioner {
    /// The point in time until which a request that begins now must be answered.
    #[must_use]
    pub fn deadline(&self, clock: &dyn Clock) -> Duration {
        clock.monotonic().saturating_add(self.patience)
    }

    /// Reads a person (RFC 7644 §3.4.1).
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn read(&self, asker: Asker<'_>, id: &str, view: &View) -> Result<Shown, Failure> {
        let answer = self.fetch(asker, id).await?;
        let mut person = self.person(&answer, id)?;
        self.show(asker, &mut person.row, &person.id, view).await
    }

    /// The answer that holds the row of a SCIM id. A remembered key is a shortcut: where its row
    /// is gone or has another id, the id is searched again.
    async fn fetch(&self, asker: Asker<'_>, id: &str) -> Result<(Answer, UpstreamKey), Failure> {
        let question = Question::Id(id.into());
        let was_known = !self.mapping.id_is_key() && self.lookup.knows(&question).await;
        match self.fetch_once(asker, id).await {
            Err(Failure::Missing) if was_known => {
                self.lookup.forget(&question).await;
                self.fetch_once(asker, id).await
            }
            done => done,
        }
    }

    async fn fetch_once(
        &self,
        asker: Asker<'_>,
        id: &str,
    ) -> Result<(Answer, UpstreamKey), Failure> {
        let key = self.key_of(asker, id).await?;
        let fetched = match self.send(asker, Action::Read { key: &key }).await {
            Ok(answer) => (answer, key),
            Err(Failure::Upstream(error)) if error.kind == Kind::Refused(Class::Missing) => {
                return Err(Failure::Missing);
            }
            Err(failure) => return Err(failure),
        };
        if !self.mapping.id_is_key() {
            let row = self.row(&fetched.0, &fetched.1)?;
            if self.mapping.id_of(&row).as_deref() != Some(id) {
                return Err(Failure::Missing);
            }
        }
        Ok(fetched)
    }

    /// The row of an answer to [`fetch`](Self::fetch): it must show the id that was asked for,
    /// letter for letter, and be there for clients.
    fn person<'b>(
        &self,
        (answer, key): &'b (Answer, UpstreamKey),
        id: &str,
    ) -> Result<Person<'b>, Failure> {
        let row = self.row(answer, key)?;
        let is_asked = self.mapping.id_of(&row).is_some_and(|printed| printed == id);
        if !is_asked || self.mapping.standing(&row) != Standing::Living {
            return Err(Failure::Missing);
        }
        let key = self.mapping.key_of(&row).ok_or(Failure::Missing)?;
        Ok(Person { row, id: id.to_owned(), key })
    }

    fn row<'b>(&self, answer: &'b Answer, key: &UpstreamKey) -> Result<Record<'b>, Failure> {
        let call = self.call(Action::Read { key });
        match answer.outcome(self.dialect, &call)? {
            Outcome::Row(row) => Ok(row),
            _ => Err(upstream::Error::new(Kind::Garbled).into()),
        }
    }

    /// The key of a SCIM id: the same where they are one column, else looked up.
    async fn key_of(&self, asker: Asker<'_>, id: &str) -> Result<UpstreamKey, Failure> {
        if self.mapping.id_is_key() {
            return self.mapping.key_of_id(id).ok_or(Failure::Missing);
        }
        let value = self.mapping.value_of_id(id).ok_or(Failure::Missing)?;
        // In a box, as every search that is handed to the look-ups: each layer of theirs keeps room
        // for it, and that room would be copied with every request that may have to search.
        let search = Box::pin(async {
            let predicate = self.mapping.with_id(&value);
            let same = |row: &Record<'_>| self.mapping.id_of(row).as_deref() == Some(id);
            let rows = match self.rows(asker, predicate, 2, same).await {
                // What cannot be asked for is nobody's id.
                Err(Failure::Upstream(error)) if error.kind == Kind::Inexpressible => {
                    return Ok(None);
                }
                rows => rows?,
            };
            Ok(rows.iter().find(|row| same(row)).and_then(|row| self.mapping.key_of(row)))
        });
        self.found(self.lookup.find(Question::Id(id.into()), search).await)?.ok_or(Failure::Missing)
    }

    fn found(
        &self,
        found: Result<UpstreamKey, Miss<Failure>>,
    ) -> Result<Option<UpstreamKey>, Failure> {
        match found {
            Ok(key) => Ok(Some(key)),
            Err(Miss::Absent) => Ok(None),
            Err(Miss::Failed(failure)) => Err(Failure::Shared(failure)),
        }
    }

    fn call<'c>(&'c self, action: Action<'c>) -> Call<'c> {
        Call { entity: &self.mapping.entity, action }
    }

    async fn send(&self, asker: Asker<'_>, action: Action<'_>) -> Result<Answer, Failure> {
        Ok(self.send_call(asker, &self.call(action)).await?)
    }

    async fn send_call(
        &self,
        asker: Asker<'_>,
        call: &Call<'_>,
    ) -> Result<Answer, upstream::Error> {
        let calling = Calling::begin(&self.tally, asker.trail, told::call(call.action));
        let sent = self.upstream.send(self.dialect, call, asker.deadline).await;
        let (outcome, status) = told::outcome(&sent);
        calling.ended(outcome, status.map(|status| status.as_u16()));
        if let Some(alert) = self.health.note(sent.as_ref().err()) {
            self.alert(asker, alert, "");
        }
        sent
    }

    /// Raises an alert; `id` is the person's, and nobody's where it is about the upstream.
    fn alert(&self, asker: Asker<'_>, alert: Alert, id: &str) {
        self.tally.alerts.count(told::alert(&alert));
        audit::alert(alert, &self.project, asker.caller, asker.trail.id(), id);
    }

    fn page<'b>(&self, answer: &'b Answer, query: &Query<'_>) -> Result<Page<'b>, Failure> {
        match answer.outcome(self.dialect, &self.call(Action::Search(query)))? {
            Outcome::Rows(page) => Ok(page),
            _ => Err(upstream::Error::new(Kind::Garbled).into()),
        }
    }

    async fn show(
        &self,
        asker: Asker<'_>,
        row: &mut Record<'_>,
        id: &str,
        view: &View,
    ) -> Result<Shown, Failure> {
        self.look_up_meanings(asker, std::slice::from_mut(row), view.projection.slots()).await?;
        let document = self.mapping.outward(row);
        Ok(print::shown(&self.mapping, &document, row, id, view))
    }

    /// Remembers a person's name.
    async fn remember(&self, row: &Record<'_>) {
        let document = self.mapping.outward(row);
        let name = Question::name(document.value(self.mapping.user_name));
        if let (Some(name), Some(key)) = (name, self.mapping.key_of(row)) {
            self.lookup.remember(name, key).await;
        }
    }

    /// Forgets a person's name, before it changes.
    async fn forget(&self, row: &Record<'_>, id: &str) {
        let document = self.mapping.outward(row);
        if let Some(name) = Question::name(document.value(self.mapping.user_name)) {
            self.lookup.forget(&name).await;
        }
        self.lookup.forget(&Question::Id(id.into())).await;
    }

    fn audit(
        &self,
        asker: Asker<'_>,
        operation: audit::Operation,
        id: &str,
        delta: &Delta<'_>,
        outcome: &'static str,
    ) {
        let names: Vec<&str> = delta
            .iter()
            .filter_map(|(field, _)| self.mapping.entity.fields.field(field))
            .map(|field| field.name.as_str())
            .collect();
        let is_new = operation == audit::Operation::Create;
        let grants = self.mapping.granted(&names, is_new).collect::<Vec<_>>().join(" ");
        audit::record(audit::Entry {
            project: &self.project,
            caller: asker.caller,
            request: asker.trail.id(),
            operation,
            id,
            fields: &names.join(" "),
            grants: (!grants.is_empty()).then_some(&grants),
            outcome,
        });
    }

    /// Whether a row holds everything that a write set.
    fn holds(row: &Record<'_>, delta: &Delta<'_>) -> bool {
        delta.iter().all(|(field, value)| {
            let held = row.value(field);
            Mapping::same(held, value) || policy::equal(held, value) || is_nothing(held, value)
        })
    }
}

/// An empty text and nothing are one state (RFC 7643 §2.5).
fn is_empty(value: &Value<'_>) -> bool {
    value.is_absent() || value.as_str() == Some("")
}

fn is_nothing(left: &Value<'_>, right: &Value<'_>) -> bool {
    is_empty(left) && is_empty(right)
}

fn query(predicate: Predicate<'_>, top: u32) -> Query<'_> {
    Query { predicate, order: Vec::new(), skip: 0, top, count: false }
}
