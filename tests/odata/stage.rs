//! What each scene plays on: the server without a row, and a sidecar in front of it.

use std::fmt::Write as _;
use std::net::SocketAddr;

use scim_sidecar::config::MAPPINGS;
use scim_sidecar::process::Process;
use scim_sidecar::reload::Reloader;
use scim_sidecar::seam::{Seams, real};
use scim_sidecar::secret::{Secret, TokenHash};
use serde_json::{Value as Json, json};
use tokio::sync::{Mutex, MutexGuard};

use super::rows::Rows;
use super::scene::certificate::{Authority, KeyKind};
use super::scene::client::Client;
use super::scene::folder::Folder;
use super::scene::log;
use super::server::{PASSWORD, Server, USER};

const BASE: &str = "/scim/v2";

/// The clients that a scene has: name, profile, rights.
const CALLERS: [(&str, &str, &str); 3] = [
    ("entra", "entra", ""),
    ("strict", "strict", ""),
    ("reader", "entra", "rights  = [\"match\", \"read\", \"list\"]\n"),
];

/// One server for all scenes: they take turns.
static TURN: Mutex<()> = Mutex::const_new(());

/// The shipped mapping.
pub(crate) fn mapping() -> String {
    let found = MAPPINGS.iter().find(|(name, _)| *name == "mappings/odata.toml");
    found.expect("the mapping is shipped").1.to_owned()
}

/// The shipped mapping for the service with GUIDs.
pub(crate) fn guid_mapping() -> String {
    let mut text = mapping();
    for (old, new) in [
        ("odata/v4/data/WFUsers\"", "odata/v4/guid/People\""),
        ("{ field = \"idUser\", type = \"integer\" }", "{ field = \"ID\", type = \"guid\" }"),
        ("boss_idUser = 7", &format!("boss_ID = \"{NOBODY}\"")),
        ("manager = { value = \"7\" }", &format!("manager = {{ value = \"{NOBODY}\" }}")),
        ("\"boss_idUser\"", "\"boss_ID\""),
    ] {
        assert!(text.contains(old), "`{old}` is not in the mapping");
        text = text.replace(old, new);
    }
    text
}

/// A GUID that no row has.
pub(crate) const NOBODY: &str = "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef";

/// The server's rows and a sidecar in front of them.
pub(crate) struct Stage {
    process: Process,
    authority: Authority,
    tokens: Vec<String>,
    /// People with whole numbers.
    pub(crate) people: Rows,
    /// People with GUIDs.
    pub(crate) guids: Rows,
    _folder: Folder,
    _turn: MutexGuard<'static, ()>,
}

impl Stage {
    /// With the shipped mapping.
    pub(crate) async fn set() -> Self {
        Self::with(&mapping()).await
    }

    /// With a piece of the shipped mapping's text replaced; it must be there.
    pub(crate) async fn replacing(pieces: &[(&str, &str)]) -> Self {
        let mut text = mapping();
        for (old, new) in pieces {
            assert!(text.contains(old), "`{old}` is not in the mapping");
            text = text.replace(old, new);
        }
        Self::with(&text).await
    }

    /// With any mapping.
    pub(crate) async fn with(mapping: &str) -> Self {
        log::listen();
        let turn = TURN.lock().await;
        let server = Server::running();
        let people = Rows::of(server, "data/WFUsers", "idUser");
        let guids = Rows::of(server, "guid/People", "ID");
        let departments = Rows::of(server, "data/Departments", "code");
        for rows in [&people, &guids, &departments] {
            rows.clear().await;
        }
        departments.add(json!({ "code": "D1", "name": "Sales" })).await;
        departments.add(json!({ "code": "D2", "name": "Büro & Co" })).await;

        let seams = real::seams();
        let authority = Authority::new(KeyKind::Ecdsa);
        let tokens = tokens(&seams);
        let folder = folder(server, &authority, mapping, &tokens);
        let process = started(&folder, &seams).await;
        Self { process, authority, tokens, people, guids, _folder: folder, _turn: turn }
    }

    /// The client with that profile.
    pub(crate) fn idp(&self, caller: &str) -> Client {
        let place = CALLERS.iter().position(|(known, ..)| *known == caller).expect(caller);
        let address: SocketAddr = self.process.address;
        Client::new(address, BASE, self.authority.roots(), self.tokens[place].clone())
    }
}

/// A new token for each caller.
pub(crate) fn tokens(seams: &Seams) -> Vec<String> {
    let token = |_| Secret::generate(&*seams.random).unwrap().expose().to_owned();
    CALLERS.iter().map(token).collect()
}

/// A folder with everything that `serve` and `check` need.
pub(crate) fn folder(
    server: &Server,
    authority: &Authority,
    mapping: &str,
    tokens: &[String],
) -> Folder {
    let folder = Folder::new();
    folder.write("certs/sidecar.crt", &authority.certificate);
    folder.private("certs/sidecar.key", &authority.key);
    folder.private("secrets/password", PASSWORD);
    folder.write("mappings/people.toml", mapping);
    let mut text = format!(
        r#"format = 1
listen = "127.0.0.1:0"
admin  = "127.0.0.1:0"

[tls]
certificate = "certs/sidecar.crt"
key         = "certs/sidecar.key"

[[project]]
name      = "people"
base_path = "{BASE}"
mapping   = "mappings/people.toml"

[project.upstream]
base_url = "http://127.0.0.1:{}/"

[project.upstream.auth]
kind     = "basic"
user     = "{USER}"
password = {{ file = "secrets/password" }}
"#,
        server.port
    );
    for ((caller, profile, rights), token) in CALLERS.iter().zip(tokens) {
        let hash = TokenHash::of(token);
        write!(
            text,
            r#"
[[project.caller]]
name    = "{caller}"
profile = "{profile}"
tokens  = ["{hash}"]
{rights}"#
        )
        .unwrap();
    }
    folder.write("sidecar.toml", &text);
    folder
}

async fn started(folder: &Folder, seams: &Seams) -> Process {
    let reloader = Reloader::begin(&folder.path("sidecar.toml"), seams, true);
    let reloader = reloader.unwrap_or_else(|refused| panic!("{}", refused.report));
    Process::start(reloader, seams).await.unwrap()
}

/// What a client sends to create somebody.
pub(crate) fn scim(user_name: &str) -> Json {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": user_name,
        "externalId": format!("object-of-{user_name}"),
        "active": true,
        "name": { "givenName": "Ana", "familyName": "Diaz" },
        "emails": [{ "type": "work", "value": "ana@contoso.com", "primary": true }],
    })
}

/// A PATCH with these operations.
pub(crate) fn patch(operations: Json) -> Json {
    let operations = if operations.is_array() { operations } else { json!([operations]) };
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": operations,
    })
}

/// A PATCH that replaces one attribute.
pub(crate) fn replace(path: &str, value: impl Into<Json>) -> Json {
    patch(json!({ "op": "replace", "path": path, "value": value.into() }))
}
