//! Who may import whom: the direction of the rooms, read from the `crate::` paths of the sources.
//!
//! Tests may look anywhere, so what stands under `#[cfg(test)]` does not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each room with the rooms that it imports, leaves first: a room only sees rooms above it.
const ROOMS: &[(&str, &[&str])] = &[
    ("value", &[]),
    ("logic", &[]),
    ("seam", &[]),
    ("diagnostic", &[]),
    ("platform", &[]),
    ("audit", &[]),
    ("csdl", &[]),
    ("manual", &[]),
    // What is counted; everybody may see it.
    ("telemetry", &["seam"]),
    // The embedded server knows nothing of ours, and nobody but the demonstration imports it.
    ("legacy", &[]),
    ("record", &["logic", "value"]),
    ("secret", &["platform", "seam"]),
    ("pem", &["platform"]),
    // The language outside and the one behind never meet: only `mapping` speaks both.
    ("scim", &["logic", "value"]),
    ("mapping", &["diagnostic", "logic", "record", "scim", "value"]),
    ("upstream", &["csdl", "logic", "pem", "record", "seam", "secret", "value"]),
    ("lookup", &["record", "seam", "telemetry", "value"]),
    (
        "provision",
        &[
            "audit",
            "logic",
            "lookup",
            "mapping",
            "record",
            "scim",
            "seam",
            "telemetry",
            "upstream",
            "value",
        ],
    ),
    ("gate", &["seam", "secret", "telemetry"]),
    ("generation", &["gate", "provision", "scim"]),
    (
        "api",
        &[
            "gate",
            "generation",
            "logic",
            "provision",
            "record",
            "scim",
            "seam",
            "telemetry",
            "upstream",
            "value",
        ],
    ),
    ("propose", &["csdl", "diagnostic", "mapping", "record", "value"]),
    (
        "explain",
        &[
            "api",
            "diagnostic",
            "gate",
            "generation",
            "logic",
            "mapping",
            "provision",
            "record",
            "scim",
            "seam",
            "telemetry",
            "upstream",
            "value",
        ],
    ),
    (
        "rehearse",
        &[
            "api",
            "diagnostic",
            "gate",
            "generation",
            "logic",
            "mapping",
            "provision",
            "record",
            "scim",
            "seam",
            "telemetry",
            "upstream",
            "value",
        ],
    ),
    ("stack", &["api", "gate", "generation", "seam", "telemetry"]),
    ("serve", &["pem", "seam", "telemetry"]),
    ("admin", &["audit", "generation", "provision", "serve", "telemetry"]),
    (
        "config",
        &[
            "diagnostic",
            "gate",
            "generation",
            "lookup",
            "mapping",
            "platform",
            "provision",
            "record",
            "scim",
            "seam",
            "secret",
            "serve",
            "telemetry",
            "upstream",
        ],
    ),
    ("reload", &["audit", "config", "diagnostic", "generation", "platform", "seam", "serve"]),
    ("process", &["admin", "reload", "seam", "serve", "stack", "telemetry"]),
    (
        "demo",
        &[
            "config",
            "diagnostic",
            "legacy",
            "platform",
            "process",
            "reload",
            "seam",
            "secret",
            "serve",
        ],
    ),
    (
        "cli",
        &[
            "config",
            "demo",
            "diagnostic",
            "explain",
            "generation",
            "mapping",
            "platform",
            "process",
            "propose",
            "provision",
            "rehearse",
            "reload",
            "seam",
            "secret",
            "upstream",
            "value",
        ],
    ),
];

#[test]
fn every_room_imports_what_the_table_says_and_nothing_else() {
    let found = imports();
    let table: BTreeMap<String, BTreeSet<String>> = ROOMS
        .iter()
        .map(|(room, others)| {
            ((*room).to_owned(), others.iter().copied().map(str::to_owned).collect())
        })
        .collect();
    let mut wrong = Vec::new();
    for (room, others) in &found {
        let Some(allowed) = table.get(room) else {
            wrong.push(format!("`{room}` is not in the table"));
            continue;
        };
        for (other, file) in others {
            if !allowed.contains(other) {
                wrong.push(format!("`{room}` may not import `{other}`: {}", file.display()));
            }
        }
        for other in allowed.iter().filter(|other| !others.contains_key(*other)) {
            wrong.push(format!("`{room}` no longer imports `{other}`: strike it out"));
        }
    }
    for room in table.keys().filter(|room| !found.contains_key(*room)) {
        wrong.push(format!("there is no room `{room}`"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn arrows_never_turn_back() {
    let mut above = BTreeSet::new();
    for (room, others) in ROOMS {
        for other in *others {
            assert!(above.contains(other), "`{room}` imports `{other}`, which stands below it");
        }
        above.insert(*room);
    }
}

#[test]
fn the_operating_system_is_asked_in_two_rooms_only() {
    for file in sources() {
        let path = file.display().to_string().replace('\\', "/");
        let text = production(&fs::read_to_string(&file).unwrap());
        if !path.contains("src/platform") {
            for mark in ["cfg(windows)", "cfg(unix)", "target_os"] {
                assert!(!text.contains(mark), "`{mark}` in {path}: it belongs to `platform`");
            }
        }
        if !(path.contains("src/seam") || path.ends_with("src/main.rs")) {
            assert!(!text.contains("real::seams()"), "{path} makes seams instead of taking them");
        }
    }
}

/// Each room with the rooms that it imports, and a file that does.
fn imports() -> BTreeMap<String, BTreeMap<String, PathBuf>> {
    let names: BTreeSet<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    let mut imports: BTreeMap<String, BTreeMap<String, PathBuf>> = BTreeMap::new();
    for file in sources() {
        let inside = file.strip_prefix(root()).unwrap();
        let room = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        if ["lib", "main"].contains(&room) {
            continue;
        }
        let others = imports.entry(room.to_owned()).or_default();
        let text = production(&fs::read_to_string(&file).unwrap());
        for (at, mark) in text.match_indices("crate::") {
            let rest = &text[at + mark.len()..];
            // `crate::{a::B, c}` names several rooms: one `use` line a room is the habit.
            assert!(!rest.starts_with('{'), "{}: one room per `use` line", file.display());
            let other: String =
                rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            assert!(names.contains(other.as_str()), "{}: what is `{other}`?", file.display());
            if other != room {
                others.entry(other).or_insert_with(|| inside.to_owned());
            }
        }
    }
    imports
}

/// What is compiled into the product: no comments, nothing under `#[cfg(test)]`.
fn production(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let code = line.trim_start();
        if code == "#[cfg(test)]" {
            // The item ends with its semicolon, or with the brace on its own level.
            let level = line.len() - code.len();
            for line in lines.by_ref() {
                let code = line.trim_start();
                let is_level = line.len() - code.len() == level;
                if is_level
                    && !code.starts_with("#[")
                    && (code.ends_with(';') || code.ends_with('}'))
                {
                    break;
                }
            }
        } else if !code.starts_with("//") {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// Every file of the product; files of tests alone are named `tests.rs` or lie under `tests/`.
fn sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            if name == "tests" || path.ends_with("seam/fake.rs") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}
