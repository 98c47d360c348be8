//! `table`: named values, one to one, or with one of several declared canonical for reading.

use std::borrow::Cow;

use super::{Definition, EQUALITY, Refusal, Transform};
use crate::diagnostic::reader::{Key, Table, key};
use crate::record::Operators;
use crate::value::{Type, Value, same_folded};
use toml::de::DeValue;

pub(super) const DEFINITION: Definition = Definition {
    name: "table",
    prose: "exchanges values by a table; letter case does not count in finding an entry",
    example: r#"via = { table = { "contoso.com" = "CONTOSO" }, other = "keep" }"#,
    keys: KEYS,
    read,
};

const KEYS: &[Key] = &[
    key("table", "SCIM's value = the upstream's value"),
    key("other", "what happens to values that are not in the table: `keep` or `reject`"),
    key("canonical", "of several SCIM values with one upstream value, those that are printed"),
];

#[derive(Debug)]
struct Exchange {
    /// SCIM's value, the upstream's, and whether it is the one that is printed.
    entries: Vec<(Box<str>, Box<str>, bool)>,
    keep_others: bool,
}

fn read(table: Option<&Table<'_>>) -> Option<Box<dyn Transform>> {
    let table = table?;
    let sink = table.sink();
    let canonical = table.one_or_many("canonical");
    let keep_others = table.choice("other", &[("keep", true), ("reject", false)]).unwrap_or(false);
    let mut entries: Vec<(Box<str>, Box<str>, bool)> = Vec::new();
    let mut sound = true;
    for (name, value) in table.entries("table") {
        let DeValue::String(upstream) = value.get_ref() else {
            sink.error(
                &value.span(),
                "wrong type in a table",
                Some("expected a string".to_owned()),
                None,
            );
            sound = false;
            continue;
        };
        if entries.iter().any(|(scim, _, _)| same_folded(scim, &name.value)) {
            sink.error(
                &name.span,
                format!("`{}` stands twice in the table, but for letter case", name.value),
                None,
                None,
            );
            sound = false;
        }
        let printed = canonical.iter().any(|c| same_folded(&c.value, &name.value));
        entries.push((name.value.as_str().into(), upstream.as_ref().into(), printed));
    }
    for name in &canonical {
        if !entries.iter().any(|(scim, _, _)| same_folded(scim, &name.value)) {
            sink.error(
                &name.span,
                format!("`{}` is not in the table", name.value),
                Some("expected one of the table's keys".to_owned()),
                None,
            );
            sound = false;
        }
    }
    let groups: Vec<Box<str>> = entries.iter().map(|(_, upstream, _)| upstream.clone()).collect();
    for upstream in &groups {
        let same = |entry: &&(Box<str>, Box<str>, bool)| same_folded(&entry.1, upstream);
        let members = entries.iter().filter(same).count();
        let printed = entries.iter().filter(same).filter(|entry| entry.2).count();
        if members > 1 && printed != 1 {
            sink.error(
                &table.span_of("table"),
                format!("`{upstream}` stands for {members} values, of which one must be printed"),
                Some("expected exactly one of them in `canonical`".to_owned()),
                Some("add `canonical = [\"…\"]` beside `table`".to_owned()),
            );
            return None;
        }
    }
    for position in 0..entries.len() {
        let alone = entries.get(position).is_some_and(|(_, upstream, _)| {
            entries.iter().filter(|entry| same_folded(&entry.1, upstream)).count() == 1
        });
        if let Some(entry) = entries.get_mut(position).filter(|_| alone) {
            entry.2 = true;
        }
    }
    sound.then(|| Box::new(Exchange { entries, keep_others }) as Box<dyn Transform>)
}

impl Exchange {
    /// What is not in the table passes unchanged only where it cannot be taken for an entry of the
    /// other side: otherwise two people could be printed alike.
    fn other<'a>(&self, text: Cow<'a, str>, taken: bool) -> Result<Value<'a>, Refusal> {
        if self.keep_others && !taken {
            Ok(Value::Text(text))
        } else {
            Err(Refusal::new("one of the values that the mapping's table lists"))
        }
    }
}

impl Transform for Exchange {
    fn name(&self) -> &'static str {
        DEFINITION.name
    }

    fn inward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        let Value::Text(text) = value else { return Ok(value) };
        match self.entries.iter().find(|(scim, _, _)| same_folded(scim, &text)) {
            Some((_, upstream, _)) => Ok(Value::Text(Cow::Owned(upstream.to_string()))),
            None => self.other(text, false),
        }
    }

    fn outward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        let Value::Text(text) = value else { return Ok(value) };
        let printed =
            self.entries.iter().find(|(_, up, printed)| *printed && same_folded(up, &text));
        match printed {
            Some((scim, _, _)) => Ok(Value::Text(Cow::Owned(scim.to_string()))),
            None => {
                let taken = self.entries.iter().any(|(scim, _, _)| same_folded(scim, &text));
                self.other(text, taken)
            }
        }
    }

    fn upstream_type(&self, scim: Type) -> Result<Type, &'static str> {
        if scim == Type::String { Ok(scim) } else { Err("a string") }
    }

    fn keeps(&self) -> Operators {
        EQUALITY
    }

    fn printable(&self) -> Option<Vec<Value<'static>>> {
        let known =
            |entry: &(Box<str>, Box<str>, bool)| Value::Text(Cow::Owned(entry.1.to_string()));
        (!self.keep_others).then(|| self.entries.iter().map(known).collect())
    }

    fn unprintable(&self) -> Vec<Value<'static>> {
        let is_upstream = |text: &str| self.entries.iter().any(|(_, up, _)| same_folded(up, text));
        let names = self.entries.iter().map(|(scim, _, _)| scim);
        let taken = names.filter(|scim| self.keep_others && !is_upstream(scim));
        taken.map(|scim| Value::Text(Cow::Owned(scim.to_string()))).collect()
    }
}
