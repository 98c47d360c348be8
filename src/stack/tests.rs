//! The layers that are not tested elsewhere: shedding, the deadline and the rescue.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tower::{Layer, Service, ServiceExt, service_fn};

use super::*;
use crate::generation::{Generation, Limits};
use crate::seam::Clock;
use crate::seam::fake::FakeClock;
use crate::seam::real;
use crate::telemetry::Label;

fn empty() -> Request<Full<Bytes>> {
    taking(1)
}

/// A request whose generation has that many places.
fn taking(concurrent_requests: usize) -> Request<Full<Bytes>> {
    let deadline = Duration::from_secs(30);
    let limits = Limits { body_bytes: 1, concurrent_requests, deadline };
    let mut request = Request::new(Full::default());
    request.extensions_mut().insert(Arc::new(Generation { projects: Vec::new(), limits }));
    request
}

#[tokio::test]
async fn what_finds_no_place_is_turned_away_at_once() {
    let endless = service_fn(|_: Request<Full<Bytes>>| std::future::pending::<Result<(), Error>>());
    let mut shed = ShedLayer::default().layer(endless);
    let first = tokio::spawn(shed.call(empty()));
    let second = shed.call(empty()).await;
    assert!(matches!(second, Err(Error::Overloaded)));
    first.abort();
    let _ = first.await;
    let third = tokio::spawn(shed.call(empty()));
    tokio::task::yield_now().await;
    assert!(!third.is_finished(), "the place is free again");
    // A newer generation may have more places, and counts those that are taken already.
    let fourth = tokio::spawn(shed.call(taking(2)));
    tokio::task::yield_now().await;
    assert!(!fourth.is_finished());
    assert!(matches!(shed.call(taking(2)).await, Err(Error::Overloaded)));
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let clock = FakeClock::new();
    let endless = service_fn(|_: Request<Full<Bytes>>| std::future::pending::<Result<(), Error>>());
    let layer = DeadlineLayer::new(Arc::clone(&clock) as Arc<dyn Clock>);
    let request = tokio::spawn(layer.layer(endless).oneshot(empty()));
    tokio::task::yield_now().await;
    clock.advance(Duration::from_secs(30));
    assert!(matches!(request.await.unwrap(), Err(Error::TimedOut)));
}

#[tokio::test]
async fn a_panic_is_a_plain_500_and_the_next_request_is_served() {
    let shaky = service_fn(|request: Request<Full<Bytes>>| {
        Box::pin(async move {
            assert!(request.uri().path() != "/panic", "a mistake of ours");
            Ok::<_, Error>(Response::new(Full::new(Bytes::from_static(b"fine"))))
        })
    });
    let rescue = RescueLayer.layer(shaky);
    let mut request = empty();
    *request.uri_mut() = "/panic".parse().unwrap();
    let answer: Result<_, Infallible> = rescue.clone().oneshot(request).await;
    assert_eq!(answer.unwrap().status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(rescue.oneshot(empty()).await.unwrap().status(), StatusCode::OK);
}

/// What was counted of requests under no project's path: statuses, and causes of refusals.
fn counted(telemetry: &Telemetry) -> Vec<(&'static str, u64)> {
    let tally = &telemetry.elsewhere;
    let statuses = tally.strangers.iter().map(|(_, status, count)| (status.name(), count));
    let causes = tally.refusals.iter().map(|(cause, count)| (cause.name(), count));
    statuses.chain(causes).filter(|(_, count)| *count > 0).collect()
}

#[tokio::test]
async fn however_a_request_ends_it_is_counted() {
    let seams = real::seams();
    let telemetry = Arc::new(Telemetry::new(Arc::clone(&seams.clock)));
    let service = service_fn(|request: Request<Full<Bytes>>| {
        Box::pin(async move {
            match request.uri().path() {
                "/panic" => panic!("a mistake of ours"),
                "/full" => Err(Error::Overloaded),
                "/endless" => std::future::pending().await,
                _ => Ok(Response::new(Full::new(Bytes::new()))),
            }
        })
    });
    let trace = TraceLayer::new(&seams, Arc::clone(&telemetry)).layer(RescueLayer.layer(service));
    let ask = |path: &str| {
        let mut request = empty();
        *request.uri_mut() = path.parse().unwrap();
        trace.clone().oneshot(request)
    };
    let mut ids = Vec::new();
    for (path, status) in [("/", 200), ("/full", 503), ("/panic", 500)] {
        let answer = ask(path).await.unwrap();
        assert_eq!(answer.status().as_u16(), status);
        ids.push(answer.headers()["x-request-id"].to_str().unwrap().to_owned());
    }
    let endless = tokio::spawn(ask("/endless"));
    tokio::task::yield_now().await;
    assert_eq!(counted(&telemetry).len(), 5);
    endless.abort();
    assert!(endless.await.unwrap_err().is_cancelled());
    let expected =
        ["200", "500", "503", "abandoned", "overloaded", "internal"].map(|word| (word, 1));
    assert_eq!(counted(&telemetry), expected);
    let trails = telemetry.strangers.trails();
    let kept: Vec<_> = trails.iter().map(|trail| trail.id()).collect();
    assert_eq!(kept[..3], ids);
    assert_eq!(trails[3].story().status, None);
}
