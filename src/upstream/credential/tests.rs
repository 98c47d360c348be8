use std::sync::atomic::{AtomicU32, Ordering};

use http::Response;

use super::*;
use crate::record::UpstreamKey;
use crate::seam::Seams;
use crate::upstream::dialect::{Action, Call, OData};
use crate::upstream::error::{Blame, Retry};
use crate::upstream::stage::{HandClock, Paper, Seen, json, seams, serve, soon, upstream, users};
use crate::upstream::{Settings, Upstream};

const SEVEN: UpstreamKey = UpstreamKey::Integer(7);

/// An upstream with a project's token endpoint and a row, both answering by a function.
struct Project {
    upstream: Upstream,
    seams: Seams,
    clock: Arc<HandClock>,
    seen: Seen,
    secret: Paper,
}

fn oauth2(secret: &Paper, token_url: &str) -> Credential {
    Credential::OAuth2 {
        token_url: token_url.into(),
        client_id: "side car".into(),
        client_secret: SecretSource::File(secret.path().into()),
        scope: Some("api openid".into()),
    }
}

impl Project {
    fn new(
        answer: impl Fn(&Request<Bytes>) -> Response<Bytes> + Clone + Send + Sync + 'static,
    ) -> Self {
        let secret = Paper::new("s3cr:t");
        let (url, seen) = serve(answer);
        let (seams, clock) = seams();
        let upstream = upstream(&url, oauth2(&secret, "oauth2/server/token"), &seams);
        Self { upstream, seams, clock, seen, secret }
    }

    async fn read(&self) -> Result<StatusCode, Error> {
        self.read_by(soon(&self.seams)).await
    }

    async fn read_by(&self, deadline: Duration) -> Result<StatusCode, Error> {
        let users = users();
        let call = Call { entity: &users, action: Action::Read { key: &SEVEN } };
        self.upstream.send(&OData, &call, deadline).await.map(|answer| answer.status)
    }

    fn tokens(&self) -> usize {
        self.seen.lines().iter().filter(|line| *line == "POST /Demo/oauth2/server/token").count()
    }
}

fn is_token(request: &Request<Bytes>) -> bool {
    request.method() == Method::POST
}

