//! A search means upstream what the filter means here, for every row that is there for clients.

use proptest::prelude::*;

use super::{bizagi, read, variant};
use crate::logic::View;
use crate::mapping::Mapping;
use crate::mapping::policy::Standing;
use crate::mapping::reference::Keys;
use crate::record::{Case, Nulls, Operator, Predicate, Record, Term};
use crate::scim::{Filter, Profile, ScimType};
use crate::value::{Value, fold, instant};

/// What an upstream makes of a predicate: true, false, or unknown (SQL's third value, and OData's
/// `contains(null, …)`).
pub(super) fn truth(predicate: &Predicate<'_>, row: &Record<'_>, nulls: Nulls) -> Option<bool> {
    truth_of(predicate.view(), row, nulls)
}

fn truth_of(predicate: View<'_, Term<'_>>, row: &Record<'_>, nulls: Nulls) -> Option<bool> {
    match predicate {
        View::Constant(truth) => Some(truth),
        View::Atom(Term::Absent(field, absent)) => Some(row.value(*field).is_absent() == *absent),
        View::Atom(Term::Shared(shared)) => truth(shared.predicate(), row, nulls),
        View::Not(inner) => truth_of(inner.view(), row, nulls).map(|known| !known),
        View::All(parts) => {
            let found: Vec<_> = parts.map(|part| truth_of(part, row, nulls)).collect();
            if found.contains(&Some(false)) {
                return Some(false);
            }
            (!found.contains(&None)).then_some(true)
        }
        View::Any(parts) => {
            let found: Vec<_> = parts.map(|part| truth_of(part, row, nulls)).collect();
            if found.contains(&Some(true)) {
                return Some(true);
            }
            (!found.contains(&None)).then_some(false)
        }
        View::Atom(Term::Compare { field, operator, value, case }) => {
            let held = row.value(*field);
            assert!(!value.is_absent(), "nothing is ever compared with nothing");
            if held.is_absent() {
                return match (nulls, operator) {
                    (Nulls::Sql, _) => None,
                    (
                        Nulls::OData,
                        Operator::Contains | Operator::StartsWith | Operator::EndsWith,
                    ) => None,
                    (Nulls::OData, operator) => Some(*operator == Operator::Ne),
                };
            }
            Some(compared(held, *operator, value, *case))
        }
    }
}

fn compared(held: &Value<'_>, operator: Operator, value: &Value<'_>, case: Case) -> bool {
    use std::cmp::Ordering;
    let order = match (held, value) {
        (Value::Text(held), Value::Text(value)) => {
            let (held, value) = match case {
                Case::Exact => (held.to_string(), value.to_string()),
                _ => (fold(held).into_owned(), fold(value).into_owned()),
            };
            match operator {
                Operator::Contains => return held.contains(&value),
                Operator::StartsWith => return held.starts_with(&value),
                Operator::EndsWith => return held.ends_with(&value),
                _ => held.cmp(&value),
            }
        }
        (Value::Integer(held), Value::Integer(value)) => held.cmp(value),
        (Value::Boolean(held), Value::Boolean(value)) => held.cmp(value),
        (Value::DateTime(held), Value::DateTime(value)) => {
            instant(held).unwrap().cmp(&instant(value).unwrap())
        }
        (Value::Decimal(held), Value::Decimal(value)) => {
            held.parse::<f64>().unwrap().total_cmp(&value.parse().unwrap())
        }
        (held, value) => panic!("a column of one type: {held:?}, {value:?}"),
    };
    match operator {
        Operator::Eq => order == Ordering::Equal,
        Operator::Ne => order != Ordering::Equal,
        Operator::Gt => order == Ordering::Greater,
        Operator::Ge => order != Ordering::Less,
        Operator::Lt => order == Ordering::Less,
        Operator::Le => order != Ordering::Greater,
        other => panic!("no comparison of one field: {other:?}"),
    }
}

const TEXTS: &[&str] = &["", "ana", "Ana", "ANA DIAZ", "b", "zoë", "Ruiz"];
const NAMES: &[&str] = &["", "ana", "ANA", "bo", "a@b"];
const DOMAINS: &[&str] = &["", "contoso.com", "Contoso.COM", "local", "LOCAL", "CORP", "none"];
const DATES: &[&str] =
    &["2026-03-01T00:00:00Z", "2026-03-01T01:00:00+01:00", "2025-01-01T12:30:00Z"];
