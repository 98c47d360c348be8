//! [`People`] → a mapping file that compiles and proves itself.

use std::ops::Range;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::guess::{
    ACTIVE, EXTERNAL_ID, GUESSES, MANAGER, USER_NAME, column, is_secret, manager, sounds,
};
use super::toml_text::{key, text};
use super::{Column, Error, People};
use crate::diagnostic::{Finding, Report, Severity, Source};
use crate::mapping::Mapping;
use crate::record::Description;
use crate::value::Type;

mod file;

/// A GUID for examples, in the one spelling that servers print.
const GUID: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

/// A mapping file that passes `check`.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Its text.
    pub text: String,
    /// How many attributes it maps.
    pub mapped: usize,
    /// What is not mapped, and why.
    pub left: Vec<(String, String)>,
}

/// One `[[attribute]]`.
#[derive(Clone, Debug)]
pub(super) struct Attribute {
    pub(super) scim: String,
    pub(super) fields: Vec<String>,
    /// Its further keys, as TOML.
    pub(super) lines: Vec<(&'static str, String)>,
    /// Why it is proposed.
    pub(super) why: String,
    /// Its value in the example, and what the columns hold then; nothing where nobody writes it.
    pub(super) shown: Option<(Json, Vec<Json>)>,
}

/// A mapping before it is text.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// The first lines, without marks.
    pub(super) about: Vec<String>,
    pub(super) collection: (String, String),
    pub(super) key: (String, &'static str),
    /// The URN and name of the schema of one's own.
    pub(super) extensions: Vec<(String, String)>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) left: Vec<(String, String)>,
}

impl Attribute {
    /// An attribute of one column; `sample` is its value in the example.
    pub(super) fn of(scim: &str, column: &Column, kind: Type, sample: Option<&str>) -> Self {
        let mut lines = Vec::new();
        if column.computed {
            lines.push(("read_only", "true".to_owned()));
        }
        if let Some(most) = column.max_length.filter(|most| (1..=1_000_000).contains(most)) {
            lines.push(("max_length", most.to_string()));
        }
        if let Some(literal) = column.literal {
            lines.push(("literal", text(literal)));
        }
        let sample = match (kind, column.literal) {
            _ if column.computed => None,
            (_, Some("guid")) => Some(json!(GUID)),
            (_, Some(_)) => Some(json!("2026-03-01")),
            (Type::String, None) => {
                let most = column.max_length.unwrap_or(usize::MAX);
                Some(json!(sample.unwrap_or("text").chars().take(most).collect::<String>()))
            }
            (Type::Integer, None) => Some(json!(3)),
            (Type::Decimal, None) => Some(json!(1.5)),
            (Type::Boolean, None) => Some(json!(true)),
            (Type::DateTime, None) => Some(json!("2026-03-01T00:00:00Z")),
        };
        Self {
            scim: scim.to_owned(),
            fields: vec![column.name.clone()],
            lines,
            why: String::new(),
            shown: sample.map(|sample| (sample.clone(), vec![sample])),
        }
    }

    pub(super) fn because(self, why: impl Into<String>) -> Self {
        Self { why: why.into(), ..self }
    }

    pub(super) fn with(mut self, key: &'static str, toml: impl Into<String>) -> Self {
        self.lines.push((key, toml.into()));
        self
    }
}

/// Proposes a mapping for what a `$metadata` document says. `from` names the document.
///
/// # Errors
/// When nothing could be `userName`, or what came of it is no mapping.
pub fn propose(people: &People, from: &str, dialects: &[Description]) -> Result<Proposal, Error> {
    let mut draft = Draft {
        about: vec![
            format!("Proposed from {from}: the entity set `{}`.", people.collection),
            "`guess:` marks what was guessed from names: read each one.".to_owned(),
        ],
        collection: (
            people.collection.clone(),
            "below `base_url`, which is the URL of `$metadata` without that word".to_owned(),
        ),
        key: (people.key.clone(), "integer"),
        extensions: Vec::new(),
        attributes: Vec::new(),
        left: Vec::new(),
    };
    let mut taken: Vec<&str> = Vec::new();
    for column in &people.columns {
        if is_secret(&column.name) {
            let why = "guess: it sounds like a secret".to_owned();
            draft.left.push((column.name.clone(), why));
            taken.push(&column.name);
        } else if let Err(what) = &column.kind {
            if column.name == people.key {
                let found = format!("`{}` {what}", column.name);
                return Err(Error::Key { entity: people.collection.clone(), found });
            }
            draft.left.push((column.name.clone(), what.clone()));
            taken.push(&column.name);
        }
    }
    if let Some(found) = people.columns.iter().find(|column| column.name == people.key) {
        draft.key.1 = match (&found.kind, found.literal) {
            (Ok(Type::Integer), _) => "integer",
            (_, Some("guid")) => "guid",
            (Ok(Type::String), _) => "string",
            _ => {
                let found = format!("`{}`, which is neither a whole number nor a text", found.name);
                return Err(Error::Key { entity: people.collection.clone(), found });
            }
        };
    }
    guessed(people, &mut draft, &mut taken)?;
    taken.push(&people.key);
    own(people, &mut draft, &taken);
    draft.left.extend(people.others.iter().cloned());
    draft.proved(dialects)
}

