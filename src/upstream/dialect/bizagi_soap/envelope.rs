//! Calls → envelopes. All characters go through the XML writer, which escapes them.

use bytes::Bytes;
use quick_xml::Writer;
use quick_xml::events::{BytesCData, BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::{
    CREATE, CREATE_PARAMETER, INSERT, ORGANIZATION, TWIN, basic, collection, condition, is_name,
    xml,
};
use crate::record::{
    Case, Delta, Difference, Entity, Field, Operator, Predicate, Query, Structure, UpstreamKey,
};
use crate::upstream::dialect::DialectError;
use crate::value::{Type, Value};

/// The service's namespace, which is also where its actions begin.
pub(super) const NAMESPACE: &str = "http://tempuri.org/";

const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// The method to call, and the envelope.
type Written = (String, Bytes);

/// The row of a key.
pub(super) fn read(entity: &Entity, key: &UpstreamKey) -> Result<Written, DialectError> {
    let predicate = Predicate::compare(entity.key, Operator::Eq, key.value(), Case::Exact);
    // A key that cannot be asked for addresses nothing.
    let condition = condition::of(&predicate, entity).map_err(|_| DialectError::Key)?;
    find(entity, condition.as_deref())
}

/// The rows that meet a condition: all of them, in the server's order.
pub(super) fn search(entity: &Entity, query: &Query<'_>) -> Result<Written, DialectError> {
    let condition = condition::of(&query.predicate, entity)?;
    find(entity, condition.as_deref())
}

fn find(entity: &Entity, condition: Option<&str>) -> Result<Written, DialectError> {
    let mut payload = Payload::new();
    payload.open("EntityData");
    payload.leaf("EntityName", &entity.collection);
    if let Some(condition) = condition {
        payload.open("Filters");
        payload.section(condition);
        payload.close("Filters");
    }
    // Disabled people are people.
    payload.leaf("FilterDisabled", "false");
    payload.close("EntityData");
    Ok(payload.enclosed(entity, "getEntities", "entitiesInfo"))
}

/// A change of the row of a key; it never makes one.
pub(super) fn update(
    entity: &Entity,
    key: &UpstreamKey,
    delta: &Delta<'_>,
) -> Result<Written, DialectError> {
    let kind = entity.fields.field(entity.key).ok_or(DialectError::Unknown)?.kind;
    let key = match (key, kind) {
        (UpstreamKey::Integer(_), Type::Integer) => key.to_string(),
        (UpstreamKey::Text(text), Type::String) if xml::is_writable(text) => text.to_string(),
        _ => return Err(DialectError::Key),
    };
    let mut payload = Payload::new();
    payload.open("Entities");
    payload.keyed(row_name(entity)?, &key);
    fields(&mut payload, entity, delta)?;
    payload.close(row_name(entity)?);
    payload.close("Entities");
    Ok(payload.enclosed(entity, "saveEntity", "entityInfo"))
}

/// A new row.
pub(super) fn create(entity: &Entity, delta: &Delta<'_>) -> Result<Written, DialectError> {
    let options = &entity.options;
    let row = row_name(entity)?;
    let mut payload = Payload::new();
    payload.open("Entities");
    payload.open(row);
    if options.text(CREATE) == Some("createUser") {
        payload.open("BasicInformation");
        for (index, value) in delta.iter() {
            let field = entity.fields.field(index).ok_or(DialectError::Unknown)?;
            if let Some(node) = basic(field.name.as_str()) {
                payload.leaf(node, &characters(field, value)?);
            }
        }
        payload.leaf("Organization", options.text(ORGANIZATION).unwrap_or_default());
        payload.close("BasicInformation");
        payload.close(row);
        payload.close("Entities");
        let parameter = options.text(CREATE_PARAMETER).filter(|name| is_name(name));
        let parameter = parameter.ok_or(DialectError::NoSuchCall)?;
        return Ok(payload.enclosed(entity, "createUser", parameter));
    }
    fields(&mut payload, entity, delta)?;
    if let Some(structure) = options.structure(INSERT) {
        payload.structure(structure);
    }
    payload.close(row);
    payload.close("Entities");
    Ok(payload.enclosed(entity, "saveEntity", "entityInfo"))
}

fn row_name(entity: &Entity) -> Result<&str, DialectError> {
    if is_name(&entity.collection) { Ok(&entity.collection) } else { Err(DialectError::Unknown) }
}

fn fields(payload: &mut Payload, entity: &Entity, delta: &Delta<'_>) -> Result<(), DialectError> {
    for (index, value) in delta.iter() {
        let field = entity.fields.field(index).ok_or(DialectError::Unknown)?;
        if !is_name(field.name.as_str()) {
            return Err(DialectError::Unknown);
        }
        if field.many {
            members(payload, entity, field, &delta.difference(index))?;
            continue;
        }
        payload.leaf(field.name.as_str(), &characters(field, value)?);
    }
    Ok(())
}

/// What changes in a collection: `<Roles><ROLE key="2"/><REMOVE><idRole key="1"/></REMOVE></Roles>`.
fn members(
    payload: &mut Payload,
    entity: &Entity,
    field: &Field,
    difference: &Difference<'_, '_>,
) -> Result<(), DialectError> {
    let misfit = || DialectError::Misfit(field.name.clone());
    let shape = collection::shape(&entity.options, field.name.as_str()).ok_or_else(misfit)?;
    let each = |name: &str, values: &[&Value<'_>], payload: &mut Payload| {
        for value in values {
            let key = characters(field, value)?;
            // What an attribute does not keep (XML 1.0 §3.3.3) is no key.
            if key.is_empty() || key.contains(char::is_control) {
                return Err(misfit());
            }
            payload.keyed(name, &key);
            payload.close(name);
        }
        Ok(())
    };
    payload.open(field.name.as_str());
    each(shape.element, &difference.added, payload)?;
    if !difference.removed.is_empty() {
        payload.open("REMOVE");
        each(shape.key, &difference.removed, payload)?;
        payload.close("REMOVE");
    }
    payload.close(field.name.as_str());
    Ok(())
}

/// The characters of a value; none at all clear the field.
fn characters(field: &Field, value: &Value<'_>) -> Result<String, DialectError> {
    let misfit = || DialectError::Misfit(field.name.clone());
    Ok(match value {
        Value::List(_) => return Err(misfit()),
        Value::Absent => String::new(),
        Value::Text(text) | Value::Decimal(text) if xml::is_writable(text) => text.to_string(),
        Value::Text(_) | Value::Decimal(_) => return Err(misfit()),
        Value::Integer(number) => number.to_string(),
        // The spelling that a public client of this service sends.
        Value::Boolean(true) => "True".to_owned(),
        Value::Boolean(false) => "False".to_owned(),
        Value::DateTime(time) => condition::civil(time).ok_or_else(misfit)?,
    })
}

/// The document inside a parameter: `BizAgiWSParam` and what is in it.
struct Payload(Writer<Vec<u8>>);

impl Payload {
    fn new() -> Self {
        Self(Writer::new(Vec::with_capacity(1024)))
    }

    /// Writing into memory cannot fail.
    fn event(&mut self, event: Event<'_>) {
        let _ = self.0.write_event(event);
    }

    fn open(&mut self, name: &str) {
        self.event(Event::Start(BytesStart::new(name)));
    }

    fn keyed(&mut self, name: &str, key: &str) {
        self.event(Event::Start(BytesStart::new(name).with_attributes([("key", key)])));
    }

    fn close(&mut self, name: &str) {
        self.event(Event::End(BytesEnd::new(name)));
    }

    fn leaf(&mut self, name: &str, text: &str) {
        self.open(name);
        self.event(Event::Text(BytesText::new(text)));
        self.close(name);
    }

    /// Characters in CDATA, divided where they hold its end.
    fn section(&mut self, text: &str) {
        for part in BytesCData::escaped(text) {
            self.event(Event::CData(part));
        }
    }

    fn structure(&mut self, structure: &Structure) {
        match structure {
            Structure::Leaf(text) => self.event(Event::Text(BytesText::new(text))),
            Structure::List(parts) => parts.iter().for_each(|part| self.structure(part)),
            Structure::Named(parts) => {
                for (name, part) in parts.iter().filter(|(name, _)| !name.starts_with('@')) {
                    self.event(Event::Start(element(name, part)));
                    self.structure(part);
                    self.close(name);
                }
            }
        }
    }

    /// The envelope around it, for the twin that the mapping chose.
    fn enclosed(self, entity: &Entity, method: &str, parameter: &str) -> Written {
        let inner = self.0.into_inner();
        let is_text = entity.options.text(TWIN) == Some("string");
        let method = if is_text { format!("{method}AsString") } else { method.to_owned() };
        let mut envelope = Payload(Writer::new(Vec::with_capacity(inner.len() + 512)));
        envelope.event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)));
        let start = BytesStart::new("soap:Envelope").with_attributes([("xmlns:soap", SOAP)]);
        envelope.event(Event::Start(start));
        envelope.open("soap:Body");
        let start = BytesStart::new(method.as_str()).with_attributes([("xmlns", NAMESPACE)]);
        envelope.event(Event::Start(start));
        envelope.open(parameter);
        if is_text {
            let mut text = String::with_capacity(inner.len() + 40);
            text.push_str("<BizAgiWSParam>");
            // What a writer of characters wrote.
            text.push_str(&String::from_utf8_lossy(&inner));
            text.push_str("</BizAgiWSParam>");
            envelope.section(&text);
        } else {
            // The names in the document are in no namespace.
            let start = BytesStart::new("BizAgiWSParam").with_attributes([("xmlns", "")]);
            envelope.event(Event::Start(start));
            envelope.0.get_mut().extend_from_slice(&inner);
            envelope.close("BizAgiWSParam");
        }
        envelope.close(parameter);
        envelope.close(&method);
        envelope.close("soap:Body");
        envelope.close("soap:Envelope");
        (method, envelope.0.into_inner().into())
    }
}

/// The beginning of an element, with the attributes that its content names: `@key`.
fn element<'s>(name: &'s str, content: &'s Structure) -> BytesStart<'s> {
    let mut start = BytesStart::new(name);
    if let Structure::Named(parts) = content {
        for (name, part) in parts {
            if let (Some(name), Structure::Leaf(text)) = (name.strip_prefix('@'), part) {
                start.push_attribute((name, &**text));
            }
        }
    }
    start
}
