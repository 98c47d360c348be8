//! A project: one legacy server behind one base path.

use std::path::PathBuf;
use std::time::Duration;

use super::caller::{self, Caller};
use super::upstream::{self, Upstream};
use super::{Known, address, process};
use crate::diagnostic::reader::{Key, Placed, Table, key};

/// What a name must be to be fit for a metric's label.
pub(super) const NAME: &str = "1 to 64 letters, digits, `-`, `_` or `.`";

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
        .tables(caller::CALLER)
        .required("at least one table `[[project.caller]]`"),
    key("cache", "how many keys are remembered, and how long").table(CACHE),
];

pub(super) const CACHE: &[Key] = &[
    key("size", "how many keys are remembered; 0 for none").integer(0, 10_000_000),
    key("lifetime", "how long a key is remembered")
        .duration(Duration::from_secs(1), Duration::from_secs(24 * 3600)),
];

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
        let callers = caller::callers(table, known);
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
pub(super) fn name(table: &Table<'_>, taken: &mut Vec<String>) -> Option<Placed<String>> {
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

fn cache(project: &Table<'_>) -> Cache {
    let mut cache = Cache::default();
    if let Some(table) = project.table("cache") {
        process::count(&table, "size", &mut cache.size);
        process::span(&table, "lifetime", &mut cache.lifetime);
    }
    cache
}
