//! Certificates and keys: read from PEM files, checked, made into what rustls wants.
//!
//! [`Identity`] is what the server shows, [`Clients`] whom it lets in. One provider, aws-lc-rs; TLS 1.2 and 1.3; ECDSA and RSA keys; `h2` before `http/1.1` by ALPN.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::server::{
    NoServerSessionStorage, ServerConfig, VerifierBuilderError, WebPkiClientVerifier,
};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{Error, InconsistentKeys};

use crate::pem::{self, PemError};

mod clients;
mod validity;

pub use clients::Clients;
pub(super) use clients::refusal;
pub use validity::Validity;

/// The organisation in every certificate that the demonstration makes. Its keys lie in temporary
/// folders, so [`Identity::refuse_development`] knows them by it.
pub const DEVELOPMENT_ORGANIZATION: &str = "scim-sidecar demo - not for production";

/// HTTP/2's name in ALPN.
pub(super) const H2: &[u8] = b"h2";
/// HTTP/1.1's name in ALPN.
const HTTP_1_1: &[u8] = b"http/1.1";

/// Why a certificate or its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file does not hold what it should.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// The key is of a kind or size that is not safe or not known.
    #[error(
        "expected an ECDSA P-256 or P-384 key, Ed25519, or RSA of at least 2048 bits in `{}`, \
         found another",
        path.display()
    )]
    UnusableKey {
        /// The file.
        path: PathBuf,
        /// What rustls said.
        #[source]
        cause: Error,
    },
    /// The certificate is not X.509.
    #[error("expected an X.509 certificate in `{}`, found something else", path.display())]
    UnusableCertificate {
        /// The file.
        path: PathBuf,
        /// What rustls said.
        #[source]
        cause: Error,
    },
    /// The key belongs to another certificate.
    #[error(
        "expected in `{}` the key of the certificate in `{}`, found another key",
        key.display(), certificate.display()
    )]
    Mismatch {
        /// The file with the chain.
        certificate: PathBuf,
        /// The file with the key.
        key: PathBuf,
    },
    /// The key belongs to a certificate of the chain that is not the first.
    #[error(
        "expected the server's certificate first in `{}`, found it at place {place}: \
         put it before its issuers",
        certificate.display()
    )]
    WrongOrder {
        /// The file with the chain.
        certificate: PathBuf,
        /// The place of the server's certificate, counted from one.
        place: usize,
    },
    /// The demonstration made the certificate.
    #[error(
        "expected a certificate of your own in `{}`, found one that `demo` made: \
         its key must not guard anything real",
        certificate.display()
    )]
    Development {
        /// The file with the chain.
        certificate: PathBuf,
    },
    /// A certificate that is to vouch for clients cannot vouch for anybody.
    #[error(
        "expected authorities in `{}`, found at place {place} a certificate that may issue none: \
         name the one that issued it",
        path.display()
    )]
    NoAuthority {
        /// The file with the authorities.
        path: PathBuf,
        /// The place of the certificate, counted from one.
        place: usize,
    },
    /// A list of revoked certificates is none that can be used.
    #[error("expected whole X.509 CRLs of version 2 in `{}`, found another", path.display())]
    UnusableList {
        /// The file with the lists.
        path: PathBuf,
        /// What rustls said.
        #[source]
        cause: VerifierBuilderError,
    },
    /// Of an authority it is not said what it has revoked, so that no client of it would get in.
    #[error(
        "expected in `{}` a list of every authority in `{}`, found none of the one at place {place}",
        revocations.display(), authorities.display()
    )]
    NoListOf {
        /// The file with the lists.
        revocations: PathBuf,
        /// The file with the authorities.
        authorities: PathBuf,
        /// The place of the authority, counted from one.
        place: usize,
    },
    /// rustls refuses what was put together.
    #[error("cannot set up TLS")]
    Unsupported(#[source] Error),
}

/// A certificate chain and its private key, known to belong together.
#[derive(Debug)]
pub struct Identity {
    certified: Arc<CertifiedKey>,
    certificate: PathBuf,
}

