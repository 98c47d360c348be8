//! The configuration in force, and how another comes in its place while requests are served.
//!
//! A reload is `serve`'s own start once more, beside what stands: everything is read, checked and
//! built, and then taken at once, or refused and nothing is touched. Who wishes it (a signal, or
//! the look at the files) makes no difference, and neither does how often: one load at a time, and
//! a wish that comes during a load is another load after it.
//!
//! Why it is so is in [the manual](crate::manual::reload).

mod difference;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Mutex;

use crate::audit::{Load, Loads, Remark};
use crate::config::{Config, Loaded, Manifest, Refused, SERVER_FILE, Standing, load, source};
use crate::diagnostic::{Finding, Report, Severity};
use crate::generation::Current;
use crate::platform::ReloadSignal;
use crate::seam::Seams;
use crate::serve::tls::Tls;
pub use difference::Difference;

/// How long files that changed must rest before they are read: whoever writes them may not be done.
const SETTLE: Duration = Duration::from_secs(1);

/// The configuration in force. Clones are one and the same.
#[derive(Clone)]
pub struct Reloader(Arc<Inner>);

struct Inner {
    path: PathBuf,
    production: bool,
    seams: Seams,
    /// What the process began with: some of it stays until a restart.
    started: Config,
    current: Current,
    tls: Tls,
    loads: Loads,
    /// Held during a load.
    state: Mutex<State>,
}

/// How far a reload that was [followed](Reloader::follow) is.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// The files are about to be read.
    Begins,
    /// What became of it.
    Ended(&'a Load),
}

struct State {
    standing: Arc<Standing>,
    /// What the last load saw, taken or not: the same once more is no news.
    seen: Manifest,
}

impl fmt::Debug for Reloader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reloader").field("path", &self.0.path).finish_non_exhaustive()
    }
}

impl Reloader {
    /// Loads the server file at `path` and all that it names, for the first time. `production`
    /// refuses what belongs to a demonstration, then and at each reload.
    ///
    /// # Errors
    /// Every finding.
    pub fn begin(path: &Path, seams: &Seams, production: bool) -> Result<Self, Box<Refused>> {
        let Loaded { standing, tls, validity, warnings } = load(path, seams, production, None)?;
        let loads = Loads::default();
        loads.expect(Load {
            at: now(seams),
            cause: "start",
            taken: true,
            hash: standing.manifest.hash(),
            files: files(&standing.manifest),
            certificate_until: validity.map(|validity| validity.until),
            findings: remarks(&warnings),
            ..Load::default()
        });
        Ok(Self(Arc::new(Inner {
            path: path.to_owned(),
            production,
            seams: seams.clone(),
            started: standing.config.clone(),
            current: Current::new(Arc::clone(&standing.generation)),
            tls: Tls::new(tls),
            loads,
            state: Mutex::new(State {
                seen: standing.manifest.clone(),
                standing: Arc::new(standing),
            }),
        })))
    }

    /// What the process began with.
    #[must_use]
    pub fn started(&self) -> &Config {
        &self.0.started
    }

    /// What requests are served with.
    #[must_use]
    pub fn current(&self) -> &Current {
        &self.0.current
    }

    /// What handshakes are done with.
    #[must_use]
    pub fn tls(&self) -> &Tls {
        &self.0.tls
    }

    /// What became of the loads.
    #[must_use]
    pub fn loads(&self) -> &Loads {
        &self.0.loads
    }

    /// Reads the files again, and takes what they say or leaves everything as it is. `cause` says
    /// who wished it.
    pub async fn reload(&self, cause: &'static str) -> Arc<Load> {
        let mut state = self.0.state.lock().await;
        let inner = Arc::clone(&self.0);
        let standing = Arc::clone(&state.standing);
        // Files are read and mappings compiled: not where requests are served.
        let loading = tokio::task::spawn_blocking(move || {
            let Inner { path, seams, production, .. } = &*inner;
            load(path, seams, *production, Some(&standing))
        });
        let before = state.standing.manifest.hash();
        let mut record = Load { at: now(&self.0.seams), cause, before, ..Load::default() };
        match loading.await {
            Ok(Ok(Loaded { standing, tls, validity, warnings })) => {
                let generation = &standing.generation;
                let text = |name: &str| {
                    let found = generation.projects.iter().find(|project| *project.name == *name);
                    found.map(|project| project.provisioner.mapping.source.text.clone())
                };
                record.taken = true;
                record.certificate_until = validity.map(|validity| validity.until);
                compare(&mut record, &state.standing, &standing.config, &standing.manifest, text);
                see(&mut record, &standing.manifest);
                record.restart = restart(&self.0.started, &standing.config);
                record.findings = remarks(&warnings);
                self.0.tls.replace(tls);
                self.0.current.replace(Arc::clone(generation));
                state.seen = standing.manifest.clone();
                state.standing = Arc::new(standing);
            }
            Ok(Err(refused)) => {
                let Refused { report, config, manifest } = *refused;
                if let Some(config) = &config {
                    let text = |name: &str| {
                        let mut projects = config.projects.iter();
                        let project = projects.find(|project| project.name.value == name)?;
                        Some(source(&project.mapping.value).ok()?.text.clone())
                    };
                    compare(&mut record, &state.standing, config, &manifest, text);
                    record.restart = restart(&self.0.started, config);
                }
                see(&mut record, &manifest);
                record.findings = remarks(&report);
                state.seen = manifest;
            }
            Err(failed) => {
                // What stands was only read.
                record.findings = vec![Remark {
                    is_error: true,
                    place: self.0.path.display().to_string(),
                    message: "the load failed inside".to_owned(),
                    label: failed.to_string(),
                    help: String::new(),
                }];
                state.seen = state.seen.again();
            }
        }
        self.0.loads.record(record)
    }

