//! The settings of the edge.

use crate::edge::EdgeSettings;
use chassis::config::{Environment, Variable};

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

/// The environment variables of the edge. Their prefix dates from when it was called the gateway.
pub const VARIABLES: &[Variable] = &[RATE_LIMIT, RATE_BURST, TRUSTED_PROXY];

impl EdgeSettings {
    /// Reads the settings, or returns `None` after adding the errors to `environment`.
    pub fn read(environment: &mut Environment) -> Option<Self> {
        // All variables are read before the first `?`, so that every error is reported at once.
        let (rate, burst) = (environment.parse(&RATE_LIMIT), environment.parse(&RATE_BURST));
        let trusted_proxy = environment.parse(&TRUSTED_PROXY);
        Some(Self { rate: rate?, burst: burst?, trusted_proxy })
    }
}
