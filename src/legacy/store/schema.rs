//! The SQL schema, written from the list of columns, and the functions that it needs.

use std::cmp::Ordering;
use std::fmt::Write as _;

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::{cell, like};
use crate::legacy::columns::{Kind, RELATIONS, TABLES, Table, WFUSER};

/// The functions depend on their arguments alone, so they may stand in checks and indexes.
const FLAGS: FunctionFlags = FunctionFlags::SQLITE_UTF8
    .union(FunctionFlags::SQLITE_DETERMINISTIC)
    .union(FunctionFlags::SQLITE_INNOCUOUS);

/// Makes the connection ready: functions, collation, pragmas and, on an empty file, the tables.
///
/// SQLite's own `lower()` and `NOCASE` fold ASCII only, so the folding is ours.
pub(super) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    functions(connection)?;
    connection.create_collation("fold", compare_folded)?;
    let mut sql = String::new();
    for table in TABLES {
        create(&mut sql, table);
    }
    for relation in RELATIONS {
        let (link, user) = (relation.link, WFUSER.key);
        let (table, key) = (relation.table.name, relation.table.key);
        create(&mut sql, relation.table);
        let _ = writeln!(
            sql,
            "CREATE TABLE IF NOT EXISTS \"{link}\" (
                 \"{user}\" INTEGER NOT NULL REFERENCES \"{}\",
                 \"{key}\" INTEGER NOT NULL REFERENCES \"{table}\",
                 PRIMARY KEY (\"{user}\", \"{key}\")) STRICT, WITHOUT ROWID;",
            WFUSER.name
        );
    }
    sql.push_str(
        "CREATE UNIQUE INDEX IF NOT EXISTS WFUser_login
             ON WFUser(domain COLLATE fold, userName COLLATE fold);
         CREATE INDEX IF NOT EXISTS WFUser_userName ON WFUser(userName);
         CREATE INDEX IF NOT EXISTS WFUser_userName_lower ON WFUser(unicode_lower(userName));
         CREATE INDEX IF NOT EXISTS WFUser_contactEmail_lower
             ON WFUser(unicode_lower(contactEmail));
         CREATE INDEX IF NOT EXISTS WFUser_ScimExternalId ON WFUser(ScimExternalId);
         CREATE INDEX IF NOT EXISTS Department_name_lower ON Department(unicode_lower(name));",
    );
    connection.execute_batch(&sql)
}

fn create(sql: &mut String, table: &Table) {
    let Table { name, key, .. } = table;
    // AUTOINCREMENT: a key that was given out once is never given out again.
    let _ = write!(
        sql,
        "CREATE TABLE IF NOT EXISTS \"{name}\" (\"{key}\" INTEGER PRIMARY KEY AUTOINCREMENT"
    );
    for column in table.columns.iter().filter(|column| column.name != *key) {
        let name = column.name;
        let check = match column.kind {
            Kind::Text(limit) => format!("TEXT CHECK (utf16_length(\"{name}\") <= {limit})"),
            Kind::DateTime | Kind::Guid | Kind::Texts => "TEXT".to_owned(),
            Kind::Bit => format!("INTEGER CHECK (\"{name}\" IN (0, 1))"),
            Kind::TinyInt => format!("INTEGER CHECK (\"{name}\" BETWEEN 0 AND 255)"),
            Kind::Integer => {
                format!("INTEGER CHECK (\"{name}\" BETWEEN {} AND {})", i32::MIN, i32::MAX)
            }
            Kind::Ticks => "INTEGER".to_owned(),
            Kind::Money => "REAL".to_owned(),
        };
        let _ = write!(sql, ", \"{name}\" {check}");
        if !column.nullable {
            sql.push_str(" NOT NULL");
        }
        if let Some(default) = column.default {
            let _ = write!(sql, " DEFAULT {default}");
        }
        if let Some(other) = column.references {
            let _ = write!(sql, " REFERENCES \"{other}\"");
        }
    }
    sql.push_str(", rowVersion INTEGER NOT NULL DEFAULT 1) STRICT;\n");
}

fn functions(connection: &Connection) -> rusqlite::Result<()> {
    let text = |context: &Context<'_>, at| context.get::<Option<String>>(at);
    connection.create_scalar_function("utf16_length", 1, FLAGS, move |context| {
        let length = text(context, 0)?.map(|text| cell::utf16_length(&text));
        Ok(length.map(|length| i64::try_from(length).unwrap_or(i64::MAX)))
    })?;
    connection.create_scalar_function("unicode_lower", 1, FLAGS, move |context| {
        Ok(text(context, 0)?.map(|text| lower(&text)))
    })?;
    connection.create_scalar_function("loose", 1, FLAGS, move |context| {
        Ok(text(context, 0)?.map(|text| loose(&text)))
    })?;
    matcher(connection, "text_contains", |text, part| text.contains(part))?;
    matcher(connection, "text_starts", |text, part| text.starts_with(part))?;
    matcher(connection, "text_ends", |text, part| text.ends_with(part))?;
    matcher(connection, "text_like", |text, pattern| like::matches(&lower(text), &lower(pattern)))
}

fn matcher(
    connection: &Connection,
    name: &str,
    matches: fn(&str, &str) -> bool,
) -> rusqlite::Result<()> {
    connection.create_scalar_function(name, 2, FLAGS, move |context| {
        let (text, part): (Option<String>, Option<String>) = (context.get(0)?, context.get(1)?);
        Ok(text.zip(part).map(|(text, part)| matches(&text, &part)))
    })
}

/// Lower case, each character by itself (as .NET's `ToLowerInvariant` does).
pub(super) fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// What an accent-insensitive database collation compares: no case, accents, width or trailing
/// blanks.
pub(super) fn loose(text: &str) -> String {
    let bare: String = text.nfkd().filter(|c| !is_combining_mark(*c)).collect();
    lower(bare.trim_end())
}

fn compare_folded(left: &str, right: &str) -> Ordering {
    left.chars().flat_map(char::to_lowercase).cmp(right.chars().flat_map(char::to_lowercase))
}
