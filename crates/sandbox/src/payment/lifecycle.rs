//! The authorisation of a payment, and the events that happen automatically.

use super::{CommandKind, Payment, PaymentState, Rejection, ScheduleEntry, WebhookEventType};
use crate::card::Card;
use crate::script::{NOT_AUTHENTICATED, Outcome, Script};
use contracts::Money;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The lifetime of an authorisation.
const AUTHORISATION_LIFETIME: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The lifetime of an authorisation whose script says that it expires.
const SHORT_AUTHORISATION_LIFETIME: SignedDuration = SignedDuration::from_secs(60);

/// A merchant's request for an authorisation.
#[derive(Debug, Clone)]
pub(crate) struct AuthorisationRequest {
    pub reference: String,
    pub amount: Money,
    pub auto: bool,
    pub card: Card,
    /// The URL to which the customer returns after a challenge.
    pub return_url: Option<String>,
    /// Set when the merchant requested 3-D Secure.
    pub three_ds: bool,
}

/// The state of 3-D Secure for a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ThreeDs {
    pub return_url: Option<String>,
    /// The customer's decision about the challenge.
    pub decided: Option<Decision>,
}

/// A customer's decision about a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Decision {
    Confirmed,
    Denied,
}

/// An event that happens automatically. The index refers to the payment's list of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ScheduledEvent {
    /// The authorisation expires unsettled.
    Expire,
    /// The customer's bank charges the payment back.
    ChargeBack,
    /// The money of a settlement arrives.
    Settled(usize),
    /// The money of a refund arrives.
    Refunded(usize),
    /// A refund fails after it was sent.
    RefundFailed(usize),
}

impl Payment {
    /// Starts a payment and advances it as far as possible without the customer.
    pub(crate) fn begin(id: String, request: AuthorisationRequest, now: Timestamp) -> Self {
        let AuthorisationRequest { reference, amount, auto, card, return_url, three_ds } = request;
        let mut payment = Self {
            script: Script::select(card.holder.as_deref().unwrap_or_default(), amount.amount),
            three_ds: three_ds.then_some(ThreeDs { return_url, decided: None }),
            id,
            reference,
            amount,
            auto,
            card,
            state: PaymentState::HighRisk,
            refusal: None,
            commands: Vec::new(),
            charged_back: 0,
            history: Vec::new(),
            last_event: None,
            scheduled: Vec::new(),
            revision: 1,
            created_at: now,
            webhook_events: Vec::new(),
        };
        let Script { device_data, challenge, .. } = payment.script;
        match (&payment.three_ds, payment.script.outcome == Outcome::HighRisk) {
            // Fraud checks come before 3-D Secure, and leave the payment in its initial state.
            (_, true) => {}
            (Some(_), _) if device_data => payment.state = PaymentState::DeviceDataRequired,
            (Some(_), _) if challenge => payment.state = PaymentState::Challenged,
            (None, _) if challenge && !device_data => payment.refuse(NOT_AUTHENTICATED, now),
            _ => payment.request_authorisation(now),
        }
        payment
    }

    /// Continues after the merchant supplied the device data.
    pub(crate) fn supply_device_data(&mut self, now: Timestamp) -> Result<(), Rejection> {
        if self.state != PaymentState::DeviceDataRequired {
            return Err(Rejection::NotAllowed);
        }
        self.revision += 1;
        if self.script.challenge {
            self.state = PaymentState::Challenged;
        } else {
            self.request_authorisation(now);
        }
        Ok(())
    }

    /// Records the customer's decision; later decisions are ignored.
    pub(crate) fn decide(&mut self, decision: Decision) -> Result<(), Rejection> {
        match &mut self.three_ds {
            Some(three_ds) if self.state == PaymentState::Challenged => {
                // The customer may press both buttons, in two windows; only the first decision counts.
                three_ds.decided.get_or_insert(decision);
                Ok(())
            }
            _ => Err(Rejection::NotAllowed),
        }
    }

    /// Continues after a challenge. Without a decision of the customer it stays open.
    pub(crate) fn complete_challenge(&mut self, now: Timestamp) -> Result<(), Rejection> {
        if self.state != PaymentState::Challenged {
            return Err(Rejection::NotAllowed);
        }
        match self.three_ds.as_ref().and_then(|three_ds| three_ds.decided) {
            None => return Ok(()),
            Some(Decision::Confirmed) => self.request_authorisation(now),
            Some(Decision::Denied) => self.state = PaymentState::AuthenticationFailed,
        }
        self.revision += 1;
        Ok(())
    }

    /// Applies the outcome that the script selects.
    fn request_authorisation(&mut self, now: Timestamp) {
        match self.script.outcome.clone() {
            Outcome::Refuse(code) => self.refuse(&code, now),
            // `Error` was returned before the payment was created, so it cannot occur here.
            Outcome::HighRisk | Outcome::Error => self.state = PaymentState::HighRisk,
            Outcome::Authorise => self.authorise(now),
        }
    }

