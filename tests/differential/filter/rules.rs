//! Where scim2-parse-filter 0.2.10 takes a filter for something else, and what the RFCs say of it.
//!
//! It knows no schema, so it cannot know types, letter case or what a list is compared by; and it
//! reads a little less JSON and a little more grammar than there is.

use super::Question;
use super::spoken::{Literal, Path, Spoken};
use crate::comparison::Rule;
use crate::person::{Json, Kind, known, types_of};

/// In the order in which they are followed.
pub(super) const RULES: &[Rule<Question>] = &[
    Rule {
        name: "grammar",
        why: "RFC 7644 §3.4.2.2, figure 1: `not` is followed by a parenthesis, an operator and a \
              value are set apart by spaces, brackets do not nest, and a path has at most one \
              sub-attribute. The engine drops spaces and reads on",
        restate: grammar,
    },
    Rule {
        name: "impossible comparison",
        why: "RFC 7644 §3.4.2.2: a boolean has no order, `invalidFilter`; §3.12, table 9: so is any \
              combination of attribute and comparison that is not supported, such as a value of \
              another type (RFC 7643 §2.3), part of a number or instant, or an object as a whole. \
              The engine compares as JavaScript does",
        restate: impossible,
    },
    Rule {
        name: "unmapped type",
        why: "RFC 7644 §3.12, table 9: elements of a type that has no place here cannot be asked \
              for, which is said rather than answered with nobody. The engine knows no mapping",
        restate: unmapped_type,
    },
    Rule {
        name: "values kept whole",
        why: "RFC 7644 §3.12, table 9: of a list that is kept as its values alone, brackets can \
              ask one thing of the `value`; the rest is refused, not guessed",
        restate: whole_list,
    },
    Rule {
        name: "core schema's URN",
        why: "RFC 7644 §3.10: a core attribute may be written with its schema's URN. The engine \
              looks for a member of that name",
        restate: core_urn,
    },
    Rule {
        name: "sub-attribute behind brackets",
        why: "RFC 7644 §3.5.2 has `emails[type eq \"work\"].value` for a PATCH's path, and clients \
              write it in filters: the `value` of the elements that are meant, as if it stood in \
              the brackets. The engine asks any element for it",
        restate: behind_brackets,
    },
    Rule {
        name: "list by its value",
        why: "RFC 7644 §3.4.2.2: a multi-valued attribute alone is compared by its `value`. The \
              engine compares the object",
        restate: by_value,
    },
    Rule {
        name: "not primary",
        why: "RFC 7643 §2.4: `primary` is false where it is not said. The engine looks for it",
        restate: not_primary,
    },
    Rule {
        name: "null",
        why: "RFC 7643 §2.5: what is unassigned is equal to null, so `eq null` is the opposite of \
              `pr`. The engine looks for a member that is null",
        restate: null,
    },
    Rule {
        name: "empty text",
        why: "RFC 7644 §3.4.2.2: `pr` asks for a non-empty value. The engine asks for the member",
        restate: empty_text,
    },
    Rule {
        name: "absent and different",
        why: "RFC 7644 §3.4.2.2: `ne` is that the values are not identical, and an unassigned one \
              (RFC 7643 §2.5: null) is identical to no other. The engine compares only what it finds",
        restate: absent,
    },
    Rule {
        name: "instants",
        why: "RFC 7643 §2.3.5: a dateTime is a point in time, so offsets and fractions are \
              reckoned with. The engine compares the characters",
        restate: instants,
    },
    Rule {
        name: "letter case",
        why: "RFC 7643 §2.2: strings are not `caseExact` unless their definition says so. The \
              engine compares letter for letter",
        restate: letter_case,
    },
    Rule {
        name: "negative numbers and exponents",
        why: "RFC 7644 §3.4.2.2: a value is a JSON number. The engine's reader loses a `-`, or a \
              `+` in an exponent, unless the filter ends there",
        restate: numbers,
    },
    Rule {
        name: "escapes",
        why: "RFC 7644 §3.4.2.2: a value is a JSON string (RFC 8259 §7). The engine knows no escape \
              but that of the quotation mark",
        restate: escapes,
    },
    Rule {
        name: "one element at a time",
        why: "RFC 7644 §3.4.2.2: what stands in brackets is asked of each element by itself. The \
              engine asks the array, so that two elements can answer together, and `not` is about \
              all of them",
        restate: one_by_one,
    },
];

