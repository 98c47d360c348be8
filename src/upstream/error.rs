//! What can go wrong with an upstream: the kind, who is to blame, and whether trying again helps.
//!
//! Nothing here prints what the upstream said, where it is, or a token: a kind's words are for a
//! client, the source chain is for the log.

use std::error::Error as StdError;
use std::fmt;
use std::path::{Path, PathBuf};

use http::StatusCode;

use crate::pem::PemError;
use crate::record::Class;

/// What went wrong, in words that may be shown to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No connection: refused, no such name, or no TLS with a certificate that we trust.
    Unreachable,
    /// No answer before the deadline.
    TimedOut {
        /// Whether a write may have been done all the same.
        outcome_unknown: bool,
    },
    /// The connection broke off before the answer was whole.
    Lost {
        /// Whether a write may have been done all the same.
        outcome_unknown: bool,
    },
    /// The upstream answered, and said no.
    Refused(Class),
    /// The answer is not what was asked for: HTML, broken or truncated JSON, no list.
    Garbled,
    /// The answer is larger than allowed.
    TooLarge,
    /// The answer points elsewhere: a redirect, a `Location` or a next link outside the base URL.
    Strayed,
    /// The upstream knows no such collection, method or media type: the mapping does not fit it.
    Unsupported,
    /// The search, with the values that it asks for, cannot be written for this upstream; nothing
    /// was sent.
    Inexpressible,
    /// The call could not be written for this upstream; nothing was sent.
    Unsendable,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "the upstream cannot be reached",
            Self::TimedOut { outcome_unknown: false } => "the upstream did not answer in time",
            Self::TimedOut { outcome_unknown: true } => {
                "the upstream did not answer a write in time, which may have been done"
            }
            Self::Lost { outcome_unknown: false } => "the connection to the upstream broke off",
            Self::Lost { outcome_unknown: true } => {
                "the connection to the upstream broke off during a write, which may have been done"
            }
            Self::Refused(class) => match class {
                Class::Duplicate => "the upstream has something with this unique value already",
                Class::Invalid => "the upstream does not accept a value",
                Class::Forbidden => "the upstream does not allow this",
                Class::Missing => "the upstream has no such row",
                Class::Capacity => "the upstream has no room for more",
                Class::Stale => "the row was changed by somebody else in between",
                Class::Unavailable => "the upstream cannot answer now",
                Class::Credential => "the upstream does not accept the sidecar's own credential",
            },
            Self::Garbled => "the upstream's answer could not be understood",
            Self::TooLarge => "the upstream's answer is larger than allowed",
            Self::Strayed => "the upstream's answer points to another place",
            Self::Unsupported => "the upstream does not offer what the mapping asks of it",
            Self::Inexpressible => "a value cannot be sent to the server behind",
            Self::Unsendable => "the call could not be written for the upstream",
        })
    }
}

/// Whose doing an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The upstream or the way to it.
    Upstream,
    /// Our own credential there: an operator must act.
    Credential,
    /// What the client asked for.
    Client,
    /// Our configuration, or a mistake of ours.
    Us,
}

/// Whether the same call may fare better later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Not unless something else changes.
    Never,
    /// After that many seconds (1 to 3600).
    After(u32),
    /// At once.
    Now,
}

/// The upstream could not be asked, or its answer is not a success.
#[derive(Debug)]
pub struct Error {
    /// What went wrong.
    pub kind: Kind,
    /// Whose doing it is.
    pub blame: Blame,
    /// Whether to try again.
    pub retry: Retry,
    /// What the upstream itself said about that, in seconds (at most 3600).
    pub retry_after: Option<u32>,
    /// What to tell the client, in the mapping's own words.
    pub detail: Option<Box<str>>,
    /// The status that the upstream refused with.
    pub status: Option<StatusCode>,
    pub(super) unsure: bool,
    pub(super) source: Option<Box<dyn StdError + Send + Sync>>,
}

