//! One option's value, of the kind that the dialect declares.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::super::file;
use super::Reading;
use crate::diagnostic::alternatives;
use crate::diagnostic::reader::{Placed, kind};
use crate::record::{
    Condition, Description, NamedTexts, OptionDefinition, OptionKind, OptionValue, Place, Source,
    Structure, Template, Tree,
};

/// How deeply a structure may be nested.
const DEPTH: usize = 8;

/// The value of an option, or a finding; `people` is that of the people's collection, where another
/// one is described.
pub(super) fn value(
    reading: &Reading<'_>,
    definition: &OptionDefinition,
    item: &Spanned<DeValue<'_>>,
    people: Option<&OptionValue>,
) -> Option<OptionValue> {
    let path = format!("{}.{}", reading.path, definition.name);
    let wrong = |expected: String| {
        let message = format!("wrong value for `{path}`");
        reading.sink.error(&item.span(), message, Some(expected), None);
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
            Err(error) => wrong(file::no_pattern(&error)),
        },
        (OptionKind::Structure, DeValue::Table(_)) => {
            match structure(item.get_ref(), reading.dialect, DEPTH) {
                Some(structure) => Some(OptionValue::Structure(structure)),
                None => wrong("expected names that a field may have, and no dates".to_owned()),
            }
        }
        (OptionKind::Tables(keys), DeValue::Table(_)) => {
            match tables(item.get_ref(), reading.dialect, keys) {
                Some(tables) => Some(OptionValue::Tables(tables)),
                None => wrong(format!(
                    "expected for each name a table of the texts {}, all of them names that a \
                     field may have",
                    alternatives(keys.iter().copied()).replace(" or ", " and ")
                )),
            }
        }
        (OptionKind::Number, DeValue::Integer(number)) => {
            match u32::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Some(OptionValue::Number(number)),
                Err(_) => wrong("expected a number from 0 to 4294967295".to_owned()),
            }
        }
        (OptionKind::Number, _) => wrong(format!("expected a number, found {found}")),
        (OptionKind::Path(holes), DeValue::String(text)) => {
            let leads = (reading.dialect.places)(text).map_err(str::to_owned);
            let parse = |()| Template::parse(text, holes).map_err(|why| unfillable(&why, holes));
            match leads.and_then(parse) {
                Ok(path) => Some(OptionValue::Template(path)),
                Err(expected) => wrong(expected),
            }
        }
        (OptionKind::Template(holes), DeValue::String(text)) => {
            match Template::parse(text, holes) {
                Ok(template) => Some(OptionValue::Template(template)),
                Err(error) => wrong(unfillable(&error, holes)),
            }
        }
        (OptionKind::Tree(holes), DeValue::Table(_)) => match tree(item.get_ref(), holes, DEPTH) {
            Ok(tree) => Some(OptionValue::Tree(tree)),
            Err(expected) => wrong(expected),
        },
        (OptionKind::Place, DeValue::String(text)) => match Place::parse(text) {
            Some(place) => Some(OptionValue::Place(place)),
            None => wrong("expected a place such as `data.items`, or `.`".to_owned()),
        },
        (OptionKind::Source, DeValue::String(text)) => match Source::parse(text) {
            Some(source) => Some(OptionValue::Source(source)),
            None => wrong("expected a place such as `data.count`, or `header:Name`".to_owned()),
        },
        (OptionKind::Conditions, DeValue::Table(table)) => match conditions(table) {
            Some(conditions) => Some(OptionValue::Conditions(conditions)),
            None => wrong("expected places in the body, each with a pattern".to_owned()),
        },
        (OptionKind::Names, DeValue::Table(table)) => match renamed(table) {
            Some(names) => Some(OptionValue::Names(names)),
            None => wrong("expected fields of the mapping, each with a text".to_owned()),
        },
        (OptionKind::Group(definitions), DeValue::Table(table)) => {
            let entries = table.iter().map(|(name, item)| {
                (Placed { value: name.get_ref().to_string(), span: name.span() }, item)
            });
            let inner =
                Reading { sink: reading.sink, dialect: reading.dialect, path, whole: item.span() };
            let options = match people {
                Some(OptionValue::Group(people, _)) => {
                    inner.again(people, definitions, entries.collect())
                }
                _ => inner.table(definitions, entries.collect()),
            };
            Some(OptionValue::Group(options, true))
        }
        (
            OptionKind::Structure
            | OptionKind::Tables(_)
            | OptionKind::Tree(_)
            | OptionKind::Conditions
            | OptionKind::Names
            | OptionKind::Group(_),
            _,
        ) => wrong(format!("expected a table, found {found}")),
        (
            OptionKind::Text
            | OptionKind::Pattern
            | OptionKind::Template(_)
            | OptionKind::Path(_)
            | OptionKind::Place
            | OptionKind::Source,
            _,
        ) => wrong(format!("expected a string, found {found}")),
    }
}

fn unfillable(error: &crate::record::Unfillable, holes: &[&str]) -> String {
    match holes {
        [] => format!("{error}: nothing is put in here"),
        holes => format!("{error}; what can be put in is {}", alternatives(holes.iter().copied())),
    }
}

/// Parts with holes; what is expected where something else is.
fn tree(item: &DeValue<'_>, holes: &[&str], depth: usize) -> Result<Tree, String> {
    let depth = depth.checked_sub(1).ok_or_else(|| format!("expected at most {DEPTH} levels"))?;
    let text = |text: &str| Template::parse(text, holes).map_err(|error| unfillable(&error, holes));
    Ok(match item {
        DeValue::String(characters) => Tree::Text(text(characters)?),
        DeValue::Integer(number) => {
            let number = i64::from_str_radix(number.as_str(), number.radix());
            Tree::Number(number.map_err(|_| "expected a number of 64 bits")?.to_string().into())
        }
        DeValue::Boolean(truth) => Tree::Truth(*truth),
        DeValue::Float(_) | DeValue::Datetime(_) => {
            return Err(format!("expected no {}: write it as a string", kind(item)));
        }
        DeValue::Array(items) => {
            let items = items.iter().map(|item| tree(item.get_ref(), holes, depth));
            Tree::List(items.collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => {
            let parts = table.iter().map(|(name, item)| {
                Ok::<_, String>((text(name.get_ref())?, tree(item.get_ref(), holes, depth)?))
            });
            Tree::Named(parts.collect::<Result<_, _>>()?)
        }
    })
}

/// Places, each with what must stand there; `None` where something is neither.
fn conditions(table: &DeTable<'_>) -> Option<Vec<Condition>> {
    let each = |(name, item): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let name: &std::borrow::Cow<'_, str> = name.get_ref();
        let pattern = match item.get_ref() {
            DeValue::String(text) => file::whole(text).ok()?,
            DeValue::Boolean(truth) => file::whole(&truth.to_string()).ok()?,
            DeValue::Integer(number) => {
                let number = i64::from_str_radix(number.as_str(), number.radix()).ok()?;
                file::whole(&number.to_string()).ok()?
            }
            _ => return None,
        };
        Some(Condition { place: Place::parse(name)?, pattern })
    };
    table.iter().map(each).collect()
}

fn renamed(table: &DeTable<'_>) -> Option<Vec<(Box<str>, Box<str>)>> {
    let each = |(name, item): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let name: &std::borrow::Cow<'_, str> = name.get_ref();
        match item.get_ref() {
            DeValue::String(text) if !text.is_empty() => {
                Some((name.as_ref().into(), text.as_ref().into()))
            }
            _ => None,
        }
    };
    table.iter().map(each).collect()
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
