//! A console's events, or in a service the wishes of the service control manager.

use std::io;

use tokio::signal::windows::{
    CtrlBreak, CtrlC, CtrlClose, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown,
};

use crate::platform::service::{Wishes, wishes};

/// One of the two and never both: a shutdown would be told twice, and the second wish to stop
/// leaves nobody any time.
#[derive(Debug)]
pub(super) enum Stop {
    Console(Box<Console>),
    Service(&'static Wishes),
}

#[derive(Debug)]
pub(super) struct Console {
    c: CtrlC,
    pause: CtrlBreak,
    close: CtrlClose,
    shutdown: CtrlShutdown,
}

impl Stop {
    pub(super) fn listen() -> io::Result<Self> {
        if let Some(wishes) = wishes() {
            return Ok(Self::Service(wishes));
        }
        Ok(Self::Console(Box::new(Console {
            c: ctrl_c()?,
            pause: ctrl_break()?,
            close: ctrl_close()?,
            shutdown: ctrl_shutdown()?,
        })))
    }

    pub(super) async fn next(&mut self) -> &'static str {
        match self {
            Self::Service(wishes) => wishes.stop().await,
            Self::Console(console) => tokio::select! {
                _ = console.c.recv() => "Ctrl-C",
                _ = console.pause.recv() => "Ctrl-Break",
                _ = console.close.recv() => "close",
                _ = console.shutdown.recv() => "shutdown",
            },
        }
    }
}

#[derive(Debug)]
pub(super) struct Reload {
    service: Option<&'static Wishes>,
}

impl Reload {
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self { service: wishes() })
    }

    pub(super) async fn next(&mut self) -> &'static str {
        match self.service {
            Some(wishes) => wishes.reload().await,
            None => std::future::pending().await,
        }
    }
}
