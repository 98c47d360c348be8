//! All that one reading of the configuration made: projects with their doors, mappings, look-ups
//! and upstreams, behind one pointer. A request keeps the generation that it began with.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http::Extensions;

use crate::gate::{Door, Doors};
use crate::provision::Provisioner;
use crate::scim::Profile;

/// One project: a legacy server behind a base path.
#[derive(Debug)]
pub struct Project {
    /// Its name in the configuration.
    pub name: Arc<str>,
    /// The path in front of its endpoints, such as `/scim/v2`; no slash at the end.
    pub base_path: Box<str>,
    /// Whether `GET /Groups` answers an empty list.
    pub empty_groups: bool,
    /// How clients reach it, such as `https://scim.example.com`; else what each request says.
    pub public_url: Option<Box<str>>,
    /// Who may come in.
    pub door: Arc<Door>,
    /// The callers' profiles, by [`Caller::index`](crate::gate::Caller::index).
    pub profiles: Vec<Profile>,
    /// Its people.
    pub provisioner: Provisioner,
}

/// Every project of the process.
#[derive(Debug)]
pub struct Generation {
    /// In the configuration's order.
    pub projects: Vec<Arc<Project>>,
    /// What one request may take, whichever project it is for.
    pub limits: Limits,
}

/// What a request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest body, in bytes.
    pub body_bytes: usize,
    /// How many requests are answered at once; more are turned away.
    pub concurrent_requests: usize,
    /// How long one may take in all, its body included.
    pub deadline: Duration,
}

impl Generation {
    /// The project whose base path the path lies under, and the rest of the path. Doubled slashes
    /// count as one: some clients append their paths to a tenant URL that ends in one.
    #[must_use]
    pub fn project<'p>(&self, path: &'p str) -> Option<(&Arc<Project>, &'p str)> {
        self.projects.iter().find_map(|project| {
            let rest = strip(path, &project.base_path)?;
            Some((project, rest))
        })
    }
}

/// What is left of a path behind a base path, compared segment by segment.
fn strip<'p>(path: &'p str, base: &str) -> Option<&'p str> {
    // As nearly every client writes it.
    if let Some(rest) = path.strip_prefix(base)
        && (rest.is_empty() || rest.starts_with('/'))
    {
        return Some(rest);
    }
    let mut rest = path;
    for segment in base.split('/').filter(|segment| !segment.is_empty()) {
        rest = rest.trim_start_matches('/').strip_prefix(segment)?;
        if !rest.is_empty() && !rest.starts_with('/') {
            return None;
        }
    }
    Some(rest)
}

/// The generation in force. Clones share it, so that a reload reaches everybody.
#[derive(Clone, Debug)]
pub struct Current(Arc<RwLock<Arc<Generation>>>);

impl Current {
    /// Begins with `generation`.
    #[must_use]
    pub fn new(generation: Arc<Generation>) -> Self {
        Self(Arc::new(RwLock::new(generation)))
    }

    /// The generation now; whoever takes it keeps it, whatever comes after.
    #[must_use]
    pub fn take(&self) -> Arc<Generation> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts `generation` in force for whoever takes one from now on.
    pub fn replace(&self, generation: Arc<Generation>) {
        let old = {
            let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *held, generation)
        };
        // Its last holder may be us, and much goes with it: not while others wait for the pointer.
        drop(old);
    }
}

/// The way from a request's path to its project's door, in the generation that the request took
/// (an `Arc<Generation>` in its extensions).
#[derive(Clone, Copy, Debug)]
pub struct Entrance;

impl Doors for Entrance {
    fn door(&self, path: &str, extensions: &Extensions) -> Option<Arc<Door>> {
        let generation = extensions.get::<Arc<Generation>>()?;
        generation.project(path).map(|(project, _)| Arc::clone(&project.door))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_path_is_found_segment_by_segment() {
        assert_eq!(strip("/scim/v2/Users", "/scim/v2"), Some("/Users"));
        assert_eq!(strip("/scim/v2//Users", "/scim/v2"), Some("//Users"));
        assert_eq!(strip("//scim//v2", "/scim/v2"), Some(""));
        assert_eq!(strip("/scim/v2x/Users", "/scim/v2"), None);
        assert_eq!(strip("/scim", "/scim/v2"), None);
    }
}
