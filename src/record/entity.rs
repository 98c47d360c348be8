//! One collection of the upstream, as the mapping states it: its fields and the facts about it.

use super::{Case, ErrorRule, Expansion, FieldIndex, Fields, OptionDefinition, Options};

/// An operator that an upstream may be able to search with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operator {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
    /// All of several.
    And,
    /// Any of several.
    Or,
    /// None of it.
    Not,
    /// A part of a text.
    Contains,
    /// The beginning of a text.
    StartsWith,
    /// The end of a text.
    EndsWith,
}

impl Operator {
    /// Every operator.
    pub const ALL: [Self; 12] = [
        Self::Eq,
        Self::Ne,
        Self::Gt,
        Self::Ge,
        Self::Lt,
        Self::Le,
        Self::And,
        Self::Or,
        Self::Not,
        Self::Contains,
        Self::StartsWith,
        Self::EndsWith,
    ];

    /// Whether it is written as a function of two operands (OData 4.01 Part 2, §5.1.1.7).
    #[must_use]
    pub const fn is_function(self) -> bool {
        matches!(self, Self::Contains | Self::StartsWith | Self::EndsWith)
    }

    /// OData's name of the operator or function, in lower case, as mapping files write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
            Self::And => "and",
            Self::Or => "or",
            Self::Not => "not",
            Self::Contains => "contains",
            Self::StartsWith => "startswith",
            Self::EndsWith => "endswith",
        }
    }

    /// The operator of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.name() == name)
    }
}

/// A set of [`Operator`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Operators(u16);

impl Operators {
    /// The set of all of them.
    pub const ALL: Self = Self(0x0fff);
    /// The empty set.
    pub const NONE: Self = Self(0);

    /// The set with one more.
    #[must_use]
    pub const fn with(self, operator: Operator) -> Self {
        Self(self.0 | 1 << operator as u16)
    }

    /// What is in both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether the operator is in the set.
    #[must_use]
    pub const fn contains(self, operator: Operator) -> bool {
        self.0 & 1 << operator as u16 != 0
    }
}

/// What the upstream makes of a comparison with a field that holds nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nulls {
    /// OData V4's two-valued logic: `null ne 'x'` is true, the other comparisons false.
    #[default]
    OData,
    /// SQL's three-valued logic: every comparison with NULL is unknown, and so is its negation.
    Sql,
}

/// What the upstream does about ETags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Etag {
    /// It has none.
    None,
    /// Rows carry one where the upstream has it; writes name it where it is known.
    #[default]
    Optional,
    /// Writes without `If-Match` are refused.
    Required,
}

/// Whether a search can be asked for a part of what it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paging {
    /// It leaves out and stops where it is told to.
    Upstream,
    /// It has numbered pages of one size: a query's `skip` is a multiple of its `top`.
    Pages {
        /// Whether the size is always [`Facts::page`].
        fixed: bool,
    },
    /// It is read from its first row on, each page telling where the next one is: a query's
    /// `skip` is 0.
    Links,
    /// It answers everything that it finds; we count, order and cut here. A search that finds
    /// more than this many rows is refused.
    Whole {
        /// The most rows that one search may find.
        most: u32,
    },
}

/// The facts about an upstream, stated once: by its dialect, overridden by the mapping file.
///
/// The filter translator, `/ServiceProviderConfig`, the call plan and `check` all read them here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What a search may use.
    pub operators: Operators,
    /// Whether a search can ask for fields that hold nothing, and for those that hold something.
    pub absence: bool,
    /// The fields that a search may name; all of them where nobody says it.
    pub searchable: Option<Vec<FieldIndex>>,
    /// The fields that hold something in every row: nobody needs to ask.
    pub filled: Vec<FieldIndex>,
    /// How many rows may be read to answer here what the upstream cannot search; without a
    /// number such a search is refused.
    pub scan: Option<u32>,
    /// How a search treats absent values.
    pub nulls: Nulls,
    /// Whether a search can be ordered.
    pub sort: bool,
    /// How the upstream compares letters, where a field does not say.
    pub case: Case,
    /// Whether it can answer a part of a search.
    pub paging: Paging,
    /// The most rows to ask for in one search, and the most that a client gets at once.
    pub page: u32,
    /// Whether a search tells how many rows there are in all.
    pub total: bool,
    /// What it does about ETags.
    pub etag: Etag,
    /// Whether the answer to a write carries the row as it was stored.
    pub representation: bool,
    /// Whether it refuses a second row with the same unique fields by itself.
    pub enforces_unique: bool,
    /// Whether rows can really be removed.
    pub deletes: bool,
}

