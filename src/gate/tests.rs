use std::num::NonZeroU32;

use http::{HeaderValue, Request};
use tower::{ServiceBuilder, ServiceExt, service_fn};

use super::*;
use crate::seam::Clock;
use crate::seam::fake::FakeClock;

const GOOD: &str = "scim_good";
const NEXT: &str = "scim_next";
const DEMO: &str = "scim_demo_good";

fn caller(name: &str, index: usize, tokens: &[&str], clock: &Arc<FakeClock>) -> Caller {
    let clock: Arc<dyn Clock> = Arc::clone(clock) as _;
    Caller {
        name: name.into(),
        index,
        hashes: tokens.iter().map(|token| TokenHash::of(token)).collect(),
        certificates: Vec::new(),
        rights: Rights::all().without(Right::Delete),
        limit: Arc::new(CallerLimit::new(pace(2, 3, 1000), clock)),
        tally: Arc::new(CallerTally::new(name.into())),
    }
}

fn pace(per_second: u32, burst: u32, queue_ms: u64) -> CallerPace {
    CallerPace {
        per_second: NonZeroU32::new(per_second).unwrap(),
        burst: NonZeroU32::new(burst).unwrap(),
        queue: Duration::from_millis(queue_ms),
        waiting: 64,
    }
}

fn callers(refuse_demo_tokens: bool) -> Callers {
    let clock = FakeClock::new();
    let entra = caller("entra", 0, &[GOOD, NEXT], &clock);
    let strict = caller("strict", 1, &["scim_other", DEMO], &clock);
    Callers::new(vec![entra, strict], refuse_demo_tokens)
}

fn authenticate(callers: &Callers, header: &str) -> Result<String, Denied> {
    callers
        .authenticate(Some(&HeaderValue::from_str(header).unwrap()))
        .map(|caller| caller.name.to_string())
}

#[test]
fn every_hash_of_every_caller_opens() {
    let callers = callers(false);
    for (token, name) in [(GOOD, "entra"), (NEXT, "entra"), ("scim_other", "strict")] {
        assert_eq!(authenticate(&callers, &format!("Bearer {token}")).unwrap(), name);
    }
    assert_eq!(callers.iter().count(), 2);
}

#[test]
fn the_scheme_is_known_in_any_letter_case_and_nothing_else_is() {
    let callers = callers(false);
    for header in ["bearer scim_good", "BEARER  scim_good ", "Bearer\tscim_good"] {
        assert_eq!(authenticate(&callers, header).unwrap(), "entra", "{header:?}");
    }
    for header in ["", "Bearer", "Bearer ", "Basic c2NpbV9nb29k", "Bearerscim_good", "scim_good"] {
        assert_eq!(authenticate(&callers, header), Err(Denied::MissingToken), "{header:?}");
    }
    assert_eq!(callers.authenticate(None).unwrap_err(), Denied::MissingToken);
    for token in ["scim_goo", "scim_good2", "Scim_good", "scim_good scim_good"] {
        let denied = authenticate(&callers, &format!("Bearer {token}"));
        assert_eq!(denied, Err(Denied::BadToken), "{token:?}");
    }
    let long = format!("Bearer {}", "x".repeat(5000));
    assert_eq!(authenticate(&callers, &long), Err(Denied::BadToken));
}

#[test]
fn the_demonstrations_tokens_open_only_the_demonstration() {
    let header = format!("Bearer {DEMO}");
    assert_eq!(authenticate(&callers(false), &header).unwrap(), "strict");
    assert_eq!(authenticate(&callers(true), &header), Err(Denied::BadToken));
    assert_eq!(authenticate(&callers(true), "Bearer scim_good").unwrap(), "entra");
}

#[test]
fn a_missing_right_is_named() {
    let caller = caller("entra", 0, &[], &FakeClock::new());
    assert_eq!(caller.require(Right::Read), Ok(()));
    let denied = caller.require(Right::Delete).unwrap_err();
    assert_eq!(denied.to_string(), "the caller does not have the right `delete`");
}

#[test]
fn seconds_to_wait_are_whole_and_at_least_one() {
    for (milliseconds, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2)] {
        let retry_after = Duration::from_millis(milliseconds);
        assert_eq!(Denied::TooManyRequests { retry_after }.retry_after(), Some(seconds));
    }
    assert_eq!(Denied::BadToken.retry_after(), None);
}

