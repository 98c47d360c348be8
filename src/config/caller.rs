//! Who may call a project: an identity provider with its tokens, rights and pace.

use std::time::Duration;

use super::{Known, process, project, sample};
use crate::diagnostic::reader::{Holds, Key, Placed, Table, key};
use crate::gate::{CallerPace, Right, Rights};
use crate::seam::Fingerprint;
use crate::secret::TokenHash;

pub(super) const CALLER: &[Key] = &[
    key("name", "its name in logs and the audit").required(project::NAME),
    key("profile", "which dialect of SCIM it speaks")
        .holds(Holds::Registered)
        .required("the name of a profile, such as `entra`"),
    key("tokens", "the hash of its token, or up to eight of them")
        .texts()
        .required("`sha256:` and 64 hexadecimal digits, or a list of such"),
    key(
        "certificates",
        "the SHA-256 of the client certificate that its tokens must come with, or up to eight",
    )
    .texts(),
    key("rights", "what it may do; everything where the key is not there")
        .holds(Holds::Words(|| Right::ALL.iter().map(|right| right.name()).collect())),
    key("rate", "requests per second, in the long run").integer(1, 100_000),
    key("burst", "requests at once, after a pause").integer(1, 100_000),
    key("queue", "how long a request may wait for its turn")
        .duration(Duration::ZERO, Duration::from_secs(30)),
];

/// The most tokens or certificates of one caller: enough to replace one, few enough to know them.
const MOST: usize = 8;

/// An identity provider that may call a project.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Its name in logs and the audit; unique in its project.
    pub name: Placed<String>,
    /// The name of the profile that it speaks; one of those that were handed in.
    pub profile: Placed<String>,
    /// The hashes of its tokens, one to eight; none belongs to two callers of a project.
    pub tokens: Vec<TokenHash>,
    /// The client certificates of which its tokens must come with one, at most eight; empty where
    /// they need none.
    pub certificates: Vec<Fingerprint>,
    /// What it may do.
    pub rights: Rights,
    /// How often it may come.
    pub pace: CallerPace,
}

/// Every caller of a project; `None` when one of them is wrong or there is none.
pub(super) fn callers(project: &Table<'_>, known: Known<'_>) -> Option<Vec<Caller>> {
    let tables = project.tables("caller");
    if tables.is_empty() {
        return None;
    }
    let mut names = Vec::new();
    let mut hashes = Vec::new();
    let mut callers = Vec::new();
    for (index, table) in tables.iter().enumerate() {
        let name = project::name(table, &mut names);
        let profile = profile(table, known);
        let tokens = tokens(table, index, &mut hashes);
        let certificates = certificates(table, known);
        let rights = rights(table);
        let pace = pace(table);
        callers.push((|| {
            let (name, profile, tokens) = (name?, profile?, tokens?);
            Some(Caller { name, profile, tokens, certificates, rights, pace })
        })());
    }
    callers.into_iter().collect()
}

fn profile(table: &Table<'_>, known: Known<'_>) -> Option<Placed<String>> {
    let profile = table.required_text("profile")?;
    if !known.profiles.contains(&profile.value.as_str()) {
        let names = known.profiles.iter().copied();
        table.sink().unknown(&profile.span, "profile", &profile.value, names);
        return None;
    }
    Some(profile)
}

/// The hashes of one caller. `taken` holds those of the project so far, each with its caller's
/// place: a token names one caller, or the audit could not say who it was.
fn tokens(
    table: &Table<'_>,
    index: usize,
    taken: &mut Vec<(TokenHash, usize)>,
) -> Option<Vec<TokenHash>> {
    const MAKE: &str = "run `scim-sidecar token` for a new token and its hash";
    let written = table.one_or_many("tokens");
    let sink = table.sink();
    if written.is_empty() {
        // That it is missing, or of a wrong type, was told already.
        if is_empty_list(table, "tokens") {
            let message = format!("`{}` is empty", table.named("tokens"));
            let label = Some("expected at least one hash".to_owned());
            sink.error(&table.span_of("tokens"), message, label, Some(MAKE.to_owned()));
        }
        return None;
    }
    at_most(table, "tokens", written.len());
    let mut hashes = Vec::new();
    for text in &written {
        let Ok(hash) = text.value.parse::<TokenHash>() else {
            // It may be the token itself: the value is neither repeated nor drawn.
            sink.hide(&text.span);
            sink.error(
                &text.span,
                format!("`{}` holds something that is not a hash", table.named("tokens")),
                Some("expected `sha256:` and 64 hexadecimal digits".to_owned()),
                Some(MAKE.to_owned()),
            );
            continue;
        };
        if text.value == sample::PLACEHOLDER {
            let message = "the sample's hash: no token opens it";
            sink.warning(&text.span, message, Some(MAKE.to_owned()));
        }
        match taken.iter().find(|(other, _)| *other == hash) {
            Some((_, other)) if *other == index => {
                sink.warning(&text.span, "the same hash stands here twice", None);
            }
            Some(_) => sink.error(
                &text.span,
                "the same token belongs to two callers of one project",
                Some("expected a token of its own for each caller".to_owned()),
                Some(MAKE.to_owned()),
            ),
            None => {
                taken.push((hash, index));
                hashes.push(hash);
            }
        }
    }
    Some(hashes)
}

