//! PATCH: operations applied to somebody.

mod asked;
mod rules;
mod settling;

use proptest::strategy::Strategy;
use scim_sidecar::scim::{Patch, Profile};
use serde_json::{Map, json};

use crate::comparison::{Case, Outcome, compare};
use crate::person::{self, Json, RESOURCE};
use asked::Operation;

/// Operations and somebody.
#[derive(Clone, Debug)]
struct Request {
    operations: Vec<Operation>,
    /// Somebody, as a client would send them: what we apply the operations to.
    sent: Json,
    /// The same, as they would be returned: what the other engine applies them to.
    person: Json,
    /// A rule says that the request must be refused.
    refused: bool,
    /// What rules make of the other engine's result; nothing if it must be refused.
    settled: Vec<fn(Json) -> Option<Json>>,
}

impl Case for Request {
    const NAME: &'static str = "patch";

    fn ours(&self) -> Outcome {
        let message = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": self.operations.iter().map(Operation::json).collect::<Vec<_>>(),
        });
        let message = message.to_string();
        let now = person::document(&self.sent);
        let patch = Patch::parse(&RESOURCE, message.as_bytes(), &Profile::STRICT);
        let applied = patch
            .as_ref()
            .ok()
            .and_then(|patch| patch.apply(&RESOURCE, &now, &Profile::STRICT).ok());
        match applied {
            // Without tolerance a value that cannot be used is a request that cannot be followed.
            Some(applied) if applied.invalid.is_empty() => {
                Outcome::Done(canonical(Json::Object(person::printed(&applied.document))))
            }
            _ => Outcome::Refused,
        }
    }

    fn question(&self) -> Option<Json> {
        let operations: Vec<Json> = self.operations.iter().map(Operation::json).collect();
        let question = json!({ "operations": operations, "resource": self.person });
        (!self.refused).then_some(question)
    }

    fn outcome(&self, answer: &Json) -> Outcome {
        let mut result = answer["resource"].clone();
        for settle in &self.settled {
            match settle(result) {
                Some(settled) => result = settled,
                None => return Outcome::Refused,
            }
        }
        Outcome::Done(canonical(result))
    }
}

/// A resource without what says nothing: RFC 7643 §2.5 has it that null, an empty list and nothing
/// are the same, a list's elements stand in no order, and what a server alone sets is no matter of
/// a PATCH.
fn canonical(resource: Json) -> Json {
    fn bare(value: Json) -> Option<Json> {
        match value {
            Json::Null => None,
            Json::Array(elements) => {
                let mut elements: Vec<Json> = elements.into_iter().filter_map(bare).collect();
                elements.sort_by_key(Json::to_string);
                (!elements.is_empty()).then_some(Json::Array(elements))
            }
            Json::Object(members) => {
                let said = members.into_iter().filter(|(name, _)| name != "$ref");
                let members: Map<String, Json> =
                    said.filter_map(|(name, value)| Some((name, bare(value)?))).collect();
                (!members.is_empty()).then_some(Json::Object(members))
            }
            // Numbers by their value: `1.0` and `1` are one.
            Json::Number(number) => number.as_f64().map(Json::from),
            other => Some(other),
        }
    }
    let mut resource = resource;
    for name in ["schemas", "meta", "id"] {
        resource.as_object_mut().unwrap().remove(name);
    }
    bare(resource).unwrap_or_default()
}

/// RFC 7644 §3.5.2 against scim-patch.
#[test]
fn operations_do_what_another_engine_does() {
    let kinds = |outcome: &Outcome| match outcome {
        Outcome::Refused => "refused",
        Outcome::Done(_) => "applied",
    };
    compare(&asked::requests().boxed(), rules::RULES, kinds, &["refused", "applied"]);
}
