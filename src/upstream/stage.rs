//! What the tests of this room play on: an entity, seams with a clock by hand, and servers on
//! real sockets of this machine.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::{Credential, OData, Settings, Upstream};
use crate::record::{Case, Entity, Field, FieldIndex, Fields, Options};
use crate::seam::{Binder, Clock, Connector, Listener, Pending, Random, Seams, Socket};
use crate::value::Type;

/// `WFUser` as far as the tests need it.
pub(super) fn users() -> Entity {
    let mut fields = Fields::default();
    let mut field = |name: &str, kind| fields.push(Field::new(name, kind, Case::ToLower)).unwrap();
    let key = field("idUser", Type::Integer);
    field("userName", Type::String);
    field("enabled", Type::Boolean);
    field("salary", Type::Decimal);
    field("created", Type::DateTime);
    field("x.y@z", Type::String);
    Entity {
        collection: "odata/data/WFUser".into(),
        fields,
        expansions: Vec::new(),
        key,
        facts: super::Dialect::description(&OData).facts,
        options: Options::default(),
        errors: Vec::new(),
    }
}

pub(super) fn field(entity: &Entity, name: &str) -> FieldIndex {
    entity.fields.index_of(name).unwrap()
}

/// A clock by hand. A pause of less than a second passes at once (it stands between two
/// attempts); a longer one ends when the test lets the time pass.
pub(super) struct HandClock(watch::Sender<Duration>);

impl HandClock {
    pub(super) fn advance(&self, by: Duration) {
        self.0.send_modify(|now| *now += by);
    }
}

impl Clock for HandClock {
    fn monotonic(&self) -> Duration {
        *self.0.borrow()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777) + self.monotonic()
    }

    fn sleep(&self, duration: Duration) -> Pending<'static, ()> {
        let until = self.monotonic() + duration;
        if duration < Duration::from_secs(1) {
            self.advance(duration);
        }
        let mut now = self.0.subscribe();
        Box::pin(async move {
            let _ = now.wait_for(|now| *now >= until).await;
        })
    }
}

struct Sevens;

impl Random for Sevens {
    fn fill(&self, buffer: &mut [u8]) -> io::Result<()> {
        buffer.fill(7);
        Ok(())
    }
}

struct Tcp;

impl Connector for Tcp {
    #[expect(clippy::disallowed_methods, reason = "the tests' own connector")]
    fn connect<'a>(&'a self, host: &'a str, port: u16) -> Pending<'a, io::Result<Socket>> {
        Box::pin(async move {
            let stream = TcpStream::connect((host, port)).await?;
            Ok(Box::new(stream) as Socket)
        })
    }
}

impl Binder for Tcp {
    fn bind(&self, _: SocketAddr) -> Pending<'_, io::Result<Box<dyn Listener>>> {
        Box::pin(async { Err(io::ErrorKind::Unsupported.into()) })
    }
}

/// Seams on real sockets, with a clock by hand.
pub(super) fn seams() -> (Seams, Arc<HandClock>) {
    let clock = Arc::new(HandClock(watch::Sender::new(Duration::from_secs(1000))));
    let seams = Seams {
        clock: clock.clone(),
        random: Arc::new(Sevens),
        connector: Arc::new(Tcp),
        binder: Arc::new(Tcp),
    };
    (seams, clock)
}

/// A point in time that is 25 s from now on the seams' clock.
pub(super) fn soon(seams: &Seams) -> Duration {
    seams.clock.monotonic() + Duration::from_secs(25)
}

/// A listening socket on this machine.
pub(super) fn listener() -> (TcpListener, String) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/Demo/", listener.local_addr().unwrap());
    (TcpListener::from_std(listener).unwrap(), url)
}

/// An upstream of that base URL with that credential.
pub(super) fn upstream(base: &str, credential: Credential, seams: &Seams) -> Upstream {
    let mut settings = Settings::new(base);
    settings.credential = credential;
    settings.max_body = 64 * 1024;
    Upstream::new(settings, seams).unwrap()
}

/// A file that is removed when the test is over.
pub(super) struct Paper(PathBuf);

impl Paper {
    pub(super) fn new(text: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let name = format!("scim-sidecar-upstream-{}-{count}", std::process::id());
        let paper = Self(std::env::temp_dir().join(name));
        paper.write(text);
        paper
    }

    pub(super) fn write(&self, text: &str) {
        std::fs::write(&self.0, text).unwrap();
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Paper {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What a server saw.
#[derive(Clone, Default)]
pub(super) struct Seen(Arc<Mutex<Vec<Request<Bytes>>>>);

impl Seen {
    pub(super) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// `METHOD path` of each request.
    pub(super) fn lines(&self) -> Vec<String> {
        let seen = self.0.lock().unwrap();
        seen.iter().map(|request| format!("{} {}", request.method(), request.uri())).collect()
    }

    pub(super) fn header(&self, request: usize, name: &str) -> String {
        let seen = self.0.lock().unwrap();
        let header = seen[request].headers().get(name);
        header.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    pub(super) fn body(&self, request: usize) -> String {
        String::from_utf8(self.0.lock().unwrap()[request].body().to_vec()).unwrap()
    }
}

/// Answers one connection's requests.
pub(super) async fn answer<S, F, P>(stream: S, seen: Seen, handler: F)
where
    S: crate::seam::Stream + 'static,
    F: Fn(Request<Bytes>) -> P + Clone,
    P: Future<Output = Response<Bytes>>,
{
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let (seen, handler) = (seen.clone(), handler.clone());
        async move {
            let (head, body) = request.into_parts();
            let request = Request::from_parts(head, body.collect().await?.to_bytes());
            seen.0.lock().unwrap().push(request.clone());
            Ok::<_, hyper::Error>(handler(request).await.map(Full::new))
        }
    });
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// A server of clear text that answers every request by a function.
pub(super) fn serve<F>(handler: F) -> (String, Seen)
where
    F: Fn(&Request<Bytes>) -> Response<Bytes> + Clone + Send + Sync + 'static,
{
    let (listener, url) = listener();
    let seen = Seen::default();
    let witness = seen.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (witness, handler) = (witness.clone(), handler.clone());
            tokio::spawn(async move {
                answer(stream, witness, move |request| std::future::ready(handler(&request))).await;
            });
        }
    });
    (url, seen)
}

/// A JSON answer.
pub(super) fn json(status: u16, body: &str) -> Response<Bytes> {
    Response::builder()
        .status(status)
        .header("content-type", "application/json; charset=utf-8")
        .body(Bytes::copy_from_slice(body.as_bytes()))
        .unwrap()
}
