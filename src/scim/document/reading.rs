//! Reading a resource, or an operation's value, from JSON in one pass.

use super::super::error::{Named, ScimError, ScimType};
use super::super::path::AttrPath;
use super::super::profile::Profile;
use super::super::resource::{Found, List, ListPart, Member, Node, Resource, Shape};
use super::super::slots::{SlotIndex, SlotSet};
use super::coerce::{Wrong, expected};
use super::cursor::{Cursor, Token};
use super::{Document, Invalid, UnmappedPaths};
use crate::value::Value;

mod schemas;

use schemas::Schemas;

/// What is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scim) enum Body {
    /// A resource, whose read-only attributes are ignored.
    Resource,
    /// The value of a PATCH operation that replaces: a list that is given is given whole.
    Replacing,
    /// The value of a PATCH operation that adds: a list's other elements stay.
    Adding,
}

/// Collects what is read.
pub(in crate::scim) struct Reader<'r, 'de> {
    pub(in crate::scim) resource: &'r Resource,
    pub(in crate::scim) profile: &'r Profile,
    pub(in crate::scim) body: Body,
    pub(in crate::scim) document: Document<'de>,
    pub(in crate::scim) mentioned: SlotSet,
    pub(in crate::scim) unmapped: UnmappedPaths,
    pub(in crate::scim) invalid: Vec<Invalid>,
    /// The slots of lists of which the first value was sent as the primary one.
    pub(in crate::scim) leading: SlotSet,
    /// Keys of an operation without path that are paths to some values of a list, and what they
    /// hold: operations of their own.
    pub(in crate::scim) later: Vec<(String, &'de str)>,
    schemas: Schemas,
}

impl<'r, 'de> Reader<'r, 'de> {
    pub(in crate::scim) fn new(resource: &'r Resource, profile: &'r Profile, body: Body) -> Self {
        Self {
            resource,
            profile,
            body,
            document: Document::empty(resource),
            mentioned: SlotSet::EMPTY,
            unmapped: UnmappedPaths::default(),
            invalid: Vec::new(),
            leading: SlotSet::EMPTY,
            later: Vec::new(),
            schemas: Schemas::default(),
        }
    }

    /// Reads the whole body of a POST or PUT.
    pub(super) fn read_resource(&mut self, body: &'de [u8]) -> Result<(), ScimError> {
        // Checked once here, so that no string in it is checked again.
        let mut cursor = Cursor::new(utf_8(body)?);
        self.root(&mut cursor)?;
        cursor.end()?;
        let Schemas { base, version_1, unknown } = self.schemas;
        let profile = self.profile;
        let present = base || profile.missing_schemas || (version_1 && profile.scim1_schemas);
        if !present || (unknown && !profile.ignore_unmapped) {
            let urn = &self.resource.core().urn;
            return Err(ScimError::new(
                ScimType::InvalidSyntax,
                format!("`schemas` must list `{urn}`, and nothing that is not served here"),
            ));
        }
        Ok(())
    }

    /// Reads the object of a resource's attributes.
    pub(in crate::scim) fn root(&mut self, cursor: &mut Cursor<'de>) -> Result<(), ScimError> {
        self.shape(cursor, self.resource.core())
    }

    /// Notes a path that nothing is mapped to, or refuses it. It comes in pieces, so that nothing
    /// is formatted.
    pub(in crate::scim) fn leave_out(&mut self, path: &[&str]) -> Result<(), ScimError> {
        if !self.profile.ignore_unmapped {
            let kind = match self.body {
                Body::Resource => ScimType::InvalidSyntax,
                _ => ScimType::InvalidPath,
            };
            let path = path.concat();
            return Err(ScimError::new(kind, format!("`{}` is not served here", Named(&path))));
        }
        self.unmapped.note(path);
        Ok(())
    }

    /// Refuses a read-only attribute where the RFC wants that, else passes over it.
    pub(super) fn read_only(&self, name: &str) -> Result<(), ScimError> {
        if self.body == Body::Resource || self.profile.ignore_read_only_in_bodies {
            return Ok(());
        }
        Err(read_only(name))
    }

    /// Puts what was read for a slot into the table, or on the list of what cannot be used.
    #[inline]
    pub(in crate::scim) fn set(&mut self, slot: SlotIndex, read: Result<Value<'de>, Wrong>) {
        match read {
            Ok(Value::Text(text)) if text.is_empty() => self.put_empty(slot),
            Ok(value) => self.put(slot, value),
            Err(wrong) => self.put_wrong(slot, wrong),
        }
    }

