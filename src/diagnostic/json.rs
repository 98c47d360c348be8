//! Findings for machines: what an editor or a build needs to put each at its place.

use serde_json::{Value as Json, json};

use super::{Difference, Finding, Severity};

/// One finding as a JSON object. Lines and columns count from 1, columns in characters; the end is
/// the first character behind. What a finding does not have is `null`, `diff` an empty list. The
/// text of the file is never in it, so nothing needs to be masked.
#[must_use]
pub fn finding(finding: &Finding) -> Json {
    let place = |offset: Option<usize>| match offset {
        Some(offset) => {
            let (line, column) = finding.source.line_and_column(offset);
            (json!(line), json!(column))
        }
        None => (Json::Null, Json::Null),
    };
    let (line, column) = place(finding.span.as_ref().map(|span| span.start));
    let (end_line, end_column) = place(finding.span.as_ref().map(|span| span.end));
    json!({
        "severity": match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        },
        "code": finding.code.name(),
        "message": finding.message,
        "file": finding.source.name,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "expected": finding.label,
        "help": finding.help,
        "diff": finding.diff.iter().map(difference).collect::<Vec<_>>(),
    })
}

fn difference(difference: &Difference) -> Json {
    json!({
        "name": difference.name,
        "expected": difference.expected,
        "found": difference.found,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::reader::Sink;
    use super::super::{Code, Source};
    use super::*;

    #[test]
    fn a_place_counts_characters_from_one() {
        let text = "# ä\nvia = [\"ö\", \"lowecase\"]\n".to_owned();
        let start = text.find("\"lowecase").unwrap();
        let sink = Sink::new(Arc::new(Source { name: "m.toml".to_owned(), text }));
        sink.unknown(&(start..start + 10), "transform", "lowecase", ["trim", "lowercase"]);
        let report = sink.into_report();
        assert_eq!(
            finding(&report.findings()[0]),
            json!({
                "severity": "error",
                "code": Code::UnknownWord.name(),
                "message": "unknown transform `lowecase`",
                "file": "m.toml",
                "line": 2, "column": 13, "end_line": 2, "end_column": 23,
                "expected": "expected `trim` or `lowercase`",
                "help": "did you mean `lowercase`?",
                "diff": [],
            })
        );
    }
}
