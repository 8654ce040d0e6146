//! The double-entry ledger: what was taken and given back, for whom and for what. Each posting adds up to nothing.

use crate::attempt::MANUAL;
use contracts::cart::CartSnapshot;
use contracts::{Money, MoneyError};
use serde::{Deserialize, Serialize};

/// An account of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerAccount {
    /// What gateways owe the merchant.
    Gateway,
    /// Goods sold, without tax.
    Sales,
    /// Shipping sold, without tax.
    Shipping,
    /// Tax owed to the state.
    Tax,
    /// Money given back.
    Refunds,
    /// Money taken back by customers through their banks.
    Chargebacks,
    /// The merchant's bank account.
    Bank,
}

/// One side of a posting: positive amounts are debits, negative ones credits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The account.
    pub account: LedgerAccount,
    /// The amount.
    pub amount: Money,
}

/// A posting, made once per source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// What it comes from: the reference of the attempt.
    pub source: String,
    /// The gateway that moved the money.
    pub gateway: String,
    /// Its entries; they add up to nothing.
    pub entries: Vec<Entry>,
}

/// Where the money of a gateway is: what people move by hand goes over the merchant's bank account.
fn holder(gateway: &str) -> LedgerAccount {
    if gateway == MANUAL { LedgerAccount::Bank } else { LedgerAccount::Gateway }
}

fn negative(amount: Money) -> Money {
    amount.currency.minor(-amount.amount)
}

fn two_sides(source: String, gateway: &str, debit: LedgerAccount, credit: LedgerAccount, amount: Money) -> Posting {
    let entries = vec![Entry { account: debit, amount }, Entry { account: credit, amount: negative(amount) }];
    Posting { source, gateway: gateway.to_owned(), entries }
}

/// What of the first `taken` of an order's total is sales, shipping and tax: by largest remainder, so that the parts of
/// all captures add up to the order's own.
fn parts(taken: i64, cart: &CartSnapshot) -> Result<[i64; 3], MoneyError> {
    let totals = &cart.totals;
    let shipping = cart.shipping.total.minus(cart.shipping.tax)?.amount;
    let tax = totals.tax.amount;
    let sales = totals.total.amount - tax - shipping;
    if taken == totals.total.amount {
        return Ok([sales, shipping, tax]);
    }
    let shares = totals.total.currency.minor(taken).allocate(&[sales, shipping, tax])?;
    Ok([shares[0].amount, shares[1].amount, shares[2].amount])
}

/// The posting for a part of an order's money taken, after `before` was taken already.
///
/// # Errors
/// When the cart's sums do not make sense, which they have been checked for.
pub fn captured(
    source: &str,
    gateway: &str,
    amount: Money,
    before: i64,
    cart: &CartSnapshot,
) -> Result<Posting, MoneyError> {
    let (until, from) = (parts(before + amount.amount, cart)?, parts(before, cart)?);
    let credit = |account, place: usize| Entry { account, amount: amount.currency.minor(from[place] - until[place]) };
    let entries = vec![
        Entry { account: holder(gateway), amount },
        credit(LedgerAccount::Sales, 0),
        credit(LedgerAccount::Shipping, 1),
        credit(LedgerAccount::Tax, 2),
    ];
    Ok(Posting { source: source.to_owned(), gateway: gateway.to_owned(), entries })
}

/// The posting that takes another one back, because what it stands for came to nothing.
#[must_use]
pub fn reversed(posting: &Posting) -> Posting {
    let entries =
        posting.entries.iter().map(|entry| Entry { account: entry.account, amount: negative(entry.amount) }).collect();
    Posting { source: format!("{}:failed", posting.source), gateway: posting.gateway.clone(), entries }
}

/// The posting for money given back.
pub fn refunded(source: &str, gateway: &str, amount: Money) -> Posting {
    two_sides(source.to_owned(), gateway, LedgerAccount::Refunds, holder(gateway), amount)
}

/// The posting for money that a customer took back through the bank; `id` is the gateway's name for it.
pub fn charged_back(source: &str, id: &str, gateway: &str, amount: Money) -> Posting {
    two_sides(format!("{source}:chargeback:{id}"), gateway, LedgerAccount::Chargebacks, LedgerAccount::Gateway, amount)
}

/// The posting for a gateway's payout that arrived at the merchant's bank.
pub fn paid_out(reference: &str, gateway: &str, amount: Money) -> Posting {
    two_sides(format!("payout:{gateway}:{reference}"), gateway, LedgerAccount::Bank, LedgerAccount::Gateway, amount)
}
