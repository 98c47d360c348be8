//! What differs between operating systems: signals, whose files are and who may write them, and
//! who started us and wants to know how we are.
//!
//! The only room that says `cfg(unix)` or `cfg(windows)`. It imports nothing of ours and does not
//! know what is stopped, what is in a file or what is served.
//!
//! Why services are done so is in [the manual](crate::manual::services).

mod files;
pub mod service;
mod signals;
mod supervisor;
#[cfg(target_os = "linux")]
mod systemd;

pub use files::{
    account, append_to, loose_permissions, new_shared_file, open_file, owned_by_another,
    writable_by_others, write_private,
};
pub use signals::{ReloadSignal, StopSignals};
pub use supervisor::Supervisor;

/// How a command that people paste calls curl. On Windows `curl` alone is another program in
/// PowerShell, and the real one asks for a list of revoked certificates, which an authority for
/// development does not have.
pub const CURL: &str = if cfg!(windows) { "curl.exe --ssl-no-revoke" } else { "curl" };

/// What stands around a word of such a command: the sign that every shell of the system knows.
pub const QUOTE: char = if cfg!(windows) { '"' } else { '\'' };
