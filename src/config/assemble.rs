//! A configuration → a generation: mappings compiled, secrets' sources named, limits made.
//!
//! Beside a generation that stands, what did not change is taken over from it: limiters and failed
//! attempts where their pace is the same, the upstream's client with its connections and its token
//! where its settings and the files that they name are the same, look-ups where the mapping is.

use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::load::Standing;
use super::manifest::Manifest;
use super::{Auth, Config, Project as Written};
use crate::diagnostic::reader::Sink;
use crate::diagnostic::{Report, Source};
use crate::gate::{Caller, CallerLimit, Callers, Door, FailureLimit};
use crate::generation::{Generation, Limits, Project};
use crate::lookup::Lookup;
use crate::mapping::Mapping;
use crate::platform;
use crate::provision::{Health, Provisioner, Turns};
use crate::record::Description;
use crate::scim::Profile;
use crate::seam::Seams;
use crate::secret::SecretSource;
use crate::telemetry::{CallerTally, Tally};
use crate::upstream::{Credential, DIALECTS, Identity, Sender, Settings, Upstream, dialect};

/// The largest mapping file, in bytes.
const LARGEST_MAPPING: u64 = 4 * 1024 * 1024;

/// What a request may take beyond the upstream's own deadline: its body's arrival, mostly.
const MARGIN: Duration = Duration::from_secs(10);

/// The dialects that this program speaks, as each describes itself.
#[must_use]
pub fn dialects() -> Vec<Description> {
    DIALECTS.iter().map(|dialect| dialect.description()).collect()
}

/// The names of the callers' profiles.
#[must_use]
pub fn profiles() -> Vec<&'static str> {
    Profile::NAMES.iter().map(|(name, _)| *name).collect()
}

/// Reads a file that an operator wrote.
///
/// # Errors
/// A sentence that names the file and what is wrong with it.
pub fn source(path: &Path) -> Result<Arc<Source>, String> {
    let name = path.display().to_string();
    let told = |error: &dyn std::fmt::Display| format!("cannot read `{name}`: {error}");
    let mut file = platform::open_file(path).map_err(|error| told(&error))?;
    let length = file.metadata().map_err(|error| told(&error))?.len();
    if length > LARGEST_MAPPING {
        return Err(told(&format!("expected at most {LARGEST_MAPPING} bytes, found {length}")));
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| told(&error))?;
    let text = String::from_utf8(bytes).map_err(|error| told(&not_text(error.as_bytes())))?;
    Ok(Arc::new(Source { name, text }))
}

/// What stands in a file that is not UTF-8, and where.
fn not_text(bytes: &[u8]) -> String {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return "expected UTF-8, found UTF-16: save it as UTF-8".to_owned();
    }
    let before = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("expected UTF-8, found another encoding at {line}:{column}: save it as UTF-8")
}

impl Config {
    /// Builds everything that the configuration describes. `production` refuses what belongs to a
    /// demonstration. Nothing is sent and no port is opened.
    #[must_use]
    pub fn assemble(&self, seams: &Seams, production: bool) -> (Option<Generation>, Report) {
        self.assemble_beside(seams, production, None)
    }

    /// The same beside what stands, of which everything is kept that did not change.
    pub(super) fn assemble_beside(
        &self,
        seams: &Seams,
        production: bool,
        before: Option<Before<'_>>,
    ) -> (Option<Generation>, Report) {
        let mut report = Report::default();
        let pace = self.limits.failures;
        let failures = before
            .and_then(|before| before.failures())
            .filter(|failures| failures.pace() == pace)
            .unwrap_or_else(|| Arc::new(FailureLimit::new(pace, Arc::clone(&seams.clock))));
        let mut projects = Vec::new();
        for written in &self.projects {
            let kept = before.map(|before| before.project(written)).unwrap_or_default();
            let assembled = self.project(written, seams, production, &failures, kept, &mut report);
            projects.extend(assembled.map(Arc::new));
        }
        let whole = projects.len() == self.projects.len() && !report.has_errors();
        let patience = self.projects.iter().map(|project| project.upstream.deadline).max();
        let limits = Limits {
            body_bytes: self.limits.body_bytes,
            concurrent_requests: self.limits.concurrent_requests,
            deadline: patience.unwrap_or_default().saturating_add(MARGIN),
        };
        (whole.then_some(Generation { projects, limits }), report)
    }

