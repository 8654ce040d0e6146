//! How a payment comes to be authorised, and what happens to it by itself.

use super::{CommandKind, Due, Impossible, NewsKind, Payment, PaymentState};
use crate::card::Card;
use crate::script::{NOT_IDENTIFIED, Script, Verdict};
use contracts::Money;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long an authorisation lasts.
const AUTHORISED: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long one lasts whose card says that it expires.
const SHORTLY: SignedDuration = SignedDuration::from_secs(60);

/// What a merchant asks for.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub reference: String,
    pub amount: Money,
    pub auto: bool,
    pub card: Card,
    /// Where a customer goes back to after a challenge, when 3-D Secure is to be used.
    pub return_url: Option<String>,
    /// Whether 3-D Secure is to be used.
    pub strong: bool,
}

/// 3-D Secure of one payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Strong {
    pub return_url: Option<String>,
    /// What the customer decided.
    pub decided: Option<Decision>,
}

/// What a customer said to the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Decision {
    Confirmed,
    Denied,
}

/// Something that happens by itself. Commands are named by their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Happening {
    /// The authorisation runs out.
    Expire,
    /// The customer's bank takes the money back.
    ChargeBack,
    /// Money that was taken arrives.
    Settled(usize),
    /// Money that was given back arrives.
    Refunded(usize),
    /// A refund turns out to have failed.
    RefundFailed(usize),
}

impl Payment {
    /// A new payment, as far as it gets without the customer.
    pub(crate) fn begin(id: String, order: Order, now: Timestamp) -> Self {
        let Order { reference, amount, auto, card, return_url, strong } = order;
        let mut payment = Self {
            script: Script::of(card.holder.as_deref().unwrap_or_default(), amount.amount),
            strong: strong.then_some(Strong { return_url, decided: None }),
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
            last: None,
            due: Vec::new(),
            revision: 1,
            created_at: now,
            news: Vec::new(),
        };
        let Script { device_data, challenge, .. } = payment.script;
        match (&payment.strong, payment.script.verdict == Verdict::HighRisk) {
            (_, true) => {}
            (Some(_), _) if device_data => payment.state = PaymentState::DeviceDataRequired,
            (Some(_), _) if challenge => payment.state = PaymentState::Challenged,
            (None, _) if challenge && !device_data => payment.refuse(NOT_IDENTIFIED, now),
            _ => payment.conclude(now),
        }
        payment
    }

    /// The data of the customer's device has come.
    pub(crate) fn supply_device_data(&mut self, now: Timestamp) -> Result<(), Impossible> {
        if self.state != PaymentState::DeviceDataRequired {
            return Err(Impossible::NotPossible);
        }
        self.revision += 1;
        if self.script.challenge {
            self.state = PaymentState::Challenged;
        } else {
            self.conclude(now);
        }
        Ok(())
    }

    /// The customer has decided; the first decision stands.
    pub(crate) fn decide(&mut self, decision: Decision) -> Result<(), Impossible> {
        match &mut self.strong {
            Some(strong) if self.state == PaymentState::Challenged => {
                strong.decided.get_or_insert(decision);
                Ok(())
            }
            _ => Err(Impossible::NotPossible),
        }
    }

    /// The merchant goes on after a challenge. One that is not decided yet stays open.
    pub(crate) fn complete_challenge(&mut self, now: Timestamp) -> Result<(), Impossible> {
        if self.state != PaymentState::Challenged {
            return Err(Impossible::NotPossible);
        }
        match self.strong.as_ref().and_then(|strong| strong.decided) {
            None => return Ok(()),
            Some(Decision::Confirmed) => self.conclude(now),
            Some(Decision::Denied) => self.state = PaymentState::AuthenticationFailed,
        }
        self.revision += 1;
        Ok(())
    }

    /// Asks the bank.
    fn conclude(&mut self, now: Timestamp) {
        match self.script.verdict.clone() {
            Verdict::Refuse(code) => self.refuse(&code, now),
            Verdict::HighRisk | Verdict::Error => self.state = PaymentState::HighRisk,
            Verdict::Authorise => self.authorise(now),
        }
    }

