//! The metrics of requests.

use axum::http::{Method, StatusCode};
use std::time::Duration;
use telemetry::Metrics;
use telemetry::metrics::{Gauge, Histogram, Hold};
use telemetry::schema::metrics::{HTTP_SERVER_ACTIVE_REQUESTS, HTTP_SERVER_REQUEST_DURATION};

/// Counts and times the requests of one service.
#[derive(Clone)]
pub struct RequestMetrics {
    duration: Histogram<3>,
    active: Gauge<0>,
}

impl RequestMetrics {
    pub fn new(metrics: &Metrics) -> Self {
        Self {
            duration: metrics.histogram(&HTTP_SERVER_REQUEST_DURATION),
            active: metrics.gauge(&HTTP_SERVER_ACTIVE_REQUESTS),
        }
    }

    /// Counts a request as active until the guard is dropped.
    pub(super) fn started(&self) -> Hold {
        self.active.hold([])
    }

    /// Records a response. The route is a pattern, never the raw path, which bounds the number of series.
    pub(super) fn finished(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        self.duration.observe(took.as_secs_f64(), [method.as_str(), route, status.as_str()]);
    }
}
