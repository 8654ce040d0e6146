//! Renders emails from the message catalogue, and webhooks.

use super::webhook::order_webhook;
use super::{EmailTemplate, MerchantNotification, Message, Notification, ShopContent};
use crate::messages::{self, EmailText, OrderEmail, ShopEmail};
use crate::order::{Effects, Order};
use chassis::secret::SecretKey;
use contracts::catalogue::Image;
use contracts::dispatch::MessageChannel;
use contracts::payment::OrderLinks;
use contracts::{Email, EventId, HttpUrl, Language};
use jiff::Timestamp;
use std::fmt::Write;

/// Renders the emails and webhooks of one shop.
#[derive(Debug, Clone)]
pub struct EmailRenderer {
    /// The name and the legal texts of the shop.
    pub shop: ShopContent,
    /// The URL of the shop, without a slash at the end.
    pub base_url: String,
    /// The signer of links to orders.
    pub links: OrderLinks,
    /// The merchant's address. Without one, nothing is written to the merchant.
    pub merchant: Option<Email>,
    /// The URL of the merchant's program. Without one, no webhook is written.
    pub webhook: Option<HttpUrl>,
}

impl EmailRenderer {
    /// Creates a renderer for commands that open a store and cause no emails, such as the audit. Its emails would name no
    /// shop, and their links would open nothing.
    pub fn disabled() -> Self {
        let links = OrderLinks::new(SecretKey::new([0; 32]));
        Self { shop: ShopContent::default(), base_url: String::new(), links, merchant: None, webhook: None }
    }

    /// Returns the number of messages that effects cause. A merchant who has given no address gets none.
    pub fn count(&self, effects: &Effects) -> usize {
        let merchant_channels = usize::from(self.merchant.is_some()) + usize::from(self.webhook.is_some());
        effects.emails.len() + merchant_channels * effects.merchant_notifications.len()
    }

    /// Renders the messages about an order, of which `written_before` were written before these.
    pub fn render(&self, order: &Order, effects: &Effects, written_before: usize, now: Timestamp) -> Vec<Message> {
        // Most changes of an order cause none.
        if self.count(effects) == 0 {
            return Vec::new();
        }
        let (id, shop) = (order.id(), self.shop.name());
        let link = format!("{}/orders/{id}?token={}", self.base_url, self.links.token(id));
        let language = order.record.language;
        let closing = self.shop.closing(language);
        let email = OrderEmail { order, shop: &shop, link: &link, wording: None, closing: closing.as_deref() };
        let texts = messages::emails(language);
        let confirmed = self.confirmed_texts(language);
        let to_customer = effects.emails.iter().map(|template| {
            let wording = messages::kind_of(template).and_then(|kind| self.shop.wording(kind, language));
            let mut text = texts.order_email(template, OrderEmail { wording: wording.as_ref(), ..email });
            if *template == EmailTemplate::Placed {
                text.body.push_str(&confirmed);
            }
            (&order.record.email, text)
        });
        let link = format!("{}/admin/orders/{id}", self.base_url);
        let email = OrderEmail { order, shop: &shop, link: &link, wording: None, closing: None };
        let to_merchant = self.merchant.iter().flat_map(|to| {
            let text = move |template| (to, messages::current().merchant_email(template, email));
            effects.merchant_notifications.iter().map(text)
        });
        let mail = |number, (to, text): (&Email, EmailText)| Message {
            // Made from the order and the number: a transaction that is run again writes the same message.
            id: format!("{id}.{number}@{}", self.host()),
            channel: MessageChannel::Email,
            to: to.as_str().to_owned(),
            subject: self.subject(&text.subject),
            body: text.body,
            at: now,
        };
        let mut written: Vec<Message> = Vec::with_capacity(self.count(effects));
        for text in to_customer.chain(to_merchant) {
            written.push(mail(written_before + written.len() + 1, text));
        }
        let webhooks = self
            .webhook
            .iter()
            .flat_map(|url| effects.merchant_notifications.iter().map(move |notification| (url, notification)));
        for (url, notification) in webhooks {
            written.push(webhook_message(order, written_before + written.len() + 1, url, notification, now));
        }
        written
    }

    /// Returns what the confirmation of an order must contain by law, below everything else: the legal texts, and the text of the
    /// harmonised notice on the legal guarantee with a link to it.
    fn confirmed_texts(&self, language: Language) -> String {
        let mut text = self.shop.legal(language).unwrap_or_default();
        if let Some(Image { alt, url, .. }) = self.shop.legal_guarantee(language) {
            let _ = write!(text, "\n\n{alt}\n{}{url}", self.base_url);
        }
        text
    }

    /// Renders the email that an event causes. The same event always gives the same Message-ID.
    pub fn render_notification(&self, event: EventId, notification: &Notification, now: Timestamp) -> Message {
        let to = match notification {
            Notification::StockLow { to, .. } => to.clone(),
            Notification::TransferAwaited(awaited) => awaited.email.as_str().to_owned(),
        };
        let shop = self.shop.name();
        let email = ShopEmail { shop: &shop, base_url: &self.base_url, closing: None };
        let text = match notification {
            Notification::StockLow { low, .. } => messages::current().low_stock(low, email),
            Notification::TransferAwaited(awaited) => {
                let closing = self.shop.closing(awaited.language);
                let email = ShopEmail { closing: closing.as_deref(), ..email };
                messages::emails(awaited.language).transfer_instructions(awaited, email)
            }
        };
        Message {
            id: format!("{event}@{}", self.host()),
            channel: MessageChannel::Email,
            to,
            subject: self.subject(&text.subject),
            body: text.body,
            at: now,
        }
    }

    fn subject(&self, subject: &str) -> String {
        format!("{subject} - {}", self.shop.name())
    }

    fn host(&self) -> &str {
        // The right side of a Message-ID should be a domain of the sender, RFC 5322, section 3.6.4.
        self.base_url.split_once("://").map_or("shop", |(_, rest)| rest).split([':', '/']).next().unwrap_or("shop")
    }
}

/// Writes a webhook about an order.
fn webhook_message(
    order: &Order,
    number: usize,
    url: &HttpUrl,
    notification: &MerchantNotification,
    now: Timestamp,
) -> Message {
    let webhook = order_webhook(order, notification, now);
    Message {
        id: format!("{}.{number}", order.id()),
        channel: MessageChannel::Webhook,
        // Path and query may be secret, and staff see what was given up.
        to: url.origin().to_owned(),
        subject: webhook.kind.as_str().to_owned(),
        body: webhook.to_json(),
        at: now,
    }
}
