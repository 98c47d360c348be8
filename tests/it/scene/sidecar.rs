//! The sidecar as `serve` runs it: a `sidecar.toml` on disk, read, assembled and started.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use scim_sidecar::audit::Load;
use scim_sidecar::process::Process;
use scim_sidecar::reload::Reloader;
use scim_sidecar::seam::{Seams, real};
use scim_sidecar::secret::{Secret, TokenHash};

use super::certificate::{Authority, KeyKind};
use super::client::Client;
use super::dialect::Dialect;
use super::folder::Folder;
use super::legacy::{CLIENT_ID, CLIENT_SECRET, Legacy};
use super::{columns, log, variant};

/// The base path of the first project.
pub(crate) const BASE: &str = "/scim/v2";

/// The profiles, each with a caller of the same name.
const CALLERS: [&str; 6] = ["entra", "okta", "onelogin", "ping", "tolerant", "strict"];

/// A running sidecar.
pub(crate) struct Sidecar {
    process: Process,
    setup: Setup,
    authority: Authority,
    /// Removed when the scene ends.
    folder: Folder,
}

/// A sidecar before it starts. Starting a clone of it gives a replica with the same tokens.
#[derive(Clone)]
pub(crate) struct Setup {
    projects: Vec<Project>,
    listen: String,
    /// More lines of `[tls]`.
    tls: String,
    limits: String,
    tables: String,
    /// More files, each with its text.
    files: BTreeMap<String, String>,
    key: KeyKind,
    seams: Seams,
}

#[derive(Clone)]
struct Project {
    name: String,
    base_path: String,
    dialect: Dialect,
    upstream: String,
    mapping: String,
    /// More lines of its `[[project]]`.
    lines: String,
    /// More lines of `[project.upstream]`.
    upstream_lines: String,
    callers: BTreeMap<String, Caller>,
}

#[derive(Clone)]
struct Caller {
    tokens: Vec<String>,
    /// More lines of its `[[project.caller]]`.
    lines: String,
}

impl Project {
    fn new(name: &str, base_path: &str, legacy: &Legacy, seams: &Seams) -> Self {
        let caller = |name: &str| {
            let token = Secret::generate(&*seams.random).unwrap().expose().to_owned();
            (name.to_owned(), Caller { tokens: vec![token], lines: String::new() })
        };
        Self {
            name: name.to_owned(),
            base_path: base_path.to_owned(),
            dialect: legacy.dialect(),
            upstream: legacy.base(),
            mapping: legacy.dialect().mapping().to_owned(),
            lines: legacy.dialect().grants().to_owned(),
            upstream_lines: String::new(),
            callers: CALLERS.into_iter().map(caller).collect(),
        }
    }
}

impl Sidecar {
    /// With the shipped mapping, one project under [`BASE`], and a caller for every profile.
    pub(crate) fn in_front_of(legacy: &Legacy) -> Setup {
        let seams = real::seams();
        let project = Project::new("hr", BASE, legacy, &seams);
        Setup {
            projects: vec![project],
            listen: "127.0.0.1:0".to_owned(),
            tls: String::new(),
            limits: String::new(),
            tables: String::new(),
            files: BTreeMap::new(),
            key: KeyKind::Ecdsa,
            seams,
        }
    }

    /// The client of that caller in the first project.
    pub(crate) fn idp(&self, caller: &str) -> Client {
        self.idp_of("hr", caller)
    }

    /// The client of that caller in a project.
    pub(crate) fn idp_of(&self, project: &str, caller: &str) -> Client {
        let project = self.setup.projects.iter().find(|p| p.name == project).unwrap();
        let token = project.callers[caller].tokens[0].clone();
        Client::new(self.process.address, &project.base_path, self.authority.roots(), token)
    }

    /// Where SCIM is served.
    pub(crate) fn address(&self) -> SocketAddr {
        self.process.address
    }

    /// Where the admin port is.
    pub(crate) fn admin(&self) -> SocketAddr {
        self.process.admin.unwrap()
    }

    /// Who vouches for it.
    pub(crate) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Begins nothing new, and finishes what is under way.
    pub(crate) fn drain(&self) {
        self.process.stopper().drain();
    }

    /// Drains and ends, having lost no connection, and gives what a replica is started from.
    pub(crate) async fn stop(self) -> Setup {
        self.process.stopper().drain();
        assert_eq!(self.process.ended().await.cut_off, 0);
        drop(self.folder);
        self.setup
    }
}

impl Setup {
    /// With the mapping's text changed, of the project that was added last.
    pub(crate) fn mapping(mut self, change: impl FnOnce(String) -> String) -> Self {
        let project = self.projects.last_mut().unwrap();
        project.mapping = change(std::mem::take(&mut project.mapping));
        self
    }

