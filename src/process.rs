//! One running process: it binds its ports, serves SCIM and the admin port, and drains.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::admin::Admin;
use crate::config::Config;
use crate::generation::Generation;
use crate::seam::Seams;
use crate::serve::tls::{Identity, Tls, TlsError};
use crate::serve::{Drained, ServeError, Server, Stop, Stopper};
use crate::stack;

/// What a request may take beyond the upstream's own deadline: its body's arrival, mostly.
const MARGIN: Duration = Duration::from_secs(10);

/// Why a process does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The certificate or its key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A port cannot be opened.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
    /// A server cannot be set up.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

/// A process that serves.
#[derive(Debug)]
pub struct Process {
    /// Where SCIM is served.
    pub address: SocketAddr,
    /// Where the admin port is, if there is one.
    pub admin: Option<SocketAddr>,
    stopper: Stopper,
    scim: JoinHandle<Drained>,
    operator: Option<JoinHandle<Drained>>,
}

impl Process {
    /// Opens the ports and serves. `production` refuses a demonstration's certificate.
    ///
    /// # Errors
    /// [`StartError`]; nothing is served then.
    pub async fn start(
        config: &Config,
        generation: Generation,
        seams: &Seams,
        production: bool,
    ) -> Result<Self, StartError> {
        let mut identity = Identity::load(&config.tls.certificate.value, &config.tls.key.value)?;
        if production {
            identity = identity.refuse_development()?;
        }
        if let Some(warning) = identity.warning() {
            tracing::warn!(warning, "the private key is not private");
        }
        let tls = Tls::new(identity.server_config()?);
        let generation = Arc::new(generation);
        let (stopper, stop) = Stop::channel();
        let limits = stack::Limits {
            concurrent_requests: config.limits.concurrent_requests,
            deadline: generation
                .projects
                .iter()
                .map(|project| project.provisioner.patience)
                .max()
                .unwrap_or_default()
                .saturating_add(MARGIN),
        };
        let clock = || Arc::clone(&seams.clock);
        let listener = bind(seams, config.listen.value).await?;
        let server = Server::new(listener, Some(tls), config.limits.serve, clock())?;
        let address = server.address();
        let admin = match &config.admin {
            None => None,
            Some(address) => {
                let listener = bind(seams, address.value).await?;
                Some(Server::new(listener, None, config.limits.serve, clock())?)
            }
        };
        let service = stack::stack(Arc::clone(&generation), limits, seams);
        let scim = tokio::spawn(server.run(service, stop.clone()));
        let admin_address = admin.as_ref().map(Server::address);
        let operator = admin
            .map(|server| tokio::spawn(server.run(Admin::new(generation, stop.clone()), stop)));
        Ok(Self { address, admin: admin_address, stopper, scim, operator })
    }

    /// What ends the process: [`Stopper::drain`] first, [`Stopper::cut`] when it takes too long.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Waits until everything has ended, and says how many connections were cut off.
    pub async fn ended(self) -> Drained {
        let drained = self.scim.await.unwrap_or(Drained { cut_off: 0 });
        if let Some(operator) = self.operator {
            // Whoever still looks at the admin port does not keep the process.
            self.stopper.cut();
            let _ = operator.await;
        }
        drained
    }
}

async fn bind(
    seams: &Seams,
    address: SocketAddr,
) -> Result<Box<dyn crate::seam::Listener>, StartError> {
    seams.binder.bind(address).await.map_err(|cause| StartError::Bind { address, cause })
}
