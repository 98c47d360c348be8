//! A person or a list of them, printed once.

use crate::mapping::Mapping;
use crate::record::Record;
use crate::scim::{Document, Head, Projection, location};

/// How a client wants people to be shown.
#[derive(Clone, Debug)]
pub struct View {
    /// Which attributes.
    pub projection: Projection,
    /// The absolute URL of the resource type's endpoint, such as `https://host/scim/v2/Users`.
    pub endpoint: String,
}

/// A person, printed.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The resource as SCIM JSON.
    pub body: Vec<u8>,
    /// Its absolute URL.
    pub location: String,
    /// Its version, as it stands in `meta.version` and `ETag`.
    pub version: String,
}

/// A list of people, printed.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The ListResponse as SCIM JSON (RFC 7644 §3.4.2).
    pub body: Vec<u8>,
}

/// The capacity to begin with: most people fit.
const USUAL: usize = 1024;

/// Prints a person.
pub(super) fn shown(
    mapping: &Mapping,
    document: &Document<'_>,
    row: &Record<'_>,
    id: &str,
    view: &View,
) -> Shown {
    let location = location(&view.endpoint, id);
    let version = mapping.version(row);
    let mut body = Vec::with_capacity(USUAL);
    let head = Head { id, location: &location, endpoint: &view.endpoint, version: Some(&version) };
    document.print(&mapping.resource, &head, &view.projection, &mut body);
    Shown { body, location, version: version.into_owned() }
}

/// Prints a person into a list.
pub(super) fn into_list(
    mapping: &Mapping,
    document: &Document<'_>,
    row: &Record<'_>,
    id: &str,
    view: &View,
    list: &mut Vec<u8>,
) {
    if list.is_empty() {
        list.reserve(USUAL);
    } else {
        list.push(b',');
    }
    let location = location(&view.endpoint, id);
    let version = mapping.version(row);
    let head = Head { id, location: &location, endpoint: &view.endpoint, version: Some(&version) };
    document.print(&mapping.resource, &head, &view.projection, list);
}
