//! JSON that is being written: what fills a hole is a value of its own and never a piece of
//! somebody's syntax.

use std::io::Write as _;

use crate::record::{Piece, Template, Tree};
use crate::upstream::dialect::DialectError;
use crate::upstream::literal::is_number;
use crate::value::Value;

/// What is put into a hole.
#[derive(Clone, Debug)]
pub(super) enum Filling<'f> {
    /// Nothing: what is made of it alone is left out.
    Nothing,
    /// A value.
    Value(Value<'f>),
    /// JSON of ours.
    Json(Node),
}

/// A part of a body.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// JSON as it is written.
    Raw(Vec<u8>),
    /// One after the other.
    List(Vec<Node>),
    /// By name.
    Named(Vec<(String, Node)>),
}

impl Node {
    /// The part that a tree is with its holes filled; `None` where nothing is left of it.
    pub(super) fn of(tree: &Tree, filling: &[Filling<'_>]) -> Result<Option<Self>, DialectError> {
        Ok(Some(match tree {
            Tree::Number(number) => Self::Raw(number.as_bytes().to_vec()),
            Tree::Truth(truth) => Self::Raw(truth.to_string().into_bytes()),
            Tree::Text(text) => match text.only().map(|hole| filling.get(hole)) {
                Some(Some(Filling::Json(node))) => node.clone(),
                Some(Some(Filling::Value(value))) => Self::Raw(scalar(value)?),
                Some(Some(Filling::Nothing) | None) => return Ok(None),
                None => match self::text(text, filling)? {
                    Some(text) => Self::Raw(quoted(&text)),
                    None => return Ok(None),
                },
            },
            Tree::List(parts) => {
                let mut list = Vec::with_capacity(parts.len());
                for part in parts {
                    list.extend(Self::of(part, filling)?);
                }
                Self::List(list)
            }
            Tree::Named(parts) => {
                let mut named = Vec::with_capacity(parts.len());
                for (name, part) in parts {
                    let name = self::text(name, filling)?;
                    if let (Some(name), Some(part)) = (name, Self::of(part, filling)?) {
                        named.push((name, part));
                    }
                }
                Self::Named(named)
            }
        }))
    }

    /// Puts another object's members into this one; what both hold in one place is a
    /// contradiction and refused, for one of them would be lost.
    pub(super) fn join(&mut self, other: Self) -> Result<(), DialectError> {
        let (Self::Named(members), Self::Named(more)) = (self, other) else {
            return Err(DialectError::Inexpressible);
        };
        for (name, node) in more {
            match members.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => known.join(node)?,
                None => members.push((name, node)),
            }
        }
        Ok(())
    }

    /// Writes it; writing into memory cannot fail.
    pub(super) fn print(&self, out: &mut Vec<u8>) {
        match self {
            Self::Raw(raw) => out.extend_from_slice(raw),
            Self::List(parts) => {
                out.push(b'[');
                for (place, part) in parts.iter().enumerate() {
                    if place > 0 {
                        out.push(b',');
                    }
                    part.print(out);
                }
                out.push(b']');
            }
            Self::Named(parts) => {
                out.push(b'{');
                for (place, (name, part)) in parts.iter().enumerate() {
                    if place > 0 {
                        out.push(b',');
                    }
                    out.extend_from_slice(&quoted(name));
                    out.push(b':');
                    part.print(out);
                }
                out.push(b'}');
            }
        }
    }
}

/// A text with its holes filled; `None` where there is nothing for one of them.
pub(super) fn text(
    template: &Template,
    filling: &[Filling<'_>],
) -> Result<Option<String>, DialectError> {
    let mut text = String::new();
    for piece in &template.0 {
        match piece {
            Piece::Text(plain) => text.push_str(plain),
            Piece::Hole(hole) => match filling.get(*hole) {
                Some(Filling::Value(value)) => text.push_str(&characters(value)?),
                Some(Filling::Json(_)) => return Err(DialectError::NoSuchCall),
                Some(Filling::Nothing) | None => return Ok(None),
            },
        }
    }
    Ok(Some(text))
}

/// A value's characters.
pub(super) fn characters(value: &Value<'_>) -> Result<String, DialectError> {
    Ok(match value {
        Value::Absent | Value::List(_) => return Err(DialectError::Inexpressible),
        Value::Text(text) | Value::Decimal(text) | Value::DateTime(text) => text.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
    })
}

/// A value as JSON.
pub(super) fn scalar(value: &Value<'_>) -> Result<Vec<u8>, DialectError> {
    Ok(match value {
        Value::Absent => b"null".to_vec(),
        Value::Text(text) | Value::DateTime(text) => quoted(text),
        Value::Decimal(number) if is_number(number) => number.as_bytes().to_vec(),
        Value::Decimal(_) => return Err(DialectError::Inexpressible),
        Value::Integer(number) => {
            let mut out = Vec::new();
            let _ = write!(out, "{number}");
            out
        }
        Value::Boolean(truth) => truth.to_string().into_bytes(),
        Value::List(values) => {
            let parts = values.iter().map(|value| scalar(value).map(Node::Raw));
            let mut out = Vec::new();
            Node::List(parts.collect::<Result<_, _>>()?).print(&mut out);
            out
        }
    })
}

/// A JSON string.
pub(super) fn quoted(text: &str) -> Vec<u8> {
    serde_json::to_vec(text).unwrap_or_default()
}
