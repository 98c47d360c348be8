//! A small walker over a spanned TOML tree: it records what is wrong and goes on, so that one look
//! shows an operator every mistake.
//!
//! Each kind of table has a list of [`Key`]s. A key that is not on it is found at once, with the
//! name that was perhaps meant; so is one that must be there and is not. Bounds, words and the keys
//! of tables below come from the same list, which [`schema`](super::schema) prints for editors.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Code, alternatives, nearest};

mod key;
mod scalar;
mod sink;
mod syntax;

pub use key::{Holds, Key, key, names, refused};
pub use sink::Sink;

/// A value and the bytes of the file that it stands in.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Its bytes in the file.
    pub span: Range<usize>,
}

impl<T> Placed<T> {
    /// The same place with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Placed<U> {
        Placed { value: f(self.value), span: self.span }
    }
}

/// Parses a file as far as it can be parsed and hands its root table to `read`; what is wrong with
/// the TOML itself and with its keys ends in the sink.
pub fn read_file<T>(
    sink: &Sink,
    keys: &'static [Key],
    read: impl FnOnce(&Table<'_>) -> Option<T>,
) -> Option<T> {
    let text = Arc::clone(sink.source());
    let (root, mistakes) = DeTable::parse_recoverable(&text.text);
    let mistakes =
        mistakes.iter().map(|mistake| (mistake.span().unwrap_or(0..0), mistake.message()));
    if !syntax::tell(sink, keys, mistakes.collect()) {
        return None;
    }
    let table = Table::new(sink, root.get_ref(), root.span(), String::new(), keys, false);
    read(&table)
}

/// One table of a file, with the keys that it may hold.
#[derive(Debug)]
pub struct Table<'d> {
    sink: &'d Sink,
    table: &'d DeTable<'d>,
    span: Range<usize>,
    path: String,
    keys: &'static [Key],
}

impl<'d> Table<'d> {
    fn new(
        sink: &'d Sink,
        table: &'d DeTable<'d>,
        span: Range<usize>,
        path: String,
        keys: &'static [Key],
        is_open: bool,
    ) -> Self {
        for written in table.keys() {
            let known = keys.iter().find(|key| key.name == written.get_ref());
            if let Some(Key { name, meaning, .. }) = known.filter(|key| key.refused) {
                let message = format!("`{}` is refused", named(&path, name));
                let reason = Some((*meaning).to_owned());
                sink.coded(Code::RefusedKey, &written.span(), message, reason, None);
            }
            if known.is_none() && !is_open {
                let place = if path.is_empty() { String::new() } else { format!(" in `{path}`") };
                let name: &str = written.get_ref();
                let known = keys.iter().filter(|key| !key.refused).map(|key| key.name);
                sink.coded(
                    Code::UnknownKey,
                    &written.span(),
                    format!("unknown key `{name}`{place}"),
                    Some(format!("expected {}", alternatives(known.clone()))),
                    nearest(name, known).map(|near| format!("did you mean `{near}`?")),
                );
            }
        }
        let table = Self { sink, table, span, path, keys };
        for key in keys {
            if let Some(expected) = key.required.filter(|_| !table.has(key.name)) {
                table.missing(key.name, expected);
            }
        }
        table
    }

