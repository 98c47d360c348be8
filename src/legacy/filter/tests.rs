use std::time::SystemTime;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::columns::WFUSER;
use super::super::store::{Manner, Origin, Search, Store};
use super::super::{Clock, Random};
use super::*;

const NOBODY: [i64; 0] = [];
const HAND: Manner = Manner { origin: Origin::Hand, loose: false, licences: None };

fn store(people: &[Value]) -> Store {
    let clock = Clock::new(|| SystemTime::UNIX_EPOCH);
    let store = Store::open(None, clock, Random::new(|_| {})).unwrap();
    store.seed().unwrap();
    for person in people {
        let mut row = person.as_object().unwrap().clone();
        row.entry("fullName").or_insert_with(|| "x".into());
        row.entry("domain").or_insert_with(|| "d".into());
        store.insert(&WFUSER, &row, HAND).unwrap();
    }
    store
}

fn people() -> Store {
    store(&[
        json!({ "userName": "Ana", "FirstName": "Ana", "EmployeeLevel": 3, "idDepartment": 2 }),
        json!({ "userName": "bob", "enabled": false, "EmployeeLevel": -1, "HireDate": "2024-05-01" }),
        json!({ "userName": "O'Neil", "LastName": "O'Neil", "ScimDeleted": true }),
        json!({ "userName": "ÉLODIE", "enabledForAssignation": 0, "idBossUser": 2 }),
    ])
}

/// The numbers of the users found, in the order asked for.
fn found(store: &Store, filter: &str, order: &str, loose: bool) -> Vec<i64> {
    let condition = Some(condition(&WFUSER, filter, loose).unwrap());
    let order =
        if order.is_empty() { String::new() } else { super::order(&WFUSER, order).unwrap() };
    let search = Search { condition, order, skip: 0, limit: 100 };
    let page = store.search(&WFUSER, &search).unwrap();
    assert_eq!(page.total, page.rows.len() as u64);
    page.rows.iter().map(|row| row.key).collect()
}

fn ids(filter: &str) -> Vec<i64> {
    found(&people(), filter, "", false)
}

#[test]
fn comparisons() {
    assert_eq!(ids("userName eq 'bob'"), [3]);
    assert_eq!(ids("userName eq 'BOB'"), NOBODY);
    assert_eq!(ids("tolower(userName) eq 'élodie'"), [5]);
    assert_eq!(ids("tolower(userName) eq tolower('ÉLODIE')"), [5]);
    assert_eq!(ids("userName eq 'O''Neil' and domain eq 'd'"), [4]);
    assert_eq!(ids("idUser gt 2 and idUser le 4"), [3, 4]);
    assert_eq!(ids("EmployeeLevel eq -1 or EmployeeLevel ge 2.5"), [2, 3]);
    assert_eq!(ids("enabled eq false"), [3]);
    assert_eq!(ids("enabled and idUser lt 3"), [1, 2]);
    assert_eq!(ids("enabledForAssignation eq false"), [5]);
    assert_eq!(ids("enabledForAssignation eq 0"), [5]);
    assert_eq!(ids("HireDate gt 2024-04-30T22:00:00-02:00"), NOBODY);
    assert_eq!(ids("HireDate ge 2024-05-01"), [3]);
    assert_eq!(ids("guidUser eq 00000000-0000-4000-8000-000000000000 and idUser eq 2"), [2]);
    assert_eq!(ids("contains(userName, 'o') and not startswith(userName,'b')"), [1]);
    assert_eq!(ids("endswith(tolower(userName),'NEIL')"), NOBODY);
    assert_eq!(ids("endswith(userName,'Neil') or startswith(userName,'')"), [1, 2, 3, 4, 5]);
    assert_eq!(ids("idUser eq 1 or idUser eq 2 and idUser eq 3"), [1]);
    assert_eq!(ids("(idUser eq 1 or idUser eq 2) and not (idUser eq 2)"), [1]);
    assert_eq!(ids("department/name eq 'Sales'"), [2]);
    assert_eq!(ids("boss/userName eq 'Ana'"), [5]);
}

#[test]
fn nulls() {
    assert_eq!(ids("FirstName eq null"), [1, 3, 4, 5]);
    assert_eq!(ids("FirstName ne null"), [2]);
    assert_eq!(ids("FirstName eq 'Ana'"), [2]);
    assert_eq!(ids("FirstName ne 'Ana'"), [1, 3, 4, 5]);
    assert_eq!(ids("not (FirstName eq 'Ana')"), [1, 3, 4, 5]);
    assert_eq!(ids("ScimDeleted ne true"), [1, 2, 3, 5]);
    assert_eq!(ids("EmployeeLevel gt 0"), [2]);
    assert_eq!(ids("not (EmployeeLevel gt 0)"), [1, 3, 4, 5]);
    assert_eq!(ids("contains(LastName,'zz')"), NOBODY);
    assert_eq!(ids("not contains(LastName,'zz')"), [4]);
    assert_eq!(ids("null eq null"), [1, 2, 3, 4, 5]);
    assert_eq!(ids("null"), NOBODY);
}

