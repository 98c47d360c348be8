//! What became of each load of the configuration: one line in the log, and the last one to look at.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;

/// A load of the configuration, as it is recorded: names and hashes, no values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// When, as RFC 3339 has it.
    pub at: String,
    /// Who wished it: `start`, a signal's name, or `watch`.
    pub cause: &'static str,
    /// Whether it was taken.
    pub taken: bool,
    /// The hash of the files in force before; empty at the start.
    pub before: String,
    /// The hash of the files that were read, as far as they are known.
    pub hash: String,
    /// The files that hold no secret, each with its SHA-256.
    pub files: Vec<(String, String)>,
    /// The last second in which the certificate is good that clients are shown, where the load was
    /// taken and that is known.
    pub certificate_until: Option<Timestamp>,
    /// What is there and was not, such as `project[hr].mapping.attribute[nickName]`.
    pub added: Vec<String>,
    /// What differs.
    pub changed: Vec<String>,
    /// What was there and is not.
    pub removed: Vec<String>,
    /// What differs and only comes into force at a restart.
    pub restart: Vec<&'static str>,
    /// What was found.
    pub findings: Vec<Remark>,
}

/// A finding in the files, without the line that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Whether the files cannot be used because of it.
    pub is_error: bool,
    /// `file:line:column`, or the file.
    pub place: String,
    /// What it is.
    pub message: String,
    /// What was expected there.
    pub label: String,
    /// The way out.
    pub help: String,
}

/// The last load that was taken and the last of all. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Loads(Arc<RwLock<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    taken: Option<Arc<Load>>,
    last: Option<Arc<Load>>,
    reloads: Reloads,
}

/// How often the configuration was loaded again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reloads {
    /// And taken.
    pub taken: u64,
    /// And refused.
    pub refused: u64,
}

impl Loads {
    /// Keeps the load that the process begins with, for [`announce`](Self::announce).
    pub fn expect(&self, load: Load) {
        let load = Arc::new(load);
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        (kept.taken, kept.last) = (Some(Arc::clone(&load)), Some(load));
    }

    /// Logs the load that the process begins with: how to log is part of the configuration, so it
    /// could not be logged when it was loaded.
    pub fn announce(&self) {
        if let Some(load) = self.last() {
            log(&load);
        }
    }

    /// Records a load: in the log, and here.
    pub fn record(&self, load: Load) -> Arc<Load> {
        log(&load);
        let load = Arc::new(load);
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if load.taken {
            kept.taken = Some(Arc::clone(&load));
            kept.reloads.taken += 1;
        } else {
            kept.reloads.refused += 1;
        }
        kept.last = Some(Arc::clone(&load));
        load
    }

    /// The load that is in force.
    #[must_use]
    pub fn taken(&self) -> Option<Arc<Load>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).taken.clone()
    }

    /// How often something was loaded after the start.
    #[must_use]
    pub fn reloads(&self) -> Reloads {
        self.0.read().unwrap_or_else(PoisonError::into_inner).reloads
    }

    /// The last load, taken or not.
    #[must_use]
    pub fn last(&self) -> Option<Arc<Load>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).last.clone()
    }
}

fn log(load: &Load) {
    for Remark { is_error, place, message, label, help } in &load.findings {
        if *is_error {
            tracing::error!(place, problem = message, label, help, "a mistake in the files");
        } else {
            tracing::warn!(place, problem = message, label, help, "a doubt about the files");
        }
    }
    let (added, changed, removed) =
        (load.added.join(", "), load.changed.join(", "), load.removed.join(", "));
    let restart = load.restart.join(", ");
    // One macro for each sentence: a log's sentences are constants.
    macro_rules! line {
        ($sentence:literal) => {
            tracing::info!(
                target: "audit",
                cause = load.cause,
                before = load.before,
                hash = load.hash,
                added,
                changed,
                removed,
                restart,
                $sentence
            )
        };
    }
    if load.taken {
        line!("a configuration was taken");
        if !load.restart.is_empty() {
            tracing::warn!(restart, "what differs there comes into force at a restart");
        }
    } else {
        line!("a configuration was refused");
        let errors = load.findings.iter().filter(|finding| finding.is_error).count();
        tracing::error!(
            target: "alert",
            cause = load.cause,
            errors,
            "a configuration was refused and the one before stays in force"
        );
    }
}
