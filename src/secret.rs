//! Secrets: where they are read from, how they are held, and what a bearer token's hash is.
//!
//! A [`Secret`] cannot be printed: its `Debug` is masked, it has neither `Display` nor
//! `Serialize`, and its memory is wiped when it goes. Whoever needs the text must say
//! [`Secret::expose`], which is easy to find in a review. This room knows nobody of ours but the
//! random source that it is handed.

use std::fmt;
use std::io::{self, Read};
use std::path::PathBuf;
use std::str::FromStr;

use base16ct::HexDisplay;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::platform;
use crate::seam::Random;

/// What every generated token begins with, so that a scanner of leaked secrets can know it.
const TOKEN_PREFIX: &str = "scim_";
/// What the demonstration's tokens begin with; [`is_demo_token`] knows them by it.
const DEMO_TOKEN_PREFIX: &str = "scim_demo_";
/// Random bytes in a generated token: 256 bits, so that a plain hash of it is enough.
const TOKEN_BYTES: usize = 32;
/// The most bytes a secret may have; more is a wrong file, not a secret.
const LONGEST: usize = 64 * 1024;

/// A text that must not be printed. Wiped from memory when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes `text` as a secret, as it is.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// A new bearer token for a caller: `scim_` and 256 random bits in base64url.
    ///
    /// # Errors
    /// When the random source gives no bytes.
    pub fn generate(random: &dyn Random) -> io::Result<Self> {
        Self::token(random, TOKEN_PREFIX)
    }

    /// A new bearer token for the demonstration, which [`is_demo_token`] recognises.
    ///
    /// # Errors
    /// When the random source gives no bytes.
    pub fn generate_for_demo(random: &dyn Random) -> io::Result<Self> {
        Self::token(random, DEMO_TOKEN_PREFIX)
    }

    fn token(random: &dyn Random, prefix: &str) -> io::Result<Self> {
        let mut bytes = Zeroizing::new([0; TOKEN_BYTES]);
        random.fill(bytes.as_mut_slice())?;
        // Room for all of it at once: a growing string would leave copies behind.
        let mut text = String::with_capacity(prefix.len() + TOKEN_BYTES * 2);
        text.push_str(prefix);
        URL_SAFE_NO_PAD.encode_string(bytes.as_slice(), &mut text);
        Ok(Self::new(text))
    }

    /// The text itself. Never hand it to a log, an error or an answer.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl PartialEq for Secret {
    /// Compares in constant time for texts of one length.
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

/// Whether a presented token was made by the demonstration and so must open nothing else.
#[must_use]
pub fn is_demo_token(token: &[u8]) -> bool {
    token.starts_with(DEMO_TOKEN_PREFIX.as_bytes())
}

/// Where a secret is kept. Read again whenever it may have changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SecretSource {
    /// A file that holds the secret and nothing else, but for one newline at its end.
    File(PathBuf),
    /// The name of an environment variable.
    Environment(String),
}

impl SecretSource {
    /// Reads the secret as it is now: UTF-8, at most 64 KiB, without one newline at its end and
    /// without the byte order mark that Windows editors put in front.
    ///
    /// # Errors
    /// When it is missing, unreadable, empty, too long, not UTF-8 or more than a line. The error
    /// names the place and never shows the content.
    pub fn read(&self) -> Result<Secret, SecretError> {
        let bytes = match self {
            Self::File(path) => self.read_file(path)?,
            Self::Environment(name) => match std::env::var(name) {
                Ok(value) => Zeroizing::new(value.into_bytes()),
                Err(std::env::VarError::NotPresent) => {
                    return Err(SecretError::Unset { name: name.clone() });
                }
                Err(std::env::VarError::NotUnicode(_)) => {
                    return Err(SecretError::NotText { place: self.clone() });
                }
            },
        };
        if bytes.len() > LONGEST {
            return Err(SecretError::TooLong { place: self.clone() });
        }
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| SecretError::NotText { place: self.clone() })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.trim().is_empty() {
            return Err(SecretError::Empty { place: self.clone() });
        }
        if text.contains(char::is_control) {
            return Err(SecretError::NotOneLine { place: self.clone() });
        }
        Ok(Secret::new(text.to_owned()))
    }

    fn read_file(&self, path: &std::path::Path) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        let unreadable = |cause| SecretError::Unreadable { place: self.clone(), cause };
        let file = platform::open_file(path).map_err(unreadable)?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
        file.take(LONGEST as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        Ok(bytes)
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file `{}`", path.display()),
            Self::Environment(name) => write!(f, "environment variable `{name}`"),
        }
    }
}

/// Why a secret could not be read. Shows the place, never the content.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file is missing or may not be read.
    #[error("cannot read the secret from {place}")]
    Unreadable {
        /// Where it was looked for.
        place: SecretSource,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
    /// The environment has no such variable.
    #[error("expected a secret in environment variable `{name}`, found it unset")]
    Unset {
        /// The variable's name.
        name: String,
    },
    /// There is nothing in it but white space.
    #[error("expected a secret in {place}, found it empty")]
    Empty {
        /// Where it was looked for.
        place: SecretSource,
    },
    /// There is more than one line in it, or a control character, which no protocol carries in a
    /// secret (RFC 6749 §A.2, RFC 6750 §2.1, RFC 7617 §2).
    #[error(
        "expected in {place} one line with the secret and nothing else, found more lines or a \
         control character"
    )]
    NotOneLine {
        /// Where it was looked for.
        place: SecretSource,
    },
    /// It has more than 64 KiB.
    #[error("expected a secret of at most 64 KiB in {place}, found more")]
    TooLong {
        /// Where it was looked for.
        place: SecretSource,
    },
    /// It is not UTF-8.
    #[error("expected UTF-8 text in {place}, found other bytes (UTF-16?)")]
    NotText {
        /// Where it was looked for.
        place: SecretSource,
    },
}

/// The SHA-256 of a bearer token: what a configuration holds instead of the token.
///
/// A fast hash is enough because a token is 256 random bits, not a password that can be guessed.
#[derive(Clone, Copy)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of `token`.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self::of_bytes(token.as_bytes())
    }

    /// The hash of a token as it came over the wire.
    #[must_use]
    pub fn of_bytes(token: &[u8]) -> Self {
        Self(Sha256::digest(token).into())
    }
}

impl ConstantTimeEq for TokenHash {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for TokenHash {}

/// Expected `sha256:` and 64 hexadecimal digits, found something else (which is not repeated here:
/// it may be the token itself, pasted into the wrong place).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected `sha256:` and 64 hexadecimal digits")]
pub struct NotAHash;

impl FromStr for TokenHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let digits = text.strip_prefix("sha256:").ok_or(NotAHash)?;
        let mut hash = [0; 32];
        match base16ct::mixed::decode(digits, &mut hash) {
            Ok(whole) if whole.len() == 32 => Ok(Self(hash)),
            _ => Err(NotAHash),
        }
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{:x}", HexDisplay(&self.0))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
