//! The index itself: files in a folder, one writer, one reader that sees the latest commit.

use super::document::Fields;
use super::query::{ProductQuery, Sort, joined};
use bytes::Bytes;
use chassis::{Problem, StoreError, page};
use contracts::Currency;
use contracts::catalogue::{Count, FacetValue, Facets, PriceRange, ProductCard, ProductPage};
use moka::sync::Cache;
use serde_json::json;
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tantivy::aggregation::agg_req::Aggregations;
use tantivy::aggregation::agg_result::{AggregationResult, AggregationResults, BucketResult, MetricResult};
use tantivy::aggregation::{AggContextParams, AggregationCollector, Key};
use tantivy::collector::sort_key::SortByString;
use tantivy::collector::{Count as CountCollector, TopDocs};
use tantivy::query::{Occur, Query};
use tantivy::schema::Value;
use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, LowerCaser, RemoveLongFilter, SimpleTokenizer, Stemmer, StopWordFilter, TextAnalyzer,
};
use tantivy::{DocAddress, Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyDocument};

/// Counting stops being exact here.
const MOST_COUNTED: usize = 1000;
/// A page by relevance begins at most here.
const DEEPEST: usize = 1000;
const WRITER_MEMORY: usize = 15_000_000;
const PAGES_REMEMBERED: u64 = 512;
const MARK: &str = "shopstack-layout";

/// The index of all products for sale.
#[derive(Clone)]
pub struct SearchIndex(Arc<Inner>);

struct Inner {
    fields: Fields,
    index: Index,
    reader: IndexReader,
    pub(super) writer: Mutex<IndexWriter>,
    generation: AtomicU64,
    pages: Cache<(u64, ProductQuery), Arc<Listing>>,
    category_names: RwLock<HashMap<String, String>>,
    currency: Currency,
}

/// A page of products with its JSON, so that a remembered page is not written anew.
pub struct Listing {
    /// The page.
    pub page: ProductPage,
    /// Its JSON.
    pub body: Bytes,
    /// Its entity tag.
    pub etag: String,
}

/// How far the index has followed the change tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Followed {
    /// Place in the products' change table.
    pub products: i64,
    /// Place in the stock's change table.
    pub stock: i64,
}

fn fault(error: impl std::fmt::Display) -> StoreError {
    StoreError::Fault(format!("search index: {error}"))
}

