//! A project: one legacy server behind one base path, and who may call it.

use std::path::PathBuf;
use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use super::upstream::{self, Upstream};
use super::{Known, address, process, sample};
use crate::diagnostic::reader::{Holds, Key, Placed, Table, key};
use crate::gate::{CallerPace, Right, Rights};
use crate::secret::TokenHash;

/// What a name must be to be fit for a metric's label.
const NAME: &str = "1 to 64 letters, digits, `-`, `_` or `.`";

pub(super) const PROJECT: &[Key] = &[
    key("name", "its name in logs and the audit").required(NAME),
    key("base_path", "the path that its SCIM URLs start with")
        .required("a path such as `/scim/v2`"),
    key("mapping", "the mapping file").required("the path of a mapping file"),
    key("grants", "what gives people rights upstream, and the mapping may write all the same")
        .texts(),
    key("empty_groups", "whether GET /Groups answers an empty list instead of 404").boolean(),
    key("public_url", "the origin by which clients reach us"),
    key("upstream", "the legacy server")
        .table(upstream::UPSTREAM)
        .required("a table `[project.upstream]` with `base_url` and `auth`"),
    key("caller", "an identity provider that may call")
        .tables(CALLER)
        .required("at least one table `[[project.caller]]`"),
    key("cache", "how many keys are remembered, and how long").table(CACHE),
];

pub(super) const CALLER: &[Key] = &[
    key("name", "its name in logs and the audit").required(NAME),
    key("profile", "which dialect of SCIM it speaks")
        .holds(Holds::Registered)
        .required("the name of a profile, such as `entra`"),
    key("tokens", "the hash of its token, or up to eight of them")
        .texts()
        .required("`sha256:` and 64 hexadecimal digits, or a list of such"),
    key("rights", "what it may do; everything where the key is not there")
        .holds(Holds::Words(|| Right::ALL.iter().map(|right| right.name()).collect())),
    key("rate", "requests per second, in the long run").integer(1, 100_000),
    key("burst", "requests at once, after a pause").integer(1, 100_000),
    key("queue", "how long a request may wait for its turn")
        .duration(Duration::ZERO, Duration::from_secs(30)),
];

pub(super) const CACHE: &[Key] = &[
    key("size", "how many keys are remembered; 0 for none").integer(0, 10_000_000),
    key("lifetime", "how long a key is remembered")
        .duration(Duration::from_secs(1), Duration::from_secs(24 * 3600)),
];

/// The most tokens of one caller: enough to replace one, few enough to know them.
const MOST_TOKENS: usize = 8;

/// One legacy server behind one base path.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its name in logs and the audit: letters, digits, `-`, `_` and `.`, unique.
    pub name: Placed<String>,
    /// What its URLs start with: a leading slash, none at the end; no project's lies in another's.
    pub base_path: Placed<String>,
    /// The mapping file.
    pub mapping: Placed<PathBuf>,
    /// What gives people rights upstream, and the mapping may write all the same; names as the
    /// mapping's dialect has them, in any letter case.
    pub grants: Vec<Placed<String>>,
    /// Whether `GET /Groups` answers an empty list, for clients that ask and do not bear a 404.
    pub empty_groups: bool,
    /// The origin by which clients reach us, such as `https://scim.example.com`, without a slash
    /// at its end; `None` takes what each request says.
    pub public_url: Option<String>,
    /// The legacy server.
    pub upstream: Upstream,
    /// Who may call, at least one.
    pub callers: Vec<Caller>,
    /// The memory for keys.
    pub cache: Cache,
}

/// An identity provider that may call a project.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Its name in logs and the audit; unique in its project.
    pub name: Placed<String>,
    /// The name of the profile that it speaks; one of those that were handed in.
    pub profile: Placed<String>,
    /// The hashes of its tokens, one to eight; none belongs to two callers of a project.
    pub tokens: Vec<TokenHash>,
    /// What it may do.
    pub rights: Rights,
    /// How often it may come.
    pub pace: CallerPace,
}

/// How many keys are remembered, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cache {
    /// Keys; 0 for none. At most 10 000 000.
    pub size: u64,
    /// How long. 1 s to 24 h.
    pub lifetime: Duration,
}

impl Default for Cache {
    fn default() -> Self {
        Self { size: 100_000, lifetime: Duration::from_secs(600) }
    }
}

