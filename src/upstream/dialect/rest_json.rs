//! Any plain REST server that speaks JSON, described wholly in the mapping file: verbs, paths,
//! parameters, the shape of bodies, paging, and where things stand in its answers.
//!
//! A field's name is a dotted path through a nested row (see [`members`]). What
//! a stranger sent reaches a body as JSON of its own, a query percent-encoded, and a path as one
//! encoded segment, so that no value changes the structure of a call.
//!
//! An update may send the whole row: then the row stands in it as it was read, byte for byte,
//! with the changed members in their places, and what the mapping does not know survives.

mod answer;
mod node;
mod options;
mod row;
mod sample;
mod search;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, IF_MATCH};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};

use super::{Action, Call, Dialect, DialectError, Outcome, Unreadable};
use crate::record::{
    Case, Class, Condition, Delta, Description, Entity, Etag, Facts, Nulls, Operators, Options,
    Paging, Sample, Source, Template, UpstreamKey, members,
};
use crate::upstream::error::Kind;
use crate::upstream::literal;
use crate::upstream::origin::{self, Origin};
use crate::value::{Type, Value};
use node::{Filling, Node};
use options::{
    CLEAR, CREATE, DELETE, MEDIA_TYPE, METHOD, PATH, READ, ROW, ROWS, SEARCH, SEND, SUCCESS, TOTAL,
    UPDATE,
};
use row::Clear;

/// The dialect `rest-json`.
#[derive(Clone, Copy, Debug)]
pub struct RestJson;

/// The longest URL that is sent, in bytes. Servers draw the line much earlier.
const LONGEST_URL: usize = 32 * 1024;

impl Dialect for RestJson {
    fn description(&self) -> Description {
        Description {
            name: "rest-json",
            facts: Facts {
                operators: Operators::NONE,
                absence: false,
                searchable: None,
                filled: Vec::new(),
                scan: None,
                nulls: Nulls::OData,
                sort: false,
                case: Case::Insensitive,
                paging: Paging::Whole { most: 5000 },
                page: 100,
                total: false,
                etag: Etag::None,
                representation: false,
                enforces_unique: false,
                deletes: false,
            },
            options: options::OPTIONS,
            adapt: options::adapt,
            fits: options::fits,
            lists: |_, _| Ok(()),
            places: origin::below,
            names: |name| members(name).is_some(),
            expands: false,
            grants: &[],
            writable: None,
            elsewhere: options::ELSEWHERE,
        }
    }

    fn write(&self, call: &Call<'_>, base: &Origin) -> Result<Request<Bytes>, DialectError> {
        let entity = call.entity;
        let options = &entity.options;
        let of = |place: usize| options.group(place).ok_or(DialectError::NoSuchCall);
        let keyed = |key| Ok::<_, DialectError>([Filling::Value(key_value(entity, key)?)]);
        let mut request = match call.action {
            Action::Read { key } => {
                asked(entity, of(READ)?, Some(key), &keyed(key)?, Vec::new(), None, base)?
            }
            Action::Delete { key, .. } if options.is_group_said(DELETE) => {
                asked(entity, of(DELETE)?, Some(key), &keyed(key)?, Vec::new(), None, base)?
            }
            Action::Describe | Action::Delete { .. } => return Err(DialectError::NoSuchCall),
            Action::Search(query) => {
                let (operation, filling, parameters) = search::search(entity, query)?;
                asked(entity, operation, None, &filling, parameters, None, base)?
            }
            Action::Follow { next } => {
                let mut request = Request::new(Bytes::new());
                *request.uri_mut() = base.contains(next)?;
                request
            }
            Action::Create(delta) => {
                let row = row::edited(entity, delta, None, Clear::Omit)?;
                let filling = [Filling::Json(Node::Raw(row.clone()))];
                asked(entity, of(CREATE)?, None, &filling, Vec::new(), Some(row), base)?
            }
            Action::Update { key, delta, source, .. } => {
                let row = changed(entity, of(UPDATE)?, delta, source)?;
                let [key_filling] = keyed(key)?;
                let filling = [key_filling, Filling::Json(Node::Raw(row.clone()))];
                asked(entity, of(UPDATE)?, Some(key), &filling, Vec::new(), Some(row), base)?
            }
        };
        let media = options.text(MEDIA_TYPE).unwrap_or("application/json");
        let media = HeaderValue::from_str(media).map_err(|_| DialectError::NoSuchCall)?;
        if !request.body().is_empty() {
            request.headers_mut().insert(CONTENT_TYPE, media.clone());
        }
        request.headers_mut().insert(ACCEPT, media);
        if let Action::Update { version, .. } | Action::Delete { version, .. } = call.action {
            let version = match entity.facts.etag {
                Etag::None => None,
                Etag::Optional => version,
                Etag::Required => Some(version.unwrap_or("*")),
            };
            if let Some(version) = version {
                let version = HeaderValue::from_str(version).map_err(|_| DialectError::Version)?;
                request.headers_mut().insert(IF_MATCH, version);
            }
        }
        Ok(request)
    }

