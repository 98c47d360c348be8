//! A body's `schemas`: which of them are known here.

use super::super::cursor::{Cursor, Token};
use super::Reader;
use crate::scim::error::ScimError;

/// What the body's `schemas` say.
#[derive(Default)]
pub(super) struct Schemas {
    pub(super) base: bool,
    pub(super) version_1: bool,
    pub(super) unknown: bool,
}

impl<'de> Reader<'_, 'de> {
    /// Reads `schemas`.
    pub(super) fn schemas(&mut self, cursor: &mut Cursor<'de>) -> Result<(), ScimError> {
        match cursor.token()? {
            Token::List => cursor.elements(|cursor| match cursor.text()? {
                Some(urn) => {
                    self.note_schema(&urn);
                    Ok(())
                }
                None => Err(cursor.unexpected()),
            }),
            Token::Text(urn) if self.profile.scim1_schemas => {
                self.note_schema(&urn);
                Ok(())
            }
            Token::Null => Ok(()),
            _ => Err(cursor.unexpected()),
        }
    }

    fn note_schema(&mut self, urn: &str) {
        let resource = self.resource;
        let seen = &mut self.schemas;
        match resource.shape(Some(urn)) {
            Some(shape) if std::ptr::eq(shape, resource.core()) => seen.base = true,
            Some(_) => {}
            None if urn.eq_ignore_ascii_case("urn:scim:schemas:core:1.0") => seen.version_1 = true,
            None => seen.unknown = true,
        }
    }
}
