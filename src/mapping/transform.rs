//! The small two-way functions that rules are chained of: each in its own file, all in
//! [`TRANSFORMS`].
//!
//! The law, held by property tests over every member: `inward(outward(inward(x))) = inward(x)`. A
//! member that does not say what it [loses](Transform::loses) prints exactly what came in, or
//! refuses it.

mod affix;
mod boolean;
mod case;
mod clean;
mod escape;
mod first;
mod number;
mod phone;
mod regex;
mod table;
mod ticks;
mod time;
mod trim;
mod truncate;

use std::fmt;
use std::sync::Arc;

use toml::Spanned;
use toml::de::DeValue;

use super::search::upstream_operator;
use crate::diagnostic::reader::{Key, Sink, Table, key, read_file};
use crate::diagnostic::{Report, Source};
use crate::record::{Operator, Operators};
use crate::scim::filter::Comparison;
use crate::value::{Text, Type, Value};

pub(crate) use clean::is_unseen;

/// Why a value cannot pass: what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Such as `at most 25 characters`; never the value.
    pub expected: String,
    /// The value, where its sender needs it to understand; told to nobody else, and never logged.
    pub found: Option<Box<str>>,
}

impl Refusal {
    /// A refusal that names what was expected.
    pub fn new(expected: impl Into<String>) -> Self {
        Self { expected: expected.into(), found: None }
    }

    /// The same, about one part of a split.
    #[must_use]
    pub fn of_part(self, name: &str) -> Self {
        Self { expected: format!("in its part `{name}` {}", self.expected), ..self }
    }
}

/// One step between a SCIM value and an upstream value, in both directions.
///
/// Absent values never reach a transform: nothing stays nothing.
pub trait Transform: fmt::Debug + Send + Sync {
    /// Its name in `via`.
    fn name(&self) -> &'static str;

    /// SCIM's value → the upstream's.
    ///
    /// # Errors
    /// A [`Refusal`] for a value that has no counterpart.
    fn inward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal>;

    /// The upstream's value → SCIM's: as it is stored, unless a transform says otherwise.
    ///
    /// # Errors
    /// A [`Refusal`] for a value that has no counterpart: the attribute is then not printed.
    fn outward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        Ok(value)
    }

    /// The upstream's type for a value of this SCIM type: a string for a string, unless a transform
    /// says otherwise; `Err` says which types it takes.
    ///
    /// # Errors
    /// A text such as `a string`, for the finding.
    fn upstream_type(&self, scim: Type) -> Result<Type, &'static str> {
        if scim == Type::String { Ok(scim) } else { Err("a string") }
    }

    /// The operators that mean the same on both sides when the literal goes inward (`Eq` and `Ne`
    /// hold for every transform, and a transform that says no more keeps no more).
    fn keeps(&self) -> Operators {
        EQUALITY
    }

    /// Whether its SCIM side is a list and its upstream side one value: it is the first of a chain
    /// or not in it.
    fn gathers(&self) -> bool {
        false
    }

    /// What a stored value may lack of the one that came in; `None` where it is printed as it came.
    fn loses(&self) -> Option<&'static str> {
        None
    }

    /// Whether it drops characters that nobody sees; what it drops is counted.
    fn cleans(&self) -> bool {
        false
    }

    /// SCIM's values that it treats in its own way, to be tried when a mapping is checked.
    fn samples(&self) -> Vec<Value<'static>> {
        Vec::new()
    }

    /// The upstream's values that can be printed, where they are few and known: others are refused
    /// outward. `None` when there is no such list.
    fn printable(&self) -> Option<Vec<Value<'static>>> {
        None
    }

    /// The upstream's values that cannot be printed, where there is no such list and a few are
    /// refused outward.
    fn unprintable(&self) -> Vec<Value<'static>> {
        Vec::new()
    }
}

/// `eq` and `ne`: what every two-way function keeps.
pub(crate) const EQUALITY: Operators = Operators::NONE.with(Operator::Eq).with(Operator::Ne);

