//! The seams to the world: time, randomness and sockets are handed in from `main`.
//!
//! Nobody else asks the operating system for them (`.clippy.toml` refuses it), so a test or a
//! simulation can put its own in place. This is a leaf: it imports nothing of ours.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncRead, AsyncWrite};

mod certificate;
#[cfg(test)]
pub mod fake;
pub mod real;

pub use certificate::{Fingerprint, NotAFingerprint, PeerCertificate};

/// A future that owns what it needs and may move between threads.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Two clocks: one that only goes forward, for measuring, and the wall's, for dates.
pub trait Clock: Send + Sync {
    /// Time since an arbitrary origin; never goes back.
    fn monotonic(&self) -> Duration;
    /// The date and time of the machine.
    fn wall(&self) -> SystemTime;
    /// Completes after `duration` of this clock's monotonic time.
    fn sleep(&self, duration: Duration) -> Pending<'static, ()>;
}

/// A source of unpredictable bytes.
pub trait Random: Send + Sync {
    /// Fills `buffer`, or reports that the operating system gave none.
    ///
    /// # Errors
    /// When the operating system's source fails.
    fn fill(&self, buffer: &mut [u8]) -> io::Result<()>;
}

/// What a byte stream must be able to do, whoever made it.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connected byte stream.
pub type Socket = Box<dyn Stream>;

/// Opens outgoing connections.
pub trait Connector: Send + Sync {
    /// Connects to `host` (a DNS name or an IP address without brackets) on `port`.
    fn connect<'a>(&'a self, host: &'a str, port: u16) -> Pending<'a, io::Result<Socket>>;
}

/// Opens listening sockets.
pub trait Binder: Send + Sync {
    /// Binds `address`; port 0 takes any free one.
    fn bind(&self, address: SocketAddr) -> Pending<'_, io::Result<Box<dyn Listener>>>;
}

/// A bound listening socket.
pub trait Listener: Send + Sync {
    /// The address that was bound, with its real port.
    ///
    /// # Errors
    /// When the operating system no longer knows the socket.
    fn local_address(&self) -> io::Result<SocketAddr>;
    /// Waits for the next connection and its peer's address.
    fn accept(&self) -> Pending<'_, io::Result<(Socket, SocketAddr)>>;
}

/// The address that the other end of a connection speaks from, as the socket knows it.
///
/// It is never taken from a header: whoever wants to trust `X-Forwarded-For` must decide so itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PeerAddr(pub SocketAddr);

/// All seams together, cheap to clone.
#[derive(Clone)]
pub struct Seams {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Outgoing sockets.
    pub connector: Arc<dyn Connector>,
    /// Listening sockets.
    pub binder: Arc<dyn Binder>,
}

impl fmt::Debug for Seams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seams")
    }
}