/// 2026-01-01 and 2024-01-01 in .NET ticks.
const TICKS: &[i64] = &[639_028_224_000_000_000, 638_396_640_000_000_000];

/// What a field may hold: nothing, or one of a few values that meet each other.
fn held(mapping: &Mapping, name: &str) -> BoxedStrategy<Value<'static>> {
    let texts =
        |texts: &'static [&'static str]| prop::sample::select(texts).prop_map(Value::text).boxed();
    let some = match name {
        "idUser" => return (1_i64..9).prop_map(Value::Integer).boxed(),
        "userName" => texts(NAMES),
        "domain" => texts(DOMAINS),
        "baCreatedTime" | "baLastUpdated" => {
            prop::sample::select(TICKS).prop_map(Value::Integer).boxed()
        }
        _ => {
            let field = mapping.entity.fields.index_of(name).unwrap();
            match mapping.kind(field) {
                crate::value::Type::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
                crate::value::Type::Integer => (0_i64..4).prop_map(Value::Integer).boxed(),
                crate::value::Type::DateTime => prop::sample::select(DATES)
                    .prop_map(|text| Value::DateTime(text.into()))
                    .boxed(),
                _ => texts(TEXTS),
            }
        }
    };
    prop_oneof![1 => Just(Value::Absent), 4 => some].boxed()
}

fn rows(mapping: &Mapping) -> BoxedStrategy<Vec<Value<'static>>> {
    let fields: Vec<_> =
        mapping.entity.fields.iter().map(|(_, field)| held(mapping, field.name.as_str())).collect();
    fields.boxed()
}

fn row(mapping: &Mapping, values: Vec<Value<'static>>) -> Record<'static> {
    let mut row = Record::empty(&mapping.entity.fields);
    for ((field, _), value) in mapping.entity.fields.iter().zip(values) {
        row.put(field, value);
    }
    row
}

/// A filter as a client writes it.
fn filters() -> impl Strategy<Value = String> {
    let quoted = |texts: &'static [&'static str]| {
        prop::sample::select(texts).prop_map(|text| format!("\"{text}\"")).boxed()
    };
    let user_names = quoted(&[
        "ana@contoso.com",
        "ANA@CONTOSO.COM",
        "a@b@corp",
        "x",
        "ana",
        "an",
        "na",
        "a@",
        "@none",
    ]);
    let texts = || quoted(TEXTS);
    let operators =
        || prop::sample::select(&["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"][..]);
    let numbers = (0_i64..4).prop_map(|number| number.to_string()).boxed();
    let booleans = any::<bool>().prop_map(|truth| truth.to_string()).boxed();
    let urn = "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties";
    let manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value";
    let leaf = |path: String, literals: BoxedStrategy<String>| {
        prop_oneof![
            1 => Just(format!("{path} pr")),
            6 => (operators(), literals)
                .prop_map(move |(operator, literal)| format!("{path} {operator} {literal}")),
        ]
        .boxed()
    };
    let leaves = prop_oneof![
        leaf("userName".to_owned(), user_names),
        leaf("id".to_owned(), quoted(&["1", "2", "007", "x"])),
        leaf("externalId".to_owned(), texts()),
        leaf("name.formatted".to_owned(), texts()),
        leaf("name.familyName".to_owned(), texts()),
        leaf("emails.value".to_owned(), texts()),
        leaf("emails[type eq \"work\"].value".to_owned(), texts()),
        leaf("active".to_owned(), booleans.clone()),
        leaf("meta.created".to_owned(), quoted(&["2025-06-01T00:00:00Z", "2026-01-01T00:00:00Z"])),
        leaf(manager.to_owned(), quoted(&["1", "2", "03"])),
        leaf(format!("{urn}:IdentificationNumber"), texts()),
        leaf(format!("{urn}:EmployeeLevel"), numbers),
        leaf(format!("{urn}:IsContractor"), booleans),
        leaf(format!("{urn}:HireDate"), quoted(DATES)),
    ];
    leaves.prop_recursive(3, 10, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} and {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} or {b})")),
            inner.prop_map(|a| format!("not ({a})")),
        ]
    })
}

