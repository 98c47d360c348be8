//! Compiling slot requests into a [`Resource`].

use super::super::document::whole_name;
use super::super::json::Quoted;
use super::super::path::{AttrPath, Urns};
use super::super::schema::{
    AttributeDefinition, AttributeType, EXTERNAL_ID, META, Mutability, ResourceTypeDefinition,
    Returned,
};
use super::super::slots::{MAX_SLOTS, SlotIndex, SlotSet};
use super::known::KnownPaths;
use super::places::Places;
use super::placing::{member, place};
use super::request::{SlotError, SlotRequest, nearest};
use super::shape::{List, Member, Node, Shape};
use super::{Element, Resource, Slot};

/// Collects slots; see [`Resource::builder`].
#[derive(Clone, Debug)]
pub struct ResourceBuilder {
    definition: &'static ResourceTypeDefinition,
    shapes: Vec<Shape>,
    slots: Vec<Slot>,
    created: Option<SlotIndex>,
    last_modified: Option<SlotIndex>,
}

fn shape(urn: &str, name: &str, description: &str, members: Vec<Member>) -> Shape {
    Shape {
        urn: urn.into(),
        name: name.into(),
        description: description.into(),
        places: Places::default(),
        members,
        slots: SlotSet::EMPTY,
        mapped: 0,
        fragment: format!(",{}:{{", Quoted(urn)).into(),
        listing: format!(",{}", Quoted(urn)).into(),
    }
}

fn defined(attributes: &'static [AttributeDefinition]) -> impl Iterator<Item = Member> {
    attributes.iter().map(|attribute| {
        let node = match (attribute.mutability, attribute.name) {
            (_, "password") => Node::Password,
            (Mutability::ReadOnly, _) => Node::ReadOnly,
            _ => Node::Unmapped(attribute),
        };
        member(attribute.name, node)
    })
}

/// `schemas`, which some clients say in an extension's object again (scim2-models does).
fn listed_again() -> Member {
    member("schemas", Node::ReadOnly)
}

static EXTERNAL: AttributeDefinition = EXTERNAL_ID;

impl ResourceBuilder {
    pub(super) fn new(definition: &'static ResourceTypeDefinition) -> Self {
        let mut core = vec![
            member("schemas", Node::ReadOnly),
            member("id", Node::Identity),
            member("externalId", Node::Unmapped(&EXTERNAL)),
            member("meta", Node::Meta),
        ];
        core.extend(defined(definition.schema.attributes));
        let schema = definition.schema;
        let mut shapes = vec![shape(schema.id, schema.name, schema.description, core)];
        shapes.extend(definition.known_extensions.iter().map(|known| {
            let members = defined(known.attributes).chain([listed_again()]).collect();
            shape(known.id, known.name, known.description, members)
        }));
        Self { definition, shapes, slots: Vec::new(), created: None, last_modified: None }
    }

    /// Declares a schema of the mapping's own, whose attributes need a type each. Declaring one that
    /// is known already changes nothing.
    #[must_use]
    pub fn extension(mut self, urn: &str, name: &str, description: &str) -> Self {
        let urn = urn.trim_end_matches(':');
        if !self.shapes.iter().any(|known| known.urn.eq_ignore_ascii_case(urn)) {
            self.shapes.push(shape(urn, name, description, vec![listed_again()]));
        }
        self
    }

    fn urns(&self) -> Urns {
        Urns::new(self.shapes.iter().map(|shape| shape.urn.clone()))
    }