/// How long to wait, in seconds, for an upstream that did not say it.
const PATIENCE: u32 = 10;

impl Error {
    /// An error of a kind, with the blame and the retry that are usual for it.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        let (blame, retry) = match kind {
            Kind::Unreachable | Kind::TimedOut { .. } | Kind::Lost { .. } => {
                (Blame::Upstream, Retry::After(PATIENCE))
            }
            Kind::Garbled | Kind::TooLarge | Kind::Strayed => (Blame::Upstream, Retry::Never),
            Kind::Inexpressible => (Blame::Client, Retry::Never),
            Kind::Unsupported | Kind::Unsendable => (Blame::Us, Retry::Never),
            Kind::Refused(class) => match class {
                Class::Duplicate | Class::Invalid | Class::Forbidden | Class::Missing => {
                    (Blame::Client, Retry::Never)
                }
                Class::Stale => (Blame::Client, Retry::Now),
                Class::Capacity => (Blame::Upstream, Retry::Never),
                Class::Unavailable => (Blame::Upstream, Retry::After(PATIENCE)),
                Class::Credential => (Blame::Credential, Retry::Never),
            },
        };
        let unsure = matches!(
            kind,
            Kind::TimedOut { outcome_unknown: true } | Kind::Lost { outcome_unknown: true }
        );
        Self {
            kind,
            blame,
            retry,
            retry_after: None,
            detail: None,
            status: None,
            unsure,
            source: None,
        }
    }

    /// The same, with what caused it (for the log).
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same, with the upstream's own waiting time in seconds.
    #[must_use]
    pub fn waiting(mut self, seconds: Option<u32>) -> Self {
        if let Some(seconds) = seconds {
            self.retry_after = Some(seconds);
            if matches!(self.retry, Retry::After(_)) {
                self.retry = Retry::After(seconds.max(1));
            }
        }
        self
    }

    /// The same, for a write that may have been done although the answer does not say so.
    #[must_use]
    pub fn unsure(mut self, unsure: bool) -> Self {
        self.unsure |= unsure;
        self
    }

    /// Whether a write may have been done all the same, so that somebody must look again: true
    /// for a lost or late answer, for one that cannot be understood, and for a failing gateway.
    #[must_use]
    pub const fn outcome_unknown(&self) -> bool {
        self.unsure
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// Why an [`Upstream`](super::Upstream) cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The base URL is not one.
    #[error("expected an absolute http or https URL, found `{url}`")]
    Url {
        /// What was found.
        url: String,
        /// What is wrong with it.
        #[source]
        cause: super::origin::NotAnOrigin,
    },
    /// Clear text to another machine.
    #[error("`{url}` is not encrypted and not on this machine")]
    ClearText {
        /// The URL.
        url: String,
    },
    /// A file with an authority, our certificate or its key does not hold what it should.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// A certificate of the file is none that could be trusted.
    #[error("expected certificates of authorities in `{}`, found another", path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// What rustls said.
        #[source]
        cause: rustls::Error,
    },
    /// Our key is not the certificate's, or of no kind that can be used.
    #[error(
        "expected in `{}` a usable key of the certificate in `{}`, found another",
        key.display(), certificate.display()
    )]
    Identity {
        /// The file with our certificate.
        certificate: PathBuf,
        /// The file with the key.
        key: PathBuf,
        /// What rustls said.
        #[source]
        cause: Box<rustls::Error>,
    },
    /// The operating system knows no certificate authority.
    #[error("found no certificate authority in the operating system's store")]
    NoRoots,
    /// TLS cannot be set up.
    #[error("cannot set up TLS")]
    Tls(#[source] rustls::Error),
}

impl SetupError {
    /// The file that it is about, where it is about one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Pem(error) => Some(error.path()),
            Self::Authority { path, .. } => Some(path),
            Self::Identity { key, .. } => Some(key),
            _ => None,
        }
    }
}
