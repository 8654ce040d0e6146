//! The instrumentation scope of spans, which names the service that they belong to.

use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::SpanData;

/// The attribute that names the service, in the scope and in the resource.
pub(crate) const SERVICE: &str = "service.name";

/// The scope of a service's spans.
pub(crate) fn of(service: &'static str) -> InstrumentationScope {
    InstrumentationScope::builder("shopstack")
        .with_version(env!("CARGO_PKG_VERSION"))
        .with_attributes([KeyValue::new(SERVICE, service)])
        .build()
}

/// The name of the service that a span belongs to.
pub(crate) fn service_of(span: &SpanData) -> String {
    let service = span.instrumentation_scope.attributes().find(|attribute| attribute.key.as_str() == SERVICE);
    service.map(|attribute| attribute.value.to_string()).unwrap_or_default()
}
