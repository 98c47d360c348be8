//! The JSON Schema of the server file, from the same lists of keys that the reader is driven by.

use serde_json::{Map, Value as Json, json};

use super::upstream::KINDS;
use super::{ROOT, profiles};
use crate::diagnostic::schema;

/// Where `init` puts it, relative to the folder of the server file, which names it.
pub const SCHEMA_FILE: &str = "sidecar.schema.json";

/// The schema that editors complete and underline a server file by.
#[must_use]
pub fn schema() -> Map<String, Json> {
    let mut schema = schema::file("The server file of scim-sidecar", ROOT, &|name| match name {
        "profile" => schema::one_of(profiles()),
        _ => json!({}),
    });
    // The lists say which keys there are; which of them go together is the reader's own table.
    let one = "/properties/project/anyOf/1/properties/upstream/properties/auth";
    let many = "/properties/project/anyOf/0/items/properties/upstream/properties/auth";
    let mut whole = Json::Object(std::mem::take(&mut schema));
    for place in [one, many] {
        if let Some(Json::Object(auth)) = whole.pointer_mut(place) {
            auth.insert("allOf".to_owned(), kinds().into());
        }
    }
    match whole {
        Json::Object(schema) => schema,
        _ => schema,
    }
}

/// For each kind of proof, that the keys of the others are not there.
fn kinds() -> Vec<Json> {
    let all = || KINDS.iter().flat_map(|(_, _, keys)| keys.iter());
    let kinds = KINDS.iter().map(|(name, _, keys)| {
        let others: Vec<Json> = all()
            .filter(|key| !keys.contains(key))
            .map(|key| json!({ "required": [key] }))
            .collect();
        json!({
            "if": { "properties": { "kind": { "enum": [name] } } },
            "then": { "not": { "anyOf": others } },
        })
    });
    kinds.collect()
}
