//! `init`: the files to start from, the shipped ones or a mapping proposed from what a server says
//! about itself.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::serve::chain;
use super::{Exit, Init, SchemaOf, schema};
use crate::config;
use crate::mapping::schema::SCHEMA_FILE;
use crate::propose::{self, Proposal, people::Metadata};
use crate::seam::Seams;
use crate::secret::{SecretError, SecretSource};
use crate::upstream::{Credential, Settings, fetch};

/// What the sample says and a proposal replaces.
const SAMPLE_MAPPING: &str = "\"mappings/bizagi-odata.toml\"";
const SAMPLE_BASE_URL: &str = "\"https://bizagi.example.com/HR/\"";

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("`{from}` is not UTF-8")]
    NotText { from: String },
    #[error("cannot fetch `{url}`")]
    Fetch {
        url: String,
        #[source]
        cause: crate::upstream::FetchError,
    },
    #[error("there is no token for `{url}`")]
    NoToken {
        url: String,
        #[source]
        cause: SecretError,
    },
    #[error("nothing is proposed from `{from}`")]
    Propose {
        from: String,
        #[source]
        cause: propose::Error,
    },
    #[error(transparent)]
    Init(#[from] config::InitError),
}

/// A document and where it is from.
struct Document {
    text: String,
    /// The file or URL, without anything secret: a URL with a user name is refused.
    from: String,
    /// The URL of the folder that it is in, where it is from a URL.
    base: Option<String>,
}

/// Writes what is asked for, and says what it wrote.
pub(super) async fn run(
    options: &Init,
    seams: &Seams,
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
) -> Exit {
    let done = match (&options.from_metadata, &options.from_scim) {
        (None, None) => init(&options.folder, config::MAPPINGS, out).map_err(Error::from),
        (Some(from), _) => from_metadata(options, from, seams, out).await,
        (None, Some(from)) => from_scim(options, from, seams, out).await,
    };
    match done {
        Ok(()) => Exit::Fine,
        Err(error) => {
            let _ = writeln!(err, "error: {}", chain(&error));
            Exit::Failed
        }
    }
}

async fn from_metadata(
    options: &Init,
    from: &str,
    seams: &Seams,
    out: &mut (dyn Write + Send),
) -> Result<(), Error> {
    let document = read(options, from, seams).await?;
    let wrong = |cause| Error::Propose { from: document.from.clone(), cause };
    let metadata = Metadata::read(&document.text).map_err(wrong)?;
    let people = metadata.people(options.entity.as_deref()).map_err(wrong)?;
    let name = file_name(&people.collection);
    let proposal =
        propose::draft::propose(&people, &document.from, &config::dialects()).map_err(wrong)?;
    write(options, &name, &proposal, document.base.as_deref(), out)
}

async fn from_scim(
    options: &Init,
    from: &str,
    seams: &Seams,
    out: &mut (dyn Write + Send),
) -> Result<(), Error> {
    let document = read(options, from, seams).await?;
    let proposal = propose::schemas::propose(&document.text, &document.from, &config::dialects())
        .map_err(|cause| Error::Propose { from: document.from.clone(), cause })?;
    write(options, "people", &proposal, None, out)
}

/// Reads a file, or a URL under the rules of serving.
async fn read(options: &Init, from: &str, seams: &Seams) -> Result<Document, Error> {
    let is_url = from.starts_with("https://") || from.starts_with("http://");
    let (bytes, base) = if is_url {
        let mut settings = Settings::new(from);
        settings.ca.clone_from(&options.ca);
        settings.max_body = propose::LARGEST;
        if let Some(name) = &options.token_env {
            let token = SecretSource::Environment(name.clone());
            token.read().map_err(|cause| Error::NoToken { url: shown(from), cause })?;
            settings.credential = Credential::Bearer(token);
        }
        let fetched = fetch(from, settings, seams).await;
        let bytes = fetched.map_err(|cause| Error::Fetch { url: shown(from), cause })?;
        let end = from.find('?').unwrap_or(from.len());
        let path = from.get(..end).unwrap_or(from);
        let base = path.rfind('/').and_then(|at| path.get(..=at)).map(str::to_owned);
        (bytes.to_vec(), base)
    } else {
        let path = PathBuf::from(from);
        (bounded(&path).map_err(|cause| Error::Unreadable { path, cause })?, None)
    };
    let from = shown(from);
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Document { text, from, base }),
        Err(_) => Err(Error::NotText { from }),
    }
}

