//! `/metrics`: what was counted, in the text format of OpenMetrics 1.0, which Prometheus reads.
//!
//! Nothing is registered anywhere: each scrape reads the tallies of the generation in force, and
//! the library writes their names, types and escapes.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

use super::View;
use crate::audit::Reloads;
use crate::generation::Project;
use crate::provision::State;
use crate::telemetry::{Durations, Label, Tally};

/// The media type of the text.
pub(super) const MEDIA: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What every name begins with.
const PREFIX: &str = "scim_sidecar";

/// Everything that is counted, now.
///
/// # Errors
/// When a label cannot be written.
pub(super) fn text(view: &View) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix(PREFIX);
    registry.register_collector(Box::new(view.clone()));
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

impl Collector for View {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let generation = self.current.take();
        let mut page = Page(encoder);
        page.requests(&generation.projects, &self.telemetry.elsewhere)?;
        page.upstreams(&generation.projects)?;
        page.process(self)
    }
}

/// The labels of one sample.
type Labels<'l, const N: usize> = [(&'static str, &'l str); N];

/// The text, family by family.
struct Page<'e>(DescriptorEncoder<'e>);

impl Page<'_> {
    /// What clients asked for, and what became of it.
    fn requests(&mut self, projects: &[Arc<Project>], elsewhere: &Tally) -> fmt::Result {
        let tallies =
            || projects.iter().map(|project| &*project.provisioner.tally).chain([elsewhere]);
        let of_callers = projects.iter().flat_map(|project| {
            project
                .door
                .callers
                .iter()
                .map(|caller| (&*project.name, &*caller.tally.name, &caller.tally.requests))
        });
        let of_nobody = tallies().map(|tally| (&*tally.name, "", &tally.strangers));
        self.counters(
            "requests",
            "Requests, by what they asked for and the status of the answer",
            of_callers
                .chain(of_nobody)
                .flat_map(|(project, caller, requests)| {
                    requests.iter().map(move |(operation, status, count)| {
                        let labels = [
                            ("project", project),
                            ("caller", caller),
                            ("operation", operation.name()),
                            ("status", status.name()),
                        ];
                        (labels, count)
                    })
                })
                // Most pairs never come; one that came once stays.
                .filter(|(_, count)| *count > 0),
        )?;
        self.histograms(
            "request_duration",
            "Time from a request's head to its answer",
            tallies().flat_map(|tally| {
                tally.request_durations().map(|(operation, durations)| {
                    ([("project", &*tally.name), ("operation", operation.name())], durations)
                })
            }),
        )?;
        self.counters(
            "refusals",
            "Requests that went no further, other than for what they ask",
            tallies().flat_map(|tally| {
                tally.refusals.iter().map(|(cause, count)| {
                    ([("project", &*tally.name), ("cause", cause.name())], count)
                })
            }),
        )
    }

    /// What the servers behind were asked, and how they are.
    fn upstreams(&mut self, projects: &[Arc<Project>]) -> fmt::Result {
        let tallies = || projects.iter().map(|project| &*project.provisioner.tally);
        self.counters(
            "upstream_calls",
            "Calls of the server behind, by how the sidecar understood the answer",
            tallies()
                .flat_map(|tally| {
                    tally.calls.iter().map(|(call, outcome, count)| {
                        let labels = [
                            ("project", &*tally.name),
                            ("call", call.name()),
                            ("outcome", outcome.name()),
                        ];
                        (labels, count)
                    })
                })
                .filter(|(_, count)| *count > 0),
        )?;
        self.histograms(
            "upstream_call_duration",
            "Time that calls of the server behind took, repetitions included",
            tallies().flat_map(|tally| {
                tally.call_durations().map(|(call, durations)| {
                    ([("project", &*tally.name), ("call", call.name())], durations)
                })
            }),
        )?;
        self.gauges(
            "upstream_state",
            "1 for what the last call saw of the server behind, 0 for the other states",
            None,
            projects.iter().flat_map(|project| {
                let now = project.provisioner.health.state();
                State::ALL.iter().map(move |state| {
                    let labels = [("project", &*project.name), ("state", state.name())];
                    (labels, i64::from(*state == now))
                })
            }),
        )?;
        self.counters(
            "lookups",
            "Questions to the memory of keys, by what was sought and whether it was remembered",
            tallies().flat_map(|tally| {
                tally.lookups.iter().map(|(sought, recall, count)| {
                    let labels = [
                        ("project", &*tally.name),
                        ("sought", sought.name()),
                        ("result", recall.name()),
                    ];
                    (labels, count)
                })
            }),
        )?;
        self.counters(
            "alerts",
            "Alerts that were raised",
            tallies().flat_map(|tally| {
                tally.alerts.iter().map(|(alert, count)| {
                    ([("project", &*tally.name), ("alert", alert.name())], count)
                })
            }),
        )?;
        self.counters(
            "dangling_references",
            "Keys in rows that lead to no row, each time that one was to be shown",
            tallies().map(|tally| ([("project", &*tally.name)], tally.dangling())),
        )?;
        self.counters(
            "left_out_attributes",
            "Attributes that were left out of writes",
            tallies().map(|tally| ([("project", &*tally.name)], tally.left_out())),
        )
    }

    /// What belongs to no project.
    fn process(&mut self, view: &View) -> fmt::Result {
        let Reloads { taken, refused } = view.loads.reloads();
        self.counters(
            "configuration_reloads",
            "Loads of the configuration after the start",
            [([("outcome", "taken")], taken), ([("outcome", "refused")], refused)].into_iter(),
        )?;
        let (in_force, last) = (view.loads.taken(), view.loads.last());
        self.gauges(
            "configuration_last_load_successful",
            "Whether the last load was taken",
            None,
            last.iter().map(|load| ([], i64::from(load.taken))),
        )?;
        let seconds = |at: &str| Some(at.parse::<Timestamp>().ok()?.as_second());
        self.gauges(
            "configuration_last_load_timestamp",
            "When something was loaded last",
            Some(&Unit::Seconds),
            last.iter().filter_map(|load| Some(([], seconds(&load.at)?))),
        )?;
        self.gauges(
            "configuration_taken_timestamp",
            "When what is in force was loaded",
            Some(&Unit::Seconds),
            in_force.iter().filter_map(|load| Some(([], seconds(&load.at)?))),
        )?;
        self.gauges(
            "certificate_expiry_timestamp",
            "When the certificate ends that clients are shown",
            Some(&Unit::Seconds),
            in_force.iter().filter_map(|load| Some(([], load.certificate_until?.as_second()))),
        )?;
        let connections = &view.connections;
        self.gauges(
            "connections_open",
            "Open connections of clients",
            None,
            [([], i64::try_from(connections.open()).unwrap_or(i64::MAX))].into_iter(),
        )?;
        self.counters(
            "connections",
            "Connections of clients that were accepted",
            [([], connections.accepted())].into_iter(),
        )?;
        self.counters(
            "handshake_failures",
            "Connections that ended before their handshake did",
            connections.failures.iter().map(|(cause, count)| ([("cause", cause.name())], count)),
        )?;
        // A gauge, for parsers that know no infos.
        self.gauges(
            "build_info",
            "1, with the version of the program",
            None,
            [([("version", env!("CARGO_PKG_VERSION"))], 1)].into_iter(),
        )
    }

    fn family<'s>(
        &'s mut self,
        name: &'s str,
        help: &str,
        unit: Option<&'s Unit>,
        kind: MetricType,
    ) -> Result<MetricEncoder<'s>, fmt::Error> {
        self.0.encode_descriptor(name, help, unit, kind)
    }

    fn counters<'l, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl Iterator<Item = (Labels<'l, N>, u64)>,
    ) -> fmt::Result {
        let mut family = self.family(name, help, None, MetricType::Counter)?;
        for (labels, count) in samples {
            sample(&mut family, &labels, |sample| {
                sample.encode_counter::<NoLabelSet, _, u64>(&count, None)
            })?;
        }
        Ok(())
    }

    fn gauges<'l, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<&Unit>,
        samples: impl Iterator<Item = (Labels<'l, N>, i64)>,
    ) -> fmt::Result {
        let mut family = self.family(name, help, unit, MetricType::Gauge)?;
        for (labels, value) in samples {
            sample(&mut family, &labels, |sample| sample.encode_gauge(&value))?;
        }
        Ok(())
    }

    /// Those of which there is something; in seconds.
    fn histograms<'l, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl Iterator<Item = (Labels<'l, N>, &'l Durations)>,
    ) -> fmt::Result {
        let mut family = self.family(name, help, Some(&Unit::Seconds), MetricType::Histogram)?;
        for (labels, durations) in samples {
            let buckets: Vec<_> = durations.buckets().collect();
            let count = buckets.iter().map(|(_, count)| count).sum();
            if count > 0 {
                sample(&mut family, &labels, |sample| {
                    sample.encode_histogram::<NoLabelSet>(durations.sum(), count, &buckets, None)
                })?;
            }
        }
        Ok(())
    }
}

/// Writes a sample with these labels; without any it is the family's only one.
fn sample<const N: usize>(
    family: &mut MetricEncoder<'_>,
    labels: &Labels<'_, N>,
    write: impl FnOnce(&mut MetricEncoder<'_>) -> fmt::Result,
) -> fmt::Result {
    if labels.is_empty() { write(family) } else { write(&mut family.encode_family(labels)?) }
}

#[cfg(test)]
mod tests;
