//! What is counted and kept, with a clock by hand.

use std::collections::BTreeSet;

use http::StatusCode;
use proptest::prelude::*;

use super::*;
use crate::seam::fake::FakeClock;

/// A process without a request, and a project with one caller.
struct Scene {
    clock: Arc<FakeClock>,
    telemetry: Arc<Telemetry>,
    tally: Arc<Tally>,
    caller: Arc<CallerTally>,
}

impl Scene {
    fn new() -> Self {
        let clock = FakeClock::new();
        Self {
            telemetry: Arc::new(Telemetry::new(Arc::clone(&clock) as _)),
            tally: Arc::new(Tally::new("hr".into(), Arc::clone(&clock) as _)),
            caller: Arc::new(CallerTally::new("entra".into())),
            clock,
        }
    }

    fn request(&self, number: u64) -> Trail {
        Trail::new(RequestId::numbered(0, number), "GET", self.telemetry.now())
    }

    fn admitted(&self, number: u64) -> Trail {
        let trail = self.request(number);
        trail.enter(&self.tally);
        trail.admit(&self.caller);
        trail
    }

    fn end(&self, trail: Trail, status: u16) -> Duration {
        Ending::new(trail, Arc::clone(&self.telemetry)).answered(status)
    }
}

/// What is not zero, in words.
fn counted<R: Label, C: Label>(table: &Table<R, C>) -> Vec<(&'static str, &'static str, u64)> {
    let counts = table.iter().map(|(row, column, count)| (row.name(), column.name(), count));
    counts.filter(|(_, _, count)| *count > 0).collect()
}

fn ids(ring: &Ring) -> Vec<String> {
    ring.trails().iter().map(|trail| trail.id().to_owned()).collect()
}

fn every<L: Label>() {
    let places: Vec<usize> = L::ALL.iter().map(|label| label.place()).collect();
    assert_eq!(places, (0..L::ALL.len()).collect::<Vec<_>>());
    let words: BTreeSet<&str> = L::ALL.iter().map(|label| label.name()).collect();
    assert_eq!(words.len(), L::ALL.len(), "a word twice: {words:?}");
}

#[test]
fn every_label_has_a_place_and_a_word_of_its_own() {
    every::<Operation>();
    every::<Cause>();
    every::<Call>();
    every::<Outcome>();
    every::<Sought>();
    every::<Recall>();
    every::<AlertKind>();
    every::<HandshakeFailure>();
    every::<Status>();
}

