//! The operating system's wishes: that we stop, and that we read our files again.

use std::io;

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

/// The operating system's wishes that we stop: SIGTERM and SIGINT on Unix; Ctrl-C, Ctrl-Break,
/// closing the console and shutting down on a console of Windows; `stop` and `shutdown` of its
/// service control manager in a [service](super::service).
#[derive(Debug)]
pub struct StopSignals(system::Stop);

impl StopSignals {
    /// Starts to listen: from now on a signal no longer ends the process by itself. Must be called
    /// inside the runtime.
    ///
    /// # Errors
    /// When the operating system refuses a handler.
    pub fn listen() -> io::Result<Self> {
        system::Stop::listen().map(Self)
    }

    /// Waits for the next signal and says its name. The first asks for a drain; who gets a second
    /// should not wait any longer.
    pub async fn next(&mut self) -> &'static str {
        self.0.next().await
    }
}

/// The operating system's wish that we read our files again: SIGHUP on Unix, `paramchange` in a
/// [service](super::service) of Windows. On a console of Windows there is none, so that it never
/// comes.
#[derive(Debug)]
pub struct ReloadSignal(system::Reload);

impl ReloadSignal {
    /// Starts to listen: from now on the signal no longer ends the process. Must be called inside
    /// the runtime.
    ///
    /// # Errors
    /// When the operating system refuses a handler.
    pub fn listen() -> io::Result<Self> {
        system::Reload::listen().map(Self)
    }

    /// Waits for the next signal and says its name. One that came since the last is not lost;
    /// several are one.
    pub async fn next(&mut self) -> &'static str {
        self.0.next().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wish_to_reload_can_be_waited_for() {
        let mut wishes = ReloadSignal::listen().unwrap();
        tokio::select! {
            biased;
            name = wishes.next() => panic!("nobody sent {name}"),
            () = std::future::ready(()) => {}
        }
    }

    #[tokio::test]
    async fn signals_can_be_listened_to() {
        let mut signals = StopSignals::listen().unwrap();
        tokio::select! {
            biased;
            name = signals.next() => panic!("nobody sent {name}"),
            () = std::future::ready(()) => {}
        }
    }
}
