use http::header::{CONTENT_TYPE, HeaderName};
use percent_encoding::percent_decode_str;
use serde_json::{Value as Json, json};

use super::*;
use crate::mapping::Mapping;
use crate::mapping::tests::{REST, read as compiled};
use crate::record::{FieldIndex, Query};

mod answers;
mod calls;
mod escaping;
mod samples;

/// The entity of the shipped mapping with pieces of its text replaced.
fn entity(changes: &[(&str, &str)]) -> Entity {
    mapping(changes).entity
}

fn mapping(changes: &[(&str, &str)]) -> Mapping {
    let mut text = REST.to_owned();
    for (old, new) in changes {
        assert!(text.contains(old), "`{old}` is not in the mapping");
        text = text.replace(old, new);
    }
    let (mapping, report) = compiled(&text);
    mapping.unwrap_or_else(|| panic!("{report}"))
}

/// The same mapping with other options; what is said of the upstream besides stays.
fn with_options(options: &str) -> Entity {
    let (before, rest) = REST.split_once("[upstream.options]").unwrap();
    let before = before.replace("on_delete   = \"delete\"", "on_delete   = \"disable\"");
    let (_, after) = rest.split_once("# ----").unwrap();
    let (mapping, report) = compiled(&format!("{before}{options}\n# ----{after}"));
    mapping.unwrap_or_else(|| panic!("{report}")).entity
}

fn base() -> Origin {
    Origin::parse("https://legacy.example/HR").unwrap()
}

fn write(entity: &Entity, action: Action<'_>) -> Result<Request<Bytes>, DialectError> {
    RestJson.write(&Call { entity, action }, &base())
}

/// The request as it would stand on the wire, without headers.
fn line(entity: &Entity, action: Action<'_>) -> String {
    let request = write(entity, action).unwrap();
    let body = String::from_utf8(request.body().to_vec()).unwrap();
    let path = request.uri().path_and_query().unwrap();
    format!("{} {path} {body}", request.method()).trim_end().to_owned()
}

fn body(entity: &Entity, action: Action<'_>) -> Json {
    serde_json::from_slice(write(entity, action).unwrap().body()).unwrap()
}

fn read<'b>(
    entity: &Entity,
    action: Action<'_>,
    headers: &[(HeaderName, &str)],
    body: &'b str,
) -> Result<Outcome<'b>, Unreadable> {
    let mut map = HeaderMap::new();
    map.insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=utf-8"));
    for (name, value) in headers {
        map.insert(name.clone(), HeaderValue::from_str(value).unwrap());
    }
    RestJson.read(&Call { entity, action }, StatusCode::OK, &map, body.as_bytes())
}

fn field(entity: &Entity, name: &str) -> FieldIndex {
    entity.fields.index_of(name).unwrap()
}

fn query(predicate: crate::record::Predicate<'_>) -> Query<'_> {
    Query { predicate, order: Vec::new(), skip: 0, top: 50, count: true }
}

fn text(key: &str) -> UpstreamKey {
    UpstreamKey::Text(key.into())
}
