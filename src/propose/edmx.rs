//! `$metadata` of OData V4 (OASIS OData CSDL XML 4.0 and 4.01) → [`People`].
//!
//! The document is a stranger's: its size, depth and number of elements are bounded, it may declare
//! no entities, and a name that OData does not allow is left out.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::{Column, Error, LARGEST, People};
use crate::diagnostic::alternatives;
use crate::value::Type;

/// How deeply elements may be nested: annotations are the deepest.
const DEPTH: usize = 64;

/// The most elements.
const ELEMENTS: usize = 400_000;

/// The most base types of a type, and columns of a row.
const BASES: usize = 16;
const COLUMNS: usize = 1000;

/// What a document declares, as far as it matters here.
#[derive(Debug, Default)]
pub struct Metadata {
    sets: Vec<EntitySet>,
    types: Vec<EntityType>,
    /// Another name of a namespace.
    aliases: Vec<(String, String)>,
    /// What is annotated as written by the server alone: `Namespace.Type/Property`.
    computed: Vec<String>,
}

#[derive(Debug)]
struct EntitySet {
    name: String,
    kind: String,
}

#[derive(Debug, Default)]
struct EntityType {
    /// With its namespace.
    name: String,
    base: Option<String>,
    keys: Vec<String>,
    properties: Vec<Property>,
    navigations: Vec<Navigation>,
}

#[derive(Debug)]
struct Property {
    name: String,
    kind: String,
    nullable: bool,
    max_length: Option<usize>,
    preset: bool,
    computed: bool,
}

