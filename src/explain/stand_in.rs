//! Who stands where the upstream would be: it notes every call, answers reads from given rows or
//! from the living upstream, and withholds every write.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, COOKIE, HeaderMap};
use http::{Request, StatusCode};

use super::{ExplainError, Means};
use crate::logic::View;
use crate::mapping::policy::equal;
use crate::provision::Provisioner;
use crate::record::{Class, Entity, Operator, Query, Record, Term, UpstreamKey};
use crate::seam::Pending;
use crate::upstream::{
    Action, Answer, Call, Dialect, Error, Kind, Origin, Outcome, ReadOnly, Sender, Unreadable,
    unwritten,
};

/// A call, as it would go out.
#[derive(Debug)]
struct Sent {
    request: Request<Bytes>,
    fate: String,
}

/// A row of a collection that a reference leads to.
#[derive(Debug)]
struct Other {
    collection: Box<str>,
    row: Record<'static>,
    body: Bytes,
}

/// The stand-in.
#[derive(Debug)]
pub(super) struct StandIn {
    origin: Origin,
    /// The people's collection.
    people: Box<str>,
    rows: Vec<(UpstreamKey, Bytes)>,
    others: Vec<Other>,
    live: Option<ReadOnly>,
    sent: Mutex<Vec<Sent>>,
    withheld: AtomicBool,
}

impl StandIn {
    pub(super) fn new(provisioner: &Provisioner, means: Means) -> Result<Self, ExplainError> {
        let entity = &provisioner.mapping.entity;
        let (mut rows, mut others) = (Vec::new(), Vec::new());
        for (number, body) in (1..).zip(means.rows) {
            let other = provisioner.mapping.references().find_map(|(_, _, reference)| {
                Other::read(&reference.entity, provisioner.dialect, &body)
            });
            // Which key is asked does not matter to how an answer is read.
            let key = UpstreamKey::Integer(0);
            let call = Call { entity, action: Action::Read { key: &key } };
            let headers = provisioner.dialect.media();
            let found = match provisioner.dialect.read(&call, StatusCode::OK, &headers, &body) {
                Ok(Outcome::Row(row)) => {
                    let mut unique = provisioner.mapping.unique.iter();
                    let is_named = unique.any(|field| !row.value(*field).is_absent());
                    let key = provisioner.mapping.key_of(&row).ok_or(Unreadable::NotARow);
                    key.map(|key| (key, is_named))
                }
                Ok(_) => Err(Unreadable::NotARow),
                Err(cause) => Err(cause),
            };
            // A row of people may hold the key of another one as well, so it is asked first; and
            // the key of both may have one name, but nobody is a person without a name.
            match (found, other) {
                (Ok((key, true)), _) | (Ok((key, false)), None) => rows.push((key, body)),
                (_, Some(other)) => others.push(other),
                (Err(cause), None) => return Err(ExplainError::Row { number, cause }),
            }
        }
        Ok(Self {
            origin: provisioner.upstream.origin().clone(),
            people: entity.collection.clone(),
            rows,
            others,
            live: means.live.then(|| ReadOnly::new(Arc::clone(&provisioner.upstream))),
            sent: Mutex::default(),
            withheld: AtomicBool::new(false),
        })
    }

    /// Whether a write was withheld, so that nobody knows what would have come of it.
    pub(super) fn withheld(&self) -> bool {
        self.withheld.load(Ordering::Relaxed)
    }

