//! What the admin port says, as whoever scrapes it reads it.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use scim_sidecar::seam::real;
use serde_json::Value as Json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Sidecar;

/// An answer of the admin port.
pub(crate) struct Told {
    pub(crate) status: u16,
    /// The status line and the headers, in lower case.
    pub(crate) head: String,
    pub(crate) text: String,
}

impl Told {
    /// The text, which must be JSON.
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap()
    }
}

/// Asks an admin port.
pub(crate) async fn ask(address: SocketAddr, method: &str, path: &str) -> Told {
    let seams = real::seams();
    let mut socket = seams.connector.connect("127.0.0.1", address.port()).await.unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Told { status, head: head.to_ascii_lowercase(), text: text.to_owned() }
}

/// The samples of a scrape, each by its name with its labels as they are written.
pub(crate) struct Metrics {
    pub(crate) text: String,
    samples: BTreeMap<String, f64>,
}

impl Metrics {
    /// One sample, such as `alerts_total{project="hr",alert="protected"}`; 0 where there is none.
    pub(crate) fn sample(&self, name: &str) -> f64 {
        self.samples.get(&format!("scim_sidecar_{name}")).copied().unwrap_or_default()
    }

    /// One sample, which must be there and whole.
    #[track_caller]
    pub(crate) fn count(&self, name: &str) -> u64 {
        let full = format!("scim_sidecar_{name}");
        let Some(value) = self.samples.get(&full) else { panic!("no `{full}` in\n{}", self.text) };
        assert!(*value >= 0.0 && value.fract() == 0.0, "{full} {value}");
        format!("{value:.0}").parse().unwrap()
    }

    /// The samples whose names begin so and hold all of these labels, added up.
    pub(crate) fn sum(&self, name: &str, labels: &[&str]) -> f64 {
        let start = format!("scim_sidecar_{name}{{");
        let meant = |sample: &str| {
            sample.starts_with(&start) && labels.iter().all(|label| sample.contains(label))
        };
        self.samples.iter().filter(|(sample, _)| meant(sample)).map(|(_, value)| value).sum()
    }

    /// The samples, by name and labels.
    pub(crate) fn samples(&self) -> impl Iterator<Item = &str> {
        self.samples.keys().map(String::as_str)
    }
}

impl Sidecar {
    /// Scrapes what is counted.
    pub(crate) async fn metrics(&self) -> Metrics {
        let told = ask(self.admin(), "GET", "/metrics").await;
        assert_eq!(told.status, 200, "{}", told.text);
        let text = told.text;
        assert!(text.ends_with("# EOF\n"), "{text}");
        let mut samples = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (name, value) = line.rsplit_once(' ').unwrap();
            let twice = samples.insert(name.to_owned(), value.parse().unwrap());
            assert!(twice.is_none(), "`{name}` twice in\n{text}");
        }
        Metrics { text, samples }
    }

    /// The last requests, the newest first.
    pub(crate) async fn traffic(&self, query: &str) -> Vec<Json> {
        let told = ask(self.admin(), "GET", &format!("/traffic{query}")).await;
        assert_eq!(told.status, 200, "{}", told.text);
        told.json()["requests"].as_array().unwrap().clone()
    }
}
