//! No value changes the statement.

use proptest::prelude::*;

use super::*;
use crate::upstream::dialect::bizagi_soap::condition;

/// What a statement is made of, its literals without their characters.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text,
    Number,
    Sign(char),
}

/// The tokens of a statement, and the characters of its literals; `None` for a literal or comment
/// that does not end, or any sign that no statement of ours has.
fn tokens(statement: &str) -> Option<(Vec<Token>, Vec<String>)> {
    let (mut tokens, mut texts) = (Vec::new(), Vec::new());
    let mut rest = statement.chars().peekable();
    while let Some(first) = rest.next() {
        match first {
            '\'' => {
                let mut text = String::new();
                loop {
                    match rest.next()? {
                        '\'' if rest.peek() == Some(&'\'') => {
                            rest.next();
                            text.push('\'');
                        }
                        '\'' => break,
                        other => text.push(other),
                    }
                }
                texts.push(text);
                tokens.push(Token::Text);
            }
            ' ' => {}
            '(' | ')' | '=' | '<' | '>' => tokens.push(Token::Sign(first)),
            '-' if rest.peek() == Some(&'-') => return None,
            '0'..='9' | '-' => {
                while rest.next_if(|c| c.is_ascii_digit() || *c == '.').is_some() {}
                tokens.push(Token::Number);
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                let mut word = String::from(first);
                while let Some(next) = rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
                    word.push(next);
                }
                tokens.push(Token::Word(word));
            }
            _ => return None,
        }
    }
    Some((tokens, texts))
}

fn statement(entity: &Entity, predicate: &Predicate<'_>) -> Result<String, DialectError> {
    condition::of(predicate, entity).map(Option::unwrap)
}

fn compare<'a>(
    entity: &Entity,
    name: &str,
    operator: Operator,
    value: Value<'a>,
    case: Case,
) -> Predicate<'a> {
    Predicate::compare(field(entity, name), operator, value, case)
}

#[test]
fn predicates_are_written_as_conditions() {
    let users = users();
    let text = |name, operator, value| {
        compare(&users, name, operator, Value::text(value), Case::Insensitive)
    };
    let name = field(&users, "userName");
    for (predicate, expected) in [
        (text("userName", Operator::Eq, "ana"), "userName = 'ana'"),
        (text("userName", Operator::Ne, ""), "userName <> ''"),
        (text("userName", Operator::Ge, "a"), "userName >= 'a'"),
        (text("fullName", Operator::Contains, "a_b"), r"fullName LIKE '%a!_b%' ESCAPE '!'"),
        (text("fullName", Operator::StartsWith, "a"), r"fullName LIKE 'a%' ESCAPE '!'"),
        (text("fullName", Operator::EndsWith, "a"), r"fullName LIKE '%a' ESCAPE '!'"),
        (
            compare(&users, "userName", Operator::Eq, Value::text("ANA"), Case::ToLower),
            "LOWER(userName) = 'ana'",
        ),
        (
            compare(&users, "enabled", Operator::Eq, Value::Boolean(true), Case::Exact),
            "enabled = 1",
        ),
        (
            compare(&users, "EmployeeLevel", Operator::Lt, Value::Integer(-3), Case::Exact),
            "EmployeeLevel < -3",
        ),
        (
            compare(&users, "normalCost", Operator::Gt, Value::Decimal("1.5".into()), Case::Exact),
            "normalCost > 1.5",
        ),
        (
            compare(
                &users,
                "HireDate",
                Operator::Le,
                Value::DateTime("2026-03-01T00:00:00Z".into()),
                Case::Exact,
            ),
            "HireDate <= '2026-03-01T00:00:00'",
        ),
        (Predicate::absent(name, true), "userName IS NULL"),
        (
            Predicate::all([
                Predicate::any([Predicate::absent(name, false), text("domain", Operator::Eq, "x")]),
                text("domain", Operator::Eq, "y").negation(),
            ]),
            "(userName IS NOT NULL OR domain = 'x') AND NOT (domain = 'y')",
        ),
    ] {
        assert_eq!(statement(&users, &predicate).unwrap(), expected);
    }
    assert_eq!(condition::of(&Predicate::TRUE, &users), Ok(None));
    assert_eq!(condition::of(&Predicate::FALSE, &users), Err(DialectError::Nothing));
}

