//! What a mapping file may say to one dialect alone: declared by the dialect as data, read and
//! typed when the mapping is compiled, so that neither room knows the other's words.

use regex::Regex;

use super::recognition::{Condition, Place};
use super::template::{Source, Template, Tree};

/// What an option holds.
#[derive(Clone, Copy, Debug)]
pub enum OptionKind {
    /// Characters.
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// A regular expression that must match a whole text.
    Pattern,
    /// Tables, lists and single values in each other; every name in it must be one that a field
    /// of the dialect may have.
    Structure,
    /// A whole number from 0 on.
    Number,
    /// A text in which these may be put in.
    Template(&'static [&'static str]),
    /// A path below the base URL, in which these may be put in.
    Path(&'static [&'static str]),
    /// Members, lists and single values in each other, in which these may be put in.
    Tree(&'static [&'static str]),
    /// A place in a body, such as `data.items`; `.` is the body itself.
    Place,
    /// A place in a body, or `header:Name`.
    Source,
    /// Places in a body, each with a pattern for the whole text there.
    Conditions,
    /// Fields of the mapping, each with another name.
    Names,
    /// More options.
    Group(&'static [OptionDefinition]),
    /// Tables by name, each with exactly these keys; all of them, and their texts, are names that a
    /// field of the dialect may have.
    Tables(&'static [&'static str]),
}

/// What becomes of what is said of the people's collection where another one is described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It holds there as well, unless something else is said.
    Shared,
    /// It is about one collection alone.
    Own,
    /// It holds as well; but where it is said again, nothing of its table is taken over.
    Leading,
}

/// One thing that a mapping file may say to a dialect.
#[derive(Clone, Copy, Debug)]
pub struct OptionDefinition {
    /// Its key in `[upstream.options]`.
    pub name: &'static str,
    /// What it says, in one line.
    pub meaning: &'static str,
    /// What it holds.
    pub kind: OptionKind,
    /// What holds when the file does not say, spelled as characters; `None` for nothing.
    pub default: Option<&'static str>,
    /// Whether the file must say it.
    pub required: bool,
    /// Whether it holds for other collections as well.
    pub reach: Reach,
}

impl OptionDefinition {
    /// An option that the file may leave out and that then holds nothing.
    #[must_use]
    pub const fn optional(name: &'static str, meaning: &'static str, kind: OptionKind) -> Self {
        let reach = Reach::Shared;
        Self { name, meaning, kind, default: None, required: false, reach }
    }

    /// An option with something that holds when the file does not say.
    #[must_use]
    pub const fn usual(
        name: &'static str,
        meaning: &'static str,
        kind: OptionKind,
        default: &'static str,
    ) -> Self {
        Self { default: Some(default), ..Self::optional(name, meaning, kind) }
    }

    /// The same with another reach.
    #[must_use]
    pub const fn reaching(self, reach: Reach) -> Self {
        Self { reach, ..self }
    }
}

/// Parts in each other, for a dialect that writes trees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Structure {
    /// Characters; numbers and truth values in TOML's spelling.
    Leaf(Box<str>),
    /// One after the other.
    List(Vec<Structure>),
    /// By name, in the file's order; a name that begins with `@` is an attribute's.
    Named(Vec<(Box<str>, Structure)>),
}

impl Structure {
    /// Visits the name of every part.
    pub fn each_name(&self, visit: &mut impl FnMut(&str)) {
        match self {
            Self::Leaf(_) => {}
            Self::List(parts) => parts.iter().for_each(|part| part.each_name(visit)),
            Self::Named(parts) => {
                for (name, part) in parts {
                    visit(name);
                    part.each_name(visit);
                }
            }
        }
    }
}

/// A name, and the texts of its table.
pub type NamedTexts = (Box<str>, Vec<Box<str>>);

/// What a mapping file says in one option.
#[derive(Clone, Debug, Default)]
pub enum OptionValue {
    /// Nothing, and there is no default.
    #[default]
    Nothing,
    /// Characters, also those of a choice.
    Text(Box<str>),
    /// A truth value.
    Flag(bool),
    /// A regular expression for a whole text.
    Pattern(Regex),
    /// Parts in each other.
    Structure(Structure),
    /// A number.
    Number(u32),
    /// A text with holes.
    Template(Template),
    /// Parts in each other, with holes.
    Tree(Tree),
    /// A place in a body.
    Place(Place),
    /// Where something stands in an answer.
    Source(Source),
    /// What must hold of a body.
    Conditions(Vec<Condition>),
    /// Other names of fields.
    Names(Vec<(Box<str>, Box<str>)>),
    /// More options, and whether the file says any of them.
    Group(Options, bool),
    /// Tables by name, the texts of each in the order of its keys.
    Tables(Vec<NamedTexts>),
}

