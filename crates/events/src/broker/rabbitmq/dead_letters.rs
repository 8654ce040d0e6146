//! The dead letters of RabbitMQ: messages that a consumer could not decode, and those that were returned more often than the
//! delivery limit allows.
//!
//! A look takes them from their queue and returns them, since RabbitMQ cannot show a message otherwise. Nothing is stored
//! elsewhere, so the messages survive whatever has happened to the databases.

use super::topology::{Names, message_count};
use super::{Link, RabbitBroker, broker_error, with_timeout};
use crate::broker::BrokerError;
use crate::broker::dead_message::DeadMessage;
use crate::{DeadLetters, Failure};
use async_trait::async_trait;
use chassis::StoreError;
use contracts::EventId;
use jiff::Timestamp;
use lapin::message::BasicGetMessage;
use lapin::options::{BasicAckOptions, BasicGetOptions, BasicNackOptions, BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Confirmation, Connection};
use std::cmp::Reverse;

/// The number of messages that one look takes at most, the oldest first.
const MAX_TAKEN: usize = 1000;

impl From<BrokerError> for StoreError {
    fn from(error: BrokerError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// Moves the messages that an earlier version set aside in a queue with the default delivery limit, in which RabbitMQ 4.0
/// to 4.2 would drop them when they are looked at. The queue remains, empty, since a replica of that version would declare it
/// again.
pub(super) async fn move_from_earlier_queue(connection: &Connection, names: Names<'_>) -> Result<(), BrokerError> {
    // A channel of its own, because the server closes it if there is no such queue.
    let channel = connection.create_channel().await.map_err(broker_error)?;
    let Ok(waiting) = message_count(&channel, names.undecodable()).await else { return Ok(()) };
    channel
        .queue_unbind(names.undecodable(), names.undecodable(), "".into(), FieldTable::default())
        .await
        .map_err(broker_error)?;
    channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(broker_error)?;
    // Limited by the number at the beginning: a replica of the earlier version may bind the queue again meanwhile.
    for _ in 0..waiting {
        let Some(message) = take(&channel, names.undecodable()).await.map_err(broker_error)? else { break };
        publish(&channel, names.undecodable(), "".into(), &message, message.properties.clone()).await?;
        channel.basic_ack(message.delivery_tag, BasicAckOptions::default()).await.map_err(broker_error)?;
    }
    channel.close(200, "".into()).await.map_err(broker_error)
}

async fn take(channel: &Channel, queue: ShortString) -> lapin::Result<Option<BasicGetMessage>> {
    channel.basic_get(queue, BasicGetOptions::default()).await
}

/// Takes the dead letters, which belong to the channel until they are acknowledged or returned.
async fn take_all(channel: &Channel, names: Names<'_>) -> lapin::Result<Vec<BasicGetMessage>> {
    let mut taken = Vec::new();
    while taken.len() < MAX_TAKEN
        && let Some(message) = take(channel, names.dead_letters()).await?
    {
        taken.push(message);
    }
    Ok(taken)
}

/// Returns all messages that the channel has taken.
async fn give_back(channel: &Channel) -> lapin::Result<()> {
    // The delivery tag 0 stands for all messages of the channel.
    channel.basic_nack(0, BasicNackOptions { multiple: true, requeue: true }).await
}

/// Publishes a message with the body of `message`, and waits until it is stored.
async fn publish(
    channel: &Channel,
    exchange: ShortString,
    routing_key: ShortString,
    message: &BasicGetMessage,
    properties: BasicProperties,
) -> Result<(), BrokerError> {
    let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    let confirmation = channel.basic_publish(exchange, routing_key, options, &message.data, properties).await;
    match confirmation.map_err(broker_error)?.await.map_err(broker_error)? {
        Confirmation::Ack(None) => Ok(()),
        Confirmation::Ack(Some(_)) => Err(BrokerError("the queue of the message does not exist any more".into())),
        Confirmation::Nack(_) | Confirmation::NotRequested => Err(BrokerError("the server rejected a message".into())),
    }
}

fn header<'a>(message: &'a BasicGetMessage, name: &str) -> Option<&'a AMQPValue> {
    message.properties.headers().as_ref()?.inner().get(name)
}

fn text(value: &AMQPValue) -> Option<String> {
    match value {
        AMQPValue::LongString(text) => Some(text.to_string()),
        AMQPValue::ShortString(text) => Some(text.to_string()),
        _ => None,
    }
}

/// Returns the name of the queue in which the message was.
fn queue_of(message: &BasicGetMessage) -> Option<String> {
    header(message, "x-first-death-queue").and_then(text)
}

