//! Whether the files and variables that a configuration names are there.

use std::error::Error;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Auth, Config};
use crate::diagnostic::Report;
use crate::diagnostic::reader::{Placed, Sink};
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
}

fn readable(sink: &Sink, what: &str, path: &Placed<PathBuf>) -> bool {
    match open(&path.value) {
        Ok(()) => true,
        Err(error) => {
            let message = format!("cannot read the {what} `{}`", path.value.display());
            sink.error(&path.span, message, Some(error.to_string()), None);
            false
        }
    }
}

fn open(path: &Path) -> io::Result<()> {
    if File::open(path)?.metadata()?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a folder, not a file"));
    }
    Ok(())
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
