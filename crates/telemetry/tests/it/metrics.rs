//! Metrics and their text formats.

use telemetry::Metrics;
use telemetry::metrics::{Exposition, Format, MAX_LABEL_SETS, OVERFLOW};
use telemetry::schema::metrics::{CHECKOUTS, HTTP_SERVER_ACTIVE_REQUESTS, ORDER_CONFIRMATION_DURATION};

#[test]
fn each_format_names_counters_by_its_own_rules() {
    let metrics = Metrics::new("payment");
    metrics.counter(&CHECKOUTS).add(2, ["accepted"]);
    let exposition = metrics.exposition();
    let (text, openmetrics) = (exposition.render(Format::Text), exposition.render(Format::OpenMetrics));
    assert!(text.contains("# TYPE checkouts_total counter\n"), "{text}");
    assert!(openmetrics.contains("# TYPE checkouts counter\n"), "{openmetrics}");
    let sample = "checkouts_total{service=\"payment\",outcome=\"accepted\"} 2\n";
    assert!(text.contains(sample) && openmetrics.contains(sample), "{text}");
    assert!(openmetrics.ends_with("# EOF\n") && !text.contains("EOF"));
}

#[test]
fn services_of_one_process_share_their_families() {
    let mut all = Exposition::default();
    for service in ["cart", "payment"] {
        let metrics = Metrics::new(service);
        metrics.histogram(&ORDER_CONFIRMATION_DURATION).observe(2.0, []);
        all.merge(metrics.exposition());
    }
    for format in [Format::Text, Format::OpenMetrics] {
        let text = all.render(format);
        assert_eq!(text.matches("# HELP order_confirmation_duration_seconds").count(), 1, "{text}");
        assert_eq!(text.matches("order_confirmation_duration_seconds_count{").count(), 2, "{text}");
    }
}

#[test]
fn the_number_of_label_sets_is_bounded() {
    let metrics = Metrics::new("payment");
    let checkouts = metrics.counter(&CHECKOUTS);
    for number in 0..MAX_LABEL_SETS + 500 {
        checkouts.add_one([&format!("outcome-{number}")]);
    }
    let text = metrics.exposition().render(Format::Text);
    assert_eq!(text.lines().filter(|line| line.starts_with("checkouts_total{")).count(), MAX_LABEL_SETS + 1);
    assert!(text.contains(&format!("outcome=\"{OVERFLOW}\"}} 500")), "nothing is lost");
}

#[test]
fn a_gauge_counts_guards() {
    let metrics = Metrics::new("cart");
    let active = metrics.gauge(&HTTP_SERVER_ACTIVE_REQUESTS);
    let text = || metrics.exposition().render(Format::Text);
    let guards = (active.hold([]), active.hold([]));
    assert!(text().contains("http_server_active_requests{service=\"cart\"} 2"), "{}", text());
    drop(guards);
    assert!(text().contains("http_server_active_requests{service=\"cart\"} 0"), "{}", text());
}

#[test]
fn the_scraper_chooses_the_format() {
    let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1";
    assert_eq!(Format::accepted(Some(prometheus)), Format::OpenMetrics);
    assert_eq!(Format::accepted(Some("text/plain")), Format::Text);
    assert_eq!(Format::accepted(Some("*/*")), Format::Text);
    assert_eq!(Format::accepted(None), Format::Text);
}
