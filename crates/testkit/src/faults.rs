//! Fault injection for decorators of stores, clients and gateways: call number `n` fails, or the process crashes there.

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
    /// The process crashes before the call.
    DiesBefore,
    /// The process crashes after the call, before its response.
    DiesAfter,
}

impl Fault {
    /// All kinds of faults.
    pub const ALL: [Self; 4] = [Self::Before, Self::After, Self::DiesBefore, Self::DiesAfter];
}

/// Counts the calls through all decorators, and injects a fault into one of them. After a simulated crash of the
/// process every call fails without effect until [`Faults::restart`].
#[derive(Clone, Default)]
pub struct Faults {
    calls: Arc<AtomicUsize>,
    plan: Arc<Mutex<Option<(usize, Fault)>>>,
    dead: Arc<Mutex<bool>>,
    meanwhile: Arc<Mutex<Option<(usize, Meanwhile)>>>,
}

type Meanwhile = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Faults {
    /// Injects no fault and only counts the calls.
    pub fn none() -> Self {
        Self::default()
    }

    /// Injects `fault` at call number `n`, counted from 0.
    pub fn at(n: usize, fault: Fault) -> Self {
        let faults = Self::default();
        *faults.plan.lock().expect("the plan") = Some((n, fault));
        faults
    }

    /// Injects no fault, but runs `work` immediately before call number `n`, counted from 0, as a concurrent client
    /// would.
    pub fn meanwhile(n: usize, work: impl Future<Output = ()> + Send + 'static) -> Self {
        let faults = Self::default();
        faults.then_meanwhile(n, work);
        faults
    }

    /// Also runs `work` immediately before call number `n`.
    pub fn then_meanwhile(&self, n: usize, work: impl Future<Output = ()> + Send + 'static) {
        *self.meanwhile.lock().expect("the work") = Some((n, Box::pin(work)));
    }

    /// Returns the number of calls so far.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Simulates a restart of the process. No further faults are injected.
    pub fn restart(&self) {
        *self.plan.lock().expect("the plan") = None;
        *self.dead.lock().expect("the state") = false;
    }

    /// Runs `call` with the fault that is planned for it. `failure` creates the error of an injected fault.
    ///
    /// # Errors
    /// The error of `call`, or the one that `failure` creates.
    pub async fn around<T, E>(
        &self,
        failure: impl Fn(String) -> E,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        // The work is removed, so that it runs only once.
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

    /// Runs one call of a store.
    ///
    /// # Errors
    /// See [`Self::around`].
    pub async fn store<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        self.around(StoreError::Unavailable, call).await
    }

    /// Returns a transport to another service that injects the faults.
    pub fn transport(&self, inner: Transport) -> Transport {
        let faults = self.clone();
        BoxCloneSyncService::new(tower::service_fn(move |request: Request<Body>| {
            let (faults, inner) = (faults.clone(), inner.clone());
            // A caller cannot distinguish a lost request from a lost response, so both faults return this error.
            async move { faults.around(TransportError::NoResponse, inner.oneshot(request)).await }
        }))
    }
}
