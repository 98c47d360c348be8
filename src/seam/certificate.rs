//! The certificate that the other end of a connection showed, and the fingerprint that it is
//! known by.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use base16ct::HexDisplay;
use sha2::{Digest, Sha256};

/// The certificate that the other end of a connection showed in its handshake; whoever puts one
/// here has verified it. Clones are one and the same.
#[derive(Clone)]
pub struct PeerCertificate(Arc<Shown>);

struct Shown {
    der: Box<[u8]>,
    fingerprint: OnceLock<Fingerprint>,
}

impl PeerCertificate {
    /// The certificate with this DER.
    #[must_use]
    pub fn new(der: &[u8]) -> Self {
        Self(Arc::new(Shown { der: der.into(), fingerprint: OnceLock::new() }))
    }

    /// Its fingerprint. Computed when somebody asks for the first time, and once for a connection.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        *self.0.fingerprint.get_or_init(|| Fingerprint::of(&self.0.der))
    }
}

impl fmt::Debug for PeerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PeerCertificate").field(&self.fingerprint()).finish()
    }
}

/// The SHA-256 of a certificate's DER, to which RFC 8705 §3.1 ties tokens. It is no secret: every
/// handshake of TLS 1.2 shows the certificate to whoever listens.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// That of the certificate with this DER.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }
}

/// Expected 32 pairs of hexadecimal digits, found something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected `sha256:` and 64 hexadecimal digits, with or without colons between the pairs")]
pub struct NotAFingerprint;

impl FromStr for Fingerprint {
    type Err = NotAFingerprint;

    /// Reads what [`Display`](fmt::Display) writes, and what openssl and Windows do: colons between
    /// the pairs, capital letters, nothing in front.
    fn from_str(text: &str) -> Result<Self, NotAFingerprint> {
        let digits = text.strip_prefix("sha256:").unwrap_or(text);
        let pairs = digits.split(':');
        // With colons they stand between all pairs, or nowhere.
        if digits.contains(':') && !pairs.clone().all(|pair| pair.len() == 2) {
            return Err(NotAFingerprint);
        }
        let digits: String = pairs.collect();
        let mut hash = [0; 32];
        match base16ct::mixed::decode(&digits, &mut hash) {
            Ok(whole) if whole.len() == 32 => Ok(Self(hash)),
            _ => Err(NotAFingerprint),
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{:x}", HexDisplay(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_every_tool_writes_it() {
        let fingerprint = Fingerprint::of(b"abc");
        let plain = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(fingerprint.to_string(), format!("sha256:{plain}"));
        assert_eq!(PeerCertificate::new(b"abc").fingerprint(), fingerprint);
        let pairs: Vec<String> =
            plain.as_bytes().chunks(2).map(|p| String::from_utf8(p.to_vec()).unwrap()).collect();
        let spread = pairs.join(":");
        let written = [plain.to_owned(), spread.clone(), spread.to_uppercase()];
        for text in written.iter().flat_map(|text| [text.clone(), format!("sha256:{text}")]) {
            assert_eq!(text.parse(), Ok(fingerprint), "{text}");
        }
        for wrong in [
            "",
            "sha256:",
            &plain[1..],
            &plain[2..],
            &format!("{plain}00"),
            &format!("sha1:{plain}"),
            &format!("{spread}:"),
            &spread.replacen(':', "", 1),
            &spread.replacen("ba", "+a", 1),
            &plain.replacen("ba", "é", 1),
        ] {
            assert_eq!(wrong.parse::<Fingerprint>(), Err(NotAFingerprint), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_again(der in any::<Vec<u8>>(), other in ".{0,100}") {
            let fingerprint = Fingerprint::of(&der);
            prop_assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
            let _ = other.parse::<Fingerprint>();
        }
    }
}
