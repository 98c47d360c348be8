//! Reading a resource, or an operation's value, from JSON in one pass.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use serde_json::value::RawValue;

use super::super::error::{Named, ScimError, ScimType};
use super::super::path::AttrPath;
use super::super::profile::Profile;
use super::super::resource::{Found, List, ListPart, Member, Multi, Node, Resource, Shape};
use super::super::slots::{SlotIndex, SlotSet};
use super::coerce::{Emptiness, Scalar, Text, Wrong, expected};
use super::complex::ComplexSeed;
use super::list::ListSeed;
use super::{Document, Invalid, UnmappedPaths};
use crate::value::{Type, Value};

mod schemas;

use schemas::{Schemas, SchemasSeed};

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
    pub(in crate::scim) later: Vec<(Cow<'de, str>, &'de RawValue)>,
    /// A refusal found inside a visitor, whose own errors can only be texts.
    failure: Option<ScimError>,
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
            failure: None,
            schemas: Schemas::default(),
        }
    }

    /// Reads the whole body of a POST or PUT.
    pub(super) fn read_resource(&mut self, body: &'de [u8]) -> Result<(), ScimError> {
        // Checked once here, so that no string in it is checked again.
        let body = utf_8(body)?;
        let mut json = serde_json::Deserializer::from_str(body);
        let read = self.root().deserialize(&mut json).and_then(|()| json.end());
        self.settle(read)?;
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

    /// Reads an operation's value with a seed of this reader.
    pub(in crate::scim) fn read_value<'x, S>(
        &'x mut self,
        json: &'de str,
        seed: impl FnOnce(&'x mut Self) -> S,
    ) -> Result<S::Value, serde_json::Error>
    where
        S: DeserializeSeed<'de>,
    {
        seed(self).deserialize(&mut serde_json::Deserializer::from_str(json))
    }

    /// The refusal that was found, or else what is wrong with the JSON.
    pub(in crate::scim) fn settle<T>(
        &mut self,
        read: Result<T, serde_json::Error>,
    ) -> Result<T, ScimError> {
        match self.failure.take() {
            Some(failure) => Err(failure),
            None => read.map_err(|error| syntax(&error)),
        }
    }

    pub(in crate::scim) fn root<'x>(&'x mut self) -> ShapeSeed<'x, 'r, 'de> {
        ShapeSeed { shape: self.resource.core(), reader: self, root: true }
    }

    pub(super) fn fail<E: serde::de::Error>(&mut self, error: ScimError) -> E {
        self.failure = Some(error);
        E::custom("refused")
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

    pub(super) fn unmapped<E: serde::de::Error>(&mut self, path: &[&str]) -> Result<(), E> {
        self.leave_out(path).map_err(|error| self.fail(error))
    }

    /// Refuses a read-only attribute where the RFC wants that, else passes over it.
    pub(super) fn read_only<E: serde::de::Error>(&mut self, name: &str) -> Result<(), E> {
        if self.body == Body::Resource || self.profile.ignore_read_only_in_bodies {
            return Ok(());
        }
        Err(self.fail(read_only(name)))
    }

    /// Puts what was read for a slot into the table, or on the list of what cannot be used.
    pub(in crate::scim) fn set(&mut self, slot: SlotIndex, read: Result<Value<'de>, Wrong>) {
        let definition = self.resource.slot(slot);
        if !self.invalid.is_empty() {
            self.invalid.retain(|invalid| invalid.slot != slot);
        }
        self.mentioned.insert(slot);
        let wrong = match read {
            Ok(Value::Text(text)) if text.is_empty() => {
                if definition.required {
                    Wrong("an empty string")
                } else {
                    let clears = self.profile.empty_string_clears;
                    let value = if clears { Value::Absent } else { Value::Text(text) };
                    self.document.put(slot, value);
                    return;
                }
            }
            Ok(value) => {
                self.document.put(slot, value);
                return;
            }
            Err(wrong) => wrong,
        };
        self.document.put(slot, Value::Absent);
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

    pub(in crate::scim) fn scalar(&self, kind: Type) -> Scalar<'r> {
        Scalar { kind, profile: self.profile, unwrapped: false }
    }

    pub(super) fn value<A: MapAccess<'de>>(
        &mut self,
        slot: SlotIndex,
        map: &mut A,
    ) -> Result<(), A::Error> {
        let definition = self.resource.slot(slot);
        if !definition.writable() {
            map.next_value::<IgnoredAny>()?;
            return self.read_only(&definition.path);
        }
        let read = map.next_value_seed(self.scalar(definition.kind))?;
        self.set(slot, read);
        Ok(())
    }

    fn values_of<A: MapAccess<'de>>(
        &mut self,
        list: &'r List,
        map: &mut A,
    ) -> Result<(), A::Error> {
        let raw = map.next_value::<&'de RawValue>()?.get();
        let definition = self.resource.slot(list.slot);
        if !definition.writable() {
            return self.read_only(&definition.path);
        }
        self.put_values(list, raw, false)
    }

    fn member<A: MapAccess<'de>>(
        &mut self,
        member: &'r Member,
        shape: &Shape,
        root: bool,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match &member.node {
            Node::Slot(slot) => self.value(*slot, map),
            Node::Complex(complex) => {
                map.next_value_seed(ComplexSeed { reader: self, complex, inner: false })
            }
            Node::Multi(multi) => map.next_value_seed(ListSeed { reader: self, multi }),
            Node::List(list) => self.values_of(list, map),
            Node::Password => map.next_value::<IgnoredAny>().map(drop),
            Node::ReadOnly if root && member.name.as_ref() == "schemas" => {
                map.next_value_seed(SchemasSeed(self))
            }
            // An extension's object says it again in some clients; it counts for nothing there.
            Node::ReadOnly if member.name.as_ref() == "schemas" => {
                map.next_value::<IgnoredAny>().map(drop)
            }
            Node::Identity | Node::Meta | Node::ReadOnly => {
                map.next_value::<IgnoredAny>()?;
                self.read_only(&member.name)
            }
            Node::Unmapped(_) => {
                if map.next_value_seed(Emptiness(self.profile.empty_string_clears))? {
                    Ok(())
                } else if root {
                    self.unmapped(&[&member.name])
                } else {
                    self.unmapped(&[&shape.urn, ":", &member.name])
                }
            }
        }
    }

    /// A key that is no attribute of the base schema: a URN, a path, or unknown.
    fn other<A: MapAccess<'de>>(
        &mut self,
        key: Cow<'de, str>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        let sent = key;
        let key = &*sent;
        let resource = self.resource;
        if let Some(shape) = resource.shape(Some(key)) {
            let root = std::ptr::eq(shape, resource.core());
            return map.next_value_seed(ShapeSeed { shape, reader: self, root });
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
            (Found::Slot(slot), None) => self.value(slot, map),
            (Found::Complex(complex), None) => {
                map.next_value_seed(ComplexSeed { reader: self, complex, inner: false })
            }
            (Found::Multi(multi, None), None) => {
                map.next_value_seed(ListSeed { reader: self, multi })
            }
            (Found::Multi(..), Some(_)) if let Some(slot) = resource.slot_of(key) => {
                self.value(slot, map)
            }
            (Found::List(list, ListPart::Whole | ListPart::Values), None) => {
                self.values_of(list, map)
            }
            (Found::List(..), Some(_)) if self.body != Body::Resource => {
                let raw = map.next_value::<&'de RawValue>()?;
                drop(path);
                self.later.push((sent, raw));
                Ok(())
            }
            (Found::Password | Found::List(_, ListPart::Companion), _) => {
                map.next_value::<IgnoredAny>().map(drop)
            }
            (Found::Id | Found::ReadOnly | Found::ResourceType, _) => {
                map.next_value::<IgnoredAny>()?;
                self.read_only(key)
            }
            (Found::Unmapped, _) => {
                if map.next_value_seed(Emptiness(self.profile.empty_string_clears))? {
                    Ok(())
                } else {
                    self.unmapped(&[key])
                }
            }
            _ => {
                map.next_value::<IgnoredAny>()?;
                self.unmapped(&[key])
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

/// What is wrong with the JSON, without quoting any of it.
pub(in crate::scim) fn syntax(error: &serde_json::Error) -> ScimError {
    let what = if error.is_data() { "has an unexpected shape" } else { "is not valid JSON" };
    ScimError::new(
        ScimType::InvalidSyntax,
        format!("the body {what} at line {}, column {}", error.line(), error.column()),
    )
}

/// Reads an object of a schema's attributes.
pub(in crate::scim) struct ShapeSeed<'x, 'r, 'de> {
    pub(in crate::scim) reader: &'x mut Reader<'r, 'de>,
    pub(in crate::scim) shape: &'r Shape,
    pub(in crate::scim) root: bool,
}

impl ShapeSeed<'_, '_, '_> {
    /// Garbage instead of an extension makes its values unusable; instead of a resource it is no
    /// request.
    fn wrong<E: serde::de::Error>(self, found: &'static str) -> Result<(), E> {
        if self.root {
            return Err(E::custom("an object"));
        }
        self.reader.refuse(self.shape.slots, Wrong(found));
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for ShapeSeed<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ShapeSeed<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Text)? {
            let key = key.unwrap_or_default();
            if let Some(member) = self.shape.member(&key) {
                self.reader.member(member, self.shape, self.root, &mut map)?;
            } else if self.root {
                self.reader.other(key, &mut map)?;
            } else if let Some((attribute, sub)) = key.split_once('.')
                && self.reader.profile.path_keys
                && let Some(Member { node: Node::Complex(complex), .. }) =
                    self.shape.member(attribute)
                && let Some(slot) = complex.sub(sub).and_then(|sub| sub.slot)
            {
                self.reader.value(slot, &mut map)?;
            } else {
                map.next_value::<IgnoredAny>()?;
                self.reader.unmapped(&[&self.shape.urn, ":", &key])?;
            }
        }
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        if self.root {
            return Err(E::custom("an object"));
        }
        self.reader.clear(self.shape.slots);
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        if text.is_empty() && !self.root && self.reader.profile.empty_string_clears {
            return self.visit_unit();
        }
        self.wrong("a string for the whole object")
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        self.wrong("a boolean for the whole object")
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        self.wrong("a number for the whole object")
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        self.visit_i64(0)
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        self.visit_i64(0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if list.next_element::<IgnoredAny>()?.is_none() {
            return self.visit_unit();
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        self.wrong("a list for the whole object")
    }
}

impl<'r, 'de> Reader<'r, 'de> {
    /// A seed for one list.
    pub(in crate::scim) fn list<'x>(&'x mut self, multi: &'r Multi) -> ListSeed<'x, 'r, 'de> {
        ListSeed { reader: self, multi }
    }
}
