//! The legacy server: where it is, how long it may take, and how we prove who we are.

use std::path::PathBuf;
use std::time::Duration;

use http::Uri;
use toml::Spanned;
use toml::de::DeValue;

use super::{ALWAYS_VERIFIED, Known, address, process};
use crate::diagnostic::alternatives;
use crate::diagnostic::reader::{Key, Placed, Table, key, refused};
use crate::secret::SecretSource;

/// The longest deadline.
const LONGEST: Duration = Duration::from_secs(600);

pub(super) const UPSTREAM: &[Key] = &[
    key("base_url", "the URL that every call stays under").required("the upstream's URL"),
    key("ca", "PEM file with the only authorities to trust, instead of the system's"),
    key("client_certificate", "PEM file with the certificate that we show where TLS asks for one"),
    key("client_key", "PEM file with its private key"),
    key("allow_clear_text", "whether `http://` may leave this machine").boolean(),
    key("deadline", "time for everything that one request needs of the upstream")
        .duration(Duration::from_millis(100), LONGEST),
    key("write_timeout", "time for one writing call; at most the deadline")
        .duration(Duration::from_millis(10), LONGEST),
    key("connect_timeout", "time for a connection; at most the deadline")
        .duration(Duration::from_millis(10), LONGEST),
    key("max_answer", "bytes of one answer").integer(1024, 1024 * 1024 * 1024),
    key("auth", "how we prove who we are")
        .table(AUTH)
        .required("a table with `kind`, one of `oauth2`, `bearer`, `basic` or `none`"),
    key("account", "the upstream's user that `auth` stands for, whose row is never written"),
    refused("verify", ALWAYS_VERIFIED),
    refused("verify_certificate", ALWAYS_VERIFIED),
    refused("skip_verify", ALWAYS_VERIFIED),
    refused("insecure", ALWAYS_VERIFIED),
];

pub(super) const AUTH: &[Key] = &[
    key("kind", "`oauth2`, `bearer`, `basic` or `none`")
        .word(|| KINDS.iter().map(|entry| entry.0).collect())
        .required("`oauth2`, `bearer`, `basic` or `none`"),
    key("token_url", "where a token is asked for; relative to `base_url`, or absolute"),
    key("client_id", "the OAuth client's id"),
    key("client_secret", "the OAuth client's secret").table(SOURCE),
    key("scope", "the OAuth scope to ask for"),
    key("token", "the bearer token").table(SOURCE),
    key("user", "the user name"),
    key("password", "the password").table(SOURCE),
];

pub(super) const SOURCE: &[Key] = &[
    key("file", "a file that holds the secret and nothing else"),
    key("env", "the name of an environment variable"),
];

/// The legacy server behind a project.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// What every call stays under: `http` or `https`, without user name, query and fragment,
    /// with a slash at its end.
    pub base_url: Uri,
    /// The only authorities to trust; `None` trusts the system's.
    pub ca: Option<Placed<PathBuf>>,
    /// The certificate that we show where TLS asks for one, and its private key.
    pub identity: Option<(Placed<PathBuf>, Placed<PathBuf>)>,
    /// Whether somebody agreed to `http` beyond this machine, which is warned of at every load.
    pub allow_clear_text: bool,
    /// Time for everything that one request needs of the upstream. 100 ms to 10 min.
    pub deadline: Duration,
    /// Time for one writing call. 100 ms to the deadline.
    pub write_timeout: Duration,
    /// Time for a connection with its TLS handshake. 10 ms to the deadline.
    pub connect_timeout: Duration,
    /// Bytes of one answer. 1 KiB to 1 GiB.
    pub max_answer: usize,
    /// How we prove who we are.
    pub auth: Auth,
    /// The upstream's user whom that proof makes us; nobody may lock us out by changing its row.
    pub account: Option<String>,
}

/// How we prove who we are to the upstream.
#[derive(Clone, Debug)]
pub enum Auth {
    /// Not at all.
    None,
    /// By a token that does not change (RFC 6750).
    Bearer {
        /// The token.
        token: Placed<SecretSource>,
    },
    /// By name and password (RFC 7617).
    Basic {
        /// The name; without a colon.
        user: String,
        /// The password.
        password: Placed<SecretSource>,
    },
    /// By a token that we ask for ourselves (client credentials, RFC 6749 §4.4).
    OAuth2 {
        /// Where, absolute.
        token_url: Uri,
        /// The client's id.
        client_id: String,
        /// The client's secret.
        client_secret: Placed<SecretSource>,
        /// The scope to ask for.
        scope: Option<String>,
    },
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    OAuth2,
    Bearer,
    Basic,
    None,
}