    /// The definition of an attribute in one of the RFC's schemas.
    fn definition_of(&self, at: usize, name: &str) -> Option<&'static AttributeDefinition> {
        if at == 0 {
            if name.eq_ignore_ascii_case("externalId") {
                return Some(&EXTERNAL);
            }
            return self.definition.schema.attribute(name);
        }
        self.known(at)?.attribute(name)
    }

    fn known(&self, at: usize) -> Option<&'static super::super::schema::SchemaDefinition> {
        self.definition.known_extensions.get(at.checked_sub(1)?).copied()
    }

    /// Makes a path a slot.
    ///
    /// # Errors
    /// When the path is none, names nothing, or is asked to be what the RFC says it is not.
    #[expect(clippy::needless_pass_by_value, reason = "a request is made for one call")]
    pub fn slot(&mut self, request: SlotRequest<'_>) -> Result<SlotIndex, SlotError> {
        let urns = self.urns();
        let path = AttrPath::parse(request.path, &urns).map_err(|error| SlotError::Malformed {
            path: request.path.into(),
            reason: error.into_detail(),
        })?;
        let number = match u16::try_from(self.slots.len()) {
            Ok(number) if self.slots.len() < MAX_SLOTS => SlotIndex(number),
            _ => return Err(SlotError::TooMany),
        };
        let at = self.shape_of(&path)?;
        if at == 0 && path.attribute.eq_ignore_ascii_case("meta") {
            return self.meta(number, &path, &request);
        }
        if at == 0 && ["id", "schemas"].iter().any(|n| n.eq_ignore_ascii_case(path.attribute)) {
            return Err(SlotError::ReadOnlyByRfc {
                name: path.attribute.into(),
                mutability: "readOnly",
            });
        }
        match self.definition_of(at, path.attribute) {
            Some(definition) => self.defined_slot(number, at, definition, &path, &request),
            None if at == 0 || self.known(at).is_some() => Err(self.unknown(at, path.attribute)),
            None => self.custom_slot(number, at, &path, &request),
        }
    }

    fn shape_of(&self, path: &AttrPath<'_>) -> Result<usize, SlotError> {
        let Some(schema) = path.schema else {
            // `manager` alone is the extension's, unless the base schema has one.
            let known = |at: &usize| self.definition_of(*at, path.attribute).is_some();
            return Ok((0..self.shapes.len()).find(known).unwrap_or(0));
        };
        self.shapes.iter().position(|shape| shape.urn.eq_ignore_ascii_case(schema)).ok_or_else(
            || {
                let urns = self.shapes.iter().map(|shape| shape.urn.as_ref());
                SlotError::UnknownSchema { urn: schema.into(), near: nearest(schema, urns) }
            },
        )
    }

    fn unknown(&self, at: usize, name: &str) -> SlotError {
        let names = self.shapes.get(at).into_iter().flat_map(|shape| &shape.members);
        let names = names.map(|member| member.name.as_ref());
        // Every resource has these (RFC 7643 §3.1), and the server alone sets them.
        let is_mappable = |name: &&str| {
            let definition = self.definition_of(at, name);
            !matches!(*name, "schemas" | "id" | "meta")
                && definition.is_none_or(|known| known.mutability == Mutability::ReadWrite)
        };
        let known = names.clone().filter(is_mappable).map(str::to_owned).collect();
        SlotError::UnknownAttribute { name: name.into(), near: nearest(name, names), known }
    }

    fn meta(
        &mut self,
        number: SlotIndex,
        path: &AttrPath<'_>,
        request: &SlotRequest<'_>,
    ) -> Result<SlotIndex, SlotError> {
        let name = || format!("meta.{}", path.sub_attribute.unwrap_or_default());
        let Some(definition) = path.sub_attribute.and_then(|sub| META.sub_attribute(sub)) else {
            return Err(SlotError::ReadOnlyByRfc { name: name(), mutability: "readOnly" });
        };
        let mut slot = new_slot(definition, request)?;
        slot.path = format!("meta.{}", definition.name).into();
        slot.attribute = "meta".into();
        slot.sub_attribute = Some(definition.name.into());
        let place =
            if definition.name == "created" { &mut self.created } else { &mut self.last_modified };
        if place.is_some() {
            return Err(SlotError::Twice { name: name() });
        }
        *place = Some(number);
        self.slots.push(slot);
        Ok(number)
    }

    fn defined_slot(
        &mut self,
        number: SlotIndex,
        at: usize,
        definition: &'static AttributeDefinition,
        path: &AttrPath<'_>,
        request: &SlotRequest<'_>,
    ) -> Result<SlotIndex, SlotError> {
        let name = || definition.name.to_owned();
        if matches!(definition.mutability, Mutability::ReadOnly | Mutability::WriteOnly) {
            let mutability = definition.mutability.name();
            return Err(SlotError::ReadOnlyByRfc { name: name(), mutability });
        }
        if request.list && (!definition.multi_valued || path.filter.is_some()) {
            return Err(SlotError::NotMany { name: path.to_string() });
        }
        if definition.multi_valued && path.filter.is_none() && !request.list {
            return Err(SlotError::NotSingle { name: name() });
        }
        if !definition.multi_valued && path.filter.is_some() {
            return Err(SlotError::NotAList { name: name() });
        }
        let names_value = path.sub_attribute.is_none_or(|sub| sub.eq_ignore_ascii_case("value"));
        if request.list && !(names_value && definition.sub_attribute("value").is_some()) {
            return Err(SlotError::ListOfValues { name: name() });
        }
        let sub = match path.sub_attribute {
            _ if definition.kind != AttributeType::Complex => None,
            // RFC 7644 §3.4.2.2: the attribute alone means its `value`.
            None => Some(definition.sub_attribute("value").ok_or_else(|| complex(definition))?),
            Some(sub) => Some(definition.sub_attribute(sub).ok_or_else(|| {
                let names = definition.sub_attributes.iter().map(|known| known.name);
                let whole = |name: &str| format!("{}.{name}", definition.name);
                SlotError::UnknownAttribute {
                    name: whole(sub),
                    near: nearest(sub, names.clone()).map(|near| whole(&near)),
                    known: names.map(whole).collect(),
                }
            })?),
        };
        if sub.is_none() && path.sub_attribute.is_some() {
            let (near, known) = (Some(name()), Vec::new());
            return Err(SlotError::UnknownAttribute { name: path.to_string(), near, known });
        }
        let kind = match &path.filter {
            None => None,
            Some(filter) => Some(filter.only_type().ok_or(SlotError::NotAType { name: name() })?),
        };
        if kind.is_some() && sub.is_some_and(|sub| matches!(sub.name, "type" | "primary")) {
            return Err(SlotError::ReadOnlyByRfc {
                name: path.to_string(),
                mutability: "printed with every element, not stored,",
            });
        }
        let mut slot = new_slot(sub.unwrap_or(definition), request)?;
        slot.attribute = definition.name.into();
        slot.sub_attribute = sub.map(|sub| sub.name.into());
        self.finish(number, at, slot, kind, request, Some(definition))
    }

    fn custom_slot(
        &mut self,
        number: SlotIndex,
        at: usize,
        path: &AttrPath<'_>,
        request: &SlotRequest<'_>,
    ) -> Result<SlotIndex, SlotError> {
        if path.attribute.is_empty() {
            return Err(self.unknown(at, path.schema.unwrap_or_default()));
        }
        if path.filter.is_some() {
            return Err(SlotError::NotAList { name: path.attribute.into() });
        }
        if request.list && path.sub_attribute.is_some() {
            return Err(SlotError::ListOfValues { name: path.attribute.into() });
        }
        let Some(kind) = request.kind else {
            return Err(SlotError::NeedsType { name: path.to_string() });
        };
        let mut slot =
            new_slot(&AttributeDefinition::new("", AttributeType::of(kind), ""), request)?;
        slot.attribute = path.attribute.into();
        slot.sub_attribute = path.sub_attribute.map(Into::into);
        self.finish(number, at, slot, None, request, None)
    }

    /// Names the slot and puts it into its shape.
    fn finish(
        &mut self,
        number: SlotIndex,
        at: usize,
        mut slot: Slot,
        kind: Option<&str>,
        request: &SlotRequest<'_>,
        definition: Option<&'static AttributeDefinition>,
    ) -> Result<SlotIndex, SlotError> {
        let shape = &mut self.shapes[at];
        let mut path = String::new();
        if at > 0 {
            slot.extension = Some(shape.urn.clone());
            path = format!("{}:", shape.urn);
        }
        path.push_str(&slot.attribute);
        let list: Box<str> = path.as_str().into();
        if let Some(kind) = kind {
            path = format!("{path}[type eq {}]", Quoted(kind));
            slot.multi_valued =
                Some(Element { kind: kind.into(), default: request.default_element });
        }
        if let Some(sub) = &slot.sub_attribute {
            path = format!("{path}.{sub}");
        }
        slot.path = path.into();
        place(shape, &slot, list, number, definition)?;
        shape.slots.insert(number);
        self.slots.push(slot);
        Ok(number)
    }

    /// A slot that was made, as the RFC and the request together define it.
    ///
    /// # Panics
    /// If the number was made by another builder.
    #[must_use]
    pub fn made(&self, index: SlotIndex) -> &Slot {
        &self.slots[index.position()]
    }

    /// Closes the list.
    #[must_use]
    pub fn build(self) -> Resource {
        let urns = self.urns();
        let Self { definition, mut shapes, slots, created, last_modified } = self;
        for shape in &mut shapes {
            // Names that are mapped come first: they are what requests hold.
            let is_mapped = |m: &Member| {
                matches!(m.node, Node::Slot(_) | Node::Complex(_) | Node::Multi(_) | Node::List(_))
            };
            let first = |m: &Member| match &m.node {
                Node::Slot(slot) | Node::List(List { slot, .. }) => Some(*slot),
                Node::Complex(complex) => complex.slots.iter().next(),
                Node::Multi(multi) => multi.slots.iter().next(),
                _ => None,
            };
            shape.members.sort_by_key(|member| (!is_mapped(member), first(member)));
            shape.place_names();
            shape.mapped = shape.members.iter().filter(|member| is_mapped(member)).count();
        }
        let set = |test: &dyn Fn(&Slot) -> bool| -> SlotSet {
            (0_u16..).map(SlotIndex).zip(&slots).filter(|(_, s)| test(s)).map(|(i, _)| i).collect()
        };
        let mut resource = Resource {
            required: set(&|slot| slot.required),
            printable: set(&|slot| slot.returned != Returned::Never),
            read_only: set(&|slot| !slot.writable()),
            always: set(&|slot| slot.returned == Returned::Always),
            meta_fragment: format!(",\"meta\":{{\"resourceType\":{}", Quoted(definition.name))
                .into(),
            definition,
            slots,
            shapes,
            urns,
            created,
            last_modified,
            whole_name: None,
            known: KnownPaths::default(),
        };
        resource.whole_name = whole_name(&resource);
        resource.known = KnownPaths::of(&resource);
        resource
    }
}

