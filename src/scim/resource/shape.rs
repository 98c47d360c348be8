//! How slots stand in JSON: which names an object may have, and what is below each.

use super::super::path::same_name;
use super::super::schema::AttributeDefinition;
use super::super::slots::{SlotIndex, SlotSet};
use super::places::{Places, hash};

/// The attributes of one schema.
#[derive(Clone, Debug)]
pub struct Shape {
    /// The schema's URN.
    pub urn: Box<str>,
    /// Its name for people.
    pub name: Box<str>,
    /// What it describes.
    pub description: Box<str>,
    /// Its attributes: the mapped ones first, in the mapping's order.
    pub members: Vec<Member>,
    /// Where each member's name is to be found.
    pub(super) places: Places,
    /// Every slot below.
    pub slots: SlotSet,
    /// How many of the members are mapped.
    pub mapped: usize,
    /// `,"urn:…":{`, ready to print.
    pub fragment: Box<str>,
    /// `,"urn:…"`, ready to print.
    pub listing: Box<str>,
}

impl Shape {
    /// The attribute of that name, in any letter case (RFC 7643 §2.1).
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Member> {
        let text = name.as_bytes();
        self.places.find(&self.members, hash(text), text, |member| &member.name)
    }

    /// Finds a place for every member's name; needed when members were added or moved.
    pub(super) fn place_names(&mut self) {
        let hashes: Vec<u64> = self.members.iter().map(|m| hash(m.name.as_bytes())).collect();
        self.places = Places::of(&hashes);
    }
}

/// One attribute of a schema.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name.
    pub name: Box<str>,
    /// `,"name":`, ready to print.
    pub fragment: Box<str>,
    /// What is below.
    pub node: Node,
}

/// What is below an attribute.
#[derive(Clone, Debug)]
pub enum Node {
    /// One value.
    Slot(SlotIndex),
    /// One object.
    Complex(Complex),
    /// A list of objects, each of its elements in slots of its own.
    Multi(Multi),
    /// A list of values, all of them in one slot.
    List(List),
    /// `id`: given by the server.
    Identity,
    /// `meta`: given by the server.
    Meta,
    /// `password`: accepted and never kept.
    Password,
    /// Other attributes that only the server sets, such as `groups` and `schemas`.
    ReadOnly,
    /// The RFC knows it, the mapping does not.
    Unmapped(&'static AttributeDefinition),
}

/// An object of sub-attributes.
#[derive(Clone, Debug)]
pub struct Complex {
    /// The attribute's path.
    pub path: Box<str>,
    /// Its sub-attributes, mapped or not.
    pub subs: Vec<Sub>,
    /// Every slot below.
    pub slots: SlotSet,
    /// Its `$ref`, where the RFC gives it one and `value` is the id of a resource of this type: made
    /// from the id, and understood where a request has no `value`.
    pub reference: Option<&'static AttributeDefinition>,
}

impl Complex {
    /// The sub-attribute of that name, in any letter case.
    #[must_use]
    pub fn sub(&self, name: &str) -> Option<&Sub> {
        self.subs.iter().find(|sub| same_name(&sub.name, name))
    }

