//! The double-entry ledger: what was taken and given back, for whom and for what. Each posting adds up to nothing.

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
    /// Its entries; they add up to nothing.
    pub entries: Vec<Entry>,
}

fn negative(amount: Money) -> Money {
    amount.currency.minor(-amount.amount)
}

/// The posting for an order's money taken in full.
///
/// # Errors
/// When the cart's sums do not make sense, which they have been checked for.
pub fn captured(source: &str, amount: Money, cart: &CartSnapshot) -> Result<Posting, MoneyError> {
    let tax = cart.totals.tax;
    let shipping = cart.shipping.total.minus(cart.shipping.tax)?;
    // Sales take what is left, so that the posting adds up whatever was captured.
    let sales = amount.minus(tax)?.minus(shipping)?;
    let entries = vec![
        Entry { account: LedgerAccount::Gateway, amount },
        Entry { account: LedgerAccount::Sales, amount: negative(sales) },
        Entry { account: LedgerAccount::Shipping, amount: negative(shipping) },
        Entry { account: LedgerAccount::Tax, amount: negative(tax) },
    ];
    Ok(Posting { source: source.to_owned(), entries })
}

/// The posting for money given back.
pub fn refunded(source: &str, amount: Money) -> Posting {
    let entries = vec![
        Entry { account: LedgerAccount::Refunds, amount },
        Entry { account: LedgerAccount::Gateway, amount: negative(amount) },
    ];
    Posting { source: source.to_owned(), entries }
}
