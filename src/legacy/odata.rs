//! The Bizagi-style OData view: paths, envelopes, ETags and preferences over the store. It does
//! no input or output of its own.
//!
//! That WFUser is reachable here at all is **hypothetical**: no public page shows a stock Bizagi
//! that serves it over OData. The envelope (`@odata.totalCount`, `@odata.count` as the number of
//! records fetched, `@odata.nextLink` absent on the last page only) is Bizagi's; ETags, verbs
//! and `Prefer` are OData V4's (Protocol §8, §11.4).

use std::collections::HashMap;
use std::sync::Arc;

use http::header::{self, HeaderMap, HeaderName};
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Content};
use super::columns::{TABLES, Table, WFUSER};
use super::error::ODataError;
use super::query::{Query, decoded};
use super::store::{Manner, Origin, Row, Search, Store, StoreError};
use super::{filter, metadata};

/// The store seen through OData.
#[derive(Clone)]
pub(super) struct View {
    /// The rows.
    pub(super) store: Arc<Store>,
    /// The project's name.
    pub(super) project: String,
    /// How many rows a page has at most.
    pub(super) page_limit: u64,
}

/// A request of the view.
#[derive(Debug)]
pub(super) struct Ask {
    /// The method.
    pub(super) method: Method,
    /// The path after the project, from `/odata` on, as it came.
    pub(super) path: String,
    /// The query, as it came.
    pub(super) query: String,
    /// The headers.
    pub(super) headers: HeaderMap,
    /// The JSON body.
    pub(super) body: Option<Value>,
    /// The address of the project as the client wrote it: scheme, host and project.
    pub(super) base: String,
    /// Whether text compares as under an accent-insensitive collation.
    pub(super) loose: bool,
    /// How many users may be enabled.
    pub(super) licences: Option<u64>,
}

impl View {
    /// Answers a request; it blocks on the database.
    pub(super) fn answer(&self, ask: &Ask) -> Answer {
        self.route(ask).unwrap_or_else(Answer::from)
    }

    fn route(&self, ask: &Ask) -> Result<Answer, ODataError> {
        // A `+` in a path is a plus sign, but no path here has one.
        let path = decoded(&ask.path);
        let resource = match path.trim_end_matches('/') {
            "/odata/metadata/getProject" => {
                let context = format!("{}/odata/metadata/$metadata#Edm.String", ask.base);
                return get(ask, || {
                    Ok(json!({ "@odata.context": context, "value": self.project }))
                });
            }
            "/odata/data" => return get(ask, || Ok(service(&ask.base))),
            "/odata/data/$metadata" | "/odata/metadata/$metadata" => {
                let answer = get(ask, || Ok(Value::Null))?;
                let content = Content::Text("application/xml", metadata::document());
                return Ok(Answer { content, ..answer });
            }
            "/odata/data/userProfile" => return get(ask, || self.profile(ask)),
            path => path.strip_prefix("/odata/data/").ok_or_else(no_resource)?,
        };
        let (name, key) = match resource.split_once('(') {
            None => (resource, None),
            Some((name, rest)) => (name, Some(rest.strip_suffix(')').ok_or_else(no_resource)?)),
        };
        if name.contains('/') {
            return Err(no_resource());
        }
        let table = Table::named(name).ok_or_else(ODataError::unknown_entity)?;
        let key = key.map(|key| parse_key(table, key)).transpose()?;
        let query = Query::parse(table, &ask.query)?;
        match (&ask.method, key) {
            (&Method::GET, None) => self.list(ask, table, &query),
            (&Method::GET, Some(key)) => self.read(ask, table, &query, key),
            (&Method::POST, None) if table.writable => self.create(ask, table, &query),
            (&Method::PATCH, Some(key)) if table.writable => self.patch(ask, table, &query, key),
            // Users are never deleted, only disabled; nor is a row replaced as a whole.
            (_, key) => {
                let allowed = match (table.writable, key) {
                    (false, _) => "GET",
                    (true, None) => "GET, POST",
                    (true, Some(_)) => "GET, PATCH",
                };
                Ok(not_allowed(allowed))
            }
        }
    }