/// The names of the kinds, and the keys that each of them takes.
pub(super) const KINDS: &[(&str, Kind, &[&str])] = &[
    ("oauth2", Kind::OAuth2, &["token_url", "client_id", "client_secret", "scope"]),
    ("bearer", Kind::Bearer, &["token"]),
    ("basic", Kind::Basic, &["user", "password"]),
    ("none", Kind::None, &[]),
];

pub(super) fn upstream(project: &Table<'_>, known: Known<'_>) -> Option<Upstream> {
    let table = project.table("upstream")?;
    let allow_clear_text = table.boolean("allow_clear_text").unwrap_or(false);
    let base_url = table
        .required_text("base_url")
        .and_then(|text| encrypted_url(&table, "base_url", &text, allow_clear_text))
        .map(address::with_slash);
    let ca = known.path(&table, "ca");
    let identity = identity(&table, known, base_url.as_ref());
    let seconds = Duration::from_secs;
    let mut deadline = seconds(25);
    process::span(&table, "deadline", &mut deadline);
    let write_timeout = within(&table, "write_timeout", seconds(15), deadline);
    let connect_timeout = within(&table, "connect_timeout", seconds(5), deadline);
    let mut max_answer = 8 * 1024 * 1024;
    process::count(&table, "max_answer", &mut max_answer);
    let auth = auth(&table, known, base_url.as_ref(), allow_clear_text);
    // The token endpoint is trusted by the same authorities.
    let is_tls = |url: &Uri| url.scheme_str() == Some("https");
    let asks_over_tls = matches!(&auth, Some(Auth::OAuth2 { token_url, .. }) if is_tls(token_url));
    if auth.is_some() && base_url.as_ref().is_some_and(|url| !is_tls(url)) && !asks_over_tls {
        without_tls(&table, "ca");
    }
    let account = table.text("account").map(|text| text.value).or(match &auth {
        Some(Auth::Basic { user, .. }) => Some(user.clone()),
        _ => None,
    });
    Some(Upstream {
        base_url: base_url?,
        ca,
        identity,
        allow_clear_text,
        deadline,
        write_timeout,
        connect_timeout,
        max_answer,
        auth: auth?,
        account,
    })
}

/// A client certificate and its key: both or none, and only where there is TLS.
fn identity(
    table: &Table<'_>,
    known: Known<'_>,
    base_url: Option<&Uri>,
) -> Option<(Placed<PathBuf>, Placed<PathBuf>)> {
    let keys = ["client_certificate", "client_key"];
    let [certificate, key] = keys.map(|key| known.path(table, key));
    for (here, other) in [keys, [keys[1], keys[0]]].map(|[here, other]| (here, other)) {
        if table.has(here) && !table.has(other) {
            table.missing(other, &format!("a PEM file beside `{here}`"));
        }
    }
    if certificate.is_some() && base_url.is_some_and(|url| url.scheme_str() == Some("http")) {
        without_tls(table, keys[0]);
    }
    certificate.zip(key)
}

/// Refuses a key that only TLS gives a meaning, if it is there.
fn without_tls(table: &Table<'_>, key: &str) {
    if table.has(key) {
        table.sink().error(
            &table.span_of_key(key),
            format!("`{}` has no meaning without TLS", table.named(key)),
            Some("expected a `base_url` with `https://`".to_owned()),
            None,
        );
    }
}

/// A time that cannot be longer than the deadline; the default gives way, what is written must fit.
fn within(table: &Table<'_>, key: &str, default: Duration, deadline: Duration) -> Duration {
    table.duration_within(key, deadline).unwrap_or_else(|| default.min(deadline))
}

/// A URL to which a credential may be sent: `https`, or `http` on this machine, or wherever
/// somebody said so.
fn encrypted_url(
    table: &Table<'_>,
    key: &str,
    text: &Placed<String>,
    allow_clear_text: bool,
) -> Option<Uri> {
    let url = address::url(table, key, text)?;
    if url.scheme_str() == Some("https") || address::is_loopback(&url) {
        return Some(url);
    }
    if allow_clear_text {
        table.sink().warning(
            &text.span,
            format!("`{}` sends credentials and people's data in clear text", table.named(key)),
            Some("use `https://` and remove `allow_clear_text`".to_owned()),
        );
        return Some(url);
    }
    table.sink().error(
        &text.span,
        format!("`{}` would leave this machine in clear text", table.named(key)),
        Some("expected `https://`".to_owned()),
        Some("if the network in between is trusted, set `allow_clear_text = true`".to_owned()),
    );
    None
}

