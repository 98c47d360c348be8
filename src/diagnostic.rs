//! Findings about files that operators write: every one at once, each with file, line, column and
//! caret, what was expected and found, and a way out.
//!
//! [`reader`] walks a TOML file and records them; whoever compiles what was read adds its own.
//! [`mod@schema`] tells editors the same lists of keys, [`json`] the findings to machines. This room knows nothing of what the files mean.

pub mod json;
pub mod reader;
pub mod schema;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// A file that findings point into.
#[derive(PartialEq, Eq)]
pub struct Source {
    /// Its path, as the operator gave it.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl fmt::Debug for Source {
    /// The name alone: the text may hold what must not be printed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Source {
    /// The line and column (both from 1, columns in characters) of a byte offset.
    #[must_use]
    pub fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line, column)
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used; somebody should know.
    Warning,
    /// Nothing is wrong; somebody may want to know.
    Note,
}

/// What kind of thing was found, by a name that does not change when its words do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The file cannot be read.
    Unreadable,
    /// The file is not valid TOML.
    NotToml,
    /// A key that there is not.
    UnknownKey,
    /// A key that is known and refused.
    RefusedKey,
    /// A key that must be there is not.
    MissingKey,
    /// A value of a wrong type or shape.
    WrongType,
    /// A number or duration outside its bounds.
    OutOfRange,
    /// A word that is none of those known there.
    UnknownWord,
    /// An example that does not hold.
    Example,
    /// What values that were tried show of a rule.
    Law,
    /// Something worth knowing of a mapping that is not wrong.
    Hint,
    /// The living upstream says otherwise.
    Upstream,
    /// Anything else that makes no sense.
    Invalid,
}

impl Code {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::NotToml => "not-toml",
            Self::UnknownKey => "unknown-key",
            Self::RefusedKey => "refused-key",
            Self::MissingKey => "missing-key",
            Self::WrongType => "wrong-type",
            Self::OutOfRange => "out-of-range",
            Self::UnknownWord => "unknown-word",
            Self::Example => "example",
            Self::Law => "law",
            Self::Hint => "hint",
            Self::Upstream => "upstream",
            Self::Invalid => "invalid",
        }
    }
}

/// One value that is not what the file says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Whose value: a field, or an attribute.
    pub name: String,
    /// What the file says; `None` for nothing.
    pub expected: Option<String>,
    /// What it is; `None` for nothing.
    pub found: Option<String>,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What kind of thing.
    pub code: Code,
    /// What it is: lower case, no full stop, backticks around literals.
    pub message: String,
    /// Where it is.
    pub source: Arc<Source>,
    /// Which bytes of the source; `None` when it is about the file as a whole.
    pub span: Option<Range<usize>>,
    /// What stands at the caret, such as `expected one of …`.
    pub label: Option<String>,
    /// Values that the file says and that are otherwise.
    pub diff: Vec<Difference>,
    /// The way out.
    pub help: Option<String>,
    /// Whether the lines must not be drawn, because a secret stands there (or may stand there).
    pub masked: bool,
}

