//! How often somebody may come, and what strangers' tokens cost whom.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::scene::{Answer, Client, Dialect, Legacy, Sidecar, ana};

/// Many requests at once, each answered.
async fn at_once(client: &Client, many: usize) -> Vec<Answer> {
    let mut set = JoinSet::new();
    for _ in 0..many {
        let client = client.clone();
        set.spawn(async move { client.get("/Users/7").await });
    }
    set.join_all().await
}

#[tokio::test]
async fn c115_above_its_limit_a_caller_is_told_when_to_come_back() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let pace = "rate = 1\nburst = 2\nqueue = \"0s\"";
    let sidecar = Sidecar::in_front_of(&legacy).caller("entra", pace).start().await;
    let entra = sidecar.idp("entra");
    let answers = at_once(&entra, 50).await;
    let (well, refused): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.status.as_u16() == 200);
    assert!(well.len() >= 2 && !refused.is_empty(), "{} of 50", well.len());
    for answer in &refused {
        answer.scim_error(429, "");
        assert_eq!(answer.header("retry-after"), "1");
    }
    assert_eq!(legacy.calls().len(), well.len(), "the others cost the server behind nothing");
    // A neighbour is not concerned.
    sidecar.idp("okta").get("/Users/7").await.is(200);
    loop {
        let answer = entra.get("/Users/7").await;
        if answer.status.as_u16() == 200 {
            break;
        }
        let wait = answer.header("retry-after").parse().unwrap();
        tokio::time::sleep(Duration::from_secs(wait)).await;
    }
}

#[tokio::test]
async fn c115_a_short_line_comes_before_a_refusal() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let pace = "rate = 50\nburst = 1\nqueue = \"2s\"";
    let sidecar = Sidecar::in_front_of(&legacy).caller("entra", pace).start().await;
    for answer in at_once(&sidecar.idp("entra"), 20).await {
        answer.is(200);
    }
}

#[tokio::test]
async fn c134_bad_tokens_are_answered_at_once_and_delay_nobody() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let good = sidecar.idp("entra");
    good.get("/Users/7").await.is(200);
    let bad = good.clone().with_token("scim_guess");
    let flood = {
        let bad = bad.clone();
        tokio::spawn(async move { at_once(&bad, 1000).await })
    };
    for _ in 0..20 {
        good.get("/Users/7").await.is(200);
    }
    let mut refused = [0, 0];
    for answer in flood.await.unwrap() {
        match answer.status.as_u16() {
            401 => {
                answer.scim_error(401, "");
                assert!(answer.header("www-authenticate").starts_with("Bearer"), "{answer}");
                refused[0] += 1;
            }
            _ => {
                answer.scim_error(429, "");
                assert!(!answer.header("retry-after").is_empty(), "{answer}");
                refused[1] += 1;
            }
        }
    }
    assert!(refused[0] >= 10 && refused[1] > 0, "{refused:?}");
    // Who presents nothing has guessed nothing.
    good.clone().without_token().get("/Users/7").await.scim_error(401, "");
    good.get("/Users/7").await.is(200);
    assert_eq!(legacy.calls().len(), 22);
}
