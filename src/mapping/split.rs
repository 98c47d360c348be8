//! `split`: one SCIM text that the upstream keeps in two fields, such as `ana@contoso.com` in
//! `userName` and `domain`.
//!
//! One spelling is canonical: whatever was accepted, the two parts print in one way only, and what
//! could not be read back as the same two parts is not printed at all.

mod separator;

use super::transform::{Chain, Refusal};
use crate::value::{Text, TextBuilder, Value, is_blank, same_folded};

pub use separator::{At, Separator};

/// One of the two parts.
#[derive(Debug, Default)]
pub struct Part {
    /// Its field's name, for what a person reads.
    pub name: Box<str>,
    /// What happens to the part between the text and its field.
    pub chain: Chain,
    /// What the field holds when the text has no separator.
    pub missing: Option<Box<str>>,
}

/// How a text is divided.
#[derive(Debug)]
pub struct Split {
    /// What stands between the parts.
    pub separator: Separator,
    /// Which of several separators counts.
    pub at: At,
    /// The parts, in the order in which they are printed.
    pub parts: [Part; 2],
    /// Another separator that is understood, with the parts the other way round (`DOMAIN\user`).
    pub accept: Option<Separator>,
}

impl Split {
    /// A text → what the two fields hold.
    ///
    /// # Errors
    /// When the text has no separator and neither part may be missing, when a part is empty, when
    /// the parts could not be printed, or when a part's chain refuses it.
    pub fn inward<'t>(&self, text: &'t str) -> Result<[Value<'t>; 2], Refusal> {
        let [first, second] = &self.parts;
        let accepted = self.accept.as_ref().and_then(|sign| sign.divide(text, At::First));
        if let Some((before, after)) = accepted {
            let values = [stored(first, after)?, stored(second, before)?];
            // A sign too many: the row would be nobody's, for its name could not be printed.
            if !self.is_printed([&values[0], &values[1]]) {
                return Err(Refusal::new(format!(
                    "two parts, with `{}` between them and neither sign in both",
                    self.separator
                )));
            }
            return Ok(values);
        }
        if let Some((before, after)) = self.separator.divide(text, self.at) {
            return Ok([stored(first, before)?, stored(second, after)?]);
        }
        match (&first.missing, &second.missing) {
            (_, Some(missing)) => Ok([stored(first, text)?, owned(missing)]),
            (Some(missing), None) => Ok([owned(missing), stored(second, text)?]),
            (None, None) => {
                Err(Refusal::new(format!("two parts with `{}` between them", self.separator)))
            }
        }
    }

    /// What the two fields hold → the text, if it would be read back as the same parts.
    ///
    /// # Errors
    /// When a part is absent or empty, or holds what would be taken for a separator.
    pub fn outward(&self, values: [&Value<'_>; 2]) -> Result<Text<'static>, Refusal> {
        let (first, second) = match self.pieces(values)? {
            (alone, None) => return Ok(alone.into_owned()),
            (first, Some(second)) => (first, second),
        };
        let length = first.len() + self.separator.len() + second.len();
        let mut text = TextBuilder::with_capacity(length);
        text.push_str(&first);
        text.push_str(&self.separator);
        text.push_str(&second);
        Ok(text.finish())
    }

    /// Whether [`outward`](Self::outward) makes a text of what the two fields hold.
    #[must_use]
    pub fn is_printed(&self, values: [&Value<'_>; 2]) -> bool {
        self.pieces(values).is_ok()
    }

    /// The two parts of a text that is seen to be the very one that they are printed as, each
    /// stored as it is written; another text may be so as well.
    #[must_use]
    pub fn plainly<'t>(&self, text: &'t str) -> Option<(&'t str, &'t str)> {
        let is_stored = |part: &Part, piece: &str| {
            let is_missing = part.missing.as_deref().is_some_and(|m| same_folded(m, piece));
            part.chain.is_empty() && !is_missing && !is_blank(piece)
        };
        let [first, second] = &self.parts;
        if self.is_accepted(text) {
            return None;
        }
        // Where it is divided, the part that may not hold the separator never does.
        let (before, after) = self.separator.divide(text, self.at)?;
        (is_stored(first, before) && is_stored(second, after)).then_some((before, after))
    }

    /// Whether a text holds the other separator.
    fn is_accepted(&self, text: &str) -> bool {
        self.accept.as_ref().is_some_and(|sign| sign.is_in(text))
    }

    /// What stands before and behind the separator; the first alone when none is printed.
    fn pieces<'v>(&self, [first, second]: [&'v Value<'_>; 2]) -> Result<Pieces<'v>, Refusal> {
        let [first_part, second_part] = &self.parts;
        let (first_text, second_text) =
            (printed(first_part, first)?, printed(second_part, second)?);
        if self.is_accepted(&first_text) || self.is_accepted(&second_text) {
            return Err(Refusal::new("a part without the other separator"));
        }
        if is_missing(second_part, second) && !self.separator.is_in(&first_text) {
            return Ok((first_text, None));
        }
        if second_part.missing.is_none()
            && is_missing(first_part, first)
            && !self.separator.is_in(&second_text)
        {
            return Ok((second_text, None));
        }
        let ambiguous = match self.at {
            At::First => self.separator.is_in(&first_text),
            At::Last => self.separator.is_in(&second_text),
        };
        if ambiguous {
            return Err(Refusal::new("a part without the separator"));
        }
        Ok((first_text, Some(second_text)))
    }

    /// Whether the parts are stored as they are written, so that a part of the text is a part of a
    /// field. The second part may be a missing one that is not printed.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let [first, _] = &self.parts;
        self.parts.iter().all(|part| part.chain.is_empty()) && first.missing.is_none()
    }
}

