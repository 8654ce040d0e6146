//! The settings of logs and traces.

use chassis::config::{Environment, UnknownValue, Variable};
use chassis::telemetry::log::{LogFilter, LogFormat};
use chassis::telemetry::trace::{Sampler, TraceSettings};
use std::time::Duration;

const LOG: Variable = Variable {
    name: "LOG",
    default: "",
    help: "The log filter, for example debug or info,payment=debug. Empty: info, on a terminal without a line per request.",
};
const LOG_FORMAT: Variable = Variable {
    name: "LOG_FORMAT",
    default: "auto",
    help: "The log format: pretty, json, or auto (pretty on a terminal, JSON otherwise).",
};
const OTLP_ENDPOINT: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    default: "",
    help: "The base URL of an OpenTelemetry collector or agent that takes OTLP over HTTP, such as http://collector:4318. \
           Empty: traces are not exported. OTEL_EXPORTER_OTLP_HEADERS and the OTEL_BSP_ variables work as OpenTelemetry \
           defines them.",
};
const SAMPLER: Variable = Variable {
    name: "OTEL_TRACES_SAMPLER",
    default: "traceidratio",
    help: "The traces to export: always_on, always_off or traceidratio. With traceidratio, traces with an error or a slow \
           span are exported as well.",
};
const SAMPLER_ARG: Variable = Variable {
    name: "OTEL_TRACES_SAMPLER_ARG",
    default: "0.1",
    help: "The share of traces that traceidratio selects, from 0 to 1.",
};
const SLOW_MS: Variable = Variable {
    name: "TRACES_SLOW_MS",
    default: "1000",
    help: "The duration in milliseconds from which a span is slow.",
};
const RESOURCE: Variable = Variable {
    name: "OTEL_RESOURCE_ATTRIBUTES",
    default: "",
    help: "Attributes of all traces, as name=value with commas in between: deployment.environment.name=production.",
};

/// The variables of logs and traces.
pub const VARIABLES: &[Variable] = &[LOG, LOG_FORMAT, OTLP_ENDPOINT, SAMPLER, SAMPLER_ARG, SLOW_MS, RESOURCE];

/// The number of traces that a shop in one process keeps for its operations page.
const RECENT_TRACES: usize = 200;

/// The settings of logs and traces.
#[derive(Debug, Clone)]
pub struct TelemetrySettings {
    /// The lines to write.
    pub log: LogFilter,
    pub log_format: LogFormat,
    pub traces: TraceSettings,
}

impl TelemetrySettings {
    /// Reads the settings. Problems are added to `environment`, and defaults take the place of invalid values.
    pub fn read(environment: &mut Environment) -> Self {
        let log_format = environment.parse(&LOG_FORMAT).unwrap_or(LogFormat::Automatic);
        let default_filter = if log_format.is_json() { LogFilter::default() } else { LogFilter::without_requests() };
        let defaults = TraceSettings::default();
        let sampler = match environment.parse::<SamplerName>(&SAMPLER) {
            Some(SamplerName::AlwaysOn) => Sampler::On,
            Some(SamplerName::AlwaysOff) => Sampler::Off,
            Some(SamplerName::Ratio) => {
                environment.parse::<Share>(&SAMPLER_ARG).map_or(defaults.sampler, |share| Sampler::Ratio(share.0))
            }
            None => defaults.sampler,
        };
        let endpoint = environment.text(&OTLP_ENDPOINT);
        if let Some(url) = endpoint.as_deref().filter(|url| !url.starts_with("http://") && !url.starts_with("https://"))
        {
            environment.add_error(format!("{}=\"{url}\": must begin with http:// or https://.", OTLP_ENDPOINT.name));
        }
        Self {
            log: environment.parse(&LOG).unwrap_or(default_filter),
            log_format,
            traces: TraceSettings {
                endpoint,
                sampler,
                keep_slower_than: environment.parse(&SLOW_MS).map_or(defaults.keep_slower_than, Duration::from_millis),
                resource: resource(environment),
                recent: 0,
            },
        }
    }

    /// Keeps recent traces in memory, for the operations page of a shop in one process.
    #[must_use]
    pub fn with_recent_traces(mut self) -> Self {
        self.traces.recent = RECENT_TRACES;
        self
    }
}

fn resource(environment: &mut Environment) -> Vec<(String, String)> {
    let text = environment.text(&RESOURCE).unwrap_or_default();
    let mut attributes = Vec::new();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => {
                attributes.push((name.trim().to_owned(), value.trim().to_owned()));
            }
            _ => environment.add_error(format!("{}=\"{pair}\": expected name=value.", RESOURCE.name)),
        }
    }
    attributes
}

/// A sampler by the name that OpenTelemetry gives it.
enum SamplerName {
    AlwaysOn,
    AlwaysOff,
    Ratio,
}

impl std::str::FromStr for SamplerName {
    type Err = UnknownValue;

    fn from_str(text: &str) -> Result<Self, UnknownValue> {
        match text {
            // The decision depends on the trace id, so all services of a trace decide alike in any case.
            "always_on" | "parentbased_always_on" => Ok(Self::AlwaysOn),
            "always_off" | "parentbased_always_off" => Ok(Self::AlwaysOff),
            "traceidratio" | "parentbased_traceidratio" => Ok(Self::Ratio),
            other => Err(UnknownValue::new(other, "always_on, always_off or traceidratio")),
        }
    }
}

/// A share from 0 to 1.
struct Share(f64);

impl std::str::FromStr for Share {
    type Err = UnknownValue;

    fn from_str(text: &str) -> Result<Self, UnknownValue> {
        let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
        share.map(Self).ok_or_else(|| UnknownValue::new(text, "a number from 0 to 1"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[(&str, &str)]) -> (TelemetrySettings, Result<(), chassis::config::ConfigError>) {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut environment = Environment::from_values(values);
        (TelemetrySettings::read(&mut environment), environment.check())
    }

    #[test]
    fn nothing_is_exported_by_default() {
        let (settings, problems) = read(&[]);
        assert!(problems.is_ok());
        assert_eq!((settings.traces.endpoint, settings.traces.sampler), (None, Sampler::Ratio(0.1)));
    }

    #[test]
    fn the_standard_variables_select_traces() {
        let (settings, problems) = read(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"),
            ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
            ("TRACES_SLOW_MS", "250"),
            ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test, team=shop"),
        ]);
        assert!(problems.is_ok());
        let traces = settings.traces;
        assert_eq!(traces.endpoint.as_deref(), Some("http://collector:4318"));
        assert_eq!((traces.sampler, traces.keep_slower_than), (Sampler::Ratio(0.25), Duration::from_millis(250)));
        assert_eq!(traces.resource.len(), 2);
    }

    #[test]
    fn each_invalid_value_is_reported() {
        let invalid = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
            ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
            ("TRACES_SLOW_MS", "fast"),
            ("OTEL_RESOURCE_ATTRIBUTES", "production"),
            ("LOG", "info,payment=loud"),
        ];
        for (name, value) in invalid {
            let problem = read(&[(name, value)]).1.expect_err(name).to_string();
            assert!(problem.contains(name), "{problem}");
        }
        let problem = read(&[("OTEL_TRACES_SAMPLER_ARG", "2")]).1.expect_err("a share").to_string();
        assert!(problem.contains("OTEL_TRACES_SAMPLER_ARG"), "{problem}");
    }
}
