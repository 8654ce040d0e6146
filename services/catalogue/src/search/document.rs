//! What the index knows of a product.

use crate::product::Product;
use crate::sanitise;
use crate::stock::Level;
use chassis::StoreError;
use contracts::catalogue::ProductStatus;
use contracts::{Currency, Sku};
use std::collections::HashMap;
use tantivy::TantivyDocument;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};

/// The fields. Change [`Fields::LAYOUT`] with them: an index of another layout is built anew.
#[derive(Debug, Clone)]
pub struct Fields {
    /// The product's id.
    pub id: Field,
    /// Title, stemmed.
    pub title: Field,
    /// Title, vendor, SKUs and tags as written, for prefixes and typing errors.
    pub words: Field,
    /// Everything else, stemmed.
    pub body: Field,
    /// Category handle.
    pub category: Field,
    /// Vendor.
    pub vendor: Field,
    /// Tags.
    pub tag: Field,
    /// Lowest price in minor units.
    pub price: Field,
    /// Whether it can be bought.
    pub available: Field,
    /// Sort keys, unique by the id at their end, so that a page can begin behind any of them.
    pub by_title: Field,
    /// By lowest price.
    pub by_price: Field,
    /// By time of making, the newest first.
    pub by_newest: Field,
    /// The card, as JSON.
    pub card: Field,
}

impl Fields {
    /// Grows with every change of the schema or of what is put into it.
    pub const LAYOUT: u32 = 1;

    /// The schema with its fields.
    pub fn schema() -> (Schema, Self) {
        let mut schema = Schema::builder();
        let text = |tokenizer: &str| {
            let indexing = TextFieldIndexing::default()
                .set_tokenizer(tokenizer)
                .set_index_option(IndexRecordOption::WithFreqsAndPositions);
            TextOptions::default().set_indexing_options(indexing)
        };
        let fields = Self {
            id: schema.add_text_field("id", STRING | STORED),
            title: schema.add_text_field("title", text("stemmed")),
            words: schema.add_text_field("words", text("plain")),
            body: schema.add_text_field("body", text("stemmed")),
            category: schema.add_text_field("category", STRING | FAST),
            vendor: schema.add_text_field("vendor", STRING | FAST),
            tag: schema.add_text_field("tag", STRING | FAST),
            price: schema.add_i64_field("price", INDEXED | FAST),
            available: schema.add_u64_field("available", INDEXED | FAST),
            by_title: schema.add_text_field("by_title", STRING | FAST),
            by_price: schema.add_text_field("by_price", STRING | FAST),
            by_newest: schema.add_text_field("by_newest", STRING | FAST),
            card: schema.add_text_field("card", STORED),
        };
        (schema.build(), fields)
    }

    /// The document of a product, or none when it is not for sale.
    ///
    /// # Errors
    /// When the card cannot be written as JSON, which it has no reason to.
    pub fn document(
        &self,
        product: &Product,
        category_name: &str,
        currency: Currency,
        levels: &HashMap<Sku, Level>,
    ) -> Result<Option<TantivyDocument>, StoreError> {
        if product.status != ProductStatus::Active {
            return Ok(None);
        }
        let card = product.card(currency, levels);
        let mut document = TantivyDocument::default();
        let id = product.id.to_string();
        document.add_text(self.title, &product.title);
        document.add_text(self.words, &product.title);
        document.add_text(self.words, &product.vendor);
        document.add_text(self.body, sanitise::text(&product.description_html));
        document.add_text(self.body, &product.vendor);
        document.add_text(self.body, category_name);
        for tag in &product.tags {
            document.add_text(self.tag, tag);
            document.add_text(self.words, tag);
            document.add_text(self.body, tag);
        }
        for variant in &product.variants {
            document.add_text(self.words, variant.sku.as_str());
            for value in &variant.option_values {
                document.add_text(self.body, value);
            }
        }
        if let Some(category) = &product.category {
            document.add_text(self.category, category);
        }
        if !product.vendor.is_empty() {
            document.add_text(self.vendor, &product.vendor);
        }
        document.add_i64(self.price, card.price.amount);
        document.add_u64(self.available, u64::from(card.available));
        let title: String = deunicode::deunicode(&product.title).to_lowercase().chars().take(80).collect();
        document.add_text(self.by_title, format!("{title}\u{1}{id}"));
        document.add_text(self.by_price, format!("{:019}\u{1}{id}", card.price.amount));
        let age = i64::MAX - product.created_at.as_microsecond();
        document.add_text(self.by_newest, format!("{age:019}\u{1}{id}"));
        document.add_text(self.card, serde_json::to_string(&card)?);
        document.add_text(self.id, id);
        Ok(Some(document))
    }
}
