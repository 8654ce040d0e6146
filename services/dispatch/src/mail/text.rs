//! What the letters say.

use super::{Letter, Mail, Notice};
use crate::order::Order;
use contracts::EventId;
use contracts::cart::CartSnapshot;
use contracts::events::StockLow;
use contracts::payment::{AwaitedTransfer, OrderLinks};
use jiff::Timestamp;
use std::fmt::Write;

/// Writes letters for one shop.
#[derive(Debug, Clone)]
pub struct Writer {
    /// The shop's name.
    pub shop: String,
    /// Where the shop is, without a slash at the end.
    pub base_url: String,
    /// Signs the links.
    pub links: OrderLinks,
}

impl Writer {
    /// The mail for an occasion. Its id is made of the order and its place among the order's mails, so that writing
    /// it twice makes the same mail.
    pub fn write(&self, order: &Order, letter: &Letter, place: usize, now: Timestamp) -> Mail {
        let number = &order.record.order_number;
        let (subject, news) = match letter {
            Letter::Placed => (
                format!("Thank you for your order {number}"),
                "we have received your order and your payment.".to_owned(),
            ),
            Letter::Confirmed => {
                (format!("Your order {number} is ready"), "your order is packed and will leave soon.".to_owned())
            }
            Letter::Shipped => {
                (format!("Your order {number} is on its way"), "your parcel has left our warehouse.".to_owned())
            }
            Letter::Delivered => {
                (format!("Your order {number} has arrived"), "your parcel has been delivered. Enjoy!".to_owned())
            }
            Letter::Cancelled => (
                format!("Your order {number} is cancelled"),
                "your order is cancelled. You do not pay anything; what was charged is on its way back.".to_owned(),
            ),
            Letter::TooLateToCancel => (
                format!("Your order {number} could not be cancelled"),
                "your parcel had left before it could be stopped, so your order is not cancelled.".to_owned(),
            ),
            Letter::Refunded { amount, reason } => {
                (format!("A refund for your order {number}"), format!("we have given back {amount}: {reason}"))
            }
            Letter::ReturnRequested => (
                format!("Your return of order {number}"),
                "we know that you want to return some of your order. Please send it back to us.".to_owned(),
            ),
            Letter::ReturnReceived { amount } => (
                format!("Your return of order {number} has come in"),
                format!("what you returned has come in. We give {amount} back."),
            ),
            Letter::ReturnRejected { reason } => (
                format!("Your return of order {number} was not accepted"),
                format!("we cannot take back what you return: {reason}"),
            ),
        };
        Mail {
            id: format!("{}.{place}@{}", order.id(), self.host()),
            to: order.record.email.as_str().to_owned(),
            subject: format!("{subject} - {}", self.shop),
            body: self.body(order, &news),
            at: now,
        }
    }

    /// The mail that an event is about: the same event makes the same mail.
    pub fn notify(&self, event: EventId, notice: &Notice, now: Timestamp) -> Mail {
        let (to, subject, body) = match notice {
            Notice::StockLow { to, low } => self.little_left(to, low),
            Notice::TransferAwaited(awaited) => self.awaits(awaited),
        };
        Mail {
            id: format!("{event}@{}", self.host()),
            to,
            subject: format!("{subject} - {}", self.shop),
            body,
            at: now,
        }
    }

    fn little_left(&self, to: &str, low: &StockLow) -> (String, String, String) {
        let (sku, available) = (&low.sku, low.available);
        let body = format!(
            "{available} of {sku} can still be sold; you asked to be told at {}.\n\n{}\n",
            low.threshold, self.base_url
        );
        (to.to_owned(), format!("Little is left of {sku}"), body)
    }

    fn awaits(&self, awaited: &AwaitedTransfer) -> (String, String, String) {
        let AwaitedTransfer { order_number, email, address, cart, transfer } = awaited;
        let until = transfer.until.strftime("%-d %B %Y, %H:%M UTC");
        let mut text = format!("Dear {},\n\nwe hold these goods for you until {until}.\n\n", address.name);
        bill(&mut text, cart);
        let _ = writeln!(text, "\nPlease transfer {} so that it is there by then,", cart.totals.total);
        let _ = writeln!(text, "  to {}, IBAN {}", transfer.holder, in_groups(&transfer.iban));
        if let Some(bic) = &transfer.bic {
            let _ = writeln!(text, "  BIC {bic}");
        }
        let _ = writeln!(text, "  with the reference {}", transfer.reference);
        let _ =
            writeln!(text, "\nHave you paid in another way since? Then there is nothing to transfer.\n\n{}", self.shop);
        (email.as_str().to_owned(), format!("How to pay your order {order_number}"), text)
    }

    fn host(&self) -> &str {
        self.base_url.split_once("://").map_or("shop", |(_, rest)| rest).split([':', '/']).next().unwrap_or("shop")
    }

    fn body(&self, order: &Order, news: &str) -> String {
        let record = &order.record;
        let mut text = format!("Dear {},\n\n{news}\n\n", record.address.name);
        bill(&mut text, &record.cart);
        for shipment in &order.shipments {
            let _ = writeln!(text, "\nParcel {} with {}", shipment.number, shipment.carrier);
        }
        if let Some(receipt) = &record.receipt_number {
            let _ = writeln!(text, "Receipt {receipt}");
        }
        let token = self.links.token(order.id());
        let _ = writeln!(
            text,
            "\nFollow your order: {}/orders/{}?token={token}\n\n{}",
            self.base_url,
            order.id(),
            self.shop
        );
        text
    }
}

/// What is bought, line by line, and what it comes to.
fn bill(text: &mut String, cart: &CartSnapshot) {
    for line in &cart.lines {
        let options = line.option_values.join(", ");
        let options = if options.is_empty() { options } else { format!(" ({options})") };
        let _ = writeln!(text, "  {} x {}{options}: {}", line.quantity.get(), line.title, line.total);
    }
    let totals = &cart.totals;
    let _ = writeln!(text, "  Shipping, {}: {}", cart.shipping.label, cart.shipping.total);
    let tax = if totals.tax_included { "included" } else { "added" };
    let _ = writeln!(text, "  Total: {} (tax {tax}: {})", totals.total, totals.tax);
}

/// An IBAN as people read it (ISO 13616): in groups of four.
fn in_groups(iban: &str) -> String {
    let letters: Vec<char> = iban.chars().collect();
    letters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
}
