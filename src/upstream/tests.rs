use std::error::Error as _;

use http::Response;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::stage::{field, json, listener, seams, serve, soon, upstream, users};
use super::*;
use crate::record::{Delta, Entity, Predicate, Query, UpstreamKey};
use crate::secret::SecretSource;
use crate::value::Value;

const SEVEN: UpstreamKey = UpstreamKey::Integer(7);

fn read(entity: &Entity) -> Call<'_> {
    Call { entity, action: Action::Read { key: &SEVEN } }
}

fn everything() -> Query<'static> {
    Query { predicate: Predicate::TRUE, order: vec![], skip: 0, top: 2, count: false }
}

/// Reads a request's head and gives it as text.
async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).await.unwrap_or(0) > 0 {
        head.extend_from_slice(&byte);
    }
    String::from_utf8(head).unwrap()
}

#[tokio::test]
async fn a_row_is_read() {
    let (url, seen) = serve(|_| json(200, r#"{"idUser":7,"userName":"ana"}"#));
    let (seams, _) = seams();
    let upstream = upstream(&url, Credential::None, &seams);
    let users = users();
    let call = read(&users);
    let answer = upstream.send(&OData, &call, soon(&seams)).await.unwrap();
    let Ok(Outcome::Row(row)) = answer.outcome(&OData, &call) else { panic!("a row") };
    assert_eq!(*row.value(field(&users, "userName")), Value::text("ana"));
    assert_eq!(seen.lines(), ["GET /Demo/odata/data/WFUser(7)"]);
    assert_eq!(seen.header(0, "accept-encoding"), "gzip");
    assert_eq!(seen.header(0, "authorization"), "");
}

#[tokio::test]
async fn many_tasks_share_an_upstream() {
    let (url, _) = serve(|_| json(200, r#"{"idUser":7}"#));
    let (seams, _) = seams();
    let upstream = upstream(&url, Credential::None, &seams);
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let (upstream, deadline) = (upstream.clone(), soon(&seams));
            tokio::spawn(async move {
                let users = users();
                upstream.send(&OData, &read(&users), deadline).await.map(|answer| answer.status)
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap(), 200);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (elsewhere, visited) = serve(|_| json(200, r#"{"idUser":7}"#));
    let (url, seen) = serve(move |_| {
        let mut answer = json(302, "");
        answer.headers_mut().insert(LOCATION, elsewhere.parse().unwrap());
        answer
    });
    let (seams, _) = seams();
    let upstream = upstream(&url, Credential::None, &seams);
    let users = users();
    let error = upstream.send(&OData, &read(&users), soon(&seams)).await.unwrap_err();
    assert_eq!((error.kind, error.blame), (Kind::Strayed, Blame::Upstream));
    assert_eq!((seen.count(), visited.count()), (1, 0));
}

#[tokio::test]
async fn links_that_lead_elsewhere_are_not_handed_on() {
    let users = users();
    let query = everything();
    let call = Call { entity: &users, action: Action::Search(&query) };
    for (link, expected) in [
        ("https://evil.example/Demo/x", Err(Kind::Strayed)),
        ("../../../Sales/x", Err(Kind::Strayed)),
        ("?$top=2", Err(Kind::Garbled)),
        ("WFUser?$skip=2", Ok("odata/data/WFUser?$skip=2")),
    ] {
        let body = format!(r#"{{"value":[{{"idUser":7}}],"@odata.nextLink":"{link}"}}"#);
        let (url, _) = serve(move |_| json(200, &body));
        let (seams, _) = seams();
        let upstream = upstream(&url, Credential::None, &seams);
        let answer = upstream.send(&OData, &call, soon(&seams)).await.unwrap();
        match (answer.outcome(&OData, &call), expected) {
            (Ok(Outcome::Rows(page)), Ok(expected)) => {
                assert_eq!(page.next, Some(format!("{url}{expected}").into()));
                let next = page.next.unwrap();
                let follow = Call { entity: &users, action: Action::Follow { next: &next } };
                upstream.send(&OData, &follow, soon(&seams)).await.unwrap();
            }
            (Err(error), Err(expected)) => assert_eq!(error.kind, expected, "{link}"),
            (found, _) => panic!("{link}: {found:?}"),
        }
    }
}

#[tokio::test]
async fn a_strayed_location_leaves_a_create_unsure() {
    let (url, _) = serve(|_| {
        let mut answer = json(201, r#"{"idUser":7}"#);
        answer.headers_mut().insert(LOCATION, "//evil.example/WFUser(7)".parse().unwrap());
        answer
    });
    let (seams, _) = seams();
    let upstream = upstream(&url, Credential::None, &seams);
    let (users, delta) = (users(), Delta::default());
    let call = Call { entity: &users, action: Action::Create(&delta) };
    let answer = upstream.send(&OData, &call, soon(&seams)).await.unwrap();
    let error = answer.outcome(&OData, &call).unwrap_err();
    assert_eq!((error.kind, error.outcome_unknown()), (Kind::Strayed, true));
}

#[tokio::test]
async fn a_promise_is_no_outcome() {
    let (url, _) = serve(|_| json(202, ""));
    let (seams, _) = seams();
    let upstream = upstream(&url, Credential::None, &seams);
    let users = users();
    let call = Call { entity: &users, action: Action::Delete { key: &SEVEN, version: None } };
    let answer = upstream.send(&OData, &call, soon(&seams)).await.unwrap();
    assert!(!format!("{answer:?}").contains("idUser"));
    let error = answer.outcome(&OData, &call).unwrap_err();
    assert_eq!((error.kind, error.outcome_unknown()), (Kind::Garbled, true));
}

#[tokio::test]
async fn a_login_page_is_never_an_empty_list() {
    let (url, _) = serve(|_| {
        let html = Response::builder().header("content-type", "text/html");
        html.body(Bytes::from_static(b"<html>Log in")).unwrap()
    });
    let (seams, _) = seams();
    let upstream = upstream(&url, Credential::None, &seams);
    let users = users();
    let query = everything();
    let call = Call { entity: &users, action: Action::Search(&query) };
    let answer = upstream.send(&OData, &call, soon(&seams)).await.unwrap();
    assert_eq!(answer.outcome(&OData, &call).unwrap_err().kind, Kind::Garbled);
}

#[tokio::test]
async fn only_reads_are_repeated_and_only_once() {
    let (users, delta) = (users(), Delta::default());
    let write = Call { entity: &users, action: Action::Create(&delta) };
    for (call, waiting, requests) in
        [(read(&users), false, 2), (read(&users), true, 1), (write, false, 1)]
    {
        let (url, seen) = serve(move |_| {
            let mut answer = json(503, r#"{"x":"SELECT * FROM secret"}"#);
            if waiting {
                answer.headers_mut().insert("retry-after", "7".parse().unwrap());
            }
            answer
        });
        let (seams, _) = seams();
        let upstream = upstream(&url, Credential::None, &seams);
        let error = upstream.send(&OData, &call, soon(&seams)).await.unwrap_err();
        assert_eq!(error.kind, Kind::Refused(Class::Unavailable));
        assert_eq!(error.retry_after, waiting.then_some(7));
        assert_eq!(seen.count(), requests, "{}", call.action.name());
        assert!(!format!("{error:?}").contains("secret"));
    }
}

#[tokio::test]
async fn a_read_is_repeated_after_an_outage() {
    let tries = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let (url, _) = serve(move |_| match tries.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 => json(500, ""),
        _ => json(200, r#"{"idUser":7}"#),
    });
    let (seams, _) = seams();
    let upstream = upstream(&url, Credential::None, &seams);
    let users = users();
    assert!(upstream.send(&OData, &read(&users), soon(&seams)).await.is_ok());
}

#[tokio::test]
async fn a_truncated_answer_is_not_understood() {
    let (users, delta) = (users(), Delta::default());
    let write = Call { entity: &users, action: Action::Create(&delta) };
    for (call, unknown, requests) in [(read(&users), false, 2), (write, true, 1)] {
        let (listener, url) = listener();
        let (seams, _) = seams();
        let upstream = upstream(&url, Credential::None, &seams);
        let server = tokio::spawn(async move {
            let mut served = 0;
            while let Ok((mut stream, _)) = listener.accept().await {
                head(&mut stream).await;
                let half = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
                            content-length: 50\r\n\r\n{\"idUser\":7,";
                stream.write_all(half.as_bytes()).await.unwrap();
                served += 1;
                if served == requests {
                    // Whoever came once more would be seen.
                    drop(stream);
                    return listener;
                }
            }
            listener
        });
        let error = upstream.send(&OData, &call, soon(&seams)).await.unwrap_err();
        assert_eq!(error.kind, Kind::Garbled);
        assert_eq!(error.outcome_unknown(), unknown);
        let listener = server.await.unwrap().into_std().unwrap();
        assert!(listener.accept().is_err(), "nobody came once more");
    }
}

#[tokio::test]
async fn a_write_is_not_sent_twice_on_a_closing_connection() {
    let (users, delta) = (users(), Delta::default());
    let (listener, url) = listener();
    let (seams, _) = seams();
    let upstream = upstream(&url, Credential::None, &seams);
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        head(&mut stream).await;
        let row = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
                   content-length: 12\r\n\r\n{\"idUser\":7}";
        stream.write_all(row.as_bytes()).await.unwrap();
        // The same connection takes the write, and ends without an answer.
        let write = head(&mut stream).await;
        drop(stream);
        (write, listener)
    });
    upstream.send(&OData, &read(&users), soon(&seams)).await.unwrap();
    let call = Call { entity: &users, action: Action::Create(&delta) };
    let error = upstream.send(&OData, &call, soon(&seams)).await.unwrap_err();
    assert_eq!(error.kind, Kind::Lost { outcome_unknown: true });
    let (write, listener) = server.await.unwrap();
    assert!(write.starts_with("POST /Demo/odata/data/WFUser HTTP/1.1"), "{write}");
    assert!(listener.into_std().unwrap().accept().is_err(), "nobody came once more");
}

#[tokio::test]
async fn a_write_is_sent_once_after_its_connection_was_closed() {
    let (users, delta) = (users(), Delta::default());
    let (listener, url) = listener();
    let (seams, _) = seams();
    let upstream = upstream(&url, Credential::None, &seams);
    let server = tokio::spawn(async move {
        let mut heads = Vec::new();
        while heads.len() < 2 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let head = head(&mut stream).await;
            if head.is_empty() {
                continue;
            }
            heads.push(head);
            let row = "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\n\
                       content-length: 12\r\n\r\n{\"idUser\":7}";
            stream.write_all(row.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        }
        heads
    });
    let call = Call { entity: &users, action: Action::Create(&delta) };
    upstream.send(&OData, &call, soon(&seams)).await.unwrap();
    // The closing is on its way or here already; either way nothing is sent twice.
    match upstream.send(&OData, &call, soon(&seams)).await {
        Ok(answer) => {
            assert_eq!(answer.status, 201);
            assert_eq!(server.await.unwrap().len(), 2);
        }
        Err(error) => {
            assert!(error.outcome_unknown());
            assert!(!server.is_finished(), "the write was not sent again");
        }
    }
}

#[tokio::test]
async fn nobody_listening_is_unreachable() {
    let (listener, url) = listener();
    drop(listener);
    let (seams, _) = seams();
    let upstream = upstream(&url, Credential::None, &seams);
    let (users, delta) = (users(), Delta::default());
    let call = Call { entity: &users, action: Action::Create(&delta) };
    let error = upstream.send(&OData, &call, soon(&seams)).await.unwrap_err();
    assert_eq!((error.kind, error.outcome_unknown()), (Kind::Unreachable, false));
    assert_eq!(error.to_string(), "the upstream cannot be reached");
    assert!(error.source().is_some());
}

#[tokio::test]
async fn a_deadline_ends_a_call_and_a_write_has_its_own() {
    const MILLISECOND: Duration = Duration::from_millis(1);
    for (write, seconds) in [(false, 25), (true, 15)] {
        let (listener, url) = listener();
        let (seams, clock) = seams();
        let upstream = upstream(&url, Credential::None, &seams);
        let deadline = soon(&seams);
        let send = move |deadline| {
            let upstream = upstream.clone();
            async move {
                let (users, delta) = (users(), Delta::default());
                let create = Call { entity: &users, action: Action::Create(&delta) };
                let call = if write { create } else { read(&users) };
                upstream.send(&OData, &call, deadline).await.map(|answer| answer.status)
            }
        };
        let task = tokio::spawn(send(deadline));
        let (mut stream, _) = listener.accept().await.unwrap();
        head(&mut stream).await;
        clock.advance(Duration::from_secs(seconds) - MILLISECOND);
        for _ in 0..16 {
            tokio::task::yield_now().await;
        }
        assert!(!task.is_finished(), "there is a millisecond left");
        clock.advance(MILLISECOND);
        let error = task.await.unwrap().unwrap_err();
        assert_eq!(error.kind, Kind::TimedOut { outcome_unknown: write });
        let error = send(seams.clock.monotonic()).await.unwrap_err();
        assert_eq!(error.kind, Kind::TimedOut { outcome_unknown: false }, "nothing was sent");
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_addressed_is_a_missing_row() {
    let (url, seen) = serve(|_| json(200, "{}"));
    let (seams, _) = seams();
    let upstream = upstream(&url, Credential::None, &seams);
    let users = users();
    let key = UpstreamKey::Text("../../x".into());
    let call = Call { entity: &users, action: Action::Read { key: &key } };
    let error = upstream.send(&OData, &call, soon(&seams)).await.unwrap_err();
    assert_eq!(error.kind, Kind::Refused(Class::Missing));
    assert_eq!(seen.count(), 0);
}

#[test]
fn clear_text_stays_on_this_machine_unless_it_is_allowed() {
    let (seams, _) = seams();
    let error = Upstream::new(Settings::new("http://legacy.example/"), &seams).unwrap_err();
    assert!(matches!(error, SetupError::ClearText { .. }));
    let mut settings = Settings::new("http://legacy.example/");
    settings.allow_clear_text = true;
    assert!(Upstream::new(settings, &seams).is_ok());
    let mut settings = Settings::new("http://127.0.0.1/");
    settings.credential = Credential::OAuth2 {
        token_url: "http://login.example/token".into(),
        client_id: "x".into(),
        client_secret: SecretSource::Environment("X".into()),
        scope: None,
    };
    let error = Upstream::new(settings, &seams).unwrap_err();
    assert!(matches!(error, SetupError::ClearText { .. }));
    let error = Upstream::new(Settings::new("https://ana:pw@legacy.example/"), &seams).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("pw"));
}
