//! What was decided, in an operator's words: for every attribute its rule, each step's value in and
//! out, and the field.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use crate::mapping::Mapping;
use crate::mapping::rule::{Rule, Shape};
use crate::mapping::transform::Refusal;
use crate::mapping::write::Dropped;
use crate::provision::{Event, Observer};
use crate::record::{Delta, FieldIndex};
use crate::scim::{Document, SlotSet};
use crate::value::Value;

/// Watches a request, for later.
#[derive(Debug, Default)]
pub(super) struct Watcher(Mutex<Vec<Noted>>);

#[derive(Debug)]
enum Noted {
    Unmapped(Vec<String>),
    Left { path: String, why: String },
    Written(Box<Wrote>),
}

/// A write, owning its values.
#[derive(Debug)]
struct Wrote {
    now: Option<Document<'static>>,
    wished: Document<'static>,
    stated: SlotSet,
    delta: Delta<'static>,
    dropped: Vec<Dropped>,
}

impl Observer for Watcher {
    fn notice(&self, event: Event<'_>) {
        let noted = match event {
            Event::Unmapped(paths) => Noted::Unmapped(paths.iter().map(str::to_owned).collect()),
            Event::Invalid { path, error } => {
                Noted::Left { path: path.to_owned(), why: error.detail.clone() }
            }
            Event::Nobody { path } => {
                Noted::Left { path: path.to_owned(), why: "there is no such person".to_owned() }
            }
            Event::Written { now, wished, stated, delta, dropped } => {
                Noted::Written(Box::new(Wrote {
                    now: now.map(|now| now.clone().into_owned()),
                    wished: wished.clone().into_owned(),
                    stated,
                    delta: delta.clone().into_owned(),
                    dropped: dropped.to_vec(),
                }))
            }
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(noted);
    }
}

impl Watcher {
    pub(super) fn print(&self, mapping: &Mapping, out: &mut dyn Write) -> io::Result<()> {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for noted in noted.iter() {
            match noted {
                Noted::Unmapped(paths) => {
                    writeln!(out, "not mapped")?;
                    for path in paths {
                        writeln!(out, "  {path}")?;
                    }
                    writeln!(out)?;
                }
                Noted::Left { path, why } => {
                    writeln!(out, "left out\n  {path}: {why}\n")?;
                }
                Noted::Written(write) => written(mapping, write, out)?,
            }
        }
        Ok(())
    }
}

fn written(mapping: &Mapping, write: &Wrote, out: &mut dyn Write) -> io::Result<()> {
    let mut told: Vec<FieldIndex> = Vec::new();
    writeln!(out, "attributes")?;
    for rule in &mapping.rules {
        let wished = write.wished.value(rule.slot);
        let before = write.now.as_ref().map(|now| now.value(rule.slot));
        let is_changed = match before {
            Some(before) => !Mapping::same(before, wished),
            None => !wished.is_absent(),
        };
        if is_changed || write.stated.contains(rule.slot) {
            attribute(mapping, rule, wished, before, &write.delta, out)?;
            told.extend(rule.fields().chain(rule.also.iter().copied()));
        }
    }
    let others = write.delta.iter().filter(|(field, _)| !told.contains(field));
    for (field, value) in others {
        let is_derived = mapping.derived.iter().any(|derived| derived.field == field);
        let origin = if is_derived { "derived" } else { "constant or policy" };
        writeln!(out, "  {} ({origin})\n    = {}", name(mapping, field), shown(value))?;
    }
    if write.delta.is_empty() {
        writeln!(out, "  nothing differs: nothing is written")?;
    }
    writeln!(out)?;
    for dropped in &write.dropped {
        writeln!(out, "left out\n  {}: expected {}\n", dropped.path, dropped.expected)?;
    }
    Ok(())
}

fn attribute(
    mapping: &Mapping,
    rule: &Rule,
    wished: &Value<'_>,
    before: Option<&Value<'_>>,
    delta: &Delta<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (line, _) = mapping.source.line_and_column(rule.place.start);
    writeln!(out, "  {}  {}:{line}", rule.path, mapping.source.name)?;
    match before {
        Some(before) if Mapping::same(before, wished) => {
            writeln!(out, "    {} (as stored)", shown(wished))?;
        }
        Some(before) => writeln!(out, "    {} (stored: {})", shown(wished), shown(before))?,
        None => writeln!(out, "    {}", shown(wished))?,
    }
    let mut value = Ok(wished.borrowed());
    if rule.many {
        for one in wished.each() {
            drop(steps(rule, one, out)?);
        }
    } else {
        value = steps(rule, wished, out)?;
    }
    if let (Shape::Split { split, .. }, Ok(value)) = (&rule.shape, &value) {
        writeln!(out, "    split at `{}`: {}", split.separator, shown(value))?;
    }
    if let (Shape::Reference { reference, .. }, Ok(value)) = (&rule.shape, &value)
        && !value.is_absent()
    {
        writeln!(out, "    looked up in {}: {}", reference.entity.collection, shown(value))?;
    }
    for field in rule.fields().chain(rule.also.iter().copied()) {
        match delta.value(field) {
            Some(value) => writeln!(out, "    {} = {}", name(mapping, field), shown(value))?,
            None => writeln!(out, "    {} is not written", name(mapping, field))?,
        }
    }
    Ok(())
}

/// Prints what each step makes of a value.
fn steps<'v>(
    rule: &Rule,
    value: &'v Value<'_>,
    out: &mut dyn Write,
) -> io::Result<Result<Value<'v>, Refusal>> {
    let mut value = Ok(value.borrowed());
    for step in rule.chain.steps() {
        let Ok(input) = value else { break };
        value = match input {
            Value::Absent => Ok(Value::Absent),
            input => {
                let mut told = format!("    {}: {} -> ", step.name(), shown(&input));
                let output = step.inward(input);
                match &output {
                    Ok(output) => told.push_str(&shown(output)),
                    // Writing into a text does not fail.
                    Err(refusal) => drop(write!(told, "refused: expected {}", refusal.expected)),
                }
                writeln!(out, "{told}")?;
                output
            }
        };
    }
    Ok(value)
}

fn name(mapping: &Mapping, field: FieldIndex) -> &str {
    mapping.entity.fields.field(field).map_or("", |field| field.name.as_str())
}

fn shown(value: &Value<'_>) -> String {
    match value {
        Value::Absent => "nothing".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::List(values) => {
            format!("[{}]", values.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
        other => format!("{:?}", other.as_str().unwrap_or_default()),
    }
}
