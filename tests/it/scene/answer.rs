//! An answer of the sidecar, read whole.

use std::fmt;

use http::{HeaderMap, StatusCode};
use serde_json::Value as Json;

use super::log::{self, Event};

/// What the sidecar answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    /// `null` when the body is empty or not JSON.
    pub(crate) json: Json,
}

impl Answer {
    /// A header's text, empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts the status, and answers the body.
    #[track_caller]
    pub(crate) fn is(&self, status: u16) -> &Json {
        assert_eq!(self.status.as_u16(), status, "{self}");
        &self.json
    }

    /// Asserts a SCIM error (RFC 7644 §3.12) with that status and `scimType` (`""` for none), and
    /// answers its detail.
    #[track_caller]
    pub(crate) fn scim_error(&self, status: u16, scim_type: &str) -> &str {
        assert_eq!(self.status.as_u16(), status, "{self}");
        assert_eq!(self.header("content-type"), "application/scim+json", "{self}");
        self.is_safe_error();
        assert_eq!(self.json["scimType"].as_str().unwrap_or(""), scim_type, "{self}");
        self.json["detail"].as_str().unwrap_or_default()
    }

    /// Asserts a SCIM error that tells nothing of the inside; every answer of a failure that a
    /// [`Client`](super::Client) gets is tried.
    #[track_caller]
    pub(super) fn is_safe_error(&self) {
        let schemas = &self.json["schemas"];
        assert_eq!(schemas[0], "urn:ietf:params:scim:api:messages:2.0:Error", "{self}");
        assert_eq!(self.json["status"], self.status.as_u16().to_string(), "{self}");
        assert!(self.header("content-type").ends_with("json"), "{self}");
        // Nothing of the machinery behind, in any error.
        for inside in [
            "odata",
            "api/people",
            "WFUser",
            "WFUSER",
            "Entit",
            "asmx",
            "127.0.0.1",
            "panicked",
            "src/",
        ] {
            assert!(!self.text.contains(inside), "`{inside}` in {self}");
        }
    }

    /// The resources of a list, having asserted that it is one and that its numbers agree.
    #[track_caller]
    pub(crate) fn resources(&self) -> &[Json] {
        let list = self.is(200);
        let schema = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
        assert_eq!(list["schemas"][0], schema, "{self}");
        let resources = list["Resources"].as_array().map_or(&[][..], Vec::as_slice);
        assert_eq!(list["itemsPerPage"], resources.len(), "{self}");
        assert!(list["totalResults"].as_u64() >= Some(resources.len() as u64), "{self}");
        resources
    }

    /// The ids of a list.
    #[track_caller]
    pub(crate) fn ids(&self) -> Vec<&str> {
        self.resources().iter().map(|person| person["id"].as_str().unwrap()).collect()
    }

    /// The only resource of a list.
    #[track_caller]
    pub(crate) fn only(&self) -> &Json {
        assert_eq!(self.resources().len(), 1, "{self}");
        assert_eq!(self.json["totalResults"], 1, "{self}");
        &self.resources()[0]
    }

    /// The `id` of the resource.
    #[track_caller]
    pub(crate) fn id(&self) -> String {
        self.json["id"].as_str().unwrap_or_else(|| panic!("no id in {self}")).to_owned()
    }

    /// Everything that was logged for the request.
    pub(crate) fn log(&self) -> Vec<Event> {
        log::of_request(self.header("x-request-id"))
    }

    /// What was logged for the request with that target, such as `audit` or `alert`.
    pub(crate) fn events(&self, target: &str) -> Vec<Event> {
        self.log().into_iter().filter(|event| event.target == target).collect()
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {}", self.status, self.headers, self.text)
    }
}

/// Whether everything that is expected is there; lists have the length that is expected.
pub(crate) fn has(found: &Json, expected: &Json) -> bool {
    match (found, expected) {
        (Json::Object(found), Json::Object(expected)) => {
            expected.iter().all(|(name, value)| has(found.get(name).unwrap_or(&Json::Null), value))
        }
        (Json::Array(found), Json::Array(expected)) => {
            found.len() == expected.len() && found.iter().zip(expected).all(|(f, e)| has(f, e))
        }
        _ => found == expected,
    }
}
