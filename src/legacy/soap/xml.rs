//! XML as a small tree, bounded: names without their prefixes, text without its markup. A document
//! type declaration is refused, so there are no entities but the predefined ones. It knows
//! nothing of SOAP.

use std::fmt::Write as _;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

/// How deep elements may be nested.
const DEPTH: usize = 64;

/// The namespace of `xsi:nil`.
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Why a text is not the XML that is taken here.
#[derive(Debug, thiserror::Error)]
pub(crate) enum XmlError {
    /// It is not well formed.
    #[error("the XML is not well formed")]
    Malformed(#[source] Option<quick_xml::Error>),
    /// It is not UTF-8, the only encoding that is read here.
    #[error("the XML is not encoded in UTF-8")]
    Encoding,
    /// It has a document type declaration.
    #[error("for security reasons a DTD is prohibited in this XML document")]
    Doctype,
    /// It refers to an entity that is not predefined.
    #[error("the XML refers to an undeclared entity")]
    Entity,
    /// It holds a character that XML 1.0 forbids.
    #[error("the XML holds an invalid character")]
    Character,
    /// It is nested too deeply.
    #[error("the XML is nested too deeply")]
    TooDeep,
}

/// An attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Attribute {
    namespace: String,
    name: String,
    value: String,
}

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// The local name.
    pub(super) name: String,
    /// The namespace, or nothing.
    pub(super) namespace: String,
    attributes: Vec<Attribute>,
    /// The elements inside.
    pub(super) children: Vec<Self>,
    /// The text directly inside, markup undone, pieces joined.
    pub(super) text: String,
}

impl Element {
    /// An empty element without a namespace.
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// The same element with a text.
    pub(super) fn text(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    /// The same element with one more attribute.
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        let (namespace, name, value) = (String::new(), name.to_owned(), value.into());
        self.attributes.push(Attribute { namespace, name, value });
        self
    }

    /// The same element with more elements inside.
    pub(super) fn holding(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// The attribute of that name, without regard to its namespace.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|there| there.name == name).map(|there| there.value.as_str())
    }

    /// The first element of that name inside.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Whether it holds nothing: `xsi:nil`, or neither elements nor more than blanks.
    pub(super) fn is_null(&self) -> bool {
        let nil = self.attributes.iter().any(|there| {
            there.namespace == INSTANCE
                && there.name == "nil"
                && matches!(&*there.value, "true" | "1")
        });
        nil || self.children.is_empty() && self.text.trim().is_empty()
    }

    /// Reads a whole document.
    pub(super) fn parse(text: &str) -> Result<Self, XmlError> {
        let mut reader = NsReader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
        let mut open: Vec<Self> = Vec::new();
        let mut root: Option<Self> = None;
        loop {
            let event = reader.read_event().map_err(|cause| XmlError::Malformed(Some(cause)))?;
            let mut closed = None;
            match event {
                Event::Start(start) => {
                    if open.len() == DEPTH {
                        return Err(XmlError::TooDeep);
                    }
                    open.push(element(&reader, &start)?);
                }
                Event::Empty(start) => closed = Some(element(&reader, &start)?),
                Event::End(_) => closed = open.pop(),
                Event::Text(text) => append(&mut open, &text.xml10_content())?,
                Event::CData(text) if open.is_empty() => {
                    tracing::debug!(bytes = text.len(), "character data outside of the root");
                    return Err(XmlError::Malformed(None));
                }
                Event::CData(text) => append(&mut open, &text.xml10_content())?,
                Event::GeneralRef(reference) => {
                    let malformed = |cause| XmlError::Malformed(Some(cause));
                    let character = match reference.resolve_char_ref().map_err(malformed)? {
                        Some(character) => character,
                        None => predefined(&reference).ok_or(XmlError::Entity)?,
                    };
                    if open.is_empty() {
                        return Err(XmlError::Malformed(None));
                    }
                    append(&mut open, character.encode_utf8(&mut [0; 4]))?;
                }
                Event::DocType(_) => return Err(XmlError::Doctype),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof if open.is_empty() => return root.ok_or(XmlError::Malformed(None)),
                Event::Eof => return Err(XmlError::Malformed(None)),
            }
            if let Some(closed) = closed {
                match open.last_mut() {
                    Some(parent) => parent.children.push(closed),
                    None if root.is_none() => root = Some(closed),
                    None => return Err(XmlError::Malformed(None)),
                }
            } else if open.len() == 1 && root.is_some() {
                return Err(XmlError::Malformed(None));
            }
        }
    }

    /// The element as XML.
    pub(super) fn xml(&self) -> String {
        let mut xml = String::new();
        self.write(&mut xml);
        xml
    }

