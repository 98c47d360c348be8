//! What a caller may do: a small set of named rights.

use std::fmt;

/// One thing that a caller may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Right {
    /// Search with a filter for one resource, as a client does before it creates.
    Match,
    /// Read one resource by its id.
    Read,
    /// List and search without naming a single resource.
    List,
    /// Create a resource.
    Create,
    /// Change attributes that the rights below do not name.
    Update,
    /// Change the unique name.
    Rename,
    /// Change whether a resource is active.
    Disable,
    /// Delete a resource.
    Delete,
}

impl Right {
    /// Every right, in the order of their declaration.
    pub const ALL: &[Self] = &[
        Self::Match,
        Self::Read,
        Self::List,
        Self::Create,
        Self::Update,
        Self::Rename,
        Self::Disable,
        Self::Delete,
    ];

    /// The name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Read => "read",
            Self::List => "list",
            Self::Create => "create",
            Self::Update => "update",
            Self::Rename => "rename",
            Self::Disable => "disable",
            Self::Delete => "delete",
        }
    }

    /// The right that the configuration calls `name`, letter for letter.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|right| right.name() == name)
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of rights.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rights(u8);

impl Rights {
    /// No right at all.
    pub const NONE: Self = Self(0);

    /// Every right.
    #[must_use]
    pub fn all() -> Self {
        Right::ALL.iter().copied().collect()
    }

    /// Whether `right` is among them.
    #[must_use]
    pub fn contains(self, right: Right) -> bool {
        self.0 & Self::bit(right) != 0
    }

    /// These and `right`.
    #[must_use]
    pub fn with(self, right: Right) -> Self {
        Self(self.0 | Self::bit(right))
    }

    /// These but for `right`.
    #[must_use]
    pub fn without(self, right: Right) -> Self {
        Self(self.0 & !Self::bit(right))
    }

    fn bit(right: Right) -> u8 {
        1 << right as u8
    }
}

impl Default for Rights {
    /// Every right: who was given a token and no list may provision.
    fn default() -> Self {
        Self::all()
    }
}

impl FromIterator<Right> for Rights {
    fn from_iter<I: IntoIterator<Item = Right>>(rights: I) -> Self {
        rights.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(Right::ALL.iter().filter(|right| self.contains(**right))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_right_has_a_name_and_a_bit_of_its_own() {
        for right in Right::ALL.iter().copied() {
            assert_eq!(Right::named(right.name()), Some(right));
            let only = Rights::NONE.with(right);
            for other in Right::ALL.iter().copied() {
                assert_eq!(only.contains(other), other == right);
                assert_eq!(Rights::all().without(right).contains(other), other != right);
            }
        }
        assert_eq!(Right::named("Read"), None);
        assert_eq!(Rights::default(), Rights::all());
    }

    #[test]
    fn a_set_says_what_is_in_it() {
        let rights: Rights = [Right::Delete, Right::Read].into_iter().collect();
        assert_eq!(format!("{rights:?}"), "{Read, Delete}");
    }
}
