//! The JSON Schema of a mapping file, from the same lists of keys that the reader is driven by.

use serde_json::{Map, Value as Json, json};

use super::file::{ROOT, SPLIT};
use super::transform::TRANSFORMS;
use crate::diagnostic::schema;
use crate::record::{Description, OptionDefinition, OptionKind};

/// The name of the file that `init` puts beside mappings, which name it.
pub const SCHEMA_FILE: &str = "mapping.schema.json";

/// The schema that editors complete and underline a mapping by. `dialects` are those that the
/// program speaks, as each describes itself.
#[must_use]
pub fn schema(dialects: &[Description]) -> Map<String, Json> {
    let registered = |name: &str| match name {
        "dialect" => schema::one_of(dialects.iter().map(|dialect| dialect.name)),
        "options" => options(dialects),
        "via" => schema::one_or_many(&steps(true)),
        "parts" => schema::one_or_many(&steps(false)),
        _ => json!({}),
    };
    let mut schema = schema::file("A mapping of scim-sidecar", ROOT, &registered);
    let own = dialects.iter().map(|dialect| own_options(dialect, dialects)).collect();
    schema.insert("allOf".to_owned(), Json::Array(own));
    schema
}

/// One step of a chain: a bare name, or a table.
fn steps(with_split: bool) -> Json {
    let nothing_registered = |name: &str| match name {
        "parts" => schema::one_or_many(&steps(false)),
        _ => json!({}),
    };
    let bare = TRANSFORMS.iter().filter(|definition| definition.keys.is_empty());
    let mut steps = vec![schema::one_of(bare.map(|definition| definition.name))];
    for definition in TRANSFORMS.iter().filter(|definition| !definition.keys.is_empty()) {
        let mut step = schema::table(definition.keys, None, &nothing_registered);
        step.insert("description".to_owned(), json!(definition.prose));
        step.insert("examples".to_owned(), json!([definition.example()]));
        steps.push(step.into());
    }
    if with_split {
        steps.push(schema::table(SPLIT, None, &nothing_registered).into());
    }
    json!({ "anyOf": steps })
}

/// The options of all dialects.
fn options(dialects: &[Description]) -> Json {
    let mut properties = Map::new();
    for (dialect, option) in all(dialects) {
        let mut schema = option_schema(option);
        let meaning = format!("{dialect}: {}", option.meaning);
        if let Json::Object(schema) = &mut schema {
            schema.insert("description".to_owned(), json!(meaning));
        }
        // Two dialects may say different things by one name.
        match properties.get_mut(option.name) {
            Some(Json::Object(known)) if known.contains_key("anyOf") => {
                if let Some(Json::Array(known)) = known.get_mut("anyOf") {
                    known.push(schema);
                }
            }
            Some(known) => *known = json!({ "anyOf": [known.take(), schema] }),
            None => {
                properties.insert(option.name.to_owned(), schema);
            }
        }
    }
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn all(
    dialects: &[Description],
) -> impl Iterator<Item = (&'static str, &'static OptionDefinition)> {
    dialects.iter().flat_map(|dialect| {
        let name = dialect.name;
        dialect.options.iter().map(move |option| (name, option))
    })
}

/// What a dialect demands of its options, and that those of the others are not there.
fn own_options(dialect: &Description, dialects: &[Description]) -> Json {
    let is_own = |name: &str| dialect.options.iter().any(|option| option.name == name);
    let foreign = all(dialects).filter(|(_, option)| !is_own(option.name));
    let foreign: Vec<Json> =
        foreign.map(|(_, option)| json!({ "required": [option.name] })).collect();
    let own: Map<String, Json> =
        dialect.options.iter().map(|o| (o.name.to_owned(), option_schema(o))).collect();
    let required: Vec<&str> =
        dialect.options.iter().filter(|option| option.required).map(|o| o.name).collect();
    let mut options = json!({ "properties": own });
    let mut upstream = json!({});
    if !foreign.is_empty() {
        options["not"] = json!({ "anyOf": foreign });
    }
    if !required.is_empty() {
        options["required"] = json!(required);
        upstream["required"] = json!(["options"]);
    }
    upstream["properties"] = json!({ "options": options });
    json!({
        "if": { "properties": { "dialect": { "enum": [dialect.name] } } },
        "then": { "properties": { "upstream": upstream } },
    })
}

fn option_schema(option: &OptionDefinition) -> Json {
    match option.kind {
        OptionKind::Text | OptionKind::Pattern => json!({ "type": "string" }),
        OptionKind::Choice(words) => schema::one_of(words.iter().copied()),
        OptionKind::Flag => json!({ "type": "boolean" }),
        OptionKind::Structure => json!({ "type": "object" }),
        OptionKind::Number => json!({ "type": "integer", "minimum": 0 }),
        OptionKind::Template(_) | OptionKind::Path(_) | OptionKind::Place | OptionKind::Source => {
            json!({ "type": "string" })
        }
        OptionKind::Tree(_) => json!({ "type": "object" }),
        OptionKind::Conditions => json!({ "type": "object" }),
        OptionKind::Names => {
            json!({ "type": "object", "additionalProperties": { "type": "string" } })
        }
        OptionKind::Group(options) => {
            let properties: Map<String, Json> = options
                .iter()
                .map(|option| (option.name.to_owned(), option_schema(option)))
                .collect();
            let required: Vec<&str> =
                options.iter().filter(|option| option.required).map(|option| option.name).collect();
            let mut group = json!({
                "type": "object",
                "properties": properties,
                "additionalProperties": false,
            });
            if !required.is_empty() {
                group["required"] = json!(required);
            }
            group
        }
        OptionKind::Tables(keys) => {
            let texts: Map<String, Json> =
                keys.iter().map(|key| ((*key).to_owned(), json!({ "type": "string" }))).collect();
            json!({
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "properties": texts,
                    "required": keys,
                    "additionalProperties": false,
                },
            })
        }
    }
}
