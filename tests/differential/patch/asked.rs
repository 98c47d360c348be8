//! PATCH operations as clients write them (RFC 7644 §3.5.2): every operation, every kind of path.
//!
//! Of one request no two operations touch the same list, so that a rule can tell from the person
//! alone what an operation finds.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, json};

use super::Request;
use crate::person::{
    CORE, CUSTOM, ENTERPRISE, FACTS, FRACTIONS, Fact, INSTANTS, Json, Kind, LISTS, TEXTS, WHOLES,
    document, person, printed, types_of,
};

/// How conditions are read.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    /// Letter case counts.
    pub(super) exact: bool,
    /// `ne` is true where nothing is.
    pub(super) absent_differs: bool,
}

/// Which elements of a list are meant.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    /// A sub-attribute, an operator and a text.
    Compare(&'static str, &'static str, String),
    Primary,
    Not(Box<Condition>),
    Both(Box<Condition>, Box<Condition>),
    Either(Box<Condition>, Box<Condition>),
}

impl Condition {
    pub(super) fn of_type(kind: &str) -> Self {
        Self::Compare("type", "eq", kind.to_owned())
    }

    /// The type, if it says nothing else. What is negated twice is not negated.
    pub(super) fn kind(&self) -> Option<&str> {
        match self {
            Self::Compare("type", "eq", kind) => Some(kind),
            Self::Not(inner) => match &**inner {
                Self::Not(inner) => inner.kind(),
                _ => None,
            },
            _ => None,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Compare(sub, operator, text) => format!("{sub} {operator} {}", json!(text)),
            Self::Primary => "primary eq true".to_owned(),
            Self::Not(inner) => format!("not ({})", inner.text()),
            Self::Both(left, right) => format!("({}) and ({})", left.text(), right.text()),
            Self::Either(left, right) => format!("{} or {}", left.text(), right.text()),
        }
    }

    /// Whether an element is meant.
    pub(super) fn means(&self, element: &Json, reading: Reading) -> bool {
        let fold = |text: &str| if reading.exact { text.to_owned() } else { text.to_lowercase() };
        match self {
            Self::Compare(sub, operator, text) => {
                let (found, text) = (element[*sub].as_str().map(fold), fold(text));
                match *operator {
                    "eq" => found == Some(text),
                    "ne" if found.is_none() => reading.absent_differs,
                    "ne" => found != Some(text),
                    "sw" => found.is_some_and(|found| found.starts_with(&text)),
                    _ => found.is_some_and(|found| found.contains(&text)),
                }
            }
            Self::Primary => element["primary"] == json!(true),
            Self::Not(inner) => !inner.means(element, reading),
            Self::Both(left, right) => {
                left.means(element, reading) && right.means(element, reading)
            }
            Self::Either(left, right) => {
                left.means(element, reading) || right.means(element, reading)
            }
        }
    }
}

