//! The service control manager itself.
//!
//! It calls two functions of ours, on threads of its own: [`service_main`] once, and [`control`]
//! for each of its wishes. Both are plain functions without any state of theirs, because what it
//! is handed it may keep longer than we would like; what they need lies in [`SERVICE`].

use std::fmt;
use std::io;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use windows_service::service::{
    ServiceControl, ServiceControlAccept, ServiceExitCode, ServiceState, ServiceStatus, ServiceType,
};
use windows_service::service_control_handler::{
    ServiceControlHandlerResult, ServiceStatusHandle, register,
};
use windows_service::{Error, service_dispatcher};

use super::{Answer, State, Wishes};
use crate::platform::supervisor::News;

/// Of no meaning to the service control manager, since there is one service in the process: it may
/// be installed under any name, and several times.
const NAME: &str = "scim-sidecar";

/// How long a start may take, and how long a stop until it is known how long it may.
const PATIENCE: Duration = Duration::from_secs(30);

/// This process as a service; there is one at most.
static SERVICE: OnceLock<Service> = OnceLock::new();

type Work = Box<dyn FnOnce() -> u8 + Send>;

/// A process that the service control manager started.
pub(in crate::platform) struct Service {
    wishes: Wishes,
    work: Mutex<Option<Work>>,
    handle: OnceLock<ServiceStatusHandle>,
    /// What was told last; held while something is told.
    told: Mutex<State>,
    /// What the work ended with.
    ended: OnceLock<u8>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Service")
    }
}

/// This process as a service, if it is one.
pub(in crate::platform) fn running() -> Option<&'static Service> {
    SERVICE.get()
}

/// What the service control manager wishes, if this process is a service.
pub(in crate::platform) fn wishes() -> Option<&'static Wishes> {
    running().map(|service| &service.wishes)
}

pub(super) fn run(work: Work) -> io::Result<u8> {
    let service = SERVICE.get_or_init(|| Service {
        wishes: Wishes::default(),
        work: Mutex::new(Some(work)),
        handle: OnceLock::new(),
        told: Mutex::new(State::StartPending(PATIENCE)),
        ended: OnceLock::new(),
    });
    service_dispatcher::start(NAME, service_main).map_err(|error| match error {
        Error::Winapi(cause) => cause,
        other => io::Error::other(other),
    })?;
    // Without an end the service control manager did not let it begin.
    service.ended.get().copied().ok_or_else(|| io::Error::other("the service did not run"))
}

/// Where the service control manager begins, on a thread of its own.
extern "system" fn service_main(_count: u32, _arguments: *mut *mut u16) {
    let Some(service) = running() else { return };
    let work = service.work.lock().unwrap_or_else(PoisonError::into_inner).take();
    let (Ok(handle), Some(work)) = (register(NAME, control), work) else { return };
    let _ = service.handle.set(handle);
    service.report(State::StartPending(PATIENCE));
    let code = work();
    let _ = service.ended.set(code);
    service.report(State::Stopped(code));
}

/// Where it says what it wishes, on the thread of the dispatcher.
fn control(control: ServiceControl) -> ServiceControlHandlerResult {
    let Some(service) = running() else { return ServiceControlHandlerResult::NotImplemented };
    match service.wishes.take(control.raw_service_control_type()) {
        Answer::Done => ServiceControlHandlerResult::NoError,
        Answer::Stopping => {
            // At once, so that it does not send the next one: a second wish leaves no time.
            service.report(State::StopPending(PATIENCE));
            ServiceControlHandlerResult::NoError
        }
        Answer::Unknown => ServiceControlHandlerResult::NotImplemented,
    }
}

impl Service {
    pub(in crate::platform) fn tell(&self, news: News<'_>) {
        if let Some(state) = State::of(news) {
            self.report(state);
        }
    }

    fn report(&self, state: State) {
        let Some(handle) = self.handle.get() else { return };
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.may_follow(*told) {
            return;
        }
        *told = state;
        if let Err(error) = handle.set_service_status(status(state)) {
            tracing::warn!(%error, "the service manager cannot be told how the process is");
        }
    }
}

fn status(state: State) -> ServiceStatus {
    let (current_state, wait_hint, code) = match state {
        State::StartPending(wait) => (ServiceState::StartPending, wait, 0),
        State::Running => (ServiceState::Running, Duration::ZERO, 0),
        State::StopPending(wait) => (ServiceState::StopPending, wait, 0),
        State::Stopped(code) => (ServiceState::Stopped, Duration::ZERO, code),
    };
    let controls = ServiceControlAccept::STOP
        | ServiceControlAccept::SHUTDOWN
        | ServiceControlAccept::PARAM_CHANGE;
    ServiceStatus {
        service_type: ServiceType::OWN_PROCESS,
        current_state,
        controls_accepted: if state.takes_controls() {
            controls
        } else {
            ServiceControlAccept::empty()
        },
        exit_code: match code {
            0 => ServiceExitCode::NO_ERROR,
            code => ServiceExitCode::ServiceSpecific(u32::from(code)),
        },
        checkpoint: 0,
        // Its milliseconds must fit into 32 bits.
        wait_hint: wait_hint.min(Duration::from_secs(86_400)),
        process_id: None,
    }
}