/// The attributes that columns sound like.
fn guessed<'p>(
    people: &'p People,
    draft: &mut Draft,
    taken: &mut Vec<&'p str>,
) -> Result<(), Error> {
    let entity = &people.collection;
    let mut boss = None;
    if let Some(column) = manager(&people.columns) {
        let id = match draft.key.1 {
            "integer" => (json!("7"), json!(7)),
            "guid" => (json!(GUID), json!(GUID)),
            _ => (json!("7"), json!("7")),
        };
        let mut attribute = Attribute::of(MANAGER, column, Type::Integer, None);
        attribute.lines.retain(|(key, _)| !matches!(*key, "max_length" | "literal"));
        attribute.shown = attribute.shown.map(|_| (json!({ "value": id.0 }), vec![id.1]));
        let why = format!("guess: `{}` holds the key of the person above", column.name);
        boss = Some(attribute.because(why).with("reference", "{ resource = \"User\" }"));
        taken.push(&column.name);
    }
    for guess in GUESSES {
        let is_meta = guess.scim.starts_with("meta.");
        // A name to sign in with may be the key itself; anything else is printed once.
        let free = |column: &Column| {
            !taken.contains(&column.name.as_str())
                && (column.name != people.key || guess.scim == USER_NAME)
                && (!column.computed || is_meta)
        };
        let mut found = column(guess, &people.columns, entity, free);
        let mut why = found.map(|column| format!("guess: `{}` sounds like it", column.name));
        if guess.scim == USER_NAME && found.is_none() {
            found = instead(people, free);
            why = found
                .map(|column| format!("guess: nothing sounds like it, `{}` might do", column.name));
            if found.is_none() {
                return Err(Error::NoUserName { entity: entity.clone() });
            }
        }
        let (Some(column), Some(why)) = (found, why) else { continue };
        let mut attribute =
            Attribute::of(guess.scim, column, guess.kind, guess.sample).because(why);
        if guess.scim == ACTIVE && column.kind == Ok(Type::Integer) {
            attribute = attribute.with("via", "{ boolean = { true = 1, false = 0 } }");
            attribute.shown = Some((json!(true), vec![json!(1)]));
        }
        let mut beside = None;
        attribute = match guess.scim {
            USER_NAME => {
                let (attribute, domain) = user_name(attribute, people, &free);
                beside = domain;
                attribute
            }
            EXTERNAL_ID => attribute.with("on_omit", "\"keep\""),
            ACTIVE => attribute.with("default", "true").with("on_omit", "\"keep\""),
            _ if is_meta => {
                attribute.lines.retain(|(key, _)| *key != "read_only");
                attribute.shown = None;
                attribute.with("read_only", "true")
            }
            _ => demanded(attribute, column),
        };
        if guess.scim.starts_with("emails[") {
            attribute = attribute.with("untyped", "true");
        }
        draft.attributes.push(attribute);
        taken.push(&column.name);
        taken.extend(beside);
    }
    draft.attributes.extend(boss);
    Ok(())
}

/// The column that may be `userName` where none is named like it: a mail address, else the first
/// text that every row has.
fn instead(people: &People, free: impl Fn(&Column) -> bool) -> Option<&Column> {
    let texts = || {
        let is_text =
            |column: &&Column| column.kind == Ok(Type::String) && column.literal.is_none();
        people.columns.iter().filter(is_text).filter(|column| free(column))
    };
    let is_mail = |column: &&Column| sounds(&column.name).contains("mail");
    texts()
        .find(is_mail)
        .or_else(|| texts().find(|column| !column.nullable))
        .or_else(|| texts().next())
}

/// `userName`, in two columns where the server has a domain beside it; the second one's name.
fn user_name<'p>(
    mut attribute: Attribute,
    people: &'p People,
    free: &impl Fn(&Column) -> bool,
) -> (Attribute, Option<&'p str>) {
    let is_domain = |column: &&Column| {
        sounds(&column.name) == "domain" && column.kind == Ok(Type::String) && free(column)
    };
    let Some(domain) = people.columns.iter().find(is_domain) else {
        return (attribute, None);
    };
    let mut limits = Vec::new();
    let own = attribute.lines.iter().find(|(key, _)| *key == "max_length");
    if let (Some((_, most)), Some(name)) = (own, attribute.fields.first()) {
        limits.push(format!("{} = {{ max_length = {most} }}", key(name)));
    }
    if let Some(most) = domain.max_length.filter(|most| *most > 0) {
        limits.push(format!("{} = {{ max_length = {most} }}", key(&domain.name)));
    }
    attribute.lines.retain(|(key, _)| *key != "max_length");
    let cut = |text: &str, most: Option<usize>| -> String {
        text.chars().take(most.unwrap_or(usize::MAX)).collect()
    };
    let suffix = cut("contoso.com", domain.max_length);
    attribute.shown = Some((json!(format!("ana@{suffix}")), vec![json!("ana"), json!(suffix)]));
    attribute.fields.push(domain.name.clone());
    attribute.why.push_str(&format!("; guess: `{}` holds what stands behind the @", domain.name));
    let mut attribute = attribute.with("via", "{ split = \"@\", at = \"last\" }");
    if !limits.is_empty() {
        attribute = attribute.with("limit", format!("{{ {} }}", limits.join(", ")));
    }
    (attribute, Some(&domain.name))
}

