//! The server: installed once below `target/`, started once for all scenes, ended with them.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use crate::npm;

/// The user that the service knows, and its password: see `server/package.json`.
pub(crate) const USER: &str = "scim-sidecar";
pub(crate) const PASSWORD: &str = "a password for tests";

/// What the server is made of, beside its packages.
const FILES: [&str; 4] = ["server.js", "schema.cds", "services.cds", "data.js"];

/// The oldest Node.js that it runs on, where it brings none for the machine.
const OLDEST: u32 = 22;

/// A running server. It ends when its standard input does, and so with this process at the latest.
pub(crate) struct Server {
    pub(crate) port: u16,
    /// Holds the pipe to its standard input.
    _child: Child,
}

impl Server {
    /// The one server.
    pub(crate) fn running() -> &'static Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(|| Self::start(&installed()))
    }

    fn start(folder: &Path) -> Self {
        let mut command = Command::new(node(folder));
        command.args(["node_modules/@sap/cds/bin/serve.js", "all", "--in-memory"]);
        command.args(["--port", "0"]).current_dir(folder);
        command.env("NO_COLOR", "1").env("CDS_TYPESCRIPT", "false");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        // It tells each refusal at length.
        let log = fs::File::create(folder.join("server.log")).unwrap();
        command.stderr(log);
        let mut child = command.spawn().expect("the server can be started");
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut told = String::new();
        let port = loop {
            let start = told.len();
            if out.read_line(&mut told).unwrap() == 0 {
                let log = fs::read_to_string(folder.join("server.log")).unwrap_or_default();
                panic!("the OData server ended before it listened:\n{told}{log}");
            }
            if let Some(port) = told[start..].trim().strip_prefix("listening on port ") {
                break port.parse().unwrap();
            }
        };
        // Always read, so that it never waits for us.
        std::thread::spawn(move || {
            let mut rest = Vec::new();
            let _ = out.read_to_end(&mut rest);
        });
        Self { port, _child: child }
    }
}

/// The folder in which the server is installed, as its lock file says.
fn installed() -> PathBuf {
    npm::installed("odata-server", "tests/odata/server", &FILES, "a real OData server")
}

/// The Node.js that came with the server, or the machine's own where there is none for it.
fn node(folder: &Path) -> PathBuf {
    for machine in ["x64", "arm64"] {
        let brought = folder.join(format!("node_modules/node-linux-{machine}/bin/node"));
        if brought.is_file() {
            return brought;
        }
    }
    let output = Command::new("node").arg("--version").output();
    let version = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let version = version.unwrap_or_else(|error| panic!("node cannot be run: {error}"));
    let major = version.trim().trim_start_matches('v').split('.').next().unwrap_or_default();
    assert!(
        major.parse::<u32>().is_ok_and(|major| major >= OLDEST),
        "the OData server needs Node.js {OLDEST} or newer, found {version}"
    );
    "node".into()
}
