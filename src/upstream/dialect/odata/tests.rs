mod notation;

use http::header::CONTENT_TYPE;
use proptest::prelude::*;

use super::*;
use crate::record::Class;
use crate::record::{Case, Direction, Operator, Predicate, Query, Shared, Term};
use crate::upstream::stage::{field, users};
use crate::value::Value;

fn base() -> Origin {
    Origin::parse("https://legacy.example/HR").unwrap()
}

fn write(entity: &Entity, action: Action<'_>) -> Result<Request<Bytes>, DialectError> {
    OData.write(&Call { entity, action }, &base())
}

/// The request as it would stand on the wire, but for the body.
fn line(entity: &Entity, action: Action<'_>) -> String {
    let request = write(entity, action).unwrap();
    format!("{} {}", request.method(), request.uri().path_and_query().unwrap())
}

fn read<'b>(
    entity: &Entity,
    action: Action<'_>,
    headers: &[(HeaderName, &str)],
    body: &'b str,
) -> Result<Outcome<'b>, Unreadable> {
    let mut map = HeaderMap::new();
    map.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; odata.metadata=minimal"));
    for (name, value) in headers {
        map.insert(name.clone(), HeaderValue::from_str(value).unwrap());
    }
    OData.read(&Call { entity, action }, StatusCode::OK, &map, body.as_bytes())
}

fn query(predicate: Predicate<'_>) -> Query<'_> {
    Query { predicate, order: Vec::new(), skip: 0, top: 100, count: false }
}

fn compare<'a>(
    entity: &Entity,
    name: &str,
    operator: Operator,
    value: Value<'a>,
    case: Case,
) -> Predicate<'a> {
    Predicate::compare(field(entity, name), operator, value, case)
}

fn filter(entity: &Entity, predicate: Predicate<'_>) -> String {
    let line = line(entity, Action::Search(&query(predicate)));
    let line = line.strip_prefix("GET /HR/odata/data/WFUser?$filter=").unwrap();
    let line = line.strip_suffix("&$top=100").unwrap();
    percent_decode_str(line).decode_utf8().unwrap().into_owned()
}

const SEVEN: UpstreamKey = UpstreamKey::Integer(7);

#[test]
fn a_row_is_addressed_by_a_key_of_its_type() {
    let mut users = users();
    assert_eq!(line(&users, Action::Read { key: &SEVEN }), "GET /HR/odata/data/WFUser(7)");
    let text = UpstreamKey::Text("O'Neil/../x y".into());
    assert_eq!(write(&users, Action::Read { key: &text }).unwrap_err(), DialectError::Key);
    users.key = field(&users, "userName");
    assert_eq!(write(&users, Action::Read { key: &SEVEN }).unwrap_err(), DialectError::Key);
    for (key, expected) in [
        ("O'Neil & co", Some("GET /HR/odata/data/WFUser('O%27%27Neil%20%26%20co')")),
        ("a/b?c#d", Some("GET /HR/odata/data/WFUser('a%2Fb%3Fc%23d')")),
        ("..", Some("GET /HR/odata/data/WFUser('..')")),
        ("a/../b", None),
        ("a\\..\\..\\b", None),
        ("", None),
    ] {
        let key = UpstreamKey::Text(key.into());
        match expected {
            Some(expected) => assert_eq!(line(&users, Action::Read { key: &key }), expected),
            None => {
                let error = write(&users, Action::Read { key: &key }).unwrap_err();
                assert_eq!(error, DialectError::Key);
            }
        }
    }
}

#[test]
fn a_collection_outside_the_base_url_is_refused() {
    let mut users = users();
    users.collection = "../Sales/WFUser".into();
    let error = write(&users, Action::Read { key: &SEVEN }).unwrap_err();
    assert!(matches!(error, DialectError::Strayed(_)));
    let error = write(&users, Action::Create(&Delta::default())).unwrap_err();
    assert!(matches!(error, DialectError::Strayed(_)));
    let error = write(&users, Action::Follow { next: "https://evil.example/HR/" }).unwrap_err();
    assert!(matches!(error, DialectError::Strayed(_)));
}

