//! The reference of the language says what is so: its TOML is compiled, its examples are run, and
//! every key and transform has its place.

use std::sync::Arc;

use crate::config::dialects;
use crate::diagnostic::reader::Key;
use crate::diagnostic::{Severity, Source};
use crate::mapping::transform::TRANSFORMS;
use crate::mapping::{Mapping, file};

const LANGUAGE: &str = include_str!("language.md");
const TRANSFORMS_CHAPTER: &str = include_str!("transforms.md");

/// The blocks that begin with "```toml kind".
fn blocks(text: &'static str, kind: &str) -> Vec<&'static str> {
    let fence = format!("```toml {kind}\n");
    text.split(&fence).skip(1).filter_map(|rest| rest.split("\n```").next()).collect()
}

/// The tables of a file, each with its header and the lines before the next one; what stands above
/// the first is the first.
fn tables(text: &str) -> Vec<String> {
    let mut tables = vec![String::new()];
    for line in text.lines() {
        if line.starts_with('[') {
            tables.push(String::new());
        }
        let last = tables.last_mut().unwrap();
        last.push_str(line);
        last.push('\n');
    }
    tables
}

fn key(line: &str) -> Option<&str> {
    line.split_once(" =").map(|(key, _)| key.trim()).filter(|key| !key.is_empty())
}

/// The attribute that a table maps.
fn attribute(table: &str) -> Option<&str> {
    let is_attribute = table.starts_with("[[attribute]]");
    table
        .lines()
        .find(|line| is_attribute && key(line) == Some("scim"))?
        .split_once("= ")
        .map(|s| s.1)
}

/// The smallest file with a part in its place.
fn with(part: &str) -> String {
    let base = tables(blocks(LANGUAGE, "mapping").first().expect("the smallest file"));
    let part = tables(part);
    let (settings, added) = part.split_first().unwrap();
    let is_set =
        |line: &&str| key(line).is_some_and(|k| settings.lines().any(|l| key(l) == Some(k)));
    let mut whole = String::new();
    for table in base {
        let is_replaced = attribute(&table)
            .is_some_and(|path| added.iter().any(|other| attribute(other) == Some(path)));
        if is_replaced || table.starts_with("[[example]]") {
            continue;
        }
        if table.starts_with("[upstream]") {
            whole
                .extend(table.lines().filter(|line| !is_set(line)).map(|line| format!("{line}\n")));
            whole.push_str(settings);
        } else {
            whole.push_str(&table);
        }
    }
    whole + &added.concat()
}

fn compile(text: String) -> Mapping {
    let shown = text.clone();
    let source = Arc::new(Source { name: "chapter".to_owned(), text });
    let (mapping, report) = Mapping::read(source, &dialects());
    let mapping = mapping.filter(|_| report.findings().is_empty());
    mapping.unwrap_or_else(|| panic!("{shown}\n{report}"))
}

#[test]
fn every_block_is_compiled_and_its_examples_hold() {
    for chapter in [LANGUAGE, TRANSFORMS_CHAPTER] {
        let (whole, parts) = (blocks(chapter, "mapping"), blocks(chapter, "part"));
        assert_eq!(chapter.matches("```toml").count(), whole.len() + parts.len());
        assert!(parts.len() > 8);
        let files = whole.into_iter().map(str::to_owned).chain(parts.into_iter().map(with));
        for mapping in files.map(compile) {
            let trial = mapping.trial();
            let is_meant =
                |finding: &crate::diagnostic::Finding| finding.severity == Severity::Note;
            assert!(trial.findings().iter().all(is_meant), "{trial}");
        }
    }
}

#[test]
fn every_transform_has_a_section_with_an_example() {
    for definition in TRANSFORMS {
        let name = definition.name;
        let section = TRANSFORMS_CHAPTER
            .split("\n## ")
            .find(|section| section.starts_with(&format!("`{name}`\n")))
            .unwrap_or_else(|| panic!("no section about `{name}`"));
        let is_used = |line: &str| {
            line.starts_with("via")
                && (line.contains(&format!("{name} =")) || line.contains(&format!("\"{name}\"")))
        };
        assert!(section.lines().any(is_used), "`{name}` stands in no line of its section");
        assert!(section.contains("[[example]]"), "`{name}` has no example");
        for key in definition.keys {
            let is_named = section.contains(&format!("`{}", key.name))
                || section.contains(&format!("{} =", key.name));
            assert!(is_named, "`{name}`: `{}` is not explained", key.name);
        }
    }
}

#[test]
fn every_key_of_a_mapping_file_is_explained() {
    let tables: &[(&str, &[Key])] = &[
        ("the file", file::ROOT),
        ("[upstream]", file::UPSTREAM),
        ("key", file::COLUMN),
        ("search", file::SEARCH),
        ("a test", file::TEST),
        ("anchor", file::ANCHOR),
        ("tombstone", file::TOMBSTONE),
        ("[[extension]]", file::EXTENSION),
        ("[[attribute]]", file::ATTRIBUTE),
        ("limit", file::LIMIT),
        ("a split", file::SPLIT),
        ("reference", file::REFERENCE),
        ("[[derived]]", file::DERIVED),
        ("[[constant]]", file::CONSTANT),
        ("[[error]]", file::ERROR),
        ("[[example]]", file::EXAMPLE),
    ];
    let shown: String = blocks(LANGUAGE, "mapping").concat() + &blocks(LANGUAGE, "part").concat();
    for (table, keys) in tables {
        for key in *keys {
            let name = key.name;
            let explained = [
                format!("`{name}`"),
                format!("`{name} = "),
                format!("{{ {name}"),
                format!(", {name} }}"),
            ];
            assert!(explained.iter().any(|text| LANGUAGE.contains(text)), "`{name}` of {table}");
            let is_shown =
                shown.contains(&format!("{name} ")) || shown.contains(&format!("[{name}]"));
            // What only one dialect knows is shown in its sample file.
            assert!(is_shown || name == "options", "`{name}` of {table} stands in no block");
        }
    }
}
