//! Who may come in, and how often: a bearer token opens a [`Door`] and becomes a [`Caller`].
//!
//! One door stands before each project. The token's hash is looked at first, so that a good
//! caller never waits for a neighbour's bad attempts; a bad attempt is charged to the peer's
//! address ([`FailureLimit`]), a good one to its caller alone ([`CallerLimit`]). A caller may name
//! the certificates that its tokens must come with; with any other they are as good as unknown.
//!
//! This room knows the `Authorization` header, and nothing of SCIM, bodies or status codes: it
//! says [`Denied`], and somebody outside finds the words for it.

use std::sync::Arc;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{Extensions, HeaderMap};
use tracing::field;

use crate::seam::{Fingerprint, PeerAddr, PeerCertificate};
use crate::secret::TokenHash;
use crate::telemetry::{AlertKind, CallerTally, Tally};

mod authenticate;
mod limit;
mod rights;

pub use authenticate::{Authenticate, AuthenticateLayer, Callers};
pub use limit::{
    CallerLimit, CallerLimitLayer, CallerLimited, CallerPace, FailureLimit, FailurePace,
};
pub use rights::{Right, Rights};

/// Somebody who holds tokens of a project: an identity provider, usually.
#[derive(Debug)]
pub struct Caller {
    /// The name in the configuration, which logs and the audit show.
    pub name: Arc<str>,
    /// Its place in the project's list of callers.
    pub index: usize,
    /// The hashes of its tokens; several while one is being replaced.
    pub hashes: Vec<TokenHash>,
    /// The certificates that its tokens must come with, one of them; empty where they need none.
    pub certificates: Vec<Fingerprint>,
    /// What it may do.
    pub rights: Rights,
    /// How often it may come. Shared, so that a reload can keep its state.
    pub limit: Arc<CallerLimit>,
    /// Where its requests are counted. Shared, so that a reload does not begin anew.
    pub tally: Arc<CallerTally>,
}

impl Caller {
    /// Whether the caller's tokens may come over a connection with this certificate.
    fn comes_with(&self, certificate: Option<&PeerCertificate>) -> bool {
        let is_known = |shown: &PeerCertificate| self.certificates.contains(&shown.fingerprint());
        self.certificates.is_empty() || certificate.is_some_and(is_known)
    }

    /// Whether the caller has `right`.
    ///
    /// # Errors
    /// [`Denied::MissingRight`] when it has not.
    pub fn require(&self, right: Right) -> Result<(), Denied> {
        if self.rights.contains(right) { Ok(()) } else { Err(Denied::MissingRight(right)) }
    }
}

/// Why a request may not go further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No door stands at the start of the request's path.
    #[error("nothing is served under this path")]
    NoSuchPath,
    /// There is no bearer token (RFC 6750 §3.1: the challenge then carries no error code).
    #[error("no bearer token was presented")]
    MissingToken,
    /// The token is not one of this project's, or came without the certificate that its caller
    /// names; a token of another project is just as unknown.
    #[error("the bearer token is not known")]
    BadToken,
    /// The token is not known, and its peer has tried too many already.
    #[error("too many unknown tokens from this address")]
    TooManyFailures {
        /// When the next attempt will be looked at again.
        retry_after: Duration,
    },
    /// The caller is known, but comes too often, and its queue is full.
    #[error("too many requests of this caller")]
    TooManyRequests {
        /// When there will be room again.
        retry_after: Duration,
    },
    /// The caller is known, but may not do this.
    #[error("the caller does not have the right `{0}`")]
    MissingRight(Right),
}

impl Denied {
    /// The whole seconds to wait before the next attempt, at least one (RFC 9110 §10.2.3 knows
    /// no fractions); `None` where waiting changes nothing.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooManyFailures { retry_after } | Self::TooManyRequests { retry_after } => {
                let more = u64::from(retry_after.subsec_nanos() > 0);
                Some(retry_after.as_secs().saturating_add(more).max(1))
            }
            Self::NoSuchPath | Self::MissingToken | Self::BadToken | Self::MissingRight(_) => None,
        }
    }
}

/// The way into one project.
#[derive(Debug)]
pub struct Door {
    /// What is counted of the project, under its name.
    pub tally: Arc<Tally>,
    /// Whose tokens open it.
    pub callers: Callers,
    /// Where failed attempts are charged. One for the whole process, so that a peer cannot try
    /// each project anew.
    pub failures: Arc<FailureLimit>,
}

impl Door {
    /// The caller whose token `headers` carry, over a connection with that `certificate`. A token
    /// that is not known is charged to `peer`; a missing one is not, because nothing was guessed.
    ///
    /// # Errors
    /// [`Denied::MissingToken`], [`Denied::BadToken`] or, instead of the latter,
    /// [`Denied::TooManyFailures`].
    pub fn admit(
        &self,
        headers: &HeaderMap,
        peer: PeerAddr,
        certificate: Option<&PeerCertificate>,
    ) -> Result<Arc<Caller>, Denied> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let admitted = match (values.next(), values.next()) {
            (value, None) => self.callers.authenticate(value),
            // Two of them are a riddle that a proxy might solve differently.
            (_, Some(_)) => Err(Denied::BadToken),
        };
        match admitted {
            Err(Denied::BadToken) => {
                self.failures.charge(peer)?;
                Err(Denied::BadToken)
            }
            // Whoever tries is told what somebody with an unknown token is told.
            Ok(caller) if !caller.comes_with(certificate) => {
                self.failures.charge(peer)?;
                self.tally.alerts.count(AlertKind::Certificate);
                let certificate = certificate.map(|shown| field::display(shown.fingerprint()));
                tracing::error!(
                    target: "alert",
                    project = &*self.tally.name,
                    caller = &*caller.name,
                    peer = %peer.0.ip(),
                    certificate,
                    "a token came without its caller's certificate"
                );
                Err(Denied::BadToken)
            }
            admitted => admitted,
        }
    }
}

/// Finds the door for a request; what a reload swaps stands behind it.
pub trait Doors: Clone + Send + Sync + 'static {
    /// The door of the project under whose base path `path` lies. `extensions` are the request's:
    /// a layer outside may have put there what the whole request is to be served with.
    fn door(&self, path: &str, extensions: &Extensions) -> Option<Arc<Door>>;
}

#[cfg(test)]
mod tests;
