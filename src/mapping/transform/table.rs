//! `table`: named values, one to one, or with one of several declared canonical for reading.

use super::boolean::spelling;
use super::{Definition, Refusal, Shown, Transform};
use crate::diagnostic::reader::{Holds, Key, Table, key, kind, names};
use crate::value::{Text, Type, Value, same_folded};

const USUAL: &str = r#"via = { table = { "contoso.com" = "CONTOSO" }, other = "keep" }"#;
const GROUP: &str = r#"via = { table = { "Sales" = "S", "Vertrieb" = "S" }, canonical = "Sales" }"#;
const TYPED: &str = r#"via = { table = { "Contractor" = true, "Employee" = false } }"#;

pub(super) const DEFINITION: Definition = Definition {
    name: "table",
    prose: "exchanges texts by a table, for texts, whole numbers or truth values; letter case does \
            not count in finding an entry",
    shown: &[
        Shown::text(USUAL, "contoso.com", "CONTOSO"),
        Shown::text(USUAL, "elsewhere.org", "elsewhere.org"),
        Shown::of(GROUP, Value::text("vertrieb"), Value::text("S"), Value::text("Sales")),
        Shown::refused(GROUP, Value::text("Legal")),
        Shown::of(
            TYPED,
            Value::text("Contractor"),
            Value::Boolean(true),
            Value::text("Contractor"),
        ),
    ],
    keys: KEYS,
    read,
};

const KEYS: &[Key] = &[
    key("table", "SCIM's value = the upstream's value")
        .holds(Holds::Open(&[], &Holds::Scalar))
        .required("a table such as `{ \"contoso.com\" = \"CONTOSO\" }`"),
    key("other", "what happens to texts that are not in the table: `keep` or `reject`")
        .word(|| names(&OTHER)),
    key("canonical", "of several SCIM values with one upstream value, those that are printed")
        .texts(),
];

/// Whether other values pass.
const OTHER: [(&str, bool); 2] = [("keep", true), ("reject", false)];

#[derive(Debug)]
struct Exchange {
    entries: Vec<Entry>,
    /// The upstream's type.
    kind: Type,
    keep_others: bool,
}

#[derive(Debug)]
struct Entry {
    scim: Box<str>,
    upstream: Value<'static>,
    /// Whether it is the one of its group that is printed.
    printed: bool,
}

impl Entry {
    fn is_scim(&self, text: &str) -> bool {
        same_folded(&self.scim, text)
    }

    fn is_upstream(&self, value: &Value<'_>) -> bool {
        match (&self.upstream, value) {
            (Value::Text(known), Value::Text(text)) => same_folded(known, text),
            (known, value) => known == value,
        }
    }
}

fn read(table: Option<&Table<'_>>) -> Option<Box<dyn Transform>> {
    let table = table?;
    let sink = table.sink();
    let canonical = table.one_or_many("canonical");
    let keep_others = table.choice("other", &OTHER).unwrap_or(false);
    let mut entries: Vec<Entry> = Vec::new();
    let mut sound = true;
    let mut wrong = |span: &std::ops::Range<usize>, message: String, expected: &str| {
        sink.error(span, message, Some(format!("expected {expected}")), None);
        sound = false;
    };
    for (name, value) in table.entries("table") {
        let Some(upstream) = spelling(value.get_ref()) else {
            let found = kind(value.get_ref());
            wrong(
                &value.span(),
                "wrong type in a table".to_owned(),
                &format!("a string, a whole number or a truth value, found {found}"),
            );
            continue;
        };
        if entries.first().is_some_and(|first| first.upstream.kind() != upstream.kind()) {
            wrong(&value.span(), "two types in a table".to_owned(), "one, as in its first entry");
        }
        if entries.iter().any(|entry| entry.is_scim(&name.value)) {
            wrong(
                &name.span,
                format!("`{}` stands twice in the table, but for letter case", name.value),
                "each of SCIM's values once",
            );
        }
        let printed = canonical.iter().any(|c| same_folded(&c.value, &name.value));
        entries.push(Entry { scim: name.value.as_str().into(), upstream, printed });
    }
    for name in &canonical {
        if !entries.iter().any(|entry| entry.is_scim(&name.value)) {
            let message = format!("`{}` is not in the table", name.value);
            wrong(&name.span, message, "one of the table's keys");
        }
    }
    let Some(kind) = entries.first().and_then(|entry| entry.upstream.kind()) else {
        wrong(&table.span_of("table"), "a table without entries".to_owned(), "at least one");
        return None;
    };
    if keep_others && kind != Type::String {
        wrong(
            &table.span_of("other"),
            "a text that is not in the table cannot be kept".to_owned(),
            &format!("`reject`, for the upstream holds {kind}"),
        );
    }
    for position in 0..entries.len() {
        let Some(entry) = entries.get(position) else { continue };
        let same = |other: &&Entry| other.is_upstream(&entry.upstream);
        let members = entries.iter().filter(same).count();
        let printed = entries.iter().filter(same).filter(|other| other.printed).count();
        if members > 1 && printed != 1 {
            let upstream = described(&entry.upstream);
            sink.error(
                &table.span_of("table"),
                format!("{upstream} stands for {members} values, of which one must be printed"),
                Some("expected exactly one of them in `canonical`".to_owned()),
                Some("add `canonical = [\"…\"]` beside `table`".to_owned()),
            );
            return None;
        }
        if let Some(entry) = entries.get_mut(position).filter(|_| members == 1) {
            entry.printed = true;
        }
    }
    sound.then(|| Box::new(Exchange { entries, kind, keep_others }) as Box<dyn Transform>)
}

