//! How an upstream's errors are recognised: by status, by a place in the body, by a pattern.

use regex::Regex;

/// What kind of refusal an upstream's answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Something unique exists already.
    Duplicate,
    /// A value is not acceptable.
    Invalid,
    /// It may not be done.
    Forbidden,
    /// There is no such row.
    Missing,
    /// There is no room for more, such as licences used up.
    Capacity,
    /// The row was changed by somebody else in between.
    Stale,
    /// The upstream cannot answer now.
    Unavailable,
    /// The upstream does not accept our own credential.
    Credential,
}

impl Class {
    /// Every class that a mapping file may name, with its name.
    pub const ALL: [(&'static str, Self); 8] = [
        ("duplicate", Self::Duplicate),
        ("invalid", Self::Invalid),
        ("forbidden", Self::Forbidden),
        ("missing", Self::Missing),
        ("capacity", Self::Capacity),
        ("stale", Self::Stale),
        ("unavailable", Self::Unavailable),
        ("credential", Self::Credential),
    ];
}

/// A place in an answer's body: the names of the members or elements to go down through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(pub Vec<Box<str>>);

/// What must hold of an answer for a rule to apply.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Where in the body.
    pub place: Place,
    /// What the text there must match (numbers and booleans as JSON writes them).
    pub pattern: Regex,
}

/// One `[[error]]` of a mapping file.
#[derive(Clone, Debug)]
pub struct ErrorRule {
    /// The status that the answer must have, if the rule says one.
    pub status: Option<u16>,
    /// What must hold of its body, all of them.
    pub conditions: Vec<Condition>,
    /// What kind of refusal it is.
    pub class: Class,
    /// What the client is told; the mapping's own words.
    pub detail: Option<Box<str>>,
}

/// What an answer was recognised as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// The kind of refusal.
    pub class: Class,
    /// What the client is told, where the mapping says it.
    pub detail: Option<Box<str>>,
}