#[derive(Debug)]
struct Navigation {
    name: String,
    kind: String,
    /// The columns that hold the other row's key.
    columns: Vec<String>,
}

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
        let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_end_names = true;
        let mut walk = Walk::default();
        let mut elements = 0_usize;
        loop {
            let event =
                reader.read_event().map_err(|_| Error::Xml { at: reader.error_position() })?;
            match event {
                Event::Start(start) => {
                    elements += 1;
                    if elements > ELEMENTS {
                        return Err(Error::Elaborate { found: "too many elements" });
                    }
                    if walk.path.len() >= DEPTH {
                        return Err(Error::Elaborate { found: "elements nested too deeply" });
                    }
                    walk.start(&start)?;
                }
                Event::End(_) => walk.end(),
                Event::DocType(_) => {
                    return Err(Error::Elaborate { found: "a document type" });
                }
                Event::Eof if walk.path.is_empty() => break,
                Event::Eof => return Err(Error::Xml { at: reader.buffer_position() }),
                _ => {}
            }
        }
        if !walk.is_edmx {
            return Err(Error::NotV4 { found: "no `Edmx` element".to_owned() });
        }
        Ok(walk.metadata)
    }

    /// The people in an entity set: the one of that name, or the likeliest.
    ///
    /// # Errors
    /// When there is no such entity set, or several are equally likely, or its rows are not
    /// addressed by one column.
    pub fn people(&self, entity: Option<&str>) -> Result<People, Error> {
        let set = match entity {
            Some(name) => self.named(name)?,
            None => self.likeliest()?,
        };
        let types = self.lineage(&set.kind);
        let keys: Vec<&String> = types.iter().flat_map(|kind| kind.keys.iter()).collect();
        let key = match keys.as_slice() {
            [key] => (*key).clone(),
            [] => return Err(Error::Key { entity: set.name.clone(), found: "nothing".to_owned() }),
            several => {
                let found = format!("{} columns together", several.len());
                return Err(Error::Key { entity: set.name.clone(), found });
            }
        };
        let mut people =
            People { collection: set.name.clone(), key, columns: Vec::new(), others: Vec::new() };
        let navigations = || types.iter().flat_map(|kind| kind.navigations.iter());
        let persons: Vec<&String> = navigations()
            .filter(|way| self.same_type(&way.kind, &set.kind))
            .flat_map(|way| way.columns.iter())
            .collect();
        for kind in types.iter().rev() {
            for property in kind.properties.iter().take(COLUMNS) {
                let target = format!("{}/{}", kind.name, property.name);
                let annotated = self.computed.iter().any(|other| self.full(other) == target);
                people.columns.push(Column {
                    kind: kind_of(&property.kind),
                    literal: literal_of(&property.kind),
                    nullable: property.nullable && property.name != people.key,
                    max_length: property.max_length,
                    computed: property.computed || annotated,
                    preset: property.preset,
                    person: persons.contains(&&property.name),
                    name: property.name.clone(),
                });
            }
        }
        // Where a column holds the other row's key, that column tells it.
        for way in navigations().filter(|way| way.columns.is_empty()) {
            people.others.push((way.name.clone(), format!("other rows: {}", way.kind)));
        }
        if !people.columns.iter().any(|column| column.name == people.key) {
            let found = format!("`{}`, which is no property", people.key);
            return Err(Error::Key { entity: set.name.clone(), found });
        }
        Ok(people)
    }

    fn named(&self, name: &str) -> Result<&EntitySet, Error> {
        let exact = self.sets.iter().find(|set| set.name == name);
        let near = || self.sets.iter().find(|set| set.name.eq_ignore_ascii_case(name));
        exact.or_else(near).ok_or_else(|| Error::NoSuchEntity {
            name: name.to_owned(),
            candidates: self.candidates(),
        })
    }

    fn likeliest(&self) -> Result<&EntitySet, Error> {
        let likelihood = |set: &&EntitySet| {
            let simple = set.kind.rsplit('.').next().unwrap_or(&set.kind).to_lowercase();
            let name = set.name.to_lowercase();
            let whole = PEOPLE.iter().position(|word| name == *word || simple == *word);
            let part =
                || PEOPLE.iter().position(|word| name.contains(word) || simple.contains(word));
            whole.or_else(|| part().map(|at| at + PEOPLE.len()))
        };
        let best = self.sets.iter().filter_map(|set| likelihood(&set)).min();
        let mut likely = self.sets.iter().filter(|set| best.is_some() && likelihood(set) == best);
        match (likely.next(), likely.next()) {
            (Some(set), None) => Ok(set),
            _ => Err(Error::Unclear { candidates: self.candidates() }),
        }
    }

    /// The names of the entity sets, for a reader.
    fn candidates(&self) -> String {
        const LISTED: usize = 40;
        let names = alternatives(self.sets.iter().take(LISTED).map(|set| set.name.as_str()));
        match self.sets.len().checked_sub(LISTED) {
            None | Some(0) if names.is_empty() => "none".to_owned(),
            None | Some(0) => names,
            Some(more) => format!("{names} and {more} more"),
        }
    }

    /// A type and those that it is based on, its own first.
    fn lineage(&self, name: &str) -> Vec<&EntityType> {
        let mut types: Vec<&EntityType> = Vec::new();
        let mut next = Some(name.to_owned());
        while let Some(name) = next.take()
            && types.len() < BASES
            && let Some(found) = self.types.iter().find(|kind| self.same_type(&kind.name, &name))
        {
            types.push(found);
            next.clone_from(&found.base);
        }
        types
    }

    fn same_type(&self, one: &str, other: &str) -> bool {
        self.full(one) == self.full(other)
    }

    /// A name with the namespace in place of its alias.
    fn full(&self, name: &str) -> String {
        let known = self.aliases.iter().find_map(|(alias, namespace)| {
            let rest = name.strip_prefix(alias.as_str())?.strip_prefix('.')?;
            (!rest.contains('.')).then(|| format!("{namespace}.{rest}"))
        });
        known.unwrap_or_else(|| name.to_owned())
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
        other => return Err(format!("of type {other}")),
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

/// The walk over a document.
#[derive(Default)]
struct Walk {
    metadata: Metadata,
    path: Vec<Place>,
    is_edmx: bool,
    namespace: String,
    /// What an `Annotations` element is about.
    target: Option<String>,
}

/// Where the walk is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Schema,
    EntityType,
    Key,
    Property,
    Navigation,
    Container,
    Annotations,
    /// Anything that is passed through.
    Wrapper,
    /// Anything whose content does not matter.
    Other,
}

