//! The server behind, on a port of its own.

use std::future::{Future, IntoFuture};
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::ops::Deref;
use std::pin::Pin;

use http::Method;
use scim_sidecar::legacy::{Clock, Credential, Fault, Legacy as Server, Options, Random};
use scim_sidecar::seam::{Seams, real};
use serde_json::Value as Json;
use tokio::net::TcpListener;

use super::dialect::Dialect;
use super::folder::Folder;
use super::written;

/// The sidecar's name at the token endpoint.
pub(crate) const CLIENT_ID: &str = "scim-sidecar";
/// The secret that goes with it.
pub(crate) const CLIENT_SECRET: &str = "the-scenes-client-secret";

/// Where its SOAP layer is.
const ENDPOINT: &str = "/WebServices/EntityManagerSOA.asmx";

/// The embedded legacy server; what it can be asked is `scim_sidecar::legacy::Legacy`'s.
pub(crate) struct Legacy {
    server: Server,
    dialect: Dialect,
    options: Options,
    address: SocketAddr,
    /// Removed when the scene ends.
    _folder: Option<Folder>,
}

/// A legacy server before it starts: awaited, it runs.
pub(crate) struct Setup {
    dialect: Dialect,
    options: Options,
    folder: Option<Folder>,
    users: Vec<Json>,
}

impl Legacy {
    /// In memory, with the seeded administrator, unless told otherwise; to be spoken to in that
    /// dialect.
    pub(crate) fn start(dialect: Dialect) -> Setup {
        let Seams { clock, random, .. } = real::seams();
        let clock = Clock::new(move || clock.wall());
        let random = Random::new(move |bytes| random.fill(bytes).unwrap());
        let mut options = Options::new(clock, random);
        options.clients =
            vec![Credential { name: CLIENT_ID.to_owned(), secret: CLIENT_SECRET.to_owned() }];
        Setup { dialect, options, folder: None, users: Vec::new() }
    }

    /// Stops at once, as in an outage, and starts again on the same port: with the same rows when
    /// it keeps them in a file, without the faults and the recorded calls.
    pub(crate) async fn restart(&mut self) {
        self.server.kill().await;
        self.server = serve(self.address, self.options.clone()).await;
    }

    /// The dialect in which it is spoken to.
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The writes that reached the server, also those that it refused: the columns of each, typed
    /// as in a row, whatever the dialect.
    pub(crate) fn writes(&self) -> Vec<Json> {
        self.server.writes().into_iter().map(written::columns).collect()
    }

    /// The calls that reached the server since the last time, as `read`, `search`, `create`,
    /// `update` or `delete`, whatever the dialect.
    pub(crate) fn take_actions(&self) -> Vec<&'static str> {
        let calls = self.server.take_calls();
        calls.iter().map(written::action).collect()
    }

    /// The bodies of the writes since the last time, as they were sent.
    pub(crate) fn take_writes(&self) -> Vec<String> {
        let writes = ["create", "update"];
        let calls = self.server.take_calls().into_iter();
        let written = calls.filter(|call| writes.contains(&written::action(call)));
        written
            .filter_map(|call| call.body)
            .map(|body| body.as_str().map_or_else(|| body.to_string(), str::to_owned))
            .collect()
    }

    /// Arms a fault. Its method and path are those of OData, and mean the same of SOAP: a GET is
    /// `getEntities`, a write is `saveEntity`.
    pub(crate) fn fault(&self, mut fault: Fault) {
        if self.dialect == Dialect::Soap {
            let reads = fault.when.method.take().map(|method| method == Method::GET);
            let is_data = fault.when.path.as_deref().is_none_or(|path| path.starts_with("/odata"));
            match reads {
                Some(true) => fault = fault.under(format!("{ENDPOINT}/getEntities")),
                Some(false) => fault = fault.under(format!("{ENDPOINT}/saveEntity")),
                None if is_data && fault.when.path.is_some() => fault = fault.under(ENDPOINT),
                None => {}
            }
        }
        self.server.fault(fault);
    }

    /// The row of that key; panics when there is none.
    pub(crate) fn person(&self, id: i64) -> Json {
        self.row(id).expect("a row")
    }
}

impl Deref for Legacy {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl Setup {
    /// With a row made by hand.
    pub(crate) fn with_user(mut self, row: Json) -> Self {
        self.users.push(row);
        self
    }

    /// With its rows in a file, so that they outlive a restart.
    pub(crate) fn on_file(mut self) -> Self {
        let folder = Folder::new();
        self.options.file = Some(folder.path("legacy.sqlite"));
        self.folder = Some(folder);
        self
    }

    /// With other options.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(&mut self.options);
        self
    }
}

impl IntoFuture for Setup {
    type Output = Legacy;
    type IntoFuture = Pin<Box<dyn Future<Output = Legacy> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { dialect, options, folder, users } = self;
            let server = serve((Ipv4Addr::LOCALHOST, 0).into(), options.clone()).await;
            for user in users {
                server.insert(&user).unwrap();
            }
            let address = server.address();
            Legacy { server, dialect, options, address, _folder: folder }
        })
    }
}

async fn serve(address: SocketAddr, options: Options) -> Server {
    let listener = StdListener::bind(address).unwrap();
    listener.set_nonblocking(true).unwrap();
    Server::serve(TcpListener::from_std(listener).unwrap(), options).await.unwrap()
}
