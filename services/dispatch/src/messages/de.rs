//! The emails in German, with formal address.

use super::email_parts::{self, Labels};
use super::{CustomerEmails, EmailText, OrderEmail, ShopEmail, own_wording};
use crate::mail::{EmailTemplate, Withdrawal};
use crate::order::Order;
use contracts::catalogue::WithdrawalException;
use contracts::dispatch::OrderShipment;
use contracts::payment::AwaitedTransfer;
use std::fmt::Write;

pub struct German;

const LABELS: Labels = Labels {
    hello: "Guten Tag",
    colon: ": ",
    subtotal: "Zwischensumme",
    discount: "Rabatt",
    delivery: "Versand",
    day: "Tag",
    days: "Tage",
    to: "bis",
    tax: "Steuer",
    total: "Gesamtsumme",
    includes_tax: "Enthaltene Steuer",
    tracking_number: "Sendungsnummer",
    carrier: "Versand mit",
    receipt_number: "Belegnummer",
    view_order: "Ihre Bestellung ansehen",
    account_holder: "Kontoinhaber",
    reference: "Verwendungszweck",
    withdrawal_exception,
};

const fn withdrawal_exception(exception: WithdrawalException) -> &'static str {
    match exception {
        WithdrawalException::MadeToOrder => "Kein Widerrufsrecht: nach Ihren Angaben angefertigt.",
        WithdrawalException::Perishable => "Kein Widerrufsrecht: schnell verderblich.",
        WithdrawalException::Periodical => "Kein Widerrufsrecht: Zeitung, Zeitschrift oder Illustrierte.",
        WithdrawalException::SealedHygiene => "Kein Widerrufsrecht, sobald die Hygieneversiegelung entfernt ist.",
        WithdrawalException::SealedRecording => {
            "Kein Widerrufsrecht, sobald die Versiegelung des Datenträgers entfernt ist."
        }
    }
}

impl CustomerEmails for German {
    fn order_email(&self, template: &EmailTemplate, email: OrderEmail<'_>) -> EmailText {
        let number = &email.order.record.order_number;
        let (subject, message) = match template {
            EmailTemplate::Placed => (
                format!("Vielen Dank für Ihre Bestellung {number}"),
                "vielen Dank für Ihre Bestellung. Sie ist bei uns eingegangen, und wir bereiten sie vor.".to_owned(),
            ),
            EmailTemplate::Confirmed => (
                format!("Ihre Bestellung {number} ist bestätigt"),
                "Ihre Bestellung ist bestätigt, und wir bereiten den Versand vor. Sobald sie unterwegs ist, schreiben \
                 wir Ihnen."
                    .to_owned(),
            ),
            EmailTemplate::Shipped(shipment) => {
                (format!("Ihre Bestellung {number} ist unterwegs"), shipped(email.order, shipment))
            }
            EmailTemplate::Delivered => (
                format!("Ihre Bestellung {number} wurde zugestellt"),
                "Ihr Paket wurde zugestellt. Wir wünschen Ihnen viel Freude damit!".to_owned(),
            ),
            EmailTemplate::Cancelled => (format!("Ihre Bestellung {number} wurde storniert"), cancelled(email.order)),
            EmailTemplate::TooLateToCancel => (
                format!("Ihre Bestellung {number} konnte nicht storniert werden"),
                "Ihr Paket war bereits unterwegs, deshalb konnten wir Ihre Bestellung nicht mehr stornieren. Sie können \
                 sie nach der Zustellung zurücksenden."
                    .to_owned(),
            ),
            EmailTemplate::Refunded { amount, reason } => (
                format!("Ihre Erstattung zur Bestellung {number}"),
                format!("wir haben Ihnen {amount} erstattet. Grund: {reason}"),
            ),
            EmailTemplate::ReturnRefunded { amount } => (
                format!("Ihre Erstattung zur Bestellung {number}"),
                format!("wir haben Ihnen {amount} für Ihre Rücksendung erstattet."),
            ),
            EmailTemplate::ReturnRequested { id } => (
                format!("Ihre Rücksendung zur Bestellung {number}"),
                format!(
                    "Ihre Anfrage zur Rücksendung ist bei uns eingegangen. Bitte senden Sie diese Artikel an uns zurück:\n{}\n\n\
                     Sobald sie bei uns sind, schreiben wir Ihnen.",
                    email_parts::returned_items(email.order, *id)
                ),
            ),
            EmailTemplate::ReturnReceived { amount } if amount.is_zero() => (
                format!("Ihre Rücksendung zur Bestellung {number} ist angekommen"),
                "Ihre Rücksendung ist bei uns angekommen.".to_owned(),
            ),
            EmailTemplate::ReturnReceived { amount } => (
                format!("Ihre Rücksendung zur Bestellung {number} ist angekommen"),
                format!("Ihre Rücksendung ist bei uns angekommen. Wir erstatten Ihnen {amount}."),
            ),
            EmailTemplate::ReturnRejected { reason } => (
                format!("Ihre Rücksendung zur Bestellung {number} wurde abgelehnt"),
                format!("wir konnten Ihre Rücksendung leider nicht annehmen. Grund: {reason}"),
            ),
            EmailTemplate::Link => (
                format!("Ihre Bestellung {number}"),
                "Sie haben den Link zu Ihrer Bestellung angefordert. Falls Sie das nicht waren, können Sie diese E-Mail \
                 ignorieren."
                    .to_owned(),
            ),
            EmailTemplate::Withdrawn(withdrawal) => {
                (format!("Ihr Widerruf zur Bestellung {number}"), withdrawn(email.order, withdrawal))
            }
        };
        own_wording::compose(&LABELS, template, (subject, message), email)
    }

