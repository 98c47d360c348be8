//! The identity provider's requests, and what came of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value as Json;
use tower::ServiceExt;

use super::outcome::{Judged, Verdict, Why, Written};
use super::person::Person;
use super::population::{Noted, Population, StandIn, Withheld};
use super::{RehearseError, Watcher};
use crate::api::Api;
use crate::gate::Caller;
use crate::generation::{Generation, Project};
use crate::mapping::Mapping;
use crate::mapping::policy::Standing;
use crate::record::{Record, UpstreamKey};
use crate::telemetry::Trail;
use crate::value::Value;

/// Whoever sends.
pub(super) struct Client {
    pub(super) api: Api,
    pub(super) generation: Arc<Generation>,
    pub(super) project: Arc<Project>,
    pub(super) caller: Arc<Caller>,
    pub(super) population: Arc<Population>,
    pub(super) stand_in: Arc<StandIn>,
    pub(super) watcher: Arc<Watcher>,
    /// The attributes that the mapping does not store, with how many people have one.
    pub(super) unmapped: BTreeMap<String, usize>,
}

/// An answer.
struct Answer {
    status: StatusCode,
    body: Json,
    noted: Noted,
}

impl Answer {
    fn why(&self) -> Why {
        let text = |name: &str| self.body.get(name).and_then(Json::as_str).map(str::to_owned);
        Why {
            status: self.status.as_u16(),
            scim_type: text("scimType"),
            detail: text("detail").unwrap_or_default(),
        }
    }
}

impl Judged {
    pub(super) fn new(person: &Person) -> Self {
        Self {
            place: person.place,
            user_name: person.text("userName").unwrap_or_default().to_owned(),
            verdict: Verdict::Create,
            rows: Vec::new(),
            rule: None,
            writes: Vec::new(),
            left_out: Vec::new(),
            why: None,
            remarks: Vec::new(),
        }
    }

    fn refused(&mut self, why: Why) {
        self.verdict = Verdict::Refused;
        self.why = Some(why);
    }
}

impl Client {
    /// Looks for a person by one matching attribute after the other. Found, they are `Unchanged` so
    /// far; not found, somebody to create, or nobody where the directory has disabled them.
    pub(super) async fn look_for(
        &self,
        person: &Person,
        matching: &[String],
        one: &mut Judged,
    ) -> Result<(), RehearseError> {
        for path in matching {
            let Some(value) = person.text(path) else { continue };
            // A text of JSON is a text of a filter (RFC 7644 §3.4.2.2).
            let filter = format!("{path} eq {}", Json::from(value));
            let query = format!("?filter={}", utf8_percent_encode(&filter, NON_ALPHANUMERIC));
            let answer = self.send(Method::GET, &query, None).await?;
            if answer.status != StatusCode::OK {
                one.refused(answer.why());
                return Ok(());
            }
            let listed = answer.body.get("Resources").and_then(Json::as_array);
            let ids = listed.into_iter().flatten().filter_map(|person| person.get("id")?.as_str());
            one.rows = ids.map(str::to_owned).collect();
            if !one.rows.is_empty() {
                one.rule = Some(path.clone());
                one.verdict =
                    if one.rows.len() == 1 { Verdict::Unchanged } else { Verdict::Ambiguous };
                return Ok(());
            }
        }
        if person.is_disabled() {
            one.verdict = Verdict::NotCreated;
        }
        Ok(())
    }

    /// Changes a person who was found.
    pub(super) async fn change(
        &mut self,
        person: &Person,
        manager: Option<String>,
        one: &mut Judged,
    ) -> Result<(), RehearseError> {
        let id = one.rows.first().cloned().unwrap_or_default();
        let path = format!("/{}", utf8_percent_encode(&id, NON_ALPHANUMERIC));
        let body = person.patch(manager.as_deref());
        let answer = self.send(Method::PATCH, &path, Some(&body)).await?;
        self.decided(one, answer.noted.withheld.as_ref());
        match &answer.noted.withheld {
            Some(_) => one.verdict = Verdict::Change,
            None if answer.status.is_success() => one.verdict = Verdict::Unchanged,
            None => self.refused(one, &answer),
        }
        Ok(())
    }

    /// Creates a person who was not found.
    pub(super) async fn create(
        &mut self,
        person: &Person,
        manager: Option<String>,
        one: &mut Judged,
    ) -> Result<(), RehearseError> {
        let body = person.creation(manager.as_deref());
        let answer = self.send(Method::POST, "", Some(&body)).await?;
        self.decided(one, answer.noted.withheld.as_ref());
        let mapping = self.mapping();
        let bound = match &answer.noted.withheld {
            Some(Withheld::Update(key)) => self.population.row(key),
            Some(_) => return Ok(()),
            // A row that is bound and says the same already is only shown.
            None if answer.status.is_success() => {
                let id = answer.body.get("id").and_then(Json::as_str);
                let is_it = |row: &&Record<'_>| mapping.id_of(row).as_deref() == id;
                self.population.rows().iter().find(is_it)
            }
            None => {
                self.refused(one, &answer);
                return Ok(());
            }
        };
        let is_deleted = bound.is_some_and(|row| mapping.standing(row) == Standing::Deleted);
        one.verdict = if is_deleted { Verdict::Revive } else { Verdict::Adopt };
        one.rows = bound.and_then(|row| id_of(mapping, row)).into_iter().collect();
        Ok(())
    }

