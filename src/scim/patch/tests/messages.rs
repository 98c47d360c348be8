//! The message itself, and arbitrary ones.

use proptest::prelude::*;

use super::*;

#[test]
fn a_message_must_be_a_patch() {
    let operation = json!([{ "op": "replace", "path": "title", "value": "x" }]);
    let bare = json!({ "Operations": operation }).to_string();
    assert!(apply(&ana(), &bare, &Profile::ENTRA).is_ok());
    assert!(
        apply(&ana(), &json!({ "operations": operation }).to_string(), &Profile::ENTRA).is_ok()
    );
    assert_eq!(apply(&ana(), &bare, &Profile::STRICT).err(), Some(ScimType::InvalidSyntax));
    let many = message(json!(vec![operation[0].clone(); MAX_OPERATIONS + 1]));
    for body in [
        "",
        "[]",
        "null",
        "{}",
        &message(json!([])),
        &message(json!({})),
        &message(json!([7])),
        &message(json!(null)),
        &many,
    ] {
        assert_eq!(
            apply(&ana(), body, &Profile::ENTRA).err(),
            Some(ScimType::InvalidSyntax),
            "{body:.40}"
        );
    }
    assert!(one(operation[0].clone(), &Profile::STRICT).is_ok());
}

proptest! {
    #[test]
    fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        drop(Patch::parse(&user(), &bytes, &Profile::TOLERANT));
    }

    #[test]
    fn no_operation_breaks_the_reader(
        op in "(add|replace|remove)",
        path in "(emails|phoneNumbers|manager|title|id|name|active|roles|urn:ietf:params:scim:schemas:core:2.0:User)?(\\[(type|value|primary) (eq|ne|co) (\"work\"|\"x\"|true|null)\\])?(\\.(value|type|givenName|x))?",
        value in "(null|true|1|\"\"|\"x\"|\\[\\]|\\[\"x\"\\]|\\[\\[\\{\\}\\]\\]|\\{\\}|\\{\"value\":(\"\"|null|1)\\}|\\[\\{\"type\":\"work\",\"value\":\"x\"\\}\\])",
    ) {
        let path = path.replace('"', "\\\"");
        let body = format!("{{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[{{\"op\":\"{op}\",\"path\":\"{path}\",\"value\":{value}}}]}}");
        for (_, profile) in Profile::NAMES {
            drop(apply(&ana(), &body, profile));
        }
    }
}
