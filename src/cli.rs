//! The command line: arguments in, a [`Command`] out; usage errors end with 64.
//!
//! The commands and their options are fixed, because others script against them. Reading them is
//! all that happens here, but for the command that needs nothing else: [`token`].

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};

use crate::rehearse::Source;
use crate::seam::{Random, Seams};
use crate::secret::{Secret, TokenHash};

mod check;
mod explain;
mod init;
mod log;
mod rehearse;
mod release;
mod schema;
mod serve;
mod transforms;

#[cfg(feature = "demo")]
pub use crate::demo::Demo;
pub use init::init;

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All went well.
    Fine = 0,
    /// Something failed while running.
    Failed = 1,
    /// The command line was wrong (`EX_USAGE` of sysexits).
    Usage = 64,
    /// The configuration or a mapping was wrong (`EX_CONFIG` of sysexits).
    Configuration = 78,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// SCIM 2.0 for a legacy server that has only its own API.
///
/// Identity providers speak SCIM over TLS to it; it speaks the legacy server's own API behind.
/// A mapping file says which attribute is which field.
#[derive(Debug, Parser)]
#[command(name = "scim-sidecar", bin_name = "scim-sidecar", version)]
#[command(after_help = "Start with `scim-sidecar demo`: it needs nothing but this binary.\n\n\
    Exit codes: 0 fine, 1 failed while running, 64 usage, 78 configuration or mapping wrong.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What is to be done.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Show the whole thing on this machine, with an embedded legacy server
    #[cfg(feature = "demo")]
    #[command(after_help = "Example:\n  scim-sidecar demo --data ./demo --no-replay")]
    Demo(Demo),
    /// Serve SCIM in front of the legacy servers that the configuration names
    #[command(
        after_help = "Example:\n  scim-sidecar serve --config /etc/scim-sidecar/sidecar.toml\n\n\
        SIGHUP reads the files again. SIGTERM and SIGINT let open requests end; a second one does not.\n\
        systemd hears by itself how it is. A service of Windows drains on `stop`, and reads the files\n\
        again on `paramchange`."
    )]
    Serve(Serve),
    /// Tell every mistake in a configuration and its mappings, or in mappings alone
    #[command(
        override_usage = "scim-sidecar check [--config <FILE> [--live]] [--format <FORM>] [MAPPING]..."
    )]
    #[command(after_help = "Examples:\n  scim-sidecar check --config sidecar.toml\n  \
        scim-sidecar check mappings/bizagi-odata.toml\n  \
        scim-sidecar check --format json mappings/bizagi-odata.toml")]
    Check(Check),
    /// Show one request's whole translation; nothing is written upstream
    #[command(
        after_help = "Example:\n  scim-sidecar explain --config sidecar.toml request.txt --row row.json\n\n\
        The request is a file of `METHOD /path`, headers, an empty line and a body."
    )]
    Explain(Explain),
    /// Empty the anchor of people whose rows are to change hands, such as a re-hire's
    #[command(
        after_help = "Example:\n  scim-sidecar release --config sidecar.toml --dry-run 7\n\n\
        IDs are SCIM ids, as an alert names them. Each release is one audit line."
    )]
    Release(Release),
    /// Try everybody of a directory's export against the living server; nothing is written there
    #[command(
        after_help = "Examples:\n  scim-sidecar rehearse --config sidecar.toml users.csv\n  \
        scim-sidecar rehearse --config sidecar.toml users.csv --out rehearsal.csv\n  \
        scim-sidecar rehearse --config sidecar.toml users.json --against old.toml --show\n\n\
        The export is the portal's `Download users`, Graph's `GET /users`, or SCIM. It ends with 0 \
        when\neverybody was tried, also when some would be refused."
    )]
    Rehearse(Rehearse),
    /// Write a commented configuration and mapping to start from
    #[command(after_help = "Examples:\n  scim-sidecar init ./sidecar\n  \
        scim-sidecar init --from-metadata 'https://legacy.example.com/odata/$metadata' ./sidecar\n  \
        scim-sidecar init --from-scim schemas.json ./sidecar\n\n\
        Files that are there already are never touched: where one of the shipped ones is there, or\n\
        the proposed mapping, nothing is written. A URL is quoted because of its `$`.")]
    Init(Init),
    /// Show the transforms that a mapping's `via` may use, with values that go through them
    #[command(after_help = "Examples:\n  scim-sidecar transforms\n  scim-sidecar transforms time")]
    Transforms(Transforms),
    /// Print the JSON Schema of a file, by which editors complete and underline it
    #[command(after_help = "Example:\n  \
        scim-sidecar schema mapping > mappings/mapping.schema.json\n\n\
        A first line `#:schema ./mapping.schema.json` makes a file name its schema; `init` writes both.")]
    Schema(Schema),
    /// Print a new random token and the hash to put into the configuration
    #[command(after_help = "Example:\n  scim-sidecar token\n\n\
        The token goes to the identity provider, the hash into `tokens` of a caller.")]
    Token,
}

