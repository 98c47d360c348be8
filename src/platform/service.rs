//! A service of Windows: what its service control manager wishes and is told.
//!
//! | it says | we do |
//! |---|---|
//! | `stop`, `shutdown` | drain, as on SIGTERM |
//! | `paramchange` | read the files again, as on SIGHUP |
//! | `interrogate` | nothing: it knows the last state |
//!
//! | we tell | when |
//! |---|---|
//! | `START_PENDING` | from the start until the ports are open |
//! | `RUNNING` | from then on, also during a reload |
//! | `STOP_PENDING` | while draining, with the time that it may take |
//! | `STOPPED` | at the end; an exit code other than 0 as a service specific one |
//!
//! What it decides is plain data, tested on every system; only `windows` asks the machine.

use std::io;
#[cfg(any(windows, test))]
use std::time::Duration;

#[cfg(any(windows, test))]
use tokio::sync::Notify;

#[cfg(any(windows, test))]
use super::supervisor::News;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(super) use windows::{Service, running, wishes};

/// Runs `work` as a service and says with what it ended: the process's exit code. Blocks until the
/// service has ended; `work` runs on another thread.
///
/// # Errors
/// When the service control manager did not start this process, and where there is none; `work`
/// does not run then.
pub fn run(work: impl FnOnce() -> u8 + Send + 'static) -> io::Result<u8> {
    #[cfg(windows)]
    {
        windows::run(Box::new(work))
    }
    #[cfg(not(windows))]
    {
        drop(work);
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "expected Windows; systemd needs no option, and finds the process by `NOTIFY_SOCKET`",
        ))
    }
}

/// What the service control manager wished.
#[cfg(any(windows, test))]
#[derive(Debug, Default)]
pub(super) struct Wishes {
    stop: Notify,
    reload: Notify,
}

/// What to answer to a control.
#[cfg(any(windows, test))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// It is done, or will be.
    Done,
    /// It is done, and the state is another from now on.
    Stopping,
    /// It is nothing that we know.
    Unknown,
}

#[cfg(any(windows, test))]
impl Wishes {
    /// Takes a control, by its number in `ControlService` of the Windows API.
    fn take(&self, control: u32) -> Answer {
        match control {
            // SERVICE_CONTROL_STOP and SERVICE_CONTROL_SHUTDOWN
            1 | 5 => {
                self.stop.notify_one();
                Answer::Stopping
            }
            // SERVICE_CONTROL_INTERROGATE
            4 => Answer::Done,
            // SERVICE_CONTROL_PARAMCHANGE
            6 => {
                self.reload.notify_one();
                Answer::Done
            }
            _ => Answer::Unknown,
        }
    }

    /// Waits for the wish to stop.
    pub(super) async fn stop(&self) -> &'static str {
        self.stop.notified().await;
        "stop"
    }

    /// Waits for the wish to read the files again; several are one.
    pub(super) async fn reload(&self) -> &'static str {
        self.reload.notified().await;
        "paramchange"
    }
}

/// What the service control manager is told.
#[cfg(any(windows, test))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Not before so long is it to think that we hang.
    StartPending(Duration),
    Running,
    /// As with the start.
    StopPending(Duration),
    Stopped(u8),
}

#[cfg(any(windows, test))]
impl State {
    /// The state that news make; `None` where it stays as it is.
    fn of(news: News<'_>) -> Option<Self> {
        match news {
            News::Ready(_) => Some(Self::Running),
            News::Stopping(patience) => Some(Self::StopPending(patience)),
            News::Reloading | News::Alive => None,
        }
    }

    /// Whether this may be told after `last`: a reload that ends beside a stop is no start.
    fn may_follow(self, last: Self) -> bool {
        let rank = |state| match state {
            Self::StartPending(_) => 0,
            Self::Running => 1,
            Self::StopPending(_) => 2,
            Self::Stopped(_) => 3,
        };
        rank(last) <= rank(self)
    }

    /// Whether controls are wanted: in the other states nothing could be done with them.
    fn takes_controls(self) -> bool {
        self == Self::Running
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a wish is there.
    async fn is_there(wish: impl Future<Output = &'static str>) -> bool {
        tokio::select! {
            biased;
            _ = wish => true,
            () = std::future::ready(()) => false,
        }
    }

    #[tokio::test]
    async fn controls_become_wishes() {
        let wishes = Wishes::default();
        assert!(!is_there(wishes.stop()).await && !is_there(wishes.reload()).await);
        for control in [1, 5] {
            assert_eq!(wishes.take(control), Answer::Stopping);
            assert!(!is_there(wishes.reload()).await && is_there(wishes.stop()).await);
        }
        // Several are one, and the last is not lost.
        assert_eq!((wishes.take(6), wishes.take(6)), (Answer::Done, Answer::Done));
        assert!(is_there(wishes.reload()).await && !is_there(wishes.reload()).await);
        assert_eq!(wishes.take(4), Answer::Done);
        // Pause, continue, a user's own.
        for control in [2, 3, 128] {
            assert_eq!(wishes.take(control), Answer::Unknown);
        }
        assert!(!is_there(wishes.stop()).await && !is_there(wishes.reload()).await);
    }

    #[test]
    fn news_become_states() {
        let patience = Duration::from_secs(35);
        assert_eq!(State::of(News::Ready("serving")), Some(State::Running));
        assert_eq!(State::of(News::Stopping(patience)), Some(State::StopPending(patience)));
        assert_eq!(State::of(News::Reloading), None);
        assert_eq!(State::of(News::Alive), None);
    }

    #[test]
    fn states_go_forward_only_and_one_takes_controls() {
        let wait = Duration::from_secs(1);
        let states = [
            State::StartPending(wait),
            State::Running,
            State::StopPending(wait),
            State::Stopped(78),
        ];
        for (i, state) in states.into_iter().enumerate() {
            for (j, last) in states.into_iter().enumerate() {
                assert_eq!(state.may_follow(last), j <= i, "{state:?} after {last:?}");
            }
            assert_eq!(state.takes_controls(), state == State::Running);
        }
    }

    #[cfg(not(windows))]
    #[test]
    fn there_is_none_elsewhere() {
        let refused = run(|| panic!("it ran")).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::Unsupported);
    }
}