#[test]
fn what_cannot_be_expressed_is_refused_and_not_changed_to_fit() {
    let users = users();
    for value in [
        "o'brien",
        "' OR 1=1 --",
        "x' OR 'a'='a",
        "'; DROP TABLE WFUSER; --",
        "x'/*",
        "ana bo",
        "a\\",
        "a\u{2bc}b",
        "a\u{ff07}b",
        "a\nb",
        "a\0",
        "]]>",
        "</Filters><Filters>",
        "josé",
        "%",
        "[a-z]",
        &"a".repeat(101),
    ] {
        for operator in [Operator::Eq, Operator::Contains] {
            let predicate =
                compare(&users, "userName", operator, Value::text(value), Case::Insensitive);
            let error = statement(&users, &predicate).unwrap_err();
            assert_eq!(error, DialectError::Unsafe("userName".into()), "{value}");
        }
    }
    for (name, value) in [
        ("EmployeeLevel", Value::text("1 OR 1=1")),
        ("normalCost", Value::Decimal("1 OR 1=1".into())),
        ("normalCost", Value::Decimal("1e9".into())),
        ("enabled", Value::Integer(1)),
        ("HireDate", Value::DateTime("2026-03-01' OR '1'='1".into())),
        ("userName", Value::Integer(1)),
    ] {
        let error = statement(&users, &equal(&users, name, value)).unwrap_err();
        assert_eq!(error, DialectError::Misfit(name.into()));
    }
    let absent = || Predicate::absent(users.key, true);
    let deep = (0..20).fold(absent(), |inner, _| Predicate::all([inner, absent()]).negation());
    assert_eq!(statement(&users, &deep), Err(DialectError::Inexpressible));
    let long = Predicate::any(vec![absent(); 2000]);
    assert_eq!(statement(&users, &long), Err(DialectError::Inexpressible));
}

#[test]
fn a_name_that_is_no_plain_word_is_never_written() {
    let mut users = users();
    let index = users.fields.push(Field::new("a OR 1=1", Type::String, Case::Insensitive)).unwrap();
    let predicate = Predicate::absent(index, true);
    assert_eq!(condition::of(&predicate, &users), Err(DialectError::Unknown));
    let mut delta = Delta::default();
    delta.set(index, Value::text("x"));
    let update = Action::Update { key: &SEVEN, delta: &delta, source: None, version: None };
    assert_eq!(write(&users, update).unwrap_err(), DialectError::Unknown);
}

fn operators() -> impl Strategy<Value = Operator> {
    prop::sample::select(vec![
        Operator::Eq,
        Operator::Ne,
        Operator::Gt,
        Operator::Contains,
        Operator::StartsWith,
        Operator::EndsWith,
    ])
}

fn cases() -> impl Strategy<Value = Case> {
    prop::sample::select(vec![Case::Insensitive, Case::ToLower, Case::Exact])
}

/// Texts of all kinds, with more of the signs that mean something in SQL than chance would give.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        prop::collection::vec(
            prop::sample::select(vec![
                "'", "''", "--", "/*", ";", "\\", "!", "%", "_", "[", "]]>", " OR ", "1=1",
                "\u{2bc}", "\0", "a", "Ł", "\n"
            ]),
            0..12
        )
        .prop_map(|parts| parts.concat()),
    ]
}

