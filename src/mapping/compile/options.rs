//! `[upstream.options]`: what the file says to its dialect alone, typed as the dialect declares it.

use toml::Spanned;
use toml::de::DeValue;

use super::super::file;
use crate::diagnostic::alternatives;
use crate::diagnostic::reader::{Placed, Table, kind};
use crate::record::{
    Description, NamedTexts, OptionDefinition, OptionKind, OptionValue, Options, Structure,
};

/// How deeply a structure may be nested.
const DEPTH: usize = 8;

/// The options of a dialect, in the order in which it declares them.
pub(super) fn read(upstream: &Table<'_>, dialect: &Description) -> Options {
    let mut options = Options::new(dialect.options.iter().map(usual).collect());
    let mut said = vec![false; dialect.options.len()];
    for (name, item) in upstream.entries("options") {
        let Some(place) = dialect.options.iter().position(|option| option.name == name.value)
        else {
            let known: Vec<&str> = dialect.options.iter().map(|option| option.name).collect();
            let what = format!("option of the dialect `{}`:", dialect.name);
            upstream.sink().unknown(&name.span, &what, &name.value, known);
            continue;
        };
        if let Some(said) = said.get_mut(place) {
            *said = true;
        }
        let Some(definition) = dialect.options.get(place) else { continue };
        if let Some(value) = value(upstream, dialect, definition, &name, item) {
            options.put(place, value);
        }
    }
    for (definition, said) in dialect.options.iter().zip(said) {
        if definition.required && !said {
            upstream.missing(&format!("options.{}", definition.name), definition.meaning);
        }
    }
    if let Err(expected) = (dialect.fits)(&options) {
        let message = format!("the options of the dialect `{}` do not fit", dialect.name);
        upstream.sink().error(
            &upstream.span_of("options"),
            message,
            Some(expected.to_owned()),
            None,
        );
    }
    options
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

/// What holds when the file does not say.
fn usual(definition: &OptionDefinition) -> OptionValue {
    let Some(default) = definition.default else { return OptionValue::Nothing };
    match definition.kind {
        OptionKind::Text | OptionKind::Choice(_) => OptionValue::Text(default.into()),
        OptionKind::Flag => OptionValue::Flag(default == "true"),
        // A dialect's own patterns are right, which its tests prove.
        OptionKind::Pattern => file::whole(default).map_or_else(|_| OptionValue::Nothing, pattern),
        OptionKind::Structure | OptionKind::Tables(_) => OptionValue::Nothing,
    }
}

const fn pattern(pattern: regex::Regex) -> OptionValue {
    OptionValue::Pattern(pattern)
}

fn value(
    upstream: &Table<'_>,
    dialect: &Description,
    definition: &OptionDefinition,
    name: &Placed<String>,
    item: &Spanned<DeValue<'_>>,
) -> Option<OptionValue> {
    let sink = upstream.sink();
    let wrong = |expected: String| {
        let message =
            format!("wrong value for `{}`", upstream.named(&format!("options.{}", name.value)));
        sink.error(&item.span(), message, Some(expected), None);
        None
    };
    let found = kind(item.get_ref());
    match (definition.kind, item.get_ref()) {
        (OptionKind::Text, DeValue::String(text)) if !text.trim().is_empty() => {
            Some(OptionValue::Text(text.as_ref().into()))
        }
        (OptionKind::Text, DeValue::String(_)) => {
            wrong("expected a text that is not empty".to_owned())
        }
        (OptionKind::Text, _) => wrong(format!("expected a string, found {found}")),
        (OptionKind::Choice(words), DeValue::String(text)) if words.contains(&text.as_ref()) => {
            Some(OptionValue::Text(text.as_ref().into()))
        }
        (OptionKind::Choice(words), _) => {
            wrong(format!("expected {}", alternatives(words.iter().copied())))
        }
        (OptionKind::Flag, DeValue::Boolean(truth)) => Some(OptionValue::Flag(*truth)),
        (OptionKind::Flag, _) => wrong(format!("expected `true` or `false`, found {found}")),
        (OptionKind::Pattern, DeValue::String(text)) => match file::whole(text) {
            Ok(whole) => Some(OptionValue::Pattern(whole)),
            Err(_) => wrong("expected the syntax of the Rust crate `regex`".to_owned()),
        },
        (OptionKind::Pattern, _) => wrong(format!("expected a string, found {found}")),
        (OptionKind::Structure, DeValue::Table(_)) => {
            match structure(item.get_ref(), dialect, DEPTH) {
                Some(structure) => Some(OptionValue::Structure(structure)),
                None => wrong("expected names that a field may have, and no dates".to_owned()),
            }
        }
        (OptionKind::Tables(keys), DeValue::Table(_)) => {
            match tables(item.get_ref(), dialect, keys) {
                Some(tables) => Some(OptionValue::Tables(tables)),
                None => wrong(format!(
                    "expected for each name a table of the texts {}, all of them names that a \
                     field may have",
                    crate::diagnostic::alternatives(keys.iter().copied()).replace(" or ", " and ")
                )),
            }
        }
        (OptionKind::Structure | OptionKind::Tables(_), _) => {
            wrong(format!("expected a table, found {found}"))
        }
    }
}

/// Tables with exactly those keys; `None` where something else is written.
fn tables(item: &DeValue<'_>, dialect: &Description, keys: &[&str]) -> Option<Vec<NamedTexts>> {
    let DeValue::Table(tables) = item else { return None };
    let name = |text: &str| (dialect.names)(text).then(|| Box::<str>::from(text));
    let texts = |item: &DeValue<'_>| {
        let DeValue::Table(table) = item else { return None };
        let text = |key: &&str| match table.get(*key)?.get_ref() {
            DeValue::String(text) => name(text),
            _ => None,
        };
        let texts: Vec<Box<str>> = keys.iter().map(text).collect::<Option<_>>()?;
        (table.len() == keys.len()).then_some(texts)
    };
    let table = |(key, item): (&toml::Spanned<_>, &Spanned<DeValue<'_>>)| {
        let key: &std::borrow::Cow<'_, str> = key.get_ref();
        Some((name(key)?, texts(item.get_ref())?))
    };
    tables.iter().map(table).collect()
}

/// Parts in each other; `None` where a name is none, or for what has no one spelling.
fn structure(item: &DeValue<'_>, dialect: &Description, depth: usize) -> Option<Structure> {
    let depth = depth.checked_sub(1)?;
    Some(match item {
        DeValue::String(text) => Structure::Leaf(text.as_ref().into()),
        DeValue::Integer(number) => {
            let number = i64::from_str_radix(number.as_str(), number.radix()).ok()?;
            Structure::Leaf(number.to_string().into())
        }
        DeValue::Boolean(truth) => Structure::Leaf(truth.to_string().into()),
        DeValue::Float(_) | DeValue::Datetime(_) => return None,
        DeValue::Array(items) => Structure::List(
            items
                .iter()
                .map(|item| structure(item.get_ref(), dialect, depth))
                .collect::<Option<_>>()?,
        ),
        DeValue::Table(table) => Structure::Named(
            table
                .iter()
                .map(|(name, item)| {
                    let name = name.get_ref().as_ref();
                    let part = structure(item.get_ref(), dialect, depth)?;
                    let bare = match (name.strip_prefix('@'), &part) {
                        (Some(bare), Structure::Leaf(_)) => bare,
                        _ => name,
                    };
                    (dialect.names)(bare).then(|| (name.into(), part))
                })
                .collect::<Option<_>>()?,
        ),
    })
}
