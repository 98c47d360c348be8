//! One request's whole translation, read before anything is sent: the same API, provision, mapping
//! and dialect as serving, with a stand-in that sends nothing that writes, and somebody who watches.

mod report;
mod request;
mod stand_in;

use std::io::{self, Write};
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use tower::ServiceExt;

use crate::api::Api;
use crate::diagnostic::alternatives;
use crate::gate::Caller;
use crate::generation::{Generation, Project};
use crate::seam::Seams;
use crate::telemetry::Trail;
use report::Watcher;
pub use request::{Mistake, Request};
use stand_in::StandIn;

/// What the explanation may draw on.
#[derive(Clone, Debug, Default)]
pub struct Means {
    /// Present rows, each as the upstream itself would answer a read of it.
    pub rows: Vec<Bytes>,
    /// Whether the living upstream is asked instead; nothing is written there.
    pub live: bool,
    /// As which caller; the project's first one without it.
    pub caller: Option<String>,
}

/// Why nothing can be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// No project serves the request's path.
    #[error("no project serves the path of the request: expected it to begin with {expected}")]
    NoProject {
        /// The base paths.
        expected: String,
    },
    /// The project has no such caller.
    #[error("the project has no caller `{name}`: expected {expected}")]
    NoCaller {
        /// The name that was given.
        name: String,
        /// The callers' names.
        expected: String,
    },
    /// A row is not what the upstream would answer.
    #[error("row {number} is not an answer of this upstream to a read")]
    Row {
        /// Which one, from 1.
        number: usize,
        /// What is wrong with it.
        #[source]
        cause: crate::upstream::Unreadable,
    },
    /// The explanation cannot be printed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Explains a request.
///
/// # Errors
/// [`ExplainError`].
pub async fn explain(
    generation: Generation,
    request: Request,
    means: Means,
    seams: &Seams,
    out: &mut (dyn Write + Send),
) -> Result<(), ExplainError> {
    let Generation { projects, limits } = generation;
    let bases = alternatives(projects.iter().map(|p| &*p.base_path).collect::<Vec<_>>());
    let whole = Generation { projects, limits };
    let Some(name) = whole.project(request.path()).map(|(p, _)| Arc::clone(&p.name)) else {
        return Err(ExplainError::NoProject { expected: bases });
    };
    let project = whole.projects.into_iter().find(|project| project.name == name);
    let Some(mut project) = project.and_then(Arc::into_inner) else {
        return Err(ExplainError::NoProject { expected: bases });
    };
    let caller = caller(&project, means.caller.as_deref())?;
    let stand_in = StandIn::new(&project.provisioner, means)?;
    let stand_in = Arc::new(stand_in);
    let watcher = Arc::new(Watcher::default());
    project.provisioner.upstream = Arc::clone(&stand_in) as _;
    project.provisioner.observer = Some(Arc::clone(&watcher) as _);
    let project = Arc::new(project);
    let generation = Generation { projects: vec![Arc::clone(&project)], limits };
    let api = Api::new(Arc::clone(&seams.clock));

    writeln!(out, "request    {} as caller `{}`\n", request.line(), caller.name)?;
    let mut asked = request.into_http();
    asked.extensions_mut().insert(Arc::new(generation));
    asked.extensions_mut().insert(caller);
    asked.extensions_mut().insert(Trail::of_command("explain"));
    let answer: http::Response<Full<Bytes>> = match api.oneshot(asked).await {
        Ok(answer) => answer,
        // The API itself refuses nothing; its layers do, and they are not here.
        Err(error) => return Err(io::Error::other(error).into()),
    };
    let status = answer.status();
    let body = match answer.into_body().collect().await {
        Ok(body) => body.to_bytes(),
        Err(never) => match never {},
    };
    watcher.print(&project.provisioner.mapping, out)?;
    stand_in.print(out)?;
    if stand_in.withheld() {
        writeln!(out, "answer     what the upstream makes of it: nothing was written")?;
    } else {
        writeln!(out, "answer     {}", status.as_u16())?;
        if !body.is_empty() {
            writeln!(out, "           {}", String::from_utf8_lossy(&body))?;
        }
    }
    out.flush()?;
    Ok(())
}

fn caller(project: &Project, name: Option<&str>) -> Result<Arc<Caller>, ExplainError> {
    let callers = || project.door.callers.iter();
    let found = match name {
        Some(name) => callers().find(|caller| *caller.name == *name),
        None => callers().next(),
    };
    found.cloned().ok_or_else(|| ExplainError::NoCaller {
        name: name.unwrap_or_default().to_owned(),
        expected: alternatives(callers().map(|caller| &*caller.name).collect::<Vec<_>>()),
    })
}

#[cfg(test)]
mod tests;
