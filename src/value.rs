//! A single value, as both languages see it: a leaf that SCIM's [`Document`](crate::scim::document)
//! and the upstream's [`Record`](crate::record) are tables of.

mod json;
mod table;
mod text;
mod utc;

use std::borrow::Cow;
use std::fmt;

pub use json::{is_plain, unescaped, unescaped_in_blocks};
pub use table::Table;
pub use text::{Text, TextBuilder};
pub(crate) use utc::{spelled, utc};

/// The type of a value (RFC 7643 §2.3, as far as a legacy column can hold it).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Characters.
    String,
    /// A whole number of 64 bits.
    Integer,
    /// A number with a fraction, kept as it is written.
    Decimal,
    /// `true` or `false`.
    Boolean,
    /// A point in time, `xsd:dateTime` (RFC 7643 §2.3.5).
    DateTime,
}

impl Type {
    /// The RFC's name of the type, as it stands in `/Schemas` and in mapping files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::Boolean => "boolean",
            Self::DateTime => "dateTime",
        }
    }

    /// The type of that name, if there is one.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.name() == name)
    }

    /// Every type.
    pub const ALL: [Self; 5] =
        [Self::String, Self::Integer, Self::Decimal, Self::Boolean, Self::DateTime];
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One value, borrowed from the request or the row where possible.
///
/// `null`, an empty list and a missing attribute are one state (RFC 7643 §2.5): [`Value::Absent`].
/// A `DateTime` keeps its RFC 3339 text: what was sent is what is stored and echoed.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value<'a> {
    /// Nothing is there.
    #[default]
    Absent,
    /// Characters.
    Text(Text<'a>),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction, in JSON's spelling.
    Decimal(Text<'a>),
    /// A truth value.
    Boolean(bool),
    /// A point in time, in RFC 3339's spelling.
    DateTime(Text<'a>),
    /// Several values of one type, none of them absent or a list: RFC 7643 §2.4's multi-valued
    /// attribute. Never empty, because an empty list is [`Value::Absent`]; in no order that means
    /// anything, and each value once.
    List(Box<[Value<'a>]>),
}

impl<'a> Value<'a> {
    /// A borrowed text.
    #[must_use]
    pub const fn text(text: &'a str) -> Self {
        Self::Text(Text::of(text))
    }

    /// Whether nothing is there.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether it holds memory of its own, which has to be given back.
    #[must_use]
    pub const fn owns(&self) -> bool {
        match self {
            Self::Text(text) | Self::Decimal(text) | Self::DateTime(text) => text.is_long(),
            Self::List(_) => true,
            Self::Absent | Self::Integer(_) | Self::Boolean(_) => false,
        }
    }

    /// The list of these values; nothing where there are none.
    #[must_use]
    pub fn list(values: Vec<Self>) -> Self {
        if values.is_empty() { Self::Absent } else { Self::List(values.into_boxed_slice()) }
    }

    /// Every value that is there: those of a list, or the only one.
    #[must_use]
    pub fn each(&self) -> &[Self] {
        match self {
            Self::Absent => &[],
            Self::List(values) => values,
            one => std::slice::from_ref(one),
        }
    }

    /// The same, taken apart.
    #[must_use]
    pub fn into_each(self) -> Vec<Self> {
        match self {
            Self::Absent => Vec::new(),
            Self::List(values) => values.into_vec(),
            one => vec![one],
        }
    }

    /// The characters of a text, decimal or dateTime.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Decimal(text) | Self::DateTime(text) => Some(text),
            _ => None,
        }
    }

    /// The type of what is there; a list has its values', and none of its own.
    #[must_use]
    pub const fn kind(&self) -> Option<Type> {
        match self {
            Self::Absent | Self::List(_) => None,
            Self::Text(_) => Some(Type::String),
            Self::Integer(_) => Some(Type::Integer),
            Self::Decimal(_) => Some(Type::Decimal),
            Self::Boolean(_) => Some(Type::Boolean),
            Self::DateTime(_) => Some(Type::DateTime),
        }
    }

    /// A view of the same value that borrows from this one.
    #[must_use]
    pub fn borrowed(&self) -> Value<'_> {
        match self {
            Self::Absent => Value::Absent,
            Self::Text(text) => Value::Text(text.borrowed()),
            Self::Integer(number) => Value::Integer(*number),
            Self::Decimal(text) => Value::Decimal(text.borrowed()),
            Self::Boolean(truth) => Value::Boolean(*truth),
            Self::DateTime(text) => Value::DateTime(text.borrowed()),
            Self::List(values) => Value::List(values.iter().map(Value::borrowed).collect()),
        }
    }

    /// The same value, owning its characters.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Absent => Value::Absent,
            Self::Text(text) => Value::Text(text.into_owned()),
            Self::Integer(number) => Value::Integer(number),
            Self::Decimal(text) => Value::Decimal(text.into_owned()),
            Self::Boolean(truth) => Value::Boolean(truth),
            Self::DateTime(text) => Value::DateTime(text.into_owned()),
            Self::List(values) => Value::List(values.into_iter().map(Value::into_owned).collect()),
        }
    }
}