    fn read<'b>(
        &self,
        call: &Call<'_>,
        status: StatusCode,
        headers: &HeaderMap,
        body: &'b [u8],
    ) -> Result<Outcome<'b>, Unreadable> {
        if status == StatusCode::ACCEPTED {
            return Err(Unreadable::Promise);
        }
        let body = trimmed(body);
        if !body.is_empty() && !super::odata::is_media(headers, "json") {
            return Err(Unreadable::MediaType("JSON"));
        }
        let json = if body.is_empty() { None } else { Some(answer::json(body)?) };
        let entity = call.entity;
        match call.action {
            Action::Read { .. } => {
                let row = answer::row(entity, headers, json.ok_or(Unreadable::Empty)?)?;
                Ok(Outcome::Row(row))
            }
            Action::Search(query) => {
                let json = json.ok_or(Unreadable::Empty)?;
                answer::page(entity, Some(query), headers, json).map(Outcome::Rows)
            }
            Action::Follow { .. } => {
                let json = json.ok_or(Unreadable::Empty)?;
                answer::page(entity, None, headers, json).map(Outcome::Rows)
            }
            Action::Create(_) => answer::written(entity, true, headers, json),
            Action::Update { .. } => answer::written(entity, false, headers, json),
            Action::Delete { .. } => Ok(Outcome::Gone),
            Action::Describe => Err(Unreadable::NotARow),
        }
    }

    fn sample(&self, call: &Call<'_>, _: &HeaderMap, body: &[u8]) -> Option<Sample> {
        let Action::Search(query) = call.action else { return None };
        sample::sample(call.entity, query, answer::json(trimmed(body)).ok()?)
    }

    fn media(&self) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))])
    }

    fn nothing_found(&self, entity: &Entity) -> Bytes {
        answered(entity, Vec::new())
    }

    fn found(&self, entity: &Entity, row: &Bytes) -> Bytes {
        let place = entity.options.group(READ).and_then(|read| read.place(ROW));
        let raw = answer::json(trimmed(row)).ok();
        let raw = raw.and_then(|raw| match place {
            Some(place) => row::at(raw, place).ok().flatten(),
            None => Some(raw),
        });
        answered(entity, raw.map(|raw| Node::Raw(raw.as_bytes().to_vec())).into_iter().collect())
    }

    fn refuses(&self, call: &Call<'_>, status: StatusCode, body: &[u8]) -> bool {
        !status.is_success() || hidden(call, body).is_some()
    }

    fn tree(&self, body: &[u8]) -> serde_json::Value {
        serde_json::from_slice(trimmed(body)).unwrap_or_default()
    }

    fn recognise(&self, call: &Call<'_>, status: StatusCode, body: &[u8]) -> Option<Kind> {
        if status.is_success() { hidden(call, body) } else { None }
    }
}

/// The body of an answer to a search, with these rows.
fn answered(entity: &Entity, rows: Vec<Node>) -> Bytes {
    let search = entity.options.group(SEARCH);
    let put = |place: &[Box<str>], node: Node| {
        let names = place.iter().rev();
        names.fold(node, |inner, name| Node::Named(vec![(name.to_string(), inner)]))
    };
    let total = rows.len().to_string().into_bytes();
    let place = search.and_then(|search| search.place(ROWS));
    let mut node = put(place.map_or(&[], |place| &place.0), Node::List(rows));
    if let Some(Source::Body(place)) = search.and_then(|search| search.source(TOTAL)) {
        // Where they cannot stand beside each other, the rows alone say it.
        let _ = node.join(put(&place.0, Node::Raw(total)));
    }
    let mut body = Vec::new();
    node.print(&mut body);
    body.into()
}

/// The refusal that hides in a success.
fn hidden(call: &Call<'_>, body: &[u8]) -> Option<Kind> {
    let conditions = call.entity.options.conditions(SUCCESS);
    let is_read = matches!(call.action, Action::Read { .. });
    let body = trimmed(body);
    if body.is_empty() || (conditions.is_empty() && !is_read) {
        return None;
    }
    // What is no JSON at all is not for us to judge: reading it fails.
    let body = answer::json(body).ok()?;
    let holds = |condition: &Condition| {
        let found = row::at(body, &condition.place).ok().flatten().and_then(row::plain);
        found.is_some_and(|text| condition.pattern.is_match(&text))
    };
    if !conditions.iter().all(holds) {
        // Neither a success nor an error that the mapping knows.
        return Some(Kind::Garbled);
    }
    (is_read && answer::is_nobody(call.entity, body)).then_some(Kind::Refused(Class::Missing))
}

