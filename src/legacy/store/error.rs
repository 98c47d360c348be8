//! Why the store refuses, in its own words.

use rusqlite::ErrorCode;

/// Why the store refused.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The table has no such column.
    #[error("property '{name}' does not exist on entity '{entity}'")]
    UnknownColumn {
        /// What was asked for.
        name: String,
        /// The table.
        entity: &'static str,
    },
    /// Only the server writes this column.
    #[error("property '{column}' cannot be written")]
    ReadOnly {
        /// The column.
        column: &'static str,
    },
    /// The JSON type does not fit the column, or the number its range.
    #[error("property '{column}' expects {expected}")]
    WrongType {
        /// The column.
        column: &'static str,
        /// What it takes.
        expected: &'static str,
    },
    /// More UTF-16 code units than the column holds.
    #[error("property '{column}' is longer than {limit}")]
    TooLong {
        /// The column.
        column: &'static str,
        /// How many code units it holds.
        limit: u16,
    },
    /// A column that must have a value has none.
    #[error("property '{column}' is required")]
    Missing {
        /// The column.
        column: &'static str,
    },
    /// The name breaks Bizagi's rules for user names.
    #[error("user name is not valid: {rule}")]
    UserName {
        /// The rule.
        rule: &'static str,
    },
    /// Another row has the same domain and user name, without regard to case.
    #[error("a user with the same domain and user name already exists")]
    Duplicate,
    /// The value is no key of the table that the column refers to.
    #[error("property '{column}' refers to a row that does not exist")]
    Reference {
        /// The column.
        column: &'static str,
    },
    /// As many users are enabled as there are licences.
    #[error("the user licence limit of {limit} is reached")]
    Licence {
        /// How many users may be enabled.
        limit: u64,
    },
    /// There is no row with that key.
    #[error("there is no row with that key")]
    Absent,
    /// A condition that must hold for one row holds for none or for several.
    #[error("the key holds for {found} rows instead of one")]
    NotOne {
        /// For how many.
        found: usize,
    },
    /// What a user is to be linked to does not exist.
    #[error("there is no {entity} with that key")]
    Link {
        /// The table of what is linked.
        entity: &'static str,
    },
    /// The row has another version than the one asked for.
    #[error("the row has changed")]
    Changed,
    /// A row is given as a JSON object, and this is none.
    #[error("the body must be a JSON object")]
    NotAnObject,
    /// SQLite failed or refused by a constraint that no check above names.
    #[error("the database refused")]
    Database(#[from] rusqlite::Error),
}

/// The constraints of the schema, in the store's own words.
pub(super) fn refusal(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error() {
        Some(cause)
            if cause.code == ErrorCode::ConstraintViolation
                && cause.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE =>
        {
            StoreError::Duplicate
        }
        _ => StoreError::Database(error),
    }
}
