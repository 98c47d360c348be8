//! TLS towards identity providers: our certificate and its key, and whose clients may connect.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rustls::server::ServerConfig;

use super::{ALWAYS_VERIFIED, Config, Known};
use crate::diagnostic::Report;
use crate::diagnostic::reader::{Key, Placed, Sink, Table, key, refused};
use crate::seam::Seams;
use crate::serve::tls::{Clients, Identity, TlsError, Validity};

pub(super) const TLS: &[Key] = &[
    key("certificate", "PEM file with the certificate chain, our own certificate first")
        .required("the path of a PEM file"),
    key("key", "PEM file with the private key").required("the path of a PEM file"),
    key("client_ca", "PEM file with the authorities of which every client must show a certificate"),
    key("client_crl", "PEM file with the lists of what these authorities have revoked"),
    refused("verify", ALWAYS_VERIFIED),
    refused("insecure", ALWAYS_VERIFIED),
];

/// How long before its end a certificate is warned of.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The same for a list of revoked certificates, which is renewed every few days.
const SOON_OF_LIST: SignedDuration = SignedDuration::from_hours(24);

/// The server's certificate, and those of its clients.
#[derive(Clone, Debug)]
pub struct Tls {
    /// PEM file with the chain, our own certificate first.
    pub certificate: Placed<PathBuf>,
    /// PEM file with the private key.
    pub key: Placed<PathBuf>,
    /// PEM file with the authorities that vouch for clients; `None` lets in whoever has a token.
    pub client_ca: Option<Placed<PathBuf>>,
    /// PEM file with what these authorities have revoked; `None` believes them without it.
    pub client_crl: Option<Placed<PathBuf>>,
}

impl Tls {
    /// Every file, with the key that names it and whether it holds no secret.
    pub(super) fn files(&self) -> impl Iterator<Item = (&'static str, &Placed<PathBuf>, bool)> {
        let certificate = ("tls.certificate", &self.certificate, true);
        let key = ("tls.key", &self.key, false);
        let client_ca = self.client_ca.iter().map(|path| ("tls.client_ca", path, true));
        let client_crl = self.client_crl.iter().map(|path| ("tls.client_crl", path, true));
        [certificate, key].into_iter().chain(client_ca).chain(client_crl)
    }
}

pub(super) fn tls(root: &Table<'_>, known: Known<'_>) -> Option<Tls> {
    let table = root.table("tls")?;
    let certificate = known.required_path(&table, "certificate");
    let key = known.required_path(&table, "key");
    let client_ca = known.path(&table, "client_ca");
    let client_crl = known.path(&table, "client_crl");
    if table.has("client_crl") && !table.has("client_ca") {
        table.sink().error(
            &table.span_of_key("client_crl"),
            format!("`{}` has no meaning without `client_ca`", table.named("client_crl")),
            Some("expected `client_ca` beside it".to_owned()),
            Some("no client is asked for a certificate that could be revoked".to_owned()),
        );
    }
    Some(Tls { certificate: certificate?, key: key?, client_ca, client_crl })
}

/// Whether clients are asked for a certificate, as far as the file says.
pub(super) fn asks_clients(root: &Table<'_>) -> bool {
    let tls = root.any("tls").and_then(|value| value.get_ref().as_table());
    // That the table is missing or wrong is told elsewhere; once is enough.
    tls.is_none_or(|tls| tls.contains_key("client_ca"))
}

impl Config {
    /// What handshakes are done with: the certificate with its key, as the server shows it, and whom
    /// it lets in; and when that certificate is good, where that is known. `production` refuses what belongs to a demonstration; a certificate that is not
    /// good at this time is a warning, for the clock may be wrong.
    pub fn handshakes(
        &self,
        seams: &Seams,
        production: bool,
        report: &mut Report,
    ) -> Option<(ServerConfig, Option<Validity>)> {
        let sink = Sink::confidential(Arc::clone(&self.source));
        let now = Timestamp::try_from(seams.clock.wall()).ok();
        let identity = self.identity(production, now, &sink);
        let clients = self.clients(production, now, &sink);
        let config = match (identity, clients) {
            (Some(identity), Some(clients)) => {
                let config = identity.server_config(clients.as_ref());
                let config = config.map(|config| (config, identity.validity()));
                config.map_err(|error| told(&sink, &error, &self.tls.certificate)).ok()
            }
            _ => None,
        };
        report.extend(sink.into_report());
        config
    }