fn complex(definition: &AttributeDefinition) -> SlotError {
    let names: Vec<String> = definition
        .sub_attributes
        .iter()
        .map(|sub| format!("`{}.{}`", definition.name, sub.name))
        .collect();
    SlotError::Complex { name: definition.name.into(), expected: names.join(", ") }
}

/// A slot with the definition's facts, where the request does not say otherwise.
fn new_slot(
    definition: &AttributeDefinition,
    request: &SlotRequest<'_>,
) -> Result<Slot, SlotError> {
    let name = || request.path.to_owned();
    let Some(kind) = definition.kind.value_type() else { return Err(complex(definition)) };
    if let Some(found) = request.kind.filter(|found| *found != kind) {
        let expected = kind.name();
        return Err(SlotError::TypeDiffers { name: name(), expected, found: found.name() });
    }
    let mutability = request.mutability.unwrap_or(definition.mutability);
    if definition.mutability == Mutability::ReadOnly && mutability != Mutability::ReadOnly {
        return Err(SlotError::ReadOnlyByRfc { name: name(), mutability: "readOnly" });
    }
    let canonical_values = if request.canonical_values.is_empty() {
        definition.canonical_values.iter().map(|value| Box::from(*value)).collect()
    } else {
        request.canonical_values.iter().map(|value| value.as_str().into()).collect()
    };
    Ok(Slot {
        path: "".into(),
        kind,
        case_exact: request.case_exact.unwrap_or(definition.case_exact),
        required: request.required.unwrap_or(definition.required),
        defaulted: request.defaulted,
        mutability,
        // RFC 7643 §7: what cannot be read is never returned.
        returned: if mutability == Mutability::WriteOnly {
            Returned::Never
        } else {
            definition.returned
        },
        uniqueness: request.uniqueness.unwrap_or(definition.uniqueness),
        multi_valued: None,
        is_list: request.list,
        extension: None,
        attribute: "".into(),
        sub_attribute: None,
        attribute_type: definition.kind,
        description: request.description.unwrap_or(definition.description).into(),
        canonical_values,
    })
}
