//! What a rehearsal found, in words: counts for everybody to see, and everything for a file of its
//! own.
//!
//! Counts hold no person: they name fields, attributes and limits. What names people goes into a
//! file for its owner alone, or to the terminal of somebody who asks for it.

use std::io::{self, Write};

use serde_json::{Value as Json, json};

use super::against::Difference;
use super::outcome::{Judged, LeftOver, Rehearsal, Shown, Verdict};

/// The first line of a table and the first member of a document.
pub const NOTICE: &str = "This file holds personal data: keep it for its owner alone, and delete it when it has been read.";

/// What is told beside the rehearsal itself.
#[derive(Clone, Copy, Debug)]
pub struct Report<'r> {
    /// The project's name.
    pub project: &'r str,
    /// The caller's name.
    pub caller: &'r str,
    /// `line` or `person`: what a place counts.
    pub unit: &'r str,
    /// What was found.
    pub rehearsal: &'r Rehearsal,
    /// What the old mapping made otherwise, where there is one.
    pub differences: Option<&'r [Difference]>,
}

impl Report<'_> {
    /// The counts, without anybody's name or value.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn counts(&self, out: &mut dyn Write) -> io::Result<()> {
        let found = self.rehearsal;
        writeln!(
            out,
            "rehearsed project `{}` as caller `{}`: {}, {}; nothing was written",
            self.project,
            self.caller,
            counted(found.people.len(), "person", "people"),
            counted(found.rows, "row", "rows"),
        )?;
        writeln!(out, "\npeople")?;
        for (verdict, words) in Verdict::ALL {
            let count = found.count(verdict);
            if count > 0 {
                writeln!(out, "{count:8}  {words}")?;
            }
        }
        section(out, "fields that would change", found.changes().iter())?;
        let refusals = found.refusals();
        let refusals = refusals.iter().map(|((status, kind, detail), count)| {
            let kind = kind.map(|kind| format!(" {kind}")).unwrap_or_default();
            (format!("{status}{kind}: {detail}"), count)
        });
        section(out, "why people would be refused, or are in conflict", refusals)?;
        section(out, "left out of what is written", found.left_out().iter())?;
        section(out, "sent by the directory and not stored by the mapping", found.unmapped.iter())?;
        if !found.left_over.is_empty() {
            writeln!(out, "\nrows that nobody of the export is")?;
        }
        for (shown, words) in [
            (Shown::Living, "shown to clients"),
            (Shown::Hidden, "outside the mapping's scope, or without a name that can be printed"),
            (Shown::Deleted, "deleted over SCIM"),
        ] {
            let (count, protected, inactive) = found.left(shown);
            if count > 0 {
                writeln!(out, "{count:8}  {words} ({protected} protected, {inactive} inactive)")?;
            }
        }
        if let Some(differences) = self.differences {
            self.compared(differences, out)?;
        }
        writeln!(out, "\nsearches that only the server behind could answer: {}", found.asked)
    }

    fn compared(&self, differences: &[Difference], out: &mut dyn Write) -> io::Result<()> {
        let count = |of_people: bool| {
            let mut counts = std::collections::BTreeMap::<&str, usize>::new();
            for one in differences.iter().filter(|one| one.place.is_some() == of_people) {
                *counts.entry(&one.what).or_default() += 1;
            }
            counts
        };
        let (rows, people) = (count(false), count(true));
        if differences.is_empty() {
            return writeln!(out, "\nagainst the old mapping nothing is otherwise");
        }
        section(out, "against the old mapping: rows that would be shown otherwise", rows.iter())?;
        section(out, "against the old mapping: people who would be stored otherwise", people.iter())
    }

    /// Everything as a table. Cells that a spreadsheet would take for a formula begin with an
    /// apostrophe.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn table(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\"{NOTICE}\"")?;
        let mut table = csv::Writer::from_writer(out);
        table.write_record([
            "kind", self.unit, "userName", "verdict", "row", "rule", "what", "old", "new",
            "status", "scimType", "why",
        ])?;
        for one in &self.rehearsal.people {
            for row in rows_of(one) {
                table.write_record(row.iter().map(|cell| harmless(cell)))?;
            }
        }
        for row in &self.rehearsal.left_over {
            let cells = [
                "left-over",
                "",
                row.user_name.as_deref().unwrap_or_default(),
                row.shown.name(),
                &row.id,
                "",
                "",
                "",
                "",
                "",
                "",
                &marks(row),
            ];
            table.write_record(cells.iter().map(|cell| harmless(cell)))?;
        }
        for one in self.differences.unwrap_or_default() {
            let (old, new) = (one.old.as_deref(), one.new.as_deref());
            let place = one.place.map(|place| place.to_string()).unwrap_or_default();
            let (name, row) =
                if one.place.is_some() { (one.who.as_str(), "") } else { ("", one.who.as_str()) };
            let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
            let cells = ["against", &place, name, "", row, "", &one.what, old, new, "", "", ""];
            table.write_record(cells.iter().map(|cell| harmless(cell)))?;
        }
        table.flush()
    }

    /// Everything as a JSON document, each person and row on a line of its own.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn document(&self, out: &mut dyn Write) -> io::Result<()> {
        let found = self.rehearsal;
        writeln!(out, "{{\"notice\":{},", Json::from(NOTICE))?;
        writeln!(out, "\"project\":{},", Json::from(self.project))?;
        writeln!(out, "\"caller\":{},", Json::from(self.caller))?;
        let verdicts = Verdict::ALL.iter().map(|(v, _)| (v.name().to_owned(), found.count(*v)));
        let counts: serde_json::Map<_, _> = verdicts.map(|(v, n)| (v, Json::from(n))).collect();
        writeln!(out, "\"counts\":{},", Json::Object(counts))?;
        writeln!(out, "\"rows\":{},", found.rows)?;
        writeln!(out, "\"unmapped\":{},", json!(found.unmapped))?;
        list(out, "people", found.people.iter().map(|one| person(one, self.unit)))?;
        writeln!(out, ",")?;
        list(out, "leftOver", found.left_over.iter().map(left_over))?;
        if let Some(differences) = self.differences {
            writeln!(out, ",")?;
            list(out, "against", differences.iter().map(|one| difference(one, self.unit)))?;
        }
        writeln!(out, "}}")
    }
}

