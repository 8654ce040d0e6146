//! The environment variables of the ratings service.

use crate::review::UnverifiedPolicy;
use chassis::config::{Environment, Variable};

/// The variable that selects [`UnverifiedPolicy::Moderate`].
pub const MODERATE_UNVERIFIED: Variable = Variable {
    name: "RATINGS_MODERATE_UNVERIFIED",
    default: "false",
    help: "hold reviews by accounts that did not buy the product for moderation (true or false)",
};

/// All variables that ratings reads.
pub const VARIABLES: &[Variable] = &[MODERATE_UNVERIFIED];

/// The settings of the ratings service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settings {
    pub unverified: UnverifiedPolicy,
}

impl Settings {
    /// Reads the settings from `environment`, which collects errors.
    pub fn read(environment: &mut Environment) -> Self {
        let moderate = environment.parse::<bool>(&MODERATE_UNVERIFIED).unwrap_or_default();
        Self { unverified: if moderate { UnverifiedPolicy::Moderate } else { UnverifiedPolicy::Publish } }
    }
}
