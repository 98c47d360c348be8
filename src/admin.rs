//! The loopback port for operators and their tools: `/live`, `/ready`, `/reload`, `/metrics` and
//! `/traffic`.
//!
//! It answers in clear text and without a token, so it is bound to a loopback address only. It
//! knows nothing of SCIM, counts nothing and changes nothing: it prints.

mod metrics;
mod traffic;

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::Full;
use serde_json::{Value as Json, json};

use crate::audit::{Load, Loads};
use crate::generation::{Current, Project};
use crate::provision::State;
use crate::serve::Stop;
use crate::telemetry::{Connections, Telemetry};

/// What a path nobody knows is answered with.
const EXPECTED: &str = "expected /live, /ready, /ready/{project}, /reload, /metrics or /traffic";

/// What the admin port tells about.
#[derive(Clone, Debug)]
pub struct View {
    /// The generation in force.
    pub current: Current,
    /// The loads of the configuration.
    pub loads: Loads,
    /// Whether the process is ending.
    pub stop: Stop,
    /// What is counted of the whole process.
    pub telemetry: Arc<Telemetry>,
    /// The connections of clients.
    pub connections: Arc<Connections>,
}

/// The service of the admin port.
#[derive(Clone, Debug)]
pub struct Admin(View);

impl Admin {
    /// Tells about that.
    #[must_use]
    pub fn new(view: View) -> Self {
        Self(view)
    }

    fn answer(&self, method: &Method, uri: &Uri) -> Response<Full<Bytes>> {
        if method != Method::GET && method != Method::HEAD {
            return told(StatusCode::METHOD_NOT_ALLOWED, &json!({ "error": "expected GET" }));
        }
        match uri.path() {
            "/live" => told(StatusCode::OK, &json!({ "status": "live" })),
            "/ready" => self.ready(),
            "/reload" => self.reload(),
            "/metrics" => self.metrics(),
            "/traffic" => self.traffic(uri.query().unwrap_or_default()),
            path => match path.strip_prefix("/ready/").and_then(|name| self.project(name)) {
                Some(project) => project_ready(&project),
                None => told(StatusCode::NOT_FOUND, &json!({ "error": EXPECTED })),
            },
        }
    }

    fn metrics(&self) -> Response<Full<Bytes>> {
        match metrics::text(&self.0) {
            Ok(text) => answered(StatusCode::OK, metrics::MEDIA, text),
            Err(error) => {
                told(StatusCode::INTERNAL_SERVER_ERROR, &json!({ "error": error.to_string() }))
            }
        }
    }

    fn traffic(&self, query: &str) -> Response<Full<Bytes>> {
        let generation = self.0.current.take();
        let projects: Vec<&str> =
            generation.projects.iter().map(|project| &*project.name).collect();
        match traffic::Narrow::parse(query, &projects) {
            Ok(narrow) => told(StatusCode::OK, &traffic::told(&self.0, &narrow)),
            Err(problem) => told(StatusCode::BAD_REQUEST, &json!({ "error": problem })),
        }
    }

    fn project(&self, name: &str) -> Option<Arc<Project>> {
        let generation = self.0.current.take();
        generation.projects.iter().find(|project| *project.name == *name).cloned()
    }

    /// Whether new requests should be sent here. An upstream's outage is no reason not to: it is
    /// answered with 503, and one project's outage must not take another's traffic away.
    fn ready(&self) -> Response<Full<Bytes>> {
        let generation = self.0.current.take();
        let projects: Vec<_> = generation
            .projects
            .iter()
            .map(|project| {
                let state = project.provisioner.health.state().name();
                json!({ "name": &*project.name, "upstream": state })
            })
            .collect();
        let (status, word) = if self.0.stop.is_draining() {
            (StatusCode::SERVICE_UNAVAILABLE, "draining")
        } else {
            (StatusCode::OK, "ready")
        };
        told(status, &json!({ "status": word, "projects": projects }))
    }

    /// Which files are in force, and what became of the last load.
    fn reload(&self) -> Response<Full<Bytes>> {
        let in_force = self.0.loads.taken().map(|load| {
            let file =
                |(path, digest): &(String, String)| json!({ "path": path, "sha256": digest });
            let files: Vec<Json> = load.files.iter().map(file).collect();
            let until = load.certificate_until.map(|until| until.to_string());
            json!({
                "since": load.at,
                "hash": load.hash,
                "files": files,
                "certificate_until": until,
            })
        });
        let last = self.0.loads.last().map(|load| shown(&load));
        told(StatusCode::OK, &json!({ "in_force": in_force, "last": last }))
    }
}

/// A load of the configuration: names and hashes, no values.
fn shown(load: &Load) -> Json {
    let findings: Vec<Json> = load
        .findings
        .iter()
        .map(|finding| {
            json!({
                "severity": if finding.is_error { "error" } else { "warning" },
                "place": finding.place,
                "message": finding.message,
                "label": finding.label,
                "help": finding.help,
            })
        })
        .collect();
    json!({
        "at": load.at,
        "cause": load.cause,
        "outcome": if load.taken { "taken" } else { "refused" },
        "before": load.before,
        "hash": load.hash,
        "added": load.added,
        "changed": load.changed,
        "removed": load.removed,
        "restart": load.restart,
        "findings": findings,
    })
}

fn project_ready(project: &Project) -> Response<Full<Bytes>> {
    let state = project.provisioner.health.state();
    let status = match state {
        State::Unknown | State::Reachable => StatusCode::OK,
        State::Unavailable | State::Credential => StatusCode::SERVICE_UNAVAILABLE,
    };
    told(status, &json!({ "name": &*project.name, "upstream": state.name() }))
}

fn told(status: StatusCode, body: &Json) -> Response<Full<Bytes>> {
    answered(status, "application/json", format!("{body}\n"))
}

fn answered(status: StatusCode, media: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(Bytes::from(text)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    answer
}

impl<B> tower::Service<Request<B>> for Admin {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Ok(self.answer(request.method(), request.uri())))
    }
}
