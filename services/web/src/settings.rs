//! The settings of the edge, and of the API of Robot Shop.

use crate::edge::EdgeSettings;
use crate::robot_shop::RobotShopSettings;
use chassis::config::{Environment, OnOff, Variable};

const RATE_LIMIT: Variable = Variable {
    name: "GATEWAY_RATE_LIMIT",
    default: "100r/s",
    help: "requests allowed per client address, such as 100r/s or 600r/m; loopback addresses are not limited",
};
const RATE_BURST: Variable = Variable {
    name: "GATEWAY_RATE_BURST",
    default: "1000",
    help: "requests that a client address may make at once beyond the rate",
};
const TRUSTED_PROXY: Variable = Variable {
    name: "GATEWAY_TRUSTED_PROXY",
    default: "",
    help: "the proxy in front, an address or a network such as 10.0.0.0/8, whose X-Forwarded-For is trusted",
};

const ROBOT_SHOP_API: Variable = Variable {
    name: "ROBOT_SHOP_API",
    default: "off",
    help: "on: also serves the API of Robot Shop below /api, for programs written for it; see docs/robot-shop.md",
};
const ROBOT_SHOP_EMAIL: Variable = Variable {
    name: "ROBOT_SHOP_EMAIL",
    default: "",
    help: "the email address of all orders by Robot Shop's API; without it, addresses that receive no mail",
};

const FEED_BACKORDER_DAYS: Variable = Variable {
    name: "FEED_BACKORDER_DAYS",
    default: "",
    help: "the days within which backorders are shipped, 1 to 365, for the product feed; Google wants a date for them",
};

/// The environment variables of web. The prefix of the edge's dates from when it was called the gateway.
pub const VARIABLES: &[Variable] =
    &[RATE_LIMIT, RATE_BURST, TRUSTED_PROXY, FEED_BACKORDER_DAYS, ROBOT_SHOP_API, ROBOT_SHOP_EMAIL];

/// The settings of product feeds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedSettings {
    /// The days within which backorders are shipped; `None` if the merchant promises nothing.
    pub backorder_days: Option<u16>,
}

impl FeedSettings {
    /// Reads the settings. `environment` collects the errors.
    pub fn read(environment: &mut Environment) -> Self {
        let days = environment.parse::<u16>(&FEED_BACKORDER_DAYS);
        if days.is_some_and(|days| !(1..=365).contains(&days)) {
            environment.add_error("FEED_BACKORDER_DAYS must be 1 to 365 days");
        }
        Self { backorder_days: days }
    }
}

impl EdgeSettings {
    /// Reads the settings, or returns `None` after adding the errors to `environment`.
    pub fn read(environment: &mut Environment) -> Option<Self> {
        // All variables are read before the first `?`, so that every error is reported at once.
        let (rate, burst) = (environment.parse(&RATE_LIMIT), environment.parse(&RATE_BURST));
        let trusted_proxy = environment.parse(&TRUSTED_PROXY);
        Some(Self { rate: rate?, burst: burst?, trusted_proxy })
    }
}

impl RobotShopSettings {
    /// Reads the settings, or returns `None` while the API is off. `environment` collects the errors.
    pub fn read(environment: &mut Environment) -> Option<Self> {
        let (api, email) = (environment.parse::<OnOff>(&ROBOT_SHOP_API), environment.parse(&ROBOT_SHOP_EMAIL));
        api.filter(|api| api.is_on()).map(|_| Self { email })
    }
}