impl Facts {
    /// Whether a search can ask for everything, so that nobody needs to look at what is asked.
    #[must_use]
    pub fn searches_all(&self) -> bool {
        self.operators == Operators::ALL && self.absence && self.searchable.is_none()
    }
}

/// What a dialect says of itself, so that a mapping for it can be compiled without knowing it.
#[derive(Clone, Debug)]
pub struct Description {
    /// Its name in mapping files.
    pub name: &'static str,
    /// What such a server can usually do; a mapping file overrides it.
    pub facts: Facts,
    /// What a mapping file may say to it alone, in `[upstream.options]`.
    pub options: &'static [OptionDefinition],
    /// What those options say of the server besides: the facts that follow from them.
    pub adapt: fn(&Options, &mut Facts),
    /// Whether those options fit each other; what is expected where they do not.
    pub fits: fn(&Options) -> Result<(), &'static str>,
    /// Whether a collection can be there, and whether a path can lead there; what is expected
    /// where it cannot. What fills the holes of a path is not in it yet.
    pub places: fn(&str) -> Result<(), &'static str>,
    /// Whether it can write a field of that name.
    pub names: fn(&str) -> bool,
    /// Whether it can hold several values in a field of that name; what is missing where it cannot.
    pub lists: fn(&Options, &str) -> Result<(), &'static str>,
    /// Whether rows of other collections can come with a row.
    pub expands: bool,
    /// The fields, parts of structures and options that give people rights in such a server.
    pub grants: &'static [&'static str],
    /// Whether it can write a text with these characters; `None` where it can write every one.
    pub writable: Option<fn(&str) -> bool>,
    /// What is said of another collection, to which a reference leads.
    pub elsewhere: Elsewhere,
}

/// What a mapping file may say to a dialect of another collection than the people's.
#[derive(Clone, Copy, Debug)]
pub struct Elsewhere {
    /// The options that may be said again for it, by their names. What is not said again holds as
    /// far as it [reaches](super::Reach).
    pub options: &'static [&'static str],
    /// Whether a row of it is read by its key, not searched; of the options as they hold there.
    pub reads: fn(&Options) -> bool,
    /// Whether the options there fit those of the people's collection; what is expected where
    /// they do not.
    pub fits: fn(people: &Options, there: &Options) -> Result<(), &'static str>,
}

impl Elsewhere {
    /// What is said of the people's collection describes every other one.
    pub const ALIKE: Self = Self { options: &[], reads: |_| false, fits: |_, _| Ok(()) };
}

/// One collection of the upstream and all that is known about it.
#[derive(Clone, Debug)]
pub struct Entity {
    /// Where it is, as the dialect names places: a path below the upstream's base URL such as
    /// `odata/data/WFUser`, or an entity's name such as `WFUSER`.
    pub collection: Box<str>,
    /// Its fields.
    pub fields: Fields,
    /// The rows of other collections that come with each row.
    pub expansions: Vec<Expansion>,
    /// The field that addresses a row.
    pub key: FieldIndex,
    /// What its upstream can do.
    pub facts: Facts,
    /// What the mapping says to the dialect alone.
    pub options: Options,
    /// How its errors are recognised, tried in order before the dialect's own.
    pub errors: Vec<ErrorRule>,
}