    /// The slot of `value`, which the attribute alone means (RFC 7644 §3.4.2.2).
    #[must_use]
    pub fn value(&self) -> Option<SlotIndex> {
        self.sub("value").and_then(|sub| sub.slot)
    }
}

/// A sub-attribute.
#[derive(Clone, Debug)]
pub struct Sub {
    /// Its name.
    pub name: Box<str>,
    /// `,"name":`, ready to print.
    pub fragment: Box<str>,
    /// Its slot, if it is mapped; always `None` in a [`Multi`], whose elements have them.
    pub slot: Option<SlotIndex>,
    /// Whether a request's value is accepted and not stored, mapped or not.
    pub ignored: bool,
}

/// A list of objects, told apart by their `type`.
#[derive(Clone, Debug)]
pub struct Multi {
    /// The attribute's path.
    pub path: Box<str>,
    /// The sub-attributes that some element maps; never more than eight.
    pub subs: Vec<Sub>,
    /// The elements, in the mapping's order.
    pub elements: Vec<ListElement>,
    /// The element that one without `type` means.
    pub default: Option<usize>,
    /// Every slot below.
    pub slots: SlotSet,
    /// What the RFC says of the attribute.
    pub definition: &'static AttributeDefinition,
}

/// A list of values, all of them in one slot: a multi-valued attribute of an extension, or the
/// `value`s of one of the RFC's, whose elements are objects.
#[derive(Clone, Debug)]
pub struct List {
    /// The attribute's path.
    pub path: Box<str>,
    /// Where the values are.
    pub slot: SlotIndex,
    /// What the RFC says of the attribute whose `value`s these are; `None` for plain values.
    pub definition: Option<&'static AttributeDefinition>,
}

impl List {
    /// Which part of the list that sub-attribute is; `None` for one that no element has.
    #[must_use]
    pub fn part(&self, sub: Option<&str>) -> Option<ListPart> {
        match sub {
            None => Some(ListPart::Whole),
            Some(sub) if same_name(sub, "value") => Some(ListPart::Values),
            Some(sub) => {
                let is_known = self.definition.is_some_and(|d| d.sub_attribute(sub).is_some());
                (is_known && is_companion(sub)).then_some(ListPart::Companion)
            }
        }
    }
}

/// A part of a [`List`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListPart {
    /// The elements.
    Whole,
    /// Their values.
    Values,
    /// What comes along with them, and is accepted and not stored.
    Companion,
}

/// How many mapped sub-attributes an element can have; RFC 7643's largest, `addresses`, has eight
/// with `type` and `primary`.
pub(super) const MAX_SUBS: usize = 8;

/// How many elements a list can have.
pub(super) const MAX_ELEMENTS: usize = 64;

/// One element of a list.
#[derive(Clone, Debug)]
pub struct ListElement {
    /// Its `type`.
    pub kind: Box<str>,
    /// The slots of its sub-attributes, beside [`Multi::subs`].
    pub columns: Vec<Option<SlotIndex>>,
    /// Every slot of it.
    pub slots: SlotSet,
    /// `,"type":"work"`, ready to print.
    pub fragment: Box<str>,
}

impl Multi {
    /// The element of that `type`, in any letter case.
    #[must_use]
    pub fn element_named(&self, kind: &str) -> Option<usize> {
        self.elements.iter().position(|element| same_name(&element.kind, kind))
    }

    /// The mapped sub-attribute of that name, in any letter case.
    #[must_use]
    pub fn sub_named(&self, name: &str) -> Option<usize> {
        self.subs.iter().position(|sub| same_name(&sub.name, name))
    }

    /// The slot of an element's sub-attribute.
    #[must_use]
    pub fn slot(&self, element: usize, sub: usize) -> Option<SlotIndex> {
        self.elements.get(element)?.columns.get(sub).copied().flatten()
    }
}

/// What a path names.
#[derive(Clone, Copy, Debug)]
pub enum Found<'r> {
    /// `id`.
    Id,
    /// `meta.resourceType`.
    ResourceType,
    /// `password`.
    Password,
    /// Something that only the server sets.
    ReadOnly,
    /// A single mapped value.
    Slot(SlotIndex),
    /// An object with something mapped below.
    Complex(&'r Complex),
    /// A list with something mapped below, and the sub-attribute if one is named: `Some(None)` if
    /// no element maps it.
    Multi(&'r Multi, Option<Option<usize>>),
    /// A list of values in one slot, or a part of it.
    List(&'r List, ListPart),
    /// A schema as a whole.
    Schema(&'r Shape),
    /// The RFC knows it, the mapping does not.
    Unmapped,
    /// Nobody knows it.
    Unknown,
}

/// The sub-attributes that come along with a value and are made anew when it is printed; a
/// request's are accepted and not stored.
#[must_use]
pub fn is_companion(name: &str) -> bool {
    ["type", "primary", "display", "$ref"].iter().any(|known| known.eq_ignore_ascii_case(name))
}