    fn note(&self, request: Request<Bytes>, fate: impl Into<String>) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.push(Sent { request, fate: fate.into() });
    }

    async fn answer(
        &self,
        dialect: &dyn Dialect,
        call: &Call<'_>,
        deadline: Duration,
    ) -> Result<Answer, Error> {
        let request = dialect.write(call, &self.origin).map_err(|cause| unwritten(call, cause))?;
        let asked = request.uri().clone();
        let given = |body: Bytes| {
            let (headers, origin) = (dialect.media(), self.origin.clone());
            Answer::new(StatusCode::OK, headers, body, origin, asked.clone())
        };
        if call.action.is_write() {
            self.withheld.store(true, Ordering::Relaxed);
            self.note(request, "not sent");
            return Err(Error::new(Kind::Unsendable));
        }
        if let Some(live) = &self.live {
            let answer = live.send(dialect, call, deadline).await;
            let fate = match &answer {
                Ok(answer) => format!("{} (sent)", answer.status.as_u16()),
                Err(error) => format!("{error} (sent)"),
            };
            self.note(request, fate);
            return answer;
        }
        match call.action {
            Action::Read { key } => match self.row(call.entity, key) {
                Some(body) => {
                    self.note(request, "not sent; answered from --row");
                    Ok(given(body.clone()))
                }
                None => {
                    let fate = "not sent; no --row has this key, so as if there were no such row";
                    self.note(request, fate);
                    Err(Error::new(Kind::Refused(Class::Missing)))
                }
            },
            Action::Search(query) => match self.other(&call.entity.collection, query) {
                Some(body) => {
                    self.note(request, "not sent; answered from --row");
                    Ok(given(dialect.found(call.entity, body)))
                }
                None => {
                    self.note(
                        request,
                        "not sent; no --row answers it, so as if nothing were found",
                    );
                    Ok(given(dialect.nothing_found(call.entity)))
                }
            },
            _ => {
                self.note(request, "not sent; no --row answers it, so as if nothing were found");
                Ok(given(dialect.nothing_found(call.entity)))
            }
        }
    }

    /// The given row of that key.
    fn row(&self, entity: &Entity, key: &UpstreamKey) -> Option<&Bytes> {
        if entity.collection == self.people {
            return self.rows.iter().find(|(known, _)| known == key).map(|(_, body)| body);
        }
        let mut rows = self.others.iter().filter(|other| other.collection == entity.collection);
        let is_asked = |other: &&Other| {
            UpstreamKey::from_value(other.row.value(entity.key)).as_ref() == Some(key)
        };
        rows.find(is_asked).map(|other| &other.body)
    }

    /// The given row of another collection that meets a search.
    fn other(&self, collection: &str, query: &Query<'_>) -> Option<&Bytes> {
        let mut rows = self.others.iter().filter(|other| *other.collection == *collection);
        rows.find(|other| meets(&other.row, query.predicate.view())).map(|other| &other.body)
    }

    pub(super) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        if sent.is_empty() {
            return writeln!(out, "upstream   no call\n");
        }
        writeln!(out, "upstream")?;
        for (number, Sent { request, fate }) in (1..).zip(sent.iter()) {
            writeln!(out, "  {number}. {} {}", request.method(), decoded(request.uri()))?;
            for (name, value) in masked(request.headers()) {
                writeln!(out, "     {name}: {value}")?;
            }
            if !request.body().is_empty() {
                writeln!(out, "     {}", String::from_utf8_lossy(request.body()))?;
            }
            writeln!(out, "     -> {fate}")?;
        }
        writeln!(out)
    }
}

impl Other {
    /// A row, if it is one of that collection.
    fn read(entity: &Entity, dialect: &dyn Dialect, body: &Bytes) -> Option<Self> {
        let key = UpstreamKey::Integer(0);
        let call = Call { entity, action: Action::Read { key: &key } };
        let Ok(Outcome::Row(row)) = dialect.read(&call, StatusCode::OK, &dialect.media(), body)
        else {
            return None;
        };
        let row = row.into_owned();
        let is_keyed = UpstreamKey::is_key(row.value(entity.key));
        is_keyed.then(|| Self { collection: entity.collection.clone(), row, body: body.clone() })
    }
}

/// Whether a row meets what a look-up asks for: equality, of one value or of any.
fn meets(row: &Record<'_>, predicate: View<'_, Term<'_>>) -> bool {
    match predicate {
        View::Constant(truth) => truth,
        View::Atom(Term::Compare { field, operator: Operator::Eq, value, .. }) => {
            equal(row.value(*field), value)
        }
        View::Any(mut parts) => parts.any(|part| meets(row, part)),
        _ => false,
    }
}

impl Sender for StandIn {
    fn send<'a>(
        &'a self,
        dialect: &'a dyn Dialect,
        call: &'a Call<'a>,
        deadline: Duration,
    ) -> Pending<'a, Result<Answer, Error>> {
        Box::pin(self.answer(dialect, call, deadline))
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }
}

/// The URL as a person reads it.
fn decoded(url: &http::Uri) -> String {
    let url = url.to_string();
    percent_encoding::percent_decode_str(&url)
        .decode_utf8()
        .map_or_else(|_| url.clone(), std::borrow::Cow::into_owned)
}

/// The headers, what is secret in them left out. A dialect writes none that is; this holds even if
/// one did.
fn masked(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers.iter().map(|(name, value)| {
        let secret = value.is_sensitive() || name == AUTHORIZATION || name == COOKIE;
        let value = if secret { "(masked)" } else { value.to_str().unwrap_or("(not text)") };
        (name.as_str(), value)
    })
}
