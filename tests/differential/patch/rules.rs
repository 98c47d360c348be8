//! Where scim-patch 0.8.3 does something else, and what the RFCs say of it.
//!
//! It knows no schema and no mapping: not which attribute is of what type, required or read-only,
//! nor that letter case does not count, nor that a list has one place for each of its types.

use std::collections::BTreeSet;

use serde_json::json;

use super::Request;
use super::asked::{Condition, Operation, Reading, Target, is_list, path_of};
use super::settling::{each_once, first_is_primary, without_shells};
use crate::comparison::Rule;
use crate::person::{FACTS, Fact, Json, Kind, LISTS, known, types_of};

/// In the order in which they are followed.
pub(super) const RULES: &[Rule<Request>] = &[
    Rule {
        name: "no path",
        why: "RFC 7644 §3.12, table 9: what is no path, and one that leads to no attribute, is \
              `invalidPath`. The engine makes a member of that name",
        restate: no_path,
    },
    Rule {
        name: "another type",
        why: "RFC 7643 §2.3: an attribute has one type; RFC 7644 §3.12, table 9: `invalidValue`. \
              The engine takes any value",
        restate: another_type,
    },
    Rule {
        name: "read-only",
        why: "RFC 7644 §3.5.2: changing a read-only attribute is `mutability`. The engine does it",
        restate: read_only,
    },
    Rule {
        name: "required",
        why: "RFC 7644 §3.5.2.2: a required attribute cannot become unassigned, be it removed or \
              null (RFC 7643 §2.5), and a `userName` is not empty (§4.1.1). The engine does it",
        restate: required,
    },
    Rule {
        name: "no such element here",
        why: "RFC 7644 §3.12, table 9: `noTarget` for a path that no element can meet, and a value \
              of a type that has no place is refused. The engine knows no mapping",
        restate: unmapped,
    },
    Rule {
        name: "two of one type",
        why: "RFC 7643 §2.4 lets a list have them, but a mapping has one place for a type: a second \
              is refused rather than lost (RFC 7644 §3.12, table 9: `invalidValue`)",
        restate: two_of_a_type,
    },
    Rule {
        name: "objects in an object",
        why: "RFC 7644 §3.5.2.1 and §3.5.2.3: sub-attributes that are not said stay as they are, \
              without a path as well. The engine puts the object in the place of the old one, and \
              takes a URN apart at its last colon",
        restate: objects,
    },
    Rule {
        name: "extension as a whole",
        why: "RFC 7644 §3.10: an extension's URN names its attributes; RFC 7643 §3.3: they are one \
              object. The engine takes the URN apart at its last colon",
        restate: extension,
    },
    Rule {
        name: "null",
        why: "RFC 7643 §2.5: null is that nothing is assigned, to an attribute with sub-attributes as \
              well. The engine breaks on it",
        restate: null,
    },
    Rule {
        name: "written names",
        why: "RFC 7643 §2.1: attribute names are the same in any letter case; RFC 7644 §3.10: a core \
              attribute may have its schema's URN. The engine compares letter for letter, and knows \
              that URN in one spelling",
        restate: names,
    },
    Rule {
        name: "letter case",
        why: "RFC 7643 §2.2: strings are not `caseExact` unless their definition says so, in \
              brackets as well. The engine compares letter for letter",
        restate: letter_case,
    },
    Rule {
        name: "absent and different",
        why: "RFC 7644 §3.4.2.2: `ne` is that the values are not identical, and an unassigned one \
              (RFC 7643 §2.5: null) is identical to no other. The engine compares only what it finds",
        restate: absent,
    },
    Rule {
        name: "one of a type",
        why: "RFC 7644 §3.5.2.1 adds a value to the list. A mapping has one place for a type, so the \
              one of that type is written over; RFC 7644 §3.3 lets a provider alter what is sent, and \
              the answer shows it",
        restate: one_of_a_type,
    },
    Rule {
        name: "element that is not there",
        why: "RFC 7644 §3.5.2.1: what does not exist is added, also where the path says its type \
              in brackets. The engine does so with a sub-attribute behind them only",
        restate: absent_element,
    },
    Rule {
        name: "nothing to add to",
        why: "RFC 7644 §3.12, table 9: `noTarget` where a filter yields no match; only a type says \
              what to make. The engine makes an element out of any `eq`, or does nothing",
        restate: nothing_to_add_to,
    },
    Rule {
        name: "element as a whole",
        why: "RFC 7644 §3.5.2.3: a `replace` of what brackets select replaces the element, with all \
              of its sub-attributes. The engine leaves what is not said",
        restate: whole_element,
    },
    Rule {
        name: "nothing to remove",
        why: "RFC 7644 §3.5.2.2 knows no error for a removal that selects nothing: it is done \
              already, and a client that repeats it must not fail. The engine refuses it where a \
              sub-attribute stands behind the brackets, or the list is empty",
        restate: nothing_to_remove,
    },
    Rule {
        name: "element without a value",
        why: "RFC 7644 §3.5.2.2: where nothing remains the attribute is unassigned. A type is a \
              place in the mapping, so an element without a value is none. The engine leaves the type",
        restate: |case| case.settled.push(without_shells),
    },
    Rule {
        name: "a value once",
        why: "RFC 7643 §2.4: a list should not hold the same value twice. The engine compares whole \
              objects, letter for letter, and only when it adds",
        restate: |case| case.settled.push(each_once),
    },
    Rule {
        name: "primary",
        why: "RFC 7643 §2.4: at most one element is primary. Nothing behind us stores it: it is the \
              first one that is there",
        restate: |case| case.settled.push(first_is_primary),
    },
];

