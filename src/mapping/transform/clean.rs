//! `clean`: text without what nobody can see.
//!
//! Two names that look alike must be alike. Composed and decomposed letters become one spelling
//! (NFC, UAX #15), and characters that only steer the display are dropped: controls, marks that turn
//! the writing direction (UTR #36 §3.4 calls them a means of spoofing), and signs without width. The
//! joiners of Persian or Indic spelling are among those: do not use this where they matter.

use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::{Definition, Refusal, Shown, Transform};
use crate::value::Value;

pub(super) const DEFINITION: Definition = Definition {
    name: "clean",
    prose: "stores a text in NFC, without control characters, marks of writing direction and signs \
            without width",
    shown: &[
        Shown::of(
            r#"via = "clean""#,
            Value::text("Zoe\u{308}"),
            Value::text("Zoë"),
            Value::text("Zoë"),
        ),
        Shown::of(
            r#"via = "clean""#,
            Value::text("ana\u{200b}\u{202e}"),
            Value::text("ana"),
            Value::text("ana"),
        ),
    ],
    keys: &[],
    read: |_| Some(Box::new(Clean)),
};

#[derive(Debug)]
struct Clean;

/// Whether a character is one that nobody sees.
pub(crate) fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        )
}

impl Transform for Clean {
    fn name(&self) -> &'static str {
        DEFINITION.name
    }

    fn inward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        let Value::Text(text) = value else { return Ok(value) };
        // Plain ASCII is always NFC; nearly every value ends here.
        if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_control())
            || (!text.contains(is_unseen) && is_nfc(&text))
        {
            return Ok(Value::Text(text));
        }
        let clean: String = text.chars().filter(|c| !is_unseen(*c)).nfc().collect();
        if clean.is_empty() {
            return Ok(Value::Absent);
        }
        Ok(Value::Text(clean.into()))
    }

    fn loses(&self) -> Option<&'static str> {
        Some("characters that nobody sees")
    }

    fn cleans(&self) -> bool {
        true
    }

    fn samples(&self) -> Vec<Value<'static>> {
        vec![Value::text("Zoe\u{308}"), Value::text("ana\u{200b}\u{202e}\u{7}")]
    }
}