/// The options of `serve`.
#[derive(Clone, Debug, Args)]
pub struct Serve {
    /// The server file
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Put the log behind what this file holds, instead of writing it to standard error; a reload
    /// opens it anew, so that it can be renamed before
    #[arg(long, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
    /// Run under the service control manager of Windows; not for a console
    #[arg(long, requires = "log_file")]
    pub service: bool,
}

/// The options of `check`; at least one of the two is there.
#[derive(Clone, Debug, Args)]
#[group(skip)]
#[command(group = ArgGroup::new("files").args(["config", "mappings"]).required(true).multiple(true))]
pub struct Check {
    /// The server file; the mappings that it names are checked with it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Mapping files
    #[arg(value_name = "MAPPING")]
    pub mappings: Vec<PathBuf>,
    /// Ask each upstream of the configuration as well; nothing is written there
    #[arg(long, requires = "config")]
    pub live: bool,
    /// How it is told: for people, or as one JSON document for editors and builds
    #[arg(long, value_name = "FORM", value_enum, default_value = "human")]
    pub format: Form,
}

/// The forms in which findings are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For people, with lines and carets
    Human,
    /// One JSON document
    Json,
}

/// The options of `explain`.
#[derive(Clone, Debug, Args)]
pub struct Explain {
    /// The server file
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// The request: a file, or `-` for standard input
    #[arg(value_name = "REQUEST")]
    pub request: PathBuf,
    /// A present row, as the upstream would answer a read of it, also of a collection that a
    /// reference leads to; may be given several times
    #[arg(long = "row", value_name = "FILE")]
    pub rows: Vec<PathBuf>,
    /// Read what is needed from the living upstream; nothing is written there
    #[arg(long, conflicts_with = "rows")]
    pub live: bool,
    /// As which caller of the project [default: its first one]
    #[arg(long, value_name = "NAME")]
    pub caller: Option<String>,
}

/// The options of `release`.
#[derive(Clone, Debug, Args)]
pub struct Release {
    /// The server file
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// The project, where the configuration has several
    #[arg(long, value_name = "NAME")]
    pub project: Option<String>,
    /// Say what would be done, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The people, by their SCIM id
    #[arg(value_name = "ID", required = true)]
    pub ids: Vec<String>,
}

/// The options of `rehearse`.
#[derive(Clone, Debug, Args)]
pub struct Rehearse {
    /// The server file
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// The export, CSV or JSON: a file, or `-` for standard input
    #[arg(value_name = "PEOPLE")]
    pub people: PathBuf,
    /// Which project [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub project: Option<String>,
    /// As which caller of the project [default: its first one]
    #[arg(long, value_name = "NAME")]
    pub caller: Option<String>,
    /// A matching attribute, as set in the identity provider; several in order of precedence
    #[arg(long = "match", value_name = "PATH", default_value = "userName")]
    pub matching: Vec<String>,
    /// Take an attribute from another column, such as `externalId=mailNickname`; repeatable
    #[arg(long = "source", value_name = "PATH=COLUMN")]
    pub sources: Vec<Source>,
    /// Tell also what is otherwise than under this older mapping of the project
    #[arg(long, value_name = "MAPPING")]
    pub against: Option<PathBuf>,
    /// Write everything to a new file for its owner alone; its name ends in `.csv` or `.json`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Print everything to standard output as well: it holds personal data
    #[arg(long)]
    pub show: bool,
    /// The most people, and the most rows, that are read
    #[arg(long, value_name = "COUNT", default_value_t = 100_000)]
    pub limit: usize,
}

