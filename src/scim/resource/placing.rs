//! Putting a slot where its attribute stands in JSON.

use super::super::json::Quoted;
use super::super::schema::{AttributeDefinition, Mutability};
use super::super::slots::{SlotIndex, SlotSet};
use super::request::SlotError;
use super::shape::{
    Complex, List, ListElement, MAX_ELEMENTS, MAX_SUBS, Member, Multi, Node, Shape, Sub,
    is_companion,
};
use super::{Element, Slot};

/// Puts a slot where its attribute stands in the shape.
pub(super) fn place(
    shape: &mut Shape,
    slot: &Slot,
    list: Box<str>,
    number: SlotIndex,
    definition: Option<&'static AttributeDefinition>,
) -> Result<(), SlotError> {
    let twice = || SlotError::Twice { name: slot.path.to_string() };
    let at = match shape.members.iter().position(|m| m.name.eq_ignore_ascii_case(&slot.attribute)) {
        Some(at) => at,
        None => {
            let node = match slot.sub_attribute {
                None if slot.is_list => {
                    Node::List(List { path: list.clone(), slot: number, definition: None })
                }
                None => Node::Slot(number),
                Some(_) => Node::Complex(Complex {
                    path: list.clone(),
                    subs: Vec::new(),
                    slots: SlotSet::EMPTY,
                    reference: None,
                }),
            };
            let simple = matches!(node, Node::Slot(_) | Node::List(_));
            shape.members.push(member(&slot.attribute, node));
            if simple {
                return Ok(());
            }
            shape.members.len() - 1
        }
    };
    let Some(place) = shape.members.get_mut(at) else { return Err(twice()) };
    if let (Node::Unmapped(_), Some(definition)) = (&place.node, definition) {
        place.node = match (&slot.multi_valued, &slot.sub_attribute) {
            _ if slot.is_list => {
                let definition = Some(definition);
                place.node = Node::List(List { path: list, slot: number, definition });
                return Ok(());
            }
            (Some(_), _) => Node::Multi(Multi {
                path: list,
                subs: Vec::new(),
                elements: Vec::new(),
                default: None,
                slots: SlotSet::EMPTY,
                definition,
            }),
            (None, Some(_)) => Node::Complex(Complex {
                path: list,
                subs: definition
                    .sub_attributes
                    .iter()
                    .map(|known| Sub {
                        ignored: known.mutability == Mutability::ReadOnly
                            || is_companion(known.name),
                        ..sub(known.name, None)
                    })
                    .collect(),
                slots: SlotSet::EMPTY,
                reference: definition.sub_attribute("$ref"),
            }),
            (None, None) => {
                place.node = Node::Slot(number);
                return Ok(());
            }
        };
    }
    let name = slot.sub_attribute.as_deref().unwrap_or_default();
    match (&mut place.node, &slot.multi_valued) {
        (Node::Complex(complex), None) if !name.is_empty() => {
            complex.slots.insert(number);
            match complex.subs.iter_mut().find(|sub| sub.name.eq_ignore_ascii_case(name)) {
                Some(Sub { slot: Some(_), .. }) => return Err(twice()),
                Some(sub) => sub.slot = Some(number),
                None => complex.subs.push(sub(name, Some(number))),
            }
            Ok(())
        }
        (Node::Multi(multi), Some(element)) => place_element(multi, name, element, number, &twice),
        _ => Err(twice()),
    }
}

fn place_element(
    multi: &mut Multi,
    name: &str,
    element: &Element,
    number: SlotIndex,
    twice: &dyn Fn() -> SlotError,
) -> Result<(), SlotError> {
    let column = match multi.sub_named(name) {
        Some(column) => column,
        None if multi.subs.len() == MAX_SUBS => return Err(SlotError::TooMany),
        None => {
            multi.subs.push(sub(name, None));
            multi.elements.iter_mut().for_each(|element| element.columns.push(None));
            multi.subs.len() - 1
        }
    };
    let row = match multi.element_named(&element.kind) {
        Some(row) => row,
        None if multi.elements.len() == MAX_ELEMENTS => return Err(SlotError::TooMany),
        None => {
            multi.elements.push(ListElement {
                kind: element.kind.clone(),
                columns: vec![None; multi.subs.len()],
                slots: SlotSet::EMPTY,
                fragment: format!(",\"type\":{}", Quoted(&element.kind)).into(),
            });
            multi.elements.len() - 1
        }
    };
    if element.default {
        if multi.default.is_some_and(|default| default != row) {
            return Err(SlotError::DefaultTwice { name: multi.path.to_string() });
        }
        multi.default = Some(row);
    }
    multi.slots.insert(number);
    let Some(element) = multi.elements.get_mut(row) else { return Err(twice()) };
    element.slots.insert(number);
    match element.columns.get_mut(column) {
        Some(place @ None) => {
            *place = Some(number);
            Ok(())
        }
        _ => Err(twice()),
    }
}

/// A key, ready to print behind another.
fn fragment(name: &str) -> Box<str> {
    format!(",{}:", Quoted(name)).into()
}

fn sub(name: &str, slot: Option<SlotIndex>) -> Sub {
    Sub { name: name.into(), fragment: fragment(name), slot, ignored: false }
}

/// An attribute and what is below.
pub(super) fn member(name: &str, node: Node) -> Member {
    Member { name: name.into(), fragment: fragment(name), node }
}