impl SearchIndex {
    /// Opens the index in `folder`, or begins an empty one when there is none, or one of another layout. Says how far
    /// it has followed; `None` when it has to be filled from the start.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn open(folder: &Path, currency: Currency) -> Result<(Self, Option<Followed>), StoreError> {
        let mark = folder.join(MARK);
        let wanted = format!("{} {currency}", Fields::LAYOUT);
        if std::fs::read_to_string(&mark).ok().as_deref() != Some(&wanted) {
            if folder.exists() {
                std::fs::remove_dir_all(folder).map_err(fault)?;
            }
            std::fs::create_dir_all(folder).map_err(fault)?;
        }
        let (schema, fields) = Fields::schema();
        let directory = tantivy::directory::MmapDirectory::open(folder).map_err(fault)?;
        let index = Index::open_or_create(directory, schema).map_err(fault)?;
        std::fs::write(&mark, wanted).map_err(fault)?;
        register_tokenizers(&index);
        let followed = index
            .load_metas()
            .ok()
            .and_then(|metas| metas.payload)
            .and_then(|payload| serde_json::from_str(&payload).ok());
        Ok((Self::over(index, fields, currency)?, followed))
    }

    /// An empty index that is gone with the process.
    ///
    /// # Errors
    /// When there is too little memory.
    pub fn in_memory(currency: Currency) -> Result<Self, StoreError> {
        let (schema, fields) = Fields::schema();
        let index = Index::create_in_ram(schema);
        register_tokenizers(&index);
        Self::over(index, fields, currency)
    }

    fn over(index: Index, fields: Fields, currency: Currency) -> Result<Self, StoreError> {
        let writer = index.writer_with_num_threads(1, WRITER_MEMORY).map_err(fault)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(fault)?;
        let inner = Inner {
            fields,
            index,
            reader,
            writer: Mutex::new(writer),
            generation: AtomicU64::new(0),
            pages: Cache::new(PAGES_REMEMBERED),
            category_names: RwLock::default(),
            currency,
        };
        Ok(Self(Arc::new(inner)))
    }

    /// The fields, for making documents.
    pub fn fields(&self) -> &Fields {
        &self.0.fields
    }

    /// The currency of all prices in it.
    pub fn currency(&self) -> Currency {
        self.0.currency
    }

    /// Grows with every change that can be seen.
    pub fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    /// How far the last commit had followed the change tables.
    pub fn followed(&self) -> Followed {
        let payload = self.0.index.load_metas().ok().and_then(|metas| metas.payload);
        payload.and_then(|payload| serde_json::from_str(&payload).ok()).unwrap_or_default()
    }

    /// Puts documents in the place of those with the same ids; an id without a document is removed.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub fn apply(
        &self,
        documents: Vec<(String, Option<TantivyDocument>)>,
        followed: Followed,
    ) -> Result<(), StoreError> {
        let mut writer = self.0.writer.lock().map_err(fault)?;
        for (id, document) in documents {
            writer.delete_term(tantivy::Term::from_field_text(self.0.fields.id, &id));
            if let Some(document) = document {
                writer.add_document(document).map_err(fault)?;
            }
        }
        let mut prepared = writer.prepare_commit().map_err(fault)?;
        prepared.set_payload(&serde_json::to_string(&followed)?);
        prepared.commit().map_err(fault)?;
        drop(writer);
        self.0.reader.reload().map_err(fault)?;
        self.0.generation.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    /// A page of products. Pages are remembered until the index changes.
    ///
    /// # Errors
    /// 422 for a cursor that is not of this list.
    pub fn page(&self, asked: &ProductQuery) -> Result<Arc<Listing>, Problem> {
        let key = (self.generation(), asked.clone());
        if let Some(listing) = self.0.pages.get(&key) {
            return Ok(listing);
        }
        let page = self.look_up(asked)?;
        let body = Bytes::from(serde_json::to_vec(&page).map_err(Problem::internal)?);
        let etag = chassis::secret::sha256_hex(&body).chars().take(20).collect();
        let listing = Arc::new(Listing { page, body, etag });
        self.0.pages.insert(key, Arc::clone(&listing));
        Ok(listing)
    }

    fn look_up(&self, asked: &ProductQuery) -> Result<ProductPage, Problem> {
        let searcher = self.0.reader.searcher();
        let tokenizers = self.0.index.tokenizers();
        let fields = &self.0.fields;
        let wants_words = !asked.words.trim().is_empty();
        let words = || fields.exact_words(&asked.words, tokenizers);
        let mut corrected = None;
        let mut query = joined(words(), fields.filters(asked));
        if wants_words && searcher.search(&query, &CountCollector).map_err(search_fault)? == 0 {
            if let Some(similar) = fields.similar_words(&asked.words, tokenizers) {
                query = joined(Some(similar), fields.filters(asked));
                corrected = Some(asked.words.clone());
            } else {
                return Ok(nothing());
            }
        }
        let sort = if asked.sort == Sort::Relevance && !wants_words { Sort::Newest } else { asked.sort };
        let (items, next_cursor) = self.cards(&searcher, &*query, sort, asked)?;
        let (count, facets) = if asked.cursor.is_none() { self.summary(&searcher, &*query)? } else { (None, None) };
        let corrected_query = corrected.filter(|_| !items.is_empty());
        Ok(ProductPage { items, next_cursor, count, facets, corrected_query })
    }

    fn cards(
        &self,
        searcher: &Searcher,
        query: &dyn Query,
        sort: Sort,
        asked: &ProductQuery,
    ) -> Result<(Vec<ProductCard>, Option<String>), Problem> {
        let limit = asked.limit;
        let Some((field, order)) = self.0.fields.sort_field(sort) else {
            let offset: usize = asked.cursor.as_deref().map_or(Ok(0), page::decode)?;
            if offset > DEEPEST {
                return Err(Problem::invalid(
                    "cursor",
                    "reaches deeper than results by relevance go; narrow the search",
                ));
            }
            let collector = TopDocs::with_limit(limit + 1).and_offset(offset).order_by_score();
            let found = searcher.search(query, &collector).map_err(search_fault)?;
            let next = (found.len() > limit && offset + limit <= DEEPEST).then(|| page::encode(&(offset + limit)));
            let cards = found.into_iter().take(limit).map(|(_, address)| self.card(searcher, address));
            return Ok((cards.collect::<Result<_, _>>()?, next));
        };
        let name = searcher.schema().get_field_name(field).to_owned();
        let collector = TopDocs::with_limit(limit + 1).order_by((SortByString::for_field(&name), order));
        let found = match &asked.cursor {
            Some(cursor) => {
                let key: String = page::decode(cursor)?;
                let behind = vec![(Occur::Must, query.box_clone()), (Occur::Must, Fields::behind(field, order, &key))];
                searcher.search(&tantivy::query::BooleanQuery::new(behind), &collector)
            }
            None => searcher.search(query, &collector),
        }
        .map_err(search_fault)?;
        let more = found.len() > limit;
        let next = found.get(limit - 1).filter(|_| more).and_then(|(key, _)| key.as_ref()).map(page::encode);
        let cards = found.into_iter().take(limit).map(|(_, address)| self.card(searcher, address));
        Ok((cards.collect::<Result<_, _>>()?, next))
    }

    fn card(&self, searcher: &Searcher, address: DocAddress) -> Result<ProductCard, Problem> {
        let document: TantivyDocument = searcher.doc(address).map_err(search_fault)?;
        let text = document.get_first(self.0.fields.card).and_then(|value| value.as_str()).unwrap_or_default();
        serde_json::from_str(text).map_err(Problem::internal)
    }

    fn summary(&self, searcher: &Searcher, query: &dyn Query) -> Result<(Option<Count>, Option<Facets>), Problem> {
        let collector = AggregationCollector::from_aggs(facet_request()?, AggContextParams::default());
        let (total, found) = searcher.search(query, &(CountCollector, collector)).map_err(search_fault)?;
        let count =
            Count { value: u32::try_from(total.min(MOST_COUNTED)).unwrap_or(u32::MAX), capped: total > MOST_COUNTED };
        Ok((Some(count), Some(self.facets(&found))))
    }

    fn facets(&self, found: &AggregationResults) -> Facets {
        let price = match (metric(found, "lowest"), metric(found, "highest")) {
            (Some(min), Some(max)) => {
                Some(PriceRange { min: self.0.currency.minor(min), max: self.0.currency.minor(max) })
            }
            _ => None,
        };
        Facets {
            categories: self.named(buckets(found, "categories")),
            vendors: buckets(found, "vendors"),
            tags: buckets(found, "tags"),
            price,
            in_stock: metric(found, "in_stock").and_then(|count| u32::try_from(count).ok()).unwrap_or(0),
        }
    }

    fn named(&self, mut categories: Vec<FacetValue>) -> Vec<FacetValue> {
        let names = self.0.category_names.read().unwrap_or_else(PoisonError::into_inner);
        for category in &mut categories {
            if let Some(name) = names.get(&category.value) {
                category.label.clone_from(name);
            }
        }
        categories.sort_by(|a, b| a.label.cmp(&b.label));
        categories
    }

    /// Tells the names of categories, by handle; pages made from now on show them.
    pub fn name_categories(&self, names: HashMap<String, String>) {
        let mut known = self.0.category_names.write().unwrap_or_else(PoisonError::into_inner);
        if *known != names {
            *known = names;
            self.0.generation.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// How many products for sale each category has.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn category_counts(&self) -> Result<Vec<FacetValue>, Problem> {
        let everything = ProductQuery {
            words: String::new(),
            category: None,
            vendors: Vec::new(),
            tags: Vec::new(),
            min_price: None,
            max_price: None,
            in_stock: false,
            sort: Sort::Newest,
            cursor: None,
            limit: 1,
        };
        Ok(self.page(&everything)?.page.facets.as_ref().map(|facets| facets.categories.clone()).unwrap_or_default())
    }
}

fn nothing() -> ProductPage {
    ProductPage {
        items: Vec::new(),
        next_cursor: None,
        count: Some(Count { value: 0, capped: false }),
        facets: Some(Facets {
            categories: Vec::new(),
            vendors: Vec::new(),
            tags: Vec::new(),
            price: None,
            in_stock: 0,
        }),
        corrected_query: None,
    }
}

fn search_fault(error: tantivy::TantivyError) -> Problem {
    Problem::internal(error)
}

fn facet_request() -> Result<Aggregations, Problem> {
    let request = json!({
        "categories": { "terms": { "field": "category", "size": 200 } },
        "vendors": { "terms": { "field": "vendor", "size": 30 } },
        "tags": { "terms": { "field": "tag", "size": 30 } },
        "lowest": { "min": { "field": "price" } },
        "highest": { "max": { "field": "price" } },
        "in_stock": { "sum": { "field": "available" } },
    });
    serde_json::from_value(request).map_err(Problem::internal)
}

fn buckets(found: &AggregationResults, name: &str) -> Vec<FacetValue> {
    let Some(AggregationResult::BucketResult(BucketResult::Terms { buckets, .. })) = found.0.get(name) else {
        return Vec::new();
    };
    let value = |key: &Key| match key {
        Key::Str(text) => Some(text.clone()),
        _ => None,
    };
    buckets
        .iter()
        .filter_map(|bucket| {
            let value = value(&bucket.key)?;
            let count = u32::try_from(bucket.doc_count).unwrap_or(u32::MAX);
            Some(FacetValue { label: value.clone(), value, count })
        })
        .collect()
}

/// A metric of whole numbers, which the library hands out as a floating-point one.
#[expect(clippy::cast_possible_truncation, reason = "minor units below 2^53 are exact in a double, and only shown")]
fn metric(found: &AggregationResults, name: &str) -> Option<i64> {
    let AggregationResult::MetricResult(result) = found.0.get(name)? else { return None };
    let value = match result {
        MetricResult::Min(metric) => metric.value,
        MetricResult::Max(metric) => metric.value,
        MetricResult::Sum(metric) => metric.value,
        _ => None,
    };
    value.map(|value| value as i64)
}

fn register_tokenizers(index: &Index) {
    let plain = TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(60))
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter);
    let stemmed = TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(60))
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .filter(StopWordFilter::remove(
            ["a", "an", "and", "for", "in", "of", "on", "or", "the", "to", "with"].map(String::from),
        ))
        .filter(Stemmer::new(Language::English));
    index.tokenizers().register("plain", plain.build());
    index.tokenizers().register("stemmed", stemmed.build());
}
