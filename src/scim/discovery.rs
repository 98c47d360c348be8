//! `/Schemas` and `/ResourceTypes` (RFC 7643 §6, §7), made from what is mapped: what is not stored is
//! not advertised.

use serde_json::{Map, Value, json};

use super::resource::{Complex, List, Multi, Node, Resource, Shape, Slot};
use super::schema::{AttributeDefinition, AttributeType, Mutability, Returned, Uniqueness};
use super::slots::SlotSet;

/// The URN of a schema's own representation (RFC 7643 §7).
pub const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
/// The URN of a resource type's own representation (RFC 7643 §6).
pub const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";

/// The schemas of a resource, the base schema first, under a base URL without a trailing slash.
/// Extensions to which nothing is mapped are left out.
#[must_use]
pub fn schemas(resource: &Resource, base: &str) -> Vec<Value> {
    let core = std::iter::once(resource.core());
    core.chain(mapped_extensions(resource)).map(|shape| schema(resource, shape, base)).collect()
}

/// The resource type (RFC 7643 §6), under a base URL without a trailing slash.
#[must_use]
pub fn resource_type(resource: &Resource, base: &str) -> Value {
    let definition = resource.definition();
    let extensions: Vec<Value> = mapped_extensions(resource)
        .map(|shape| json!({ "schema": shape.urn, "required": required(resource, shape.slots) }))
        .collect();
    json!({
        "schemas": [RESOURCE_TYPE],
        "id": definition.name,
        "name": definition.name,
        "endpoint": definition.endpoint,
        "description": definition.description,
        "schema": definition.schema.id,
        "schemaExtensions": extensions,
        "meta": {
            "resourceType": "ResourceType",
            "location": format!("{base}/ResourceTypes/{}", definition.name),
        },
    })
}

fn mapped_extensions(resource: &Resource) -> impl Iterator<Item = &Shape> {
    resource.extensions().iter().filter(|shape| !shape.slots.is_empty())
}

fn required(resource: &Resource, slots: SlotSet) -> bool {
    !slots.intersection(resource.required()).is_empty()
}

fn schema(resource: &Resource, shape: &Shape, base: &str) -> Value {
    let attributes: Vec<Value> = shape
        .members
        .iter()
        .filter_map(|member| match &member.node {
            Node::Slot(slot) => {
                let slot = resource.slot(*slot);
                Some(described(&member.name, slot, slot.required, None))
            }
            Node::Complex(complex) => Some(object(resource, shape, &member.name, complex)),
            Node::Multi(multi) => Some(list(resource, &member.name, multi)),
            Node::List(list) => Some(values(resource, &member.name, list)),
            _ => None,
        })
        .collect();
    json!({
        "schemas": [SCHEMA],
        "id": shape.urn,
        "name": shape.name,
        "description": shape.description,
        "attributes": attributes,
        "meta": {
            "resourceType": "Schema",
            "location": format!("{base}/Schemas/{}", shape.urn),
        },
    })
}

/// One attribute. Keys without a meaning for its type are left out.
#[derive(Clone, Copy)]
struct Attribute<'a> {
    name: &'a str,
    kind: AttributeType,
    multi_valued: bool,
    description: &'a str,
    required: bool,
    case_exact: bool,
    mutability: Mutability,
    returned: Returned,
    uniqueness: Uniqueness,
    reference_types: &'static [&'static str],
}

impl Attribute<'_> {
    fn print(self, canonical_values: &[&str], sub_attributes: Option<Vec<Value>>) -> Value {
        let mut map = Map::new();
        let mut put = |key: &str, value: Value| drop(map.insert(key.to_owned(), value));
        put("name", self.name.into());
        put("type", self.kind.name().into());
        put("multiValued", self.multi_valued.into());
        put("description", self.description.into());
        put("required", self.required.into());
        if self.kind != AttributeType::Complex && self.kind != AttributeType::Boolean {
            put("caseExact", self.case_exact.into());
        }
        put("mutability", self.mutability.name().into());
        put("returned", self.returned.name().into());
        put("uniqueness", self.uniqueness.name().into());
        if !canonical_values.is_empty() {
            put("canonicalValues", canonical_values.into());
        }
        if self.kind == AttributeType::Reference && !self.reference_types.is_empty() {
            put("referenceTypes", self.reference_types.into());
        }
        if let Some(sub_attributes) = sub_attributes {
            put("subAttributes", sub_attributes.into());
        }
        Value::Object(map)
    }

    fn defined(definition: &'static AttributeDefinition) -> Self {
        Self {
            name: definition.name,
            kind: definition.kind,
            multi_valued: definition.multi_valued,
            description: definition.description,
            required: definition.required,
            case_exact: definition.case_exact,
            mutability: definition.mutability,
            returned: definition.returned,
            uniqueness: definition.uniqueness,
            reference_types: definition.reference_types,
        }
    }
}

