use proptest::prelude::*;

use super::*;
use crate::diagnostic::Severity;
use crate::gate::{CallerPace, Right, Rights};
use crate::secret::SecretSource;

mod clients;

const PROFILES: &[&str] = &["entra", "okta", "onelogin", "ping", "tolerant", "strict"];

fn read(text: &str) -> (Option<Config>, Report) {
    let source = Source { name: "/etc/sidecar/sidecar.toml".to_owned(), text: text.to_owned() };
    Config::read(&Arc::new(source), PROFILES)
}

/// The sample with one text replaced, which must be there.
fn sample_with(from: &str, to: &str) -> String {
    assert!(SAMPLE.contains(from), "{from}");
    SAMPLE.replacen(from, to, 1)
}

/// What is found in the sample with one text replaced, beside the placeholder's warning.
fn found(from: &str, to: &str) -> Vec<String> {
    let (_, report) = read(&sample_with(from, to));
    let shown = report.findings().iter().filter(|f| !f.message.starts_with("the sample's hash"));
    shown.map(|f| format!("{} [{}]", f.message, f.label.clone().unwrap_or_default())).collect()
}

fn one(from: &str, to: &str, expected: &str) {
    let found = found(from, to);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains(expected), "{found:#?}");
}

const HASH: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const BASE_URL: &str = "https://bizagi.example.com/HR/";

#[test]
fn the_sample_reads_with_its_warning_alone() {
    let (config, report) = read(SAMPLE);
    assert_eq!(report.counts(), (0, 1), "{report}");
    let config = config.unwrap();
    assert_eq!(config.tls.key.value, Path::new("/etc/sidecar/certs/sidecar.key"));
    assert_eq!(config.admin.unwrap().value, "127.0.0.1:9464".parse().unwrap());
    let project = &config.projects[0];
    assert_eq!(project.base_path.value, "/scim/v2");
    assert_eq!(project.upstream.base_url.to_string(), BASE_URL);
    assert_eq!(project.callers[0].rights, Rights::all());
    let Auth::OAuth2 { token_url, client_secret, scope, .. } = &project.upstream.auth else {
        panic!("{:?}", project.upstream.auth)
    };
    assert_eq!(token_url.to_string(), format!("{BASE_URL}oauth2/server/token"));
    assert_eq!(scope.as_deref(), Some("api"));
    let path = "/etc/sidecar/secrets/upstream-client-secret".into();
    assert_eq!(client_secret.value, SecretSource::File(path));
}

#[test]
fn the_samples_comments_show_the_defaults() {
    let mut whole = String::new();
    for line in SAMPLE.lines() {
        let bare = line.strip_prefix("# ").unwrap_or(line);
        let key = bare.split('=').next().unwrap_or_default().trim();
        let is_key = bare.contains('=') && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        // None of these has a default that could be written.
        let optional = matches!(
            key,
            "ca" | "client_certificate"
                | "client_key"
                | "public_url"
                | "client_ca"
                | "client_crl"
                | "certificates"
        );
        whole.push_str(if is_key && !optional { bare } else { line });
        whole.push('\n');
    }
    let tables = [process::LIMITS, process::LOG, process::RELOAD, caller::CALLER, project::CACHE];
    for key in tables.into_iter().chain([tls::TLS]).flatten().filter(|key| !key.refused) {
        let is_there = |line: &str| line.trim_start_matches("# ").starts_with(key.name);
        assert!(whole.lines().any(is_there), "{}", key.name);
    }
    let shown = |config: Config| {
        let project = config.projects[0].clone();
        let upstream = project.upstream;
        let caller = &project.callers[0];
        let times = (upstream.deadline, upstream.write_timeout, upstream.connect_timeout);
        let rest = (upstream.allow_clear_text, upstream.max_answer, project.cache);
        let admin = config.admin.map(|admin| admin.value);
        let process = (config.limits, config.log, config.reload, admin);
        format!("{process:?} {times:?} {rest:?} {:?} {:?}", caller.rights, caller.pace)
    };
    let (written, report) = read(&whole);
    assert!(!report.has_errors(), "{report}");
    assert_eq!(shown(written.unwrap()), shown(read(SAMPLE).0.unwrap()));
}

