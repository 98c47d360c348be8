//! Reading a multi-valued attribute over single columns: which element goes into which slots.
//!
//! An element goes where its `type` says; one without goes to the default element if the list has
//! none for it. Of two of one type the one with `primary: true` is kept, else the first.

use std::borrow::Cow;

use super::super::error::{ScimError, ScimType};
use super::super::resource::{Multi, is_companion};
use super::coerce::{Wrong, from_text};
use super::cursor::{Cursor, Token};
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

    /// Takes out the sub-attributes that were sent, by their number in the list's table.
    pub(in crate::scim) fn columns(
        &mut self,
    ) -> impl Iterator<Item = (usize, Result<Value<'de>, Wrong>)> + use<'_, 'de> {
        let sent = self.columns.iter_mut().enumerate().filter(|(_, read)| read.is_some());
        sent.filter_map(|(at, read)| Some((at, read.take()?)))
    }

    fn is_empty(&self) -> bool {
        self.columns.iter().all(|read| matches!(read, None | Some(Ok(Value::Absent))))
    }
}

/// Reads the elements of a list into their slots.
struct Elements<'x, 'r, 'de> {
    reader: &'x mut Reader<'r, 'de>,
    multi: &'r Multi,
    /// Which of them were given so far.
    rows: u64,
    primary_rows: u64,
    primaries: u32,
    untyped: Option<Sent<'de>>,
}

impl<'x, 'r, 'de> Elements<'x, 'r, 'de> {
    fn begin(reader: &'x mut Reader<'r, 'de>, multi: &'r Multi) -> Self {
        if reader.body != Body::Adding {
            reader.clear(multi.slots);
        }
        Self { reader, multi, rows: 0, primary_rows: 0, primaries: 0, untyped: None }
    }

    /// One element, wherever it belongs.
    fn accept(&mut self, sent: &mut Sent<'de>) -> Result<(), ScimError> {
        if sent.primary {
            self.primaries += 1;
            // RFC 7643 §2.4: at most one.
            if self.primaries > 1 && !self.reader.profile.drop_invalid_optional {
                let detail = format!("`{}` must have at most one primary element", self.multi.path);
                return Err(ScimError::new(ScimType::InvalidValue, detail));
            }
        }
        let Some(kind) = &sent.kind else {
            return match &self.untyped {
                Some(kept) if kept.primary || !sent.primary => self.spare(),
                Some(_) => {
                    self.untyped = Some(std::mem::take(sent));
                    self.spare()
                }
                None => {
                    self.untyped = Some(std::mem::take(sent));
                    Ok(())
                }
            };
        };
        let Some(row) = self.multi.element_named(kind) else {
            if sent.is_empty() {
                return Ok(());
            }
            let path = &self.multi.path;
            return self.reader.leave_out(&[path, "[type eq \"", kind, "\"]"]);
        };
        if self.rows >> row & 1 == 1 {
            if !sent.primary || self.primary_rows >> row & 1 == 1 {
                return self.spare();
            }
            self.spare()?;
            self.undo(row);
        }
        self.rows |= 1 << row;
        self.primary_rows |= u64::from(sent.primary) << row;
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

    /// An element for which there is no room; its list is served all the same.
    fn spare(&mut self) -> Result<(), ScimError> {
        if self.reader.profile.ignore_unmapped {
            return self.reader.leave_out(&[&self.multi.path]);
        }
        let kinds: Vec<String> =
            self.multi.elements.iter().map(|element| format!("`{}`", element.kind)).collect();
        let detail = format!(
            "`{}` has no place for this element: one of each type is kept, so give each a `type` \
             of its own ({})",
            self.multi.path,
            kinds.join(", ")
        );
        Err(ScimError::new(ScimType::InvalidValue, detail))
    }

    fn finish(&mut self) -> Result<(), ScimError> {
        let Some(mut sent) = self.untyped.take() else { return Ok(()) };
        match self.multi.default {
            Some(row) if self.rows >> row & 1 == 0 => {
                self.reader.put_element(self.multi, row, &mut sent)
            }
            _ if sent.is_empty() => Ok(()),
            _ => self.spare(),
        }
    }
}

impl<'r, 'de> Reader<'r, 'de> {
    /// Reads a list.
    pub(in crate::scim) fn list(
        &mut self,
        cursor: &mut Cursor<'de>,
        multi: &'r Multi,
    ) -> Result<(), ScimError> {
        let wrong = match cursor.token()? {
            Token::List => return self.listed(cursor, multi),
            Token::Null => {
                self.clear(multi.slots);
                return Ok(());
            }
            Token::Object => {
                // SCIM 1's templates send `emails` as one object; RFC 7644 §3.5.2.1 lets an
                // operation add one element.
                let mut sent = Sent::default();
                self.fill(cursor, multi, &mut sent)?;
                if self.body != Body::Resource || self.profile.scim1_schemas {
                    return self.only(multi, &mut sent);
                }
                "an object for the whole list"
            }
            Token::Text(text) if text.is_empty() && self.profile.empty_string_clears => {
                self.clear(multi.slots);
                return Ok(());
            }
            Token::Text(text) => match self.plain(multi, text) {
                Some(mut sent) => return self.only(multi, &mut sent),
                None => "a string for the whole list",
            },
            Token::Boolean(_) => "a boolean for the whole list",
            Token::Number(_) => "a number for the whole list",
        };
        self.refuse(multi.slots, Wrong(wrong));
        Ok(())
    }

