//! Texts of one fixed shape: what an upstream has a type of its own for, and SCIM only characters.

use super::{Operator, Operators};

/// Of which shape the texts of a field are, and so how an upstream with such a type writes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notation {
    /// Any characters.
    #[default]
    Plain,
    /// A GUID in its canonical form of 8-4-4-4-12 hexadecimal digits (RFC 9562 §4), in the letter
    /// case in which the upstream writes it.
    Guid,
    /// A day of the calendar, `yyyy-mm-dd` (RFC 3339 §5.6, `full-date`).
    Date,
}

impl Notation {
    /// Those that a mapping file may name, with their names.
    pub const NAMED: [(&'static str, Self); 2] = [("guid", Self::Guid), ("date", Self::Date)];

    /// Whether a text is of this shape.
    #[must_use]
    pub fn fits(self, text: &str) -> bool {
        match self {
            Self::Plain => true,
            Self::Guid => is_shaped(text, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh"),
            Self::Date => {
                is_shaped(text, "dddd-dd-dd") && text.parse::<jiff::civil::Date>().is_ok()
            }
        }
    }

    /// What is expected of a text, in words.
    #[must_use]
    pub const fn expected(self) -> &'static str {
        match self {
            Self::Plain => "a text",
            Self::Guid => "a GUID such as `0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef`",
            Self::Date => "a day such as `2026-03-01`",
        }
    }

    /// The operators that such a field can be searched with: a part of a GUID or of a day is none.
    #[must_use]
    pub const fn keeps(self) -> Operators {
        let equality = Operators::NONE.with(Operator::Eq).with(Operator::Ne);
        match self {
            Self::Plain => Operators::ALL,
            Self::Guid => equality,
            Self::Date => {
                equality.with(Operator::Gt).with(Operator::Ge).with(Operator::Lt).with(Operator::Le)
            }
        }
    }
}

/// Whether a text has a hexadecimal digit for each `h`, a decimal one for each `d`, and what
/// stands there for everything else.
fn is_shaped(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(found, expected)| match expected {
            b'h' => found.is_ascii_hexdigit(),
            b'd' => found.is_ascii_digit(),
            other => found == other,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_form_fits() {
        for text in ["0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef", "0A21F0F2-8D2A-4F8E-BF98-7363C4AED4EF"]
        {
            assert!(Notation::Guid.fits(text), "{text}");
        }
        for text in [
            "",
            "0a21f0f28d2a4f8ebf987363c4aed4ef",
            "{0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef}",
            "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4eg",
            "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4e'",
            "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef ",
        ] {
            assert!(!Notation::Guid.fits(text), "{text}");
        }
        assert!(Notation::Date.fits("2024-02-29"));
        for text in ["2026-02-29", "2026-3-1", "20260301", "2026-03-01T00:00:00Z", "2026-03-0'"] {
            assert!(!Notation::Date.fits(text), "{text}");
        }
        assert!(Notation::Plain.fits("anything ' at all"));
    }
}
