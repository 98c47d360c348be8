//! `release`: empties the anchor of rows that are to change hands, by the code that serves.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use super::log;
use super::serve::{chain, counted};
use super::{Exit, Release};
use crate::config::{Config, profiles, source};
use crate::diagnostic::alternatives;
use crate::generation::{Generation, Project};
use crate::platform::account;
use crate::provision::{Operator, Released};
use crate::seam::{Random, Seams};

/// Releases each of the people, and says what came of it: their ids, and nothing else of them.
pub(super) async fn run(
    options: &Release,
    seams: &Seams,
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
) -> Exit {
    let Some((config, generation)) = load(&options.config, seams, err) else {
        return Exit::Configuration;
    };
    let project = match chosen(&generation, options.project.as_deref()) {
        Ok(project) => project,
        Err(problem) => {
            let _ = writeln!(err, "error: {problem}");
            return Exit::Usage;
        }
    };
    let mapping = &project.provisioner.mapping;
    let Some(anchor) = mapping.anchor else {
        let _ = writeln!(
            err,
            "error: the mapping of project `{}` has no `anchor`: its rows are nobody's already",
            project.name
        );
        return Exit::Configuration;
    };
    // Whatever the filter leaves out, the audit is kept.
    let filter = format!("{},audit=info,alert=error", config.log.filter);
    log::begin(config.log.format, &filter, None);
    let (path, field) =
        (&mapping.resource.slot(anchor.slot).path, mapping.entity.fields.field(anchor.field));
    let field = field.map_or("", |field| field.name.as_str());
    let _ = writeln!(out, "project `{}`: `{path}`, kept in `{field}`", project.name);
    let (name, request) = (format!("operator, {}", account()), order(&*seams.random));
    let mut exit = Exit::Fine;
    for id in &options.ids {
        let deadline = project.provisioner.deadline(&*seams.clock);
        let operator = Operator { name: &name, request: &request, deadline };
        let told = match project.provisioner.release(operator, id, options.dry_run).await {
            Ok(Released::Emptied) => "emptied: whoever binds the row next owns it".to_owned(),
            Ok(Released::WasEmpty) => "empty already".to_owned(),
            Ok(Released::Filled) => "filled: would be emptied".to_owned(),
            Err(failure) => {
                exit = Exit::Failed;
                format!("not released: {}", chain(&failure))
            }
        };
        let _ = writeln!(out, "{id}  {told}");
    }
    exit
}

/// Reads and builds everything, or tells why not.
fn load(path: &Path, seams: &Seams, err: &mut dyn Write) -> Option<(Config, Generation)> {
    let text = match source(path) {
        Ok(text) => text,
        Err(problem) => {
            let _ = writeln!(err, "error: {problem}");
            return None;
        }
    };
    let (config, mut report) = Config::read(&text, &profiles());
    let built = config.and_then(|config| {
        let (generation, findings) = config.assemble(seams, true);
        report.extend(findings);
        Some((config, generation?))
    });
    if built.is_none() || report.has_errors() {
        let (errors, warnings) = report.counts();
        let _ = write!(err, "{report}");
        let _ = writeln!(err, "{}: nothing was released", counted(errors, warnings));
        return None;
    }
    built
}

/// The project of that name, or the only one.
fn chosen<'g>(generation: &'g Generation, name: Option<&str>) -> Result<&'g Arc<Project>, String> {
    let projects = &generation.projects;
    let names = || alternatives(projects.iter().map(|project| &*project.name));
    match (name, projects.as_slice()) {
        (None, [only]) => Ok(only),
        (None, _) => Err(format!("which project is meant: expected `--project` with {}", names())),
        (Some(name), _) => projects
            .iter()
            .find(|project| *project.name == *name)
            .ok_or_else(|| format!("there is no project `{name}`: expected {}", names())),
    }
}

/// An id that tells this order from others in the audit.
fn order(random: &dyn Random) -> String {
    let mut bytes = [0; 8];
    // Without random digits it is still told apart by its operation and time.
    let _ = random.fill(&mut bytes);
    format!("release-{:016x}", u64::from_be_bytes(bytes))
}