    fn authorise(&mut self, now: Timestamp) {
        self.ask_the_bank("Succeeded", now);
        self.state = PaymentState::Authorised;
        self.tell(NewsKind::Authorized, self.amount.amount, None);
        if self.auto {
            self.take_at_once(now);
        } else {
            self.schedule(if self.script.expires { SHORTLY } else { AUTHORISED }, Happening::Expire, now);
        }
    }

    fn refuse(&mut self, code: &str, now: Timestamp) {
        self.ask_the_bank("Refused", now);
        self.state = PaymentState::Refused;
        self.refusal = Some(code.to_owned());
        self.tell(NewsKind::Refused, self.amount.amount, None);
    }

    fn ask_the_bank(&mut self, answer: &str, now: Timestamp) {
        let (id, amount) = (self.next_command_id(), self.amount.amount);
        let what = if self.auto { "sale" } else { "authorization" };
        self.record(&format!("{what}Requested"), &id, amount, None, now);
        self.record(&format!("{what}{answer}"), &id, amount, None, now);
        self.tell(NewsKind::SentForAuthorization, amount, None);
    }

    pub(super) fn schedule(&mut self, after: SignedDuration, what: Happening, now: Timestamp) {
        self.due.push(Due { at: now.saturating_add(after).unwrap_or(now), what });
    }

    /// Lets happen what is due by now; says whether anything did.
    pub(crate) fn pass(&mut self, now: Timestamp) -> bool {
        let (mut over, later): (Vec<Due>, Vec<Due>) = self.due.drain(..).partition(|due| due.at <= now);
        self.due = later;
        over.sort_by_key(|due| due.at);
        for due in &over {
            match due.what {
                Happening::Expire => _ = self.expire(),
                Happening::ChargeBack => _ = self.charge_back(None),
                Happening::Settled(index) => self.arrived(index, NewsKind::Settled),
                Happening::Refunded(index) => self.arrived(index, NewsKind::Refunded),
                Happening::RefundFailed(index) => self.fail(index, due.at),
            }
        }
        !over.is_empty()
    }

    /// The authorisation runs out, as far as it was not taken.
    pub(crate) fn expire(&mut self) -> Result<(), Impossible> {
        let held = self.held();
        if held == 0 {
            return Err(Impossible::NotPossible);
        }
        self.state = PaymentState::Expired;
        self.revision += 1;
        self.tell(NewsKind::Expired, held, None);
        Ok(())
    }

    /// The customer's bank takes money back: all that is there, or this much of it.
    pub(crate) fn charge_back(&mut self, amount: Option<i64>) -> Result<(), Impossible> {
        let most = self.disputable();
        let amount = amount.unwrap_or(most);
        if most <= 0 {
            return Err(Impossible::NotPossible);
        }
        if !(1..=most).contains(&amount) {
            return Err(Impossible::TooMuch(most));
        }
        self.charged_back += amount;
        self.tell(NewsKind::ChargedBack, amount, None);
        Ok(())
    }

    /// The newest settlement or refund, of this amount if one is given, comes to nothing.
    pub(crate) fn fail_newest(
        &mut self,
        kind: CommandKind,
        amount: Option<i64>,
        now: Timestamp,
    ) -> Result<(), Impossible> {
        let fits = |one: &super::Command| one.kind == kind && !one.failed && amount.is_none_or(|sum| sum == one.amount);
        let index = self.commands.iter().rposition(fits).ok_or(Impossible::NotPossible)?;
        if kind == CommandKind::Settle && self.disputable() < self.commands[index].amount {
            return Err(Impossible::NotPossible);
        }
        self.fail(index, now);
        Ok(())
    }

    fn arrived(&mut self, index: usize, news: NewsKind) {
        let command = self.commands[index].clone();
        if !command.failed {
            self.tell(news, command.amount, command.reference());
        }
    }

    fn fail(&mut self, index: usize, now: Timestamp) {
        if self.commands[index].failed {
            return;
        }
        self.commands[index].failed = true;
        self.revision += 1;
        let command = self.commands[index].clone();
        let (name, news) = match command.kind {
            CommandKind::Settle => ("settlementFailed", NewsKind::SettlementFailed),
            _ => ("refundFailed", NewsKind::RefundFailed),
        };
        self.record(name, &self.next_command_id(), command.amount, command.reference(), now);
        self.tell(news, command.amount, command.reference());
    }
}
