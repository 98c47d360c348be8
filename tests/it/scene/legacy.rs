//! The server behind, on a port of its own.

use std::future::{Future, IntoFuture};
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::pin::Pin;

use http::Method;
use scim_sidecar::legacy::{
    Clock, Credential, Fault, Legacy as Server, Options, Random, StoreError,
};
use scim_sidecar::seam::{Seams, real};
use serde_json::{Value as Json, json};
use tokio::net::{TcpListener, TcpSocket};

use super::dialect::Dialect;
use super::folder::Folder;
use super::{columns, written};
use crate::people::{Call, People};

/// The sidecar's name at the token endpoint.
pub(crate) const CLIENT_ID: &str = "scim-sidecar";
/// The secret that goes with it.
pub(crate) const CLIENT_SECRET: &str = "the-scenes-client-secret";

/// Where its SOAP layer is.
const ENDPOINT: &str = "/WebServices/EntityManagerSOA.asmx";

/// The server behind: the embedded legacy server, or the people server where the dialect is plain
/// REST. Whatever it is, scenes speak of its rows in the columns of WFUser.
pub(crate) struct Legacy {
    server: Behind,
    dialect: Dialect,
    options: Options,
    address: SocketAddr,
    /// Holds the port without listening: while the server is down nobody else gets it. Other
    /// systems do not let two sockets have one port.
    _port: Option<TcpSocket>,
    /// Removed when the scene ends.
    _folder: Option<Folder>,
}

enum Behind {
    Embedded(Server),
    People(People),
}

use Behind::{Embedded, People as OfPeople};

/// A server before it starts: awaited, it runs.
pub(crate) struct Setup {
    dialect: Dialect,
    options: Options,
    folder: Option<Folder>,
    users: Vec<Json>,
}

impl Legacy {
    /// In memory, with the administrator, unless told otherwise; to be spoken to in that dialect.
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
        match &mut self.server {
            Embedded(server) => {
                server.kill().await;
                let listener = listen(self.address);
                *server = Server::serve(listener, self.options.clone()).await.unwrap();
            }
            OfPeople(people) => {
                people.kill().await;
                people.restart(listen(self.address));
            }
        }
    }

    /// Stops at once.
    pub(crate) async fn kill(&self) {
        match &self.server {
            Embedded(server) => server.kill().await,
            OfPeople(people) => people.kill().await,
        }
    }

    /// The dialect in which it is spoken to.
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The people server itself.
    pub(crate) fn people(&self) -> &People {
        match &self.server {
            OfPeople(people) => people,
            Embedded(_) => panic!("this scene is about another server"),
        }
    }

    /// Its base URL, without a slash at the end.
    pub(crate) fn base(&self) -> String {
        match &self.server {
            Embedded(server) => server.base(),
            OfPeople(people) => people.base(),
        }
    }

    /// The writes that reached the server, also those that it refused: the columns that each sets,
    /// typed as in a row, whatever the dialect.
    pub(crate) fn writes(&self) -> Vec<Json> {
        match &self.server {
            Embedded(server) => server.writes().into_iter().map(written::columns).collect(),
            OfPeople(people) => {
                let changes = people.calls().into_iter().filter_map(|call| call.change);
                changes.map(|change| columns::row(&change)).collect()
            }
        }
    }

    /// The calls that reached the server since the last time, as `read`, `search`, `create`,
    /// `update` or `delete`, whatever the dialect.
    pub(crate) fn take_actions(&self) -> Vec<&'static str> {
        match &self.server {
            Embedded(server) => server.take_calls().iter().map(written::action).collect(),
            OfPeople(people) => people.take_calls().iter().map(action).collect(),
        }
    }

    /// What the calls of it were, printed.
    pub(crate) fn calls(&self) -> Vec<String> {
        match &self.server {
            Embedded(server) => server.calls().iter().map(|call| format!("{call:?}")).collect(),
            OfPeople(people) => people.calls().iter().map(|call| format!("{call:?}")).collect(),
        }
    }

    /// The same, forgotten after.
    pub(crate) fn take_calls(&self) -> Vec<String> {
        let calls = self.calls();
        match &self.server {
            Embedded(server) => drop(server.take_calls()),
            OfPeople(people) => drop(people.take_calls()),
        }
        calls
    }

    /// How often a token was asked for.
    pub(crate) fn token_calls(&self) -> u64 {
        match &self.server {
            Embedded(server) => server.token_calls(),
            OfPeople(people) => people.token_calls(),
        }
    }

    /// The bodies of the writes since the last time, as they were sent; of the people server, which
    /// gets whole rows, what they would change.
    pub(crate) fn take_writes(&self) -> Vec<String> {
        if let OfPeople(people) = &self.server {
            let changes = people.take_calls().into_iter().filter_map(|call| call.change);
            return changes.map(|change| columns::row(&change).to_string()).collect();
        }
        let writes = ["create", "update"];
        let calls = self.deref().take_calls().into_iter();
        let written = calls.filter(|call| writes.contains(&written::action(call)));
        written
            .filter_map(|call| call.body)
            .map(|body| body.as_str().map_or_else(|| body.to_string(), str::to_owned))
            .collect()
    }

    /// Arms a fault. Its method and path are those of OData, and mean the same elsewhere: in SOAP
    /// a GET is `getEntities`, a write is `saveEntity`.
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
        match &self.server {
            Embedded(server) => server.fault(fault),
            OfPeople(people) => people.fault(fault),
        }
    }

    /// Disarms every fault.
    pub(crate) fn clear_faults(&self) {
        match &self.server {
            Embedded(server) => server.clear_faults(),
            OfPeople(people) => people.clear_faults(),
        }
    }

    /// What looked like a value that became SQL; the people server has none.
    pub(crate) fn canary(&self) -> Vec<String> {
        match &self.server {
            Embedded(server) => server.canary(),
            OfPeople(_) => Vec::new(),
        }
    }

    /// The shapes of the SQL statements that were asked; the people server knows none.
    pub(crate) fn statements(&self) -> Vec<String> {
        match &self.server {
            Embedded(server) => server.statements(),
            OfPeople(_) => Vec::new(),
        }
    }

    /// The roles that somebody has; the people server knows none.
    pub(crate) fn roles(&self, id: i64) -> Vec<i64> {
        match &self.server {
            Embedded(server) => server.roles(id),
            OfPeople(_) => Vec::new(),
        }
    }

    /// Lets only so many people be enabled.
    pub(crate) fn set_licence_limit(&self, limit: Option<u64>) {
        match &self.server {
            Embedded(server) => server.set_licence_limit(limit),
            OfPeople(people) => {
                people.store().licences = limit.map(|limit| usize::try_from(limit).unwrap());
            }
        }
    }

    /// Adds a row by hand.
    pub(crate) fn insert(&self, row: &Json) -> Result<i64, StoreError> {
        match &self.server {
            Embedded(server) => server.insert(row),
            OfPeople(people) => Ok(people.store().insert(columns::made(row)).parse().unwrap()),
        }
    }

    /// Changes a row by hand.
    pub(crate) fn update(&self, id: i64, change: &Json) -> Result<(), StoreError> {
        match &self.server {
            Embedded(server) => server.update(id, change),
            OfPeople(people) => {
                people.store().update(&id.to_string(), |row| columns::fill(row, change));
                Ok(())
            }
        }
    }

    /// Adds a department by hand; the people server's have no code.
    pub(crate) fn add_department(&self, code: Option<&str>, name: &str) -> Result<i64, StoreError> {
        match &self.server {
            Embedded(server) => server.add_department(code, name),
            OfPeople(people) => {
                Ok(i64::try_from(people.store().add_department(name)).expect("a small number"))
            }
        }
    }

    /// Every row.
    pub(crate) fn rows(&self) -> Vec<Json> {
        match &self.server {
            Embedded(server) => server.rows(),
            OfPeople(people) => people.store().rows().iter().map(columns::stored).collect(),
        }
    }

    /// The row of that key.
    pub(crate) fn row(&self, id: i64) -> Option<Json> {
        match &self.server {
            Embedded(server) => server.row(id),
            OfPeople(people) => people.store().row(&id.to_string()).as_ref().map(columns::stored),
        }
    }

    /// The row of that key; panics when there is none.
    pub(crate) fn person(&self, id: i64) -> Json {
        self.row(id).expect("a row")
    }
}