impl Walk {
    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), Error> {
        let element = start.local_name();
        let element: &str = element.as_ref();
        let inside = self.path.last().copied();
        let place = match (inside, element) {
            (None, "Edmx") => {
                let version = attribute(start, "Version").unwrap_or_default();
                if !version.starts_with("4.") {
                    return Err(Error::NotV4 { found: format!("version `{}`", shown(&version)) });
                }
                self.is_edmx = true;
                Place::Wrapper
            }
            (None, other) => {
                return Err(Error::NotV4 { found: format!("an element `{}`", shown(other)) });
            }
            (Some(Place::Wrapper), "DataServices") => Place::Wrapper,
            (Some(Place::Wrapper), "Schema") => {
                self.namespace = attribute(start, "Namespace").unwrap_or_default();
                if let Some(alias) = attribute(start, "Alias") {
                    self.metadata.aliases.push((alias, self.namespace.clone()));
                }
                Place::Schema
            }
            (Some(Place::Schema), "EntityType") => self.entity_type(start),
            (Some(Place::Schema), "EntityContainer") => Place::Container,
            (Some(Place::Schema), "Annotations") => {
                self.target = attribute(start, "Target");
                Place::Annotations
            }
            (Some(Place::EntityType), "Key") => Place::Key,
            (Some(Place::EntityType), "Property") => self.property(start),
            (Some(Place::EntityType), "NavigationProperty") => self.navigation(start),
            (Some(Place::Key), "PropertyRef") => {
                if let (Some(name), Some(kind)) = (name(start), self.metadata.types.last_mut()) {
                    kind.keys.push(name);
                }
                Place::Other
            }
            (Some(Place::Navigation), "ReferentialConstraint") => {
                let way = self.metadata.types.last_mut().and_then(|k| k.navigations.last_mut());
                if let (Some(column), Some(way)) = (attribute(start, "Property"), way) {
                    way.columns.push(column);
                }
                Place::Other
            }
            (Some(Place::Property), "Annotation") if is_computed(start) => {
                let kind = self.metadata.types.last_mut();
                if let Some(property) = kind.and_then(|kind| kind.properties.last_mut()) {
                    property.computed = true;
                }
                Place::Other
            }
            (Some(Place::Annotations), "Annotation") if is_computed(start) => {
                self.metadata.computed.extend(self.target.clone());
                Place::Other
            }
            (Some(Place::Container), "EntitySet") => {
                if let (Some(name), Some(kind)) = (name(start), attribute(start, "EntityType")) {
                    self.metadata.sets.push(EntitySet { name, kind });
                }
                Place::Other
            }
            _ => Place::Other,
        };
        self.path.push(place);
        Ok(())
    }

    fn end(&mut self) {
        if self.path.pop() == Some(Place::Annotations) {
            self.target = None;
        }
    }

    fn entity_type(&mut self, start: &BytesStart<'_>) -> Place {
        let Some(name) = name(start) else { return Place::Other };
        self.metadata.types.push(EntityType {
            name: format!("{}.{name}", self.namespace),
            base: attribute(start, "BaseType"),
            ..EntityType::default()
        });
        Place::EntityType
    }

    fn property(&mut self, start: &BytesStart<'_>) -> Place {
        let (Some(name), Some(kind)) = (name(start), self.metadata.types.last_mut()) else {
            return Place::Other;
        };
        kind.properties.push(Property {
            name,
            kind: attribute(start, "Type").map(|kind| shown(&kind)).unwrap_or_default(),
            // Without the attribute a single value may be null (OData CSDL XML 4.01 §7.2.1).
            nullable: attribute(start, "Nullable").is_none_or(|nullable| nullable != "false"),
            // `max` is no number and no limit, and nothing has no room at all.
            max_length: attribute(start, "MaxLength")
                .and_then(|most| most.parse().ok())
                .filter(|most| *most > 0),
            preset: attribute(start, "DefaultValue").is_some(),
            computed: false,
        });
        Place::Property
    }

    fn navigation(&mut self, start: &BytesStart<'_>) -> Place {
        let (Some(name), Some(kind)) = (name(start), self.metadata.types.last_mut()) else {
            return Place::Other;
        };
        let target = attribute(start, "Type").map(|kind| shown(&kind)).unwrap_or_default();
        kind.navigations.push(Navigation { name, kind: target, columns: Vec::new() });
        Place::Navigation
    }
}

/// Whether an annotation says that the server alone writes the value
/// (OData Core vocabulary: `Computed`; without a value it is true).
fn is_computed(start: &BytesStart<'_>) -> bool {
    let term = attribute(start, "Term").unwrap_or_default();
    let is_core = term == "Org.OData.Core.V1.Computed" || term.ends_with("Core.Computed");
    is_core && attribute(start, "Bool").is_none_or(|truth| truth != "false")
}

/// The `Name` of an element, where it is one that OData allows (CSDL XML 4.01 §15.2).
fn name(start: &BytesStart<'_>) -> Option<String> {
    let name = attribute(start, "Name")?;
    let mut characters = name.chars();
    let first = characters.next()?;
    let sound = (first.is_alphabetic() || first == '_')
        && characters.all(|c| c.is_alphanumeric() || c == '_')
        && name.chars().count() <= 128;
    sound.then_some(name)
}

fn attribute(start: &BytesStart<'_>, wanted: &str) -> Option<String> {
    let found = start
        .attributes()
        .flatten()
        .find(|attribute| attribute.key.local_name().as_ref() == wanted)?;
    let value = found.normalized_value(XmlVersion::Explicit1_0).ok()?;
    Some(value.into_owned())
}

/// A stranger's word, short and on one line.
fn shown(word: &str) -> String {
    word.chars().filter(|c| !c.is_control()).take(128).collect()
}