#[test]
fn ten_mistakes_are_ten_findings_each_on_its_line() {
    let text = format!(
        r#"format = 2
listen = "here"
admin = "0.0.0.0:9464"
lisen = "0.0.0.0:1"
[tls]
certificate = 5
key = "k"
[[project]]
name = "h r"
base_path = "scim"
mapping = "m.toml"
[project.upstream]
base_url = "http://bizagi.example.com/"
verify = false
deadline = "25"
[project.upstream.auth]
kind = "oath2"
[[project.caller]]
name = "entra"
profile = "entr"
tokens = ["{HASH}"]
rights = ["reed"]
"#
    );
    let (config, report) = read(&text);
    assert!(config.is_none());
    let mut lines: Vec<usize> = report
        .findings()
        .iter()
        .map(|f| f.source.line_and_column(f.span.clone().unwrap().start).0)
        .collect();
    lines.sort_unstable();
    assert_eq!(lines, [1, 2, 3, 4, 6, 9, 10, 13, 14, 15, 17, 20, 22], "{report}");
    let text = report.to_string();
    for help in ["`listen`?", "`oauth2`?", "`entra`?", "`read`?"] {
        assert!(text.contains(&format!("did you mean {help}")), "{help}: {text}");
    }
    assert!(text.contains("certificates are always verified"), "{text}");
}

#[test]
fn an_empty_file_misses_what_is_needed() {
    let (_, report) = read("");
    let text = report.to_string();
    for key in ["format", "listen", "tls", "project"] {
        assert!(text.contains(&format!("missing key `{key}`")), "{text}");
    }
    assert_eq!(report.findings().len(), 4, "{text}");
}

#[test]
fn clear_text_is_refused_or_warned_of() {
    one(BASE_URL, "http://bizagi.example.com/", "would leave this machine in clear text");
    assert_eq!(found(BASE_URL, "http://127.0.0.1:8088/Demo"), [""; 0]);
    let text = sample_with(BASE_URL, "http://bizagi.example.com/")
        .replace("# allow_clear_text = false", "allow_clear_text = true");
    let (config, report) = read(&text);
    // The token URL lies below the base URL: one warning is enough.
    assert_eq!(report.counts(), (0, 2), "{report}");
    assert!(config.unwrap().projects[0].upstream.allow_clear_text);
}

#[test]
fn a_base_url_is_a_plain_one_and_gets_its_slash() {
    one(BASE_URL, "https://h/HR?x=1", "no query");
    one(BASE_URL, "https://h/../HR", "segments");
    one(BASE_URL, "bizagi", "a URL that starts with `https://`");
    let (config, _) = read(&sample_with(BASE_URL, "https://h/HR"));
    assert_eq!(config.unwrap().projects[0].upstream.base_url.to_string(), "https://h/HR/");
}

#[test]
fn projects_are_apart() {
    let start = SAMPLE.find("[[project]]").unwrap();
    let second = &SAMPLE[start..];
    let twice = |name: &str, path: &str| {
        let second = second.replace("\"hr\"", name).replace("\"/scim/v2\"", path);
        let (config, report) = read(&format!("{SAMPLE}{second}"));
        (config.map(|config| config.projects.len()), report)
    };
    // The same token may open both projects.
    assert_eq!(twice("\"sales\"", "\"/sales/v2\"").0, Some(2));
    let (config, report) = twice("\"hr\"", "\"/scim\"");
    assert!(config.is_none());
    assert_eq!(report.counts().0, 2, "{report}");
    assert!(report.to_string().contains("base path `/scim` overlaps with `/scim/v2` of line"));
}

#[test]
fn callers_are_apart() {
    let caller =
        format!("[[project.caller]]\nname = \"entra\"\nprofile = \"okta\"\ntokens = \"{HASH}\"\n");
    let hash = format!("tokens  = [\"{HASH}\"]");
    let text = SAMPLE.replace(
        "tokens  = [\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"]",
        &hash,
    );
    let (_, report) = read(&format!("{text}\n{caller}"));
    assert_eq!(report.counts(), (2, 0), "{report}");
    let text = report.to_string();
    assert!(text.contains("duplicate name `entra`"), "{text}");
    assert!(text.contains("the same token belongs to two callers"), "{text}");
}

