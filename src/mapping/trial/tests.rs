//! The laws tried on mappings that keep them and on mappings that do not.

use std::fmt::Write;

use super::super::tests::{BIZAGI, SOAP, read, variant};
use crate::diagnostic::{Report, Severity, Source};

/// What is found of a mapping without errors.
fn found(text: &str) -> Report {
    let (mapping, report) = read(text);
    mapping.unwrap_or_else(|| panic!("{report}")).trial()
}

/// The shipped mapping with one attribute more.
fn with(lines: &str) -> String {
    format!("{BIZAGI}\n[[attribute]]\n{lines}\n")
}

/// Every finding of a severity: its place, its message and what stands at the caret.
fn told(report: &Report, severity: Severity) -> String {
    let mut text = String::new();
    for finding in report.findings().iter().filter(|finding| finding.severity == severity) {
        let label = finding.label.as_deref().unwrap_or_default();
        let help = finding.help.as_deref().unwrap_or_default();
        writeln!(text, "{}: {} ({label}) [{help}]", finding.place(), finding.message).unwrap();
    }
    text
}

/// Where something first stands in a file.
fn place(text: &str, what: &str) -> String {
    let source = Source { name: "mapping.toml".to_owned(), text: text.to_owned() };
    let (line, column) = source.line_and_column(text.find(what).unwrap());
    format!("mapping.toml:{line}:{column}")
}

#[test]
fn the_shipped_mappings_keep_every_law_and_lose_nothing() {
    for shipped in
        [BIZAGI, SOAP].map(str::to_owned).into_iter().chain(["domain table", "mail"].map(variant))
    {
        let report = found(&shipped);
        assert!(report.findings().iter().all(|f| f.severity == Severity::Note), "{report}");
        // One person has one name; which one of its spellings was sent is nobody's loss.
        let split = shipped.contains("missing =");
        let lost = told(&report, Severity::Note).matches("does not print all").count();
        assert_eq!(lost, usize::from(split), "{report}");
    }
}

#[test]
fn a_loss_is_a_note_with_the_value_that_shows_it() {
    let lossy = r#"scim = "title"
field = "title"
via = ["trim", { truncate = 40 }]"#;
    let notes = told(&found(&with(lossy)), Severity::Note);
    assert!(
        notes.contains(&format!(
            "{}: `title` does not print all that it takes",
            place(&with(lossy), "\"title\"")
        )),
        "{notes}"
    );
    assert!(
        notes.contains("(`  padded ` is stored as `padded` and printed as `padded`)"),
        "{notes}"
    );
    assert!(
        notes.contains("[`trim` loses blanks at both ends; `truncate` loses the end"),
        "{notes}"
    );
    let unseen = "scim = \"title\"\nfield = \"title\"\nvia = \"clean\"";
    let notes = told(&found(&with(unseen)), Severity::Note);
    assert!(notes.contains("(`Zoe\\u{308}` is stored as `Zoë`"), "{notes}");
    for (name, expected) in [
        ("fixed domain", "(`ana@CORP` is stored as `ana` and `CORP` and printed as `ana`)"),
        (
            "backslash",
            "(`ana@contoso.com` is stored as `contoso.com` and `ana` and printed as `contoso.com\\ana`)",
        ),
    ] {
        let report = found(&variant(name));
        let notes = told(&report, Severity::Note);
        assert!(notes.contains(expected), "{notes}");
        assert_eq!(told(&report, Severity::Warning), "");
    }
}

#[test]
fn what_is_taken_and_never_printed_is_a_warning() {
    let hidden = r#"scim = "title"
field = "title"
via = { regex = '(?<name>[^@]+)@.+', to = "{name}", lossy = true }"#;
    let warnings = told(&found(&with(hidden)), Severity::Warning);
    assert!(warnings.contains("`title` takes what it does not print"), "{warnings}");
    assert!(warnings.contains("is stored as `"), "{warnings}");
}

