//! A path → everything that serving needs: read, checked and built, or every finding.
//!
//! `serve` begins with it and each reload is the same once more, so that nothing is taken while
//! running that would not be taken at the start.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rustls::server::ServerConfig;

use super::assemble::Before;
use super::manifest::Manifest;
use super::{Config, profiles, source};
use crate::diagnostic::reader::Sink;
use crate::diagnostic::{Report, Severity, Source};
use crate::generation::Generation;
use crate::seam::Seams;
use crate::serve::tls::{Identity, TlsError, Validity};

/// How often files that change while they are read are read again.
const ATTEMPTS: usize = 3;

/// How long before its end a certificate is warned of.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

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
    /// What the next handshakes show.
    pub tls: ServerConfig,
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
    let tls = config.identity(seams, production, &mut report);
    let before = before.map(|standing| Before { standing, now: &manifest });
    let (generation, findings) = config.assemble_beside(seams, production, before);
    // A file that is missing was told above; once is enough.
    report.extend_with_new_places(findings);
    match (generation, tls) {
        (Some(generation), Some(tls)) if !report.has_errors() => {
            let generation = Arc::new(generation);
            let standing = Standing { config, generation, manifest };
            Ok(Loaded { standing, tls, warnings: report })
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

impl Config {
    /// The certificate with its key, as the server shows it. `production` refuses what belongs to
    /// a demonstration; one that is not good at this time is a warning, for the clock may be wrong.
    pub fn identity(
        &self,
        seams: &Seams,
        production: bool,
        report: &mut Report,
    ) -> Option<ServerConfig> {
        let (certificate, key) = (&self.tls.certificate, &self.tls.key);
        // What cannot be read at all is a finding already.
        if !certificate.value.is_file() || !key.value.is_file() {
            return None;
        }
        let identity = Identity::load(&certificate.value, &key.value);
        let identity = match production {
            true => identity.and_then(Identity::refuse_development),
            false => identity,
        };
        let sink = Sink::confidential(Arc::clone(&self.source));
        let validity = identity.as_ref().ok().and_then(Identity::validity);
        if let (Some(validity), Ok(now)) = (validity, Timestamp::try_from(seams.clock.wall()))
            && let Some((message, help)) = unfit(validity, now)
        {
            sink.warning(&certificate.span, message, Some(help.to_owned()));
        }
        let config = match identity.and_then(|identity| identity.server_config()) {
            Ok(config) => Some(config),
            Err(error) => {
                let place = match &error {
                    TlsError::Pem(error) if error.path() == key.value => key,
                    TlsError::UnusableKey { .. } => key,
                    _ => certificate,
                };
                sink.error(&place.span, &error, error.source().map(ToString::to_string), None);
                None
            }
        };
        report.extend(sink.into_report());
        config
    }
}

/// Why clients refuse a certificate at this time, or soon will, and what to do.
fn unfit(validity: Validity, now: Timestamp) -> Option<(String, &'static str)> {
    let Validity { from, until } = validity;
    if now < from {
        let message =
            format!("the certificate is good from {from} on, and clients refuse it before");
        return Some((message, "is this machine's clock right?"));
    }
    let message = if until < now {
        format!("the certificate was good until {until}, and clients refuse it now")
    } else if until.duration_since(now) < SOON {
        format!("the certificate is good until {until} only")
    } else {
        return None;
    };
    Some((message, "replace the files of certificate and key, and reload"))
}