    fn identity(&self, production: bool, now: Option<Timestamp>, sink: &Sink) -> Option<Identity> {
        let (certificate, key) = (&self.tls.certificate, &self.tls.key);
        // What cannot be read at all is a finding already.
        if !certificate.value.is_file() || !key.value.is_file() {
            return None;
        }
        let identity = Identity::load(&certificate.value, &key.value);
        let identity = match production {
            true => identity.and_then(Identity::refuse_development),
            false => identity,
        };
        let validity = identity.as_ref().ok().and_then(Identity::validity);
        if let Some((message, help)) = validity.zip(now).and_then(|(good, now)| unfit(good, now)) {
            sink.warning(&certificate.span, message, Some(help.to_owned()));
        }
        let place = |error: &TlsError| match error {
            TlsError::Pem(error) if error.path() == key.value => key,
            TlsError::UnusableKey { .. } => key,
            _ => certificate,
        };
        identity.map_err(|error| told(sink, &error, place(&error))).ok()
    }

    /// Whose clients may connect: `Some(None)` for everybody's, `None` when what is written is wrong.
    fn clients(
        &self,
        production: bool,
        now: Option<Timestamp>,
        sink: &Sink,
    ) -> Option<Option<Clients>> {
        let Some(authorities) = &self.tls.client_ca else { return Some(None) };
        let lists = self.tls.client_crl.as_ref();
        if ![Some(authorities), lists].into_iter().flatten().all(|path| path.value.is_file()) {
            return None;
        }
        let clients = Clients::load(&authorities.value, lists.map(|path| &*path.value));
        let clients = match production {
            true => clients.and_then(Clients::refuse_development),
            false => clients,
        };
        let is_about = |error: &TlsError, path: &Path| match error {
            TlsError::Pem(error) => error.path() == path,
            TlsError::UnusableList { .. } | TlsError::NoListOf { .. } => true,
            _ => false,
        };
        let place = |error: &TlsError| {
            lists.filter(|lists| is_about(error, &lists.value)).unwrap_or(authorities)
        };
        let clients = clients.map_err(|error| told(sink, &error, place(&error))).ok()?;
        if let (Some(now), Some(lists)) = (now, lists) {
            let ends = clients.lists().iter().map(|list| list.until).min();
            if let Some(message) = ends.and_then(|until| outdated(until, now)) {
                let help = "put the authority's newest list into the file, and reload";
                sink.warning(&lists.span, message, Some(help.to_owned()));
            }
        }
        Some(Some(clients))
    }
}

fn told(sink: &Sink, error: &TlsError, place: &Placed<PathBuf>) {
    sink.error(&place.span, error, error.source().map(ToString::to_string), None);
}

/// Why clients refuse a certificate at this time, or soon will, and what to do.
fn unfit(validity: Validity, now: Timestamp) -> Option<(String, &'static str)> {
    let Validity { from, until } = validity;
    if now < from {
        let message =
            format!("the certificate is good from {from} on, and clients refuse it before");
        return Some((message, "is this machine's clock right?"));
    }
    let message = if until < now {
        format!("the certificate was good until {until}, and clients refuse it now")
    } else if until.duration_since(now) < SOON {
        format!("the certificate is good until {until} only")
    } else {
        return None;
    };
    Some((message, "replace the files of certificate and key, and reload"))
}

/// That a list of revoked certificates keeps clients out at this time, or soon will.
fn outdated(until: Timestamp, now: Timestamp) -> Option<String> {
    if until <= now {
        Some(format!(
            "the list of revoked certificates was good until {until}: its clients are refused now"
        ))
    } else if until.duration_since(now) < SOON_OF_LIST {
        Some(format!(
            "the list of revoked certificates is good until {until} only: then its clients are refused"
        ))
    } else {
        None
    }
}
