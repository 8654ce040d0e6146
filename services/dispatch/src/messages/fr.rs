//! The emails in French, with formal address.

use super::email_parts::{self, Labels};
use super::{CustomerEmails, EmailText, OrderEmail, ShopEmail, own_wording};
use crate::mail::{EmailTemplate, Withdrawal};
use crate::order::Order;
use contracts::catalogue::WithdrawalException;
use contracts::dispatch::OrderShipment;
use contracts::payment::AwaitedTransfer;
use std::fmt::Write;

pub struct French;

// French sets a space before a colon, which must not break the line.
const LABELS: Labels = Labels {
    hello: "Bonjour",
    colon: "\u{a0}: ",
    subtotal: "Sous-total",
    discount: "Remise",
    delivery: "Livraison",
    day: "jour",
    days: "jours",
    to: "à",
    tax: "Taxes",
    total: "Total",
    includes_tax: "Taxes incluses",
    tracking_number: "Numéro de suivi",
    carrier: "Transporteur",
    receipt_number: "Numéro de reçu",
    view_order: "Voir votre commande",
    account_holder: "Titulaire du compte",
    reference: "Référence",
    withdrawal_exception,
};

const fn withdrawal_exception(exception: WithdrawalException) -> &'static str {
    match exception {
        WithdrawalException::MadeToOrder => "Pas de droit de rétractation\u{a0}: fabriqué selon vos spécifications.",
        WithdrawalException::Perishable => "Pas de droit de rétractation\u{a0}: se détériore ou se périme rapidement.",
        WithdrawalException::Periodical => "Pas de droit de rétractation\u{a0}: journal, périodique ou magazine.",
        WithdrawalException::SealedHygiene => "Pas de droit de rétractation une fois le scellé d'hygiène rompu.",
        WithdrawalException::SealedRecording => {
            "Pas de droit de rétractation une fois l'enregistrement ou le logiciel descellé."
        }
    }
}

impl CustomerEmails for French {
    fn order_email(&self, template: &EmailTemplate, email: OrderEmail<'_>) -> EmailText {
        let number = &email.order.record.order_number;
        let (subject, message) = match template {
            EmailTemplate::Placed => (
                format!("Merci pour votre commande {number}"),
                "Merci pour votre commande. Nous l’avons bien reçue et nous la préparons.".to_owned(),
            ),
            EmailTemplate::Confirmed => (
                format!("Votre commande {number} est confirmée"),
                "Votre commande est confirmée et nous préparons son expédition. Nous vous écrirons dès son départ."
                    .to_owned(),
            ),
            EmailTemplate::Shipped(shipment) => {
                (format!("Votre commande {number} est en route"), shipped(email.order, shipment))
            }
            EmailTemplate::Delivered => (
                format!("Votre commande {number} a été livrée"),
                "Votre colis a été livré. Nous espérons qu’il vous plaira\u{a0}!".to_owned(),
            ),
            EmailTemplate::Cancelled => (format!("Votre commande {number} a été annulée"), cancelled(email.order)),
            EmailTemplate::TooLateToCancel => (
                format!("Votre commande {number} n’a pas pu être annulée"),
                "Votre colis était déjà parti, nous n’avons donc pas pu annuler votre commande. Vous pourrez la \
                 retourner après la livraison."
                    .to_owned(),
            ),
            EmailTemplate::Refunded { amount, reason } => (
                format!("Votre remboursement pour la commande {number}"),
                format!("Nous vous avons remboursé {amount}. Motif\u{a0}: {reason}"),
            ),
            EmailTemplate::ReturnRefunded { amount } => (
                format!("Votre remboursement pour la commande {number}"),
                format!("Nous vous avons remboursé {amount} pour votre retour."),
            ),
            EmailTemplate::ReturnRequested { id } => (
                format!("Votre demande de retour pour la commande {number}"),
                format!(
                    "Nous avons bien reçu votre demande de retour. Veuillez nous renvoyer ces articles\u{a0}:\n{}\n\n\
                     Nous vous écrirons dès leur arrivée.",
                    email_parts::returned_items(email.order, *id)
                ),
            ),
            EmailTemplate::ReturnReceived { amount } if amount.is_zero() => (
                format!("Nous avons reçu votre retour pour la commande {number}"),
                "Nous avons bien reçu votre retour.".to_owned(),
            ),
            EmailTemplate::ReturnReceived { amount } => (
                format!("Nous avons reçu votre retour pour la commande {number}"),
                format!("Nous avons bien reçu votre retour. Nous allons vous rembourser {amount}."),
            ),
            EmailTemplate::ReturnRejected { reason } => (
                format!("Votre retour pour la commande {number} a été refusé"),
                format!("Nous n’avons malheureusement pas pu accepter votre retour. Motif\u{a0}: {reason}"),
            ),
            EmailTemplate::Link => (
                format!("Votre commande {number}"),
                "Vous avez demandé le lien vers votre commande. Si ce n’était pas vous, ignorez cet e-mail.".to_owned(),
            ),
            EmailTemplate::Withdrawn(withdrawal) => {
                (format!("Votre rétractation pour la commande {number}"), withdrawn(email.order, withdrawal))
            }
        };
        own_wording::compose(&LABELS, template, (subject, message), email)
    }

