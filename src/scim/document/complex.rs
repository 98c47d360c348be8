//! Reading a complex attribute.

use super::super::error::ScimError;
use super::super::resource::Complex;
use super::coerce::from_text;
use super::cursor::{Cursor, Token};
use super::reading::Reader;
use crate::value::Value;

impl<'r, 'de> Reader<'r, 'de> {
    /// Reads the object of a complex attribute, in every shape that `manager` is sent in.
    pub(in crate::scim) fn complex(
        &mut self,
        cursor: &mut Cursor<'de>,
        complex: &'r Complex,
    ) -> Result<(), ScimError> {
        match cursor.token()? {
            Token::List if self.profile.wrapped_scalars => {
                let mut is_first = true;
                cursor.elements(|cursor| {
                    if !std::mem::take(&mut is_first) {
                        return cursor.skip();
                    }
                    let token = cursor.token()?;
                    self.complex_of(cursor, complex, token)
                })?;
                if is_first {
                    self.clear(complex.slots);
                }
                Ok(())
            }
            token => self.complex_of(cursor, complex, token),
        }
    }

    fn complex_of(
        &mut self,
        cursor: &mut Cursor<'de>,
        complex: &'r Complex,
        token: Token<'de>,
    ) -> Result<(), ScimError> {
        match token {
            Token::Object => {
                let mut reference = None;
                cursor.members(|cursor, key| {
                    match complex.sub(key) {
                        Some(sub) if let Some(slot) = sub.slot => self.value(slot, cursor)?,
                        Some(sub) if complex.reference.is_some() && sub.name.as_ref() == "$ref" => {
                            reference = cursor.text()?;
                        }
                        Some(sub) if sub.ignored => cursor.skip()?,
                        known => {
                            if !cursor.is_nothing(self.profile)? || known.is_none() {
                                self.leave_out(&[&complex.path, ".", key])?;
                            }
                        }
                    }
                    Ok(())
                })?;
                if let Some(reference) = reference {
                    self.refer(complex, &reference);
                }
                Ok(())
            }
            Token::Text(text)
                if self.profile.wrapped_scalars
                    && let Some(slot) = complex.value() =>
            {
                let kind = self.resource.slot(slot).kind;
                self.set(slot, from_text(text, kind, self.profile));
                Ok(())
            }
            other => self.no_object(cursor, &other, complex.slots),
        }
    }

    /// Takes the id from a `$ref` where there is no `value`: the segment behind the endpoint, of an
    /// absolute or a relative URI (RFC 7643 §2.3.7). Whether there is such a resource is looked at
    /// as for any other id.
    fn refer(&mut self, complex: &Complex, reference: &str) {
        let endpoint = self.resource.definition().endpoint.trim_start_matches('/');
        let id = reference.rsplit_once('/').and_then(|(before, id)| {
            let behind = before == endpoint || before.strip_suffix(endpoint)?.ends_with('/');
            (behind && !id.is_empty()).then_some(id)
        });
        let id = id.and_then(|id| percent_encoding::percent_decode_str(id).decode_utf8().ok());
        if let (Some(slot), Some(id)) = (complex.value(), id)
            && self.document.value(slot).is_absent()
            && !self.invalid.iter().any(|invalid| invalid.slot == slot)
        {
            self.set(slot, Ok(Value::Text(id.into_owned().into())));
        }
    }
}
