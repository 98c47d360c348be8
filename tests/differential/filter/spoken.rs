//! Filters as clients write them: the whole grammar of RFC 7644 §3.4.2.2, and what is near it.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::Question;
use crate::person::{
    CORE, FACTS, FRACTIONS, Fact, INSTANTS, Json, Kind, LISTS, TEXTS, WHOLES, document, known,
    person, printed,
};

/// An attribute's path, in the letters in which it is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Path {
    /// The URN before it; empty if there is none.
    pub(super) urn: String,
    pub(super) attribute: String,
    /// Empty if there is none.
    pub(super) sub: String,
}

impl Path {
    pub(super) fn text(&self) -> String {
        let colon = if self.urn.is_empty() { "" } else { ":" };
        let dot = if self.sub.is_empty() { "" } else { "." };
        format!("{}{colon}{}{dot}{}", self.urn, self.attribute, self.sub)
    }

    /// What is known of it, in the brackets of a list or outside of any.
    pub(super) fn fact(&self, list: Option<&str>) -> Option<&'static Fact> {
        match list {
            Some(list) => known("", list, &self.attribute),
            None => known(&self.urn, &self.attribute, &self.sub),
        }
    }

    /// The same path's sub-attribute.
    pub(super) fn with(&self, sub: &str) -> Self {
        Self { sub: sub.to_owned(), ..self.clone() }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    /// A string, with no escapes but those that it needs.
    Text(String),
    /// A string of nothing but escapes.
    Escaped(String),
    /// A string in quotes as it stands.
    Raw(String),
    Number(String),
    Truth(bool),
    Null,
}

