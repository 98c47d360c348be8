//! The embedded Bizagi-style legacy server: people in `WFUser` on SQLite, behind Bizagi's OAuth2
//! token endpoint, an OData view and the SOAP layer `EntityManagerSOA`.
//!
//! It exists so that anyone can run the whole thing without a Bizagi, and so that tests have
//! something honest to talk to: real columns, lengths and constraints, ETags, paging, its calls
//! recorded, faults on demand. It knows nothing of SCIM or of the sidecar and imports nothing of
//! ours. What is known of the real server is followed; what is invented says so where it stands.
//! In particular, **no public page shows a stock Bizagi that serves WFUser over OData**.
//!
//! It is not for production: tokens live in memory, and nothing limits who asks how often.

mod answer;
mod columns;
mod error;
mod fault;
mod filter;
mod metadata;
mod odata;
mod query;
mod record;
mod server;
mod soap;
mod store;
mod token;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use serde_json::{Map, Value};
use tokio::net::TcpListener;

use self::columns::{DEPARTMENT, ORGANIZATIONS, ROLE, ROLES, Relation, Table, WFUSER};
pub use self::fault::{Fault, Kind, When};
pub use self::record::Recorded;
use self::server::{Running, Service};
pub use self::store::StoreError;
use self::store::{Change, Link, Member, Target};
use self::store::{Manner, Origin, Search, Store};

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The listener has no address.
    #[error("the listener has no address")]
    Listener(#[source] std::io::Error),
    /// The database could not be opened or seeded.
    #[error("the database could not be opened")]
    Store(#[source] StoreError),
}

/// The wall clock, handed in.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    /// A clock that asks `now`.
    pub fn new(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    fn now(&self) -> SystemTime {
        (self.0)()
    }

    /// .NET ticks: 100 ns since 0001-01-01.
    fn ticks(&self) -> i64 {
        const EPOCH: i64 = 621_355_968_000_000_000;
        let since = self.now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_nanos() / 100).unwrap_or(0).saturating_add(EPOCH)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// The source of unpredictable bytes, handed in.
#[derive(Clone)]
#[expect(clippy::type_complexity, reason = "a closure behind a newtype is as plain as it gets")]
pub struct Random(Arc<dyn Fn(&mut [u8]) + Send + Sync>);

impl Random {
    /// A source that lets `fill` fill a buffer.
    pub fn new(fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    fn fill(&self, buffer: &mut [u8]) {
        (self.0)(buffer);
    }

    /// A GUID of version 4, in lower case.
    fn guid(&self) -> String {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        let number = u128::from_be_bytes(bytes) & !(0xf000 << 64) & !(0xc000 << 48)
            | 0x4000 << 64
            | 0x8000 << 48;
        let hex = format!("{number:032x}");
        let part = |range: std::ops::Range<usize>| hex.get(range).unwrap_or_default().to_owned();
        [part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-")
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}

/// A name with its secret: an OAuth2 client, or a user of Basic.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// The client id or user name.
    pub name: String,
    /// The client secret or password.
    pub secret: String,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Who may call the SOAP layer. A client certificate is asked for by [`Options::tls`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SoapAccess {
    /// Everybody, as on installs that leave it to the network.
    Open,
    /// The user of [`Options::basic`].
    Basic,
    /// Whoever has a token, issued or static.
    #[default]
    Bearer,
    /// Nobody: 401 asks for Windows authentication, `Negotiate` or `NTLM`, which is not spoken.
    Negotiate,
}

/// What the SOAP layer does with a text that is longer than its column. The real server's way is
/// not known: its help says "not synchronized properly".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OverLength {
    /// The write is refused.
    #[default]
    Refuse,
    /// The text is cut in silence: a bad row.
    Truncate,
}

/// How the server is set up.
#[derive(Clone)]
pub struct Options {
    /// The first segment of every path; `Demo` unless said otherwise.
    pub project: String,
    /// The SQLite file, made when it is missing; without one the rows live in memory.
    pub file: Option<PathBuf>,
    /// Whether an empty store gets the administrator `admon` of the domain `local` (`idUser` 1)
    /// and the departments Finance, Sales and IT, and whether one without them gets the roles
    /// 10001 to 10003 and the organization with the code 1.
    pub seed: bool,
    /// The OAuth2 applications with the client credentials grant.
    pub clients: Vec<Credential>,
    /// The secret of an OAuth2 application of the kind "Bearer token": the secret is the token.
    pub bearer: Option<String>,
    /// A user that may ask by Basic; nobody unless said otherwise.
    pub basic: Option<Credential>,
    /// How long a token lives; 0 is for ever, as on a real server. 30 minutes unless said
    /// otherwise.
    pub token_lifetime: Duration,
    /// How many rows a page has at most; 100 unless said otherwise.
    pub page_limit: u64,
    /// How many users may be enabled; without limit unless said otherwise.
    pub licence_limit: Option<u64>,
    /// Who may call the SOAP layer; whoever has a token unless said otherwise.
    pub soap_access: SoapAccess,
    /// What the SOAP layer does with a text that is too long; it refuses unless said otherwise.
    pub over_length: OverLength,
    /// TLS; plain HTTP without it.
    pub tls: Option<Arc<ServerConfig>>,
    /// Whether `/{project}/_control` takes faults and shows calls over HTTP, for tests of another
    /// process. Off unless said otherwise.
    pub control: bool,
    /// The wall clock.
    pub clock: Clock,
    /// Unpredictable bytes, for tokens and GUIDs.
    pub random: Random,
}

impl Options {
    /// A seeded server in memory under `/Demo`, which nobody may ask yet.
    #[must_use]
    pub fn new(clock: Clock, random: Random) -> Self {
        Self {
            project: "Demo".to_owned(),
            file: None,
            seed: true,
            clients: Vec::new(),
            bearer: None,
            basic: None,
            token_lifetime: Duration::from_secs(30 * 60),
            page_limit: 100,
            licence_limit: None,
            soap_access: SoapAccess::default(),
            over_length: OverLength::default(),
            tls: None,
            control: false,
            clock,
            random,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("project", &self.project)
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

/// A running server. Dropping it stops it abruptly.
pub struct Legacy {
    service: Arc<Service>,
    running: Mutex<Option<Running>>,
    address: SocketAddr,
}

impl Legacy {
    /// Serves on `listener` until it is stopped.
    ///
    /// # Errors
    /// When the database cannot be opened or the listener has no address.
    pub async fn serve(listener: TcpListener, options: Options) -> Result<Self, Error> {
        let address = listener.local_addr().map_err(Error::Listener)?;
        let tls = options.tls.clone();
        let service = tokio::task::spawn_blocking(move || Service::new(options, address))
            .await
            .map_err(|cause| Error::Listener(std::io::Error::other(cause)))?
            .map_err(Error::Store)?;
        let service = Arc::new(service);
        let running = Running::start(listener, tls, Arc::clone(&service));
        Ok(Self { service, running: Mutex::new(Some(running)), address })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of the project, such as `http://127.0.0.1:8088/Demo`.
    #[must_use]
    pub fn base(&self) -> String {
        format!("{}://{}/{}", self.service.scheme, self.address, self.service.view.project)
    }

    /// Stops accepting, lets the requests that are under way finish, and closes.
    pub async fn shutdown(&self) {
        if let Some(running) = self.take() {
            running.drain().await;
        }
    }

    /// Drops the listener and every connection at once. When it returns the address is free. A
    /// write that was under way may or may not have been done, as in a real outage.
    pub async fn kill(&self) {
        if let Some(running) = self.take() {
            running.kill().await;
        }
    }

    /// The last calls, oldest first; token requests are not among them.
    #[must_use]
    pub fn calls(&self) -> Vec<Recorded> {
        self.service.calls.all()
    }

    /// The last calls, oldest first, and forgets them.
    #[must_use]
    pub fn take_calls(&self) -> Vec<Recorded> {
        self.service.calls.take()
    }

    /// The bodies of the writes (POST and PATCH, in SOAP saves and creates) that reached a view,
    /// also of those that it refused.
    #[must_use]
    pub fn writes(&self) -> Vec<Value> {
        let calls = self.calls().into_iter();
        calls.filter(|call| call.reached && call.writes()).filter_map(|call| call.body).collect()
    }

    /// How many token requests there were, granted or not.
    #[must_use]
    pub fn token_calls(&self) -> u64 {
        self.service.calls.tokens()
    }

    /// Statements of the SOAP layer (conditions, business keys, documents) that look like
    /// injections, each behind its reason; oldest first. Empty when every value stayed a value.
    #[must_use]
    pub fn canary(&self) -> Vec<String> {
        self.service.soap.canary.suspicions()
    }

    /// The shapes of the SOAP layer's conditions: each with its literals replaced by `?`, such as
    /// `userName = ? AND domain = ?`. A client has as many shapes as kinds of look-ups, whatever
    /// the values: one more is a value that changed a statement.
    #[must_use]
    pub fn statements(&self) -> Vec<String> {
        self.service.soap.canary.shapes()
    }

    /// Arms a fault, after those that are armed already.
    pub fn fault(&self, fault: Fault) {
        self.service.faults.arm(fault);
    }

    /// Disarms every fault.
    pub fn clear_faults(&self) {
        self.service.faults.clear();
    }

    /// Sets how many users may be enabled. Those who are already stay so.
    pub fn set_licence_limit(&self, limit: Option<u64>) {
        *self.service.licences.lock().unwrap_or_else(PoisonError::into_inner) = limit;
    }

    /// Adds a user "by hand": the database's constraints hold, the rules for user names do not,
    /// `userName` may be missing and computed columns may be given. Answers `idUser`.
    ///
    /// # Errors
    /// When the store refuses the row.
    pub fn insert(&self, row: &Value) -> Result<i64, StoreError> {
        let fields = row.as_object().ok_or(StoreError::NotAnObject)?;
        Ok(self.store().insert(&WFUSER, fields, by_hand())?.key)
    }

    /// Changes a user "by hand".
    ///
    /// # Errors
    /// When there is no such user or the store refuses the change.
    pub fn update(&self, id: i64, change: &Value) -> Result<(), StoreError> {
        let fields = change.as_object().ok_or(StoreError::NotAnObject)?;
        self.store().update(&WFUSER, id, fields, |_| true, by_hand()).map(drop)
    }

    /// Adds a department and answers `idDepartment`.
    ///
    /// # Errors
    /// When the store refuses the row.
    pub fn add_department(&self, code: Option<&str>, name: &str) -> Result<i64, StoreError> {
        let mut fields = Map::new();
        fields.insert("code".to_owned(), code.into());
        fields.insert("name".to_owned(), name.into());
        Ok(self.store().insert(&DEPARTMENT, &fields, by_hand())?.key)
    }

    /// Adds a role and answers `idRole`.
    ///
    /// # Errors
    /// When the store refuses the row.
    pub fn add_role(&self, name: &str) -> Result<i64, StoreError> {
        let mut fields = Map::new();
        fields.insert("roleName".to_owned(), name.into());
        Ok(self.store().insert(&ROLE, &fields, by_hand())?.key)
    }

    /// Gives a user a role, as somebody in the Work Portal does.
    ///
    /// # Errors
    /// When there is no such user or role.
    pub fn give_role(&self, id: i64, role: i64) -> Result<(), StoreError> {
        let link = Link { relation: &ROLES, member: Member::Key(role), remove: false };
        let (table, target) = (&WFUSER, Target::Key(id));
        let change = Change { table, target, fields: Map::new(), links: vec![link] };
        self.store().write(&[change], by_hand()).map(drop)
    }

    /// The keys of the roles of the user with that `idUser`.
    #[must_use]
    pub fn roles(&self, id: i64) -> Vec<i64> {
        self.linked(&ROLES, id)
    }

    /// The keys of the organizations of the user with that `idUser`.
    #[must_use]
    pub fn organizations(&self, id: i64) -> Vec<i64> {
        self.linked(&ORGANIZATIONS, id)
    }

    /// The user with that `idUser`, every column and nothing else.
    #[must_use]
    pub fn row(&self, id: i64) -> Option<Value> {
        match self.store().row(&WFUSER, id) {
            Ok(row) => row.map(|row| row.fields.into()),
            Err(cause) => {
                tracing::error!(%cause, "the legacy database could not be read");
                None
            }
        }
    }

    /// Every user, by `idUser`.
    #[must_use]
    pub fn rows(&self) -> Vec<Value> {
        self.all(&WFUSER)
    }

    /// Every department, by `idDepartment`.
    #[must_use]
    pub fn departments(&self) -> Vec<Value> {
        self.all(&DEPARTMENT)
    }

    fn all(&self, table: &'static Table) -> Vec<Value> {
        match self.store().search(table, &Search { limit: u64::MAX, ..Search::default() }) {
            Ok(page) => page.rows.into_iter().map(|row| row.fields.into()).collect(),
            Err(cause) => {
                tracing::error!(%cause, "the legacy database could not be read");
                Vec::new()
            }
        }
    }

    fn linked(&self, relation: &Relation, id: i64) -> Vec<i64> {
        self.store().linked(relation, id).unwrap_or_else(|cause| {
            tracing::error!(%cause, "the legacy database could not be read");
            Vec::new()
        })
    }

    fn store(&self) -> &Store {
        &self.service.view.store
    }

    fn take(&self) -> Option<Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for Legacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Legacy").field("address", &self.address).finish_non_exhaustive()
    }
}

fn by_hand() -> Manner {
    Manner { origin: Origin::Hand, loose: false, licences: None }
}

#[cfg(test)]
mod tests;
