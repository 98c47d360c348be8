//! Whom we trust on the way to the upstream, and who we say we are. Certificate checks cannot be switched off.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};

use crate::pem;
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
            let chain = pem::certificates(&identity.certificate)?;
            let key = pem::private_key(&identity.key)?;
            let identified = builder.with_client_auth_cert(chain, key);
            identified.map_err(|cause| unusable(identity, cause))?
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn unusable(identity: &Identity, cause: rustls::Error) -> SetupError {
    let Identity { certificate, key } = identity.clone();
    SetupError::Identity { certificate, key, cause: Box::new(cause) }
}

fn from_file(path: &Path) -> Result<RootCertStore, SetupError> {
    let mut roots = RootCertStore::empty();
    for certificate in pem::certificates(path)? {
        roots
            .add(certificate)
            .map_err(|cause| SetupError::Authority { path: path.to_owned(), cause })?;
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
