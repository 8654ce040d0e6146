//! Parses the variant of each row.

use super::{OPTIONS, Row, RowParser, VARIANT_COLUMNS, image_url};
use crate::import::IssueSeverity;
use crate::import::cells::{self, CellError};
use crate::import::columns::Column;
use crate::import::patch::VariantPatch;
use contracts::SingleLineText;
use contracts::catalogue::{Measure, OptionValue, Oversell, UnitMeasure};
use std::fmt::Display;

impl<'f> RowParser<'f> {
    pub(super) fn variants(&mut self) {
        if !VARIANT_COLUMNS.iter().any(|column| self.columns.has(*column)) {
            return;
        }
        let has_variant = |row: &Row| VARIANT_COLUMNS.iter().any(|column| !self.cell(row, *column).is_empty());
        let mut rows: Vec<&Row> = self.rows.iter().filter(|row| has_variant(row)).collect();
        if rows.is_empty() && self.patch.title.is_some() {
            // Every product has a variant, even if all its cells are empty. Rows without a title only add images.
            rows.extend(self.rows.first());
        }
        let mut variants = Vec::with_capacity(rows.len());
        for row in rows {
            let before = self.issues.len();
            let variant = self.variant(row);
            if self.issues[before..].iter().any(|issue| issue.severity == IssueSeverity::Error) {
                self.patch.invalid_rows += 1;
            } else {
                variants.push(variant);
            }
        }
        self.patch.variants = Some(variants);
    }

    /// Parses a cell of a variant. An invalid cell skips the variant only.
    fn variant_cell<T, E: Display>(
        &mut self,
        row: &'f Row,
        column: Column,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let cell = self.cell(row, column);
        if cell.is_empty() {
            return None;
        }
        match parse(cell) {
            Ok(value) => Some(value),
            Err(error) => {
                self.error(row.line, column, error);
                None
            }
        }
    }

    fn variant(&mut self, row: &'f Row) -> VariantPatch {
        let exponent = self.exponent;
        for column in [Column::Sku, Column::Barcode] {
            if cells::is_shortened(self.cell(row, column)) {
                self.warning(row.line, column, "seems to be shortened by a spreadsheet; format the column as text");
            }
        }
        let sku = self.variant_cell(row, Column::Sku, str::parse);
        let price = self.variant_cell(row, Column::Price, |cell| cells::price(cell, exponent));
        if self.columns.has(Column::Price) && self.cell(row, Column::Price).is_empty() {
            self.error(row.line, Column::Price, CellError::Missing);
        }
        let compare_at_price = self.variant_cell(row, Column::CompareAt, |cell| cells::price(cell, exponent));
        let barcode = self.variant_cell(row, Column::Barcode, str::parse);
        let image =
            self.variant_cell(row, Column::VariantImage, |cell| image_url(cell).map(SingleLineText::into_string));
        let cost = self.variant_cell(row, Column::Cost, |cell| cells::price(cell, exponent));
        let requires_shipping = self.variant_cell(row, Column::RequiresShipping, cells::flag);
        let unit_measure = self.unit_measure(row);
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
            cost: self.columns.has(Column::Cost).then_some(cost),
            // A blank cell means yes: a parcel too many is cheaper than one that is never sent.
            requires_shipping: self.columns.has(Column::RequiresShipping).then_some(requires_shipping.unwrap_or(true)),
            unit_measure: self.columns.has(Column::UnitContent).then_some(unit_measure),
            stock,
        }
    }

    fn option_values(&mut self, row: &'f Row) -> Vec<OptionValue> {
        let mut values = Vec::new();
        if !self.patch.has_values {
            return values;
        }
        // Without names, in non-adjacent rows, it is not known here which options the product has.
        let has_names = self.patch.options.is_some();
        for (name, value) in OPTIONS {
            if has_names && self.first(name).is_none() {
                continue;
            }
            if has_names && self.cell(row, value).is_empty() {
                self.error(row.line, value, CellError::Missing);
            }
            values.extend(self.variant_cell(row, value, str::parse));
        }
        values
    }

    /// Parses the weight. The unit applies to a weight column only: the grams column is always in grams, and the unit
    /// beside it is the one that Shopify displays.
    fn weight(&mut self, row: &'f Row) -> Option<u32> {
        if !self.columns.has(Column::Grams) && !self.columns.has(Column::Weight) {
            return None;
        }
        if !self.cell(row, Column::Grams).is_empty() {
            return self.variant_cell(row, Column::Grams, |cell| cells::grams(cell, "g"));
        }
        let unit = self.cell(row, Column::WeightUnit);
        self.variant_cell(row, Column::Weight, |cell| cells::grams(cell, unit)).or(Some(0))
    }

    /// Parses the content of a unit with its base quantity, which is one unit of the same measure if it is not given.
    fn unit_measure(&mut self, row: &'f Row) -> Option<UnitMeasure> {
        let content_unit = self.cell(row, Column::UnitContentUnit);
        let amount = self.cell(row, Column::UnitContent);
        // Templates fill the column with 0 where there is no unit price.
        if amount.bytes().all(|byte| matches!(byte, b'0' | b'.')) {
            return None;
        }
        let content =
            self.variant_cell(row, Column::UnitContent, |amount| Measure::from_parts(amount, content_unit))?;
        let base_unit = Some(self.cell(row, Column::UnitBaseUnit)).filter(|unit| !unit.is_empty());
        let base = Some(self.cell(row, Column::UnitBase)).filter(|amount| !amount.is_empty());
        match Measure::from_parts(base.unwrap_or("1"), base_unit.unwrap_or(content_unit)) {
            Ok(per) => Some(UnitMeasure { content, per }),
            Err(error) => {
                self.error(row.line, Column::UnitBase, error);
                None
            }
        }
    }

    fn stock(&mut self, row: &'f Row) -> (Option<u32>, Option<Oversell>) {
        let count = self.variant_cell(row, Column::Quantity, cells::quantity);
        if count.is_some_and(|count| count < 0) {
            self.warning(row.line, Column::Quantity, "is negative; imported as 0");
        }
        let policy = self.variant_cell(row, Column::Policy, cells::oversell);
        // An empty tracker means that Shopify sells the variant without counting it, so its quantity means nothing.
        let tracked = !self.columns.has(Column::Tracker) || !self.cell(row, Column::Tracker).is_empty();
        if !tracked {
            self.patch.untracked += 1;
            return (None, Some(Oversell::Untracked));
        }
        let stock = count.map(|count| u32::try_from(count.max(0)).unwrap_or(0));
        let policy = policy.or_else(|| self.columns.has(Column::Policy).then_some(Oversell::Deny));
        (stock, policy)
    }
}
