//! What may be written in a mapping file: the keys of each of its tables, and the small readers
//! that several of them share.

use toml::Spanned;
use toml::de::DeValue;

use super::Unmapped;
use super::pattern::Pattern;
use super::policy::OnConflict;
use super::rule::{OnInvalid, OnOmit};
use super::split::At;
use crate::diagnostic::Code;
use crate::diagnostic::reader::{Holds, Key, Sink, Table, key, kind, names};
use crate::record::{Case, Class, Etag, Notation, Nulls, Operator};
use crate::scim::schema::RESOURCE_TYPES;
use crate::value::{Text, Type, Value};

/// The version of the language that this program reads.
pub const FORMAT: i64 = 1;

/// What becomes of attributes that are not mapped.
pub const UNMAPPED: [(&str, Unmapped); 3] =
    [("ignore", Unmapped::Ignore), ("warn", Unmapped::Warn), ("reject", Unmapped::Reject)];

/// What a create of an existing person does.
pub const ON_CONFLICT: [(&str, OnConflict); 2] =
    [("conflict", OnConflict::Conflict), ("adopt", OnConflict::Adopt)];

/// What DELETE does: whether it only disables.
pub const ON_DELETE: [(&str, bool); 2] = [("delete", false), ("disable", true)];

/// What the upstream does about ETags.
pub const ETAGS: [(&str, Etag); 3] =
    [("none", Etag::None), ("optional", Etag::Optional), ("required", Etag::Required)];

/// How the upstream compares letters.
pub const CASES: [(&str, Case); 3] =
    [("tolower", Case::ToLower), ("insensitive", Case::Insensitive), ("exact", Case::Exact)];

/// What a comparison with an absent value means upstream.
pub const NULLS: [(&str, Nulls); 2] = [("odata", Nulls::OData), ("sql", Nulls::Sql)];

/// The types that a key may have.
pub const COLUMN_TYPES: [(&str, (Type, Notation)); 3] = [
    ("integer", (Type::Integer, Notation::Plain)),
    ("string", (Type::String, Notation::Plain)),
    ("guid", (Type::String, Notation::Guid)),
];

/// What happens to a value that is not taken.
pub const ON_INVALID: [(&str, OnInvalid); 2] =
    [("reject", OnInvalid::Reject), ("drop", OnInvalid::Drop)];

/// What happens when a PUT leaves an attribute out.
pub const ON_OMIT: [(&str, OnOmit); 2] = [("clear", OnOmit::Clear), ("keep", OnOmit::Keep)];

/// At which of several separators a text is split.
pub const AT: [(&str, At); 2] = [("first", At::First), ("last", At::Last)];

/// Which ways an example is tried: inward, outward.
pub const DIRECTIONS: [(&str, (bool, bool)); 3] =
    [("both", (true, true)), ("inward", (true, false)), ("outward", (false, true))];

/// The types by their names.
pub const TYPES: [(&str, Type); Type::ALL.len()] = {
    let mut types = [("", Type::String); Type::ALL.len()];
    let mut at = 0;
    while at < types.len() {
        types[at] = (Type::ALL[at].name(), Type::ALL[at]);
        at += 1;
    }
    types
};

/// The file itself.
pub const ROOT: &[Key] = &[
    key("format", "the version of this language: `1`")
        .integer(FORMAT, FORMAT)
        .required("`format = 1`"),
    key("resource", "the SCIM resource type: `User`")
        .word(|| RESOURCE_TYPES.iter().map(|definition| definition.name).collect())
        .required("`User`"),
    key("dialect", "the upstream's kind of interface, such as `odata`")
        .holds(Holds::Registered)
        .required("the upstream's kind of interface, such as `odata`"),
    key("unmapped", "what becomes of attributes that are not mapped: `ignore`, `warn` or `reject`")
        .word(|| names(&UNMAPPED)),
    key("upstream", "the collection behind, and the facts about it")
        .table(UPSTREAM)
        .required("a table that says where the people are"),
    key("extension", "a schema of one's own").tables(EXTENSION),
    key("attribute", "one attribute and its fields").tables(ATTRIBUTE),
    key("derived", "a field that is made of several attributes").tables(DERIVED),
    key("constant", "what every new row gets in a field").tables(CONSTANT),
    key("error", "how an answer of the upstream is recognised as an error").tables(ERROR),
    key("example", "a person on both sides, as proof").tables(EXAMPLE),
];