/// A number with the word for one or for several.
fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

fn section<N: std::fmt::Display, C: std::fmt::Display>(
    out: &mut dyn Write,
    title: &str,
    counts: impl ExactSizeIterator<Item = (N, C)>,
) -> io::Result<()> {
    if counts.len() > 0 {
        writeln!(out, "\n{title}")?;
    }
    for (name, count) in counts {
        writeln!(out, "{count:8}  {name}")?;
    }
    Ok(())
}

fn marks(row: &LeftOver) -> String {
    let protected = row.is_protected.then_some("protected");
    let inactive = (!row.is_active).then_some("inactive");
    protected.into_iter().chain(inactive).collect::<Vec<_>>().join(", ")
}

/// A person's lines: one for them, one for each field that would be written.
fn rows_of(one: &Judged) -> Vec<[String; 12]> {
    let why = one.why.as_ref();
    let mut told: Vec<&str> = why.map(|why| why.detail.as_str()).into_iter().collect();
    told.extend(one.remarks.iter().map(String::as_str));
    let left_out: Vec<String> =
        one.left_out.iter().map(|left_out| format!("left out: {left_out}")).collect();
    told.extend(left_out.iter().map(String::as_str));
    let start = |kind: &str, verdict: &str| {
        [kind.to_owned(), one.place.to_string(), one.user_name.clone(), verdict.to_owned()]
    };
    let [kind, place, name, verdict] = start("person", one.verdict.name());
    let none = String::new;
    let mut rows = vec![[
        kind,
        place,
        name,
        verdict,
        one.rows.join(" "),
        one.rule.clone().unwrap_or_default(),
        none(),
        none(),
        none(),
        why.map(|why| why.status.to_string()).unwrap_or_default(),
        why.and_then(|why| why.scim_type.clone()).unwrap_or_default(),
        told.join("; "),
    ]];
    for write in &one.writes {
        let [kind, place, name, verdict] = start("write", "");
        let (old, new) = (write.old.clone(), write.new.clone());
        rows.push([
            kind,
            place,
            name,
            verdict,
            one.rows.join(" "),
            none(),
            write.field.clone(),
            old.unwrap_or_default(),
            new.unwrap_or_default(),
            none(),
            none(),
            none(),
        ]);
    }
    rows
}

/// A cell that a spreadsheet does not run: a telephone number and a negative number are none.
fn harmless(cell: &str) -> String {
    let is_number = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || " ().-/".contains(c));
    let runs = match cell.chars().next() {
        Some('=' | '@' | '\t' | '\r') => true,
        Some(sign @ ('+' | '-')) => !cell.strip_prefix(sign).is_some_and(is_number),
        _ => false,
    };
    if runs { format!("'{cell}") } else { cell.to_owned() }
}

fn list(out: &mut dyn Write, name: &str, items: impl Iterator<Item = Json>) -> io::Result<()> {
    write!(out, "\"{name}\":[")?;
    for (number, item) in items.enumerate() {
        write!(out, "{}{item}", if number == 0 { "\n" } else { ",\n" })?;
    }
    write!(out, "]")
}

fn person(one: &Judged, unit: &str) -> Json {
    let writes = one.writes.iter();
    let mut told = json!({
        unit: one.place,
        "userName": one.user_name,
        "verdict": one.verdict.name(),
        "rows": one.rows,
        "writes": writes
            .map(|write| json!({ "field": write.field, "old": write.old, "new": write.new }))
            .collect::<Vec<_>>(),
        "leftOut": one.left_out,
        "remarks": one.remarks,
    });
    if let Some(rule) = &one.rule {
        told["rule"] = rule.as_str().into();
    }
    if let Some(why) = &one.why {
        told["why"] =
            json!({ "status": why.status, "scimType": why.scim_type, "detail": why.detail });
    }
    told
}

fn left_over(row: &LeftOver) -> Json {
    json!({
        "row": row.id,
        "userName": row.user_name,
        "shown": row.shown.name(),
        "protected": row.is_protected,
        "active": row.is_active,
    })
}

fn difference(one: &Difference, unit: &str) -> Json {
    let mut told = json!({ "what": one.what, "old": one.old, "new": one.new });
    match one.place {
        Some(place) => {
            told[unit] = place.into();
            told["userName"] = one.who.as_str().into();
        }
        None => told["row"] = one.who.as_str().into(),
    }
    told
}

#[cfg(test)]
mod tests;
