//! What differs between two readings of one TOML file, by name: never a value.
//!
//! ```text
//! project[hr].caller[entra].tokens   attribute[nickName]   upstream.page   error[2]
//! ```
//!
//! Comments, white space and order of keys are no difference.

use toml::{Table, Value};

/// Lists whose tables are one thing each: that it differs is enough.
const WHOLE: &[&str] = &["attribute", "constant", "derived", "error", "example", "extension"];

/// The keys by which a table of a list is known, the first that all of them have.
const NAMES: &[&str] = &["name", "scim", "field", "urn"];

/// What differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// What is there and was not.
    pub added: Vec<String>,
    /// What differs.
    pub changed: Vec<String>,
    /// What was there and is not.
    pub removed: Vec<String>,
}

impl Difference {
    /// Adds what differs between two texts, each name behind `prefix`. Of a text that is not TOML
    /// nothing can be said.
    pub fn add(&mut self, prefix: &str, old: &str, new: &str) {
        if let (Ok(old), Ok(new)) = (old.parse::<Table>(), new.parse::<Table>()) {
            self.tables(prefix, &old, &new);
        }
    }

    fn tables(&mut self, prefix: &str, old: &Table, new: &Table) {
        for (key, value) in new {
            let name = format!("{prefix}{key}");
            match (old.get(key), value) {
                (Some(before), value) if before == value => {}
                (Some(Value::Table(old)), Value::Table(new)) => {
                    self.tables(&format!("{name}."), old, new);
                }
                (before, value) => match (before.map(list), list(value)) {
                    (Some(Some(old)), Some(new)) => self.lists(&name, key, &old, &new),
                    (None, Some(new)) => self.lists(&name, key, &[], &new),
                    (None, None) => self.added.push(name),
                    _ => self.changed.push(name),
                },
            }
        }
        for (key, value) in old.iter().filter(|(key, _)| !new.contains_key(*key)) {
            let name = format!("{prefix}{key}");
            match list(value) {
                Some(old) => self.lists(&name, key, &old, &[]),
                None => self.removed.push(name),
            }
        }
    }

    /// Two lists of tables: by their names where they have such, else by their places.
    fn lists(&mut self, path: &str, key: &str, old: &[&Table], new: &[&Table]) {
        let (old, new) = match NAMES.iter().find(|name| are_named(name, old, new)) {
            Some(name) => (named(path, name, old), named(path, name, new)),
            None => placed(path, old, new),
        };
        for (name, table) in &new {
            match old.iter().find(|(known, _)| known == name) {
                None => self.added.push(name.clone()),
                Some((_, before)) if before == table => {}
                Some(_) if WHOLE.contains(&key) => self.changed.push(name.clone()),
                Some((_, before)) => self.tables(&format!("{name}."), before, table),
            }
        }
        let is_gone = |name: &String| !new.iter().any(|(known, _)| known == name);
        self.removed.extend(old.iter().map(|(name, _)| name).filter(|name| is_gone(name)).cloned());
    }
}

/// The tables of a list of tables.
fn list(value: &Value) -> Option<Vec<&Table>> {
    value.as_array().filter(|list| !list.is_empty())?.iter().map(Value::as_table).collect()
}

/// Whether every table has a text of its own there.
fn are_named(name: &str, old: &[&Table], new: &[&Table]) -> bool {
    [old, new].iter().all(|tables| {
        let mut seen = Vec::new();
        tables.iter().all(|table| match table.get(name).and_then(Value::as_str) {
            Some(text) if !seen.contains(&text) => {
                seen.push(text);
                true
            }
            _ => false,
        })
    })
}

type Entries<'t> = Vec<(String, &'t Table)>;

fn named<'t>(path: &str, name: &str, tables: &[&'t Table]) -> Entries<'t> {
    let text = |table: &'t Table| table.get(name).and_then(Value::as_str).unwrap_or_default();
    tables.iter().map(|table| (format!("{path}[{}]", text(table)), *table)).collect()
}

/// Tables without names, numbered from 1: what both lists begin and end with is left out, so that
/// one more table in the middle is one that was added.
fn placed<'t>(path: &str, old: &[&'t Table], new: &[&'t Table]) -> (Entries<'t>, Entries<'t>) {
    let head = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let (old, new) = (old.get(head..).unwrap_or_default(), new.get(head..).unwrap_or_default());
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let numbered = |tables: &[&'t Table]| {
        let kept = tables.len().saturating_sub(tail);
        (head + 1..)
            .zip(tables)
            .take(kept)
            .map(|(n, table)| (format!("{path}[{n}]"), *table))
            .collect()
    };
    (numbered(old), numbered(new))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(old: &str, new: &str) -> [Vec<String>; 3] {
        let mut difference = Difference::default();
        difference.add("", old, new);
        [difference.added, difference.changed, difference.removed]
    }

    #[test]
    fn rules_are_named_by_their_path_and_callers_by_their_name() {
        let old = r#"
unmapped = "ignore"
[upstream]
page = 100
[[attribute]]
scim = "title"
field = "a"
[[attribute]]
scim = "nickName"
field = "b"
[[project]]
name = "hr"
[[project.caller]]
name = "entra"
tokens = ["sha256:old"]
[[project.caller]]
name = "okta"
"#;
        let new = r#"
# Only a comment, and another order.
[[attribute]]
field = "b"
scim = "nickName"
[[attribute]]
scim = "title"
field = "c"
[[attribute]]
scim = 'emails[type eq "work"].value'
field = "d"
[upstream]
page = 50
[[project]]
name = "hr"
[[project.caller]]
name = "entra"
tokens = ["sha256:new"]
[[project.caller]]
name = "ping"
"#;
        assert_eq!(
            between(old, new),
            [
                vec![
                    r#"attribute[emails[type eq "work"].value]"#.to_owned(),
                    "project[hr].caller[ping]".to_owned()
                ],
                ["attribute[title]", "project[hr].caller[entra].tokens", "upstream.page"]
                    .map(str::to_owned)
                    .to_vec(),
                ["project[hr].caller[okta]", "unmapped"].map(str::to_owned).to_vec(),
            ]
        );
        assert_eq!(between(old, old), [const { Vec::<String>::new() }; 3]);
        assert_eq!(between(old, "not toml"), [const { Vec::<String>::new() }; 3]);
    }

    #[test]
    fn tables_without_a_name_are_known_by_their_place() {
        let error = |class: &str| format!("[[error]]\nclass = \"{class}\"\n");
        let of = |classes: &[&str]| classes.iter().map(|class| error(class)).collect::<String>();
        let none = Vec::<String>::new;
        let one = |name: &str| vec![name.to_owned()];
        assert_eq!(
            between(&of(&["a", "b"]), &of(&["a", "x", "b"])),
            [one("error[2]"), none(), none()]
        );
        assert_eq!(
            between(&of(&["a", "b", "c"]), &of(&["a", "x", "c"])),
            [none(), one("error[2]"), none()]
        );
        assert_eq!(between(&of(&["a", "b"]), &of(&["a"])), [none(), none(), one("error[2]")]);
        assert_eq!(between("", &of(&["a"])), [one("error[1]"), none(), none()]);
    }
}
