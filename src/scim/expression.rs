//! The grammar of filters (RFC 7644 §3.4.2.2), before any name in it means anything.
//!
//! One [`Parser`] serves whole filters and what stands in a path's brackets. What it makes of them
//! is another's to say: an [`Expression`] keeps the words, a resolver what they mean.

mod parser;

use std::borrow::Cow;
use std::fmt;

pub use parser::{MAX_DEPTH, Parser};

use super::json::Quoted;
use super::path::AttrPath;

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

    /// The operator of that keyword of two letters, in any letter case.
    #[must_use]
    pub const fn of(mut letters: [u8; 2]) -> Option<Self> {
        letters.make_ascii_lowercase();
        Some(match &letters {
            b"eq" => Self::Eq,
            b"ne" => Self::Ne,
            b"co" => Self::Co,
            b"sw" => Self::Sw,
            b"ew" => Self::Ew,
            b"gt" => Self::Gt,
            b"ge" => Self::Ge,
            b"lt" => Self::Lt,
            b"le" => Self::Le,
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

impl Expression<'_> {
    /// The type of `type eq "work"`, if the expression is nothing else.
    #[must_use]
    pub fn only_type(&self) -> Option<&str> {
        match self {
            Self::Compare { path, operator: Comparison::Eq, literal: Literal::Text(kind) }
                if path.schema.is_none()
                    && path.sub_attribute.is_none()
                    && path.attribute.eq_ignore_ascii_case("type") =>
            {
                Some(kind)
            }
            _ => None,
        }
    }
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

/// What is made of the parts of a filter, each as soon as it is read.
pub trait Assemble<'a> {
    /// A filter, or a part of one.
    type Whole;
    /// Why there is none.
    type Error: From<Mistake>;

    /// A comparison.
    ///
    /// # Errors
    /// When it has no meaning.
    fn compare(
        &self,
        path: AttrPath<'a>,
        operator: Comparison,
        literal: Literal<'a>,
    ) -> Result<Self::Whole, Self::Error>;

    /// `pr`: something is there.
    ///
    /// # Errors
    /// When it has no meaning.
    fn present(&self, path: AttrPath<'a>) -> Result<Self::Whole, Self::Error>;

    /// `emails[…]` alone: such an element is there.
    ///
    /// # Errors
    /// When it has no meaning.
    fn element(&self, path: AttrPath<'a>) -> Result<Self::Whole, Self::Error>;

    /// All of them are true; two or more.
    fn all(&self, parts: Vec<Self::Whole>) -> Self::Whole;

    /// Any of them is true; two or more.
    fn any(&self, parts: Vec<Self::Whole>) -> Self::Whole;

    /// It is false.
    fn negation(&self, part: Self::Whole) -> Self::Whole;
}

/// Makes [`Expression`]s.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words;

impl<'a> Assemble<'a> for Words {
    type Whole = Expression<'a>;
    type Error = Mistake;

    fn compare(
        &self,
        path: AttrPath<'a>,
        operator: Comparison,
        literal: Literal<'a>,
    ) -> Result<Expression<'a>, Mistake> {
        Ok(Expression::Compare { path, operator, literal })
    }

    fn present(&self, path: AttrPath<'a>) -> Result<Expression<'a>, Mistake> {
        Ok(Expression::Present(path))
    }

    fn element(&self, path: AttrPath<'a>) -> Result<Expression<'a>, Mistake> {
        Ok(Expression::Element(path))
    }

    fn all(&self, parts: Vec<Expression<'a>>) -> Expression<'a> {
        Expression::And(parts)
    }

    fn any(&self, parts: Vec<Expression<'a>>) -> Expression<'a> {
        Expression::Or(parts)
    }

    fn negation(&self, part: Expression<'a>) -> Expression<'a> {
        Expression::Not(Box::new(part))
    }
}
