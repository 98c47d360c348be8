//! Whom we trust on the way to the upstream, and who we say we are. Certificate checks cannot be switched off.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::upstream::{Identity, SetupError};

/// What TLS to the upstream needs.
#[derive(Clone, Copy, Debug)]
pub(in crate::upstream) struct Tls<'a> {
    /// The only authorities to trust; without them, the operating system's.
    pub(in crate::upstream) ca: Option<&'a Path>,
    /// What we show where we are asked for a certificate.
    pub(in crate::upstream) identity: Option<&'a Identity>,
}

/// A client configuration.
pub(super) fn config(tls: Tls<'_>) -> Result<Arc<ClientConfig>, SetupError> {
    let roots = match tls.ca {
        Some(path) => from_file(path)?,
        None => from_system()?,
    };
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(SetupError::Tls)?
        .with_root_certificates(roots);
    let mut config = match tls.identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let (chain, key) = identify(identity)?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|cause| unusable(&identity.certificate, cause))?
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

type Chain = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// Our own certificates and the key of the first.
fn identify(identity: &Identity) -> Result<Chain, SetupError> {
    let certificates = CertificateDer::pem_file_iter(&identity.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|cause| unusable(&identity.certificate, cause))?;
    if certificates.is_empty() {
        return Err(SetupError::NoAuthority { path: identity.certificate.display().to_string() });
    }
    let key = PrivateKeyDer::from_pem_file(&identity.key)
        .map_err(|cause| unusable(&identity.key, cause))?;
    Ok((certificates, key))
}

fn unusable(path: &Path, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> SetupError {
    SetupError::Identity { path: path.display().to_string(), cause: cause.into() }
}

fn from_file(path: &Path) -> Result<RootCertStore, SetupError> {
    let unusable = |cause: Box<dyn std::error::Error + Send + Sync>| SetupError::Authority {
        path: path.display().to_string(),
        cause,
    };
    let mut roots = RootCertStore::empty();
    let certificates =
        CertificateDer::pem_file_iter(path).map_err(|cause| unusable(Box::new(cause)))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|cause| unusable(Box::new(cause)))?;
        roots.add(certificate).map_err(|cause| unusable(Box::new(cause)))?;
    }
    if roots.is_empty() {
        return Err(SetupError::NoAuthority { path: path.display().to_string() });
    }
    Ok(roots)
}

fn from_system() -> Result<RootCertStore, SetupError> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::debug!(%error, "part of the certificate store could not be read");
    }
    let mut roots = RootCertStore::empty();
    // The store may hold old certificates that nobody can use; the others count.
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() { Err(SetupError::NoRoots) } else { Ok(roots) }
}