/// Puts something in the place of every comparison.
fn each(case: &mut Question, with: impl Fn(Spoken, Option<&str>) -> Spoken) {
    let filter = std::mem::replace(&mut case.filter, Spoken::Raw(String::new()));
    case.filter = filter.replace(None, &mut |spoken, list| with(spoken, list));
}

/// Says that the filter must be refused if any part of it is such.
fn refuse(case: &mut Question, is_such: impl Fn(&Spoken, Option<&str>) -> bool) {
    let mut found = false;
    case.filter.clone().replace(None, &mut |spoken, list| {
        found |= is_such(&spoken, list);
        spoken
    });
    case.refused |= found;
}

fn not(spoken: Spoken) -> Spoken {
    Spoken::Not(Box::new(spoken))
}

fn grammar(case: &mut Question) {
    case.refused |= matches!(case.filter, Spoken::Malformed(_, true));
}

fn impossible(case: &mut Question) {
    refuse(case, |spoken, list| {
        let Spoken::Compare(path, operator, literal) = spoken else { return false };
        let Some(fact) = path.fact(list) else { return false };
        let equality = ["eq", "ne"].contains(operator);
        let textual = ["co", "sw", "ew"].contains(operator);
        let possible = match (fact.kind, literal) {
            (_, Literal::Null) | (Kind::Truth, Literal::Truth(_)) => equality,
            // Only an address has no `value`.
            (Kind::Complexes, Literal::Text(_) | Literal::Escaped(_)) => {
                known("", fact.attribute, "value").is_some()
            }
            (Kind::Text | Kind::Exact, Literal::Text(_) | Literal::Escaped(_)) => true,
            (Kind::Whole, Literal::Number(text)) => !textual && text.parse::<i64>().is_ok(),
            (Kind::Fraction, Literal::Number(_)) => !textual,
            (Kind::Instant, Literal::Text(text) | Literal::Escaped(text)) => {
                !textual && text.contains('T')
            }
            _ => false,
        };
        !possible
    });
}

fn unmapped_type(case: &mut Question) {
    refuse(case, |spoken, _| {
        let (Spoken::Element(list, inner) | Spoken::Selected(list, inner, _)) = spoken else {
            return false;
        };
        let Some(types) = types_of(&list.attribute) else { return false };
        only_type(inner)
            .is_some_and(|kind| !types.iter().any(|known| known.eq_ignore_ascii_case(kind)))
    });
}

/// The type, if nothing else is said. What is negated twice is not negated.
fn only_type(spoken: &Spoken) -> Option<&str> {
    match spoken {
        Spoken::Compare(path, "eq", Literal::Text(kind) | Literal::Escaped(kind))
            if path.attribute.eq_ignore_ascii_case("type") =>
        {
            Some(kind)
        }
        Spoken::Not(inner) => match &**inner {
            Spoken::Not(inner) => only_type(inner),
            _ => None,
        },
        _ => None,
    }
}

fn whole_list(case: &mut Question) {
    // What is negated twice is not negated.
    fn is_value(spoken: &Spoken) -> bool {
        match spoken {
            Spoken::Compare(path, ..) | Spoken::Present(path) => {
                path.attribute.eq_ignore_ascii_case("value")
            }
            Spoken::Not(inner) => matches!(&**inner, Spoken::Not(inner) if is_value(inner)),
            _ => false,
        }
    }
    refuse(case, |spoken, _| match spoken {
        Spoken::Element(list, inner) => {
            list.attribute.eq_ignore_ascii_case("roles") && !is_value(inner)
        }
        Spoken::Selected(list, inner, leaf) => {
            let presence = matches!(**leaf, Spoken::Present(_)) && is_value(leaf);
            list.attribute.eq_ignore_ascii_case("roles") && !(is_value(inner) && presence)
        }
        _ => false,
    });
}

fn core_urn(case: &mut Question) {
    each(case, |mut spoken, list| {
        if let Spoken::Compare(path, ..)
        | Spoken::Present(path)
        | Spoken::Element(path, _)
        | Spoken::Selected(path, ..) = &mut spoken
            && path.fact(list).is_some_and(|fact| fact.urn.is_empty())
        {
            path.urn.clear();
        }
        spoken
    });
}

