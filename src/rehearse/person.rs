//! One person as the identity provider would send them: attributes by their SCIM paths, as the
//! body of a create, and as the operations of a PATCH.

use serde_json::{Map, Value as Json, json};

/// The schema of every user (RFC 7643 §4.1).
const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// The attribute that names another person.
pub(super) const MANAGER: &str =
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";

/// Somebody of the export.
#[derive(Clone, Debug, Default)]
pub struct Person {
    /// Where they stand: the line of a table, the number in a JSON document; both from 1.
    pub place: u64,
    /// The directory's own id of them, by which others name them as manager.
    pub identity: Option<String>,
    /// The name by which the directory itself knows them, where it is not the `userName`.
    pub principal: Option<String>,
    /// The `identity` or `principal` of their manager.
    pub manager: Option<String>,
    /// What is sent of them.
    pub(super) attributes: Attributes,
}

/// What is sent of somebody.
#[derive(Clone, Debug)]
pub(super) enum Attributes {
    /// Values by path, of a directory's export: sent one operation for each, as Entra ID does.
    Listed(Vec<(String, Json)>),
    /// A SCIM resource, sent as it is.
    Whole(Map<String, Json>),
}

impl Default for Attributes {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl Person {
    /// The text of an attribute, by its path in any letter case.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        let found = match &self.attributes {
            Attributes::Listed(listed) => {
                listed.iter().find(|(known, _)| known.eq_ignore_ascii_case(path)).map(|(_, v)| v)?
            }
            Attributes::Whole(whole) => within(whole, &Place::parse(path)?)?,
        };
        found.as_str().filter(|text| !text.trim().is_empty())
    }

    /// Whether the directory has disabled them.
    pub(super) fn is_disabled(&self) -> bool {
        let active = match &self.attributes {
            Attributes::Listed(listed) => {
                listed.iter().find(|(path, _)| path == "active").map(|(_, value)| value)
            }
            Attributes::Whole(whole) => member(whole, "active"),
        };
        match active {
            Some(Json::Bool(active)) => !active,
            Some(Json::String(text)) => text.eq_ignore_ascii_case("false"),
            _ => false,
        }
    }

    /// The body of a create (RFC 7644 §3.3), with the SCIM id of the manager where one is known.
    pub(super) fn creation(&self, manager: Option<&str>) -> Json {
        let mut body = match &self.attributes {
            Attributes::Whole(whole) => sendable(whole),
            Attributes::Listed(listed) => {
                let mut body = Map::new();
                body.insert("schemas".to_owned(), json!([CORE]));
                for (path, value) in listed {
                    if let Some(place) = Place::parse(path) {
                        place.put(&mut body, value.clone());
                    }
                }
                body
            }
        };
        if let (Some(manager), Some(place)) = (manager, Place::parse(MANAGER)) {
            place.put(&mut body, json!({ "value": manager }));
        }
        Json::Object(body)
    }

    /// The body of a PATCH that makes a person this one (RFC 7644 §3.5.2).
    pub(super) fn patch(&self, manager: Option<&str>) -> Json {
        let mut operations: Vec<Json> = match &self.attributes {
            Attributes::Whole(whole) => {
                vec![json!({ "op": "replace", "value": sendable(whole) })]
            }
            Attributes::Listed(listed) => {
                let operation = |(path, value): &(String, Json)| {
                    // An element that is not there yet is added; one that is there is changed.
                    let op = if path.contains('[') { "add" } else { "replace" };
                    json!({ "op": op, "path": path, "value": value })
                };
                listed.iter().map(operation).collect()
            }
        };
        if let Some(manager) = manager {
            operations.push(json!({ "op": "replace", "path": MANAGER, "value": manager }));
        }
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": operations,
        })
    }
}

/// A resource without what its server alone says: a client's word for it is ignored anyway, and
/// strict callers are refused for it.
fn sendable(whole: &Map<String, Json>) -> Map<String, Json> {
    let is_ours =
        |name: &str| ["id", "meta", "groups"].iter().any(|n| n.eq_ignore_ascii_case(name));
    let kept = whole.iter().filter(|(name, value)| !is_ours(name) && !value.is_null());
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn member<'m>(object: &'m Map<String, Json>, name: &str) -> Option<&'m Json> {
    object.get(name).or_else(|| {
        object.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    })
}

/// Where an attribute stands in a resource: `name.givenName`, `emails[type eq "work"].value`,
/// `urn:…:User:department`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place<'p> {
    schema: Option<&'p str>,
    attribute: &'p str,
    /// The `type` of the element that is meant.
    element: Option<&'p str>,
    part: Option<&'p str>,
}

