//! What a service says of its entity sets ([`csdl`](crate::csdl)) → [`People`].
//!
//! A name that OData does not allow is left out: it would not stay in its place in a file.

use std::collections::BTreeSet;

use super::{Column, Error, LARGEST, People};
use crate::csdl::{EntityType, Property, Service, Unreadable};
use crate::diagnostic::alternatives;
use crate::value::Type;

/// The most columns of a row.
const COLUMNS: usize = 1000;

/// What a document declares.
#[derive(Debug)]
pub struct Metadata(Service);

/// Words for a collection of people, the likeliest first.
const PEOPLE: &[&str] = &[
    "wfuser",
    "user",
    "users",
    "people",
    "person",
    "persons",
    "employee",
    "employees",
    "staff",
    "member",
    "members",
    "identity",
    "identities",
    "account",
    "accounts",
    "contact",
    "contacts",
];

impl Metadata {
    /// Reads a document.
    ///
    /// # Errors
    /// When it is too large or too deep, declares a document type, is broken, or is not of V4.
    pub fn read(text: &str) -> Result<Self, Error> {
        if text.len() > LARGEST {
            return Err(Error::TooLarge { found: text.len() });
        }
        Service::read(text).map(Self).map_err(|unreadable| match unreadable {
            Unreadable::Xml { offset } => Error::Xml { at: offset },
            Unreadable::Elaborate => Error::Elaborate,
            Unreadable::NoSchema => Error::NotV4 { found: "no `Edmx` with a `Schema` in it" },
            Unreadable::Version => Error::NotV4 { found: "another version" },
        })
    }

    /// The people in an entity set: the one of that name, or the likeliest.
    ///
    /// # Errors
    /// When there is no such entity set, or several are equally likely, or its rows are not
    /// addressed by one column.
    pub fn people(&self, entity: Option<&str>) -> Result<People, Error> {
        let (set, kind) = match entity {
            Some(name) => self.named(name)?,
            None => self.likeliest()?,
        };
        let key = |found: String| Error::Key { entity: set.to_owned(), found };
        let name = match kind.key.as_slice() {
            [name] => name.clone(),
            [] => return Err(key("nothing".to_owned())),
            several => return Err(key(format!("{} columns together", several.len()))),
        };
        let persons: Vec<&String> = kind
            .navigations
            .iter()
            .filter(|way| way.target == kind.name)
            .flat_map(|way| way.columns.iter())
            .collect();
        // No two properties of a type have one name (CSDL XML 4.01 §7); the first one counts.
        let mut names = BTreeSet::new();
        let sound = kind
            .properties
            .iter()
            .filter(|property| is_name(&property.name) && names.insert(&property.name));
        let columns: Vec<Column> = sound
            .take(COLUMNS)
            .map(|property| Column {
                person: persons.contains(&&property.name),
                ..column(property, &name)
            })
            .collect();
        if !columns.iter().any(|column| column.name == name) {
            return Err(key(format!("`{}`, which is no property", shown(&name))));
        }
        // Where a column holds the other row's key, that column tells it.
        let others = kind
            .navigations
            .iter()
            .filter(|way| way.columns.is_empty() && is_name(&way.name))
            .map(|way| (way.name.clone(), format!("other rows: {}", shown(&way.target))))
            .collect();
        Ok(People { collection: set.to_owned(), key: name, columns, others })
    }

    fn sets(&self) -> impl Iterator<Item = (&str, &EntityType)> {
        let names = self.0.entity_sets().filter(|name| is_name(name));
        names.filter_map(|name| Some((name, self.0.rows_of(name)?)))
    }

    fn named(&self, name: &str) -> Result<(&str, &EntityType), Error> {
        let exact = self.sets().find(|(set, _)| *set == name);
        let near = || self.sets().find(|(set, _)| set.eq_ignore_ascii_case(name));
        exact.or_else(near).ok_or_else(|| Error::NoSuchEntity {
            name: name.to_owned(),
            candidates: self.candidates(),
        })
    }

    fn likeliest(&self) -> Result<(&str, &EntityType), Error> {
        let likelihood = |(set, kind): &(&str, &EntityType)| {
            let simple = kind.name.rsplit('.').next().unwrap_or(&kind.name).to_lowercase();
            let name = set.to_lowercase();
            let whole = PEOPLE.iter().position(|word| name == *word || simple == *word);
            let part =
                || PEOPLE.iter().position(|word| name.contains(word) || simple.contains(word));
            whole.or_else(|| part().map(|at| at + PEOPLE.len()))
        };
        let best = self.sets().filter_map(|set| likelihood(&set)).min();
        let mut likely = self.sets().filter(|set| best.is_some() && likelihood(set) == best);
        match (likely.next(), likely.next()) {
            (Some(set), None) => Ok(set),
            _ => Err(Error::Unclear { candidates: self.candidates() }),
        }
    }

    /// The names of the entity sets, for a reader.
    fn candidates(&self) -> String {
        const LISTED: usize = 40;
        let names = alternatives(self.sets().take(LISTED).map(|(name, _)| name));
        match self.sets().count().checked_sub(LISTED) {
            None | Some(0) if names.is_empty() => "none".to_owned(),
            None | Some(0) => names,
            Some(more) => format!("{names} and {more} more"),
        }
    }
}

fn column(property: &Property, key: &str) -> Column {
    Column {
        kind: kind_of(&property.kind),
        literal: literal_of(&property.kind),
        nullable: property.nullable && property.name != key,
        // Only texts have a length (CSDL XML 4.01 §7.2.2), and nothing has no room at all.
        max_length: property
            .max_length
            .filter(|most| *most > 0 && property.kind == "Edm.String")
            .and_then(|most| usize::try_from(most).ok()),
        computed: property.computed,
        preset: property.has_default,
        person: false,
        name: property.name.clone(),
    }
}

/// The counterpart of a primitive type (OData CSDL XML 4.01 §3.3), or what it is instead.
fn kind_of(name: &str) -> Result<Type, String> {
    Ok(match name {
        "Edm.String" | "Edm.Guid" | "Edm.Date" => Type::String,
        "Edm.Boolean" => Type::Boolean,
        "Edm.Byte" | "Edm.SByte" | "Edm.Int16" | "Edm.Int32" | "Edm.Int64" => Type::Integer,
        "Edm.Decimal" | "Edm.Double" | "Edm.Single" => Type::Decimal,
        "Edm.DateTimeOffset" => Type::DateTime,
        other => return Err(format!("of type {}", shown(other))),
    })
}

/// The notation of what travels as a text and is none.
fn literal_of(name: &str) -> Option<&'static str> {
    match name {
        "Edm.Guid" => Some("guid"),
        "Edm.Date" => Some("date"),
        _ => None,
    }
}

/// Whether a name is one that OData allows (CSDL XML 4.01 §15.2).
fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|c| c.is_alphanumeric() || c == '_')
        && name.chars().count() <= 128
}

/// A stranger's word, short and on one line.
fn shown(word: &str) -> String {
    word.chars().filter(|c| !c.is_control()).take(128).collect()
}
