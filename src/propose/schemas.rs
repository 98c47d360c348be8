//! A SCIM `/Schemas` document (RFC 7643 §7) → a mapping to fill in: which attributes there are is
//! known, which columns hold them is not.

use serde_json::Value as Json;

use super::draft::{Attribute, Draft, Proposal};
use super::guess::{ACTIVE, EMAIL, EXTERNAL_ID, GUESSES, MANAGER, USER_NAME};
use super::{Column, Error, LARGEST};
use crate::record::Description;
use crate::value::Type;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:";

/// The most attributes of a document.
const ATTRIBUTES: usize = 2000;

/// Proposes a mapping for every attribute of a person. `from` names the document.
///
/// # Errors
/// When the document is too large or is no schema, or what came of it is no mapping.
pub fn propose(text: &str, from: &str, dialects: &[Description]) -> Result<Proposal, Error> {
    if text.len() > LARGEST {
        return Err(Error::TooLarge { found: text.len() });
    }
    let wrong = |reason: String| Error::NotSchemas { reason };
    let document: Json =
        serde_json::from_str(text).map_err(|error| wrong(format!("no JSON: {error}")))?;
    let schemas: Vec<&Json> = match (&document, document.get("Resources")) {
        (_, Some(Json::Array(schemas))) | (Json::Array(schemas), _) => schemas.iter().collect(),
        _ => vec![&document],
    };
    let mut draft = Draft {
        about: vec![
            format!("Proposed from {from}: every attribute of a person that it declares."),
            "Which column holds what is not known: each `field`, `collection` and `key` is a guess.".to_owned(),
        ],
        collection: ("Users".to_owned(), "guess: where the people are, below `base_url`".to_owned()),
        key: ("id".to_owned(), "string"),
        extensions: Vec::new(),
        attributes: Vec::new(),
        left: Vec::new(),
    };
    draft.attributes.push(
        Attribute::of(EXTERNAL_ID, &column("externalId"), Type::String, sample(EXTERNAL_ID))
            .because("the directory's immutable id: RFC 7643 §3.1 gives it to every resource")
            .with("on_omit", "\"keep\""),
    );
    for schema in schemas {
        let id = schema.get("id").and_then(Json::as_str).map(one_line);
        let Some(id) = id else { return Err(wrong("a schema without `id`".to_owned())) };
        let Some(Json::Array(attributes)) = schema.get("attributes") else {
            return Err(wrong(format!("`{id}` has no `attributes`")));
        };
        if attributes.len() > ATTRIBUTES {
            return Err(wrong(format!("`{id}` has more than {ATTRIBUTES} attributes")));
        }
        let is_other = id != USER && id.starts_with(CORE);
        if is_other || id.ends_with(":Group") {
            draft.left.push((id, "the schema of something else than a person".to_owned()));
            continue;
        }
        if id != USER && id != ENTERPRISE {
            let name = schema.get("name").and_then(Json::as_str).map(one_line);
            let last = || id.rsplit(':').next().unwrap_or(&id).to_owned();
            draft.extensions.push((id.clone(), name.unwrap_or_else(last)));
        }
        for attribute in attributes {
            let Some(declared) = Declared::read(attribute) else { continue };
            declared.propose(&id, &mut draft);
        }
    }
    if !draft.attributes.iter().any(|attribute| attribute.scim == USER_NAME) {
        return Err(wrong(format!("no `userName`: expected the schema `{USER}` among them")));
    }
    draft.proved(dialects)
}

/// An attribute as a schema declares it.
struct Declared<'j> {
    json: &'j Json,
    name: &'j str,
    kind: &'j str,
    is_list: bool,
}

