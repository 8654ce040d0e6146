//! The merchant's own wording of emails, with its placeholders filled in.

use super::{EmailText, OrderEmail, email_parts};
use crate::mail::EmailTemplate;
use contracts::catalogue::{EmailKind, EmailWording, placeholders};

/// Writes an email about an order from its standard subject and message, or from the merchant's own wording.
pub fn compose(
    labels: &email_parts::Labels,
    template: &EmailTemplate,
    (subject, message): (String, String),
    email: OrderEmail<'_>,
) -> EmailText {
    let own = email.wording.map(|wording| OwnWording { template, wording, email });
    let subject = own.as_ref().and_then(OwnWording::subject).unwrap_or(subject);
    let message = own.as_ref().and_then(|own| own.message(&message)).unwrap_or(message);
    EmailText { subject, body: email_parts::body(labels, &message, template.lists_order(), email) }
}

/// A wording beside the email that it is for.
struct OwnWording<'e> {
    template: &'e EmailTemplate,
    wording: &'e EmailWording,
    email: OrderEmail<'e>,
}

impl OwnWording<'_> {
    /// Returns the subject, if the merchant has written one.
    fn subject(&self) -> Option<String> {
        self.wording.subject.as_ref().map(|subject| self.filled(subject.as_str()))
    }

    /// Returns the message in place of the standard one, or in front of it when it leaves out facts that the customer needs.
    fn message(&self, standard: &str) -> Option<String> {
        let text = self.wording.message.as_str().trim();
        if text.is_empty() {
            return None;
        }
        let own = self.filled(text);
        Some(if self.has_all_facts(text) { own } else { format!("{own}\n\n{standard}") })
    }

    fn has_all_facts(&self, text: &str) -> bool {
        match self.template {
            // What became of the payment has no placeholder.
            EmailTemplate::Cancelled => false,
            // Neither have the items of a part of the order.
            EmailTemplate::Shipped(shipment) => email_parts::shipped_part(self.email.order, shipment).is_none(),
            _ => {
                self.facts().iter().all(|(name, fact)| fact.is_empty() || placeholders(text).any(|used| used == *name))
            }
        }
    }

    /// Returns the facts of the email by the names of their placeholders.
    fn facts(&self) -> Vec<(&'static str, String)> {
        match self.template {
            EmailTemplate::Refunded { amount, reason } => {
                vec![("amount", amount.to_string()), ("reason", reason.clone())]
            }
            EmailTemplate::ReturnReceived { amount } | EmailTemplate::ReturnRefunded { amount } => {
                vec![("amount", amount.to_string())]
            }
            EmailTemplate::ReturnRequested { id } => {
                vec![("items", email_parts::returned_items(self.email.order, *id))]
            }
            EmailTemplate::ReturnRejected { reason } => vec![("reason", reason.clone())],
            _ => Vec::new(),
        }
    }

    /// Fills in all placeholders in one pass, so that a fact which looks like one stays as it is.
    fn filled(&self, text: &str) -> String {
        let record = &self.email.order.record;
        let mut values = self.facts();
        values.push(("order", record.order_number.clone()));
        values.push(("name", record.address.name.to_string()));
        values.push(("shop", self.email.shop.to_owned()));
        let (mut filled, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let value = after.split_once('}').and_then(|(name, behind)| {
                values.iter().find(|(known, _)| *known == name).map(|(_, value)| (value, behind))
            });
            match value {
                Some((value, behind)) => {
                    filled.push_str(value);
                    rest = behind;
                }
                None => {
                    filled.push('{');
                    rest = after;
                }
            }
        }
        filled.push_str(rest);
        filled
    }
}

/// Returns the kind of an email whose wording the merchant can replace.
pub const fn kind_of(template: &EmailTemplate) -> Option<EmailKind> {
    match template {
        EmailTemplate::Placed => Some(EmailKind::Placed),
        EmailTemplate::Confirmed => Some(EmailKind::Confirmed),
        EmailTemplate::Shipped(_) => Some(EmailKind::Shipped),
        EmailTemplate::Delivered => Some(EmailKind::Delivered),
        EmailTemplate::Cancelled => Some(EmailKind::Cancelled),
        EmailTemplate::Refunded { .. } => Some(EmailKind::Refunded),
        EmailTemplate::ReturnRequested { .. } => Some(EmailKind::ReturnRequested),
        EmailTemplate::ReturnReceived { .. } => Some(EmailKind::ReturnReceived),
        EmailTemplate::ReturnRejected { .. } => Some(EmailKind::ReturnRejected),
        EmailTemplate::ReturnRefunded { .. } => Some(EmailKind::ReturnRefunded),
        // What the customer asked for or is told of by law has the standard wording.
        EmailTemplate::TooLateToCancel | EmailTemplate::Link | EmailTemplate::Withdrawn(_) => None,
    }
}
