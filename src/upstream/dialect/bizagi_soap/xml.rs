//! A pull reader over XML that nobody here wrote: no document type, no entities of its own, no
//! deep nesting, and the end must be the end.

use std::borrow::Cow;

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::upstream::dialect::Unreadable;

/// How deeply elements may be nested. An envelope with a row and one level of relations has ten.
const DEPTH: usize = 32;

/// What comes next.
pub(super) enum Piece<'b> {
    /// An element begins.
    Start(BytesStart<'b>),
    /// The element that began last ends.
    End,
    /// Characters; those of one text may come in several pieces.
    Text(Cow<'b, str>),
    /// The document is over, and whole.
    Over,
}

/// The reader of one document.
pub(super) struct Xml<'b> {
    reader: Reader<&'b [u8]>,
    depth: usize,
}

impl<'b> Xml<'b> {
    /// Reads a text.
    pub(super) fn new(text: &'b str) -> Self {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_end_names = true;
        Self { reader, depth: 0 }
    }

    /// The next piece.
    pub(super) fn next(&mut self) -> Result<Piece<'b>, Unreadable> {
        loop {
            let event = match self.reader.read_event() {
                Ok(event) => event,
                Err(_) => return Err(self.wrong()),
            };
            return Ok(match event {
                Event::Start(start) => {
                    self.depth += 1;
                    if self.depth > DEPTH {
                        return Err(Unreadable::Elaborate);
                    }
                    Piece::Start(start)
                }
                Event::End(_) => {
                    self.depth = self.depth.checked_sub(1).ok_or_else(|| self.wrong())?;
                    Piece::End
                }
                Event::Text(text) => Piece::Text(text.xml10_content()),
                Event::CData(text) => Piece::Text(text.xml10_content()),
                Event::GeneralRef(reference) => Piece::Text(self.resolved(&reference)?),
                // Entities could be declared there, and nothing that we ask for has one.
                Event::DocType(_) => return Err(Unreadable::Elaborate),
                Event::Eof if self.depth == 0 => Piece::Over,
                Event::Eof | Event::Empty(_) => return Err(self.wrong()),
                Event::Comment(_) | Event::PI(_) | Event::Decl(_) => continue,
            });
        }
    }

    /// The characters of a reference: the five that XML knows, and those by number.
    fn resolved(&self, reference: &BytesRef<'b>) -> Result<Cow<'b, str>, Unreadable> {
        match reference.resolve_char_ref() {
            Ok(Some(character)) => Ok(Cow::Owned(character.into())),
            Ok(None) => match quick_xml::escape::resolve_predefined_entity(reference) {
                Some(text) => Ok(Cow::Borrowed(text)),
                None => Err(Unreadable::Elaborate),
            },
            Err(_) => Err(self.wrong()),
        }
    }

    /// That it is not XML of the expected shape, and where.
    pub(super) fn wrong(&self) -> Unreadable {
        Unreadable::Xml { offset: self.reader.buffer_position() }
    }

    /// The next element that begins on this level; `None` when the level ends.
    pub(super) fn child(&mut self) -> Result<Option<BytesStart<'b>>, Unreadable> {
        loop {
            match self.next()? {
                Piece::Start(start) => return Ok(Some(start)),
                Piece::End | Piece::Over => return Ok(None),
                Piece::Text(_) => {}
            }
        }
    }

    /// Passes over the rest of the element that began last.
    pub(super) fn skip(&mut self) -> Result<(), Unreadable> {
        let mut open = 1_usize;
        while open > 0 {
            match self.next()? {
                Piece::Start(_) => open += 1,
                Piece::End => open -= 1,
                Piece::Text(_) => {}
                Piece::Over => return Err(self.wrong()),
            }
        }
        Ok(())
    }

    /// The characters up to the end of the element that began last, and whether there were
    /// elements in it, which are passed over.
    pub(super) fn text(&mut self) -> Result<(Cow<'b, str>, bool), Unreadable> {
        let mut text = Cow::Borrowed("");
        let mut nested = false;
        loop {
            match self.next()? {
                Piece::Text(piece) if text.is_empty() => text = piece,
                Piece::Text(piece) => text.to_mut().push_str(&piece),
                Piece::Start(_) => {
                    nested = true;
                    self.skip()?;
                }
                Piece::End => return Ok((text, nested)),
                Piece::Over => return Err(self.wrong()),
            }
        }
    }

    /// Reads to the end of the document.
    pub(super) fn finish(&mut self) -> Result<(), Unreadable> {
        loop {
            match self.next()? {
                Piece::Over => return Ok(()),
                Piece::Text(text) if self.depth == 0 && !text.trim().is_empty() => {
                    return Err(self.wrong());
                }
                _ => {}
            }
        }
    }
}

/// An element's attribute, by its local name in lower case.
pub(super) fn attribute(start: &BytesStart<'_>, wanted: &str) -> Option<String> {
    let found = start
        .attributes()
        .flatten()
        .find(|attribute| attribute.key.local_name().as_ref().eq_ignore_ascii_case(wanted))?;
    let value = found.normalized_value(XmlVersion::Explicit1_0).ok()?;
    Some(value.into_owned())
}

/// Whether XML 1.0 can hold these characters (§2.2).
pub(super) fn is_writable(text: &str) -> bool {
    text.chars().all(|character| {
        matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
    })
}
