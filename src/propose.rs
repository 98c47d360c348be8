//! A mapping to start from, proposed from what a server says about itself: an OData `$metadata`
//! document ([`people`]) or a SCIM `/Schemas` document ([`schemas`]).
//!
//! Names are guessed ([`guess`]) and every guess is marked as one. What is proposed is compiled
//! before anybody sees it ([`draft`]): an attribute that the language does not take goes into the
//! list of what was left out, with the reason. This room opens no file and asks nobody.

pub mod draft;
pub mod guess;
pub mod people;
pub mod schemas;
mod toml_text;

#[cfg(test)]
mod tests;

use crate::diagnostic::Report;
use crate::value::Type;

pub use draft::Proposal;

/// The longest document that is read, in bytes.
pub const LARGEST: usize = 16 * 1024 * 1024;

/// What is known of one column of the people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds, or why that cannot be mapped.
    pub kind: Result<Type, String>,
    /// The words that its texts have in the server's own notation: `guid` or `date`.
    pub literal: Option<&'static str>,
    /// Whether it may be empty.
    pub nullable: bool,
    /// The most characters.
    pub max_length: Option<usize>,
    /// Whether only the server writes it.
    pub computed: bool,
    /// Whether the server fills it in where nobody says anything.
    pub preset: bool,
    /// Whether it holds the key of another person.
    pub person: bool,
}

/// What is known of where the people are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct People {
    /// The collection, as the dialect names it.
    pub collection: String,
    /// The name of the column that addresses a row.
    pub key: String,
    /// The columns, the key among them.
    pub columns: Vec<Column>,
    /// What else a row has and no column is: the name, and what it is.
    pub others: Vec<(String, String)>,
}

/// Why nothing is proposed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The document is too long.
    #[error("expected at most {LARGEST} bytes, found {found}")]
    TooLarge {
        /// How long it is.
        found: usize,
    },
    /// It is no XML, or broken.
    #[error("not a whole XML document: it breaks at byte {at}")]
    Xml {
        /// Where.
        at: u64,
    },
    /// It is deeper or longer than any such document, or declares entities.
    #[error(
        "expected a plain `$metadata` document, found a document type, or elements too deep or too many"
    )]
    Elaborate,
    /// It is another version's, or something else.
    #[error("expected an OData V4 `$metadata` document (`Edmx`, version 4), found {found}")]
    NotV4 {
        /// What was found.
        found: &'static str,
    },
    /// It is not what SCIM says a schema is.
    #[error("expected a SCIM schema, or a ListResponse of schemas: {reason}")]
    NotSchemas {
        /// What is wrong.
        reason: String,
    },
    /// It does not say which collection the people are in.
    #[error(
        "cannot tell where the people are: name the entity set with `--entity`; there are {candidates}"
    )]
    Unclear {
        /// The entity sets.
        candidates: String,
    },
    /// There is no entity set of that name.
    #[error("there is no entity set `{name}`; there are {candidates}")]
    NoSuchEntity {
        /// What was asked for.
        name: String,
        /// The entity sets.
        candidates: String,
    },
    /// Rows are not addressed by one column.
    #[error("rows of `{entity}` are addressed by {found}: expected one column")]
    Key {
        /// The entity set.
        entity: String,
        /// How they are addressed.
        found: String,
    },
    /// Nothing can be a name to sign in with.
    #[error("`{entity}` has no text that could be `userName`")]
    NoUserName {
        /// The entity set.
        entity: String,
    },
    /// What came of it is not a mapping.
    #[error("the proposal is not a mapping:\n{report}")]
    Refused {
        /// What is wrong with it.
        report: Report,
    },
}
