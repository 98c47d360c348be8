//! From when until when a certificate is good: the one thing of it that rustls does not look at,
//! for a server shows even one that every client refuses.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// The first and the last second in which a certificate is good (RFC 5280 §4.1.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first one.
    pub from: Timestamp,
    /// The last one.
    pub until: Timestamp,
}

/// The DER tags on the way there, and of the two ways in which a point in time is written.
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

impl Validity {
    /// That of a certificate; `None` for what is none.
    pub(super) fn of(certificate: &[u8]) -> Option<Self> {
        let (tag, certificate, _) = element(certificate)?;
        let (inner, mut rest, _) = element(certificate)?;
        if (tag, inner) != (SEQUENCE, SEQUENCE) {
            return None;
        }
        let (first, _, behind) = element(rest)?;
        if first == VERSION {
            rest = behind;
        }
        // The serial number, the signature's algorithm, and the issuer.
        for _ in 0..3 {
            (_, _, rest) = element(rest)?;
        }
        let (_, validity, _) = element(rest)?;
        let (kind, from, rest) = element(validity)?;
        let (last_kind, until, _) = element(rest)?;
        Some(Self { from: time(kind, from)?, until: time(last_kind, until)? })
    }
}

/// The first DER element: its tag, its content, and what stands behind it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        ..=0x7f => (usize::from(length), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// A point in time: `YYMMDDhhmmssZ`, of which the years from 50 on belong to the last century, or
/// `YYYYMMDDhhmmssZ`.
fn time(kind: u8, text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, rest) = match kind {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: i16 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let pair = |place: usize| rest.get(2 * place..2 * place + 2)?.parse::<i8>().ok();
    let (month, day, hour, minute, second) = (pair(0)?, pair(1)?, pair(2)?, pair(3)?, pair(4)?);
    let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    // What has no end says the last second of the year 9999, which lies behind all that is known.
    Some(Offset::UTC.to_timestamp(civil).unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn both_ways_of_writing_a_time_are_read() {
        assert_eq!(time(UTC_TIME, b"491231235959Z"), Some(utc("2049-12-31T23:59:59Z")));
        assert_eq!(time(UTC_TIME, b"500101000000Z"), Some(utc("1950-01-01T00:00:00Z")));
        assert_eq!(time(GENERALIZED_TIME, b"20500101000000Z"), Some(utc("2050-01-01T00:00:00Z")));
        assert_eq!(time(GENERALIZED_TIME, b"99991231235959Z"), Some(Timestamp::MAX));
        for damaged in [&b"20501301000000Z"[..], b"2050", b"\xff", b"20500101000000"] {
            assert_eq!(time(GENERALIZED_TIME, damaged), None);
        }
    }

    #[test]
    fn what_breaks_off_is_no_certificate() {
        let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 2);
        params.not_after = rcgen::date_time_ymd(2052, 3, 4);
        let key = rcgen::KeyPair::generate().unwrap();
        let der = params.self_signed(&key).unwrap().der().to_vec();
        let (from, until) = (utc("2020-01-02T00:00:00Z"), utc("2052-03-04T00:00:00Z"));
        assert_eq!(Validity::of(&der), Some(Validity { from, until }));
        for length in 0..der.len() {
            assert_eq!(Validity::of(&der[..length]), None);
        }
    }
}