/// What an operation is about. Names are as they are known; how they are written is beside them.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// No path.
    Resource,
    /// An extension as a whole.
    Extension(&'static str),
    /// An attribute or sub-attribute of one value, or one of sub-attributes.
    One(&'static Fact, String),
    List(&'static str, String),
    /// `emails[…]`, and perhaps a sub-attribute behind it.
    Chosen(&'static str, Condition, Option<&'static str>),
    /// No path; the second says whether the other engine takes it for one.
    Malformed(&'static str, bool),
}

#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) verb: &'static str,
    pub(super) target: Target,
    pub(super) value: Option<Json>,
}

/// The path of a fact, as it is known.
pub(super) fn path_of(fact: &Fact) -> String {
    let colon = if fact.urn.is_empty() { "" } else { ":" };
    let dot = if fact.sub.is_empty() { "" } else { "." };
    format!("{}{colon}{}{dot}{}", fact.urn, fact.attribute, fact.sub)
}

impl Operation {
    pub(super) fn json(&self) -> Json {
        let mut members = Map::new();
        members.insert("op".to_owned(), json!(self.verb));
        let path = match &self.target {
            Target::Resource => None,
            Target::Extension(urn) => Some((*urn).to_owned()),
            Target::One(_, written) | Target::List(_, written) => Some(written.clone()),
            Target::Chosen(list, condition, sub) => {
                let sub = sub.map(|sub| format!(".{sub}")).unwrap_or_default();
                Some(format!("{list}[{}]{sub}", condition.text()))
            }
            Target::Malformed(path, _) => Some((*path).to_owned()),
        };
        if let Some(path) = path {
            members.insert("path".to_owned(), json!(path));
        }
        if let Some(value) = &self.value {
            members.insert("value".to_owned(), value.clone());
        }
        Json::Object(members)
    }

    /// The lists that it touches.
    fn lists(&self) -> Vec<&str> {
        match (&self.target, &self.value) {
            (Target::List(list, _) | Target::Chosen(list, ..), _) => vec![list],
            (Target::Resource, Some(Json::Object(members))) => {
                members.keys().map(String::as_str).filter(|name| is_list(name)).collect()
            }
            _ => Vec::new(),
        }
    }
}

pub(super) fn is_list(name: &str) -> bool {
    name == "roles" || types_of(name).is_some()
}

/// The letters of a path; a schema's URN before it.
fn written(path: String, may_have_urn: bool) -> impl Strategy<Value = String> {
    (Just(path), 0..12_u8).prop_map(move |(path, form)| match form {
        0 => path.to_uppercase(),
        1 => path.to_lowercase(),
        2 if may_have_urn => format!("{CORE}:{path}"),
        3 if may_have_urn => format!("{}:{path}", CORE.to_uppercase()),
        _ => path,
    })
}

fn some(texts: &'static [&'static str]) -> impl Strategy<Value = Json> {
    select(texts).prop_map(|text| json!(text))
}

fn number(texts: &'static [&'static str]) -> impl Strategy<Value = Json> {
    select(texts).prop_map(|text| serde_json::from_str(text).unwrap())
}

/// A value of that kind.
fn value(kind: Kind) -> BoxedStrategy<Json> {
    match kind {
        Kind::Text | Kind::Exact => prop_oneof![9 => some(TEXTS), 1 => Just(json!(""))].boxed(),
        Kind::Truth => any::<bool>().prop_map(Json::from).boxed(),
        Kind::Whole => number(WHOLES).boxed(),
        Kind::Fraction => number(FRACTIONS).boxed(),
        Kind::Instant => some(INSTANTS).boxed(),
        Kind::Complex | Kind::Complexes => Just(json!({})).boxed(),
    }
}

fn verb() -> impl Strategy<Value = &'static str> {
    select(&["add", "replace", "remove"][..])
}

fn operation(verb: &'static str, target: Target, value: Json) -> Operation {
    Operation { verb, target, value: (verb != "remove").then_some(value) }
}

/// Whether it is an attribute of one value.
fn is_one(fact: &Fact) -> bool {
    !matches!(fact.kind, Kind::Complex | Kind::Complexes) && !is_list(fact.attribute)
}

fn one() -> impl Strategy<Value = Operation> {
    let facts: Vec<&'static Fact> = FACTS.iter().filter(|fact| is_one(fact)).collect();
    select(facts).prop_flat_map(|fact| {
        // `id` and `meta` belong to every schema.
        let may_have_urn =
            fact.urn.is_empty() && !["id", "meta", "externalId"].contains(&fact.attribute);
        let value = prop_oneof![
            12 => value(fact.kind),
            1 => some(TEXTS),
            1 => any::<bool>().prop_map(Json::from),
            1 => number(WHOLES),
            2 => Just(Json::Null),
        ];
        (verb(), written(path_of(fact), may_have_urn), value)
            .prop_map(|(verb, written, value)| operation(verb, Target::One(fact, written), value))
    })
}

/// An object with some of these members.
fn members(urn: &'static str, attribute: &'static str) -> BoxedStrategy<Json> {
    let of = |fact: &&Fact| {
        let below = if attribute.is_empty() { fact.attribute } else { fact.sub };
        fact.urn == urn
            && !below.is_empty()
            && (attribute.is_empty() || fact.attribute == attribute)
    };
    let facts = FACTS.iter().filter(of).map(|fact| {
        let value = prop_oneof![9 => value(fact.kind), 1 => Just(Json::Null)];
        let name = if attribute.is_empty() { fact.attribute } else { fact.sub };
        option::of(value.prop_map(move |value| {
            let nested = attribute.is_empty() && !fact.sub.is_empty();
            (name, if nested { json!({ fact.sub: value }) } else { value })
        }))
    });
    let facts: Vec<_> = facts.collect();
    facts
        .prop_map(|members| {
            members.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)).collect()
        })
        .boxed()
}

