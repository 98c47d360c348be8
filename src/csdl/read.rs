//! The document's elements → a [`Service`].

use std::collections::HashMap;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::{EntityType, Navigation, Property, Service, Unreadable};

/// How deeply elements may be nested: annotations hold records in records.
const DEPTH: usize = 64;

/// The most elements: services with thousands of types have fewer.
const ELEMENTS: usize = 400_000;

/// How many types may extend each other in a row.
const GENERATIONS: usize = 32;

/// What is collected while the elements go by.
#[derive(Default)]
struct Draft {
    service: Service,
    /// Whether there was a schema.
    found: bool,
    /// The namespace of the schema that is open.
    namespace: String,
    /// Other names of namespaces.
    aliases: HashMap<String, String>,
    /// The service's own names of simple types.
    definitions: HashMap<String, (String, Option<u32>)>,
    /// What is annotated from outside: `Namespace.Type/property`.
    computed: Vec<String>,
    /// What the open `Annotations` are about.
    target: Option<String>,
}

/// Reads a whole document.
pub(super) fn document(text: &str) -> Result<Service, Unreadable> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut draft = Draft::default();
    let mut open: Vec<String> = Vec::new();
    let mut elements = 0_usize;
    loop {
        let event = reader.read_event();
        let wrong = || Unreadable::Xml { offset: reader.buffer_position() };
        match event.map_err(|_| wrong())? {
            Event::Start(start) => {
                let name = start.local_name().into_inner().to_owned();
                if open.is_empty() && name != "Edmx" {
                    return Err(Unreadable::NoSchema);
                }
                draft.begin(&name, open.last().map(String::as_str), &start)?;
                open.push(name);
                elements += 1;
                if open.len() > DEPTH || elements > ELEMENTS {
                    return Err(Unreadable::Elaborate);
                }
            }
            Event::End(_) => {
                let name = open.pop().ok_or_else(wrong)?;
                if name == "Annotations" {
                    draft.target = None;
                }
            }
            // Entities could be declared there, and no service needs any.
            Event::DocType(_) => return Err(Unreadable::Elaborate),
            Event::Eof if open.is_empty() => break,
            Event::Eof => return Err(wrong()),
            _ => {}
        }
    }
    if draft.found { Ok(draft.finish()) } else { Err(Unreadable::NoSchema) }
}

