//! The system query options of a request (OData V4, URL Conventions §5.1), decoded. A `+` in a
//! query is a blank, as in HTML forms; a plus sign must come as `%2B`.

use percent_encoding::percent_decode_str;

use super::columns::{Navigation, Table};
use super::error::ODataError;

/// The options that are known.
#[derive(Debug, Default)]
pub(super) struct Query {
    /// `$filter`, as it stands.
    pub(super) filter: Option<String>,
    /// `$orderby`, as it stands.
    pub(super) order: Option<String>,
    /// `$top`.
    pub(super) top: Option<u64>,
    /// `$skip`.
    pub(super) skip: u64,
    /// `$count`.
    pub(super) count: bool,
    /// The properties of `$select`; all when there is none.
    pub(super) select: Option<Vec<&'static str>>,
    /// The navigations of `$expand`.
    pub(super) expand: Vec<&'static Navigation>,
    /// Every option but `$top` and `$skip`, as it came, for the next link.
    pub(super) rest: String,
}

/// One part of a query, decoded; broken UTF-8 is replaced.
pub(super) fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

/// Name and value pairs of a query or a form, decoded.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = (String, String, &str)> {
    text.split('&').filter(|part| !part.is_empty()).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (decoded(name), decoded(value), part)
    })
}

impl Query {
    /// Reads the options of a request for `table`. Options of OData that are not known are
    /// refused; names without `$` are the client's own and pass.
    pub(super) fn parse(table: &'static Table, text: &str) -> Result<Self, ODataError> {
        let mut query = Self::default();
        let mut seen: Vec<String> = Vec::new();
        for (name, value, raw) in pairs(text) {
            if !name.starts_with('$') {
                continue;
            }
            if seen.contains(&name) {
                return Err(ODataError::bad(format!("query option '{name}' is given twice")));
            }
            if name != "$top" && name != "$skip" {
                query.rest.push_str(raw);
                query.rest.push('&');
            }
            let number = || {
                value.parse::<u64>().map_err(|_| {
                    ODataError::bad(format!("query option '{name}' expects a number from 0 on"))
                })
            };
            match name.as_str() {
                "$filter" => query.filter = Some(value),
                "$orderby" => query.order = Some(value),
                "$top" => query.top = Some(number()?),
                "$skip" => query.skip = number()?,
                "$count" => {
                    query.count = match value.as_str() {
                        "true" => true,
                        "false" => false,
                        _ => return Err(ODataError::bad("'$count' expects true or false")),
                    }
                }
                "$select" => query.select = selection(table, &value)?,
                "$expand" => {
                    for name in value.split(',') {
                        let way = table
                            .navigation(name.trim())
                            .ok_or_else(|| unknown(name.trim(), table))?;
                        query.expand.push(way);
                    }
                }
                "$format" if value == "json" || value.starts_with("application/json") => {}
                _ => return Err(ODataError::bad(format!("query option '{name}' is not known"))),
            }
            seen.push(name);
        }
        Ok(query)
    }
}

fn selection(table: &'static Table, value: &str) -> Result<Option<Vec<&'static str>>, ODataError> {
    let mut names = Vec::new();
    for name in value.split(',').map(str::trim) {
        if name == "*" {
            return Ok(None);
        }
        names.push(table.column(name).ok_or_else(|| unknown(name, table))?.name);
    }
    Ok(Some(names))
}

fn unknown(name: &str, table: &Table) -> ODataError {
    let name: String = name.chars().take(100).collect();
    ODataError::bad(format!("property '{name}' does not exist on entity '{}'", table.name))
}
