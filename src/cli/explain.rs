//! `explain`: one request's whole translation; nothing is written upstream.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use bytes::Bytes;

use super::serve::chain;
use super::{Exit, Explain};
use crate::config::{Config, profiles, source};
use crate::explain::{ExplainError, Means, Request, explain};
use crate::seam::Seams;

/// The largest request or row that is read, in bytes.
const LARGEST: u64 = 8 * 1024 * 1024;

/// Explains a request from a file, or from standard input for `-`.
pub(super) async fn run(
    options: &Explain,
    seams: &Seams,
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
) -> Exit {
    let mut wrong = |problem: &str| {
        let _ = writeln!(err, "error: {problem}");
        Exit::Configuration
    };
    let text = match source(&options.config) {
        Ok(text) => text,
        Err(problem) => return wrong(&problem),
    };
    let (config, mut report) = Config::read(&text, &profiles());
    let generation = config.and_then(|config| {
        let (generation, findings) = config.assemble(seams, true);
        report.extend(findings);
        generation
    });
    let Some(generation) = generation else {
        return wrong(&format!("the configuration has mistakes\n\n{report}"));
    };
    let read = |path: &Path| {
        read(path).map_err(|problem| format!("cannot read `{}`: {problem}", path.display()))
    };
    let request = match read(&options.request) {
        Ok(text) => Request::parse(&String::from_utf8_lossy(&text)),
        Err(problem) => return failed(err, &problem),
    };
    let request = match request {
        Ok(request) => request,
        Err(mistake) => {
            return failed(err, &format!("`{}`: {mistake}", options.request.display()));
        }
    };
    let mut means = Means { rows: Vec::new(), live: options.live, caller: options.caller.clone() };
    for path in &options.rows {
        match read(path) {
            Ok(row) => means.rows.push(Bytes::from(row)),
            Err(problem) => return failed(err, &problem),
        }
    }
    match explain(generation, request, means, seams, out).await {
        Ok(()) => Exit::Fine,
        Err(error) => {
            let exit = failed(err, &chain(&error));
            if matches!(error, ExplainError::NoCaller { .. }) { Exit::Usage } else { exit }
        }
    }
}

fn failed(err: &mut dyn Write, problem: &str) -> Exit {
    let _ = writeln!(err, "error: {problem}");
    Exit::Failed
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let source: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(fs::File::open(path)?)
    };
    source.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(std::io::Error::other(format!("expected at most {LARGEST} bytes")));
    }
    Ok(bytes)
}
