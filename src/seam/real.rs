//! The seams as the operating system has them. Only `main` and the tests that need real sockets
//! build these; every other room takes what it is handed.
#![expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::net::{TcpListener, TcpStream};

use super::{Binder, Clock, Connector, Listener, Pending, Random, Seams, Socket};

/// Every seam of this machine, with the clock's origin set to now.
#[must_use]
pub fn seams() -> Seams {
    Seams {
        clock: Arc::new(MachineClock { origin: Instant::now() }),
        random: Arc::new(MachineRandom),
        connector: Arc::new(TcpConnector),
        binder: Arc::new(TcpBinder),
    }
}

struct MachineClock {
    origin: Instant,
}

impl Clock for MachineClock {
    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> Pending<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

struct MachineRandom;

impl Random for MachineRandom {
    fn fill(&self, buffer: &mut [u8]) -> io::Result<()> {
        getrandom::fill(buffer).map_err(io::Error::other)
    }
}

struct TcpConnector;

impl Connector for TcpConnector {
    fn connect<'a>(&'a self, host: &'a str, port: u16) -> Pending<'a, io::Result<Socket>> {
        Box::pin(async move {
            let stream = TcpStream::connect((host, port)).await?;
            // A request is written whole: waiting for more (Nagle) only delays it.
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Socket)
        })
    }
}

struct TcpBinder;

impl Binder for TcpBinder {
    fn bind(&self, address: SocketAddr) -> Pending<'_, io::Result<Box<dyn Listener>>> {
        Box::pin(async move {
            let listener = TcpListener::bind(address).await?;
            Ok(Box::new(BoundTcp(listener)) as Box<dyn Listener>)
        })
    }
}

struct BoundTcp(TcpListener);

impl Listener for BoundTcp {
    fn local_address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    fn accept(&self) -> Pending<'_, io::Result<(Socket, SocketAddr)>> {
        Box::pin(async move {
            let (stream, peer) = self.0.accept().await?;
            stream.set_nodelay(true)?;
            Ok((Box::new(stream) as Socket, peer))
        })
    }
}