/// Returns the time at which RabbitMQ dead-lettered the message.
fn given_up_at(message: &BasicGetMessage) -> Option<Timestamp> {
    let AMQPValue::FieldArray(deaths) = header(message, "x-death")? else { return None };
    let AMQPValue::FieldTable(latest) = deaths.as_slice().first()? else { return None };
    let AMQPValue::Timestamp(seconds) = latest.inner().get("time")? else { return None };
    Timestamp::from_second(i64::try_from(*seconds).ok()?).ok()
}

fn failure(names: Names<'_>, message: &BasicGetMessage) -> Failure {
    let queue = queue_of(message).unwrap_or_default();
    let consumer = queue.strip_prefix(names.0).map_or(queue.as_str(), |rest| rest.trim_start_matches('.'));
    let reason = header(message, "x-first-death-reason").and_then(text).unwrap_or_default();
    let reason = match reason.as_str() {
        "rejected" => format!("{consumer} cannot decode the message"),
        "delivery_limit" => format!("{consumer} did not acknowledge the event, however often it was delivered"),
        other => format!("{consumer}: {other}"),
    };
    DeadMessage {
        body: &message.data,
        kind: message.routing_key.as_str(),
        received_at: given_up_at(message).unwrap_or(Timestamp::UNIX_EPOCH),
        reason,
    }
    .into_failure()
}

/// Publishes a dead letter to the queue that it came from, without the headers of its earlier way.
async fn replay(channel: &Channel, names: Names<'_>, message: &BasicGetMessage) -> Result<(), BrokerError> {
    let mut headers = FieldTable::default();
    for (name, value) in message.properties.headers().iter().flat_map(FieldTable::inner) {
        if !name.as_str().starts_with("x-") {
            headers.insert(name.clone(), value.clone());
        }
    }
    let properties = message.properties.clone().with_headers(headers);
    match queue_of(message) {
        Some(queue) => publish(channel, names.replays(), queue.into(), message, properties).await,
        // Somebody has put it here by hand, so all consumers of its type get it.
        None => publish(channel, names.exchange(), message.routing_key.clone(), message, properties).await,
    }
}

/// Removes the dead letters with this id, and replays them before if `again` is true. Returns false if there are none.
async fn settle(channel: &Channel, names: Names<'_>, id: EventId, again: bool) -> Result<bool, BrokerError> {
    channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(broker_error)?;
    let mut found = false;
    for message in take_all(channel, names).await.map_err(broker_error)? {
        // Several consumers may have given up the same event.
        if failure(names, &message).event.id == id {
            if again {
                replay(channel, names, &message).await?;
            }
            channel.basic_ack(message.delivery_tag, BasicAckOptions::default()).await.map_err(broker_error)?;
            found = true;
        }
    }
    give_back(channel).await.map_err(broker_error)?;
    Ok(found)
}

async fn list(channel: &Channel, names: Names<'_>) -> lapin::Result<Vec<Failure>> {
    let taken = take_all(channel, names).await?;
    give_back(channel).await?;
    Ok(taken.iter().map(|message| failure(names, message)).collect())
}

impl RabbitBroker {
    async fn channel(&self) -> Result<(Link, Channel), BrokerError> {
        let link = self.link().await?;
        let channel = with_timeout(link.connection.create_channel()).await?;
        Ok((link, channel))
    }

    async fn list(&self) -> Result<Vec<Failure>, BrokerError> {
        let (_link, channel) = self.channel().await?;
        let listed = with_timeout(list(&channel, self.names())).await;
        close(&channel).await;
        let mut failures = listed?;
        failures.sort_by_key(|failure| Reverse(failure.received_at));
        Ok(failures)
    }

    async fn settle(&self, id: EventId, again: bool) -> Result<bool, BrokerError> {
        let (_link, channel) = self.channel().await?;
        let settled = with_timeout(settle(&channel, self.names(), id, again)).await;
        close(&channel).await;
        settled
    }
}

/// Closes the channel, which returns what it still has. An error means that it is closed already.
async fn close(channel: &Channel) {
    let _ = with_timeout(channel.close(200, "".into())).await;
}

#[async_trait]
impl DeadLetters for RabbitBroker {
    async fn dead_letters(&self, limit: usize) -> Result<Vec<Failure>, StoreError> {
        let mut failures = self.list().await?;
        failures.truncate(limit);
        Ok(failures)
    }

    async fn dead_letter(&self, id: EventId) -> Result<Option<Failure>, StoreError> {
        Ok(self.list().await?.into_iter().find(|failure| failure.event.id == id))
    }

    async fn replay(&self, id: EventId, _: Timestamp) -> Result<bool, StoreError> {
        Ok(self.settle(id, true).await?)
    }

    async fn discard(&self, id: EventId, reason: &str) -> Result<bool, StoreError> {
        let found = self.settle(id, false).await?;
        if found {
            tracing::info!(event_id = %id, reason, "a dead letter of the broker was discarded");
        }
        Ok(found)
    }
}
