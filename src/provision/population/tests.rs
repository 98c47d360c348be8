//! Servers that page as they like.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::lookup::Lookup;
use crate::mapping::tests::{SOAP, bizagi, read};
use crate::provision::Health;
use crate::seam::Pending;
use crate::seam::fake::FakeClock;
use crate::telemetry::Tally;
use crate::upstream::{Call, Dialect, Error, Origin, Sender, dialect};
use crate::value::Value;

/// A server of some rows, whose page holds at most so many whatever is asked for.
#[derive(Debug)]
struct Server {
    rows: i64,
    cap: usize,
    skips: bool,
    tells: bool,
    /// Of these keys the rows cannot be read, and so no page with one of them.
    broken: &'static [i64],
    origin: Origin,
}

impl Server {
    fn new(rows: i64) -> Self {
        let origin = Origin::parse("http://127.0.0.1:9/").unwrap();
        Self { rows, cap: usize::MAX, skips: true, tells: false, broken: &[], origin }
    }
}

impl Sender for Server {
    fn send<'a>(
        &'a self,
        _: &'a dyn Dialect,
        call: &'a Call<'a>,
        _: Duration,
    ) -> Pending<'a, Result<Answer, Error>> {
        let Action::Search(query) = call.action else { panic!("{}", call.action.name()) };
        assert_eq!(query.predicate, Predicate::TRUE);
        let skip = if self.skips { usize::try_from(query.skip).unwrap() } else { 0 };
        let row = |key: i64| {
            let mut row = Record::empty(&call.entity.fields);
            row.put(call.entity.key, Value::Integer(key));
            row
        };
        let top = usize::try_from(query.top).unwrap().min(self.cap);
        let keys: Vec<i64> = (1..=self.rows).skip(skip).take(top).collect();
        if keys.iter().any(|key| self.broken.contains(key)) {
            return Box::pin(std::future::ready(Err(Error::new(Kind::Garbled))));
        }
        let records: Vec<_> = keys.into_iter().map(row).collect();
        let total = self.tells.then_some(u64::try_from(self.rows).unwrap());
        let page = Page { records, total, next: None };
        let answer = Answer::of_rows(page, self.origin.clone());
        Box::pin(std::future::ready(Ok(answer)))
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }
}

async fn read_all(server: Server, most: usize, soap: bool) -> Result<usize, Uncounted> {
    let clock = FakeClock::new();
    let mapping = if soap { read(SOAP).0.unwrap() } else { bizagi() };
    let tally = Arc::new(Tally::new("hr".into(), clock.clone()));
    let provisioner = Provisioner {
        project: "hr".into(),
        dialect: dialect(&mapping.dialect).unwrap(),
        mapping,
        upstream: Arc::new(server),
        lookup: Lookup::new(0, Duration::from_secs(1), clock.clone(), Arc::clone(&tally)),
        patience: Duration::from_secs(1),
        health: Arc::new(Health::new(clock.clone())),
        turns: Arc::default(),
        tally,
        observer: None,
    };
    let mut told = 0;
    let rows = provisioner.population(&*clock, most, &mut |rows| told = rows).await?;
    assert_eq!(told, rows.len());
    Ok(rows.len())
}

#[tokio::test]
async fn a_population_is_read_to_its_end_however_the_server_pages() {
    for (rows, cap, tells) in
        [(0, 7, false), (1, 7, true), (250, usize::MAX, true), (250, 7, false), (49, 7, true)]
    {
        let server = Server { cap, tells, ..Server::new(rows) };
        let expected = usize::try_from(rows).unwrap();
        assert_eq!(read_all(server, 1000, false).await.unwrap(), expected, "{rows} by {cap}");
    }
    assert_eq!(read_all(Server::new(5000), 9000, true).await.unwrap(), 5000);
}

#[tokio::test]
async fn a_part_of_a_population_is_none() {
    let circling = Server { skips: false, ..Server::new(500) };
    assert!(matches!(read_all(circling, 1000, false).await, Err(Uncounted::Circle)));
    let many = read_all(Server::new(300), 250, false).await;
    assert!(matches!(many, Err(Uncounted::TooMany { most: 250 })));
    let whole = read_all(Server::new(5001), 9000, true).await;
    assert!(matches!(whole, Err(Uncounted::Whole { most: 5000 })));
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_found_and_its_place_is_told() {
    for (rows, cap, broken, place) in [
        (300, usize::MAX, &[171][..], "that follows the one with the key `170`"),
        (300, 7, &[300][..], "that follows the one with the key `299`"),
        (300, usize::MAX, &[1][..], "with the lowest key"),
        (300, usize::MAX, &[101, 104][..], "that follows the one with the key `100`"),
        (1, 7, &[1][..], "with the lowest key"),
    ] {
        let server = Server { cap, broken, ..Server::new(rows) };
        let error = read_all(server, 1000, false).await.unwrap_err();
        assert!(matches!(error, Uncounted::Misfit { .. }), "{error:?}");
        assert_eq!(error.to_string(), format!("the row {place} cannot be read"), "{broken:?}");
    }
    // What gives everything at once cannot be asked for a part.
    let server = Server { broken: &[3], ..Server::new(5) };
    assert!(matches!(read_all(server, 1000, true).await, Err(Uncounted::Upstream(_))));
}
