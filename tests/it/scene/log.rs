//! What the process logged, by request. The subscriber is the process's, so every test shares it;
//! requests' ids keep them apart.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Mutex, Once, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event as Tracing, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// One line of the log.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// `audit`, `alert` or a module.
    pub(crate) target: String,
    /// `message` and the other fields, as text.
    pub(crate) fields: BTreeMap<String, String>,
}

impl Event {
    /// A field's text, empty when it is not there.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

static EVENTS: Mutex<Vec<(String, Event)>> = Mutex::new(Vec::new());

/// Begins to listen, once in the process.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::registry().with(Collector);
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
}

/// What was logged for a request so far.
pub(crate) fn of_request(id: &str) -> Vec<Event> {
    let events = EVENTS.lock().unwrap_or_else(PoisonError::into_inner);
    events.iter().filter(|(request, _)| request == id).map(|(_, event)| event.clone()).collect()
}

struct Collector;

/// The request's id, kept at its span.
struct RequestId(String);

#[derive(Default)]
struct Fields(BTreeMap<String, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

impl<S: Subscriber + for<'l> LookupSpan<'l>> Layer<S> for Collector {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let (Some(request), Some(span)) = (fields.0.remove("request_id"), context.span(id)) {
            span.extensions_mut().insert(RequestId(request));
        }
    }

    fn on_event(&self, event: &Tracing<'_>, context: Context<'_, S>) {
        // Other crates' lines are not ours to judge.
        let target = event.metadata().target();
        if !(target.starts_with("scim_sidecar") || ["audit", "alert"].contains(&target)) {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let of_span = || {
            let scope = context.event_scope(event)?;
            scope.into_iter().find_map(|span| {
                span.extensions().get::<RequestId>().map(|request| request.0.clone())
            })
        };
        let Some(request) = fields.0.get("request_id").cloned().or_else(of_span) else { return };
        let event = Event { target: target.to_owned(), fields: fields.0 };
        EVENTS.lock().unwrap_or_else(PoisonError::into_inner).push((request, event));
    }
}
