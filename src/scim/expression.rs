//! The grammar of filters (RFC 7644 §3.4.2.2), before any name in it means anything.
//!
//! One [`Parser`] serves whole filters and what stands in a path's brackets. What it makes of them
//! is another's to say: an [`Expression`] keeps the words, a resolver what they mean.

mod parser;

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;

pub use parser::{MAX_DEPTH, Parser};

use super::json::Quoted;
use super::path::AttrPath;
use crate::logic::{Formula, Group};

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
    pub const fn of(letters: [u8; 2]) -> Option<Self> {
        // Of two signs that differ in this bit alone one is a letter in lower case, and the other
        // the same letter in upper case.
        Some(match [letters[0] | 0x20, letters[1] | 0x20] {
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
pub type Expression<'a> = Formula<AttrExp<'a>>;

/// An attribute, and what is said of it (`attrExp` in the grammar).
#[derive(Clone, Debug, PartialEq)]
pub struct AttrExp<'a> {
    /// The attribute.
    pub path: AttrPath<'a>,
    /// What is said.
    pub said: Said<'a>,
}

/// What is said of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Said<'a> {
    /// `pr`: something is there. A list with brackets and nothing behind them says the same.
    Present,
    /// It compares in this way with a value.
    Compare(Comparison, Literal<'a>),
}

impl<'a> AttrExp<'a> {
    /// The type of `type eq "work"`, if that is what is said.
    #[must_use]
    pub fn only_type(&self) -> Option<&Cow<'a, str>> {
        let AttrExp { path, said } = self;
        match said {
            Said::Compare(Comparison::Eq, Literal::Text(kind))
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

impl fmt::Display for AttrExp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.said {
            Said::Present => write!(f, "{} pr", self.path),
            Said::Compare(operator, literal) => write!(f, "{} {operator} {literal}", self.path),
        }
    }
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

/// What is made of each thing that a filter says of an attribute, as soon as it is read.
pub trait Assemble<'a> {
    /// An attribute that is known by its text.
    type Known;
    /// The atoms of what is made.
    type Atom;
    /// Why nothing is made.
    type Error: From<Mistake>;

    /// The attribute whose path a text begins with, and the path's length in bytes, where no more
    /// than the text is needed to know it.
    fn known(&self, text: &[u8]) -> Option<(Self::Known, usize)>;

    /// Writes what is said of a known attribute.
    ///
    /// # Errors
    /// When it has no meaning.
    fn of_known(
        &self,
        known: Self::Known,
        said: Said<'a>,
        group: &mut Group<'_, Self::Atom>,
    ) -> Result<(), Self::Error>;

    /// Writes what is said of any other.
    ///
    /// # Errors
    /// When it has no meaning.
    fn of_path(
        &self,
        path: AttrPath<'a>,
        said: Said<'a>,
        group: &mut Group<'_, Self::Atom>,
    ) -> Result<(), Self::Error>;
}

/// Makes [`Expression`]s.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words;

impl<'a> Assemble<'a> for Words {
    type Known = Infallible;
    type Atom = AttrExp<'a>;
    type Error = Mistake;

    fn known(&self, _: &[u8]) -> Option<(Infallible, usize)> {
        None
    }

    fn of_known(
        &self,
        known: Infallible,
        _: Said<'a>,
        _: &mut Group<'_, AttrExp<'a>>,
    ) -> Result<(), Mistake> {
        match known {}
    }

    fn of_path(
        &self,
        path: AttrPath<'a>,
        said: Said<'a>,
        group: &mut Group<'_, AttrExp<'a>>,
    ) -> Result<(), Mistake> {
        group.atom(AttrExp { path, said });
        Ok(())
    }
}
