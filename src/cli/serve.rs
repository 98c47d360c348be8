//! `serve`: what is wrong with the configuration is told and ends with 78, else it runs until a
//! signal stops it.

use std::io::{IsTerminal, Write};
use std::path::Path;

use super::{Exit, Serve};
use crate::config::{Config, LogFormat, profiles, source};
use crate::diagnostic::Report;
use crate::generation::Generation;
use crate::platform::StopSignals;
use crate::process::{Process, StartError};
use crate::seam::Seams;

/// Serves until a signal stops it.
pub(super) async fn serve(options: &Serve, seams: &Seams, err: &mut (dyn Write + Send)) -> Exit {
    let Some((config, generation, report)) = load(&options.config, seams, err) else {
        return Exit::Configuration;
    };
    log(config.log.format, &config.log.filter);
    for warning in report.findings() {
        tracing::warn!(place = warning.place(), warning = warning.message, "the configuration");
    }
    // Before the ports open: a signal that comes early must not be lost.
    let mut signals = match StopSignals::listen() {
        Ok(signals) => signals,
        Err(error) => return failed(err, &error),
    };
    let process = match Process::start(&config, generation, seams, true).await {
        Ok(process) => process,
        Err(error) => {
            let exit = failed(err, &error);
            // The certificate is part of the configuration, as `check` says too.
            return if matches!(error, StartError::Tls(_)) { Exit::Configuration } else { exit };
        }
    };
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

/// Reads and builds everything, or tells why not.
fn load(path: &Path, seams: &Seams, err: &mut dyn Write) -> Option<(Config, Generation, Report)> {
    let text = match source(path) {
        Ok(text) => text,
        Err(problem) => {
            let _ = writeln!(err, "error: {problem}");
            return None;
        }
    };
    let (config, mut report) = Config::read(&text, &profiles());
    let built = config.map(|config| {
        report.extend(config.check_files());
        let (generation, findings) = config.assemble(seams, true);
        report.extend(findings);
        (config, generation)
    });
    match built {
        Some((config, Some(generation))) if !report.has_errors() => {
            Some((config, generation, report))
        }
        _ => {
            let (errors, warnings) = report.counts();
            let _ = write!(err, "{report}");
            let _ = writeln!(err, "{}: not started", counted(errors, warnings));
            None
        }
    }
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