impl Identity {
    /// Reads the chain (the server's certificate first) from `certificate` and its key (PKCS #8,
    /// SEC 1 or PKCS #1, without a password) from `key`; both may be one file.
    ///
    /// # Errors
    /// A [`TlsError`] that says what was expected in which file, and never shows a key.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let chain = pem::certificates(certificate)?;
        let provider = aws_lc_rs::default_provider();
        let signer = provider
            .key_provider
            .load_private_key(pem::private_key(key)?)
            .map_err(|cause| TlsError::UnusableKey { path: key.to_owned(), cause })?;
        let certified = CertifiedKey::new(chain, signer);
        match certified.keys_match() {
            // "Unknown" is for signers that hide their public key; aws-lc-rs's do not.
            Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => {}
            Err(Error::InconsistentKeys(_)) => return Err(misfit(&certified, certificate, key)),
            Err(cause) => {
                let path = certificate.to_owned();
                return Err(TlsError::UnusableCertificate { path, cause });
            }
        }
        Ok(Self { certified: Arc::new(certified), certificate: certificate.to_owned() })
    }

    /// Lets through only what the demonstration did not make.
    ///
    /// # Errors
    /// [`TlsError::Development`].
    pub fn refuse_development(self) -> Result<Self, TlsError> {
        if self.certified.cert.iter().any(is_development) {
            return Err(TlsError::Development { certificate: self.certificate });
        }
        Ok(self)
    }

    /// From when until when the server's own certificate is good.
    #[must_use]
    pub fn validity(&self) -> Option<Validity> {
        Validity::of(self.certified.end_entity_cert().ok()?)
    }

    /// The configuration of a server that shows this identity, and lets in whoever comes or only
    /// such `clients`.
    ///
    /// # Errors
    /// [`TlsError::Unsupported`] when rustls refuses it.
    pub fn server_config(&self, clients: Option<&Clients>) -> Result<ServerConfig, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let resolver = SingleCertAndKey::from(Arc::clone(&self.certified));
        let verifier = clients.map_or_else(WebPkiClientVerifier::no_client_auth, |clients| {
            Arc::clone(&clients.verifier)
        });
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(TlsError::Unsupported)?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(resolver));
        config.alpn_protocols = vec![H2.to_vec(), HTTP_1_1.to_vec()];
        // With P-256 a resumption saves nothing; one ticket is for those who have RSA.
        config.send_tls13_tickets = 1;
        if clients.is_some() {
            // Who resumes is not verified again, though the certificate may have ended since or
            // have been revoked.
            config.send_tls13_tickets = 0;
            config.session_storage = Arc::new(NoServerSessionStorage {});
        }
        Ok(config)
    }
}

/// Whether the demonstration made `certificate`: its organisation stands in the DER as it is.
#[must_use]
pub fn is_development(certificate: &CertificateDer<'_>) -> bool {
    let sought = DEVELOPMENT_ORGANIZATION.as_bytes();
    certificate.as_ref().windows(sought.len()).any(|window| window == sought)
}

/// The configuration for the next handshake. Clones share it, so that a reload reaches the
/// server; connections that are open keep the one they began with.
#[derive(Clone, Debug)]
pub struct Tls(Arc<RwLock<Arc<ServerConfig>>>);

impl Tls {
    /// Begins with `config`.
    #[must_use]
    pub fn new(config: ServerConfig) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(config))))
    }

    /// The configuration now.
    #[must_use]
    pub fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts `config` in place of it.
    pub fn replace(&self, config: ServerConfig) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
    }
}

/// The key does not belong to the first certificate: does it belong to another one?
fn misfit(certified: &CertifiedKey, certificate: &Path, key: &Path) -> TlsError {
    let fits = |one: &CertificateDer<'static>| {
        CertifiedKey::new(vec![one.clone()], Arc::clone(&certified.key)).keys_match().is_ok()
    };
    let certificate = certificate.to_owned();
    match certified.cert.iter().position(fits) {
        Some(place) => TlsError::WrongOrder { certificate, place: place.saturating_add(1) },
        None => TlsError::Mismatch { certificate, key: key.to_owned() },
    }
}

#[cfg(test)]
mod tests;
