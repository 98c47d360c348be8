use std::time::Duration;

use super::scalar::parse_duration;
use super::*;
use crate::diagnostic::Source;

const KEYS: &[Key] = &[
    key("listen", "address"),
    key("number", "a number").integer(1, 5),
    key("list", "a list").texts(),
];

fn findings(text: &str, read: impl FnOnce(&Table<'_>)) -> Vec<String> {
    let sink = Sink::new(Arc::new(Source { name: "f".to_owned(), text: text.to_owned() }));
    read_file(&sink, KEYS, |table| {
        read(table);
        Some(())
    });
    let report = sink.into_report();
    report
        .findings()
        .iter()
        .map(|f| format!("{} {} [{}]", f.place(), f.message, f.label.clone().unwrap_or_default()))
        .collect()
}

#[test]
fn four_mistakes_are_four_findings() {
    let text = "lisen = 'x'\nnumber = 'y'\nlist = ['a', 3]\nlisten = 4\n";
    let found = findings(text, |table| {
        let _ = (table.text("listen"), table.integer("number"), table.one_or_many("list"));
    });
    assert_eq!(found.len(), 4, "{found:#?}");
    assert!(found.iter().any(|f| f.starts_with("f:1:1 unknown key `lisen`")), "{found:#?}");
    assert!(found.iter().any(|f| f.contains("expected a string, found a whole number")));
}

#[test]
fn what_must_be_there_is_missed_by_the_list_alone() {
    const TABLE: &[Key] = &[key("field", "a field").required("the name of a field")];
    const KEYS: &[Key] = &[
        key("format", "the version").integer(1, 1).required("`format = 1`"),
        key("test", "tables").tables(TABLE),
        key("when", "open").holds(Holds::Open(TABLE, &Holds::Text)),
    ];
    let source =
        Arc::new(Source { name: "f".to_owned(), text: "test = {}\nwhen = { a = 'b' }".to_owned() });
    let sink = Sink::new(source);
    let _ = read_file(&sink, KEYS, |table| {
        let _ = table.tables("test");
        let others = table.table("when")?.others();
        assert_eq!(others.len(), 1);
        Some(())
    });
    let report = sink.into_report();
    let messages: Vec<&str> = report.findings().iter().map(|f| f.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "missing key `format`: expected `format = 1`",
            "missing key `test.field`",
            "missing key `when.field`",
        ]
    );
}

#[test]
fn broken_toml_is_a_finding_with_its_place() {
    let found = findings("listen = \nnumber = 2\n", |table| {
        assert_eq!(table.integer("number"), Some(2));
    });
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with("f:1:"), "{found:#?}");
}

#[test]
fn durations_have_units() {
    assert_eq!(parse_duration("10s"), Some(Duration::from_secs(10)));
    assert_eq!(parse_duration("250ms"), Some(Duration::from_millis(250)));
    assert_eq!(parse_duration("10"), None);
    assert_eq!(parse_duration("s"), None);
}

#[test]
fn a_refused_key_tells_its_reason() {
    const KEYS: &[Key] = &[key("listen", "address"), refused("verify", "always verified")];
    let source = Arc::new(Source { name: "f".to_owned(), text: "verify = false\n".to_owned() });
    let sink = Sink::new(source);
    let _ = read_file(&sink, KEYS, |_| Some(()));
    let report = sink.into_report();
    assert_eq!(report.findings().len(), 1);
    assert_eq!(report.findings()[0].message, "`verify` is refused");
    assert_eq!(report.findings()[0].label.as_deref(), Some("always verified"));
}

#[test]
fn hidden_lines_are_not_drawn_nor_any_of_a_broken_file() {
    let rendered = |text: &str| {
        let source = Arc::new(Source { name: "f".to_owned(), text: text.to_owned() });
        let sink = Sink::confidential(source);
        let _ = read_file(&sink, KEYS, |table| {
            sink.hide(&table.span_of("list"));
            let _ = (table.text("listen"), table.integer("number"), table.text("list"));
            Some(())
        });
        sink.into_report().to_string()
    };
    let text = rendered("listen = 4\nnumber = 'x'\nlist = [\n 'a', # hunter2\n 'hunter2']\n");
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("listen = 4") && text.contains("number = 'x'"), "{text}");
    assert!(text.contains("at f:3:8: expected a string, found a list"), "{text}");

    let text = rendered("listen = 4 # hunter2\nnumber = 'x' hunter2 = 'hunter2'\n");
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("not valid TOML") && text.contains("f:2:"), "{text}");
    assert!(text.contains("wrong type for `listen`"), "{text}");
}
