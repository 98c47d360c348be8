//! Two changes that meet: line 101.

use std::time::Duration;

use http::Method;
use scim_sidecar::legacy::{Fault, Kind};
use serde_json::json;
use tokio::task::JoinSet;

use super::{PROPERTIES, operation};
use crate::scene::{Dialect, Legacy, Sidecar, ana, on_all};

on_all! {
    c101_two_changes_at_once_are_both_kept,
    c101_a_row_that_changed_in_between_is_read_again,
    c101_however_many_write_at_once_nobody_who_named_no_version_is_refused,
}

async fn c101_two_changes_at_once_are_both_kept(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    for round in 0..3 {
        // The write that arrives first waits, so the other one is in between.
        let wait = Kind::Latency(Duration::from_millis(50));
        legacy.fault(Fault::once(wait).on(Method::PATCH));
        let given = operation("Replace", "name.givenName", json!(format!("Ana {round}")));
        let number = format!("{PROPERTIES}:IdentificationNumber");
        let number = operation("Replace", &number, json!(round.to_string()));
        let (one, other) =
            tokio::join!(idp.patch("/Users/7", given), idp.patch("/Users/7", number));
        one.is(200);
        other.is(200);
        let row = legacy.person(7);
        assert_eq!(row["FirstName"], format!("Ana {round}"));
        assert_eq!(row["IdentificationNumber"], round.to_string());
    }
}

async fn c101_a_row_that_changed_in_between_is_read_again(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let changed = || Kind::Status { code: 412, retry_after: None, body: String::new() };
    let given = |name: &str| operation("Replace", "name.givenName", json!(name));
    legacy.fault(Fault::once(changed()).on(Method::PATCH));
    idp.patch("/Users/7", given("Anita")).await.is(200);
    assert_eq!(legacy.person(7)["FirstName"], "Anita");
    // For ever it is not tried.
    legacy.fault(Fault::always(changed()).on(Method::PATCH));
    let answer = idp.patch("/Users/7", given("Ana")).await;
    answer.scim_error(412, "");
    assert_eq!(legacy.person(7)["FirstName"], "Anita");
}

async fn c101_however_many_write_at_once_nobody_who_named_no_version_is_refused(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let whole = idp.get("/Users/7").await.is(200).clone();
    let mut writers = JoinSet::new();
    for number in 0..24 {
        let (idp, whole) = (idp.clone(), whole.clone());
        writers.spawn(async move {
            let given = operation("Replace", "name.givenName", json!(format!("Ana {number}")));
            let answer = match number % 6 {
                0 => idp.put("/Users/7", whole).await,
                _ => idp.patch("/Users/7", given).await,
            };
            answer.status.as_u16()
        });
    }
    assert_eq!(writers.join_all().await, [200; 24]);

    let mut writers = JoinSet::new();
    for number in 0..12 {
        let idp = idp.clone();
        writers.spawn(async move {
            let given = operation("Replace", "name.givenName", json!(format!("Eva {number}")));
            let (answer, expected) = match number {
                6 => (idp.delete("/Users/7").await, [204, 204]),
                _ => (idp.patch("/Users/7", given).await, [200, 404]),
            };
            (answer.status.as_u16(), expected)
        });
    }
    for (status, expected) in writers.join_all().await {
        assert!(expected.contains(&status), "{status}, expected one of {expected:?}");
    }
    idp.get("/Users/7").await.scim_error(404, "");
}
