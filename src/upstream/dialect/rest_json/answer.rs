//! Answers: where the rows, the total, the next link and the new key stand.

use std::borrow::Cow;

use http::header::{ETAG, LINK, LOCATION};
use http::{HeaderMap, HeaderName};
use percent_encoding::percent_decode_str;
use serde_json::value::RawValue;

use super::options::{CREATE, LIST, NEW_KEY, NEXT, READ, ROW, ROWS, SEARCH, SEND, TOTAL, UPDATE};
use super::row::{at, broken, plain, read};
use crate::record::{Entity, Etag, Options, Place, Query, Record, Source, UpstreamKey};
use crate::upstream::dialect::odata::value;
use crate::upstream::dialect::{Outcome, Page, Unreadable};
use crate::value::{Text, Type};

/// The whole body as one JSON value, as it is written.
pub(super) fn json(body: &[u8]) -> Result<&str, Unreadable> {
    let text = std::str::from_utf8(body).map_err(|error| {
        let before = body.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        Unreadable::Json { line, column }
    })?;
    Ok(serde_json::from_str::<&RawValue>(text).map_err(|error| broken(&error))?.get())
}

/// The row that was asked for.
pub(super) fn row<'b>(
    entity: &Entity,
    headers: &HeaderMap,
    body: &'b str,
) -> Result<Record<'b>, Unreadable> {
    let place = entity.options.group(READ).and_then(|read| read.place(ROW));
    let raw = match place {
        Some(place) => at(body, place)?.ok_or(Unreadable::NotARow)?,
        None => body,
    };
    record(entity, headers, raw)
}

/// A row as it stands in an answer, with its version; and as it is written, where an update
/// sends it again.
fn record<'b>(
    entity: &Entity,
    headers: &HeaderMap,
    raw: &'b str,
) -> Result<Record<'b>, Unreadable> {
    let mut record = kept(entity, raw)?;
    if entity.facts.etag != Etag::None {
        record.version = etag(headers).map(|etag| etag.to_owned().into());
    }
    Ok(record)
}

fn kept<'b>(entity: &Entity, raw: &'b str) -> Result<Record<'b>, Unreadable> {
    let mut record = read(entity, raw)?;
    let update = entity.options.group(UPDATE);
    if update.is_some_and(|update| update.text(SEND) == Some("whole")) {
        record.source = Some(Cow::Borrowed(raw));
    }
    Ok(record)
}

/// The operation that was answered, and its rows as they are written.
pub(super) fn items<'e, 'b>(
    entity: &'e Entity,
    query: Option<&Query<'_>>,
    body: &'b str,
) -> Result<(&'e Options, Vec<&'b RawValue>), Unreadable> {
    let search = entity.options.group(SEARCH).ok_or(Unreadable::NoRows("rows"))?;
    let listed = entity.options.group(LIST).filter(|_| entity.options.is_group_said(LIST));
    let operation = match (query, listed) {
        (Some(query), Some(list)) if is_list(query) => list,
        // A further page of either: they may differ in where the rows stand.
        (None, Some(list)) if rows(search, body)?.is_none() => list,
        _ => search,
    };
    let raw = rows(operation, body)?.ok_or(Unreadable::NoRows("rows"))?;
    Ok((operation, serde_json::from_str(raw).map_err(|error| broken(&error))?))
}

/// Some of the rows of a search. Without a query it is a further page, which only the place of
/// the rows can be asked.
pub(super) fn page<'b>(
    entity: &Entity,
    query: Option<&Query<'_>>,
    headers: &HeaderMap,
    body: &'b str,
) -> Result<Page<'b>, Unreadable> {
    let (operation, items) = items(entity, query, body)?;
    let mut records = Vec::with_capacity(items.len());
    for item in items {
        records.push(kept(entity, item.get())?);
    }
    let told = |place: usize| match operation.source(place) {
        Some(Source::Body(place)) => {
            Ok::<_, Unreadable>(at(body, place)?.filter(|raw| *raw != "null"))
        }
        _ => Ok(None),
    };
    let total = match operation.source(TOTAL) {
        Some(Source::Header(name)) => header(headers, name).map(Text::of),
        _ => told(TOTAL)?.and_then(plain),
    };
    let total = match total {
        Some(text) => Some(text.parse().map_err(|_| Unreadable::NoRows("total"))?),
        None => None,
    };
    let next = match operation.source(NEXT) {
        Some(Source::Header(name)) if **name == *LINK.as_str() => linked(headers).map(Text::from),
        Some(Source::Header(name)) => header(headers, name).map(Text::owned),
        _ => match told(NEXT)? {
            Some(raw) => Some(plain(raw).ok_or(Unreadable::NoRows("next"))?),
            None => None,
        },
    };
    Ok(Page { records, total, next: next.filter(|next| !next.is_empty()) })
}

