//! What npm installs for a test, below `target/`, as a committed lock file says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder with those files of a source folder, and all that their `package-lock.json` names.
/// npm and its registry are needed once, until the lock file changes; without them the test fails
/// and says so. `needed` is what for.
pub(crate) fn installed(name: &str, source: &str, files: &[&str], needed: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    let marker = folder.join("installed");
    let wanted = fs::read_to_string(source.join("package-lock.json")).unwrap();
    for file in ["package.json", "package-lock.json"].iter().chain(files) {
        fs::copy(source.join(file), folder.join(file)).expect(file);
    }
    if fs::read_to_string(&marker).is_ok_and(|found| found == wanted) {
        return folder;
    }
    let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]);
    npm.current_dir(&folder).stdin(Stdio::null());
    let output = npm.output().unwrap_or_else(|error| {
        panic!(
            "these tests need {needed}, and npm to install it: npm cannot be run ({error}). On \
             Debian: apt-get install nodejs npm"
        )
    });
    assert!(
        output.status.success(),
        "npm could not install {needed} (it needs its registry once):\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    fs::write(marker, wanted).unwrap();
    folder
}
