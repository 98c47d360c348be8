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
