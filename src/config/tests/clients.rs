//! Client certificates in the server file.

use super::*;

const FINGERPRINT: &str = "BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:\
    B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD";

/// The sample with client certificates asked for, and such a line for its caller.
fn asking(certificates: &str) -> (Option<Config>, Vec<String>) {
    let text = SAMPLE.replace("# client_ca ", "client_ca ").replace("# client_crl", "client_crl");
    let (config, report) =
        read(&text.replacen("# rights = [", &format!("{certificates}\n# rights = ["), 1));
    let findings = report.findings().iter();
    let findings = findings.filter(|f| !f.message.starts_with("the sample's hash"));
    (config, findings.map(ToString::to_string).collect())
}

#[test]
fn client_certificates_are_read() {
    let (config, found) = asking(&format!("certificates = [\"{FINGERPRINT}\", \"{HASH}\"]"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("the same fingerprint stands here twice"), "{found:?}");
    let config = config.unwrap();
    let path = |placed: Option<Placed<PathBuf>>| placed.unwrap().value;
    assert_eq!(path(config.tls.client_ca), Path::new("/etc/sidecar/certs/clients.crt"));
    assert_eq!(path(config.tls.client_crl), Path::new("/etc/sidecar/certs/clients.crl"));
    let certificates = &config.projects[0].callers[0].certificates;
    assert_eq!(certificates, &[FINGERPRINT.parse().unwrap()]);

    let nine = format!("certificates = {:?}", [FINGERPRINT; 9]);
    for (wrong, expected) in [
        ("certificates = []", "remove the key where any client certificate will do"),
        ("certificates = \"clients.crt\"", "openssl x509 -noout -fingerprint -sha256"),
        (&*nine, "expected at most 8"),
    ] {
        let (config, found) = asking(wrong);
        assert!(config.is_none());
        let is_drawn = found[0].contains("| certificates = ");
        assert!(found[0].contains(expected) && is_drawn, "{found:?}");
    }
}

#[test]
fn client_certificates_that_nobody_is_asked_for_are_told() {
    let line = format!("certificates = \"{FINGERPRINT}\"\n# rights = [");
    one(
        "# rights = [",
        &line,
        "`project[0].caller[0].certificates` has no meaning without `tls.client_ca`",
    );
    one("# client_crl", "client_crl", "`tls.client_crl` has no meaning without `client_ca`");
}
