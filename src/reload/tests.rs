//! The look at the files, with a clock by hand.

use std::fs;
use std::time::SystemTime;

use rcgen::{CertificateParams, KeyPair};
use tokio::sync::{mpsc, oneshot};

use super::*;
use crate::platform::write_private;
use crate::seam::{Clock, Pending, real};

const MAPPING: &str = include_str!("../../mappings/bizagi-odata.toml");
const TITLE: &str = "\n[[attribute]]\nscim = \"nickName\"\nfield = \"contactMessenger\"\n";

/// A clock on which nobody wakes before the test says so.
struct Sleepless(mpsc::UnboundedSender<(Duration, oneshot::Sender<()>)>);

impl Clock for Sleepless {
    fn monotonic(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn sleep(&self, duration: Duration) -> Pending<'static, ()> {
        let (wake, woken) = oneshot::channel();
        let _ = self.0.send((duration, wake));
        Box::pin(async move {
            let _ = woken.await;
        })
    }
}

/// A folder with a configuration whose files are looked at, gone with the value.
struct Scene {
    folder: PathBuf,
    reloader: Reloader,
    sleeps: mpsc::UnboundedReceiver<(Duration, oneshot::Sender<()>)>,
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Scene {
    fn new(name: &str) -> Self {
        let folder = format!("scim-sidecar-reload-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = certificate.self_signed(&key).unwrap().pem();
        let hash = "0123456789abcdef".repeat(4);
        let text = format!(
            r#"format = 1
listen = "127.0.0.1:0"
[tls]
certificate = "c"
key = "k"
[reload]
watch = "10s"
[[project]]
name = "hr"
base_path = "/scim/v2"
mapping = "hr.toml"
[project.upstream]
base_url = "http://127.0.0.1:9/HR/"
auth = {{ kind = "none" }}
[[project.caller]]
name = "entra"
profile = "entra"
tokens = "sha256:{hash}"
"#
        );
        for (name, text) in [
            ("sidecar.toml", text.as_str()),
            ("c", &certificate),
            ("k", &key.serialize_pem()),
            ("hr.toml", MAPPING),
        ] {
            write_private(&folder.join(name), text.as_bytes()).unwrap();
        }
        let (clock, sleeps) = mpsc::unbounded_channel();
        let seams = Seams { clock: Arc::new(Sleepless(clock)), ..real::seams() };
        let reloader = Reloader::begin(&folder.join("sidecar.toml"), &seams, true)
            .unwrap_or_else(|refused| panic!("{}", refused.report));
        Self { folder, reloader, sleeps }
    }

    fn write(&self, name: &str, text: &str) {
        write_private(&self.folder.join(name), text.as_bytes()).unwrap();
    }

    fn follow(&self) {
        tokio::spawn(self.reloader.clone().follow(ReloadSignal::listen().unwrap(), |_| ()));
    }

    /// The next sleep, which must be so long.
    async fn sleep(&mut self, seconds: u64) -> oneshot::Sender<()> {
        let (duration, wake) = self.sleeps.recv().await.unwrap();
        assert_eq!(duration, Duration::from_secs(seconds));
        wake
    }

    fn last(&self) -> Arc<Load> {
        self.reloader.loads().last().unwrap()
    }
}

#[tokio::test]
async fn files_are_read_once_they_have_come_to_rest() {
    let mut scene = Scene::new("rest");
    scene.follow();
    let unchanged = scene.sleep(10).await;
    unchanged.send(()).unwrap();
    let half = scene.sleep(10).await;
    scene.write("hr.toml", MAPPING.split_at(MAPPING.len() / 2).0);
    half.send(()).unwrap();
    let whole = scene.sleep(1).await;
    assert_eq!(scene.last().cause, "start");
    scene.write("hr.toml", &format!("{MAPPING}{TITLE}"));
    whole.send(()).unwrap();
    let rest = scene.sleep(1).await;
    assert_eq!(scene.last().cause, "start", "nobody knows yet whether that was all");
    rest.send(()).unwrap();
    let next = scene.sleep(10).await;
    let load = scene.last();
    assert_eq!((load.cause, load.taken), ("watch", true), "{load:?}");
    assert_eq!(load.added, ["project[hr].mapping.attribute[nickName]"]);
    // What was seen once is no news.
    next.send(()).unwrap();
    let _ = scene.sleep(10).await;
    assert!(Arc::ptr_eq(&load, &scene.last()));
}

#[tokio::test]
async fn what_is_refused_is_told_once_and_taken_when_it_is_mended() {
    let mut scene = Scene::new("mended");
    let whole = fs::read_to_string(scene.folder.join("sidecar.toml")).unwrap();
    scene.follow();
    let wake = scene.sleep(10).await;
    fs::remove_file(scene.folder.join("sidecar.toml")).unwrap();
    wake.send(()).unwrap();
    scene.sleep(1).await.send(()).unwrap();
    let wake = scene.sleep(10).await;
    let refused = scene.last();
    assert!(!refused.taken && refused.findings[0].place.ends_with("sidecar.toml"), "{refused:?}");
    wake.send(()).unwrap();
    let wake = scene.sleep(10).await;
    assert!(Arc::ptr_eq(&refused, &scene.last()), "the same mistake is told once");
    scene.write("sidecar.toml", &whole);
    wake.send(()).unwrap();
    scene.sleep(1).await.send(()).unwrap();
    let _ = scene.sleep(10).await;
    assert!(scene.last().taken, "{:?}", scene.last());
}

#[tokio::test]
async fn a_generation_keeps_what_did_not_change_and_nothing_else() {
    let scene = Scene::new("kept");
    let generation = || scene.reloader.current().take();
    let first = generation();
    scene.write("hr.toml", &format!("{MAPPING}{TITLE}"));
    assert!(scene.reloader.reload("test").await.taken);
    let second = generation();
    let pairs = [&first, &second].map(|generation| Arc::clone(&generation.projects[0]));
    let [one, other] = &pairs;
    assert!(!Arc::ptr_eq(&first, &second));
    assert!(Arc::ptr_eq(&one.door.failures, &other.door.failures));
    let limit =
        |of: &crate::generation::Project| of.door.callers.iter().next().unwrap().limit.clone();
    assert!(Arc::ptr_eq(&limit(one), &limit(other)));
    assert!(Arc::ptr_eq(&one.provisioner.upstream, &other.provisioner.upstream));
    assert!(Arc::ptr_eq(&one.provisioner.turns, &other.provisioner.turns));
    assert!(Arc::ptr_eq(&one.provisioner.health, &other.provisioner.health));

    let text = fs::read_to_string(scene.folder.join("sidecar.toml")).unwrap();
    let text = text
        .replace("127.0.0.1:9/", "127.0.0.1:10/")
        .replace("\"entra\"\nprofile", "\"entra\"\nrate = 7\nprofile");
    scene.write("sidecar.toml", &format!("{text}[limits]\nfailure_rate = 7\n"));
    assert!(scene.reloader.reload("test").await.taken);
    let third = &generation().projects[0];
    assert!(!Arc::ptr_eq(&other.door.failures, &third.door.failures));
    assert!(!Arc::ptr_eq(&limit(other), &limit(third)));
    assert!(!Arc::ptr_eq(&other.provisioner.upstream, &third.provisioner.upstream));
    assert!(!Arc::ptr_eq(&other.provisioner.health, &third.provisioner.health));
    assert!(
        Arc::ptr_eq(&other.provisioner.turns, &third.provisioner.turns),
        "one person, one writer"
    );
}

#[tokio::test]
async fn look_ups_end_with_the_mapping_that_they_were_made_by() {
    use crate::lookup::Question;
    use crate::record::UpstreamKey;
    let scene = Scene::new("lookups");
    let question = Question::Id("7".into());
    let known = async || {
        let generation = scene.reloader.current().take();
        generation.projects[0].provisioner.lookup.known(&question).await
    };
    let key = UpstreamKey::Integer(7);
    let lookup = &scene.reloader.current().take().projects[0].provisioner.lookup.clone();
    lookup.remember(question.clone(), key.clone()).await;
    scene.reloader.reload("test").await;
    assert_eq!(known().await, Some(key));
    scene.write("hr.toml", &format!("{MAPPING}{TITLE}"));
    scene.reloader.reload("test").await;
    assert_eq!(known().await, None);
}