impl<'p> Place<'p> {
    /// Takes a path apart; `None` for what names no single value.
    pub(super) fn parse(path: &'p str) -> Option<Self> {
        let is_name = crate::scim::path::is_name;
        let (schema, rest) = match path.get(..4) {
            Some(head) if head.eq_ignore_ascii_case("urn:") => {
                let (schema, rest) = path.rsplit_once(':')?;
                (Some(schema), rest)
            }
            _ => (None, path),
        };
        let (attribute, element, part) = match rest.split_once('[') {
            None => match rest.split_once('.') {
                Some((attribute, part)) => (attribute, None, Some(part)),
                None => (rest, None, None),
            },
            Some((attribute, rest)) => {
                let (condition, part) = rest.split_once("].")?;
                let mut words = condition.splitn(3, ' ');
                let (name, eq, value) = (words.next()?, words.next()?, words.next()?);
                let kind = value.strip_prefix('"')?.strip_suffix('"')?;
                let is_type = name.eq_ignore_ascii_case("type") && eq.eq_ignore_ascii_case("eq");
                if !is_type || kind.is_empty() {
                    return None;
                }
                (attribute, Some(kind), Some(part))
            }
        };
        let sound = is_name(attribute) && part.is_none_or(is_name);
        sound.then_some(Self { schema, attribute, element, part })
    }

    fn put(&self, body: &mut Map<String, Json>, value: Json) {
        let object = match self.schema {
            Some(schema) => match body.entry(schema).or_insert_with(|| json!({})) {
                Json::Object(extension) => extension,
                _ => return,
            },
            None => body,
        };
        match (self.element, self.part) {
            (Some(kind), Some(part)) => {
                let list = object.entry(self.attribute).or_insert_with(|| json!([]));
                let Json::Array(list) = list else { return };
                let there = list.iter().position(|element| element["type"] == kind);
                let index = there.unwrap_or_else(|| {
                    list.push(json!({ "type": kind }));
                    list.len() - 1
                });
                if let Some(Json::Object(element)) = list.get_mut(index) {
                    element.insert(part.to_owned(), value);
                }
            }
            (_, Some(part)) => {
                let complex = object.entry(self.attribute).or_insert_with(|| json!({}));
                if let Json::Object(complex) = complex {
                    complex.insert(part.to_owned(), value);
                }
            }
            _ => {
                object.insert(self.attribute.to_owned(), value);
            }
        }
    }
}

/// What stands at a place of a resource.
fn within<'w>(whole: &'w Map<String, Json>, place: &Place<'_>) -> Option<&'w Json> {
    let object = match place.schema {
        Some(schema) => member(whole, schema)?.as_object()?,
        None => whole,
    };
    let value = member(object, place.attribute)?;
    match (place.element, place.part) {
        (Some(kind), Some(part)) => {
            let elements = value.as_array()?.iter().filter_map(Json::as_object);
            let is_it = |element: &&Map<String, Json>| {
                let named = member(element, "type").and_then(Json::as_str);
                named.is_some_and(|named| named.eq_ignore_ascii_case(kind))
            };
            member(elements.clone().find(is_it)?, part)
        }
        (_, Some(part)) => member(value.as_object()?, part),
        _ => Some(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed() -> Person {
        let values = [
            ("userName", json!("ana@contoso.com")),
            ("active", json!(false)),
            ("name.givenName", json!("Ana")),
            ("emails[type eq \"work\"].value", json!("ana@contoso.com")),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", json!("HR")),
        ];
        let attributes =
            Attributes::Listed(values.map(|(path, value)| (path.to_owned(), value)).into());
        Person { attributes, ..Person::default() }
    }

    #[test]
    fn a_creation_is_nested_and_a_patch_is_flat() {
        let ana = listed();
        assert_eq!(
            ana.creation(Some("7")),
            json!({
                "schemas": [CORE],
                "userName": "ana@contoso.com",
                "active": false,
                "name": { "givenName": "Ana" },
                "emails": [{ "type": "work", "value": "ana@contoso.com" }],
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":
                    { "department": "HR", "manager": { "value": "7" } },
            })
        );
        let patch = ana.patch(None);
        assert_eq!(
            patch["Operations"][3],
            json!({ "op": "add", "path": "emails[type eq \"work\"].value", "value": "ana@contoso.com" })
        );
        assert!(ana.is_disabled());
    }

    #[test]
    fn a_value_is_found_by_its_path_in_both_forms() {
        let Json::Object(whole) = listed().creation(None) else { panic!() };
        let whole = Person { attributes: Attributes::Whole(whole), ..Person::default() };
        for person in [listed(), whole] {
            assert_eq!(person.text("username"), Some("ana@contoso.com"));
            assert_eq!(person.text("emails[type eq \"work\"].value"), Some("ana@contoso.com"));
            assert_eq!(person.text("name.familyName"), None);
        }
    }

    #[test]
    fn what_names_no_single_value_is_no_place() {
        for path in
            ["", "emails[type eq \"work\"]", "emails[primary eq true].value", "a b", "urn:x"]
        {
            let place = Place::parse(path);
            assert!(path == "urn:x" || place.is_none(), "{path}: {place:?}");
        }
    }
}