/// An operation that does nothing.
fn idle() -> Operation {
    Operation { verb: "remove", target: Target::Malformed("nickName", false), value: None }
}

/// Puts operations in the place of each.
fn each(case: &mut Request, with: impl Fn(Operation, &Json) -> Vec<Operation>) {
    let operations = std::mem::take(&mut case.operations);
    case.operations =
        operations.into_iter().flat_map(|operation| with(operation, &case.person)).collect();
    if case.operations.is_empty() {
        case.operations.push(idle());
    }
}

fn refuse(case: &mut Request, is_such: impl Fn(&Operation, &Json) -> bool) {
    case.refused |= case.operations.iter().any(|operation| is_such(operation, &case.person));
}

fn no_path(case: &mut Request) {
    refuse(case, |operation, _| matches!(operation.target, Target::Malformed(_, true)));
}

fn another_type(case: &mut Request) {
    refuse(case, |operation, _| {
        let (Target::One(fact, _), Some(value)) = (&operation.target, &operation.value) else {
            return false;
        };
        let fits = match fact.kind {
            Kind::Text | Kind::Exact => value.is_string(),
            Kind::Truth => value.is_boolean(),
            Kind::Whole => value.is_i64(),
            Kind::Fraction => value.is_number(),
            Kind::Instant => value.as_str().is_some_and(|text| text.contains('T')),
            Kind::Complex | Kind::Complexes => true,
        };
        !fits && !value.is_null()
    });
}

fn read_only(case: &mut Request) {
    refuse(case, |operation, _| {
        matches!(&operation.target, Target::One(fact, _)
            if ["id", "meta", "userType"].contains(&fact.attribute))
    });
}

fn required(case: &mut Request) {
    refuse(case, |operation, _| {
        matches!(&operation.target, Target::One(fact, _) if fact.attribute == "userName")
            && operation.value == Some(json!(""))
    });
    case.settled.push(|result| (!result["userName"].is_null()).then_some(result));
}

/// The lists that an operation gives elements for, with the elements.
fn given(operation: &Operation) -> Vec<(&str, &Vec<Json>)> {
    match (&operation.target, &operation.value) {
        (Target::List(list, _), Some(Json::Array(elements))) => vec![(list, elements)],
        (Target::Resource, Some(Json::Object(members))) => members
            .iter()
            .filter(|(name, _)| is_list(name))
            .filter_map(|(name, value)| Some((name.as_str(), value.as_array()?)))
            .collect(),
        _ => Vec::new(),
    }
}

