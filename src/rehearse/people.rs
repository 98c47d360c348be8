//! The people of an export: a table of the Entra portal, a JSON document of Graph, or SCIM.
//!
//! A file is a stranger's input: it is bounded, its mistakes name their line, and nothing of it is
//! guessed but the sign between two columns.

mod document;
mod table;

use super::entra::{NotABoolean, Source};
use super::person::Person;

/// Why an export cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// The bytes are UTF-16.
    #[error("expected UTF-8, found UTF-16: save it again as `CSV UTF-8`, or convert it")]
    Utf16,
    /// The bytes are no UTF-8.
    #[error("line {line}: expected UTF-8, found another encoding: save it as `CSV UTF-8`")]
    Encoding {
        /// Which line, from 1.
        line: usize,
    },
    /// There is nothing.
    #[error("expected people, found an empty file")]
    Empty,
    /// The table has no column for an attribute without which nobody is anybody.
    #[error(
        "line {line}: expected a column `{column}`, found {found}: name another one with \
         `--source {path}=COLUMN`"
    )]
    NoColumn {
        /// The line of the header.
        line: u64,
        /// The column.
        column: String,
        /// The attribute that is taken from it.
        path: String,
        /// The columns that are there.
        found: String,
    },
    /// Two columns have one name.
    #[error("line {line}: the column `{column}` is there twice")]
    TwoColumns {
        /// The line of the header.
        line: u64,
        /// The column.
        column: String,
    },
    /// A row has more or fewer cells than the header.
    #[error("line {line}: expected {expected} cells as in the header, found {found}")]
    Cells {
        /// Which line, from 1.
        line: u64,
        /// How many columns there are.
        expected: u64,
        /// How many cells.
        found: u64,
    },
    /// A value cannot be sent.
    #[error("{what} {place}: {cause}")]
    Value {
        /// `line` or `person`.
        what: &'static str,
        /// Which one, from 1.
        place: u64,
        /// What is wrong with it.
        cause: NotABoolean,
    },
    /// The text is no JSON.
    #[error("line {line}, column {column}: expected JSON: {why}")]
    Json {
        /// Which line, from 1.
        line: usize,
        /// Which column, from 1.
        column: usize,
        /// What the parser says, without a value.
        why: String,
    },
    /// The JSON holds no people.
    #[error(
        "document {document}: expected Graph's `value`, SCIM's `Resources`, an array of people, or \
         a person"
    )]
    Shape {
        /// Which of the file's documents, from 1.
        document: usize,
    },
    /// There are more people than the caller wants to hold.
    #[error("expected at most {most} people: say a higher `--limit`")]
    TooMany {
        /// The most.
        most: usize,
    },
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct People {
    /// Them, in the file's order.
    pub people: Vec<Person>,
    /// `line` for a table, `person` for JSON: what [`Person::place`] counts.
    pub unit: &'static str,
    /// Whether the document says itself that others follow that are not in it.
    pub is_part: bool,
}

impl People {
    /// Reads an export: JSON where it begins with `{` or `[`, else a table.
    ///
    /// # Errors
    /// [`Unread`].
    pub fn read(bytes: &[u8], sources: &[Source], most: usize) -> Result<Self, Unread> {
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(Unread::Utf16);
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            Unread::Encoding { line: 1 + before.iter().filter(|byte| **byte == b'\n').count() }
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match text.trim_start().chars().next() {
            None => Err(Unread::Empty),
            Some('{' | '[') => document::read(text, sources, most),
            Some(_) => table::read(text, sources, most),
        }
    }
}

#[cfg(test)]
mod tests;
