//! `{name.givenName} {name.familyName}`: a text made of several attributes.

use crate::scim::SlotIndex;
use crate::value::Value;

/// A compiled template.
#[derive(Debug, Default)]
pub struct Template(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    Literal(Box<str>),
    Slot(SlotIndex),
}

/// Why a template cannot be compiled.
#[derive(Debug, PartialEq, Eq)]
pub enum Mistake {
    /// A `{` without its `}`, or the other way round.
    Unbalanced,
    /// A path that is not a mapped attribute.
    Unknown(String),
}

impl Template {
    /// Compiles a text; `slot` finds the slot of a path.
    ///
    /// # Errors
    /// The first [`Mistake`].
    pub fn parse(text: &str, slot: impl Fn(&str) -> Option<SlotIndex>) -> Result<Self, Mistake> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find(['{', '}']) {
            let (literal, from) = rest.split_at(open);
            let inside = from.strip_prefix('{').ok_or(Mistake::Unbalanced)?;
            let (path, after) = inside.split_once('}').ok_or(Mistake::Unbalanced)?;
            if !literal.is_empty() {
                pieces.push(Piece::Literal(literal.into()));
            }
            let slot = slot(path).ok_or_else(|| Mistake::Unknown(path.to_owned()))?;
            pieces.push(Piece::Slot(slot));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(rest.into()));
        }
        Ok(Self(pieces))
    }

    /// The attributes that it is made of.
    pub fn inputs(&self) -> impl Iterator<Item = SlotIndex> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Slot(slot) => Some(*slot),
            Piece::Literal(_) => None,
        })
    }

    /// The text for a person whose attributes `value` tells: absent parts leave no blanks behind. `None` when every attribute is
    /// absent.
    #[must_use]
    pub fn text<'v>(&self, value: impl Fn(SlotIndex) -> &'v Value<'v>) -> Option<String> {
        let mut raw = String::new();
        let mut filled = false;
        for piece in &self.0 {
            match piece {
                Piece::Literal(literal) => raw.push_str(literal),
                Piece::Slot(slot) => match value(*slot) {
                    Value::Integer(number) => {
                        raw.push_str(&number.to_string());
                        filled = true;
                    }
                    value => {
                        if let Some(text) = value.as_str().filter(|text| !text.is_empty()) {
                            raw.push_str(text);
                            filled = true;
                        }
                    }
                },
            }
        }
        filled.then(|| raw.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}
