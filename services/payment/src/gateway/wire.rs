//! Carries a connector's requests out.

use super::{Command, Connector, Heard, Next, WireAnswer, WireRequest};
use axum::body::Body;
use chassis::transport::{Transport, TransportError};
use http_body_util::{BodyExt, Limited};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tower::ServiceExt;

/// How long one request may take: shorter than the time after which the reconciler takes a command over.
const PATIENCE: Duration = Duration::from_secs(20);
const LARGEST_ANSWER: usize = 1 << 20;
/// How many requests a query may take.
const MOST_QUERIES: usize = 4;
/// How long a gateway that could not be reached is not the first choice.
const REST: SignedDuration = SignedDuration::from_secs(30);

/// What a gateway said when it was given a command, or asked about one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// This became of it.
    Heard(Heard),
    /// It does not know of it.
    NotFound,
    /// It has not decided yet.
    Pending,
}

/// Why a gateway said nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The command certainly had no effect.
    #[error("the gateway was not reached: {0}")]
    NotSent(String),
    /// Whether the command took effect is unknown.
    #[error("no answer from the gateway: {0}")]
    NoResponse(String),
}

/// A gateway within reach.
#[derive(Clone)]
pub struct Gateway {
    connector: Arc<dyn Connector>,
    transport: Option<Transport>,
    rests_until: Arc<AtomicI64>,
}

impl Gateway {
    /// A gateway that is reached by `transport`; none for one that nothing is ever sent to.
    pub fn new(connector: Arc<dyn Connector>, transport: Option<Transport>) -> Self {
        Self { connector, transport, rests_until: Arc::default() }
    }

    /// Its wire.
    pub fn connector(&self) -> &dyn Connector {
        self.connector.as_ref()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.connector.name()
    }

    /// Whether it could be reached, as far as is known.
    pub fn is_within_reach(&self, now: Timestamp) -> bool {
        self.rests_until.load(Ordering::Relaxed) <= now.as_second()
    }

    /// Carries out a command.
    ///
    /// # Errors
    /// When there is no answer that says what became of it.
    pub async fn execute(&self, command: &Command) -> Result<Told, SendError> {
        let told = self.execute_once(command).await;
        let rests = match &told {
            Err(SendError::NotSent(_)) => command.at.saturating_add(REST).map_or(0, Timestamp::as_second),
            _ => 0,
        };
        self.rests_until.store(rests, Ordering::Relaxed);
        told
    }

    async fn execute_once(&self, command: &Command) -> Result<Told, SendError> {
        let unknown = || SendError::NotSent("it cannot say yet where it wants the command".to_owned());
        let (first, command) = match self.connector.command(command) {
            Next::Ask => match self.ask(command).await.map_err(not_sent)? {
                // Known there already: then it need not be sent at all.
                Next::Heard(heard) => return Ok(Told::Heard(heard)),
                Next::NotFound(links) if !links.is_empty() => {
                    let mut command = command.clone();
                    command.about.links = links;
                    (self.connector.command(&command), command)
                }
                _ => return Err(unknown()),
            },
            first => (first, command.clone()),
        };
        match first {
            Next::Send(request) => {
                let answer = self.send(request).await?;
                told(self.connector.answer(&command, &answer))
            }
            Next::Ask => Err(unknown()),
            other => told(other),
        }
    }

    /// Goes on with an authorisation after the customer has come back.
    ///
    /// # Errors
    /// When there is no answer that says what became of it.
    pub async fn resume(&self, command: &Command, device_data: Option<&str>) -> Result<Told, SendError> {
        match self.connector.resume(command, device_data) {
            Next::Send(request) => {
                let answer = self.send(request).await?;
                // Whoever goes on a second time is refused the form; the first time counts, and queries tell of it.
                if answer.status().is_success() {
                    told(self.connector.answer(command, &answer))
                } else {
                    Ok(Told::Pending)
                }
            }
            Next::Ask => self.query(command).await,
            other => told(other),
        }
    }

    /// Asks what became of a command.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn query(&self, command: &Command) -> Result<Told, SendError> {
        told(self.ask(command).await?)
    }

    async fn ask(&self, command: &Command) -> Result<Next, SendError> {
        let mut next = self.connector.query(command);
        for _ in 0..MOST_QUERIES {
            let Next::Send(request) = next else { return Ok(next) };
            let answer = self.send(request).await?;
            next = self.connector.found(command, &answer);
        }
        Ok(next)
    }

    async fn send(&self, request: WireRequest) -> Result<WireAnswer, SendError> {
        let Some(transport) = self.transport.clone() else {
            return Err(SendError::NotSent("nothing can be sent to it".to_owned()));
        };
        let exchange = async {
            let response = transport.oneshot(request.map(Body::from)).await.map_err(|error| match error {
                TransportError::NotSent(reason) => SendError::NotSent(reason),
                TransportError::NoResponse(reason) => SendError::NoResponse(reason),
            })?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, LARGEST_ANSWER).collect().await;
            let body = body.map_err(|error| SendError::NoResponse(error.to_string()))?.to_bytes();
            Ok(WireAnswer::from_parts(parts, body))
        };
        let late = |_| SendError::NoResponse(format!("none within {} seconds", PATIENCE.as_secs()));
        tokio::time::timeout(PATIENCE, exchange).await.map_err(late)?
    }
}

/// No answer to the question where the command is wanted: the command itself was not sent.
fn not_sent(error: SendError) -> SendError {
    match error {
        SendError::NoResponse(reason) => {
            SendError::NotSent(format!("it does not say where it wants the command: {reason}"))
        }
        not_sent @ SendError::NotSent(_) => not_sent,
    }
}

fn told(next: Next) -> Result<Told, SendError> {
    match next {
        Next::Heard(heard) => Ok(Told::Heard(heard)),
        Next::NotFound(_) => Ok(Told::NotFound),
        Next::Pending => Ok(Told::Pending),
        Next::NotSent(reason) => Err(SendError::NotSent(reason)),
        Next::Unclear(reason) => Err(SendError::NoResponse(reason)),
        Next::Send(_) | Next::Ask => Err(SendError::NoResponse("it asks for one request after another".to_owned())),
    }
}
