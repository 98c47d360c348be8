//! Keys that are GUIDs, days, and fields of rows that come with a row.

use super::*;
use crate::record::{Declaration, Expansion, Field, Fields, Notation, OptionValue, Options};

const ID: &str = "0A21f0f2-8d2a-4f8e-bf98-7363c4aed4ef";

/// People with a GUID as key, a day, and the department that they belong to.
fn people() -> Entity {
    let mut fields = Fields::default();
    let text = |name: &str| Field::new(name, Type::String, Case::ToLower);
    let key = fields.push(text("ID")).unwrap();
    fields.set_notation(key, Notation::Guid);
    let hired = fields.push(text("hireDate")).unwrap();
    fields.set_notation(hired, Notation::Date);
    for name in ["department.code", "department.name"] {
        fields.push(Field { navigation: Some("department".into()), ..text(name) }).unwrap();
    }
    Entity {
        collection: "odata/v4/guid/People".into(),
        expansions: Expansion::all(&["department".into()], &fields),
        fields,
        key,
        ..users()
    }
}

fn key() -> UpstreamKey {
    UpstreamKey::Text(ID.into())
}

#[test]
fn a_guid_addresses_a_row_as_it_is_written() {
    let people = people();
    let delete = Action::Delete { key: &key(), version: None };
    assert_eq!(line(&people, delete), format!("DELETE /HR/odata/v4/guid/People({ID})"));
    for text in ["7", "", "' or true", "0a21f0f28d2a4f8ebf987363c4aed4ef"] {
        let other = UpstreamKey::Text(text.into());
        let error = write(&people, Action::Read { key: &other }).unwrap_err();
        assert_eq!(error, DialectError::Key, "{text}");
    }
    let delta = Delta::default();
    for location in [format!("People({ID})"), format!("People(ID={ID})")] {
        let found = read(&people, Action::Create(&delta), &[(LOCATION, &location)], "").unwrap();
        assert_eq!(found, Outcome::Written { key: Some(key()), version: None, row: None });
    }
    let quoted = format!("People('{ID}')");
    let found = read(&people, Action::Create(&delta), &[(LOCATION, &quoted)], "").unwrap();
    assert_eq!(found, Outcome::Written { key: None, version: None, row: None });
}

#[test]
fn rows_that_come_with_a_row_are_asked_for_and_searched() {
    let people = people();
    let asked = line(&people, Action::Read { key: &key() });
    assert_eq!(asked, format!("GET /HR/odata/v4/guid/People({ID})?$expand=department"));
    let search = Query {
        predicate: Predicate::all([
            compare(&people, "department.code", Operator::Eq, Value::text("D1"), Case::ToLower),
            compare(&people, "hireDate", Operator::Ge, Value::text("2026-03-01"), Case::Exact),
            compare(&people, "ID", Operator::Ne, Value::text(ID), Case::Exact),
            Predicate::absent(field(&people, "department.name"), false),
        ]),
        order: vec![(field(&people, "department.name"), Direction::Ascending)],
        ..query(Predicate::TRUE)
    };
    let asked = line(&people, Action::Search(&search));
    assert_eq!(
        percent_decode_str(&asked).decode_utf8().unwrap(),
        format!(
            "GET /HR/odata/v4/guid/People?$filter=tolower(department/code) eq 'd1' and hireDate ge \
             2026-03-01 and ID ne {ID} and department/name ne null&$orderby=department/name&$top=100\
             &$expand=department"
        )
    );
}

#[test]
fn a_row_is_asked_for_with_the_fields_that_are_mapped() {
    let selecting = || Options::new(vec![OptionValue::Flag(false), OptionValue::Flag(true)]);
    // What has an `@` in its name is an annotation, which comes by itself.
    let users = Entity { options: selecting(), ..users() };
    let own = "$select=idUser,userName,enabled,salary,created";
    let asked = line(&users, Action::Read { key: &SEVEN });
    assert_eq!(asked, format!("GET /HR/odata/data/WFUser(7)?{own}"));
    let asked = line(&users, Action::Search(&query(Predicate::TRUE)));
    assert_eq!(asked, format!("GET /HR/odata/data/WFUser?$top=100&{own}"));
    let delete = Action::Delete { key: &SEVEN, version: None };
    assert_eq!(line(&users, delete), "DELETE /HR/odata/data/WFUser(7)");
    let people = Entity { options: selecting(), ..people() };
    let asked = line(&people, Action::Read { key: &key() });
    assert_eq!(
        asked,
        format!(
            "GET /HR/odata/v4/guid/People({ID})?$select=ID,hireDate\
             &$expand=department($select=code,name)"
        )
    );
}