    #[cold]
    fn put_empty(&mut self, slot: SlotIndex) {
        if self.resource.slot(slot).required {
            self.put_wrong(slot, Wrong("an empty string"));
        } else if self.profile.empty_string_clears {
            self.put(slot, Value::Absent);
        } else {
            self.put(slot, Value::text(""));
        }
    }

    fn put(&mut self, slot: SlotIndex, value: Value<'de>) {
        if !self.invalid.is_empty() {
            self.invalid.retain(|invalid| invalid.slot != slot);
        }
        self.mentioned.insert(slot);
        self.document.put(slot, value);
    }

    #[cold]
    fn put_wrong(&mut self, slot: SlotIndex, wrong: Wrong) {
        self.put(slot, Value::Absent);
        let definition = self.resource.slot(slot);
        let each = if definition.is_list { "a list, each value " } else { "" };
        let detail = format!(
            "`{}` must be {each}{}, found {}",
            definition.path,
            expected(definition.kind),
            wrong.0
        );
        self.invalid.push(Invalid { slot, error: ScimError::new(ScimType::InvalidValue, detail) });
    }

    /// Clears every slot of a set that a client may write.
    pub(in crate::scim) fn clear(&mut self, slots: SlotSet) {
        let writable = slots.difference(self.resource.read_only());
        // What was not mentioned yet is absent already.
        for slot in writable.intersection(self.mentioned).iter() {
            self.set(slot, Ok(Value::Absent));
        }
        self.mentioned = self.mentioned.union(writable);
    }

    /// What was read is of the wrong kind altogether, for each of these slots.
    pub(in crate::scim) fn refuse(&mut self, slots: SlotSet, wrong: Wrong) {
        for slot in slots.difference(self.resource.read_only()).iter() {
            self.set(slot, Err(wrong));
        }
    }

    /// Forgets a slot as if the body had not mentioned it.
    pub(super) fn forget(&mut self, slot: SlotIndex) {
        self.mentioned.remove(slot);
        self.document.put(slot, Value::Absent);
        self.invalid.retain(|invalid| invalid.slot != slot);
    }

    /// Reads the value of a slot.
    pub(in crate::scim) fn value(
        &mut self,
        slot: SlotIndex,
        cursor: &mut Cursor<'de>,
    ) -> Result<(), ScimError> {
        let definition = self.resource.slot(slot);
        if !definition.writable() {
            cursor.skip()?;
            return self.read_only(&definition.path);
        }
        let read = cursor.scalar(definition.kind, self.profile)?;
        self.set(slot, read);
        Ok(())
    }

    fn values_of(&mut self, list: &'r List, cursor: &mut Cursor<'de>) -> Result<(), ScimError> {
        let raw = cursor.raw()?;
        let definition = self.resource.slot(list.slot);
        if !definition.writable() {
            return self.read_only(&definition.path);
        }
        self.put_values(list, raw, false)
    }

    /// Reads the object of a schema's attributes.
    ///
    /// Garbage instead of an extension makes its values unusable; instead of a resource it is no
    /// request.
    pub(in crate::scim) fn shape(
        &mut self,
        cursor: &mut Cursor<'de>,
        shape: &'r Shape,
    ) -> Result<(), ScimError> {
        let root = std::ptr::eq(shape, self.resource.core());
        match cursor.token()? {
            Token::Object if root => cursor.members(|cursor, key| match shape.member(key) {
                Some(member) => self.member(member, shape, root, cursor),
                None => self.other(key, cursor),
            }),
            Token::Object => cursor.members(|cursor, key| self.extended(shape, key, cursor)),
            _ if root => Err(cursor.unexpected()),
            other => self.no_object(cursor, &other, shape.slots),
        }
    }

    /// What stands where an object of attributes should: nothing, or nothing that can be used.
    pub(super) fn no_object(
        &mut self,
        cursor: &mut Cursor<'de>,
        found: &Token<'_>,
        slots: SlotSet,
    ) -> Result<(), ScimError> {
        let wrong = match found {
            Token::Null => None,
            Token::Text(text) if text.is_empty() && self.profile.empty_string_clears => None,
            Token::List => (cursor.count()? > 0).then_some("a list for the whole object"),
            Token::Text(_) => Some("a string for the whole object"),
            Token::Number(_) => Some("a number for the whole object"),
            Token::Boolean(_) | Token::Object => Some("a boolean for the whole object"),
        };
        match wrong {
            None => self.clear(slots),
            Some(found) => self.refuse(slots, Wrong(found)),
        }
        Ok(())
    }

