//! The commented sample, and how it gets into a folder without harming what is there.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::platform::new_shared_file;

/// The commented sample of a server file, with every key. It reads without an error, and warns
/// until the caller's placeholder is replaced.
pub const SAMPLE: &str = include_str!("sample.toml");

/// The mapping files that `init` writes, with their places.
pub const MAPPINGS: &[(&str, &str)] = &[
    ("mappings/bizagi-odata.toml", include_str!("../../mappings/bizagi-odata.toml")),
    ("mappings/bizagi-soap.toml", include_str!("../../mappings/bizagi-soap.toml")),
    ("mappings/rest-json.toml", include_str!("../../mappings/rest-json.toml")),
    ("mappings/odata.toml", include_str!("../../mappings/odata.toml")),
];

/// The hash that stands in the sample; no token is known to have it.
pub(super) const PLACEHOLDER: &str =
    "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// Why a folder was not filled.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// A file is there already; nothing was written.
    #[error("`{}` is there already, so nothing was written", path.display())]
    Exists {
        /// Which one.
        path: PathBuf,
    },
    /// The operating system refused; what had been written was removed again.
    #[error("cannot write `{}`", path.display())]
    Unwritable {
        /// What was to be written.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
}

/// Writes `files` (path relative to `folder`, text), making folders where needed, and says which.
/// All or none: what is there already is never touched, be it a link that leads nowhere.
///
/// # Errors
/// When one of them is there already or cannot be written.
pub fn init(folder: &Path, files: &[(&str, &str)]) -> Result<Vec<PathBuf>, InitError> {
    // By their components, so that each system's own separator stands between them.
    let place = |(name, _): &(&str, &str)| folder.join(name).components().collect();
    let paths: Vec<PathBuf> = files.iter().map(place).collect();
    if let Some(path) = paths.iter().find(|path| path.symlink_metadata().is_ok()) {
        return Err(InitError::Exists { path: path.clone() });
    }
    let mut written: Vec<&PathBuf> = Vec::new();
    for (path, (_, text)) in paths.iter().zip(files) {
        if let Err(cause) = write_new(path, text, &mut written) {
            for path in written {
                // Best effort: the first failure is the one to tell.
                let _ = fs::remove_file(path);
            }
            let path = path.clone();
            return Err(match cause.kind() {
                // Another process was faster.
                io::ErrorKind::AlreadyExists if path.symlink_metadata().is_ok() => {
                    InitError::Exists { path }
                }
                _ => InitError::Unwritable { path, cause },
            });
        }
    }
    Ok(paths)
}

fn write_new<'p>(path: &'p PathBuf, text: &str, written: &mut Vec<&'p PathBuf>) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // A configuration that others may write is refused, and some users' files are shared.
    let mut file = new_shared_file().open(path)?;
    written.push(path);
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_never_touched() {
        let folder = std::env::temp_dir().join(format!("scim-sidecar-init-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let files = [("sidecar.toml", "format = 1\n"), ("mappings/a.toml", "x")];
        let written = init(&folder, &files).unwrap();
        assert_eq!(written, [folder.join("sidecar.toml"), folder.join("mappings/a.toml")]);
        assert_eq!(fs::read_to_string(&written[0]).unwrap(), "format = 1\n");

        fs::remove_file(&written[0]).unwrap();
        fs::write(&written[1], "mine").unwrap();
        let error = init(&folder, &files).unwrap_err();
        assert!(matches!(&error, InitError::Exists { path } if *path == written[1]), "{error}");
        assert!(!written[0].exists());
        assert_eq!(fs::read_to_string(&written[1]).unwrap(), "mine");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_failure_leaves_nothing_behind() {
        let folder = std::env::temp_dir().join(format!("scim-sidecar-half-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        // The second one's folder is the first one's file.
        let error = init(&folder, &[("a", "x"), ("a/b", "y")]).unwrap_err();
        assert!(matches!(error, InitError::Unwritable { .. }), "{error}");
        assert!(!folder.join("a").exists());
        fs::remove_dir_all(&folder).unwrap();
    }
}
