//! `[upstream.options]`: what the file says to its dialect alone, typed as the dialect declares it.

mod value;

use toml::Spanned;
use toml::de::DeValue;

use super::super::file;
use crate::diagnostic::reader::{Placed, Sink, Table};
use crate::record::{Description, Fields, OptionDefinition, OptionKind, OptionValue, Options};
use value::value;

/// One entry of a table of options.
type Entry<'t> = (Placed<String>, &'t Spanned<DeValue<'t>>);

/// The options of a dialect, in the order in which it declares them.
pub(super) fn read(upstream: &Table<'_>, dialect: &Description) -> Options {
    let reading = Reading {
        sink: upstream.sink(),
        dialect,
        path: upstream.named("options"),
        whole: upstream.span_of("options"),
    };
    let options = reading.table(dialect.options, upstream.entries("options"));
    if let Err(expected) = (dialect.fits)(&options) {
        let message = format!("the options of the dialect `{}` do not fit", dialect.name);
        reading.sink.error(&reading.whole, message, Some(expected.to_owned()), None);
    }
    options
}

/// Finds fault with names of fields that the mapping has not.
pub(super) fn review(upstream: &Table<'_>, options: &Options, fields: &Fields) {
    for value in options.values() {
        match value {
            OptionValue::Group(options, _) => review(upstream, options, fields),
            OptionValue::Names(names) => {
                for (name, _) in names {
                    if fields.index_of(name).is_none() {
                        let known: Vec<&str> =
                            fields.iter().map(|(_, field)| field.name.as_str()).collect();
                        let sink = upstream.sink();
                        sink.unknown(&upstream.span_of("options"), "field", name, known);
                    }
                }
            }
            _ => {}
        }
    }
}

/// What the options say that gives people rights: their own names, and those of their parts.
pub(super) fn names(options: &Options, dialect: &Description, visit: &mut impl FnMut(&str)) {
    for (definition, value) in dialect.options.iter().zip(options.values()) {
        match value {
            OptionValue::Nothing => {}
            // How collections look says nothing of who gets them.
            OptionValue::Tables(_) => {}
            OptionValue::Structure(structure) => structure.each_name(visit),
            _ => visit(definition.name),
        }
    }
}

/// A table of options that is being read.
struct Reading<'r> {
    sink: &'r Sink,
    dialect: &'r Description,
    /// Its full name.
    path: String,
    /// Where it stands.
    whole: std::ops::Range<usize>,
}

impl Reading<'_> {
    fn table(&self, definitions: &[OptionDefinition], entries: Vec<Entry<'_>>) -> Options {
        let mut options = Options::new(definitions.iter().map(usual).collect());
        let mut said = vec![false; definitions.len()];
        for (name, item) in entries {
            let Some(place) = definitions.iter().position(|option| option.name == name.value)
            else {
                let known: Vec<&str> = definitions.iter().map(|option| option.name).collect();
                let what = format!("option of the dialect `{}`:", self.dialect.name);
                self.sink.unknown(&name.span, &what, &name.value, known);
                continue;
            };
            if let Some(said) = said.get_mut(place) {
                *said = true;
            }
            let Some(definition) = definitions.get(place) else { continue };
            if let Some(value) = value(self, definition, item) {
                options.put(place, value);
            }
        }
        for (definition, said) in definitions.iter().zip(said) {
            if definition.required && !said {
                let message = format!("`{}.{}` is missing", self.path, definition.name);
                let expected = format!("expected {}", definition.meaning);
                self.sink.error(&self.whole, message, Some(expected), None);
            }
        }
        options
    }
}

/// What holds when the file does not say.
fn usual(definition: &OptionDefinition) -> OptionValue {
    if let OptionKind::Group(definitions) = definition.kind {
        return OptionValue::Group(Options::new(definitions.iter().map(usual).collect()), false);
    }
    let Some(default) = definition.default else { return OptionValue::Nothing };
    let nothing = OptionValue::Nothing;
    match definition.kind {
        OptionKind::Text | OptionKind::Choice(_) => OptionValue::Text(default.into()),
        OptionKind::Flag => OptionValue::Flag(default == "true"),
        // What a dialect itself says is right, which its tests prove.
        OptionKind::Pattern => file::whole(default).map_or(nothing, OptionValue::Pattern),
        OptionKind::Number => default.parse().map_or(nothing, OptionValue::Number),
        OptionKind::Template(holes) => {
            crate::record::Template::parse(default, holes).map_or(nothing, OptionValue::Template)
        }
        OptionKind::Place => {
            crate::record::Place::parse(default).map_or(nothing, OptionValue::Place)
        }
        OptionKind::Source => {
            crate::record::Source::parse(default).map_or(nothing, OptionValue::Source)
        }
        OptionKind::Structure
        | OptionKind::Tables(_)
        | OptionKind::Tree(_)
        | OptionKind::Conditions
        | OptionKind::Names
        | OptionKind::Group(_) => nothing,
    }
}
