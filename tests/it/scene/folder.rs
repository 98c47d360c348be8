//! A folder of one scene, removed with it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use scim_sidecar::platform::{new_shared_file, write_private};

/// A temporary folder.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("scim-sidecar-it-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        // What a killed process of the same number left behind.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.parented(name);
        let _ = fs::remove_file(&path);
        new_shared_file().open(&path).unwrap().write_all(text.as_bytes()).unwrap();
        path
    }

    pub(crate) fn private(&self, name: &str, text: &str) {
        write_private(&self.parented(name), text.as_bytes()).unwrap();
    }

    fn parented(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        path.parent().map(Path::to_owned).map(fs::create_dir_all).unwrap().unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // An open database of a runtime that is just ending may still be there on Windows.
        let _ = fs::remove_dir_all(&self.0);
    }
}
