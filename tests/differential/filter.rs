//! Filters: read, and held against somebody.

mod rules;
mod spoken;

use proptest::strategy::Strategy;
use scim_sidecar::scim::{Filter, Profile};
use serde_json::json;

use crate::comparison::{Case, Outcome, compare};
use crate::person::{self, Json, RESOURCE};
use spoken::Spoken;

/// A filter and somebody.
#[derive(Clone, Debug)]
struct Question {
    filter: Spoken,
    /// Keywords in capitals.
    loud: bool,
    /// Somebody, as a client would send them: what we hold the filter against.
    sent: Json,
    /// The same, as they would be returned: what the other engine holds it against.
    person: Json,
    /// A rule says that the filter must be refused.
    refused: bool,
}

impl Case for Question {
    const NAME: &'static str = "filter";

    fn ours(&self) -> Outcome {
        let text = self.filter.text(self.loud);
        match Filter::parse(&RESOURCE, &text, &Profile::STRICT) {
            Err(_) => Outcome::Refused,
            Ok(filter) => {
                let document = person::document(&self.sent);
                Outcome::Done(json!(filter.matches(&RESOURCE, &document, "7")))
            }
        }
    }

    fn question(&self) -> Option<Json> {
        let question = json!({ "filter": self.filter.text(self.loud), "resource": self.person });
        (!self.refused).then_some(question)
    }

    fn outcome(&self, answer: &Json) -> Outcome {
        Outcome::Done(answer["matches"].clone())
    }
}

/// RFC 7644 §3.4.2.2 against scim2-parse-filter.
#[test]
fn filters_mean_what_another_engine_takes_them_for() {
    let kinds = |outcome: &Outcome| match outcome {
        Outcome::Refused => "refused",
        Outcome::Done(matches) if *matches == json!(true) => "matches",
        Outcome::Done(_) => "matches not",
    };
    let wanted = ["refused", "matches", "matches not"];
    compare(&spoken::questions().boxed(), rules::RULES, kinds, &wanted);
}
