//! The readers' lists of keys as a JSON Schema, by which TOML editors complete and underline.
//!
//! It is draft-07, and but for `if` and `then` nothing that draft 4 does not have: what the common
//! editors' language servers (Taplo, and with it Even Better TOML; Tombi) understand. Where a
//! schema cannot say what the reader demands it is looser, never stricter.

use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use super::reader::{Holds, Key};

/// What stands under a key whose words only a registry knows.
pub type Registered<'r> = dyn Fn(&str) -> Json + 'r;

/// The schema of a file with these keys at its root. `registered` says what stands under the keys
/// that are declared as [`Holds::Registered`].
#[must_use]
pub fn file(title: &str, keys: &[Key], registered: &Registered<'_>) -> Map<String, Json> {
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    schema.insert("title".to_owned(), json!(title));
    schema.extend(table(keys, None, registered));
    schema
}

/// The schema of a table; `others` is what the keys that the operator names hold, if any may be.
#[must_use]
pub fn table(
    keys: &[Key],
    others: Option<&Holds>,
    registered: &Registered<'_>,
) -> Map<String, Json> {
    let known = || keys.iter().filter(|key| !key.refused);
    let properties: Map<String, Json> =
        known().map(|key| (key.name.to_owned(), property(key, registered))).collect();
    let required: Vec<&str> =
        known().filter(|key| key.required.is_some()).map(|key| key.name).collect();
    let others = others.map_or(Json::Bool(false), |others| holds("", others, registered).into());
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), properties.into());
    schema.insert("additionalProperties".to_owned(), others);
    // Draft 4 has no empty list here.
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    schema
}

fn property(key: &Key, registered: &Registered<'_>) -> Json {
    let mut schema = holds(key.name, &key.holds, registered);
    let mut meaning = key.meaning.to_owned();
    match key.holds {
        Holds::Duration { least, most, .. } => {
            meaning.push_str(&format!(" ({} to {})", written(least), written(most)));
        }
        Holds::Text if key.required.is_some() => {
            schema.insert("pattern".to_owned(), json!(r"\S"));
        }
        _ => {}
    }
    schema.insert("description".to_owned(), json!(meaning));
    schema.into()
}

/// A list of words, and no word twice.
#[must_use]
pub fn one_of(words: impl IntoIterator<Item: Into<Json>>) -> Json {
    let words: Vec<Json> = words.into_iter().map(Into::into).collect();
    json!({ "type": "string", "enum": words })
}

fn holds(name: &str, holds: &Holds, registered: &Registered<'_>) -> Map<String, Json> {
    let scalar = || json!({ "type": ["string", "number", "boolean"] });
    let schema = match holds {
        Holds::Text => json!({ "type": "string" }),
        Holds::Word(words) => one_of(words()),
        Holds::Boolean => json!({ "type": "boolean" }),
        Holds::Integer { least, most } => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Holds::Duration { or, .. } => {
            let or = or.map(|word| format!("|{word}")).unwrap_or_default();
            json!({ "type": "string", "pattern": format!(r"^(\s*[0-9]+(ms|s|m|h)\s*{or})$") })
        }
        Holds::Texts => one_or_many(&json!({ "type": "string" })),
        Holds::Words(words) => one_or_many(&one_of(words())),
        Holds::Scalar => scalar(),
        Holds::Scalars => one_or_many(&scalar()),
        Holds::Table(keys) => table(keys, None, registered).into(),
        Holds::Tables(keys) => one_or_many(&table(keys, None, registered).into()),
        Holds::Open(keys, others) => {
            // What the operator names is described by the key that holds it all.
            let registered = |inner: &str| registered(if inner.is_empty() { name } else { inner });
            table(keys, Some(others), &registered).into()
        }
        Holds::AnyTable => json!({ "type": "object" }),
        Holds::Registered => registered(name),
    };
    match schema {
        Json::Object(schema) => schema,
        // Every schema that is made here is an object.
        _ => Map::new(),
    }
}

/// One thing, or a list of such things.
#[must_use]
pub fn one_or_many(one: &Json) -> Json {
    json!({ "anyOf": [{ "type": "array", "items": one }, one] })
}

/// A duration as a file says it.
pub(super) fn written(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    if milliseconds == 0 {
        return "0s".to_owned();
    }
    for (unit, size) in [("h", 3_600_000), ("m", 60_000), ("s", 1000)] {
        if milliseconds >= size && milliseconds.is_multiple_of(size) {
            return format!("{}{unit}", milliseconds / size);
        }
    }
    format!("{milliseconds}ms")
}

#[cfg(test)]
mod tests {
    use super::super::reader::{key, refused};
    use super::*;

    const INNER: &[Key] = &[key("file", "a path").required("a path")];
    const KEYS: &[Key] = &[
        key("listen", "an address").required("an address"),
        key("idle", "a pause").duration(Duration::from_millis(100), Duration::from_secs(7200)),
        key("most", "a number").integer(1, 5),
        key("rooms", "tables").tables(INNER),
        key("kind", "from a registry").holds(Holds::Registered),
        key("own", "the operator's").holds(Holds::Open(&[], &Holds::Boolean)),
        refused("insecure", "never"),
    ];

    #[test]
    fn every_key_becomes_a_property() {
        let schema = Json::from(file("t", KEYS, &|name| one_of([name.to_owned()])));
        assert_eq!(schema["required"], json!(["listen"]));
        assert_eq!(schema["additionalProperties"], false);
        let properties = &schema["properties"];
        assert_eq!(properties["listen"]["description"], "an address");
        assert_eq!(properties["idle"]["description"], "a pause (100ms to 2h)");
        assert_eq!(properties["most"]["maximum"], 5);
        assert_eq!(properties["rooms"]["anyOf"][0]["items"]["required"], json!(["file"]));
        assert_eq!(properties["kind"]["enum"], json!(["kind"]));
        assert_eq!(properties["own"]["additionalProperties"]["type"], "boolean");
        assert!(properties.get("insecure").is_none());
    }
}
