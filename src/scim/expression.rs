//! The grammar of filters (RFC 7644 §3.4.2.2), before any name in it means anything.
//!
//! One reader serves whole filters and what stands in a path's brackets. It goes over the text once,
//! from left to right, and nests no deeper than [`MAX_DEPTH`].

use std::borrow::Cow;
use std::fmt;

use super::json::{Quoted, is_number};
use super::path::{AttrPath, Urns, is_name, is_name_byte, is_path_byte};

/// How deep parentheses, brackets and `not` may nest.
pub const MAX_DEPTH: u8 = 32;

/// A comparing operator (RFC 7644 §3.4.2.2, table 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// Equal.
    Eq,
    /// Not equal; true of an absent attribute as well.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater than.
    Gt,
    /// Greater than or equal to.
    Ge,
    /// Less than.
    Lt,
    /// Less than or equal to.
    Le,
}

impl Comparison {
    /// Every operator.
    pub const ALL: [Self; 9] =
        [Self::Eq, Self::Ne, Self::Co, Self::Sw, Self::Ew, Self::Gt, Self::Ge, Self::Lt, Self::Le];

    /// The operator's keyword.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }

    /// The operator of that keyword, in any letter case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let [first, second] = name.as_bytes() else { return None };
        Some(match [first.to_ascii_lowercase(), second.to_ascii_lowercase()] {
            [b'e', b'q'] => Self::Eq,
            [b'n', b'e'] => Self::Ne,
            [b'c', b'o'] => Self::Co,
            [b's', b'w'] => Self::Sw,
            [b'e', b'w'] => Self::Ew,
            [b'g', b't'] => Self::Gt,
            [b'g', b'e'] => Self::Ge,
            [b'l', b't'] => Self::Lt,
            [b'l', b'e'] => Self::Le,
            _ => return None,
        })
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A value to compare with, as it was written.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal<'a> {
    /// A quoted string.
    Text(Cow<'a, str>),
    /// A number.
    Number(&'a str),
    /// `true` or `false`.
    Boolean(bool),
    /// `null`.
    Null,
    /// A word without quotes, which only some profiles allow.
    Bare(&'a str),
}

impl fmt::Display for Literal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => Quoted(text).fmt(f),
            Self::Number(text) | Self::Bare(text) => f.write_str(text),
            Self::Boolean(truth) => truth.fmt(f),
            Self::Null => f.write_str("null"),
        }
    }
}

/// A filter, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression<'a> {
    /// Any of them is true.
    Or(Vec<Expression<'a>>),
    /// All of them are true.
    And(Vec<Expression<'a>>),
    /// It is false.
    Not(Box<Expression<'a>>),
    /// A comparison.
    Compare {
        /// What is compared.
        path: AttrPath<'a>,
        /// How.
        operator: Comparison,
        /// With what.
        literal: Literal<'a>,
    },
    /// `pr`: something is there.
    Present(AttrPath<'a>),
    /// `emails[…]` alone: such an element is there.
    Element(AttrPath<'a>),
}

impl fmt::Display for Expression<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Or(parts) => join(f, parts, "or"),
            Self::And(parts) => join(f, parts, "and"),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::Compare { path, operator, literal } => write!(f, "{path} {operator} {literal}"),
            Self::Present(path) => write!(f, "{path} pr"),
            Self::Element(path) => path.fmt(f),
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, parts: &[Expression<'_>], word: &str) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            write!(f, " {word} ")?;
        }
        match part {
            Expression::Or(_) | Expression::And(_) => write!(f, "({part})")?,
            _ => write!(f, "{part}")?,
        }
    }
    Ok(())
}

/// Where the text stops following the grammar, and what would follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The byte, counted from 0.
    pub at: usize,
    /// What would have been right there.
    pub expected: &'static str,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} at position {}", self.expected, self.at + 1)
    }
}

/// The reader.
#[derive(Debug)]
pub struct Parser<'a, 'u> {
    text: &'a str,
    at: usize,
    depth: u8,
    urns: &'u Urns,
    bare_words: bool,
    in_brackets: bool,
}