/// The options of `init`.
#[derive(Clone, Debug, Args)]
#[group(skip)]
#[command(group = ArgGroup::new("source").args(["from_metadata", "from_scim"]))]
pub struct Init {
    /// The folder to write into, made where it is not there
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
    /// Propose a mapping from the `$metadata` document of an OData V4 service
    #[arg(long, value_name = "FILE|URL")]
    pub from_metadata: Option<String>,
    /// The entity set that the people are in [default: the one whose name says so]
    #[arg(long, value_name = "NAME", requires = "from_metadata")]
    pub entity: Option<String>,
    /// Propose a mapping to fill in from a SCIM `/Schemas` document
    #[arg(long, value_name = "FILE|URL")]
    pub from_scim: Option<String>,
    /// PEM file with the only authorities to trust for a URL, instead of the system's
    #[arg(long, value_name = "FILE", requires = "source")]
    pub ca: Option<PathBuf>,
    /// The environment variable with a bearer token for a URL
    #[arg(long, value_name = "NAME", requires = "source")]
    pub token_env: Option<String>,
}

/// The options of `schema`.
#[derive(Clone, Copy, Debug, Args)]
pub struct Schema {
    /// Of which file
    #[arg(value_name = "FILE", value_enum)]
    pub of: SchemaOf,
}

/// The files that have a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// The server file, sidecar.toml
    Config,
    /// A mapping file
    Mapping,
}

/// The options of `transforms`.
#[derive(Clone, Debug, Args)]
pub struct Transforms {
    /// One of them, to see it whole
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// Why there is no command: the line was wrong, or asked for help or the version.
#[derive(Debug)]
pub struct Usage {
    error: clap::Error,
}

impl Usage {
    /// Fine for help and version, which belong on standard output; usage for the rest, which
    /// belongs on standard error.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self.error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Fine,
            _ => Exit::Usage,
        }
    }

    /// Prints what is to be said where it belongs, in colours where the terminal has them.
    ///
    /// # Errors
    /// When the stream cannot be written.
    pub fn print(&self) -> io::Result<()> {
        self.error.print()
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error.render(), f)
    }
}

impl Command {
    /// Reads a command line, the program's name first.
    ///
    /// # Errors
    /// When it is wrong, or asks for help or the version.
    pub fn parse_from<A: Into<OsString> + Clone>(
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Self, Usage> {
        match Cli::try_parse_from(arguments) {
            Ok(cli) => Ok(cli.command),
            Err(error) => Err(Usage { error }),
        }
    }

    /// Whether it is to run [as a service](crate::platform::service).
    #[must_use]
    pub fn is_service(&self) -> bool {
        matches!(self, Self::Serve(Serve { service: true, .. }))
    }
}

/// Runs a command to its end.
pub async fn run(
    command: Command,
    seams: &Seams,
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
) -> Exit {
    match command {
        #[cfg(feature = "demo")]
        Command::Demo(options) => {
            log::begin(crate::config::LogFormat::Text, "warn,audit=off", None);
            match crate::demo::run(options, seams, out).await {
                Ok(true) => Exit::Fine,
                Ok(false) => Exit::Failed,
                Err(error) => {
                    let _ = writeln!(err, "error: {}", serve::chain(&error));
                    Exit::Failed
                }
            }
        }
        Command::Serve(options) => serve::serve(&options, seams, err).await,
        Command::Check(options) => check::check(&options, seams, out).await,
        Command::Explain(options) => explain::run(&options, seams, out, err).await,
        Command::Release(options) => release::run(&options, seams, out, err).await,
        Command::Rehearse(options) => rehearse::run(&options, seams, out, err).await,
        Command::Init(options) => init::run(&options, seams, out, err).await,
        Command::Schema(options) => match schema::print(&options, out) {
            Ok(()) => Exit::Fine,
            Err(error) => {
                let _ = writeln!(err, "error: {error}");
                Exit::Failed
            }
        },
        Command::Transforms(options) => transforms::run(options.name.as_deref(), out, err),
        Command::Token => match token(&*seams.random, out) {
            Ok(()) => Exit::Fine,
            Err(error) => {
                let _ = writeln!(err, "error: {error}");
                Exit::Failed
            }
        },
    }
}

/// Prints a new token and its hash, the one place where a token is ever shown.
///
/// # Errors
/// When the random source gives nothing, or `out` cannot be written.
pub fn token(random: &dyn Random, out: &mut dyn Write) -> io::Result<()> {
    let token = Secret::generate(random)?;
    writeln!(out, "token: {}", token.expose())?;
    writeln!(out, "hash:  {}", TokenHash::of(token.expose()))?;
    writeln!(out)?;
    writeln!(out, "The token goes to the identity provider; it is not kept and not shown again.")?;
    writeln!(out, "The hash goes into `tokens` of a [[project.caller]].")
}

#[cfg(test)]
mod tests;
