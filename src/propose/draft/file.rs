//! A [`Draft`] as the text of a mapping file.

use std::fmt::Write as _;
use std::ops::Range;

use serde_json::{Map, Value as Json, json};

use super::super::guess::{ACTIVE, EXTERNAL_ID, USER_NAME};
use super::super::toml_text::{text, value};
use super::{Attribute, Draft};
use crate::mapping::schema::SCHEMA_FILE;

impl Draft {
    /// The file, and where in it each attribute stands.
    pub(super) fn text(&self) -> (String, Vec<Range<usize>>) {
        let mut file = format!("#:schema ./{SCHEMA_FILE}\n");
        for line in &self.about {
            let _ = writeln!(file, "# {line}");
        }
        file.push_str("# `scim-sidecar check` tells every mistake; the example at the end proves the rules.\n\n");
        file.push_str(
            "format   = 1\nresource = \"User\"\ndialect  = \"odata\"\nunmapped = \"ignore\"\n\n",
        );
        self.write_upstream(&mut file);
        for (urn, name) in &self.extensions {
            let is_used = |attribute: &Attribute| attribute.scim.starts_with(&format!("{urn}:"));
            if self.attributes.iter().any(is_used) {
                let _ =
                    writeln!(file, "\n[[extension]]\nurn  = {}\nname = {}", text(urn), text(name));
            }
        }
        let mut places = Vec::new();
        for attribute in &self.attributes {
            file.push('\n');
            let start = file.len();
            attribute.write(&mut file);
            places.push(start..file.len());
        }
        self.write_example(&mut file);
        if !self.left.is_empty() {
            file.push_str("\n# Not mapped:\n");
            for (name, why) in &self.left {
                let _ = writeln!(file, "# {} ({})", one_line(name), one_line(why));
            }
        }
        (file, places)
    }

    fn write_upstream(&self, file: &mut String) {
        let has = |scim: &str| self.attributes.iter().find(|attribute| attribute.scim == scim);
        let (collection, why) = &self.collection;
        let (key, kind) = &self.key;
        let _ = writeln!(file, "[upstream]\ncollection = {} # {why}", text(collection));
        let _ = writeln!(file, "key        = {{ field = {}, type = \"{kind}\" }}", text(key));
        if let Some(user_name) = has(USER_NAME) {
            let fields = listed(&user_name.fields);
            let _ = writeln!(file, "unique     = [{fields}] # guess: what `userName` is made of");
        }
        match has(EXTERNAL_ID).and_then(|anchor| anchor.fields.first()) {
            Some(field) => {
                let field = text(field);
                let _ = writeln!(file, "anchor     = {{ scim = \"externalId\", field = {field} }}");
            }
            None => file.push_str(
                "# anchor = { scim = \"externalId\", field = \"…\" }  # nothing sounds like it: see the README\n",
            ),
        }
        file.push_str(match has(ACTIVE) {
            Some(_) => "on_delete  = \"disable\" # guess: or \"delete\", if rows may really go\n",
            None => "on_delete  = \"delete\" # guess: nothing can be switched off\n",
        });
    }

    fn write_example(&self, file: &mut String) {
        let mut person = Map::new();
        let mut row = Map::new();
        for attribute in &self.attributes {
            let Some((value, held)) = &attribute.shown else { continue };
            place(&mut person, &attribute.scim, value.clone());
            for (field, value) in attribute.fields.iter().zip(held) {
                row.insert(field.clone(), value.clone());
            }
        }
        let (person, row) = (value(&person.into()), value(&row.into()));
        file.push_str("\n[[example]]\nname     = \"a person with everything\"\n");
        let _ = writeln!(file, "scim     = {person}\nupstream = {row}");
    }
}

impl Attribute {
    fn write(&self, file: &mut String) {
        if !self.why.is_empty() {
            let _ = writeln!(file, "# {}", one_line(&self.why));
        }
        let fields = match self.fields.as_slice() {
            [one] => text(one),
            several => format!("[{}]", listed(several)),
        };
        let lines = [("scim", text(&self.scim)), ("field", fields)];
        let lines: Vec<&(&str, String)> = lines.iter().chain(&self.lines).collect();
        let width = lines.iter().map(|(key, _)| key.len()).max().unwrap_or_default();
        file.push_str("[[attribute]]\n");
        for (key, toml) in lines {
            let _ = writeln!(file, "{key:width$} = {toml}");
        }
    }
}

fn listed(fields: &[String]) -> String {
    fields.iter().map(|field| text(field)).collect::<Vec<_>>().join(", ")
}

fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// Puts a value under an attribute's path. The paths are our own.
fn place(person: &mut Map<String, Json>, path: &str, value: Json) {
    if path.starts_with("urn:")
        && let Some((urn, name)) = path.rsplit_once(':')
    {
        if let Json::Object(extension) = person.entry(urn).or_insert_with(|| json!({})) {
            extension.insert(name.to_owned(), value);
        }
        return;
    }
    if let Some((list, rest)) = path.split_once("[type eq \"")
        && let Some((kind, sub)) = rest.split_once("\"].")
    {
        let Json::Array(elements) = person.entry(list).or_insert_with(|| json!([])) else { return };
        let at = elements.iter().position(|element| element["type"] == kind);
        let at = at.unwrap_or_else(|| {
            elements.push(json!({ "type": kind }));
            elements.len() - 1
        });
        if let Some(Json::Object(element)) = elements.get_mut(at) {
            element.insert(sub.to_owned(), value);
        }
        return;
    }
    match path.split_once('.') {
        Some((name, sub)) => {
            if let Json::Object(complex) = person.entry(name).or_insert_with(|| json!({})) {
                complex.insert(sub.to_owned(), value);
            }
        }
        None => {
            person.insert(path.to_owned(), value);
        }
    }
}