/// What brackets say of an element of which only the type is known.
fn of_kind(condition: &Condition, kind: &str) -> Option<bool> {
    match condition {
        Condition::Compare("type", operator, text) => {
            Some(kind.eq_ignore_ascii_case(text) == (*operator == "eq"))
        }
        // Only a work address has one.
        Condition::Compare("locality", operator, _) if kind == "home" => Some(*operator == "ne"),
        Condition::Compare(..) | Condition::Primary => None,
        Condition::Not(inner) => Some(!of_kind(inner, kind)?),
        Condition::Both(left, right) => match (of_kind(left, kind), of_kind(right, kind)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (left, right) => Some(left? && right?),
        },
        Condition::Either(left, right) => match (of_kind(left, kind), of_kind(right, kind)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (left, right) => Some(left? || right?),
        },
    }
}

fn unmapped(case: &mut Request) {
    refuse(case, |operation, _| {
        if let Target::Chosen(list, condition, _) = &operation.target
            && let Some(types) = types_of(list)
        {
            return types.iter().all(|kind| of_kind(condition, kind) == Some(false));
        }
        given(operation).into_iter().any(|(list, elements)| {
            let types = types_of(list);
            let has_place = |element: &Json| {
                types.is_none_or(|types| types.iter().any(|kind| element["type"] == *kind))
            };
            !elements.iter().all(has_place)
        })
    });
}

fn two_of_a_type(case: &mut Request) {
    refuse(case, |operation, _| {
        given(operation).into_iter().filter(|(list, _)| types_of(list).is_some()).any(
            |(_, elements)| {
                let mut types = BTreeSet::new();
                !elements.iter().all(|element| types.insert(element["type"].as_str()))
            },
        )
    });
}

fn objects(case: &mut Request) {
    each(case, |operation, _| {
        let (Target::Resource, Some(Json::Object(members))) = (&operation.target, &operation.value)
        else {
            return vec![operation];
        };
        let (inner, plain): (Vec<_>, Vec<_>) =
            members.clone().into_iter().partition(|(_, value)| value.is_object());
        let plain = Json::Object(plain.into_iter().collect());
        let verb = operation.verb;
        let inner = inner.into_iter().map(|(name, value)| {
            let target = match FACTS.iter().find(|fact| fact.urn == name) {
                Some(fact) => Target::Extension(fact.urn),
                None => Target::One(known("", &name, "").unwrap(), name),
            };
            Operation { verb, target, value: Some(value) }
        });
        let rest = Operation { verb, target: Target::Resource, value: Some(plain) };
        inner.chain([rest]).collect()
    });
}

fn extension(case: &mut Request) {
    each(case, |operation, _| {
        let Target::Extension(urn) = operation.target else { return vec![operation] };
        let below = FACTS.iter().filter(|fact| fact.urn == urn);
        let one = |fact: &'static Fact, value| {
            let target = Target::One(fact, path_of(fact));
            Operation { verb: operation.verb, target, value }
        };
        let Some(members) = &operation.value else {
            return below.map(|fact| one(fact, None)).collect();
        };
        let said = |fact: &&Fact| {
            let value = members.get(fact.attribute)?;
            if fact.sub.is_empty() { Some(value) } else { value.get(fact.sub) }
        };
        below.filter_map(|fact| Some(one(fact, Some(said(&fact)?.clone())))).collect()
    });
}

fn null(case: &mut Request) {
    each(case, |mut operation, _| {
        if matches!(&operation.target, Target::One(fact, _) if fact.kind == Kind::Complex)
            && operation.value == Some(Json::Null)
        {
            operation.verb = "remove";
            operation.value = None;
        }
        vec![operation]
    });
}

fn names(case: &mut Request) {
    each(case, |mut operation, _| {
        match &mut operation.target {
            Target::One(fact, written) => *written = path_of(fact),
            Target::List(list, written) => (*list).clone_into(written),
            _ => {}
        }
        vec![operation]
    });
}

/// The elements of somebody's list that are meant.
fn meant<'p>(person: &'p Json, list: &str, condition: &Condition) -> Vec<&'p Json> {
    read_as(person, list, condition, RFC)
}

/// How the RFC has conditions read.
const RFC: Reading = Reading { exact: false, absent_differs: true };

fn read_as<'p>(
    person: &'p Json,
    list: &str,
    condition: &Condition,
    reading: Reading,
) -> Vec<&'p Json> {
    let elements = person[list].as_array().map(Vec::as_slice).unwrap_or_default();
    elements.iter().filter(|element| condition.means(element, reading)).collect()
}

