//! Certificates made at run time: an authority of the scene, and servers that it vouches for.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, date_time_ymd,
};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// The kind of a server's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyKind {
    /// ECDSA P-256.
    Ecdsa,
    /// RSA with 2048 bits.
    Rsa,
}

/// An authority with one server certificate for `localhost` and 127.0.0.1, as PEM.
pub(crate) struct Authority {
    pub(crate) authority: String,
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new(kind: KeyKind) -> Self {
        Self::until(kind, 4096)
    }

    /// The same, whose server's certificate ends with the beginning of that year.
    pub(crate) fn until(kind: KeyKind, year: i32) -> Self {
        let mut authority = params(&[], "the scene's authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let authority = CertifiedIssuer::self_signed(authority, key).unwrap();
        let mut server = params(&["localhost", "127.0.0.1"], "the scene's sidecar");
        server.not_after = date_time_ymd(year, 1, 1);
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = match kind {
            KeyKind::Ecdsa => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap(),
            KeyKind::Rsa => KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap(),
        };
        let certificate = server.signed_by(&key, &authority).unwrap().pem();
        Self { authority: authority.pem(), certificate, key: key.serialize_pem() }
    }

    /// What a client must trust.
    pub(crate) fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.authority.as_bytes()).unwrap()).unwrap();
        roots
    }
}

fn params(names: &[&str], common_name: &str) -> CertificateParams {
    let names: Vec<_> = names.iter().copied().map(str::to_owned).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}
