//! All that one reading of the configuration made: projects with their doors, mappings, look-ups
//! and upstreams, behind one pointer. A request keeps the generation that it began with.

use std::sync::Arc;

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
    /// The largest body of a request, in bytes.
    pub body_bytes: usize,
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
    let mut rest = path;
    for segment in base.split('/').filter(|segment| !segment.is_empty()) {
        rest = rest.trim_start_matches('/').strip_prefix(segment)?;
        if !rest.is_empty() && !rest.starts_with('/') {
            return None;
        }
    }
    Some(rest)
}

/// The way from a request's path to its project's door.
#[derive(Clone, Debug)]
pub struct Entrance(pub Arc<Generation>);

impl Doors for Entrance {
    fn door(&self, path: &str, _: &Extensions) -> Option<Arc<Door>> {
        self.0.project(path).map(|(project, _)| Arc::clone(&project.door))
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
