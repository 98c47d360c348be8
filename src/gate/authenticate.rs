//! Turns the `Authorization` header into a [`Caller`] (RFC 6750 §2.1), or the request away.
//!
//! ```text
//! Authorization: Bearer scim_AAEC…   →   extension Arc<Caller>, or Denied
//! ```

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{HeaderValue, Request};
use subtle::{ConditionallySelectable, ConstantTimeEq};
use tower::{Layer, Service};

use super::{Caller, Denied, Doors};
use crate::seam::PeerAddr;
use crate::secret::{TokenHash, is_demo_token};
use crate::telemetry::Trail;

/// The longest `Authorization` header that is looked at, in bytes; Entra's own tokens have 2 KiB.
const LONGEST: usize = 4096;

/// The callers of one project.
#[derive(Debug)]
pub struct Callers {
    /// Every hash with the place of its caller in `callers`.
    hashes: Vec<(TokenHash, u64)>,
    callers: Vec<Arc<Caller>>,
    refuse_demo_tokens: bool,
}

impl Callers {
    /// The set of `callers`. With `refuse_demo_tokens` a token that the demonstration made is not
    /// known even where its hash is: those are printed on screens.
    #[must_use]
    pub fn new(callers: Vec<Caller>, refuse_demo_tokens: bool) -> Self {
        let callers: Vec<_> = callers.into_iter().map(Arc::new).collect();
        let hashes = (0..)
            .zip(&callers)
            .flat_map(|(place, caller)| caller.hashes.iter().map(move |hash| (*hash, place)))
            .collect();
        Self { hashes, callers, refuse_demo_tokens }
    }

    /// Every caller, in the order of the configuration.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Caller>> {
        self.callers.iter()
    }

    /// The caller whose token `header`, the value of `Authorization`, carries.
    ///
    /// The token is hashed and compared with every hash there is, each in constant time and
    /// without an early exit: how long it takes says nothing about how near a guess was.
    ///
    /// # Errors
    /// [`Denied::MissingToken`] without a header or with another scheme than `Bearer` (in any
    /// letter case, RFC 9110 §11.1), else [`Denied::BadToken`].
    pub fn authenticate(&self, header: Option<&HeaderValue>) -> Result<Arc<Caller>, Denied> {
        let header = header.ok_or(Denied::MissingToken)?.as_bytes();
        if header.len() > LONGEST {
            return Err(Denied::BadToken);
        }
        let token = bearer(header).ok_or(Denied::MissingToken)?;
        let presented = TokenHash::of_bytes(token);
        let mut found = u64::MAX;
        for (hash, place) in &self.hashes {
            found.conditional_assign(place, hash.ct_eq(&presented));
        }
        if self.refuse_demo_tokens && is_demo_token(token) {
            return Err(Denied::BadToken);
        }
        usize::try_from(found)
            .ok()
            .and_then(|place| self.callers.get(place))
            .cloned()
            .ok_or(Denied::BadToken)
    }
}

/// The token of a `Bearer` header; an empty one is none.
fn bearer(header: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = header.split_at_checked("bearer".len())?;
    let token = rest.trim_ascii();
    let separated = rest.first().is_some_and(u8::is_ascii_whitespace);
    (scheme.eq_ignore_ascii_case(b"bearer") && separated && !token.is_empty()).then_some(token)
}

/// Lets in only requests with a known token, and tells the service inside whose it was.
///
/// The caller is put into the request's extensions as `Arc<Caller>`. The peer is taken from the
/// extension [`PeerAddr`]; requests without one share a charge. The certificate that it showed is
/// taken from the extension [`PeerCertificate`](crate::seam::PeerCertificate). The request's
/// [`Trail`], where it has one, learns whose it is.
#[derive(Clone, Debug)]
pub struct AuthenticateLayer<D> {
    doors: D,
}

impl<D: Doors> AuthenticateLayer<D> {
    /// A layer that asks `doors` at each request.
    #[must_use]
    pub fn new(doors: D) -> Self {
        Self { doors }
    }
}

impl<D: Doors, S> Layer<S> for AuthenticateLayer<D> {
    type Service = Authenticate<D, S>;

    fn layer(&self, inner: S) -> Self::Service {
        Authenticate { doors: self.doors.clone(), inner }
    }
}

/// What [`AuthenticateLayer`] makes of a service.
#[derive(Clone, Debug)]
pub struct Authenticate<D, S> {
    doors: D,
    inner: S,
}

impl<D, S, B> Service<Request<B>> for Authenticate<D, S>
where
    D: Doors,
    S: Service<Request<B>>,
    S::Error: From<Denied>,
    S::Future: Unpin,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Admission<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        match admit(&self.doors, &request) {
            Ok(caller) => {
                if let Some(trail) = request.extensions().get::<Trail>() {
                    trail.admit(&caller.tally);
                }
                request.extensions_mut().insert(caller);
                Admission::Admitted(self.inner.call(request))
            }
            Err(denied) => Admission::Denied(denied),
        }
    }
}

/// The decision: the caller of `request`, or why it may not come in.
fn admit<D: Doors, B>(doors: &D, request: &Request<B>) -> Result<Arc<Caller>, Denied> {
    let door = doors.door(request.uri().path(), request.extensions()).ok_or(Denied::NoSuchPath)?;
    let nobody = PeerAddr(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0));
    let peer = request.extensions().get().copied().unwrap_or(nobody);
    door.admit(request.headers(), peer, request.extensions().get())
}

/// The answer of [`Authenticate`]: the inner service's, or the denial.
#[derive(Debug)]
pub enum Admission<F> {
    /// The inner service is at work.
    Admitted(F),
    /// It was not called.
    Denied(Denied),
}

impl<F, T, E> Future for Admission<F>
where
    F: Future<Output = Result<T, E>> + Unpin,
    E: From<Denied>,
{
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Admitted(inner) => Pin::new(inner).poll(context),
            Self::Denied(denied) => Poll::Ready(Err(E::from(*denied))),
        }
    }
}
