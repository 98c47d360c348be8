//! The spelling of points in time that nearly everybody sends: `2026-01-01T00:00:00Z`.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::{Text, TextBuilder};

/// The point in time, for whole seconds in UTC; `None` for every other spelling and for what is no
/// point in time, which a complete reader tells apart.
pub(crate) fn utc(text: &str) -> Option<Timestamp> {
    let bytes: &[u8; 20] = text.as_bytes().try_into().ok()?;
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', rest @ ..] = bytes else { return None };
    let [h1, h2, b':', n1, n2, b':', s1, s2, b'Z'] = rest else { return None };
    let pair = |tens: u8, ones: u8| {
        let digits = tens.is_ascii_digit() && ones.is_ascii_digit();
        // Less than a hundred.
        digits.then(|| (tens - b'0').cast_signed() * 10 + (ones - b'0').cast_signed())
    };
    let year = i16::from(pair(y1, y2)?) * 100 + i16::from(pair(y3, y4)?);
    let (hour, minute, second) = (pair(h1, h2)?, pair(n1, n2)?, pair(s1, s2)?);
    let civil = DateTime::new(year, pair(m1, m2)?, pair(d1, d2)?, hour, minute, second, 0).ok()?;
    Offset::UTC.to_timestamp(civil).ok()
}

/// A point in time as RFC 3339 spells it in UTC, with a fraction only where it has one.
pub(crate) fn spelled(time: Timestamp) -> Text<'static> {
    let civil = Offset::UTC.to_datetime(time);
    let (Ok(year), 0) = (u16::try_from(civil.year()), civil.subsec_nanosecond()) else {
        return time.to_string().into();
    };
    let pair = |number: u8| [b'0' + number / 10 % 10, b'0' + number % 10];
    let [y1, y2] = pair((year / 100) as u8);
    let [y3, y4] = pair((year % 100) as u8);
    // None of them is negative.
    let [[m1, m2], [d1, d2], [h1, h2], [n1, n2], [s1, s2]] =
        [civil.month(), civil.day(), civil.hour(), civil.minute(), civil.second()]
            .map(|number| pair(number.unsigned_abs()));
    let text = [
        y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'Z',
    ];
    let mut spelled = TextBuilder::with_capacity(text.len());
    spelled.push_str(std::str::from_utf8(&text).unwrap_or_default());
    spelled.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn other_spellings_are_left_to_others() {
        for text in [
            "2026-01-01T00:00:00.5Z",
            "2026-01-01T00:00:00+00:00",
            "2026-01-01T00:00:00z",
            "2026-01-01 00:00:00Z",
            "2026-02-30T00:00:00Z",
            "2016-12-31T23:59:60Z",
            "+026-01-01T00:00:00Z",
        ] {
            assert_eq!(utc(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn it_is_what_the_complete_reader_says(
            (year, month, day) in (0_i16..=9999, 1_i8..=12, 1_i8..=31),
            (hour, minute, second) in (0_i8..=23, 0_i8..=59, 0_i8..=59),
        ) {
            let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
            prop_assert_eq!(utc(&text), text.parse::<Timestamp>().ok());
        }

        #[test]
        fn it_is_spelled_as_jiff_spells_it(
            second in Timestamp::MIN.as_second()..=Timestamp::MAX.as_second(),
            fraction in prop_oneof![Just(0), 0..1_000_000_000_i32],
        ) {
            let time = Timestamp::new(second, fraction).unwrap_or(Timestamp::MIN);
            let text = spelled(time);
            prop_assert_eq!(text.as_str(), time.to_string());
        }
    }
}