/// The row that an update sends.
fn changed(
    entity: &Entity,
    update: &Options,
    delta: &Delta<'_>,
    source: Option<&str>,
) -> Result<Vec<u8>, DialectError> {
    let clear = match entity.options.text(CLEAR) {
        Some("omit") => Clear::Omit,
        Some("empty") => Clear::Empty,
        _ => Clear::Null,
    };
    match update.text(SEND) {
        Some("changed") => row::edited(entity, delta, None, clear),
        // A row that was not read would lose all that is not in the change.
        _ => row::edited(entity, delta, Some(source.ok_or(DialectError::NoSuchCall)?), clear),
    }
}

/// The request of an operation.
fn asked(
    entity: &Entity,
    operation: &Options,
    key: Option<&UpstreamKey>,
    filling: &[Filling<'_>],
    comparisons: Vec<(String, String)>,
    row: Option<Vec<u8>>,
    base: &Origin,
) -> Result<Request<Bytes>, DialectError> {
    let (query, content) = search::parts(operation);
    let mut parameters = match query {
        Some(query) => search::parameters(query, filling)?,
        None => Vec::new(),
    };
    parameters.extend(comparisons);
    let body = match (content, row) {
        (Some(tree), _) => Node::of(tree, filling)?.map(|node| {
            let mut body = Vec::with_capacity(512);
            node.print(&mut body);
            body
        }),
        (None, row) => row,
    };
    let method = operation.text(METHOD).unwrap_or("GET");
    let mut request = Request::new(Bytes::from(body.unwrap_or_default()));
    *request.method_mut() =
        Method::from_bytes(method.as_bytes()).map_err(|_| DialectError::NoSuchCall)?;
    *request.uri_mut() = address(entity, operation.template(PATH), key, &parameters, base)?;
    Ok(request)
}

/// The URL of an operation: the key is one segment of it, or a part of one.
fn address(
    entity: &Entity,
    path: Option<&Template>,
    key: Option<&UpstreamKey>,
    parameters: &[(String, String)],
    base: &Origin,
) -> Result<Uri, DialectError> {
    let mut encoded = String::new();
    if let Some(key) = key {
        literal::encode(&mut encoded, &node::characters(&key_value(entity, key)?)?);
    }
    let with = |key: &str| -> Result<String, DialectError> {
        Ok(match path {
            Some(path) => node::text(path, &[Filling::Value(Value::text(key))])?
                .ok_or(DialectError::NoSuchCall)?,
            None if key.is_empty() => entity.collection.to_string(),
            None => format!("{}/{key}", entity.collection),
        })
    };
    let path = with(&encoded)?;
    let mut relative = path.clone();
    for (place, (name, value)) in parameters.iter().enumerate() {
        relative.push(if place > 0 || path.contains('?') { '&' } else { '?' });
        literal::encode(&mut relative, name);
        relative.push('=');
        literal::encode(&mut relative, value);
    }
    if relative.len() > LONGEST_URL {
        return Err(if key.is_some() { DialectError::Key } else { DialectError::Inexpressible });
    }
    let mistaken = |strayed| match (key, with("0").map(|plain| base.join(&plain))) {
        (Some(_), Ok(Ok(_))) => DialectError::Key,
        // The mapping's mistake, not the key's.
        _ => DialectError::Strayed(strayed),
    };
    let uri = base.join(&relative).map_err(mistaken)?;
    // A key that is `..` stays under the base URL and yet leaves its segment.
    let plain = path.split('?').next().unwrap_or_default().trim_start_matches('/');
    if key.is_some() && !uri.path().ends_with(plain) { Err(DialectError::Key) } else { Ok(uri) }
}

/// The key as a value of the key's field.
fn key_value<'k>(entity: &Entity, key: &'k UpstreamKey) -> Result<Value<'k>, DialectError> {
    let kind = entity.fields.field(entity.key).ok_or(DialectError::Unknown)?.kind;
    match (key, kind) {
        (UpstreamKey::Integer(_), Type::Integer) => Ok(key.value()),
        (UpstreamKey::Text(text), Type::String) if !text.is_empty() => Ok(key.value()),
        _ => Err(DialectError::Key),
    }
}

/// The body without a byte order mark (which RFC 8259 §8.1 does not know) and blanks around it.
fn trimmed(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii()
}

#[cfg(test)]
mod tests;
