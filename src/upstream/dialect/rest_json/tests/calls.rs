//! What is sent.

use super::*;
use crate::record::{Direction, Operator, Predicate};

fn is<'a>(entity: &Entity, name: &str, value: Value<'a>) -> Predicate<'a> {
    compare(entity, name, Operator::Eq, value)
}

fn compare<'a>(entity: &Entity, name: &str, operator: Operator, value: Value<'a>) -> Predicate<'a> {
    Predicate::compare(field(entity, name), operator, value, Case::Insensitive)
}

#[test]
fn a_row_has_an_address_and_no_key_leaves_its_segment() {
    let people = entity(&[]);
    for (key, expected) in [
        ("7", Some("GET /HR/api/people/7")),
        ("a/b?c#d&e", Some("GET /HR/api/people/a%2Fb%3Fc%23d%26e")),
        ("ä %", Some("GET /HR/api/people/%C3%A4%20%25")),
        ("...", Some("GET /HR/api/people/...")),
        ("..", None),
        (".", None),
        ("", None),
        ("a/../b", None),
        ("..\\b", None),
        ("%2e%2e", None),
    ] {
        let key = text(key);
        let action = Action::Read { key: &key };
        match expected {
            Some(expected) => assert_eq!(line(&people, action), expected),
            None => assert_eq!(write(&people, action).unwrap_err(), DialectError::Key, "{key}"),
        }
    }
    let number = UpstreamKey::Integer(7);
    let action = Action::Read { key: &number };
    assert_eq!(write(&people, action).unwrap_err(), DialectError::Key);
    let mut strayed = with_options("");
    strayed.collection = "../people".into();
    let error = write(&strayed, Action::Read { key: &text("7") }).unwrap_err();
    assert!(matches!(error, DialectError::Strayed(_)), "{error:?}");
}

