//! The dictionary between SCIM and one upstream: a TOML file, compiled once into a plan.
//!
//! One rule serves both directions: [`Mapping::outward`] makes a document of a row,
//! [`Mapping::create`] and [`Mapping::change`] make fields of a document, [`Mapping::search`] makes
//! a search of a filter. All that differs between servers is in the file. This room is pure: it
//! knows no HTTP, opens no file, asks no clock.
//!
//! | room | what is in it |
//! |---|---|
//! | [`mod@file`] | what may be written in the file: its keys, read with their places |
//! | [`mod@schema`] | the same for editors |
//! | [`compile`] | what was read → [`Mapping`], with every finding |
//! | [`rule`], [`split`], [`transform`], [`template`], `many` | one attribute and its fields |
//! | [`mod@reference`] | fields that hold keys of other collections |
//! | [`predicate`], [`search`] | filters through the rules |
//! | [`policy`] | scope, protection, anchor, conflict, deletion |
//! | [`mod@write`] | documents → changes of fields |
//! | [`example`] | the file's own proof |
//! | [`trial`], [`sample`] | the laws tried on values, and hints |

pub mod compile;
pub mod example;
pub mod file;
mod many;
pub mod pattern;
pub mod policy;
pub mod predicate;
pub mod reference;
pub mod rule;
pub mod sample;
pub mod schema;
pub mod search;
pub mod split;
pub mod template;
pub mod transform;
pub mod trial;
pub mod write;

#[cfg(test)]
pub(crate) mod tests;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};

use crate::diagnostic::Source;
use crate::record::{Entity, Field, FieldIndex, Record, UpstreamKey};
use crate::scim::{Document, Resource, SlotIndex};
use crate::value::{Type, Value};
use policy::{Anchor, OnConflict, OnDelete, Standing, Test};
use rule::Rule;
use template::Template;

/// What a client that may be tolerated gets for an attribute that is not mapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unmapped {
    /// Nothing: it is left out.
    #[default]
    Ignore,
    /// It is left out, and the log says so.
    Warn,
    /// 400 `invalidSyntax`.
    Reject,
}

/// A field that is made of several attributes.
#[derive(Debug)]
pub struct Derived {
    /// The field.
    pub field: FieldIndex,
    /// How it is made.
    pub template: Template,
    /// How it is made for a new person who has none of the template's attributes.
    pub otherwise: Option<Template>,
}

/// A compiled mapping file.
#[derive(Debug)]
pub struct Mapping {
    /// The file that it was read from, for findings about it.
    pub source: Arc<Source>,
    /// The name of its upstream's dialect.
    pub dialect: String,
    /// The SCIM side: what is mapped, and so what is advertised.
    pub resource: Resource,
    /// The upstream side: collection, fields, facts, errors.
    pub entity: Entity,
    /// The rules, by slot.
    pub rules: Vec<Rule>,
    /// Fields made of several attributes.
    pub derived: Vec<Derived>,
    /// What every new row gets.
    pub constants: Vec<(FieldIndex, Value<'static>)>,
    /// What it writes that gives people rights upstream, as the dialect names it: the server's
    /// configuration must allow each of them.
    pub grants: Vec<&'static str>,
    /// The field whose printed value is the SCIM id.
    pub id: FieldIndex,
    /// The fields that identify a person together.
    pub unique: Vec<FieldIndex>,
    /// Which rows are there for clients.
    pub scope: Vec<Test>,
    /// Which rows are never written; a row that meets any of them.
    pub protected: Vec<Test>,
    /// The name by which the sidecar itself signs in upstream: its row is never written either.
    pub own_account: Option<Box<str>>,
    /// Whose a row is.
    pub anchor: Option<Anchor>,
    /// What a create of an existing person does.
    pub on_conflict: OnConflict,
    /// What a deletion does.
    pub on_delete: OnDelete,
    /// What becomes of attributes that are not mapped.
    pub unmapped: Unmapped,
    /// The slot of `userName`, without which a row is nobody.
    pub user_name: SlotIndex,
    /// The slot of `active`, where it is mapped.
    pub active: Option<SlotIndex>,
    /// What is known of every search.
    prepared: OnceLock<search::Prepared>,
}

impl Mapping {
    /// The rule of a slot.
    #[must_use]
    pub fn rule(&self, slot: SlotIndex) -> Option<&Rule> {
        // They are made side by side, so a rule nearly always stands where its slot does.
        let there = self.rules.get(slot.position()).filter(|rule| rule.slot == slot);
        there.or_else(|| self.rules.iter().find(|rule| rule.slot == slot))
    }

