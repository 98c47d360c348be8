//! One request of an admitted caller, on its way: whose it is, for which project, what it may do,
//! and how its answer is to be shown.

use std::sync::Arc;
use std::time::Duration;

use http::Response;
use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;

use super::query::Parameters;
use super::respond::{self, Media, Refusal};
use super::{Body, route};
use crate::gate::{Caller, Right};
use crate::generation::{Generation, Project};
use crate::provision::{Allowed, Asker, View};
use crate::scim::{Profile, Projection, Resource, ScimError};
use crate::telemetry::Trail;

/// One request, on its way.
pub(super) struct Call {
    pub(super) generation: Arc<Generation>,
    pub(super) project: Arc<Project>,
    pub(super) caller: Arc<Caller>,
    pub(super) trail: Trail,
    pub(super) parts: Parts,
    /// The path behind the base path.
    pub(super) rest: String,
    pub(super) query: String,
    pub(super) media: Media,
}

impl Call {
    /// What the layers outside have found out of a request; `None` where a part of it is missing.
    pub(super) fn admitted(parts: Parts, media: Media) -> Option<Self> {
        let generation = Arc::clone(parts.extensions.get::<Arc<Generation>>()?);
        let (project, rest) = generation.project(parts.uri.path())?;
        let project = Arc::clone(project);
        let caller = parts.extensions.get::<Arc<Caller>>()?;
        let trail = parts.extensions.get::<Trail>()?.clone();
        let (rest, query) = route::unfold(rest, parts.uri.query().unwrap_or(""));
        Some(Self {
            project,
            caller: Arc::clone(caller),
            trail,
            rest: rest.to_owned(),
            query: query.to_owned(),
            media,
            generation,
            parts,
        })
    }

    pub(super) fn profile(&self) -> Profile {
        // Every caller of the project has one; without it nothing is tolerated.
        self.project.profiles.get(self.caller.index).copied().unwrap_or(Profile::STRICT)
    }

    pub(super) fn asker<'c>(&'c self, profile: &'c Profile, deadline: Duration) -> Asker<'c> {
        let rights = self.caller.rights;
        Asker {
            caller: &self.caller.name,
            trail: &self.trail,
            profile,
            allowed: Allowed {
                update: rights.contains(Right::Update),
                rename: rights.contains(Right::Rename),
                disable: rights.contains(Right::Disable),
            },
            deadline,
        }
    }

    /// Answers that it is not done, and leaves word of it.
    pub(super) fn refuse(&self, refusal: &Refusal) -> Response<Body> {
        refusal.note(&self.trail);
        respond::refusal(refusal, self.media)
    }

    pub(super) fn require(&self, right: Right) -> Result<(), Refusal> {
        Ok(self.caller.require(right)?)
    }

    pub(super) fn require_any(&self, rights: &[Right]) -> Result<(), Refusal> {
        let first = rights.first().copied().unwrap_or(Right::Update);
        if rights.iter().any(|right| self.caller.rights.contains(*right)) {
            return Ok(());
        }
        self.require(first)
    }

    /// What is mapped.
    pub(super) fn resource(&self) -> &Resource {
        &self.project.provisioner.mapping.resource
    }

    pub(super) fn projection(&self, parameters: &Parameters<'_>) -> Result<Projection, ScimError> {
        let (wanted, unwanted) =
            (parameters.get("attributes"), parameters.get("excludedAttributes"));
        Projection::parse(self.resource(), wanted, unwanted)
    }

    pub(super) fn view(&self, projection: Projection) -> View {
        let definition = self.resource().definition();
        View { projection, endpoint: self.url_of(definition.endpoint) }
    }

    /// The absolute URL of the project's base path, as this client reaches it.
    pub(super) fn base(&self) -> String {
        self.url_of("")
    }

    /// The absolute URL of an endpoint, a path below the project's base path.
    fn url_of(&self, endpoint: &str) -> String {
        let base = &*self.project.base_path;
        if let Some(public) = &self.project.public_url {
            return [&**public, base, endpoint].concat();
        }
        let host = self
            .parts
            .uri
            .authority()
            .map(Authority::as_str)
            .or_else(|| self.parts.headers.get(HOST).and_then(|host| host.to_str().ok()))
            .filter(|host| is_host(host))
            .unwrap_or("localhost");
        ["https://", host, base, endpoint].concat()
    }
}

/// A host with or without a port, and nothing that could end a URL's authority.
fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 255
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b))
}