/// The values of a dialect's options, in the order in which the dialect declares them.
#[derive(Clone, Debug, Default)]
pub struct Options(Vec<OptionValue>);

impl Options {
    /// The values, in the order of their definitions.
    #[must_use]
    pub const fn new(values: Vec<OptionValue>) -> Self {
        Self(values)
    }

    /// The characters of an option by its place; `None` where there are none.
    #[must_use]
    pub fn text(&self, place: usize) -> Option<&str> {
        match self.0.get(place) {
            Some(OptionValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether an option is a flag that is set.
    #[must_use]
    pub fn is_set(&self, place: usize) -> bool {
        matches!(self.0.get(place), Some(OptionValue::Flag(true)))
    }

    /// The pattern of an option.
    #[must_use]
    pub fn pattern(&self, place: usize) -> Option<&Regex> {
        match self.0.get(place) {
            Some(OptionValue::Pattern(pattern)) => Some(pattern),
            _ => None,
        }
    }

    /// The structure of an option.
    #[must_use]
    pub fn structure(&self, place: usize) -> Option<&Structure> {
        match self.0.get(place) {
            Some(OptionValue::Structure(structure)) => Some(structure),
            _ => None,
        }
    }

    /// The number of an option.
    #[must_use]
    pub fn number(&self, place: usize) -> Option<u32> {
        match self.0.get(place) {
            Some(OptionValue::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// The text with holes of an option.
    #[must_use]
    pub fn template(&self, place: usize) -> Option<&Template> {
        match self.0.get(place) {
            Some(OptionValue::Template(template)) => Some(template),
            _ => None,
        }
    }

    /// The tree with holes of an option.
    #[must_use]
    pub fn tree(&self, place: usize) -> Option<&Tree> {
        match self.0.get(place) {
            Some(OptionValue::Tree(tree)) => Some(tree),
            _ => None,
        }
    }

    /// The place in a body of an option.
    #[must_use]
    pub fn place(&self, place: usize) -> Option<&Place> {
        match self.0.get(place) {
            Some(OptionValue::Place(found)) => Some(found),
            _ => None,
        }
    }

    /// The place in an answer of an option.
    #[must_use]
    pub fn source(&self, place: usize) -> Option<&Source> {
        match self.0.get(place) {
            Some(OptionValue::Source(source)) => Some(source),
            _ => None,
        }
    }

    /// The conditions of an option; none where it says nothing.
    #[must_use]
    pub fn conditions(&self, place: usize) -> &[Condition] {
        match self.0.get(place) {
            Some(OptionValue::Conditions(conditions)) => conditions,
            _ => &[],
        }
    }

    /// The other names of fields of an option.
    #[must_use]
    pub fn names(&self, place: usize) -> &[(Box<str>, Box<str>)] {
        match self.0.get(place) {
            Some(OptionValue::Names(names)) => names,
            _ => &[],
        }
    }

    /// The options of an option.
    #[must_use]
    pub fn group(&self, place: usize) -> Option<&Self> {
        match self.0.get(place) {
            Some(OptionValue::Group(options, _)) => Some(options),
            _ => None,
        }
    }

    /// Whether the file says any option of an option.
    #[must_use]
    pub fn is_group_said(&self, place: usize) -> bool {
        matches!(self.0.get(place), Some(OptionValue::Group(_, true)))
    }

    /// One table of an option, by its name in any letter case.
    #[must_use]
    pub fn table(&self, place: usize, name: &str) -> Option<&[Box<str>]> {
        let Some(OptionValue::Tables(tables)) = self.0.get(place) else { return None };
        let found = tables.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, texts)| texts.as_slice())
    }

    /// Every value, in the order of the definitions.
    #[must_use]
    pub fn values(&self) -> &[OptionValue] {
        &self.0
    }

    /// Gives an option another value; for one that is not there nothing happens.
    pub fn put(&mut self, place: usize, value: OptionValue) {
        if let Some(old) = self.0.get_mut(place) {
            *old = value;
        }
    }
}
