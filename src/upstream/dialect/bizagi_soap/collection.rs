//! The collections of a row, such as the roles of a person: their members, and what is added and
//! removed.
//!
//! Known (CODE, a consultancy's examples): `<Roles><ROLE key="10001"/></Roles>` adds, and
//! `<Roles><REMOVE><idRole key="1"/></REMOVE></Roles>` removes. **Inferred**: that one element may
//! hold both, that a member whose key is given twice is one, and that `getEntities` answers a
//! collection in the form in which it is written. Nobody shows an answer with one in it, so an
//! operator looks at a row first; a server that leaves collections out makes every person one
//! without members, of whom nothing is removed.

use quick_xml::events::BytesStart;

use super::COLLECTIONS;
use super::xml::{Xml, attribute};
use crate::record::{Entity, Field, Options};
use crate::upstream::dialect::Unreadable;
use crate::upstream::dialect::scalar::typed;
use crate::value::Value;

/// The collections of WFUSER: the element of a member, and what names its key when it is removed.
/// The first is CODE; the others follow its pattern with the names of the generated class (INF).
const USUAL: [(&str, Shape<'static>); 4] = [
    ("Roles", Shape { element: "ROLE", key: "idRole" }),
    ("Organizations", Shape { element: "ORG", key: "idOrg" }),
    ("Positions", Shape { element: "ORGPOSITION", key: "idOrgPosition" }),
    ("Skills", Shape { element: "SKILL", key: "idSkill" }),
];

/// How a collection looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape<'o> {
    /// The element of a member.
    pub(super) element: &'o str,
    /// The element that names a member to be removed.
    pub(super) key: &'o str,
}

/// How a collection looks: as the mapping says, else as is usual.
pub(super) fn shape<'o>(options: &'o Options, name: &str) -> Option<Shape<'o>> {
    if let Some([element, key]) = options.table(COLLECTIONS, name) {
        return Some(Shape { element, key });
    }
    USUAL.iter().find(|(usual, _)| usual.eq_ignore_ascii_case(name)).map(|(_, shape)| *shape)
}

/// Whether it is known how a collection looks.
pub(super) fn known(options: &Options, name: &str) -> Result<(), &'static str> {
    match shape(options, name) {
        Some(_) => Ok(()),
        None => Err("expected `collections = { … = { element = \"…\", key = \"…\" } }` in \
                     `[upstream.options]`, which says how it looks"),
    }
}

/// The keys of the members of a collection whose element began last.
pub(super) fn members(
    entity: &Entity,
    field: &Field,
    xml: &mut Xml<'_>,
) -> Result<Value<'static>, Unreadable> {
    let misfit = || Unreadable::Misfit(field.name.clone());
    let shape = shape(&entity.options, field.name.as_str()).ok_or_else(misfit)?;
    let mut keys: Vec<Value<'static>> = Vec::new();
    while let Some(start) = xml.child()? {
        let is_member = is(&start, shape.element);
        let (text, _) = xml.text()?;
        if !is_member {
            continue;
        }
        let key = attribute(&start, "key").unwrap_or_else(|| text.trim().to_owned());
        let key = typed(key.into(), field.kind).ok_or_else(misfit)?;
        let is_empty = key.is_absent() || key.as_str() == Some("");
        if !is_empty && !keys.contains(&key) {
            keys.push(key);
        }
    }
    Ok(Value::list(keys))
}

fn is(start: &BytesStart<'_>, name: &str) -> bool {
    start.local_name().into_inner().eq_ignore_ascii_case(name)
}