    /// What the list of keys says of a key.
    fn declared(&self, key: &str) -> Option<&'static Key> {
        let declared = self.keys.iter().find(|declared| declared.name == key);
        debug_assert!(declared.is_some(), "`{key}` is read and not in the list of keys");
        declared
    }

    /// Whether the list of keys agrees with how a key is read; where it does not, every test that
    /// reads such a table fails.
    fn agrees(&self, key: &str, fits: impl FnOnce(Holds) -> bool) {
        let declared = self.declared(key);
        debug_assert!(
            declared.is_some_and(|declared| fits(declared.holds)),
            "`{key}` is read otherwise than the list of keys says"
        );
    }

    /// Where findings go.
    #[must_use]
    pub fn sink(&self) -> &'d Sink {
        self.sink
    }

    /// The bytes of the table, or of its header.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Whether the key is there.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.table.get(key).is_some()
    }

    /// The bytes of a key's value, or of the table where the key is not there.
    #[must_use]
    pub fn span_of(&self, key: &str) -> Range<usize> {
        self.table.get(key).map_or_else(|| self.span(), Spanned::span)
    }

    /// The bytes of a key itself, or of the table where the key is not there.
    #[must_use]
    pub fn span_of_key(&self, key: &str) -> Range<usize> {
        let written = self.table.keys().find(|written| written.get_ref() == key);
        written.map_or_else(|| self.span(), Spanned::span)
    }

    /// The key's full name: `project[0].name`.
    #[must_use]
    pub fn named(&self, key: &str) -> String {
        named(&self.path, key)
    }

    fn wrong(&self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) {
        self.sink.coded(
            Code::WrongType,
            &value.span(),
            format!("wrong type for `{}`", self.named(key)),
            Some(format!("expected {expected}, found {}", kind(value.get_ref()))),
            None,
        );
    }

    /// Records that a key is missing.
    pub fn missing(&self, key: &str, expected: &str) {
        if self.path.is_empty() {
            // The root's bytes are the whole file: no place for a caret.
            let message = format!("missing key `{key}`: expected {expected}");
            self.sink.coded_about_the_file(Code::MissingKey, message, None);
            return;
        }
        self.sink.coded(
            Code::MissingKey,
            &self.span,
            format!("missing key `{}`", self.named(key)),
            Some(format!("expected {expected}")),
            None,
        );
    }

    /// A table under a key, if it is there.
    #[must_use]
    pub fn table(&self, key: &str) -> Option<Table<'d>> {
        let value = self.table.get(key)?;
        let (keys, is_open) = self.below(key)?;
        match value.get_ref() {
            DeValue::Table(table) => {
                Some(Table::new(self.sink, table, value.span(), self.named(key), keys, is_open))
            }
            _ => {
                self.wrong(key, value, "a table");
                None
            }
        }
    }

    /// The keys of the tables under a key, and whether the operator may name others.
    fn below(&self, key: &str) -> Option<(&'static [Key], bool)> {
        let below = match self.declared(key)?.holds {
            Holds::Table(keys) | Holds::Tables(keys) => Some((keys, false)),
            Holds::Open(keys, _) => Some((keys, true)),
            _ => None,
        };
        debug_assert!(below.is_some(), "`{key}` is read as a table and declared otherwise");
        below
    }

    /// The tables of a list (`[[key]]`), or a single one; empty if the key is not there.
    #[must_use]
    pub fn tables(&self, key: &str) -> Vec<Table<'d>> {
        self.agrees(key, |holds| matches!(holds, Holds::Tables(_)));
        let Some(value) = self.table.get(key) else { return Vec::new() };
        let items = match value.get_ref() {
            DeValue::Array(items) => items,
            DeValue::Table(_) => return self.table(key).into_iter().collect(),
            _ => {
                self.wrong(key, value, "a list of tables");
                return Vec::new();
            }
        };
        let Some((keys, is_open)) = self.below(key) else { return Vec::new() };
        let mut list = Vec::new();
        for (number, item) in items.iter().enumerate() {
            match item.get_ref() {
                DeValue::Table(table) => {
                    let path = format!("{}[{number}]", self.named(key));
                    list.push(Table::new(self.sink, table, item.span(), path, keys, is_open));
                }
                _ => self.wrong(key, item, "a table"),
            }
        }
        list
    }

    /// A table that stands in a list or beside other shapes, once its shape is known.
    #[must_use]
    pub fn nested(
        &self,
        item: &'d Spanned<DeValue<'d>>,
        name: &str,
        keys: &'static [Key],
    ) -> Option<Table<'d>> {
        match item.get_ref() {
            DeValue::Table(table) => {
                Some(Table::new(self.sink, table, item.span(), self.named(name), keys, false))
            }
            _ => {
                self.wrong(name, item, "a table");
                None
            }
        }
    }

    /// The entries of an open table that its own list of keys does not name.
    #[must_use]
    pub fn others(&self) -> Vec<(Placed<String>, &'d Spanned<DeValue<'d>>)> {
        let is_known = |name: &str| self.keys.iter().any(|key| key.name == name);
        placed(self.table).filter(|(name, _)| !is_known(&name.value)).collect()
    }

    /// The items under a key: those of a list, or the single value; empty if the key is not there.
    #[must_use]
    pub fn items(&self, key: &str) -> Vec<&'d Spanned<DeValue<'d>>> {
        match self.table.get(key) {
            None => Vec::new(),
            Some(value) => match value.get_ref() {
                DeValue::Array(items) => items.iter().collect(),
                _ => vec![value],
            },
        }
    }

    /// Visits every value that is not a table or a list, with the names of the keys that lead to it.
    pub fn each_leaf(&self, mut visit: impl FnMut(&[&str], &Spanned<DeValue<'_>>)) {
        for (key, value) in self.table {
            leaves(&mut vec![key.get_ref()], value, &mut visit);
        }
    }

    /// The raw value under a key, for things whose shape the key does not fix.
    #[must_use]
    pub fn any(&self, key: &str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.table.get(key)
    }

    /// The entries of a table whose keys are the operator's own; empty if the key is not there.
    #[must_use]
    pub fn entries(&self, key: &str) -> Vec<(Placed<String>, &'d Spanned<DeValue<'d>>)> {
        let Some(value) = self.table.get(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::Table(table) => placed(table).collect(),
            _ => {
                self.wrong(key, value, "a table");
                Vec::new()
            }
        }
    }
}

/// The entries of a table with their places.
fn placed<'d>(
    table: &'d DeTable<'d>,
) -> impl Iterator<Item = (Placed<String>, &'d Spanned<DeValue<'d>>)> {
    table.iter().map(|(name, value)| {
        (Placed { value: name.get_ref().to_string(), span: name.span() }, value)
    })
}

fn leaves<'d>(
    path: &mut Vec<&'d str>,
    value: &'d Spanned<DeValue<'_>>,
    visit: &mut impl FnMut(&[&str], &Spanned<DeValue<'_>>),
) {
    match value.get_ref() {
        DeValue::Table(table) => {
            for (key, value) in table {
                path.push(key.get_ref());
                leaves(path, value, visit);
                path.pop();
            }
        }
        DeValue::Array(items) => items.iter().for_each(|item| leaves(path, item, visit)),
        _ => visit(path, value),
    }
}

fn named(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// What a value is, in an operator's words.
#[must_use]
pub fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests;
