//! Collections of a row: how a change of one is written, and how its members are read.

use http::header::CONTENT_TYPE;
use proptest::prelude::*;

use super::*;
use crate::upstream::dialect::Page;

/// The entity with a field of several values.
fn with(name: &str, kind: Type) -> (Entity, FieldIndex) {
    let mut users = users();
    let field = Field { many: true, ..Field::new(name, kind, Case::Insensitive) };
    let index = users.fields.push(field).unwrap();
    (users, index)
}

fn list(keys: &[&'static str]) -> Value<'static> {
    Value::list(keys.iter().copied().map(Value::text).collect())
}

fn updated(users: &Entity, delta: &Delta<'_>) -> String {
    let (_, body) = sent(users, Action::Update { key: &SEVEN, delta, source: None, version: None });
    let (_, rest) = body.split_once("<WFUSER key=\"7\">").unwrap();
    rest.split_once("</WFUSER>").unwrap().0.to_owned()
}

fn read_rows<'b>(users: &Entity, body: &'b str) -> Result<Page<'b>, Unreadable> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    let query = query(Predicate::TRUE);
    let call = Call { entity: users, action: Action::Search(&query) };
    match BizagiSoap.read(&call, StatusCode::OK, &headers, body.as_bytes())? {
        Outcome::Rows(page) => Ok(page),
        other => panic!("{other:?}"),
    }
}

fn answer(users: &Entity, inner: &str) -> String {
    String::from_utf8(BizagiSoap.nothing_found(users).to_vec())
        .unwrap()
        .replace("<Entities/>", &format!("<Entities><WFUSER key=\"7\">{inner}</WFUSER></Entities>"))
}

#[test]
fn a_change_says_what_comes_and_what_goes() {
    let (users, roles) = with("Roles", Type::String);
    for (before, after, expected) in [
        (list(&[]), list(&["1", "2"]), "<ROLE key=\"1\"></ROLE><ROLE key=\"2\"></ROLE>"),
        (
            list(&["1", "2"]),
            list(&["2", "3"]),
            "<ROLE key=\"3\"></ROLE><REMOVE><idRole key=\"1\"></idRole></REMOVE>",
        ),
        (list(&["1"]), list(&[]), "<REMOVE><idRole key=\"1\"></idRole></REMOVE>"),
        (list(&[]), list(&["a<\"&'>"]), "<ROLE key=\"a&lt;&quot;&amp;&apos;&gt;\"></ROLE>"),
    ] {
        let mut delta = Delta::default();
        delta.set_list(roles, before, after);
        assert_eq!(updated(&users, &delta), format!("<Roles>{expected}</Roles>"));
    }
    for unwritable in ["a\nb", "a\u{1}"] {
        let mut delta = Delta::default();
        delta.set_list(roles, Value::Absent, list(&[unwritable]));
        let action = Action::Update { key: &SEVEN, delta: &delta, source: None, version: None };
        assert_eq!(write(&users, action).unwrap_err(), DialectError::Misfit("Roles".into()));
    }
}

#[test]
fn a_mapping_says_how_a_collection_looks_that_is_not_usual() {
    let (mut users, index) = with("Committees", Type::Integer);
    let mut delta = Delta::default();
    let one = |number| Value::list(vec![Value::Integer(number)]);
    delta.set_list(index, one(4), one(5));
    assert!(collection::known(&users.options, "Committees").is_err());
    let texts = vec!["COMMITTEE".into(), "idCommittee".into()];
    users.options.put(COLLECTIONS, OptionValue::Tables(vec![("committees".into(), texts)]));
    assert!(collection::known(&users.options, "Committees").is_ok());
    assert!(collection::known(&users.options, "roles").is_ok());
    assert_eq!(
        updated(&users, &delta),
        "<Committees><COMMITTEE key=\"5\"></COMMITTEE>\
         <REMOVE><idCommittee key=\"4\"></idCommittee></REMOVE></Committees>"
    );
}

#[test]
fn members_are_read_by_key_or_text_each_once() {
    let (users, roles) = with("Roles", Type::Integer);
    for (inner, expected) in [
        (
            "<Roles><ROLE key=\"2\"/><role key=\"1\">x<roleName>n</roleName></role></Roles>",
            vec![2, 1],
        ),
        ("<roles><ROLE>3</ROLE><ROLE key=\"3\"/><OTHER key=\"9\"/></roles>", vec![3]),
        ("<Roles/>", vec![]),
        ("<Roles><ROLE/></Roles>", vec![]),
        ("", vec![]),
    ] {
        let body = answer(&users, inner);
        let page = read_rows(&users, &body).unwrap();
        let expected = Value::list(expected.into_iter().map(Value::Integer).collect());
        assert_eq!(page.records[0].value(roles), &expected, "{inner}");
    }
    let body = answer(&users, "<Roles><ROLE key=\"x\"/></Roles>");
    assert_eq!(read_rows(&users, &body).unwrap_err(), Unreadable::Misfit("Roles".into()));
}

proptest! {
    #[test]
    fn what_is_added_is_read_again(keys in proptest::collection::vec("[ -~]{1,12}", 0..6)) {
        let (users, roles) = with("Roles", Type::String);
        let mut each: Vec<Value<'_>> = Vec::new();
        for key in keys.iter().filter(|key| !key.trim().is_empty()) {
            if !each.contains(&Value::text(key)) {
                each.push(Value::text(key));
            }
        }
        let mut delta = Delta::default();
        delta.set_list(roles, Value::Absent, Value::list(each.clone()));
        let body = answer(&users, &updated(&users, &delta));
        let page = read_rows(&users, &body).unwrap();
        prop_assert_eq!(page.records[0].value(roles), &Value::list(each));
    }
}