    /// A piece of a mapping's text, in the names of the last project's server.
    fn named(&self, text: &str) -> String {
        match self.projects.last().unwrap().dialect {
            Dialect::Rest => columns::mapping(text),
            Dialect::Odata | Dialect::Soap => text.to_owned(),
        }
    }

    /// With a piece of the mapping's text replaced; it must be there.
    pub(crate) fn replacing(self, old: &str, new: &str) -> Self {
        let (old, new) = (self.named(old), self.named(new));
        self.mapping(|text| {
            assert!(text.contains(&old), "`{old}` is not in the mapping");
            text.replace(&old, &new)
        })
    }

    /// With more text at the end of the mapping.
    pub(crate) fn appending(self, more: &str) -> Self {
        let more = self.named(more);
        self.mapping(|text| format!("{text}\n{more}\n"))
    }

    /// Without the mapping's paragraphs in which one of these stands.
    pub(crate) fn leaving_out(self, marks: &[&str]) -> Self {
        let marks: Vec<String> = marks.iter().map(|mark| self.named(mark)).collect();
        self.mapping(|text| {
            let keeps = |part: &&str| !marks.iter().any(|mark| part.contains(&**mark));
            text.split_inclusive("\n\n").filter(keeps).collect()
        })
    }

    /// With one of the mapping's commented variants in place.
    pub(crate) fn variant(self, name: &str) -> Self {
        let variants = self.named(Dialect::Odata.mapping());
        self.mapping(|text| variant::variant(&text, &variants, name))
    }

    /// With the mapping's commented custom property `HireDate` in place.
    pub(crate) fn hire_date(self) -> Self {
        self.mapping(|text| variant::hire_date(&text))
    }

    /// With one more project, before another server.
    pub(crate) fn and(mut self, name: &str, base_path: &str, legacy: &Legacy) -> Self {
        self.projects.push(Project::new(name, base_path, legacy, &self.seams));
        self
    }

    /// With other tokens for a caller of the last project.
    pub(crate) fn tokens(mut self, caller: &str, tokens: &[&str]) -> Self {
        self.caller_mut(caller).tokens = tokens.iter().copied().map(str::to_owned).collect();
        self
    }

    /// With only these rights for a caller of the last project.
    pub(crate) fn rights(self, caller: &str, rights: &[&str]) -> Self {
        self.caller(caller, &format!("rights = {rights:?}"))
    }

    /// With more lines for a caller of the last project, such as `rate = 1`.
    pub(crate) fn caller(mut self, caller: &str, lines: &str) -> Self {
        let caller = self.caller_mut(caller);
        writeln!(caller.lines, "{lines}").unwrap();
        self
    }

    /// With more lines for the upstream of the last project, such as `deadline = "2s"`.
    pub(crate) fn upstream(mut self, lines: &str) -> Self {
        writeln!(self.projects.last_mut().unwrap().upstream_lines, "{lines}").unwrap();
        self
    }

    /// Without those lines.
    pub(crate) fn patient(mut self) -> Self {
        self.projects.last_mut().unwrap().upstream_lines.clear();
        self
    }

    /// With other lines about what the last project's mapping may write.
    pub(crate) fn granting(mut self, lines: &str) -> Self {
        lines.clone_into(&mut self.projects.last_mut().unwrap().lines);
        self
    }

    /// With more lines of `[limits]`.
    pub(crate) fn limits(mut self, lines: &str) -> Self {
        writeln!(self.limits, "{lines}").unwrap();
        self
    }

    /// With clients that must show a certificate of this authority, which has revoked what the list
    /// says, if there is one.
    pub(crate) fn asking(mut self, authority: &str, list: Option<&str>) -> Self {
        "client_ca = \"clients.crt\"\n".clone_into(&mut self.tls);
        self.files.insert("clients.crt".to_owned(), authority.to_owned());
        if let Some(list) = list {
            self.tls.push_str("client_crl = \"clients.crl\"\n");
            self.files.insert("clients.crl".to_owned(), list.to_owned());
        }
        self
    }

    /// With a certificate of another kind.
    pub(crate) fn key(mut self, kind: KeyKind) -> Self {
        self.key = kind;
        self
    }

    fn caller_mut(&mut self, caller: &str) -> &mut Caller {
        self.projects.last_mut().unwrap().callers.get_mut(caller).unwrap()
    }

    /// Writes the files, reads them, and serves.
    pub(crate) async fn start(self) -> Sidecar {
        log::listen();
        let authority = Authority::new(self.key);
        let folder = self.write(&authority);
        let reloader = Reloader::begin(&folder.path("sidecar.toml"), &self.seams, true);
        let reloader = reloader.unwrap_or_else(|refused| panic!("{}", refused.report));
        assert_eq!(reloader.loads().last().unwrap().findings, []);
        let process = Process::start(reloader, &self.seams).await.unwrap();
        Sidecar { process, setup: self, authority, folder }
    }

    /// A folder with everything that `serve` needs.
    fn write(&self, authority: &Authority) -> Folder {
        let folder = Folder::new();
        self.write_into(&folder, authority);
        folder
    }