    /// Whether the key that addresses a row is also its SCIM id.
    #[must_use]
    pub fn id_is_key(&self) -> bool {
        self.id == self.entity.key
    }

    /// The type of a field; text for one that is not there.
    #[must_use]
    pub fn kind(&self, field: FieldIndex) -> Type {
        self.entity.fields.field(field).map_or(Type::String, |field| field.kind)
    }

    /// A row → a person. A value that has no SCIM counterpart is not printed.
    #[must_use]
    pub fn outward<'r>(&self, row: &'r Record<'_>) -> Document<'r> {
        let mut document = Document::empty(&self.resource);
        for rule in &self.rules {
            if let Some(field) = rule.plain_field() {
                match row.value(field) {
                    Value::Absent => {}
                    // As every rule takes an empty text.
                    Value::Text(text) if text.is_empty() => {}
                    value => document.put(rule.slot, value.borrowed()),
                }
            } else if let Ok(value) = rule.outward(row) {
                document.put(rule.slot, value);
            }
        }
        document
    }

    /// A row's SCIM id, as it is printed; `None` for a row without one.
    #[must_use]
    pub fn id_of(&self, row: &Record<'_>) -> Option<String> {
        UpstreamKey::from_value(row.value(self.id)).map(String::from)
    }

    /// What addresses the row.
    #[must_use]
    pub fn key_of(&self, row: &Record<'_>) -> Option<UpstreamKey> {
        UpstreamKey::from_value(row.value(self.entity.key))
    }

    /// The key that a printed id stands for, where they are the same column; `None` also for an id
    /// that is not in canonical form, which is nobody's.
    #[must_use]
    pub fn key_of_id(&self, id: &str) -> Option<UpstreamKey> {
        if self.id_is_key() { self.value_of_id(id) } else { None }
    }

    /// What the id column holds for a printed id; `None` for an id that is not in canonical form.
    #[must_use]
    pub fn value_of_id(&self, id: &str) -> Option<UpstreamKey> {
        let field = self.entity.fields.field(self.id)?;
        rule::key_of(id, field.kind, field.notation)
    }

    /// Whether a field holds characters of any shape.
    fn is_text(&self, field: FieldIndex) -> bool {
        self.entity.fields.field(field).is_some_and(Field::is_text)
    }

    /// What a row is to clients.
    #[must_use]
    pub fn standing(&self, row: &Record<'_>) -> Standing {
        if self.is_deleted(row) {
            return Standing::Deleted;
        }
        let addresses = |field| UpstreamKey::is_key(row.value(field));
        let printable = addresses(self.entity.key)
            && addresses(self.id)
            && self.rule(self.user_name).is_some_and(|rule| rule.is_printed(row));
        if printable && self.scope.iter().all(|test| test.holds(row)) {
            Standing::Living
        } else {
            Standing::Hidden
        }
    }

    /// Whether the attribute holds whose row it is.
    fn is_anchor(&self, rule: &Rule) -> bool {
        self.anchor.is_some_and(|anchor| anchor.slot == rule.slot)
    }

    /// Whether the row's person was deleted over SCIM and nobody enabled it since.
    fn is_deleted(&self, row: &Record<'_>) -> bool {
        let OnDelete::Disable(Some(tombstone)) = &self.on_delete else { return false };
        policy::equal(row.value(tombstone.field), &tombstone.value) && !self.is_enabled(row)
    }

    /// Whether a row's person is active; without such an attribute everybody is.
    #[must_use]
    pub fn is_enabled(&self, row: &Record<'_>) -> bool {
        let Some(rule) = self.active.and_then(|slot| self.rule(slot)) else { return true };
        rule.outward(row) == Ok(Value::Boolean(true))
    }

