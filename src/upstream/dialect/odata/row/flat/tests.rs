use proptest::prelude::*;

use super::super::{whole_page, whole_record};
use super::*;
use crate::upstream::stage::users;

/// A row as a server may write it, more often right than wrong.
fn row() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just(r#""idUser""#),
        Just(r#""userName""#),
        Just(r#""enabled""#),
        Just(r#""@odata.etag""#),
        Just(r#""other""#),
        Just(r#""user\u004eame""#),
    ];
    let value = prop_oneof![
        Just("17"),
        Just("-0"),
        Just("007"),
        Just("0"),
        Just("-9223372036854775808"),
        Just("999999999999999999"),
        Just("9223372036854775808"),
        Just("17x"),
        Just("1.0"),
        Just("1e3"),
        Just("null"),
        Just("true"),
        Just("tru"),
        Just(r#""""#),
        Just(r#""17""#),
        Just(r#""Añó 𝄞 of more than eight bytes""#),
        Just(r#""W/\"17\"""#),
        Just(r#""\\\/\" of more than a value holds itself""#),
        Just(r#""\u00f1 \ud834\udd1e \n""#),
        Just(r#""\ud834""#),
        Just(r#""\x""#),
        Just("\"a\tb\""),
        Just(r#"{"a":[1,{"b":"]}"}]}"#),
        Just(r#"["a"]"#),
        Just(r#"[}"#),
        Just(r#""open"#),
    ];
    let blank = prop_oneof![3 => Just(""), 1 => Just(" \r\n\t")];
    let member = (name, value, blank)
        .prop_map(|(name, value, blank)| format!("{blank}{name}{blank}:{blank}{value}{blank}"));
    let end = prop_oneof![9 => Just("}"), 1 => Just(""), 1 => Just(",}"), 1 => Just("} x")];
    (proptest::collection::vec(member, 0..5), end)
        .prop_map(|(members, end)| format!("{{{}{end}", members.join(",")))
}

proptest! {
    #[test]
    fn what_is_read_at_once_is_what_the_whole_reader_reads(text in row()) {
        let users = users();
        let mut read = Record::empty(&users.fields);
        if record(&users, &text, &mut read).is_some() {
            prop_assert_eq!(Ok(read), whole_record(&users, &text));
        }
        let text = format!(r#"{{"@odata.count":"2","value":[{text},{text}],"@odata.nextLink":null}}"#);
        if let Some(read) = page(&users, &text) {
            let whole = whole_page(&users, &text).unwrap();
            prop_assert_eq!(read.records, whole.records);
            prop_assert_eq!((read.total, read.next), (whole.total, whole.next));
        }
    }
}

#[test]
fn usual_rows_are_read_at_once() {
    let users = users();
    for text in [
        r#"{"idUser":17}"#,
        r#" { "idUser" : null , "userName" : "ana" } "#,
        r#"{"@odata.etag":"W/\"17\"","userName":"a\u00f1\"a","manager":{"idUser":7},"list":[]}"#,
    ] {
        let mut read = Record::empty(&users.fields);
        assert!(record(&users, text, &mut read).is_some(), "{text}");
        assert!(page(&users, &format!(r#"{{"value":[{text}]}}"#)).is_some(), "{text}");
    }
    assert!(page(&users, r#"{"value":[],"@odata.nextLink":"x"}"#).is_some());
}
