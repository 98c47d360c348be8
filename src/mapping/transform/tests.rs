//! The law, over every member of the registry, and each member's own edges.

use std::borrow::Cow;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::diagnostic::Source;
use crate::diagnostic::reader::{Key, Sink, key, read_file};

const KEYS: &[Key] = &[key("via", "the chain")];

/// The chain that a line of a mapping file makes, or the findings.
fn chain(line: &str) -> Result<Chain, String> {
    let sink = Sink::new(Arc::new(Source { name: "m".to_owned(), text: line.to_owned() }));
    let mut chain = Chain::default();
    read_file(&sink, KEYS, |table| {
        for item in table.items("via") {
            if let Some(step) = read_step(table, item) {
                chain.push(step);
            }
        }
        Some(())
    });
    let report = sink.into_report();
    if report.has_errors() { Err(report.to_string()) } else { Ok(chain) }
}

fn text(text: &str) -> Value<'static> {
    Value::Text(Cow::Owned(text.to_owned()))
}

/// Any value of a type, with the spellings that matter to a member mixed in.
fn values(kind: Type) -> BoxedStrategy<Value<'static>> {
    match kind {
        Type::String => prop_oneof![
            any::<String>().prop_map(|t| Value::Text(Cow::Owned(t))),
            "[ aAcCoOnNtTsS.]{0,12}".prop_map(|t| Value::Text(Cow::Owned(t))),
            Just(text("contoso.com")),
            Just(text("CONTOSO")),
        ]
        .boxed(),
        Type::Integer => any::<i64>().prop_map(Value::Integer).boxed(),
        Type::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        Type::Decimal => {
            any::<i32>().prop_map(|n| Value::Decimal(Cow::Owned(format!("{n}.5")))).boxed()
        }
        Type::DateTime => (0_i64..4_000_000_000)
            .prop_map(|s| {
                let time = jiff::Timestamp::from_second(s).expect("a second of this era");
                Value::DateTime(Cow::Owned(time.to_string()))
            })
            .boxed(),
    }
}

#[test]
fn every_example_in_the_registry_compiles() {
    for definition in TRANSFORMS {
        chain(definition.example).unwrap_or_else(|report| panic!("{}: {report}", definition.name));
        assert!(!definition.prose.is_empty(), "{}", definition.name);
    }
}

#[test]
fn every_member_obeys_the_law() {
    for definition in TRANSFORMS {
        let chain = chain(definition.example).expect("the example compiles");
        for kind in Type::ALL {
            if chain.upstream_type(kind).is_err() {
                continue;
            }
            proptest!(|(value in values(kind))| {
                if let Ok(stored) = chain.inward(value)
                    && let Ok(printed) = chain.outward(stored.clone())
                {
                    prop_assert_eq!(chain.inward(printed), Ok(stored), "{}", definition.name);
                }
            });
        }
    }
}

#[test]
fn a_table_prints_one_spelling_of_each_group() {
    let ambiguous = chain(r#"via = { table = { "a.com" = "CORP", "b.com" = "CORP" } }"#);
    assert!(ambiguous.expect_err("two spellings").contains("one must be printed"));
    let chain = chain(
        r#"via = { table = { "a.com" = "CORP", "b.com" = "CORP" }, canonical = "b.com", other = "keep" }"#,
    )
    .expect("one is canonical");
    assert_eq!(chain.inward(text("A.com")), Ok(text("CORP")));
    assert_eq!(chain.outward(text("corp")), Ok(text("b.com")));
    assert_eq!(chain.outward(text("elsewhere")), Ok(text("elsewhere")));
    assert!(chain.outward(text("a.com")).is_err(), "it would be taken for CORP");
}

#[test]
fn a_closed_table_rejects_the_rest_both_ways() {
    let chain = chain(r#"via = { table = { "contoso.com" = "CONTOSO" } }"#).expect("compiles");
    assert!(chain.inward(text("other.com")).is_err());
    assert!(chain.outward(text("OTHER")).is_err());
    assert_eq!(chain.printable(), Some(vec![text("CONTOSO")]));
}

#[test]
fn ticks_are_those_of_dotnet() {
    let chain = chain(r#"via = "ticks""#).expect("compiles");
    let time = Value::DateTime(Cow::Borrowed("2000-01-01T00:00:00Z"));
    assert_eq!(chain.inward(time), Ok(Value::Integer(630_822_816_000_000_000)));
    assert!(chain.outward(Value::Integer(i64::MAX)).is_err());
}

#[test]
fn a_misspelt_transform_says_which_was_meant() {
    let report = chain(r#"via = ["trim", "lowecase"]"#).expect_err("no such transform");
    assert!(report.contains("unknown transform `lowecase`"), "{report}");
    assert!(report.contains("did you mean `lowercase`?"), "{report}");
}
