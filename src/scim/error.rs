//! What a client is told when its request cannot be followed (RFC 7644 §3.12).
//!
//! This room knows the names of table 9, not the status codes: those belong to the answer.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

/// The detail error keyword of RFC 7644 §3.12, table 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScimType {
    /// The filter is malformed or compares what cannot be compared.
    InvalidFilter,
    /// The filter yields more than the server is willing to give.
    TooMany,
    /// A value that must be unique is taken.
    Uniqueness,
    /// The attribute may not be changed in this way.
    Mutability,
    /// The body is not the message that it should be.
    InvalidSyntax,
    /// The path of a PATCH operation is malformed or names nothing.
    InvalidPath,
    /// The path of a PATCH operation selects nothing.
    NoTarget,
    /// A value is missing, of the wrong type, or not allowed.
    InvalidValue,
    /// The protocol version is not supported.
    InvalidVers,
    /// The request would put a sensitive value into a URI.
    Sensitive,
}

impl ScimType {
    /// The keyword as it stands in `scimType`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidVers => "invalidVers",
            Self::Sensitive => "sensitive",
        }
    }
}

impl fmt::Display for ScimType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A refusal in SCIM's terms.
///
/// The detail is safe for the client: it names attributes and what was expected of them, and never
/// quotes a value. Where its sender needs the value to understand, it stands beside, and no log
/// shows it.
///
/// It is one pointer, because every result that can be one has room for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.detail)]
pub struct ScimError(Box<Refused>);

/// What a [`ScimError`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The keyword for machines.
    pub kind: ScimType,
    /// The sentence for people.
    pub detail: String,
    /// The value that was refused, for whoever sent it.
    pub value: Option<Box<str>>,
}

impl Deref for ScimError {
    type Target = Refused;

    fn deref(&self) -> &Refused {
        &self.0
    }
}

impl ScimError {
    /// A refusal of that kind.
    #[must_use]
    pub fn new(kind: ScimType, detail: impl Into<String>) -> Self {
        Self(Box::new(Refused { kind, detail: detail.into(), value: None }))
    }

    /// The same, with the value that was refused.
    #[must_use]
    pub fn with_value(mut self, value: impl Into<Box<str>>) -> Self {
        self.0.value = Some(value.into());
        self
    }

    /// The sentence for people alone.
    #[must_use]
    pub fn into_detail(self) -> String {
        self.0.detail
    }

    /// The detail as the sender is told it, with the beginning of the value.
    #[must_use]
    pub fn told(&self) -> Cow<'_, str> {
        match &self.value {
            Some(value) => format!("{}, found `{}`", self.detail, Named(value)).into(),
            None => self.detail.as_str().into(),
        }
    }
}

/// A name or value from a request, cut to 40 characters and without control characters: all of a
/// stranger's text that a detail may quote.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a>(pub &'a str);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, c) in self.0.chars().enumerate() {
            if at == 40 {
                return f.write_str("…");
            }
            fmt::Write::write_char(f, if c.is_control() || c == '`' { '?' } else { c })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_and_cleaned() {
        assert_eq!(Named("userName").to_string(), "userName");
        assert_eq!(Named(&"x".repeat(50)).to_string(), format!("{}…", "x".repeat(40)));
        assert_eq!(Named("a\nb`c").to_string(), "a?b?c");
    }
}