impl<'j> Declared<'j> {
    fn read(json: &'j Json) -> Option<Self> {
        let name = json.get("name").and_then(Json::as_str)?;
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "$-_".contains(c));
        let kind = json.get("type").and_then(Json::as_str).unwrap_or("string");
        let is_list = json.get("multiValued").and_then(Json::as_bool).unwrap_or(false);
        is_name.then_some(Self { json, name, kind, is_list })
    }

    fn says(&self, key: &str, word: &str) -> bool {
        self.json.get(key).and_then(Json::as_str) == Some(word)
    }

    fn is(&self, key: &str) -> bool {
        self.json.get(key).and_then(Json::as_bool).unwrap_or(false)
    }

    fn below(&self) -> impl Iterator<Item = Declared<'j>> + use<'j> {
        let below = self.json.get("subAttributes").and_then(Json::as_array);
        below.into_iter().flatten().filter_map(Declared::read)
    }

    /// The type of a single value, or what it is instead.
    fn value_type(&self) -> Result<Type, String> {
        match self.kind {
            // A reference is the text of a URI.
            "string" | "reference" => Ok(Type::String),
            other => Type::named(other).ok_or_else(|| format!("of type {}", one_line(other))),
        }
    }

    /// Proposes what this attribute is mapped by, in the schema `id`.
    fn propose(&self, id: &str, draft: &mut Draft) {
        let prefix = if id == USER { String::new() } else { format!("{id}:") };
        let path = format!("{prefix}{}", self.name);
        let mut leave = |path: String, why: &str| draft.left.push((path, why.to_owned()));
        match (self.kind, self.is_list) {
            _ if id == USER && matches!(self.name, "id" | "externalId" | "meta" | "schemas") => {}
            _ if self.says("mutability", "writeOnly") || self.says("returned", "never") => {
                leave(path, "never read: it sounds like a secret");
            }
            _ if path == MANAGER => {
                let field = column("managerId");
                let attribute = Attribute {
                    shown: Some((serde_json::json!({ "value": "7" }), vec!["7".into()])),
                    ..Attribute::of(MANAGER, &field, Type::String, None)
                };
                draft.attributes.push(
                    attribute
                        .because("guess: the column that holds the key of the person above")
                        .with("reference", "{ resource = \"User\" }"),
                );
            }
            ("complex", true) if id == USER => self.elements(draft),
            ("complex", false) if id == USER => {
                for below in self.below() {
                    below.single(&format!("{path}.{}", below.name), below.name, id, draft);
                }
            }
            (_, true) => leave(path, "a list"),
            ("complex", false) => leave(path, "an object of a schema of its own"),
            _ => self.single(&path, self.name, id, draft),
        }
    }

    /// Each element of a list that its `type` tells from the others.
    fn elements(&self, draft: &mut Draft) {
        let kinds: Vec<&str> = self
            .below()
            .find(|below| below.name == "type")
            .and_then(|kinds| kinds.json.get("canonicalValues").and_then(Json::as_array))
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .filter(|kind| kind.chars().all(|c| c.is_ascii_alphanumeric()))
            .filter(|kind| matches!(*kind, "work" | "mobile"))
            .collect();
        if kinds.is_empty() {
            let why = "a list whose elements no `type` of `work` or `mobile` tells apart";
            draft.left.push((self.name.to_owned(), why.to_owned()));
        }
        for kind in kinds {
            for below in self.below() {
                if matches!(below.name, "type" | "primary" | "display" | "$ref") {
                    continue;
                }
                let path = format!("{}[type eq \"{kind}\"].{}", self.name, below.name);
                let own = if below.name == "value" { self.name } else { below.name };
                let mut field = kind.to_owned();
                field.extend(own.chars().take(1).flat_map(char::to_uppercase));
                field.extend(own.trim_end_matches('s').chars().skip(1));
                below.single(&path, &field, USER, draft);
            }
        }
    }

    fn single(&self, path: &str, field: &str, id: &str, draft: &mut Draft) {
        let kind = match self.value_type() {
            // Whatever it is declared as: RFC 7643 §4.1.1 says what it is, and that it is written.
            _ if path == USER_NAME => Type::String,
            Ok(kind) => kind,
            Err(why) => return draft.left.push((path.to_owned(), why)),
        };
        let is_known = id == USER || id == ENTERPRISE;
        let is_taken = |name: &str| {
            draft.attributes.iter().any(|a| a.fields.iter().any(|field| field == name))
        };
        let again = (2..ATTRIBUTES).map(|count| format!("{field}{count}"));
        let field = std::iter::once(field.to_owned()).chain(again).find(|name| !is_taken(name));
        let column = column(&field.unwrap_or_default());
        let mut attribute = Attribute::of(path, &column, kind, sample(path));
        if !is_known {
            attribute = attribute.with("type", format!("\"{}\"", kind.name()));
        }
        if self.says("mutability", "readOnly") && path != USER_NAME {
            attribute.shown = None;
            attribute = attribute.with("read_only", "true");
        } else if self.is("required") && path != USER_NAME {
            attribute = attribute.with("required", "true");
        }
        attribute = match path {
            ACTIVE => attribute.with("default", "true").with("on_omit", "\"keep\""),
            EMAIL => attribute.with("untyped", "true"),
            _ => attribute,
        };
        draft.attributes.push(attribute);
    }
}

/// A column of that name, of which nothing else is known.
fn column(name: &str) -> Column {
    Column {
        name: name.to_owned(),
        kind: Ok(Type::String),
        literal: None,
        nullable: true,
        max_length: None,
        computed: false,
        preset: false,
        person: false,
    }
}

fn sample(path: &str) -> Option<&'static str> {
    GUESSES.iter().find(|guess| guess.scim == path).and_then(|guess| guess.sample)
}

fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(256).collect()
}
