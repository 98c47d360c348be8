//! The real binary as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// A running `scim-sidecar`; killed when the scene ends early.
pub(crate) struct Process {
    child: Child,
    out: BufReader<ChildStdout>,
    err: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

fn command(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-sidecar"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    // What it leaves behind is seen.
    command.env_remove("NO_COLOR").env_remove("NOTIFY_SOCKET").env("TMPDIR", folder);
    command
}

/// Runs it to its end.
pub(crate) fn run(arguments: &[&str], folder: &Path) -> (i32, String, String) {
    run_with(arguments, folder, &[])
}

/// Runs it to its end, with variables in its environment.
pub(crate) fn run_with(
    arguments: &[&str],
    folder: &Path,
    variables: &[(&str, &str)],
) -> (i32, String, String) {
    let mut command = command(arguments, folder);
    let Output { status, stdout, stderr } =
        command.envs(variables.iter().copied()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().expect("an exit code"), text(stdout), text(stderr))
}

impl Process {
    pub(crate) fn spawn(arguments: &[&str], folder: &Path) -> Self {
        Self::start(command(arguments, folder))
    }

    /// With variables in its environment.
    pub(crate) fn spawn_with(
        arguments: &[&str],
        folder: &Path,
        variables: &[(&str, &str)],
    ) -> Self {
        let mut command = command(arguments, folder);
        command.envs(variables.iter().copied());
        Self::start(command)
    }

    /// Starts a command: it, or a program that runs it.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let err = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&err);
        // Always read, so that it never waits for us.
        let reader = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut kept = kept.lock().unwrap();
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        Self { child, out, err, reader: Some(reader) }
    }

    /// Its standard output up to and with the line that begins so.
    pub(crate) fn until(&mut self, beginning: &str) -> String {
        let mut text = String::new();
        loop {
            let mut line = String::new();
            if self.out.read_line(&mut line).unwrap() == 0 {
                panic!("no `{beginning}` in\n{text}\n{}", self.err());
            }
            text.push_str(&line);
            if line.starts_with(beginning) {
                return text;
            }
        }
    }

    /// What it wrote to standard error so far.
    pub(crate) fn err(&self) -> String {
        self.err.lock().unwrap().clone()
    }

    /// The rest of a line of standard error, from behind a word on; waits for it.
    pub(crate) async fn told(&mut self, word: &str) -> String {
        loop {
            let err = self.err();
            if let Some((_, rest)) = err.split_once(word)
                && let Some((line, _)) = rest.split_once('\n')
            {
                return line.to_owned();
            }
            assert!(self.child.try_wait().unwrap().is_none(), "it ended: {err}");
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }

    /// The operating system's number for it.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits for its end: the exit code, the rest of its standard output, and its standard error.
    pub(crate) fn ended(mut self) -> (i32, String, String) {
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        let status = self.child.wait().unwrap();
        self.reader.take().unwrap().join().unwrap();
        (status.code().expect("an exit code"), rest, self.err())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
