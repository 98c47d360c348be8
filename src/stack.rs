//! Every layer on one page, outermost first.

mod deadline;
mod rescue;
mod shed;
mod take;
mod trace;

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use tower::{Service, ServiceBuilder};

use crate::api::{Api, Body};
use crate::gate::{AuthenticateLayer, CallerLimitLayer};
use crate::generation::{Current, Entrance};
use crate::seam::Seams;
use crate::telemetry::Telemetry;

pub use crate::api::Error;
pub use deadline::DeadlineLayer;
pub use rescue::RescueLayer;
pub use shed::ShedLayer;
pub use take::TakeLayer;
pub use trace::TraceLayer;

/// The service that serves each request by the generation that is in force when it comes, and
/// counts it in `telemetry` and in the tallies of that generation.
pub fn stack<B>(
    current: Current,
    seams: &Seams,
    telemetry: Arc<Telemetry>,
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
        .layer(TraceLayer::new(seams, telemetry))
        // Typed refusals and panics become SCIM errors here.
        .layer(RescueLayer)
        // Once for the whole request, whatever is reloaded meanwhile; whoever stands inside asks
        // this one.
        .layer(TakeLayer::new(current))
        // Before any work is done for a request that nobody has room for.
        .layer(ShedLayer::default())
        // The body's arrival counts as well: a slow sender holds a place no longer than this.
        .layer(DeadlineLayer::new(Arc::clone(&seams.clock)))
        // The hash first: a good token never waits for a neighbour's bad ones.
        .layer(AuthenticateLayer::new(Entrance))
        // Keyed by the caller, so behind the token.
        .layer(CallerLimitLayer)
        .service(Api::new(Arc::clone(&seams.clock)))
}

#[cfg(test)]
mod tests;
