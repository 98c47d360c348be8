//! saveEntity: `BizAgiWSParam/Entities/{entity}…` becomes changes of the store.
//!
//! A `key` or a `businessKey` means an update, neither an insert. Several entities in one envelope
//! are all written or none: **that is invented**, nobody says what the real server does.

use super::View;
use super::condition::condition;
use super::entity::Entity;
use super::refusal::{Code, Refusal};
use super::value::value;
use super::xml::Element;
use crate::legacy::columns::{RELATIONS, Relation, WFUSER};
use crate::legacy::store::{Change, Link, Member, Target};

/// The nodes inside `BizAgiWSParam/Entities`.
pub(super) fn entities(document: &Element) -> Result<&[Element], Refusal> {
    if document.name != "BizAgiWSParam" {
        return Err(Refusal::node(&document.name));
    }
    match document.children.as_slice() {
        [entities] if entities.name == "Entities" && !entities.children.is_empty() => {
            Ok(&entities.children)
        }
        [entities] if entities.name == "Entities" => {
            Err(Refusal::new(Code::Document, "Entities holds no entity"))
        }
        [] => Err(Refusal::new(Code::Document, "node missing: Entities")),
        [other, ..] => Err(Refusal::node(&other.name)),
    }
}

/// The change that one entity's node means.
pub(super) fn change(
    view: &View,
    node: &Element,
    loose: bool,
) -> Result<(&'static Entity, Change), Refusal> {
    let entity = Entity::named(&node.name)
        .filter(|entity| entity.writable)
        .ok_or_else(|| Refusal::new(Code::Entity, "the entity is not known or not writable"))?;
    let target = match (node.attribute("key"), node.attribute("businessKey")) {
        (None, None) => Target::New,
        (Some(key), None) => Target::Key(number(key)?),
        (None, Some(text)) => {
            let read = view.watched(text, || condition(entity.table, text, loose));
            Target::Only(read?)
        }
        (Some(_), Some(_)) => {
            return Err(Refusal::new(Code::Key, "both key and businessKey are given"));
        }
    };
    let mut change =
        Change { table: entity.table, target, fields: serde_json::Map::new(), links: Vec::new() };
    for child in &node.children {
        let relation = RELATIONS
            .iter()
            .find(|relation| relation.name.eq_ignore_ascii_case(&child.name))
            .filter(|_| entity.table.name == WFUSER.name);
        if let Some(relation) = relation {
            change.links.extend(links(relation, child)?);
            continue;
        }
        let column = entity.table.columns.iter().find(|c| c.name.eq_ignore_ascii_case(&child.name));
        let column = column.ok_or_else(|| {
            let name: String = child.name.chars().take(100).collect();
            Refusal::new(Code::Column, format!("column not found: {name}"))
        })?;
        let value = value(column, child, view.over_length)?;
        if change.fields.insert(column.name.to_owned(), value).is_some() {
            return Err(view.twice(node, column.name));
        }
    }
    Ok((entity, change))
}

/// The links of a collection: `<ROLE key="1"/>` makes one, `<REMOVE><idRole key="1"/></REMOVE>`
/// undoes one; an organization is also found by its `<Code>`.
pub(super) fn links(
    relation: &'static Relation,
    collection: &Element,
) -> Result<Vec<Link>, Refusal> {
    let mut links = Vec::new();
    let keyed = |node: &Element| {
        let key = node.attribute("key").ok_or_else(|| Refusal::node(&node.name))?;
        number(key).map(Member::Key)
    };
    for child in &collection.children {
        if child.name.eq_ignore_ascii_case(relation.table.name) {
            links.push(Link { relation, member: keyed(child)?, remove: false });
        } else if child.name.eq_ignore_ascii_case("REMOVE") {
            for removed in &child.children {
                if !removed.name.eq_ignore_ascii_case(relation.table.key) {
                    return Err(Refusal::node(&removed.name));
                }
                links.push(Link { relation, member: keyed(removed)?, remove: true });
            }
        } else if child.name.eq_ignore_ascii_case("Code") && relation.table.column("Code").is_some()
        {
            let member = Member::Code(child.text.trim().to_owned());
            links.push(Link { relation, member, remove: false });
        } else {
            return Err(Refusal::node(&child.name));
        }
    }
    Ok(links)
}

fn number(text: &str) -> Result<i64, Refusal> {
    text.trim().parse().map_err(|_| Refusal::new(Code::Key, "the key is not a number"))
}
