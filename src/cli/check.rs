//! `check`: every mistake in a configuration and its mappings at once; with `--live` also what the
//! upstreams themselves say about them.

use std::io::Write;
use std::ops::Range;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::serve::counted;
use super::{Check, Exit, Form};
use crate::config::{Config, dialects, profiles, source};
use crate::diagnostic::{self, Code, Finding, Report, Severity, nearest};
use crate::generation::{Generation, Project};
use crate::mapping::Mapping;
use crate::provision::{Difference, Seen, Weight};
use crate::seam::Seams;

/// What was found, in whichever form it is told.
#[derive(Default)]
struct Found {
    report: Report,
    /// What has no place in a file that could be read: its kind, the file, and what is wrong.
    problems: Vec<(Code, String, String)>,
    /// The upstreams that were asked: the project, and why it could not be, if so.
    upstreams: Vec<(Arc<str>, Option<String>)>,
}

impl Found {
    /// How many errors: of the files, and of upstreams that could not be asked.
    fn errors(&self) -> (usize, usize) {
        let closed = self.upstreams.iter().filter(|(_, closed)| closed.is_some()).count();
        (self.report.counts().0 + self.problems.len(), closed)
    }

    fn exit(&self) -> Exit {
        match self.errors() {
            (0, 0) => Exit::Fine,
            (0, _) => Exit::Failed,
            _ => Exit::Configuration,
        }
    }

    fn problem(&mut self, code: Code, file: &std::path::Path, problem: String) {
        self.problems.push((code, file.display().to_string(), problem));
    }
}

/// Tells every mistake in what it is given.
pub(super) async fn check(options: &Check, seams: &Seams, out: &mut (dyn Write + Send)) -> Exit {
    let mut found = Found::default();
    if let Some(path) = &options.config {
        match source(path) {
            Ok(text) => {
                let (config, findings) = Config::read(&text, &profiles());
                found.report.extend(findings);
                if let Some(config) = config {
                    let generation = check_config(&config, seams, &mut found);
                    if let Some(generation) = generation {
                        try_mappings(&generation, &mut found.report);
                        if options.live {
                            check_live(&generation, seams, &mut found).await;
                        }
                    }
                }
            }
            Err(problem) => found.problem(Code::Unreadable, path, problem),
        }
    }
    for path in &options.mappings {
        match source(path) {
            Ok(text) => {
                let (mapping, findings) = Mapping::read(text, &dialects());
                found.report.extend(findings);
                if let Some(mapping) = mapping {
                    found.report.extend(mapping.trial());
                }
            }
            Err(problem) => found.problem(Code::Unreadable, path, problem),
        }
    }
    match options.format {
        Form::Human => human(&found, out),
        Form::Json => {
            // A closed standard output does not change what was found.
            let _ = writeln!(out, "{:#}", json(&found));
        }
    }
    found.exit()
}

fn human(found: &Found, out: &mut dyn Write) {
    for (_, _, problem) in &found.problems {
        let _ = writeln!(out, "error: {problem}\n");
    }
    for (project, closed) in &found.upstreams {
        let _ = match closed {
            None => writeln!(out, "project `{project}`: the people can be searched\n"),
            Some(why) => writeln!(out, "error: project `{project}`: {why}\n"),
        };
    }
    let (errors, closed) = found.errors();
    let _ = write!(out, "{}", found.report);
    let _ = writeln!(out, "{}", counted(errors + closed, found.report.counts().1));
}

/// The same for editors and builds: one document.
fn json(found: &Found) -> Json {
    let problem = |(code, file, problem): &(Code, String, String)| {
        json!({
            "severity": "error", "code": code.name(), "message": problem, "file": file,
            "line": null, "column": null, "end_line": null, "end_column": null,
            "expected": null, "help": null, "diff": [],
        })
    };
    let upstream = |(project, closed): &(Arc<str>, Option<String>)| {
        let state = if closed.is_some() { "closed" } else { "searchable" };
        json!({ "project": &**project, "state": state, "message": closed })
    };
    let findings = found.report.findings().iter().map(diagnostic::json::finding);
    let (errors, closed) = found.errors();
    json!({
        "findings": found.problems.iter().map(problem).chain(findings).collect::<Vec<_>>(),
        "upstreams": found.upstreams.iter().map(upstream).collect::<Vec<_>>(),
        "errors": errors + closed,
        "warnings": found.report.counts().1,
        "exit": found.exit() as u8,
    })
}

