//! What an upstream says of a collection by itself, so that a mapping can be compared with it.

use super::Notation;
use crate::value::Type;

/// What an upstream says of a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Declaration {
    /// It has no such collection.
    NoCollection {
        /// Those that it has.
        known: Vec<Box<str>>,
    },
    /// What the collection's rows hold.
    Rows {
        /// The fields that address a row.
        key: Vec<Box<str>>,
        /// The fields, with those of the rows that come with each row.
        fields: Vec<Declared>,
        /// The properties that lead to one other row.
        navigations: Vec<Box<str>>,
    },
}

/// What an upstream says of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Its name, as a mapping writes it.
    pub name: Box<str>,
    /// The upstream's own name of its type.
    pub kind: Box<str>,
    /// What a mapping may take it for; nothing for a type that no mapping knows.
    pub takes: &'static [(Type, Notation)],
    /// Whether it may hold nothing.
    pub nullable: bool,
    /// The most characters, where they are bounded.
    pub max_length: Option<u32>,
    /// Whether the upstream says what a new row gets that does not say it.
    pub has_default: bool,
    /// Whether the upstream alone writes it.
    pub computed: bool,
}
