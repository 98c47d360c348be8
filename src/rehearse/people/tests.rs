//! Exports as the portal, Graph, spreadsheets and strangers make them.

use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Result<People, Unread> {
    People::read(text.as_bytes(), &[], 100)
}

fn names(people: &People) -> Vec<(u64, &str)> {
    people
        .people
        .iter()
        .map(|person| (person.place, person.text("userName").unwrap_or("")))
        .collect()
}

#[test]
fn the_portals_table_is_read_with_its_lines() {
    let text = "\u{feff}userPrincipalName,displayName,accountEnabled\r\n\
        ana@contoso.com,\"Diaz,\r\nAna\",True\r\n\
        \r\n\
        bo@contoso.com,\"said \"\"Bo\"\"\",False\r\n";
    let people = read(text).unwrap();
    assert_eq!(names(&people), [(2, "ana@contoso.com"), (5, "bo@contoso.com")]);
    assert_eq!(people.people[0].text("displayName"), Some("Diaz,\r\nAna"));
    assert!(people.people[1].is_disabled());
}

#[test]
fn a_spreadsheets_table_is_read_as_well() {
    let text = "version:v1.0\nsep=;\nName [displayName] Required;User Principal Name\n\
        Ana, of Bogotá;ana@contoso.com\n;\n";
    let people = read(text).unwrap();
    assert_eq!(names(&people), [(4, "ana@contoso.com")]);
    let tabs = read("userprincipalname\tmail\na@b\tc@d\n").unwrap();
    assert_eq!(names(&tabs), [(2, "a@b")]);
}

#[test]
fn graphs_pages_are_read_one_after_the_other() {
    let text = r#"{"@odata.nextLink":"https://graph","value":[{"id":"1","userPrincipalName":"a@b",
        "manager":{"id":"2"},"businessPhones":[],"accountEnabled":true}]}
        {"value":[{"id":"2","userPrincipalName":"c@d","accountEnabled":false,"jobTitle":null}]}"#;
    let people = read(text).unwrap();
    assert_eq!(names(&people), [(1, "a@b"), (2, "c@d")]);
    assert_eq!(people.people[0].manager.as_deref(), Some("2"));
    assert!(!people.is_part && people.people[1].is_disabled());
    let first =
        read(text.split_once("]}\n").map(|(page, _)| page.to_owned() + "]}").unwrap().as_str());
    assert!(first.unwrap().is_part);
}

#[test]
fn scim_is_read_as_a_list_or_an_array() {
    let person = r#"{"schemas":[],"userName":"a@b","active":false,"meta":{},"id":"7"}"#;
    for text in [format!(r#"{{"totalResults":1,"Resources":[{person}]}}"#), format!("[{person}]")] {
        let people = read(&text).unwrap();
        assert_eq!(names(&people), [(1, "a@b")]);
        assert!(people.people[0].is_disabled());
        assert!(people.people[0].creation(None).get("meta").is_none());
    }
}

#[test]
fn every_mistake_says_where_and_what_to_do() {
    for (text, expected) in [
        ("", "expected people, found an empty file"),
        (
            "mail,name\na@b,c\n",
            "line 1: expected a column `userPrincipalName`, found `mail` or `name`",
        ),
        (
            "userPrincipalName,mail\na@b,c\nd@e\n",
            "line 3: expected 2 cells as in the header, found 1",
        ),
        ("userPrincipalName,Mail,mail\n", "line 1: the column `mail` is there twice"),
        ("userPrincipalName,accountEnabled\na@b,Wahr\n", "line 2: `accountEnabled`: expected True"),
        ("{\"value\":[{\"userPrincipalName\":\"a@b\",\n]}", "line 2, column 1: expected JSON"),
        ("{\"value\":3}", "document 1: expected Graph's `value`"),
        ("[7]", "document 1: expected Graph's `value`"),
        ("[{\"mail\":\"a@b\"}]", "document 1: expected Graph's `value`"),
    ] {
        let told = read(text).unwrap_err().to_string();
        assert!(told.starts_with(expected), "{text:?}: {told}");
    }
    let utf16 = [0xff, 0xfe, b'u', 0].as_slice();
    assert!(matches!(People::read(utf16, &[], 9), Err(Unread::Utf16)));
    let latin = b"userPrincipalName\nan\xe1@b\n".as_slice();
    assert!(matches!(People::read(latin, &[], 9), Err(Unread::Encoding { line: 2 })));
    let many = People::read(b"userPrincipalName\na\nb\n", &[], 1);
    assert!(matches!(many, Err(Unread::TooMany { most: 1 })));
}

proptest! {
    #[test]
    fn nothing_that_is_read_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = People::read(&bytes, &[], 10);
    }

    #[test]
    fn a_table_holds_what_was_written(cells in proptest::collection::vec("[^\0]{1,12}", 1..20)) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["userPrincipalName", "displayName"]).unwrap();
        for cell in &cells {
            writer.write_record(["a@b", cell]).unwrap();
        }
        let people = People::read(&writer.into_inner().unwrap(), &[], 100).unwrap();
        let found: Vec<_> =
            people.people.iter().map(|p| p.text("displayName").unwrap_or("")).collect();
        let written: Vec<_> =
            cells.iter().map(|cell| if cell.trim().is_empty() { "" } else { cell }).collect();
        prop_assert_eq!(found, written);
    }
}