fn described(value: &Value<'_>) -> String {
    match value {
        Value::Integer(number) => format!("`{number}`"),
        Value::Boolean(truth) => format!("`{truth}`"),
        other => format!("`{}`", other.as_str().unwrap_or_default()),
    }
}

fn unlisted() -> Refusal {
    Refusal::new("one of the values that the mapping's table lists")
}

impl Transform for Exchange {
    fn name(&self) -> &'static str {
        DEFINITION.name
    }

    fn inward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        let Value::Text(text) = &value else { return Err(unlisted()) };
        let listed = self.entries.iter().find(|entry| entry.is_scim(text));
        // What the upstream already calls so is stored in the one spelling that it has.
        let meant = listed.or_else(|| {
            self.entries.iter().find(|entry| self.keep_others && entry.is_upstream(&value))
        });
        match meant {
            Some(entry) => Ok(entry.upstream.clone()),
            None if self.keep_others => Ok(value),
            None => Err(unlisted()),
        }
    }

    fn outward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        let printed = self.entries.iter().find(|entry| entry.printed && entry.is_upstream(&value));
        if let Some(entry) = printed {
            return Ok(Value::Text(Text::owned(&entry.scim)));
        }
        // It passes only where it cannot be taken for an entry of the other side: otherwise two
        // people could be printed alike.
        let is_free = value
            .as_str()
            .is_some_and(|text| !self.entries.iter().any(|entry| entry.is_scim(text)));
        if self.keep_others && is_free { Ok(value) } else { Err(unlisted()) }
    }

    fn upstream_type(&self, scim: Type) -> Result<Type, &'static str> {
        if scim == Type::String { Ok(self.kind) } else { Err("a string") }
    }

    fn loses(&self) -> Option<&'static str> {
        Some("the letter case of an entry, and which one of a group it was")
    }

    fn samples(&self) -> Vec<Value<'static>> {
        let text = |text: &str| Value::Text(Text::owned(text));
        let listed = self.entries.iter().map(|entry| text(&entry.scim));
        let stored = self.entries.iter().map(|entry| entry.upstream.clone());
        listed.chain(stored.filter(|value| value.kind() == Some(Type::String))).collect()
    }

    fn printable(&self) -> Option<Vec<Value<'static>>> {
        let known = self.entries.iter().map(|entry| entry.upstream.clone());
        (!self.keep_others).then(|| known.collect())
    }

    fn unprintable(&self) -> Vec<Value<'static>> {
        let text = |entry: &Entry| Value::Text(Text::owned(&entry.scim));
        let names = self.entries.iter().map(text).filter(|_| self.keep_others);
        names.filter(|name| !self.entries.iter().any(|entry| entry.is_upstream(name))).collect()
    }
}