/// What a column's table looks like.
const COLUMN_SHAPE: &str = "a table such as `{ field = \"idUser\", type = \"integer\" }`";

/// `[upstream]`.
pub const UPSTREAM: &[Key] = &[
    key("collection", "where the rows are: a path below the base URL, or an entity's name")
        .required("where the rows are, such as `odata/data/WFUser`"),
    key("key", "the field that addresses a row: `{ field, type }`")
        .table(COLUMN)
        .required(COLUMN_SHAPE),
    key("id", "the field that is printed as SCIM id, where it is not the key: `{ field, type }`")
        .table(COLUMN),
    key("unique", "the fields that identify a person together")
        .texts()
        .required("the fields that identify a person, such as `[\"userName\"]`"),
    key("scope", "tests that a row must meet to be there for clients").tables(TEST),
    key("protected", "tests of which any makes a row one that is never written").tables(TEST),
    key("anchor", "the attribute and field of the directory's immutable id: `{ scim, field }`")
        .table(ANCHOR),
    key("on_conflict", "what a create of an existing person does: `conflict` or `adopt`")
        .word(|| names(&ON_CONFLICT)),
    key("on_delete", "what DELETE does: `delete` or `disable`")
        .word(|| names(&ON_DELETE))
        .required("`delete` or `disable`"),
    key("tombstone", "the mark of a deleted person's row: `{ field, value }`").table(TOMBSTONE),
    key("expand", "the properties that lead to rows of other collections which come with each row")
        .texts(),
    key("options", "what is said to the dialect alone: see its own documentation")
        .holds(Holds::Registered),
    key("search", "what the upstream can search: `{ operators, nulls, sort, total, case, … }`")
        .table(SEARCH),
    key("filled", "the fields that hold something in every row").texts(),
    key("searchable", "the fields that a search may name; all of them unless said").texts(),
    key("page", "the most rows to ask for at once").integer(1, 1000),
    key("etag", "what the upstream does about ETags: `none`, `optional` or `required`")
        .word(|| names(&ETAGS)),
    key("representation", "whether the answer to a write carries the row").boolean(),
    key("enforces_unique", "whether the upstream refuses a second row with the same unique fields")
        .boolean(),
];

/// `key` and `id` of `[upstream]`.
pub const COLUMN: &[Key] = &[
    key("field", "the field's name").required("the name of a field"),
    key("type", "its type: `integer`, `string` or `guid`").word(|| names(&COLUMN_TYPES)),
];

/// `search` of `[upstream]`.
pub const SEARCH: &[Key] = &[
    key("operators", "OData's names of the operators and functions that it understands")
        .holds(Holds::Words(|| Operator::ALL.map(Operator::name).to_vec())),
    key("nulls", "what a comparison with an absent value means to it: `odata` or `sql`")
        .word(|| names(&NULLS)),
    key("sort", "whether it sorts").boolean(),
    key("total", "whether it tells how many rows there are in all").boolean(),
    key("case", "how it compares letters: `tolower`, `insensitive` or `exact`")
        .word(|| names(&CASES)),
    key("paging", "whether it can answer a part of what it finds").boolean(),
    key("scan", "how many rows may be read to answer here what it cannot search")
        .integer(1, 1_000_000),
    key("most", "the most rows that one search may find, where it cannot").integer(1, 1_000_000),
];

/// A test of `scope` or `protected`.
pub const TEST: &[Key] = &[
    key("field", "the field").required("the name of a field"),
    key("one_of", "the values of which it must hold one").holds(Holds::Scalars),
    key("none_of", "the values of which it must hold none").holds(Holds::Scalars),
];