    fn transfer_instructions(&self, awaited: &AwaitedTransfer, email: ShopEmail<'_>) -> EmailText {
        let AwaitedTransfer { order_number, address, cart, transfer, .. } = awaited;
        let until = transfer.until.strftime("%d.%m.%Y, %H:%M Uhr (UTC)");
        let mut text = format!(
            "Guten Tag {},\n\nvielen Dank für Ihre Bestellung. Wir haben diese Artikel bis zum {until} für Sie \
             reserviert.\n\n",
            address.name
        );
        email_parts::items_and_totals(&LABELS, &mut text, cart);
        let _ = writeln!(text, "\nBitte überweisen Sie {} so, dass der Betrag bis dahin eingeht:", cart.totals.total);
        email_parts::bank_details(&LABELS, &mut text, transfer);
        let _ = writeln!(text, "\nBitte geben Sie den Verwendungszweck an, damit wir Ihre Zahlung zuordnen können.");
        let _ = writeln!(
            text,
            "Falls Sie inzwischen auf andere Weise bezahlt haben, können Sie diese E-Mail ignorieren.\n\n{}",
            email_parts::end(email.closing, email.shop)
        );
        EmailText { subject: format!("So bezahlen Sie Ihre Bestellung {order_number}"), body: text }
    }
}

/// Tells the customer about their payment, which depends on what was captured before.
fn cancelled(order: &Order) -> String {
    let totals = order.record.totals;
    let payment = if totals.captured.is_zero() {
        "Es wurde nichts abgebucht.".to_owned()
    } else if totals.refunded.is_zero() {
        "Bereits gezahlte Beträge erstatten wir Ihnen.".to_owned()
    } else {
        format!("Wir haben Ihnen {} erstattet.", totals.refunded)
    };
    format!("Ihre Bestellung wurde storniert. {payment}")
}

/// Tells that a shipment has left. When it has only a part of the order, its items are listed.
fn shipped(order: &Order, shipment: &OrderShipment) -> String {
    let text = match &shipment.tracking {
        Some(tracking) => format!("Ihr Paket ist mit {} unterwegs.", tracking.carrier),
        None => "Ihr Paket wurde dem Versanddienst übergeben.".to_owned(),
    };
    match email_parts::shipped_part(order, shipment) {
        Some(items) => format!("{text} Es enthält:\n{items}\n\nDen Rest Ihrer Bestellung versenden wir getrennt."),
        None => text,
    }
}

/// Confirms a withdrawal on a durable medium, with its content and time (section 356a BGB).
fn withdrawn(order: &Order, Withdrawal { lines, at, cancels }: &Withdrawal) -> String {
    let (time, items) = (at.strftime("%d.%m.%Y, %H:%M:%S Uhr (UTC)"), email_parts::items(order, lines));
    let next = if *cancels {
        "Wir stornieren Ihre Bestellung und erstatten bereits gezahlte Beträge."
    } else {
        "Falls Sie diese Artikel haben, senden Sie sie bitte innerhalb von 14 Tagen an uns zurück. Wir erstatten Ihre \
         Zahlung, einschließlich des Standardversands, wenn Sie die ganze Bestellung widerrufen haben."
    };
    format!("Ihr Widerruf ist am {time} bei uns eingegangen. Er betrifft diese Artikel:\n{items}\n\n{next}")
}
