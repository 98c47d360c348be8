//! What rows show of a collection, and the answers that stand-ins give.

use super::*;
use crate::record::{Predicate, Shown};

#[test]
fn a_row_is_found_as_a_search_would_find_it() {
    let everybody = query(Predicate::TRUE);
    let row = r#"{"result":{"code":"OK"},"data":{"id":"7","account":{"name":"ana"}}}"#;
    let plain = r#"{"id":"7","account":{"name":"ana"}}"#;
    for (people, row) in [(entity(&[]), row), (with_options(""), plain)] {
        let body = RestJson.found(&people, &Bytes::from(row));
        let body = std::str::from_utf8(&body).unwrap();
        let Ok(Outcome::Rows(page)) = read(&people, Action::Search(&everybody), &[], body) else {
            panic!("{body}")
        };
        let [found] = &page.records[..] else { panic!("{body}") };
        assert_eq!(found.value(people.key), &Value::text("7"), "{body}");
        assert!(page.total.is_none_or(|total| total == 1), "{body}");
    }
}

/// What these rows show of a field, and what else they have.
fn shown(rows: &Json, name: &str) -> (Shown, Vec<Box<str>>) {
    let people = entity(&[]);
    let everybody = query(Predicate::TRUE);
    let call = Call { entity: &people, action: Action::Search(&everybody) };
    let body = json!({ "data": { "items": rows } }).to_string();
    let sample = RestJson.sample(&call, &HeaderMap::new(), body.as_bytes()).unwrap();
    assert_eq!(sample.rows, rows.as_array().unwrap().len());
    (sample.shown(field(&people, name)), sample.others)
}

#[test]
fn rows_show_what_a_field_holds() {
    for (level, expected) in [
        (json!(3), Shown::Fitting),
        (json!("3"), Shown::Fitting),
        (json!(null), Shown::Empty),
        (json!(""), Shown::Empty),
        (json!("high"), Shown::Foreign("a text")),
        (json!(2.5), Shown::Foreign("a number")),
        (json!(true), Shown::Foreign("a truth value")),
        (json!({ "of": 3 }), Shown::Foreign("an object")),
        (json!([3]), Shown::Foreign("a list")),
    ] {
        let row = json!([{ "employment": { "level": level } }]);
        assert_eq!(shown(&row, "employment.level").0, expected, "{level}");
        // Of several rows the worst one counts, wherever it stands.
        let rows = json!([{ "employment": { "level": 1 } }, row[0], { "employment": null }, {}]);
        assert_eq!(shown(&rows, "employment.level").0, expected.max(Shown::Fitting), "{level}");
    }
    for (row, expected) in [
        (json!({}), Shown::Unseen),
        (json!({ "employment": {} }), Shown::Unseen),
        (json!({ "employment": "none" }), Shown::Unseen),
        (json!({ "employment": null }), Shown::Empty),
        (json!({ "employment": { "staff.no": "7" } }), Shown::Fitting),
        (json!({ "employment": { "staff.no": 7 } }), Shown::Unlike("a number")),
    ] {
        assert_eq!(shown(&json!([row]), "employment.\"staff.no\"").0, expected, "{row}");
    }
}

#[test]
fn what_no_field_names_is_told_as_a_field_would_name_it() {
    let rows = json!([
        { "id": "7", "badge": { "colour": "blue", "doors": ["main"] }, "a.b": { "c\"d": 1 } },
        { "id": "8", "badge": { "colour": null } },
    ]);
    let (_, others) = shown(&rows, "id");
    let others: Vec<&str> = others.iter().map(AsRef::as_ref).collect();
    assert_eq!(others, [r#""a.b"."c\"d""#, "badge.colour", "badge.doors"]);
    for other in others {
        assert!(crate::record::members(other).is_some(), "{other}");
    }
}