/// What the server demands, the client must bring; a switch is off until somebody says otherwise.
fn demanded(attribute: Attribute, column: &Column) -> Attribute {
    if column.nullable || column.computed || column.preset {
        return attribute;
    }
    match column.kind {
        Ok(Type::Boolean) => attribute.with("default", "false # the column is never empty"),
        _ => attribute.with("required", "true # the column is never empty"),
    }
}

/// Every other column becomes an attribute of a schema of one's own.
fn own(people: &People, draft: &mut Draft, taken: &[&str]) {
    let slug = sounds(&people.collection);
    let slug: String = slug.chars().filter(char::is_ascii_alphanumeric).collect();
    let slug = if slug.is_empty() { "people" } else { &slug };
    let urn = format!("urn:ietf:params:scim:schemas:extension:{slug}:2.0:User");
    for column in people.columns.iter().filter(|column| !taken.contains(&column.name.as_str())) {
        let Ok(kind) = column.kind else { continue };
        // RFC 7643 §2.1: a letter, then letters, digits, `-` and `_`.
        let is_name = column.name.starts_with(|c: char| c.is_ascii_alphabetic())
            && column.name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_name {
            let why = "an attribute of SCIM cannot be named so".to_owned();
            draft.left.push((column.name.clone(), why));
            continue;
        }
        let attribute = Attribute::of(&format!("{urn}:{}", column.name), column, kind, None)
            .with("type", text(kind.name()));
        draft.attributes.push(demanded(attribute, column));
    }
    draft.extensions.push((urn, people.collection.clone()));
}

impl Draft {
    /// The text, after everything is gone from it that the language does not take.
    pub(super) fn proved(mut self, dialects: &[Description]) -> Result<Proposal, Error> {
        loop {
            let (text, places) = self.text();
            let source = Arc::new(Source { name: "the proposal".to_owned(), text: text.clone() });
            let (_, report) = Mapping::read(source, dialects);
            if !report.has_errors() {
                let mapped = self.attributes.len();
                return Ok(Proposal { text, mapped, left: self.left });
            }
            // Each round takes at least one attribute away, so this ends.
            let Some((at, why)) = self.culprit(&report, &places) else {
                return Err(Error::Refused { report });
            };
            let attribute = self.attributes.remove(at);
            self.left.push((attribute.fields.join(" and "), format!("{}: {why}", attribute.scim)));
        }
    }

    /// The attribute that a finding is about, and what it says.
    fn culprit(&self, report: &Report, places: &[Range<usize>]) -> Option<(usize, String)> {
        let errors = || report.findings().iter().filter(|f| f.severity == Severity::Error);
        let is_expendable =
            |at: &usize| self.attributes.get(*at).is_some_and(|a| a.scim != USER_NAME);
        let by_place = |finding: &Finding| {
            let start = finding.span.as_ref()?.start;
            places.iter().position(|place| place.contains(&start)).filter(is_expendable)
        };
        let by_value = |finding: &Finding| {
            let names = |attribute: &Attribute, name: &str| {
                attribute.scim == name || attribute.fields.iter().any(|field| field == name)
            };
            finding.diff.iter().find_map(|difference| {
                let at = self.attributes.iter().position(|a| names(a, &difference.name));
                at.filter(is_expendable)
            })
        };
        // The example is one line: what is refused in it is told by its path.
        let by_path = |finding: &Finding| {
            let words = finding.label.as_deref()?.split('`').skip(1).step_by(2);
            // In any letter case (RFC 7643 §2.1).
            let begins = |path: &str, with: &str| {
                path.split_at_checked(with.len()).is_some_and(|(head, rest)| {
                    head.eq_ignore_ascii_case(with)
                        && (rest.is_empty() || rest.starts_with(['.', '[', ':']))
                })
            };
            let names = |word: &str, attribute: &Attribute| {
                // A finding says the whole path, also of an attribute that the draft names without
                // its URN, or without the `value` that it means.
                let local = word.rsplit_once(':').map_or(word, |(_, local)| local);
                let scim = &*attribute.scim;
                begins(scim, word) || begins(word, scim) || begins(local, scim)
            };
            words.into_iter().find_map(|word| {
                let at = self.attributes.iter().position(|attribute| names(word, attribute));
                at.filter(is_expendable)
            })
        };
        errors().find_map(|finding| {
            let at = by_place(finding).or_else(|| by_value(finding));
            let at = at.or_else(|| by_path(finding))?;
            let label = finding.label.as_ref().map(|label| format!(", {label}"));
            Some((at, format!("{}{}", finding.message, label.unwrap_or_default())))
        })
    }
}
