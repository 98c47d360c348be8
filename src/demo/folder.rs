//! The demonstration's folder: certificate, configuration, mapping, secrets and the legacy
//! server's database.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::certificate::Development;
use super::{Access, DemoError, Dialect};
use crate::config::MAPPINGS;
use crate::platform::write_private;
use crate::seam::Random;
use crate::secret::TokenHash;

/// The sidecar's name at the legacy server's token endpoint.
pub(super) const CLIENT_ID: &str = "scim-sidecar";
/// What a client must trust.
pub(super) const AUTHORITY: &str = "certs/ca.pem";
const CERTIFICATE: &str = "certs/sidecar.crt";
const KEY: &str = "certs/sidecar.key";
const CLIENT_SECRET: &str = "secrets/upstream-client-secret";

/// A folder, its own or a temporary one.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    temporary: bool,
}

pub(super) fn failed(path: &Path, cause: io::Error) -> DemoError {
    DemoError::File { path: path.display().to_string(), cause }
}

impl Folder {
    /// Opens `data`, or makes a temporary folder that is removed at the end.
    pub(super) fn open(data: Option<PathBuf>, random: &dyn Random) -> Result<Self, DemoError> {
        let temporary = data.is_none();
        let root = match data {
            Some(data) => data,
            None => {
                let mut bytes = [0; 8];
                random.fill(&mut bytes)?;
                let name = format!("scim-sidecar-demo-{:016x}", u64::from_be_bytes(bytes));
                std::env::temp_dir().join(name)
            }
        };
        fs::create_dir_all(&root).map_err(|cause| failed(&root, cause))?;
        // What is printed is pasted elsewhere: a relative path would not be found there.
        let root = std::path::absolute(&root).map_err(|cause| failed(&root, cause))?;
        Ok(Self { root, temporary })
    }

    /// A file in the folder.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        // By its components, so that the system's own separator stands between them.
        self.root.join(name).components().collect()
    }

    /// What a person reads about it.
    pub(super) fn describe(&self) -> String {
        let kept = if self.temporary { "removed at the end" } else { "kept" };
        format!("{} ({kept})", self.root.display())
    }

    /// Writes everything that the sidecar needs. A certificate that is there already stays, so that
    /// who trusts its authority still does.
    pub(super) fn prepare(
        &self,
        listen: SocketAddr,
        admin: SocketAddr,
        upstream: &str,
        dialect: Dialect,
        access: &Access,
    ) -> Result<(), DemoError> {
        let [authority, certificate, key] = [AUTHORITY, CERTIFICATE, KEY].map(|n| self.path(n));
        if ![&authority, &certificate, &key].iter().all(|path| path.is_file()) {
            let development = Development::generate()?;
            write(&authority, development.authority.as_bytes())?;
            write(&certificate, development.certificate.as_bytes())?;
            private(&key, development.key.expose().as_bytes())?;
        }
        private(&self.path(CLIENT_SECRET), access.client.expose().as_bytes())?;
        for (name, text) in MAPPINGS {
            write(&self.path(name), text.as_bytes())?;
        }
        let text = configuration(listen, admin, upstream, dialect, access);
        write(&self.path("sidecar.toml"), text.as_bytes())
    }

    /// Removes a temporary folder.
    pub(super) fn close(mut self) -> Result<(), DemoError> {
        if std::mem::take(&mut self.temporary) {
            fs::remove_dir_all(&self.root).map_err(|cause| failed(&self.root, cause))?;
        }
        Ok(())
    }
}

/// A demonstration that ends early leaves no secrets behind either.
impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary {
            let _ = fs::remove_dir_all(&self.root);
        }
    }
}

fn parent(path: &Path) -> Result<(), DemoError> {
    match path.parent() {
        Some(folder) => fs::create_dir_all(folder).map_err(|cause| failed(folder, cause)),
        None => Ok(()),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), DemoError> {
    parent(path)?;
    fs::write(path, bytes).map_err(|cause| failed(path, cause))
}

fn private(path: &Path, bytes: &[u8]) -> Result<(), DemoError> {
    parent(path)?;
    write_private(path, bytes).map_err(|cause| failed(path, cause))
}

fn configuration(
    listen: SocketAddr,
    admin: SocketAddr,
    upstream: &str,
    dialect: Dialect,
    access: &Access,
) -> String {
    let (mapping, grants, auth) = match dialect {
        Dialect::Odata => (
            "mappings/bizagi-odata.toml",
            "",
            format!(
                r#"kind          = "oauth2"
token_url     = "oauth2/server/token"
client_id     = "{CLIENT_ID}"
client_secret = {{ file = "{CLIENT_SECRET}" }}
scope         = "api""#
            ),
        ),
        Dialect::Soap => (
            "mappings/bizagi-soap.toml",
            // Every new person gets the server's one organization.
            "grants    = [\"Organizations\"]\n",
            format!(
                r#"kind     = "basic"
user     = "{CLIENT_ID}"
password = {{ file = "{CLIENT_SECRET}" }}"#
            ),
        ),
    };
    let entra = TokenHash::of(access.entra.expose());
    let strict = TokenHash::of(access.strict.expose());
    format!(
        r#"# Written by `scim-sidecar demo`; not for production.
format = 1
listen = "{listen}"
admin  = "{admin}"

[tls]
certificate = "{CERTIFICATE}"
key         = "{KEY}"

[[project]]
name      = "demo"
base_path = "/scim/v2"
mapping   = "{mapping}"
{grants}
[project.upstream]
base_url = "{upstream}/"

[project.upstream.auth]
{auth}

[[project.caller]]
name    = "entra"
profile = "entra"
tokens  = "{entra}"

[[project.caller]]
name    = "strict"
profile = "strict"
tokens  = "{strict}"
"#
    )
}
