//! What concerns the whole process: limits, the log and the admin port.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::time::Duration;

use tracing_subscriber::filter::EnvFilter;

use super::address;
use crate::diagnostic::reader::{Key, Placed, Sink, Table, key, names};
use crate::gate::FailurePace;
use crate::serve;

/// Where the admin port is unless the file says otherwise.
const ADMIN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9464);

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
/// The shortest and longest time for what a client must do at once.
const LEAST: Duration = Duration::from_millis(100);
const MOST: Duration = Duration::from_secs(300);

pub(super) const LIMITS: &[Key] = &[
    key("connections", "open connections").integer(1, 1_000_000),
    key("handshake", "time for a TLS handshake").duration(LEAST, MOST),
    key("header_time", "time for a request's headers to arrive").duration(LEAST, MOST),
    key("header_bytes", "size of a request's headers").integer(8 * 1024, 1024 * 1024),
    key("idle", "time that a connection may be silent").duration(SECOND, HOUR),
    key("streams", "requests at once on one HTTP/2 connection").integer(1, 10_000),
    key("body_bytes", "size of a request's body").integer(1024, 64 * 1024 * 1024),
    key("concurrent_requests", "requests being answered at once").integer(1, 100_000),
    key("drain", "time for open requests to end after a stop signal")
        .duration(Duration::ZERO, HOUR),
    key("failure_rate", "unknown tokens per second from one address").integer(1, 100_000),
    key("failure_burst", "unknown tokens at once from one address").integer(1, 100_000),
];

const FORMATS: [(&str, LogFormat); 2] = [("text", LogFormat::Text), ("json", LogFormat::Json)];

pub(super) const LOG: &[Key] = &[
    key("format", "`text` or `json`").word(|| names(&FORMATS)),
    key("filter", "which events, such as `info` or `info,scim_sidecar=debug`"),
];

pub(super) const RELOAD: &[Key] =
    &[key("watch", "how often the files are looked at, such as `10s`, or \"off\"")
        .duration_or("off", LEAST, HOUR)];

/// What the whole process may take, whichever project it serves.
#[derive(Clone, Debug)]
pub struct Limits {
    /// What a connection may take.
    pub serve: serve::Limits,
    /// Bytes of a request's body. 1 KiB to 64 MiB.
    pub body_bytes: usize,
    /// Requests being answered at once; further ones are shed. 1 to 100 000.
    pub concurrent_requests: usize,
    /// Unknown tokens that one address may present.
    pub failures: FailurePace,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            serve: serve::Limits::default(),
            body_bytes: 1024 * 1024,
            concurrent_requests: 512,
            failures: FailurePace::default(),
        }
    }
}

/// How to log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// The shape of a line.
    pub format: LogFormat,
    /// Which events, in tracing-subscriber's `EnvFilter` notation; known to parse.
    pub filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".to_owned() }
    }
}

/// When the files are read again without being asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reload {
    /// How often they are looked at. 100 ms to 1 h; `None` for never.
    pub watch: Option<Duration>,
}

/// The shape of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// The admin address: `Some(None)` for `"off"`, `None` when what is written is wrong.
pub(super) fn admin(table: &Table<'_>) -> Option<Option<Placed<SocketAddr>>> {
    if !table.has("admin") {
        return Some(Some(Placed { value: ADMIN, span: table.span() }));
    }
    let text = table.text("admin")?;
    if text.value == "off" {
        return Some(None);
    }
    let admin = address::socket(table, "admin", text)?;
    if !admin.value.ip().is_loopback() {
        table.sink().error(
            &admin.span,
            "`admin` must be a loopback address",
            Some(format!("expected `{ADMIN}` or another port of this machine, or `off`")),
            Some("the admin port has no TLS and asks for no token".to_owned()),
        );
        return None;
    }
    Some(Some(admin))
}

/// Both listeners need an address of their own. Port 0 is whatever is free.
pub(super) fn apart(sink: &Sink, listen: &Placed<SocketAddr>, admin: &Placed<SocketAddr>) {
    let (one, other) = (listen.value, admin.value);
    let same_host = one.ip() == other.ip() || one.ip().is_unspecified();
    if same_host && one.port() == other.port() && one.port() != 0 {
        sink.error(
            &listen.span,
            format!("`listen` and `admin` both want port {}", one.port()),
            Some(format!("expected another port than that of `admin`, {other}")),
            None,
        );
    }
}

pub(super) fn limits(root: &Table<'_>) -> Option<Limits> {
    let mut limits = Limits::default();
    if !root.has("limits") {
        return Some(limits);
    }
    let table = root.table("limits")?;
    let serve = &mut limits.serve;
    count(&table, "connections", &mut serve.connections);
    span(&table, "handshake", &mut serve.handshake);
    span(&table, "header_time", &mut serve.header_read);
    count(&table, "header_bytes", &mut serve.header_bytes);
    span(&table, "idle", &mut serve.idle);
    count(&table, "streams", &mut serve.streams);
    span(&table, "drain", &mut serve.drain);
    count(&table, "body_bytes", &mut limits.body_bytes);
    count(&table, "concurrent_requests", &mut limits.concurrent_requests);
    rate(&table, "failure_rate", &mut limits.failures.per_second);
    rate(&table, "failure_burst", &mut limits.failures.burst);
    Some(limits)
}

pub(super) fn log(root: &Table<'_>) -> Option<Log> {
    let mut log = Log::default();
    if !root.has("log") {
        return Some(log);
    }
    let table = root.table("log")?;
    if let Some(format) = table.choice("format", &FORMATS) {
        log.format = format;
    }
    if let Some(filter) = table.text("filter") {
        if let Err(error) = EnvFilter::builder().parse(&filter.value) {
            table.sink().error(
                &filter.span,
                "`log.filter` is not a filter",
                Some("expected directives such as `info,scim_sidecar=debug`".to_owned()),
                Some(error.to_string()),
            );
        }
        log.filter = filter.value;
    }
    Some(log)
}

pub(super) fn reload(root: &Table<'_>) -> Reload {
    Reload { watch: root.table("reload").and_then(|table| table.duration("watch")) }
}

/// Reads a whole number over its default; what is wrong stays a finding.
pub(super) fn count<N: TryFrom<i64>>(table: &Table<'_>, key: &str, into: &mut N) {
    if let Some(number) = table.integer(key).and_then(|number| N::try_from(number).ok()) {
        *into = number;
    }
}

/// Reads a duration over its default.
pub(super) fn span(table: &Table<'_>, key: &str, into: &mut Duration) {
    if let Some(duration) = table.duration(key) {
        *into = duration;
    }
}

/// Reads a rate or burst over its default; whether one was written.
pub(super) fn rate(table: &Table<'_>, key: &str, into: &mut NonZeroU32) -> bool {
    let number = table.integer(key).and_then(|number| u32::try_from(number).ok());
    let Some(number) = number.and_then(NonZeroU32::new) else { return false };
    *into = number;
    true
}
