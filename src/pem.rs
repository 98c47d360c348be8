//! Certificates, their revocations and keys in PEM files, as operators' tools write them: read, and every mistake told
//! with its file. What they are for is unknown here.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use zeroize::Zeroizing;

use crate::platform;

/// More than any chain or key needs.
const LONGEST: u64 = 1024 * 1024;

/// A large organisation's list of what it has revoked.
const LONGEST_LIST: u64 = 16 * 1024 * 1024;

/// Why a file does not give what was expected of it. Never shows what is in it.
#[derive(Debug, thiserror::Error)]
pub enum PemError {
    /// A file is missing, unreadable or too big.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
    /// A file breaks off.
    #[error("expected in `{}` an `-----END` for every `-----BEGIN`, found it cut off", path.display())]
    CutOff {
        /// The file.
        path: PathBuf,
    },
    /// A file is not well-formed PEM.
    #[error("expected PEM in `{}`, found it damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where it breaks.
        #[source]
        cause: pem::Error,
    },
    /// There is no certificate in the file.
    #[error(
        "expected `-----BEGIN CERTIFICATE-----` in `{}`, found none: \
         convert DER or PKCS #12 with openssl",
        path.display()
    )]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// There is no list of revoked certificates in the file.
    #[error(
        "expected `-----BEGIN X509 CRL-----` in `{}`, found none: convert DER with `openssl crl`",
        path.display()
    )]
    NoRevocations {
        /// The file.
        path: PathBuf,
    },
    /// There is no private key in the file.
    #[error(
        "expected `-----BEGIN PRIVATE KEY-----` (or `EC` or `RSA PRIVATE KEY`) in `{}`, found none",
        path.display()
    )]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The private key is encrypted, and nobody is there to type a password.
    #[error(
        "expected a private key without a password in `{}`, found an encrypted one: \
         decrypt it with `openssl pkey`",
        path.display()
    )]
    EncryptedKey {
        /// The file.
        path: PathBuf,
    },
}

impl PemError {
    /// The file that it is about.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Unreadable { path, .. }
            | Self::CutOff { path }
            | Self::Damaged { path, .. }
            | Self::NoCertificate { path }
            | Self::NoRevocations { path }
            | Self::NoKey { path }
            | Self::EncryptedKey { path } => path,
        }
    }
}

/// The certificates in a file, in their order; at least one.
///
/// # Errors
/// [`PemError`].
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&read(path, LONGEST)?)
        .collect::<Result<_, _>>()
        .map_err(|cause| damaged(path, cause))?;
    if certificates.is_empty() {
        return Err(PemError::NoCertificate { path: path.to_owned() });
    }
    Ok(certificates)
}

/// The lists of revoked certificates (RFC 5280 §5) in a file, in their order; at least one.
///
/// # Errors
/// [`PemError`].
pub fn revocations(path: &Path) -> Result<Vec<CertificateRevocationListDer<'static>>, PemError> {
    let lists: Vec<_> = CertificateRevocationListDer::pem_slice_iter(&read(path, LONGEST_LIST)?)
        .collect::<Result<_, _>>()
        .map_err(|cause| damaged(path, cause))?;
    if lists.is_empty() {
        return Err(PemError::NoRevocations { path: path.to_owned() });
    }
    Ok(lists)
}

/// The first private key in a file: PKCS #8, SEC 1 or PKCS #1, without a password.
///
/// # Errors
/// [`PemError`].
pub fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, PemError> {
    let bytes = read(path, LONGEST)?;
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|cause| {
        // PKCS #8 says it in the label, openssl's older form in a header (RFC 1421 §4.6.1.1).
        let marks: [&[u8]; 2] = [b"BEGIN ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED"];
        let is_marked = |mark: &[u8]| bytes.windows(mark.len()).any(|window| window == mark);
        match cause {
            _ if marks.into_iter().any(is_marked) => {
                PemError::EncryptedKey { path: path.to_owned() }
            }
            pem::Error::NoItemsFound => PemError::NoKey { path: path.to_owned() },
            cause => damaged(path, cause),
        }
    })
}

fn damaged(path: &Path, cause: pem::Error) -> PemError {
    let path = path.to_owned();
    match cause {
        pem::Error::MissingSectionEnd { .. } => PemError::CutOff { path },
        cause => PemError::Damaged { path, cause },
    }
}

fn read(path: &Path, most: u64) -> Result<Zeroizing<Vec<u8>>, PemError> {
    let unreadable = |cause| PemError::Unreadable { path: path.to_owned(), cause };
    let mut bytes = Zeroizing::new(Vec::new());
    let file = platform::open_file(path).map_err(unreadable)?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > most {
        return Err(unreadable(io::ErrorKind::FileTooLarge.into()));
    }
    // Windows editors put a byte order mark in front, behind which no PEM begins.
    if bytes.starts_with("\u{feff}".as_bytes()) {
        bytes.drain(..'\u{feff}'.len_utf8());
    }
    Ok(bytes)
}
