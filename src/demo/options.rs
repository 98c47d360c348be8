//! The options of the demonstration.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::secret::Secret;

/// The options of `demo`.
#[derive(Clone, Debug, Args)]
pub struct Demo {
    /// Where SCIM is served, under /scim/v2
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8443")]
    pub listen: SocketAddr,
    /// Where the embedded legacy server listens, under /Demo
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8088")]
    pub upstream_listen: SocketAddr,
    /// Where health is served; a loopback address
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9464", value_parser = loopback)]
    pub admin_listen: SocketAddr,
    /// The token of the caller `entra` [default: a random one, printed]
    #[arg(long, value_name = "TOKEN", value_parser = secret)]
    pub token: Option<Secret>,
    /// The folder to keep people and certificates in [default: a temporary one, removed at the end]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Over which of the legacy server's interfaces the sidecar works
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Dialect::Odata)]
    pub dialect: Dialect,
    /// Start the embedded legacy server alone
    #[arg(long)]
    pub upstream_only: bool,
    /// Do not play a provisioning cycle first
    #[arg(long)]
    pub no_replay: bool,
}

/// An interface of the embedded legacy server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Dialect {
    /// The Bizagi-style OData view, with OAuth2
    Odata,
    /// Bizagi's SOAP layer, with a user name and password
    Soap,
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|error| format!("{error}"))?;
    if !address.ip().is_loopback() {
        return Err("expected a loopback address, such as 127.0.0.1:9464".to_owned());
    }
    Ok(address)
}

fn secret(text: &str) -> Result<Secret, &'static str> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("expected visible ASCII characters without blanks");
    }
    Ok(Secret::new(text.to_owned()))
}