    fn transfer_instructions(&self, awaited: &AwaitedTransfer, email: ShopEmail<'_>) -> EmailText {
        let AwaitedTransfer { order_number, address, cart, transfer, .. } = awaited;
        let until = transfer.until.strftime("%d/%m/%Y à %H:%M (UTC)");
        let mut text = format!(
            "Bonjour {},\n\nMerci pour votre commande. Nous vous réservons ces articles jusqu’au {until}.\n\n",
            address.name
        );
        email_parts::items_and_totals(&LABELS, &mut text, cart);
        let _ = writeln!(
            text,
            "\nVeuillez virer {} de sorte que le montant arrive avant cette date\u{a0}:",
            cart.totals.total
        );
        email_parts::bank_details(&LABELS, &mut text, transfer);
        let _ = writeln!(text, "\nIndiquez la référence pour que nous puissions identifier votre paiement.");
        let _ = writeln!(
            text,
            "Si vous avez déjà payé autrement, ignorez cet e-mail.\n\n{}",
            email_parts::end(email.closing, email.shop)
        );
        EmailText { subject: format!("Comment payer votre commande {order_number}"), body: text }
    }
}

/// Tells the customer about their payment, which depends on what was captured before.
fn cancelled(order: &Order) -> String {
    let totals = order.record.totals;
    let payment = if totals.captured.is_zero() {
        "Vous n’avez pas été débité.".to_owned()
    } else if totals.refunded.is_zero() {
        "Tout paiement vous sera remboursé.".to_owned()
    } else {
        format!("Nous vous avons remboursé {}.", totals.refunded)
    };
    format!("Votre commande a été annulée. {payment}")
}

/// Tells that a shipment has left. When it has only a part of the order, its items are listed.
fn shipped(order: &Order, shipment: &OrderShipment) -> String {
    let text = match &shipment.tracking {
        Some(tracking) => format!("Votre colis est en route avec {}.", tracking.carrier),
        None => "Votre colis a été remis au transporteur.".to_owned(),
    };
    match email_parts::shipped_part(order, shipment) {
        Some(items) => {
            format!("{text} Il contient\u{a0}:\n{items}\n\nLe reste de votre commande est expédié séparément.")
        }
        None => text,
    }
}

/// Confirms a withdrawal on a durable medium, with its content and time, as Directive 2011/83/EU, article 11a (4) requires.
fn withdrawn(order: &Order, Withdrawal { lines, at, cancels }: &Withdrawal) -> String {
    let (time, items) = (at.strftime("%d/%m/%Y à %H:%M:%S (UTC)"), email_parts::items(order, lines));
    let next = if *cancels {
        "Nous annulons votre commande et remboursons tout paiement."
    } else {
        "Si vous avez reçu ces articles, veuillez nous les renvoyer sous 14 jours. Nous rembourserons votre paiement, y \
         compris la livraison standard si vous vous êtes rétracté pour toute la commande."
    };
    format!("Nous avons reçu votre rétractation le {time} pour ces articles\u{a0}:\n{items}\n\n{next}")
}
