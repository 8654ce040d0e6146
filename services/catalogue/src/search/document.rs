//! The index schema, and the document of a product.

use super::analysis::{Analyzer, Token, code};
use crate::product::Product;
use crate::sanitise;
use crate::stock::StockLevel;
use chassis::StoreError;
use contracts::catalogue::ProductStatus;
use contracts::{Currency, Sku};
use std::collections::{BTreeSet, HashMap};
use tantivy::TantivyDocument;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::PreTokenizedString;
use unicode_normalization::UnicodeNormalization;

/// The fields of the index schema.
///
/// Increment [`Fields::LAYOUT_VERSION`] with every change to them: an index of another layout is rebuilt.
#[derive(Debug, Clone)]
pub struct Fields {
    pub id: Field,
    /// The title of the product, stemmed.
    pub title: Field,
    /// Title, vendor, SKUs and tags unstemmed, for prefixes and corrections.
    pub words: Field,
    /// Description, vendor, category, tags and option values, stemmed.
    pub body: Field,
    /// The stems of the ends of compounds in title and tags.
    pub compound_heads: Field,
    /// SKUs and GTINs without punctuation.
    pub code: Field,
    /// The handle of the category.
    pub category: Field,
    /// The vendor regardless of case, for filters.
    pub vendor: Field,
    /// The vendor as written, for facets.
    pub vendor_label: Field,
    /// The tags regardless of case, for filters.
    pub tag: Field,
    /// The tags as written, for facets.
    pub tag_label: Field,
    /// The prices in minor units of the variants that can be bought, or of all variants when none can.
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
    pub const LAYOUT_VERSION: u32 = 3;

    /// Builds the schema and returns it with its fields.
    pub fn schema() -> (Schema, Self) {
        let mut schema = Schema::builder();
        // Documents bring their tokens along, so the index needs no tokenizer of its own.
        let text = || {
            let indexing = TextFieldIndexing::default().set_index_option(IndexRecordOption::WithFreqsAndPositions);
            TextOptions::default().set_indexing_options(indexing)
        };
        let fields = Self {
            id: schema.add_text_field("id", STRING | STORED),
            title: schema.add_text_field("title", text()),
            words: schema.add_text_field("words", text()),
            body: schema.add_text_field("body", text()),
            compound_heads: schema.add_text_field("compound_heads", STRING),
            code: schema.add_text_field("code", STRING),
            category: schema.add_text_field("category", STRING | FAST),
            vendor: schema.add_text_field("vendor", STRING),
            vendor_label: schema.add_text_field("vendor_label", STRING | FAST),
            tag: schema.add_text_field("tag", STRING),
            tag_label: schema.add_text_field("tag_label", STRING | FAST),
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
        analyzer: &Analyzer,
    ) -> Result<Option<TantivyDocument>, StoreError> {
        // Lists are public, so other products must not have a document.
        if product.status != ProductStatus::Active {
            return Ok(None);
        }
        let card = product.card(currency, levels);
        let mut document = TantivyDocument::default();
        let id = product.id.to_string();
        let plain = |text: &str| pre_tokenized(analyzer.plain_tokens(text));
        let stems = |text: &str| pre_tokenized(analyzer.stem_tokens(text));
        let mut compound_heads = analyzer.compound_heads(&product.title);
        document.add_pre_tokenized_text(self.title, stems(&product.title));
        document.add_pre_tokenized_text(self.words, plain(&product.title));
        document.add_pre_tokenized_text(self.words, plain(&product.vendor));
        document.add_pre_tokenized_text(self.body, stems(&sanitise::text(&product.description_html)));
        document.add_pre_tokenized_text(self.body, stems(&product.vendor));
        document.add_pre_tokenized_text(self.body, stems(category_name));
        let mut tag_keys = BTreeSet::new();
        for tag in &product.tags {
            document.add_pre_tokenized_text(self.words, plain(tag));
            document.add_pre_tokenized_text(self.body, stems(tag));
            compound_heads.extend(analyzer.compound_heads(tag));
            let key = filter_key(tag);
            if tag_keys.insert(key.clone()) {
                document.add_text(self.tag, key);
                document.add_text(self.tag_label, tag);
            }
        }
        for head in compound_heads {
            document.add_text(self.compound_heads, head);
        }
        for variant in &product.variants {
            document.add_pre_tokenized_text(self.words, plain(variant.sku.as_str()));
            for code in [Some(variant.sku.as_str()), variant.barcode.as_deref()].into_iter().flatten().filter_map(code)
            {
                document.add_text(self.code, code);
            }
            for value in &variant.option_values {
                document.add_pre_tokenized_text(self.body, stems(value));
            }
        }
        if let Some(category) = &product.category {
            document.add_text(self.category, category);
        }
        if !product.vendor.is_empty() {
            document.add_text(self.vendor, filter_key(&product.vendor));
            document.add_text(self.vendor_label, &product.vendor);
        }
        for variant in product.offered_variants(levels) {
            document.add_i64(self.price, variant.price);
        }
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

/// Returns what writings of a vendor or tag have in common that differ in case alone.
pub fn filter_key(value: &str) -> String {
    value.nfkc().collect::<String>().to_lowercase()
}

fn pre_tokenized(tokens: Vec<Token>) -> PreTokenizedString {
    let token = |(text, position)| tantivy::tokenizer::Token { text, position, ..tantivy::tokenizer::Token::default() };
    // The text is not stored, so only the tokens count.
    PreTokenizedString { text: String::new(), tokens: tokens.into_iter().map(token).collect() }
}
