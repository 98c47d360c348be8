use bytes::Bytes;
use http::HeaderValue;
use regex::Regex;

use super::*;
use crate::record::{Condition, Delta, Predicate, Query, UpstreamKey};
use crate::upstream::dialect::{Action, OData};
use crate::upstream::error::{Blame, Retry};
use crate::upstream::stage::{seams, users};

fn raw(status: u16, headers: &[(&'static str, &str)], body: &str) -> Raw {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, HeaderValue::from_str(value).unwrap());
    }
    Raw {
        status: StatusCode::from_u16(status).unwrap(),
        headers: map,
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

fn rule(status: Option<u16>, place: &str, pattern: &str, class: Class) -> ErrorRule {
    let condition = Condition {
        place: Place(place.split('/').map(Into::into).collect()),
        pattern: Regex::new(pattern).unwrap(),
    };
    let conditions = if place.is_empty() { Vec::new() } else { vec![condition] };
    ErrorRule { status, conditions, class, detail: Some("the mapping's words".into()) }
}

fn update<'a>(entity: &'a crate::record::Entity, delta: &'a Delta<'a>) -> Call<'a> {
    const SEVEN: &UpstreamKey = &UpstreamKey::Integer(7);
    Call { entity, action: Action::Update { key: SEVEN, delta, source: None, version: None } }
}

fn error(call: &Call<'_>, raw: &Raw) -> Option<Error> {
    judge(&OData, call, raw, &*seams().0.clock).map(|failure| failure.error)
}

#[test]
fn statuses_have_their_usual_meaning() {
    let (users, delta) = (users(), Delta::default());
    let call = update(&users, &delta);
    for (status, kind, unsure) in [
        (400, Kind::Refused(Class::Invalid), false),
        (403, Kind::Refused(Class::Credential), false),
        (404, Kind::Refused(Class::Missing), false),
        (405, Kind::Unsupported, false),
        (409, Kind::Refused(Class::Duplicate), false),
        (412, Kind::Refused(Class::Stale), false),
        (422, Kind::Refused(Class::Invalid), false),
        (428, Kind::Refused(Class::Stale), false),
        (429, Kind::Refused(Class::Unavailable), false),
        (500, Kind::Refused(Class::Unavailable), true),
        (502, Kind::Refused(Class::Unavailable), true),
        (503, Kind::Refused(Class::Unavailable), false),
        (504, Kind::Refused(Class::Unavailable), true),
        (501, Kind::Unsupported, false),
        (301, Kind::Strayed, true),
        (304, Kind::Strayed, true),
    ] {
        let error = error(&call, &raw(status, &[], "<p>secret</p>")).unwrap();
        assert_eq!((error.kind, error.outcome_unknown()), (kind, unsure), "{status}");
        assert_eq!(error.detail, None);
    }
    for status in [404, 410] {
        let page = raw(status, &[("content-type", "text/html; charset=utf-8")], "<p>secret</p>");
        let error = error(&call, &page).unwrap();
        assert_eq!(error.kind, Kind::Unsupported, "the web server's word, not the service's");
    }
    assert!(error(&call, &raw(204, &[], "")).is_none());
    let error = error(&call, &raw(403, &[], "")).unwrap();
    assert_eq!((error.blame, error.retry), (Blame::Credential, Retry::Never));
}

#[test]
fn only_a_row_can_be_missing() {
    let users = users();
    let query = Query { predicate: Predicate::TRUE, order: vec![], skip: 0, top: 1, count: false };
    let call = Call { entity: &users, action: Action::Search(&query) };
    assert_eq!(error(&call, &raw(404, &[], "")).unwrap().kind, Kind::Unsupported);
    let delta = Delta::default();
    let call = Call { entity: &users, action: Action::Create(&delta) };
    assert_eq!(error(&call, &raw(404, &[], "")).unwrap().kind, Kind::Unsupported);
}

#[test]
fn the_mappings_rules_come_first_in_their_order() {
    let (mut users, delta) = (users(), Delta::default());
    users.errors = vec![
        rule(Some(500), "error/code", "^17$", Class::Capacity),
        rule(None, "error/details/1/done", "^false$", Class::Forbidden),
        rule(Some(200), "result", "DUP", Class::Duplicate),
        rule(None, "result", "DUP", Class::Invalid),
        rule(Some(403), "", "", Class::Missing),
    ];
    let call = update(&users, &delta);
    for (status, body, expected) in [
        (500, r#"{"error":{"code":17}}"#, Some(Class::Capacity)),
        (500, r#"{"error":{"code":171}}"#, Some(Class::Unavailable)),
        (400, r#"{"error":{"code":17}}"#, Some(Class::Invalid)),
        (400, r#"{"error":{"details":[{},{"done":false}]}}"#, Some(Class::Forbidden)),
        (200, r#"{"result":"DUP_LOGIN"}"#, Some(Class::Duplicate)),
        // A rule without a status is for refusals alone.
        (201, r#"{"result":"DUP_LOGIN"}"#, None),
        (403, "<html>", Some(Class::Missing)),
        (
            409,
            r#"{"code":"400","type":"ODataException","status":"BadRequest"}"#,
            Some(Class::Invalid),
        ),
    ] {
        let found = error(&call, &raw(status, &[], body)).map(|error| error.kind);
        assert_eq!(found, expected.map(Kind::Refused), "{status} {body}");
    }
    let found = error(&call, &raw(403, &[], "")).unwrap();
    assert_eq!(found.detail.as_deref(), Some("the mapping's words"));
    let long = format!(r#"{{"result":"DUP","x":"{}"}}"#, "x".repeat(LARGEST));
    let found = error(&call, &raw(400, &[], &long)).unwrap();
    assert_eq!((found.kind, found.detail), (Kind::Refused(Class::Invalid), None));
}

#[test]
fn retry_after_is_kept_within_bounds() {
    let (users, delta) = (users(), Delta::default());
    let call = update(&users, &delta);
    // The stage's clock stands at Sun, 06 Nov 1994 09:06:17 GMT.
    for (text, seconds) in [
        ("7", Some(7)),
        ("0", Some(0)),
        ("99999999999", Some(3600)),
        ("Sun, 06 Nov 1994 09:06:27 GMT", Some(10)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
        ("Sun, 07 Nov 2094 08:49:37 GMT", Some(3600)),
        ("soon", None),
        ("-1", None),
        ("", None),
    ] {
        let error = error(&call, &raw(503, &[("retry-after", text)], "")).unwrap();
        assert_eq!(error.retry_after, seconds, "{text}");
        let expected = Retry::After(seconds.map_or(10, |seconds| seconds.max(1)));
        assert_eq!(error.retry, expected, "{text}");
    }
}