fn behind_brackets(case: &mut Question) {
    each(case, |spoken, _| {
        let Spoken::Selected(path, inner, leaf) = spoken else { return spoken };
        let element = |leaf: Spoken| {
            let both = Spoken::And(vec![(*inner).clone(), leaf]);
            Spoken::Element(path.clone(), Box::new(both))
        };
        let (Spoken::Present(of) | Spoken::Compare(of, ..)) = &*leaf else { unreachable!() };
        let there = || element(Spoken::Present(of.clone()));
        match &*leaf {
            Spoken::Compare(_, "eq", Literal::Null) => not(there()),
            Spoken::Compare(_, "ne", Literal::Null) => there(),
            // Every element has that one, said or not.
            Spoken::Compare(_, "ne", Literal::Truth(truth)) => {
                let differs = Spoken::Compare(of.clone(), "eq", Literal::Truth(!truth));
                Spoken::Or(vec![element(differs), not(Spoken::Element(path, inner))])
            }
            Spoken::Compare(_, "ne", _) => {
                let differs = Spoken::And(vec![(*leaf).clone(), Spoken::Present(of.clone())]);
                Spoken::Or(vec![element(differs), not(there())])
            }
            _ => element(*leaf),
        }
    });
}

fn by_value(case: &mut Question) {
    each(case, |spoken, list| match spoken {
        Spoken::Compare(path, operator, literal)
            if literal != Literal::Null
                && path.fact(list).is_some_and(|fact| fact.kind == Kind::Complexes) =>
        {
            Spoken::Compare(path.with("value"), operator, literal)
        }
        other => other,
    });
}

fn not_primary(case: &mut Question) {
    each(case, |spoken, list| {
        let Spoken::Compare(path, operator @ ("eq" | "ne"), Literal::Truth(truth)) = &spoken else {
            return spoken;
        };
        let name = if list.is_some() { &path.attribute } else { &path.sub };
        if !name.eq_ignore_ascii_case("primary") {
            return spoken;
        }
        let is = |path: Path| Spoken::Compare(path, "eq", Literal::Truth(true));
        let wanted = *truth == (*operator == "eq");
        if list.is_some() {
            return if wanted { is(path.clone()) } else { not(is(path.clone())) };
        }
        let whole = path.with("");
        let inner = Path { urn: String::new(), attribute: path.sub.clone(), sub: String::new() };
        let inner = if wanted { is(inner) } else { not(is(inner)) };
        let element = Spoken::Element(whole.clone(), Box::new(inner));
        if *operator == "eq" {
            element
        } else {
            Spoken::Or(vec![element, not(Spoken::Present(whole))])
        }
    });
}

fn null(case: &mut Question) {
    each(case, |spoken, _| match spoken {
        Spoken::Compare(path, "eq", Literal::Null) => not(Spoken::Present(path)),
        Spoken::Compare(path, "ne", Literal::Null) => Spoken::Present(path),
        other => other,
    });
}

fn empty_text(case: &mut Question) {
    each(case, |spoken, list| {
        let Spoken::Present(path) = &spoken else { return spoken };
        // The engine's `ne` is false where nothing is.
        let filled = |path: &Path| Spoken::Raw(format!("{} ne \"\"", path.text()));
        match path.fact(list).map(|fact| fact.kind) {
            Some(Kind::Text | Kind::Exact) => filled(path),
            Some(Kind::Complex) => {
                Spoken::Or(["givenName", "familyName"].map(|sub| filled(&path.with(sub))).to_vec())
            }
            _ => spoken,
        }
    });
}

fn absent(case: &mut Question) {
    each(case, |spoken, _| match &spoken {
        Spoken::Compare(path, "ne", literal) if *literal != Literal::Null => {
            let there = Spoken::Raw(format!("{} pr", path.text()));
            Spoken::Or(vec![spoken, not(there)])
        }
        _ => spoken,
    });
}

