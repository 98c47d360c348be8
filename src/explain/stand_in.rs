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
use crate::provision::Provisioner;
use crate::record::{Class, UpstreamKey};
use crate::seam::Pending;
use crate::upstream::{
    Action, Answer, Call, Dialect, Error, Kind, Origin, Outcome, ReadOnly, Sender,
};

/// A call, as it would go out.
#[derive(Debug)]
struct Sent {
    request: Request<Bytes>,
    fate: String,
}

/// The stand-in.
#[derive(Debug)]
pub(super) struct StandIn {
    origin: Origin,
    rows: Vec<(UpstreamKey, Bytes)>,
    live: Option<ReadOnly>,
    sent: Mutex<Vec<Sent>>,
    withheld: AtomicBool,
}

impl StandIn {
    pub(super) fn new(provisioner: &Provisioner, means: Means) -> Result<Self, ExplainError> {
        let entity = &provisioner.mapping.entity;
        let mut rows = Vec::new();
        for (number, body) in (1..).zip(means.rows) {
            // Which key is asked does not matter to how an answer is read.
            let key = UpstreamKey::Integer(0);
            let call = Call { entity, action: Action::Read { key: &key } };
            let headers = provisioner.dialect.media();
            let read = provisioner.dialect.read(&call, StatusCode::OK, &headers, &body);
            let found = match read {
                Ok(Outcome::Row(row)) => provisioner.mapping.key_of(&row),
                Ok(_) => None,
                Err(cause) => return Err(ExplainError::Row { number, cause }),
            };
            let cause = crate::upstream::Unreadable::NotARow;
            rows.push((found.ok_or(ExplainError::Row { number, cause })?, body));
        }
        Ok(Self {
            origin: provisioner.upstream.origin().clone(),
            rows,
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
        let request = dialect
            .write(call, &self.origin)
            .map_err(|cause| Error::new(Kind::Unsendable).because(cause))?;
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
            Action::Read { key } => match self.rows.iter().find(|(known, _)| known == key) {
                Some((_, body)) => {
                    self.note(request, "not sent; answered from --row");
                    Ok(given(body.clone()))
                }
                None => {
                    let fate = "not sent; no --row has this key, so as if there were no such row";
                    self.note(request, fate);
                    Err(Error::new(Kind::Refused(Class::Missing)))
                }
            },
            _ => {
                self.note(request, "not sent; as if nothing were found");
                Ok(given(dialect.nothing_found(call.entity)))
            }
        }
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