/// One door under `/scim/v2`.
#[derive(Clone)]
struct OneDoor(Arc<Door>);

impl Doors for OneDoor {
    fn door(&self, path: &str, _: &Extensions) -> Option<Arc<Door>> {
        path.starts_with("/scim/v2/").then(|| Arc::clone(&self.0))
    }
}

fn door(clock: &Arc<FakeClock>) -> OneDoor {
    OneDoor(Arc::new(Door {
        tally: Arc::new(Tally::new("hr".into(), Arc::clone(clock) as _)),
        callers: Callers::new(vec![caller("entra", 0, &[GOOD], clock)], false),
        failures: Arc::new(FailureLimit::new(FailurePace::default(), Arc::clone(clock) as _)),
    }))
}

fn request(path: &str, tokens: &[&str]) -> Request<()> {
    let mut request = Request::get(path).body(()).unwrap();
    request.extensions_mut().insert(PeerAddr("192.0.2.1:999".parse().unwrap()));
    for token in tokens {
        let value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
        request.headers_mut().append(AUTHORIZATION, value);
    }
    request
}

/// The name of the caller as the service inside both layers sees it.
async fn pass(doors: &OneDoor, request: Request<()>) -> Result<String, Denied> {
    let stack = ServiceBuilder::new()
        .layer(AuthenticateLayer::new(doors.clone()))
        .layer(CallerLimitLayer)
        .service(service_fn(|request: Request<()>| async move {
            let caller = request.extensions().get::<Arc<Caller>>().unwrap();
            Ok::<_, Denied>(caller.name.to_string())
        }));
    stack.oneshot(request).await
}

#[tokio::test]
async fn only_a_known_token_goes_inward() {
    let clock = FakeClock::new();
    let doors = door(&clock);
    assert_eq!(pass(&doors, request("/scim/v2/Users", &[GOOD])).await.unwrap(), "entra");
    assert_eq!(pass(&doors, request("/else", &[GOOD])).await, Err(Denied::NoSuchPath));
    assert_eq!(pass(&doors, request("/scim/v2/Users", &[])).await, Err(Denied::MissingToken));
    let twice = request("/scim/v2/Users", &[GOOD, GOOD]);
    assert_eq!(pass(&doors, twice).await, Err(Denied::BadToken));
}

#[tokio::test]
async fn bad_attempts_are_charged_to_the_peer_and_never_to_its_good_neighbour() {
    let clock = FakeClock::new();
    let doors = door(&clock);
    for _ in 0..10 {
        let denied = pass(&doors, request("/scim/v2/Users", &["scim_bad"])).await;
        assert_eq!(denied, Err(Denied::BadToken));
    }
    for _ in 0..1000 {
        let denied = pass(&doors, request("/scim/v2/Users", &["scim_bad"])).await.unwrap_err();
        assert_eq!(denied.retry_after(), Some(1));
    }
    assert_eq!(pass(&doors, request("/scim/v2/Users", &[GOOD])).await.unwrap(), "entra");
    assert_eq!(pass(&doors, request("/scim/v2/Users", &[])).await, Err(Denied::MissingToken));
}

#[tokio::test]
async fn a_token_of_a_caller_with_certificates_comes_with_one_of_them_or_is_as_good_as_unknown() {
    let clock = FakeClock::new();
    let ours = [b"one".as_slice(), b"two"].map(Fingerprint::of).to_vec();
    let bound = Caller { certificates: ours, ..caller("entra", 0, &[GOOD], &clock) };
    let free = caller("okta", 1, &[NEXT], &clock);
    let tally = Arc::new(Tally::new("hr".into(), Arc::clone(&clock) as _));
    let doors = OneDoor(Arc::new(Door {
        tally: Arc::clone(&tally),
        callers: Callers::new(vec![bound, free], false),
        failures: Arc::new(FailureLimit::new(FailurePace::default(), Arc::clone(&clock) as _)),
    }));
    let with = |token, certificate: Option<&[u8]>| {
        let mut request = request("/scim/v2/Users", &[token]);
        if let Some(certificate) = certificate {
            request.extensions_mut().insert(PeerCertificate::new(certificate));
        }
        request
    };
    for certificate in [b"one".as_slice(), b"two"] {
        assert_eq!(pass(&doors, with(GOOD, Some(certificate))).await.unwrap(), "entra");
        clock.advance(Duration::from_secs(1));
    }
    for certificate in [None, Some(b"two".as_slice()), Some(b"three")] {
        assert_eq!(pass(&doors, with(NEXT, certificate)).await.unwrap(), "okta");
        clock.advance(Duration::from_secs(1));
    }
    for certificate in [None, Some(b"three".as_slice()), Some(b"")] {
        for token in [GOOD, "scim_bad"] {
            assert_eq!(pass(&doors, with(token, certificate)).await, Err(Denied::BadToken));
        }
    }
    // Charged like any other failure, four more of which are allowed here.
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(pass(&doors, with(GOOD, None)).await.unwrap_err());
    }
    assert_eq!(answers[..4], [Denied::BadToken; 4]);
    assert!(matches!(answers[4], Denied::TooManyFailures { .. }));
    assert_eq!(pass(&doors, with(GOOD, Some(b"one"))).await.unwrap(), "entra");
    let alerts = tally.alerts.iter().find(|(alert, _)| *alert == AlertKind::Certificate);
    assert_eq!(
        alerts.map(|(_, count)| count),
        Some(7),
        "one for each that was not refused at once"
    );
}