/// Whether a search is asked for without any comparison.
fn is_list(query: &Query<'_>) -> bool {
    query.predicate.constant() == Some(true)
}

/// The array of rows, where there is one.
fn rows<'b>(operation: &Options, body: &'b str) -> Result<Option<&'b str>, Unreadable> {
    let raw = match operation.place(ROWS) {
        Some(place) => at(body, place)?,
        None => Some(body),
    };
    Ok(raw.filter(|raw| raw.starts_with('[')))
}

/// What the answer to a create or update tells.
pub(super) fn written<'b>(
    entity: &Entity,
    is_create: bool,
    headers: &HeaderMap,
    body: Option<&'b str>,
) -> Result<Outcome<'b>, Unreadable> {
    let operation = entity.options.group(if is_create { CREATE } else { UPDATE });
    let place = operation.and_then(|operation| operation.place(ROW));
    let raw = match (body, place) {
        (Some(body), Some(place)) => at(body, place)?.filter(|raw| *raw != "null"),
        _ => None,
    };
    let row = match raw {
        Some(raw) => Some(record(entity, headers, raw)?),
        None => None,
    };
    let key = row.as_ref().and_then(|row| UpstreamKey::from_value(row.value(entity.key)));
    let told = match operation.filter(|_| is_create).and_then(|create| create.source(NEW_KEY)) {
        Some(source) => new_key(entity, source, headers, body)?,
        None => None,
    };
    let version = match entity.facts.etag {
        Etag::None => None,
        _ => etag(headers).map(|etag| etag.to_owned().into()),
    };
    Ok(Outcome::Written { key: key.or(told), version, row })
}

/// The key of a new row: a value in the body, or the last segment of a header's URL.
fn new_key(
    entity: &Entity,
    source: &Source,
    headers: &HeaderMap,
    body: Option<&str>,
) -> Result<Option<UpstreamKey>, Unreadable> {
    let kind = entity.fields.field(entity.key).map_or(Type::String, |field| field.kind);
    let of = |raw: &str| value(raw, kind).and_then(|value| UpstreamKey::from_value(&value));
    match source {
        Source::Body(place) => {
            let Some(body) = body else { return Ok(None) };
            Ok(at(body, place)?.and_then(of))
        }
        Source::Header(name) => {
            let Some(text) = header(headers, name) else { return Ok(None) };
            let is_url = **name == *LOCATION.as_str();
            let path = text.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
            let last = if is_url { path.rsplit('/').next().unwrap_or_default() } else { text };
            let Ok(key) = percent_decode_str(last).decode_utf8() else { return Ok(None) };
            Ok(match kind {
                Type::Integer => key.parse().ok().map(UpstreamKey::Integer),
                _ => Some(key).filter(|k| !k.is_empty()).map(|key| UpstreamKey::Text(key.into())),
            })
        }
    }
}

/// Whether a read answered with nothing where the row should stand.
pub(super) fn is_nobody(entity: &Entity, body: &str) -> bool {
    let place: Option<&Place> = entity.options.group(READ).and_then(|read| read.place(ROW));
    place.is_some_and(|place| matches!(at(body, place), Ok(Some("null"))))
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
    headers.get(name)?.to_str().ok().map(str::trim).filter(|text| !text.is_empty())
}

fn etag(headers: &HeaderMap) -> Option<&str> {
    header(headers, ETAG.as_str())
}

/// The URL of `Link: <…>; rel="next"` (RFC 8288 §3).
fn linked(headers: &HeaderMap) -> Option<String> {
    for value in headers.get_all(LINK) {
        let mut rest = value.to_str().ok()?;
        while let Some((_, after)) = rest.split_once('<') {
            let (url, after) = after.split_once('>')?;
            let end = after.find('<').unwrap_or(after.len());
            let (parameters, more) = after.split_at(end);
            let is_next = parameters.split([';', ',']).any(|parameter| {
                parameter.split_once('=').is_some_and(|(name, relation)| {
                    name.trim().eq_ignore_ascii_case("rel")
                        && relation
                            .trim()
                            .trim_matches('"')
                            .split_ascii_whitespace()
                            .any(|word| word.eq_ignore_ascii_case("next"))
                })
            });
            if is_next {
                return Some(url.to_owned());
            }
            rest = more;
        }
    }
    None
}
