//! `/traffic`: the last requests of each project, and the calls that each became.
//!
//! There is nothing in it that a trail does not keep: no path, no id, no filter, no value. Who wants
//! to know which person a write was about takes the request id to the audit lines of the log.

use std::cmp::Reverse;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::View;
use crate::telemetry::{Label, Step, Story, Telemetry, Trail};

/// Which requests are asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Narrow {
    project: Option<String>,
    status: Option<Statuses>,
}

/// Which answers are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Statuses {
    /// Of one status.
    One(u16),
    /// Of a class: `4` for 400 to 499.
    Class(u16),
}

impl Statuses {
    fn parse(text: &str) -> Option<Self> {
        let (class, rest) = text.split_at_checked(1)?;
        let class = class.parse().ok().filter(|class| (1..=5).contains(class))?;
        match rest {
            "xx" => Some(Self::Class(class)),
            digits if digits.len() == 2 => text.parse().ok().map(Self::One),
            _ => None,
        }
    }

    fn holds(self, status: Option<u16>) -> bool {
        match self {
            Self::One(one) => status == Some(one),
            Self::Class(class) => status.is_some_and(|status| status / 100 == class),
        }
    }
}

impl Narrow {
    /// Reads a query such as `project=hr&status=4xx`, where these are the projects. None of their
    /// names needs to be encoded.
    ///
    /// # Errors
    /// What was expected, and what was found.
    pub(super) fn parse(query: &str, projects: &[&str]) -> Result<Self, String> {
        let mut narrow = Self::default();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name {
                "project" if projects.contains(&value) => narrow.project = Some(value.to_owned()),
                "project" => {
                    let known = projects.join("` or `");
                    return Err(format!("expected the project `{known}`, found `{value}`"));
                }
                "status" => {
                    let statuses = Statuses::parse(value).ok_or_else(|| {
                        format!("expected a status such as 404 or 4xx, found `{value}`")
                    })?;
                    narrow.status = Some(statuses);
                }
                other => return Err(format!("expected `project` or `status`, found `{other}`")),
            }
        }
        Ok(narrow)
    }

    fn wants(&self, story: &Story) -> bool {
        let project = story.project.as_deref();
        self.project.as_deref().is_none_or(|wanted| project == Some(wanted))
            && self.status.is_none_or(|statuses| statuses.holds(story.status))
    }
}

/// The requests that are kept and asked for, those that ended last first.
pub(super) fn told(view: &View, narrow: &Narrow) -> Json {
    let generation = view.current.take();
    let rings = generation.projects.iter().map(|project| &project.provisioner.tally.ring);
    let trails = rings.chain([&view.telemetry.strangers]).flat_map(|ring| ring.trails());
    let mut kept: Vec<(Trail, Story)> = trails
        .map(|trail| {
            let story = trail.story();
            (trail, story)
        })
        .filter(|(_, story)| narrow.wants(story))
        .collect();
    // Each ring is in order already; those of one moment stay as they are.
    kept.reverse();
    kept.sort_by_key(|(trail, story)| Reverse(trail.begun().saturating_add(story.duration)));
    let requests: Vec<Json> =
        kept.iter().map(|(trail, story)| request(&view.telemetry, trail, story)).collect();
    json!({ "requests": requests })
}

fn request(telemetry: &Telemetry, trail: &Trail, story: &Story) -> Json {
    let at = Timestamp::try_from(telemetry.date(trail.begun())).ok();
    let steps: Vec<Json> = story.steps().map(call).collect();
    let more = story.calls().saturating_sub(steps.len());
    json!({
        "at": at.map(|at| format!("{at:.3}")),
        "request_id": trail.id(),
        "project": story.project.as_deref(),
        "caller": story.caller.as_ref().map(|caller| &*caller.name),
        "method": trail.method(),
        "operation": story.operation.name(),
        "status": story.status,
        "scim_type": story.scim_type,
        "refused": story.cause.map(Label::name),
        "milliseconds": milliseconds(story.duration.as_micros()),
        "upstream": steps,
        "upstream_not_shown": more,
    })
}

fn call(step: &Step) -> Json {
    json!({
        "call": step.call.name(),
        "outcome": step.outcome.name(),
        "status": step.status,
        "milliseconds": milliseconds(step.microseconds.into()),
    })
}

/// Microseconds as milliseconds, with three places.
fn milliseconds(microseconds: u128) -> f64 {
    f64::from(u32::try_from(microseconds).unwrap_or(u32::MAX)) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_narrows_or_says_what_is_wrong_with_it() {
        assert_eq!(Narrow::parse("", &[]), Ok(Narrow::default()));
        let narrow = Narrow::parse("project=hr&status=4xx", &["hr", "sales"]).unwrap();
        assert_eq!(narrow.project.as_deref(), Some("hr"));
        let statuses = narrow.status.unwrap();
        let holds = [399, 400, 404, 499, 500].map(|status| statuses.holds(Some(status)));
        assert_eq!(holds, [false, true, true, true, false]);
        assert!(!statuses.holds(None), "nobody was answered");
        let statuses = Statuses::parse("503").unwrap();
        assert!(statuses.holds(Some(503)) && !statuses.holds(Some(500)));
        for wrong in ["", "4", "4x", "xx", "0xx", "6xx", "4044", "40é", "é04"] {
            assert_eq!(Statuses::parse(wrong), None, "{wrong}");
        }
        let wrong = Narrow::parse("project=hrr", &["hr", "sales"]).unwrap_err();
        assert_eq!(wrong, "expected the project `hr` or `sales`, found `hrr`");
        let wrong = Narrow::parse("caller=entra", &[]).unwrap_err();
        assert!(wrong.contains("expected `project` or `status`") && wrong.contains("`caller`"));
    }
}