type Pieces<'v> = (Text<'v>, Option<Text<'v>>);

fn owned(text: &str) -> Value<'static> {
    Value::Text(Text::owned(text))
}

fn stored<'t>(part: &Part, text: &'t str) -> Result<Value<'t>, Refusal> {
    if is_blank(text) {
        return Err(Refusal::new("two parts, none of them empty"));
    }
    let mut value = Value::text(text);
    if !part.chain.is_empty() {
        value = part.chain.inward(value).map_err(|refusal| refusal.of_part(&part.name))?;
    }
    match (value, &part.missing) {
        (Value::Absent, _) => Err(Refusal::new("two parts, none of them empty")),
        // In whichever letter case it was written, it is stored as where it is missing.
        (Value::Text(text), Some(missing)) if same_folded(missing, &text) => Ok(owned(missing)),
        (value, _) => Ok(value),
    }
}

fn printed<'v>(part: &Part, value: &'v Value<'_>) -> Result<Text<'v>, Refusal> {
    let printed = match value {
        Value::Text(text) if part.chain.is_empty() => Value::Text(text.borrowed()),
        value => part.chain.outward(value.borrowed())?,
    };
    match printed {
        Value::Text(text) if !is_blank(&text) => Ok(text),
        _ => Err(Refusal::new("two parts, none of them empty")),
    }
}

fn is_missing(part: &Part, value: &Value<'_>) -> bool {
    match (&part.missing, value) {
        (Some(missing), Value::Text(text)) => same_folded(missing, text),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(at: At, missing: Option<&str>, accept: Option<&str>) -> Split {
        Split {
            separator: "@".into(),
            at,
            parts: [Part::default(), Part { missing: missing.map(Into::into), ..Part::default() }],
            accept: accept.map(Into::into),
        }
    }

    fn parts(split: &Split, text: &str) -> Option<(String, String)> {
        let [first, second] = split.inward(text).ok()?;
        Some((first.as_str()?.to_owned(), second.as_str()?.to_owned()))
    }

    #[test]
    fn the_last_separator_counts() {
        let split = split(At::Last, None, None);
        let found = parts(&split, "ana@home@contoso.com");
        assert_eq!(found, Some(("ana@home".to_owned(), "contoso.com".to_owned())));
        assert_eq!(parts(&split, "ana"), None);
        assert_eq!(parts(&split, "@contoso.com"), None);
        assert_eq!(parts(&split, "ana@"), None);
        let row = [&Value::text("ana"), &Value::text("a@b")];
        assert!(split.outward(row).is_err(), "it would be read back as another person");
    }

    #[test]
    fn a_missing_part_is_stored_and_not_printed() {
        let split = split(At::Last, Some("CORP"), None);
        assert_eq!(parts(&split, "ana"), Some(("ana".to_owned(), "CORP".to_owned())));
        assert_eq!(split.outward([&Value::text("ana"), &Value::text("corp")]), Ok(Text::of("ana")));
        let with_sign = [&Value::text("ana@x"), &Value::text("CORP")];
        assert_eq!(split.outward(with_sign), Ok(Text::of("ana@x@CORP")));
    }

    #[test]
    fn another_spelling_is_understood_and_never_printed() {
        let split = split(At::Last, None, Some("\\"));
        let found = Some(("ana".to_owned(), "CORP".to_owned()));
        assert_eq!(parts(&split, "CORP\\ana"), found);
        assert_eq!(parts(&split, "ana@CORP"), found);
        assert_eq!(parts(&split, "CORP\\ana\\x"), None, "it could not be printed");
        assert_eq!(
            split.outward([&Value::text("ana"), &Value::text("CORP")]),
            Ok(Text::of("ana@CORP"))
        );
    }

    proptest! {
        #[test]
        fn the_law_holds(
            text in r"[a@\\B ]{0,8}",
            last in any::<bool>(),
            missing in any::<bool>(),
            accept in any::<bool>(),
        ) {
            let at = if last { At::Last } else { At::First };
            let split = split(at, missing.then_some("B"), accept.then_some("\\"));
            if let Ok([first, second]) = split.inward(&text)
                && let Ok(printed) = split.outward([&first, &second])
            {
                prop_assert_eq!(split.inward(&printed), Ok([first, second]));
            }
        }

        #[test]
        fn a_canonical_text_is_printed_as_it_was(
            text in r"[a@\\B ]{0,8}",
            last in any::<bool>(),
            missing in any::<bool>(),
            accept in any::<bool>(),
            long in any::<bool>(),
        ) {
            let at = if last { At::Last } else { At::First };
            let mut split = split(at, missing.then_some("B"), accept.then_some("\\"));
            if long {
                split.separator = "@@".into();
            }
            if let Some((before, after)) = split.plainly(&text) {
                let [first, second] = split.inward(&text).unwrap();
                prop_assert_eq!(first.as_str(), Some(before));
                prop_assert_eq!(second.as_str(), Some(after));
                prop_assert_eq!(split.outward([&first, &second]), Ok(Text::of(&text)));
            }
        }

        #[test]
        fn what_is_printed_is_read_back(first in "[a@B]{0,4}", second in "[a@B]{0,4}") {
            let split = split(At::Last, Some("B"), Some("\\"));
            if let Ok(printed) = split.outward([&Value::text(&first), &Value::text(&second)]) {
                let [a, b] = split.inward(&printed).unwrap();
                prop_assert!(same_folded(a.as_str().unwrap(), &first), "{printed}");
                prop_assert!(same_folded(b.as_str().unwrap(), &second), "{printed}");
            }
        }
    }
}
