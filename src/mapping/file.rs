//! What may be written in a mapping file: the keys of each of its tables, and the small readers
//! that several of them share.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::DeValue;

use crate::diagnostic::reader::{Key, Sink, Table, key, kind};
use crate::value::{Type, Value};

/// The file itself.
pub const ROOT: &[Key] = &[
    key("format", "the version of this language: `1`"),
    key("resource", "the SCIM resource type: `User`"),
    key("dialect", "the upstream's kind of interface, such as `odata`"),
    key("unmapped", "what becomes of attributes that are not mapped: `ignore`, `warn` or `reject`"),
    key("upstream", "the collection behind, and the facts about it"),
    key("extension", "a schema of one's own"),
    key("attribute", "one attribute and its fields"),
    key("derived", "a field that is made of several attributes"),
    key("constant", "what every new row gets in a field"),
    key("error", "how an answer of the upstream is recognised as an error"),
    key("example", "a person on both sides, as proof"),
];

/// `[upstream]`.
pub const UPSTREAM: &[Key] = &[
    key("collection", "where the rows are: a path below the base URL, or an entity's name"),
    key("key", "the field that addresses a row: `{ field, type }`"),
    key("id", "the field that is printed as SCIM id, where it is not the key: `{ field, type }`"),
    key("unique", "the fields that identify a person together"),
    key("scope", "tests that a row must meet to be there for clients"),
    key("protected", "tests of which any makes a row one that is never written"),
    key("anchor", "the attribute and field of the directory's immutable id: `{ scim, field }`"),
    key("on_conflict", "what a create of an existing person does: `conflict` or `adopt`"),
    key("on_delete", "what DELETE does: `delete` or `disable`"),
    key("tombstone", "the mark of a deleted person's row: `{ field, value }`"),
    key("options", "what is said to the dialect alone: see its own documentation"),
    key("search", "what the upstream can search: `{ operators, nulls, sort, total, case, … }`"),
    key("page", "the most rows to ask for at once"),
    key("etag", "what the upstream does about ETags: `none`, `optional` or `required`"),
    key("representation", "whether the answer to a write carries the row"),
    key("enforces_unique", "whether the upstream refuses a second row with the same unique fields"),
];

/// `key` and `id` of `[upstream]`.
pub const COLUMN: &[Key] =
    &[key("field", "the field's name"), key("type", "its type: `integer` or `string`")];

/// `search` of `[upstream]`.
pub const SEARCH: &[Key] = &[
    key("operators", "OData's names of the operators and functions that it understands"),
    key("nulls", "what a comparison with an absent value means to it: `odata` or `sql`"),
    key("sort", "whether it sorts"),
    key("total", "whether it tells how many rows there are in all"),
    key("case", "how it compares letters: `tolower`, `insensitive` or `exact`"),
    key("paging", "whether it can answer a part of what it finds"),
    key("most", "the most rows that one search may find, where it cannot"),
];

/// A test of `scope` or `protected`.
pub const TEST: &[Key] = &[
    key("field", "the field"),
    key("one_of", "the values of which it must hold one"),
    key("none_of", "the values of which it must hold none"),
];

/// `anchor`.
pub const ANCHOR: &[Key] =
    &[key("scim", "the attribute, such as `externalId`"), key("field", "its field")];

/// `tombstone`.
pub const TOMBSTONE: &[Key] =
    &[key("field", "the field"), key("value", "what it holds on a deleted person's row")];

/// `[[extension]]`.
pub const EXTENSION: &[Key] = &[
    key("urn", "the schema's URN"),
    key("name", "its name in `/Schemas`"),
    key("description", "what it is for"),
];

/// `[[attribute]]`.
pub const ATTRIBUTE: &[Key] = &[
    key("scim", "the attribute's path"),
    key("field", "its field, or the fields that a split makes"),
    key("type", "the type of a custom attribute"),
    key("multi_valued", "whether the attribute has several values, and the field holds them all"),
    key("via", "the transforms between them"),
    key("also", "fields that are written with it and never read for it"),
    key("required", "whether a person must have it"),
    key("read_only", "whether it is never written"),
    key("default", "what a new person gets when the request does not say"),
    key("max_length", "the most characters that the field takes"),
    key("pattern", "the regular expression that the field's text must match"),
    key("one_of", "the only texts that the field takes"),
    key("limit", "the same for each field of a split: field = { max_length, … }"),
    key("on_invalid", "what happens to a value that is not taken: `reject` or `drop`"),
    key("on_omit", "what happens when a PUT leaves it out: `clear` or `keep`"),
    key("case", "how the upstream compares the field: `tolower`, `insensitive` or `exact`"),
    key("case_exact", "whether letter case counts in a custom attribute"),
    key("untyped", "whether an element without `type` is meant"),
    key("reference", "whose key the field holds: `{ resource = \"User\" }`"),
    key("description", "what a custom attribute is for"),
];

/// A limit on a field.
pub const LIMIT: &[Key] = &[
    key("max_length", "the most characters"),
    key("pattern", "the regular expression that the text must match"),
    key("one_of", "the only texts that are taken"),
];

