//! The real binary under a service manager: what it tells it, and where the log goes.
#![cfg(target_os = "linux")]

use std::fs;
use std::net::SocketAddr;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::scene::process::{Process, run};
use crate::scene::{Authority, Dialect, Folder, KeyKind, Legacy, Setup, Sidecar, ana};

const SERVE: [&str; 3] = ["serve", "--config", "sidecar.toml"];
const LOGGED: [&str; 5] = ["serve", "--config", "sidecar.toml", "--log-file", "log.txt"];

/// systemd: the socket where it hears.
struct Systemd {
    socket: UnixDatagram,
    name: String,
}

impl Systemd {
    fn new(folder: &Folder) -> Self {
        let path = folder.path("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        // Longer than any machine takes: a scene that hears nothing fails and does not hang.
        socket.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        Self { socket, name: path.to_str().unwrap().to_owned() }
    }

    /// The next lines it hears.
    async fn heard(&self) -> String {
        let socket = self.socket.try_clone().unwrap();
        let heard = tokio::task::spawn_blocking(move || {
            let mut buffer = [0; 1000];
            let length = socket.recv(&mut buffer).unwrap();
            String::from_utf8(buffer[..length].to_vec()).unwrap()
        });
        heard.await.unwrap()
    }
}

async fn setup() -> (Legacy, Setup, Authority) {
    let legacy = Legacy::start(Dialect::Odata).with_user(ana()).await;
    let setup = Sidecar::in_front_of(&legacy);
    (legacy, setup, Authority::new(KeyKind::Ecdsa))
}

/// Ends it well.
async fn end(process: Process) -> String {
    process.signal("TERM");
    let (code, _, err) = tokio::task::spawn_blocking(|| process.ended()).await.unwrap();
    assert_eq!(code, 0, "{err}");
    err
}

/// The kernel's clock, in microseconds.
fn now() -> i64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec * 1_000_000 + now.tv_nsec / 1_000
}

#[tokio::test]
async fn systemd_hears_of_the_start_of_reloads_and_of_the_end() {
    let (_legacy, setup, authority) = setup().await;
    let folder = setup.folder(&authority);
    let systemd = Systemd::new(&folder);
    let mut process =
        Process::spawn_with(&SERVE, &folder.path(""), &[("NOTIFY_SOCKET", &systemd.name)]);
    assert_eq!(systemd.heard().await, "READY=1\nSTATUS=serving 1 project\n");
    // Whoever was told can be asked.
    let line = process.told("serving address=").await;
    let address: SocketAddr = line.split_whitespace().next().unwrap().parse().unwrap();
    setup.idp("entra", address, &authority).get("/Users/7").await.is(200);

    let text = fs::read_to_string(folder.path("sidecar.toml")).unwrap();
    for (text, status) in [
        (text.clone(), "serving 1 project"),
        (format!("{text}[lods]\n"), "serving 1 project; the last reload was refused: see the log"),
        (text, "serving 1 project"),
    ] {
        folder.write("sidecar.toml", &text);
        let before = now();
        process.signal("HUP");
        let heard = systemd.heard().await;
        let time = heard.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap();
        let (time, told) = time.split_once('\n').unwrap();
        let time: i64 = time.parse().unwrap();
        // By an older one systemd would take it for the end of an earlier reload.
        assert!((before..=now()).contains(&time), "{time}");
        assert_eq!(told, "STATUS=reading the configuration again\n");
        assert_eq!(systemd.heard().await, format!("READY=1\nSTATUS={status}\n"));
    }

    let err = end(process).await;
    // 30 s to drain, as `limits.drain` has it by default, and five to say goodbye.
    let stopping = "STOPPING=1\nEXTEND_TIMEOUT_USEC=35000000\nSTATUS=draining\n";
    assert_eq!(systemd.heard().await, stopping);
    assert!(!err.contains("service manager"), "{err}");
}

#[tokio::test]
async fn the_watchdog_is_fed_and_a_manager_that_is_gone_does_no_harm() {
    let (_legacy, setup, authority) = setup().await;
    let folder = setup.folder(&authority);
    let systemd = Systemd::new(&folder);
    let variables = [("NOTIFY_SOCKET", systemd.name.as_str()), ("WATCHDOG_USEC", "20000")];
    let mut process = Process::spawn_with(&SERVE, &folder.path(""), &variables);
    assert_eq!(systemd.heard().await, "READY=1\nSTATUS=serving 1 project\n");
    for _ in 0..3 {
        assert_eq!(systemd.heard().await, "WATCHDOG=1\n");
    }
    fs::remove_file(&systemd.name).unwrap();
    process.told("the service manager cannot be told how the process is").await;
    end(process).await;
}

#[tokio::test]
async fn the_log_goes_to_a_file_that_a_reload_opens_anew() {
    let (_legacy, setup, authority) = setup().await;
    let folder = setup.folder(&authority);
    let log = folder.path("log.txt");
    let text = fs::read_to_string(folder.path("sidecar.toml")).unwrap();
    folder.write("sidecar.toml", &format!("{text}[lods]\n"));
    let (code, out, err) = run(&LOGGED, &folder.path(""));
    assert_eq!((code, out.as_str(), err.as_str()), (78, "", ""));
    let told = fs::read_to_string(&log).unwrap();
    assert!(told.contains("unknown key `lods`") && told.ends_with(": not started\n"), "{told}");

    folder.write("sidecar.toml", &text);
    let process = Process::spawn(&LOGGED, &folder.path(""));
    contains(&log, "serving address=").await;
    let moved = folder.path("log.1.txt");
    fs::rename(&log, &moved).unwrap();
    process.signal("HUP");
    contains(&log, "a configuration was taken").await;
    assert_eq!(end(process).await, "", "nothing else goes to standard error");
    assert!(fs::read_to_string(&log).unwrap().contains("ended"));
    let moved = fs::read_to_string(&moved).unwrap();
    assert!(moved.starts_with(&told), "it is put behind what there was: {moved}");
    assert!(!moved.contains("SIGTERM") && !moved.contains('\u{1b}'), "{moved}");

    let (code, _, err) =
        run(&[SERVE.as_slice(), &["--log-file", "no/such"]].concat(), &folder.path(""));
    assert_eq!(code, 1);
    assert!(err.starts_with("error: cannot write the log to `no/such`: "), "{err}");
}

/// Waits until a file has the words.
async fn contains(path: &Path, words: &str) {
    for _ in 0..6000 {
        if fs::read_to_string(path).is_ok_and(|text| text.contains(words)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("`{words}` is not in {}", path.display());
}

#[test]
fn a_service_of_windows_is_for_windows() {
    let folder = Folder::new();
    let (code, _, err) = run(&[&LOGGED[..], &["--service"]].concat(), &folder.path(""));
    assert_eq!(code, 64, "{err}");
    assert!(err.contains("`--service`") && err.contains("expected Windows"), "{err}");
    let (code, _, err) = run(&[&SERVE[..], &["--service"]].concat(), &folder.path(""));
    assert_eq!(code, 64, "nobody would see why it does not start: {err}");
    assert!(err.contains("--log-file"), "{err}");
}
