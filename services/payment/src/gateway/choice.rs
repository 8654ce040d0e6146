//! Which gateway an authorisation goes to.

use super::Gateway;
use contracts::Currency;
use contracts::payment::PaymentMethod;
use jiff::Timestamp;
use std::sync::Arc;

/// The gateways of a shop, the preferred first.
#[derive(Clone, Default)]
pub struct Gateways(Arc<[Gateway]>);

impl Gateways {
    /// These gateways, in this order.
    pub fn new(gateways: impl IntoIterator<Item = Gateway>) -> Self {
        Self(gateways.into_iter().collect())
    }

    /// The gateway with this name.
    pub fn get(&self, name: &str) -> Option<&Gateway> {
        self.0.iter().find(|gateway| gateway.name() == name)
    }

    /// All ways to pay in a currency; those of gateways that could not be reached a moment ago come last.
    pub fn methods(&self, currency: Currency, now: Timestamp) -> Vec<PaymentMethod> {
        self.in_order(currency, now).flat_map(|gateway| gateway.connector().methods()).collect()
    }

    /// The gateways that offer a method in a currency, in the order in which a new attempt tries them; only the one
    /// named when one is.
    pub fn for_attempt(&self, method: &str, currency: Currency, named: Option<&str>, now: Timestamp) -> Vec<&Gateway> {
        self.in_order(currency, now)
            .filter(|gateway| named.is_none_or(|name| gateway.name() == name))
            .filter(|gateway| gateway.connector().methods().iter().any(|offered| offered.method == method))
            .collect()
    }

    fn in_order(&self, currency: Currency, now: Timestamp) -> impl Iterator<Item = &Gateway> {
        let (near, far): (Vec<_>, Vec<_>) = self
            .0
            .iter()
            .filter(|gateway| gateway.connector().takes(currency))
            .partition(|gateway| gateway.is_within_reach(now));
        near.into_iter().chain(far)
    }
}
