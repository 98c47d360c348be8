//! `[upstream.options]`: what the file says to its dialect alone, typed as the dialect declares it.

mod value;

use toml::Spanned;
use toml::de::DeValue;

use super::super::file;
use crate::diagnostic::reader::{Placed, Sink, Table};
use crate::record::{
    Description, Fields, OptionDefinition, OptionKind, OptionValue, Options, Reach,
};
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
    reading.judge((dialect.fits)(&options));
    options
}

/// The options as they hold for the collection of a reference: those of the people's collection,
/// where the reference does not say otherwise.
pub(super) fn elsewhere(reference: &Table<'_>, dialect: &Description, people: &Options) -> Options {
    let is_said = reference.has("options");
    let reading = Reading {
        sink: reference.sink(),
        dialect,
        path: reference.named("options"),
        whole: if is_said { reference.span_of("options") } else { reference.span() },
    };
    let mut options = there(dialect.options, people);
    for (name, item) in reference.entries("options") {
        let again = dialect.elsewhere.options;
        let option = dialect.options.iter().zip(0..).find(|(option, _)| option.name == name.value);
        let Some((definition, place)) = option.filter(|(option, _)| again.contains(&option.name))
        else {
            let what = format!("option of the dialect `{}` for another collection:", dialect.name);
            reading.sink.unknown(&name.span, &what, &name.value, again.iter().copied());
            continue;
        };
        if let Some(value) = value(&reading, definition, item, people.values().get(place)) {
            options.put(place, value);
        }
    }
    let fits = (dialect.fits)(&options);
    reading.judge(fits.and_then(|()| (dialect.elsewhere.fits)(people, &options)));
    options
}

/// What of the people's options holds for another collection, of which nothing is said.
fn there(definitions: &[OptionDefinition], people: &Options) -> Options {
    let of = |(definition, value): (&OptionDefinition, &OptionValue)| match (
        definition.reach,
        definition.kind,
        value,
    ) {
        (Reach::Own, ..) => usual(definition),
        (_, OptionKind::Group(inner), OptionValue::Group(options, _)) => {
            OptionValue::Group(there(inner, options), false)
        }
        _ => value.clone(),
    };
    Options::new(definitions.iter().zip(people.values()).map(of).collect())
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
    /// Tells what is expected of options that do not fit.
    fn judge(&self, fits: Result<(), &'static str>) {
        if let Err(expected) = fits {
            let message = format!("the options of the dialect `{}` do not fit", self.dialect.name);
            self.sink.error(&self.whole, message, Some(expected.to_owned()), None);
        }
    }

    fn table(&self, definitions: &[OptionDefinition], entries: Vec<Entry<'_>>) -> Options {
        self.over(Options::new(definitions.iter().map(usual).collect()), definitions, entries)
    }

    /// A table that is said again for another collection, over that of the people.
    fn again(
        &self,
        people: &Options,
        definitions: &[OptionDefinition],
        entries: Vec<Entry<'_>>,
    ) -> Options {
        let leads = |name: &str| {
            let definition = definitions.iter().find(|definition| definition.name == name);
            definition.is_some_and(|definition| definition.reach == Reach::Leading)
        };
        if entries.iter().any(|(name, _)| leads(&name.value)) {
            return self.table(definitions, entries);
        }
        self.over(there(definitions, people), definitions, entries)
    }

    /// A table of options over what holds where it does not say.
    fn over(
        &self,
        mut options: Options,
        definitions: &[OptionDefinition],
        entries: Vec<Entry<'_>>,
    ) -> Options {
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
            if let Some(value) = value(self, definition, item, None) {
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
        OptionKind::Template(holes) | OptionKind::Path(holes) => {
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