fn complex() -> impl Strategy<Value = Operation> {
    let name = FACTS.iter().find(|fact| fact.kind == Kind::Complex).unwrap();
    let value = prop_oneof![7 => members("", "name"), 1 => Just(Json::Null)];
    (verb(), written("name".to_owned(), true), value)
        .prop_map(move |(verb, written, value)| operation(verb, Target::One(name, written), value))
}

fn extension() -> impl Strategy<Value = Operation> {
    select(&[ENTERPRISE, CUSTOM][..]).prop_flat_map(|urn| {
        (verb(), members(urn, ""))
            .prop_map(move |(verb, value)| operation(verb, Target::Extension(urn), value))
    })
}

const SHORT: &[&str] = &["a", "A", "ab", "b", "a b", "a.b@c.de", "7"];

/// An element of a list, without its type.
fn element(list: &'static str, kind: &'static str) -> BoxedStrategy<Json> {
    match (list, kind) {
        ("addresses", "work") => (some(SHORT), option::of(some(SHORT)), option::of(some(SHORT)))
            .prop_map(|(one, locality, country)| match (locality, country) {
                (None, None) => json!({ "country": one }),
                (locality, country) => json!({ "locality": locality, "country": country }),
            })
            .boxed(),
        ("addresses", _) => some(SHORT).prop_map(|country| json!({ "country": country })).boxed(),
        _ => some(SHORT).prop_map(|value| json!({ "value": value })).boxed(),
    }
}

fn elements(list: &'static str) -> BoxedStrategy<Json> {
    let Some(types) = types_of(list) else {
        let role = some(SHORT).prop_map(|value| json!({ "value": value }));
        return vec(role, 1..3).prop_map(Json::Array).boxed();
    };
    let kind = prop_oneof![9 => select(types), 1 => Just("other")];
    let typed = kind.prop_flat_map(move |kind| {
        element(list, kind).prop_map(move |mut element| {
            element["type"] = json!(kind);
            element
        })
    });
    (vec(typed, 1..3), any::<bool>())
        .prop_map(|(mut elements, is_primary)| {
            if is_primary {
                elements[0]["primary"] = json!(true);
            }
            Json::Array(elements)
        })
        .boxed()
}

fn lists() -> Vec<&'static str> {
    LISTS.iter().map(|(list, _)| *list).chain(["roles"]).collect()
}

fn whole() -> impl Strategy<Value = Operation> {
    select(lists()).prop_flat_map(|list| {
        (verb(), written(list.to_owned(), true), elements(list))
            .prop_map(|(verb, written, value)| operation(verb, Target::List(list, written), value))
    })
}

fn condition(sub: &'static str, is_typed: bool) -> BoxedStrategy<Condition> {
    let value = (select(&["eq", "eq", "ne", "sw", "co"][..]), select(SHORT))
        .prop_map(move |(operator, text)| Condition::Compare(sub, operator, text.to_owned()));
    if !is_typed {
        return value.boxed();
    }
    let kinds = select(&["work", "home", "mobile", "WORK"][..]);
    let typed = kinds.clone().prop_map(Condition::of_type);
    let other = kinds.prop_map(|kind| Condition::Compare("type", "ne", kind.to_owned()));
    let leaf = prop_oneof![3 => value, 2 => typed, 1 => other, 1 => Just(Condition::Primary)];
    leaf.prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Condition::Not(Box::new(inner))),
            (inner.clone(), inner.clone())
                .prop_map(|(left, right)| Condition::Both(Box::new(left), Box::new(right))),
            (inner.clone(), inner)
                .prop_map(|(left, right)| Condition::Either(Box::new(left), Box::new(right))),
        ]
    })
    .boxed()
}

