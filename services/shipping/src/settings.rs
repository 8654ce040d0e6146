//! The settings of the service.

use crate::carrier::Carriers;
use crate::carrier::manual::ManualCarrier;
use crate::carrier::simulated::SimulatedCarrier;
use crate::places::Gazetteer;
use chassis::config::{ConfigError, Environment, UnknownValue, Variable};
use chassis::webhook::WebhookSecret;
use contracts::Country;
use jiff::SignedDuration;

const SHIPPING_CARRIER: Variable = Variable {
    name: "SHIPPING_CARRIER",
    default: "",
    help: "The carrier of new shipments: manual (people report what they pack and ship) or simulated (built in; moves shipments by the clock, for demonstrations). Default: manual; with --demo: simulated.",
};
const CARRIER_PACE: Variable = Variable {
    name: "CARRIER_PACE",
    default: "",
    help: "Seconds between two tracking updates of the simulated carrier. Default: 28800; with --demo: 20.",
};

const CARRIER_WEBHOOK_SECRET: Variable = Variable {
    name: "CARRIER_WEBHOOK_SECRET",
    default: "",
    help: "The secret with which carriers sign their events (POST /api/v1/carrier-events): whsec_ and 24 to 64 bytes in base64; several are separated by commas while it is changed",
};

/// The environment variables that the service reads.
pub const VARIABLES: &[Variable] = &[SHIPPING_CARRIER, CARRIER_PACE, CARRIER_WEBHOOK_SECRET];

const PACE: SignedDuration = SignedDuration::from_hours(8);
/// A demonstration shows a delivery within two minutes.
const DEMO_PACE: SignedDuration = SignedDuration::from_secs(20);
const QUOTE_VALIDITY: SignedDuration = SignedDuration::from_mins(30);

/// The carriers that a shop can choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CarrierKind {
    /// People report on shipments.
    Manual,
    /// A clock moves shipments, for demonstrations.
    Simulated,
}

impl std::str::FromStr for CarrierKind {
    type Err = UnknownValue;

    fn from_str(text: &str) -> Result<Self, UnknownValue> {
        match text {
            "manual" => Ok(Self::Manual),
            "simulated" => Ok(Self::Simulated),
            other => Err(UnknownValue::new(other, "manual or simulated")),
        }
    }
}

/// The choice of the carrier, and its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierSettings {
    pub kind: CarrierKind,
    /// The time between two checkpoints with the simulated carrier; express takes half of it.
    pub pace: SignedDuration,
    /// The secrets with which carriers sign webhooks; empty when they send none.
    pub webhook_secrets: Vec<WebhookSecret>,
}

impl Default for CarrierSettings {
    fn default() -> Self {
        Self { kind: CarrierKind::Manual, pace: PACE, webhook_secrets: Vec::new() }
    }
}

impl CarrierSettings {
    /// Reads the settings. Problems are collected in `environment`.
    pub fn read(environment: &mut Environment, demo: bool) -> Self {
        let default_kind = if demo { CarrierKind::Simulated } else { CarrierKind::Manual };
        let default_pace = if demo { DEMO_PACE } else { PACE };
        let seconds: Option<i64> = environment.parse(&CARRIER_PACE);
        if seconds.is_some_and(|seconds| seconds < 1) {
            environment.add_error(format!("{}: must be at least 1", CARRIER_PACE.name));
        }
        Self {
            kind: environment.parse(&SHIPPING_CARRIER).unwrap_or(default_kind),
            pace: seconds.map_or(default_pace, SignedDuration::from_secs),
            webhook_secrets: environment.list(&CARRIER_WEBHOOK_SECRET),
        }
    }

    /// Creates the carriers.
    ///
    /// # Errors
    /// When a setting of the carrier is out of bounds.
    pub fn carriers(&self) -> Result<Carriers, ConfigError> {
        let simulated = SimulatedCarrier::new(self.pace)?;
        // Each carries its own shipments to their end after the other one was chosen.
        Ok(match self.kind {
            CarrierKind::Manual => Carriers::new(ManualCarrier).with_earlier(simulated),
            CarrierKind::Simulated => Carriers::new(simulated).with_earlier(ManualCarrier),
        })
    }
}

/// The settings of a shop.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The shop's country: shipments start from its largest town until the merchant sets a warehouse.
    pub home_country: Country,
    /// The time for which the prices of a quote are valid.
    pub quote_validity: SignedDuration,
    pub gazetteer: Gazetteer,
    /// The secrets with which carriers sign webhooks; empty when they send none.
    pub webhook_secrets: Vec<WebhookSecret>,
}

impl Settings {
    /// Returns the settings of a shop in this country.
    pub fn new(home_country: Country) -> Self {
        Self {
            home_country,
            quote_validity: QUOTE_VALIDITY,
            gazetteer: Gazetteer::BUILT_IN,
            webhook_secrets: Vec::new(),
        }
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.quote_validity < SignedDuration::from_secs(1) {
            return Err(ConfigError::new("the quote validity must be at least one second"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[(&str, &str)], demo: bool) -> (CarrierSettings, Result<(), ConfigError>) {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut environment = Environment::from_values(values);
        let settings = CarrierSettings::read(&mut environment, demo);
        (settings, environment.check())
    }

    #[test]
    fn people_report_on_shipments_but_in_a_demonstration() {
        assert_eq!(read(&[], false), (CarrierSettings::default(), Ok(())));
        assert_eq!(CarrierSettings::default().kind, CarrierKind::Manual);
        let demo = read(&[], true).0;
        assert_eq!((demo.kind, demo.pace), (CarrierKind::Simulated, DEMO_PACE));
        let (settings, problems) = read(&[("SHIPPING_CARRIER", "simulated"), ("CARRIER_PACE", "5")], true);
        assert_eq!((settings.pace, problems), (SignedDuration::from_secs(5), Ok(())));
    }

    #[test]
    fn an_unknown_carrier_and_a_wrong_pace_are_configuration_problems() {
        let (_, problems) = read(&[("SHIPPING_CARRIER", "pigeon"), ("CARRIER_PACE", "fast")], false);
        let text = problems.unwrap_err().to_string();
        assert!(
            text.contains("SHIPPING_CARRIER=\"pigeon\"") && text.contains("expected manual or simulated"),
            "{text}"
        );
        assert!(text.contains("CARRIER_PACE=\"fast\""), "{text}");
        let (settings, problems) = read(&[("CARRIER_PACE", "0")], false);
        assert!(problems.is_err_and(|error| error.to_string().contains("CARRIER_PACE")));
        assert!(settings.carriers().is_err_and(|error| error.to_string().contains("pace")));
    }

    #[test]
    fn a_wrong_secret_is_not_shown() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let (settings, problems) = read(&[("CARRIER_WEBHOOK_SECRET", &format!("{secret}, {secret}"))], false);
        assert_eq!((settings.webhook_secrets.len(), problems), (2, Ok(())));
        let (_, problems) = read(&[("CARRIER_WEBHOOK_SECRET", "hunter2")], false);
        let text = problems.unwrap_err().to_string();
        assert!(text.contains("CARRIER_WEBHOOK_SECRET: expected whsec_") && !text.contains("hunter2"), "{text}");
    }
}
