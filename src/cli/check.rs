//! `check`: every mistake in a configuration and its mappings at once; with `--live` also what the
//! upstreams themselves say about them.

use std::io::Write;
use std::sync::Arc;

use super::serve::{chain, counted};
use super::{Check, Exit};
use crate::config::{Config, dialects, profiles, source};
use crate::diagnostic::reader::Sink;
use crate::diagnostic::{Finding, Report, Severity};
use crate::generation::{Generation, Project};
use crate::mapping::Mapping;
use crate::provision::Seen;
use crate::seam::Seams;
use crate::serve::tls::Identity;

/// What was told beside the findings.
#[derive(Default)]
struct Told {
    /// How many things named on the command line or in the configuration cannot be used.
    wrong: usize,
    /// How many upstreams could not be asked.
    closed: usize,
}

/// Tells every mistake in what it is given.
pub(super) async fn check(options: &Check, seams: &Seams, out: &mut (dyn Write + Send)) -> Exit {
    let mut report = Report::default();
    let mut told = Told::default();
    if let Some(path) = &options.config {
        match source(path) {
            Ok(text) => {
                let (config, findings) = Config::read(&text, &profiles());
                report.extend(findings);
                if let Some(config) = config {
                    let generation = check_config(&config, seams, out, &mut report, &mut told);
                    if let Some(generation) = generation {
                        try_mappings(&generation, &mut report);
                        if options.live {
                            check_live(&generation, seams, out, &mut report, &mut told).await;
                        }
                    }
                }
            }
            Err(problem) => tell(out, &mut told, &problem),
        }
    }
    for path in &options.mappings {
        match source(path) {
            Ok(text) => {
                let (mapping, findings) = Mapping::read(text, &dialects());
                report.extend(findings);
                if let Some(mapping) = mapping {
                    report.extend(mapping.trial());
                }
            }
            Err(problem) => tell(out, &mut told, &problem),
        }
    }
    let (errors, warnings) = report.counts();
    let errors = errors + told.wrong;
    let _ = write!(out, "{report}");
    let _ = writeln!(out, "{}", counted(errors + told.closed, warnings));
    if errors > 0 {
        Exit::Configuration
    } else if told.closed > 0 {
        Exit::Failed
    } else {
        Exit::Fine
    }
}

fn tell(out: &mut dyn Write, told: &mut Told, problem: &str) {
    told.wrong += 1;
    let _ = writeln!(out, "error: {problem}\n");
}

fn check_config(
    config: &Config,
    seams: &Seams,
    out: &mut dyn Write,
    report: &mut Report,
    told: &mut Told,
) -> Option<Generation> {
    report.extend(config.check_files());
    // Whoever checks may be somebody else than the one as whom it will serve.
    report.extend(config.check_owners(Severity::Warning));
    check_certificate(config, out, told);
    let (generation, findings) = config.assemble(seams, true);
    // A file that is missing was told above; once is enough.
    report.extend_with_new_places(findings);
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

fn check_certificate(config: &Config, out: &mut dyn Write, told: &mut Told) {
    let (certificate, key) = (&config.tls.certificate.value, &config.tls.key.value);
    // What cannot be read at all is a finding of its own.
    if !certificate.is_file() || !key.is_file() {
        return;
    }
    let loaded = Identity::load(certificate, key)
        .and_then(Identity::refuse_development)
        .and_then(|identity| identity.server_config().map(drop));
    if let Err(error) = loaded {
        tell(out, told, &chain(&error));
    }
}

/// Asks every project's upstream, and says at which line of its mapping something is wrong.
async fn check_live(
    generation: &Generation,
    seams: &Seams,
    out: &mut (dyn Write + Send),
    report: &mut Report,
    told: &mut Told,
) {
    for project in &generation.projects {
        for seen in project.provisioner.probe(&*seams.clock).await {
            match seen {
                Seen::Searchable => {
                    let _ =
                        writeln!(out, "project `{}`: the people can be searched\n", project.name);
                }
                Seen::Closed(why) => {
                    told.closed += 1;
                    let _ = writeln!(out, "error: project `{}`: {why}\n", project.name);
                }
                Seen::Refused(why) => report.push(about(project, "collection", &why)),
                Seen::Unknown(field, why) => report.push(about(project, field.as_str(), &why)),
            }
        }
    }
}

/// A finding at the first place where the mapping names a field or key.
fn about(project: &Project, name: &str, why: &str) -> Finding {
    let source = &project.provisioner.mapping.source;
    let quoted = format!("\"{name}\"");
    let found = source.text.match_indices(&quoted).find(|(at, _)| !is_comment(&source.text, *at));
    let span = match found {
        Some((at, text)) => Some(at..at + text.len()),
        None => source.text.find(name).map(|at| at..at + name.len()),
    };
    let sink = Sink::new(Arc::clone(source));
    let message = format!("the upstream of project `{}` does not search `{name}`", project.name);
    match span {
        Some(span) => sink.error(&span, message, Some(why.to_owned()), None),
        None => sink.about_the_file(Severity::Error, message, Some(why.to_owned())),
    }
    let report = sink.into_report();
    // The sink holds what was just put in.
    #[expect(clippy::indexing_slicing, reason = "one finding was recorded above")]
    report.findings()[0].clone()
}

/// Whether a place lies behind a `#` of its own line; in a text a `#` may stand, so this only
/// chooses between several places.
fn is_comment(text: &str, at: usize) -> bool {
    let line = text.get(..at).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
    line.trim_start().starts_with('#')
}