    fn write_into(&self, folder: &Folder, authority: &Authority) {
        folder.write("certs/sidecar.crt", &authority.certificate);
        folder.private("certs/sidecar.key", &authority.key);
        folder.private("secrets/client", CLIENT_SECRET);
        for project in &self.projects {
            folder.write(&format!("mappings/{}.toml", project.name), &project.mapping);
        }
        for (name, text) in &self.files {
            folder.write(name, text);
        }
        folder.write("sidecar.toml", &self.configuration());
    }

    fn configuration(&self) -> String {
        let mut text = format!(
            r#"format = 1
listen = "{}"
admin  = "127.0.0.1:0"

[tls]
certificate = "certs/sidecar.crt"
key         = "certs/sidecar.key"
{}
[limits]
{}
{}"#,
            self.listen, self.tls, self.limits, self.tables
        );
        for project in &self.projects {
            let Project { name, base_path, upstream, lines, upstream_lines, .. } = project;
            write!(
                text,
                r#"
[[project]]
name      = "{name}"
base_path = "{base_path}"
mapping   = "mappings/{name}.toml"
{lines}

[project.upstream]
base_url = "{upstream}/"
{upstream_lines}
[project.upstream.auth]
kind          = "oauth2"
token_url     = "oauth2/server/token"
client_id     = "{CLIENT_ID}"
client_secret = {{ file = "secrets/client" }}
scope         = "api"
"#
            )
            .unwrap();
            for (caller, Caller { tokens, lines }) in &project.callers {
                let hash = |token: &String| TokenHash::of(token).to_string();
                let tokens: Vec<String> = tokens.iter().map(hash).collect();
                write!(
                    text,
                    r#"
[[project.caller]]
name    = "{caller}"
profile = "{caller}"
tokens  = {tokens:?}
{lines}"#
                )
                .unwrap();
            }
        }
        text
    }
}

impl Sidecar {
    /// Writes its files as another set-up has them, and has them read again.
    pub(crate) async fn reload(&mut self, change: impl FnOnce(Setup) -> Setup) -> Arc<Load> {
        self.setup = change(self.setup.clone());
        self.setup.write_into(&self.folder, &self.authority);
        self.process.reloader().reload("scene").await
    }

    /// Has its files read again as they are.
    pub(crate) async fn reload_as_it_is(&self) -> Arc<Load> {
        self.process.reloader().reload("scene").await
    }

    /// Puts another secret for the server behind into its file.
    pub(crate) fn secret(&self, secret: &str) {
        self.folder.private("secrets/client", secret);
    }

    /// Another certificate, of another authority, when it is next reloaded.
    pub(crate) fn certify(&mut self, authority: Authority) {
        self.authority = authority;
    }

    /// A file of its folder, such as `secrets/client`.
    pub(crate) fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path(name)
    }
}

impl Setup {
    /// Writes its files into a folder where such are already.
    pub(crate) fn rewrite(&self, folder: &Folder, authority: &Authority) {
        self.write_into(folder, authority);
    }

    /// With more tables of the server file, such as `[reload]`.
    pub(crate) fn tables(mut self, lines: &str) -> Self {
        writeln!(self.tables, "{lines}").unwrap();
        self
    }

    /// Without those.
    pub(crate) fn untabled(mut self) -> Self {
        self.tables.clear();
        self
    }

    /// With other lines for a caller of the last project, instead of those so far.
    pub(crate) fn caller_anew(mut self, caller: &str, lines: &str) -> Self {
        self.caller_mut(caller).lines.clear();
        self.caller(caller, lines)
    }

    /// Listening there instead of on any free port.
    pub(crate) fn listening(mut self, address: &str) -> Self {
        address.clone_into(&mut self.listen);
        self
    }

    /// A folder with everything that `serve` needs, for a process of its own.
    pub(crate) fn folder(&self, authority: &Authority) -> Folder {
        self.write(authority)
    }

    /// Runs the binary to its end in such a folder, with more files in it: how it ended, and what
    /// it said.
    pub(crate) async fn run(
        &self,
        files: &[(&str, &str)],
        arguments: &[&str],
    ) -> (i32, String, String) {
        let folder = self.write(&Authority::new(self.key));
        for (name, text) in files {
            folder.write(name, text);
        }
        let arguments: Vec<String> = arguments.iter().copied().map(str::to_owned).collect();
        let run = move || {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            super::process::run(&arguments, &folder.path(""))
        };
        tokio::task::spawn_blocking(run).await.unwrap()
    }

    /// The client of a caller of the first project, wherever it is served.
    pub(crate) fn idp(&self, caller: &str, address: SocketAddr, authority: &Authority) -> Client {
        let project = &self.projects[0];
        let token = project.callers[caller].tokens[0].clone();
        Client::new(address, &project.base_path, authority.roots(), token)
    }
}
