//! What the whole of a text must match.
//!
//! Most texts are of the signs that a pattern takes in any number and order: those are told by a
//! table, and only the others by the regular expression.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// A regular expression that must match a whole text.
#[derive(Clone, Debug)]
pub struct Pattern {
    whole: regex::Regex,
    /// Whether the pattern matches every text of these bytes, the empty one left out.
    usual: Box<[bool; 256]>,
}

impl Pattern {
    /// A pattern by an [expression](super::file::whole) that is bound to the whole of a text.
    #[must_use]
    pub fn new(whole: regex::Regex) -> Self {
        let usual = usual(whole.as_str());
        let is_usual = |byte: usize| byte < 128 && usual >> byte & 1 == 1;
        Self { usual: Box::new(std::array::from_fn(is_usual)), whole }
    }

    /// Whether it matches the text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        let is_usual = |byte: u8| self.usual.get(usize::from(byte)).is_some_and(|usual| *usual);
        (!text.is_empty() && text.bytes().all(is_usual)) || self.whole.is_match(text)
    }

    /// The expression, bound to the whole of a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.whole.as_str()
    }
}

/// ASCII characters, a bit for each.
type Signs = u128;

/// What is certain of the texts that a part of a pattern matches; there may be more of them.
#[derive(Clone, Copy, Default)]
struct Certain {
    /// The empty text is one.
    empty: bool,
    /// Each of these signs alone is one.
    single: Signs,
    /// Every text of these signs is one, the empty one left out.
    plus: Signs,
}

impl Certain {
    const EMPTY: Self = Self { empty: true, single: 0, plus: 0 };

    /// One part behind the other.
    fn then(self, next: Self) -> Self {
        let whole = |certain: bool, signs: Signs| if certain { signs } else { 0 };
        Self {
            empty: self.empty && next.empty,
            single: whole(next.empty, self.single) | whole(self.empty, next.single),
            plus: [
                whole(next.empty, self.plus),
                whole(self.empty, next.plus),
                // One sign, and then any number of them or none; or the other way round.
                whole(next.empty, self.single & next.plus),
                whole(self.empty, self.plus & next.single),
            ]
            .into_iter()
            .fold(0, larger),
        }
    }

    /// Either part.
    fn or(self, other: Self) -> Self {
        Self {
            empty: self.empty || other.empty,
            single: self.single | other.single,
            plus: larger(self.plus, other.plus),
        }
    }
}

fn larger(one: Signs, other: Signs) -> Signs {
    if other.count_ones() > one.count_ones() { other } else { one }
}

/// The signs of which every text matches, the empty one left out.
fn usual(whole: &str) -> Signs {
    let Ok(hir) = regex_syntax::parse(whole) else { return 0 };
    match hir.kind() {
        HirKind::Concat(parts) => match parts.as_slice() {
            [start, parts @ .., end] if is(start, Look::Start) && is(end, Look::End) => {
                parts.iter().map(certain).fold(Certain::EMPTY, Certain::then).plus
            }
            _ => 0,
        },
        _ => 0,
    }
}

fn is(part: &Hir, look: Look) -> bool {
    matches!(part.kind(), HirKind::Look(found) if *found == look)
}

fn certain(part: &Hir) -> Certain {
    match part.kind() {
        HirKind::Empty => Certain::EMPTY,
        // It depends on what stands around it.
        HirKind::Look(_) => Certain::default(),
        HirKind::Literal(literal) => match literal.0.as_ref() {
            [sign] if sign.is_ascii() => Certain { single: 1 << sign, ..Certain::default() },
            _ => Certain::default(),
        },
        HirKind::Class(class) => Certain { single: ascii(class), ..Certain::default() },
        HirKind::Repetition(repeated) => {
            let one = certain(&repeated.sub);
            let empty = repeated.min == 0 || one.empty;
            if repeated.min > 1 || repeated.max == Some(0) {
                return Certain { empty, ..Certain::default() };
            }
            let plus = if repeated.max.is_none() { larger(one.plus, one.single) } else { one.plus };
            Certain { empty, plus, ..one }
        }
        HirKind::Capture(group) => certain(&group.sub),
        HirKind::Concat(parts) => parts.iter().map(certain).fold(Certain::EMPTY, Certain::then),
        HirKind::Alternation(parts) => {
            parts.iter().map(certain).fold(Certain::default(), Certain::or)
        }
    }
}

fn ascii(class: &Class) -> Signs {
    let holds = |sign: u8| match class {
        Class::Unicode(class) => {
            class.iter().any(|r| (r.start()..=r.end()).contains(&char::from(sign)))
        }
        Class::Bytes(class) => class.iter().any(|r| (r.start()..=r.end()).contains(&sign)),
    };
    (0..128_u8).filter(|sign| holds(*sign)).fold(0, |signs, sign| signs | 1 << sign)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::file::whole;
    use super::*;

    const PATTERNS: &[&str] = &[
        "[a-c]+",
        "[a-c]*",
        "[a-c]?",
        "[a-c]+(@[a-c]+)?",
        r"\S(.*\S)?",
        r"[ab](.*[ab])?",
        "(a|b|[bc]+)*",
        "(ab|[a-c]+)?",
        "[a-c]{2,}",
        "[a-c]{0}",
        "(a?){2}",
        "[ab][abc]*[a]?",
        "a*b*",
        "(?i)[a-b]+",
        "(?s).+",
        "^[a-c]+$|b",
        "[a-c]+$",
        r"\b[a-c]+",
        "",
        "c",
    ];

    fn pattern(text: &str) -> Pattern {
        Pattern::new(whole(text).unwrap())
    }

    fn signs(text: &str) -> String {
        let usual = pattern(text).usual;
        (0..128_u8).filter(|sign| usual[usize::from(*sign)]).map(char::from).collect()
    }

    #[test]
    fn the_usual_signs_are_those_that_come_in_any_number() {
        assert_eq!(signs("[a-c]+(@[a-c]+)?"), "abc");
        assert_eq!(signs(r"\S(.*\S)?").len(), 128 - 6);
        assert_eq!(signs("(ab|[a-c]+)?"), "abc");
        assert_eq!(signs("[ab][abc]*[a]?"), "ab");
        for none in ["[a-c]{2,}", "[a-c]?", "[a-c]{0}", "a*b", "", "[a-c]+$x?"] {
            assert_eq!(signs(none), "", "{none}");
        }
    }

    proptest! {
        #[test]
        fn the_table_says_what_the_expression_says(
            place in any::<prop::sample::Index>(),
            text in "[a-d@AB \n\u{e9}]{0,6}",
        ) {
            let text_of = PATTERNS[place.index(PATTERNS.len())];
            let expected = whole(text_of).unwrap().is_match(&text);
            prop_assert_eq!(pattern(text_of).is_match(&text), expected, "{}", text_of);
        }
    }
}