/// A member of the registry.
pub struct Definition {
    /// Its name in `via`.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub prose: &'static str,
    /// How it is written, with values' ways through it; the first line is the usual one.
    pub shown: &'static [Shown],
    /// The keys of its table form; empty when it is written as a bare name.
    pub keys: &'static [Key],
    /// Makes one from its table, recording what is wrong.
    pub read: fn(Option<&Table<'_>>) -> Option<Box<dyn Transform>>,
}

impl Definition {
    /// How it is usually written.
    #[must_use]
    pub fn example(&self) -> &'static str {
        self.shown.first().map_or("", |shown| shown.line)
    }

    /// The chain that [`example`](Self::example) makes.
    #[must_use]
    pub fn usual(&self) -> Chain {
        // The tests read every line that is shown.
        Chain::read(self.example()).unwrap_or_default()
    }
}

/// One value's way through a line of a mapping: shown to operators, and tried by the tests.
#[derive(Debug)]
pub struct Shown {
    /// The line.
    pub line: &'static str,
    /// SCIM's value.
    pub scim: Value<'static>,
    /// The upstream's; `None` where SCIM's value is refused.
    pub stored: Option<Value<'static>>,
    /// What is printed of it.
    pub printed: Value<'static>,
}

impl Shown {
    /// A value that comes back as it went in.
    const fn text(line: &'static str, scim: &'static str, stored: &'static str) -> Self {
        Self::of(line, Value::text(scim), Value::text(stored), Value::text(scim))
    }

    const fn of(
        line: &'static str,
        scim: Value<'static>,
        stored: Value<'static>,
        printed: Value<'static>,
    ) -> Self {
        Self { line, scim, stored: Some(stored), printed }
    }

    const fn refused(line: &'static str, scim: Value<'static>) -> Self {
        Self { line, scim, stored: None, printed: Value::Absent }
    }
}

/// A dateTime, for what is shown.
const fn date_time(text: &'static str) -> Value<'static> {
    Value::DateTime(Text::of(text))
}

/// A decimal, for what is shown.
const fn decimal(text: &'static str) -> Value<'static> {
    Value::Decimal(Text::of(text))
}

impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Definition").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Every transform that a chain may use. (`split`, which makes several fields of one value, is
/// part of the rule itself: see [`split`](super::split).)
pub const TRANSFORMS: &[Definition] = &[
    trim::DEFINITION,
    clean::DEFINITION,
    case::LOWERCASE,
    case::UPPERCASE,
    truncate::DEFINITION,
    affix::STRIP_PREFIX,
    affix::STRIP_SUFFIX,
    affix::ADD_PREFIX,
    affix::ADD_SUFFIX,
    table::DEFINITION,
    escape::DEFINITION,
    regex::DEFINITION,
    phone::DEFINITION,
    boolean::DEFINITION,
    number::NUMBER,
    number::DIGITS,
    time::DEFINITION,
    ticks::DEFINITION,
    first::DEFINITION,
];

/// A chain of transforms, SCIM's side first.
#[derive(Debug, Default)]
pub struct Chain(Vec<Box<dyn Transform>>);

impl Chain {
    /// The chain that a line such as `via = ["trim", "lowercase"]` makes.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(line: &str) -> Result<Self, Report> {
        const KEYS: &[Key] = &[key("via", "the transforms between attribute and field")];
        let source = Source { name: "via".to_owned(), text: line.to_owned() };
        let sink = Sink::new(Arc::new(source));
        let mut chain = Self::default();
        read_file(&sink, KEYS, |table| {
            for item in table.items("via") {
                chain.0.extend(read_step(table, item));
            }
            Some(())
        });
        let report = sink.into_report();
        if report.has_errors() { Err(report) } else { Ok(chain) }
    }

    /// The operators of SCIM's filters that it keeps.
    #[must_use]
    pub fn filters(&self) -> Vec<&'static str> {
        let kept = self.keeps();
        let all = Comparison::ALL.into_iter();
        all.filter(|comparison| kept.contains(upstream_operator(*comparison)))
            .map(Comparison::name)
            .chain(["pr"])
            .collect()
    }

    /// What a stored value may lack of the one that came in, step by step.
    #[must_use]
    pub fn losses(&self) -> Vec<&'static str> {
        self.steps().filter_map(Transform::loses).collect()
    }

    /// Whether the chain changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The steps, SCIM's side first.
    pub fn steps(&self) -> impl Iterator<Item = &dyn Transform> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// Adds a step on the upstream's side.
    pub fn push(&mut self, step: Box<dyn Transform>) {
        self.0.push(step);
    }

    /// Whether SCIM's side is a list and the upstream's one value.
    #[must_use]
    pub fn gathers(&self) -> bool {
        self.0.first().is_some_and(|step| step.gathers())
    }

    /// SCIM's value → the upstream's.
    ///
    /// # Errors
    /// The first step's refusal.
    pub fn inward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        self.0.iter().try_fold(value, |value, step| match value {
            Value::Absent => Ok(Value::Absent),
            value => step.inward(value),
        })
    }

    /// The upstream's value → SCIM's.
    ///
    /// # Errors
    /// The first step's refusal.
    pub fn outward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        self.0.iter().rev().try_fold(value, |value, step| match value {
            Value::Absent => Ok(Value::Absent),
            value => step.outward(value),
        })
    }

    /// The upstream's type for a value of this SCIM type.
    ///
    /// # Errors
    /// The number of the step that does not take it, and what it takes.
    pub fn upstream_type(&self, scim: Type) -> Result<Type, (usize, &'static str)> {
        self.0.iter().enumerate().try_fold(scim, |kind, (number, step)| {
            step.upstream_type(kind).map_err(|expected| (number, expected))
        })
    }

    /// The operators that the whole chain keeps.
    #[must_use]
    pub fn keeps(&self) -> Operators {
        let all = Operators::ALL;
        self.0.iter().fold(all, |kept, step| kept.and(step.keeps()))
    }

    /// SCIM's values that one of the steps treats in its own way, as they are before the first one.
    #[must_use]
    pub fn samples(&self) -> Vec<Value<'static>> {
        let mut samples = Vec::new();
        for (position, step) in self.0.iter().enumerate() {
            let before = self.0.get(..position).unwrap_or_default();
            samples.extend(step.samples().into_iter().filter_map(|sample| {
                before.iter().rev().try_fold(sample, |value, step| step.outward(value).ok())
            }));
        }
        samples
    }

    /// Whether one of the steps drops characters that nobody sees.
    #[must_use]
    pub fn cleans(&self) -> bool {
        self.0.iter().any(|step| step.cleans())
    }

    /// The upstream's values that can be printed, where they are few and known.
    #[must_use]
    pub fn printable(&self) -> Option<Vec<Value<'static>>> {
        self.0.iter().rev().find_map(|step| step.printable())
    }

    /// The upstream's values that the last step cannot print.
    #[must_use]
    pub fn unprintable(&self) -> Vec<Value<'static>> {
        self.0.last().map(|step| step.unprintable()).unwrap_or_default()
    }
}

