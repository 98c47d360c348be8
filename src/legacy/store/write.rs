//! Writes inside a transaction that somebody else begins and ends.

use rusqlite::types::Value as Cell;
use rusqlite::{OptionalExtension, Transaction, params_from_iter};
use serde_json::{Map, Value};

use super::rules::{admit, cells, references};
use super::{Condition, Manner, Origin, Row, StoreError, error, quoted, read};
use crate::legacy::columns::{Column, Relation, Table, WFUSER};
use crate::legacy::{Clock, Random};

/// Which row a change concerns.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// One that is not there yet.
    New,
    /// The row with this key.
    Key(i64),
    /// The only row that a condition holds for.
    Only(Condition),
}

/// What a user is linked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    /// The row with this key.
    Key(i64),
    /// The row with this value in the column `Code`.
    Code(String),
}

/// A link that a change makes or undoes.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    /// The collection.
    pub(crate) relation: &'static Relation,
    /// What is linked.
    pub(crate) member: Member,
    /// Whether the link is undone.
    pub(crate) remove: bool,
}

/// One of several changes that belong together.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// The table.
    pub(crate) table: &'static Table,
    /// The row.
    pub(crate) target: Target,
    /// The columns.
    pub(crate) fields: Map<String, Value>,
    /// The links, of users only.
    pub(crate) links: Vec<Link>,
}

/// Writes, in one transaction.
pub(super) struct Writer<'w> {
    pub(super) transaction: &'w Transaction<'w>,
    pub(super) clock: &'w Clock,
    pub(super) random: &'w Random,
    pub(super) manner: Manner,
}

impl Writer<'_> {
    pub(super) fn insert(
        &self,
        table: &'static Table,
        fields: &Map<String, Value>,
    ) -> Result<Row, StoreError> {
        let mut cells = cells(table, fields, self.manner.origin)?;
        let given = |name: &str| fields.get(name).is_some_and(|value| !value.is_null());
        for column in table.columns {
            // Over an interface a user name is required, though the column may be empty.
            let required = column.name == "userName" && self.manner.origin == Origin::Interface
                || !column.nullable && !column.computed && column.default.is_none();
            if required && !given(column.name) {
                return Err(StoreError::Missing { column: column.name });
            }
        }
        let now = self.clock.ticks();
        for name in ["baCreatedTime", "baLastUpdated"] {
            preset(table, &mut cells, name, || Cell::Integer(now));
        }
        preset(table, &mut cells, "guidUser", || Cell::Text(self.random.guid()));
        let names: Vec<_> = cells.iter().map(|(column, _)| quoted(column.name)).collect();
        let sql = format!(
            "INSERT INTO \"{}\" ({}) VALUES ({})",
            table.name,
            names.join(", "),
            vec!["?"; cells.len()].join(", ")
        );
        references(self.transaction, &cells)?;
        self.transaction
            .prepare_cached(&sql)?
            .execute(params_from_iter(cells.iter().map(|(_, cell)| cell)))
            .map_err(error::refusal)?;
        let key = self.transaction.last_insert_rowid();
        let row = read(self.transaction, table, key)?.ok_or(StoreError::Absent)?;
        admit(self.transaction, table, &row, true, self.manner)?;
        Ok(row)
    }

    pub(super) fn update(
        &self,
        table: &'static Table,
        key: i64,
        fields: &Map<String, Value>,
        allowed: impl Fn(i64) -> bool,
    ) -> Result<Row, StoreError> {
        let before = read(self.transaction, table, key)?.ok_or(StoreError::Absent)?;
        if !allowed(before.version) {
            return Err(StoreError::Changed);
        }
        let mut cells = cells(table, fields, self.manner.origin)?;
        references(self.transaction, &cells)?;
        if let Some(column) = table.column("baLastUpdated")
            && !fields.contains_key(column.name)
        {
            cells.push((column, Cell::Integer(self.clock.ticks())));
        }
        let mut sql = format!("UPDATE \"{}\" SET ", table.name);
        for (column, _) in &cells {
            sql.push_str(&quoted(column.name));
            sql.push_str(" = ?, ");
        }
        sql.push_str("rowVersion = rowVersion + 1 WHERE ");
        sql.push_str(&quoted(table.key));
        sql.push_str(" = ?");
        let mut values: Vec<Cell> = cells.into_iter().map(|(_, cell)| cell).collect();
        values.push(Cell::Integer(key));
        self.transaction
            .prepare_cached(&sql)?
            .execute(params_from_iter(values))
            .map_err(error::refusal)?;
        let row = read(self.transaction, table, key)?.ok_or(StoreError::Absent)?;
        let was = before.fields.get("enabled").and_then(Value::as_bool).unwrap_or(false);
        admit(self.transaction, table, &row, !was, self.manner)?;
        Ok(row)
    }

    /// Makes one change and answers the row's key.
    pub(super) fn change(&self, change: &Change) -> Result<i64, StoreError> {
        let key = match &change.target {
            Target::New => self.insert(change.table, &change.fields)?.key,
            Target::Key(key) => self.update(change.table, *key, &change.fields, |_| true)?.key,
            Target::Only(condition) => {
                let key = self.only(change.table, condition)?;
                self.update(change.table, key, &change.fields, |_| true)?.key
            }
        };
        for link in &change.links {
            self.link(key, link)?;
        }
        Ok(key)
    }

    fn only(&self, table: &Table, condition: &Condition) -> Result<i64, StoreError> {
        let sql =
            format!("SELECT \"{}\" FROM \"{}\" WHERE {}", table.key, table.name, condition.sql);
        let mut statement = self.transaction.prepare_cached(&sql)?;
        let keys = statement
            .query_map(params_from_iter(condition.values.iter()), |row| row.get(0))?
            .collect::<Result<Vec<i64>, _>>()?;
        match keys.as_slice() {
            [key] => Ok(*key),
            _ => Err(StoreError::NotOne { found: keys.len() }),
        }
    }

    fn link(&self, user: i64, link: &Link) -> Result<(), StoreError> {
        let Relation { table, link: through, .. } = *link.relation;
        let absent = StoreError::Link { entity: table.name };
        let member = match &link.member {
            Member::Key(key) => read(self.transaction, table, *key)?.ok_or(absent)?.key,
            Member::Code(code) => self
                .transaction
                .prepare_cached(&format!(
                    "SELECT \"{}\" FROM \"{}\" WHERE \"Code\" = ?",
                    table.key, table.name
                ))?
                .query_row([code], |row| row.get(0))
                .optional()?
                .ok_or(absent)?,
        };
        let (mine, other) = (quoted(WFUSER.key), quoted(table.key));
        // To add what is there or to take what is not changes nothing.
        let sql = if link.remove {
            format!("DELETE FROM \"{through}\" WHERE {mine} = ? AND {other} = ?")
        } else {
            format!("INSERT OR IGNORE INTO \"{through}\" ({mine}, {other}) VALUES (?, ?)")
        };
        self.transaction.prepare_cached(&sql)?.execute([user, member])?;
        Ok(())
    }
}

fn preset(
    table: &Table,
    cells: &mut Vec<(&'static Column, Cell)>,
    name: &str,
    value: impl FnOnce() -> Cell,
) {
    if let Some(column) = table.column(name)
        && !cells.iter().any(|(there, _)| there.name == name)
    {
        cells.push((column, value()));
    }
}
