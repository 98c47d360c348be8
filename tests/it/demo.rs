//! The demonstration, as somebody sees it who has nothing but the binary.
#![cfg(unix)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::scene::process::Process;
use crate::scene::{Client, Folder};

/// Any free ports.
const PORTS: [&str; 6] = [
    "--listen",
    "127.0.0.1:0",
    "--upstream-listen",
    "127.0.0.1:0",
    "--admin-listen",
    "127.0.0.1:0",
];

/// What it prints, up to the end of its instructions.
struct Shown(String);

impl Shown {
    fn until_ready(process: &mut Process) -> Self {
        let mut text = process.until("ready");
        text.push_str(&process.until("Ctrl-C"));
        Self(text)
    }

    /// What stands behind a label.
    fn labelled(&self, label: &str) -> &str {
        let ready = self.0.split_once("\nready\n").map_or(self.0.as_str(), |(_, rest)| rest);
        let line = ready.lines().find_map(|line| line.trim().strip_prefix(label));
        line.unwrap_or_else(|| panic!("no {label} in {}", self.0)).trim()
    }

    fn client(&self) -> Client {
        let base = self.labelled("SCIM base URL").strip_prefix("https://").unwrap();
        let (address, path) = base.split_at(base.find('/').unwrap());
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_file(self.labelled("CA file")).unwrap();
        roots.add(authority).unwrap();
        let token = self.labelled("token").to_owned();
        Client::new(address.parse().unwrap(), path, roots, token)
    }
}

fn spawn(more: &[&str], folder: &Folder) -> Process {
    let arguments: Vec<&str> =
        ["demo"].into_iter().chain(PORTS).chain(more.iter().copied()).collect();
    Process::spawn(&arguments, &folder.path(""))
}

async fn interrupted(process: Process) -> String {
    process.signal("INT");
    let (code, out, err) = tokio::task::spawn_blocking(|| process.ended()).await.unwrap();
    assert_eq!(code, 0, "{out}{err}");
    out
}

fn get(url: &str, path: &str, token: &str) -> String {
    let address = url.strip_prefix("http://").unwrap().split('/').next().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test]
async fn a_second_run_finds_the_people_of_the_first() {
    let folder = Folder::new();
    let mut first = spawn(&["--data", "kept"], &folder);
    let shown = Shown::until_ready(&mut first);
    let steps = shown.0.lines().find(|line| line.ends_with("steps as expected")).unwrap();
    let numbers: Vec<&str> = steps.split_whitespace().collect();
    assert_eq!(numbers[0], numbers[2], "{steps}");
    assert!(!shown.0.contains("UNEXPECTED"));
    assert_eq!(shown.0.matches("answer    201").count(), 3);
    let ana = |client: Client| async move {
        let found = client.find("userName eq \"ana@contoso.com\"").await;
        found.only()["id"].as_str().unwrap().to_owned()
    };
    let client = shown.client();
    let id = ana(client.clone()).await;
    let strict = client.with_token(shown.labelled("strict token"));
    strict.get(&format!("/Users/{id}")).await.is(200);
    let admin = shown.labelled("admin");
    let ready = get(admin, "/ready", "");
    assert!(ready.starts_with("HTTP/1.1 200") && ready.contains("reachable"), "{ready}");
    assert!(interrupted(first).await.ends_with("ended\n"));

    let mut second = spawn(&["--data", "kept", "--token", "my-own-token"], &folder);
    let shown = Shown::until_ready(&mut second);
    assert!(shown.0.contains("found: bind, nothing is created"));
    assert!(!shown.0.contains("UNEXPECTED"), "{}", shown.0);
    assert_eq!(shown.labelled("token"), "my-own-token");
    assert_eq!(ana(shown.client()).await, id);
    // The one that the first run deleted comes back, as the same row.
    assert_eq!(shown.0.matches("answer    201").count(), 1);
    assert_eq!(shown.client().get("/Users").await.resources().len(), 3);
    interrupted(second).await;
    assert!(folder.path("kept/sidecar.toml").is_file());
}

#[tokio::test]
async fn without_a_replay_and_a_folder_nothing_is_left_behind() {
    let folder = Folder::new();
    let mut process = spawn(&["--no-replay"], &folder);
    let shown = Shown::until_ready(&mut process);
    assert!(shown.0.starts_with("ready\n"), "{}", shown.0);
    let data: PathBuf = shown.labelled("data").split(" (").next().unwrap().into();
    assert!(data.is_dir() && shown.labelled("data").ends_with("(removed at the end)"));
    assert!(shown.client().get("/Users").await.resources().is_empty());
    assert!(shown.0.contains("curl --cacert"));
    interrupted(process).await;
    assert!(!data.exists());
}

#[tokio::test]
async fn the_legacy_server_may_stand_alone() {
    let folder = Folder::new();
    let mut process = spawn(&["--upstream-only"], &folder);
    let shown = Shown::until_ready(&mut process);
    assert!(!shown.0.contains("SCIM base URL"));
    let (url, token) = (shown.labelled("legacy server"), shown.labelled("token"));
    let answer = get(url, "/Demo/odata/data/WFUser", token);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("admon"), "{answer}");
    interrupted(process).await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = Folder::new();
    let arguments = [
        "demo",
        "--listen",
        &address,
        "--upstream-listen",
        "127.0.0.1:0",
        "--admin-listen",
        "127.0.0.1:0",
    ];
    let (code, _, err) = crate::scene::process::run(&arguments, &folder.path(""));
    assert_eq!(code, 1, "{err}");
    assert!(err.contains(&address), "{err}");
    assert_eq!(std::fs::read_dir(folder.path("")).unwrap().count(), 0, "no temporary folder");
}
