//! A node's text as a column's value. Text carries no type, so the column says what it is.

use serde_json::Value;

use super::refusal::{Code, Refusal};
use super::xml::Element;
use crate::legacy::OverLength;
use crate::legacy::columns::{Column, Kind};
use crate::legacy::store::cut;

/// The value that a node means for `column`: empty or `xsi:nil` is null; a reference may stand in
/// the attribute `key`.
///
/// `True`, `False`, `true`, `false`, `1` and `0` are all taken for a truth.
pub(super) fn value(
    column: &'static Column,
    node: &Element,
    over_length: OverLength,
) -> Result<Value, Refusal> {
    let wrong = || Refusal::new(Code::Value, format!("value not valid for {}", column.name));
    if column.kind == Kind::Integer
        && let Some(key) = node.attribute("key")
    {
        return key.trim().parse::<i64>().map(Value::from).map_err(|_| wrong());
    }
    if node.is_null() {
        return Ok(Value::Null);
    }
    if !node.children.is_empty() {
        return Err(wrong());
    }
    let bare = node.text.trim();
    Ok(match column.kind {
        Kind::Text(limit) => match over_length {
            OverLength::Refuse => node.text.clone().into(),
            OverLength::Truncate => cut(&node.text, limit).into(),
        },
        Kind::Bit => truth(bare).ok_or_else(wrong)?.into(),
        Kind::TinyInt => match truth(bare) {
            Some(truth) => truth.into(),
            None => bare.parse::<u8>().map_err(|_| wrong())?.into(),
        },
        Kind::Integer | Kind::Ticks => bare.parse::<i64>().map_err(|_| wrong())?.into(),
        Kind::Money => {
            let number = bare.parse::<f64>().map_err(|_| wrong())?;
            serde_json::Number::from_f64(number).ok_or_else(wrong)?.into()
        }
        Kind::DateTime | Kind::Guid => bare.into(),
        Kind::Texts => return Err(wrong()),
    })
}

/// A truth in any of the spellings that are taken.
pub(super) fn truth(text: &str) -> Option<bool> {
    match text.trim() {
        "1" => Some(true),
        "0" => Some(false),
        word if word.eq_ignore_ascii_case("true") => Some(true),
        word if word.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}
