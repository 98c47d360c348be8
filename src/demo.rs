//! The demonstration: the embedded legacy server, the sidecar in front of it, and one provisioning
//! cycle of Entra ID played through both over real TLS.
//!
//! The sidecar is the one that `serve` runs, built from a `sidecar.toml` that is written into the
//! data folder: what is shown is the product.

pub mod certificate;
mod client;
mod folder;
mod options;
mod replay;
mod script;

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::diagnostic::Report;
use crate::legacy::{self, Legacy};
use crate::platform::{CURL, QUOTE, StopSignals};
use crate::process::{Process, StartError};
use crate::reload::Reloader;
use crate::seam::Seams;
use crate::secret::Secret;
use folder::Folder;

pub use options::{Demo, Dialect};

/// Why a demonstration ends early.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A file cannot be written or read.
    #[error("cannot use `{path}`")]
    File {
        /// Which one.
        path: String,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
    /// The legacy server's port cannot be opened.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
    /// The legacy server does not start.
    #[error("the embedded legacy server does not start")]
    Legacy(#[from] legacy::Error),
    /// A row cannot be put into the legacy server.
    #[error("the embedded legacy server does not take a row")]
    Row(#[from] legacy::StoreError),
    /// No certificate can be made.
    #[error("cannot make a development certificate")]
    Certificate(#[from] rcgen::Error),
    /// The configuration that was written is not taken.
    #[error("the written configuration has mistakes\n{0}")]
    Configuration(Report),
    /// The sidecar does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A request of the replay cannot be sent.
    #[error("cannot reach the sidecar")]
    Client(#[from] client::ClientError),
    /// The terminal or the machine's randomness.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Who may come in where.
pub(crate) struct Access {
    /// The token of the caller `entra`.
    pub(crate) entra: Secret,
    /// The token of the caller `strict`.
    pub(crate) strict: Secret,
    /// The secret of the sidecar's own OAuth2 client at the legacy server.
    pub(crate) client: Secret,
    /// A token for looking at the legacy server by hand.
    pub(crate) bearer: Secret,
}

/// Plays and serves until stopped; `false` when a step of the replay did not end as expected.
///
/// # Errors
/// [`DemoError`].
pub async fn run(
    options: Demo,
    seams: &Seams,
    out: &mut (dyn Write + Send),
) -> Result<bool, DemoError> {
    let random = &*seams.random;
    let access = Access {
        entra: match options.token {
            Some(token) => token,
            None => Secret::generate_for_demo(random)?,
        },
        strict: Secret::generate_for_demo(random)?,
        client: Secret::generate_for_demo(random)?,
        bearer: Secret::generate_for_demo(random)?,
    };
    let mut signals = StopSignals::listen()?;
    let folder = Folder::open(options.data, random)?;
    let (address, dialect) = (options.upstream_listen, options.dialect);
    let legacy = start_legacy(address, dialect, &folder, &access, seams).await?;
    if options.upstream_only {
        ready_upstream(out, dialect, &legacy, &access, &folder)?;
        signals.next().await;
        end(legacy, folder).await?;
        return Ok(true);
    }
    folder.prepare(options.listen, options.admin_listen, &legacy.base(), dialect, &access)?;
    let process = start_sidecar(&folder, seams).await?;
    let as_expected = if options.no_replay {
        true
    } else {
        let authority = folder.path(folder::AUTHORITY);
        let connector = Arc::clone(&seams.connector);
        let token = access.entra.expose();
        let client = client::Client::new(process.address, &authority, token, connector)?;
        replay::play(client, &legacy, out).await?
    };
    let stopper = process.stopper();
    if as_expected {
        ready(out, &process, &legacy, &access, &folder)?;
        signals.next().await;
        writeln!(out, "draining")?;
    }
    stopper.drain();
    let ended = process.ended();
    tokio::pin!(ended);
    tokio::select! {
        _ = &mut ended => {}
        _ = signals.next() => {
            stopper.cut();
            ended.await;
        }
    }
    end(legacy, folder).await?;
    writeln!(out, "ended")?;
    Ok(as_expected)
}

/// Ends the server behind, and then its folder: Windows removes no file that is open.
async fn end(legacy: Legacy, folder: Folder) -> Result<(), DemoError> {
    legacy.shutdown().await;
    drop(legacy);
    folder.close()
}

async fn start_legacy(
    address: SocketAddr,
    dialect: Dialect,
    folder: &Folder,
    access: &Access,
    seams: &Seams,
) -> Result<Legacy, DemoError> {
    let listener = listen(address).map_err(|cause| DemoError::Bind { address, cause })?;
    let (clock, random) = (Arc::clone(&seams.clock), Arc::clone(&seams.random));
    let clock = legacy::Clock::new(move || clock.wall());
    let random = legacy::Random::new(move |bytes| {
        // Without randomness there are no tokens, and so nobody gets in: nothing is weakened.
        if let Err(error) = random.fill(bytes) {
            tracing::error!(%error, "the machine gives no random bytes");
        }
    });
    let mut options = legacy::Options::new(clock, random);
    options.project = "Demo".to_owned();
    options.file = Some(folder.path("legacy.sqlite"));
    options.seed = true;
    options.clients = vec![legacy::Credential {
        name: folder::CLIENT_ID.to_owned(),
        secret: access.client.expose().to_owned(),
    }];
    if dialect == Dialect::Soap {
        options.soap_access = legacy::SoapAccess::Basic;
        options.basic = Some(legacy::Credential {
            name: folder::CLIENT_ID.to_owned(),
            secret: access.client.expose().to_owned(),
        });
    }
    options.bearer = Some(access.bearer.expose().to_owned());
    Ok(Legacy::serve(listener, options).await?)
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = StdListener::bind(address)?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

async fn start_sidecar(folder: &Folder, seams: &Seams) -> Result<Process, DemoError> {
    let path = folder.path("sidecar.toml");
    let reloader = Reloader::begin(&path, seams, false)
        .map_err(|refused| DemoError::Configuration(refused.report))?;
    Ok(Process::start(reloader, seams).await?)
}

fn ready(
    out: &mut dyn Write,
    process: &Process,
    legacy: &Legacy,
    access: &Access,
    folder: &Folder,
) -> io::Result<()> {
    let base = format!("https://{}/scim/v2", process.address);
    let authority = folder.path(folder::AUTHORITY);
    let token = access.entra.expose();
    writeln!(out, "ready")?;
    writeln!(out, "  SCIM base URL  {base}")?;
    writeln!(out, "  token          {token}")?;
    writeln!(out, "  strict token   {}", access.strict.expose())?;
    writeln!(out, "  CA file        {}", authority.display())?;
    if let Some(admin) = process.admin {
        writeln!(out, "  admin          http://{admin}/ready")?;
    }
    writeln!(out, "  legacy server  {}", legacy.base())?;
    writeln!(out, "  data           {}", folder.describe())?;
    writeln!(out, "try, in another terminal:")?;
    writeln!(
        out,
        "  {CURL} --cacert {QUOTE}{}{QUOTE} -H {QUOTE}Authorization: Bearer {token}{QUOTE} \
         {QUOTE}{base}/Users?filter=userName%20eq%20%22ana%40contoso.com%22{QUOTE}",
        authority.display()
    )?;
    try_legacy(out, legacy, access)
}

fn ready_upstream(
    out: &mut dyn Write,
    dialect: Dialect,
    legacy: &Legacy,
    access: &Access,
    folder: &Folder,
) -> io::Result<()> {
    writeln!(out, "ready")?;
    writeln!(out, "  legacy server  {}", legacy.base())?;
    // Both are taken on either way; each way calls them by its own names.
    let (name, secret) = match dialect {
        Dialect::Odata => ("client id    ", "client secret"),
        Dialect::Soap => ("user         ", "password     "),
    };
    writeln!(out, "  {name}  {}", folder::CLIENT_ID)?;
    writeln!(out, "  {secret}  {}", access.client.expose())?;
    writeln!(out, "  token          {}", access.bearer.expose())?;
    writeln!(out, "  data           {}", folder.describe())?;
    writeln!(out, "try, in another terminal:")?;
    try_legacy(out, legacy, access)
}

/// How to look at the rows behind, and how to end.
fn try_legacy(out: &mut dyn Write, legacy: &Legacy, access: &Access) -> io::Result<()> {
    writeln!(
        out,
        "  {CURL} -H {QUOTE}Authorization: Bearer {}{QUOTE} {QUOTE}{}/odata/data/WFUser{QUOTE}",
        access.bearer.expose(),
        legacy.base()
    )?;
    writeln!(out, "Ctrl-C ends it.")?;
    out.flush()
}

#[cfg(test)]
mod tests;