/// Every project; `None` when one of them is wrong or there is none.
pub(super) fn projects(root: &Table<'_>, known: Known<'_>) -> Option<Vec<Project>> {
    let tables = root.tables("project");
    if tables.is_empty() {
        return None;
    }
    let mut names = Vec::new();
    let mut paths: Vec<Placed<String>> = Vec::new();
    let mut projects = Vec::new();
    for table in &tables {
        let name = name(table, &mut names);
        let base_path = base_path(table, &mut paths);
        let mapping = known.required_path(table, "mapping");
        let empty_groups = table.boolean("empty_groups").unwrap_or(false);
        let public_url = public_url(table);
        let upstream = upstream::upstream(table, known);
        let callers = callers(table, known);
        let cache = cache(table);
        projects.push((|| {
            Some(Project {
                name: name?,
                base_path: base_path?,
                mapping: mapping?,
                grants: table.one_or_many("grants"),
                empty_groups,
                public_url,
                upstream: upstream?,
                callers: callers?,
                cache,
            })
        })());
    }
    projects.into_iter().collect()
}

/// A name that is fit for a metric's label and not in `taken`, where it is put.
fn name(table: &Table<'_>, taken: &mut Vec<String>) -> Option<Placed<String>> {
    let name = table.required_text("name")?;
    let fit = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    if name.value.len() > 64 || !name.value.bytes().all(fit) {
        let message = format!("`{}` is not a name", table.named("name"));
        table.sink().error(&name.span, message, Some(format!("expected {NAME}")), None);
        return None;
    }
    if taken.contains(&name.value) {
        let label = Some("expected a name that no other has".to_owned());
        table.sink().error(&name.span, format!("duplicate name `{}`", name.value), label, None);
    }
    taken.push(name.value.clone());
    Some(name)
}

/// A base path apart from all in `taken`, where it is put.
fn base_path(table: &Table<'_>, taken: &mut Vec<Placed<String>>) -> Option<Placed<String>> {
    let path = table.required_text("base_path")?;
    if let Some(expected) = address::base_path_fault(&path.value) {
        let message = format!("`{}` is not a base path", table.named("base_path"));
        table.sink().error(&path.span, message, Some(format!("expected {expected}")), None);
        return None;
    }
    if let Some(other) = taken.iter().find(|other| address::overlap(&path.value, &other.value)) {
        let (line, _) = table.sink().source().line_and_column(other.span.start);
        table.sink().error(
            &path.span,
            format!("base path `{}` overlaps with `{}` of line {line}", path.value, other.value),
            Some("expected a path that is neither above nor below another's".to_owned()),
            None,
        );
    }
    taken.push(path.clone());
    Some(path)
}

fn public_url(table: &Table<'_>) -> Option<String> {
    let text = table.text("public_url")?;
    let url = address::url(table, "public_url", &text)?;
    if url.scheme_str() != Some("https") || url.path() != "/" {
        table.sink().error(
            &text.span,
            format!("`{}` is not an origin", table.named("public_url")),
            Some("expected `https://`, a host and perhaps a port, and no path".to_owned()),
            Some("`base_path` is put behind it".to_owned()),
        );
        return None;
    }
    url.authority().map(|authority| format!("https://{authority}"))
}

fn callers(project: &Table<'_>, known: Known<'_>) -> Option<Vec<Caller>> {
    let tables = project.tables("caller");
    if tables.is_empty() {
        return None;
    }
    let mut names = Vec::new();
    let mut hashes = Vec::new();
    let mut callers = Vec::new();
    for (index, table) in tables.iter().enumerate() {
        let name = name(table, &mut names);
        let profile = profile(table, known);
        let tokens = tokens(table, index, &mut hashes);
        let rights = rights(table);
        let pace = pace(table);
        callers.push((|| {
            Some(Caller { name: name?, profile: profile?, tokens: tokens?, rights, pace })
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
        if let Some(DeValue::Array(list)) = table.any("tokens").map(Spanned::get_ref)
            && list.is_empty()
        {
            let message = format!("`{}` is empty", table.named("tokens"));
            let label = Some("expected at least one hash".to_owned());
            sink.error(&table.span_of("tokens"), message, label, Some(MAKE.to_owned()));
        }
        return None;
    }
    if written.len() > MOST_TOKENS {
        sink.error(
            &table.span_of_key("tokens"),
            format!("`{}` has {} hashes", table.named("tokens"), written.len()),
            Some(format!("expected at most {MOST_TOKENS}")),
            None,
        );
    }
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

fn rights(table: &Table<'_>) -> Rights {
    if !table.has("rights") {
        return Rights::all();
    }
    if let Some(DeValue::Array(list)) = table.any("rights").map(Spanned::get_ref)
        && list.is_empty()
    {
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

fn cache(project: &Table<'_>) -> Cache {
    let mut cache = Cache::default();
    if let Some(table) = project.table("cache") {
        process::count(&table, "size", &mut cache.size);
        process::span(&table, "lifetime", &mut cache.lifetime);
    }
    cache
}
