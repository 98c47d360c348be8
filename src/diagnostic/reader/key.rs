//! What each kind of table may hold, as data: one list drives the reader, and the JSON Schema that
//! editors complete and underline by.

use std::time::Duration;

/// A key that a kind of table may hold.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it says, in one line; for a refused key, why it is refused.
    pub meaning: &'static str,
    /// What stands behind it.
    pub holds: Holds,
    /// For a key that must be there: what is expected of it, in an operator's words.
    pub required: Option<&'static str>,
    /// Whether it is known only to be refused with that reason.
    pub refused: bool,
}

/// What stands behind a key.
#[derive(Clone, Copy, Debug)]
pub enum Holds {
    /// A string.
    Text,
    /// One of these words.
    Word(fn() -> Vec<&'static str>),
    /// `true` or `false`.
    Boolean,
    /// A whole number within bounds, both included.
    Integer {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
    },
    /// A text such as `"10s"`, within bounds, both included.
    Duration {
        /// The shortest.
        least: Duration,
        /// The longest.
        most: Duration,
        /// The word for none at all, where there is one.
        or: Option<&'static str>,
    },
    /// One string, or a list of strings.
    Texts,
    /// One of these words, or a list of them.
    Words(fn() -> Vec<&'static str>),
    /// One value that is neither a list nor a table.
    Scalar,
    /// One such value, or a list of them.
    Scalars,
    /// A table of these keys.
    Table(&'static [Key]),
    /// A table of these keys, or a list of such tables (`[[key]]`).
    Tables(&'static [Key]),
    /// A table of these keys and of others that the operator names, each of which holds the same.
    Open(&'static [Key], &'static Holds),
    /// Any table.
    AnyTable,
    /// What only a registry says that the key's reader is handed: see where the schema is made.
    Registered,
}

/// The key of that name and meaning, which holds a text unless more is said.
#[must_use]
pub const fn key(name: &'static str, meaning: &'static str) -> Key {
    Key { name, meaning, holds: Holds::Text, required: None, refused: false }
}

/// A key that somebody may look for and that is refused, with the reason.
#[must_use]
pub const fn refused(name: &'static str, reason: &'static str) -> Key {
    Key { refused: true, ..key(name, reason) }
}

/// The names of a choice.
#[must_use]
pub fn names<T>(choices: &[(&'static str, T)]) -> Vec<&'static str> {
    choices.iter().map(|(name, _)| *name).collect()
}

impl Key {
    /// The same key, which must be there.
    #[must_use]
    pub const fn required(self, expected: &'static str) -> Self {
        Self { required: Some(expected), ..self }
    }

    /// The same key, holding something else than a text.
    #[must_use]
    pub const fn holds(self, holds: Holds) -> Self {
        Self { holds, ..self }
    }

    /// The same key, holding one of these words.
    #[must_use]
    pub const fn word(self, words: fn() -> Vec<&'static str>) -> Self {
        self.holds(Holds::Word(words))
    }

    /// The same key, holding `true` or `false`.
    #[must_use]
    pub const fn boolean(self) -> Self {
        self.holds(Holds::Boolean)
    }

    /// The same key, holding a whole number from `least` to `most`.
    #[must_use]
    pub const fn integer(self, least: i64, most: i64) -> Self {
        self.holds(Holds::Integer { least, most })
    }

    /// The same key, holding a duration from `least` to `most`.
    #[must_use]
    pub const fn duration(self, least: Duration, most: Duration) -> Self {
        self.holds(Holds::Duration { least, most, or: None })
    }

    /// The same key, holding a duration from `least` to `most`, or a word for none at all.
    #[must_use]
    pub const fn duration_or(self, word: &'static str, least: Duration, most: Duration) -> Self {
        self.holds(Holds::Duration { least, most, or: Some(word) })
    }

    /// The same key, holding one text or a list.
    #[must_use]
    pub const fn texts(self) -> Self {
        self.holds(Holds::Texts)
    }

    /// The same key, holding a table.
    #[must_use]
    pub const fn table(self, keys: &'static [Self]) -> Self {
        self.holds(Holds::Table(keys))
    }

    /// The same key, holding a table or a list of tables.
    #[must_use]
    pub const fn tables(self, keys: &'static [Self]) -> Self {
        self.holds(Holds::Tables(keys))
    }
}