impl Finding {
    /// `file:line:column`, or the file alone.
    #[must_use]
    pub fn place(&self) -> String {
        match &self.span {
            Some(span) => {
                let (line, column) = self.source.line_and_column(span.start);
                format!("{}:{line}:{column}", self.source.name)
            }
            None => self.source.name.clone(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let title = level.primary_title(self.message.as_str());
        let mut group = match &self.span {
            Some(_) if self.masked => {
                let note = match &self.label {
                    Some(label) => format!("at {}: {label} (line not shown)", self.place()),
                    None => format!("at {} (line not shown)", self.place()),
                };
                Group::with_title(title).element(Level::NOTE.message(note))
            }
            Some(span) => {
                let mut annotation = AnnotationKind::Primary.span(span.clone());
                if let Some(label) = &self.label {
                    annotation = annotation.label(label.as_str());
                }
                title.element(
                    Snippet::source(self.source.text.as_str())
                        .path(self.source.name.as_str())
                        .annotation(annotation),
                )
            }
            None => {
                let place = Level::NOTE.message(format!("in {}", self.source.name));
                let group = Group::with_title(title).element(place);
                match &self.label {
                    Some(label) => group.element(Level::NOTE.message(label.as_str())),
                    None => group,
                }
            }
        };
        if !self.diff.is_empty() {
            let mut lines = String::from("`-` says the file, `+` makes the mapping");
            for Difference { name, expected, found } in &self.diff {
                for (mark, value) in [('-', expected), ('+', found)] {
                    if let Some(value) = value {
                        lines.push_str(&format!("\n{mark} {name} = {value}"));
                    }
                }
            }
            group = group.element(Level::NOTE.message(lines));
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        f.write_str(&Renderer::plain().render(&[group]))
    }
}

/// Everything that was found, in the order in which it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    findings: Vec<Finding>,
}

impl Report {
    /// Adds one.
    pub fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Adds what another report holds.
    pub fn extend(&mut self, other: Self) {
        self.findings.extend(other.findings);
    }

    /// Adds what another report holds, but for findings at a place of which one is told already.
    pub fn extend_with_new_places(&mut self, other: Self) {
        for finding in other.findings {
            let is_known =
                |known: &Finding| known.span == finding.span && known.source == finding.source;
            if finding.span.is_none() || !self.findings.iter().any(is_known) {
                self.findings.push(finding);
            }
        }
    }

    /// What was found.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many errors and warnings; notes are neither.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let count = |severity| self.findings.iter().filter(|f| f.severity == severity).count();
        (count(Severity::Error), count(Severity::Warning))
    }

    /// Whether anything makes the files unusable.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}\n")?;
        }
        Ok(())
    }
}

/// The candidate that is nearest to what was written, if any is near enough to be meant.
#[must_use]
pub fn nearest<'c>(
    written: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    let written: Vec<char> = written.chars().flat_map(char::to_lowercase).collect();
    let allowed = (written.len() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(&written, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The number of letters to insert, drop, change or swap with the next one, regardless of case.
fn distance(written: &[char], candidate: &str) -> usize {
    let candidate: Vec<char> = candidate.chars().flat_map(char::to_lowercase).collect();
    let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX - 1);
    let mut before = Vec::new();
    let mut last: Vec<usize> = (0..=candidate.len()).collect();
    let mut neighbour = None;
    for (i, left) in written.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, right) in candidate.iter().enumerate() {
            let changed = at(&last, j) + usize::from(left != right);
            let mut least = changed.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let other = j.checked_sub(1).and_then(|j| Some((j, candidate.get(j)?)));
            if let Some((j, other)) = other
                && (neighbour, left) == (Some(right), other)
            {
                least = least.min(at(&before, j) + 1);
            }
            row.push(least);
        }
        neighbour = Some(left);
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

/// Lists names for a reader: `` `a`, `b` or `c` ``.
#[must_use]
pub fn alternatives<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_draws_the_line_and_a_caret() {
        let source = Arc::new(Source {
            name: "mappings/x.toml".to_owned(),
            text: "format = 1\nvia = [\"lowecase\"]\n".to_owned(),
        });
        let finding = Finding {
            severity: Severity::Error,
            code: Code::UnknownWord,
            message: "unknown transform `lowecase`".to_owned(),
            source,
            span: Some(18..28),
            label: Some("expected `trim` or `lowercase`".to_owned()),
            diff: Vec::new(),
            help: Some("did you mean `lowercase`?".to_owned()),
            masked: false,
        };
        assert_eq!(finding.place(), "mappings/x.toml:2:8");
        let text = finding.to_string();
        assert!(text.contains("error: unknown transform `lowecase`"), "{text}");
        assert!(text.contains("mappings/x.toml:2:8"), "{text}");
        assert!(text.contains("^^^^^^^^^^ expected `trim` or `lowercase`"), "{text}");
        assert!(text.contains("help: did you mean `lowercase`?"), "{text}");

        let masked = Finding { masked: true, ..finding }.to_string();
        assert!(!masked.contains("via"), "{masked}");
        assert!(masked.contains("at mappings/x.toml:2:8: expected `trim`"), "{masked}");
    }

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        assert_eq!(nearest("lowecase", ["trim", "lowercase"]), Some("lowercase"));
        assert_eq!(nearest("Fistname", ["FirstName", "LastName"]), Some("FirstName"));
        assert_eq!(nearest("feild", ["scim", "field"]), Some("field"), "two that changed places");
        assert_eq!(nearest("fidle", ["scim", "field"]), None);
        assert_eq!(nearest("zzz", ["trim", "lowercase"]), None);
        assert_eq!(distance(&['a', 'b'], ""), 2);
    }
}
