//! The schemas that editors complete and underline by, held against the files and the readers by a
//! validator that nobody here wrote.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jsonschema::Validator;
use scim_sidecar::config::{self, Config, SAMPLE, dialects, profiles};
use scim_sidecar::diagnostic::Source;
use scim_sidecar::mapping::{self, Mapping};
use serde_json::Value as Json;

const README: &str = include_str!("../../README.md");

fn of_config() -> Validator {
    validator(&Json::Object(config::schema()))
}

fn of_mapping() -> Validator {
    validator(&Json::Object(mapping::schema::schema(&dialects())))
}

fn validator(schema: &Json) -> Validator {
    jsonschema::meta::validate(schema).unwrap();
    jsonschema::draft7::new(schema).unwrap()
}

/// A TOML document as the editors' validators see it.
fn json(value: toml::Value) -> Json {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(truth) => truth.into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(json).collect(),
        toml::Value::Table(table) => {
            Json::Object(table.into_iter().map(|(key, value)| (key, json(value))).collect())
        }
    }
}

fn parsed(text: &str) -> Json {
    json(toml::Value::Table(text.parse().unwrap()))
}

fn complaints(validator: &Validator, text: &str) -> Vec<String> {
    let errors = |document| {
        let told =
            |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path());
        validator.iter_errors(document).map(told).collect()
    };
    errors(&parsed(text))
}

/// Every file of mappings that is shipped, with its text.
fn mappings() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = paths.filter(|path| path.extension().is_some_and(|e| e == "toml"));
    files.map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

fn blocks(kind: &str) -> Vec<&'static str> {
    let fence = format!("```toml {kind}\n");
    README.split(&fence).skip(1).filter_map(|rest| rest.split("\n```").next()).collect()
}

fn source(text: &str) -> Arc<Source> {
    Arc::new(Source { name: "f.toml".to_owned(), text: text.to_owned() })
}

fn reader_refuses_mapping(text: &str) -> bool {
    Mapping::read(source(text), &dialects()).1.has_errors()
}

fn reader_refuses_config(text: &str) -> bool {
    Config::read(&source(text), &profiles()).1.has_errors()
}

#[test]
fn every_shipped_file_is_valid_and_names_its_schema() {
    let (config, mapping) = (of_config(), of_mapping());
    assert_eq!(complaints(&config, SAMPLE), [""; 0]);
    assert!(SAMPLE.starts_with(&format!("#:schema ./{}\n", config::SCHEMA_FILE)));
    for (path, text) in mappings() {
        assert_eq!(complaints(&mapping, &text), [""; 0], "{}", path.display());
        let first = format!("#:schema ./{}\n", mapping::schema::SCHEMA_FILE);
        assert!(text.starts_with(&first), "{}", path.display());
    }
    for block in blocks("sidecar") {
        assert_eq!(complaints(&config, block), [""; 0], "{block}");
    }
    for block in blocks("mapping") {
        assert_eq!(complaints(&mapping, block), [""; 0], "{block}");
        for attribute in blocks("attribute") {
            let whole = format!("{block}\n\n{attribute}\n");
            assert_eq!(complaints(&mapping, &whole), [""; 0], "{attribute}");
        }
    }
}

/// A file with one key misspelt, at every key of its own that the reader knows; and a file with one
/// value of a type that the key does not take.
fn mistakes(text: &str) -> Vec<String> {
    let mut made = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    for (number, line) in lines.iter().enumerate() {
        let Some((key, _)) = line.split_once('=') else { continue };
        let name = key.trim_end();
        if !name.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
            continue;
        }
        let with = |changed: String| {
            let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            lines[number] = changed;
            lines.join("\n")
        };
        made.push(with(line.replacen(name, &format!("{name}x"), 1)));
        // A list of lists is what no key takes.
        made.push(with(format!("{name} = [[]]")));
    }
    made.retain(|text| text.parse::<toml::Table>().is_ok());
    made
}

