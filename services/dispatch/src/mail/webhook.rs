//! Webhooks to the merchant's program, signed in the format of Standard Webhooks.

use super::{MerchantNotification, Message, MessageSender, SEND_TIMEOUT, SendError};
use crate::order::Order;
use async_trait::async_trait;
use axum::body::Body;
use axum::http::{Request, header};
use chassis::SystemContext;
use chassis::transport::Transport;
use chassis::webhook::{self, WebhookSecret};
use contracts::HttpUrl;
use contracts::dispatch::{OrderWebhook, OrderWebhookData, OrderWebhookType};
use jiff::Timestamp;

/// The merchant's program that receives webhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MerchantWebhook {
    pub url: HttpUrl,
    /// The secret that signs them.
    pub secret: WebhookSecret,
}

/// Returns the webhook about an order.
pub fn order_webhook(order: &Order, notification: &MerchantNotification, now: Timestamp) -> OrderWebhook {
    let latest_return = order.returns.last().map(|one| one.id);
    let (kind, return_id) = match notification {
        MerchantNotification::OrderPlaced => (OrderWebhookType::OrderPlaced, None),
        MerchantNotification::OrderCancelled => (OrderWebhookType::OrderCancelled, None),
        MerchantNotification::ReturnRequested { id } => (OrderWebhookType::ReturnRequested, Some(*id)),
        MerchantNotification::Withdrawn(withdrawal) => {
            (OrderWebhookType::OrderWithdrawn, latest_return.filter(|_| !withdrawal.cancels))
        }
        MerchantNotification::NeedsAttention { .. } => (OrderWebhookType::OrderNeedsAttention, None),
    };
    let (order_id, order_number) = (order.id(), order.record.order_number.clone());
    OrderWebhook {
        kind,
        timestamp: now,
        data: OrderWebhookData { order_id, order_number, status: order.status(), return_id },
    }
}

/// Sends webhooks to the merchant's program.
pub struct WebhookSender {
    transport: Transport,
    merchant: MerchantWebhook,
    system: SystemContext,
}

impl WebhookSender {
    /// Creates a sender. `transport` leads to the host of the URL.
    pub const fn new(transport: Transport, merchant: MerchantWebhook, system: SystemContext) -> Self {
        Self { transport, merchant, system }
    }
}

#[async_trait]
impl MessageSender for WebhookSender {
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        // Signed for each attempt, since receivers refuse what was signed long ago.
        let at = self.system.now();
        let request = Request::post(self.merchant.url.path())
            .header(header::CONTENT_TYPE, "application/json")
            .header(webhook::ID, &message.id)
            .header(webhook::TIMESTAMP, at.as_second())
            .header(webhook::SIGNATURE, self.merchant.secret.sign(&message.id, at, message.body.as_bytes()))
            .body(Body::from(message.body.clone()))?;
        let sent = tower::ServiceExt::oneshot(self.transport.clone(), request);
        let response = tokio::time::timeout(SEND_TIMEOUT, sent).await.map_err(|_| SendError::TimedOut)??;
        if response.status().is_success() { Ok(()) } else { Err(SendError::Refused(response.status())) }
    }
}
