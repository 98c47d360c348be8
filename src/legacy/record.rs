//! What was asked of the server: the last calls, for tests and for people. Never a credential:
//! `Authorization` is not among the headers that are kept, and token requests are only counted.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, Method};
use serde_json::Value;

use super::soap::Operation;

/// How many calls are kept.
const KEPT: usize = 10_000;

/// The headers that are kept.
const HEADERS: [&str; 8] = [
    "accept",
    "content-type",
    "if-match",
    "if-none-match",
    "prefer",
    "soapaction",
    "traceparent",
    "x-request-id",
];

/// One call of the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The calls' order of arrival, from 1.
    pub number: u64,
    /// The HTTP method.
    pub method: String,
    /// Path and query as they came.
    pub target: String,
    /// The query decoded, for people.
    pub query: String,
    /// Some headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The JSON body; of a SOAP call the document inside, as a string of XML.
    pub body: Option<Value>,
    /// The status of the answer; 0 while there is none and when the connection was dropped.
    pub status: u16,
    /// Whether the data view or the SOAP layer saw the call: not so when it was unauthorised or a fault came first.
    pub reached: bool,
}

impl Recorded {
    /// The value of a kept header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(there, _)| there == name).map(|(_, value)| value.as_str())
    }

    /// The method that a SOAP call names, such as `saveEntity`.
    #[must_use]
    pub fn operation(&self) -> Option<&str> {
        self.header("soapaction").map(super::soap::action)
    }

    /// Whether it is a call that writes.
    pub(super) fn writes(&self) -> bool {
        match self.operation() {
            Some(name) => Operation::named(name).is_some_and(Operation::writes),
            None => matches!(self.method.as_str(), "POST" | "PATCH"),
        }
    }

    /// The path without the query, as it came.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path())?;
        if !self.query.is_empty() {
            write!(f, "?{}", self.query)?;
        }
        if let Some(operation) = self.operation() {
            write!(f, " {operation}")?;
        }
        match &self.body {
            Some(Value::String(document)) => write!(f, " {document}")?,
            Some(body) => write!(f, " {body}")?,
            None => {}
        }
        write!(f, " -> {}", self.status)
    }
}

/// The last calls.
#[derive(Debug, Default)]
pub(super) struct Calls {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    ring: VecDeque<Recorded>,
    number: u64,
    tokens: u64,
}

impl Calls {
    /// Notes a call and answers its number.
    pub(super) fn arrived(&self, method: &Method, target: &str, headers: &HeaderMap) -> u64 {
        let headers = HEADERS
            .iter()
            .filter_map(|name| {
                let value = headers.get(*name)?;
                Some(((*name).to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            })
            .collect();
        let query = target.split_once('?').map(|(_, query)| query).unwrap_or_default();
        let mut inner = self.lock();
        inner.number += 1;
        let number = inner.number;
        if inner.ring.len() == KEPT {
            inner.ring.pop_front();
        }
        inner.ring.push_back(Recorded {
            number,
            method: method.to_string(),
            target: target.to_owned(),
            query: super::query::decoded(query),
            headers,
            body: None,
            status: 0,
            reached: false,
        });
        number
    }

    /// Notes that the data view sees the call, with its body.
    pub(super) fn reached(&self, number: u64, body: Option<Value>) {
        self.change(number, |call| {
            call.reached = true;
            call.body = body;
        });
    }

    /// Notes the answer.
    pub(super) fn answered(&self, number: u64, status: u16) {
        self.change(number, |call| call.status = status);
    }

    /// Counts a token request.
    pub(super) fn token(&self) {
        self.lock().tokens += 1;
    }

    /// How many token requests there were.
    pub(super) fn tokens(&self) -> u64 {
        self.lock().tokens
    }

    /// The calls kept, oldest first.
    pub(super) fn all(&self) -> Vec<Recorded> {
        self.lock().ring.iter().cloned().collect()
    }

    /// The calls kept, oldest first; none is kept afterwards.
    pub(super) fn take(&self) -> Vec<Recorded> {
        std::mem::take(&mut self.lock().ring).into()
    }

    fn change(&self, number: u64, change: impl FnOnce(&mut Recorded)) {
        let mut inner = self.lock();
        if let Ok(at) = inner.ring.binary_search_by_key(&number, |call| call.number)
            && let Some(call) = inner.ring.get_mut(at)
        {
            change(call);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
