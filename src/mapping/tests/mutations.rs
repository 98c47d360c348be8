//! Every line of the shipped mappings, changed in every way that a slip changes one: a key's name, a
//! type or the structure gives a finding on that line; another value gives a finding, a failing
//! example, or is listed in `mutations.txt` as another legal mapping.

use std::fmt::Write as _;

use super::read;
use crate::config::MAPPINGS;

/// What is another legal mapping: file, line and the change, one a line.
const LEGAL: &str = include_str!("mutations.txt");

/// The lines that carry something, with their numbers from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = (1..).zip(text.lines());
    numbered.filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
}

/// The file with one line changed.
fn with_line(text: &str, number: usize, line: &str) -> String {
    let mut changed = String::new();
    for (at, old) in (1..).zip(text.lines()) {
        changed.push_str(if at == number { line } else { old });
        changed.push('\n');
    }
    changed
}

/// Whether a finding stands on the line.
fn is_found_on(text: &str, number: usize) -> bool {
    let (_, report) = read(text);
    report.findings().iter().any(|finding| {
        let start = finding.span.as_ref().map(|span| span.start);
        start.is_some_and(|start| finding.source.line_and_column(start).0 == number)
    })
}

#[test]
fn a_slip_in_a_name_a_type_or_the_structure_is_found_on_its_line() {
    for (name, text) in MAPPINGS {
        for (number, line) in lines(text) {
            let slips = match line.split_once('=').filter(|_| !line.starts_with('[')) {
                None => vec![line.replace("]", "x]"), line.replacen(']', "", 1)],
                Some((key, value)) => {
                    let key = key.trim_end();
                    vec![format!("{key}x = {value}"), format!("{key} = [[]]"), key.to_owned()]
                }
            };
            for slip in slips {
                let changed = with_line(text, number, &slip);
                assert!(is_found_on(&changed, number), "{name}:{number}: {slip}");
            }
        }
    }
}

/// The line with each of its values changed by itself: a letter more, a number more, the other
/// truth value.
fn other_values(line: &str) -> Vec<String> {
    let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('[')) else {
        return Vec::new();
    };
    let mut changed = Vec::new();
    let mut quote = None;
    for (at, sign) in value.char_indices() {
        match (quote, sign) {
            (None, '"' | '\'') => quote = Some(sign),
            (Some(open), sign) if sign == open => {
                quote = None;
                changed.push(format!("{key}={}Q{}", &value[..at], &value[at..]));
            }
            (None, '#') => break,
            (None, '0'..='9')
                if value[at + 1..].starts_with(|next: char| !next.is_ascii_digit()) =>
            {
                changed.push(format!("{key}={}1{}", &value[..=at], &value[at + 1..]));
            }
            (None, 't') if value[at..].starts_with("true") => {
                changed.push(format!("{key}={}false{}", &value[..at], &value[at + 4..]));
            }
            (None, 'f') if value[at..].starts_with("false") => {
                changed.push(format!("{key}={}true{}", &value[..at], &value[at + 5..]));
            }
            _ => {}
        }
    }
    changed
}

#[test]
fn another_value_is_found_or_is_another_legal_mapping() {
    let mut legal = String::new();
    for (name, text) in MAPPINGS {
        for (number, line) in lines(text) {
            for other in other_values(line) {
                let (_, report) = read(&with_line(text, number, &other));
                if report.counts().0 == 0 {
                    let _ = writeln!(legal, "{name}: {}", other.trim());
                }
            }
        }
    }
    let listed: Vec<&str> = LEGAL.lines().filter(|line| !line.starts_with("##")).collect();
    let found: Vec<&str> = legal.lines().collect();
    let more: Vec<_> = found.iter().filter(|line| !listed.contains(line)).collect();
    let fewer: Vec<_> = listed.iter().filter(|line| !found.contains(line)).collect();
    assert!(
        more.is_empty() && fewer.is_empty(),
        "not listed: {more:#?}\nlisted, and found: {fewer:#?}"
    );
}