#[test]
fn a_caller_is_read_whole() {
    let text = SAMPLE
        .replace("# rights = [\"match\", \"read\", \"list\"", "rights = [\"read\"]\n# rights = [")
        .replace("# rate  = 100", "rate = 10")
        .replace("# queue = \"2s\"", "queue = \"0s\"");
    let (config, report) = read(&text);
    assert!(!report.has_errors(), "{report}");
    let caller = config.unwrap().projects.remove(0).callers.remove(0);
    assert_eq!(caller.rights, Rights::NONE.with(Right::Read));
    let CallerPace { per_second, burst, queue, .. } = caller.pace;
    assert_eq!((per_second.get(), burst.get(), queue.is_zero()), (10, 20, true));
}

#[test]
fn what_has_no_effect_is_told() {
    let text =
        SAMPLE.replace("# rights = [\"match\", \"read\", \"list\"", "rights = []\n# rights = [");
    let (config, report) = read(&text);
    assert_eq!(config.unwrap().projects[0].callers[0].rights, Rights::NONE);
    let told = report.to_string();
    assert!(told.contains("rights` is empty: whatever this caller asks for is refused"), "{told}");

    let ca = |base: &str, token: &str| {
        let (begin, _) = SAMPLE.split_once("\nbase_url").unwrap();
        let (_, end) = SAMPLE.split_once("\n[project.upstream.auth]").unwrap();
        let end = end.replacen("token_url", &format!("token_url = \"{token}\" #"), 1);
        let keys = format!("\nca = \"ca.pem\"\nbase_url = \"{base}\"\n");
        read(&format!("{begin}{keys}[project.upstream.auth]{end}")).1.to_string()
    };
    let told = ca("http://127.0.0.1/x/", "oauth2/token");
    assert!(told.contains("`project[0].upstream.ca` has no meaning without TLS"), "{told}");
    for (base, token) in [
        ("https://127.0.0.1/x/", "oauth2/token"),
        ("http://127.0.0.1/x/", "https://tokens.example.com/oauth2/token"),
    ] {
        let told = ca(base, token);
        assert!(!told.contains("has no meaning"), "{told}");
    }
}

#[test]
fn a_kind_of_auth_has_its_own_keys() {
    one(
        "kind          = \"oauth2\"",
        "kind = \"oauth2\"\nuser = \"x\"",
        "`project[0].upstream.auth.user` has no meaning with kind `oauth2`",
    );
    one("{ file = \"secrets/upstream-client-secret\" }", "{}", "needs exactly one place");
    one("\"oauth2/server/token\"", "\"/oauth2\"", "starts with a slash");
    one("\"oauth2/server/token\"", "\"../oauth2\"", "segments");
    one("\"oauth2/server/token\"", "\"http://login.example.com/\"", "clear text");
}

#[test]
fn the_admin_port_is_for_this_machine() {
    let admin = "# admin = \"127.0.0.1:9464\"";
    one(admin, "admin = \"0.0.0.0:9464\"", "must be a loopback address");
    one(admin, "admin = \"127.0.0.1:8443\"", "both want port 8443");
    assert!(read(&sample_with(admin, "admin = \"off\"")).0.unwrap().admin.is_none());
}

#[test]
fn a_secret_is_never_repeated() {
    let secret_line = "client_secret = { file = \"secrets/upstream-client-secret\" }";
    let tokens =
        "tokens  = [\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"]";
    for (from, to) in [
        (secret_line, "client_secret = \"hunter2\""),
        (secret_line, "client_secret = 'hunter2' # nonsense = "),
        (secret_line, "client_secret = \"\"\"\nx\nhunter2\"\"\""),
        (secret_line, "client_secret = \"hunter2"),
        (secret_line, "client_secret = hunter2"),
        (secret_line, "client_secret hunter2"),
        (secret_line, "client_secret = = hunter2 = 5"),
        (secret_line, "client_secret = [\n'hunter2']"),
        (secret_line, "client_secret = { value = \"hunter2\" }"),
        (secret_line, "client_secret = { file = 5, value = \"hunter2\" }"),
        (secret_line, "client_secret = { env = \"hunter2!\" }"),
        (secret_line, "clientsecret = \"hunter2\""),
        (secret_line, "pasword = \"hunter2\""),
        (secret_line, "api_key = \"hunter2\""),
        (secret_line, "pin = 0\nkey = \"hunter2\""),
        (tokens, "tokens = \"hunter2\""),
        (tokens, "tokens = [\"sha256:hunter2\", 5]"),
        (tokens, "token = [\"hunter2\"]"),
        (BASE_URL, "https://ana:hunter2@bizagi.example.com/"),
        ("\"oauth2/server/token\"", "\"https://ana:hunter2@h/?x\""),
        ("\"certs/sidecar.key\"", "\"\"\"-----BEGIN PRIVATE KEY-----\nhunter2\n\"\"\""),
        (
            "[project.upstream.auth]",
            "auht = { kind = \"bearer\", token = \"hunter2\" }\n[project.upstream.auth]",
        ),
        ("format = 1 ", "formt = { a = 1 }; x = \"hunter2\"\nformat = 1 "),
    ] {
        let (config, report) = read(&sample_with(from, to));
        let text = format!("{report} {report:?}");
        assert!(config.is_none(), "{to}");
        assert!(!text.contains("hunter2"), "{to}: {text}");
    }
    one(secret_line, "client_secret = \"hunter2\"", "must not stand in this file");
    one(tokens, "tokens = \"hunter2\"", "holds something that is not a hash");
}