/// A file, as far as anybody looks at it.
fn bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One byte more, so that a file that is too long is known to be.
    let most = propose::LARGEST as u64 + 1;
    io::Read::read_to_end(&mut io::Read::take(std::fs::File::open(path)?, most), &mut bytes)?;
    Ok(bytes)
}

/// A URL without user name and query, in which a secret may stand; a path as it is.
fn shown(from: &str) -> String {
    let from = from.split('?').next().unwrap_or(from);
    match (from.split_once("://"), from.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://\u{2026}@{rest}"),
        _ => from.to_owned(),
    }
}

/// A name for the file of a collection.
fn file_name(collection: &str) -> String {
    let name: String = collection
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .collect();
    if name.trim_matches('-').is_empty() { "people".to_owned() } else { name }
}

/// Writes a proposed mapping, and beside it what is not there yet.
fn write(
    options: &Init,
    name: &str,
    proposal: &Proposal,
    base: Option<&str>,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let mapping = format!("mappings/{name}.toml");
    let mapping_schema = format!("mappings/{SCHEMA_FILE}");
    let mut sample = config::SAMPLE.replace(SAMPLE_MAPPING, &format!("\"{mapping}\""));
    if let Some(base) = base {
        sample = sample.replace(SAMPLE_BASE_URL, &format!("\"{base}\""));
    }
    let (of_config, of_mapping) = (schema::text(SchemaOf::Config), schema::text(SchemaOf::Mapping));
    // The mapping must be new; a server file that is there already stays as it is.
    let beside = [
        ("sidecar.toml", &sample),
        (config::SCHEMA_FILE, &of_config),
        (mapping_schema.as_str(), &of_mapping),
    ];
    let is_there = |name: &str| options.folder.join(name).symlink_metadata().is_ok();
    let missing = beside.iter().filter(|(name, _)| !is_there(name));
    let mut files = vec![(mapping.as_str(), proposal.text.as_str())];
    files.extend(missing.map(|(name, text)| (*name, text.as_str())));
    let written = config::init(&options.folder, &files)?;
    for path in &written {
        let _ = writeln!(out, "wrote {}", path.display());
    }
    let left = match proposal.left.len() {
        0 => String::new(),
        1 => ", 1 thing is not: the file says why".to_owned(),
        more => format!(", {more} things are not: the file says why"),
    };
    let _ = writeln!(out, "{} attributes are mapped{left}", proposal.mapped);
    if let Some(file) = written.first() {
        let _ = writeln!(out, "next: read the guesses, then scim-sidecar check {}", file.display());
    }
    Ok(())
}

/// Writes the sample server file, `mappings` (path relative to the folder, text) and the schemas
/// that these files name, and says what it wrote.
///
/// # Errors
/// When a file is there already (nothing is written then) or cannot be written.
pub fn init(
    folder: &Path,
    mappings: &[(&str, &str)],
    out: &mut dyn Write,
) -> Result<(), config::InitError> {
    let (of_config, of_mapping) = (schema::text(SchemaOf::Config), schema::text(SchemaOf::Mapping));
    let mapping_schema = format!("mappings/{SCHEMA_FILE}");
    let mut files = vec![("sidecar.toml", config::SAMPLE)];
    files.extend_from_slice(mappings);
    files.push((config::SCHEMA_FILE, &of_config));
    files.push((&mapping_schema, &of_mapping));
    let written = config::init(folder, &files)?;
    // The files are there; a closed standard output does not change that.
    for path in &written {
        let _ = writeln!(out, "wrote {}", path.display());
    }
    if let Some(file) = written.first() {
        let _ = writeln!(out, "next: scim-sidecar check --config {}", file.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_proposal_replaces_stands_in_the_sample() {
        for piece in [SAMPLE_MAPPING, SAMPLE_BASE_URL] {
            assert_eq!(config::SAMPLE.matches(piece).count(), 1, "{piece}");
        }
    }

    #[test]
    fn nothing_secret_of_a_url_is_shown() {
        assert_eq!(shown("https://u:p@h/$metadata?key=k"), "https://\u{2026}@h/$metadata");
        assert_eq!(shown("a/b@c.xml"), "a/b@c.xml");
        assert_eq!(file_name("AspNetUsers"), "aspnetusers");
    }
}
