//! What the sandbox does: rules and books brought together, each step one unit of work.

use crate::card::Card;
use crate::payment::{Impossible, Order, Payment};
use crate::store::{Outgoing, Token};
use crate::wire::{Instrument, LinkTo, PaymentRequest, WireError, WrittenCard, read_link, write_link};
use crate::{Sandbox, webhooks};
use chassis::StoreError;
use jiff::{SignedDuration, Timestamp};

/// How long card details can be paid with that a browser has given.
pub(crate) const SESSION: SignedDuration = SignedDuration::from_mins(15);
/// How long a card is kept.
const TOKEN: SignedDuration = SignedDuration::from_hours(4 * 365 * 24);
/// How many payments are looked at in one round.
const BATCH: usize = 100;

impl Sandbox {
    pub(crate) fn now(&self) -> Timestamp {
        self.0.system.now()
    }

    /// The address of a payment as it is now.
    pub(crate) fn link(&self, payment: &Payment) -> String {
        let link = write_link(LinkTo::Payment, &payment.id, payment.revision, &self.0.store.secret);
        format!("{}/api/payments/{link}", self.0.settings.api_url)
    }

    /// What stands for a payment in the hands of a browser, in the form of a JSON web token.
    pub(crate) fn ticket(&self, to: LinkTo, payment: &Payment) -> String {
        let head = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
        let content = write_link(to, &payment.id, payment.revision, &self.0.store.secret);
        let content = content.replace("%3D", "").replace("%2B", "-").replace("%2F", "_");
        format!("{head}.{content}.{}", self.0.store.secret.sign(&["ticket", &content]))
    }

    /// The payment that such a ticket stands for.
    pub(crate) fn read_ticket(&self, to: LinkTo, ticket: &str) -> Option<String> {
        let content = ticket.split('.').nth(1)?.replace('-', "+").replace('_', "/");
        let padding = "=".repeat((4 - content.len() % 4) % 4);
        read_link(to, &format!("{content}{padding}"), &self.0.store.secret)
    }

    /// The payment at this address.
    pub(crate) fn payment_id(&self, link: &str) -> Result<String, WireError> {
        read_link(LinkTo::Payment, link, &self.0.store.secret).ok_or_else(WireError::not_found)
    }

    /// What is kept of a card written into a request.
    pub(crate) fn card(&self, card: WrittenCard) -> Card {
        Card::of(&card.number, card.month, card.year, card.holder, &self.0.store.secret)
    }

    /// The card that is paid with.
    pub(crate) async fn instrument(&self, instrument: Instrument) -> Result<Card, WireError> {
        const PLACE: &str = "$.instruction.paymentInstrument";
        match instrument {
            Instrument::Plain(card) => Ok(self.card(card)),
            Instrument::Checkout { session, holder } => {
                let id = session.rsplit('/').next().unwrap_or_default();
                let since = self.now().saturating_sub(SESSION).unwrap_or(Timestamp::MIN);
                let card = self.0.store.session(id, since).await?;
                let card = card.ok_or_else(|| {
                    WireError::value(&format!("{PLACE}.sessionHref"), "Is no session, or one that has expired")
                })?;
                // The name that was typed beside the number chooses what happens.
                Ok(Card { holder: card.holder.or(holder), ..card })
            }
            Instrument::TokenLink(href) => {
                let id = href.rsplit('/').next().unwrap_or_default();
                let wrong = || WireError::value(&format!("{PLACE}.href"), "Is no token, or one that has expired");
                Ok(self.token(id).await?.ok_or_else(wrong)?.card)
            }
            Instrument::TokenId { id, namespace } => {
                let wrong = || WireError::value(&format!("{PLACE}.tokenId"), "Is no token of this namespace");
                let token = self.token(&id).await?.filter(|token| token.namespace == namespace);
                Ok(token.ok_or_else(wrong)?.card)
            }
        }
    }

    /// A card that is kept and has not expired.
    pub(crate) async fn token(&self, id: &str) -> Result<Option<Token>, StoreError> {
        let now = self.now();
        Ok(self.0.store.token(id).await?.filter(|token| token.expires_at > now))
    }

    /// A token for a card, not kept yet.
    pub(crate) fn new_token(&self, card: Card, namespace: String) -> Token {
        let digits = u64::from_be_bytes(self.0.system.bytes()) % 9_000_000_000_000_000_000;
        let expires_at = self.now().saturating_add(TOKEN).unwrap_or(Timestamp::MAX);
        Token { id: (digits + 1_000_000_000_000_000_000).to_string(), namespace, card, expires_at }
    }

    /// A payment of what was asked for, not kept yet.
    pub(crate) fn begin(&self, request: PaymentRequest, card: Card) -> Payment {
        let PaymentRequest { reference, amount, auto, strong, return_url, .. } = request;
        let order = Order { reference, amount, auto, card, return_url, strong };
        Payment::begin(self.new_payment_id(), order, self.now())
    }

    pub(crate) fn new_payment_id(&self) -> String {
        format!("pay{}", self.0.system.token::<16>())
    }

    /// Makes webhooks of what is to be told of a payment.
    pub(crate) fn announce(&self, payment: &mut Payment) -> Vec<Outgoing> {
        let news = std::mem::take(&mut payment.news);
        if self.0.settings.webhook.is_none() {
            return Vec::new();
        }
        let faults = self.faults().webhooks;
        news.iter().flat_map(|one| webhooks::outgoing(payment, one, &faults, &self.0.system)).collect()
    }

    /// Keeps a new payment.
    pub(crate) async fn keep(&self, payment: &mut Payment) -> Result<(), StoreError> {
        let outgoing = self.announce(payment);
        self.0.store.add(payment, &outgoing).await?;
        self.0.added.notify_one();
        Ok(())
    }

    /// Changes a payment by a rule; nothing, when there is no such payment.
    pub(crate) async fn change(
        &self,
        id: &str,
        rule: impl FnOnce(&mut Payment, Timestamp) -> Result<(), Impossible>,
    ) -> Result<Option<Result<Payment, Impossible>>, StoreError> {
        let now = self.now();
        let announce = |payment: &mut Payment| self.announce(payment);
        let outcome = self.0.store.change(id, now, announce, |payment| rule(payment, now)).await?;
        self.0.added.notify_one();
        Ok(outcome.map(|outcome| outcome.map(|((), payment)| payment)))
    }

    /// Lets happen to payments what is due; says to how many.
    pub(crate) async fn pass(&self) -> Result<usize, StoreError> {
        let due = self.0.store.due(self.now(), BATCH).await?;
        for id in &due {
            self.change(id, |_, _| Ok(())).await?;
        }
        Ok(due.len())
    }
}