impl<'a, 'u> Parser<'a, 'u> {
    /// A reader of that text; `bare_words` allows values without quotes.
    #[must_use]
    pub const fn new(text: &'a str, urns: &'u Urns, bare_words: bool) -> Self {
        Self { text, at: 0, depth: 0, urns, bare_words, in_brackets: false }
    }

    /// The text as one filter.
    ///
    /// # Errors
    /// Where it is none.
    pub fn whole_filter(&mut self) -> Result<Expression<'a>, Mistake> {
        self.spaces();
        let filter = self.disjunction()?;
        self.spaces();
        self.end()?;
        Ok(filter)
    }

    /// The text as one path.
    ///
    /// # Errors
    /// Where it is none.
    pub fn whole_path(&mut self) -> Result<AttrPath<'a>, Mistake> {
        let path = self.path()?;
        self.end()?;
        Ok(path)
    }

    const fn mistake<T>(&self, expected: &'static str) -> Result<T, Mistake> {
        Err(Mistake { at: self.at, expected })
    }

    fn end(&self) -> Result<(), Mistake> {
        if self.at == self.text.len() { Ok(()) } else { self.mistake("the end") }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn spaces(&mut self) -> bool {
        let start = self.at;
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
        self.at > start
    }

    /// The longest run of such bytes from here on. Only ASCII bytes may pass the test, or all of
    /// the others, so that the cut is between characters.
    fn run(&mut self, test: impl Fn(u8) -> bool) -> &'a str {
        let start = self.at;
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        self.at += rest.iter().position(|byte| !test(*byte)).unwrap_or(rest.len());
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Takes the keyword, which is in lower case, if it stands here as a word of its own.
    fn keyword(&mut self, word: &str) -> bool {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        // Nearly always another letter is there.
        if rest.first().map(u8::to_ascii_lowercase) != word.as_bytes().first().copied() {
            return false;
        }
        let found =
            rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
                && matches!(rest.get(word.len()), Some(b' ' | b'('));
        if found {
            self.at += word.len();
        }
        found
    }

    fn deeper<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Mistake>,
    ) -> Result<T, Mistake> {
        if self.depth == MAX_DEPTH {
            return self.mistake("no deeper nesting");
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn disjunction(&mut self) -> Result<Expression<'a>, Mistake> {
        self.chain("or", Self::conjunction, Expression::Or)
    }

    fn conjunction(&mut self) -> Result<Expression<'a>, Mistake> {
        self.chain("and", Self::factor, Expression::And)
    }

    fn chain(
        &mut self,
        word: &str,
        part: impl Fn(&mut Self) -> Result<Expression<'a>, Mistake>,
        join: impl FnOnce(Vec<Expression<'a>>) -> Expression<'a>,
    ) -> Result<Expression<'a>, Mistake> {
        let mut first = Some(part(self)?);
        let mut parts = Vec::new();
        loop {
            // As behind the last part of a group.
            if self.peek() != Some(b' ') {
                break;
            }
            let before = self.at;
            if !(self.spaces() && self.keyword(word)) {
                self.at = before;
                break;
            }
            self.spaces();
            parts.extend(first.take());
            parts.push(part(self)?);
        }
        Ok(first.unwrap_or_else(|| join(parts)))
    }

    fn factor(&mut self) -> Result<Expression<'a>, Mistake> {
        if self.peek() == Some(b'(') {
            return self.deeper(Self::group);
        }
        let before = self.at;
        if self.keyword("not") {
            self.spaces();
            if self.peek() == Some(b'(') {
                return Ok(Expression::Not(Box::new(self.deeper(Self::group)?)));
            }
            self.at = before;
        }
        let path = self.path()?;
        let after = self.at;
        if !self.spaces() {
            return self.lone(path);
        }
        let word = self.run(|byte| byte.is_ascii_alphabetic());
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Expression::Present(path));
        }
        let Some(operator) = Comparison::named(word) else {
            self.at = after;
            if path.filter.is_some() && path.sub_attribute.is_none() {
                return self.lone(path);
            }
            self.spaces();
            return self
                .mistake("one of `eq`, `ne`, `co`, `sw`, `ew`, `gt`, `ge`, `lt`, `le`, `pr`");
        };
        if !self.spaces() {
            return self.mistake("a space and a value");
        }
        Ok(Expression::Compare { path, operator, literal: self.literal()? })
    }

    /// `emails[…]` without an operator.
    fn lone(&self, path: AttrPath<'a>) -> Result<Expression<'a>, Mistake> {
        if path.filter.is_some() && path.sub_attribute.is_none() {
            Ok(Expression::Element(path))
        } else {
            self.mistake("an operator")
        }
    }

    fn group(&mut self) -> Result<Expression<'a>, Mistake> {
        self.at += 1;
        self.spaces();
        let inner = self.disjunction()?;
        self.spaces();
        if self.peek() != Some(b')') {
            return self.mistake("`)`");
        }
        self.at += 1;
        Ok(inner)
    }

    fn path(&mut self) -> Result<AttrPath<'a>, Mistake> {
        let start = self.at;
        let token = self.run(is_path_byte);
        let Some(mut path) = AttrPath::plain(token, self.urns) else {
            self.at = start;
            return self.mistake("an attribute name");
        };
        if self.peek() != Some(b'[') {
            return Ok(path);
        }
        if self.in_brackets || path.sub_attribute.is_some() || path.attribute.is_empty() {
            return self.mistake("no `[`");
        }
        self.in_brackets = true;
        let filter = self.deeper(|parser| {
            parser.at += 1;
            parser.spaces();
            let filter = parser.disjunction()?;
            parser.spaces();
            if parser.peek() != Some(b']') {
                return parser.mistake("`]`");
            }
            parser.at += 1;
            Ok(filter)
        })?;
        self.in_brackets = false;
        path.filter = Some(Box::new(filter));
        if self.peek() == Some(b'.') {
            self.at += 1;
            let sub = self.run(|byte| is_name_byte(byte) || byte == b'$');
            if !is_name(sub) {
                return self.mistake("a sub-attribute name");
            }
            path.sub_attribute = Some(sub);
        }
        Ok(path)
    }

    fn literal(&mut self) -> Result<Literal<'a>, Mistake> {
        if self.peek() == Some(b'"') {
            return self.quoted();
        }
        let start = self.at;
        let word = self.run(|byte| !matches!(byte, b' ' | b'(' | b')' | b'[' | b']' | b'"'));
        Ok(match word {
            "true" => Literal::Boolean(true),
            "false" => Literal::Boolean(false),
            "null" => Literal::Null,
            _ if is_number(word) => Literal::Number(word),
            _ if self.bare_words && !word.is_empty() => Literal::Bare(word),
            _ => {
                self.at = start;
                return self
                    .mistake("a string in double quotes, a number, `true`, `false` or `null`");
            }
        })
    }

    fn quoted(&mut self) -> Result<Literal<'a>, Mistake> {
        let start = self.at;
        self.at += 1;
        let mut escaped = false;
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'));
            self.at += plain.unwrap_or(rest.len());
            match self.peek() {
                None => return self.mistake("a closing `\"`"),
                Some(b'"') => break,
                // A backslash, and what it escapes.
                Some(_) => {
                    escaped = true;
                    self.at += 2;
                }
            }
        }
        self.at += 1;
        if !escaped {
            let inner = self.text.get(start + 1..self.at - 1).unwrap_or_default();
            return Ok(Literal::Text(Cow::Borrowed(inner)));
        }
        let whole = self.text.get(start..self.at).unwrap_or_default();
        match serde_json::from_str::<String>(whole) {
            Ok(text) => Ok(Literal::Text(Cow::Owned(text))),
            Err(_) => Err(Mistake { at: start, expected: "a JSON string" }),
        }
    }
}
