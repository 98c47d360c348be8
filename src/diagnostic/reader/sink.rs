//! Where findings about one file are collected, and which of its lines may be drawn.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{
    Code, Difference, Finding, Report, Severity, Source, alternatives, nearest,
};

/// Where findings about one file are collected.
#[derive(Debug)]
pub struct Sink {
    source: Arc<Source>,
    report: RefCell<Report>,
    confidential: bool,
    hidden: RefCell<Vec<Range<usize>>>,
    broken: RefCell<Vec<Range<usize>>>,
}

/// The most names that are listed where one of them is near.
const LISTED: usize = 12;

impl Sink {
    /// A collector for one file.
    #[must_use]
    pub fn new(source: Arc<Source>) -> Self {
        Self {
            source,
            report: RefCell::default(),
            confidential: false,
            hidden: RefCell::default(),
            broken: RefCell::default(),
        }
    }

    /// A collector for a file in which somebody may have written a secret. Where it is not valid
    /// TOML, nobody can tell what its lines mean: then none is drawn, and nothing but the mistake is
    /// said about a broken one.
    #[must_use]
    pub fn confidential(source: Arc<Source>) -> Self {
        Self { confidential: true, ..Self::new(source) }
    }

    /// Forbids to draw the lines in which these bytes stand, for any finding, earlier or later.
    pub fn hide(&self, span: &Range<usize>) {
        let lines = self.lines(span);
        self.hidden.borrow_mut().push(lines);
    }

    /// The whole lines that these bytes touch, without the last line's end.
    fn lines(&self, span: &Range<usize>) -> Range<usize> {
        let text = &self.source.text;
        let start =
            text.get(..span.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let after = span.end.max(span.start);
        let end =
            text.get(after..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| after + at);
        start..end
    }

    /// Records that the file is not valid TOML there.
    pub(super) fn broken(&self, span: &Range<usize>, message: &str, help: Option<String>) {
        let message = format!("not valid TOML: {}", one_line(message));
        self.coded(Code::NotToml, span, message, None, help);
        if self.confidential {
            let lines = self.lines(span);
            self.broken.borrow_mut().push(lines);
        }
    }

    /// The file.
    #[must_use]
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// Records an error at a place.
    pub fn error(
        &self,
        span: &Range<usize>,
        message: impl Display,
        label: Option<String>,
        help: Option<String>,
    ) {
        self.coded(Code::Invalid, span, message, label, help);
    }

    /// Records a finding about this file that was made elsewhere.
    pub fn push(&self, finding: Finding) {
        self.report.borrow_mut().push(finding);
    }

    /// Records an error of a kind at a place.
    pub fn coded(
        &self,
        code: Code,
        span: &Range<usize>,
        message: impl Display,
        label: Option<String>,
        help: Option<String>,
    ) {
        self.record(Told { code, label, help, ..Told::error(message) }, Some(span));
    }

    /// Records an error that values show.
    pub fn differs(&self, span: &Range<usize>, message: impl Display, diff: Vec<Difference>) {
        self.record(Told { code: Code::Example, diff, ..Told::error(message) }, Some(span));
    }

    /// Records a warning at a place.
    pub fn warning(&self, span: &Range<usize>, message: impl Display, help: Option<String>) {
        let severity = Severity::Warning;
        self.record(Told { severity, help, ..Told::error(message) }, Some(span));
    }

    /// Records something about the file as a whole.
    pub fn about_the_file(&self, severity: Severity, message: impl Display, help: Option<String>) {
        self.record(Told { severity, help, ..Told::error(message) }, None);
    }

    /// Records an error of a kind about the file as a whole.
    pub fn coded_about_the_file(&self, code: Code, message: impl Display, help: Option<String>) {
        self.record(Told { code, help, ..Told::error(message) }, None);
    }

    fn record(&self, told: Told, span: Option<&Range<usize>>) {
        // A span may lie at the very end of the text; an empty one would draw no caret.
        let end = self.source.text.len();
        let span = span.map(|span| span.start.min(end)..span.end.min(end));
        let Told { severity, code, message, label, diff, help } = told;
        if let Some(span) = &span {
            // What was made of a broken line may be anything, a piece of a secret as well.
            if self.broken.borrow().iter().any(|line| touch(line, span)) {
                return;
            }
        }
        self.report.borrow_mut().push(Finding {
            severity,
            code,
            message,
            source: Arc::clone(&self.source),
            span,
            label,
            diff,
            help,
            masked: false,
        });
    }

    /// Records a name that is not one of the known ones.
    pub fn unknown<'n>(
        &self,
        span: &Range<usize>,
        what: &str,
        written: &str,
        known: impl IntoIterator<Item = &'n str> + Clone,
    ) {
        let near = nearest(written, known.clone());
        // A long list helps nobody who only mistyped; whoever did not sees all of it.
        let label = match near {
            Some(_) if known.clone().into_iter().count() > LISTED => None,
            _ => Some(format!("expected {}", alternatives(known))),
        };
        let help = near.map(|near| format!("did you mean `{near}`?"));
        self.coded(Code::UnknownWord, span, format!("unknown {what} `{written}`"), label, help);
    }

    /// How many errors were recorded so far.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.report.borrow().counts().0
    }

    /// What was found.
    #[must_use]
    pub fn into_report(self) -> Report {
        let hidden = self.hidden.borrow();
        let broken = !self.broken.borrow().is_empty();
        let mut report = self.report.take();
        for finding in &mut report.findings {
            finding.masked = finding.span.as_ref().is_some_and(|span| {
                let drawn = self.lines(span);
                broken || hidden.iter().any(|lines| touch(lines, &drawn))
            });
        }
        report
    }
}

/// A finding without its place.
struct Told {
    severity: Severity,
    code: Code,
    message: String,
    label: Option<String>,
    diff: Vec<Difference>,
    help: Option<String>,
}

impl Told {
    fn error(message: impl Display) -> Self {
        Self {
            severity: Severity::Error,
            code: Code::Invalid,
            message: message.to_string(),
            label: None,
            diff: Vec::new(),
            help: None,
        }
    }
}

/// Whether two ranges share a byte or a border.
fn touch(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start <= other.end && other.start <= one.end
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
