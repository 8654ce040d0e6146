//! Carries out a connector's requests over a transport.

use super::{Command, Connector, HttpRequest, HttpResponse, Next, OperationResult};
use crate::operation::OperationKind;
use crate::payment::Outcome;
use axum::body::Body;
use chassis::transport::{Transport, TransportError};
use http_body_util::{BodyExt, Limited};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tower::ServiceExt;

/// The time limit of one request. Shorter than `SEND_TIMEOUT`, after which the reconciler takes an operation over.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
const MAX_RESPONSE_BYTES: usize = 1 << 20;
/// The maximum number of requests for one query.
const MAX_QUERIES: usize = 4;
/// The time for which a gateway that could not be reached is not preferred.
const COOLDOWN: SignedDuration = SignedDuration::from_secs(30);

/// A gateway's response to a command, or to a query about one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatewayResponse {
    /// The outcome is known.
    Outcome(OperationResult),
    /// The gateway does not know the command.
    NotFound,
    /// The gateway has not decided yet.
    Pending,
}

/// A reason why there is no usable response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The command certainly had no effect.
    #[error("the gateway was not reached: {0}")]
    NotSent(String),
    /// The command may or may not have had an effect.
    #[error("no usable response from the gateway: {0}")]
    NoResponse(String),
}

/// A gateway with its transport.
#[derive(Clone)]
pub struct Gateway {
    connector: Arc<dyn Connector>,
    transport: Option<Transport>,
    /// In seconds since 1970. Shared by all clones, so that every request profits from what one has found out.
    unavailable_until: Arc<AtomicI64>,
}

impl Gateway {
    /// Creates a gateway; `transport` is `None` for one that is never sent anything.
    pub fn new(connector: Arc<dyn Connector>, transport: Option<Transport>) -> Self {
        Self { connector, transport, unavailable_until: Arc::default() }
    }

    /// The connector for its protocol.
    pub fn connector(&self) -> &dyn Connector {
        self.connector.as_ref()
    }

    /// The name from its connector.
    pub fn name(&self) -> &str {
        self.connector.name()
    }

    /// Returns false for a while after it could not be reached.
    pub fn is_available(&self, now: Timestamp) -> bool {
        // Relaxed is enough, as the value only affects the order of preference.
        self.unavailable_until.load(Ordering::Relaxed) <= now.as_second()
    }

    /// Carries out a command.
    ///
    /// # Errors
    /// When the outcome is unknown. See [`SendError`].
    pub async fn execute(&self, command: &Command) -> Result<GatewayResponse, SendError> {
        let response = self.execute_once(command).await;
        // Only a failed connection counts. A gateway that responded in any way is available.
        let unavailable_until = match &response {
            Err(SendError::NotSent(_)) => command.at.saturating_add(COOLDOWN).map_or(0, Timestamp::as_second),
            _ => 0,
        };
        self.unavailable_until.store(unavailable_until, Ordering::Relaxed);
        response
    }

    async fn execute_once(&self, command: &Command) -> Result<GatewayResponse, SendError> {
        let no_link = || SendError::NotSent("the gateway supplies no link for the command yet".to_owned());
        let (first, command) = match self.connector.command(command) {
            Next::QueryFirst => match self.run_query(command).await.map_err(not_sent)? {
                // The gateway has carried it out already, so it is not sent again.
                Next::Outcome(result) => return Ok(GatewayResponse::Outcome(result)),
                Next::NotFound(links) if !links.is_empty() => {
                    let mut command = command.clone();
                    command.about.links = links;
                    (self.connector.command(&command), command)
                }
                _ => return Err(no_link()),
            },
            // A shop that was restored from a backup does not know what it sent since. The gateway would carry out a
            // partial amount twice, but finds it by its reference.
            Next::Send(request) if !command.full => match self.run_query(command).await.map_err(not_sent)? {
                Next::NotFound(_) => (Next::Send(request), command.clone()),
                known => return response_of(known).map_err(not_sent),
            },
            first => (first, command.clone()),
        };
        match first {
            Next::Send(request) => {
                let response = self.send(request).await?;
                match self.connector.parse_response(&command, &response) {
                    Next::Outcome(refused) if may_be_done_before(&command, &refused) => {
                        Ok(GatewayResponse::Outcome(self.done_before(&command).await.unwrap_or(refused)))
                    }
                    next => response_of(next),
                }
            }
            Next::QueryFirst => Err(no_link()),
            other => response_of(other),
        }
    }

