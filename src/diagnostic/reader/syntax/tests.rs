use std::sync::Arc;

use crate::diagnostic::Source;
use crate::diagnostic::reader::{Key, Sink, key, read_file};

const KEYS: &[Key] = &[key("listen", "address"), key("attribute", "one of several")];

/// The findings as `line message (help)`, and whether the rest was read.
fn told(text: &str) -> (Vec<String>, bool) {
    let sink = Sink::new(Arc::new(Source { name: "f".to_owned(), text: text.to_owned() }));
    let read = read_file(&sink, KEYS, |_| Some(())).is_some();
    let report = sink.into_report();
    let told = report.findings().iter().map(|finding| {
        let help = finding.help.clone().unwrap_or_default();
        format!("{} {} ({help})", finding.place(), finding.message)
    });
    (told.collect(), read)
}

#[test]
fn a_bracket_that_is_not_closed_is_told_once_and_not_line_by_line() {
    for text in [
        "listen = { a = 1\n\n[[attribute]]\nb = 2\nc = 3\n[[attribute]]\nb = 4\n",
        "listen = [1, 2\n\n[[attribute]]\nb = 2\nc = 3\n[[attribute]]\nb = 4\n",
    ] {
        let (told, read) = told(text);
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(told[0].contains("may be open since a line above"), "{told:#?}");
        assert!(!read);
    }
}

#[test]
fn a_table_in_place_of_one_of_several_is_told_once() {
    let blocks = ["[[attribute]]\na = 1\n", "[attribute]\na = 2\n", "[[attribute]]\na = 3\n"];
    for order in [[0, 1, 2], [1, 0, 2], [0, 2, 1]] {
        let (told, read) = told(&order.map(|at| blocks[at]).concat());
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(told[0].contains("write each of them `[[attribute]]`"), "{told:#?}");
        assert!(!read);
    }
}

#[test]
fn mistakes_that_are_each_their_own_are_all_told() {
    let (told, read) = told("listen = \"\\d\"\nlisten = 1\nlisten = x\n");
    assert!(told.len() >= 3, "{told:#?}");
    assert!(told[0].contains("in single quotes a `\\` stands for itself"), "{told:#?}");
    assert!(read);
}