    /// Reloads whenever the signal says so, and where the configuration wants it whenever the
    /// files have changed. Never ends. `hear` is told of each reload.
    pub async fn follow(self, mut signal: ReloadSignal, mut hear: impl FnMut(Progress<'_>)) {
        loop {
            let cause = tokio::select! {
                name = signal.next() => name,
                () = self.changed() => "watch",
            };
            hear(Progress::Begins);
            let load = self.reload(cause).await;
            hear(Progress::Ended(&load));
        }
    }

    /// Waits until the files hold something else than the last load saw, and have come to rest.
    ///
    /// Their content is compared, not their times or inodes: editors put another file in its
    /// place, and Kubernetes another folder behind a link.
    async fn changed(&self) {
        loop {
            let (seen, watch) = {
                let state = self.0.state.lock().await;
                (state.seen.clone(), state.standing.config.reload.watch)
            };
            let Some(watch) = watch else { return std::future::pending().await };
            let mut last = seen.clone();
            let mut pause = watch;
            loop {
                self.0.seams.clock.sleep(pause).await;
                let now = look(last.clone()).await;
                if now == last {
                    break;
                }
                last = now;
                pause = watch.min(SETTLE);
            }
            if last != seen {
                return;
            }
        }
    }
}

/// What the files hold now.
async fn look(files: Manifest) -> Manifest {
    let known = files.clone();
    // Whoever cannot look sees nothing new.
    tokio::task::spawn_blocking(move || files.again()).await.unwrap_or(known)
}

/// Says what differs from what stands. `text` is the text of a project's mapping.
fn compare(
    record: &mut Load,
    old: &Standing,
    config: &Config,
    manifest: &Manifest,
    text: impl Fn(&str) -> Option<String>,
) {
    let mut difference = Difference::default();
    difference.add("", &old.config.source.text, &config.source.text);
    for project in &old.generation.projects {
        if let Some(new) = text(&project.name) {
            let prefix = format!("project[{}].mapping.", project.name);
            difference.add(&prefix, &project.provisioner.mapping.source.text, &new);
        }
    }
    // What is in these two was told above.
    let others = manifest.changed_since(&old.manifest).into_iter();
    let others = others.filter(|key| *key != SERVER_FILE && !key.ends_with("].mapping"));
    difference.changed.extend(others.map(str::to_owned));
    let Difference { added, changed, removed } = difference;
    (record.added, record.changed, record.removed) = (added, changed, removed);
}

/// What differs from what the process began with and only comes into force at a restart.
fn restart(started: &Config, config: &Config) -> Vec<&'static str> {
    let (was, is) = (&started.limits.serve, &config.limits.serve);
    let admin = |config: &Config| -> Option<SocketAddr> { config.admin.as_ref().map(|a| a.value) };
    [
        ("listen", started.listen.value != config.listen.value),
        ("admin", admin(started) != admin(config)),
        ("limits.connections", was.connections != is.connections),
        ("limits.handshake", was.handshake != is.handshake),
        ("limits.header_time", was.header_read != is.header_read),
        ("limits.header_bytes", was.header_bytes != is.header_bytes),
        ("limits.idle", was.idle != is.idle),
        ("limits.streams", was.streams != is.streams),
        ("limits.drain", was.drain != is.drain),
        ("log.format", started.log.format != config.log.format),
        ("log.filter", started.log.filter != config.log.filter),
    ]
    .into_iter()
    .filter_map(|(key, differs)| differs.then_some(key))
    .collect()
}

/// Says which files were read.
fn see(record: &mut Load, manifest: &Manifest) {
    record.hash = manifest.hash();
    record.files = files(manifest);
}

fn files(manifest: &Manifest) -> Vec<(String, String)> {
    manifest.public().map(|(path, digest)| (path.display().to_string(), digest)).collect()
}

fn remarks(report: &Report) -> Vec<Remark> {
    let remark = |finding: &Finding| Remark {
        is_error: finding.severity == Severity::Error,
        place: finding.place(),
        message: finding.message.clone(),
        label: finding.label.clone().unwrap_or_default(),
        help: finding.help.clone().unwrap_or_default(),
    };
    report.findings().iter().map(remark).collect()
}

fn now(seams: &Seams) -> String {
    Timestamp::try_from(seams.clock.wall()).map(|at| at.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