/// One element, by its type.
fn typed() -> impl Strategy<Value = Operation> {
    let places = LISTS.iter().flat_map(|(list, types)| {
        types.iter().chain(["other"].iter()).map(move |kind| (*list, *kind))
    });
    let places: Vec<(&'static str, &'static str)> = places.collect();
    select(places).prop_flat_map(|(list, kind)| {
        let sub = if list == "addresses" { "country" } else { "value" };
        let letters = prop_oneof![9 => Just(kind.to_owned()), 1 => Just(kind.to_uppercase())];
        (verb(), letters, option::of(Just(sub)), some(SHORT), element(list, kind)).prop_map(
            move |(verb, kind, sub, text, element)| {
                let value = if sub.is_some() { text } else { element };
                operation(verb, Target::Chosen(list, Condition::of_type(&kind), sub), value)
            },
        )
    })
}

/// Elements by any condition.
fn chosen() -> impl Strategy<Value = Operation> {
    select(lists()).prop_flat_map(|list| {
        let sub = if list == "addresses" { "country" } else { "value" };
        // Which not every address has.
        let asked = if list == "addresses" { "locality" } else { "value" };
        let condition =
            prop_oneof![condition(sub, list != "roles"), condition(asked, list != "roles"),];
        (verb(), condition, option::of(Just(sub)), some(SHORT))
            .prop_filter("by its type alone: see above", |(_, condition, ..)| {
                condition.kind().is_none()
            })
            .prop_map(move |(verb, condition, behind, text)| {
                let value = if behind.is_some() { text } else { json!({ sub: text }) };
                operation(verb, Target::Chosen(list, condition, behind), value)
            })
    })
}

/// Several attributes in one object.
fn pathless() -> impl Strategy<Value = Operation> {
    let list = select(lists()).prop_flat_map(|list| elements(list).prop_map(move |v| (list, v)));
    let members = (
        select(&["add", "replace"][..]),
        option::of(some(TEXTS)),
        option::of(any::<bool>()),
        option::of(members("", "name")),
        option::of(list),
        option::of(members(ENTERPRISE, "")),
        option::of(members(CUSTOM, "")),
    );
    members.prop_map(|(verb, title, active, name, list, enterprise, custom)| {
        let mut value = Map::new();
        let mut put = |name: &str, member: Option<Json>| {
            value.extend(member.map(|member| (name.to_owned(), member)));
        };
        put("title", title);
        put("active", active.map(Json::from));
        put("name", name);
        put(ENTERPRISE, enterprise);
        put(CUSTOM, custom);
        if let Some((list, elements)) = list {
            put(list, Some(elements));
        }
        operation(verb, Target::Resource, Json::Object(value))
    })
}

/// What cannot be followed. Where the second is true the other engine does it all the same.
fn wrong() -> impl Strategy<Value = Operation> {
    let path = select(
        &[
            ("emails[", true),
            ("emails[type eq \"work\"", true),
            ("emails[]", true),
            ("emails[type eq]", false),
            ("title[type eq \"work\"]", false),
            ("name.givenName.a", true),
            ("nothing", true),
            ("urn:example:nothing:a", true),
        ][..],
    );
    let broken = (select(&["add", "replace"][..]), path).prop_map(|(verb, (path, is_taken))| {
        operation(verb, Target::Malformed(path, is_taken), json!("a"))
    });
    let bare = |verb, target| Just(Operation { verb, target, value: None });
    prop_oneof![
        4 => broken,
        1 => bare("remove", Target::Resource),
        1 => bare("add", Target::List("emails", "emails".to_owned())),
        1 => bare("move", Target::List("emails", "emails".to_owned())),
        1 => Just(operation("add", Target::Resource, json!("a"))),
    ]
}

pub(super) fn requests() -> impl Strategy<Value = Request> {
    let operation = prop_oneof![
        6 => one(),
        2 => complex(),
        2 => extension(),
        3 => whole(),
        4 => typed(),
        4 => chosen(),
        3 => pathless(),
        1 => wrong(),
    ];
    (vec(operation, 1..4), person()).prop_map(|(mut operations, sent)| {
        let mut touched = BTreeSet::new();
        operations.retain(|operation| {
            let lists: Vec<String> = operation.lists().into_iter().map(str::to_owned).collect();
            lists.into_iter().all(|list| touched.insert(list))
        });
        let person = Json::Object(printed(&document(&sent)));
        Request { operations, sent, person, refused: false, settled: Vec::new() }
    })
}