#[test]
fn a_law_that_does_not_hold_is_an_error_at_every_start() {
    // Each step keeps the law, the two of them do not: what is left of the year is another year.
    let broken = r#"scim = "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:Left"
type = "dateTime"
field = "Left"
via = [{ time = "%d/%m/%Y" }, { truncate = 9 }]"#;
    let (mapping, report) = read(&with(broken));
    assert!(mapping.is_none(), "{report}");
    let errors = told(&report, Severity::Error);
    assert!(
        errors.contains("what `urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:Left` prints is not"),
        "{errors}"
    );
    assert!(errors.contains("(`2026-03-01T00:00:00Z` is stored as `01/03/202`, printed as `0202-03-01T00:00:00Z`, and stored again as `01/03/020`)"), "{errors}");
}

#[test]
fn an_attribute_that_takes_nothing_is_a_warning() {
    for lines in [
        "scim = \"title\"\nfield = \"title\"\nmax_length = 3\npattern = '[0-9]{8}'",
        "scim = \"title\"\nfield = \"title\"\nvia = { table = { a = \"Alpha\" } }\nmax_length = 4",
    ] {
        let warnings = told(&found(&with(lines)), Severity::Warning);
        assert!(warnings.contains("no client could send `title`"), "{warnings}");
        assert!(warnings.contains("none of "), "{warnings}");
    }
    let read_only = "scim = \"title\"\nfield = \"title\"\nread_only = true\nrequired = true";
    let unproven = BIZAGI.split("[[example]]").next().unwrap_or_default();
    let text = format!("{unproven}\n[[attribute]]\n{read_only}\n");
    let warnings = told(&found(&text), Severity::Warning);
    assert!(warnings.contains("no client could create anybody: `title` is required"), "{warnings}");
}

#[test]
fn names_that_nearly_are_others_are_warnings() {
    let text =
        BIZAGI.replace("scope       = { field = \"domain\"", "scope       = { field = \"domian\"");
    let warnings = told(&found(&text), Severity::Warning);
    assert!(
        warnings.contains(&format!(
            "{}: `domian` and `domain` are two fields",
            place(&text, "\"domian\"")
        )),
        "{warnings}"
    );
    assert!(warnings.contains("did you mean `domain`?"), "{warnings}");
    let text = with("scim = \"title\"\nfield = \"firstname\"");
    let warnings = told(&found(&text), Severity::Warning);
    assert!(warnings.contains("`firstname` and `FirstName` are two fields"), "{warnings}");
    let numbered = with("scim = \"title\"\nfield = \"line1\"\nalso = [\"line2\"]");
    assert_eq!(told(&found(&numbered), Severity::Warning), "");
    let odd = with("scim = 'phoneNumbers[type eq \"mobil\"].value'\nfield = \"phone\"");
    let notes = told(&found(&odd), Severity::Note);
    assert!(notes.contains("few clients send `phoneNumbers` of the type `mobil`"), "{notes}");
    assert!(notes.contains("did you mean `mobile`?"), "{notes}");
}

#[test]
fn what_entra_sends_and_what_is_not_searched_is_told() {
    let notes = told(&found(BIZAGI), Severity::Note);
    assert!(
        notes.contains(
            "attributes that are not mapped: their values are left out (title, preferredLanguage"
        ),
        "{notes}"
    );
    assert!(notes.contains("gt, ge, lt, le on userName"), "{notes}");
    assert!(notes.contains("co, sw, ew, gt, ge, lt, le on manager.value"), "{notes}");
    assert!(!notes.contains("sortBy"), "{notes}");
    assert!(told(&found(SOAP), Severity::Note).contains("`sortBy` is ignored"));
    let rejecting = BIZAGI.replace("unmapped = \"ignore\"", "unmapped = \"reject\"");
    let warnings = told(&found(&rejecting), Severity::Warning);
    assert!(warnings.contains("each makes a request be refused"), "{warnings}");
    let few = BIZAGI.replacen(
        "[upstream]\n",
        "[upstream]\nsearch = { operators = [\"eq\", \"ne\", \"and\", \"or\"] }\n",
        1,
    );
    let notes = told(&found(&few), Severity::Note);
    assert!(notes.contains("co, sw, ew, gt, ge, lt, le on userName, externalId"), "{notes}");
}