fn hold(mapping: &Mapping, filter: &str, values: Vec<Value<'static>>) -> Result<(), TestCaseError> {
    let nulls = mapping.entity.facts.nulls;
    let row = row(mapping, values);
    let living = mapping.standing(&row) == Standing::Living;
    let there = truth(&mapping.population(), &row, nulls) == Some(true);
    prop_assert_eq!(living, there, "the population");
    let Ok(filter) = Filter::parse(&mapping.resource, filter, &Profile::STRICT) else {
        return Ok(());
    };
    let Ok(predicate) = mapping.search(&filter, &Keys::default()) else { return Ok(()) };
    let found = truth(&predicate, &row, nulls) == Some(true);
    let id = mapping.id_of(&row).unwrap();
    let canonical = mapping.canonical(&filter);
    let meant = living && canonical.matches(&mapping.resource, &mapping.outward(&row), &id);
    prop_assert_eq!(found, meant, "{:?}\n{:?}", filter, predicate);
    Ok(())
}

thread_local! {
    static BOTH: [Mapping; 2] = {
        let mut sql = bizagi();
        sql.entity.facts.nulls = Nulls::Sql;
        [bizagi(), sql]
    };
    static VARIANTS: Vec<Mapping> = ["domain table", "fixed domain", "mail"]
        .map(|name| read(&variant(name)).0.unwrap())
        .into();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_search_finds_what_the_filter_means(
        filter in filters(),
        values in rows(&bizagi()),
    ) {
        BOTH.with(|mappings| {
            mappings.iter().try_for_each(|mapping| hold(mapping, &filter, values.clone()))
        })?;
    }

    #[test]
    fn the_variants_of_user_name_mean_the_same(
        which in 0_usize..3,
        filter in filters(),
        seed in rows(&bizagi()),
    ) {
        VARIANTS.with(|mappings| {
            let mapping = &mappings[which];
            // The same columns, in this mapping's order.
            let full = BOTH.with(|mappings| row(&mappings[0], seed));
            let fields = BOTH.with(|mappings| mappings[0].entity.fields.clone());
            let value = |name: &str| {
                fields.index_of(name).map_or(Value::Absent, |field| full.value(field).clone())
            };
            let names = mapping.entity.fields.iter();
            let values = names.map(|(_, field)| value(field.name.as_str())).collect();
            hold(mapping, &filter, values)
        })?;
    }
}

fn search_error(filter: &str) -> (ScimType, String) {
    let mapping = bizagi();
    let error = match Filter::parse(&mapping.resource, filter, &Profile::STRICT) {
        Ok(filter) => mapping.search(&filter, &Keys::default()).unwrap_err(),
        Err(error) => error,
    };
    (error.kind, error.into_detail())
}

#[test]
fn what_cannot_be_searched_names_attribute_and_operator() {
    let (kind, detail) = search_error("userName gt \"ana@contoso.com\"");
    assert_eq!(kind, ScimType::InvalidFilter);
    assert!(detail.contains("`userName`") && detail.contains("`gt`"), "{detail}");
    let (kind, detail) = search_error("userName eq \" \"");
    assert_eq!(kind, ScimType::InvalidFilter);
    assert!(detail.contains("not blank"), "{detail}");
}

#[test]
fn a_value_that_no_row_can_hold_is_found_nowhere_and_excludes_nobody() {
    let mapping = bizagi();
    let search = |text: &str| {
        let filter = Filter::parse(&mapping.resource, text, &Profile::STRICT).unwrap();
        let nobody = mapping.search(&filter, &Keys::default()).unwrap() == Predicate::FALSE;
        let negated = filter.negation();
        let found = mapping.search(&negated, &Keys::default()).unwrap();
        let everybody = match found.only_atom() {
            Some(Term::Shared(shared)) => *shared.predicate() == mapping.population(),
            _ => found == mapping.population(),
        };
        assert_eq!(everybody, nobody);
        nobody
    };
    assert!(search("userName eq \"@contoso.com\""), "there is no name in it");
    assert!(search("id eq \"007\""));
    assert!(search("externalId eq \"\""), "an empty text is nothing");
    assert!(!search("externalId eq \"a\""));
}
