//! The certificates that clients show, and who issues them.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams,
    SerialNumber, date_time_ymd,
};
use rustls::ClientConfig;
use rustls::client::WantsClientCert;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use scim_sidecar::seam::Fingerprint;

/// An authority for clients.
pub(crate) struct Issuer(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key.
pub(crate) struct Card {
    serial: u64,
    /// The certificate as PEM.
    pub(crate) certificate: String,
    /// Its key as PEM.
    pub(crate) key: String,
}

impl Issuer {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// The authority's own certificate as PEM.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for a client; the number is its serial number.
    pub(crate) fn card(&self, serial: u64) -> Arc<Card> {
        self.issue(serial, |_| ())
    }

    /// One that is somehow special.
    pub(crate) fn issue(
        &self,
        serial: u64,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Arc<Card> {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, "the scene's gateway");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.serial_number = Some(SerialNumber::from(serial));
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap().pem();
        Arc::new(Card { serial, certificate, key: key.serialize_pem() })
    }

    /// What it has revoked, good until the first day of a year.
    pub(crate) fn list(&self, revoked_certificates: &[&Card], until: i32) -> String {
        let revoked = |card: &&Card| RevokedCertParams {
            serial_number: SerialNumber::from(card.serial),
            revocation_time: date_time_ymd(2021, 1, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2021, 1, 1),
            next_update: date_time_ymd(until, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked_certificates.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.0).unwrap().pem().unwrap()
    }
}

impl Card {
    fn der(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(self.certificate.as_bytes()).unwrap()
    }

    /// What it is known by.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.der())
    }

    /// A client that shows it, whoever is said to be asked for.
    pub(crate) fn shown_by(
        &self,
        config: rustls::ConfigBuilder<ClientConfig, WantsClientCert>,
    ) -> ClientConfig {
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).unwrap();
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let signer = provider.key_provider.load_private_key(key).unwrap();
        let shown = rustls::sign::CertifiedKey::new(vec![self.der()], signer);
        config.with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(shown)))
    }
}
