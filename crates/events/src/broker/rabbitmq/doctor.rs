//! Checks of RabbitMQ's configuration, like those of [`chassis::doctor`] for the other backends.

use super::topology::{Names, consumer_queue};
use super::{ConnectionSettings, broker_error, with_timeout};
use crate::broker::BrokerError;
use chassis::doctor::{Finding, Findings, is_this_machine};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::uri::AMQPScheme;
use lapin::{BasicProperties, Confirmation, Connection, ConnectionProperties};
use uuid::Uuid;

/// Checks RabbitMQ: encryption, quorum queues with dead-lettering at least once, and publisher confirms. The queue
/// declared for this is deleted afterwards.
pub async fn examine(address: &ConnectionSettings) -> Vec<Finding> {
    let mut findings = Findings::new("RabbitMQ");
    if let Err(error) = with_timeout(look(address, &mut findings)).await {
        findings.error(format!(
            "{error}; see AMQP_HOST, AMQP_USER, AMQP_PASSWORD and AMQP_VHOST, and that it is 3.10 or newer"
        ));
    }
    findings.into_all()
}

async fn look(address: &ConnectionSettings, findings: &mut Findings) -> Result<(), BrokerError> {
    let connection =
        Connection::connect_uri(address.uri(), ConnectionProperties::default()).await.map_err(broker_error)?;
    protection(address, findings);
    let channel = connection.create_channel().await.map_err(broker_error)?;
    channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(broker_error)?;
    let names = Names(address.prefix());
    let queue = names.queue(&format!("doctor.{}", Uuid::new_v4()));
    let lasting = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(queue.clone(), lasting, consumer_queue(names)).await.map_err(broker_error)?;
    findings.ok("has quorum queues whose dead letters are kept");
    let confirmed = channel
        // The default exchange routes a message to the queue named by its routing key.
        .basic_publish("".into(), queue.clone(), BasicPublishOptions::default(), b"", BasicProperties::default())
        .await
        .map_err(broker_error)?
        .await
        .map_err(broker_error);
    // The queue is deleted before an error of the confirm is returned, so that it does not remain.
    channel.queue_delete(queue, QueueDeleteOptions::default()).await.map_err(broker_error)?;
    findings.check(
        matches!(confirmed?, Confirmation::Ack(_)),
        "confirms what is published",
        "does not take what is published: short of memory or disk? See `rabbitmqctl status`",
    );
    connection.close(200, "looked at".into()).await.map_err(broker_error)
}

fn protection(address: &ConnectionSettings, findings: &mut Findings) {
    let uri = address.uri();
    match uri.scheme {
        AMQPScheme::AMQPS => findings.ok("encrypted"),
        AMQPScheme::AMQP if is_this_machine(&uri.authority.host) => findings.ok("not encrypted, on this machine"),
        AMQPScheme::AMQP => findings.warning("not encrypted: events can be read on the way; set AMQP_TLS=on"),
    }
}
