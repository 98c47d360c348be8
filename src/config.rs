//! The server file, `sidecar.toml`: read once, with every finding, into types that hold only what
//! is true; nothing re-checks later.
//!
//! ```toml
//! format = 1
//! listen = "0.0.0.0:8443"
//!
//! [tls]
//! certificate = "certs/sidecar.crt"
//! key         = "certs/sidecar.key"
//!
//! [[project]]
//! name      = "hr"
//! base_path = "/scim/v2"
//! mapping   = "mappings/bizagi-odata.toml"
//!
//! [project.upstream]
//! base_url = "https://bizagi.example.com/HR/"
//! auth     = { kind = "bearer", token = { file = "secrets/upstream-token" } }
//!
//! [[project.caller]]
//! name    = "entra"
//! profile = "entra"
//! tokens  = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
//! ```
//!
//! Paths are relative to the folder of the file that names them. A mapping is only named here:
//! another room compiles it. Reading touches no file but the text handed in;
//! [`Config::check_files`] looks whether those it names are there. A secret never stands in the
//! file, and where somebody wrote one, no finding repeats it. This room knows nothing of requests.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::reader::{Key, Placed, Sink, Table, key, read_file, refused};
use crate::diagnostic::{Report, Source};

mod address;
mod assemble;
mod caller;
mod files;
mod load;
mod manifest;
mod process;
mod project;
mod sample;
mod schema;
mod secrecy;
mod tls;
mod upstream;

pub use assemble::{dialects, profiles, source};
pub use caller::Caller;
pub use load::{Loaded, Refused, Standing, load};
pub use manifest::Manifest;
pub use process::{Limits, Log, LogFormat, Reload};
pub use project::{Cache, Project};
pub use sample::{InitError, MAPPINGS, SAMPLE, init};
pub use schema::{SCHEMA_FILE, schema};
pub use tls::Tls;
pub use upstream::{Auth, Upstream};

/// Why there is no switch for it, wherever somebody looks for one.
const ALWAYS_VERIFIED: &str =
    "certificates are always verified; name the issuing authority with `ca` instead";

/// What the server file itself is called among its files.
pub const SERVER_FILE: &str = "sidecar.toml";

const ROOT: &[Key] = &[
    // Only format 1 exists; a file that does not say so may be for another version or program.
    key("format", "the version of the file's format: 1")
        .integer(1, 1)
        .required("`format = 1` as the first line"),
    key("listen", "the address and port for SCIM over TLS")
        .required("an address and port, such as `0.0.0.0:8443`"),
    key("admin", "the loopback address and port for health and metrics, or \"off\""),
    key("tls", "the certificate, and whom it is shown to")
        .table(tls::TLS)
        .required("a table `[tls]` with `certificate` and `key`"),
    key("limits", "what the whole process may take").table(process::LIMITS),
    key("log", "how to log").table(process::LOG),
    key("reload", "when the files are read again without being asked").table(process::RELOAD),
    key("project", "one legacy server behind one base path")
        .tables(project::PROJECT)
        .required("at least one table `[[project]]`"),
    refused("verify", ALWAYS_VERIFIED),
    refused("insecure", ALWAYS_VERIFIED),
];

/// What the server file says.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file it was read from, for findings about what it names.
    pub source: Arc<Source>,
    /// Where SCIM is served over TLS.
    pub listen: Placed<SocketAddr>,
    /// Where health and metrics are served; always a loopback address. `None` for `"off"`.
    pub admin: Option<Placed<SocketAddr>>,
    /// The certificate and its key, and whose clients may connect.
    pub tls: Tls,
    /// What the whole process may take.
    pub limits: Limits,
    /// How to log.
    pub log: Log,
    /// When the files are read again.
    pub reload: Reload,
    /// The projects, at least one, in the file's order.
    pub projects: Vec<Project>,
}

impl Config {
    /// Reads a server file. `profiles` are the names that a caller's `profile` may have.
    ///
    /// There is a configuration exactly when the report has no errors; warnings may stand beside it.
    #[must_use]
    pub fn read(source: &Arc<Source>, profiles: &[&str]) -> (Option<Self>, Report) {
        let sink = Sink::confidential(Arc::clone(source));
        let folder = Path::new(&source.name).parent().unwrap_or(Path::new(""));
        let config = read_file(&sink, ROOT, |table| {
            secrecy::hide(table);
            let asks_clients = tls::asks_clients(table);
            root(table, Known { folder, profiles, asks_clients })
        });
        let report = sink.into_report();
        (config.filter(|_| !report.has_errors()), report)
    }
}

/// What the readers of tables need beside the table.
#[derive(Clone, Copy)]
struct Known<'k> {
    folder: &'k Path,
    profiles: &'k [&'k str],
    /// Whether clients must show a certificate.
    asks_clients: bool,
}

impl Known<'_> {
    /// A path that must be named, relative to the file's folder.
    fn required_path(&self, table: &Table<'_>, key: &str) -> Option<Placed<PathBuf>> {
        self.path_of(table, key, &table.required_text(key)?)
    }

    /// A path that may be named, relative to the file's folder.
    fn path(&self, table: &Table<'_>, key: &str) -> Option<Placed<PathBuf>> {
        self.path_of(table, key, &table.text(key)?)
    }

    fn path_of(
        &self,
        table: &Table<'_>,
        key: &str,
        written: &Placed<String>,
    ) -> Option<Placed<PathBuf>> {
        // A pasted PEM block is not a path, and may be a private key.
        if written.value.trim().is_empty() || written.value.contains(['\n', '\0']) {
            table.sink().hide(&written.span);
            table.sink().error(
                &table.span_of_key(key),
                format!("`{}` is not a path", table.named(key)),
                Some("expected the path of a file, relative to this file's folder".to_owned()),
                None,
            );
            return None;
        }
        Some(Placed { value: self.folder.join(&written.value), span: written.span.clone() })
    }
}

fn root(table: &Table<'_>, known: Known<'_>) -> Option<Config> {
    let _ = table.integer("format");
    let listen =
        table.required_text("listen").and_then(|text| address::socket(table, "listen", text));
    let admin = process::admin(table);
    if let (Some(listen), Some(Some(admin))) = (&listen, &admin) {
        process::apart(table.sink(), listen, admin);
    }
    let tls = tls::tls(table, known);
    let limits = process::limits(table);
    let log = process::log(table);
    let reload = process::reload(table);
    let projects = project::projects(table, known);
    Some(Config {
        source: Arc::clone(table.sink().source()),
        listen: listen?,
        admin: admin?,
        tls: tls?,
        limits: limits?,
        log: log?,
        reload,
        projects: projects?,
    })
}

#[cfg(test)]
mod tests;
