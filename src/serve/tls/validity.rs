//! From when until when a certificate is good, or a list of what was revoked. rustls does not look
//! at it before somebody comes: a server shows even a certificate that every client refuses.

use jiff::Timestamp;
use x509_cert::Certificate;
use x509_cert::crl::CertificateList;
use x509_cert::der::Decode;
use x509_cert::time::Time;

/// The first and the last second in which a certificate is good (RFC 5280 §4.1.2.5), or a list of
/// what was revoked (§5.1.2.4, §5.1.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first one.
    pub from: Timestamp,
    /// The last one.
    pub until: Timestamp,
}

impl Validity {
    /// That of a certificate in DER; `None` for what is none.
    pub(super) fn of(certificate: &[u8]) -> Option<Self> {
        // Of one that is unusual in other ways, clients judge.
        let certificate = Certificate::from_der(certificate).ok()?;
        let validity = certificate.tbs_certificate().validity();
        Some(Self { from: instant(&validity.not_before)?, until: instant(&validity.not_after)? })
    }

    /// That of a list of revoked certificates in DER; `None` for what is none, or has no end.
    pub(super) fn of_list(list: &[u8]) -> Option<Self> {
        let list: CertificateList = CertificateList::from_der(list).ok()?;
        let list = list.tbs_cert_list;
        Some(Self { from: instant(&list.this_update)?, until: instant(&list.next_update?)? })
    }
}

fn instant(time: &Time) -> Option<Timestamp> {
    let second = i64::try_from(time.to_unix_duration().as_secs()).ok()?;
    // What has no end says the last second of the year 9999, which lies behind all that is known.
    Some(Timestamp::from_second(second).unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn what_breaks_off_is_no_certificate() {
        let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 2);
        // The two are written in different ways, for one lies behind 2049.
        params.not_after = rcgen::date_time_ymd(2052, 3, 4);
        let key = rcgen::KeyPair::generate().unwrap();
        let der = params.self_signed(&key).unwrap().der().to_vec();
        let (from, until) = (utc("2020-01-02T00:00:00Z"), utc("2052-03-04T00:00:00Z"));
        assert_eq!(Validity::of(&der), Some(Validity { from, until }));
        params.not_after = rcgen::date_time_ymd(9999, 12, 31);
        let endless = params.self_signed(&key).unwrap();
        assert!(Validity::of(endless.der()).is_some_and(|validity| validity.until > until));
        for length in 0..der.len() {
            assert_eq!(Validity::of(&der[..length]), None);
        }
    }
}