/// A slot as the attribute or sub-attribute that it is.
fn described(
    name: &str,
    slot: &Slot,
    required: bool,
    definition: Option<&'static AttributeDefinition>,
) -> Value {
    let canonical: Vec<&str> = slot.canonical_values.iter().map(AsRef::as_ref).collect();
    Attribute {
        name,
        kind: slot.attribute_type,
        multi_valued: slot.is_list,
        description: &slot.description,
        required,
        case_exact: slot.case_exact,
        mutability: slot.mutability,
        returned: slot.returned,
        uniqueness: slot.uniqueness,
        reference_types: definition.map_or(&["external"], |known| known.reference_types),
    }
    .print(&canonical, None)
}

fn object(resource: &Resource, shape: &Shape, name: &str, complex: &Complex) -> Value {
    let definition = resource.definition();
    let known = std::iter::once(definition.schema)
        .chain(definition.known_extensions.iter().copied())
        .find(|schema| schema.id == shape.urn.as_ref())
        .and_then(|schema| schema.attribute(name));
    let subs = complex
        .subs
        .iter()
        .filter_map(|sub| {
            let slot = resource.slot(sub.slot?);
            let definition = known.and_then(|known| known.sub_attribute(&sub.name));
            Some(described(&sub.name, slot, slot.required, definition))
        })
        .chain(complex.reference.map(|known| Attribute::defined(known).print(&[], None)))
        .collect();
    let attribute = Attribute {
        name,
        kind: AttributeType::Complex,
        multi_valued: false,
        description: known.map_or("", |known| known.description),
        required: required(resource, complex.slots),
        case_exact: false,
        mutability: whole(resource, complex.slots),
        returned: Returned::Default,
        uniqueness: Uniqueness::None,
        reference_types: &[],
    };
    attribute.print(&[], Some(subs))
}

fn list(resource: &Resource, name: &str, multi: &Multi) -> Value {
    let mut subs: Vec<Value> = multi
        .subs
        .iter()
        .enumerate()
        .filter_map(|(column, sub)| {
            let mut slots = (0..multi.elements.len()).filter_map(|row| multi.slot(row, column));
            let first = resource.slot(slots.next()?);
            // Only the work e-mail may be required, so no element as such is.
            let every = slots.all(|slot| resource.slot(slot).required) && first.required;
            let definition = multi.definition.sub_attribute(&sub.name);
            Some(described(&sub.name, first, every, definition))
        })
        .collect();
    for companion in ["type", "primary"] {
        if let Some(definition) = multi.definition.sub_attribute(companion) {
            let kinds: Vec<&str> = match companion {
                "type" => multi.elements.iter().map(|element| element.kind.as_ref()).collect(),
                _ => Vec::new(),
            };
            // Which element is primary is not stored: it is made anew when the list is printed.
            let mutability = match companion {
                "primary" => Mutability::ReadOnly,
                _ => definition.mutability,
            };
            let attribute = Attribute { mutability, ..Attribute::defined(definition) };
            subs.push(attribute.print(&kinds, None));
        }
    }
    let attribute = Attribute {
        name,
        required: required(resource, multi.slots),
        mutability: whole(resource, multi.slots),
        ..Attribute::defined(multi.definition)
    };
    attribute.print(&[], Some(subs))
}

/// A list of values. Of an element's sub-attributes only `value` is kept, so no other is advertised.
fn values(resource: &Resource, name: &str, list: &List) -> Value {
    let slot = resource.slot(list.slot);
    let Some(definition) = list.definition else {
        return described(name, slot, slot.required, None);
    };
    let one = Slot { is_list: false, ..slot.clone() };
    let value = described("value", &one, false, definition.sub_attribute("value"));
    let attribute = Attribute {
        name,
        required: slot.required,
        mutability: slot.mutability,
        ..Attribute::defined(definition)
    };
    attribute.print(&[], Some(vec![value]))
}

/// A container is read-only if everything in it is.
fn whole(resource: &Resource, slots: SlotSet) -> Mutability {
    if slots.difference(resource.read_only()).is_empty() {
        Mutability::ReadOnly
    } else {
        Mutability::ReadWrite
    }
}

#[cfg(test)]
mod tests;