#[test]
fn files_and_variables_are_looked_for() {
    let folder = std::env::temp_dir().join(format!("scim-sidecar-config-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    init(
        &folder,
        &[("sidecar.toml", ""), ("certs/sidecar.crt", "x"), ("mappings/bizagi-odata.toml", "x")],
    )
    .unwrap();
    let text = sample_with(
        "{ file = \"secrets/upstream-client-secret\" }",
        "{ env = \"SCIM_SIDECAR_NEVER_SET\" }",
    );
    let name = folder.join("sidecar.toml").display().to_string();
    let read = |text: String| {
        let (config, _) = Config::read(&Arc::new(Source { name: name.clone(), text }), PROFILES);
        config.unwrap()
    };
    let report = read(text).check_files();
    assert_eq!(report.counts(), (2, 0), "{report}");
    let shown = report.to_string();
    assert!(shown.contains("cannot read the private key"), "{shown}");
    assert!(shown.contains("`SCIM_SIDECAR_NEVER_SET`, found it unset"), "{shown}");

    crate::platform::write_private(&folder.join("certs/sidecar.key"), b"x").unwrap();
    std::fs::create_dir(folder.join("secrets")).unwrap();
    let secret = folder.join("secrets/upstream-client-secret");
    crate::platform::write_private(&secret, b"hunter2\n").unwrap();
    let config = read(SAMPLE.to_owned());
    assert_eq!(config.check_files().findings(), []);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o644)).unwrap();
        let report = config.check_files();
        assert_eq!(report.findings()[0].severity, Severity::Warning);
        assert!(report.to_string().contains("chmod 600"), "{report}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

proptest! {
    #[test]
    fn no_line_is_too_odd(line in 0..SAMPLE.lines().count(), other in "[ -~äλ\t]{0,40}") {
        let lines = SAMPLE.lines().enumerate();
        let text: Vec<&str> =
            lines.map(|(at, old)| if at == line { other.as_str() } else { old }).collect();
        let (config, report) = read(&text.join("\n"));
        prop_assert_eq!(config.is_some(), !report.has_errors());
        let _ = report.to_string();
    }

    #[test]
    fn no_slip_of_the_pen_shows_a_secret(
        which in 0..4_usize,
        at in any::<prop::sample::Index>(),
        slip in "[ -~\n]{0,2}",
        dropped in 0..3_usize,
    ) {
        const SECRET: &str = "hunter2hunter2";
        let auth = "client_secret = { file = \"secrets/upstream-client-secret\" }";
        let written = [
            format!("client_secret = \"{SECRET}\""),
            format!("client_secret = {{ value = \"{SECRET}\", env = \"A\" }}"),
            format!("client_secret = \"\"\"{SECRET}\"\"\""),
            format!("client_secret = '{SECRET}'\ntoken = [\"{SECRET}\"]"),
        ];
        let written = &written[which];
        // Anywhere before the secret, where the slip changes what it is.
        let at = at.index(written.find(SECRET).unwrap());
        let end = (at + dropped).min(written.find(SECRET).unwrap());
        let slipped = format!("{}{slip}{}", &written[..at], &written[end..]);
        let (_, report) = read(&sample_with(auth, &slipped));
        let text = report.to_string();
        prop_assert!(!text.contains(SECRET), "{}: {}", slipped, text);
    }
}
