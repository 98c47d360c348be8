//! A sidecar as a process of its own with every layer on, in front of the embedded legacy server,
//! which is another process; and one connection to it.

#[path = "caller.rs"]
pub(crate) mod caller;
#[path = "../it/scene/certificate.rs"]
#[expect(dead_code, reason = "scenes use more of it")]
mod certificate;
#[path = "demo.rs"]
pub(crate) mod demo;
#[path = "../it/scene/folder.rs"]
pub(crate) mod folder;
#[path = "../it/scene/process.rs"]
#[expect(dead_code, reason = "scenes use more of it")]
pub(crate) mod process;

use std::process::Command;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Method, StatusCode, Uri};
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use scim_sidecar::config::MAPPINGS;
use scim_sidecar::secret::TokenHash;
use serde_json::Value as Json;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

use certificate::{Authority, KeyKind};
use folder::Folder;
use process::Process;

/// What is measured.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_scim-sidecar");
/// What it is told.
pub(crate) const SERVE: [&str; 3] = ["serve", "--config", "sidecar.toml"];
/// Of the length that `scim-sidecar token` gives.
const TOKEN: &str = "scim_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

/// The legacy server, and the files of a sidecar in front of it.
pub(crate) struct Stage {
    runtime: Runtime,
    authority: Authority,
    pub(crate) folder: Folder,
    legacy: demo::Printed,
    _process: Process,
}

impl Stage {
    /// Starts the legacy server, and writes the files.
    pub(crate) fn new() -> Self {
        let (folder, authority) = (Folder::new(), Authority::new(KeyKind::Ecdsa));
        let (process, legacy) = demo::start(&["--upstream-only"], &folder.path(""));
        for (name, text) in MAPPINGS {
            folder.write(name, text);
        }
        folder.write("certs/sidecar.crt", &authority.certificate);
        folder.private("certs/sidecar.key", &authority.key);
        folder.private("secrets/client", legacy.told("client secret"));
        let (upstream, client) = (legacy.told("legacy server"), legacy.told("client id"));
        folder.write("sidecar.toml", &configuration(upstream, client));
        Self { runtime: Runtime::new().unwrap(), authority, folder, legacy, _process: process }
    }

    /// Serves for as long as the work takes, and ends well.
    pub(crate) fn serve(&self, mut command: Command, work: impl AsyncFnOnce(Served<'_>)) {
        command.current_dir(self.folder.path(""));
        let mut process = Process::start(command);
        self.runtime.block_on(async {
            let address = process.told("serving address=").await;
            let address = address.split_whitespace().next().unwrap();
            let authority = self.authority.authority.as_bytes();
            let (base, token) = ("/scim/v2", TOKEN);
            work(Served { process: process.id(), address, authority, base, token }).await;
        });
        process.signal("TERM");
        let (code, _, err) = process.ended();
        assert_eq!(code, 0, "{err}");
    }
}

#[allow(dead_code, reason = "most benches look at the sidecar alone")]
impl Stage {
    /// Where the legacy server listens.
    pub(crate) fn upstream_address(&self) -> &str {
        self.upstream().0
    }

    /// The path in front of all that the legacy server has.
    pub(crate) fn upstream_path(&self) -> &str {
        self.upstream().1
    }

    /// A token for the legacy server.
    pub(crate) fn token(&self) -> &str {
        self.legacy.told("token")
    }

    fn upstream(&self) -> (&str, &str) {
        let url = self.legacy.told("legacy server").trim_start_matches("http://");
        url.split_at(url.find('/').unwrap())
    }
}

/// A server with the stage's certificate: the sidecar, unless a bench puts another in its place.
#[derive(Clone, Copy)]
pub(crate) struct Served<'s> {
    /// The process.
    #[allow(dead_code, reason = "not every bench looks at it")]
    pub(crate) process: u32,
    /// Its address and port.
    pub(crate) address: &'s str,
    /// Who vouches for it.
    pub(crate) authority: &'s [u8],
    /// The path in front of those that are asked for.
    pub(crate) base: &'s str,
    /// Who asks.
    pub(crate) token: &'s str,
}

impl Served<'_> {
    /// A new connection to it.
    pub(crate) async fn connect(self) -> Connection {
        let uri: Uri = format!("https://{}", self.address).parse().unwrap();
        let stream = caller::connector(self.authority).oneshot(uri).await.unwrap();
        let (sender, connection) = http1::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        let (host, base) = (self.address.parse().unwrap(), self.base.to_owned());
        Connection { sender, host, base, token: self.token.to_owned() }
    }
}

/// One connection and no other: a client with a pool may open a second one between two requests, and
/// a handshake costs as much as many of them.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: HeaderValue,
    base: String,
    token: String,
}

impl Connection {
    /// Sends a request below the base path, and reads the answer.
    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: String,
    ) -> (StatusCode, Json) {
        let path = format!("{}{path}", self.base);
        let mut request = caller::request(method, &path, &self.token, body);
        request.headers_mut().insert(HOST, self.host.clone());
        self.sender.ready().await.unwrap();
        caller::read(self.sender.send_request(request).await).await
    }
}

/// One project with one caller, who is never made to wait: callgrind counts what is done, and a
/// queue only takes time.
fn configuration(upstream: &str, client: &str) -> String {
    let token = TokenHash::of(TOKEN);
    format!(
        r#"format = 1
listen = "127.0.0.1:0"
admin  = "127.0.0.1:0"

[tls]
certificate = "certs/sidecar.crt"
key         = "certs/sidecar.key"

[[project]]
name      = "hr"
base_path = "/scim/v2"
mapping   = "mappings/bizagi-odata.toml"

[project.upstream]
base_url = "{upstream}/"

[project.upstream.auth]
kind          = "oauth2"
token_url     = "oauth2/server/token"
client_id     = "{client}"
client_secret = {{ file = "secrets/client" }}
scope         = "api"

[[project.caller]]
name    = "entra"
profile = "entra"
tokens  = "{token}"
rate    = 100000
burst   = 100000
"#
    )
}
