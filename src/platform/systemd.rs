//! The protocol of `sd_notify(3)`: lines of `NAME=value` in a datagram, to the socket that
//! `NOTIFY_SOCKET` names.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::supervisor::News;

/// How long a service manager that does not read may hold us up.
const PATIENCE: Duration = Duration::from_secs(1);

/// A service manager that speaks systemd's protocol.
#[derive(Debug)]
pub(super) struct Systemd {
    socket: UnixDatagram,
    address: SocketAddr,
    /// Half of `WATCHDOG_USEC`, where this process is meant.
    pub(super) watch: Option<Duration>,
}

impl Systemd {
    /// The one that the environment names. What cannot be used is told in the log.
    pub(super) fn find(variable: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let name = variable("NOTIFY_SOCKET").filter(|name| !name.is_empty())?;
        let socket = || {
            let socket = UnixDatagram::unbound()?;
            socket.set_write_timeout(Some(PATIENCE))?;
            Ok((socket, address(&name)?))
        };
        match socket() {
            Ok((socket, address)) => Some(Self { socket, address, watch: watch(variable) }),
            Err(error) => {
                unheard(&error);
                None
            }
        }
    }

    pub(super) fn tell(&self, news: News<'_>) {
        if let Err(error) = self.socket.send_to_addr(message(news).as_bytes(), &self.address) {
            unheard(&error);
        }
    }
}

fn unheard(error: &io::Error) {
    tracing::warn!(%error, "the service manager cannot be told how the process is");
}

/// A path, or behind an `@` a name of Linux's own space of such names.
fn address(name: &OsStr) -> io::Result<SocketAddr> {
    match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        [b'/', ..] => SocketAddr::from_pathname(name),
        _ => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "expected a path or a name behind `@` in `NOTIFY_SOCKET`, found something else",
        )),
    }
}

/// Half of the time that the watchdog waits: so one that comes late is still in time.
fn watch(variable: impl Fn(&str) -> Option<OsString>) -> Option<Duration> {
    let number = |name| variable(name)?.to_str()?.parse::<u64>().ok();
    // Another process may be meant, whose child we are.
    if variable("WATCHDOG_PID").is_some()
        && number("WATCHDOG_PID") != Some(u64::from(std::process::id()))
    {
        return None;
    }
    number("WATCHDOG_USEC").filter(|time| *time > 1).map(|time| Duration::from_micros(time / 2))
}

/// The lines of one datagram.
fn message(news: News<'_>) -> String {
    match news {
        News::Ready(status) => format!("READY=1\nSTATUS={status}\n"),
        News::Reloading => {
            // With `Type=notify-reload` systemd compares it with the time of its signal. It means
            // the kernel's clock itself; ours begins when the process does.
            let now = clock_gettime(ClockId::Monotonic);
            let time = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1_000;
            format!("RELOADING=1\nMONOTONIC_USEC={time}\nSTATUS=reading the configuration again\n")
        }
        News::Stopping(patience) => {
            // Else `TimeoutStopSec=` would cut off a longer drain that the configuration allows.
            let time = patience.as_micros();
            format!("STOPPING=1\nEXTEND_TIMEOUT_USEC={time}\nSTATUS=draining\n")
        }
        News::Alive => "WATCHDOG=1\n".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment<'a>(
        pairs: &'a [(&str, &str)],
    ) -> impl Fn(&str) -> Option<OsString> + Copy + use<'a> {
        |name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
    }

    /// What one that listens under `name` hears of a state.
    fn heard(name: &str, listener: &UnixDatagram, news: News<'_>) -> String {
        Systemd::find(environment(&[("NOTIFY_SOCKET", name)])).unwrap().tell(news);
        let mut buffer = [0; 200];
        let length = listener.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    #[test]
    fn it_is_told_under_a_path_and_under_an_abstract_name() {
        let path = std::env::temp_dir().join(format!("scim-sidecar-notify-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let listener = UnixDatagram::bind(&path).unwrap();
        let name = path.to_str().unwrap();
        assert_eq!(heard(name, &listener, News::Ready("well")), "READY=1\nSTATUS=well\n");
        assert_eq!(heard(name, &listener, News::Alive), "WATCHDOG=1\n");
        std::fs::remove_file(&path).unwrap();

        let name = format!("scim-sidecar-notify-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let listener = UnixDatagram::bind_addr(&address).unwrap();
        assert_eq!(
            heard(&format!("@{name}"), &listener, News::Stopping(Duration::from_secs(35))),
            "STOPPING=1\nEXTEND_TIMEOUT_USEC=35000000\nSTATUS=draining\n"
        );
        let heard = heard(&format!("@{name}"), &listener, News::Reloading);
        let time = heard.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap();
        let (time, status) = time.split_once('\n').unwrap();
        assert!(time.parse::<u64>().unwrap() > 0);
        assert_eq!(status, "STATUS=reading the configuration again\n");
    }

    #[test]
    fn nobody_is_told_where_nobody_is_named_or_heard() {
        for pairs in [&[][..], &[("NOTIFY_SOCKET", "")], &[("NOTIFY_SOCKET", "vsock:2:1234")]] {
            assert!(Systemd::find(environment(pairs)).is_none(), "{pairs:?}");
        }
        // Told to nobody, it does no harm.
        let deaf = Systemd::find(environment(&[("NOTIFY_SOCKET", "/no/such/socket")])).unwrap();
        deaf.tell(News::Alive);
    }

    #[test]
    fn the_watchdog_waits_for_this_process_alone() {
        let own = std::process::id().to_string();
        let half = Some(Duration::from_secs(15));
        for (pairs, expected) in [
            (&[][..], None),
            (&[("WATCHDOG_USEC", "30000000")], half),
            (&[("WATCHDOG_USEC", "30000000"), ("WATCHDOG_PID", own.as_str())], half),
            (&[("WATCHDOG_USEC", "30000000"), ("WATCHDOG_PID", "1")], None),
            (&[("WATCHDOG_USEC", "30000000"), ("WATCHDOG_PID", "x")], None),
            (&[("WATCHDOG_USEC", "0")], None),
            (&[("WATCHDOG_USEC", "30s")], None),
        ] {
            assert_eq!(watch(environment(pairs)), expected, "{pairs:?}");
        }
    }
}