#[test]
fn without_options_the_usual_calls_are_made() {
    let people = with_options("");
    let key = text("7");
    let mut delta = Delta::default();
    delta.set(field(&people, "name.first"), Value::text("Ana"));
    assert_eq!(line(&people, Action::Read { key: &key }), "GET /HR/api/people/7");
    let create = Action::Create(&delta);
    assert_eq!(line(&people, create), r#"POST /HR/api/people {"name":{"first":"Ana"}}"#);
    let source = Some(r#"{"id":"7"}"#);
    let update = Action::Update { key: &key, delta: &delta, source, version: None };
    let sent = r#"PUT /HR/api/people/7 {"id":"7","name":{"first":"Ana"}}"#;
    assert_eq!(line(&people, update), sent);
    let everybody = query(Predicate::TRUE);
    assert_eq!(line(&people, Action::Search(&everybody)), "GET /HR/api/people");
    let delete = Action::Delete { key: &key, version: None };
    assert_eq!(write(&people, delete).unwrap_err(), DialectError::NoSuchCall);
    let ana = query(is(&people, "account.name", Value::text("ana")));
    let error = write(&people, Action::Search(&ana)).unwrap_err();
    assert_eq!(error, DialectError::Inexpressible);
    assert_eq!(people.facts.paging, Paging::Whole { most: 5000 });
    assert!(!people.facts.deletes && !people.facts.sort && !people.facts.total);
}

#[test]
fn a_search_is_written_in_the_servers_style() {
    let people = entity(&[]);
    let (name, realm) = (field(&people, "account.name"), field(&people, "account.realm"));
    let search = Query {
        predicate: Predicate::all([
            is(&people, "account.name", Value::text("a\"na")),
            Predicate::all([is(&people, "account.enabled", Value::Boolean(true))]),
            compare(&people, "account.realm", Operator::Ne, Value::text("local")),
            is(&people, "employment.level", Value::Integer(3)),
        ]),
        order: vec![(name, Direction::Descending), (realm, Direction::Ascending)],
        skip: 100,
        top: 50,
        count: true,
    };
    assert_eq!(
        body(&people, Action::Search(&search)),
        json!({
            "criteria": [
                { "field": "account.name", "is": "a\"na" },
                { "field": "account.enabled", "is": true },
                { "field": "account.realm", "isNot": "local" },
                { "field": "employment.level", "is": 3 },
            ],
            "page": 3, "perPage": 50, "sort": "-account.name,account.realm",
        })
    );
    // A page is asked for by its number, so it begins where a page begins.
    let odd = Query { skip: 7, ..search.clone() };
    assert_eq!(write(&people, Action::Search(&odd)).unwrap_err(), DialectError::Inexpressible);
    for cannot in [
        is(&people, "account.name", Value::text("x")).negation(),
        Predicate::any([
            is(&people, "account.name", Value::text("x")),
            is(&people, "account.name", Value::text("y")),
        ]),
        Predicate::absent(name, true),
        compare(&people, "account.name", Operator::StartsWith, Value::text("x")),
    ] {
        let cannot = query(cannot);
        let error = write(&people, Action::Search(&cannot)).unwrap_err();
        assert_eq!(error, DialectError::Inexpressible);
    }
    let nothing = query(Predicate::all([Predicate::FALSE]));
    assert_eq!(write(&people, Action::Search(&nothing)).unwrap_err(), DialectError::Nothing);
}

/// A server of the other kind: parameters of a query, an offset, a total in a header.
const PARAMETERS: &str = r#"
[upstream.options.search]
path    = "v2/users"
query   = { offset = "{offset}", limit = "{size}", order = "{sort}", view = "full" }
total   = "header:X-Total-Count"
literal = '[^*]+'
names   = { "account.name" = "login" }
compare = { eq = { "{field}" = "{value}" }, startswith = { "{field}" = "{value}*" }, ge = { "{field}.from" = "{value}" }, absent = { missing = "{field}" }, present = { has = "{field}" } }
sort    = { descending = "{field} desc" }
[upstream.options.list]
path    = "v2/everybody"
query   = { offset = "{offset}", limit = "{size}", order = "{sort}" }
total   = "header:X-Total-Count"
"#;

#[test]
fn a_search_may_stand_in_the_query() {
    let people = with_options(PARAMETERS);
    assert_eq!(people.facts.paging, Paging::Upstream);
    assert!(people.facts.sort && people.facts.total && people.facts.absence);
    let ana = || is(&people, "account.name", Value::text("ana&x=1 +"));
    let search = Query {
        predicate: Predicate::all([
            ana(),
            compare(&people, "employment.level", Operator::Ge, Value::Integer(3)),
            Predicate::absent(field(&people, "contact.mobile"), true),
        ]),
        order: vec![(field(&people, "account.name"), Direction::Descending)],
        skip: 7,
        top: 3,
        count: true,
    };
    assert_eq!(
        line(&people, Action::Search(&search)),
        "GET /HR/v2/users?limit=3&offset=7&order=login%20desc&view=full\
         &login=ana%26x%3D1%20%2B&employment.level.from=3&missing=contact.mobile"
    );
    let begins = query(compare(&people, "account.name", Operator::StartsWith, Value::text("a")));
    let line_of = |query: &Query<'_>| line(&people, Action::Search(query));
    assert!(line_of(&begins).ends_with("&login=a%2A"), "{}", line_of(&begins));
    let everybody = query(Predicate::all([Predicate::TRUE]));
    assert_eq!(line_of(&everybody), "GET /HR/v2/everybody?limit=50&offset=0");
    // What would be a sign to the server never stands in a comparison.
    let wild = query(is(&people, "account.name", Value::text("a*")));
    let error = write(&people, Action::Search(&wild)).unwrap_err();
    assert_eq!(error, DialectError::Unsafe("account.name".into()));
    // Of two parameters with one name nobody knows which one counts.
    let twice = query(Predicate::all([ana(), ana()]));
    assert_eq!(write(&people, Action::Search(&twice)).unwrap_err(), DialectError::Inexpressible);
}

#[test]
fn a_search_may_be_members_of_one_object() {
    let people = with_options(
        r#"
[upstream.options.search]
method   = "POST"
body     = { where = "{criteria}", cursor = true }
criteria = "members"
next     = "links.next"
rows     = "rows"
compare  = { eq = { "{field}" = "{value}" }, ge = { "{field}" = { min = "{value}" } }, le = { "{field}" = { max = "{value}" } } }
"#,
    );
    assert_eq!(people.facts.paging, Paging::Links);
    let level =
        |operator, number| compare(&people, "employment.level", operator, Value::Integer(number));
    let between = query(Predicate::all([
        is(&people, "account.name", Value::text("ana")),
        level(Operator::Ge, 2),
        level(Operator::Le, 4),
    ]));
    assert_eq!(
        body(&people, Action::Search(&between)),
        json!({ "where": { "account.name": "ana", "employment.level": { "min": 2, "max": 4 } }, "cursor": true })
    );
    for twice in [
        vec![level(Operator::Ge, 2), level(Operator::Ge, 3)],
        vec![level(Operator::Eq, 2), level(Operator::Ge, 3)],
    ] {
        let twice = query(Predicate::all(twice));
        let error = write(&people, Action::Search(&twice)).unwrap_err();
        assert_eq!(error, DialectError::Inexpressible);
    }
    let everybody = query(Predicate::TRUE);
    let sent = body(&people, Action::Search(&everybody));
    assert_eq!(sent, json!({ "where": {}, "cursor": true }));
    let further = Action::Follow { next: "https://legacy.example/HR/api/people?after=7" };
    assert_eq!(line(&people, further), "GET /HR/api/people?after=7");
    let astray = Action::Follow { next: "https://evil.example/HR/" };
    assert!(matches!(write(&people, astray).unwrap_err(), DialectError::Strayed(_)));
}

#[test]
fn a_whole_update_keeps_what_nobody_knows_byte_for_byte() {
    let people = entity(&[]);
    let source = r#"{ "id":"7", "revision" : 12345678901234567890123, "x":[1.10, {"y":"\u00e4"}],
        "name":{"first":"A","middle":"M","last":"D"}, "contact": null, "odd\u0022":1e400 }"#;
    let mut delta = Delta::default();
    delta.set(field(&people, "name.first"), Value::text("An\"a"));
    delta.set(field(&people, "name.last"), Value::Absent);
    delta.set(field(&people, "contact.email"), Value::text("a@x"));
    delta.set(field(&people, "employment.\"staff.no\""), Value::text("1"));
    let key = text("7");
    let update =
        Action::Update { key: &key, delta: &delta, source: Some(source), version: Some("\"1\"") };
    assert_eq!(
        line(&people, update),
        r#"PUT /HR/api/people/7 {"person":{"id":"7","revision":12345678901234567890123,"x":[1.10, {"y":"\u00e4"}],"name":{"first":"An\"a","middle":"M","last":null},"contact":{"email":"a@x"},"odd\"":1e400,"employment":{"staff.no":"1"}}}"#
    );
    assert!(!write(&people, update).unwrap().headers().contains_key(IF_MATCH));
    // Without the row as it was read, what it holds would be lost.
    let blind = Action::Update { key: &key, delta: &delta, source: None, version: None };
    assert_eq!(write(&people, blind).unwrap_err(), DialectError::NoSuchCall);
    // A member that is something else than the mapping thinks is not thrown away.
    let other = Some(r#"{"name":["A"]}"#);
    let other = Action::Update { key: &key, delta: &delta, source: other, version: None };
    assert_eq!(write(&people, other).unwrap_err(), DialectError::Unknown);
}

#[test]
fn several_values_are_a_list() {
    let more = "\n[[attribute]]\nscim = \"entitlements\"\nfield = \"rights.codes\"\nmulti_valued = true\n\n# ---";
    let people = entity(&[(
        "\n# ---------------------------------------------------------------- the rest",
        more,
    )]);
    let codes = field(&people, "rights.codes");
    let mut delta = Delta::default();
    delta.set(codes, Value::List(vec![Value::text("a\"b"), Value::text("c")].into_boxed_slice()));
    let sent = body(&people, Action::Create(&delta));
    assert_eq!(sent, json!({ "person": { "rights": { "codes": ["a\"b", "c"] } } }));
    let answer = json!({ "data": sent["person"] }).to_string();
    let key = text("7");
    let Ok(Outcome::Row(row)) = read(&people, Action::Read { key: &key }, &[], &answer) else {
        panic!("a row")
    };
    assert_eq!(Some(row.value(codes)), delta.value(codes));
    delta.set(codes, Value::Absent);
    let source = Some(r#"{"rights":{"codes":["a"],"x":1}}"#);
    let update = Action::Update { key: &key, delta: &delta, source, version: None };
    let cleared = json!({ "person": { "rights": { "codes": [], "x": 1 } } });
    assert_eq!(body(&people, update), cleared);
}

#[test]
fn a_field_is_cleared_as_the_server_wants_it() {
    let source = r#"{"name":{"first":"A"},"employment":{"level":3},"x":1}"#;
    let sent = |clear: &str, send: &str| {
        let people = entity(&[
            ("clear   = \"null\" ", &format!("clear   = \"{clear}\" ")),
            ("send   = \"whole\" ", &format!("send   = \"{send}\" ")),
        ]);
        let mut delta = Delta::default();
        delta.set(field(&people, "name.first"), Value::Absent);
        delta.set(field(&people, "employment.level"), Value::Absent);
        let key = text("7");
        let update =
            Action::Update { key: &key, delta: &delta, source: Some(source), version: None };
        body(&people, update)["person"].clone()
    };
    let null = json!({ "name": { "first": null }, "employment": { "level": null }, "x": 1 });
    assert_eq!(sent("null", "whole"), null);
    let empty = json!({ "name": { "first": "" }, "employment": { "level": null }, "x": 1 });
    assert_eq!(sent("empty", "whole"), empty);
    assert_eq!(sent("omit", "whole"), json!({ "name": {}, "employment": {}, "x": 1 }));
    let changed = json!({ "name": { "first": null }, "employment": { "level": null } });
    assert_eq!(sent("null", "changed"), changed);
    // A new row simply has not what it has not.
    let people = entity(&[]);
    let mut delta = Delta::default();
    delta.set(field(&people, "name.first"), Value::Absent);
    assert_eq!(body(&people, Action::Create(&delta)), json!({ "person": {} }));
}

#[test]
fn versions_and_media_types_are_sent_where_the_mapping_says_so() {
    let key = text("7");
    let delete = |version| Action::Delete { key: &key, version };
    for (etag, known, expected) in [
        ("none", Some("\"1\""), None),
        ("optional", Some("\"1\""), Some("\"1\"")),
        ("optional", None, None),
        ("required", None, Some("*")),
    ] {
        let line = format!("page        = 50\netag = \"{etag}\" ");
        let people = entity(&[("page        = 50 ", &line)]);
        let request = write(&people, delete(known)).unwrap();
        let sent = request.headers().get(IF_MATCH).map(|value| value.to_str().unwrap());
        assert_eq!(sent, expected, "{etag}");
        let evil = write(&people, delete(Some("x\r\ny: 1")));
        assert_eq!(evil.is_err(), etag != "none");
    }
    let media = "[upstream.options]\nmedia_type = \"application/vnd.people+json\"\n";
    let people = entity(&[("[upstream.options]\n", media)]);
    let delta = Delta::default();
    let request = write(&people, Action::Create(&delta)).unwrap();
    assert_eq!(request.headers()[CONTENT_TYPE], "application/vnd.people+json");
    assert_eq!(request.headers()[ACCEPT], "application/vnd.people+json");
    let request = write(&people, delete(None)).unwrap();
    assert!(request.body().is_empty() && !request.headers().contains_key(CONTENT_TYPE));
}

#[test]
fn mistakes_in_the_options_are_told() {
    for (old, new, told) in [
        ("row  = \"data\"", "rows = \"data\"", "did you mean `row`"),
        ("path = \"api/people/{key}\"", "path = \"api/people/{kye}\"", "nothing is called `{kye}`"),
        ("path = \"api/people/{key}\"", "path = \"api/people\"", "expected `{key}`"),
        ("path = \"api/people/{key}\"", "path = \"api/people/{key\"", "braces that match"),
        ("body = { person = \"{row}\" }", "body = { person = 1 }", "expected `{row}`"),
        ("method   = \"POST\"", "method   = \"GET\"", "expected no `body`"),
        ("method   = \"POST\"", "method   = \"FIND\"", "expected `GET` or `POST`"),
        ("criteria = \"list\"  ", "criteria = \"query\"  ", "for `{criteria}`"),
        ("criteria = \"{criteria}\", ", "", "expected `{criteria}` in the `body`"),
        ("rows     = \"data.items\"", "rows     = \"data..items\"", "expected a place"),
        ("total    = \"data.count\"", "total    = \"header:\"", "or `header:Name`"),
        (
            "success = { \"result.code\" = \"OK\" }",
            "success = { \"result.code\" = \"(\" }",
            "a pattern",
        ),
        ("eq = { field", "equals = { field", "expected `eq`, `ne`"),
        (
            "separator  = \",\"",
            "separator  = \",\"\n[upstream.options.search.names]\n\"acount.name\" = \"x\"",
            "did you mean `account.name`",
        ),
        ("field      = \"name.first\"", "field      = \"name..first\"", "cannot write a field"),
        (
            "filled      = [\"account.name\"",
            "filled      = [\"account.nam\"",
            "did you mean `account.name`",
        ),
    ] {
        assert!(REST.contains(old), "`{old}` is not in the mapping");
        let (mapping, report) = compiled(&REST.replace(old, new));
        let report = report.to_string();
        assert!(mapping.is_none() && report.contains(told), "{new}: {report}");
    }
}
