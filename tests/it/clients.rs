//! Clients that must show a certificate, and tokens that are good only with one.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use rcgen::{ExtendedKeyUsagePurpose, date_time_ymd};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, HandshakeKind, SupportedProtocolVersion};
use scim_sidecar::seam::{Socket, real};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::scene::{Answer, Card, Client, Dialect, Issuer, Legacy, Setup, Sidecar, ana};

static OLD: [&SupportedProtocolVersion; 1] = [&TLS12];
static NEW: [&SupportedProtocolVersion; 1] = [&TLS13];

/// The same client over every version of TLS and of HTTP.
fn every_way(client: &Client) -> Vec<Client> {
    let versions = [&OLD, &NEW].into_iter().map(|only| client.clone().speaking(only));
    versions.flat_map(|client| [client.clone().over_http1(), client]).collect()
}

async fn is_let_in(client: &Client) -> Option<Answer> {
    client.try_send(client.request("GET", "/Users/7"), "").await.ok()
}

#[tokio::test]
async fn only_clients_with_a_certificate_of_the_authority_get_in() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let (issuer, stranger) = (Issuer::new("ours"), Issuer::new("theirs"));
    let revoked = issuer.card(2);
    let list = issuer.list(&[&revoked], 3021);
    let sidecar = Sidecar::in_front_of(&legacy).asking(&issuer.pem(), Some(&list)).start().await;
    let expired = issuer.issue(3, |params| params.not_after = date_time_ymd(2021, 1, 1));
    let early = issuer.issue(4, |params| params.not_before = date_time_ymd(3021, 1, 1));
    let server = issuer.issue(5, |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    });
    // Of another authority that calls itself the same.
    let forged = Issuer::new("ours").card(1);
    let refused = [stranger.card(1), forged, revoked, expired, early, server];
    let good = issuer.card(1);
    for client in every_way(&sidecar.idp("entra")) {
        assert!(is_let_in(&client).await.is_none(), "without a certificate");
        for (number, card) in refused.iter().enumerate() {
            assert!(is_let_in(&client.clone().showing(card)).await.is_none(), "{number}");
        }
        let client = client.showing(&good);
        is_let_in(&client).await.unwrap().is(200);
        client.with_token_of_nobody().get("/Users/7").await.scim_error(401, "");
        client.without_token().get("/Users/7").await.scim_error(401, "");
    }
    sidecar.stop().await;
}

#[tokio::test]
async fn a_certificate_that_nobody_asks_for_does_no_harm() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let card = Issuer::new("somebody").card(1);
    for client in every_way(&sidecar.idp("entra").showing(&card)) {
        client.get("/Users/7").await.is(200);
    }
}

#[tokio::test]
async fn an_authority_that_a_reload_takes_away_vouches_for_no_new_connection() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let (old, new) = (Issuer::new("old"), Issuer::new("new"));
    let mut sidecar = Sidecar::in_front_of(&legacy).asking(&old.pem(), None).start().await;
    let open = every_way(&sidecar.idp("entra").showing(&old.card(1)));
    let coming = every_way(&sidecar.idp("entra").showing(&new.card(1)));
    for (open, coming) in open.iter().zip(&coming) {
        open.get("/Users/7").await.is(200);
        assert!(is_let_in(coming).await.is_none());
    }
    // Both for a while, then the new one alone.
    let both = format!("{}{}", old.pem(), new.pem());
    for (authorities, is_old_good) in [(both, true), (new.pem(), false)] {
        let load = sidecar.reload(|setup| setup.asking(&authorities, None)).await;
        assert!(load.taken, "{load:?}");
        assert_eq!(
            (&*load.changed, &load.findings[..]),
            (&["tls.client_ca".to_owned()][..], &[][..])
        );
        for (open, coming) in open.iter().zip(&coming) {
            open.get("/Users/7").await.is(200);
            coming.clone().anew().get("/Users/7").await.is(200);
            let again = is_let_in(&open.clone().anew()).await;
            assert_eq!(again.is_some(), is_old_good, "a new connection");
        }
    }
    // What cannot be read takes nothing away.
    let load = sidecar.reload(|setup| setup.asking("nothing", None)).await;
    assert!(!load.taken && load.findings[0].message.contains("CERTIFICATE-----"), "{load:?}");
    coming[0].clone().anew().get("/Users/7").await.is(200);
}

#[tokio::test]
async fn a_list_that_has_ended_lets_nobody_in_and_is_warned_of() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let issuer = Issuer::new("ours");
    let card = issuer.card(1);
    let mut sidecar = Sidecar::in_front_of(&legacy)
        .asking(&issuer.pem(), Some(&issuer.list(&[], 3021)))
        .start()
        .await;
    let client = sidecar.idp("entra").showing(&card);
    client.get("/Users/7").await.is(200);

    let ended = issuer.list(&[], 2022);
    let load = sidecar.reload(|setup| setup.asking(&issuer.pem(), Some(&ended))).await;
    assert!(load.taken);
    assert_eq!(load.findings.len(), 1, "{load:?}");
    let told = &load.findings[0];
    assert!(told.message.contains("was good until 2022-01-01T00:00:00Z"), "{told:?}");
    assert!(is_let_in(&client.clone().anew()).await.is_none());

    let revoking = issuer.list(&[&card], 3021);
    let load = sidecar.reload(|setup| setup.asking(&issuer.pem(), Some(&revoking))).await;
    assert!(load.taken && load.findings.is_empty(), "{load:?}");
    assert!(is_let_in(&client.clone().anew()).await.is_none());
    client.showing(&issuer.card(2)).get("/Users/7").await.is(200);
}