    /// What a write of these fields gives people rights with, as the dialect names it; `is_new`
    /// for the write that makes a row, which also gives what every new row gets.
    pub fn granted<'m>(
        &'m self,
        names: &'m [&str],
        is_new: bool,
    ) -> impl Iterator<Item = &'static str> + 'm {
        let is = |name: &str, grant: &str| name.eq_ignore_ascii_case(grant);
        let is_field = move |grant: &str| {
            self.entity.fields.iter().any(|(_, field)| is(field.name.as_str(), grant))
        };
        let is_given = move |grant: &str| names.iter().any(|name| is(name, grant));
        let grants = self.grants.iter().copied();
        grants.filter(move |grant| is_given(grant) || (is_new && !is_field(grant)))
    }

    /// Where the file says that an attribute is kept in that field, such as `hr.toml:57`.
    #[must_use]
    pub fn place_of(&self, field: &str) -> Option<String> {
        let names = |index| {
            let field_at = self.entity.fields.field(index);
            field_at.is_some_and(|known| known.name.as_str().eq_ignore_ascii_case(field))
        };
        let rule = self.rules.iter().find(|rule| rule.fields().any(names))?;
        let (line, _) = self.source.line_and_column(rule.place.start);
        Some(format!("{}:{line}", self.source.name))
    }

    /// Whether a row is never written.
    #[must_use]
    pub fn is_protected(&self, row: &Record<'_>) -> bool {
        self.protected.iter().any(|test| test.holds(row))
            || self.own_account.as_deref().is_some_and(|account| self.is_account(row, account))
    }

    /// Whether a row is an account's: `ana`, `CONTOSO\ana`, `ana@contoso.com`, or as SCIM prints it.
    fn is_account(&self, row: &Record<'_>, account: &str) -> bool {
        let is =
            |field: &FieldIndex, text: &str| policy::equal(row.value(*field), &Value::text(text));
        let Some((name, others)) = self.unique.split_first() else { return false };
        let printed = self.rule(self.user_name).and_then(|rule| rule.outward(row).ok());
        let parts = match account.split_once('\\') {
            Some((domain, user)) => Some((user, domain)),
            None => account.rsplit_once('@'),
        };
        printed.is_some_and(|printed| policy::equal(&printed, &Value::text(account)))
            || is(name, account)
            || parts.is_some_and(|(user, domain)| {
                is(name, user) && others.iter().any(|field| is(field, domain))
            })
    }

    /// The row's version: the upstream's ETag, else a hash over the mapped fields of the whole row.
    #[must_use]
    pub fn version<'r>(&self, row: &'r Record<'_>) -> Cow<'r, str> {
        if let Some(version) = &row.version {
            return Cow::Borrowed(version);
        }
        let mut hash = Sha256::new();
        for value in row.values() {
            match value {
                // The same in whatever order the upstream gave it.
                Value::List(values) => {
                    hash.update([LIST]);
                    hash.update(values.len().to_le_bytes());
                    let mut each: Vec<_> = values.iter().map(digest_of).collect();
                    each.sort_unstable();
                    each.iter().for_each(|digest| hash.update(digest));
                }
                one => digest_into(&mut hash, one),
            }
        }
        let digest = hash.finalize();
        let mut version = String::from("W/\"");
        for byte in digest.iter().take(8) {
            version.push_str(&format!("{byte:02x}"));
        }
        version.push('"');
        Cow::Owned(version)
    }

    /// Whether two values of a slot are the same person's same value.
    #[inline]
    #[must_use]
    pub fn same(left: &Value<'_>, right: &Value<'_>) -> bool {
        crate::value::same(left, right)
    }
}

/// What tells a list from a single value in a version.
const LIST: u8 = 0xff;

/// Puts one value into a hash.
fn digest_into(hash: &mut Sha256, value: &Value<'_>) {
    // The kind and the length keep neighbouring values apart.
    hash.update([value.kind().map_or(0, |kind| kind as u8 + 1)]);
    match value {
        Value::Integer(number) => hash.update(number.to_le_bytes()),
        Value::Boolean(truth) => hash.update([u8::from(*truth)]),
        other => {
            let text = other.as_str().unwrap_or_default();
            hash.update(text.len().to_le_bytes());
            hash.update(text);
        }
    }
}

fn digest_of(value: &Value<'_>) -> [u8; 32] {
    let mut hash = Sha256::new();
    digest_into(&mut hash, value);
    hash.finalize().into()
}
