//! The index schema, and the document of a product.

use crate::product::Product;
use crate::sanitise;
use crate::stock::StockLevel;
use chassis::StoreError;
use contracts::catalogue::ProductStatus;
use contracts::{Currency, Sku};
use std::collections::HashMap;
use tantivy::TantivyDocument;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};

/// The fields of the index schema.
///
/// Increment [`Fields::LAYOUT_VERSION`] with every change to them: an index of another layout is rebuilt.
#[derive(Debug, Clone)]
pub struct Fields {
    pub id: Field,
    /// The title of the product, stemmed.
    pub title: Field,
    /// Title, vendor, SKUs and tags unstemmed, for prefixes and fuzzy matches.
    pub words: Field,
    /// Description, vendor, category, tags and option values, stemmed.
    pub body: Field,
    /// The handle of the category.
    pub category: Field,
    pub vendor: Field,
    pub tag: Field,
    /// The lowest price in minor units.
    pub price: Field,
    /// 1 if the product can be bought, otherwise 0.
    pub available: Field,
    /// The sort key by title. All sort keys end in the product's id, so that a cursor identifies one position.
    pub by_title: Field,
    /// The sort key by lowest price.
    pub by_price: Field,
    /// The sort key by time of creation, the newest first.
    pub by_newest: Field,
    /// The product card as JSON, so that a page needs no access to the stores.
    pub card: Field,
}

impl Fields {
    /// The version of the schema and of the documents' content.
    pub const LAYOUT_VERSION: u32 = 2;

    /// Builds the schema and returns it with its fields.
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

    /// Builds the document of a product; `None` unless the product is active.
    ///
    /// # Errors
    /// When the product card cannot be serialised.
    pub fn document(
        &self,
        product: &Product,
        category_name: &str,
        currency: Currency,
        levels: &HashMap<Sku, StockLevel>,
    ) -> Result<Option<TantivyDocument>, StoreError> {
        // Lists are public, so other products must not have a document.
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
        // Transliterated, so that titles sort by letter whatever their accents are, and cut to bound the key.
        // U+0001 sorts before every printable character, so a title sorts before longer titles that start with it.
        let title: String = deunicode::deunicode(&product.title).to_lowercase().chars().take(80).collect();
        document.add_text(self.by_title, format!("{title}\u{1}{id}"));
        // Numbers are padded to 19 digits, the length of `i64::MAX`: the index compares sort keys as text.
        document.add_text(self.by_price, format!("{:019}\u{1}{id}", card.price.amount));
        // Subtracted, so that ascending order means newest first.
        let age = i64::MAX - product.created_at.as_microsecond();
        document.add_text(self.by_newest, format!("{age:019}\u{1}{id}"));
        document.add_text(self.card, serde_json::to_string(&card)?);
        document.add_text(self.id, id);
        Ok(Some(document))
    }
}
