//! Fault injection for decorators of stores, clients and gateways: call number `n` fails, or the process dies there.

use axum::body::Body;
use axum::extract::Request;
use chassis::StoreError;
use chassis::transport::{Transport, TransportError};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;

/// The fault of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The call has no effect and returns an error.
    Before,
    /// The call takes effect, and its response is lost.
    After,
    /// The process dies before the call.
    DiesBefore,
    /// The process dies after the call, before its response.
    DiesAfter,
}

impl Fault {
    /// All kinds of faults.
    pub const ALL: [Self; 4] = [Self::Before, Self::After, Self::DiesBefore, Self::DiesAfter];
}

/// Counts the calls through all its decorators, and lets one of them go wrong. A dead process does nothing any more:
/// every call fails without effect until [`Faults::restart`].
#[derive(Clone, Default)]
pub struct Faults {
    calls: Arc<AtomicUsize>,
    plan: Arc<Mutex<Option<(usize, Fault)>>>,
    dead: Arc<Mutex<bool>>,
    meanwhile: Arc<Mutex<Option<(usize, Meanwhile)>>>,
}

type Meanwhile = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Faults {
    /// No faults: the calls are counted.
    pub fn none() -> Self {
        Self::default()
    }

    /// `fault` at the call number `n`, from 0.
    pub fn at(n: usize, fault: Fault) -> Self {
        let faults = Self::default();
        *faults.plan.lock().expect("the plan") = Some((n, fault));
        faults
    }

    /// No fault, but right before the call number `n`, from 0, somebody else does `work`.
    pub fn meanwhile(n: usize, work: impl Future<Output = ()> + Send + 'static) -> Self {
        let faults = Self::default();
        faults.then_meanwhile(n, work);
        faults
    }

    /// Adds a concurrent action to faults that are injected already.
    pub fn then_meanwhile(&self, n: usize, work: impl Future<Output = ()> + Send + 'static) {
        *self.meanwhile.lock().expect("the work") = Some((n, Box::pin(work)));
    }

    /// Returns the number of calls so far.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// The process starts again, and nothing goes wrong from now on.
    pub fn restart(&self) {
        *self.plan.lock().expect("the plan") = None;
        *self.dead.lock().expect("the state") = false;
    }

    /// One call: what it does is `call`, and `failure` is what a failed one answers.
    ///
    /// # Errors
    /// What `call` answers, or `failure` when it goes wrong.
    pub async fn around<T, E>(
        &self,
        failure: impl Fn(String) -> E,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        // The work is taken out, so that it runs once.
        let meanwhile = self.meanwhile.lock().expect("the work").take_if(|(n, _)| *n == number);
        if let Some((_, work)) = meanwhile {
            work.await;
        }
        if *self.dead.lock().expect("the state") {
            return Err(failure("the process is dead".into()));
        }
        // The locks are released before the call, because a call may contain further ones.
        let fault = self.plan.lock().expect("the plan").filter(|(n, _)| *n == number).map(|(_, fault)| fault);
        let message = || format!("injected fault at call {number}");
        match fault {
            None => call.await,
            Some(Fault::Before) => Err(failure(message())),
            Some(Fault::After) => {
                let _ = call.await;
                Err(failure(message()))
            }
            Some(Fault::DiesBefore) => {
                *self.dead.lock().expect("the state") = true;
                Err(failure(message()))
            }
            Some(Fault::DiesAfter) => {
                let _ = call.await;
                *self.dead.lock().expect("the state") = true;
                Err(failure(message()))
            }
        }
    }

    /// One call of a store.
    ///
    /// # Errors
    /// See [`Self::around`].
    pub async fn store<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        self.around(StoreError::Unavailable, call).await
    }

    /// A way to another service on which calls go wrong.
    pub fn transport(&self, inner: Transport) -> Transport {
        let faults = self.clone();
        BoxCloneSyncService::new(tower::service_fn(move |request: Request<Body>| {
            let (faults, inner) = (faults.clone(), inner.clone());
            // A caller cannot distinguish a lost request from a lost response, so both faults return this error.
            async move { faults.around(TransportError::NoResponse, inner.oneshot(request)).await }
        }))
    }
}