    fn list(&self, ask: &Ask, table: &'static Table, query: &Query) -> Result<Answer, ODataError> {
        let condition = query
            .filter
            .as_deref()
            .map(|text| filter::condition(table, text, ask.loose))
            .transpose()?;
        let order = match &query.order {
            Some(text) => filter::order(table, text)?,
            None => String::new(),
        };
        let limit = query.top.unwrap_or(self.page_limit).min(self.page_limit);
        let search = Search { condition, order, skip: query.skip, limit };
        let page = self.store.search(table, &search)?;
        let fetched = page.rows.len() as u64;
        let value = self.rows(ask, table, query, page.rows)?;
        let mut body = Map::new();
        body.insert("@odata.context".to_owned(), context(ask, table, ""));
        body.insert("@odata.totalCount".to_owned(), page.total.into());
        if query.count {
            body.insert("@odata.count".to_owned(), fetched.into());
        }
        body.insert("value".to_owned(), value.into());
        let next = query.skip.saturating_add(fetched);
        if fetched > 0 && next < page.total {
            // As Bizagi's own pages do, the link goes on beyond `$top`, with the same `$top`: it
            // is absent on the last page of the whole set only. A `$top` above the server's page
            // is worked off first.
            let top = match query.top {
                None => String::new(),
                Some(top) if top > self.page_limit => format!("&$top={}", top - fetched),
                Some(top) => format!("&$top={top}"),
            };
            let link =
                format!("{}/odata/data/{}?{}$skip={next}{top}", ask.base, table.name, query.rest);
            body.insert("@odata.nextLink".to_owned(), link.into());
        }
        Ok(Answer::json(StatusCode::OK, body.into()))
    }

    fn read(
        &self,
        ask: &Ask,
        table: &'static Table,
        query: &Query,
        key: i64,
    ) -> Result<Answer, ODataError> {
        let row = self.store.row(table, key)?.ok_or(StoreError::Absent)?;
        self.one(ask, table, query, StatusCode::OK, row)
    }

    fn create(
        &self,
        ask: &Ask,
        table: &'static Table,
        query: &Query,
    ) -> Result<Answer, ODataError> {
        let row = self.store.insert(table, object(ask)?, manner(ask))?;
        let location = self.address(ask, table, row.key);
        let preference = preference(&ask.headers);
        let answer = if preference == Some("return=minimal") {
            Answer {
                status: StatusCode::NO_CONTENT,
                headers: vec![
                    (header::ETAG, etag(&row)),
                    (HeaderName::from_static("odata-entityid"), location.clone()),
                ],
                content: Content::Nothing,
            }
        } else {
            self.one(ask, table, query, StatusCode::CREATED, row)?
        };
        Ok(applied(answer, preference).with(header::LOCATION, location))
    }

    fn patch(
        &self,
        ask: &Ask,
        table: &'static Table,
        query: &Query,
        key: i64,
    ) -> Result<Answer, ODataError> {
        let wanted = ask.headers.get(header::IF_MATCH).map(|value| value.as_bytes().to_vec());
        let allowed =
            |version: i64| wanted.as_deref().is_none_or(|wanted| matches(wanted, version));
        let row = self.store.update(table, key, object(ask)?, allowed, manner(ask))?;
        let preference = preference(&ask.headers);
        let answer = if preference == Some("return=representation") {
            self.one(ask, table, query, StatusCode::OK, row)?
        } else {
            Answer {
                status: StatusCode::NO_CONTENT,
                headers: vec![(header::ETAG, etag(&row))],
                content: Content::Nothing,
            }
        };
        Ok(applied(answer, preference))
    }

    /// The user of the token: always the administrator, as the sample has one OAuth application.
    fn profile(&self, ask: &Ask) -> Result<Value, ODataError> {
        let row = self.store.row(&WFUSER, 1)?.ok_or(StoreError::Absent)?;
        let field = |name: &str| row.fields.get(name).cloned().unwrap_or_default();
        Ok(json!({
            "@odata.context": format!("{}/odata/data/$metadata#userProfile", ask.base),
            "@odata.id": format!("{}/odata/data/userProfile", ask.base),
            "userName": field("userName"),
            "domain": field("domain"),
            "fullName": field("fullName"),
            "email": field("contactEmail"),
        }))
    }

    fn one(
        &self,
        ask: &Ask,
        table: &'static Table,
        query: &Query,
        status: StatusCode,
        row: Row,
    ) -> Result<Answer, ODataError> {
        let etag = etag(&row);
        let mut body = Map::new();
        body.insert("@odata.context".to_owned(), context(ask, table, "/$entity"));
        if let Some(Value::Object(fields)) =
            self.rows(ask, table, query, vec![row])?.into_iter().next()
        {
            body.extend(fields);
        }
        Ok(Answer::json(status, body.into()).with(header::ETAG, etag))
    }

