//! Reports issues and progress to the observer.

use super::Engine;
use crate::import::{ImportError, ImportIssue, IssueSeverity, MAX_ISSUES, Progress};
use crate::product::{EXEMPT_TAX_CLASS, STANDARD_TAX_CLASS};

impl Engine<'_> {
    /// Reports the issues of a batch in the order of the file.
    pub(super) fn report_issues(&mut self) {
        let mut issues = std::mem::take(&mut self.issues);
        issues.sort_by_key(|issue| issue.line);
        for issue in issues {
            match issue.severity {
                IssueSeverity::Error => self.summary.counts.errors += 1,
                IssueSeverity::Warning => self.summary.counts.warnings += 1,
            }
            self.observer.issue(&issue);
            if self.summary.issues.len() < MAX_ISSUES {
                self.summary.issues.push(issue);
            }
        }
    }

    pub(super) fn report_progress(&mut self, bytes: u64) {
        let counts = &self.summary.counts;
        self.observer.progress(Progress {
            bytes_read: bytes.min(self.bytes),
            bytes_total: self.bytes,
            counts: *counts,
        });
    }

    /// Reports what concerns the file as a whole.
    pub(super) async fn report_whole_file(&mut self) -> Result<(), ImportError> {
        let without_quantity = self.summary.counts.without_quantity;
        if self.has_quantities && without_quantity > 0 {
            self.warn_about_file(format!(
                "{without_quantity} counted SKUs have no quantity in the file and start at 0"
            ));
        } else if without_quantity > 0 {
            self.warn_about_file(format!(
                "the file has no quantities: {without_quantity} counted SKUs start at 0. Shopify leaves the column out \
                 in shops with several locations: export the inventory there, and import that file with --inventory"
            ));
        }
        let rates = self.catalogue.products.tax_rates().await?;
        let classes = std::mem::take(&mut self.tax_classes);
        let has_rate = |class: &String| rates.iter().any(|rate| rate.class.as_str() == class);
        let is_usual = |class: &String| class == STANDARD_TAX_CLASS || class == EXEMPT_TAX_CLASS;
        for class in classes.iter().filter(|class| !is_usual(class) && !has_rate(class)) {
            self.warn_about_file(format!(
                "tax class {class} has no rate in any country: its products are taxed like the class {STANDARD_TAX_CLASS}"
            ));
        }
        self.report_issues();
        Ok(())
    }

    fn warn_about_file(&mut self, reason: String) {
        let issue =
            ImportIssue { line: 1, column: String::new(), handle: None, severity: IssueSeverity::Warning, reason };
        self.issues.push(issue);
    }
}
