//! The layers that are not tested elsewhere: shedding, the deadline and the rescue.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tower::{Layer, Service, ServiceExt, service_fn};

use super::*;
use crate::seam::Clock;
use crate::seam::fake::FakeClock;

fn empty() -> Request<Full<Bytes>> {
    Request::new(Full::default())
}

#[tokio::test]
async fn what_finds_no_place_is_turned_away_at_once() {
    let endless = service_fn(|_: Request<Full<Bytes>>| std::future::pending::<Result<(), Error>>());
    let mut shed = ShedLayer::new(1).layer(endless);
    let first = tokio::spawn(shed.call(empty()));
    let second = shed.call(empty()).await;
    assert!(matches!(second, Err(Error::Overloaded)));
    first.abort();
    let _ = first.await;
    let third = tokio::spawn(shed.call(empty()));
    tokio::task::yield_now().await;
    assert!(!third.is_finished(), "the place is free again");
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let clock = FakeClock::new();
    let endless = service_fn(|_: Request<Full<Bytes>>| std::future::pending::<Result<(), Error>>());
    let layer = DeadlineLayer::new(Duration::from_secs(30), Arc::clone(&clock) as Arc<dyn Clock>);
    let request = tokio::spawn(layer.layer(endless).oneshot(empty()));
    tokio::task::yield_now().await;
    clock.advance(Duration::from_secs(30));
    assert!(matches!(request.await.unwrap(), Err(Error::TimedOut)));
}

#[tokio::test]
async fn a_panic_is_a_plain_500_and_the_next_request_is_served() {
    let shaky = service_fn(|request: Request<Full<Bytes>>| async move {
        assert!(request.uri().path() != "/panic", "a mistake of ours");
        Ok::<_, Error>(Response::new(Full::new(Bytes::from_static(b"fine"))))
    });
    let rescue = RescueLayer.layer(shaky);
    let mut request = empty();
    *request.uri_mut() = "/panic".parse().unwrap();
    let answer: Result<_, Infallible> = rescue.clone().oneshot(request).await;
    assert_eq!(answer.unwrap().status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(rescue.oneshot(empty()).await.unwrap().status(), StatusCode::OK);
}
