//! `scim-sidecar demo` as a process of its own, and what it prints about itself.

use std::path::Path;

use super::process::Process;

/// What a demonstration prints when it is ready.
pub(crate) struct Printed(String);

/// Starts a demonstration on ports that the system chooses, and waits until it is ready. It ends
/// with the process that is answered, and leaves everything in the folder.
pub(crate) fn start(arguments: &[&str], folder: &Path) -> (Process, Printed) {
    let ports = ["--listen", "--upstream-listen", "--admin-listen"];
    let ports = ports.into_iter().flat_map(|name| [name, "127.0.0.1:0"]);
    let arguments: Vec<&str> =
        ["demo"].into_iter().chain(ports).chain(arguments.iter().copied()).collect();
    let mut process = Process::spawn(&arguments, folder);
    let printed = process.until("Ctrl-C ends it");
    (process, Printed(printed))
}

impl Printed {
    /// What stands behind a label.
    pub(crate) fn told(&self, label: &str) -> &str {
        let label = format!("  {label} ");
        let value = self.0.lines().find_map(|line| line.strip_prefix(&label));
        value.expect("a label that it prints").trim()
    }
}
