//! What a GET costs the sidecar, beside what it costs nginx to pass the upstream's own GET of the
//! same row through: one TLS in front, the same upstream behind, no translation between.
//!
//! Both serve in one run, in turns, because what a CPU does in a second differs from minute to
//! minute by more than they do. nginx has one worker, which is the process that is started.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::json;
use tokio::task::JoinSet;

use super::stage::process::Process;
use super::stage::{Connection, PROGRAM, SERVE, Served, Stage};
use super::ticks;

/// How often each of the two is asked that many times.
const ROUNDS: usize = 10;
/// Connections to each of them, kept all the time.
const CONNECTIONS: u32 = 32;
/// What a GET may cost beside nginx, in the median of the rounds.
const BUDGET: f64 = 1.0;

/// A server with its connections.
struct Server {
    process: u32,
    path: String,
    connections: Vec<Connection>,
}

/// Compares the two, with so many GETs in a round, where nginx is installed.
pub(crate) fn compare(gets: u32) {
    if Command::new("nginx").arg("-v").output().is_err() {
        println!(
            "nginx is not installed, so there is nothing to compare with (Debian: nginx-light)"
        );
        return;
    }
    let stage = Stage::new();
    let mut command = Command::new(PROGRAM);
    command.args(SERVE);
    stage.serve(command, async |served| {
        let id = create(served).await;
        let (nginx, address) = start(&stage);
        let address = address.to_string();
        let (base, token) = (stage.upstream_path(), stage.token());
        let passing = Served { process: nginx.id(), address: &address, base, token, ..served };
        let mut sidecar = Server::of(served, format!("/Users/{id}")).await;
        let mut nginx_server = Server::of(passing, format!("/odata/data/WFUser({id})")).await;
        // Uncounted: tokens, connections behind, and whatever else is done once.
        sidecar.spend(gets).await;
        nginx_server.spend(gets).await;
        println!(
            "{gets} GETs of one person in a round over {CONNECTIONS} connections, HTTP/1.1 and TLS"
        );
        println!("| round | scim-sidecar, µs of CPU | nginx | ratio |\n|---:|---:|---:|---:|");
        let mut ratios = Vec::new();
        for round in 1..=ROUNDS {
            let (ours, theirs) = (sidecar.spend(gets).await, nginx_server.spend(gets).await);
            println!("| {round} | {ours:.1} | {theirs:.1} | {:.2} |", ours / theirs);
            ratios.push(ours / theirs);
        }
        println!("  median {:.2}, budget {BUDGET}", median(&mut ratios));
        drop((sidecar, nginx_server));
        nginx.signal("TERM");
        let (code, _, err) = nginx.ended();
        assert_eq!(code, 0, "{err}");
    });
}

/// Has the sidecar create somebody.
async fn create(served: Served<'_>) -> String {
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "ana.diaz@contoso.com", "displayName": "Ana Diaz", "active": true,
        "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4000000",
        "name": { "givenName": "Ana", "familyName": "Diaz" },
        "emails": [{ "type": "work", "value": "ana.diaz@contoso.com", "primary": true }],
        "phoneNumbers": [{ "type": "mobile", "value": "+57 3001234567" }],
    });
    let mut connection = served.connect().await;
    let (status, body) = connection.send(Method::POST, "/Users", user.to_string()).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    body["id"].as_str().expect("an id").to_owned()
}

/// Starts nginx in front of the stage's upstream, with the sidecar's certificate.
fn start(stage: &Stage) -> (Process, SocketAddr) {
    // It cannot say which port the system chose; this one was free just now.
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
    let address = free.unwrap();
    let folder = stage.folder.path("");
    stage.folder.write("nginx.conf", &configuration(&folder, address, stage.upstream_address()));
    let mut command = Command::new("nginx");
    command.arg("-p").arg(&folder).arg("-c").arg(folder.join("nginx.conf")).args(["-e", "stderr"]);
    let process = Process::start(command);
    for _ in 0..1000 {
        if TcpStream::connect(address).is_ok() {
            return (process, address);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("nginx does not serve: {}", process.err());
}

fn configuration(folder: &Path, address: SocketAddr, upstream: &str) -> String {
    let folder = folder.display();
    format!(
        "daemon off;
master_process off;
pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    upstream legacy {{
        server {upstream};
        keepalive {CONNECTIONS};
        keepalive_requests 1000000000;
    }}
    server {{
        listen {address} ssl;
        ssl_certificate {folder}/certs/sidecar.crt;
        ssl_certificate_key {folder}/certs/sidecar.key;
        ssl_protocols TLSv1.2 TLSv1.3;
        keepalive_requests 1000000000;
        location / {{
            proxy_pass http://legacy;
            proxy_http_version 1.1;
            proxy_set_header Connection \"\";
        }}
    }}
}}
"
    )
}

impl Server {
    async fn of(served: Served<'_>, path: String) -> Self {
        let mut connections = Vec::new();
        for _ in 0..CONNECTIONS {
            connections.push(served.connect().await);
        }
        Self { process: served.process, path, connections }
    }

    /// Asks so many times, on all connections at once; answers the CPU time of each, in µs.
    async fn spend(&mut self, gets: u32) -> f64 {
        let each = gets.div_ceil(CONNECTIONS);
        let before = ticks(self.process);
        let mut asking = JoinSet::new();
        for mut connection in self.connections.drain(..) {
            let path = self.path.clone();
            asking.spawn(async move {
                for _ in 0..each {
                    let (status, body) = connection.send(Method::GET, &path, String::new()).await;
                    assert_eq!(status, StatusCode::OK, "{body}");
                }
                connection
            });
        }
        self.connections = asking.join_all().await;
        let spent = ticks(self.process) - before;
        spent as f64 * 10_000.0 / f64::from(each * CONNECTIONS)
    }
}

fn median(ratios: &mut [f64]) -> f64 {
    ratios.sort_by(f64::total_cmp);
    let half = ratios.len() / 2;
    (ratios[half] + ratios[ratios.len() - 1 - half]) / 2.0
}