    fn project(
        &self,
        written: &Written,
        seams: &Seams,
        production: bool,
        failures: &Arc<FailureLimit>,
        kept: Kept<'_>,
        report: &mut Report,
    ) -> Option<Project> {
        let sink = Sink::confidential(Arc::clone(&self.source));
        let mapping = match source(&written.mapping.value) {
            Ok(source) => {
                let (mut mapping, findings) = Mapping::read(source, &dialects());
                report.extend(findings);
                if let Some(mapping) = &mut mapping {
                    mapping.own_account = written.upstream.account.as_deref().map(Into::into);
                }
                mapping
            }
            Err(problem) => {
                sink.error(&written.mapping.span, problem, None, None);
                None
            }
        };
        // The mapping may have another owner than this file, and must not give rights by itself.
        let allows = |grant: &str| {
            written.grants.iter().any(|allowed| allowed.value.eq_ignore_ascii_case(grant))
        };
        let wanting: Vec<&str> = mapping
            .iter()
            .flat_map(|mapping| mapping.grants.iter().copied())
            .filter(|grant| !allows(grant))
            .collect();
        if !wanting.is_empty() {
            let places = wanting.iter().map(|grant| {
                let place = mapping.as_ref().and_then(|mapping| mapping.place_of(grant));
                place.map_or_else(|| format!("`{grant}`"), |place| format!("`{grant}` ({place})"))
            });
            let written_there = places.collect::<Vec<_>>().join(", ");
            sink.error(
                &written.mapping.span,
                "the mapping gives people rights upstream that this file does not allow",
                Some(format!("it writes {written_there}")),
                Some(format!("if that is meant, say `grants = {wanting:?}` beside it")),
            );
        }
        let same_upstream = kept.upstream.is_some();
        let upstream = match kept.upstream {
            Some(project) => Some(Arc::clone(&project.provisioner.upstream)),
            None => match Upstream::new(settings(written), seams) {
                Ok(upstream) => Some(Arc::new(upstream) as Arc<dyn Sender>),
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    let place = place_of(written, error.path()).unwrap_or(&written.name.span);
                    sink.error(place, &error, cause, None);
                    None
                }
            },
        };
        report.extend(sink.into_report());
        let (mapping, upstream) = (mapping?, upstream?);
        let name: Arc<str> = written.name.value.as_str().into();
        let mut callers = Vec::new();
        let mut profiles = Vec::new();
        for (index, caller) in written.callers.iter().enumerate() {
            // The reader has checked the name against the same list.
            profiles.push(Profile::named(&caller.profile.value)?);
            let limit = kept.caller(&caller.name.value).map(|known| &known.limit);
            let limit = limit.filter(|limit| limit.pace() == caller.pace).map(Arc::clone);
            let limit = limit.unwrap_or_else(|| {
                Arc::new(CallerLimit::new(caller.pace, Arc::clone(&seams.clock)))
            });
            let name: Arc<str> = caller.name.value.as_str().into();
            let tally = kept.caller(&name).map(|known| Arc::clone(&known.tally));
            callers.push(Caller {
                tally: tally.unwrap_or_else(|| Arc::new(CallerTally::new(Arc::clone(&name)))),
                name,
                index,
                hashes: caller.tokens.clone(),
                certificates: caller.certificates.clone(),
                rights: caller.rights,
                limit,
            });
        }
        let same_people = same_upstream && kept.same_cache;
        let lookup = kept
            .project
            .map(|project| &project.provisioner)
            .filter(|before| same_people && before.mapping.source.text == mapping.source.text)
            .map(|before| before.lookup.clone());
        let (size, lifetime) = (written.cache.size, written.cache.lifetime);
        let before = kept.project.map(|project| &project.provisioner);
        // Whatever else changed: what was counted was counted.
        let tally = before.map_or_else(
            || Arc::new(Tally::new(Arc::clone(&name), Arc::clone(&seams.clock))),
            |before| Arc::clone(&before.tally),
        );
        Some(Project {
            door: Arc::new(Door {
                tally: Arc::clone(&tally),
                callers: Callers::new(callers, production),
                failures: Arc::clone(failures),
            }),
            profiles,
            base_path: written.base_path.value.as_str().into(),
            empty_groups: written.empty_groups,
            public_url: written.public_url.as_deref().map(Into::into),
            provisioner: Provisioner {
                project: Arc::clone(&name),
                // The mapping's reader has checked the name against the same list.
                dialect: dialect(&mapping.dialect)?,
                mapping,
                upstream,
                lookup: lookup.unwrap_or_else(|| {
                    Lookup::new(size, lifetime, Arc::clone(&seams.clock), Arc::clone(&tally))
                }),
                patience: written.upstream.deadline,
                // What is known of one upstream says nothing of another.
                health: before.filter(|_| same_upstream).map_or_else(
                    || Arc::new(Health::new(Arc::clone(&seams.clock))),
                    |p| Arc::clone(&p.health),
                ),
                // Requests of the old generation are still writing: one person, one writer.
                turns: before.map_or_else(|| Arc::new(Turns::default()), |p| Arc::clone(&p.turns)),
                tally,
                observer: None,
            },
            name,
        })
    }
}

