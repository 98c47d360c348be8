//! The entities of the SOAP layer and how their rows look there.
//!
//! Known: the element with the `key`, dates without a zone, one level of relations. **Invented or
//! inferred**: `true` and `false` for bits, the form of references and collections, and that the
//! columns which only the server writes (`guidUser` and the rest, which the generated class lacks)
//! are not answered.

use std::collections::HashMap;

use serde_json::Value;

use super::xml::Element;
use crate::legacy::columns::{DEPARTMENT, Kind, ORG, RELATIONS, ROLE, Table, WFUSER};
use crate::legacy::store::{Row, Store, StoreError};

/// An entity.
#[derive(Debug)]
pub(super) struct Entity {
    /// The name, which is asked for without regard to case.
    pub(super) name: &'static str,
    /// The id, where it is known.
    guid: Option<&'static str>,
    /// The rows.
    pub(super) table: &'static Table,
    /// Whether saveEntity writes it: roles and organizations are defined with the project.
    pub(super) writable: bool,
    /// The columns that show the row where another row refers to it.
    shown: &'static [&'static str],
}

/// The entities.
const ENTITIES: &[Entity] = &[
    Entity {
        name: "WFUSER",
        guid: Some("35e453a0-755d-4171-80ed-f2618b092ede"),
        table: &WFUSER,
        writable: true,
        shown: &["userName", "fullName"],
    },
    Entity {
        name: "Department",
        guid: None,
        table: &DEPARTMENT,
        writable: true,
        shown: &["code", "name"],
    },
    Entity { name: "ROLE", guid: None, table: &ROLE, writable: false, shown: &["roleName"] },
    Entity { name: "ORG", guid: None, table: &ORG, writable: false, shown: &["Code", "orgName"] },
];

impl Entity {
    /// The entity of that name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        ENTITIES.iter().find(|entity| entity.name.eq_ignore_ascii_case(name))
    }

    /// The entity with that id.
    pub(super) fn with_id(id: &str) -> Option<&'static Self> {
        ENTITIES.iter().find(|entity| entity.guid.is_some_and(|guid| guid.eq_ignore_ascii_case(id)))
    }

    /// Rows as elements, with one level of relations.
    pub(super) fn elements(&self, store: &Store, rows: &[Row]) -> Result<Vec<Element>, StoreError> {
        let mut known = HashMap::new();
        rows.iter().map(|row| self.element(store, row, &mut known)).collect()
    }

    fn element(
        &self,
        store: &Store,
        row: &Row,
        known: &mut HashMap<(&'static str, i64), Option<Row>>,
    ) -> Result<Element, StoreError> {
        let mut element = Element::new(self.name).with("key", row.key.to_string());
        for column in self.table.columns.iter().filter(|column| !column.computed) {
            let Some(text) = row.fields.get(column.name).and_then(text) else { continue };
            let text = match column.kind {
                Kind::DateTime => text.trim_end_matches('Z').to_owned(),
                _ => text,
            };
            let far = column.references.and_then(Self::named).zip(text.parse::<i64>().ok());
            let Some((other, key)) = far else {
                element.children.push(Element::new(column.name).text(text));
                continue;
            };
            let shown = match known.get(&(other.name, key)) {
                Some(row) => row.clone(),
                None => {
                    let row = store.row(other.table, key)?;
                    known.insert((other.name, key), row.clone());
                    row
                }
            };
            let columns = shown.iter().flat_map(|row| {
                let filled = |name: &&'static str| Some((*name, text_of(row, name)?));
                other.shown.iter().filter_map(filled)
            });
            let columns = columns.map(|(name, text)| Element::new(name).text(text));
            element
                .children
                .push(Element::new(column.name).with("key", key.to_string()).holding(columns));
        }
        if self.table.name == WFUSER.name {
            for relation in RELATIONS {
                let keys = store.linked(relation, row.key)?;
                if !keys.is_empty() {
                    let members = keys
                        .iter()
                        .map(|key| Element::new(relation.table.name).with("key", key.to_string()));
                    element.children.push(Element::new(relation.name).holding(members));
                }
            }
        }
        Ok(element)
    }
}

fn text_of(row: &Row, name: &str) -> Option<String> {
    row.fields.get(name).and_then(text)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
    }
}