/// Reads one step: a name, or a table whose key is the name.
pub(crate) fn read_step<'d>(
    holder: &Table<'d>,
    item: &'d Spanned<DeValue<'d>>,
) -> Option<Box<dyn Transform>> {
    let sink = holder.sink();
    let names = || TRANSFORMS.iter().map(|definition| definition.name);
    match item.get_ref() {
        DeValue::String(name) => {
            let Some(definition) = TRANSFORMS.iter().find(|d| d.name == name) else {
                sink.unknown(&item.span(), "transform", name, names().collect::<Vec<_>>());
                return None;
            };
            if !definition.keys.is_empty() {
                sink.error(
                    &item.span(),
                    format!("transform `{name}` needs its settings"),
                    Some(format!("expected a table such as `{}`", definition.example())),
                    None,
                );
                return None;
            }
            (definition.read)(None)
        }
        DeValue::Table(table) => {
            let found = TRANSFORMS
                .iter()
                .find(|d| !d.keys.is_empty() && table.keys().any(|key| key.get_ref() == d.name));
            let Some(definition) = found else {
                let written = table.keys().next();
                let (span, name) = written.map_or((item.span(), String::new()), |key| {
                    (key.span(), key.get_ref().to_string())
                });
                sink.unknown(&span, "transform", &name, names().collect::<Vec<_>>());
                return None;
            };
            let step = holder.nested(item, definition.name, definition.keys)?;
            (definition.read)(Some(&step))
        }
        _ => {
            sink.error(
                &item.span(),
                "wrong type for a step of `via`",
                Some("expected a transform's name or a table".to_owned()),
                None,
            );
            None
        }
    }
}

#[cfg(test)]
mod tests;
