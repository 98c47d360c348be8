use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384,
    PKCS_RSA_SHA256, SignatureAlgorithm,
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
            let config = identity.refuse_development().unwrap().server_config().unwrap();
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
    assert!(identity.server_config().is_ok());
    let refused = identity.refuse_development().unwrap_err();
    assert!(matches!(refused, TlsError::Development { .. }));

    // Its authority gives it away, too, should somebody sign a certificate of another name.
    let pair = key(&PKCS_ECDSA_P256_SHA256);
    let mixed = format!("{}{}", certificate(&pair, "us"), made.authority);
    let chain = folder.write("mixed.pem", &mixed);
    let identity = Identity::load(&chain, &folder.write("mixed-key.pem", &pair.serialize_pem()));
    assert!(identity.unwrap().refuse_development().is_err());
}