/// Changes what is compared as that kind, in the filter and in the person.
fn values(case: &mut Question, kind: Kind, change: impl Fn(&mut Json)) {
    let literals = |path: &Path, literal: &mut Literal, list: Option<&str>| {
        if path.fact(list).is_none_or(|fact| fact.kind != kind) {
            return;
        }
        if let Some(text) = literal.string() {
            let mut value = Json::String(std::mem::take(text));
            change(&mut value);
            value.as_str().unwrap().clone_into(text);
        } else if let Literal::Number(text) = literal {
            let mut value = serde_json::from_str(text).unwrap();
            change(&mut value);
            *text = value.to_string();
        }
    };
    each(case, |mut spoken, list| {
        match &mut spoken {
            Spoken::Compare(path, _, literal) => {
                // A list alone is compared as its values are.
                let alone = path.fact(list).is_some_and(|fact| fact.kind == Kind::Complexes);
                let path = if alone { path.with("value") } else { path.clone() };
                literals(&path, literal, list);
            }
            Spoken::Selected(list, _, leaf) => {
                if let Spoken::Compare(path, _, literal) = &mut **leaf {
                    literals(path, literal, Some(&list.attribute));
                }
            }
            _ => {}
        }
        spoken
    });
    let change = |urn: &str, attribute: &str, sub: &str, value: &mut Json| {
        if known(urn, attribute, sub).is_some_and(|fact| fact.kind == kind) {
            change(value);
        }
    };
    let members = |urn: &str, members: &mut Json| {
        for (name, value) in members.as_object_mut().unwrap() {
            change(urn, name, "", value);
            let elements = match value {
                Json::Array(elements) => elements.as_mut_slice(),
                Json::Object(_) => std::slice::from_mut(value),
                _ => continue,
            };
            for element in elements.iter_mut().filter_map(Json::as_object_mut) {
                element.iter_mut().for_each(|(sub, value)| change(urn, name, sub, value));
            }
        }
    };
    members("", &mut case.person);
    for (urn, value) in case.person.as_object_mut().unwrap() {
        if urn.starts_with("urn:") {
            members(urn, value);
        }
    }
}

fn instants(case: &mut Question) {
    values(case, Kind::Instant, |value| {
        if let Some(instant) = value.as_str().and_then(scim_sidecar::scim::instant::instant) {
            *value = Json::String(format!("{instant:.9}"));
        }
    });
}

fn letter_case(case: &mut Question) {
    values(case, Kind::Text, |value| {
        if let Json::String(text) = value {
            *text = text.chars().flat_map(char::to_lowercase).collect();
        }
    });
}

/// Every number a whole one above zero, in the same order.
fn numbers(case: &mut Question) {
    for kind in [Kind::Whole, Kind::Fraction] {
        values(case, kind, |value| {
            if let Some(number) = value.as_f64() {
                #[expect(clippy::cast_possible_truncation, reason = "small, with two decimals")]
                let shifted = (number * 100.0) as i64 + 1_000_000;
                *value = shifted.into();
            }
        });
    }
}

fn escapes(case: &mut Question) {
    each(case, |mut spoken, _| {
        let leaf = match &mut spoken {
            Spoken::Selected(_, _, leaf) => leaf,
            other => other,
        };
        if let Spoken::Compare(_, _, literal) = leaf
            && let Some(text) = literal.string()
        {
            *literal = Literal::Raw(text.replace('"', "\\\""));
        }
        spoken
    });
}

/// Every element a member of its own, beside the lists.
fn one_by_one(case: &mut Question) {
    let person = case.person.as_object_mut().unwrap();
    let lists = person.clone().into_iter().filter_map(|(name, value)| match value {
        Json::Array(elements) => Some((name, elements)),
        _ => None,
    });
    let lists: Vec<(String, Vec<Json>)> = lists.collect();
    let member = |list: &str, at: usize| format!("{}_{at}", list.to_lowercase());
    for (list, elements) in &lists {
        person.extend(elements.iter().cloned().enumerate().map(|(at, e)| (member(list, at), e)));
    }
    each(case, |spoken, _| {
        let Spoken::Element(path, inner) = spoken else { return spoken };
        let list = lists.iter().find(|(list, _)| list.eq_ignore_ascii_case(&path.attribute));
        let number = list.map_or(0, |(_, elements)| elements.len());
        let one = |at| {
            let attribute = member(&path.attribute, at);
            Spoken::Element(Path { attribute, ..path.clone() }, inner.clone())
        };
        match number {
            0 => not(Spoken::Raw("id pr".to_owned())),
            _ => Spoken::Or((0..number).map(one).collect()),
        }
    });
}