    fn authorise(&mut self, now: Timestamp) {
        self.record_authorisation("Succeeded", now);
        self.state = PaymentState::Authorised;
        self.emit(WebhookEventType::Authorized, self.amount.amount, None);
        // A settled payment does not expire any more.
        if self.auto {
            self.settle_immediately(now);
        } else {
            self.schedule(
                if self.script.expires { SHORT_AUTHORISATION_LIFETIME } else { AUTHORISATION_LIFETIME },
                ScheduledEvent::Expire,
                now,
            );
        }
    }

    fn refuse(&mut self, code: &str, now: Timestamp) {
        self.record_authorisation("Refused", now);
        self.state = PaymentState::Refused;
        self.refusal = Some(code.to_owned());
        self.emit(WebhookEventType::Refused, self.amount.amount, None);
    }

    fn record_authorisation(&mut self, result: &str, now: Timestamp) {
        let (id, amount) = (self.next_command_id(), self.amount.amount);
        let operation = if self.auto { "sale" } else { "authorization" };
        self.record(&format!("{operation}Requested"), &id, amount, None, now);
        self.record(&format!("{operation}{result}"), &id, amount, None, now);
        self.emit(WebhookEventType::SentForAuthorization, amount, None);
    }

    pub(super) fn schedule(&mut self, after: SignedDuration, event: ScheduledEvent, now: Timestamp) {
        self.scheduled.push(ScheduleEntry { at: now.saturating_add(after).unwrap_or(now), event });
    }

    /// Applies the scheduled events that are due, and returns true if there were any.
    pub(crate) fn tick(&mut self, now: Timestamp) -> bool {
        let (mut due, later): (Vec<ScheduleEntry>, Vec<ScheduleEntry>) =
            self.scheduled.drain(..).partition(|entry| entry.at <= now);
        self.scheduled = later;
        // In order of time, as several events may have become due since the last run.
        due.sort_by_key(|entry| entry.at);
        for entry in &due {
            match entry.event {
                // A rejection means that the event no longer applies, such as the expiry of a settled payment.
                ScheduledEvent::Expire => _ = self.expire(),
                ScheduledEvent::ChargeBack => _ = self.charge_back(None),
                ScheduledEvent::Settled(index) => self.arrived(index, WebhookEventType::Settled),
                ScheduledEvent::Refunded(index) => self.arrived(index, WebhookEventType::Refunded),
                // The history shows the scheduled time, however late the worker applies the event.
                ScheduledEvent::RefundFailed(index) => self.fail(index, entry.at),
            }
        }
        !due.is_empty()
    }

    /// Expires the part of the authorisation that was not settled.
    pub(crate) fn expire(&mut self) -> Result<(), Rejection> {
        let capturable = self.capturable();
        if capturable == 0 {
            return Err(Rejection::NotAllowed);
        }
        self.state = PaymentState::Expired;
        self.revision += 1;
        self.emit(WebhookEventType::Expired, capturable, None);
        Ok(())
    }

    /// Charges back an amount, or everything that can be charged back.
    pub(crate) fn charge_back(&mut self, amount: Option<i64>) -> Result<(), Rejection> {
        let max = self.disputable();
        let amount = amount.unwrap_or(max);
        if max <= 0 {
            return Err(Rejection::NotAllowed);
        }
        if !(1..=max).contains(&amount) {
            return Err(Rejection::AmountTooHigh(max));
        }
        self.charged_back += amount;
        self.emit(WebhookEventType::ChargedBack, amount, None);
        Ok(())
    }

    /// Makes the newest settlement or refund fail; with an amount, the newest of that amount.
    pub(crate) fn fail_newest(
        &mut self,
        kind: CommandKind,
        amount: Option<i64>,
        now: Timestamp,
    ) -> Result<(), Rejection> {
        let fits = |one: &super::Command| one.kind == kind && !one.failed && amount.is_none_or(|sum| sum == one.amount);
        let index = self.commands.iter().rposition(fits).ok_or(Rejection::NotAllowed)?;
        // Money that was refunded or charged back cannot fail to arrive any more.
        if kind == CommandKind::Settle && self.disputable() < self.commands[index].amount {
            return Err(Rejection::NotAllowed);
        }
        self.fail(index, now);
        Ok(())
    }

    fn arrived(&mut self, index: usize, event: WebhookEventType) {
        let command = self.commands[index].clone();
        if !command.failed {
            self.emit(event, command.amount, command.reference());
        }
    }

    fn fail(&mut self, index: usize, now: Timestamp) {
        if self.commands[index].failed {
            return;
        }
        self.commands[index].failed = true;
        self.revision += 1;
        let command = self.commands[index].clone();
        let (name, event) = match command.kind {
            CommandKind::Settle => ("settlementFailed", WebhookEventType::SettlementFailed),
            _ => ("refundFailed", WebhookEventType::RefundFailed),
        };
        self.record(name, &self.next_command_id(), command.amount, command.reference(), now);
        self.emit(event, command.amount, command.reference());
    }
}