/// What a call of the people server does, in one word.
fn action(call: &Call) -> &'static str {
    match call.method.as_str() {
        "GET" => "read",
        "POST" if call.path.ends_with("/_find") => "search",
        "POST" => "create",
        "PUT" => "update",
        "DELETE" => "delete",
        _ => "something else",
    }
}

impl Deref for Legacy {
    type Target = Server;

    /// What only the embedded server can be asked.
    fn deref(&self) -> &Server {
        match &self.server {
            Embedded(server) => server,
            OfPeople(_) => panic!("this scene is about the embedded server"),
        }
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
            let anywhere = (Ipv4Addr::LOCALHOST, 0).into();
            let port = cfg!(target_os = "linux").then(|| bind(anywhere));
            let address = port.as_ref().map_or(anywhere, |port| port.local_addr().unwrap());
            let listener = listen(address);
            let address = listener.local_addr().unwrap();
            let server = if dialect == Dialect::Rest {
                let secret = &options.clients[0].secret;
                let people = People::serve(listener, secret, options.tls.clone());
                let admin = json!({
                    "idUser": 1, "userName": "admon", "domain": "local", "enabled": true,
                    "fullName": "Administrator", "contactEmail": "admon@local",
                });
                people.store().insert(columns::made(&admin));
                OfPeople(people)
            } else {
                Embedded(Server::serve(listener, options.clone()).await.unwrap())
            };
            let legacy = Legacy { server, dialect, options, address, _port: port, _folder: folder };
            for user in users {
                legacy.insert(&user).unwrap();
            }
            legacy
        })
    }
}

/// A socket with that address, which others may have as well as long as nobody listens.
fn bind(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

fn listen(address: SocketAddr) -> TcpListener {
    bind(address).listen(1024).unwrap()
}
