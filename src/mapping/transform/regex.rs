//! `regex`: a text taken apart by named groups and put together in another order.
//!
//! A regular expression has no inverse of its own, so the mapping states it, or says that something
//! is lost. Both are tried on every value: what would not come back is refused on its way in, and
//! what would be read as another value is not printed.

use ::regex::{Captures, Regex};

use super::super::file;
use super::{Definition, Refusal, Shown, Transform};
use crate::diagnostic::reader::{Key, Table, key, names};
use crate::value::Value;

const USUAL: &str = r#"via = { regex = '(?<last>[^,]+), (?<first>.+)', to = "{first} {last}", back = { regex = '(?<first>.+) (?<last>\S+)', to = "{last}, {first}" } }"#;
const LOSSY: &str =
    r#"via = { regex = '(?<name>[^@]+)@.+', to = "{name}", other = "keep", lossy = true }"#;

pub(super) const DEFINITION: Definition = Definition {
    name: "regex",
    prose: "takes a text apart by the named groups of a regular expression, in any letter case, and \
            puts it together anew; `back` is the way back, or `lossy` says that there is none",
    shown: &[
        Shown::text(USUAL, "Diaz, Ana Maria", "Ana Maria Diaz"),
        Shown::refused(USUAL, Value::text("Diaz y Soto, Ana")),
        Shown::of(LOSSY, Value::text("ana@contoso.com"), Value::text("ana"), Value::text("ana")),
    ],
    keys: KEYS,
    read,
};

const KEYS: &[Key] = &[
    key("regex", "what the whole of SCIM's text must match, with groups such as `(?<name>…)`")
        .required("a regular expression with named groups"),
    key("to", "what is stored, with the groups in braces")
        .required("a text with the groups in braces, such as `{name}`"),
    key("back", "the way back, from the stored text: `{ regex, to }`").table(BACK),
    key("other", "what happens to a text that does not match: `keep` or `reject`")
        .word(|| names(&OTHER)),
    key("lossy", "whether a text may be stored that is printed otherwise, or not at all").boolean(),
];

const BACK: &[Key] = &[
    key("regex", "what the whole of the stored text must match")
        .required("a regular expression with named groups"),
    key("to", "what is printed, with the groups in braces")
        .required("a text with the groups in braces, such as `{name}`"),
];

/// Whether texts that do not match pass.
const OTHER: [(&str, bool); 2] = [("keep", true), ("reject", false)];

#[derive(Debug)]
struct Rewrite {
    from: Way,
    back: Option<Way>,
    keep_others: bool,
    lossy: bool,
}

/// One direction.
#[derive(Debug)]
struct Way {
    pattern: Regex,
    pieces: Vec<Piece>,
}

#[derive(Debug)]
enum Piece {
    Literal(Box<str>),
    Group(Box<str>),
}

fn read(table: Option<&Table<'_>>) -> Option<Box<dyn Transform>> {
    let table = table?;
    let from = Way::read(table);
    let back = match table.table("back") {
        Some(back) => Some(Way::read(&back)?),
        None if table.has("back") => return None,
        None => None,
    };
    let keep_others = table.choice("other", &OTHER).unwrap_or(false);
    let lossy = table.boolean("lossy").unwrap_or(false);
    if back.is_none() && !lossy {
        table.sink().error(
            &table.span_of("regex"),
            "there is no way back from what is stored",
            Some("expected `back = { regex, to }`, or `lossy = true` beside it".to_owned()),
            None,
        );
        return None;
    }
    Some(Box::new(Rewrite { from: from?, back, keep_others, lossy }))
}

impl Way {
    fn read(table: &Table<'_>) -> Option<Self> {
        let written = table.required_text("regex")?;
        let to = table.required_text("to")?;
        // Names that SCIM compares without letter case must be found without it.
        let pattern = match file::whole(&format!("(?i){}", written.value)) {
            Ok(pattern) => pattern,
            Err(error) => {
                let reason = Some(file::no_pattern(&error));
                table.sink().error(&written.span, "not a regular expression", reason, None);
                return None;
            }
        };
        let Some(pieces) = pieces(&to.value) else {
            table.sink().error(
                &to.span,
                "the braces of a template do not match",
                Some("expected `{` and `}` around each group's name".to_owned()),
                None,
            );
            return None;
        };
        let groups: Vec<&str> = pattern.capture_names().flatten().collect();
        let unknown = pieces.iter().find_map(|piece| match piece {
            Piece::Group(name) if !groups.contains(&&**name) => Some(name),
            _ => None,
        });
        if let Some(name) = unknown {
            table.sink().unknown(&to.span, "group", name, groups);
            return None;
        }
        Some(Self { pattern, pieces })
    }

    /// What a text becomes; `None` where it does not match.
    fn text(&self, text: &str) -> Option<String> {
        let found = self.pattern.captures(text)?;
        let group = |found: &Captures<'_>, name: &str| {
            found.name(name).map_or(String::new(), |group| group.as_str().to_owned())
        };
        Some(
            self.pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Literal(literal) => literal.to_string(),
                    Piece::Group(name) => group(&found, name),
                })
                .collect(),
        )
    }
}

fn pieces(template: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let (literal, from) = rest.split_at(at);
        let (name, after) = from.strip_prefix('{')?.split_once('}')?;
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal.into()));
        }
        pieces.push(Piece::Group(name.into()));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest.into()));
    }
    Some(pieces)
}

impl Rewrite {
    fn stored(&self, text: &str) -> Option<String> {
        let other = || self.keep_others.then(|| text.to_owned());
        self.from.text(text).or_else(other).filter(|stored| !stored.trim().is_empty())
    }

    /// What is printed of a stored text, if it is read as the same again.
    fn printed(&self, stored: &str) -> Option<String> {
        let printed = match &self.back {
            Some(back) => {
                let other = || self.keep_others.then(|| stored.to_owned());
                back.text(stored).or_else(other)?
            }
            None => stored.to_owned(),
        };
        (self.stored(&printed).as_deref() == Some(stored)).then_some(printed)
    }
}

impl Transform for Rewrite {
    fn name(&self) -> &'static str {
        DEFINITION.name
    }

    fn inward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        let Value::Text(text) = value else { return Err(Refusal::new("a text")) };
        let refused =
            || Refusal::new(format!("a text that `{}` takes apart", self.from.pattern.as_str()));
        let stored = self.stored(&text).ok_or_else(refused)?;
        if !self.lossy && self.printed(&stored).as_deref() != Some(&*text) {
            return Err(Refusal::new("a text that can be put together again from its parts"));
        }
        Ok(Value::Text(stored.into()))
    }

    fn outward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        let printed = value.as_str().and_then(|stored| self.printed(stored));
        let printed = printed.ok_or_else(|| {
            Refusal::new("a text that is read as the same again when it is printed")
        })?;
        Ok(Value::Text(printed.into()))
    }

    fn loses(&self) -> Option<&'static str> {
        self.lossy.then_some("what the groups leave out")
    }

    fn samples(&self) -> Vec<Value<'static>> {
        let texts = super::super::sample::matching(self.from.pattern.as_str());
        texts.into_iter().map(|text| Value::Text(text.into())).collect()
    }
}
