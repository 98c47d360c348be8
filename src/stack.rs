//! Every layer on one page, outermost first.

mod deadline;
mod rescue;
mod shed;
mod trace;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tower::{Service, ServiceBuilder};

use crate::api::{Api, Body};
use crate::gate::{AuthenticateLayer, CallerLimitLayer};
use crate::generation::{Entrance, Generation};
use crate::seam::Seams;

pub use crate::api::Error;
pub use deadline::DeadlineLayer;
pub use rescue::RescueLayer;
pub use shed::ShedLayer;
pub use trace::TraceLayer;

/// What the layers are told.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many requests are answered at once; more are turned away.
    pub concurrent_requests: usize,
    /// How long one request may take in all, its body included.
    pub deadline: Duration,
}

/// The service that serves a generation.
pub fn stack<B>(
    generation: Arc<Generation>,
    limits: Limits,
    seams: &Seams,
) -> impl Service<Request<B>, Response = Response<Body>, Error = Infallible, Future: Send + 'static>
+ Clone
+ Send
+ Sync
+ 'static
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<tower::BoxError>,
{
    ServiceBuilder::new()
        // Outside rescue: it sees the status that the caller sees.
        .layer(TraceLayer::new(seams))
        // Typed refusals and panics become SCIM errors here.
        .layer(RescueLayer)
        // Before any work is done for a request that nobody has room for.
        .layer(ShedLayer::new(limits.concurrent_requests))
        // The body's arrival counts as well: a slow sender holds a place no longer than this.
        .layer(DeadlineLayer::new(limits.deadline, Arc::clone(&seams.clock)))
        // The hash first: a good token never waits for a neighbour's bad ones.
        .layer(AuthenticateLayer::new(Entrance(Arc::clone(&generation))))
        // Keyed by the caller, so behind the token.
        .layer(CallerLimitLayer)
        .service(Api::new(generation, Arc::clone(&seams.clock)))
}

#[cfg(test)]
mod tests;