impl Draft {
    fn begin(
        &mut self,
        name: &str,
        parent: Option<&str>,
        start: &BytesStart<'_>,
    ) -> Result<(), Unreadable> {
        let said = |wanted: &str| attribute(start, wanted);
        let flag = |wanted: &str| said(wanted).map(|text| text == "true");
        match (name, parent) {
            // Version 2 and 3 have the same elements in other namespaces, and other rules.
            ("Edmx", None) if !said("Version").is_some_and(|version| version.starts_with('4')) => {
                return Err(Unreadable::Version);
            }
            ("Schema", _) => {
                self.found = true;
                self.namespace = said("Namespace").unwrap_or_default();
                if let Some(alias) = said("Alias") {
                    self.aliases.insert(alias, self.namespace.clone());
                }
            }
            ("EntityType", Some("Schema")) => self.service.types.push(EntityType {
                name: self.qualified(&said("Name").unwrap_or_default()),
                base: said("BaseType"),
                ..EntityType::default()
            }),
            ("TypeDefinition", Some("Schema")) => {
                let name = self.qualified(&said("Name").unwrap_or_default());
                let kind = said("UnderlyingType").unwrap_or_default();
                let length = said("MaxLength").and_then(|text| text.parse().ok());
                self.definitions.insert(name, (kind, length));
            }
            ("EntitySet", Some("EntityContainer")) => {
                let kind = said("EntityType").unwrap_or_default();
                self.service.sets.push((said("Name").unwrap_or_default(), kind));
            }
            ("Annotations", _) => self.target = said("Target"),
            ("Annotation", Some("Annotations")) => {
                if let Some(target) = self.target.clone().filter(|_| is_computed(start)) {
                    self.computed.push(target);
                }
            }
            _ => {}
        }
        let Some(open) = self.service.types.last_mut() else { return Ok(()) };
        match (name, parent) {
            ("PropertyRef", Some("Key")) => open.key.extend(said("Name")),
            ("Property", Some("EntityType")) => open.properties.push(Property {
                name: said("Name").unwrap_or_default(),
                kind: said("Type").unwrap_or_else(|| "Edm.String".to_owned()),
                nullable: flag("Nullable").unwrap_or(true),
                max_length: said("MaxLength").and_then(|text| text.parse().ok()),
                has_default: said("DefaultValue").is_some(),
                computed: false,
            }),
            ("NavigationProperty", Some("EntityType")) => {
                let kind = said("Type").unwrap_or_default();
                let one = kind.strip_prefix("Collection(").and_then(|kind| kind.strip_suffix(')'));
                open.navigations.push(Navigation {
                    name: said("Name").unwrap_or_default(),
                    target: one.unwrap_or(&kind).to_owned(),
                    many: one.is_some(),
                    columns: Vec::new(),
                });
            }
            ("ReferentialConstraint", Some("NavigationProperty")) => {
                if let Some(way) = open.navigations.last_mut() {
                    way.columns.extend(said("Property"));
                }
            }
            ("Annotation", Some("Property")) if is_computed(start) => {
                if let Some(property) = open.properties.last_mut() {
                    property.computed = true;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn qualified(&self, name: &str) -> String {
        format!("{}.{name}", self.namespace)
    }

    /// A name with its namespace instead of an alias.
    fn canonical(aliases: &HashMap<String, String>, name: &str) -> String {
        match name.rsplit_once('.') {
            Some((before, last)) => match aliases.get(before) {
                Some(namespace) => format!("{namespace}.{last}"),
                None => name.to_owned(),
            },
            None => name.to_owned(),
        }
    }

    /// Everything that one element says of another one that came later.
    fn finish(mut self) -> Service {
        let canonical = |name: &str| Self::canonical(&self.aliases, name);
        for (_, kind) in &mut self.service.sets {
            *kind = canonical(kind);
        }
        let computed: Vec<String> = self
            .computed
            .iter()
            .filter_map(|target| target.split_once('/'))
            .map(|(kind, property)| format!("{}/{property}", canonical(kind)))
            .collect();
        for kind in &mut self.service.types {
            kind.base = kind.base.as_deref().map(canonical);
            for property in &mut kind.properties {
                property.computed |= computed.contains(&format!("{}/{}", kind.name, property.name));
                property.kind = canonical(&property.kind);
                if let Some((underlying, length)) = self.definitions.get(&property.kind) {
                    property.kind.clone_from(underlying);
                    property.max_length = property.max_length.or(*length);
                }
            }
            for navigation in &mut kind.navigations {
                navigation.target = canonical(&navigation.target);
            }
        }
        let plain = self.service.types.clone();
        for kind in &mut self.service.types {
            let mut base = kind.base.clone();
            // A type that extends itself has nothing to inherit.
            for _ in 0..GENERATIONS {
                if base.as_deref() == Some(kind.name.as_str()) {
                    break;
                }
                let Some(parent) = base.and_then(|name| plain.iter().find(|k| k.name == name))
                else {
                    break;
                };
                if kind.key.is_empty() {
                    kind.key.clone_from(&parent.key);
                }
                kind.properties.extend(parent.properties.iter().cloned());
                kind.navigations.extend(parent.navigations.iter().cloned());
                base = parent.base.clone();
            }
        }
        self.service
    }
}

/// Whether an annotation says that the service alone writes something (Org.OData.Core.V1).
fn is_computed(start: &BytesStart<'_>) -> bool {
    let term = attribute(start, "Term").unwrap_or_default();
    term.rsplit('.').next() == Some("Computed")
        && attribute(start, "Bool").is_none_or(|truth| truth == "true")
}

fn attribute(start: &BytesStart<'_>, wanted: &str) -> Option<String> {
    let found = start.attributes().flatten().find(|found| found.key.as_ref() == wanted)?;
    let value = found.normalized_value(XmlVersion::Explicit1_0).ok()?;
    Some(value.into_owned())
}
