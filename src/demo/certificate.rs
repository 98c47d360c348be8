//! A development certificate for this machine, and the authority that vouches for it.
//!
//! Both carry an organisation by which a real server refuses them.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};

use crate::secret::Secret;
use crate::serve::tls::DEVELOPMENT_ORGANIZATION;

/// The names that the certificate is good for.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A development authority's certificate and a server's, as PEM.
#[derive(Debug)]
pub struct Development {
    /// What a client must trust. The authority's own key is forgotten at once, so that nothing
    /// else can ever be signed with it.
    pub authority: String,
    /// The server's chain: its certificate.
    pub certificate: String,
    /// The server's key. To be written for its owner alone.
    pub key: Secret,
}

impl Development {
    /// Makes a new authority and a server certificate (ECDSA P-256) for `localhost`, `127.0.0.1`
    /// and `::1`, both valid from 1975 to 4096: a demonstration should not depend on the date.
    ///
    /// # Errors
    /// When the cryptographic provider fails.
    pub fn generate() -> Result<Self, rcgen::Error> {
        let mut authority = params(&[], "scim-sidecar demo CA")?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority = CertifiedIssuer::self_signed(
            authority,
            KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?,
        )?;

        let mut server = params(&NAMES, "localhost")?;
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        server.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let server = server.signed_by(&key, &authority)?;

        Ok(Self {
            authority: authority.pem(),
            certificate: server.pem(),
            key: Secret::new(key.serialize_pem()),
        })
    }
}

fn params(names: &[&str], common_name: &str) -> Result<CertificateParams, rcgen::Error> {
    let names: Vec<_> = names.iter().copied().map(str::to_owned).collect();
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::OrganizationName, DEVELOPMENT_ORGANIZATION);
    params.distinguished_name.push(DnType::CommonName, common_name);
    Ok(params)
}

#[cfg(test)]
mod tests {
    use rustls::RootCertStore;
    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::ServerCertVerifier;
    use rustls::crypto::aws_lc_rs;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

    use super::*;
    use crate::serve::tls::is_development;

    #[test]
    fn the_authority_vouches_for_this_machine_and_no_other() {
        let made = Development::generate().unwrap();
        let authority = CertificateDer::from_pem_slice(made.authority.as_bytes()).unwrap();
        let certificate = CertificateDer::from_pem_slice(made.certificate.as_bytes()).unwrap();
        assert!(is_development(&authority) && is_development(&certificate));

        let mut roots = RootCertStore::empty();
        roots.add(authority).unwrap();
        let provider = aws_lc_rs::default_provider().into();
        let verifier =
            WebPkiServerVerifier::builder_with_provider(roots.into(), provider).build().unwrap();
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_800_000_000));
        let good = |name: &'static str| {
            let name = ServerName::try_from(name).unwrap();
            verifier.verify_server_cert(&certificate, &[], &name, &[], now).is_ok()
        };
        for name in NAMES {
            assert!(good(name), "{name}");
        }
        assert!(!good("example.com"));
    }

    #[test]
    fn the_key_is_not_printed() {
        let made = format!("{:?}", Development::generate().unwrap());
        assert!(made.contains("Secret(***)") && !made.contains("PRIVATE KEY"));
    }
}
