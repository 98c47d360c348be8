//! The law, over every member of the registry, and each member's own edges.

use proptest::prelude::*;

use super::*;
use crate::mapping::Mapping;

/// The chain that a line of a mapping file makes, or the findings.
fn chain(line: &str) -> Result<Chain, String> {
    Chain::read(line).map_err(|report| report.to_string())
}

fn text(text: &str) -> Value<'static> {
    Value::Text(Text::owned(text))
}

/// Any value of a type, with the spellings that matter to a member mixed in.
fn values(kind: Type) -> BoxedStrategy<Value<'static>> {
    match kind {
        Type::String => prop_oneof![
            any::<String>().prop_map(|t| Value::Text(t.into())),
            "[ aAcCoOnNtTsS.]{0,12}".prop_map(|t| Value::Text(t.into())),
            "[0-9+ -]{0,18}".prop_map(|t| Value::Text(t.into())),
            "-?[0-9]{1,4}[.,]?[0-9]{0,3}".prop_map(|t| Value::Text(t.into())),
            Just(text("contoso.com")),
            Just(text("CONTOSO")),
            Just(text("contoso")),
        ]
        .boxed(),
        Type::Integer => any::<i64>().prop_map(Value::Integer).boxed(),
        Type::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        Type::Decimal => any::<i32>().prop_map(|n| Value::Decimal(format!("{n}.5").into())).boxed(),
        Type::DateTime => (0_i64..4_000_000_000)
            .prop_map(|s| {
                let time = jiff::Timestamp::from_second(s).expect("a second of this era");
                Value::DateTime(time.to_string().into())
            })
            .boxed(),
    }
}

/// Every line that the registry shows, once.
fn lines() -> Vec<&'static str> {
    let mut lines: Vec<_> =
        TRANSFORMS.iter().flat_map(|d| d.shown.iter().map(|shown| shown.line)).collect();
    lines.dedup();
    lines
}

#[test]
fn what_the_registry_shows_is_what_happens() {
    for definition in TRANSFORMS {
        let name = definition.name;
        assert!(!definition.prose.is_empty() && !definition.shown.is_empty(), "{name}");
        for Shown { line, scim, stored, printed } in definition.shown {
            let chain = chain(line).unwrap_or_else(|report| panic!("{line}: {report}"));
            assert!(chain.steps().any(|step| step.name() == name), "{line} shows `{name}`");
            let found = chain.inward(scim.clone()).ok();
            assert_eq!(found.as_ref(), stored.as_ref(), "{line}: {scim:?}");
            let Some(stored) = found else { continue };
            // A list of one value and that value are shown alike.
            let found = chain.outward(stored).unwrap().into_each();
            assert_eq!(found, printed.clone().into_each(), "{line}: {scim:?}");
            assert_eq!(chain.upstream_type(scim.kind().unwrap()).ok(), {
                let stored = chain.inward(scim.clone()).unwrap();
                stored.kind()
            });
        }
    }
}

#[test]
fn every_key_of_a_transform_is_shown() {
    for definition in TRANSFORMS {
        for key in definition.keys {
            let is_shown = |shown: &Shown| shown.line.contains(&format!("{} =", key.name));
            assert!(definition.shown.iter().any(is_shown), "{}: {}", definition.name, key.name);
        }
    }
}

#[test]
fn every_member_obeys_the_law() {
    for line in lines() {
        let chain = chain(line).expect("the example compiles");
        for kind in Type::ALL {
            if chain.upstream_type(kind).is_err() {
                continue;
            }
            let own = chain.samples();
            let any = values(kind);
            let values = if own.is_empty() {
                any
            } else {
                prop_oneof![any, prop::sample::select(own)].boxed()
            };
            proptest!(|(value in values)| {
                let Ok(stored) = chain.inward(value.clone()) else { return Ok(()) };
                let printed = chain.outward(stored.clone());
                if let Ok(printed) = printed.clone() {
                    prop_assert_eq!(chain.inward(printed), Ok(stored), "{}", line);
                }
                if chain.steps().all(|step| step.loses().is_none()) {
                    let same = printed.is_ok_and(|printed| Mapping::same(&printed, &value));
                    prop_assert!(same, "{}: {:?} comes back as it went in", line, value);
                }
            });
        }
    }
}

#[test]
fn members_are_tried_on_values_that_they_take() {
    for line in lines() {
        let chain = chain(line).expect("the example compiles");
        let taken = chain.samples().into_iter().filter(|value| chain.inward(value.clone()).is_ok());
        let usual =
            ["ana", "Zoë"].map(text).into_iter().filter(|v| chain.inward(v.clone()).is_ok());
        let is_typed = chain.upstream_type(Type::String).is_err();
        assert!(is_typed || taken.count() + usual.count() > 1, "{line}");
    }
}

