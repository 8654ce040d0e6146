//! Renders emails from the message catalogue.

use super::{EmailTemplate, Mail, Notification};
use crate::messages::{self, OrderEmail, ShopEmail};
use crate::order::Order;
use chassis::secret::SecretKey;
use contracts::payment::OrderLinks;
use contracts::{Email, EventId};
use jiff::Timestamp;
use std::sync::{Arc, PoisonError, RwLock};

/// The name of the shop, which catalogue stores. All renderers of a process share it, so that a new name is in the next email.
#[derive(Debug, Clone, Default)]
pub struct ShopName(Arc<RwLock<String>>);

impl ShopName {
    /// Returns the current name.
    pub fn get(&self) -> String {
        // A text is whole even if a thread panicked while it held the lock.
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the name for all renderers that share it.
    pub fn set(&self, name: String) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = name;
    }
}

impl<T: Into<String>> From<T> for ShopName {
    fn from(name: T) -> Self {
        Self(Arc::new(RwLock::new(name.into())))
    }
}

/// Renders the emails of one shop.
#[derive(Debug, Clone)]
pub struct EmailRenderer {
    /// The name of the shop.
    pub shop: ShopName,
    /// The URL of the shop, without a slash at the end.
    pub base_url: String,
    /// The signer of links to orders.
    pub links: OrderLinks,
    /// The merchant's address. Without one, nothing is written to the merchant.
    pub merchant: Option<Email>,
}

impl EmailRenderer {
    /// Creates a renderer for commands that open a store and cause no emails, such as the audit. Its emails would name no
    /// shop, and their links would open nothing.
    pub fn disabled() -> Self {
        let links = OrderLinks::new(SecretKey::new([0; 32]));
        Self { shop: ShopName::default(), base_url: String::new(), links, merchant: None }
    }

    /// Renders an email about an order; `number` counts the emails of the order from 1. Returns `None` for an email to a
    /// merchant who has given no address.
    pub fn render(&self, order: &Order, template: &EmailTemplate, number: usize, now: Timestamp) -> Option<Mail> {
        let id = order.id();
        let (to, link) = match template {
            EmailTemplate::Merchant(_) => (self.merchant.as_ref()?, format!("{}/admin/orders/{id}", self.base_url)),
            _ => (&order.record.email, format!("{}/orders/{id}?token={}", self.base_url, self.links.token(id))),
        };
        let text = messages::current().order_email(template, OrderEmail { order, shop: &self.shop.get(), link: &link });
        Some(Mail {
            // Made from the order and the number: a transaction that is run again writes the same email.
            id: format!("{id}.{number}@{}", self.host()),
            to: to.as_str().to_owned(),
            subject: self.subject(&text.subject),
            body: text.body,
            at: now,
        })
    }

    /// Renders the email that an event causes. The same event always gives the same Message-ID.
    pub fn render_notification(&self, event: EventId, notification: &Notification, now: Timestamp) -> Mail {
        let to = match notification {
            Notification::StockLow { to, .. } => to.clone(),
            Notification::TransferAwaited(awaited) => awaited.email.as_str().to_owned(),
        };
        let shop = self.shop.get();
        let email = ShopEmail { shop: &shop, base_url: &self.base_url };
        let text = messages::current().notification(notification, email);
        Mail {
            id: format!("{event}@{}", self.host()),
            to,
            subject: self.subject(&text.subject),
            body: text.body,
            at: now,
        }
    }

    fn subject(&self, subject: &str) -> String {
        format!("{subject} - {}", self.shop.get())
    }

    fn host(&self) -> &str {
        // The right side of a Message-ID should be a domain of the sender, RFC 5322, section 3.6.4.
        self.base_url.split_once("://").map_or("shop", |(_, rest)| rest).split([':', '/']).next().unwrap_or("shop")
    }
}
