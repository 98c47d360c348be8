use proptest::prelude::*;

use super::super::expression::{AttrExp, Comparison, Expression, Literal, Said};
use super::*;

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

fn urns() -> Urns {
    Urns::new([
        CORE.into(),
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User".into(),
        "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties".into(),
    ])
}

fn parsed(text: &str) -> (Option<String>, String, Option<String>) {
    let urns = urns();
    let path = AttrPath::parse(text, &urns).unwrap();
    (path.schema.map(str::to_owned), path.attribute.into(), path.sub_attribute.map(Into::into))
}

#[test]
fn urns_are_recognised_before_anything_is_split() {
    assert_eq!(parsed("name.givenName"), (None, "name".into(), Some("givenName".into())));
    assert_eq!(
        parsed("URN:ietf:params:scim:schemas:core:2.0:user:name.givenName").1,
        "name",
        "in any letter case"
    );
    let bizagi = "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties";
    assert_eq!(
        parsed(&format!("{bizagi}:IdentificationNumber")),
        (Some(bizagi.into()), "IdentificationNumber".into(), None)
    );
    assert_eq!(parsed(bizagi), (Some(bizagi.into()), String::new(), None));
    assert_eq!(
        parsed("urn:example:unknown:1.0:a.b"),
        (Some("urn:example:unknown:1.0".into()), "a".into(), Some("b".into()))
    );
}

#[test]
fn malformed_paths_are_refused() {
    let urns = urns();
    for text in [
        "",
        "foo[",
        "foo]",
        "a.b.c",
        "a[type eq \"x\"",
        "a[type eq \"x\"]b",
        "a[type eq \"x\"].",
        "a b",
        "1a",
        "a.",
        ".a",
        "a[b[c eq 1]]",
        "a[]",
        "a.b[c eq 1]",
        "é",
        "urn:x:y:",
        "urn:x:y::",
        "urn:ietf:params:scim:schemas:core:2.0:User:",
    ] {
        let error = AttrPath::parse(text, &urns).unwrap_err();
        assert_eq!(error.kind, ScimType::InvalidPath, "{text}");
    }
    assert!(AttrPath::parse(&"a".repeat(MAX_LENGTH + 1), &urns).is_err());
}

#[test]
fn a_type_is_known_in_any_spelling() {
    let urns = urns();
    for text in [
        "emails[type eq \"work\"].value",
        "emails[TYPE EQ \"work\"]",
        "emails[ type  eq \"work\" ].value",
        "emails[(type eq \"w\\u006frk\")].value",
    ] {
        let path = AttrPath::parse(text, &urns).unwrap();
        let brackets = path.filter.unwrap();
        assert_eq!(brackets.only_type(), Some("work"), "{text}");
        assert_eq!(Brackets::from(brackets.condition().into_owned()), brackets, "{text}");
        assert_eq!(brackets.to_string(), "type eq \"work\"".to_owned(), "{text}");
    }
    for text in ["emails[type eq \"work\" and value pr]", "emails[type ne \"work\"]"] {
        assert_eq!(AttrPath::parse(text, &urns).unwrap().filter.unwrap().only_type(), None);
    }
    assert!(AttrPath::parse("emails[type eq \"work\"", &urns).is_err());
}

fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z][a-zA-Z0-9_-]{0,6}".prop_filter("keyword", |name| !name.eq_ignore_ascii_case("not"))
}

proptest! {
    #[test]
    fn a_printed_path_reads_back(
        urn in any::<bool>(),
        attribute in name(),
        key in name(),
        value in any::<String>(),
        filtered in any::<bool>(),
        typed in any::<bool>(),
        sub in proptest::option::of(name()),
    ) {
        let filter = Expression::atom(AttrExp {
            path: AttrPath { schema: None, attribute: &key, filter: None, sub_attribute: None },
            said: Said::Compare(Comparison::Eq, Literal::Text(value.as_str().into())),
        });
        let path = AttrPath {
            schema: urn.then_some(CORE),
            attribute: &attribute,
            filter: filtered.then(|| {
                if typed { Brackets::Type(value.as_str().into()) } else { filter.into() }
            }),
            sub_attribute: sub.as_deref(),
        };
        let text = path.to_string();
        prop_assume!(text.len() <= MAX_LENGTH);
        let urns = urns();
        prop_assert_eq!(AttrPath::parse(&text, &urns), Ok(path));
    }

    #[test]
    fn no_text_breaks_the_reader(text in "[a-z\\[\\]().:\"\\\\ é$]{0,60}") {
        drop(AttrPath::parse(&text, &urns()));
    }
}