#[test]
fn names_are_found_by_an_index() {
    let store = people();
    for filter in [
        "userName eq 'ana'",
        "tolower(userName) eq 'ana' and tolower(domain) eq 'd'",
        "ScimExternalId eq 'x'",
        "tolower(contactEmail) eq 'a@b'",
    ] {
        let condition = condition(&WFUSER, filter, false).unwrap();
        assert!(store.plan(&WFUSER, &condition).contains("USING INDEX"), "{filter}");
    }
}

#[test]
fn a_loose_collation_calls_more_equal() {
    let store = people();
    assert_eq!(found(&store, "userName eq 'elodie  '", "", true), [5]);
    assert_eq!(found(&store, "userName eq 'ＢＯＢ'", "", true), [3]);
    assert_eq!(found(&store, "startswith(userName, 'el')", "", true), [5]);
}

#[test]
fn orders() {
    let store = people();
    let order = |order| found(&store, "idUser gt 0", order, false);
    assert_eq!(order("userName"), [1, 2, 3, 4, 5]);
    assert_eq!(order("userName desc"), [5, 4, 3, 2, 1]);
    assert_eq!(order("EmployeeLevel,idUser desc"), [5, 4, 1, 3, 2]);
    assert_eq!(order("enabled asc,tolower(userName) desc"), [3, 5, 4, 2, 1]);
    for refused in ["", "nick", "userName down", "'a'", "1", "userName,", "idUser) --"] {
        assert!(super::order(&WFUSER, refused).is_err(), "{refused}");
    }
}

#[test]
fn hostile_text_is_refused() {
    for text in [
        "",
        "userName",
        "userName eq",
        "userName eq 'a",
        "userName eq 'a' or",
        "userName eq 'a') or (1 eq 1",
        "userName eq 'a'; DROP TABLE WFUser",
        "userName eq 'a' OR 1=1",
        "\"userName\" eq 'a'",
        "rowVersion eq 1",
        "username eq 'a'",
        "userName eq 1",
        "enabled eq 'true'",
        "enabled eq 1",
        "idUser eq '1'",
        "idUser eq 1 eq 1",
        "not userName eq 'a'",
        "contains(userName)",
        "contains(userName,'a','b')",
        "load_extension('x')",
        "tolower(idUser) eq '1'",
        "department/nick eq 'x'",
        "boss/boss/userName eq 'x'",
        "HireDate gt 2024-99-99",
        "idUser eq 1-- ",
    ] {
        assert!(condition(&WFUSER, text, false).is_err(), "{text}");
    }
}

#[test]
fn size_is_bounded() {
    let nested = format!("{}idUser eq 1{}", "(".repeat(33), ")".repeat(33));
    assert_eq!(condition(&WFUSER, &nested, false).unwrap_err(), FilterError::TooComplex);
    let negated = format!("{}enabled", "not ".repeat(33));
    assert_eq!(condition(&WFUSER, &negated, false).unwrap_err(), FilterError::TooComplex);
    let long = vec!["idUser eq 1"; 251].join(" or ");
    assert_eq!(condition(&WFUSER, &long, false).unwrap_err(), FilterError::TooComplex);
    let fits = vec!["idUser eq 1"; 250].join(" or ");
    assert_eq!(ids(&fits), [1]);
    let long = format!("userName eq '{}'", "a".repeat(LENGTH));
    assert_eq!(condition(&WFUSER, &long, false).unwrap_err(), FilterError::TooComplex);
}

proptest! {
    #[test]
    fn a_string_literal_is_only_data(text in "\\PC{0,40}|[\\x00-\\x7f'\"%_;()-]{0,40}") {
        // The column holds fifty UTF-16 units.
        let mut units = 0;
        let fits = |c: &char| {
            units += c.len_utf16();
            units <= 50
        };
        let text: String = text.chars().take_while(fits).collect();
        let store = store(&[json!({ "userName": "one", "FirstName": text })]);
        let literal = format!("'{}'", text.replace('\'', "''"));
        let equal = format!("FirstName eq {literal}");
        let Condition { sql, values } = condition(&WFUSER, &equal, false).unwrap();
        prop_assert_eq!(sql, "(((\"WFUser\".\"FirstName\" IS ?)))");
        prop_assert_eq!(values, vec![Cell::Text(text)]);
        for filter in [
            equal,
            format!("contains(FirstName,{literal})"),
            format!("startswith(FirstName,{literal}) and endswith(FirstName,{literal})"),
            format!("tolower(FirstName) eq tolower({literal})"),
        ] {
            prop_assert_eq!(found(&store, &filter, "", false), vec![2]);
        }
    }

    #[test]
    fn no_text_makes_it_panic_or_break_the_sql(
        text in "((eq|ne|and|or|not|null|true|userName|enabled|idUser|tolower|contains|'a'|1|\\(|\\)|,|') ?){0,12}"
    ) {
        if let Ok(condition) = condition(&WFUSER, &text, false) {
            let search = Search { condition: Some(condition), limit: 10, ..Search::default() };
            prop_assert!(people().search(&WFUSER, &search).is_ok(), "{}", text);
        }
        let _ = super::order(&WFUSER, &text);
    }
}
