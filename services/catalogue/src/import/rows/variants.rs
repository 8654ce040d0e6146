//! What each row says of its variant.

use super::{Fold, OF_VARIANTS, OPTIONS, Row, image_address};
use crate::import::Severity;
use crate::import::cells;
use crate::import::columns::Column;
use crate::import::patch::VariantPatch;
use contracts::SingleLineText;
use contracts::catalogue::Oversell;

impl<'f> Fold<'f> {
    pub(super) fn variants(&mut self) {
        if !OF_VARIANTS.iter().any(|column| self.columns.has(*column)) {
            return;
        }
        let says = |row: &Row| OF_VARIANTS.iter().any(|column| !self.cell(row, *column).is_empty());
        let mut speaking: Vec<&Row> = self.rows.iter().filter(|row| says(row)).collect();
        if speaking.is_empty() && self.patch.title.is_some() {
            // A product has a variant, even if all its cells are empty. Rows without a title are further pictures.
            speaking.extend(self.rows.first());
        }
        let mut variants = Vec::with_capacity(speaking.len());
        for row in speaking {
            let before = self.issues.len();
            let variant = self.variant(row);
            if self.issues[before..].iter().any(|issue| issue.severity == Severity::Error) {
                self.patch.faulty_rows += 1;
            } else {
                variants.push(variant);
            }
        }
        self.patch.variants = Some(variants);
    }

    /// A cell of a variant; a fault leaves the variant out.
    fn own<T>(&mut self, row: &'f Row, column: Column, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let cell = self.cell(row, column);
        if cell.is_empty() {
            return None;
        }
        match read(cell) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.fault(row.line, column, reason);
                None
            }
        }
    }

    fn variant(&mut self, row: &'f Row) -> VariantPatch {
        let exponent = self.exponent;
        let sku = self.own(row, Column::Sku, str::parse);
        let price = self.own(row, Column::Price, |cell| cells::price(cell, exponent));
        if self.columns.has(Column::Price) && self.cell(row, Column::Price).is_empty() {
            self.fault(row.line, Column::Price, "is missing");
        }
        let compare_at_price = self.own(row, Column::CompareAt, |cell| cells::price(cell, exponent));
        let barcode = self.own(row, Column::Barcode, |cell| cells::barcode(cell).parse());
        let image = self.own(row, Column::VariantImage, |cell| image_address(cell).map(SingleLineText::into_string));
        let (stock, oversell) = self.stock(row);
        VariantPatch {
            line: row.line,
            sku,
            option_values: self.option_values(row),
            price,
            compare_at_price: self.columns.has(Column::CompareAt).then_some(compare_at_price),
            weight_grams: self.weight(row),
            oversell,
            barcode: self.columns.has(Column::Barcode).then_some(barcode),
            image: self.columns.has(Column::VariantImage).then_some(image),
            stock,
        }
    }

    fn option_values(&mut self, row: &'f Row) -> Vec<SingleLineText<120>> {
        let mut values = Vec::new();
        if !self.patch.has_values {
            return values;
        }
        let named = self.patch.options.is_some();
        for (name, value) in OPTIONS {
            if named && self.first(name).is_none() {
                continue;
            }
            if named && self.cell(row, value).is_empty() {
                self.fault(row.line, value, "is missing");
            }
            values.extend(self.own(row, value, str::parse));
        }
        values
    }

    /// Grams are grams, whatever unit is shown; the unit counts for a column of weights without one.
    fn weight(&mut self, row: &'f Row) -> Option<u32> {
        if !self.columns.has(Column::Grams) && !self.columns.has(Column::Weight) {
            return None;
        }
        if !self.cell(row, Column::Grams).is_empty() {
            return self.own(row, Column::Grams, |cell| cells::grams(cell, "g"));
        }
        let unit = self.cell(row, Column::WeightUnit);
        self.own(row, Column::Weight, |cell| cells::grams(cell, unit)).or(Some(0))
    }

    fn stock(&mut self, row: &'f Row) -> (Option<u32>, Option<Oversell>) {
        let count = self.own(row, Column::Quantity, cells::quantity);
        if count.is_some_and(|count| count < 0) {
            self.warning(row.line, Column::Quantity, "is negative; it counts as 0");
        }
        let policy = self.own(row, Column::Policy, cells::oversell);
        let counted = !self.columns.has(Column::Tracker) || !self.cell(row, Column::Tracker).is_empty();
        let stock = count.map(|count| u32::try_from(count.max(0)).unwrap_or(0));
        if !counted && stock.unwrap_or(0) == 0 {
            self.patch.untracked += 1;
            return (stock, Some(Oversell::Continue));
        }
        let policy = policy.or_else(|| self.columns.has(Column::Policy).then_some(Oversell::Deny));
        (stock, policy)
    }
}
