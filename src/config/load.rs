//! A path → everything that serving needs: read, checked and built, or every finding.
//!
//! `serve` begins with it and each reload is the same once more, so that nothing is taken while
//! running that would not be taken at the start.

use std::path::Path;
use std::sync::Arc;

use rustls::server::ServerConfig;

use super::assemble::Before;
use super::manifest::Manifest;
use super::{Config, profiles, source};
use crate::diagnostic::reader::Sink;
use crate::diagnostic::{Report, Severity, Source};
use crate::generation::Generation;
use crate::seam::Seams;
use crate::serve::tls::Validity;

/// How often files that change while they are read are read again.
const ATTEMPTS: usize = 3;

/// A configuration in force, with what was made of it.
#[derive(Debug)]
pub struct Standing {
    /// What the files say.
    pub config: Config,
    /// What was made of it.
    pub generation: Arc<Generation>,
    /// The files, and what was in them.
    pub manifest: Manifest,
}

/// Everything that serving needs.
#[derive(Debug)]
pub struct Loaded {
    /// What comes into force.
    pub standing: Standing,
    /// What the next handshakes are done with.
    pub tls: ServerConfig,
    /// From when until when its certificate is good, where that is known.
    pub validity: Option<Validity>,
    /// What somebody should know all the same.
    pub warnings: Report,
}

/// Why a configuration is not taken.
#[derive(Debug)]
pub struct Refused {
    /// Every finding, with at least one error.
    pub report: Report,
    /// What the server file says, where that much can be read.
    pub config: Option<Config>,
    /// The files as far as they are known, and what was in them.
    pub manifest: Manifest,
}

/// Reads the server file at `path` and all that it names, and builds it. What did not change since
/// `before` is shared with it. `production` refuses what belongs to a demonstration, and files
/// that somebody else may write.
///
/// # Errors
/// [`Refused`] with every finding; what stands is not touched.
pub fn load(
    path: &Path,
    seams: &Seams,
    production: bool,
    before: Option<&Standing>,
) -> Result<Loaded, Box<Refused>> {
    let mut attempt = 1;
    loop {
        let loaded = once(path, seams, production, before);
        let manifest = match &loaded {
            Ok(loaded) => &loaded.standing.manifest,
            Err(refused) => &refused.manifest,
        };
        // What was checked must be what was read: half of one writing and half of the next is not.
        if *manifest == manifest.again() {
            return loaded;
        }
        if attempt == ATTEMPTS {
            let manifest = manifest.clone();
            let message = format!("the files changed while they were read, {ATTEMPTS} times");
            return Err(unusable(path, &message, manifest));
        }
        attempt += 1;
    }
}

fn once(
    path: &Path,
    seams: &Seams,
    production: bool,
    before: Option<&Standing>,
) -> Result<Loaded, Box<Refused>> {
    let text = source(path)
        .map_err(|problem| unusable(path, &problem, Manifest::of_server_file(path, None)))?;
    let (config, mut report) = Config::read(&text, &profiles());
    let Some(config) = config else {
        let manifest = Manifest::of_server_file(path, Some(&text.text));
        return Err(Box::new(Refused { report, config: None, manifest }));
    };
    let manifest = config.manifest();
    report.extend(config.check_files());
    if production {
        report.extend(config.check_owners(Severity::Error));
    }
    let tls = config.handshakes(seams, production, &mut report);
    let before = before.map(|standing| Before { standing, now: &manifest });
    let (generation, findings) = config.assemble_beside(seams, production, before);
    // A file that is missing was told above; once is enough.
    report.extend_with_new_places(findings);
    match (generation, tls) {
        (Some(generation), Some((tls, validity))) if !report.has_errors() => {
            let generation = Arc::new(generation);
            let standing = Standing { config, generation, manifest };
            Ok(Loaded { standing, tls, validity, warnings: report })
        }
        _ => Err(Box::new(Refused { report, config: Some(config), manifest })),
    }
}

/// A refusal of the file as a whole.
fn unusable(path: &Path, message: &str, manifest: Manifest) -> Box<Refused> {
    let name = path.display().to_string();
    let sink = Sink::confidential(Arc::new(Source { name, text: String::new() }));
    sink.about_the_file(Severity::Error, message, None);
    Box::new(Refused { report: sink.into_report(), config: None, manifest })
}