    fn listed(&mut self, cursor: &mut Cursor<'de>, multi: &'r Multi) -> Result<(), ScimError> {
        let mut elements = Elements::begin(self, multi);
        let mut is_wrong = false;
        cursor.elements(|cursor| {
            if is_wrong {
                return cursor.skip();
            }
            let mut sent = Sent::default();
            let token = cursor.token()?;
            if elements.reader.element(cursor, multi, token, &mut sent)? {
                return elements.accept(&mut sent);
            }
            is_wrong = true;
            elements.reader.refuse(multi.slots, Wrong("an element that is no object"));
            Ok(())
        })?;
        if is_wrong { Ok(()) } else { elements.finish() }
    }

    fn only(&mut self, multi: &'r Multi, sent: &mut Sent<'de>) -> Result<(), ScimError> {
        let mut elements = Elements::begin(self, multi);
        elements.accept(sent)?;
        elements.finish()
    }

    /// A bare string as an element, where the profile takes it for one.
    fn plain(&self, multi: &Multi, text: Cow<'de, str>) -> Option<Sent<'de>> {
        let column = multi.sub_named("value").filter(|_| self.profile.wrapped_scalars)?;
        let mut sent = Sent::default();
        *sent.columns.get_mut(column)? =
            Some(from_text(text, self.column_type(multi, column), self.profile));
        Some(sent)
    }

    /// The type of a sub-attribute, which is the same for every element.
    pub(in crate::scim) fn column_type(&self, multi: &Multi, column: usize) -> Type {
        let slot = (0..multi.elements.len()).find_map(|row| multi.slot(row, column));
        slot.map_or(Type::String, |slot| self.resource.slot(slot).kind)
    }

    /// Puts an element's values into the slots of that row. What the row has no slot for is left
    /// out.
    pub(in crate::scim) fn put_element(
        &mut self,
        multi: &Multi,
        row: usize,
        sent: &mut Sent<'de>,
    ) -> Result<(), ScimError> {
        for (column, read) in sent.columns() {
            match multi.slot(row, column) {
                Some(slot) if self.resource.slot(slot).writable() => self.set(slot, read),
                Some(_) => {}
                None if matches!(read, Ok(Value::Absent)) => {}
                None => {
                    let kind = multi.elements.get(row).map_or("", |element| &element.kind);
                    let sub = multi.subs.get(column).map_or("", |sub| &sub.name);
                    self.leave_out(&[&multi.path, "[type eq \"", kind, "\"].", sub])?;
                }
            }
        }
        Ok(())
    }

    /// Reads one element, also one that stands in a list of its own; `None` if it is neither an
    /// object nor a string that the profile takes for one.
    pub(in crate::scim) fn one_element(
        &mut self,
        cursor: &mut Cursor<'de>,
        multi: &'r Multi,
    ) -> Result<Option<Sent<'de>>, ScimError> {
        let mut sent = Sent::default();
        let token = cursor.token()?;
        let is_element = if token == Token::List {
            let (mut is_element, mut is_first) = (true, true);
            cursor.elements(|cursor| {
                if std::mem::take(&mut is_first) {
                    let token = cursor.token()?;
                    is_element = self.element(cursor, multi, token, &mut sent)?;
                    return Ok(());
                }
                cursor.skip()
            })?;
            is_element
        } else {
            self.element(cursor, multi, token, &mut sent)?
        };
        Ok(is_element.then_some(sent))
    }

    /// Reads elements without putting them anywhere: those that a `remove` lists.
    pub(in crate::scim) fn sent_elements(
        &mut self,
        cursor: &mut Cursor<'de>,
        multi: &'r Multi,
    ) -> Result<Vec<Sent<'de>>, ScimError> {
        let mut all = Vec::new();
        match cursor.token()? {
            Token::List => cursor.elements(|cursor| {
                let mut sent = Sent::default();
                let token = cursor.token()?;
                if self.element(cursor, multi, token, &mut sent)? {
                    all.push(sent);
                }
                Ok(())
            })?,
            Token::Object => {
                let mut sent = Sent::default();
                self.fill(cursor, multi, &mut sent)?;
                all.push(sent);
            }
            _ => return Err(cursor.unexpected()),
        }
        Ok(all)
    }

    /// Fills an element with what begins with that token, and says whether it can be one.
    fn element(
        &mut self,
        cursor: &mut Cursor<'de>,
        multi: &'r Multi,
        token: Token<'de>,
        sent: &mut Sent<'de>,
    ) -> Result<bool, ScimError> {
        match token {
            Token::Object => self.fill(cursor, multi, sent).map(|()| true),
            Token::Null => Ok(true),
            Token::Text(text) => Ok(match self.plain(multi, text) {
                Some(plain) => {
                    *sent = plain;
                    true
                }
                None => false,
            }),
            other => cursor.leave(&other).map(|()| false),
        }
    }

    /// Fills an element with the members of an object.
    fn fill(
        &mut self,
        cursor: &mut Cursor<'de>,
        multi: &'r Multi,
        sent: &mut Sent<'de>,
    ) -> Result<(), ScimError> {
        let profile = self.profile;
        cursor.members(|cursor, key| {
            if let Some(column) = multi.sub_named(key) {
                let read = cursor.scalar(self.column_type(multi, column), profile)?;
                if let Some(place) = sent.columns.get_mut(column) {
                    *place = Some(read);
                }
            } else if key.eq_ignore_ascii_case("type") {
                sent.kind = cursor.text()?.filter(|kind| !kind.is_empty());
            } else if key.eq_ignore_ascii_case("primary") {
                let read = cursor.scalar_within(Type::Boolean, profile, false)?;
                sent.primary = matches!(read, Ok(Value::Boolean(true)));
            } else if is_companion(key) {
                cursor.skip()?;
            } else if !cursor.is_nothing(profile)? || multi.definition.sub_attribute(key).is_none()
            {
                self.leave_out(&[&multi.path, ".", key])?;
            }
            Ok(())
        })
    }
}
