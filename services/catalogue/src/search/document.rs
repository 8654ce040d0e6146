//! The index schema, and the document of a product.

use super::analysis::{Analyzer, Token, code};
use crate::product::Product;
use crate::sanitise;
use crate::stock::StockLevel;
use crate::store::Category;
use chassis::StoreError;
use contracts::catalogue::{ProductCard, ProductStatus};
use contracts::{Currency, Language, Sku};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tantivy::TantivyDocument;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions, Value,
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
    tag_label: Field,
    /// The fields that depend on the language of the response.
    translated: BTreeMap<Language, TranslatedFields>,
    /// The prices in minor units of the variants that can be bought, or of all variants when none can.
    pub price: Field,
    /// 1 if the product can be bought, otherwise 0.
    pub available: Field,
    /// The sort key by title. All sort keys end in the product's id, so that a cursor identifies one position.
    by_title: Field,
    /// The sort key by lowest price.
    pub by_price: Field,
    /// The sort key by time of creation, the newest first.
    pub by_newest: Field,
    /// The product card as JSON, so that a page needs no access to the stores.
    card: Field,
}

/// The fields of a document in one language.
#[derive(Debug, Clone)]
struct TranslatedFields {
    /// The tags as written, for facets. The texts of the shop's own language are in the place of those that are not translated.
    tag_label: Field,
    /// The sort key by title, of all products.
    by_title: Field,
    /// The product card as JSON, of products with texts in this language.
    card: Field,
}

impl Fields {
    /// The version of the schema and of the documents' content.
    pub const LAYOUT_VERSION: u32 = 4;

