//! What a mapping asks of the builder, and what the builder answers when it cannot be.

use super::super::schema::{Mutability, Uniqueness};
use super::super::slots::MAX_SLOTS;
use super::shape::MAX_ELEMENTS;
use crate::value::Type;

/// What a mapping wants to be a slot. What it leaves open is as the RFC says.
#[derive(Clone, Debug, Default)]
pub struct SlotRequest<'a> {
    /// The SCIM path.
    pub path: &'a str,
    /// The type; needed for attributes that no RFC defines.
    pub kind: Option<Type>,
    /// Whether every resource must have it.
    pub required: Option<bool>,
    /// Whether it has a default, so that it always has a value.
    pub defaulted: bool,
    /// Whether letter case counts when values are compared.
    pub case_exact: Option<bool>,
    /// Who may change it.
    pub mutability: Option<Mutability>,
    /// How far its values are unique.
    pub uniqueness: Option<Uniqueness>,
    /// Whether all values of a list are meant, in one slot.
    pub list: bool,
    /// Whether elements of the list without a `type` mean this one.
    pub default_element: bool,
    /// What it is, in a sentence.
    pub description: Option<&'a str>,
    /// The values that are suggested for it.
    pub canonical_values: Vec<String>,
}

impl<'a> SlotRequest<'a> {
    /// That path, with everything as the RFC says.
    #[must_use]
    pub fn at(path: &'a str) -> Self {
        Self { path, ..Self::default() }
    }
}

/// Why a path cannot be a slot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlotError {
    /// It is no path.
    #[error("expected an attribute path, found `{path}`: {reason}")]
    Malformed {
        /// What was found.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Its URN belongs to no known schema.
    #[error("expected a declared schema, found `{urn}`")]
    UnknownSchema {
        /// What was found.
        urn: String,
        /// A known one that is near.
        near: Option<String>,
    },
    /// The schema has no such attribute.
    #[error("expected an attribute of the schema, found `{name}`")]
    UnknownAttribute {
        /// What was found.
        name: String,
        /// A known one that is near.
        near: Option<String>,
        /// All that the schema, or the attribute above, has.
        known: Vec<String>,
    },
    /// It is a list and needs to say which element.
    #[error(
        "expected one element of the list, such as `{name}[type eq \"work\"].value`, or all of them \
         with `multi_valued = true`, found `{name}` alone"
    )]
    NotSingle {
        /// The attribute.
        name: String,
    },
    /// It is no list, so nothing can stand in brackets.
    #[error("expected no brackets: `{name}` is not a list")]
    NotAList {
        /// The attribute.
        name: String,
    },
    /// It has one value, or the path names one element, and all values of a list are asked for.
    #[error("expected a multi-valued attribute without brackets: `{name}` has one value")]
    NotMany {
        /// The path.
        name: String,
    },
    /// All values of a list are asked for, and what is named is not its elements' `value`.
    #[error(
        "expected the `value` of each element of `{name}`: of a whole list nothing else is kept"
    )]
    ListOfValues {
        /// The attribute.
        name: String,
    },
    /// The brackets hold something else than a type.
    #[error("expected `[type eq \"…\"]` in the brackets of `{name}`")]
    NotAType {
        /// The attribute.
        name: String,
    },
    /// It is an object, and only what is below can be a slot.
    #[error("expected one of the sub-attributes of `{name}`: {expected}")]
    Complex {
        /// The attribute.
        name: String,
        /// What is below.
        expected: String,
    },
    /// No RFC defines it, so the request must say its type.
    #[error("expected a type for `{name}`, which no RFC defines")]
    NeedsType {
        /// The attribute.
        name: String,
    },
    /// The RFC says another type.
    #[error("expected type `{expected}` for `{name}`, found `{found}`")]
    TypeDiffers {
        /// The attribute.
        name: String,
        /// What the RFC says.
        expected: &'static str,
        /// What was asked for.
        found: &'static str,
    },
    /// The server alone sets it, or it is never kept.
    #[error("expected an attribute that can be mapped: `{name}` is {mutability} by RFC 7643")]
    ReadOnlyByRfc {
        /// The attribute.
        name: String,
        /// What the RFC says.
        mutability: &'static str,
    },
    /// It is a slot already.
    #[error("expected every path once, found `{name}` twice")]
    Twice {
        /// The path.
        name: String,
    },
    /// Two elements of one list are marked as the default.
    #[error("expected one default element of `{name}`, found a second one")]
    DefaultTwice {
        /// The attribute.
        name: String,
    },
    /// There are more slots than a resource can have.
    #[error("expected at most {MAX_SLOTS} attributes, and {MAX_ELEMENTS} types of one list")]
    TooMany,
}

/// The known name that is nearest to a misspelt one, if any is near.
pub(super) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<String> {
    let limit = (name.len() / 3).clamp(1, 4);
    known
        .map(|candidate| (distance(&name.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}

/// The number of letters to insert, drop, change or swap with the next one.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut before = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for i in 0..left.len() {
        let mut row = vec![i + 1];
        for j in 0..right.len() {
            let changed = last[j] + usize::from(left[i] != right[j]);
            let mut least = changed.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && left[i - 1] == right[j] && left[i] == right[j - 1] {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[right.len()]
}
