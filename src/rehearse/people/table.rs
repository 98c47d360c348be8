//! A table: the portal's *Download users*, or one of the same columns that a spreadsheet saved.

use csv::{ErrorKind, ReaderBuilder, StringRecord};
use serde_json::Value as Json;

use super::super::entra::{self, Columns, DEFAULTS, Source};
use super::{People, Unread};

/// What may stand between two cells.
const SIGNS: [char; 3] = [',', ';', '\t'];

/// A row under its header, whose names are folded.
struct Row<'r> {
    header: &'r [String],
    cells: &'r StringRecord,
}

impl Columns for Row<'_> {
    fn value(&self, names: &[&str]) -> Option<Json> {
        names.iter().find_map(|name| {
            let name = folded(name);
            let at = self.header.iter().position(|column| *column == name)?;
            let cell = self.cells.get(at)?;
            (!cell.is_empty()).then(|| Json::String(cell.to_owned()))
        })
    }
}

/// Column names are compared without blanks and letter case: `Job title` is `jobTitle`.
fn folded(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// Reads a table.
pub(super) fn read(text: &str, sources: &[Source], most: usize) -> Result<People, Unread> {
    let (text, sign, skipped) = beginning(text);
    let mut reader = ReaderBuilder::new()
        .delimiter(u8::try_from(sign).unwrap_or(b','))
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| mistake(&error, text, skipped))?.clone();
    let header: Vec<String> = header.iter().map(property).collect();
    let line = skipped + 1;
    let names: Vec<String> = header.iter().map(|column| folded(column)).collect();
    for (index, (column, name)) in header.iter().zip(&names).enumerate() {
        if !name.is_empty() && names.iter().take(index).any(|other| other == name) {
            return Err(Unread::TwoColumns { line, column: column.clone() });
        }
    }
    require(&header, &names, sources, line)?;
    let mut people = Vec::new();
    let mut lines = Lines { text, at: 0, line };
    for cells in reader.records() {
        let cells = cells.map_err(|error| mistake(&error, text, skipped))?;
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if people.len() >= most {
            return Err(Unread::TooMany { most });
        }
        let place = lines.line_of(cells.position());
        let row = Row { header: &names, cells: &cells };
        let person = entra::person(&row, place, sources);
        people.push(person.map_err(|cause| Unread::Value { what: "line", place, cause })?);
    }
    Ok(People { people, unit: "line", is_part: false })
}

/// What comes before the header, left out: `version:v1.0` of the portal's own tables, and `sep=;`
/// of spreadsheets. Gives the rest, the sign between its cells, and how many lines were left out.
fn beginning(mut text: &str) -> (&str, char, u64) {
    let mut sign = None;
    let mut skipped = 0;
    while let Some((line, rest)) = text.split_once('\n') {
        let line = line.trim();
        if let Some(given) = line.strip_prefix("sep=") {
            sign = given.chars().next().filter(|given| SIGNS.contains(given));
        } else if !line.to_ascii_lowercase().starts_with("version:") && !line.is_empty() {
            break;
        }
        skipped += 1;
        text = rest;
    }
    let header = text.lines().next().unwrap_or_default();
    let most = SIGNS.iter().rev().max_by_key(|sign| header.matches(**sign).count());
    (text, sign.or(most.copied()).unwrap_or(','), skipped)
}

/// `Name [displayName] Required`, as the portal's own tables for uploads have it, is `displayName`.
fn property(column: &str) -> String {
    let inner = column.split_once('[').and_then(|(_, rest)| rest.split_once(']'));
    inner.map_or(column, |(property, _)| property).trim().to_owned()
}

/// Nobody is found without a name, and a column that was asked for by its name must be there.
fn require(
    header: &[String],
    names: &[String],
    sources: &[Source],
    line: u64,
) -> Result<(), Unread> {
    let mut wanted: Vec<(&str, &str)> =
        sources.iter().map(|source| (source.path.as_str(), source.column.as_str())).collect();
    let is_replaced = sources.iter().any(|source| source.path.eq_ignore_ascii_case("userName"));
    let name = DEFAULTS.iter().find(|(path, _)| *path == "userName" && !is_replaced);
    wanted.extend(name.and_then(|(path, columns)| Some((*path, *columns.first()?))));
    for (path, column) in wanted {
        if !names.contains(&folded(column)) {
            return Err(Unread::NoColumn {
                line,
                column: column.to_owned(),
                path: path.to_owned(),
                found: crate::diagnostic::alternatives(
                    header.iter().map(String::as_str).collect::<Vec<_>>(),
                ),
            });
        }
    }
    Ok(())
}

fn mistake(error: &csv::Error, text: &str, skipped: u64) -> Unread {
    match error.kind() {
        ErrorKind::UnequalLengths { pos, expected_len, len } => Unread::Cells {
            line: Lines { text, at: 0, line: skipped + 1 }.line_of(pos.as_ref()),
            expected: *expected_len,
            found: *len,
        },
        // The bytes are in memory and were read as UTF-8 before.
        _ => Unread::Empty,
    }
}

/// Counts lines as an editor does. The reader's own count is behind where a line ends in two signs,
/// or where lines are empty.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line on which a row begins; rows are asked for in their order.
    fn line_of(&mut self, position: Option<&csv::Position>) -> u64 {
        let at = position.and_then(|position| usize::try_from(position.byte()).ok());
        let rest = |at| self.text.as_bytes().get(at..).unwrap_or_default();
        let until = at.unwrap_or(self.at);
        let ends = rest(until).iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = rest(self.at).iter().take((until + ends).saturating_sub(self.at));
        self.line += passed.filter(|byte| **byte == b'\n').count() as u64;
        self.at = until + ends;
        self.line
    }
}
