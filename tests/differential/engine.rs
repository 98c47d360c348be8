//! The other engine: installed once below `target/`, one Node.js process for each test, ended with
//! its standard input.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use crate::npm;
use crate::person::Json;

/// A running engine.
pub(crate) struct Engine {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Engine {
    pub(crate) fn started() -> Self {
        static FOLDER: OnceLock<std::path::PathBuf> = OnceLock::new();
        let folder = FOLDER.get_or_init(|| {
            let needed = "independent engines for SCIM's filters and PATCH";
            npm::installed("differential", "tests/differential/engine", &["engine.mjs"], needed)
        });
        let mut command = Command::new("node");
        command.arg("engine.mjs").current_dir(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| {
            panic!("node cannot be run ({error}). On Debian: apt-get install nodejs npm")
        });
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    /// The answers to these questions, in their order.
    pub(crate) fn ask(&mut self, questions: &[Json]) -> Vec<Json> {
        let Self { input, output, .. } = self;
        let input = input.as_mut().unwrap();
        std::thread::scope(|scope| {
            // On a thread of its own: the engine answers before it has read everything.
            scope.spawn(move || {
                let lines: String =
                    questions.iter().map(|question| format!("{question}\n")).collect();
                input.write_all(lines.as_bytes()).expect("the engine reads");
            });
            let mut line = String::new();
            let mut answer = || {
                line.clear();
                output.read_line(&mut line).unwrap();
                serde_json::from_str(&line).expect("the engine answers")
            };
            questions.iter().map(|_| answer()).collect()
        })
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
