//! Whether the files and variables that a configuration names are there, and whose they are.

use std::error::Error;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Auth, Config, Project, SERVER_FILE};
use crate::diagnostic::reader::{Placed, Sink};
use crate::diagnostic::{Report, Severity};
use crate::platform;
use crate::secret::SecretSource;

impl Config {
    /// Looks at everything that the configuration names: certificate, key, authorities, mappings
    /// and secrets must be readable (errors), and what is secret should be for its owner alone
    /// (warnings). Nothing is kept of what was read.
    #[must_use]
    pub fn check_files(&self) -> Report {
        let sink = Sink::confidential(Arc::clone(&self.source));
        readable(&sink, "certificate", &self.tls.certificate);
        if readable(&sink, "private key", &self.tls.key) {
            private(&sink, &self.tls.key.value, &self.tls.key);
        }
        if let Some(authorities) = &self.tls.client_ca {
            readable(&sink, "clients' authorities", authorities);
        }
        if let Some(lists) = &self.tls.client_crl {
            readable(&sink, "list of revoked certificates", lists);
        }
        for project in &self.projects {
            readable(&sink, "mapping", &project.mapping);
            if let Some(ca) = &project.upstream.ca {
                readable(&sink, "authorities", ca);
            }
            if let Some((certificate, key)) = &project.upstream.identity {
                readable(&sink, "client certificate", certificate);
                if readable(&sink, "client certificate's key", key) {
                    private(&sink, &key.value, key);
                }
            }
            match &project.upstream.auth {
                Auth::None => {}
                Auth::Bearer { token: secret }
                | Auth::Basic { password: secret, .. }
                | Auth::OAuth2 { client_secret: secret, .. } => check_secret(&sink, secret),
            }
        }
        sink.into_report()
    }

    /// Whether anybody but us (and root) may change what we obey: the files of the configuration
    /// must not be for others to write, which is an error, and must be ours or root's. Somebody
    /// else's are found as `foreign` says: whoever checks need not be the one who serves.
    #[must_use]
    pub fn check_owners(&self, foreign: Severity) -> Report {
        let sink = Sink::confidential(Arc::clone(&self.source));
        for Named { path, span, .. } in self.files() {
            let told = |severity, problem: &str, help: &str| match (span, severity) {
                (Some(span), Severity::Error) => {
                    sink.error(span, problem, None, Some(help.to_owned()));
                }
                (Some(span), Severity::Warning | Severity::Note) => {
                    sink.warning(span, problem, Some(help.to_owned()));
                }
                (None, severity) => sink.about_the_file(severity, problem, Some(help.to_owned())),
            };
            if let Some(problem) = platform::writable_by_others(path) {
                told(Severity::Error, &problem, "run `chmod go-w` on it");
            }
            if let Some(problem) = platform::owned_by_another(path) {
                told(foreign, &problem, "run `chown` on it, or serve as that user");
            }
        }
        sink.into_report()
    }

    /// Every file of the configuration, the server file first.
    pub(super) fn files(&self) -> Vec<Named<'_>> {
        let mut files = vec![Named {
            key: SERVER_FILE.to_owned(),
            path: Path::new(&self.source.name),
            span: None,
            is_public: true,
        }];
        let mut name = |key: String, path, span, is_public| {
            files.push(Named { key, path, span: Some(span), is_public });
        };
        for (key, path, is_public) in self.tls.files() {
            name(key.to_owned(), &path.value, &path.span, is_public);
        }
        for Project { name: project, mapping, upstream, .. } in &self.projects {
            let of = |key: &str| format!("project[{}].{key}", project.value);
            name(of("mapping"), &mapping.value, &mapping.span, true);
            if let Some(ca) = &upstream.ca {
                name(of("upstream.ca"), &ca.value, &ca.span, true);
            }
            if let Some((certificate, key)) = &upstream.identity {
                let (path, span) = (&certificate.value, &certificate.span);
                name(of("upstream.client_certificate"), path, span, true);
                name(of("upstream.client_key"), &key.value, &key.span, false);
            }
            let (key, secret) = match &upstream.auth {
                Auth::None => continue,
                Auth::Bearer { token } => ("upstream.auth.token", token),
                Auth::Basic { password, .. } => ("upstream.auth.password", password),
                Auth::OAuth2 { client_secret, .. } => {
                    ("upstream.auth.client_secret", client_secret)
                }
            };
            if let SecretSource::File(path) = &secret.value {
                name(of(key), path, &secret.span, false);
            }
        }
        files
    }
}

/// A file of the configuration.
pub(super) struct Named<'c> {
    /// The key that names it, such as `project[hr].mapping`.
    pub(super) key: String,
    /// Where it is.
    pub(super) path: &'c Path,
    /// The place where it is named; the server file has none.
    pub(super) span: Option<&'c Range<usize>>,
    /// Whether it holds no secret.
    pub(super) is_public: bool,
}

fn readable(sink: &Sink, what: &str, path: &Placed<PathBuf>) -> bool {
    match platform::open_file(&path.value) {
        Ok(_) => true,
        Err(error) => {
            let message = format!("cannot read the {what} `{}`", path.value.display());
            sink.error(&path.span, message, Some(error.to_string()), None);
            false
        }
    }
}

fn check_secret(sink: &Sink, secret: &Placed<SecretSource>) {
    match secret.value.read() {
        Ok(_) => {
            if let SecretSource::File(path) = &secret.value {
                private(sink, path, secret);
            }
        }
        Err(error) => {
            let cause = error.source().map(ToString::to_string);
            sink.error(&secret.span, &error, cause, None);
        }
    }
}

fn private<T>(sink: &Sink, path: &Path, place: &Placed<T>) {
    if let Some(warning) = platform::loose_permissions(path) {
        sink.warning(&place.span, warning, None);
    }
}
