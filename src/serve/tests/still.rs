//! The server over memory and on a clock that stands still: everything that is about time.

use tokio::io::DuplexStream;
use tokio::sync::mpsc;

use super::*;
use crate::seam::Pending;
use crate::seam::fake::FakeClock;

/// A listener over memory: connections and failures are handed in.
struct Doorstep {
    address: SocketAddr,
    waiting: tokio::sync::Mutex<mpsc::Receiver<io::Result<Socket>>>,
}

impl Listener for Doorstep {
    fn local_address(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }

    fn accept(&self) -> Pending<'_, io::Result<(Socket, SocketAddr)>> {
        Box::pin(async {
            match self.waiting.lock().await.recv().await {
                Some(next) => Ok((next?, "192.0.2.1:5".parse().unwrap())),
                None => std::future::pending().await,
            }
        })
    }
}

fn doorstep(address: &str) -> (mpsc::Sender<io::Result<Socket>>, Box<dyn Listener>) {
    let (sender, waiting) = mpsc::channel(4);
    (sender, Box::new(Doorstep { address: address.parse().unwrap(), waiting: waiting.into() }))
}

/// A server over memory whose time the test holds.
struct Still {
    clock: Arc<FakeClock>,
    knock: mpsc::Sender<io::Result<Socket>>,
    stopper: Stopper,
    done: JoinHandle<Drained>,
}

impl Still {
    fn start<S>(tls: Option<Tls>, service: S) -> Self
    where
        S: Service<Request<Incoming>, Response = Answer, Error = Infallible>,
        S: Clone + Send + Sync + 'static,
        S::Future: Send,
    {
        let clock = FakeClock::new();
        let (knock, listener) = doorstep("127.0.0.1:8080");
        let server = Server::new(listener, tls, Limits::default(), Arc::clone(&clock) as _);
        let (stopper, stop) = Stop::channel();
        let done = tokio::spawn(server.unwrap().run(service, stop));
        Self { clock, knock, stopper, done }
    }

    async fn connect(&self) -> DuplexStream {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        self.knock.send(Ok(Box::new(theirs))).await.unwrap();
        settle().await;
        ours
    }

    async fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        settle().await;
    }
}

/// Lets every other task of this thread run until it waits.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

/// Whether the other side has closed, without waiting for it.
async fn closed(stream: &mut DuplexStream) -> bool {
    let mut buffer = [0; 1024];
    tokio::select! {
        biased;
        read = stream.read(&mut buffer) => read.unwrap() == 0,
        () = std::future::ready(()) => false,
    }
}

async fn ask(stream: &mut DuplexStream) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = [0; 1024];
    let length = stream.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[test]
fn without_tls_only_loopback_is_served() {
    for (address, allowed) in [
        ("127.0.0.1:80", true),
        ("127.9.9.9:80", true),
        ("[::1]:80", true),
        ("[::ffff:127.0.0.1]:80", true),
        ("0.0.0.0:80", false),
        ("[::]:80", false),
        ("192.0.2.1:80", false),
    ] {
        let (_knock, listener) = doorstep(address);
        let server = Server::new(listener, None, Limits::default(), FakeClock::new());
        assert_eq!(server.is_ok(), allowed, "{address}");
        if let Err(error) = server {
            assert!(error.to_string().contains(address), "{error}");
        }
    }
}

#[tokio::test]
async fn a_silent_connection_is_closed_in_time() {
    let still = Still::start(None, service_fn(hello));
    let (mut fresh, mut used) = (still.connect().await, still.connect().await);
    still.pass(60).await;
    assert!(ask(&mut used).await.starts_with("HTTP/1.1 200 OK"));
    still.pass(59).await;
    assert!(!closed(&mut fresh).await);
    still.pass(1).await;
    assert!(closed(&mut fresh).await);
    // Its silence began later.
    assert!(ask(&mut used).await.ends_with("192.0.2.1:5 HTTP/1.1"));
    still.pass(119).await;
    assert!(!closed(&mut used).await);
    still.pass(1).await;
    assert!(closed(&mut used).await);
}

#[tokio::test]
async fn a_head_that_drips_in_is_cut_off() {
    let still = Still::start(None, service_fn(hello));
    let mut stream = still.connect().await;
    still.pass(100).await;
    for _ in 0..14 {
        stream.write_all(b"G").await.unwrap();
        settle().await;
        still.pass(1).await;
        assert!(!closed(&mut stream).await);
    }
    still.pass(1).await;
    assert!(closed(&mut stream).await);
}

#[tokio::test]
async fn a_silent_http2_connection_is_closed_in_time() {
    let (config, trusted) = tls(&PKCS_ECDSA_P256_SHA256);
    let still = Still::start(Some(Tls::new(config)), service_fn(hello));
    let stream = Box::new(still.connect().await);
    let stream = shake(stream, &trusted, &TLS13, "h2").await.unwrap();
    let mut client = Client::http2(stream).await;
    still.pass(119).await;
    assert_eq!(client.get("").await.unwrap().0, StatusCode::OK);
    still.pass(119).await;
    assert_eq!(client.get("").await.unwrap().0, StatusCode::OK);
    still.pass(120).await;
    assert!(client.get("").await.is_err());
}

#[tokio::test]
async fn a_request_in_flight_is_not_the_watchdogs_business() {
    let held = Held::default();
    let still = Still::start(None, held.clone());
    let mut stream = still.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    held.came.notified().await;
    still.pass(3600).await;
    assert!(!closed(&mut stream).await);
    held.go.notify_one();
    let mut answer = [0; 1024];
    let length = stream.read(&mut answer).await.unwrap();
    assert!(answer[..length].ends_with(b"at last"));
}

#[tokio::test]
async fn a_handshake_that_never_comes_is_given_up() {
    let (config, _) = tls(&PKCS_ECDSA_P256_SHA256);
    let still = Still::start(Some(Tls::new(config)), service_fn(hello));
    let mut stream = still.connect().await;
    still.pass(9).await;
    assert!(!closed(&mut stream).await);
    still.pass(1).await;
    assert!(closed(&mut stream).await);
}

#[tokio::test]
async fn a_drain_ends_in_time_and_says_what_it_cut_off() {
    let held = Held::default();
    let still = Still::start(None, held.clone());
    let mut stream = still.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    held.came.notified().await;
    still.stopper.drain();
    settle().await;
    still.pass(29).await;
    assert!(!still.done.is_finished());
    still.pass(1).await;
    assert_eq!(still.done.await.unwrap(), Drained { cut_off: 1 });
    settle().await;
    assert!(closed(&mut stream).await);
}

#[tokio::test]
async fn a_failing_accept_does_not_end_the_server() {
    let still = Still::start(None, service_fn(hello));
    still.knock.send(Err(io::ErrorKind::ConnectionAborted.into())).await.unwrap();
    still.knock.send(Err(io::Error::other("too many open files"))).await.unwrap();
    let mut stream = still.connect().await;
    assert_eq!(still.clock.sleepers(), 1);
    still.pass(1).await;
    assert!(ask(&mut stream).await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn a_peer_that_does_not_read_its_answer_is_cut_off() {
    const LONG: usize = 1024 * 1024;
    let long = |_: Request<Incoming>| async { Ok(Response::new(Full::from(vec![b'x'; LONG]))) };
    let still = Still::start(None, service_fn(long));
    let mut stream = still.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    settle().await;
    still.pass(120).await;
    still.pass(15).await;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.len() < LONG, "{}", answer.len());
}
