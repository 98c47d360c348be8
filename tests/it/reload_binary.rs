//! The real binary reloads: by SIGHUP, by looking at its files, and never to its harm.
#![cfg(unix)]

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::Duration;

use scim_sidecar::legacy::{Fault, Kind};
use serde_json::json;

use crate::scene::process::{Process, run};
use crate::scene::{
    Authority, Client, Dialect, Folder, KeyKind, Legacy, Setup, Sidecar, ana, patch,
};

const SERVE: [&str; 3] = ["serve", "--config", "sidecar.toml"];

/// A process of its own, with its files and a client.
struct Scene {
    setup: Setup,
    authority: Authority,
    folder: Folder,
    process: Process,
    idp: Client,
}

impl Scene {
    async fn of(setup: Setup) -> Self {
        let authority = Authority::new(KeyKind::Ecdsa);
        let folder = setup.folder(&authority);
        Self::in_folder(setup, authority, folder).await
    }

    async fn in_folder(setup: Setup, authority: Authority, folder: Folder) -> Self {
        let mut process = Process::spawn(&SERVE, &folder.path(""));
        let line = process.told("serving address=").await;
        let address: SocketAddr = line.split_whitespace().next().unwrap().parse().unwrap();
        let idp = setup.idp("entra", address, &authority);
        Self { setup, authority, folder, process, idp }
    }

    /// Writes what another set-up has.
    fn write(&mut self, change: impl FnOnce(Setup) -> Setup) {
        self.setup = change(self.setup.clone());
        self.setup.rewrite(&self.folder, &self.authority);
    }

    /// Waits until an attribute is advertised.
    async fn advertises(&self, name: &str) {
        for _ in 0..1000 {
            if self.idp.get("/Schemas").await.text.contains(&format!("\"name\":\"{name}\"")) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("`{name}` is not advertised: {}", self.process.err());
    }

    /// Ends it well.
    async fn end(self) -> String {
        self.process.signal("TERM");
        let ended = tokio::task::spawn_blocking(|| self.process.ended());
        let (code, _, err) = ended.await.unwrap();
        assert_eq!(code, 0, "{err}");
        err
    }
}

fn attribute(name: &str, field: &str) -> String {
    format!("[[attribute]]\nscim = \"{name}\"\nfield = \"{field}\"\nmax_length = 100")
}

#[tokio::test]
async fn a_hangup_reloads_and_the_last_of_many_wins() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let mut scene = Scene::of(Sidecar::in_front_of(&legacy)).await;
    scene.write(|setup| setup.appending(&attribute("nickName", "contactMessenger")));
    scene.process.signal("HUP");
    // While the first is being loaded, perhaps.
    scene.write(|setup| setup.appending(&attribute("timezone", "skypeName")));
    scene.process.signal("HUP");
    scene.advertises("timezone").await;
    scene.write(|setup| setup.tables("[lods]"));
    scene.process.signal("HUP");
    scene.process.told("the one before stays in force").await;
    scene.idp.get("/Users/7").await.is(200);
    let token = scene.idp.token().to_owned();
    let err = scene.end().await;
    assert!(err.contains("a configuration was taken") && err.contains("cause=\"SIGHUP\""), "{err}");
    assert!(err.contains("project[hr].mapping.attribute[timezone]"), "{err}");
    assert!(err.contains("unknown key `lods`") && err.contains("sidecar.toml:"), "{err}");
    for secret in [token.as_str(), "the-scenes-client-secret"] {
        assert!(!err.contains(secret), "`{secret}` in {err}");
    }
}

#[tokio::test]
async fn files_are_looked_at_where_the_configuration_says_so() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let setup = Sidecar::in_front_of(&legacy).tables("[reload]\nwatch = \"100ms\"");
    let authority = Authority::new(KeyKind::Ecdsa);
    let folder = setup.folder(&authority);
    // As Kubernetes mounts them: links to files behind a link to a folder.
    let volume = |name: &str, text: &str| {
        folder.write(&format!("{name}/hr.toml"), text);
    };
    let text = fs::read_to_string(folder.path("mappings/hr.toml")).unwrap();
    volume("first", &text);
    volume("second", &format!("{text}\n{}\n", attribute("nickName", "contactMessenger")));
    symlink("first", folder.path("data")).unwrap();
    fs::remove_file(folder.path("mappings/hr.toml")).unwrap();
    symlink("../data/hr.toml", folder.path("mappings/hr.toml")).unwrap();
    let scene = Scene::in_folder(setup, authority, folder).await;

    symlink("second", scene.folder.path("next")).unwrap();
    fs::rename(scene.folder.path("next"), scene.folder.path("data")).unwrap();
    scene.advertises("nickName").await;
    // As editors save: another file in its place.
    let third = format!("{text}\n{}\n", attribute("timezone", "skypeName"));
    scene.folder.write("mappings/new.toml", &third);
    fs::rename(scene.folder.path("mappings/new.toml"), scene.folder.path("mappings/hr.toml"))
        .unwrap();
    scene.advertises("timezone").await;
    let err = scene.end().await;
    assert_eq!(err.matches("cause=\"watch\"").count(), 2, "{err}");
    assert!(!err.contains("refused"), "{err}");
}

#[tokio::test]
async fn c120_a_stop_during_a_reload_drains() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let mut scene = Scene::of(Sidecar::in_front_of(&legacy)).await;
    scene.idp.get("/Users/7").await.is(200);
    drop(legacy.take_calls());
    legacy.fault(Fault::once(Kind::Latency(Duration::from_millis(300))).under("/odata"));
    let off = patch(json!({ "op": "replace", "path": "active", "value": false }));
    let idp = scene.idp.clone();
    let write = tokio::spawn(async move { idp.patch("/Users/7", off).await });
    while legacy.calls().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    scene.write(|setup| setup.appending(&attribute("nickName", "contactMessenger")));
    scene.process.signal("HUP");
    let err = scene.end();
    let (err, answer) = tokio::join!(err, write);
    assert_eq!(answer.unwrap().is(200)["active"], false);
    assert!(err.contains("ended cut_off=0"), "{err}");
}

#[tokio::test]
async fn files_that_others_may_write_are_refused_at_the_start_and_later() {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let setup = Sidecar::in_front_of(&legacy);
    let authority = Authority::new(KeyKind::Ecdsa);
    let folder = setup.folder(&authority);
    let mode = |folder: &Folder, name: &str, mode: u32| {
        fs::set_permissions(folder.path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    for (name, open) in [
        ("sidecar.toml", 0o664),
        ("mappings/hr.toml", 0o666),
        ("certs/sidecar.crt", 0o646),
        ("secrets/client", 0o620),
    ] {
        mode(&folder, name, open);
        for arguments in [&SERVE[..], &["check", "--config", "sidecar.toml"]] {
            let (code, out, err) = run(arguments, &folder.path(""));
            assert_eq!(code, 78, "{name}: {out}{err}");
            let told = out + &err;
            assert!(told.contains(name) && told.contains(&format!("{open:04o}")), "{told}");
            assert!(told.contains("chmod go-w"), "{told}");
        }
        mode(&folder, name, 0o600);
    }
    let mut scene = Scene::in_folder(setup, authority, folder).await;
    scene.write(|setup| setup.appending(&attribute("nickName", "contactMessenger")));
    mode(&scene.folder, "mappings/hr.toml", 0o664);
    scene.process.signal("HUP");
    scene.process.told("the one before stays in force").await;
    mode(&scene.folder, "mappings/hr.toml", 0o644);
    scene.process.signal("HUP");
    scene.advertises("nickName").await;
    scene.end().await;
}