    /// The rows in JSON, with what `$select` and `$expand` ask for.
    fn rows(
        &self,
        ask: &Ask,
        table: &'static Table,
        query: &Query,
        rows: Vec<Row>,
    ) -> Result<Vec<Value>, ODataError> {
        let mut known: HashMap<(&str, i64), Value> = HashMap::new();
        let mut values = Vec::with_capacity(rows.len());
        for row in rows {
            let mut links = Map::new();
            for way in &query.expand {
                let key = row.fields.get(way.column).and_then(Value::as_i64);
                let value = match (key, Table::named(way.table)) {
                    (Some(key), Some(other)) => match known.get(&(way.name, key)) {
                        Some(value) => value.clone(),
                        None => {
                            let far = self.store.row(other, key)?;
                            let value = far.map_or(Value::Null, |far| {
                                Value::Object(self.annotated(ask, other, far, None))
                            });
                            known.insert((way.name, key), value.clone());
                            value
                        }
                    },
                    _ => Value::Null,
                };
                links.insert(way.name.to_owned(), value);
            }
            let mut fields = self.annotated(ask, table, row, query.select.as_deref());
            fields.extend(links);
            values.push(Value::Object(fields));
        }
        Ok(values)
    }

    fn annotated(
        &self,
        ask: &Ask,
        table: &Table,
        row: Row,
        select: Option<&[&str]>,
    ) -> Map<String, Value> {
        let mut fields = Map::new();
        fields.insert("@odata.id".to_owned(), self.address(ask, table, row.key).into());
        fields.insert("@odata.etag".to_owned(), etag(&row).into());
        fields.extend(
            row.fields
                .into_iter()
                .filter(|(name, _)| select.is_none_or(|select| select.contains(&name.as_str()))),
        );
        fields
    }

    fn address(&self, ask: &Ask, table: &Table, key: i64) -> String {
        format!("{}/odata/data/{}({key})", ask.base, table.name)
    }
}

fn get(ask: &Ask, body: impl FnOnce() -> Result<Value, ODataError>) -> Result<Answer, ODataError> {
    if ask.method == Method::GET {
        Ok(Answer::json(StatusCode::OK, body()?))
    } else {
        Ok(not_allowed("GET"))
    }
}

fn not_allowed(allowed: &str) -> Answer {
    let error = ODataError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "The requested resource does not support this method.",
    );
    Answer::from(error).with(header::ALLOW, allowed)
}

fn no_resource() -> ODataError {
    ODataError::new(StatusCode::NOT_FOUND, "Resource not found.")
}

/// A key is an integer, alone or with its name: `WFUser(7)`, `WFUser(idUser=7)`.
fn parse_key(table: &Table, text: &str) -> Result<i64, ODataError> {
    let text = match text.split_once('=') {
        Some((name, value)) if name == table.key => value,
        _ => text,
    };
    text.parse().map_err(|_| ODataError::bad("The key must be an integer."))
}

fn object(ask: &Ask) -> Result<&Map<String, Value>, ODataError> {
    ask.body.as_ref().and_then(Value::as_object).ok_or_else(|| StoreError::NotAnObject.into())
}

fn manner(ask: &Ask) -> Manner {
    Manner { origin: Origin::Interface, loose: ask.loose, licences: ask.licences }
}

fn service(base: &str) -> Value {
    let value: Vec<_> = TABLES
        .iter()
        .map(|table| json!({ "name": table.name, "kind": "EntitySet", "url": table.name }))
        .collect();
    json!({ "@odata.context": format!("{base}/odata/data/$metadata"), "value": value })
}

fn context(ask: &Ask, table: &Table, rest: &str) -> Value {
    format!("{}/odata/data/$metadata#{}{rest}", ask.base, table.name).into()
}

/// Weak, because the JSON may be written in more than one way.
fn etag(row: &Row) -> String {
    format!("W/\"{}\"", row.version)
}

/// Whether an `If-Match` allows this version. HTTP compares strongly there, under which a weak tag
/// never matches; OData services compare weakly, and so does this one.
fn matches(wanted: &[u8], version: i64) -> bool {
    String::from_utf8_lossy(wanted).split(',').map(str::trim).any(|tag| {
        let tag = tag.strip_prefix("W/").unwrap_or(tag);
        tag == "*" || tag == format!("\"{version}\"")
    })
}

/// The preference for what a write answers (OData Protocol §8.2.8.7), if it is one of the two.
fn preference(headers: &HeaderMap) -> Option<&'static str> {
    headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .find_map(|value| {
            ["return=representation", "return=minimal"]
                .into_iter()
                .find(|known| known.eq_ignore_ascii_case(value.trim()))
        })
}

fn applied(answer: Answer, preference: Option<&str>) -> Answer {
    match preference {
        Some(preference) => answer.with(HeaderName::from_static("preference-applied"), preference),
        None => answer,
    }
}