/// `anchor`.
pub const ANCHOR: &[Key] = &[
    key("scim", "the attribute, such as `externalId`")
        .required("an attribute such as `externalId`"),
    key("field", "its field").required("the name of a field"),
];

/// `tombstone`.
pub const TOMBSTONE: &[Key] = &[
    key("field", "the field").required("the name of a field"),
    key("value", "what it holds on a deleted person's row")
        .holds(Holds::Scalar)
        .required("what the field holds on a deleted person's row"),
];

/// `[[extension]]`.
pub const EXTENSION: &[Key] = &[
    key("urn", "the schema's URN").required("a URN such as `urn:example:2.0:User`"),
    key("name", "its name in `/Schemas`"),
    key("description", "what it is for"),
];

/// `[[attribute]]`.
pub const ATTRIBUTE: &[Key] = &[
    key("scim", "the attribute's path").required("an attribute's path"),
    key("field", "its field, or the fields that a split makes")
        .texts()
        .required("the name of the field"),
    key("type", "the type of a custom attribute").word(|| names(&TYPES)),
    key("multi_valued", "whether the attribute has several values, and the field holds them all")
        .boolean(),
    key("literal", "what the field's texts are, where the upstream knows: `guid` or `date`")
        .word(|| names(&Notation::NAMED)),
    key("via", "the transforms between them").holds(Holds::Registered),
    key("also", "fields that are written with it and never read for it").texts(),
    key("required", "whether a person must have it").boolean(),
    key("read_only", "whether it is never written").boolean(),
    key("default", "what a new person gets when the request does not say").holds(Holds::Scalars),
    key("max_length", "the most characters that the field takes").integer(1, 1_000_000),
    key("pattern", "the regular expression that the field's text must match"),
    key("one_of", "the only texts that the field takes").texts(),
    key("limit", "the same for each field of a split: field = { max_length, … }")
        .holds(Holds::Open(&[], &Holds::Table(LIMIT))),
    key("on_invalid", "what happens to a value that is not taken: `reject` or `drop`")
        .word(|| names(&ON_INVALID)),
    key("on_omit", "what happens when a PUT leaves it out: `clear` or `keep`")
        .word(|| names(&ON_OMIT)),
    key("case", "how the upstream compares the field: `tolower`, `insensitive` or `exact`")
        .word(|| names(&CASES)),
    key("case_exact", "whether letter case counts in a custom attribute").boolean(),
    key("untyped", "whether an element without `type` is meant").boolean(),
    key(
        "reference",
        "whose key the field holds: `{ resource }` or `{ collection, match, key, … }`",
    )
    .table(REFERENCE),
    key("description", "what a custom attribute is for"),
];

/// A limit on a field.
pub const LIMIT: &[Key] = &[
    key("max_length", "the most characters").integer(1, 1_000_000),
    key("pattern", "the regular expression that the text must match"),
    key("one_of", "the only texts that are taken").texts(),
];

/// A split in `via`.
pub const SPLIT: &[Key] = &[
    key("split", "what stands between the two parts")
        .required("what stands between the parts, such as `@`"),
    key("at", "which of several separators counts: `first` or `last`").word(|| names(&AT)),
    key("parts", "the transforms of a part: field = via")
        .holds(Holds::Open(&[], &Holds::Registered)),
    key("missing", "what a part's field holds when there is no separator: field = text")
        .holds(Holds::Open(&[], &Holds::Text)),
    key("accept", "another separator that is understood, with the parts the other way round"),
];

/// `reference`.
pub const REFERENCE: &[Key] = &[
    key("resource", "the resource type of another person: `User`"),
    key("collection", "where the other rows are: a path below the base URL, or an entity's name"),
    key("match", "the field of the other row that holds what the attribute says"),
    key("key", "the field that addresses the other row, and whose value the person's field holds"),
    key("type", "the key's type: `integer`, `string` or `guid`").word(|| names(&COLUMN_TYPES)),
    key("case", "how the upstream compares `match`: `tolower`, `insensitive` or `exact`")
        .word(|| names(&CASES)),
    key("expanded", "the field of the person's own row that carries `match` as well"),
    key("options", "what the dialect is told of the other collection, where it differs")
        .holds(Holds::Registered),
];