/// A condition that is met by this element of the list alone.
fn alone(list: &str, element: &Json) -> Condition {
    let sub = if types_of(list).is_some() { "type" } else { "value" };
    Condition::Compare(sub, "eq", element[sub].as_str().unwrap().to_owned())
}

/// Letter for letter, as the engine does.
const EXACT: Reading = Reading { exact: true, ..RFC };

/// Says which elements are meant, where the condition reads differently in these ways.
fn say_which(case: &mut Request, one: Reading, other: Reading) {
    each(case, |operation, person| {
        let Target::Chosen(list, condition, sub) = &operation.target else {
            return vec![operation];
        };
        let with = |condition| {
            let target = Target::Chosen(list, condition, *sub);
            Operation { target, ..operation.clone() }
        };
        let read = |reading| read_as(person, list, condition, reading);
        if read(one) == read(other) {
            return vec![operation];
        }
        let meant = meant(person, list, condition);
        if meant.is_empty() {
            return vec![with(Condition::Compare("type", "sw", "none".to_owned()))];
        }
        meant.into_iter().map(|element| with(alone(list, element))).collect()
    });
}

fn letter_case(case: &mut Request) {
    each(case, |mut operation, _| {
        if let Target::Chosen(_, condition, _) = &mut operation.target
            && let Some(kind) = condition.kind()
        {
            *condition = Condition::of_type(&kind.to_lowercase());
        }
        vec![operation]
    });
    say_which(case, RFC, EXACT);
}

fn absent(case: &mut Request) {
    say_which(case, EXACT, Reading { absent_differs: false, ..EXACT });
}

fn one_of_a_type(case: &mut Request) {
    each(case, |mut operation, person| {
        if operation.verb != "add" {
            return vec![operation];
        }
        let mut others = Vec::new();
        let is_given = |list: &&str| given(&operation).iter().any(|(given, _)| given == list);
        let lists: Vec<&str> = LISTS.iter().map(|(list, _)| *list).filter(is_given).collect();
        for list in lists {
            let elements = match (&operation.target, operation.value.as_mut()) {
                (Target::Resource, Some(value)) => value[list].as_array_mut(),
                (_, value) => value.and_then(Json::as_array_mut),
            };
            elements.unwrap().retain_mut(|element| {
                let condition = Condition::of_type(element["type"].as_str().unwrap());
                let is_new = meant(person, list, &condition).is_empty();
                if !is_new {
                    let target = Target::Chosen(list, condition, None);
                    others.push(Operation { verb: "add", target, value: Some(element.take()) });
                }
                is_new
            });
        }
        others.push(operation);
        others
    });
}

fn absent_element(case: &mut Request) {
    each(case, |operation, person| {
        if let Target::Chosen(list, condition, None) = &operation.target
            && let Some(kind) = condition.kind()
            && operation.verb == "add"
            && meant(person, list, condition).is_empty()
        {
            let mut element = operation.value.clone().unwrap();
            element["type"] = json!(kind);
            let target = Target::List(list, (*list).to_owned());
            return vec![Operation { verb: "add", target, value: Some(json!([element])) }];
        }
        vec![operation]
    });
}

fn nothing_to_add_to(case: &mut Request) {
    refuse(case, |operation, person| {
        matches!(&operation.target, Target::Chosen(list, condition, _)
            if operation.verb == "add"
                && condition.kind().is_none()
                && meant(person, list, condition).is_empty())
    });
}

fn whole_element(case: &mut Request) {
    each(case, |operation, person| {
        let Target::Chosen("addresses", condition, None) = &operation.target else {
            return vec![operation];
        };
        let meant = meant(person, "addresses", condition);
        if operation.verb != "replace" || meant.is_empty() {
            return vec![operation];
        }
        let each = meant.into_iter().flat_map(|element| {
            let target = |sub| Target::Chosen("addresses", alone("addresses", element), sub);
            let gone = |sub| Operation { verb: "remove", target: target(Some(sub)), value: None };
            let put = Operation { target: target(None), ..operation.clone() };
            [gone("locality"), gone("country"), put]
        });
        each.collect()
    });
}

fn nothing_to_remove(case: &mut Request) {
    each(case, |operation, person| match &operation.target {
        Target::Chosen(list, condition, _)
            if operation.verb == "remove" && meant(person, list, condition).is_empty() =>
        {
            vec![]
        }
        _ => vec![operation],
    });
}