#[tokio::test]
async fn a_request_that_nobody_vouched_for_is_not_charged_to_anybody() {
    let inner = service_fn(|_: Request<()>| async { Ok::<(), Denied>(()) });
    let service = ServiceBuilder::new().layer(CallerLimitLayer).service(inner);
    let denied = service.oneshot(request("/scim/v2/Users", &[])).await;
    assert_eq!(denied, Err(Denied::MissingToken));
}

/// Lets every other task run until it waits.
async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn after_the_burst_a_short_line_forms_and_then_no_more_come_in() {
    let clock = FakeClock::new();
    // Two a second and one second of patience: two places in line.
    let limit = Arc::new(CallerLimit::new(pace(2, 3, 1000), Arc::clone(&clock) as _));
    for _ in 0..3 {
        assert_eq!(limit.admit().await, Ok(()));
    }
    let mut line = Vec::new();
    for _ in 0..2 {
        let limit = Arc::clone(&limit);
        line.push(tokio::spawn(async move { limit.admit().await }));
        settle().await;
    }
    let denied = limit.admit().await.unwrap_err();
    assert_eq!(denied, Denied::TooManyRequests { retry_after: Duration::from_millis(1500) });
    assert_eq!(denied.retry_after(), Some(2));
    assert!(!line[0].is_finished());

    clock.advance(Duration::from_millis(500));
    settle().await;
    assert!(line[0].is_finished());
    assert!(!line[1].is_finished());

    clock.advance(Duration::from_millis(500));
    settle().await;
    assert!(line[1].is_finished());
    clock.advance(Duration::from_secs(1));
    assert_eq!(limit.admit().await, Ok(()));
}

#[tokio::test]
async fn who_gives_up_leaves_the_line() {
    let clock = FakeClock::new();
    let limit = Arc::new(CallerLimit::new(pace(1, 1, 1000), Arc::clone(&clock) as _));
    assert_eq!(limit.admit().await, Ok(()));
    let waiting = tokio::spawn({
        let limit = Arc::clone(&limit);
        async move { limit.admit().await }
    });
    settle().await;
    assert!(limit.admit().await.is_err());
    waiting.abort();
    settle().await;
    clock.advance(Duration::from_secs(1));
    assert_eq!(limit.admit().await, Ok(()));
}

#[tokio::test]
async fn without_patience_there_is_no_line() {
    let clock = FakeClock::new();
    let limit = CallerLimit::new(pace(2, 1, 0), Arc::clone(&clock) as _);
    assert_eq!(limit.admit().await, Ok(()));
    let denied = limit.admit().await.unwrap_err();
    assert_eq!(denied, Denied::TooManyRequests { retry_after: Duration::from_millis(500) });
}

#[tokio::test]
async fn the_default_pace_is_far_above_entras() {
    let clock = FakeClock::new();
    let limit = CallerLimit::new(CallerPace::default(), Arc::clone(&clock) as _);
    // A minute of 25 a second, in bursts of 100.
    for _ in 0..15 {
        for _ in 0..100 {
            assert_eq!(limit.admit().await, Ok(()));
        }
        clock.advance(Duration::from_secs(4));
    }
}