#[test]
fn a_search_says_what_is_not_trivial() {
    let users = users();
    let name = field(&users, "userName");
    let everything = query(Predicate::TRUE);
    assert_eq!(line(&users, Action::Search(&everything)), "GET /HR/odata/data/WFUser?$top=100");
    let search = Query {
        predicate: Predicate::absent(name, false),
        order: vec![(name, Direction::Descending), (field(&users, "x.y@z"), Direction::Ascending)],
        skip: 4,
        top: 3,
        count: true,
    };
    assert_eq!(
        line(&users, Action::Search(&search)),
        "GET /HR/odata/data/WFUser?$filter=userName%20ne%20null\
         &$orderby=userName%20desc,x.y%40z&$skip=4&$top=3&$count=true"
    );
    let nothing = query(Predicate::all([Predicate::TRUE, Predicate::FALSE]));
    assert_eq!(write(&users, Action::Search(&nothing)).unwrap_err(), DialectError::Nothing);
}

#[test]
fn predicates_become_expressions() {
    let users = users();
    let ana = |case| compare(&users, "userName", Operator::Eq, Value::text("ANA O'N"), case);
    let enabled = || compare(&users, "enabled", Operator::Ne, Value::Boolean(true), Case::Exact);
    let number = || compare(&users, "idUser", Operator::Gt, Value::Integer(7), Case::Exact);
    for (predicate, expected) in [
        (ana(Case::ToLower), "tolower(userName) eq 'ana o''n'"),
        (
            compare(&users, "userName", Operator::Ne, Value::text("JOS\u{c9}'"), Case::ToLower),
            "tolower(userName) ne tolower('JOSÉ''')",
        ),
        (ana(Case::Exact), "userName eq 'ANA O''N'"),
        (ana(Case::Insensitive), "userName eq 'ANA O''N'"),
        (
            compare(&users, "userName", Operator::StartsWith, Value::text("A,)"), Case::ToLower),
            "startswith(tolower(userName),'a,)')",
        ),
        (Predicate::absent(field(&users, "created"), true), "created eq null"),
        (
            Predicate::all([
                Predicate::any([ana(Case::Exact), Predicate::FALSE, enabled()]),
                Predicate::TRUE,
                number().negation(),
            ]),
            "(userName eq 'ANA O''N' or enabled ne true) and not (idUser gt 7)",
        ),
        (
            Predicate::any([Predicate::all([enabled(), number()]), number()]),
            "(enabled ne true and idUser gt 7) or idUser gt 7",
        ),
        (Predicate::any([enabled(), number()]).negation(), "not (enabled ne true or idUser gt 7)"),
    ] {
        assert_eq!(filter(&users, predicate), expected);
    }
    let wrong = query(compare(&users, "idUser", Operator::Eq, Value::text("7"), Case::Exact));
    let error = write(&users, Action::Search(&wrong)).unwrap_err();
    assert_eq!(error, DialectError::Misfit("idUser".into()));
    let endless = "x".repeat(LONGEST_URL);
    let endless =
        query(compare(&users, "userName", Operator::Eq, Value::text(&endless), Case::Exact));
    let error = write(&users, Action::Search(&endless)).unwrap_err();
    assert_eq!(error, DialectError::Inexpressible);
}

#[test]
fn what_every_search_asks_stands_among_any_parts() {
    let users = users();
    let id = field(&users, "idUser");
    let number = |number| Predicate::compare(id, Operator::Eq, Value::Integer(number), Case::Exact);
    let either = Shared::new(Predicate::any([number(1), number(2)]));
    let both = Shared::new(Predicate::all([number(1), number(2)]));
    // The first time it is written, then it is known.
    for _ in 0..2 {
        let either = || Predicate::atom(Term::Shared(&either));
        let both = || Predicate::atom(Term::Shared(&both));
        for (predicate, expected) in [
            (either(), "idUser eq 1 or idUser eq 2"),
            (both(), "idUser eq 1 and idUser eq 2"),
            (Predicate::all([either(), number(3)]), "(idUser eq 1 or idUser eq 2) and idUser eq 3"),
            (Predicate::all([both(), number(3)]), "idUser eq 1 and idUser eq 2 and idUser eq 3"),
            (Predicate::any([number(3), both()]), "idUser eq 3 or (idUser eq 1 and idUser eq 2)"),
            (either().negation(), "not (idUser eq 1 or idUser eq 2)"),
        ] {
            assert_eq!(filter(&users, predicate), expected);
        }
    }
}