/// The sample with every key that it has, those that are commented out too.
fn uncommented(text: &str) -> String {
    let line = |line: &str| {
        let bare = line.strip_prefix("# ").unwrap_or(line);
        let key = bare.split('=').next().unwrap_or_default().trim_end();
        let is_key = bare.contains('=') && key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        format!("{}\n", if is_key { bare } else { line })
    };
    text.lines().map(line).collect()
}

#[test]
fn what_the_reader_refuses_by_name_or_type_the_schema_refuses_too() {
    let (config, mapping) = (of_config(), of_mapping());
    let mut tried = 0;
    for (_, text) in mappings() {
        for wrong in mistakes(&text) {
            tried += 1;
            assert!(reader_refuses_mapping(&wrong), "the reader takes\n{}", changed(&text, &wrong));
            assert!(
                !mapping.is_valid(&parsed(&wrong)),
                "the schema takes\n{}",
                changed(&text, &wrong)
            );
        }
    }
    let whole = uncommented(SAMPLE);
    assert!(!reader_refuses_config(&whole) && whole.contains("\nclient_ca "), "{whole}");
    assert_eq!(complaints(&config, &whole), [""; 0]);
    for text in blocks("sidecar").into_iter().chain([&*whole]) {
        for wrong in mistakes(text) {
            tried += 1;
            assert!(reader_refuses_config(&wrong), "the reader takes\n{}", changed(text, &wrong));
            assert!(
                !config.is_valid(&parsed(&wrong)),
                "the schema takes\n{}",
                changed(text, &wrong)
            );
        }
    }
    assert!(tried > 200, "{tried}");
}

fn changed<'t>(text: &str, wrong: &'t str) -> &'t str {
    let pairs = text.lines().zip(wrong.lines());
    pairs.filter(|(line, other)| line != other).map(|(_, other)| other).next().unwrap_or("")
}

#[test]
fn words_ranges_and_strangers_are_refused_by_both() {
    let sidecar = blocks("sidecar")[0];
    let small = blocks("mapping")[0];
    let (config, mapping) = (of_config(), of_mapping());
    for watch in ["off", "10s"] {
        let whole = format!("{sidecar}\n[reload]\nwatch = \"{watch}\"\n");
        assert_eq!(complaints(&config, &whole), [""; 0]);
        assert!(!reader_refuses_config(&whole), "{watch}");
    }
    for (old, new) in [
        ("[tls]", "[reload]\nwatch = \"of\"\n[tls]"),
        ("profile = \"entra\"", "profile = \"entar\""),
        ("kind          = \"oauth2\"", "kind          = \"oauth\""),
        ("kind          = \"oauth2\"", "kind          = \"bearer\""),
        ("{ file = \"secrets/upstream-client-secret\" }", "\"hunter2\""),
        ("format = 1", "format = 2"),
        ("[tls]", "[limits]\nstreams = 0\n[tls]"),
        ("[tls]", "[limits]\nidle = \"2 minutes\"\n[tls]"),
        ("[tls]", "[tls]\nverify = false"),
    ] {
        assert!(sidecar.contains(old), "{old}");
        let wrong = sidecar.replacen(old, new, 1);
        assert!(reader_refuses_config(&wrong), "the reader takes {new}");
        assert!(!config.is_valid(&parsed(&wrong)), "the schema takes {new}");
    }
    for (old, new) in [
        ("dialect  = \"odata\"", "dialect  = \"odta\""),
        ("on_delete  = \"disable\"", "on_delete  = \"remove\""),
        ("type = \"integer\"", "type = \"number\""),
        ("via   = { split = \"@\", at = \"last\" }", "via = \"lowecase\""),
        ("at = \"last\"", "at = \"end\""),
        ("max_length = 200", "max_length = 0"),
        ("status = 409", "status = 9"),
        ("on_delete  = \"disable\"", "on_delete  = \"disable\"\noptions = { endpoint = \"x\" }"),
    ] {
        assert!(small.contains(old), "{old}");
        let wrong = small.replacen(old, new, 1);
        assert!(reader_refuses_mapping(&wrong), "the reader takes {new}");
        assert!(!mapping.is_valid(&parsed(&wrong)), "the schema takes {new}");
    }
}
