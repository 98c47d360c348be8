//! Where the log goes: to standard error, or to a file where nobody reads that.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use crate::config::LogFormat;
use crate::platform;

/// Begins the log, as the configuration says.
pub(super) fn begin(format: LogFormat, filter: &str, file: Option<LogFile>) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = file.is_none() && io::stderr().is_terminal();
    let writer = match file {
        Some(file) => BoxMakeWriter::new(move || file.clone()),
        None => BoxMakeWriter::new(io::stderr),
    };
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(writer);
    // A second subscriber in one process can only be a test's; the first one stays.
    let _ = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}

/// A file that lines are put behind. Clones are one and the same.
///
/// It has no largest size and no day: whoever rotates it renames it and asks for a reload, which
/// [opens it anew](LogFile::reopen). Until then lines go to the renamed one, so none is lost.
#[derive(Clone, Debug)]
pub(super) struct LogFile(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    file: RwLock<File>,
}

impl LogFile {
    /// Opens the file at `path`, which is made where it is not there.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = RwLock::new(platform::append_to(path)?);
        Ok(Self(Arc::new(Inner { path: path.to_owned(), file })))
    }

    /// Opens what is at its path now; where that fails, the open one is kept.
    pub(super) fn reopen(&self) {
        match platform::append_to(&self.0.path) {
            Ok(new) => *self.0.file.write().unwrap_or_else(PoisonError::into_inner) = new,
            Err(error) => {
                let path = self.0.path.display();
                tracing::error!(%path, %error, "the log file cannot be opened anew");
            }
        }
    }
}

impl Write for LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let file = self.0.file.read().unwrap_or_else(PoisonError::into_inner);
        (&*file).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        let file = self.0.file.read().unwrap_or_else(PoisonError::into_inner);
        (&*file).flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_follow_what_is_there_and_a_renamed_file_is_left_at_the_next_opening() {
        let path = std::env::temp_dir().join(format!("scim-sidecar-log-{}", std::process::id()));
        let moved = path.with_extension("1");
        std::fs::write(&path, "old\n").unwrap();
        let mut log = LogFile::open(&path).unwrap();
        log.clone().write_all(b"first\n").unwrap();
        std::fs::rename(&path, &moved).unwrap();
        log.write_all(b"second\n").unwrap();
        log.reopen();
        log.write_all(b"third\n").unwrap();
        log.flush().unwrap();
        assert_eq!(std::fs::read_to_string(&moved).unwrap(), "old\nfirst\nsecond\n");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "third\n");
        std::fs::remove_file(&path).unwrap();
        // Where it cannot be made, the open one is kept.
        std::fs::create_dir(&path).unwrap();
        log.reopen();
        log.write_all(b"fourth\n").unwrap();
        std::fs::remove_dir(&path).unwrap();
        std::fs::remove_file(&moved).unwrap();
    }
}