/// Both ways of one value, as a short text: in, stored, out.
fn way(chain: &Chain, value: &'static str) -> (Option<String>, Option<String>) {
    let shown = |value: &Value<'_>| value.as_str().unwrap_or_default().to_owned();
    let stored = chain.inward(Value::text(value)).ok();
    let printed = stored.clone().and_then(|stored| chain.outward(stored).ok());
    (stored.as_ref().map(shown), printed.as_ref().map(shown))
}

#[test]
fn a_regular_expression_refuses_what_it_could_not_print_back() {
    let chain = chain(
        r#"via = { regex = '(?<user>[a-z]+)@(?<domain>[a-z.]+)', to = '{domain}\{user}', back = { regex = '(?<domain>[a-z.]+)\\(?<user>[a-z]+)', to = "{user}@{domain}" } }"#,
    );
    let chain = chain.expect("compiles");
    let both = |a: &str, b: &str| (Some(a.to_owned()), Some(b.to_owned()));
    assert_eq!(way(&chain, "Ana@contoso.com"), both(r"contoso.com\Ana", "Ana@contoso.com"));
    assert_eq!(way(&chain, "ana"), (None, None));
    assert!(chain.outward(text("no backslash")).is_err());
}

#[test]
fn a_regular_expression_without_a_way_back_must_say_so() {
    for (line, expected) in [
        (r#"via = { regex = '(?<a>.+)x', to = "{a}" }"#, "lossy = true"),
        (r#"via = { regex = '(?<a>.+', to = "{a}", lossy = true }"#, "the Rust crate `regex`"),
        (r#"via = { regex = '(?<name>.+)', to = "{nam}", lossy = true }"#, "did you mean `name`?"),
        (r#"via = { regex = '(?<a>.+)', to = "{a", lossy = true }"#, "braces"),
        (r#"via = { regex = '(?<a>.+)', lossy = true }"#, "missing key `regex.to`"),
    ] {
        let report = chain(line).expect_err(line);
        assert!(report.contains(expected), "{line}: {report}");
    }
}

#[test]
fn settings_that_make_no_sense_are_found() {
    for (line, expected) in [
        (r#"via = "number""#, "needs its settings"),
        (r#"via = { number = "float" }"#, "`integer` or `decimal`"),
        (r#"via = { number = "integer", point = "," }"#, "no fraction"),
        (r#"via = { number = "integer", width = 99 }"#, "out of range"),
        (r#"via = { time = "second" }"#, "did you mean `seconds`?"),
        (r#"via = { time = "%H:%M" }"#, "the same day"),
        (r#"via = { time = "%Y-%m" }"#, "the same day"),
        (r#"via = { time = "%d/%m/%Y %I:%M" }"#, "the same day"),
        (r#"via = { time = "%Q-nonsense" }"#, "the same day"),
        (r#"via = { time = "%Y-%m-%d", zone = "America/Bogotaa" }"#, "no time zone"),
        (r#"via = { time = "seconds", zone = "UTC" }"#, "every zone"),
        (r#"via = { phone = "valid", country = "57" }"#, "beside `spaced`"),
        (r#"via = { phone = "e164", trunk = "0" }"#, "expected `country`"),
        (r#"via = { phone = "e164", country = "+57" }"#, "digits alone"),
        (r#"via = { escape = { "'" = "''" } }"#, "read back"),
        (r#"via = { escape = { "'" = "_a", "&" = "_A_" } }"#, "read back"),
        (r#"via = { escape = { "ab" = "c" } }"#, "a single character"),
        (r#"via = { escape = { "'" = "" } }"#, "become nothing"),
        (r#"via = { escape = {} }"#, "nothing to escape"),
        (r#"via = { table = { a = 1, b = "x" } }"#, "two types"),
        (r#"via = { table = { a = 1 }, other = "keep" }"#, "cannot be kept"),
        (r#"via = { table = {} }"#, "without entries"),
        (r#"via = { truncate = 0 }"#, "out of range"),
        (r#"via = { strip_prefix = "" }"#, "expected a text"),
    ] {
        let report = chain(line).expect_err(line);
        assert!(report.contains(expected), "{line}: {report}");
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
    let time = date_time("2000-01-01T00:00:00Z");
    assert_eq!(chain.inward(time), Ok(Value::Integer(630_822_816_000_000_000)));
    assert!(chain.outward(Value::Integer(i64::MAX)).is_err());
}

#[test]
fn a_misspelt_transform_says_which_was_meant() {
    let report = chain(r#"via = ["trim", "lowecase"]"#).expect_err("no such transform");
    assert!(report.contains("unknown transform `lowecase`"), "{report}");
    assert!(report.contains("did you mean `lowercase`?"), "{report}");
}
