//! Reading a multi-valued attribute over single columns: which element goes into which slots.
//!
//! An element goes where its `type` says; one without goes to the default element if the list has
//! none for it. Of two of one type the one with `primary: true` is kept, else the first.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::super::error::{ScimError, ScimType};
use super::super::resource::{Multi, is_companion};
use super::coerce::{Emptiness, Text, Wrong, from_text};
use super::reading::{Body, Reader};
use crate::value::{Type, Value};

/// One element as it was sent.
#[derive(Default)]
pub(in crate::scim) struct Sent<'de> {
    kind: Option<Cow<'de, str>>,
    primary: bool,
    /// Beside the list's sub-attributes.
    columns: [Option<Result<Value<'de>, Wrong>>; 8],
}

impl<'de> Sent<'de> {
    /// The `type` that was sent.
    pub(in crate::scim) fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    /// The sub-attributes that were sent, by their number in the list's table.
    pub(in crate::scim) fn columns(
        self,
    ) -> impl Iterator<Item = (usize, Result<Value<'de>, Wrong>)> {
        self.columns.into_iter().enumerate().filter_map(|(at, read)| Some((at, read?)))
    }

    fn is_empty(&self) -> bool {
        self.columns.iter().all(|read| matches!(read, None | Some(Ok(Value::Absent))))
    }
}

/// Which elements of a list were given so far.
#[derive(Default)]
struct Taken<'de> {
    rows: u64,
    primary_rows: u64,
    primaries: u32,
    untyped: Option<Sent<'de>>,
}

/// Reads a list.
pub(in crate::scim) struct ListSeed<'x, 'r, 'de> {
    pub(super) reader: &'x mut Reader<'r, 'de>,
    pub(super) multi: &'r Multi,
}

impl<'r, 'de> ListSeed<'_, 'r, 'de> {
    fn begin(&mut self) -> Taken<'de> {
        if self.reader.body != Body::Adding {
            self.reader.clear(self.multi.slots);
        }
        Taken::default()
    }

    /// One element, wherever it belongs.
    fn accept<E: serde::de::Error>(
        &mut self,
        taken: &mut Taken<'de>,
        sent: Sent<'de>,
    ) -> Result<(), E> {
        if sent.primary {
            taken.primaries += 1;
            // RFC 7643 §2.4: at most one.
            if taken.primaries > 1 && !self.reader.profile.drop_invalid_optional {
                let detail = format!("`{}` must have at most one primary element", self.multi.path);
                return Err(self.reader.fail(ScimError::new(ScimType::InvalidValue, detail)));
            }
        }
        let Some(kind) = &sent.kind else {
            return match &taken.untyped {
                Some(kept) if kept.primary || !sent.primary => self.spare(),
                Some(_) => {
                    taken.untyped = Some(sent);
                    self.spare()
                }
                None => {
                    taken.untyped = Some(sent);
                    Ok(())
                }
            };
        };
        let Some(row) = self.multi.element_named(kind) else {
            if sent.is_empty() {
                return Ok(());
            }
            let path = &self.multi.path;
            return self.reader.unmapped(&[path, "[type eq \"", kind, "\"]"]);
        };
        if taken.rows >> row & 1 == 1 {
            if !sent.primary || taken.primary_rows >> row & 1 == 1 {
                return self.spare();
            }
            self.spare()?;
            self.undo(row);
        }
        taken.rows |= 1 << row;
        taken.primary_rows |= u64::from(sent.primary) << row;
        self.reader.put_element(self.multi, row, sent)
    }

    /// Takes back an element that a primary one of the same type pushes out.
    fn undo(&mut self, row: usize) {
        let Some(element) = self.multi.elements.get(row) else { return };
        for slot in element.slots.difference(self.reader.resource.read_only()).iter() {
            if self.reader.body == Body::Adding {
                self.reader.forget(slot);
            } else {
                self.reader.set(slot, Ok(Value::Absent));
            }
        }
    }

    /// An element for which there is no room.
    fn spare<E: serde::de::Error>(&mut self) -> Result<(), E> {
        self.reader.unmapped(&[&self.multi.path])
    }

    fn finish<E: serde::de::Error>(&mut self, taken: Taken<'de>) -> Result<(), E> {
        let Some(sent) = taken.untyped else { return Ok(()) };
        match self.multi.default {
            Some(row) if taken.rows >> row & 1 == 0 => {
                self.reader.put_element(self.multi, row, sent)
            }
            _ if sent.is_empty() => Ok(()),
            _ => self.spare(),
        }
    }

    fn one<E: serde::de::Error>(mut self, sent: Sent<'de>) -> Result<(), E> {
        let mut taken = self.begin();
        self.accept(&mut taken, sent)?;
        self.finish(taken)
    }

    fn wrong(self, found: &'static str) {
        self.reader.refuse(self.multi.slots, Wrong(found));
    }

    fn text<E: serde::de::Error>(self, text: Cow<'de, str>) -> Result<(), E> {
        let profile = self.reader.profile;
        if text.is_empty() && profile.empty_string_clears {
            self.reader.clear(self.multi.slots);
        } else if profile.wrapped_scalars
            && let Some(sent) = plain(self.multi, self.reader, text)
        {
            return self.one(sent);
        } else {
            self.wrong("a string for the whole list");
        }
        Ok(())
    }
}

/// A bare string as an element.
fn plain<'de>(multi: &Multi, reader: &Reader<'_, 'de>, text: Cow<'de, str>) -> Option<Sent<'de>> {
    let mut sent = Sent::default();
    let column = multi.sub_named("value")?;
    *sent.columns.get_mut(column)? =
        Some(from_text(text, reader.column_type(multi, column), reader.profile));
    Some(sent)
}

