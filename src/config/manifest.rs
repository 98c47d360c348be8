//! The files that a configuration is made of, and what was in them when it was read.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::files::Named;
use super::{Config, SERVER_FILE};
use crate::platform;

/// The largest file that is looked into, in bytes; a larger one is as good as none.
const LARGEST: u64 = 16 * 1024 * 1024;

/// One file.
#[derive(Clone, PartialEq, Eq)]
struct File {
    /// The key that names it, such as `project[hr].mapping`.
    role: String,
    path: PathBuf,
    /// Whether its hash may be told: a short secret could be guessed by it.
    is_public: bool,
    /// The SHA-256 of its content; `None` when it cannot be read.
    digest: Option<[u8; 32]>,
}

/// Every file of one configuration, each once, the server file first.
#[derive(Clone, PartialEq, Eq)]
pub struct Manifest(Vec<File>);

impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manifest").field("files", &self.0.len()).finish_non_exhaustive()
    }
}

impl Config {
    /// What the files that it names hold now. Of the server file itself it is what was read.
    #[must_use]
    pub fn manifest(&self) -> Manifest {
        let mut files: Vec<File> = Vec::new();
        for Named { key, path, is_public, .. } in self.files() {
            match files.iter_mut().find(|known| known.path == path) {
                // One file for certificate and key is a secret as a whole.
                Some(known) => known.is_public &= is_public,
                None => {
                    let digest = match files.is_empty() {
                        true => Some(Sha256::digest(self.source.text.as_bytes()).into()),
                        false => digest(path),
                    };
                    files.push(File { role: key, path: path.to_owned(), is_public, digest });
                }
            }
        }
        Manifest(files)
    }
}

impl Manifest {
    /// The server file alone, of which more cannot be said: with the text that was read, or
    /// nothing where it cannot be read.
    pub(super) fn of_server_file(path: &Path, text: Option<&str>) -> Self {
        Self(vec![File {
            role: SERVER_FILE.to_owned(),
            path: path.to_owned(),
            is_public: true,
            digest: text.map(|text| Sha256::digest(text.as_bytes()).into()),
        }])
    }

    /// What the same files hold now.
    #[must_use]
    pub fn again(&self) -> Self {
        let again = |file: &File| File { digest: digest(&file.path), ..file.clone() };
        Self(self.0.iter().map(again).collect())
    }

    /// Whether both know a file and saw the same in it.
    pub(super) fn holds_as(&self, other: &Self, path: &Path) -> bool {
        let digest = |of: &Self| {
            let file = of.0.iter().find(|file| file.path == path);
            file.and_then(|file| file.digest)
        };
        digest(self).is_some() && digest(self) == digest(other)
    }

    /// The keys whose file is the same as in `old` and has another content.
    #[must_use]
    pub fn changed_since(&self, old: &Self) -> Vec<&str> {
        let changed = |file: &&File| {
            let known = old.0.iter().find(|known| known.path == file.path);
            known.is_some_and(|known| known.digest != file.digest)
        };
        self.0.iter().filter(changed).map(|file| file.role.as_str()).collect()
    }

    /// The files that hold no secret, each with its SHA-256 in hexadecimal digits.
    pub fn public(&self) -> impl Iterator<Item = (&Path, String)> {
        self.0
            .iter()
            .filter(|file| file.is_public)
            .filter_map(|file| Some((file.path.as_path(), hexadecimal(&file.digest?))))
    }

    /// One hash over the files that hold no secret: `sha256:` and the SHA-256 of what
    /// `sha256sum FILE…` prints of [`public`](Self::public)'s files in their order.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut hash = Sha256::new();
        for (path, digest) in self.public() {
            hash.update(format!("{digest}  {}\n", path.display()));
        }
        format!("sha256:{}", hexadecimal(&hash.finalize().into()))
    }
}

fn hexadecimal(digest: &[u8; 32]) -> String {
    format!("{:x}", base16ct::HexDisplay(digest))
}

fn digest(path: &Path) -> Option<[u8; 32]> {
    let file = platform::open_file(path).ok()?;
    if file.metadata().ok()?.len() > LARGEST {
        return None;
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(LARGEST).read_to_end(&mut bytes).ok()?;
    Some(Sha256::digest(bytes.as_slice()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_what_sha256sum_prints_of_the_files_without_secrets() {
        let file = |name: &str, is_public, digest| File {
            role: name.to_owned(),
            path: PathBuf::from(name),
            is_public,
            digest: Some(digest),
        };
        let one = Manifest(vec![file("a", true, [0; 32]), file("b", false, [1; 32])]);
        let other = Manifest(vec![file("a", true, [0; 32]), file("b", false, [2; 32])]);
        assert_eq!(one.hash(), other.hash(), "a hash of a secret is a way to guess it");
        let printed = format!("{}  a\n", "00".repeat(32));
        let expected = hexadecimal(&Sha256::digest(printed.as_bytes()).into());
        assert_eq!(one.hash(), format!("sha256:{expected}"));
        assert_eq!(other.changed_since(&one), ["b"]);
        assert!(one.holds_as(&other, Path::new("a")) && !one.holds_as(&other, Path::new("b")));
        assert!(!format!("{one:?}").contains('1'), "{one:?}");
    }
}
