//! What stands in a path's brackets: which elements of a list are meant (RFC 7644 §3.5.2).

use std::borrow::Cow;
use std::fmt;

use super::super::expression::{AttrExp, Comparison, Expression, Literal, Said};
use super::super::json::Quoted;
use super::AttrPath;

/// A condition on a list's elements.
#[derive(Clone, Debug, PartialEq)]
pub enum Brackets<'a> {
    /// `type eq "work"` and nothing else, as it nearly always is, however it was spelled.
    Type(Cow<'a, str>),
    /// Any other.
    Condition(Box<Expression<'a>>),
}

impl<'a> Brackets<'a> {
    /// The type of the elements, if nothing else is asked of them.
    #[must_use]
    pub fn only_type(&self) -> Option<&str> {
        match self {
            Self::Type(kind) => Some(kind),
            Self::Condition(_) => None,
        }
    }

    /// The condition in the grammar's words.
    #[must_use]
    pub fn condition(&self) -> Cow<'_, Expression<'a>> {
        match self {
            Self::Type(kind) => {
                let path =
                    AttrPath { schema: None, attribute: "type", filter: None, sub_attribute: None };
                let said = Said::Compare(Comparison::Eq, Literal::Text(kind.clone()));
                Cow::Owned(Expression::atom(AttrExp { path, said }))
            }
            Self::Condition(condition) => Cow::Borrowed(condition),
        }
    }
}

impl<'a> From<Expression<'a>> for Brackets<'a> {
    fn from(condition: Expression<'a>) -> Self {
        match condition.only_atom().and_then(AttrExp::only_type) {
            Some(kind) => Self::Type(kind.clone()),
            None => Self::Condition(Box::new(condition)),
        }
    }
}

impl fmt::Display for Brackets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(kind) => write!(f, "type eq {}", Quoted(kind)),
            Self::Condition(condition) => condition.fmt(f),
        }
    }
}