/// A split in `via`.
pub const SPLIT: &[Key] = &[
    key("split", "what stands between the two parts"),
    key("at", "which of several separators counts: `first` or `last`"),
    key("parts", "the transforms of a part: field = via"),
    key("missing", "what a part's field holds when there is no separator: field = text"),
    key("accept", "another separator that is understood, with the parts the other way round"),
];

/// `reference`.
pub const REFERENCE: &[Key] = &[key("resource", "the resource type: `User`")];

/// `[[derived]]`.
pub const DERIVED: &[Key] = &[
    key("field", "the field"),
    key("from", "the template, such as `{name.givenName} {name.familyName}`"),
    key("otherwise", "the template for a new person who has none of those attributes"),
];

/// `[[constant]]`.
pub const CONSTANT: &[Key] = &[key("field", "the field"), key("value", "what it gets")];

/// `[[error]]`.
pub const ERROR: &[Key] = &[
    key("when", "what must hold: `status` and places in the body"),
    key("class", "what kind of refusal it is"),
    key("detail", "what the client is told"),
];

/// `[[example]]`.
pub const EXAMPLE: &[Key] = &[
    key("name", "what it shows"),
    key("scim", "the person as SCIM says it"),
    key("upstream", "the same person's fields"),
    key("direction", "which way it is tried: `both`, `inward` or `outward`"),
];

/// A value of a type, or a finding.
pub fn value(sink: &Sink, item: &Spanned<DeValue<'_>>, wanted: Type) -> Option<Value<'static>> {
    let found = match (wanted, item.get_ref()) {
        (Type::String, DeValue::String(text)) => Some(Value::Text(Cow::Owned(text.to_string()))),
        (Type::Integer, DeValue::Integer(number)) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(Value::Integer)
        }
        (Type::Boolean, DeValue::Boolean(truth)) => Some(Value::Boolean(*truth)),
        (Type::Decimal, DeValue::Float(number)) => {
            Some(Value::Decimal(Cow::Owned(number.as_str().to_owned())))
        }
        (Type::Decimal, DeValue::Integer(number)) => {
            Some(Value::Decimal(Cow::Owned(number.as_str().to_owned())))
        }
        (Type::DateTime, DeValue::String(text)) => {
            crate::value::instant(text).map(|_| Value::DateTime(Cow::Owned(text.to_string())))
        }
        (Type::DateTime, DeValue::Datetime(time)) => {
            Some(Value::DateTime(Cow::Owned(time.to_string())))
        }
        _ => None,
    };
    if found.is_none() {
        sink.error(
            &item.span(),
            "wrong type for a value",
            Some(format!("expected {wanted}, found {}", kind(item.get_ref()))),
            None,
        );
    }
    found
}

/// Several values of a type, also written as a single one, or a finding.
pub fn values(sink: &Sink, item: &Spanned<DeValue<'_>>, wanted: Type) -> Option<Value<'static>> {
    let DeValue::Array(items) = item.get_ref() else {
        return value(sink, item, wanted).map(|one| Value::list(vec![one]));
    };
    let all: Vec<_> = items.iter().map(|item| value(sink, item, wanted)).collect();
    Some(Value::list(all.into_iter().collect::<Option<_>>()?))
}

/// The type that a value has as it is written.
pub fn type_of(item: &Spanned<DeValue<'_>>) -> Type {
    match item.get_ref() {
        DeValue::Integer(_) => Type::Integer,
        DeValue::Float(_) => Type::Decimal,
        DeValue::Boolean(_) => Type::Boolean,
        DeValue::Datetime(_) => Type::DateTime,
        _ => Type::String,
    }
}

/// A value's JSON, for examples. `None` for a number that JSON cannot hold.
pub fn json(item: &DeValue<'_>) -> Option<serde_json::Value> {
    Some(match item {
        DeValue::String(text) => serde_json::Value::String(text.to_string()),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok()?.into()
        }
        DeValue::Float(number) => {
            serde_json::Number::from_f64(number.as_str().parse().ok()?)?.into()
        }
        DeValue::Boolean(truth) => (*truth).into(),
        DeValue::Datetime(time) => serde_json::Value::String(time.to_string()),
        DeValue::Array(items) => {
            items.iter().map(|item| json(item.get_ref())).collect::<Option<Vec<_>>>()?.into()
        }
        DeValue::Table(table) => table
            .iter()
            .map(|(key, value)| Some((key.get_ref().to_string(), json(value.get_ref())?)))
            .collect::<Option<serde_json::Map<_, _>>>()?
            .into(),
    })
}

/// A regular expression that must match a whole text, or a finding.
pub fn whole_pattern(table: &Table<'_>, name: &str) -> Option<regex::Regex> {
    let text = table.text(name)?;
    match whole(&text.value) {
        Ok(pattern) => Some(pattern),
        Err(_) => {
            table.sink().error(
                &text.span,
                format!("`{name}` is not a regular expression"),
                Some("expected the syntax of the Rust crate `regex`".to_owned()),
                None,
            );
            None
        }
    }
}

/// A regular expression that must match a whole text.
///
/// # Errors
/// When it is none, or too large.
pub fn whole(pattern: &str) -> Result<regex::Regex, regex::Error> {
    // Alone first: what only the brackets around it make a pattern would mean something else.
    regex::RegexBuilder::new(pattern).size_limit(1 << 20).build()?;
    regex::RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(1 << 20).build()
}
