use proptest::prelude::*;
use serde_json::value::RawValue;

use super::*;

/// What the cursor makes of a whole text as a tree.
fn tree(text: &str) -> Option<serde_json::Value> {
    fn value(cursor: &mut Cursor<'_>) -> Result<serde_json::Value, ScimError> {
        Ok(match cursor.token()? {
            Token::Object => {
                let mut object = serde_json::Map::new();
                cursor.members(|cursor, name| {
                    object.insert(name.to_owned(), value(cursor)?);
                    Ok(())
                })?;
                object.into()
            }
            Token::List => {
                let mut list = Vec::new();
                cursor.elements(|cursor| {
                    list.push(value(cursor)?);
                    Ok(())
                })?;
                list.into()
            }
            Token::Text(text) => text.into(),
            Token::Number(number) => serde_json::from_str(number).unwrap_or_default(),
            Token::Boolean(truth) => truth.into(),
            Token::Null => serde_json::Value::Null,
        })
    }
    let mut cursor = Cursor::new(text);
    let read = value(&mut cursor).ok()?;
    cursor.end().ok().map(|()| read)
}

/// What the cursor takes for a value as it is written, where that is all of the text.
fn raw(text: &str) -> Option<&str> {
    let mut cursor = Cursor::new(text);
    let raw = cursor.raw().ok()?;
    cursor.end().ok().map(|()| raw)
}

/// JSON of every kind, some of it with blanks.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        (-1e9..1e9).prop_map(Into::into),
        "[ -~]{0,20}".prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    let tree = leaf.prop_recursive(5, 40, 6, |inner| {
        let name = prop_oneof!["[a-z\"\\\\é]{0,9}", any::<String>()];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            proptest::collection::vec((name, inner), 0..6)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    });
    (tree, any::<bool>()).prop_map(|(tree, is_pretty)| {
        if is_pretty { format!(" {tree:#}\r\n\t") } else { tree.to_string() }
    })
}

/// JSON in which a few characters were exchanged, left out or put in.
fn mangled() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        r#"[\[\]{}",:\\0-9eE+.\- \ntfu]{0,3}"#,
        Just("\\u12ab".to_owned()),
        Just("\\ud800".to_owned()),
        Just("\u{1}".to_owned()),
        Just("null".to_owned()),
    ];
    let change = (any::<prop::sample::Index>(), 0..3_usize, part);
    (json(), proptest::collection::vec(change, 1..3)).prop_map(|(text, changes)| {
        changes.into_iter().fold(text, |text, (place, gone, part)| {
            let characters: Vec<char> = text.chars().collect();
            let start = place.index(characters.len() + 1);
            let end = (start + gone).min(characters.len());
            let (before, after) = (characters[..start].iter(), characters[end..].iter());
            before.copied().chain(part.chars()).chain(after.copied()).collect()
        })
    })
}

proptest! {
    #[test]
    fn what_is_json_is_read_as_it_is(text in json()) {
        prop_assert_eq!(tree(&text), serde_json::from_str(&text).ok());
        prop_assert_eq!(raw(&text), Some(text.trim_matches([' ', '\t', '\r', '\n'])));
    }

    #[test]
    fn what_is_no_json_is_refused(text in mangled()) {
        let expected = serde_json::from_str::<serde_json::Value>(&text);
        // A number beyond every float is one for the cursor, which leaves it as it is spelled.
        let is_large = expected.as_ref().is_err_and(|e| e.to_string().contains("out of range"));
        if !is_large {
            prop_assert_eq!(tree(&text), expected.ok());
        }
        let expected = serde_json::from_str::<&RawValue>(&text).ok();
        prop_assert_eq!(raw(&text), expected.map(RawValue::get));
    }
}

#[test]
fn a_refusal_tells_the_place() {
    let told = |text: &str| {
        let mut cursor = Cursor::new(text);
        let read = cursor.skip().and_then(|()| cursor.end());
        read.unwrap_err().into_detail()
    };
    assert_eq!(told(""), "the body is not valid JSON at line 1, column 1");
    assert_eq!(told("{\n  \"a\": nothing\n}"), "the body is not valid JSON at line 2, column 8");
    assert_eq!(told("{\"a\":1}}"), "the body is not valid JSON at line 1, column 8");
    assert_eq!(told("[\"\\x\"]"), "the body is not valid JSON at line 1, column 3");
}

#[test]
fn what_nobody_asks_for_may_be_of_any_depth() {
    let deep = |count: usize| format!("{}{}", "[".repeat(count), "]".repeat(count));
    assert_eq!(raw(&deep(100_000)).map(str::len), Some(200_000));
    assert!(raw(&deep(1_000).replace("[]", "[}")).is_none());
    assert!(tree(&deep(MAX_DEPTH)).is_some());
    assert!(tree(&deep(MAX_DEPTH + 1)).is_none());
}
