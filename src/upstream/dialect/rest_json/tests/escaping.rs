//! No value changes the structure of a call: properties over every text.

use proptest::prelude::*;

use std::sync::LazyLock;

use super::*;
use crate::record::{Operator, Predicate};

static PEOPLE: LazyLock<Entity> = LazyLock::new(|| entity(&[]));

static BY_QUERY: LazyLock<Entity> = LazyLock::new(|| {
    with_options(
        "[upstream.options.search]\nquery = { fixed = \"a b\" }\n\
         compare = { eq = { \"{field}\" = \"={value}\" } }\n",
    )
});

fn is<'a>(entity: &Entity, name: &str, value: &'a str) -> Predicate<'a> {
    let field = field(entity, name);
    let (operator, case) = (Operator::Eq, Case::Insensitive);
    Predicate::compare(field, operator, Value::text(value), case)
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

proptest! {
    #[test]
    fn a_key_is_one_segment_or_none(key in "\\PC{0,12}|[./\\\\%2eE;?#]{1,8}") {
        let people = &*PEOPLE;
        let key = text(&key);
        let action = Action::Read { key: &key };
        match write(people, action) {
            Ok(request) => {
                let path = request.uri().path();
                let segments: Vec<&str> = path.split('/').collect();
                prop_assert_eq!(segments.len(), 5, "{}", path);
                prop_assert_eq!(&segments[..4], ["", "HR", "api", "people"]);
                prop_assert_eq!(decoded(segments[4]), key.to_string());
                prop_assert!(request.uri().query().is_none());
            }
            Err(error) => prop_assert_eq!(error, DialectError::Key),
        }
    }

    #[test]
    fn a_value_is_one_string_of_a_body(value in any::<String>(), other in any::<String>()) {
        let people = &*PEOPLE;
        let search = query(Predicate::all([
            is(people, "account.name", &value),
            is(people, "name.last", &other),
        ]));
        let expected = json!({
            "criteria": [
                { "field": "account.name", "is": value },
                { "field": "name.last", "is": other },
            ],
            "page": 1, "perPage": 50,
        });
        prop_assert_eq!(body(people, Action::Search(&search)), expected);

        let mut delta = Delta::default();
        delta.set(field(people, "name.first"), Value::text(&value));
        delta.set(field(people, "name.last"), Value::text(&other));
        let expected = json!({ "person": { "name": { "first": value, "last": other } } });
        prop_assert_eq!(body(people, Action::Create(&delta)), expected);
        let key = text("7");
        let source = Some(r#"{"name":{"middle":1},"x":2}"#);
        let update = Action::Update { key: &key, delta: &delta, source, version: None };
        let expected =
            json!({ "person": { "name": { "middle": 1, "first": value, "last": other }, "x": 2 } });
        prop_assert_eq!(body(people, update), expected);
    }

    #[test]
    fn a_value_is_one_parameter_of_a_query(value in any::<String>(), other in any::<String>()) {
        let people = &*BY_QUERY;
        let search = query(Predicate::all([
            is(people, "account.name", &value),
            is(people, "name.last", &other),
        ]));
        let request = write(people, Action::Search(&search)).unwrap();
        let pairs: Vec<(String, String)> = request
            .uri()
            .query()
            .unwrap()
            .split('&')
            .map(|pair| pair.split_once('=').unwrap())
            .map(|(name, value)| (decoded(name), decoded(value)))
            .collect();
        let expected = [
            ("fixed".to_owned(), "a b".to_owned()),
            ("account.name".to_owned(), format!("={value}")),
            ("name.last".to_owned(), format!("={other}")),
        ];
        prop_assert_eq!(pairs, expected);
    }

    /// A row goes out as it came in but for what changed, whatever else it holds.
    #[test]
    fn foreign_members_survive(names in prop::collection::btree_set("[a-z\\\\\" é.]{1,5}", 0..5), number in any::<i64>()) {
        let people = &*PEOPLE;
        let mut row = serde_json::Map::new();
        for name in names {
            row.insert(name, json!([number, { "deep": null }]));
        }
        let source = Json::Object(row.clone()).to_string();
        let mut delta = Delta::default();
        delta.set(field(people, "employment.level"), Value::Integer(1));
        row.insert("employment".to_owned(), json!({ "level": 1 }));
        let key = text("7");
        let update = Action::Update { key: &key, delta: &delta, source: Some(&source), version: None };
        prop_assert_eq!(&body(people, update)["person"], &Json::Object(row));
    }

    /// Whatever an upstream answers is read or refused, without a panic.
    #[test]
    fn any_answer_is_read_or_refused(body in r#"[\[\]{}":,a-z0-9.\\ ]{0,60}"#) {
        let people = &*PEOPLE;
        let everybody = query(Predicate::TRUE);
        let key = text("7");
        let delta = Delta::default();
        for action in
            [Action::Search(&everybody), Action::Read { key: &key }, Action::Create(&delta)]
        {
            let _ = read(people, action, &[], &body);
            let call = Call { entity: people, action };
            let _ = RestJson.refuses(&call, StatusCode::OK, body.as_bytes());
        }
    }
}
