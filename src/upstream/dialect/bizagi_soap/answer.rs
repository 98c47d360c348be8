//! Answers → records, keys and refusals. Both twins are understood whichever was called: the
//! result holds elements, or characters that hold them.

use std::borrow::Cow;

use quick_xml::events::BytesStart;
use serde_json::{Map, Value as Json};

use super::collection;
use super::xml::{Piece, Xml, attribute};
use crate::record::{Entity, FieldIndex, Record, UpstreamKey};
use crate::upstream::dialect::scalar::typed;
use crate::upstream::dialect::{Page, Unreadable};
use crate::value::{Text, Type, Value, instant};

/// What kind of message an answer is, as far as its beginning tells.
pub(super) enum Message {
    /// `BizAgiWSError`, and its elements.
    Error(Json),
    /// `soap:Fault` (SOAP 1.1 §4.4), and its elements.
    Fault(Json),
    /// No row at all.
    Nobody,
    /// Rows, or something else.
    Other,
}

/// Where the document inside the envelope is.
enum Inside<'b> {
    /// The reader stands in an element of it: its root.
    Element(Xml<'b>, BytesStart<'b>),
    /// It is in characters.
    Characters(Cow<'b, str>),
    /// There is none.
    Nothing,
}

const ERROR: &str = "BizAgiWSError";

/// Whether a body may hold a refusal; what it says can also be somebody's name.
pub(super) fn may_refuse(body: &[u8]) -> bool {
    let Ok(text) = characters(body) else { return false };
    text.contains(ERROR) || text.contains("Fault")
}

/// What kind of message a body is; `None` if it is none of this service.
pub(super) fn message(body: &[u8]) -> Option<Message> {
    match inside(characters(body).ok()?).ok()? {
        Inside::Element(xml, root) => told(xml, &root).ok(),
        Inside::Characters(text) => {
            let mut xml = Xml::new(&text);
            let root = xml.child().ok()??;
            told(xml, &root).ok()
        }
        Inside::Nothing => Some(Message::Other),
    }
}

fn told(mut xml: Xml<'_>, root: &BytesStart<'_>) -> Result<Message, Unreadable> {
    let name = local(root);
    if name.eq_ignore_ascii_case(ERROR) {
        return Ok(Message::Error(tree(&mut xml)?));
    }
    if name == "Fault" {
        return Ok(Message::Fault(tree(&mut xml)?));
    }
    if name == "BizAgiWSResponse" {
        while let Some(child) = xml.child()? {
            if local(&child).eq_ignore_ascii_case(ERROR) {
                return Ok(Message::Error(tree(&mut xml)?));
            }
            if local(&child) == "Entities" {
                return first(&mut xml);
            }
            xml.skip()?;
        }
    }
    if name == "Entities" { first(&mut xml) } else { Ok(Message::Other) }
}

fn first(xml: &mut Xml<'_>) -> Result<Message, Unreadable> {
    Ok(if xml.child()?.is_some() { Message::Other } else { Message::Nobody })
}

/// The row that was asked for.
pub(super) fn row<'b>(entity: &Entity, body: &'b [u8]) -> Result<Record<'b>, Unreadable> {
    rows(entity, body)?.records.into_iter().next().ok_or(Unreadable::NotARow)
}

/// Every row.
pub(super) fn rows<'b>(entity: &Entity, body: &'b [u8]) -> Result<Page<'b>, Unreadable> {
    let records = match inside(characters(body)?)? {
        Inside::Element(mut xml, root) => found(entity, &mut xml, &root)?,
        Inside::Characters(Cow::Borrowed(text)) => found_in(entity, text)?,
        Inside::Characters(Cow::Owned(text)) => {
            found_in(entity, &text)?.into_iter().map(Record::into_owned).collect()
        }
        Inside::Nothing => return Err(Unreadable::Empty),
    };
    Ok(Page { total: u64::try_from(records.len()).ok(), records, next: None })
}

fn found_in<'t>(entity: &Entity, text: &'t str) -> Result<Vec<Record<'t>>, Unreadable> {
    let mut xml = Xml::new(text);
    let root = xml.child()?.ok_or(Unreadable::NoRows("Entities"))?;
    found(entity, &mut xml, &root)
}

