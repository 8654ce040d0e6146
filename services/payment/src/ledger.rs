//! The double-entry ledger of captured and refunded money. The entries of every posting sum to zero.

use crate::operation::MANUAL;
use contracts::cart::CartSnapshot;
use contracts::{Money, MoneyError};
use serde::{Deserialize, Serialize};

/// An account of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerAccount {
    /// Receivables: money that gateways owe the merchant.
    Gateway,
    /// Revenue from products, without tax.
    Sales,
    /// Revenue from shipping, without tax.
    Shipping,
    /// Tax owed to the state.
    Tax,
    /// Money refunded to customers.
    Refunds,
    /// Money that customers' banks charged back.
    Chargebacks,
    /// The merchant's own bank account.
    Bank,
}

impl LedgerAccount {
    /// The account's name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Sales => "sales",
            Self::Shipping => "shipping",
            Self::Tax => "tax",
            Self::Refunds => "refunds",
            Self::Chargebacks => "chargebacks",
            Self::Bank => "bank",
        }
    }
}

/// One side of a posting: positive amounts are debits, negative ones credits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub account: LedgerAccount,
    pub amount: Money,
}

/// A posting; there is at most one per source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// The origin of the posting, derived from the operation's reference.
    pub source: String,
    /// The gateway that moved the money.
    pub gateway: String,
    /// The entries, which sum to zero.
    pub entries: Vec<Entry>,
}

/// The account that holds a gateway's money. Manual payments move through the merchant's bank account, as no gateway
/// will ever pay them out.
fn holding_account(gateway: &str) -> LedgerAccount {
    if gateway == MANUAL { LedgerAccount::Bank } else { LedgerAccount::Gateway }
}

fn negative(amount: Money) -> Money {
    amount.currency.minor(-amount.amount)
}

fn two_sided(source: String, gateway: &str, debit: LedgerAccount, credit: LedgerAccount, amount: Money) -> Posting {
    let entries = vec![Entry { account: debit, amount }, Entry { account: credit, amount: negative(amount) }];
    Posting { source, gateway: gateway.to_owned(), entries }
}

/// Splits the first `captured` minor units of an order's total into sales, shipping and tax, by largest remainder, so
/// that the shares of all captures add up to the order's own.
fn shares(captured: i64, cart: &CartSnapshot) -> Result<[i64; 3], MoneyError> {
    let totals = &cart.totals;
    let shipping = cart.shipping.total.minus(cart.shipping.tax)?.amount;
    let tax = totals.tax.amount;
    let sales = totals.total.amount - tax - shipping;
    if captured == totals.total.amount {
        return Ok([sales, shipping, tax]);
    }
    let shares = totals.total.currency.minor(captured).allocate(&[sales, shipping, tax])?;
    Ok([shares[0].amount, shares[1].amount, shares[2].amount])
}

/// Builds the posting for a capture, after `before` minor units were captured already.
///
/// # Errors
/// When the cart's totals overflow, which checkout has ruled out.
pub fn captured(
    source: &str,
    gateway: &str,
    amount: Money,
    before: i64,
    cart: &CartSnapshot,
) -> Result<Posting, MoneyError> {
    // The difference of two cumulative splits: rounding of one partial capture is made up for by the next.
    let (until, from) = (shares(before + amount.amount, cart)?, shares(before, cart)?);
    let credit = |account, place: usize| Entry { account, amount: amount.currency.minor(from[place] - until[place]) };
    let entries = vec![
        Entry { account: holding_account(gateway), amount },
        credit(LedgerAccount::Sales, 0),
        credit(LedgerAccount::Shipping, 1),
        credit(LedgerAccount::Tax, 2),
    ];
    Ok(Posting { source: source.to_owned(), gateway: gateway.to_owned(), entries })
}

/// Builds the posting that reverses another one, because its operation failed afterwards.
#[must_use]
pub fn reversed(posting: &Posting) -> Posting {
    let entries =
        posting.entries.iter().map(|entry| Entry { account: entry.account, amount: negative(entry.amount) }).collect();
    // A source of its own, since each source is posted only once.
    Posting { source: format!("{}:failed", posting.source), gateway: posting.gateway.clone(), entries }
}

/// Builds the posting for a refund.
pub fn refunded(source: &str, gateway: &str, amount: Money) -> Posting {
    two_sided(source.to_owned(), gateway, LedgerAccount::Refunds, holding_account(gateway), amount)
}

/// Builds the posting for a chargeback; `id` is the gateway's id of it, as one authorisation may have several.
pub fn charged_back(source: &str, id: &str, gateway: &str, amount: Money) -> Posting {
    two_sided(format!("{source}:chargeback:{id}"), gateway, LedgerAccount::Chargebacks, LedgerAccount::Gateway, amount)
}

/// Builds the posting for a gateway's payout that arrived at the merchant's bank.
pub fn paid_out(reference: &str, gateway: &str, amount: Money) -> Posting {
    // The source names the gateway, as references are unique per gateway only.
    two_sided(format!("payout:{gateway}:{reference}"), gateway, LedgerAccount::Bank, LedgerAccount::Gateway, amount)
}
