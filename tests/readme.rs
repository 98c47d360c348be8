//! What the README shows in TOML is read by the program, and every key of the sample is explained.

use std::sync::Arc;

use scim_sidecar::config::{Config, MAPPINGS, SAMPLE, dialects, profiles};
use scim_sidecar::diagnostic::Source;
use scim_sidecar::mapping::Mapping;

const README: &str = include_str!("../README.md");

/// The blocks that begin with "```toml kind".
fn blocks(kind: &str) -> Vec<&'static str> {
    let fence = format!("```toml {kind}\n");
    README.split(&fence).skip(1).filter_map(|rest| rest.split("\n```").next()).collect()
}

fn source(text: String) -> Arc<Source> {
    Arc::new(Source { name: "README.md".to_owned(), text })
}

#[test]
fn every_toml_block_says_what_it_is() {
    let marked = blocks("sidecar").len() + blocks("mapping").len() + blocks("attribute").len();
    assert_eq!(README.matches("```toml").count(), marked);
    assert!(!blocks("sidecar").is_empty() && !blocks("mapping").is_empty());
}

#[test]
fn the_server_files_are_read_without_a_finding() {
    for block in blocks("sidecar") {
        let (config, report) = Config::read(&source(block.to_owned()), &profiles());
        assert!(config.is_some() && report.findings().is_empty(), "{report}");
    }
}

#[test]
fn the_mappings_are_read_and_their_examples_hold() {
    let read = |text: String| {
        let (mapping, report) = Mapping::read(source(text), &dialects());
        assert!(mapping.is_some() && report.findings().is_empty(), "{report}");
    };
    let mappings = blocks("mapping");
    mappings.iter().for_each(|block| read((*block).to_owned()));
    // The attributes belong to the small file that is shown first.
    for attribute in blocks("attribute") {
        read(format!("{}\n\n{attribute}\n", mappings[0]));
    }
}

#[test]
fn every_key_of_the_sample_is_explained() {
    for line in SAMPLE.lines() {
        let line = line.trim_start_matches("# ");
        let Some((name, _)) = line.split_once(" = ").or_else(|| line.split_once("= ")) else {
            continue;
        };
        let name = name.trim();
        if name.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
            assert!(README.contains(&format!("`{name}`")), "`{name}` is not in the README");
        }
    }
}

/// A shown finding is one of today's files: its line is the one with that number.
#[test]
fn shown_lines_of_shipped_files_have_their_numbers() {
    let shipped = MAPPINGS.iter().copied().chain([("sidecar.toml", SAMPLE)]);
    let mut shown = 0;
    for (name, text) in shipped {
        let lines: Vec<&str> = text.lines().collect();
        // A finding: the place, and some lines below it the line itself.
        for finding in README.split(&format!("--> {name}:")).skip(1) {
            let number = finding.split(':').next().unwrap();
            let Some(line) = finding.split(&format!("\n{number} | ")).nth(1) else { continue };
            let line = line.lines().next().unwrap();
            assert_eq!(lines[number.parse::<usize>().unwrap() - 1], line, "{name}:{number}");
            shown += 1;
        }
        // A rule of `explain`: the attribute, and where it stands.
        for rule in README.split(&format!("  {name}:")).skip(1) {
            let number: usize = rule.lines().next().unwrap().parse().unwrap();
            assert!(lines[number - 1].starts_with("scim "), "{name}:{number}");
            shown += 1;
        }
    }
    assert!(shown >= 5, "{shown}");
}
