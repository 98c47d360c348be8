//! `serve`: what is wrong with the configuration is told and ends with 78, else it runs until a
//! signal stops it; another signal has the configuration read again.

use std::io::{IsTerminal, Write};

use super::{Exit, Serve};
use crate::config::LogFormat;
use crate::platform::{ReloadSignal, StopSignals};
use crate::process::Process;
use crate::reload::Reloader;
use crate::seam::Seams;

/// Serves until a signal stops it.
pub(super) async fn serve(options: &Serve, seams: &Seams, err: &mut (dyn Write + Send)) -> Exit {
    let reloader = match Reloader::begin(&options.config, seams, true) {
        Ok(reloader) => reloader,
        Err(refused) => {
            let (errors, warnings) = refused.report.counts();
            let _ = write!(err, "{}", refused.report);
            let _ = writeln!(err, "{}: not started", counted(errors, warnings));
            return Exit::Configuration;
        }
    };
    log(reloader.started().log.format, &reloader.started().log.filter);
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
    let reloads = tokio::spawn(process.reloader().follow(wishes));
    let admin = process.admin.map_or_else(|| "off".to_owned(), |address| address.to_string());
    tracing::info!(address = %process.address, admin, "serving");
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

/// Sends the log to standard error, as the configuration says.
pub(super) fn log(format: LogFormat, filter: &str) {
    let filter = tracing_subscriber::EnvFilter::try_new(filter)
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // A second subscriber in one process can only be a test's; the first one stays.
    let _ = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}
