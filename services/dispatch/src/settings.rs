//! The settings of the service.

use chassis::config::{Environment, Variable};
use contracts::Email;
use jiff::SignedDuration;

const RETURN_WINDOW_DAYS: Variable = Variable {
    name: "RETURN_WINDOW_DAYS",
    default: "30",
    help: "the number of days after the delivery within which customers can return items",
};
const SHOP_EMAIL: Variable = Variable {
    name: "SHOP_EMAIL",
    default: "",
    help: "the merchant's email address, which receives new orders, cancellations, withdrawals, returns, orders that need \
           attention, and low-stock alerts; without it nothing is sent to the merchant",
};

/// The environment variables of the service.
pub const VARIABLES: &[Variable] = &[RETURN_WINDOW_DAYS, SHOP_EMAIL];

/// The choices of the merchant about orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The time after the delivery within which an order can be returned.
    pub return_window: SignedDuration,
    /// The recipient of emails about orders and of low-stock alerts.
    pub shop_email: Option<Email>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { return_window: days(30), shop_email: None }
    }
}

impl Settings {
    /// Reads the settings. `environment` collects the invalid ones, to be reported together.
    pub fn read(environment: &mut Environment) -> Self {
        Self {
            return_window: environment.parse::<u16>(&RETURN_WINDOW_DAYS).map_or(days(30), days),
            shop_email: environment.parse(&SHOP_EMAIL),
        }
    }
}

const fn days(count: u16) -> SignedDuration {
    SignedDuration::from_hours(24 * count as i64)
}