impl Literal {
    /// The string that it means.
    pub(super) fn string(&mut self) -> Option<&mut String> {
        match self {
            Self::Text(text) | Self::Escaped(text) => Some(text),
            _ => None,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Text(text) => json!(text).to_string(),
            Self::Escaped(text) => {
                let units = text.encode_utf16().map(|unit| format!("\\u{unit:04X}"));
                format!("\"{}\"", units.collect::<String>())
            }
            Self::Raw(text) => format!("\"{text}\""),
            Self::Number(text) => text.clone(),
            Self::Truth(truth) => truth.to_string(),
            Self::Null => "null".to_owned(),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Spoken {
    Or(Vec<Spoken>),
    And(Vec<Spoken>),
    Not(Box<Spoken>),
    Compare(Path, &'static str, Literal),
    Present(Path),
    /// `emails[…]`.
    Element(Path, Box<Spoken>),
    /// `emails[…].value eq "x"`; the last is the comparison, of `value`.
    Selected(Path, Box<Spoken>, Box<Spoken>),
    /// Words of the other engine.
    Raw(String),
    /// No filter; the second says whether the other engine takes it for one.
    Malformed(String, bool),
}

impl Spoken {
    pub(super) fn text(&self, loud: bool) -> String {
        let word = |word: &str| if loud { word.to_uppercase() } else { word.to_owned() };
        let joined = |parts: &[Self], with: &str| {
            let shown = parts.iter().map(|part| match part {
                // `and` goes before `or`, so only one of them needs its parentheses.
                Self::Or(_) => format!("({})", part.text(loud)),
                Self::And(_) if with == "and" => format!("({})", part.text(loud)),
                _ => part.text(loud),
            });
            shown.collect::<Vec<_>>().join(&format!(" {} ", word(with)))
        };
        match self {
            Self::Or(parts) => joined(parts, "or"),
            Self::And(parts) => joined(parts, "and"),
            Self::Not(inner) => format!("{} ({})", word("not"), inner.text(loud)),
            Self::Compare(path, operator, literal) => {
                format!("{} {} {}", path.text(), word(operator), literal.text())
            }
            Self::Present(path) => format!("{} {}", path.text(), word("pr")),
            Self::Element(path, inner) => format!("{}[{}]", path.text(), inner.text(loud)),
            Self::Selected(path, inner, leaf) => {
                format!("{}[{}].{}", path.text(), inner.text(loud), leaf.text(loud))
            }
            Self::Raw(text) | Self::Malformed(text, _) => text.clone(),
        }
    }

    /// Puts something in the place of every comparison, and of every element with or without one
    /// behind it. The second argument is the list in whose brackets it stands.
    pub(super) fn replace(
        self,
        list: Option<&str>,
        with: &mut dyn FnMut(Self, Option<&str>) -> Self,
    ) -> Self {
        let mut each = |parts: Vec<Self>| {
            parts.into_iter().map(|part| part.replace(list, with)).collect::<Vec<_>>()
        };
        match self {
            Self::Or(parts) => Self::Or(each(parts)),
            Self::And(parts) => Self::And(each(parts)),
            Self::Not(inner) => Self::Not(Box::new(inner.replace(list, with))),
            Self::Element(path, inner) => {
                let inner = inner.replace(Some(&path.attribute), with);
                with(Self::Element(path, Box::new(inner)), list)
            }
            Self::Selected(path, inner, leaf) => {
                let inner = inner.replace(Some(&path.attribute), with);
                let leaf = leaf.replace(Some(&path.attribute), with);
                with(Self::Selected(path, Box::new(inner), Box::new(leaf)), list)
            }
            other => with(other, list),
        }
    }
}

const OPERATORS: &[&str] = &["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"];

fn letters(text: String) -> impl Strategy<Value = String> {
    let (lower, upper) = (text.to_lowercase(), text.to_uppercase());
    prop_oneof![6 => Just(text), 1 => Just(lower), 1 => Just(upper)]
}

fn path(fact: &'static Fact) -> impl Strategy<Value = Path> {
    let urn = if fact.urn.is_empty() {
        let common = ["id", "externalId", "meta"].contains(&fact.attribute);
        let qualified = if common { "" } else { CORE };
        prop_oneof![7 => Just(String::new()), 1 => letters(qualified.to_owned())].boxed()
    } else {
        letters(fact.urn.to_owned()).boxed()
    };
    (urn, letters(fact.attribute.to_owned()), letters(fact.sub.to_owned()))
        .prop_map(|(urn, attribute, sub)| Path { urn, attribute, sub })
}

/// A value of that kind mostly, and sometimes of any other.
fn literal(kind: Kind) -> impl Strategy<Value = Literal> {
    let text = |texts: &'static [&'static str]| {
        (select(texts), 0..8_u8).prop_map(|(text, form)| match form {
            0 => Literal::Escaped(text.to_owned()),
            _ => Literal::Text(text.to_owned()),
        })
    };
    let number = |texts: &'static [&'static str]| {
        select(texts).prop_map(|text| Literal::Number(text.to_owned()))
    };
    let kinds = &["work", "home", "mobile", "WORK", "other", "User", "user", ""];
    let own = match kind {
        Kind::Text | Kind::Exact => prop_oneof![4 => text(TEXTS), 1 => text(kinds)].boxed(),
        Kind::Truth => any::<bool>().prop_map(Literal::Truth).boxed(),
        Kind::Whole => prop_oneof![6 => number(WHOLES), 1 => number(FRACTIONS)].boxed(),
        Kind::Fraction => number(FRACTIONS).boxed(),
        Kind::Instant => text(INSTANTS).boxed(),
        Kind::Complex | Kind::Complexes => text(TEXTS).boxed(),
    };
    prop_oneof![
        20 => own,
        1 => text(TEXTS),
        1 => number(WHOLES),
        1 => any::<bool>().prop_map(Literal::Truth),
        2 => Just(Literal::Null),
    ]
}

fn question_of(kind: Kind, path: impl Strategy<Value = Path>) -> impl Strategy<Value = Spoken> {
    // What has an order is asked for it, and the rest rarely.
    let operator = match kind {
        Kind::Text | Kind::Exact => select(OPERATORS).boxed(),
        Kind::Truth => prop_oneof![9 => select(&OPERATORS[..2]), 1 => select(OPERATORS)].boxed(),
        _ => prop_oneof![
            3 => select(&OPERATORS[..2]),
            5 => select(&OPERATORS[5..]),
            1 => select(OPERATORS)
        ]
        .boxed(),
    };
    (path, operator, literal(kind), 0..6_u8).prop_map(|(path, operator, literal, form)| {
        if form == 0 { Spoken::Present(path) } else { Spoken::Compare(path, operator, literal) }
    })
}

fn plain() -> impl Strategy<Value = Spoken> {
    (0..FACTS.len()).prop_flat_map(|at| question_of(FACTS[at].kind, path(&FACTS[at])))
}

/// A comparison in the brackets of that list, or behind them.
fn inner(list: &'static str) -> BoxedStrategy<Spoken> {
    let facts: Vec<&'static Fact> =
        FACTS.iter().filter(|fact| fact.attribute == list && !fact.sub.is_empty()).collect();
    select(facts)
        .prop_flat_map(|fact| {
            let path = letters(fact.sub.to_owned()).prop_map(|attribute| Path {
                urn: String::new(),
                attribute,
                sub: String::new(),
            });
            question_of(fact.kind, path)
        })
        .boxed()
}

fn element() -> impl Strategy<Value = Spoken> {
    let lists: Vec<&'static str> = LISTS.iter().map(|(list, _)| *list).chain(["roles"]).collect();
    select(lists).prop_flat_map(|list| {
        let fact = known("", list, "").unwrap();
        let single = inner(list);
        let typed = (letters("type".to_owned()), select(&["work", "home", "mobile", "other"][..]))
            .prop_map(|(attribute, kind)| {
                let path = Path { urn: String::new(), attribute, sub: String::new() };
                Spoken::Compare(path, "eq", Literal::Text(kind.to_owned()))
            });
        let brackets = prop_oneof![
            2 => single.clone(),
            2 => typed,
            2 => logical(single.clone().boxed(), 2, 6),
        ];
        (path(fact), brackets, single, any::<bool>()).prop_map(|(path, brackets, leaf, whole)| {
            let brackets = Box::new(brackets);
            if whole {
                Spoken::Element(path, brackets)
            } else {
                Spoken::Selected(path, brackets, Box::new(leaf))
            }
        })
    })
}

fn logical(leaf: BoxedStrategy<Spoken>, depth: u32, size: u32) -> impl Strategy<Value = Spoken> {
    leaf.prop_recursive(depth, size, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Spoken::And),
            vec(inner.clone(), 2..4).prop_map(Spoken::Or),
            inner.prop_map(|inner| Spoken::Not(Box::new(inner))),
        ]
    })
}

