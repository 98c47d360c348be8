//! Points in time as `xsd:dateTime` (RFC 7643 §2.3.5): checked, compared, never rewritten.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::value::utc;

/// The instant that the text names, or `None` if it is no `xsd:dateTime` of a four-digit year with
/// date and time. Without an offset it is taken as UTC.
#[must_use]
pub fn instant(text: &str) -> Option<Timestamp> {
    if let Some(time) = utc(text) {
        return Some(time);
    }
    let bytes = text.as_bytes();
    let shaped = bytes.len() >= 19
        && bytes.len() <= 40
        && [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')]
            .iter()
            .all(|(at, sign)| bytes.get(*at) == Some(sign))
        && bytes.iter().all(|byte| {
            byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b':' | b'.' | b'T' | b'Z')
        });
    if !shaped {
        return None;
    }
    text.parse::<Timestamp>().ok().or_else(|| {
        let local = text.parse::<DateTime>().ok()?;
        // A date with an offset that `Timestamp` refused is no local time.
        let zone = bytes.get(19..)?.iter().any(|byte| matches!(byte, b'Z' | b'+' | b'-'));
        (!zone).then(|| local.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp()))?
    })
}

/// Whether two texts name the same instant, to the nanosecond.
#[must_use]
pub fn same(left: &str, right: &str) -> bool {
    left == right || matches!((instant(left), instant(right)), (Some(l), Some(r)) if l == r)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_date_times_are_instants() {
        assert!(same("2008-01-23T04:56:22Z", "2008-01-23T05:56:22+01:00"));
        assert!(same("2008-01-23T04:56:22", "2008-01-23T04:56:22.000Z"));
        for text in [
            "2008-01-23",
            "2008-01-23T04:56Z",
            "20080123T045622Z",
            "2008-01-23 04:56:22Z",
            "2008-13-23T04:56:22Z",
            "2008-01-23T04:56:22Z[UTC]",
            "yesterday",
            "",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}
