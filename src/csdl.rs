//! `$metadata`: what an OData service says of its entity sets (OASIS OData CSDL XML 4.01).
//!
//! Text in, names and types out; this room knows nothing of ours. Only what a mapping has to do
//! with is kept: entity sets and their types with keys, properties and what leads to other rows.
//! A document type of its own, deep nesting, more elements than any service has, and anything that is no CSDL are refused.

mod read;

/// Why a document cannot be read. Names places, never content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not XML.
    #[error("expected XML at byte {offset}")]
    Xml {
        /// How many bytes of the document were read before.
        offset: u64,
    },
    /// XML that is nested too deeply, has too many elements, or brings a document type of its own.
    #[error("expected XML without a document type, not nested deeply, and of fewer elements")]
    Elaborate,
    /// XML of another kind.
    #[error("expected the element `Edmx` and a `Schema` in it")]
    NoSchema,
    /// CSDL of another version than 4.
    #[error("expected CSDL of version 4")]
    Version,
}

/// What a service offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Service {
    sets: Vec<(String, String)>,
    types: Vec<EntityType>,
}

/// The type of the rows of an entity set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntityType {
    /// Its name with its namespace.
    pub name: String,
    /// The properties that address a row.
    pub key: Vec<String>,
    /// What a row holds, with what its base types bring.
    pub properties: Vec<Property>,
    /// What leads to other rows.
    pub navigations: Vec<Navigation>,
    /// The type that it extends.
    base: Option<String>,
}

/// What a row holds under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// The name.
    pub name: String,
    /// Its type, such as `Edm.String`, a type of the service's own, or `Collection(…)` of one.
    pub kind: String,
    /// Whether it may hold nothing.
    pub nullable: bool,
    /// The most characters of a text, where they are bounded.
    pub max_length: Option<u32>,
    /// Whether the service says what a new row gets that does not say it.
    pub has_default: bool,
    /// Whether the service alone writes it.
    pub computed: bool,
}

/// What leads to one other row, or to many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Navigation {
    /// The name.
    pub name: String,
    /// The name of the other rows' type.
    pub target: String,
    /// Whether it leads to many rows.
    pub many: bool,
    /// The properties that hold the other row's key, where the service says so.
    pub columns: Vec<String>,
}

impl Service {
    /// Reads a document.
    ///
    /// # Errors
    /// When it is not CSDL XML of version 4.
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        read::document(text)
    }

    /// The names of its entity sets.
    pub fn entity_sets(&self) -> impl Iterator<Item = &str> {
        self.sets.iter().map(|(name, _)| name.as_str())
    }

    /// The type of an entity set's rows.
    #[must_use]
    pub fn rows_of(&self, set: &str) -> Option<&EntityType> {
        let (_, kind) = self.sets.iter().find(|(name, _)| name == set)?;
        self.entity_type(kind)
    }

    /// The type of that name.
    #[must_use]
    pub fn entity_type(&self, name: &str) -> Option<&EntityType> {
        self.types.iter().find(|known| known.name == name)
    }
}

impl EntityType {
    /// The property of that name, letter for letter.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.name == name)
    }

    /// What leads to other rows by that name.
    #[must_use]
    pub fn navigation(&self, name: &str) -> Option<&Navigation> {
        self.navigations.iter().find(|navigation| navigation.name == name)
    }
}

#[cfg(test)]
mod tests;
