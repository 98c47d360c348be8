//! The rows, in SQLite: real constraints, lengths and transactions. It knows nothing of OData or
//! HTTP, so that other views (SOAP) can stand on it too.
//!
//! Nothing here deletes a row: users are disabled, never deleted.

mod cell;
mod error;
mod like;
mod rules;
mod schema;
mod write;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::types::Value as Cell;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params_from_iter};
use serde_json::{Map, Value};

pub(crate) use self::cell::{cut, datetime, guid};
pub use self::error::StoreError;
use self::write::Writer;
pub(crate) use self::write::{Change, Link, Member, Target};
use super::columns::{ORG, ROLE, Relation, Table, WFUSER};
use super::{Clock, Random};

/// Who writes: the rules for user names hold for the interfaces, not for rows made by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A client of an interface.
    Interface,
    /// Somebody at the database: computed columns may be given and `userName` may be missing.
    Hand,
}

/// How a write is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// Who writes.
    pub(crate) origin: Origin,
    /// Whether uniqueness also ignores accents, width and trailing blanks.
    pub(crate) loose: bool,
    /// How many users may be enabled.
    pub(crate) licences: Option<u64>,
}

/// A row with the version that its ETag is made of.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The key.
    pub(crate) key: i64,
    /// Counts the row's writes, from 1.
    pub(crate) version: i64,
    /// Every column, in the table's order of columns where JSON objects keep one.
    pub(crate) fields: Map<String, Value>,
}

/// A condition in SQL, with the values it binds. The text holds names from the list of columns
/// and placeholders, never a client's words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Condition {
    /// The SQL expression.
    pub(crate) sql: String,
    /// What its placeholders stand for, in order.
    pub(crate) values: Vec<Cell>,
}

/// What to look for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Search {
    /// Which rows; all when there is none.
    pub(crate) condition: Option<Condition>,
    /// SQL's `ORDER BY` terms, before the key.
    pub(crate) order: String,
    /// How many rows to pass over.
    pub(crate) skip: u64,
    /// How many rows to read at most.
    pub(crate) limit: u64,
}

/// The rows found, and how many there are without `skip` and `limit`.
#[derive(Debug)]
pub(crate) struct Page {
    /// The rows.
    pub(crate) rows: Vec<Row>,
    /// How many rows the condition holds for.
    pub(crate) total: u64,
}

/// The database.
pub(crate) struct Store {
    connection: Mutex<Connection>,
    clock: Clock,
    random: Random,
}

impl Store {
    /// Opens the file at `path`, making it and its tables where they are missing; without a path
    /// the rows live in memory.
    pub(crate) fn open(
        path: Option<&Path>,
        clock: Clock,
        random: Random,
    ) -> Result<Self, StoreError> {
        let connection = match path {
            Some(path) => Connection::open(path)?,
            None => Connection::open_in_memory()?,
        };
        schema::prepare(&connection)?;
        Ok(Self { connection: Mutex::new(connection), clock, random })
    }

    /// Writes the administrator `admon` of the domain `local` and a few departments, when there
    /// is nobody yet; and some roles and an organization, when there are none.
    pub(crate) fn seed(&self) -> Result<(), StoreError> {
        let manner = Manner { origin: Origin::Hand, loose: false, licences: None };
        let one = Search { limit: 1, ..Search::default() };
        let object = |fields: &[(&str, Value)]| -> Map<String, Value> {
            fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
        };
        if self.search(&ROLE, &one)?.total == 0 {
            for (key, name) in [(10_001, "Requester"), (10_002, "Approver"), (10_003, "Auditor")] {
                let role = object(&[("idRole", key.into()), ("roleName", name.into())]);
                self.insert(&ROLE, &role, manner)?;
            }
        }
        if self.search(&ORG, &one)?.total == 0 {
            let organization = object(&[("Code", "1".into()), ("orgName", "Headquarters".into())]);
            self.insert(&ORG, &organization, manner)?;
        }
        let people: i64 =
            self.lock().query_row("SELECT count(*) FROM WFUser", [], |row| row.get(0))?;
        if people > 0 {
            return Ok(());
        }
        for (code, name) in [("FIN", "Finance"), ("SAL", "Sales"), ("IT", "IT")] {
            self.lock()
                .execute("INSERT INTO Department(code, name) VALUES (?, ?)", [code, name])?;
        }
        let administrator = object(&[
            ("userName", "admon".into()),
            ("domain", "local".into()),
            ("fullName", "Administrator".into()),
        ]);
        self.insert(&WFUSER, &administrator, manner).map(drop)
    }

