//! Printing a document as SCIM JSON: fragments that were escaped when the mapping was compiled, and
//! values between them, into one buffer.

use super::super::json::{write_integer, write_string};
use super::super::resource::{Complex, List, Member, Multi, Node, Resource, Shape};
use super::super::slots::{SlotIndex, SlotSet};
use super::projection::{META_LOCATION, META_RESOURCE_TYPE, META_VERSION};
use super::{Document, Projection};
use crate::value::Value;

/// What a printed resource says of itself beside its slots (RFC 7643 §3.1).
#[derive(Clone, Copy, Debug)]
pub struct Head<'h> {
    /// The resource's id.
    pub id: &'h str,
    /// Its absolute URI.
    pub location: &'h str,
    /// The absolute URI of its resource type's endpoint, without a trailing slash.
    pub endpoint: &'h str,
    /// Its version, as it stands in `ETag`.
    pub version: Option<&'h str>,
}

/// Everything but RFC 3986's unreserved characters.
const SEGMENT: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The absolute URI of the resource with that id, behind its type's endpoint (RFC 7643 §3.1).
#[must_use]
pub fn location(endpoint: &str, id: &str) -> String {
    let mut location = String::with_capacity(endpoint.len() + 1 + id.len());
    location.push_str(endpoint);
    location.push('/');
    location.extend(percent_encoding::utf8_percent_encode(id, SEGMENT));
    location
}

/// Appends the [location](location()) of the resource with that id as a JSON string.
fn write_location(out: &mut Vec<u8>, endpoint: &str, id: &str) {
    write_string(out, endpoint.as_bytes());
    // Nothing in a percent-encoded segment needs an escape.
    out.pop();
    out.push(b'/');
    for piece in percent_encoding::utf8_percent_encode(id, SEGMENT) {
        out.extend_from_slice(piece.as_bytes());
    }
    out.push(b'"');
}

struct Printer<'p, 'a> {
    document: &'p Document<'a>,
    resource: &'p Resource,
    /// What is there, whether it is shown or not.
    filled: SlotSet,
    /// What is there and shown.
    shown: SlotSet,
    /// Where resources of this type are.
    endpoint: &'p str,
    out: &'p mut Vec<u8>,
}

impl Document<'_> {
    /// Appends the resource to `out`. What is absent is left out (RFC 7643 §2.5).
    pub fn print(
        &self,
        resource: &Resource,
        head: &Head<'_>,
        projection: &Projection,
        out: &mut Vec<u8>,
    ) {
        let filled = self.filled();
        let shown = filled.intersection(projection.slots).intersection(resource.printable);
        let endpoint = head.endpoint;
        Printer { document: self, resource, filled, shown, endpoint, out }
            .resource(head, projection);
    }
}

impl Printer<'_, '_> {
    fn resource(&mut self, head: &Head<'_>, projection: &Projection) {
        let resource = self.resource;
        let core = resource.core();
        self.out.extend_from_slice(b"{\"schemas\":[");
        // Without its leading comma.
        self.out.extend_from_slice(core.listing.as_bytes().get(1..).unwrap_or_default());
        for extension in resource.extensions() {
            if self.shows(extension.slots) {
                self.out.extend_from_slice(extension.listing.as_bytes());
            }
        }
        self.out.extend_from_slice(b"],\"id\":");
        write_string(self.out, head.id.as_bytes());
        self.members(core, false);
        for extension in resource.extensions() {
            if self.shows(extension.slots) {
                self.out.extend_from_slice(extension.fragment.as_bytes());
                self.members(extension, true);
                self.out.push(b'}');
            }
        }
        self.meta(head, projection);
        self.out.push(b'}');
    }

    fn shows(&self, slots: SlotSet) -> bool {
        !slots.intersection(self.shown).is_empty()
    }

    /// Prints what is below a shape; `first` where no member stands before it.
    fn members(&mut self, shape: &Shape, mut first: bool) {
        for Member { fragment, node, .. } in shape.members.iter().take(shape.mapped) {
            match node {
                Node::Slot(slot) if self.shown.contains(*slot) => {
                    self.name(fragment, &mut first);
                    self.value(*slot);
                }
                Node::Complex(complex) if self.shows(complex.slots) => {
                    self.name(fragment, &mut first);
                    self.complex(complex);
                }
                Node::Multi(multi) if self.shows(multi.slots) => {
                    self.name(fragment, &mut first);
                    self.multi(multi);
                }
                Node::List(list) if self.shown.contains(list.slot) => {
                    self.name(fragment, &mut first);
                    self.list(list);
                }
                _ => {}
            }
        }
    }