fn auth(
    upstream: &Table<'_>,
    known: Known<'_>,
    base_url: Option<&Uri>,
    allow_clear_text: bool,
) -> Option<Auth> {
    let table = upstream.table("auth")?;
    let choices: Vec<_> = KINDS.iter().map(|entry| (entry.0, entry)).collect();
    let (name, kind, keys) = table.choice("kind", &choices)?;
    for other in AUTH.iter().map(|key| key.name).filter(|key| *key != "kind") {
        if table.has(other) && !keys.contains(&other) {
            table.sink().error(
                &table.span_of_key(other),
                format!("`{}` has no meaning with kind `{name}`", table.named(other)),
                Some(match keys {
                    [] => "expected no further key".to_owned(),
                    keys => format!("expected {}", alternatives(keys.iter().copied())),
                }),
                None,
            );
        }
    }
    match kind {
        Kind::None => Some(Auth::None),
        Kind::Bearer => Some(Auth::Bearer { token: secret(&table, "token", known)? }),
        Kind::Basic => {
            let user = table.needed_text("user", "a user name");
            let password = secret(&table, "password", known);
            let user = user?;
            if user.value.contains(':') {
                let message = format!("`{}` has a colon", table.named("user"));
                let label = Some("expected a name without colon (RFC 7617 §2)".to_owned());
                table.sink().error(&user.span, message, label, None);
            }
            Some(Auth::Basic { user: user.value, password: password? })
        }
        Kind::OAuth2 => {
            let token_url = table
                .needed_text("token_url", "a path below `base_url`, or an absolute URL")
                .and_then(|text| token_url(&table, text, base_url, allow_clear_text));
            let client_id = table.needed_text("client_id", "the client's id");
            let client_secret = secret(&table, "client_secret", known);
            let scope = table.text("scope").map(|scope| scope.value);
            Some(Auth::OAuth2 {
                token_url: token_url?,
                client_id: client_id?.value,
                client_secret: client_secret?,
                scope,
            })
        }
    }
}

/// An absolute URL, or a path that is put behind the base URL.
fn token_url(
    table: &Table<'_>,
    text: Placed<String>,
    base_url: Option<&Uri>,
    allow_clear_text: bool,
) -> Option<Uri> {
    if text.value.contains("://") {
        return encrypted_url(table, "token_url", &text, allow_clear_text);
    }
    if text.value.starts_with('/') {
        table.sink().error(
            &text.span,
            format!("`{}` starts with a slash", table.named("token_url")),
            Some("expected a path that goes on behind `base_url`, or an absolute URL".to_owned()),
            None,
        );
        return None;
    }
    // A wrong base URL was told already; the path is looked at all the same.
    let base = base_url.map_or_else(|| "https://unknown.invalid/".to_owned(), ToString::to_string);
    let whole = text.map(|path| format!("{base}{path}"));
    let url = address::url(table, "token_url", &whole)?;
    base_url.map(|_| url)
}

/// Where a secret is kept; never the secret itself.
fn secret(table: &Table<'_>, key: &str, known: Known<'_>) -> Option<Placed<SecretSource>> {
    const SHAPE: &str = "`{ file = \"…\" }` or `{ env = \"…\" }`";
    let sink = table.sink();
    let wrong = |message: String, help: Option<&str>| {
        let label = Some(format!("expected {SHAPE}"));
        sink.error(&table.span_of_key(key), message, label, help.map(str::to_owned));
    };
    let Some(value) = table.any(key) else {
        table.missing(key, SHAPE);
        return None;
    };
    // Whatever is wrong here, a comment beside it may hold the secret that stood here before.
    sink.hide(&table.span_of_key(key));
    if !matches!(value.get_ref(), DeValue::Table(_)) {
        sink.hide(&value.span());
        wrong(
            format!("`{}` must not stand in this file", table.named(key)),
            Some("put it into a file of its own that only the service's account may read"),
        );
        return None;
    }
    let span = Spanned::span(value);
    let source = table.table(key)?;
    let (file, env) = (known.path(&source, "file"), source.text("env"));
    let value = match (source.has("file"), source.has("env")) {
        (true, false) => SecretSource::File(file?.value),
        (false, true) => {
            let env = env?;
            if !is_variable(&env.value) {
                // It may be the secret itself.
                sink.hide(&env.span);
                wrong(format!("`{}` is not the name of a variable", source.named("env")), None);
                return None;
            }
            SecretSource::Environment(env.value)
        }
        _ => {
            wrong(format!("`{}` needs exactly one place", table.named(key)), None);
            return None;
        }
    };
    Some(Placed { value, span })
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
