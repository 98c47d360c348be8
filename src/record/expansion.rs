//! Rows of other collections that come with a row, such as the department that a person belongs to.

use super::{FieldIndex, Fields};

/// A row of another collection that comes with each row, by the name of the property that leads
/// there. Its fields are read and searched with the row's own, and never written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expansion {
    /// The property that leads to the other row.
    pub navigation: Box<str>,
    /// The other row's properties that are fields of this one.
    pub fields: Vec<(Box<str>, FieldIndex)>,
}

impl Expansion {
    /// The expansions of these navigations, each with the fields that lie behind it.
    #[must_use]
    pub fn all(navigations: &[Box<str>], fields: &Fields) -> Vec<Self> {
        let behind = |navigation: &str| Self {
            navigation: navigation.into(),
            fields: fields
                .iter()
                .filter_map(|(index, field)| match field.path() {
                    (Some(before), property) if before == navigation => {
                        Some((property.into(), index))
                    }
                    _ => None,
                })
                .collect(),
        };
        navigations.iter().map(|navigation| behind(navigation)).collect()
    }

    /// The field that a property of the other row is.
    #[must_use]
    pub fn field(&self, property: &str) -> Option<FieldIndex> {
        self.fields.iter().find(|(known, _)| **known == *property).map(|(_, index)| *index)
    }
}