    /// Returns the success of a command that the gateway has carried out before. Without an answer there is none.
    async fn done_before(&self, command: &Command) -> Option<OperationResult> {
        match self.run_query(command).await {
            Ok(Next::Outcome(known)) if matches!(known.outcome, Outcome::Succeeded { .. }) => Some(known),
            _ => None,
        }
    }

    /// Continues an authorisation after the customer has returned.
    ///
    /// # Errors
    /// When the outcome is unknown. See [`SendError`].
    pub async fn resume(&self, command: &Command, device_data: Option<&str>) -> Result<GatewayResponse, SendError> {
        match self.connector.resume(command, device_data) {
            Next::Send(request) => {
                let response = self.send(request).await?;
                // The gateway rejects a second call. That is no refusal of the payment: the first call counts, and
                // queries report its outcome.
                if response.status().is_success() {
                    response_of(self.connector.parse_response(command, &response))
                } else {
                    Ok(GatewayResponse::Pending)
                }
            }
            Next::QueryFirst => self.query(command).await,
            other => response_of(other),
        }
    }

    /// Queries the outcome of a command.
    ///
    /// # Errors
    /// When there is no usable response. See [`SendError`].
    pub async fn query(&self, command: &Command) -> Result<GatewayResponse, SendError> {
        response_of(self.run_query(command).await?)
    }

    async fn run_query(&self, command: &Command) -> Result<Next, SendError> {
        let mut next = self.connector.query(command);
        // Bounded, so that links that lead in circles cannot occupy a worker.
        for _ in 0..MAX_QUERIES {
            let Next::Send(request) = next else { return Ok(next) };
            let response = self.send(request).await?;
            next = self.connector.parse_query_response(command, &response);
        }
        Ok(next)
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, SendError> {
        let Some(transport) = self.transport.clone() else {
            return Err(SendError::NotSent("the gateway has no transport".to_owned()));
        };
        let exchange = async {
            let response = transport.oneshot(request.map(Body::from)).await.map_err(|error| match error {
                TransportError::NotSent(reason) => SendError::NotSent(reason),
                open @ TransportError::CircuitOpen(_) => SendError::NotSent(open.to_string()),
                TransportError::NoResponse(reason) => SendError::NoResponse(reason),
            })?;
            let (parts, body) = response.into_parts();
            // From here on the gateway has received the command, so every error leaves the outcome unknown. The limit
            // protects
            // against responses that would exhaust the memory.
            let body = Limited::new(body, MAX_RESPONSE_BYTES).collect().await;
            let body = body.map_err(|error| SendError::NoResponse(error.to_string()))?.to_bytes();
            Ok(HttpResponse::from_parts(parts, body))
        };
        let timed_out = |_| SendError::NoResponse(format!("none within {} seconds", REQUEST_TIMEOUT.as_secs()));
        // Covers the body too: a gateway that stalls halfway has not responded.
        tokio::time::timeout(REQUEST_TIMEOUT, exchange).await.map_err(timed_out)?
    }
}

/// Returns true for a refusal that may mean that there is nothing left to do: a gateway refuses what it has carried out
/// already, and a shop that was restored from a backup does not know of that.
fn may_be_done_before(command: &Command, result: &OperationResult) -> bool {
    command.kind != OperationKind::Authorise && matches!(result.outcome, Outcome::Refused { .. })
}

/// A failed query before a command: the command itself was not sent.
fn not_sent(error: SendError) -> SendError {
    match error {
        SendError::NoResponse(reason) => {
            SendError::NotSent(format!("cannot query the gateway before the command: {reason}"))
        }
        not_sent @ SendError::NotSent(_) => not_sent,
    }
}

fn response_of(next: Next) -> Result<GatewayResponse, SendError> {
    match next {
        Next::Outcome(result) => Ok(GatewayResponse::Outcome(result)),
        Next::NotFound(_) => Ok(GatewayResponse::NotFound),
        Next::Pending => Ok(GatewayResponse::Pending),
        Next::NotSent(reason) => Err(SendError::NotSent(reason)),
        Next::Ambiguous(reason) => Err(SendError::NoResponse(reason)),
        Next::Send(_) | Next::QueryFirst => {
            Err(SendError::NoResponse("the gateway requires too many requests".to_owned()))
        }
    }
}
