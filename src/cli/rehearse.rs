//! `rehearse`: a rollout, tried beforehand against the living server; nothing is written there.

use std::fs;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use super::serve::chain;
use super::{Exit, Rehearse};
use crate::config::{Config, profiles, source};
use crate::generation::Generation;
use crate::platform;
use crate::rehearse::against::differences;
use crate::rehearse::people::People;
use crate::rehearse::report::Report;
use crate::rehearse::{Means, Progress, RehearseError, Stage, Uncounted, rehearse};
use crate::seam::Seams;

/// The largest export that is read, in bytes: Entra downloads at most 500 000 people.
const LARGEST: u64 = 512 * 1024 * 1024;

/// In which form a file is written.
#[derive(Clone, Copy)]
enum Form {
    Table,
    Document,
}

/// Rehearses the people of a file, or of standard input for `-`.
pub(super) async fn run(
    options: &Rehearse,
    seams: &Seams,
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
) -> Exit {
    match tried(options, seams, out, err).await {
        Ok(()) => Exit::Fine,
        Err((exit, problem)) => {
            let _ = writeln!(err, "error: {problem}");
            exit
        }
    }
}

type Problem = (Exit, String);

async fn tried(
    options: &Rehearse,
    seams: &Seams,
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
) -> Result<(), Problem> {
    let failed = |problem: String| (Exit::Failed, problem);
    let wrong = |problem: String| (Exit::Configuration, problem);
    // What would fail at the end is told at the beginning.
    let form = options.out.as_deref().map(form).transpose()?;
    let config = configuration(&options.config).map_err(wrong)?;
    let new = generation(&config, seams).map_err(wrong)?;
    let old = match &options.against {
        Some(mapping) => {
            let config = with_mapping(config, options.project.as_deref(), mapping);
            Some(generation(&config, seams).map_err(wrong)?)
        }
        None => None,
    };
    let shown = options.people.display();
    let bytes =
        read(&options.people).map_err(|error| failed(format!("cannot read `{shown}`: {error}")))?;
    let people = People::read(&bytes, &options.sources, options.limit)
        .map_err(|error| failed(format!("`{shown}`: {error}")))?;
    if people.is_part {
        let _ = writeln!(
            err,
            "warning: `{}` is one page of several: it names a next one that is not in it",
            options.people.display()
        );
    }
    let means = Means {
        project: options.project.clone(),
        caller: options.caller.clone(),
        matching: options.matching.clone(),
        most: options.limit,
    };
    let mut bar = Bar::new(io::stderr().is_terminal());
    let stage = {
        let mut tell = |progress| bar.tell(progress, err);
        let stage = rehearse(new, &people, &means, seams, &mut tell).await;
        let old = match old {
            Some(old) => Some(rehearse(old, &people, &means, seams, &mut tell).await),
            None => None,
        };
        bar.clear(err);
        let told = |error: RehearseError| {
            let advice = match &error {
                RehearseError::Population(Uncounted::TooMany { .. }) => ": say a higher `--limit`",
                _ => "",
            };
            let exit = match &error {
                RehearseError::NoProject { .. }
                | RehearseError::NoCaller { .. }
                | RehearseError::NoMatch { .. } => Exit::Usage,
                RehearseError::Population(_) | RehearseError::Upstream(_) => Exit::Failed,
            };
            (exit, format!("{}{advice}", chain(&error)))
        };
        (stage.map_err(told)?, old.transpose().map_err(told)?)
    };
    let (stage, old): (Stage, Option<Stage>) = stage;
    let differences = old.map(|old| differences(&old, &stage));
    let report = Report {
        project: stage.project(),
        caller: stage.caller(),
        unit: people.unit,
        rehearsal: &stage.rehearsal,
        differences: differences.as_deref(),
    };
    print(options, form, &report, out).map_err(|error| failed(error.to_string()))
}