#[test]
fn writes_carry_only_what_changes() {
    let users = users();
    let mut delta = Delta::default();
    delta.set(field(&users, "userName"), Value::text("a\"b\\\u{1}ä"));
    delta.set(field(&users, "x.y@z"), Value::Absent);
    delta.set(field(&users, "enabled"), Value::Boolean(false));
    delta.set(field(&users, "salary"), Value::Decimal("1.50".into()));
    delta.set(field(&users, "created"), Value::DateTime("2026-11-21T10:00:00+02:00".into()));
    let request = write(&users, Action::Create(&delta)).unwrap();
    assert_eq!(request.method(), Method::POST);
    assert_eq!(request.uri().to_string(), "https://legacy.example/HR/odata/data/WFUser");
    assert_eq!(
        request.body(),
        r#"{"userName":"a\"b\\\u0001ä","x.y@z":null,"enabled":false,"salary":1.50,"created":"2026-11-21T10:00:00+02:00"}"#
    );
    assert_eq!(request.headers()["prefer"], "return=representation");
    assert_eq!(request.headers()["content-type"], "application/json");
    assert!(!request.headers().contains_key("if-match"));

    let version = Some("W/\"8\"");
    let update = Action::Update { key: &SEVEN, delta: &delta, source: None, version };
    let request = write(&users, update).unwrap();
    assert_eq!(request.method(), Method::PATCH);
    assert_eq!(request.headers()["if-match"], "W/\"8\"");
    // Without a version the update still must not make a row.
    let update = Action::Update { key: &SEVEN, delta: &delta, source: None, version: None };
    assert_eq!(write(&users, update).unwrap().headers()["if-match"], "*");
    let delete = write(&users, Action::Delete { key: &SEVEN, version: None }).unwrap();
    assert_eq!(delete.method(), Method::DELETE);
    assert_eq!(delete.headers()["if-match"], "*");
    assert!(delete.body().is_empty());
    let evil = Action::Delete { key: &SEVEN, version: Some("x\r\nevil: 1") };
    assert_eq!(write(&users, evil).unwrap_err(), DialectError::Version);
    delta.set(field(&users, "salary"), Value::Decimal("1}".into()));
    let error = write(&users, Action::Create(&delta)).unwrap_err();
    assert_eq!(error, DialectError::Misfit("salary".into()));
    assert_eq!(write(&users, Action::Create(&Delta::default())).unwrap().body(), "{}");
}

#[test]
fn a_row_is_read_by_its_fields_types() {
    let users = users();
    let body = r#"{"@odata.context":"x","@odata.etag":"W/\"8\"","idUser":7,"nested":{"idUser":[8]},
        "userName":"ana","enabled":1,"salary":1.50,"created":"2023-09-07T16:05:49+03:30","x.y@z":null}"#;
    let Ok(Outcome::Row(row)) = read(&users, Action::Read { key: &SEVEN }, &[], body) else {
        panic!("a row");
    };
    let value = |name| row.value(field(&users, name)).clone();
    assert_eq!(value("idUser"), Value::Integer(7));
    assert!(matches!(value("userName"), Value::Text(text) if text.as_borrowed() == Some("ana")));
    assert_eq!(value("enabled"), Value::Boolean(true));
    assert_eq!(value("salary"), Value::Decimal("1.50".into()));
    assert_eq!(value("created"), Value::DateTime("2023-09-07T16:05:49+03:30".into()));
    assert_eq!(value("x.y@z"), Value::Absent);
    assert_eq!(row.version.as_deref(), Some("W/\"8\""));
}

