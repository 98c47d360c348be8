//! The compiled view of what a mapping maps: slots by number, and the shapes of JSON around them.
//!
//! It is built once, when a mapping is loaded. A request finds every name by walking these short
//! tables; nothing here is allocated per request.

mod builder;
mod known;
mod places;
mod placing;
mod request;
mod shape;

use std::fmt;

pub use builder::ResourceBuilder;
pub use request::{SlotError, SlotRequest};
pub use shape::{
    Complex, Found, List, ListElement, ListPart, Member, Multi, Node, Shape, Sub, is_companion,
};

use self::known::KnownPaths;
use super::path::{AttrPath, Urns, same_name};
use super::schema::{AttributeType, Mutability, ResourceTypeDefinition, Returned, Uniqueness};
use super::slots::{SlotIndex, SlotSet};
use crate::value::Type;

/// The element of a list to which a slot belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// Its `type`, such as `work`.
    pub kind: Box<str>,
    /// Whether elements without a `type` mean this one.
    pub default: bool,
}

/// One mapped path.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Its canonical text, such as `emails[type eq "work"].value`.
    pub path: Box<str>,
    /// The type of its values.
    pub kind: Type,
    /// Whether letter case counts when values are compared.
    pub case_exact: bool,
    /// Whether every resource must have it.
    pub required: bool,
    /// Whether it always has a value, although a request need not say one: it cannot be removed.
    pub defaulted: bool,
    /// Who may change it.
    pub mutability: Mutability,
    /// When it is printed.
    pub returned: Returned,
    /// How far its values are unique.
    pub uniqueness: Uniqueness,
    /// The list element it belongs to.
    pub multi_valued: Option<Element>,
    /// Whether it holds a list of values of its type: a multi-valued attribute kept whole.
    pub is_list: bool,
    /// The URN of an extension; `None` for the base schema and `meta`.
    pub extension: Option<Box<str>>,
    /// The attribute's name.
    pub attribute: Box<str>,
    /// The sub-attribute's name.
    pub sub_attribute: Option<Box<str>>,
    /// The attribute's type for discovery, which tells a reference or binary from a string.
    pub attribute_type: AttributeType,
    /// What it is, in a sentence.
    pub description: Box<str>,
    /// The values that are suggested for it.
    pub canonical_values: Vec<Box<str>>,
}

impl Slot {
    /// Whether a client may write it.
    #[must_use]
    pub fn writable(&self) -> bool {
        self.mutability != Mutability::ReadOnly
    }
}

/// A resource type as one mapping serves it.
#[derive(Clone, Debug)]
pub struct Resource {
    pub(super) definition: &'static ResourceTypeDefinition,
    pub(super) slots: Vec<Slot>,
    /// The base schema, then every extension, known or declared.
    pub(super) shapes: Vec<Shape>,
    pub(super) urns: Urns,
    pub(super) created: Option<SlotIndex>,
    pub(super) last_modified: Option<SlotIndex>,
    pub(super) required: SlotSet,
    pub(super) printable: SlotSet,
    pub(super) read_only: SlotSet,
    pub(super) always: SlotSet,
    /// See [`Resource::whole_name`].
    pub(super) whole_name: Option<SlotIndex>,
    /// See [`Resource::leading_slot`].
    known: KnownPaths,
    /// `","meta":{"resourceType":"User"`, ready to print.
    pub(super) meta_fragment: Box<str>,
}

impl Resource {
    /// Begins the compilation of a mapping of that resource type.
    #[must_use]
    pub fn builder(definition: &'static ResourceTypeDefinition) -> ResourceBuilder {
        ResourceBuilder::new(definition)
    }