/// The rows of a document whose root began last, read to its end.
fn found<'t>(
    entity: &Entity,
    xml: &mut Xml<'t>,
    root: &BytesStart<'_>,
) -> Result<Vec<Record<'t>>, Unreadable> {
    let mut entities = local(root) == "Entities";
    while !entities {
        if local(root) != "BizAgiWSResponse" {
            return Err(Unreadable::NoRows("Entities"));
        }
        let child = xml.child()?.ok_or(Unreadable::NoRows("Entities"))?;
        entities = local(&child) == "Entities";
        if !entities {
            xml.skip()?;
        }
    }
    let mut records = Vec::new();
    while let Some(start) = xml.child()? {
        if !local(&start).eq_ignore_ascii_case(&entity.collection) {
            return Err(Unreadable::NotARow);
        }
        records.push(record(entity, xml, &start)?);
    }
    xml.finish()?;
    Ok(records)
}

/// One row, whose element began last.
fn record<'t>(
    entity: &Entity,
    xml: &mut Xml<'t>,
    start: &BytesStart<'t>,
) -> Result<Record<'t>, Unreadable> {
    let mut record = Record::empty(&entity.fields);
    while let Some(start) = xml.child()? {
        let Some(index) = column(entity, local(&start)) else {
            xml.skip()?;
            continue;
        };
        let value = match entity.fields.field(index).filter(|field| field.many) {
            Some(field) => collection::members(entity, field, xml)?,
            None => value(entity, index, xml, &start)?,
        };
        record.put(index, value);
    }
    // The attribute is what a write takes as key, so it is the truth.
    if let Some(key) = attribute(start, "key") {
        let kind = entity.fields.field(entity.key).map_or(Type::Integer, |field| field.kind);
        let key = typed(key.into(), kind).ok_or_else(|| misfit(entity, entity.key))?;
        record.put(entity.key, key);
    }
    Ok(record)
}

/// The value of a column whose element began last. A reference to another row is that row's key,
/// be it alone or with one level of the row in it.
fn value<'t>(
    entity: &Entity,
    index: FieldIndex,
    xml: &mut Xml<'t>,
    start: &BytesStart<'t>,
) -> Result<Value<'t>, Unreadable> {
    let kind = entity.fields.field(index).map_or(Type::String, |field| field.kind);
    let (text, nested) = xml.text()?;
    let text = match attribute(start, "key") {
        Some(key) => Cow::Owned(key),
        // A collection, or a row without a key: nothing that a column holds.
        None if nested => return Ok(Value::Absent),
        None => text,
    };
    let text = match (kind, text) {
        (Type::String, text) => text,
        (_, Cow::Borrowed(text)) => Cow::Borrowed(text.trim()),
        (_, Cow::Owned(text)) => Cow::Owned(text.trim().to_owned()),
    };
    // An element without characters and one that is not there cannot be told apart when written.
    if text.is_empty() {
        return Ok(Value::Absent);
    }
    match typed(text.into(), kind) {
        Some(Value::DateTime(time)) => Ok(Value::DateTime(zoned(time))),
        Some(value) => Ok(value),
        None => Err(misfit(entity, index)),
    }
}