#[test]
fn every_status_that_is_answered_has_its_label() {
    let named = |code: StatusCode| {
        let reason = code.canonical_reason().unwrap_or_default();
        reason.to_ascii_uppercase().replace([' ', '-'], "_")
    };
    let source = include_str!("../api/respond.rs");
    let mut seen = 0;
    for part in source.split("StatusCode::").skip(1) {
        let name: String =
            part.chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').collect();
        let codes = (200..600).filter_map(|code| StatusCode::from_u16(code).ok());
        let Some(code) = codes.into_iter().find(|code| named(*code) == name) else { continue };
        assert_eq!(Status::of(Some(code.as_u16())).name(), code.as_str());
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
    assert_eq!(Status::of(Some(418)), Status::OTHER);
    assert_eq!(Status::of(None), Status::ABANDONED);
}

#[test]
fn a_request_is_counted_once_where_it_belongs() {
    let scene = Scene::new();
    let trail = scene.admitted(0);
    trail.ask(Operation::Read);
    scene.clock.advance(Duration::from_millis(30));
    assert_eq!(scene.end(trail, 200), Duration::from_millis(30));
    assert_eq!(counted(&scene.caller.requests), [("read", "200", 1)]);

    let trail = scene.request(1);
    trail.enter(&scene.tally);
    trail.refuse(Some(Cause::BadToken), None);
    scene.end(trail, 401);
    assert_eq!(counted(&scene.tally.strangers), [("other", "401", 1)]);

    let trail = scene.request(2);
    trail.refuse(Some(Cause::NoSuchPath), None);
    scene.end(trail, 404);
    assert_eq!(counted(&scene.telemetry.elsewhere.strangers), [("other", "404", 1)]);

    let refusals = |tally: &Tally| -> Vec<_> {
        tally.refusals.iter().filter(|(_, count)| *count > 0).collect()
    };
    assert_eq!(refusals(&scene.tally), [(Cause::BadToken, 1)]);
    assert_eq!(refusals(&scene.telemetry.elsewhere), [(Cause::NoSuchPath, 1)]);
    let took = |wanted| {
        let mut all = scene.tally.request_durations();
        all.find(|(operation, _)| *operation == wanted).map(|(_, durations)| durations.sum())
    };
    assert_eq!((took(Operation::Read), took(Operation::Other)), (Some(0.03), Some(0.0)));
    // Those with a caller, and those without one.
    assert_eq!(ids(&scene.tally.ring), ["00000000-0"]);
    assert_eq!(ids(&scene.telemetry.strangers), ["00000000-1", "00000000-2"]);
}

#[test]
fn a_request_that_nobody_waits_for_is_counted_too() {
    let scene = Scene::new();
    let trail = scene.admitted(0);
    trail.ask(Operation::Search);
    let calling = Calling::begin(&scene.tally, &trail, Call::Search);
    drop(Ending::new(trail.clone(), Arc::clone(&scene.telemetry)));
    assert_eq!(counted(&scene.caller.requests), [("search", "abandoned", 1)]);
    drop(calling);
    assert_eq!(counted(&scene.tally.calls), [("search", "abandoned", 1)]);
    let story = scene.tally.ring.trails()[0].story();
    assert_eq!((story.status, story.calls()), (None, 1));
}

#[test]
fn a_kept_trail_has_the_projects_name_and_does_not_keep_the_project() {
    let scene = Scene::new();
    scene.end(scene.admitted(0), 200);
    let story = scene.tally.ring.trails()[0].story();
    assert_eq!(story.project.as_deref(), Some("hr"));
    assert_eq!(Arc::strong_count(&scene.tally), 1);
}

#[test]
fn the_first_calls_are_told_and_the_others_counted() {
    let scene = Scene::new();
    let trail = scene.admitted(0);
    for page in 0..20 {
        let call = if page == 0 { Call::Search } else { Call::Follow };
        let calling = Calling::begin(&scene.tally, &trail, call);
        scene.clock.advance(Duration::from_millis(3));
        calling.ended(Outcome::Done, Some(200));
    }
    let story = trail.story();
    assert_eq!((story.steps().count(), story.calls()), (16, 20));
    let first =
        Step { call: Call::Search, outcome: Outcome::Done, status: Some(200), microseconds: 3000 };
    assert_eq!(story.steps().next(), Some(&first));
    assert_eq!(counted(&scene.tally.calls), [("search", "done", 1), ("follow", "done", 19)]);
}

#[test]
fn a_connection_is_open_as_long_as_its_seat() {
    let connections = Arc::new(Connections::default());
    let (first, second) = (connections.seat(), connections.seat());
    first.fail(HandshakeFailure::TimedOut);
    drop(first);
    assert_eq!((connections.open(), connections.accepted()), (1, 2));
    drop(second);
    assert_eq!(connections.open(), 0);
    let failures: Vec<_> = connections.failures.iter().collect();
    assert_eq!(failures, [(HandshakeFailure::Tls, 0), (HandshakeFailure::TimedOut, 1)]);
}

#[test]
fn a_date_is_the_walls_now_less_what_has_passed() {
    let scene = Scene::new();
    let then = scene.telemetry.now();
    let date = scene.clock.wall();
    scene.clock.advance(Duration::from_secs(90));
    assert_eq!(scene.telemetry.date(then), date);
}

proptest! {
    #[test]
    fn a_numbered_id_is_hexadecimal(prefix: u32, number: u64) {
        let id = RequestId::numbered(prefix, number);
        prop_assert_eq!(id.as_str(), format!("{prefix:08x}-{number:x}"));
    }

    #[test]
    fn a_named_id_is_the_beginning_of_its_word(word in any::<String>()) {
        let id = RequestId::named(&word);
        prop_assert!(word.starts_with(id.as_str()));
        prop_assert!(id.as_str() == word || id.as_str().len() > 25 - 4);
    }

    #[test]
    fn a_ring_keeps_the_last_ones_in_their_order(many in 0..3 * Ring::CAPACITY as u64) {
        let scene = Scene::new();
        let ring = Ring::default();
        for number in 0..many {
            ring.keep(scene.request(number));
        }
        let kept = many.min(Ring::CAPACITY as u64);
        let expected: Vec<_> = (many - kept..many).map(|n| format!("00000000-{n:x}")).collect();
        prop_assert_eq!(ids(&ring), expected);
    }

    #[test]
    fn a_duration_is_in_the_first_bucket_that_has_room_for_it(microseconds in 0..60_000_000_u64) {
        let durations = Durations::default();
        let duration = Duration::from_micros(microseconds);
        durations.observe(duration);
        let below = |bound: f64| duration.as_secs_f64() <= bound;
        let first = durations.buckets().position(|(bound, _)| below(bound));
        let counted = durations.buckets().position(|(_, count)| count == 1);
        prop_assert!(first.is_some() && first == counted, "{first:?} {counted:?}");
        prop_assert_eq!(durations.buckets().map(|(_, count)| count).sum::<u64>(), 1);
        prop_assert!((durations.sum() - duration.as_secs_f64()).abs() < 1e-9);
    }
}
