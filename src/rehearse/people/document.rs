//! JSON: pages of Graph's `GET /users`, one after the other as its tools print them, a SCIM list, or
//! an array of people of either kind.

use serde_json::{Map, Value as Json};

use super::super::entra::{self, Columns, Source};
use super::super::person::{Attributes, Person};
use super::{People, Unread};

/// A person of Graph.
struct Properties<'p>(&'p Map<String, Json>);

impl Columns for Properties<'_> {
    fn value(&self, names: &[&str]) -> Option<Json> {
        let found = names.iter().find_map(|name| within(self.0, name))?;
        let is_empty = match found {
            Json::Null => true,
            Json::String(text) => text.is_empty(),
            Json::Array(several) => several.is_empty(),
            _ => false,
        };
        (!is_empty).then(|| found.clone())
    }
}

/// The property of a name; a dot leads into an object where no property has it in its name.
fn within<'p>(object: &'p Map<String, Json>, name: &str) -> Option<&'p Json> {
    let of_name = |name: &str| {
        object.get(name).or_else(|| {
            object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        })
    };
    of_name(name).or_else(|| {
        let (first, rest) = name.split_once('.')?;
        within(of_name(first)?.as_object()?, rest)
    })
}

/// Reads JSON.
pub(super) fn read(text: &str, sources: &[Source], most: usize) -> Result<People, Unread> {
    let mut found = People { unit: "person", ..People::default() };
    let documents = serde_json::Deserializer::from_str(text).into_iter::<Json>();
    let mut last_leads_on = false;
    for (number, document) in (1..).zip(documents) {
        let document = document.map_err(|error| Unread::Json {
            line: error.line(),
            column: error.column(),
            why: why(&error),
        })?;
        let wrong = || Unread::Shape { document: number };
        last_leads_on = document.get("@odata.nextLink").is_some();
        let people = match document {
            Json::Array(people) => people,
            Json::Object(mut object) => {
                let listed = ["value", "Resources"].iter().find_map(|name| object.remove(*name));
                match listed {
                    Some(Json::Array(people)) => people,
                    Some(_) => return Err(wrong()),
                    None if object.contains_key("totalResults") => Vec::new(),
                    None => vec![Json::Object(object)],
                }
            }
            _ => return Err(wrong()),
        };
        for person in people {
            if found.people.len() >= most {
                return Err(Unread::TooMany { most });
            }
            let Json::Object(person) = person else { return Err(wrong()) };
            let place = found.people.len() as u64 + 1;
            found.people.push(one(person, place, sources, wrong)?);
        }
    }
    found.is_part = last_leads_on;
    if found.people.is_empty() { Err(Unread::Empty) } else { Ok(found) }
}

fn one(
    object: Map<String, Json>,
    place: u64,
    sources: &[Source],
    wrong: impl Fn() -> Unread,
) -> Result<Person, Unread> {
    if within(&object, "userName").is_some() {
        let text = |name| within(&object, name).and_then(Json::as_str).map(str::to_owned);
        let (identity, principal) = (text("id"), text("userName"));
        let attributes = Attributes::Whole(object);
        return Ok(Person { place, identity, principal, manager: None, attributes });
    }
    let is_sourced = sources.iter().any(|source| source.path.eq_ignore_ascii_case("userName"));
    if !is_sourced && within(&object, "userPrincipalName").is_none() {
        return Err(wrong());
    }
    entra::person(&Properties(&object), place, sources).map_err(|cause| Unread::Value {
        what: "person",
        place,
        cause,
    })
}

/// What the parser says, without the place that is told before it.
fn why(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}