#[test]
fn other_spellings_of_a_type_are_understood_and_misfits_named() {
    let users = users();
    for (name, json, expected) in [
        ("userName", "12.50", Some(Value::text("12.50"))),
        ("userName", "true", Some(Value::text("true"))),
        ("userName", r#""""#, Some(Value::text(""))),
        ("userName", r#""\u00e4\"""#, Some(Value::text("ä\""))),
        ("enabled", r#""True""#, Some(Value::Boolean(true))),
        ("enabled", "0", Some(Value::Boolean(false))),
        ("enabled", "2", None),
        ("idUser", r#""7""#, Some(Value::Integer(7))),
        ("idUser", "7.0", Some(Value::Integer(7))),
        ("idUser", "7.5", None),
        ("idUser", "99999999999999999999", None),
        ("salary", r#""1.50""#, Some(Value::Decimal("1.50".into()))),
        ("salary", r#""""#, Some(Value::Absent)),
        ("created", r#""yesterday""#, None),
        ("created", "7", None),
        ("userName", "[]", None),
        ("userName", "{}", None),
    ] {
        let body = format!(r#"{{"{name}": {json} }}"#);
        match (read(&users, Action::Read { key: &SEVEN }, &[], &body), expected) {
            (Ok(Outcome::Row(row)), Some(expected)) => {
                assert_eq!(*row.value(field(&users, name)), expected, "{body}");
            }
            (Err(error), None) => {
                assert_eq!(error, Unreadable::Misfit(name.into()), "{body}");
                assert!(!error.to_string().contains(json), "{error}");
            }
            (found, _) => panic!("{body}: {found:?}"),
        }
    }
}

#[test]
fn a_page_needs_its_array_and_prefers_the_total_of_all() {
    let users = users();
    let search = query(Predicate::TRUE);
    let search = Action::Search(&search);
    let body = r#"{"@odata.count":1,"value":[{"idUser":7},{"idUser":8}],
        "@odata.totalCount":3,"@odata.nextLink":"?$skip=2\u0026$top=2"}"#;
    let Ok(Outcome::Rows(page)) = read(&users, search, &[], body) else { panic!("a page") };
    assert_eq!(page.records.len(), 2);
    assert_eq!(*page.records[1].value(users.key), Value::Integer(8));
    assert_eq!((page.total, page.next.as_deref()), (Some(3), Some("?$skip=2&$top=2")));
    let Ok(Outcome::Rows(page)) = read(&users, search, &[], r#"{"value":[],"@odata.count":"9"}"#)
    else {
        panic!("a page")
    };
    assert_eq!((page.records.len(), page.total, page.next), (0, Some(9), None));
    for (body, expected) in [
        ("{}", Some(Unreadable::NoRows("value"))),
        (r#"{"error":{"message":"x"}}"#, Some(Unreadable::NoRows("value"))),
        (r#"{"value":[{}]}"#, Some(Unreadable::NotARow)),
        ("", Some(Unreadable::Empty)),
        (r#"{"value":{}}"#, None),
        (r#"{"value":null}"#, None),
        (r#"{"value":[{"idUser":7}"#, None),
        (r#"{"value":[]} x"#, None),
        (r#"{"value":["ana"]}"#, None),
        ("[]", None),
        ("<html>", None),
    ] {
        let error = read(&users, search, &[], body).unwrap_err();
        match expected {
            Some(expected) => assert_eq!(error, expected, "{body}"),
            None => assert!(matches!(error, Unreadable::Json { .. }), "{body}: {error:?}"),
        }
    }
    let html = [(CONTENT_TYPE, "text/html")];
    let error = read(&users, search, &html, r#"{"value":[]}"#).unwrap_err();
    assert!(matches!(error, Unreadable::MediaType(_)));
    let error = read(&users, Action::Delete { key: &SEVEN, version: None }, &html, "<p>Log in")
        .unwrap_err();
    assert!(matches!(error, Unreadable::MediaType(_)));
}

#[test]
fn the_answer_to_a_write_tells_key_and_version_where_it_can() {
    let mut users = users();
    let delta = Delta::default();
    let create = Action::Create(&delta);
    let written = |outcome: Result<Outcome<'_>, Unreadable>| match outcome {
        Ok(Outcome::Written { key, version, row }) => {
            (key, version.map(|version| version.into_owned()), row.is_some())
        }
        other => panic!("{other:?}"),
    };
    let body = r#"{"idUser":9,"@odata.etag":"\"1\""}"#;
    let found = written(read(&users, create, &[], body));
    assert_eq!(found, (Some(UpstreamKey::Integer(9)), Some("\"1\"".into()), true));
    for (location, expected) in [
        ("https://legacy.example/HR/odata/data/WFUser(9)", Some(UpstreamKey::Integer(9))),
        ("WFUser(idUser=9)?x=(8)", Some(UpstreamKey::Integer(9))),
        ("WFUser/9", None),
        ("WFUser('9')", None),
    ] {
        let headers = [(LOCATION, location), (ETAG, "\"2\"")];
        let found = written(read(&users, create, &headers, ""));
        assert_eq!(found, (expected, Some("\"2\"".into()), false), "{location}");
    }
    users.key = field(&users, "userName");
    let headers = [(ENTITY_ID, "WFUser(%27O%27%27Neil%2F(x)%27)")];
    let found = written(read(&users, create, &headers, "\r\n"));
    assert_eq!(found, (Some(UpstreamKey::Text("O'Neil/(x)".into())), None, false));
    assert_eq!(read(&users, create, &[], "{}"), Err(Unreadable::NotARow));
    let delete = Action::Delete { key: &SEVEN, version: None };
    assert_eq!(read(&users, delete, &[], ""), Ok(Outcome::Gone));
}

#[test]
fn errors_are_recognised_in_both_shapes() {
    let class = |body: &str| refusal::recognise(body.as_bytes());
    let duplicate = r#"{"error":{"code":"UNIQUE_CONSTRAINT_VIOLATION","message":"x"}}"#;
    assert_eq!(class(duplicate), Some(Class::Duplicate));
    let bizagi = r#"{"code":"409","type":"ODataException","status":"Conflict","message":"x"}"#;
    assert_eq!(class(bizagi), Some(Class::Duplicate));
    let bizagi = r#"{"code":"500","type":"ODataException","status":"InternalServerError","message":"Entity metadata not found. Entity ID: -1."}"#;
    for other in [bizagi, r#"{"status":"Conflict"}"#, r#"{"error":"x"}"#, "<html>", "", "[]"] {
        assert_eq!(class(other), None, "{other}");
    }
}

proptest! {
    /// What is written into a body comes back out of a row, letter for letter.
    #[test]
    fn texts_survive_a_round_trip(text in any::<String>()) {
        let users = users();
        let name = field(&users, "userName");
        let mut delta = Delta::default();
        delta.set(name, Value::text(&text));
        let request = write(&users, Action::Create(&delta)).unwrap();
        let body = std::str::from_utf8(request.body()).unwrap();
        let Ok(Outcome::Row(row)) = read(&users, Action::Read { key: &SEVEN }, &[], body) else {
            return Err(TestCaseError::fail("no row"));
        };
        prop_assert_eq!(row.value(name), &Value::text(&text));
    }

    /// Whatever an upstream answers is read or refused, without a panic.
    #[test]
    fn any_answer_is_read_or_refused(body in r#"[\[\]{}":,a-z0-9@.\\ ]{0,60}"#) {
        let users = users();
        let search = query(Predicate::TRUE);
        let _ = read(&users, Action::Search(&search), &[], &body);
        let _ = read(&users, Action::Read { key: &SEVEN }, &[], &body);
    }
}

#[test]
fn a_collection_is_an_array_and_never_null() {
    let mut users = users();
    let field = crate::record::Field {
        many: true,
        ..crate::record::Field::new("Badges", Type::String, Case::ToLower)
    };
    let badges = users.fields.push(field).unwrap();
    let list =
        |texts: &[&'static str]| Value::list(texts.iter().copied().map(Value::text).collect());
    for (after, expected) in
        [(list(&["a", "b\"c"]), r#"{"Badges":["a","b\"c"]}"#), (Value::Absent, r#"{"Badges":[]}"#)]
    {
        let mut delta = Delta::default();
        delta.set_list(badges, list(&["x"]), after);
        assert_eq!(OData::changes(&users, &delta).unwrap(), expected);
    }
    for (body, expected) in [
        (r#"{"idUser":7,"Badges":["a","b\"c",null]}"#, Ok(list(&["a", "b\"c"]))),
        (r#"{"idUser":7,"Badges":[]}"#, Ok(Value::Absent)),
        (r#"{"idUser":7,"Badges":null}"#, Ok(Value::Absent)),
        (r#"{"idUser":7}"#, Ok(Value::Absent)),
        (r#"{"idUser":7,"Badges":"a"}"#, Err(Unreadable::Misfit("Badges".into()))),
        (r#"{"idUser":7,"Badges":[["a"]]}"#, Err(Unreadable::Misfit("Badges".into()))),
    ] {
        let found = read(&users, Action::Read { key: &SEVEN }, &[], body);
        let found = found.map(|outcome| match outcome {
            Outcome::Row(row) => row.into_owned().value(badges).clone(),
            other => panic!("{other:?}"),
        });
        assert_eq!(found, expected, "{body}");
    }
}
