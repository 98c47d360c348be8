//! `transforms`: the registry, as somebody who writes a mapping reads it.

use std::io::{self, Write};

use super::Exit;
use crate::diagnostic::nearest;
use crate::mapping::transform::{Definition, Shown, TRANSFORMS};
use crate::value::Value;

/// Prints one transform whole, or a line about each.
pub(super) fn run(name: Option<&str>, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let Some(name) = name else { return ended(&list(out)) };
    match TRANSFORMS.iter().find(|definition| definition.name == name) {
        Some(definition) => ended(&whole(definition, out)),
        None => {
            let near = nearest(name, TRANSFORMS.iter().map(|definition| definition.name));
            let _ = writeln!(err, "error: there is no transform `{name}`");
            let _ = match near {
                Some(near) => writeln!(err, "help: did you mean `{near}`?"),
                None => writeln!(err, "help: `scim-sidecar transforms` lists them"),
            };
            Exit::Usage
        }
    }
}

fn ended(written: &io::Result<()>) -> Exit {
    if written.is_ok() { Exit::Fine } else { Exit::Failed }
}

fn list(out: &mut dyn Write) -> io::Result<()> {
    let width = TRANSFORMS.iter().map(|definition| definition.name.len()).max().unwrap_or(0);
    for definition in TRANSFORMS {
        writeln!(out, "{:width$}  {}", definition.name, definition.prose)?;
    }
    writeln!(out)?;
    writeln!(out, "Steps of `via` in an [[attribute]], SCIM's side first; a split may end them.")?;
    writeln!(out, "`scim-sidecar transforms NAME` shows one with its keys and with values.")
}

fn whole(definition: &Definition, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}: {}", definition.name, definition.prose)?;
    let mut last = "";
    for Shown { line, scim, stored, printed } in definition.shown {
        if *line != last {
            writeln!(out, "\n  {line}")?;
            last = line;
        }
        match stored {
            Some(stored) => {
                writeln!(out, "    {} -> {} -> {}", shown(scim), shown(stored), shown(printed))?;
            }
            None => writeln!(out, "    {} is refused", shown(scim))?,
        }
    }
    if !definition.keys.is_empty() {
        writeln!(out)?;
    }
    let width = definition.keys.iter().map(|key| key.name.len()).max().unwrap_or(0);
    for key in definition.keys {
        writeln!(out, "  {:width$}  {}", key.name, key.meaning)?;
    }
    writeln!(out)?;
    let usual = definition.usual();
    let losses = usual.losses();
    let losses = if losses.is_empty() { "nothing".to_owned() } else { losses.join("; ") };
    writeln!(out, "  filters: {}", usual.filters().join(", "))?;
    writeln!(out, "  loses: {losses}")?;
    writeln!(out, "\nEach value as SCIM sends it -> as it is stored -> as it is printed.")
}

/// A value as it stands in a mapping file or a request.
fn shown(value: &Value<'_>) -> String {
    match value {
        Value::Absent => "nothing".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Decimal(number) => number.to_string(),
        other => format!("\"{}\"", spelled(other.as_str().unwrap_or_default())),
    }
}

/// What nobody sees is spelled out.
fn spelled(text: &str) -> String {
    let is_seen =
        |letter: char| letter.is_ascii_graphic() || letter == ' ' || letter.is_alphabetic();
    let mut spelled = String::new();
    for letter in text.chars() {
        if is_seen(letter) {
            spelled.push(letter);
        } else {
            spelled.extend(letter.escape_unicode());
        }
    }
    spelled
}
