//! `serve`: what is wrong with the configuration is told and ends with 78, else it runs until a
//! signal stops it; another signal has the configuration read again. Whoever started it is told
//! how it is.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use super::log::{self, LogFile};
use super::{Exit, Serve};
use crate::generation::Current;
use crate::platform::{ReloadSignal, StopSignals, Supervisor};
use crate::process::Process;
use crate::reload::{Progress, Reloader};
use crate::seam::{Clock, Seams};

/// What ending takes beside the drain.
const GOODBYE: Duration = Duration::from_secs(5);

/// Serves until a signal stops it.
pub(super) async fn serve(options: &Serve, seams: &Seams, err: &mut (dyn Write + Send)) -> Exit {
    let Some(path) = &options.log_file else {
        return run(options, seams, None, err).await;
    };
    match LogFile::open(path) {
        Ok(mut file) => run(options, seams, Some(file.clone()), &mut file).await,
        Err(error) => {
            let _ = writeln!(err, "error: cannot write the log to `{}`: {error}", path.display());
            Exit::Failed
        }
    }
}

async fn run(
    options: &Serve,
    seams: &Seams,
    file: Option<LogFile>,
    err: &mut (dyn Write + Send),
) -> Exit {
    let reloader = match Reloader::begin(&options.config, seams, true) {
        Ok(reloader) => reloader,
        Err(refused) => {
            let (errors, warnings) = refused.report.counts();
            let _ = write!(err, "{}", refused.report);
            let _ = writeln!(err, "{}: not started", counted(errors, warnings));
            return Exit::Configuration;
        }
    };
    let config = reloader.started();
    let drain = config.limits.serve.drain;
    log::begin(config.log.format, &config.log.filter, file.clone());
    let supervisor = Supervisor::find();
    // Before the ports open: a signal that comes early must not be lost.
    let listening = StopSignals::listen().and_then(|stop| Ok((stop, ReloadSignal::listen()?)));
    let (mut signals, wishes) = match listening {
        Ok(signals) => signals,
        Err(error) => return failed(err, &error),
    };
    let process = match Process::start(reloader, seams).await {
        Ok(process) => process,
        Err(error) => return failed(err, &error),
    };
    let current = process.reloader().current().clone();
    let admin = process.admin.map_or_else(|| "off".to_owned(), |address| address.to_string());
    tracing::info!(address = %process.address, admin, "serving");
    supervisor.ready(&status(&current, true));
    tokio::spawn(stay_alive(supervisor.clone(), Arc::clone(&seams.clock)));
    let reloads = tokio::spawn(process.reloader().follow(wishes, {
        let supervisor = supervisor.clone();
        move |progress| match progress {
            Progress::Begins => {
                supervisor.reloading();
                file.iter().for_each(LogFile::reopen);
            }
            Progress::Ended(load) => supervisor.ready(&status(&current, load.taken)),
        }
    }));
    let stopper = process.stopper();
    let ended = process.ended();
    tokio::pin!(ended);
    let mut signalled = false;
    let drained = loop {
        tokio::select! {
            drained = &mut ended => break drained,
            name = signals.next() => {
                if signalled {
                    tracing::warn!(signal = name, "stopping at once");
                    stopper.cut();
                } else {
                    tracing::info!(signal = name, "draining");
                    supervisor.stopping(drain.saturating_add(GOODBYE));
                    stopper.drain();
                    // Nothing new begins, and what is being loaded is not taken any more.
                    reloads.abort();
                }
                signalled = true;
            }
        }
    };
    tracing::info!(cut_off = drained.cut_off, "ended");
    Exit::Fine
}

/// Tells it as often as is asked for, from the runtime: one that is stuck tells nothing.
async fn stay_alive(supervisor: Supervisor, clock: Arc<dyn Clock>) {
    let Some(pause) = supervisor.watch() else { return };
    loop {
        supervisor.alive();
        clock.sleep(pause).await;
    }
}

/// A line for `systemctl status`.
fn status(current: &Current, taken: bool) -> String {
    let count = current.take().projects.len();
    let plural = if count == 1 { "" } else { "s" };
    let refused = if taken { "" } else { "; the last reload was refused: see the log" };
    format!("serving {count} project{plural}{refused}")
}

/// Such as `1 error, 2 warnings`.
pub(super) fn counted(errors: usize, warnings: usize) -> String {
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    format!("{errors} error{}, {warnings} warning{}", plural(errors), plural(warnings))
}

fn failed(err: &mut (dyn Write + Send), error: &dyn std::error::Error) -> Exit {
    let _ = writeln!(err, "error: {}", chain(error));
    Exit::Failed
}

/// An error with its causes, in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