    fn write(&self, xml: &mut String) {
        let _ = write!(xml, "<{}", self.name);
        for Attribute { name, value, .. } in &self.attributes {
            let _ = write!(xml, " {name}=\"{}\"", escaped(value));
        }
        xml.push('>');
        xml.push_str(&escaped(&self.text));
        for child in &self.children {
            child.write(xml);
        }
        let _ = write!(xml, "</{}>", self.name);
    }
}

/// A text as XML writes it. What XML forbids is written as a reference all the same, as .NET's
/// `OuterXml` does; a strict reader stumbles there.
pub(super) fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\n' | '\t' => xml.push(character),
            other if legal(other) && other != '\r' => xml.push(other),
            other => {
                let _ = write!(xml, "&#x{:X};", u32::from(other));
            }
        }
    }
    xml
}

/// XML 1.0 §2.2 `Char`.
fn legal(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

fn predefined(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

fn append(open: &mut [Element], text: &str) -> Result<(), XmlError> {
    if !text.chars().all(legal) {
        return Err(XmlError::Character);
    }
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(XmlError::Malformed(None)),
    }
    Ok(())
}

fn element(reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Result<Element, XmlError> {
    let (namespace, name) = reader.resolver().resolve_element(start.name());
    let mut element = Element::new(name.into_inner());
    element.namespace = bound(&namespace)?;
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|cause| XmlError::Malformed(Some(cause.into())))?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let (namespace, name) = reader.resolver().resolve_attribute(attribute.key);
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|cause| XmlError::Malformed(Some(cause)))?;
        if !value.chars().all(legal) {
            return Err(XmlError::Character);
        }
        element.attributes.push(Attribute {
            namespace: bound(&namespace)?,
            name: name.into_inner().to_owned(),
            value: value.into_owned(),
        });
    }
    Ok(element)
}

fn bound(namespace: &ResolveResult<'_>) -> Result<String, XmlError> {
    match namespace {
        ResolveResult::Unbound => Ok(String::new()),
        ResolveResult::Bound(namespace) => Ok(namespace.into_inner().to_owned()),
        ResolveResult::Unknown(_) => Err(XmlError::Malformed(None)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_text_and_attributes_come_without_markup() {
        let text = "\u{feff}<?xml version=\"1.0\"?><!-- c --><a:r xmlns:a=\"urn:a\" \
                    xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" k=\"x&quot;&#65;\">\
                    t&amp;<![CDATA[<'&]]>&#x41;<b i:nil='true'>z</b><c> </c></a:r>\r\n";
        let root = Element::parse(text).unwrap();
        assert_eq!((root.name.as_str(), root.namespace.as_str()), ("r", "urn:a"));
        assert_eq!(root.attribute("k"), Some("x\"A"));
        assert_eq!(root.text, "t&<'&A");
        assert!(root.child("b").unwrap().is_null());
        assert!(root.child("c").unwrap().is_null());
        assert!(!root.is_null());
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        for text in [
            "",
            "x",
            "<a>",
            "</a>",
            "<a></b>",
            "<a/><b/>",
            "<a></a><b></b>",
            "<a/>x",
            "<a>&</a>",
            "<a k='1' k='2'/>",
            "<a k=1/>",
            "<p:a/>",
            "<a>&#0;</a>",
            "<a/><![CDATA[x]]>",
            "&lt;<a/>",
        ] {
            assert!(matches!(Element::parse(text), Err(XmlError::Malformed(_))), "{text}");
        }
        let bomb = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>";
        assert!(matches!(Element::parse(bomb), Err(XmlError::Doctype)));
        assert!(matches!(Element::parse("<a>&x;</a>"), Err(XmlError::Entity)));
        assert!(Element::parse("<a k='&x;'/>").is_err());
        assert!(matches!(Element::parse("<a>&#1;</a>"), Err(XmlError::Character)));
        assert!(matches!(Element::parse("<a>\u{1}</a>"), Err(XmlError::Character)));
        let deep = |n: usize| format!("{}{}", "<a>".repeat(n), "</a>".repeat(n));
        assert!(Element::parse(&deep(64)).is_ok());
        assert!(matches!(Element::parse(&deep(65)), Err(XmlError::TooDeep)));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(text in "\\PC*", value in any::<String>()) {
            let value: String = value.chars().filter(|c| legal(*c)).collect();
            let inner = Element::new("b").text(value.clone());
            let written = Element::new("a").with("k", value).text(text).holding([inner]);
            prop_assert_eq!(Element::parse(&written.xml()).unwrap(), written);
        }

        #[test]
        fn anything_is_answered(text in any::<String>()) {
            let _ = Element::parse(&text);
            let _ = Element::parse(&format!("<a k=\"{text}\">{text}</a>"));
        }
    }
}