/// A server that grants `t1`, `t2`, … for some seconds and takes every one of them.
fn granting(expires_in: &str) -> impl Fn(&Request<Bytes>) -> Response<Bytes> + Clone + use<> {
    let count = Arc::new(AtomicU32::new(0));
    let expires_in = expires_in.to_owned();
    move |request| {
        if !is_token(request) {
            return json(200, r#"{"idUser":7}"#);
        }
        let count = count.fetch_add(1, Ordering::SeqCst) + 1;
        let body = format!(
            r#"{{"access_token":"t{count}","token_type":"bearer","expires_in":{expires_in}}}"#
        );
        json(200, &body)
    }
}

#[tokio::test]
async fn a_token_is_fetched_as_the_rfc_says_and_used() {
    let project = Project::new(granting("3600"));
    project.read().await.unwrap();
    let lines = ["POST /Demo/oauth2/server/token", "GET /Demo/odata/data/WFUser(7)"];
    assert_eq!(project.seen.lines(), lines);
    let pair = STANDARD.encode("side%20car:s3cr%3At");
    assert_eq!(project.seen.header(0, "authorization"), format!("Basic {pair}"));
    assert_eq!(project.seen.header(0, "content-type"), "application/x-www-form-urlencoded");
    assert_eq!(project.seen.body(0), "grant_type=client_credentials&scope=api%20openid");
    assert_eq!(project.seen.header(1, "authorization"), "Bearer t1");
}

#[tokio::test]
async fn one_fetch_serves_all_who_wait() {
    let project = Arc::new(Project::new(granting("3600")));
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let project = Arc::clone(&project);
            tokio::spawn(async move { project.read().await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(project.tokens(), 1);
}

#[tokio::test]
async fn one_failure_serves_all_who_wait_and_is_soon_forgotten() {
    let project = Arc::new(Project::new(|_| json(500, "")));
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let project = Arc::clone(&project);
            tokio::spawn(async move { project.read().await })
        })
        .collect();
    for task in tasks {
        let error = task.await.unwrap().unwrap_err();
        assert_eq!(error.kind, Kind::Refused(Class::Unavailable));
    }
    assert_eq!(project.tokens(), 1);
    project.clock.advance(REMEMBERED);
    project.read().await.unwrap_err();
    assert_eq!(project.tokens(), 2);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    for (expires_in, fresh, renewed) in [
        ("3600", 3539, 3541),
        ("\"100\"", 79, 81),
        ("0", 239, 241),
        ("null", 239, 241),
        ("-5", 239, 241),
        ("1073001600", 86_339, 86_341),
        ("18446744073709551615", 86_339, 86_341),
        ("1e300", 86_339, 86_341),
    ] {
        let project = Project::new(granting(expires_in));
        project.read().await.unwrap();
        project.clock.advance(Duration::from_secs(fresh));
        project.read().await.unwrap();
        assert_eq!(project.tokens(), 1, "{expires_in}");
        project.clock.advance(Duration::from_secs(renewed - fresh));
        project.read().await.unwrap();
        assert_eq!(project.tokens(), 2, "{expires_in}");
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_renewed_is_used_to_its_end() {
    let down = Arc::new(AtomicU32::new(0));
    let (switch, granting) = (Arc::clone(&down), granting("1000"));
    let project = Project::new(move |request| {
        let down = switch.load(Ordering::SeqCst) == 1 && is_token(request);
        if down { json(503, "") } else { granting(request) }
    });
    project.read().await.unwrap();
    down.store(1, Ordering::SeqCst);
    project.clock.advance(Duration::from_secs(950));
    project.read().await.unwrap();
    project.clock.advance(Duration::from_secs(51));
    let error = project.read().await.unwrap_err();
    assert_eq!(error.kind, Kind::Refused(Class::Unavailable));
}

#[tokio::test]
async fn a_401_renews_the_token_with_the_secret_as_it_is_now_and_repeats_once() {
    let granting = granting("3600");
    let project = Project::new(move |request| {
        let old = request.headers()["authorization"] == "Bearer t1";
        if old { json(401, "") } else { granting(request) }
    });
    project.secret.write("new");
    project.read().await.unwrap();
    assert_eq!(project.tokens(), 2);
    let pair = STANDARD.encode("side%20car:new");
    assert_eq!(project.seen.header(2, "authorization"), format!("Basic {pair}"));
    assert_eq!(project.seen.header(3, "authorization"), "Bearer t2");
}

#[tokio::test]
async fn a_second_401_is_about_our_credential() {
    let granting = granting("3600");
    let project = Project::new(move |request| match is_token(request) {
        true => granting(request),
        false => json(401, r#"{"message":"t1 is bad"}"#),
    });
    let error = project.read().await.unwrap_err();
    assert_eq!(error.kind, Kind::Refused(Class::Credential));
    assert_eq!((error.blame, error.retry), (Blame::Credential, Retry::Never));
    assert_eq!(project.seen.count(), 4);
    assert!(!error.outcome_unknown());
}

#[tokio::test]
async fn a_token_endpoints_failures_are_told_apart() {
    for (status, body, kind) in [
        (400, r#"{"error":"invalid_client"}"#, Kind::Refused(Class::Credential)),
        (401, "", Kind::Refused(Class::Credential)),
        (404, "", Kind::Refused(Class::Credential)),
        (302, "", Kind::Strayed),
        (429, "", Kind::Refused(Class::Unavailable)),
        (503, "", Kind::Refused(Class::Unavailable)),
        (200, "<html>", Kind::Garbled),
        (200, "{}", Kind::Garbled),
        (200, r#"{"access_token":"","token_type":"bearer"}"#, Kind::Garbled),
        (200, r#"{"access_token":"t","token_type":"mac"}"#, Kind::Garbled),
        (200, r#"{"access_token":"t\r\nevil: 1"}"#, Kind::Refused(Class::Credential)),
    ] {
        let project = Project::new(move |_| {
            let mut answer = json(status, body);
            answer.headers_mut().insert("retry-after", HeaderValue::from_static("7"));
            answer
        });
        let error = project.read().await.unwrap_err();
        assert_eq!(error.kind, kind, "{status} {body}");
        if status == 503 {
            assert_eq!(error.retry_after, Some(7));
        }
    }
    let long = format!(r#"{{"access_token":"{}"}}"#, "t".repeat(LARGEST));
    let project = Project::new(move |_| json(200, &long));
    assert_eq!(project.read().await.unwrap_err().kind, Kind::Garbled);
}

#[tokio::test]
async fn a_token_endpoints_error_is_told_in_the_rfcs_words_alone() {
    for (body, told) in [
        (r#"{"error":"invalid_client"}"#, " and the error `invalid_client`"),
        (
            r#"{"error":"invalid_scope","error_description":"hunter2"}"#,
            " and the error `invalid_scope`",
        ),
        (r#"{"error":"hunter2"}"#, ""),
        (r#"{"error":{"code":"invalid_scope"}}"#, ""),
        ("<html>invalid_scope</html>", ""),
    ] {
        let project = Project::new(move |_| json(400, body));
        let error = project.read().await.unwrap_err();
        let mut words = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            words = inner.to_string();
            cause = inner.source();
        }
        assert_eq!(words, format!("the token endpoint answered with status 400{told}"), "{body}");
    }
}

#[tokio::test]
async fn a_missing_secret_is_about_our_credential() {
    let project = Project::new(granting("3600"));
    let gone = SecretSource::File(project.secret.path().with_extension("gone"));
    let (seams, _) = seams();
    let upstream = upstream("http://127.0.0.1:1/", Credential::Bearer(gone), &seams);
    let users = users();
    let call = Call { entity: &users, action: Action::Read { key: &SEVEN } };
    let error = upstream.send(&OData, &call, soon(&seams)).await.unwrap_err();
    assert_eq!(error.kind, Kind::Refused(Class::Credential));
}

#[tokio::test]
async fn a_password_that_is_still_the_same_is_not_tried_again() {
    let secret = Paper::new("pw:1");
    let (url, seen) = serve(|request| {
        let new = format!("Basic {}", STANDARD.encode("ana:pw:2"));
        let fine = request.headers()["authorization"] == new.as_str();
        if fine { json(200, r#"{"idUser":7}"#) } else { json(401, "") }
    });
    let (seams, _) = seams();
    let password = SecretSource::File(secret.path().into());
    let credential = Credential::Basic { user: "ana".into(), password };
    let upstream = upstream(&url, credential, &seams);
    let users = users();
    let call = Call { entity: &users, action: Action::Read { key: &SEVEN } };
    let error = upstream.send(&OData, &call, soon(&seams)).await.unwrap_err();
    assert_eq!((error.kind, seen.count()), (Kind::Refused(Class::Credential), 1));
    secret.write("pw:2");
    upstream.send(&OData, &call, soon(&seams)).await.unwrap();
    assert_eq!(seen.count(), 3);
}

#[tokio::test]
async fn waiting_for_a_token_ends_with_the_deadline() {
    let project = Project::new(granting("3600"));
    let error = project.read_by(project.seams.clock.monotonic()).await.unwrap_err();
    assert_eq!(error.kind, Kind::TimedOut { outcome_unknown: false });
    // One caller's late hour is not another's.
    project.read().await.unwrap();
}

#[test]
fn a_token_endpoint_is_below_the_base_url_or_encrypted() {
    let origin = Origin::parse("https://legacy.example/HR").unwrap();
    for (url, expected) in [
        ("oauth2/server/token", Some("https://legacy.example/HR/oauth2/server/token")),
        ("https://login.example/token", Some("https://login.example/token")),
        ("http://127.0.0.1:1/token", Some("http://127.0.0.1:1/token")),
        ("http://login.example/token", None),
        ("../Sales/token", None),
        ("//evil.example/token", None),
        ("https://ana:pw@login.example/", None),
    ] {
        let found = endpoint(url, &origin, false).ok().map(|url| url.to_string());
        assert_eq!(found.as_deref(), expected, "{url}");
    }
}

#[test]
fn nothing_prints_a_secret() {
    let pass = Pass {
        header: sensitive("Bearer t0ken").ok(),
        number: 1,
        renew_at: Duration::ZERO,
        ends_at: Duration::ZERO,
    };
    assert!(!format!("{pass:?} {:?}", pass.header()).contains("t0ken"));
    let granted = token::read(br#"{"access_token":"t0ken"}"#);
    assert!(!format!("{granted:?}").contains("t0ken"));
    let settings = Settings::new("https://legacy.example/");
    assert!(format!("{settings:?}").contains("None"));
}
