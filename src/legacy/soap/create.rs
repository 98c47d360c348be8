//! createUser: `BizAgiWSParam/Entities/WFUSER/{BasicInformation, UserConfiguration}` becomes
//! inserts of users.
//!
//! Known: those nodes, and that `UserName`, `FullName`, `Domain`, `Organization` and
//! `ContactEmail` are required. **Invented**: which other nodes there are (everything else must be
//! written by a saveEntity afterwards), that names count letter for letter, that an organization
//! is its code, and the form of the roles.

use serde_json::Map;

use super::View;
use super::refusal::{Code, Refusal};
use super::save::links;
use super::value::value;
use super::xml::Element;
use crate::legacy::columns::{ORGANIZATIONS, ROLES, WFUSER};
use crate::legacy::store::{Change, Link, Member, Target};

/// The nodes of `BasicInformation` that become columns, and whether they must have a value.
const BASIC: &[(&str, &str, bool)] = &[
    ("UserName", "userName", true),
    ("FullName", "fullName", true),
    ("Domain", "domain", true),
    ("ContactEmail", "contactEmail", true),
    ("ContactCell", "contactCell", false),
];

/// The nodes of `UserConfiguration` that become columns.
const CONFIGURATION: &[(&str, &str, bool)] = &[
    ("Area", "idArea", false),
    ("Location", "idLocation", false),
    ("IdDelegate", "idDelegate", false),
];

/// The insert that one `WFUSER` node means.
pub(super) fn change(view: &View, node: &Element) -> Result<Change, Refusal> {
    if !node.name.eq_ignore_ascii_case("WFUSER") {
        return Err(Refusal::new(Code::Entity, "createUser creates WFUSER only"));
    }
    let mut change =
        Change { table: &WFUSER, target: Target::New, fields: Map::new(), links: Vec::new() };
    let (mut required, mut organization) = (Vec::new(), false);
    for part in &node.children {
        let columns = match part.name.as_str() {
            "BasicInformation" => BASIC,
            "UserConfiguration" => CONFIGURATION,
            other => return Err(Refusal::node(other)),
        };
        for child in &part.children {
            match (part.name.as_str(), child.name.as_str()) {
                ("BasicInformation", "Organization") => {
                    if organization {
                        return Err(view.twice(node, &child.name));
                    }
                    organization = !child.is_null();
                    let member = Member::Code(child.text.trim().to_owned());
                    change.links.push(Link { relation: &ORGANIZATIONS, member, remove: false });
                    continue;
                }
                ("UserConfiguration", "Roles") => {
                    change.links.extend(links(&ROLES, child)?);
                    continue;
                }
                _ => {}
            }
            let known = columns.iter().find(|(name, ..)| *name == child.name);
            let column = known
                .and_then(|(_, column, _)| WFUSER.column(column))
                .ok_or_else(|| Refusal::node(&child.name))?;
            let value = value(column, child, view.over_length)?;
            if !value.is_null() {
                required.push(child.name.as_str());
            }
            if change.fields.insert(column.name.to_owned(), value).is_some() {
                return Err(view.twice(node, &child.name));
            }
        }
    }
    let lacking = BASIC.iter().find(|(name, _, must)| *must && !required.contains(name));
    let lacking = lacking.map(|(name, ..)| *name).or((!organization).then_some("Organization"));
    match lacking {
        Some(name) => Err(Refusal::new(Code::Missing, format!("mandatory node missing: {name}"))),
        None => Ok(change),
    }
}