/// Makes of a filter what the grammar does not have.
type Mistake = fn(&str) -> String;

/// Mistakes. Where the second is true the other engine reads it all the same.
const MISTAKES: &[(Mistake, bool)] = &[
    (|_| String::new(), false),
    (|filter| format!("{filter} and"), false),
    (|filter| format!("{filter} or or {filter}"), false),
    (|filter| format!("{filter})"), false),
    (|filter| format!("({filter}"), false),
    (|filter| format!("{filter} {filter}"), false),
    (|filter| format!("{filter} xor {filter}"), false),
    (|filter| format!("[{filter}]"), false),
    (|filter| format!("({filter})."), false),
    (|_| "userName".to_owned(), false),
    (|_| "userName eq".to_owned(), false),
    (|_| "userName is \"a\"".to_owned(), false),
    (|_| "userName eq a".to_owned(), false),
    (|_| "userName eq 'a'".to_owned(), false),
    (|_| "userName eq \"a".to_owned(), false),
    (|_| "active eq TRUE".to_owned(), false),
    (|_| "Age eq 007".to_owned(), false),
    (|_| "emails[type eq \"work\"".to_owned(), false),
    (|_| "emails[]".to_owned(), false),
    (|_| "not userName eq \"a\"".to_owned(), true),
    (|filter| format!("not not ({filter})"), true),
    (|_| "userName eq\"a\"".to_owned(), true),
    (|_| "userName eq \"a\"and userName pr".to_owned(), true),
    (|filter| format!("({filter})and userName pr"), true),
    (|_| "emails[emails[type eq \"work\"]]".to_owned(), true),
    (|_| "name.givenName.a eq \"a\"".to_owned(), true),
];

pub(super) fn questions() -> impl Strategy<Value = Question> {
    let leaf = prop_oneof![3 => plain(), 1 => element()].boxed();
    let wrong = (leaf.clone(), 0..MISTAKES.len()).prop_map(|(leaf, at)| {
        let (mistake, is_read) = MISTAKES[at];
        Spoken::Malformed(mistake(&leaf.text(false)), is_read)
    });
    let filter = prop_oneof![5 => leaf.clone(), 5 => logical(leaf, 3, 12), 1 => wrong];
    (filter, proptest::bool::weighted(0.1), person()).prop_map(|(filter, loud, sent)| {
        let person = Json::Object(printed(&document(&sent)));
        Question { filter, loud, sent, person, refused: false }
    })
}