/// Where the file names a file that TLS to the upstream needs.
fn place_of<'w>(written: &'w Written, path: Option<&Path>) -> Option<&'w Range<usize>> {
    let upstream = &written.upstream;
    let identity = upstream.identity.iter().flat_map(|(certificate, key)| [certificate, key]);
    let mut files = upstream.ca.iter().chain(identity);
    files.find(|file| Some(&*file.value) == path).map(|file| &file.span)
}

fn settings(written: &Written) -> Settings {
    let upstream = &written.upstream;
    Settings {
        base: upstream.base_url.to_string(),
        allow_clear_text: upstream.allow_clear_text,
        ca: upstream.ca.as_ref().map(|path| path.value.clone()),
        identity: upstream.identity.as_ref().map(|(certificate, key)| Identity {
            certificate: certificate.value.clone(),
            key: key.value.clone(),
        }),
        credential: match &upstream.auth {
            Auth::None => Credential::None,
            Auth::Bearer { token } => Credential::Bearer(token.value.clone()),
            Auth::Basic { user, password } => {
                Credential::Basic { user: user.clone(), password: password.value.clone() }
            }
            Auth::OAuth2 { token_url, client_id, client_secret, scope } => Credential::OAuth2 {
                token_url: token_url.to_string(),
                client_id: client_id.clone(),
                client_secret: client_secret.value.clone(),
                scope: scope.clone(),
            },
        },
        connect_timeout: upstream.connect_timeout,
        write_timeout: upstream.write_timeout,
        max_body: upstream.max_answer,
    }
}

/// What stands while something new is built.
#[derive(Clone, Copy)]
pub(super) struct Before<'b> {
    /// What is in force.
    pub(super) standing: &'b Standing,
    /// What the files of the new configuration hold.
    pub(super) now: &'b Manifest,
}

impl<'b> Before<'b> {
    fn failures(self) -> Option<Arc<FailureLimit>> {
        let project = self.standing.generation.projects.first()?;
        Some(Arc::clone(&project.door.failures))
    }

    /// What a project may keep of the one of its name.
    fn project(self, written: &Written) -> Kept<'b> {
        let Standing { config, generation, manifest } = self.standing;
        let named = |name: &str| *name == *written.name.value;
        let Some(project) = generation.projects.iter().find(|project| named(&project.name)) else {
            return Kept::default();
        };
        let Some(old) = config.projects.iter().find(|old| named(&old.name.value)) else {
            return Kept::default();
        };
        let settings = settings(written);
        let unchanged = self::settings(old) == settings
            && files(&settings).all(|path| manifest.holds_as(self.now, path));
        Kept {
            project: Some(project),
            upstream: Some(&**project).filter(|_| unchanged),
            same_cache: old.cache == written.cache
                && old.upstream.account == written.upstream.account,
        }
    }
}

/// What a project may keep.
#[derive(Clone, Copy, Default)]
struct Kept<'b> {
    /// The project of its name.
    project: Option<&'b Arc<Project>>,
    /// The same where its upstream is set up as before.
    upstream: Option<&'b Project>,
    same_cache: bool,
}

impl<'b> Kept<'b> {
    fn caller(self, name: &str) -> Option<&'b Caller> {
        let mut callers = self.project?.door.callers.iter();
        callers.find(|known| *known.name == *name).map(|known| &**known)
    }
}

/// The files that an upstream is set up with.
fn files(settings: &Settings) -> impl Iterator<Item = &std::path::PathBuf> {
    let secret = match &settings.credential {
        Credential::None => None,
        Credential::Bearer(secret)
        | Credential::Basic { password: secret, .. }
        | Credential::OAuth2 { client_secret: secret, .. } => match secret {
            SecretSource::File(path) => Some(path),
            // The environment of a process does not change.
            SecretSource::Environment(_) => None,
        },
    };
    let identity = settings.identity.iter().flat_map(|i| [&i.certificate, &i.key]);
    settings.ca.iter().chain(identity).chain(secret)
}
