//! The text formats of metrics: OpenMetrics 1.0 and the older Prometheus text format, which differ in more than details.

use std::collections::BTreeMap;
use std::fmt::Write;

/// A text format for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics 1.0, with exemplars.
    OpenMetrics,
    /// The Prometheus text format 0.0.4, which every scraper reads.
    Text,
}

impl Format {
    /// Chooses the format for a header `Accept`. Prometheus asks for OpenMetrics by name; all others get the older format.
    pub fn accepted(accept: Option<&str>) -> Self {
        let accepts_openmetrics = accept
            .unwrap_or_default()
            .split(',')
            .map(|range| range.split(';').next().unwrap_or_default().trim())
            .any(|media_type| media_type.eq_ignore_ascii_case("application/openmetrics-text"));
        if accepts_openmetrics { Self::OpenMetrics } else { Self::Text }
    }

    /// The media type of the format.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct FamilyText {
    help: String,
    kind: String,
    samples: String,
}

/// The metrics of one or several services, by the name of the family, so that no family occurs twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exposition {
    families: BTreeMap<String, FamilyText>,
}

impl Exposition {
    /// Reads the OpenMetrics text of one registry.
    pub(super) fn parse(text: &str) -> Self {
        let mut exposition = Self::default();
        let mut name = "";
        for line in text.lines() {
            let Some(comment) = line.strip_prefix("# ") else {
                let family = exposition.families.entry(name.to_owned()).or_default();
                family.samples.push_str(line);
                family.samples.push('\n');
                continue;
            };
            let mut parts = comment.splitn(3, ' ');
            let (Some(keyword), Some(family), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
                continue;
            };
            name = family;
            let family = exposition.families.entry(name.to_owned()).or_default();
            match keyword {
                "HELP" => rest.clone_into(&mut family.help),
                "TYPE" => rest.clone_into(&mut family.kind),
                _ => {}
            }
        }
        exposition
    }

    /// Adds the metrics of another service.
    pub fn merge(&mut self, other: Self) {
        for (name, family) in other.families {
            match self.families.get_mut(&name) {
                Some(known) => known.samples.push_str(&family.samples),
                None => {
                    self.families.insert(name, family);
                }
            }
        }
    }

    /// Writes the metrics in `format`. Families without a sample are left out.
    pub fn render(&self, format: Format) -> String {
        let mut text = String::new();
        for (name, family) in self.families.iter().filter(|(_, family)| !family.samples.is_empty()) {
            // OpenMetrics names the family of a counter without the suffix that its samples have.
            let suffix = if format == Format::Text && family.kind == "counter" { "_total" } else { "" };
            let _ = writeln!(text, "# HELP {name}{suffix} {}", family.help);
            let _ = writeln!(text, "# TYPE {name}{suffix} {}", family.kind);
            match format {
                Format::OpenMetrics => text.push_str(&family.samples),
                Format::Text => {
                    for sample in family.samples.lines() {
                        text.push_str(without_exemplar(sample));
                        text.push('\n');
                    }
                }
            }
        }
        if format == Format::OpenMetrics {
            text.push_str("# EOF\n");
        }
        text
    }
}

/// Removes the exemplar of a sample: ` # {trace_id="…"} value` after the sample's own value.
fn without_exemplar(sample: &str) -> &str {
    sample.rfind(" # {trace_id=\"").map_or(sample, |start| &sample[..start])
}
