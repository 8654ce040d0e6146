//! The choice of a gateway for an authorisation.

use super::Gateway;
use contracts::Currency;
use contracts::payment::PaymentMethod;
use jiff::Timestamp;
use std::sync::Arc;

/// The gateways of a shop, in order of preference.
#[derive(Clone, Default)]
pub struct Gateways(Arc<[Gateway]>);

impl Gateways {
    /// All gateways, in the configured order.
    pub fn all(&self) -> impl Iterator<Item = &Gateway> {
        self.0.iter()
    }

    /// Creates the list, in order of preference.
    pub fn new(gateways: impl IntoIterator<Item = Gateway>) -> Self {
        Self(gateways.into_iter().collect())
    }

    /// The gateway with this name.
    pub fn get(&self, name: &str) -> Option<&Gateway> {
        self.0.iter().find(|gateway| gateway.name() == name)
    }

    /// The payment methods for a currency; those of unavailable gateways come last.
    pub fn methods(&self, currency: Currency, now: Timestamp) -> Vec<PaymentMethod> {
        self.by_preference(currency, now).flat_map(|gateway| gateway.connector().methods()).collect()
    }

    /// The gateways that offer a method in a currency, in the order in which to try them; limited to `named`, if given.
    pub fn for_attempt(&self, method: &str, currency: Currency, named: Option<&str>, now: Timestamp) -> Vec<&Gateway> {
        self.by_preference(currency, now)
            .filter(|gateway| named.is_none_or(|name| gateway.name() == name))
            .filter(|gateway| gateway.connector().methods().iter().any(|offered| offered.method == method))
            .collect()
    }

    fn by_preference(&self, currency: Currency, now: Timestamp) -> impl Iterator<Item = &Gateway> {
        // Unavailable gateways stay in the list: they may have recovered, and may be the only ones for the method.
        let (available, unavailable): (Vec<_>, Vec<_>) = self
            .0
            .iter()
            .filter(|gateway| gateway.connector().supports(currency))
            .partition(|gateway| gateway.is_available(now));
        available.into_iter().chain(unavailable)
    }
}