/// Whether two values of one type are the same where letter case counts or does not; what is no
/// text has no letter case.
#[must_use]
pub fn alike(left: &Value<'_>, right: &Value<'_>, exact: bool) -> bool {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) if !exact => same_folded(left, right),
        (left, right) => same(left, right),
    }
}

/// Whether two values mean the same: points in time and numbers whatever their spelling, lists
/// whatever their order.
#[must_use]
pub fn same(left: &Value<'_>, right: &Value<'_>) -> bool {
    match (left, right) {
        (Value::DateTime(left), Value::DateTime(right)) => {
            left == right
                || matches!(
                    (instant(left), instant(right)),
                    (Some(left), Some(right)) if left == right
                )
        }
        (Value::Decimal(left), Value::Decimal(right)) => {
            left == right
                || matches!(
                    (left.parse::<f64>(), right.parse::<f64>()),
                    (Ok(left), Ok(right)) if left.total_cmp(&right).is_eq()
                )
        }
        (Value::List(left), Value::List(right)) => {
            let among = |all: &[Value<'_>], one| all.iter().any(|other| same(other, one));
            left.len() == right.len()
                && left.iter().all(|one| among(right, one))
                && right.iter().all(|one| among(left, one))
        }
        (left, right) => left == right,
    }
}

/// Whether nothing but blanks is in a text.
#[inline]
#[must_use]
pub fn is_blank(text: &str) -> bool {
    // Nearly every text begins with a letter.
    !text.as_bytes().first().is_some_and(u8::is_ascii_graphic) && text.trim().is_empty()
}

/// The one folding of letter case: filters, uniqueness, cache keys and comparison all use it.
///
/// Nothing but case is folded, each character by itself: databases also fold accents, width and
/// trailing blanks, and what only they call equal is not equal here.
#[must_use]
pub fn fold(text: &str) -> Cow<'_, str> {
    // The usual case, looked at many bytes at once.
    if text.is_ascii() {
        let is_upper = text.bytes().fold(false, |is, byte| is | byte.is_ascii_uppercase());
        return if is_upper { Cow::Owned(text.to_ascii_lowercase()) } else { Cow::Borrowed(text) };
    }
    let is_folded = |c: char| {
        if c.is_ascii() { !c.is_ascii_uppercase() } else { c.to_lowercase().eq(std::iter::once(c)) }
    };
    if text.chars().all(is_folded) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().flat_map(char::to_lowercase).collect())
    }
}

/// Whether two texts are the same but for letter case, in the sense of [`fold`].
#[inline]
#[must_use]
pub fn same_folded(left: &str, right: &str) -> bool {
    // Each character is folded by itself: where the first ones differ, and are ASCII, all is said.
    match (left.as_bytes().first(), right.as_bytes().first()) {
        (Some(l), Some(r)) if l.is_ascii() && r.is_ascii() && !l.eq_ignore_ascii_case(r) => false,
        _ => same_folded_throughout(left, right),
    }
}

/// The same, whatever they begin with.
fn same_folded_throughout(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    left == right
        || left.chars().flat_map(char::to_lowercase).eq(right.chars().flat_map(char::to_lowercase))
}

/// The point in time that an `xsd:dateTime` names (RFC 7643 §2.3.5); one without an offset is taken
/// as UTC. `None` when the text is no dateTime.
#[must_use]
pub fn instant(text: &str) -> Option<jiff::Timestamp> {
    // The `T` is what makes it a dateTime; jiff would also take a blank or a bare date.
    if text.as_bytes().get(10) != Some(&b'T') {
        return None;
    }
    if let Some(time) = utc(text) {
        return Some(time);
    }
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time);
    }
    let civil = text.parse::<jiff::civil::DateTime>().ok()?;
    civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}
