//! The loopback port for operators and their tools: `/live`, `/ready` and `/reload`.
//!
//! It answers in clear text and without a token, so it is bound to a loopback address only. It
//! knows nothing of SCIM.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use serde_json::{Value as Json, json};

use crate::audit::{Load, Loads};
use crate::generation::{Current, Project};
use crate::provision::State;
use crate::serve::Stop;

/// The service of the admin port.
#[derive(Clone, Debug)]
pub struct Admin {
    current: Current,
    loads: Loads,
    stop: Stop,
}

impl Admin {
    /// Tells about the generation in force, the loads of the configuration, and whether the
    /// process is ending.
    #[must_use]
    pub fn new(current: Current, loads: Loads, stop: Stop) -> Self {
        Self { current, loads, stop }
    }

    fn answer(&self, method: &Method, path: &str) -> Response<Full<Bytes>> {
        if method != Method::GET && method != Method::HEAD {
            return told(StatusCode::METHOD_NOT_ALLOWED, &json!({ "error": "expected GET" }));
        }
        match path {
            "/live" => told(StatusCode::OK, &json!({ "status": "live" })),
            "/ready" => self.ready(),
            "/reload" => self.reload(),
            path => match path.strip_prefix("/ready/").and_then(|name| self.project(name)) {
                Some(project) => project_ready(&project),
                None => told(
                    StatusCode::NOT_FOUND,
                    &json!({ "error": "expected /live, /ready, /ready/{project} or /reload" }),
                ),
            },
        }
    }

    fn project(&self, name: &str) -> Option<Arc<Project>> {
        let generation = self.current.take();
        generation.projects.iter().find(|project| *project.name == *name).cloned()
    }

    /// Whether new requests should be sent here. An upstream's outage is no reason not to: it is
    /// answered with 503, and one project's outage must not take another's traffic away.
    fn ready(&self) -> Response<Full<Bytes>> {
        let generation = self.current.take();
        let projects: Vec<_> = generation
            .projects
            .iter()
            .map(|project| {
                let state = project.provisioner.health.state().name();
                json!({ "name": &*project.name, "upstream": state })
            })
            .collect();
        let (status, word) = if self.stop.is_draining() {
            (StatusCode::SERVICE_UNAVAILABLE, "draining")
        } else {
            (StatusCode::OK, "ready")
        };
        told(status, &json!({ "status": word, "projects": projects }))
    }

    /// Which files are in force, and what became of the last load.
    fn reload(&self) -> Response<Full<Bytes>> {
        let in_force = self.loads.taken().map(|load| {
            let file =
                |(path, digest): &(String, String)| json!({ "path": path, "sha256": digest });
            let files: Vec<Json> = load.files.iter().map(file).collect();
            json!({ "since": load.at, "hash": load.hash, "files": files })
        });
        let last = self.loads.last().map(|load| shown(&load));
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
    let mut answer = Response::new(Full::new(Bytes::from(format!("{body}\n"))));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
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
        ready(Ok(self.answer(request.method(), request.uri().path())))
    }
}
