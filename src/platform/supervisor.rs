//! What is told to whoever started us: that we serve, that we read our files, that we drain.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News<'a> {
    /// The ports are open, or the files were read again. A line for people.
    Ready(&'a str),
    /// The files are being read again.
    Reloading,
    /// Nothing new is begun; it may take so long until the end.
    Stopping(Duration),
    /// The runtime still turns.
    Alive,
}

/// Who hears it.
#[derive(Debug)]
enum Listener {
    #[cfg(target_os = "linux")]
    Systemd(super::systemd::Systemd),
    #[cfg(windows)]
    Controls(&'static super::service::Service),
    /// Started by a shell, a container or a test.
    Nobody,
}

/// Whoever started us and wants to know how we are: systemd, the service control manager of
/// Windows, or nobody. Clones are one and the same.
///
/// Nothing that is told can fail: a service manager that does not listen is no reason to stop
/// serving.
#[derive(Clone, Debug)]
pub struct Supervisor(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    listener: Listener,
    /// Held while something is told, so that nothing is told after the wish to stop.
    is_stopping: Mutex<bool>,
}

impl Supervisor {
    /// Looks who it is: on Linux by `NOTIFY_SOCKET`, on Windows by how the process was started.
    #[must_use]
    pub fn find() -> Self {
        #[cfg(target_os = "linux")]
        let listener = super::systemd::Systemd::find(|name| std::env::var_os(name))
            .map_or(Listener::Nobody, Listener::Systemd);
        #[cfg(windows)]
        let listener = super::service::running().map_or(Listener::Nobody, Listener::Controls);
        #[cfg(not(any(target_os = "linux", windows)))]
        let listener = Listener::Nobody;
        Self(Arc::new(Inner { listener, is_stopping: Mutex::new(false) }))
    }

    /// Tells that the ports are open, or that the files were read again; `status` is a constant
    /// sentence for people, without personal data, shown by `systemctl status`.
    pub fn ready(&self, status: &str) {
        self.tell(News::Ready(status));
    }

    /// Tells that the files are being read again; [`Supervisor::ready`] tells the end of it.
    pub fn reloading(&self) {
        self.tell(News::Reloading);
    }

    /// Tells that nothing new is begun, and that it may take `patience` until the end. Nothing but
    /// [`Supervisor::alive`] is told after it.
    pub fn stopping(&self, patience: Duration) {
        self.tell(News::Stopping(patience));
    }

    /// Tells that the runtime still turns.
    pub fn alive(&self) {
        self.tell(News::Alive);
    }

    /// How often [`Supervisor::alive`] must be told, where somebody waits for it: half of the time
    /// after which systemd would end the process (`WatchdogSec=`).
    #[must_use]
    pub fn watch(&self) -> Option<Duration> {
        match &self.0.listener {
            #[cfg(target_os = "linux")]
            Listener::Systemd(systemd) => systemd.watch,
            #[cfg(windows)]
            Listener::Controls(_) => None,
            Listener::Nobody => None,
        }
    }

    fn tell(&self, news: News<'_>) {
        let mut is_stopping = self.0.is_stopping.lock().unwrap_or_else(PoisonError::into_inner);
        if *is_stopping && news != News::Alive {
            return;
        }
        *is_stopping |= matches!(news, News::Stopping(_));
        match &self.0.listener {
            #[cfg(target_os = "linux")]
            Listener::Systemd(systemd) => systemd.tell(news),
            #[cfg(windows)]
            Listener::Controls(service) => service.tell(news),
            Listener::Nobody => {}
        }
    }
}
