use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::super::columns::{DEPARTMENT, WFUSER};
use super::*;

fn clock() -> Clock {
    Clock::new(|| SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000))
}

fn random() -> Random {
    let next = AtomicU8::new(0);
    Random::new(move |buffer| buffer.fill(next.fetch_add(1, Ordering::Relaxed)))
}

fn store() -> Store {
    let store = Store::open(None, clock(), random()).unwrap();
    store.seed().unwrap();
    store
}

const INTERFACE: Manner = Manner { origin: Origin::Interface, loose: false, licences: None };
const HAND: Manner = Manner { origin: Origin::Hand, ..INTERFACE };

fn insert(store: &Store, row: &Value, manner: Manner) -> Result<Row, StoreError> {
    store.insert(&WFUSER, row.as_object().unwrap(), manner)
}

fn update(store: &Store, key: i64, row: &Value, manner: Manner) -> Result<Row, StoreError> {
    store.update(&WFUSER, key, row.as_object().unwrap(), |_| true, manner)
}

fn person(name: &str, domain: &str) -> Value {
    json!({ "userName": name, "domain": domain, "fullName": "Somebody" })
}

#[test]
fn a_new_row_has_the_defaults_of_the_class() {
    let row = insert(&store(), &person("ana", "contoso.com"), INTERFACE).unwrap();
    assert_eq!((row.key, row.version), (2, 1));
    let expected = json!({
        "idUser": 2, "enabled": true, "enabledForAssignation": 1, "notifByEmail": true,
        "notifByCell": null, "createdCasesSkipAssigRules": false, "offlineForms": true,
        "ScimDeleted": null, "baCreatedTime": 638_355_968_000_000_000_i64,
        "baLastUpdated": 638_355_968_000_000_000_i64,
        "guidUser": "01010101-0101-4101-8101-010101010101",
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(row.fields.get(name), Some(value), "{name}");
    }
    assert_eq!(row.fields.len(), WFUSER.columns.len());
}

#[test]
fn names_are_unique_within_a_domain_without_regard_to_case() {
    let store = store();
    insert(&store, &person("J.Smith", "Straße"), INTERFACE).unwrap();
    for (name, domain) in [("J.Smith", "Straße"), ("j.smith", "STRAßE"), ("J.SMITH", "straße")] {
        let refused = insert(&store, &person(name, domain), INTERFACE);
        assert!(matches!(refused, Err(StoreError::Duplicate)), "{name} {domain}");
    }
    insert(&store, &person("J.Smith", "elsewhere"), INTERFACE).unwrap();
    insert(&store, &person("ÉLODIE", "x"), HAND).unwrap();
    assert!(matches!(insert(&store, &person("élodie", "X"), HAND), Err(StoreError::Duplicate)));
    let other = insert(&store, &person("other", "x"), INTERFACE).unwrap();
    let refused = update(&store, other.key, &json!({ "userName": "élodie" }), HAND);
    assert!(matches!(refused, Err(StoreError::Duplicate)));
}

#[test]
fn accents_and_blanks_make_another_name_unless_the_collation_is_loose() {
    let store = store();
    insert(&store, &person("elodie", "x"), HAND).unwrap();
    let loose = Manner { loose: true, ..HAND };
    for name in ["Élodie", "elodie ", "ｅlodie"] {
        let refused = insert(&store, &person(name, "x"), loose);
        assert!(matches!(refused, Err(StoreError::Duplicate)), "{name}");
        insert(&store, &person(name, "x"), HAND).unwrap();
    }
}

#[test]
fn lengths_count_utf16_code_units() {
    let store = store();
    let row = |domain: &str| json!({ "userName": domain.len().to_string(), "domain": domain, "fullName": "n" });
    insert(&store, &row(&"é".repeat(25)), INTERFACE).unwrap();
    insert(&store, &row(&"😀".repeat(12)), INTERFACE).unwrap();
    let refused = insert(&store, &row(&"😀".repeat(13)), INTERFACE);
    assert!(matches!(refused, Err(StoreError::TooLong { column: "domain", limit: 25 })));
    // The schema itself holds the limit too.
    let sql = "INSERT INTO WFUser(fullName, domain, baCreatedTime) VALUES ('n', ?, 0)";
    assert!(store.lock().execute(sql, ["d".repeat(26)]).is_err());
    assert!(store.lock().execute(sql, ["d".repeat(25)]).is_ok());
}

#[test]
fn the_rules_for_user_names_hold_for_interfaces_only() {
    let store = store();
    for name in ["a b", "o'neil", "josé", "@ana", "ana@", "a@b@c", "", "a/b", "a\\b"] {
        let refused = insert(&store, &person(name, "d"), INTERFACE);
        assert!(matches!(refused, Err(StoreError::UserName { .. })), "{name}");
    }
    let refused = insert(&store, &person(&"a".repeat(101), "d"), INTERFACE);
    assert!(matches!(refused, Err(StoreError::TooLong { column: "userName", .. })));
    insert(&store, &person("A.z_9!$*+=~-#@x", "d"), INTERFACE).unwrap();
    insert(&store, &person("o'neil", "d"), HAND).unwrap();
    for _ in 0..2 {
        let nobody =
            json!({ "userName": null, "domain": "d", "fullName": "old", "guidUser": null });
        assert!(insert(&store, &nobody, INTERFACE).is_err());
        let row = insert(&store, &nobody, HAND).unwrap();
        assert_eq!(row.fields.get("guidUser"), Some(&Value::Null));
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let store = store();
    let refuse = |change: Value| update(&store, 1, &change, INTERFACE).unwrap_err().to_string();
    assert_eq!(
        refuse(json!({ "nickName": "x" })),
        "property 'nickName' does not exist on entity 'WFUser'"
    );
    assert_eq!(refuse(json!({ "enabled": "False" })), "property 'enabled' expects a boolean");
    assert_eq!(refuse(json!({ "fullName": null })), "property 'fullName' is required");
    assert_eq!(refuse(json!({ "idUser": 9 })), "property 'idUser' cannot be written");
    assert_eq!(
        refuse(json!({ "idDepartment": 99 })),
        "property 'idDepartment' refers to a row that does not exist"
    );
    assert_eq!(
        refuse(json!({ "contactCell": "+57 12345678901234567" })),
        "property 'contactCell' is longer than 20"
    );
    assert!(refuse(json!({ "EmployeeLevel": 3_000_000_000_i64 })).contains("32 bits"));
    assert!(refuse(json!({ "HireDate": "yesterday" })).contains("date"));
    assert!(matches!(update(&store, 77, &json!({}), INTERFACE), Err(StoreError::Absent)));
}

#[test]
fn values_come_back_in_the_columns_own_form() {
    let store = store();
    let change = json!({
        "enabledForAssignation": false, "IsContractor": true, "EmployeeLevel": -4,
        "HireDate": "2024-02-29T23:30:00.75-05:00", "idDepartment": 2, "idBossUser": 1,
        "normalCost": 12.5, "FirstName": "a\u{0}b 'x' --",
    });
    let row = update(&store, 1, &change, INTERFACE).unwrap();
    let field = |name: &str| row.fields.get(name).cloned().unwrap();
    assert_eq!(row.version, 2);
    assert_eq!(field("enabledForAssignation"), json!(0));
    assert_eq!(field("IsContractor"), json!(true));
    assert_eq!(field("EmployeeLevel"), json!(-4));
    assert_eq!(field("HireDate"), json!("2024-03-01T04:30:00Z"));
    assert_eq!(field("normalCost"), json!(12.5));
    assert_eq!(field("FirstName"), json!("a\u{0}b 'x' --"));
    assert_eq!(datetime("2024-01-02").as_deref(), Some("2024-01-02T00:00:00Z"));
    assert_eq!(datetime("2024-01-02T03:04:05").as_deref(), Some("2024-01-02T03:04:05Z"));
    assert_eq!(datetime("1752-12-31"), None);
}

#[test]
fn licences_count_the_enabled() {
    let store = store();
    let two = Manner { licences: Some(2), ..INTERFACE };
    let ana = insert(&store, &person("ana", "d"), two).unwrap();
    let refused = insert(&store, &person("bob", "d"), two);
    assert!(matches!(refused, Err(StoreError::Licence { limit: 2 })));
    update(&store, ana.key, &json!({ "enabled": false }), two).unwrap();
    let bob = insert(&store, &person("bob", "d"), two).unwrap();
    let refused = update(&store, ana.key, &json!({ "enabled": true }), two);
    assert!(matches!(refused, Err(StoreError::Licence { .. })));
    // A change of somebody who is enabled already takes no licence.
    let none = Manner { licences: Some(0), ..INTERFACE };
    update(&store, bob.key, &json!({ "FirstName": "Bob", "enabled": true }), none).unwrap();
    assert_eq!(store.row(&WFUSER, ana.key).unwrap().unwrap().fields["enabled"], json!(false));
}

#[test]
fn a_version_guards_and_a_refusal_changes_nothing() {
    let store = store();
    let change = json!({ "FirstName": "x" });
    let fields = change.as_object().unwrap();
    let refused = store.update(&WFUSER, 1, fields, |version| version == 5, INTERFACE);
    assert!(matches!(refused, Err(StoreError::Changed)));
    let row = store.row(&WFUSER, 1).unwrap().unwrap();
    assert_eq!((row.version, &row.fields["FirstName"]), (1, &Value::Null));
}

#[test]
fn a_file_keeps_rows_and_seeds_once() {
    let folder = std::env::temp_dir().join(format!("legacy-store-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("people.sqlite");
    for expected in [1, 1] {
        let store = Store::open(Some(&file), clock(), random()).unwrap();
        store.seed().unwrap();
        let all = Search { limit: 10, ..Search::default() };
        assert_eq!(store.search(&WFUSER, &all).unwrap().total, expected);
        assert_eq!(store.search(&DEPARTMENT, &all).unwrap().total, 3);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