    /// An attribute of an extension.
    fn extended(
        &mut self,
        shape: &'r Shape,
        key: &str,
        cursor: &mut Cursor<'de>,
    ) -> Result<(), ScimError> {
        if let Some(member) = shape.member(key) {
            return self.member(member, shape, false, cursor);
        }
        if self.profile.path_keys
            && let Some((attribute, sub)) = key.split_once('.')
            && let Some(Member { node: Node::Complex(complex), .. }) = shape.member(attribute)
            && let Some(slot) = complex.sub(sub).and_then(|sub| sub.slot)
        {
            return self.value(slot, cursor);
        }
        cursor.skip()?;
        self.leave_out(&[&shape.urn, ":", key])
    }

    fn member(
        &mut self,
        member: &'r Member,
        shape: &Shape,
        root: bool,
        cursor: &mut Cursor<'de>,
    ) -> Result<(), ScimError> {
        match &member.node {
            Node::Slot(slot) => self.value(*slot, cursor),
            Node::Complex(complex) => self.complex(cursor, complex),
            Node::Multi(multi) => self.list(cursor, multi),
            Node::List(list) => self.values_of(list, cursor),
            Node::Password => cursor.skip(),
            Node::ReadOnly if member.name.as_ref() == "schemas" => {
                // An extension's object says it again in some clients; it counts for nothing there.
                if root { self.schemas(cursor) } else { cursor.skip() }
            }
            Node::Identity | Node::Meta | Node::ReadOnly => {
                cursor.skip()?;
                self.read_only(&member.name)
            }
            Node::Unmapped(_) => {
                if cursor.is_nothing(self.profile)? {
                    Ok(())
                } else if root {
                    self.leave_out(&[&member.name])
                } else {
                    self.leave_out(&[&shape.urn, ":", &member.name])
                }
            }
        }
    }

    /// A key that is no attribute of the base schema: a URN, a path, or unknown.
    fn other(&mut self, key: &str, cursor: &mut Cursor<'de>) -> Result<(), ScimError> {
        let resource = self.resource;
        if let Some(shape) = resource.shape(Some(key)) {
            return self.shape(cursor, shape);
        }
        let readable = if key.contains(['.', '[']) && !key.starts_with("urn:") {
            self.profile.path_keys
        } else {
            key.contains(':') || self.profile.ignore_unmapped
        };
        let path = readable.then(|| AttrPath::parse(key, resource.urns()).ok()).flatten();
        let found = path.as_ref().map_or(Found::Unknown, |path| resource.find(path));
        let filter = path.as_ref().and_then(|path| path.filter.as_ref());
        match (found, filter) {
            (Found::Slot(slot), None) => self.value(slot, cursor),
            (Found::Complex(complex), None) => self.complex(cursor, complex),
            (Found::Multi(multi, None), None) => self.list(cursor, multi),
            (Found::Multi(..), Some(_)) if let Some(slot) = resource.slot_of(key) => {
                self.value(slot, cursor)
            }
            (Found::List(list, ListPart::Whole | ListPart::Values), None) => {
                self.values_of(list, cursor)
            }
            (Found::List(..), Some(_)) if self.body != Body::Resource => {
                self.later.push((key.to_owned(), cursor.raw()?));
                Ok(())
            }
            (Found::Password | Found::List(_, ListPart::Companion), _) => cursor.skip(),
            (Found::Id | Found::ReadOnly | Found::ResourceType, _) => {
                cursor.skip()?;
                self.read_only(key)
            }
            (Found::Unmapped, _) => {
                if cursor.is_nothing(self.profile)? {
                    Ok(())
                } else {
                    self.leave_out(&[key])
                }
            }
            _ => {
                cursor.skip()?;
                self.leave_out(&[key])
            }
        }
    }
}

/// The body as text (RFC 7644 §3.8: UTF-8).
pub(in crate::scim) fn utf_8(body: &[u8]) -> Result<&str, ScimError> {
    std::str::from_utf8(body)
        .map_err(|_| ScimError::new(ScimType::InvalidSyntax, "the body is not UTF-8"))
}

/// The refusal of a change to what only the server sets.
pub(in crate::scim) fn read_only(name: &str) -> ScimError {
    ScimError::new(ScimType::Mutability, format!("`{}` is read-only", Named(name)))
}
