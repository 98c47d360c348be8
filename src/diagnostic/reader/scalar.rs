//! The values of a table that are no tables themselves: texts, truths, numbers, durations, words.

use std::time::Duration;

use toml::de::DeValue;

use super::{Holds, Placed, Table, names};
use crate::diagnostic::Code;
use crate::diagnostic::schema::written;

impl Table<'_> {
    /// A text, if the key is there.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<Placed<String>> {
        let value = self.table.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => {
                Some(Placed { value: text.clone().into_owned(), span: value.span() })
            }
            _ => {
                self.wrong(key, value, "a string");
                None
            }
        }
    }

    /// A text that must be there, as the list of keys says, and must not be empty.
    #[must_use]
    pub fn required_text(&self, key: &str) -> Option<Placed<String>> {
        let expected = self.declared(key)?.required;
        debug_assert!(expected.is_some(), "`{key}` is demanded and not required");
        self.full_text(key, expected?)
    }

    /// A text that something else makes necessary, such as another key's value; it must not be
    /// empty.
    #[must_use]
    pub fn needed_text(&self, key: &str, expected: &str) -> Option<Placed<String>> {
        if !self.has(key) {
            self.missing(key, expected);
            return None;
        }
        self.full_text(key, expected)
    }

    fn full_text(&self, key: &str, expected: &str) -> Option<Placed<String>> {
        let text = self.text(key)?;
        if text.value.trim().is_empty() {
            self.sink.error(
                &text.span,
                format!("`{}` is empty", self.named(key)),
                Some(format!("expected {expected}")),
                None,
            );
            return None;
        }
        Some(text)
    }

    /// A truth value, if the key is there.
    #[must_use]
    pub fn boolean(&self, key: &str) -> Option<bool> {
        self.agrees(key, |holds| matches!(holds, Holds::Boolean));
        let value = self.table.get(key)?;
        match value.get_ref() {
            DeValue::Boolean(truth) => Some(*truth),
            _ => {
                self.wrong(key, value, "`true` or `false`");
                None
            }
        }
    }

    /// A whole number within its bounds, if the key is there.
    #[must_use]
    pub fn integer(&self, key: &str) -> Option<i64> {
        self.agrees(key, |holds| matches!(holds, Holds::Integer { .. }));
        let Holds::Integer { least, most } = self.declared(key)?.holds else { return None };
        let bounds = least..=most;
        let value = self.table.get(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => {
                self.wrong(key, value, "a whole number");
                return None;
            }
        };
        let number = number.filter(|number| bounds.contains(number));
        if number.is_none() {
            self.sink.coded(
                Code::OutOfRange,
                &value.span(),
                format!("`{}` is out of range", self.named(key)),
                Some(match bounds.start() == bounds.end() {
                    true => format!("expected {}", bounds.start()),
                    false => format!("expected {} to {}", bounds.start(), bounds.end()),
                }),
                None,
            );
        }
        number
    }

    /// A duration such as `"500ms"`, `"10s"`, `"5m"` or `"1h"`, within its bounds, if the key is
    /// there and does not hold its word for none.
    #[must_use]
    pub fn duration(&self, key: &str) -> Option<Duration> {
        self.duration_within(key, Duration::MAX)
    }

    /// The same where something else bounds it as well.
    #[must_use]
    pub fn duration_within(&self, key: &str, most: Duration) -> Option<Duration> {
        self.agrees(key, |holds| matches!(holds, Holds::Duration { .. }));
        let Holds::Duration { least, most: always, or } = self.declared(key)?.holds else {
            return None;
        };
        let bounds = least..=most.min(always);
        let text = self.text(key).filter(|text| Some(text.value.as_str()) != or)?;
        let Some(duration) = parse_duration(&text.value) else {
            self.sink.coded(
                Code::WrongType,
                &text.span,
                format!("`{}` is not a duration", self.named(key)),
                Some("expected a whole number and `ms`, `s`, `m` or `h`, such as `10s`".to_owned()),
                None,
            );
            return None;
        };
        if !bounds.contains(&duration) {
            self.sink.coded(
                Code::OutOfRange,
                &text.span,
                format!("`{}` is out of range", self.named(key)),
                Some(format!(
                    "expected {} to {}",
                    written(*bounds.start()),
                    written(*bounds.end())
                )),
                None,
            );
            return None;
        }
        Some(duration)
    }

    /// One of several named things, if the key is there.
    #[must_use]
    pub fn choice<T: Copy>(&self, key: &str, choices: &[(&'static str, T)]) -> Option<T> {
        self.agrees(key, |holds| matches!(holds, Holds::Word(words) if words() == names(choices)));
        let text = self.text(key)?;
        let found = choices.iter().find(|(name, _)| *name == text.value).map(|(_, thing)| *thing);
        if found.is_none() {
            self.sink.unknown(
                &text.span,
                &format!("value for `{}`:", self.named(key)),
                &text.value,
                choices.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
            );
        }
        found
    }

    /// One text or a list of texts; empty if the key is not there.
    #[must_use]
    pub fn one_or_many(&self, key: &str) -> Vec<Placed<String>> {
        self.agrees(key, |holds| matches!(holds, Holds::Texts | Holds::Words(_)));
        let Some(value) = self.table.get(key) else { return Vec::new() };
        let items = match value.get_ref() {
            DeValue::String(text) => {
                return vec![Placed { value: text.clone().into_owned(), span: value.span() }];
            }
            DeValue::Array(items) => items,
            _ => {
                self.wrong(key, value, "a string or a list of strings");
                return Vec::new();
            }
        };
        let mut list = Vec::new();
        for item in items.iter() {
            match item.get_ref() {
                DeValue::String(text) => {
                    list.push(Placed { value: text.clone().into_owned(), span: item.span() });
                }
                _ => self.wrong(key, item, "a string"),
            }
        }
        list
    }
}

pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let number: u64 = number.parse().ok()?;
    let milliseconds: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(milliseconds).map(Duration::from_millis)
}
