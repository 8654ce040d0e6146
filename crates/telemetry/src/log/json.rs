//! The JSON format of log lines.

use crate::context;
use std::fmt::{self, Debug};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime as FormatNow};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// Writes each event as one JSON object, with the ids of the current context and the fields of the event side by side.
/// See `docs/telemetry.md` for the fields.
#[derive(Debug, Clone, Copy)]
pub struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'l> LookupSpan<'l>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(&self, outer: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let metadata = event.metadata();
        writer.write_str("{\"timestamp\":\"")?;
        FormatNow.format_time(&mut writer)?;
        write!(writer, "\",\"level\":\"{}\"", metadata.level())?;
        let task = context::current_task();
        if let Some(service) = task.service {
            write!(writer, ",\"service\":\"{service}\"")?;
        }
        if let Some(worker) = task.worker {
            write!(writer, ",\"worker\":\"{worker}\"")?;
        }
        let ids = context::with_current(|context| {
            write!(writer, ",\"trace_id\":\"{}\",\"span_id\":\"{}\"", context.trace_id(), context.span_id())?;
            // Only letters, digits, hyphens and underscores.
            write!(writer, ",\"request_id\":\"{}\"", context.request_id())
        });
        match ids {
            Some(written) => written?,
            // A thread of a library, such as the one that runs SQLite, has the span of its caller only.
            None => write_spans(outer, &mut writer)?,
        }
        write!(writer, ",\"target\":\"{}\"", metadata.target())?;
        let mut fields = Fields { writer, result: Ok(()) };
        event.record(&mut fields);
        fields.result?;
        fields.writer.write_str("}\n")
    }
}

/// Writes the fields of the spans around an event that has no context.
fn write_spans<S, N>(outer: &FmtContext<'_, S, N>, writer: &mut Writer<'_>) -> fmt::Result
where
    S: Subscriber + for<'l> LookupSpan<'l>,
    N: for<'w> FormatFields<'w> + 'static,
{
    let Some(scope) = outer.event_scope() else { return Ok(()) };
    let fields: Vec<String> = scope
        .from_root()
        .filter_map(|span| span.extensions().get::<FormattedFields<N>>().map(|fields| fields.fields.clone()))
        .filter(|fields| !fields.is_empty())
        .collect();
    if fields.is_empty() {
        return Ok(());
    }
    write!(writer, ",\"spans\":{}", serde_json::Value::from(fields.join(" ")))
}

/// Writes the fields of an event. `message` is one of them.
struct Fields<'w> {
    writer: Writer<'w>,
    result: fmt::Result,
}

impl Fields<'_> {
    fn raw(&mut self, field: &Field, value: impl fmt::Display) {
        if self.result.is_ok() {
            self.result = write!(self.writer, ",\"{}\":{value}", field.name());
        }
    }
}

impl Visit for Fields<'_> {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.raw(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.raw(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.raw(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.raw(field, serde_json::Value::from(value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.raw(field, serde_json::Value::from(value.to_string()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Displayed values arrive here as well: tracing wraps them so that their debug form is the displayed one.
        self.raw(field, serde_json::Value::from(Text(value).to_string()));
    }
}

/// A value as `tracing` passes it.
struct Text<'v>(&'v dyn Debug);

impl fmt::Display for Text<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