impl<'r, 'de> Reader<'r, 'de> {
    /// The type of a sub-attribute, which is the same for every element.
    pub(in crate::scim) fn column_type(&self, multi: &Multi, column: usize) -> Type {
        let slot = (0..multi.elements.len()).find_map(|row| multi.slot(row, column));
        slot.map_or(Type::String, |slot| self.resource.slot(slot).kind)
    }

    /// Puts an element's values into the slots of that row. What the row has no slot for is left
    /// out.
    pub(in crate::scim) fn put_element<E: serde::de::Error>(
        &mut self,
        multi: &Multi,
        row: usize,
        sent: Sent<'de>,
    ) -> Result<(), E> {
        for (column, read) in sent.columns() {
            match multi.slot(row, column) {
                Some(slot) if self.resource.slot(slot).writable() => self.set(slot, read),
                Some(_) => {}
                None if matches!(read, Ok(Value::Absent)) => {}
                None => {
                    let kind = multi.elements.get(row).map_or("", |element| &element.kind);
                    let sub = multi.subs.get(column).map_or("", |sub| &sub.name);
                    self.unmapped(&[&multi.path, "[type eq \"", kind, "\"].", sub])?;
                }
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for ListSeed<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ListSeed<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        let mut taken = self.begin();
        while let Some(sent) = list.next_element_seed(ElementSeed {
            reader: self.reader,
            multi: self.multi,
            listed: false,
        })? {
            match sent {
                Some(sent) => self.accept(&mut taken, sent)?,
                None => {
                    self.wrong("an element that is no object");
                    while list.next_element::<IgnoredAny>()?.is_some() {}
                    return Ok(());
                }
            }
        }
        self.finish(taken)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        // SCIM 1's templates send `emails` as one object; RFC 7644 §3.5.2.1 lets an operation add
        // one element.
        let seed = ElementSeed { reader: self.reader, multi: self.multi, listed: false };
        let sent = seed.visit_map(map)?.unwrap_or_default();
        if self.reader.body == Body::Resource && !self.reader.profile.scim1_schemas {
            self.wrong("an object for the whole list");
            return Ok(());
        }
        self.one(sent)
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.reader.clear(self.multi.slots);
        Ok(())
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<(), E> {
        self.text(text.into())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.text(text.to_owned().into())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.wrong("a boolean for the whole list");
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.wrong("a number for the whole list");
        Ok(())
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        self.visit_i64(0)
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        self.visit_i64(0)
    }
}

/// Reads one element; `None` if it is neither an object nor a string that the profile takes for
/// one.
pub(in crate::scim) struct ElementSeed<'x, 'r, 'de> {
    pub(in crate::scim) reader: &'x mut Reader<'r, 'de>,
    pub(in crate::scim) multi: &'r Multi,
    /// Whether the element may stand in a list of its own.
    pub(in crate::scim) listed: bool,
}

impl<'de> DeserializeSeed<'de> for ElementSeed<'_, '_, 'de> {
    type Value = Option<Sent<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ElementSeed<'_, '_, 'de> {
    type Value = Option<Sent<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut sent = Sent::default();
        while let Some(key) = map.next_key_seed(Text)? {
            let key = key.unwrap_or_default();
            if let Some(column) = self.multi.sub_named(&key) {
                let kind = self.reader.column_type(self.multi, column);
                let read = map.next_value_seed(self.reader.scalar(kind))?;
                if let Some(place) = sent.columns.get_mut(column) {
                    *place = Some(read);
                }
            } else if key.eq_ignore_ascii_case("type") {
                sent.kind = map.next_value_seed(Text)?.filter(|kind| !kind.is_empty());
            } else if key.eq_ignore_ascii_case("primary") {
                let mut scalar = self.reader.scalar(Type::Boolean);
                scalar.unwrapped = true;
                sent.primary = matches!(map.next_value_seed(scalar)?, Ok(Value::Boolean(true)));
            } else if is_companion(&key) {
                map.next_value::<IgnoredAny>()?;
            } else {
                let empty =
                    map.next_value_seed(Emptiness(self.reader.profile.empty_string_clears))?;
                if !empty || self.multi.definition.sub_attribute(&key).is_none() {
                    self.reader.unmapped(&[&self.multi.path, ".", &key])?;
                }
            }
        }
        Ok(Some(sent))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        let wrapped = self.reader.profile.wrapped_scalars;
        Ok(wrapped.then(|| plain(self.multi, self.reader, text.into())).flatten())
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        let wrapped = self.reader.profile.wrapped_scalars;
        Ok(wrapped.then(|| plain(self.multi, self.reader, text.to_owned().into())).flatten())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Some(Sent::default()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut sent = None;
        if self.listed {
            let seed = ElementSeed { reader: self.reader, multi: self.multi, listed: false };
            sent = list.next_element_seed(seed)?.unwrap_or_else(|| Some(Sent::default()));
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(sent)
    }
}

/// Reads elements without putting them anywhere: those that a `remove` lists.
pub(in crate::scim) struct SentSeed<'x, 'r, 'de> {
    pub(in crate::scim) reader: &'x mut Reader<'r, 'de>,
    pub(in crate::scim) multi: &'r Multi,
}

impl<'de> DeserializeSeed<'de> for SentSeed<'_, '_, 'de> {
    type Value = Vec<Sent<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for SentSeed<'_, '_, 'de> {
    type Value = Vec<Sent<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of elements")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(sent) = list.next_element_seed(ElementSeed {
            reader: self.reader,
            multi: self.multi,
            listed: false,
        })? {
            all.extend(sent);
        }
        Ok(all)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let seed = ElementSeed { reader: self.reader, multi: self.multi, listed: false };
        Ok(seed.visit_map(map)?.into_iter().collect())
    }
}
