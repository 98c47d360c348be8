//! One running process: it binds its ports, serves SCIM and the admin port, and drains.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::admin::{Admin, View};
use crate::reload::Reloader;
use crate::seam::Seams;
use crate::serve::{Drained, ServeError, Server, Stop, Stopper};
use crate::stack;
use crate::telemetry::Telemetry;

/// Why a process does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
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
    operator: Option<(Stopper, JoinHandle<Drained>)>,
    reloader: Reloader,
}

impl Process {
    /// Opens the ports and serves by the configuration that was loaded, and by what later comes
    /// in its place.
    ///
    /// # Errors
    /// [`StartError`]; nothing is served then.
    pub async fn start(reloader: Reloader, seams: &Seams) -> Result<Self, StartError> {
        let config = reloader.started();
        let (stopper, stop) = Stop::channel();
        let clock = || Arc::clone(&seams.clock);
        let listener = bind(seams, config.listen.value).await?;
        let tls = reloader.tls().clone();
        let server = Server::new(listener, Some(tls), config.limits.serve, clock())?;
        let address = server.address();
        let admin = match &config.admin {
            None => None,
            Some(address) => {
                let listener = bind(seams, address.value).await?;
                Some(Server::new(listener, None, config.limits.serve, clock())?)
            }
        };
        // Not before the ports are open: a process that does not start took no configuration.
        reloader.loads().announce();
        let telemetry = Arc::new(Telemetry::new(clock()));
        let service = stack::stack(reloader.current().clone(), seams, Arc::clone(&telemetry));
        let connections = Arc::clone(server.connections());
        let scim = tokio::spawn(server.run(service, stop.clone()));
        let admin_address = admin.as_ref().map(Server::address);
        let (current, loads) = (reloader.current().clone(), reloader.loads().clone());
        let operator = admin.map(|server| {
            // Health is told to the end of the drain: a probe that meets a closed port would have
            // the process killed in the middle of it.
            let (stopper, last) = Stop::channel();
            let view = View { current, loads, stop, telemetry, connections };
            (stopper, tokio::spawn(server.run(Admin::new(view), last)))
        });
        Ok(Self { address, admin: admin_address, stopper, scim, operator, reloader })
    }

    /// What puts another configuration in the place of the one that is served.
    #[must_use]
    pub fn reloader(&self) -> Reloader {
        self.reloader.clone()
    }

    /// What ends the process: [`Stopper::drain`] first, [`Stopper::cut`] when it takes too long.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Waits until everything has ended, and says how many connections were cut off.
    pub async fn ended(self) -> Drained {
        let drained = self.scim.await.unwrap_or(Drained { cut_off: 0 });
        if let Some((stopper, operator)) = self.operator {
            // Whoever still looks at the admin port does not keep the process.
            stopper.cut();
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