proptest! {
    /// Whatever a value is, and however much the mapping's pattern takes: the statement has the
    /// same tokens as with a harmless value, and its literal says that value and nothing else.
    #[test]
    fn no_value_changes_the_statement(
        value in texts(),
        operator in operators(),
        case in cases(),
        lax in any::<bool>(),
    ) {
        let mut users = users();
        if lax {
            let everything = Regex::new("^(?s:.*)$").unwrap();
            users.options.put(LITERAL, OptionValue::Pattern(everything));
        }
        let around = |value: Value<'static>| Predicate::all([
            compare(&users, "userName", operator, value, case),
            equal(&users, "domain", Value::text("contoso.com")),
        ]);
        let harmless = statement(&users, &around(Value::text("x"))).unwrap();
        match statement(&users, &around(Value::Text(value.clone().into()))) {
            Err(error) => prop_assert_eq!(error, DialectError::Unsafe("userName".into())),
            Ok(statement) => {
                // Some databases heed it in every literal.
                prop_assert!(!statement.contains('\\'));
                let (expected, _) = tokens(&harmless).unwrap();
                let Some((found, texts)) = tokens(&statement) else {
                    return Err(TestCaseError::fail(statement));
                };
                prop_assert_eq!(found, expected);
                let said = match case {
                    Case::ToLower => crate::value::fold(&value).into_owned(),
                    _ => value.clone(),
                };
                let literal = texts[0].replace("!%", "%").replace("!_", "_").replace("![", "[");
                let literal = literal.replace("!!", "!");
                let is_like = matches!(operator, Operator::Contains | Operator::StartsWith | Operator::EndsWith);
                if is_like && !value.contains('!') {
                    prop_assert!(literal.contains(&said));
                } else if !is_like {
                    prop_assert_eq!(&texts[0], &said);
                }
            }
        }
    }

    /// The same through the whole envelope: what the server's XML reader hands to its database is
    /// the condition, letter for letter.
    #[test]
    fn no_value_changes_the_envelope(value in texts(), as_string in any::<bool>()) {
        let mut users = twin(users(), if as_string { "string" } else { "xml" });
        let everything = Regex::new("^(?s:.*)$").unwrap();
        users.options.put(LITERAL, OptionValue::Pattern(everything));
        let predicate = equal(&users, "userName", Value::Text(value.into()));
        let Ok(expected) = statement(&users, &predicate) else { return Ok(()) };
        let search = query(predicate);
        let request = write(&users, Action::Search(&search)).unwrap();
        let envelope = String::from_utf8(request.body().to_vec()).unwrap();
        let mut path = vec!["Envelope", "Body"];
        let document = if as_string {
            path.extend(["getEntitiesAsString", "entitiesInfo"]);
            let document = characters(&envelope, &path);
            path = Vec::new();
            document
        } else {
            path.extend(["getEntities", "entitiesInfo"]);
            envelope
        };
        path.extend(["BizAgiWSParam", "EntityData", "Filters"]);
        prop_assert_eq!(characters(&document, &path), expected);
    }

    /// Whatever is written into a field is read back by an XML reader as it was.
    #[test]
    fn a_written_value_is_one_text(value in texts()) {
        let users = users();
        let mut delta = Delta::default();
        delta.set(field(&users, "fullName"), Value::Text(value.clone().into()));
        let update = Action::Update { key: &SEVEN, delta: &delta, source: None, version: None };
        let Ok(request) = write(&users, update) else {
            prop_assert!(!xml::is_writable(&value));
            return Ok(());
        };
        let envelope = String::from_utf8(request.body().to_vec()).unwrap();
        let path = ["Envelope", "Body", "saveEntity", "entityInfo", "BizAgiWSParam", "Entities", "WFUSER", "fullName"];
        prop_assert_eq!(characters(&envelope, &path), value);
    }
}

/// The characters in the element at a path of names.
fn characters(document: &str, path: &[&str]) -> String {
    let mut xml = xml::Xml::new(document);
    for name in path {
        loop {
            let start = xml.child().unwrap().unwrap_or_else(|| panic!("no {name}: {document}"));
            if start.local_name().into_inner() == *name {
                break;
            }
            xml.skip().unwrap();
        }
    }
    xml.text().unwrap().0.into_owned()
}