    /// Notes a refusal; where another row has the name or the anchor, which one it is.
    fn refused(&self, one: &mut Judged, answer: &Answer) {
        one.refused(answer.why());
        if answer.status != StatusCode::CONFLICT {
            return;
        }
        one.verdict = Verdict::Conflict;
        let mapping = self.mapping();
        for row in answer.noted.found.iter().filter_map(|key| self.population.row(key)) {
            let id = id_of(mapping, row).filter(|id| !one.rows.contains(id));
            if let Some(id) = id {
                one.remarks.push(format!("row {id} {}", standing(mapping, row)));
                one.rows.push(id);
            }
        }
    }

    fn mapping(&self) -> &Mapping {
        &self.project.provisioner.mapping
    }

    /// Takes what provisioning decided into the judgement.
    fn decided(&mut self, one: &mut Judged, withheld: Option<&Withheld>) {
        let decided = self.watcher.take();
        for path in decided.unmapped {
            *self.unmapped.entry(path).or_default() += 1;
        }
        one.left_out = decided.left_out;
        let row = match withheld {
            Some(Withheld::Update(key)) => self.population.row(key),
            Some(Withheld::Create) => None,
            Some(Withheld::Delete) | None => return,
        };
        let mapping = &self.project.provisioner.mapping;
        one.writes = decided
            .delta
            .iter()
            .map(|(field, new)| Written {
                field: mapping
                    .entity
                    .fields
                    .field(*field)
                    .map_or_else(String::new, |field| field.name.as_str().to_owned()),
                old: row.and_then(|row| shown(row.value(*field))),
                new: shown(new),
            })
            .collect();
    }

    async fn send(
        &self,
        method: Method,
        rest: &str,
        body: Option<&Json>,
    ) -> Result<Answer, RehearseError> {
        let endpoint = self.mapping().resource.definition().endpoint;
        let target = format!("{}{endpoint}{rest}", self.project.base_path);
        let bytes = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let mut request = Request::new(Full::new(bytes));
        *request.method_mut() = method;
        // A base path of the configuration, a constant and percent-encoded text are a target.
        *request.uri_mut() = target.parse().unwrap_or_default();
        let media = HeaderValue::from_static("application/scim+json");
        request.headers_mut().insert(CONTENT_TYPE, media);
        request.extensions_mut().insert(Arc::clone(&self.generation));
        request.extensions_mut().insert(Arc::clone(&self.caller));
        request.extensions_mut().insert(Trail::of_command("rehearse"));
        let Ok(answer) = self.api.clone().oneshot(request).await else {
            // The API itself refuses nothing; its layers do, and they are not here.
            return Err(RehearseError::Upstream(crate::upstream::Kind::Unsendable));
        };
        let (head, body) = answer.into_parts();
        let bytes = match body.collect().await {
            Ok(body) => body.to_bytes(),
            Err(never) => match never {},
        };
        let noted = self.stand_in.take();
        match noted.failure {
            Some(kind) => Err(RehearseError::Upstream(kind)),
            None => {
                let body = serde_json::from_slice(&bytes).unwrap_or_default();
                Ok(Answer { status: head.status, body, noted })
            }
        }
    }
}

/// A row's SCIM id, or its key where it has none.
pub(super) fn id_of(mapping: &Mapping, row: &Record<'_>) -> Option<String> {
    let key = || mapping.key_of(row).as_ref().map(UpstreamKey::to_string);
    mapping.id_of(row).or_else(key)
}

/// A value as the report tells it; `None` for nothing.
pub(super) fn shown(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Absent => None,
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(truth) => Some(truth.to_string()),
        Value::List(several) => {
            // Several values have no order; the report has one, so that two can be compared.
            let mut several: Vec<_> = several.iter().filter_map(shown).collect();
            several.sort_unstable();
            Some(several.join(", "))
        }
        other => other.as_str().map(str::to_owned),
    }
}

/// Why a row that has the name or the anchor was not simply found.
fn standing(mapping: &Mapping, row: &Record<'_>) -> String {
    let standing = match mapping.standing(row) {
        Standing::Living => "is shown under another name",
        Standing::Deleted => "was deleted over SCIM, and is not this person's",
        Standing::Hidden if mapping.scope.iter().all(|test| test.holds(row)) => {
            "has no name that can be printed"
        }
        Standing::Hidden => "is outside the mapping's scope",
    };
    let protected = if mapping.is_protected(row) { ", and is protected" } else { "" };
    format!("{standing}{protected}")
}
