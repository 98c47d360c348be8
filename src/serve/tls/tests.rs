use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384,
    PKCS_RSA_SHA256, SerialNumber, SignatureAlgorithm, date_time_ymd,
};

use super::*;
use crate::platform;

/// A folder with PEM files, gone with the value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("scim-sidecar-tls-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.join(name);
        platform::write_private(&path, content.as_bytes()).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn key(algorithm: &'static SignatureAlgorithm) -> KeyPair {
    KeyPair::generate_for(algorithm).unwrap()
}

fn certificate(key: &KeyPair, organization: &str) -> String {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::OrganizationName, organization);
    params.self_signed(key).unwrap().pem()
}

fn armoured(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|l| str::from_utf8(l).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// The content and the rest of the DER value that `der` begins with.
fn value(der: &[u8]) -> (&[u8], &[u8]) {
    let length = usize::from(der[1]);
    let (start, length) = if length < 0x80 {
        (2, length)
    } else {
        let count = length & 0x7f;
        let bytes = &der[2..2 + count];
        (2 + count, bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
    };
    (&der[start..start + length], &der[start + length..])
}

/// What a PKCS #8 key holds inside: SEC 1 or PKCS #1.
fn unwrapped(key: &KeyPair) -> Vec<u8> {
    let der = key.serialize_der();
    let (sequence, _) = value(&der);
    let (_version, rest) = value(sequence);
    let (_algorithm, rest) = value(rest);
    value(rest).0.to_vec()
}

#[test]
fn every_kind_of_key_in_every_wrapping_is_read() {
    let folder = Folder::new("kinds");
    for (algorithm, label) in [
        (&PKCS_ECDSA_P256_SHA256, "EC PRIVATE KEY"),
        (&PKCS_ECDSA_P384_SHA384, "EC PRIVATE KEY"),
        (&PKCS_RSA_SHA256, "RSA PRIVATE KEY"),
    ] {
        let pair = key(algorithm);
        let chain = folder.write("chain.pem", &certificate(&pair, "us"));
        for text in [pair.serialize_pem(), armoured(label, &unwrapped(&pair))] {
            let marked = folder.write("key.pem", &format!("\u{feff}{text}"));
            assert!(Identity::load(&chain, &marked).is_ok(), "as Windows editors write it");
            let identity = Identity::load(&chain, &folder.write("key.pem", &text)).unwrap();
            let config = identity.refuse_development().unwrap().server_config(None).unwrap();
            assert_eq!(config.alpn_protocols, [&b"h2"[..], b"http/1.1"]);
        }
    }
}

#[test]
fn chain_and_key_may_be_one_file() {
    let folder = Folder::new("one");
    let pair = key(&PKCS_ECDSA_P256_SHA256);
    let both = format!("{}{}", certificate(&pair, "us"), pair.serialize_pem());
    let path = folder.write("both.pem", &both);
    assert!(Identity::load(&path, &path).is_ok());
}

#[test]
fn each_mistake_is_told_with_its_file() {
    let folder = Folder::new("mistakes");
    let (ours, theirs) = (key(&PKCS_ECDSA_P256_SHA256), key(&PKCS_ECDSA_P256_SHA256));
    let (our_cert, their_cert) = (certificate(&ours, "us"), certificate(&theirs, "them"));
    let chain = folder.write("chain.pem", &our_cert);
    let swapped = folder.write("swapped.pem", &format!("{their_cert}{our_cert}"));
    let good_key = folder.write("key.pem", &ours.serialize_pem());
    let other_key = folder.write("other.pem", &theirs.serialize_pem());
    let encrypted = folder.write("encrypted.pem", &armoured("ENCRYPTED PRIVATE KEY", b"xyz"));
    let headers = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AA\n\n";
    let older = "-----BEGIN RSA PRIVATE KEY-----\n";
    let older = folder.write("older.pem", &format!("{older}{headers}AAAA\n{older}"));
    let nonsense_key = folder.write("nonsense.pem", &armoured("PRIVATE KEY", b"xyz"));
    let nonsense = folder.write("nonsense-chain.pem", &armoured("CERTIFICATE", b"xyz"));
    let cut_off = folder.write("cut-off.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n");
    let wrong =
        folder.write("wrong.pem", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n");
    let empty = folder.write("empty.pem", "");
    let missing = folder.0.join("missing.pem");
    let load = |chain: &Path, key: &Path| Identity::load(chain, key).unwrap_err();

    assert!(matches!(load(&missing, &good_key), TlsError::Pem(PemError::Unreadable { .. })));
    assert!(matches!(load(&chain, &missing), TlsError::Pem(PemError::Unreadable { .. })));
    assert!(matches!(load(&empty, &good_key), TlsError::Pem(PemError::NoCertificate { .. })));
    assert!(matches!(load(&chain, &empty), TlsError::Pem(PemError::NoKey { .. })));
    assert!(matches!(load(&cut_off, &good_key), TlsError::Pem(PemError::CutOff { .. })));
    assert!(matches!(load(&wrong, &good_key), TlsError::Pem(PemError::Damaged { .. })));
    assert!(matches!(load(&chain, &encrypted), TlsError::Pem(PemError::EncryptedKey { .. })));
    assert!(matches!(load(&chain, &older), TlsError::Pem(PemError::EncryptedKey { .. })));
    assert!(matches!(load(&chain, &nonsense_key), TlsError::UnusableKey { .. }));
    assert!(matches!(load(&nonsense, &good_key), TlsError::UnusableCertificate { .. }));
    assert!(matches!(load(&chain, &other_key), TlsError::Mismatch { .. }));
    assert!(matches!(load(&swapped, &good_key), TlsError::WrongOrder { place: 2, .. }));
    assert_eq!(
        load(&chain, &other_key).to_string(),
        format!(
            "expected in `{}` the key of the certificate in `{}`, found another key",
            other_key.display(),
            chain.display()
        )
    );
}

#[test]
fn a_file_without_end_is_not_read_to_its_end() {
    let folder = Folder::new("long");
    let long = folder.write("long.pem", &"x".repeat(1024 * 1024 + 1));
    assert!(matches!(pem::certificates(&long), Err(PemError::Unreadable { .. })));
}

#[cfg(feature = "demo")]
#[test]
fn what_the_demonstration_made_is_refused() {
    let folder = Folder::new("demo");
    let made = crate::demo::certificate::Development::generate().unwrap();
    let chain = folder.write("chain.pem", &made.certificate);
    let identity = Identity::load(&chain, &folder.write("key.pem", made.key.expose())).unwrap();
    assert!(identity.server_config(None).is_ok());
    let refused = identity.refuse_development().unwrap_err();
    assert!(matches!(refused, TlsError::Development { .. }));

    // Its authority gives it away, too, should somebody sign a certificate of another name.
    let pair = key(&PKCS_ECDSA_P256_SHA256);
    let mixed = format!("{}{}", certificate(&pair, "us"), made.authority);
    let chain = folder.write("mixed.pem", &mixed);
    let identity = Identity::load(&chain, &folder.write("mixed-key.pem", &pair.serialize_pem()));
    assert!(identity.unwrap().refuse_development().is_err());

    let authorities = folder.write("authorities.pem", &made.authority);
    let refused = Clients::load(&authorities, None).unwrap().refuse_development().unwrap_err();
    assert!(matches!(refused, TlsError::Development { .. }));
}

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Issuer {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, key(&PKCS_ECDSA_P256_SHA256)).unwrap()
}

/// A list without anybody on it, good until the first day of a year.
fn list(issuer: &Issuer, until: i32) -> String {
    let list = CertificateRevocationListParams {
        this_update: date_time_ymd(2020, 1, 1),
        next_update: date_time_ymd(until, 1, 1),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: Vec::new(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    list.signed_by(issuer).unwrap().pem().unwrap()
}

#[test]
fn whom_a_clients_certificate_must_be_of_is_read() {
    let folder = Folder::new("clients");
    let (ours, theirs) = (authority("ours"), authority("theirs"));
    let both = folder.write("both.pem", &format!("{}{}", ours.pem(), theirs.pem()));
    assert_eq!(Clients::load(&both, None).unwrap().lists(), []);
    let lists = folder.write("both.crl", &format!("{}{}", list(&theirs, 2021), list(&ours, 3021)));
    let clients = Clients::load(&both, Some(&lists)).unwrap();
    let ends: Vec<String> = clients.lists().iter().map(|list| list.until.to_string()).collect();
    assert_eq!(ends, ["2021-01-01T00:00:00Z", "3021-01-01T00:00:00Z"]);

    // A client that is to be trusted alone vouches for itself.
    let alone = certificate(&key(&PKCS_ECDSA_P256_SHA256), "alone");
    Clients::load(&folder.write("alone.pem", &alone), None).unwrap();

    // Nobody resumes who may have been revoked meanwhile.
    let pair = key(&PKCS_ECDSA_P256_SHA256);
    let own = format!("{}{}", certificate(&pair, "us"), pair.serialize_pem());
    let own = folder.write("own.pem", &own);
    let identity = Identity::load(&own, &own).unwrap();
    let config = identity.server_config(Some(&clients)).unwrap();
    assert!(!config.session_storage.can_cache());
    assert!(identity.server_config(None).unwrap().session_storage.can_cache());
}

#[test]
fn each_mistake_about_clients_is_told_with_its_file() {
    let folder = Folder::new("clients-mistakes");
    let (ours, theirs) = (authority("ours"), authority("theirs"));
    let pair = key(&PKCS_ECDSA_P256_SHA256);
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, "a client");
    let client = params.signed_by(&pair, &ours).unwrap().pem();
    let good = folder.write("good.pem", &ours.pem());
    let both = folder.write("both.pem", &format!("{}{}", ours.pem(), theirs.pem()));
    let leaf = folder.write("leaf.pem", &format!("{}{client}", ours.pem()));
    let one = folder.write("one.crl", &list(&ours, 3021));
    let odd = folder.write("odd.crl", &armoured("X509 CRL", b"xyz"));
    let nonsense = folder.write("nonsense.pem", &armoured("CERTIFICATE", b"xyz"));
    let load = |authorities: &Path, lists| Clients::load(authorities, lists).unwrap_err();

    assert!(matches!(load(&one, None), TlsError::Pem(PemError::NoCertificate { .. })));
    assert!(matches!(load(&nonsense, None), TlsError::UnusableCertificate { .. }));
    assert!(matches!(load(&good, Some(&good)), TlsError::Pem(PemError::NoRevocations { .. })));
    assert!(matches!(load(&good, Some(&odd)), TlsError::UnusableList { .. }));
    assert_eq!(
        load(&leaf, None).to_string(),
        format!(
            "expected authorities in `{}`, found at place 2 a certificate that may issue none: \
             name the one that issued it",
            leaf.display()
        )
    );
    assert_eq!(
        load(&both, Some(&one)).to_string(),
        format!(
            "expected in `{}` a list of every authority in `{}`, found none of the one at place 2",
            one.display(),
            both.display()
        )
    );
}
