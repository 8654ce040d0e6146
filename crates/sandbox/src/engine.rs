//! The use cases of the sandbox. Each applies the payment rules within one transaction.

use crate::card::Card;
use crate::payment::{AuthorisationRequest, Payment, Rejection};
use crate::protocol::{CardData, Instrument, LinkTarget, PaymentRequest, WireError, decode_link, encode_link};
use crate::store::{NewWebhook, Token};
use crate::{Sandbox, webhooks};
use chassis::StoreError;
use jiff::{SignedDuration, Timestamp};

/// The lifetime of a session with card details.
pub(crate) const SESSION_LIFETIME: SignedDuration = SignedDuration::from_mins(15);
/// The lifetime of a token, four years.
const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_hours(4 * 365 * 24);
/// The number of due payments processed per run.
const BATCH_SIZE: usize = 100;

impl Sandbox {
    pub(crate) fn now(&self) -> Timestamp {
        self.0.system.now()
    }

    /// Returns the URL of a payment, which changes with every revision.
    pub(crate) fn link(&self, payment: &Payment) -> String {
        let link = encode_link(LinkTarget::Payment, &payment.id, payment.revision, &self.0.store.secret);
        format!("{}/api/payments/{link}", self.0.settings.api_url)
    }

    /// Returns a reference to a payment for browsers, in the form of a JSON Web Token.
    pub(crate) fn jwt(&self, to: LinkTarget, payment: &Payment) -> String {
        // The text is `{"alg":"HS256","typ":"JWT"}` in base64url. Shops forward the token without reading it.
        let head = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
        let content = encode_link(to, &payment.id, payment.revision, &self.0.store.secret);
        // Links are percent-encoded base64, while tokens consist of base64url without padding (RFC 7515).
        let content = content.replace("%3D", "").replace("%2B", "-").replace("%2F", "_");
        format!("{head}.{content}.{}", self.0.store.secret.sign(&["ticket", &content]))
    }

    /// Returns the id of the payment that a token refers to.
    pub(crate) fn read_jwt(&self, to: LinkTarget, jwt: &str) -> Option<String> {
        // The third part is not verified, because the content has signatures of its own.
        let content = jwt.split('.').nth(1)?.replace('-', "+").replace('_', "/");
        let padding = "=".repeat((4 - content.len() % 4) % 4);
        decode_link(to, &format!("{content}{padding}"), &self.0.store.secret)
    }

    /// Returns the id of the payment that a link refers to.
    pub(crate) fn payment_id(&self, link: &str) -> Result<String, WireError> {
        decode_link(LinkTarget::Payment, link, &self.0.store.secret).ok_or_else(WireError::not_found)
    }

    /// Returns the parts of a card from a request that are stored.
    pub(crate) fn card(&self, card: CardData) -> Card {
        Card::new(&card.number, card.month, card.year, card.holder, &self.0.store.secret)
    }

    /// Resolves a payment instrument to a card.
    pub(crate) async fn instrument(&self, instrument: Instrument) -> Result<Card, WireError> {
        const PLACE: &str = "$.instruction.paymentInstrument";
        match instrument {
            Instrument::Plain(card) => Ok(self.card(card)),
            Instrument::Checkout { session, holder } => {
                let id = session.rsplit('/').next().unwrap_or_default();
                let since = self.now().saturating_sub(SESSION_LIFETIME).unwrap_or(Timestamp::MIN);
                let card = self.0.store.session(id, since).await?;
                let card = card
                    .ok_or_else(|| WireError::value(&format!("{PLACE}.sessionHref"), "Unknown or expired session"))?;
                // The name entered with the number has precedence, since it selects the outcome.
                Ok(Card { holder: card.holder.or(holder), ..card })
            }
            Instrument::TokenLink(href) => {
                let id = href.rsplit('/').next().unwrap_or_default();
                let invalid = || WireError::value(&format!("{PLACE}.href"), "Unknown or expired token");
                Ok(self.token(id).await?.ok_or_else(invalid)?.card)
            }
            Instrument::TokenId { id, namespace } => {
                let invalid = || WireError::value(&format!("{PLACE}.tokenId"), "Unknown token in this namespace");
                let token = self.token(&id).await?.filter(|token| token.namespace == namespace);
                Ok(token.ok_or_else(invalid)?.card)
            }
        }
    }

    /// Returns a token that has not expired.
    pub(crate) async fn token(&self, id: &str) -> Result<Option<Token>, StoreError> {
        let now = self.now();
        Ok(self.0.store.token(id).await?.filter(|token| token.expires_at > now))
    }

    /// Creates a token for a card, without storing it.
    pub(crate) fn new_token(&self, card: Card, namespace: String) -> Token {
        // Nineteen digits without a leading zero, like Worldpay's token ids.
        let digits = u64::from_be_bytes(self.0.system.bytes()) % 9_000_000_000_000_000_000;
        let expires_at = self.now().saturating_add(TOKEN_LIFETIME).unwrap_or(Timestamp::MAX);
        Token { id: (digits + 1_000_000_000_000_000_000).to_string(), namespace, card, expires_at }
    }

    /// Creates the payment of a request, without storing it.
    pub(crate) fn begin(&self, request: PaymentRequest, card: Card) -> Payment {
        let PaymentRequest { reference, amount, auto, three_ds, return_url, .. } = request;
        let request = AuthorisationRequest { reference, amount, auto, card, return_url, three_ds };
        Payment::begin(self.new_payment_id(), request, self.now())
    }

    pub(crate) fn new_payment_id(&self) -> String {
        format!("pay{}", self.0.system.token::<16>())
    }

    /// Takes the pending events of a payment and creates their webhooks.
    pub(crate) fn create_webhooks(&self, payment: &mut Payment) -> Vec<NewWebhook> {
        let events = std::mem::take(&mut payment.webhook_events);
        if self.0.settings.webhook.is_none() {
            return Vec::new();
        }
        let faults = self.faults().webhooks;
        events.iter().flat_map(|one| webhooks::create(payment, one, &faults, &self.0.system)).collect()
    }

    /// Stores a new payment with its webhooks.
    pub(crate) async fn insert(&self, payment: &mut Payment) -> Result<(), StoreError> {
        let webhooks = self.create_webhooks(payment);
        self.0.store.add(payment, &webhooks).await?;
        self.0.work_added.notify_one();
        Ok(())
    }

    /// Changes a payment by a rule; returns `None` when it does not exist.
    pub(crate) async fn change(
        &self,
        id: &str,
        rule: impl FnOnce(&mut Payment, Timestamp) -> Result<(), Rejection>,
    ) -> Result<Option<Result<Payment, Rejection>>, StoreError> {
        let now = self.now();
        // The webhooks are stored in the transaction of the change, so that a crash cannot lose only one of them.
        let create_webhooks = |payment: &mut Payment| self.create_webhooks(payment);
        let outcome = self.0.store.change(id, now, create_webhooks, |payment| rule(payment, now)).await?;
        self.0.work_added.notify_one();
        Ok(outcome.map(|outcome| outcome.map(|((), payment)| payment)))
    }

    /// Carries out the scheduled events that are due, and returns the number of payments changed.
    pub(crate) async fn process_due(&self) -> Result<usize, StoreError> {
        let due = self.0.store.due(self.now(), BATCH_SIZE).await?;
        for id in &due {
            // Any change applies the scheduled events first, so an empty one is enough.
            self.change(id, |_, _| Ok(())).await?;
        }
        Ok(due.len())
    }
}