    /// What RFC 7643 says of the resource type.
    #[must_use]
    pub const fn definition(&self) -> &'static ResourceTypeDefinition {
        self.definition
    }

    /// Every slot, by its number.
    #[must_use]
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The slot of that number.
    ///
    /// # Panics
    /// If the number was made by another resource's builder.
    #[must_use]
    pub fn slot(&self, index: SlotIndex) -> &Slot {
        // Numbers are made by the builder of this very table.
        &self.slots[index.position()]
    }

    /// The numbers of all slots.
    pub fn indices(&self) -> impl Iterator<Item = SlotIndex> + use<> {
        // The builder refuses more than 256 slots.
        #[expect(clippy::cast_possible_truncation, reason = "at most 256 slots")]
        (0..self.slots.len() as u16).map(SlotIndex)
    }

    /// The schema URNs that paths may begin with.
    #[must_use]
    pub const fn urns(&self) -> &Urns {
        &self.urns
    }

    /// The slots that every resource must have.
    #[must_use]
    pub const fn required(&self) -> SlotSet {
        self.required
    }

    /// The slots that no client may write.
    #[must_use]
    pub const fn read_only(&self) -> SlotSet {
        self.read_only
    }

    /// The slot of `meta.created`.
    #[must_use]
    pub const fn created(&self) -> Option<SlotIndex> {
        self.created
    }

    /// The slot of `meta.lastModified`.
    #[must_use]
    pub const fn last_modified(&self) -> Option<SlotIndex> {
        self.last_modified
    }

    /// The slot of `name.formatted` where none of a name's parts has one: there the parts of a
    /// request are put together.
    pub(super) const fn whole_name(&self) -> Option<SlotIndex> {
        self.whole_name
    }

    /// The shape of the base schema.
    pub(super) fn core(&self) -> &Shape {
        // The builder always makes it.
        &self.shapes[0]
    }

    /// The shapes of the extensions.
    pub(super) fn extensions(&self) -> &[Shape] {
        self.shapes.get(1..).unwrap_or_default()
    }

    /// The shape of that URN, in any letter case; the base schema's without one.
    pub(super) fn shape(&self, schema: Option<&str>) -> Option<&Shape> {
        let Some(schema) = schema else { return self.shapes.first() };
        self.shapes.iter().find(|shape| same_name(&shape.urn, schema))
    }

    /// What stands at that path, its brackets aside.
    #[must_use]
    pub fn find(&self, path: &AttrPath<'_>) -> Found<'_> {
        let Some(shape) = self.shape(path.schema) else { return Found::Unknown };
        if path.attribute.is_empty() {
            return Found::Schema(shape);
        }
        // A bare `department` or `manager` is looked for in the extensions as well: clients write
        // the extension's attributes without the URN (Entra ID's `"path": "manager"`).
        let member = shape.member(path.attribute).or_else(|| {
            if path.schema.is_some() {
                return None;
            }
            self.extensions().iter().find_map(|extension| extension.member(path.attribute))
        });
        let Some(member) = member else { return Found::Unknown };
        self.found(member, path.sub_attribute)
    }

    fn found<'r>(&'r self, member: &'r Member, sub: Option<&str>) -> Found<'r> {
        match (&member.node, sub) {
            (Node::Identity, None) => Found::Id,
            (Node::Password, None) => Found::Password,
            (Node::Meta, sub) => self.found_meta(sub),
            (Node::ReadOnly, _) => Found::ReadOnly,
            (Node::Slot(slot), None) => Found::Slot(*slot),
            (Node::Complex(complex), None) => Found::Complex(complex),
            (Node::Complex(complex), Some(sub)) => match complex.sub(sub) {
                Some(Sub { slot: Some(slot), .. }) => Found::Slot(*slot),
                Some(_) => Found::Unmapped,
                None => Found::Unknown,
            },
            (Node::Multi(multi), sub) => Found::Multi(multi, sub.map(|sub| multi.sub_named(sub))),
            (Node::List(list), sub) => match list.part(sub) {
                Some(part) => Found::List(list, part),
                None => Found::Unknown,
            },
            (Node::Unmapped(definition), Some(sub)) => {
                if definition.sub_attribute(sub).is_some() {
                    Found::Unmapped
                } else {
                    Found::Unknown
                }
            }
            (Node::Unmapped(_), None) => Found::Unmapped,
            (Node::Identity | Node::Password | Node::Slot(_), Some(_)) => Found::Unknown,
        }
    }

    fn found_meta(&self, sub: Option<&str>) -> Found<'_> {
        let is = |name: &str| sub.is_some_and(|sub| sub.eq_ignore_ascii_case(name));
        if is("resourceType") {
            return Found::ResourceType;
        }
        let slot = if is("created") {
            self.created
        } else if is("lastModified") {
            self.last_modified
        } else {
            None
        };
        slot.map_or(Found::ReadOnly, Found::Slot)
    }

    /// The slot of that path, if it names exactly one of a single value.
    #[must_use]
    pub fn slot_of(&self, path: &str) -> Option<SlotIndex> {
        let path = AttrPath::parse(path, &self.urns).ok()?;
        match self.find(&path) {
            Found::Slot(slot) if path.filter.is_none() => Some(slot),
            Found::Complex(complex) if path.filter.is_none() => complex.value(),
            Found::Multi(multi, sub) => {
                let filter = path.filter.as_ref()?;
                let element = multi.element_named(filter.only_type()?)?;
                let sub = match sub {
                    Some(sub) => sub?,
                    None => multi.sub_named("value")?,
                };
                multi.slot(element, sub)
            }
            _ => None,
        }
    }

    /// Whether that path is `id`, which has no slot.
    #[must_use]
    pub fn is_id(&self, path: &str) -> bool {
        AttrPath::parse(path, &self.urns)
            .is_ok_and(|path| path.filter.is_none() && matches!(self.find(&path), Found::Id))
    }

    /// The slot of the path that a text begins with, and how many bytes the path is long.
    ///
    /// This is only a shorter way to what the parts of the path say. It knows paths of a single
    /// value in the spelling that nearly everybody uses, in any letter case: `userName`,
    /// `emails[type eq "work"].value`, `urn:…:User:department` and `department`, each before a blank
    /// or at the end. `None` for every other text, which may well begin with a path of a slot.
    #[must_use]
    pub fn leading_slot(&self, text: &[u8]) -> Option<(SlotIndex, usize)> {
        self.known.leading_slot(text)
    }

    /// The slots at or below a path without brackets, such as `emails`, `name` or a schema's URN:
    /// what a projection by that name keeps. Empty for names that nothing is mapped to.
    #[must_use]
    pub fn attribute_slots(&self, path: &str) -> SlotSet {
        if path.eq_ignore_ascii_case("meta") {
            return self.created.into_iter().chain(self.last_modified).collect();
        }
        let Ok(path) = AttrPath::parse(path, &self.urns) else { return SlotSet::EMPTY };
        match self.find(&path) {
            Found::Slot(slot) => SlotSet::of(slot),
            Found::Complex(complex) => complex.slots,
            Found::List(list, _) => SlotSet::of(list.slot),
            Found::Schema(shape) => shape.slots,
            Found::Multi(multi, None) => multi.slots,
            Found::Multi(multi, Some(Some(sub))) => {
                (0..multi.elements.len()).filter_map(|element| multi.slot(element, sub)).collect()
            }
            // `type` and `primary` are printed with every element.
            Found::Multi(multi, Some(None)) => {
                let companion = path.sub_attribute.is_some_and(shape::is_companion);
                if companion { multi.slots } else { SlotSet::EMPTY }
            }
            _ => SlotSet::EMPTY,
        }
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

#[cfg(test)]
pub(crate) mod tests;