    /// Builds the schema and returns it with its fields.
    pub fn schema() -> (Schema, Self) {
        let mut schema = Schema::builder();
        // Documents bring their tokens along, so the index needs no tokenizer of its own.
        let text = || {
            let indexing = TextFieldIndexing::default().set_index_option(IndexRecordOption::WithFreqsAndPositions);
            TextOptions::default().set_indexing_options(indexing)
        };
        let translated = Language::ALL.iter().map(|language| {
            let name = |field: &str| format!("{field}_{}", language.as_str());
            let fields = TranslatedFields {
                tag_label: schema.add_text_field(&name("tag_label"), STRING | FAST),
                by_title: schema.add_text_field(&name("by_title"), STRING | FAST),
                card: schema.add_text_field(&name("card"), STORED),
            };
            (*language, fields)
        });
        let translated = translated.collect();
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
            translated,
            price: schema.add_i64_field("price", INDEXED | FAST),
            available: schema.add_u64_field("available", INDEXED | FAST),
            by_title: schema.add_text_field("by_title", STRING | FAST),
            by_price: schema.add_text_field("by_price", STRING | FAST),
            by_newest: schema.add_text_field("by_newest", STRING | FAST),
            card: schema.add_text_field("card", STORED),
        };
        (schema.build(), fields)
    }

    /// Returns the field of the tags as written.
    pub fn tag_label(&self, language: Option<Language>) -> Field {
        self.translated(language).map_or(self.tag_label, |fields| fields.tag_label)
    }

    /// Returns the field of the sort key by title.
    pub fn by_title(&self, language: Option<Language>) -> Field {
        self.translated(language).map_or(self.by_title, |fields| fields.by_title)
    }

    /// Returns the product card of a document.
    ///
    /// # Errors
    /// When the document has no valid card.
    pub fn card(
        &self,
        document: &TantivyDocument,
        language: Option<Language>,
    ) -> Result<ProductCard, serde_json::Error> {
        let translated = self.translated(language).and_then(|fields| document.get_first(fields.card));
        let card = translated.or_else(|| document.get_first(self.card));
        serde_json::from_str(card.and_then(|value| value.as_str()).unwrap_or_default())
    }

    fn translated(&self, language: Option<Language>) -> Option<&TranslatedFields> {
        self.translated.get(&language?)
    }

    /// Builds the document of a product; `None` unless the product is active.
    ///
    /// # Errors
    /// When the product card cannot be serialised.
    pub fn document(
        &self,
        product: &Product,
        category: Option<&Category>,
        currency: Currency,
        levels: &HashMap<Sku, StockLevel>,
        analyzer: &Analyzer,
    ) -> Result<Option<TantivyDocument>, StoreError> {
        // Lists are public, so other products must not have a document.
        if product.status != ProductStatus::Active {
            return Ok(None);
        }
        let mut document = TantivyDocument::default();
        let id = product.id.to_string();
        let own_category_name = category.map(|category| category.name.as_str());
        self.add_words(&mut document, product, own_category_name, analyzer);
        let mut tag_keys: BTreeSet<String> = product.tags.iter().map(|tag| filter_key(tag)).collect();
        add_tag_labels(&mut document, self.tag_label, product, product);
        document.add_text(self.by_title, title_key(product, &id));
        let card = product.card(currency, levels);
        document.add_text(self.card, serde_json::to_string(&card)?);
        for (language, fields) in &self.translated {
            let category_name = category.map(|category| category.name_in(Some(*language)));
            if product.languages().all(|translated| translated != *language) {
                add_tag_labels(&mut document, fields.tag_label, product, product);
                document.add_text(fields.by_title, title_key(product, &id));
                if let Some(name) = category_name.filter(|name| Some(*name) != own_category_name) {
                    let stems = Analyzer::of(*language).stem_tokens(name);
                    document.add_pre_tokenized_text(self.body, pre_tokenized(stems));
                }
                continue;
            }
            let translated = product.clone().in_language(Some(*language));
            self.add_words(&mut document, &translated, category_name, &Analyzer::of(*language));
            // Customers filter by a tag as they see it.
            tag_keys.extend(translated.tags.iter().map(|tag| filter_key(tag)));
            add_tag_labels(&mut document, fields.tag_label, product, &translated);
            document.add_text(fields.by_title, title_key(&translated, &id));
            document.add_text(fields.card, serde_json::to_string(&translated.card(currency, levels))?);
        }
        for key in tag_keys {
            document.add_text(self.tag, key);
        }
        for variant in &product.variants {
            for code in [Some(variant.sku.as_str()), variant.barcode.as_deref()].into_iter().flatten().filter_map(code)
            {
                document.add_text(self.code, code);
            }
            let sku = pre_tokenized(analyzer.plain_tokens(variant.sku.as_str()));
            document.add_pre_tokenized_text(self.words, sku);
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
        // Numbers are padded to 19 digits, the length of `i64::MAX`: the index compares sort keys as text.
        document.add_text(self.by_price, format!("{:019}\u{1}{id}", card.price.amount));
        // Subtracted, so that ascending order means newest first.
        let age = i64::MAX - product.created_at.as_microsecond();
        document.add_text(self.by_newest, format!("{age:019}\u{1}{id}"));
        document.add_text(self.id, id);
        Ok(Some(document))
    }

    /// Adds the words of a product in the language of its texts.
    fn add_words(
        &self,
        document: &mut TantivyDocument,
        product: &Product,
        category_name: Option<&str>,
        analyzer: &Analyzer,
    ) {
        let plain = |text: &str| pre_tokenized(analyzer.plain_tokens(text));
        let stems = |text: &str| pre_tokenized(analyzer.stem_tokens(text));
        let mut compound_heads = analyzer.compound_heads(&product.title);
        document.add_pre_tokenized_text(self.title, stems(&product.title));
        document.add_pre_tokenized_text(self.words, plain(&product.title));
        document.add_pre_tokenized_text(self.words, plain(&product.vendor));
        document.add_pre_tokenized_text(self.body, stems(&sanitise::text(&product.description_html)));
        document.add_pre_tokenized_text(self.body, stems(&product.vendor));
        document.add_pre_tokenized_text(self.body, stems(category_name.unwrap_or_default()));
        for tag in &product.tags {
            document.add_pre_tokenized_text(self.words, plain(tag));
            document.add_pre_tokenized_text(self.body, stems(tag));
            compound_heads.extend(analyzer.compound_heads(tag));
        }
        for head in compound_heads {
            document.add_text(self.compound_heads, head);
        }
        for value in product.variants.iter().flat_map(|variant| &variant.option_values) {
            document.add_pre_tokenized_text(self.body, stems(value));
        }
    }
}

/// Stands between a tag and its translation.
const SEPARATOR: char = '\u{1}';

/// Adds the tags as written with their translations, without those that differ from another one in case alone.
fn add_tag_labels(document: &mut TantivyDocument, field: Field, product: &Product, translated: &Product) {
    let mut seen = BTreeSet::new();
    for (tag, label) in product.tags.iter().zip(&translated.tags).filter(|(tag, _)| seen.insert(filter_key(tag))) {
        if tag == label {
            document.add_text(field, tag);
        } else {
            document.add_text(field, format!("{tag}{SEPARATOR}{label}"));
        }
    }
}

/// Returns a tag as written and its translation from the field of tags.
pub fn tag_and_label(indexed: &str) -> (&str, &str) {
    indexed.split_once(SEPARATOR).unwrap_or((indexed, indexed))
}

/// Returns the key by which names are sorted: transliterated, so that they sort by letter whatever their accents are.
pub fn sort_key(name: &str) -> String {
    deunicode::deunicode(name).to_lowercase()
}

fn title_key(product: &Product, id: &str) -> String {
    // Cut to bound the key. U+0001 sorts before every printable character, so a title sorts before longer titles that start with it.
    let title: String = sort_key(&product.title).chars().take(80).collect();
    format!("{title}\u{1}{id}")
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
