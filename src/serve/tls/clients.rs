//! Whose certificate a client must show: the authorities that vouch for clients, and what they
//! have revoked.
//!
//! Whether a certificate is good is rustls's judgement. Here is what it does not say: that a file
//! cannot do what it is there for, and why a handshake failed, in words.
//!
//! Why it is so is in [the manual](crate::manual::clients).

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{CertificateError, Error, RootCertStore};
use x509_cert::Certificate;
use x509_cert::crl::CertificateList;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::BasicConstraints;

use super::{TlsError, Validity, is_development};
use crate::pem;

/// Who may connect.
#[derive(Debug)]
pub struct Clients {
    pub(super) verifier: Arc<dyn ClientCertVerifier>,
    authorities: PathBuf,
    is_development: bool,
    lists: Vec<Validity>,
}

impl Clients {
    /// Reads the authorities from one file and the lists of what they have revoked (RFC 5280 §5)
    /// from another. Where there are lists, each authority must have one, and a certificate on the
    /// way from the client to its authority is good only as long as a list says so: what no list
    /// tells of, or one that has ended, is refused.
    ///
    /// # Errors
    /// A [`TlsError`] that says what was expected in which file.
    pub fn load(authorities: &Path, revocations: Option<&Path>) -> Result<Self, TlsError> {
        let certificates = pem::certificates(authorities)?;
        let mut roots = RootCertStore::empty();
        for (place, certificate) in (1..).zip(&certificates) {
            if !may_issue(certificate) {
                return Err(TlsError::NoAuthority { path: authorities.to_owned(), place });
            }
            roots.add(certificate.clone()).map_err(|cause| TlsError::UnusableCertificate {
                path: authorities.to_owned(),
                cause,
            })?;
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .enforce_revocation_expiration();
        let mut validities = Vec::new();
        if let Some(path) = revocations {
            let lists = pem::revocations(path)?;
            if let Some(place) = without_list(&certificates, &lists) {
                let (revocations, authorities) = (path.to_owned(), authorities.to_owned());
                return Err(TlsError::NoListOf { revocations, authorities, place });
            }
            validities = lists.iter().filter_map(|list| Validity::of_list(list)).collect();
            builder = builder.with_crls(lists);
        }
        let verifier = builder.build().map_err(|cause| TlsError::UnusableList {
            path: revocations.unwrap_or(authorities).to_owned(),
            cause,
        })?;
        Ok(Self {
            verifier,
            authorities: authorities.to_owned(),
            is_development: certificates.iter().any(is_development),
            lists: validities,
        })
    }

    /// Lets through only authorities that the demonstration did not make.
    ///
    /// # Errors
    /// [`TlsError::Development`].
    pub fn refuse_development(self) -> Result<Self, TlsError> {
        if self.is_development {
            return Err(TlsError::Development { certificate: self.authorities });
        }
        Ok(self)
    }

    /// From when until when each list of what was revoked is good.
    #[must_use]
    pub fn lists(&self) -> &[Validity] {
        &self.lists
    }
}

/// Whether a certificate may vouch for others: it says so, or it vouches for itself, be it of an
/// old authority or of a client that is to be trusted alone. Of one that is unusual, rustls judges.
fn may_issue(certificate: &CertificateDer<'_>) -> bool {
    let Ok(certificate) = Certificate::from_der(certificate) else { return true };
    let certificate = certificate.tbs_certificate();
    let constraints = certificate.get_extension::<BasicConstraints>();
    matches!(constraints, Ok(Some((_, BasicConstraints { ca: true, .. }))))
        || certificate.issuer() == certificate.subject()
}

/// The place, counted from one, of the first authority of which there is no list.
fn without_list(
    authorities: &[CertificateDer<'_>],
    lists: &[CertificateRevocationListDer<'_>],
) -> Option<usize> {
    let lists = lists.iter().map(|list| CertificateList::from_der(list));
    // Of what is unusual, rustls judges.
    let lists: Vec<CertificateList> = lists.collect::<Result<_, _>>().ok()?;
    let has_list = |authority: &CertificateDer<'_>| {
        let Ok(authority) = Certificate::from_der(authority) else { return true };
        let subject = authority.tbs_certificate().subject();
        lists.iter().any(|list| list.tbs_cert_list.issuer == *subject)
    };
    let place = authorities.iter().position(|authority| !has_list(authority))?;
    Some(place.saturating_add(1))
}

/// What was wrong with a client's certificate, where a handshake failed because of that.
pub(in crate::serve) fn refusal(error: &io::Error) -> Option<&'static str> {
    use CertificateError as Wrong;
    Some(match error.get_ref()?.downcast_ref::<Error>()? {
        Error::NoCertificatesPresented => "the client showed no certificate",
        Error::InvalidCertificate(wrong) => match wrong {
            Wrong::UnknownIssuer => "the client's certificate is of no authority that is trusted",
            Wrong::Expired | Wrong::ExpiredContext { .. } => "the client's certificate has ended",
            Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => {
                "the client's certificate has not begun"
            }
            Wrong::InvalidPurpose | Wrong::InvalidPurposeContext { .. } => {
                "the client's certificate is not for clients"
            }
            Wrong::Revoked => "the client's certificate is revoked",
            Wrong::UnknownRevocationStatus => {
                "no list tells whether the client's certificate is revoked"
            }
            Wrong::ExpiredRevocationList | Wrong::ExpiredRevocationListContext { .. } => {
                "the list of what was revoked has ended"
            }
            _ => "the client's certificate cannot be used",
        },
        Error::InvalidCertRevocationList(_) => "the list of what was revoked cannot be used",
        _ => return None,
    })
}
