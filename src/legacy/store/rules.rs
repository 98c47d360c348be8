//! The rules that a row must keep beyond the schema's own constraints, and those of the schema
//! whose refusals are to name the column.

use rusqlite::types::Value as Cell;
use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value};

use super::{Manner, Origin, Row, StoreError, cell, read};
use crate::legacy::columns::{Column, Table, WFUSER};

/// The cells that a JSON object becomes.
pub(super) fn cells(
    table: &'static Table,
    fields: &Map<String, Value>,
    origin: Origin,
) -> Result<Vec<(&'static Column, Cell)>, StoreError> {
    let mut cells = Vec::with_capacity(fields.len() + 3);
    for (name, value) in fields {
        let column = table.column(name).ok_or_else(|| StoreError::UnknownColumn {
            name: name.chars().take(100).collect(),
            entity: table.name,
        })?;
        if origin == Origin::Interface {
            if column.computed {
                return Err(StoreError::ReadOnly { column: column.name });
            }
            match (column.name, value) {
                ("userName", Value::Null) => {
                    return Err(StoreError::Missing { column: column.name });
                }
                ("userName", Value::String(text)) => user_name(text)?,
                // "All users must have a domain assigned"; that "" is none is invented.
                ("domain", Value::String(text)) if text.is_empty() => {
                    return Err(StoreError::Missing { column: column.name });
                }
                _ => {}
            }
        }
        cells.push((column, cell::write(column, value)?));
    }
    Ok(cells)
}

/// Bizagi's rules for user names: 1 to 100 characters, letters and digits of ASCII and
/// `! $ * + . = _ ~ - #`, at most one `@` that is neither first nor last.
fn user_name(text: &str) -> Result<(), StoreError> {
    let refuse = |rule| Err(StoreError::UserName { rule });
    if text.is_empty() {
        return refuse("it is empty");
    }
    if let Some(column) = WFUSER.column("userName")
        && text.chars().count() > 100
    {
        return Err(StoreError::TooLong { column: column.name, limit: 100 });
    }
    if !text.chars().all(|c| c.is_ascii_alphanumeric() || "!$*+.=_~-#@".contains(c)) {
        return refuse("only letters, digits and ! $ * + . = _ ~ - # are allowed");
    }
    if text.matches('@').count() > 1 || text.starts_with('@') || text.ends_with('@') {
        return refuse("at most one @ is allowed, neither first nor last");
    }
    Ok(())
}

/// SQLite does not say which foreign key failed, so they are looked up first.
pub(super) fn references(
    connection: &Connection,
    cells: &[(&'static Column, Cell)],
) -> Result<(), StoreError> {
    for (column, cell) in cells {
        if let (Some(other), Cell::Integer(key)) = (column.references, cell)
            && let Some(table) = Table::named(other)
            && read(connection, table, *key)?.is_none()
        {
            return Err(StoreError::Reference { column: column.name });
        }
    }
    Ok(())
}

/// The rules that need the whole table: licences, and uniqueness under a loose collation.
pub(super) fn admit(
    connection: &Connection,
    table: &Table,
    row: &Row,
    newly: bool,
    manner: Manner,
) -> Result<(), StoreError> {
    if table.name != WFUSER.name {
        return Ok(());
    }
    let text = |name| row.fields.get(name).and_then(Value::as_str);
    if manner.loose
        && let (Some(domain), Some(name)) = (text("domain"), text("userName"))
    {
        let other = connection
            .prepare_cached(
                "SELECT 1 FROM WFUser WHERE idUser <> ? AND loose(domain) = loose(?)
                     AND loose(userName) = loose(?)",
            )?
            .query_row((row.key, domain, name), |_| Ok(()))
            .optional()?;
        if other.is_some() {
            return Err(StoreError::Duplicate);
        }
    }
    let enabled = row.fields.get("enabled").and_then(Value::as_bool).unwrap_or(false);
    if newly
        && enabled
        && let Some(limit) = manner.licences
    {
        let people: i64 = connection
            .prepare_cached("SELECT count(*) FROM WFUser WHERE enabled = 1")?
            .query_row([], |row| row.get(0))?;
        if u64::try_from(people).unwrap_or(0) > limit {
            return Err(StoreError::Licence { limit });
        }
    }
    Ok(())
}
