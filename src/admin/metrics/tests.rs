//! The text, of a tally that has nothing around it.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::seam::fake::FakeClock;
use crate::telemetry::{Cause, Ending, Operation, RequestId, Status, Telemetry, Trail};

/// A tally, as the text of nothing else.
#[derive(Debug)]
struct Alone(Tally);

impl Collector for Alone {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        Page(encoder).requests(&[], &self.0)
    }
}

fn text(tally: Tally) -> String {
    let mut registry = Registry::with_prefix(PREFIX);
    registry.register_collector(Box::new(Alone(tally)));
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    text
}

/// The value of the label `project` of the only line of requests.
fn project(text: &str) -> String {
    let start = "scim_sidecar_requests_total{project=\"";
    let line = text.lines().find_map(|line| line.strip_prefix(start)).unwrap();
    let (mut value, mut letters) = (String::new(), line.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '"' => return value,
            '\\' => match letters.next() {
                Some('n') => value.push('\n'),
                escaped => value.extend(escaped),
            },
            letter => value.push(letter),
        }
    }
    panic!("the label has no end: {line}");
}

proptest! {
    #[test]
    fn a_label_is_read_as_it_was_written(name in "[a-c\"\\\\\n é{}=,]*") {
        let tally = Tally::new(name.as_str().into(), FakeClock::new());
        tally.strangers.count(Operation::Other, Status::of(Some(401)));
        let text = text(tally);
        prop_assert_eq!(project(&text), name);
    }
}

#[test]
fn durations_are_added_up_in_seconds_and_the_last_bucket_has_no_bound() {
    let clock = FakeClock::new();
    let telemetry = Arc::new(Telemetry::new(Arc::clone(&clock) as _));
    for milliseconds in [7, 8, 40_000] {
        let trail = Trail::new(RequestId::numbered(0, 0), "GET", telemetry.now());
        clock.advance(Duration::from_millis(milliseconds));
        Ending::new(trail, Arc::clone(&telemetry)).answered(404);
    }
    let text = text(Arc::into_inner(telemetry).unwrap().elsewhere);
    let name = "scim_sidecar_request_duration_seconds";
    for (le, count) in [("0.005", 0), ("0.01", 2), ("1.0", 2), ("30.0", 2), ("+Inf", 3)] {
        let line =
            format!("{name}_bucket{{le=\"{le}\",project=\"\",operation=\"other\"}} {count}\n");
        assert!(text.contains(&line), "{line} in {text}");
    }
    assert!(text.contains("_sum{project=\"\",operation=\"other\"} 40.015\n"), "{text}");
    assert!(text.contains("_count{project=\"\",operation=\"other\"} 3\n"), "{text}");
}

#[test]
fn refusals_are_there_before_the_first_one_and_requests_are_not() {
    let tally = Tally::new("hr".into(), FakeClock::new());
    tally.refusals.count(Cause::Overloaded);
    let text = text(tally);
    let line = |cause: &str, count: u64| {
        format!("scim_sidecar_refusals_total{{project=\"hr\",cause=\"{cause}\"}} {count}\n")
    };
    for cause in Cause::ALL {
        let count = u64::from(*cause == Cause::Overloaded);
        assert!(text.contains(&line(cause.name(), count)), "{text}");
    }
    assert!(!text.contains("scim_sidecar_requests_total{"), "{text}");
    assert!(text.ends_with("# EOF\n"), "{text}");
}