/// A time as RFC 3339 writes it: the columns hold no offset, and we take them for UTC.
fn zoned(time: Text<'_>) -> Text<'_> {
    let has_offset = time.get(10..).is_some_and(|rest| rest.contains(['Z', 'z', '+', '-']));
    if has_offset || instant(&time).is_none() { time } else { format!("{time}Z").into() }
}

/// The field of a column; Bizagi's names ignore letter case.
fn column(entity: &Entity, name: &str) -> Option<FieldIndex> {
    entity.fields.index_of(name).or_else(|| {
        let same = |name: &str, other: &str| name.eq_ignore_ascii_case(other);
        let found = entity.fields.iter().find(|(_, field)| same(field.name.as_str(), name));
        found.map(|(index, _)| index)
    })
}

fn misfit(entity: &Entity, index: FieldIndex) -> Unreadable {
    match entity.fields.field(index) {
        Some(field) => Unreadable::Misfit(field.name.clone()),
        None => Unreadable::NotARow,
    }
}

/// The key in the answer to a write, where there is one: `<Entities><WFUSER>7</WFUSER></Entities>`.
pub(super) fn key(entity: &Entity, body: &[u8]) -> Result<Option<UpstreamKey>, Unreadable> {
    match inside(characters(body)?)? {
        Inside::Element(mut xml, root) => written(entity, &mut xml, &root),
        Inside::Characters(text) => {
            let mut xml = Xml::new(&text);
            match xml.child() {
                Ok(Some(root)) => written(entity, &mut xml, &root),
                // Something was said that is no document: the row tells what was done.
                _ => Ok(None),
            }
        }
        Inside::Nothing => Ok(None),
    }
}

fn written(
    entity: &Entity,
    xml: &mut Xml<'_>,
    root: &BytesStart<'_>,
) -> Result<Option<UpstreamKey>, Unreadable> {
    if !matches!(local(root), "Entities" | "BizAgiWSResponse") {
        return Err(Unreadable::NoRows("Entities"));
    }
    let kind = entity.fields.field(entity.key).map_or(Type::Integer, |field| field.kind);
    let mut found = None;
    while let Some(child) = xml.child()? {
        if local(&child) == "Entities" {
            continue;
        }
        let is_row = local(&child).eq_ignore_ascii_case(&entity.collection);
        let (text, _) = xml.text()?;
        if is_row && found.is_none() {
            let key = attribute(&child, "key").unwrap_or_else(|| text.trim().to_owned());
            let key = typed(key.into(), kind);
            found = key.and_then(|key| UpstreamKey::from_value(&key));
        }
    }
    xml.finish()?;
    Ok(found)
}

/// The document inside an envelope: `Envelope`, `Body`, the response, its result, and in it.
fn inside(text: &str) -> Result<Inside<'_>, Unreadable> {
    let mut xml = Xml::new(text);
    let root = xml.child()?.ok_or(Unreadable::Empty)?;
    if local(&root) != "Envelope" {
        return Err(xml.wrong());
    }
    loop {
        let Some(child) = xml.child()? else { return Err(xml.wrong()) };
        if local(&child) == "Body" {
            break;
        }
        xml.skip()?;
    }
    let Some(response) = xml.child()? else { return Ok(Inside::Nothing) };
    if local(&response) == "Fault" {
        return Ok(Inside::Element(xml, response));
    }
    if !local(&response).ends_with("Response") {
        return Err(xml.wrong());
    }
    let Some(result) = xml.child()? else { return Ok(Inside::Nothing) };
    if !local(&result).ends_with("Result") {
        return Err(xml.wrong());
    }
    let mut characters = Cow::Borrowed("");
    loop {
        match xml.next()? {
            Piece::Start(start) => return Ok(Inside::Element(xml, start)),
            Piece::Text(piece) if characters.is_empty() => characters = piece,
            Piece::Text(piece) => characters.to_mut().push_str(&piece),
            Piece::End => break,
            Piece::Over => return Err(xml.wrong()),
        }
    }
    // The whole of it, so that a truncated answer is never read.
    xml.finish()?;
    Ok(if characters.trim().is_empty() { Inside::Nothing } else { Inside::Characters(characters) })
}

/// The elements in the element that began last, by name; of several of one name the first.
fn tree(xml: &mut Xml<'_>) -> Result<Json, Unreadable> {
    let mut members = Map::new();
    let mut characters = String::new();
    loop {
        match xml.next()? {
            Piece::Start(start) => {
                let name = local(&start).to_owned();
                let inner = tree(xml)?;
                members.entry(name).or_insert(inner);
            }
            Piece::Text(text) => characters.push_str(&text),
            Piece::End | Piece::Over if members.is_empty() => {
                return Ok(Json::String(characters.trim().to_owned()));
            }
            Piece::End | Piece::Over => return Ok(Json::Object(members)),
        }
    }
}

/// An element's name without its prefix.
fn local<'s>(start: &'s BytesStart<'_>) -> &'s str {
    start.local_name().into_inner()
}

/// The body as characters, without a byte order mark.
fn characters(body: &[u8]) -> Result<&str, Unreadable> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    std::str::from_utf8(body).map_err(|error| Unreadable::Xml {
        offset: u64::try_from(error.valid_up_to()).unwrap_or_default(),
    })
}
