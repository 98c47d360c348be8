//! What is read.

use http::header::{ETAG, LINK, LOCATION};

use super::*;
use crate::record::{Predicate, Record};

const ROW: &str = r#"{"id":"7","account":{"name":"ana","realm":"contoso.com","enabled":1},
    "name":{"first":"A\u00f1a","middle":null,"full":""},"employment":{"staff.no":"701984","level":"3"},"audit":{"createdAt":"2026-03-01T00:00:00Z"},
    "contact":null,"x":{"account":{"name":"no"}}}"#;

fn row<'b>(entity: &Entity, body: &'b str) -> Result<Record<'b>, Unreadable> {
    match read(entity, Action::Read { key: &text("7") }, &[], body)? {
        Outcome::Row(row) => Ok(row),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_nested_row_is_read_by_its_fields() {
    let people = entity(&[]);
    let body = format!(r#"{{"result":{{"code":"OK"}},"data":{ROW}}}"#);
    let found = row(&people, &body).unwrap();
    let value = |name| found.value(field(&people, name)).clone();
    assert_eq!(value("id"), Value::text("7"));
    assert_eq!(value("account.name"), Value::text("ana"));
    assert_eq!(value("account.enabled"), Value::Boolean(true));
    assert_eq!(value("name.first"), Value::text("Aña"));
    assert_eq!(value("name.last"), Value::Absent);
    assert_eq!(value("name.full"), Value::text(""));
    assert_eq!(value("contact.email"), Value::Absent);
    assert_eq!(value("employment.level"), Value::Integer(3));
    assert_eq!(value(r#"employment."staff.no""#), Value::text("701984"));
    assert_eq!(value("audit.createdAt"), Value::DateTime("2026-03-01T00:00:00Z".into()));
    assert_eq!(found.source.as_deref(), Some(ROW));
    // Only who writes whole rows needs them again.
    let changes = entity(&[("send   = \"whole\"", "send   = \"changed\"")]);
    assert_eq!(row(&changes, &body).unwrap().source, None);
}

#[test]
fn what_is_no_row_is_refused_without_its_values() {
    let people = entity(&[]);
    for (body, expected) in [
        (r#"{"data":{"account":{"name":["x"]}}}"#, Unreadable::Misfit("account.name".into())),
        (r#"{"data":{"account":"secret"}}"#, Unreadable::Misfit("account.name".into())),
        (
            r#"{"data":{"employment":{"level":"secret"}}}"#,
            Unreadable::Misfit("employment.level".into()),
        ),
        (r#"{"data":{}}"#, Unreadable::NotARow),
        (r#"{"data":{"x":{"name":"secret"}}}"#, Unreadable::NotARow),
        (r#"{"data":[]}"#, Unreadable::NotARow),
        (r#"{"data":"secret"}"#, Unreadable::NotARow),
        ("{}", Unreadable::NotARow),
        ("[]", Unreadable::NotARow),
        (" ", Unreadable::Empty),
        (r#"{"data":{"id":"7"}"#, Unreadable::Json { line: 1, column: 18 }),
        (r#"{"data":{"id":"7"}} x"#, Unreadable::Json { line: 1, column: 21 }),
    ] {
        let error = row(&people, body).unwrap_err();
        assert_eq!(error, expected, "{body}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let html =
        read(&people, Action::Read { key: &text("7") }, &[(CONTENT_TYPE, "text/html")], "<p>");
    assert_eq!(html, Err(Unreadable::MediaType("JSON")));
}

#[test]
fn a_page_has_rows_a_total_and_a_next_link_where_the_mapping_says() {
    let people = entity(&[]);
    let everybody = query(Predicate::TRUE);
    let search = Action::Search(&everybody);
    let body = format!(r#"{{"data":{{"count":"12","items":[{ROW},{{"id":"8"}}]}}}}"#);
    let Ok(Outcome::Rows(page)) = read(&people, search, &[], &body) else { panic!("a page") };
    assert_eq!((page.records.len(), page.total, page.next), (2, Some(12), None));
    for (body, expected) in [
        (r#"{"data":{"count":1}}"#, Unreadable::NoRows("rows")),
        (r#"{"data":{"items":{}}}"#, Unreadable::NoRows("rows")),
        (r#"{"data":{"items":[],"count":"many"}}"#, Unreadable::NoRows("total")),
        (r#"{"data":{"items":[{}]}}"#, Unreadable::NotARow),
        (r#"{"data":{"items":["x"]}}"#, Unreadable::NotARow),
    ] {
        assert_eq!(read(&people, search, &[], body), Err(expected), "{body}");
    }
    let linked = with_options(
        "[upstream.options.search]\nnext = \"header:Link\"\ntotal = \"header:X-Total-Count\"\n",
    );
    let headers = [
        (
            LINK,
            r#"<a?page=1>; rel="first prev", <https://x/a?page=3,4>; title="x"; rel="last Next""#,
        ),
        (HeaderName::from_static("x-total-count"), " 12 "),
    ];
    let Ok(Outcome::Rows(page)) = read(&linked, search, &headers, "[]") else { panic!("a page") };
    assert_eq!((page.total, page.next.as_deref()), (Some(12), Some("https://x/a?page=3,4")));
    let inside = with_options("[upstream.options.search]\nnext = \"next\"\nrows = \"r\"\n");
    for (body, expected) in [
        (r#"{"r":[],"next":"\/b?x"}"#, Some("/b?x")),
        (r#"{"r":[],"next":null}"#, None),
        (r#"{"r":[],"next":""}"#, None),
        (r#"{"r":[]}"#, None),
    ] {
        let Ok(Outcome::Rows(page)) = read(&inside, search, &[], body) else { panic!("a page") };
        assert_eq!(page.next.as_deref(), expected, "{body}");
    }
    assert!(read(&inside, search, &[], r#"{"r":[],"next":{}}"#).is_err());
}

#[test]
fn the_answer_to_a_write_tells_key_row_and_version_where_it_can() {
    let people = entity(&[]);
    let delta = Delta::default();
    let written = |outcome: Result<Outcome<'_>, Unreadable>| match outcome {
        Ok(Outcome::Written { key, version, row }) => {
            (key, version.map(|version| version.into_owned()), row.is_some())
        }
        other => panic!("{other:?}"),
    };
    let create = Action::Create(&delta);
    let told = written(read(&people, create, &[], r#"{"data":{"personId":"9/x"}}"#));
    assert_eq!(told, (Some(text("9/x")), None, false));
    assert_eq!(written(read(&people, create, &[], r#"{"data":null}"#)), (None, None, false));
    let key = text("7");
    let update = Action::Update { key: &key, delta: &delta, source: None, version: None };
    let told = written(read(&people, update, &[(ETAG, "\"2\"")], r#"{"data":{"id":"7"}}"#));
    assert_eq!(told, (Some(text("7")), None, true), "a version that is not asked for is none");
    assert_eq!(written(read(&people, update, &[], "")), (None, None, false));

    let plain = with_options("");
    for (location, expected) in [
        ("https://legacy.example/HR/api/people/9", Some("9")),
        ("/people/a%2Fb/?x=1", Some("a/b")),
        ("/", None),
    ] {
        let told = written(read(&plain, create, &[(LOCATION, location)], ""));
        assert_eq!(told.0, expected.map(text), "{location}");
    }
    let versioned = entity(&[("page        = 50 ", "page        = 50\netag = \"optional\" ")]);
    let told = written(read(&versioned, update, &[(ETAG, "\"2\"")], ""));
    assert_eq!(told, (None, Some("\"2\"".into()), false));
}

#[test]
fn an_error_may_hide_in_a_success() {
    let people = entity(&[]);
    let key = text("7");
    let reading = Call { entity: &people, action: Action::Read { key: &key } };
    let delta = Delta::default();
    let creating = Call { entity: &people, action: Action::Create(&delta) };
    let ok = StatusCode::OK;
    for (call, body, expected) in [
        (&reading, r#"{"result":{"code":"OK"},"data":{"id":"7"}}"#, None),
        (&reading, r#"{"result":{"code":"OK"},"data":null}"#, Some(Kind::Refused(Class::Missing))),
        (&creating, r#"{"result":{"code":"OK"},"data":null}"#, None),
        (&creating, r#"{"result":{"code":"WHAT"}}"#, Some(Kind::Garbled)),
        (&creating, r#"{"data":{"personId":"7"}}"#, Some(Kind::Garbled)),
        (&creating, "", None),
        (&creating, "<html>", None),
    ] {
        assert_eq!(RestJson.recognise(call, ok, body.as_bytes()), expected, "{body}");
        assert_eq!(RestJson.refuses(call, ok, body.as_bytes()), expected.is_some(), "{body}");
    }
    assert!(RestJson.refuses(&creating, StatusCode::BAD_REQUEST, b""));
}

#[test]
fn nothing_found_is_an_answer_of_the_same_shape() {
    let everybody = query(Predicate::TRUE);
    for people in [entity(&[]), with_options("")] {
        let body = RestJson.nothing_found(&people);
        let body = std::str::from_utf8(&body).unwrap();
        let Ok(Outcome::Rows(page)) = read(&people, Action::Search(&everybody), &[], body) else {
            panic!("{body}")
        };
        assert!(page.records.is_empty());
    }
}