#[test]
fn another_row_is_read_where_it_is_and_absent_where_it_is_not() {
    let people = people();
    let read_row = |department: &str| {
        let body = format!(r#"{{"department":{department},"ID":"{ID}","hireDate":"2026-03-01"}}"#);
        match read(&people, Action::Read { key: &key() }, &[], &body)? {
            Outcome::Row(row) => Ok(row.into_owned()),
            other => panic!("{other:?}"),
        }
    };
    let row = read_row(r#"{"code":"D1","ID":"another","more":{"name":1},"name":"Sales"}"#).unwrap();
    assert_eq!(row.value(people.key), &Value::text(ID));
    assert_eq!(row.value(field(&people, "department.code")), &Value::text("D1"));
    assert_eq!(row.value(field(&people, "department.name")), &Value::text("Sales"));
    let row = read_row("null").unwrap();
    assert!(row.value(field(&people, "department.code")).is_absent());
    let error = read_row(r#"{"code":["D1"]}"#).unwrap_err();
    assert_eq!(error, Unreadable::Misfit("department.code".into()));
    for other in [r#"[{"code":"D1"}]"#, "7", r#""D1""#] {
        assert!(matches!(read_row(other), Err(Unreadable::Json { .. })), "{other}");
    }
}

#[test]
fn the_answer_to_a_write_is_no_whole_row() {
    let people = people();
    let (key, delta) = (key(), Delta::default());
    let update = Action::Update { key: &key, delta: &delta, version: None, source: None };
    assert_eq!(write(&people, update).unwrap().headers()["prefer"], "return=minimal");
    let create = Action::Create(&delta);
    assert_eq!(write(&people, create).unwrap().headers()["prefer"], "return=representation");
    let body = format!(r#"{{"ID":"{ID}","@odata.etag":"\"1\""}}"#);
    let expected =
        Outcome::Written { key: Some(key.clone()), version: Some("\"1\"".into()), row: None };
    assert_eq!(read(&people, create, &[], &body), Ok(expected));
}

#[test]
fn decimals_are_texts_where_the_mapping_says_so() {
    let mut users = users();
    users.options = Options::new(vec![OptionValue::Flag(true)]);
    let mut delta = Delta::default();
    delta.set(field(&users, "salary"), Value::Decimal("9999999999999.99".into()));
    let request = write(&users, Action::Create(&delta)).unwrap();
    assert_eq!(request.body(), r#"{"salary":"9999999999999.99"}"#);
    assert_eq!(request.headers()["content-type"], "application/json;IEEE754Compatible=true");
    assert_eq!(request.headers()["accept"], "application/json;IEEE754Compatible=true");
}

#[test]
fn what_the_service_says_of_itself_is_asked_for_and_read() {
    let people = people();
    assert_eq!(line(&people, Action::Describe), "GET /HR/odata/v4/guid/$metadata");
    assert_eq!(write(&people, Action::Describe).unwrap().headers()["accept"], "application/xml");
    let xml = [(CONTENT_TYPE, "application/xml;charset=utf-8")];
    let document = |sets: &str| {
        format!(
            r#"<Edmx Version="4.0"><Schema Namespace="n"><EntityType Name="P">
               <Key><PropertyRef Name="ID"/></Key>
               <Property Name="ID" Type="Edm.Guid" Nullable="false"/>
               <NavigationProperty Name="department" Type="n.D"/>
               <NavigationProperty Name="reports" Type="Collection(n.P)"/>
               </EntityType><EntityType Name="D"><Property Name="code" MaxLength="10"/></EntityType>
               <EntityContainer>{sets}</EntityContainer></Schema></Edmx>"#
        )
    };
    let body = document(r#"<EntitySet Name="People" EntityType="n.P"/>"#);
    let Ok(Outcome::Declared(Declaration::Rows { key, fields, navigations })) =
        read(&people, Action::Describe, &xml, &body)
    else {
        panic!("a declaration")
    };
    assert_eq!((key, navigations), (vec!["ID".into()], vec!["department".into()]));
    let found: Vec<_> =
        fields.iter().map(|field| (&*field.name, &*field.kind, field.max_length)).collect();
    assert_eq!(found, [("ID", "Edm.Guid", None), ("department.code", "Edm.String", Some(10))]);
    assert_eq!(fields[0].takes, [(Type::String, Notation::Guid)]);
    let body = document(r#"<EntitySet Name="Persons" EntityType="n.P"/>"#);
    let found = read(&people, Action::Describe, &xml, &body).unwrap();
    let known = vec!["Persons".into()];
    assert_eq!(found, Outcome::Declared(Declaration::NoCollection { known }));
    for (headers, body, expected) in [
        (&xml[..], "", Unreadable::Empty),
        (&xml, "<html/>", Unreadable::NoMetadata),
        (&[], "{}", Unreadable::MediaType("`application/xml`")),
    ] {
        assert_eq!(read(&people, Action::Describe, headers, body), Err(expected), "{body}");
    }
}