/// `[[derived]]`.
pub const DERIVED: &[Key] = &[
    key("field", "the field").required("the name of a field"),
    key("from", "the template, such as `{name.givenName} {name.familyName}`")
        .required("a template such as `{name.givenName} {name.familyName}`"),
    key("otherwise", "the template for a new person who has none of those attributes"),
];

/// `[[constant]]`.
pub const CONSTANT: &[Key] = &[
    key("field", "the field").required("the name of a field"),
    key("value", "what it gets").holds(Holds::Scalar).required("what the field gets"),
];

/// `when` of `[[error]]`: the status, and places in the body.
pub const WHEN: &[Key] = &[key("status", "the answer's status").integer(100, 599)];

/// `[[error]]`.
pub const ERROR: &[Key] = &[
    key("when", "what must hold: `status`, and a pattern for each place in the body")
        .holds(Holds::Open(WHEN, &Holds::Text))
        .required("a table such as `{ status = 409 }`"),
    key("class", "what kind of refusal it is")
        .word(|| names(&Class::ALL))
        .required("the kind of refusal, such as `duplicate`"),
    key("detail", "what the client is told"),
];

/// `[[example]]`.
pub const EXAMPLE: &[Key] = &[
    key("name", "what it shows"),
    key("scim", "the person as SCIM says it")
        .holds(Holds::AnyTable)
        .required("the person as SCIM says it"),
    key("upstream", "the same person's fields")
        .holds(Holds::Open(&[], &Holds::Scalars))
        .required("the same person's fields"),
    key("direction", "which way it is tried: `both`, `inward` or `outward`")
        .word(|| names(&DIRECTIONS)),
];

/// A value of a type, or a finding.
pub fn value(sink: &Sink, item: &Spanned<DeValue<'_>>, wanted: Type) -> Option<Value<'static>> {
    let found = match (wanted, item.get_ref()) {
        (Type::String, DeValue::String(text)) => Some(Value::Text(Text::owned(text))),
        (Type::Integer, DeValue::Integer(number)) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(Value::Integer)
        }
        (Type::Boolean, DeValue::Boolean(truth)) => Some(Value::Boolean(*truth)),
        (Type::Decimal, DeValue::Float(number)) => {
            Some(Value::Decimal(Text::owned(number.as_str())))
        }
        (Type::Decimal, DeValue::Integer(number)) => {
            Some(Value::Decimal(Text::owned(number.as_str())))
        }
        (Type::DateTime, DeValue::String(text)) => {
            crate::value::instant(text).map(|_| Value::DateTime(Text::owned(text)))
        }
        (Type::DateTime, DeValue::Datetime(time)) => Some(Value::DateTime(time.to_string().into())),
        _ => None,
    };
    if found.is_none() {
        sink.coded(
            Code::WrongType,
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

/// A pattern that must match a whole text, or a finding.
pub fn whole_pattern(table: &Table<'_>, name: &str) -> Option<Pattern> {
    let text = table.text(name)?;
    match whole(&text.value) {
        Ok(pattern) => Some(Pattern::new(pattern)),
        Err(error) => {
            table.sink().error(
                &text.span,
                format!("`{name}` is not a regular expression"),
                Some(no_pattern(&error)),
                None,
            );
            None
        }
    }
}

/// What a text lacks to be a regular expression, in one line.
pub fn no_pattern(error: &regex::Error) -> String {
    // The error draws the pattern, and says what it means in its last line.
    let words = error.to_string();
    let reason = words.lines().last().unwrap_or_default().trim().trim_start_matches("error: ");
    format!("expected the syntax of the Rust crate `regex`: {reason}")
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
