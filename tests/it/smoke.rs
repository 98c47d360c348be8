//! The scene itself.

use serde_json::json;

use crate::scene::{Dialect, Legacy, Sidecar, ana, fixture, on_all};

on_all! {
    a_person_is_disabled_by_one_write,
}

async fn a_person_is_disabled_by_one_write(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let answer = sidecar.idp("entra").patch("/Users/7", fixture("entra/deactivate.json")).await;
    assert_eq!(answer.status, 200, "{answer}");
    assert_eq!(legacy.writes(), [json!({ "enabled": false, "enabledForAssignation": false })]);
    assert_eq!(answer.events("audit").len(), 1);
    sidecar.stop().await;
}

#[tokio::test]
async fn every_caller_is_known_over_both_protocols() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    for caller in ["entra", "okta", "onelogin", "ping", "tolerant", "strict"] {
        let answer = sidecar.idp(caller).get("/Users/7").await;
        assert_eq!(answer.json["userName"], "ana@contoso.com", "{answer}");
        let answer = sidecar.idp(caller).over_http1().get("/Users/7").await;
        assert_eq!(answer.json["userName"], "ana@contoso.com", "{answer}");
    }
}
