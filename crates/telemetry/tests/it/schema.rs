//! The rules that the telemetry schema follows.

use std::collections::HashSet;
use telemetry::schema::metrics::Kind;
use telemetry::schema::{attributes, logs, markdown, metrics, spans};

#[test]
fn the_documentation_in_the_repository_is_current() {
    let committed = include_str!("../../../../docs/telemetry.md");
    assert_eq!(committed, markdown(), "docs/telemetry.md is out of date; run: make telemetry-doc");
}

#[test]
fn names_are_unique_and_described_by_sentences() {
    let spans = spans::ALL.iter().map(|one| (one.name, one.description));
    let attributes = attributes::ALL.iter().map(|one| (one.name, one.description));
    let metrics = metrics::ALL.iter().map(|one| (one.info.name, one.info.description));
    let fields = logs::BUILT_IN.iter().chain(logs::FIELDS).map(|one| (one.name, one.description));
    for (kind, names) in [
        ("span", spans.collect::<Vec<_>>()),
        ("attribute", attributes.collect()),
        ("metric", metrics.collect()),
        ("field", fields.collect()),
    ] {
        let mut seen = HashSet::new();
        for (name, description) in names {
            assert!(seen.insert(name), "the {kind} {name} is declared twice");
            assert!(description.ends_with('.') && description.contains(' '), "{kind} {name}: {description}");
        }
    }
}

#[test]
fn metric_names_follow_the_rules_of_prometheus() {
    for one in metrics::ALL {
        let name = one.info.name;
        let is_word =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        assert!(is_word(name) && one.labels.iter().all(|label| is_word(label)), "{name}");
        assert_eq!(name.ends_with("_total"), one.info.kind == Kind::Counter, "{name}");
        let quantity = name.trim_end_matches("_total");
        assert_eq!(quantity.ends_with("_seconds"), one.info.unit == "seconds", "{name}");
        // The series of histograms and summaries; see findings/otel-connection-count-name.sh.
        assert!(!["_count", "_sum", "_bucket"].iter().any(|suffix| name.ends_with(suffix)), "{name}");
        // Prometheus reserves these for histograms and summaries.
        assert!(!one.labels.iter().any(|label| ["le", "quantile", "service"].contains(label)), "{name}");
    }
}

#[test]
fn spans_have_declared_attributes_only() {
    for span in spans::ALL {
        for attribute in span.attributes {
            assert!(attributes::ALL.contains(attribute), "{}: {}", span.name, attribute.name);
        }
    }
}
