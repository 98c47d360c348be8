//! The spelling of points in time that nearly everybody sends: `2026-01-01T00:00:00Z`.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::{Text, TextBuilder};

/// The point in time, for whole seconds in UTC; `None` for every other spelling and for what is no
/// point in time, which a complete reader tells apart.
pub(crate) fn utc(text: &str) -> Option<Timestamp> {
    let bytes: &[u8; 20] = text.as_bytes().try_into().ok()?;
    let (date, time) = bytes.split_first_chunk()?;
    let [century, _, year, _, _, month, _, _] = pairs(*date, *b"0000-00-")?;
    let [day, _, _, hour, ..] = pairs(*time.first_chunk()?, *b"00T00:00")?;
    // The last digit of the hour stands in both.
    let [_, _, minute, _, _, second, _, _] = pairs(*time.last_chunk()?, *b"0:00:00Z")?;
    let year = i16::from(century) * 100 + i16::from(year);
    let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    Offset::UTC.to_timestamp(civil).ok()
}

/// The bytes of a text that has a digit wherever its shape has a `0`, and the shape's signs between
/// them: at the first digit of each pair the number that it is, less than a hundred.
fn pairs(text: [u8; 8], shape: [u8; 8]) -> Option<[i8; 8]> {
    const HIGHEST: u64 = u64::from_le_bytes([0x80; 8]);
    // All eight at once, the first one lowest: nothing is carried from one into the next, for none
    // becomes too large. The sum reaches the highest bit where a digit is more than nine, and where
    // a sign is another one; no ASCII has that bit itself.
    let most = shape.map(|sign| if sign == b'0' { 9 } else { 0 });
    let room = u64::from_le_bytes([0x7f; 8]) - u64::from_le_bytes(most);
    let text = u64::from_le_bytes(text);
    let digits = text ^ u64::from_le_bytes(shape);
    if (text | digits.wrapping_add(room)) & HIGHEST != 0 {
        return None;
    }
    let numbers = digits * 10 + (digits >> 8);
    Some(numbers.to_le_bytes().map(u8::cast_signed))
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
            "0000-00-00T00:00:00Z",
            "9999-12-31T23:59:59Z",
        ] {
            assert_eq!(utc(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_is_one_for_the_complete_reader_too() {
        let ends = [(1, 1), (2, 28), (2, 29), (2, 30), (3, 1), (12, 31)];
        let ends = (0..=9999).flat_map(|year| ends.map(|(month, day)| (year, month, day)));
        let each = (0..=13).flat_map(|month| (0..=32).map(move |day| (month, day)));
        let each = each.flat_map(|(month, day)| [(2023, month, day), (2024, month, day)]);
        for (year, month, day) in ends.chain(each) {
            let text = format!("{year:04}-{month:02}-{day:02}T12:00:00Z");
            assert_eq!(utc(&text), text.parse::<Timestamp>().ok(), "{text}");
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
        fn numbers_that_are_too_large_are_what_the_complete_reader_says(
            (year, month, day) in (0..=9999, 0..=19, 0..=39),
            (hour, minute, second) in (0..=29, 0..=69, 0..=69),
        ) {
            let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
            // A leap second is taken for the one before it.
            let complete = text.parse::<Timestamp>().ok().filter(|_| second != 60);
            prop_assert_eq!(utc(&text), complete);
        }

        #[test]
        fn only_its_own_signs_and_digits_are_read(
            place in 0_usize..20,
            other in prop_oneof![any::<char>(), proptest::char::range(' ', '~')],
        ) {
            let text = "2026-11-21T10:10:10Z";
            let (before, behind) = text.split_at(place);
            let is_digit = behind.starts_with(|first: char| first.is_ascii_digit());
            for behind in [&behind[1..], behind.get(other.len_utf8()..).unwrap_or_default()] {
                let changed = format!("{before}{other}{behind}");
                // A leap second has the shape, and is left to others.
                let is_shaped = is_digit && other.is_ascii_digit() && !changed.ends_with(":60Z")
                    || changed == text;
                let complete = changed.parse::<Timestamp>().ok().filter(|_| is_shaped);
                prop_assert_eq!(utc(&changed), complete, "{}", changed);
            }
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