/// A connection that remembers what `config` does, after one request over it.
async fn served(config: &Arc<ClientConfig>, sidecar: &Sidecar) -> io::Result<TlsStream<Socket>> {
    let socket = real::seams().connector.connect("127.0.0.1", sidecar.address().port()).await?;
    let name = ServerName::IpAddress(Ipv4Addr::LOCALHOST.into());
    let mut stream = TlsConnector::from(Arc::clone(config)).connect(name, socket).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: sidecar\r\nconnection: close\r\n\r\n").await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    assert!(answer.starts_with(b"HTTP/1.1 404 "), "{answer:?}");
    Ok(stream)
}

#[tokio::test]
async fn nobody_resumes_where_certificates_are_asked_for() {
    let legacy = Legacy::start(Dialect::Odata).await;
    let issuer = Issuer::new("ours");
    let card = issuer.card(1);
    for (setup, expected) in [
        (Sidecar::in_front_of(&legacy), HandshakeKind::Resumed),
        (Sidecar::in_front_of(&legacy).asking(&issuer.pem(), None), HandshakeKind::Full),
    ] {
        let sidecar = setup.start().await;
        for only in [&OLD, &NEW] {
            let provider = Arc::new(aws_lc_rs::default_provider());
            let config = ClientConfig::builder_with_provider(provider)
                .with_protocol_versions(only)
                .unwrap()
                .with_root_certificates(sidecar.authority().roots());
            let config = Arc::new(card.shown_by(config));
            served(&config, &sidecar).await.unwrap();
            let again = served(&config, &sidecar).await.unwrap();
            assert_eq!(again.get_ref().1.handshake_kind(), Some(expected), "{only:?}");
        }
    }
}

/// With these certificates for the tokens of a caller.
fn bound(setup: Setup, cards: &[&Card]) -> Setup {
    let fingerprints: Vec<String> =
        cards.iter().map(|card| card.fingerprint().to_string()).collect();
    setup.caller_anew("entra", &format!("certificates = {fingerprints:?}"))
}

#[tokio::test]
async fn a_stolen_token_is_worth_nothing_without_its_certificate() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let issuer = Issuer::new("ours");
    let (ours, next, other) = (issuer.card(1), issuer.card(2), issuer.card(3));
    let setup = Sidecar::in_front_of(&legacy).asking(&issuer.pem(), None);
    let mut sidecar = bound(setup.limits("failure_burst = 100"), &[&ours]).start().await;
    let (entra, okta) = (sidecar.idp("entra"), sidecar.idp("okta"));
    let unknown = okta.clone().showing(&other).with_token_of_nobody().get("/Users/7").await;
    let unknown = unknown.scim_error(401, "").to_owned();
    let holders = every_way(&entra.clone().showing(&ours));
    let thieves = every_way(&entra.clone().showing(&other));
    for (holder, thief) in holders.iter().zip(&thieves) {
        holder.get("/Users/7").await.is(200);
        // As if the token were unknown, to the letter.
        let answer = thief.get("/Users/7").await;
        assert_eq!(answer.scim_error(401, ""), unknown);
        assert!(answer.header("www-authenticate").contains("invalid_token"), "{answer}");
    }
    // Who names no certificate takes any.
    okta.clone().showing(&other).get("/Users/7").await.is(200);

    // Over open connections too: the next one, both, and then the next one alone.
    let renewed = entra.showing(&next);
    renewed.get("/Users/7").await.scim_error(401, "");
    for (cards, is_old_good) in [(&[&*ours, &*next][..], true), (&[&*next], false)] {
        let load = sidecar.reload(|setup| bound(setup, cards)).await;
        assert_eq!(load.changed, ["project[hr].caller[entra].certificates"], "{load:?}");
        renewed.get("/Users/7").await.is(200);
        for holder in &holders {
            let status = holder.get("/Users/7").await.status.as_u16();
            assert_eq!(status, if is_old_good { 200 } else { 401 });
        }
    }
}

#[tokio::test]
async fn a_token_without_its_certificate_is_charged_like_an_unknown_one() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let issuer = Issuer::new("ours");
    let (ours, other) = (issuer.card(1), issuer.card(2));
    let setup = Sidecar::in_front_of(&legacy).asking(&issuer.pem(), None);
    let sidecar = bound(setup, &[&ours]).limits("failure_burst = 3").start().await;
    let thief = sidecar.idp("entra").showing(&other);
    let refused = loop {
        let answer = thief.get("/Users/7").await;
        if answer.status.as_u16() != 401 {
            break answer;
        }
    };
    refused.scim_error(429, "");
    sidecar.idp("entra").showing(&ours).get("/Users/7").await.is(200);
}
