//! Whose files are, who may write them, and how new ones are made.

use std::fs::{File, FileType, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// What is wrong when others than the owner may write the file at `path`; `None` when nobody may,
/// when there is no such file, and on Windows, where folders hand down their own lists.
#[must_use]
pub fn writable_by_others(path: &Path) -> Option<String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
        (mode & 0o022 != 0).then(|| {
            format!(
                "expected that its owner alone may write `{}`, found mode {mode:04o}",
                path.display()
            )
        })
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// What is wrong when the file at `path` belongs to somebody who is neither the user as whom this
/// process runs nor root; `None` also when there is no such file, and on Windows.
#[must_use]
pub fn owned_by_another(path: &Path) -> Option<String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let owner = std::fs::metadata(path).ok()?.uid();
        is_foreign(owner, rustix::process::geteuid().as_raw()).then(|| {
            format!(
                "expected `{}` to belong to root or to the user who serves, found user {owner}",
                path.display()
            )
        })
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

#[cfg(unix)]
const fn is_foreign(owner: u32, ours: u32) -> bool {
    owner != 0 && owner != ours
}

/// A warning when others than the owner may read or write the file at `path`; `None` when all is
/// well, when there is no such file, and on Windows, where folders hand down their own lists.
#[must_use]
pub fn loose_permissions(path: &Path) -> Option<String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
        (mode & 0o077 != 0).then(|| {
            format!(
                "expected `{}` to be for its owner alone, found mode {mode:04o}: run `chmod 600` on it",
                path.display()
            )
        })
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// Whose account runs this process, for the audit: `uid 1000` where the operating system says it,
/// else the name that the environment claims.
#[must_use]
pub fn account() -> String {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::MetadataExt;
        if let Ok(process) = std::fs::metadata("/proc/self") {
            return format!("uid {}", process.uid());
        }
    }
    let claimed = ["USER", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    claimed.map_or_else(|| "unknown".to_owned(), |name| format!("user {name}"))
}

/// How to open a new file that its owner alone may write and everybody may read, however freely
/// this user's files are shared otherwise (mode 0644 on Unix). Opening fails where one is there.
#[must_use]
pub fn new_shared_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o644);
    }
    options
}

/// Opens the file at `path` to put something behind what it holds; it is made where it is not there,
/// for its owner and to be read by its group (mode 0640 on Unix).
///
/// # Errors
/// When it cannot be made or may not be written.
pub fn append_to(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o640);
    }
    options.open(path)
}

/// Opens the file at `path` to be read to its end. What is no file is refused before it is opened:
/// a named pipe would be waited for, and a device has no end.
///
/// # Errors
/// When it is missing, may not be read, or is no file; then the error says what it is.
pub fn open_file(path: &Path) -> io::Result<File> {
    let kind = std::fs::metadata(path)?.file_type();
    if kind.is_file() {
        return File::open(path);
    }
    let found = kind_of(kind);
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("expected a file, found {found}")))
}

fn kind_of(kind: FileType) -> &'static str {
    if kind.is_dir() {
        return "a folder";
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "a named pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
    }
    "a device"
}

/// Writes `bytes` into a new file that only its owner may read (mode 0600 on Unix; on Windows
/// whatever the folder hands down). A file that is already there is replaced, never opened: its
/// old permissions would stay, and a link would be followed.
///
/// # Errors
/// When the file cannot be removed, created or written.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_file_is_private_even_where_an_open_one_was() {
        let path =
            std::env::temp_dir().join(format!("scim-sidecar-private-{}", std::process::id()));
        std::fs::write(&path, "old").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
            let warning = loose_permissions(&path).unwrap();
            assert!(warning.contains("found mode 0640"), "{warning}");
        }
        write_private(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(loose_permissions(&path), None);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn what_is_no_file_is_not_opened() {
        let told = |path: &Path| open_file(path).unwrap_err().to_string();
        assert_eq!(told(&std::env::temp_dir()), "expected a file, found a folder");
        assert!(open_file(&std::env::current_exe().unwrap()).is_ok());
        assert_eq!(open_file(Path::new("no/such")).unwrap_err().kind(), io::ErrorKind::NotFound);
        #[cfg(unix)]
        {
            assert_eq!(told(Path::new("/dev/null")), "expected a file, found a device");
            let path =
                std::env::temp_dir().join(format!("scim-sidecar-socket-{}", std::process::id()));
            let _ = std::fs::remove_file(&path);
            let socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
            assert_eq!(told(&path), "expected a file, found a socket");
            drop(socket);
            std::fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn a_missing_file_is_nobodys_fault() {
        assert_eq!(loose_permissions(Path::new("no/such/file")), None);
        assert_eq!(writable_by_others(Path::new("no/such/file")), None);
        assert_eq!(owned_by_another(Path::new("no/such/file")), None);
    }

    #[cfg(unix)]
    #[test]
    fn what_others_may_write_is_found() {
        use std::os::unix::fs::PermissionsExt;
        let name = format!("scim-sidecar-shared-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_file(&path);
        new_shared_file().open(&path).unwrap();
        assert_eq!((writable_by_others(&path), owned_by_another(&path)), (None, None));
        for mode in [0o664, 0o646] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let told = writable_by_others(&path).unwrap();
            assert!(told.contains(&format!("found mode {mode:04o}")), "{told}");
        }
        std::fs::remove_file(&path).unwrap();
        assert!(!is_foreign(0, 998) && !is_foreign(998, 998) && is_foreign(1000, 998));
        assert!(is_foreign(1000, 0), "root obeys nobody else");
    }
}