    /// Adds a row.
    pub(crate) fn insert(
        &self,
        table: &'static Table,
        fields: &Map<String, Value>,
        manner: Manner,
    ) -> Result<Row, StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let row = self.writer(&transaction, manner).insert(table, fields)?;
        transaction.commit()?;
        Ok(row)
    }

    /// Changes the given columns of a row; `allowed` says whether the version that is there may
    /// be changed.
    pub(crate) fn update(
        &self,
        table: &'static Table,
        key: i64,
        fields: &Map<String, Value>,
        allowed: impl Fn(i64) -> bool,
        manner: Manner,
    ) -> Result<Row, StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let row = self.writer(&transaction, manner).update(table, key, fields, allowed)?;
        transaction.commit()?;
        Ok(row)
    }

    /// Makes several changes, all or none, and answers the keys of their rows.
    pub(crate) fn write(&self, changes: &[Change], manner: Manner) -> Result<Vec<i64>, StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let writer = self.writer(&transaction, manner);
        let keys =
            changes.iter().map(|change| writer.change(change)).collect::<Result<Vec<_>, _>>()?;
        transaction.commit()?;
        Ok(keys)
    }

    /// The keys of what a user has of a relation.
    pub(crate) fn linked(&self, relation: &Relation, user: i64) -> Result<Vec<i64>, StoreError> {
        let key = relation.table.key;
        let sql = format!(
            "SELECT \"{key}\" FROM \"{}\" WHERE \"{}\" = ? ORDER BY 1",
            relation.link, WFUSER.key
        );
        let connection = self.lock();
        let mut statement = connection.prepare_cached(&sql)?;
        let keys = statement.query_map([user], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(keys)
    }

    /// The row with that key.
    pub(crate) fn row(&self, table: &'static Table, key: i64) -> Result<Option<Row>, StoreError> {
        read(&self.lock(), table, key)
    }

    /// The rows that are looked for, in one consistent view.
    pub(crate) fn search(
        &self,
        table: &'static Table,
        search: &Search,
    ) -> Result<Page, StoreError> {
        let (condition, mut values) = match &search.condition {
            Some(condition) => (format!(" WHERE {}", condition.sql), condition.values.clone()),
            None => (String::new(), Vec::new()),
        };
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let total: i64 = transaction
            .prepare_cached(&format!("SELECT count(*) FROM \"{}\"{condition}", table.name))?
            .query_row(params_from_iter(values.iter()), |row| row.get(0))?;
        let sql = format!(
            "{}{condition} ORDER BY {}\"{}\".\"{}\" LIMIT ? OFFSET ?",
            selection(table),
            search.order,
            table.name,
            table.key
        );
        for number in [search.limit, search.skip] {
            values.push(Cell::Integer(i64::try_from(number).unwrap_or(i64::MAX)));
        }
        let mut statement = transaction.prepare_cached(&sql)?;
        let rows = statement
            .query_map(params_from_iter(values), |row| from_sql(table, row))?
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Page { rows, total: u64::try_from(total).unwrap_or(0) })
    }

    /// How SQLite would look for the rows of a condition.
    #[cfg(test)]
    pub(crate) fn plan(&self, table: &'static Table, condition: &Condition) -> String {
        let sql = format!("EXPLAIN QUERY PLAN {} WHERE {}", selection(table), condition.sql);
        let connection = self.lock();
        let mut statement = connection.prepare(&sql).unwrap();
        let lines = statement
            .query_map(params_from_iter(condition.values.iter()), |row| row.get::<_, String>(3))
            .unwrap();
        lines.map(Result::unwrap).collect()
    }

    fn writer<'w>(&'w self, transaction: &'w Transaction<'w>, manner: Manner) -> Writer<'w> {
        Writer { transaction, clock: &self.clock, random: &self.random, manner }
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere leaves the connection whole: SQLite rolls its transaction back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(
    connection: &Connection,
    table: &'static Table,
    key: i64,
) -> Result<Option<Row>, StoreError> {
    let sql = format!("{} WHERE \"{}\" = ?", selection(table), table.key);
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_row([key], |row| from_sql(table, row)).optional()?)
}

fn selection(table: &Table) -> String {
    let names: Vec<_> = table.columns.iter().map(|column| quoted(column.name)).collect();
    format!("SELECT rowVersion, {} FROM \"{}\"", names.join(", "), table.name)
}

fn from_sql(table: &Table, row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let mut fields = Map::new();
    for (at, column) in table.columns.iter().enumerate() {
        let value = cell::read(column.kind, row.get_ref(at + 1)?);
        fields.insert(column.name.to_owned(), value);
    }
    Ok(Row { key: row.get(table.key)?, version: row.get(0)?, fields })
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

#[cfg(test)]
mod tests;
