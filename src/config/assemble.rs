//! A configuration → a generation: mappings compiled, secrets' sources named, limits made.

use std::fs;
use std::sync::Arc;

use super::{Auth, Config, Project as Written};
use crate::diagnostic::reader::Sink;
use crate::diagnostic::{Report, Source};
use crate::gate::{Caller, CallerLimit, Callers, Door, FailureLimit};
use crate::generation::{Generation, Project};
use crate::lookup::Lookup;
use crate::mapping::Mapping;
use crate::provision::{Health, Provisioner, Turns};
use crate::record::Description;
use crate::scim::Profile;
use crate::seam::Seams;
use crate::upstream::{Credential, DIALECTS, Identity, Settings, Upstream, dialect};

/// The largest mapping file, in bytes.
const LARGEST_MAPPING: u64 = 4 * 1024 * 1024;

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
pub fn source(path: &std::path::Path) -> Result<Arc<Source>, String> {
    let name = path.display().to_string();
    let told = |error: &dyn std::fmt::Display| format!("cannot read `{name}`: {error}");
    let length = fs::metadata(path).map_err(|error| told(&error))?.len();
    if length > LARGEST_MAPPING {
        return Err(told(&format!("expected at most {LARGEST_MAPPING} bytes, found {length}")));
    }
    let text = fs::read_to_string(path).map_err(|error| told(&error))?;
    Ok(Arc::new(Source { name, text }))
}

impl Config {
    /// Builds everything that the configuration describes. `production` refuses what belongs to a
    /// demonstration. Nothing is sent and no port is opened.
    #[must_use]
    pub fn assemble(&self, seams: &Seams, production: bool) -> (Option<Generation>, Report) {
        let mut report = Report::default();
        let failures = Arc::new(FailureLimit::new(self.limits.failures, Arc::clone(&seams.clock)));
        let mut projects = Vec::new();
        for written in &self.projects {
            let assembled = self.project(written, seams, production, &failures, &mut report);
            projects.extend(assembled.map(Arc::new));
        }
        let whole = projects.len() == self.projects.len() && !report.has_errors();
        let generation = Generation { projects, body_bytes: self.limits.body_bytes };
        (whole.then_some(generation), report)
    }

    fn project(
        &self,
        written: &Written,
        seams: &Seams,
        production: bool,
        failures: &Arc<FailureLimit>,
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
            sink.error(
                &written.mapping.span,
                "the mapping gives people rights upstream that this file does not allow",
                Some(format!("it writes `{}`", wanting.join("`, `"))),
                Some(format!("if that is meant, say `grants = {wanting:?}` beside it")),
            );
        }
        let upstream = match Upstream::new(settings(written), seams) {
            Ok(upstream) => Some(upstream),
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                sink.error(&written.name.span, &error, cause, None);
                None
            }
        };
        report.extend(sink.into_report());
        let (mapping, upstream) = (mapping?, upstream?);
        let name: Arc<str> = written.name.value.as_str().into();
        let mut callers = Vec::new();
        let mut profiles = Vec::new();
        for (index, caller) in written.callers.iter().enumerate() {
            // The reader has checked the name against the same list.
            profiles.push(Profile::named(&caller.profile.value)?);
            callers.push(Caller {
                name: caller.name.value.as_str().into(),
                index,
                hashes: caller.tokens.clone(),
                rights: caller.rights,
                limit: Arc::new(CallerLimit::new(caller.pace, Arc::clone(&seams.clock))),
            });
        }
        Some(Project {
            door: Arc::new(Door {
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
                upstream: Arc::new(upstream),
                lookup: Lookup::new(
                    written.cache.size,
                    written.cache.lifetime,
                    Arc::clone(&seams.clock),
                ),
                patience: written.upstream.deadline,
                health: Health::default(),
                turns: Turns::default(),
                observer: None,
            },
            name,
        })
    }
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