    /// Prints the name of a member, of the first one without the comma.
    fn name(&mut self, fragment: &str, first: &mut bool) {
        let comma = usize::from(std::mem::take(first));
        self.out.extend_from_slice(fragment.as_bytes().get(comma..).unwrap_or_default());
    }

    fn complex(&mut self, complex: &Complex) {
        let mut first = true;
        self.out.push(b'{');
        for sub in &complex.subs {
            if let Some(slot) = sub.slot
                && self.shown.contains(slot)
            {
                self.name(&sub.fragment, &mut first);
                self.value(slot);
            }
        }
        if complex.reference.is_some()
            && let Some(value) = complex.value()
            && self.shown.contains(value)
            && let Some(id) = self.document.value(value).as_str()
        {
            self.out.extend_from_slice(b",\"$ref\":");
            write_location(self.out, self.endpoint, id);
        }
        self.out.push(b'}');
    }

    fn multi(&mut self, multi: &Multi) {
        let mut sign = b'[';
        let mut primary = true;
        for element in &multi.elements {
            if element.slots.intersection(self.filled).is_empty() {
                continue;
            }
            let is_primary = std::mem::take(&mut primary);
            if !self.shows(element.slots) {
                continue;
            }
            self.out.extend_from_slice(&[sign, b'{']);
            sign = b',';
            let mut first = true;
            for (sub, column) in multi.subs.iter().zip(&element.columns) {
                if let Some(slot) = column
                    && self.shown.contains(*slot)
                {
                    self.name(&sub.fragment, &mut first);
                    self.value(*slot);
                }
            }
            self.name(&element.fragment, &mut first);
            if is_primary {
                self.out.extend_from_slice(b",\"primary\":true");
            }
            self.out.push(b'}');
        }
        self.out.push(b']');
    }

    fn list(&mut self, list: &List) {
        let document = self.document;
        let mut sign = b'[';
        for value in document.value(list.slot).each() {
            self.out.push(sign);
            sign = b',';
            if list.definition.is_some() {
                self.out.extend_from_slice(b"{\"value\":");
                self.one(value);
                self.out.push(b'}');
            } else {
                self.one(value);
            }
        }
        self.out.push(b']');
    }

    fn meta(&mut self, head: &Head<'_>, projection: &Projection) {
        let resource = self.resource;
        let version = head.version.filter(|_| projection.meta & META_VERSION != 0);
        let location = projection.meta & META_LOCATION != 0;
        let mut sign: &[u8] = b",\"meta\":{";
        if projection.meta & META_RESOURCE_TYPE != 0 {
            self.out.extend_from_slice(resource.meta_fragment.as_bytes());
            sign = b",";
        }
        let dates = [
            (resource.created, &b"\"created\":"[..]),
            (resource.last_modified, b"\"lastModified\":"),
        ];
        for (slot, name) in dates {
            if let Some(slot) = slot
                && self.shown.contains(slot)
            {
                self.out.extend_from_slice(sign);
                self.out.extend_from_slice(name);
                self.value(slot);
                sign = b",";
            }
        }
        if location {
            self.out.extend_from_slice(sign);
            self.out.extend_from_slice(b"\"location\":");
            write_string(self.out, head.location.as_bytes());
            sign = b",";
        }
        if let Some(version) = version {
            self.out.extend_from_slice(sign);
            self.out.extend_from_slice(b"\"version\":");
            write_string(self.out, version.as_bytes());
            sign = b",";
        }
        if sign == b"," {
            self.out.push(b'}');
        }
    }

    fn value(&mut self, slot: SlotIndex) {
        let document = self.document;
        self.one(document.value(slot));
    }

    fn one(&mut self, value: &Value<'_>) {
        match value {
            // A slot of one value never holds a list.
            Value::Absent | Value::List(_) => self.out.extend_from_slice(b"null"),
            Value::Text(text) | Value::DateTime(text) => write_string(self.out, text.as_bytes()),
            Value::Integer(number) => write_integer(self.out, *number),
            Value::Decimal(text) => self.out.extend_from_slice(text.as_bytes()),
            Value::Boolean(true) => self.out.extend_from_slice(b"true"),
            Value::Boolean(false) => self.out.extend_from_slice(b"false"),
        }
    }
}
