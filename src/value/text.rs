//! The characters of a value: borrowed where they already stand somewhere; where they were put
//! together, in the value itself as long as they are few, else on the heap.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

/// How many bytes a text holds in itself: as many as do not make a [`Value`](super::Value) larger.
/// A dateTime of whole seconds, a number, an ETag and many a name are no longer.
const SHORT: usize = 22;

/// Characters.
#[derive(Clone)]
pub struct Text<'a>(Held<'a>);

#[derive(Clone)]
enum Held<'a> {
    Borrowed(&'a str),
    Short(Short),
    Long(Box<str>),
}

/// The bytes of a short `str`, and of nothing else.
#[derive(Clone, Copy)]
struct Short {
    length: u8,
    bytes: [u8; SHORT],
}

impl Short {
    const EMPTY: Self = Self { length: 0, bytes: [0; SHORT] };

    /// Appends a text if there is room for it.
    #[inline]
    fn push_str(&mut self, text: &str) -> bool {
        let start = usize::from(self.length);
        let Some(place) = self.bytes.get_mut(start..start + text.len()) else { return false };
        place.copy_from_slice(text.as_bytes());
        // At most `SHORT`.
        self.length += text.len() as u8;
        true
    }

    #[inline]
    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    fn as_str(&self) -> &str {
        // Whole texts were put in, so whole characters are in it. To see that again costs more than
        // anything else here, which is why a text that is there already is not copied to this place.
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl<'a> Text<'a> {
    /// A copy of a text.
    #[must_use]
    pub fn owned(text: &str) -> Self {
        Self(Held::Long(text.into()))
    }

    /// The characters.
    #[inline]
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Held::Borrowed(text) => text,
            Held::Short(text) => text.as_str(),
            Held::Long(text) => text,
        }
    }

    /// The characters in UTF-8: cheaper than [`as_str`](Self::as_str) where bytes will do.
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Held::Borrowed(text) => text.as_bytes(),
            Held::Short(text) => text.as_bytes(),
            Held::Long(text) => text.as_bytes(),
        }
    }

    /// The characters as they were borrowed; `None` for a text of its own.
    #[must_use]
    pub const fn as_borrowed(&self) -> Option<&'a str> {
        match self.0 {
            Held::Borrowed(text) => Some(text),
            Held::Short(_) | Held::Long(_) => None,
        }
    }

    /// Whether there are no characters.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// Whether it holds memory of its own, which has to be given back.
    #[must_use]
    pub const fn is_long(&self) -> bool {
        matches!(self.0, Held::Long(_))
    }

    /// A view of the same text that borrows from this one, or a copy where that is as cheap.
    #[must_use]
    pub fn borrowed(&self) -> Text<'_> {
        Text(match &self.0 {
            Held::Borrowed(text) => Held::Borrowed(text),
            Held::Short(text) => Held::Short(*text),
            Held::Long(text) => Held::Borrowed(text),
        })
    }

    /// The same text, borrowed from nothing.
    #[must_use]
    pub fn into_owned(self) -> Text<'static> {
        match self.0 {
            Held::Borrowed(text) => Text::owned(text),
            Held::Short(text) => Text(Held::Short(text)),
            Held::Long(text) => Text(Held::Long(text)),
        }
    }

    /// A borrowed text.
    #[must_use]
    pub const fn of(text: &'a str) -> Self {
        Self(Held::Borrowed(text))
    }
}

impl From<i64> for Text<'_> {
    /// The number's digits.
    fn from(number: i64) -> Self {
        let mut text = Short::EMPTY;
        // At most twenty characters, for which there is room.
        text.push_str(itoa::Buffer::new().format(number));
        Self(Held::Short(text))
    }
}

impl Deref for Text<'_> {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self::of(text)
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Held::Long(text.into()))
    }
}

impl<'a> From<Cow<'a, str>> for Text<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        match text {
            Cow::Borrowed(text) => text.into(),
            Cow::Owned(text) => text.into(),
        }
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

/// A text that is put together of pieces, without an allocation where it stays short.
pub struct TextBuilder {
    short: Short,
    /// What it is when it does not stay short; without capacity until then.
    long: String,
}

impl TextBuilder {
    /// Nothing yet, and room for so many bytes.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        let long = if bytes > SHORT { String::with_capacity(bytes) } else { String::new() };
        Self { short: Short::EMPTY, long }
    }

    /// Appends a piece.
    pub fn push_str(&mut self, piece: &str) {
        if self.long.capacity() == 0 {
            if self.short.push_str(piece) {
                return;
            }
            self.long.push_str(self.short.as_str());
        }
        self.long.push_str(piece);
    }

    /// The text.
    #[must_use]
    pub fn finish(self) -> Text<'static> {
        if self.long.capacity() == 0 { Text(Held::Short(self.short)) } else { self.long.into() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Value;
    use super::*;

    #[test]
    fn a_short_text_does_not_make_a_value_larger() {
        assert_eq!(size_of::<Text<'_>>(), size_of::<String>());
        assert_eq!(size_of::<Value<'_>>(), size_of::<u64>() + size_of::<Text<'_>>());
    }

    #[test]
    fn a_number_with_one_digit_more_is_a_longer_text() {
        for ten in (0..19).map(|power| 10_i64.pow(power)) {
            for number in [ten, ten - 1, 1 - ten, -ten, i64::MAX - ten, i64::MIN + ten] {
                assert_eq!(Text::from(number).as_str(), number.to_string());
            }
        }
        assert_eq!(Text::from(i64::MIN).as_str(), i64::MIN.to_string());
    }

    fn built(pieces: &[&str]) -> Text<'static> {
        let mut builder = TextBuilder::with_capacity(0);
        pieces.iter().for_each(|piece| builder.push_str(piece));
        builder.finish()
    }

    proptest! {
        #[test]
        fn a_text_is_the_same_wherever_it_is_held(text in "\\PC{0,12}|[a-z]{0,50}") {
            let borrowed = Text::of(&text);
            prop_assert_eq!(borrowed.as_borrowed(), Some(&*text));
            let held = [
                Text::owned(&text),
                text.clone().into(),
                Cow::Borrowed(&*text).into(),
                Cow::<str>::Owned(text.clone()).into(),
                borrowed.clone().into_owned(),
                borrowed.borrowed(),
                Text::owned(&text).borrowed().into_owned(),
                built(&[&text]),
                built(&[&text]).borrowed().into_owned(),
            ];
            for one in held {
                prop_assert_eq!(&one, &borrowed);
                prop_assert_eq!(one.as_str(), &*text);
                prop_assert_eq!(one.is_empty(), text.is_empty());
                prop_assert_eq!(format!("{one} {one:?}"), format!("{text} {text:?}"));
            }
        }

        #[test]
        fn a_number_is_its_digits(number in any::<i64>(), shift in 0_u32..63) {
            for number in [number, number >> shift] {
                let text = Text::from(number);
                prop_assert_eq!(text.as_str(), number.to_string());
            }
        }

        #[test]
        fn a_text_is_put_together_of_its_pieces(
            pieces in proptest::collection::vec("\\PC{0,9}", 0..6),
            capacity in 0_usize..60,
        ) {
            let mut builder = TextBuilder::with_capacity(capacity);
            for piece in &pieces {
                builder.push_str(piece);
            }
            let whole = pieces.concat();
            let text = builder.finish();
            prop_assert_eq!(text.as_str(), &*whole);
            prop_assert_eq!(text.is_long(), capacity.max(whole.len()) > SHORT);
        }
    }
}