/// The certificates that one caller's tokens must come with.
fn certificates(table: &Table<'_>, known: Known<'_>) -> Vec<Fingerprint> {
    const SHOW: &str =
        "`openssl x509 -noout -fingerprint -sha256 -in client.crt` prints it, behind the `=`";
    let written = table.one_or_many("certificates");
    let sink = table.sink();
    if table.has("certificates") && !known.asks_clients {
        sink.error(
            &table.span_of_key("certificates"),
            format!("`{}` has no meaning without `tls.client_ca`", table.named("certificates")),
            Some("expected no such key, or that one in `[tls]`".to_owned()),
            Some("no client is asked for a certificate, so that no token would be good".to_owned()),
        );
    }
    if is_empty_list(table, "certificates") {
        // Whether nobody is meant or everybody is not ours to guess.
        sink.error(
            &table.span_of("certificates"),
            format!("`{}` is empty", table.named("certificates")),
            Some("expected at least one fingerprint".to_owned()),
            Some("remove the key where any client certificate will do".to_owned()),
        );
    }
    at_most(table, "certificates", written.len());
    let mut certificates = Vec::new();
    for text in &written {
        match text.value.parse::<Fingerprint>() {
            Ok(known) if certificates.contains(&known) => {
                sink.warning(&text.span, "the same fingerprint stands here twice", None);
            }
            Ok(fingerprint) => certificates.push(fingerprint),
            Err(expected) => sink.error(
                &text.span,
                format!("`{}` holds something that is no fingerprint", table.named("certificates")),
                Some(expected.to_string()),
                Some(SHOW.to_owned()),
            ),
        }
    }
    certificates
}

fn is_empty_list(table: &Table<'_>, key: &str) -> bool {
    let list = table.any(key).and_then(|value| value.get_ref().as_array());
    list.is_some_and(|list| list.is_empty())
}

fn at_most(table: &Table<'_>, key: &str, found: usize) {
    if found > MOST {
        table.sink().error(
            &table.span_of_key(key),
            format!("`{}` has {found} entries", table.named(key)),
            Some(format!("expected at most {MOST}")),
            None,
        );
    }
}

fn rights(table: &Table<'_>) -> Rights {
    if !table.has("rights") {
        return Rights::all();
    }
    if is_empty_list(table, "rights") {
        table.sink().warning(
            &table.span_of("rights"),
            format!(
                "`{}` is empty: whatever this caller asks for is refused",
                table.named("rights")
            ),
            Some("name what it may do, or remove the key for everything".to_owned()),
        );
    }
    let mut rights = Rights::NONE;
    for written in table.one_or_many("rights") {
        match Right::named(&written.value) {
            Some(right) => rights = rights.with(right),
            None => {
                let names = Right::ALL.iter().map(|right| right.name());
                table.sink().unknown(&written.span, "right", &written.value, names);
            }
        }
    }
    rights
}

fn pace(table: &Table<'_>) -> CallerPace {
    let mut pace = CallerPace::default();
    let rate = process::rate(table, "rate", &mut pace.per_second);
    // Who only says how many a second gets the usual two seconds' worth at once.
    if !process::rate(table, "burst", &mut pace.burst) && rate {
        pace.burst = pace.per_second.saturating_add(pace.per_second.get());
    }
    process::span(table, "queue", &mut pace.queue);
    pace
}