fn check_config(config: &Config, seams: &Seams, found: &mut Found) -> Option<Generation> {
    found.report.extend(config.check_files());
    // Whoever checks may be somebody else than the one as whom it will serve.
    found.report.extend(config.check_owners(Severity::Warning));
    config.handshakes(seams, true, &mut found.report);
    let (generation, findings) = config.assemble(seams, true);
    // A file that is missing was told above; once is enough.
    found.report.extend_with_new_places(findings);
    generation
}

/// Tries each mapping once, however many projects it serves.
fn try_mappings(generation: &Generation, report: &mut Report) {
    let mut tried: Vec<&str> = Vec::new();
    for project in &generation.projects {
        let mapping = &project.provisioner.mapping;
        if !tried.contains(&mapping.source.name.as_str()) {
            tried.push(&mapping.source.name);
            report.extend(mapping.trial());
        }
    }
}

/// Asks every project's upstream, and says at which line of its mapping something is wrong.
async fn check_live(generation: &Generation, seams: &Seams, found: &mut Found) {
    for project in &generation.projects {
        for seen in project.provisioner.probe(&*seams.clock).await {
            match seen {
                Seen::Searchable => found.upstreams.push((Arc::clone(&project.name), None)),
                Seen::Closed(why) => found.upstreams.push((Arc::clone(&project.name), Some(why))),
                Seen::Refused(why) => found.report.push(unsearched(project, "collection", why)),
                Seen::Unknown(field, why) => {
                    found.report.push(unsearched(project, field.as_str(), why));
                }
                Seen::Elsewhere(name, place, why) => {
                    found
                        .report
                        .push(Finding { span: Some(place), ..unsearched(project, &name, why) });
                }
                Seen::Differs(difference) => found.report.push(differing(project, difference)),
                Seen::DiffersElsewhere(place, difference) => {
                    let finding = differing(project, difference);
                    found.report.push(Finding { span: Some(place), ..finding });
                }
                Seen::Undescribed(why) => found.report.push(undescribed(project, why)),
            }
        }
    }
}

/// That the upstream does not search something as the mapping says.
fn unsearched(project: &Project, name: &str, why: String) -> Finding {
    let message = format!("the upstream of project `{}` does not search `{name}`", project.name);
    about(project, name, Severity::Error, message, why, None)
}

/// That the upstream's description of itself is another one than the mapping's.
fn differing(project: &Project, difference: Difference) -> Finding {
    let Difference { name, weight, message, expected, help, known, .. } = difference;
    let severity = match weight {
        Weight::Mistake => Severity::Error,
        Weight::Gap => Severity::Warning,
    };
    // A collection is named with its path, of which the description knows the last part.
    let (before, last) = name.rsplit_once('/').unwrap_or(("", &name));
    let near = nearest(last, known.iter().map(AsRef::as_ref)).map(|near| match before {
        "" => format!("did you mean `{near}`?"),
        before => format!("did you mean `{before}/{near}`?"),
    });
    let message = format!("{message} (project `{}`)", project.name);
    about(project, &name, severity, message, expected, near.or(help))
}

/// That there was nothing to compare the mapping with.
fn undescribed(project: &Project, why: String) -> Finding {
    Finding {
        severity: Severity::Note,
        code: Code::Upstream,
        message: format!("types and lengths were not compared (project `{}`)", project.name),
        source: Arc::clone(&project.provisioner.mapping.source),
        span: None,
        label: Some(why),
        diff: Vec::new(),
        help: None,
        masked: false,
    }
}

/// A finding at the first place where the mapping names a field or key.
fn about(
    project: &Project,
    name: &str,
    severity: Severity,
    message: String,
    label: String,
    help: Option<String>,
) -> Finding {
    let source = Arc::clone(&project.provisioner.mapping.source);
    let span = place(&source.text, &format!("\"{name}\"")).or_else(|| place(&source.text, name));
    Finding {
        severity,
        code: Code::Upstream,
        message,
        source,
        span,
        label: Some(label),
        diff: Vec::new(),
        help,
        masked: false,
    }
}

/// Where a name stands by itself, comments aside.
fn place(text: &str, name: &str) -> Option<Range<usize>> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let is_alone = |at: usize| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    };
    let mut found = text.match_indices(name).map(|(at, _)| at);
    let at = found.find(|at| is_alone(*at) && !is_comment(text, *at))?;
    Some(at..at + name.len())
}

/// Whether a place lies behind a `#` of its own line; in a text a `#` may stand, so this only
/// chooses between several places.
fn is_comment(text: &str, at: usize) -> bool {
    let line = text.get(..at).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
    line.trim_start().starts_with('#')
}
