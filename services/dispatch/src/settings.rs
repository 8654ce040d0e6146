//! How the shop wants its orders handled.

use chassis::config::{Environment, Variable};
use contracts::Email;
use jiff::SignedDuration;

const RETURN_WINDOW_DAYS: Variable = Variable {
    name: "RETURN_WINDOW_DAYS",
    default: "30",
    help: "for how many days after its delivery customers can return what they bought",
};
const SHOP_EMAIL: Variable = Variable {
    name: "SHOP_EMAIL",
    default: "",
    help: "where the people of the shop are written to, such as when little is left of something; nowhere without it",
};

/// The variables dispatch reads.
pub const VARIABLES: &[Variable] = &[RETURN_WINDOW_DAYS, SHOP_EMAIL];

/// How the shop wants its orders handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How long after its delivery an order can be returned.
    pub return_window: SignedDuration,
    /// Where the people of the shop are written to.
    pub shop_email: Option<Email>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { return_window: days(30), shop_email: None }
    }
}

impl Settings {
    /// The settings in `environment`, which remembers what is wrong with them.
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
