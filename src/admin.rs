//! The loopback port for operators and their tools: `/live` and `/ready`.
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
use serde_json::json;

use crate::generation::{Generation, Project};
use crate::provision::State;
use crate::serve::Stop;

/// The service of the admin port.
#[derive(Clone, Debug)]
pub struct Admin {
    generation: Arc<Generation>,
    stop: Stop,
}

impl Admin {
    /// Tells about a generation, and whether the process is ending.
    #[must_use]
    pub fn new(generation: Arc<Generation>, stop: Stop) -> Self {
        Self { generation, stop }
    }

    fn answer(&self, method: &Method, path: &str) -> Response<Full<Bytes>> {
        if method != Method::GET && method != Method::HEAD {
            return told(StatusCode::METHOD_NOT_ALLOWED, &json!({ "error": "expected GET" }));
        }
        match path {
            "/live" => told(StatusCode::OK, &json!({ "status": "live" })),
            "/ready" => self.ready(),
            path => match path.strip_prefix("/ready/").and_then(|name| self.project(name)) {
                Some(project) => project_ready(project),
                None => told(
                    StatusCode::NOT_FOUND,
                    &json!({ "error": "expected /live, /ready or /ready/{project}" }),
                ),
            },
        }
    }

    fn project(&self, name: &str) -> Option<&Project> {
        self.generation.projects.iter().find(|project| *project.name == *name).map(|p| &**p)
    }

    /// Whether new requests should be sent here. An upstream's outage is no reason not to: it is
    /// answered with 503, and one project's outage must not take another's traffic away.
    fn ready(&self) -> Response<Full<Bytes>> {
        let projects: Vec<_> = self
            .generation
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
}

fn project_ready(project: &Project) -> Response<Full<Bytes>> {
    let state = project.provisioner.health.state();
    let status = match state {
        State::Unknown | State::Reachable => StatusCode::OK,
        State::Unavailable | State::Credential => StatusCode::SERVICE_UNAVAILABLE,
    };
    told(status, &json!({ "name": &*project.name, "upstream": state.name() }))
}

fn told(status: StatusCode, body: &serde_json::Value) -> Response<Full<Bytes>> {
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