fn print(
    options: &Rehearse,
    form: Option<Form>,
    report: &Report<'_>,
    out: &mut (dyn Write + Send),
) -> io::Result<()> {
    report.counts(out)?;
    if options.show {
        writeln!(out)?;
        report.table(out)?;
    }
    if let (Some(path), Some(form)) = (&options.out, form) {
        let mut file = Vec::new();
        match form {
            Form::Table => report.table(&mut file)?,
            Form::Document => report.document(&mut file)?,
        }
        platform::write_private(path, &file).map_err(|error| {
            io::Error::other(format!("cannot write `{}`: {error}", path.display()))
        })?;
        writeln!(out, "wrote {}: it holds personal data", path.display())?;
    }
    out.flush()
}

/// The form that a file's name says. The file must not be there: nothing of anybody's is replaced.
fn form(path: &Path) -> Result<Form, Problem> {
    let form = match path.extension().and_then(|extension| extension.to_str()) {
        Some(name) if name.eq_ignore_ascii_case("csv") => Form::Table,
        Some(name) if name.eq_ignore_ascii_case("json") => Form::Document,
        _ => {
            let path = path.display();
            return Err((Exit::Usage, format!("`--out {path}`: expected a name in .csv or .json")));
        }
    };
    if path.symlink_metadata().is_ok() {
        let path = path.display();
        return Err((Exit::Failed, format!("`{path}` is there already: name another file")));
    }
    Ok(form)
}

fn configuration(path: &Path) -> Result<Config, String> {
    let (config, report) = Config::read(&source(path)?, &profiles());
    config.ok_or_else(|| format!("the configuration has mistakes\n\n{report}"))
}

fn generation(config: &Config, seams: &Seams) -> Result<Generation, String> {
    let (generation, findings) = config.assemble(seams, true);
    generation.ok_or_else(|| format!("the configuration has mistakes\n\n{findings}"))
}

/// The same configuration with another mapping in the project that is rehearsed.
fn with_mapping(mut config: Config, project: Option<&str>, mapping: &Path) -> Config {
    for written in &mut config.projects {
        if project.is_none_or(|name| written.name.value == name) {
            written.mapping.value = PathBuf::from(mapping);
        }
    }
    config
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(fs::File::open(path)?)
    };
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other(format!("expected at most {LARGEST} bytes")));
    }
    Ok(bytes)
}

/// How far it is, on one line of a terminal; nowhere else.
struct Bar {
    shown: bool,
    last: String,
}

impl Bar {
    const fn new(shown: bool) -> Self {
        Self { shown, last: String::new() }
    }

    fn tell(&mut self, progress: Progress, err: &mut dyn Write) {
        if !self.shown {
            return;
        }
        let line = match progress {
            Progress::Rows(rows) => format!("{rows} rows"),
            Progress::People(done, total) => {
                // One line a percent: a terminal is slow.
                let tenths = done.saturating_mul(40) / total.max(1);
                format!("[{:40}] {}%", "#".repeat(tenths), done.saturating_mul(100) / total.max(1))
            }
        };
        if line != self.last {
            let _ = write!(err, "\r{line}\x1b[K");
            let _ = err.flush();
            self.last = line;
        }
    }

    fn clear(&self, err: &mut dyn Write) {
        if !self.last.is_empty() {
            let _ = write!(err, "\r\x1b[K");
            let _ = err.flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_one_line_and_only_a_terminals() {
        let mut out = Vec::new();
        let mut bar = Bar::new(true);
        bar.tell(Progress::Rows(40), &mut out);
        bar.tell(Progress::People(1, 1000), &mut out);
        bar.tell(Progress::People(2, 1000), &mut out);
        bar.clear(&mut out);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.matches('\r').count(), 3, "{text:?}");
        let mut out = Vec::new();
        let mut bar = Bar::new(false);
        bar.tell(Progress::Rows(40), &mut out);
        bar.clear(&mut out);
        assert!(out.is_empty());
    }

    #[test]
    fn a_file_says_its_form_and_is_new() {
        assert!(matches!(form(Path::new("no/such.CSV")), Ok(Form::Table)));
        assert!(matches!(form(Path::new("no/such.json")), Ok(Form::Document)));
        assert!(matches!(form(Path::new("people.xlsx")), Err((Exit::Usage, _))));
        let there = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/idp/entra/cycle.json");
        assert!(matches!(form(Path::new(there)), Err((Exit::Failed, _))));
    }
}
