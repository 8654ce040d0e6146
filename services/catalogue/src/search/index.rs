//! The index: files in a folder, with one writer and one reader of the latest commit.

use super::document::Fields;
use super::query::{ProductQuery, Sort, conjunction};
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
use tantivy::collector::sort_key::{SortBySimilarityScore, SortByString};
use tantivy::collector::{Count as CountCollector, TopDocs};
use tantivy::query::{Occur, Query};
use tantivy::schema::Value;
use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, LowerCaser, RemoveLongFilter, SimpleTokenizer, Stemmer, StopWordFilter, TextAnalyzer,
};
use tantivy::{DocAddress, Index, IndexReader, IndexWriter, Order, ReloadPolicy, Searcher, TantivyDocument};

/// Larger numbers of results are reported as this number, capped.
const MAX_COUNT: usize = 1000;
/// The largest offset of a page sorted by relevance. Such pages have no sort key to continue from, so each one
/// collects all results before it again.
const MAX_RELEVANCE_OFFSET: usize = 1000;
/// The memory budget of the index writer in bytes; 15 MB is the minimum that tantivy accepts.
const WRITER_MEMORY: usize = 15_000_000;
const MAX_CACHED_PAGES: u64 = 512;
/// The file beside the index that has its layout version and currency.
const LAYOUT_FILE: &str = "shopstack-layout";

/// The index of all active products.
#[derive(Clone)]
pub struct SearchIndex(Arc<Inner>);

struct Inner {
    fields: Fields,
    index: Index,
    reader: IndexReader,
    pub(super) writer: Mutex<IndexWriter>,
    /// Part of the cache key of pages, so that a change invalidates all of them.
    generation: AtomicU64,
    pages: Cache<(u64, ProductQuery), Arc<CachedPage>>,
    category_names: RwLock<HashMap<String, String>>,
    currency: Currency,
}

/// A page of products with its serialised response, so that a cached page is not serialised again.
pub struct CachedPage {
    pub page: ProductPage,
    /// The page as JSON.
    pub body: Bytes,
    /// The entity tag of `body`, without quotes.
    pub etag: String,
}

/// The positions in the change logs up to which the index is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct IndexCheckpoint {
    /// The position in the change log of the products.
    pub products: i64,
    /// The position in the change log of the stock.
    pub stock: i64,
}

fn index_error(error: impl std::fmt::Display) -> StoreError {
    StoreError::Fault(format!("search index: {error}"))
}

impl SearchIndex {
    /// Opens the index in `folder` and returns it with its checkpoint.
    ///
    /// Creates an empty index if there is none or its layout differs. The checkpoint is `None` when the index must be
    /// rebuilt.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn open(folder: &Path, currency: Currency) -> Result<(Self, Option<IndexCheckpoint>), StoreError> {
        let layout_file = folder.join(LAYOUT_FILE);
        // Prices and sort keys are in minor units, so a change of currency needs a rebuild as well.
        let layout = format!("{} {currency}", Fields::LAYOUT_VERSION);
        if std::fs::read_to_string(&layout_file).ok().as_deref() != Some(&layout) {
            if folder.exists() {
                std::fs::remove_dir_all(folder).map_err(index_error)?;
            }
            std::fs::create_dir_all(folder).map_err(index_error)?;
        }
        let (schema, fields) = Fields::schema();
        let directory = tantivy::directory::MmapDirectory::open(folder).map_err(index_error)?;
        let index = Index::open_or_create(directory, schema).map_err(index_error)?;
        // Written after the folder was cleared: a crash in between leads to another rebuild.
        std::fs::write(&layout_file, layout).map_err(index_error)?;
        register_tokenizers(&index);
        let checkpoint = index
            .load_metas()
            .ok()
            .and_then(|metas| metas.payload)
            .and_then(|payload| serde_json::from_str(&payload).ok());
        Ok((Self::over(index, fields, currency)?, checkpoint))
    }

    /// Creates an empty index in memory.
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
        // There is one thread, because tantivy divides the memory among the threads and each needs the minimum.
        let writer = index.writer_with_num_threads(1, WRITER_MEMORY).map_err(index_error)?;
        // Reloaded by hand after each commit, so that the generation grows only once the new documents are visible.
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(index_error)?;
        let inner = Inner {
            fields,
            index,
            reader,
            writer: Mutex::new(writer),
            generation: AtomicU64::new(0),
            pages: Cache::new(MAX_CACHED_PAGES),
            category_names: RwLock::default(),
            currency,
        };
        Ok(Self(Arc::new(inner)))
    }

    pub fn fields(&self) -> &Fields {
        &self.0.fields
    }

    pub fn currency(&self) -> Currency {
        self.0.currency
    }

    /// Returns a number that grows with every visible change.
    pub fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    /// Returns the checkpoint of the last commit.
    pub fn checkpoint(&self) -> IndexCheckpoint {
        let payload = self.0.index.load_metas().ok().and_then(|metas| metas.payload);
        payload.and_then(|payload| serde_json::from_str(&payload).ok()).unwrap_or_default()
    }

    /// Replaces the documents with these ids, or removes those whose document is `None`, and commits.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub fn apply(
        &self,
        documents: Vec<(String, Option<TantivyDocument>)>,
        checkpoint: IndexCheckpoint,
    ) -> Result<(), StoreError> {
        // An index has one writer; the lock keeps the documents of a batch and its checkpoint in the same commit.
        let mut writer = self.0.writer.lock().map_err(index_error)?;
        for (id, document) in documents {
            writer.delete_term(tantivy::Term::from_field_text(self.0.fields.id, &id));
            if let Some(document) = document {
                writer.add_document(document).map_err(index_error)?;
            }
        }
        // The checkpoint is part of the commit: after a crash, documents and checkpoint match.
        let mut prepared = writer.prepare_commit().map_err(index_error)?;
        prepared.set_payload(&serde_json::to_string(&checkpoint)?);
        prepared.commit().map_err(index_error)?;
        drop(writer);
        // In this order no page with old documents is cached under the new generation.
        self.0.reader.reload().map_err(index_error)?;
        self.0.generation.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    /// Returns a page of products. Pages are cached until the index changes.
    ///
    /// # Errors
    /// 422 for a cursor that does not belong to this list.
    pub fn page(&self, query: &ProductQuery) -> Result<Arc<CachedPage>, Problem> {
        let key = (self.generation(), query.clone());
        if let Some(page) = self.0.pages.get(&key) {
            return Ok(page);
        }
        let page = self.search(query)?;
        let body = Bytes::from(serde_json::to_vec(&page).map_err(Problem::internal)?);
        // 80 bits distinguish the versions of a page well enough.
        let etag = chassis::secret::sha256_hex(&body).chars().take(20).collect();
        let page = Arc::new(CachedPage { page, body, etag });
        self.0.pages.insert(key, Arc::clone(&page));
        Ok(page)
    }

    fn search(&self, request: &ProductQuery) -> Result<ProductPage, Problem> {
        let searcher = self.0.reader.searcher();
        let tokenizers = self.0.index.tokenizers();
        let fields = &self.0.fields;
        let has_words = !request.words.trim().is_empty();
        let mut corrected = None;
        let words = fields.exact_words(&request.words, tokenizers);
        let is_without_words = words.is_none();
        let mut query = conjunction(words, fields.filters(request));
        let count = || searcher.search(&query, &CountCollector).map_err(Problem::internal);
        if has_words && (is_without_words || count()? == 0) {
            // Similar words only stand in for a query without any result, so they never dilute exact matches. Punctuation
            // alone has none, and would otherwise find every product.
            let Some(similar) = fields.similar_words(&request.words, tokenizers) else { return Ok(empty_page()) };
            query = conjunction(Some(similar), fields.filters(request));
            corrected = Some(request.words.clone());
        }
        // Without words all scores are equal, so relevance would be an arbitrary order.
        let sort = if request.sort == Sort::Relevance && !has_words { Sort::Newest } else { request.sort };
        let (items, next_cursor) = self.cards(&searcher, &*query, sort, request)?;
        // Count and facets describe the whole result, so only the first page computes them.
        let (count, facets) = match request.cursor {
            None => self.count_and_facets(&searcher, &*query)?,
            Some(_) => (None, None),
        };
        let corrected_query = corrected.filter(|_| !items.is_empty());
        Ok(ProductPage { items, next_cursor, count, facets, corrected_query })
    }

    fn cards(
        &self,
        searcher: &Searcher,
        query: &dyn Query,
        sort: Sort,
        request: &ProductQuery,
    ) -> Result<(Vec<ProductCard>, Option<String>), Problem> {
        let limit = request.limit;
        let Some((field, order)) = self.0.fields.sort_field(sort) else {
            let offset: usize = request.cursor.as_deref().map_or(Ok(0), page::decode)?;
            if offset > MAX_RELEVANCE_OFFSET {
                return Err(Problem::invalid(
                    "cursor",
                    "is beyond the last page of results sorted by relevance; narrow the search",
                ));
            }
            // One more than the limit shows whether there is a next page.
            // Products of the same score have an order of their own, so that pages stay the same when one is changed.
            let newest = SortByString::for_field(searcher.schema().get_field_name(self.0.fields.by_newest));
            let keys = ((SortBySimilarityScore, Order::Desc), (newest, Order::Asc));
            let collector = TopDocs::with_limit(limit + 1).and_offset(offset).order_by(keys);
            let found = searcher.search(query, &collector).map_err(Problem::internal)?;
            let next = (found.len() > limit && offset + limit <= MAX_RELEVANCE_OFFSET)
                .then(|| page::encode(&(offset + limit)));
            let cards = found.into_iter().take(limit).map(|(_, address)| self.card(searcher, address));
            return Ok((cards.collect::<Result<_, _>>()?, next));
        };
        let name = searcher.schema().get_field_name(field).to_owned();
        let collector = TopDocs::with_limit(limit + 1).order_by((SortByString::for_field(&name), order));
        let found = match &request.cursor {
            Some(cursor) => {
                let key: String = page::decode(cursor)?;
                let rest = vec![(Occur::Must, query.box_clone()), (Occur::Must, Fields::following(field, order, &key))];
                searcher.search(&tantivy::query::BooleanQuery::new(rest), &collector)
            }
            None => searcher.search(query, &collector),
        }
        .map_err(Problem::internal)?;
        let more = found.len() > limit;
        let next = found.get(limit - 1).filter(|_| more).and_then(|(key, _)| key.as_ref()).map(page::encode);
        let cards = found.into_iter().take(limit).map(|(_, address)| self.card(searcher, address));
        Ok((cards.collect::<Result<_, _>>()?, next))
    }

    fn card(&self, searcher: &Searcher, address: DocAddress) -> Result<ProductCard, Problem> {
        let document: TantivyDocument = searcher.doc(address).map_err(Problem::internal)?;
        let text = document.get_first(self.0.fields.card).and_then(|value| value.as_str()).unwrap_or_default();
        serde_json::from_str(text).map_err(Problem::internal)
    }

    fn count_and_facets(
        &self,
        searcher: &Searcher,
        query: &dyn Query,
    ) -> Result<(Option<Count>, Option<Facets>), Problem> {
        let collector = AggregationCollector::from_aggs(facet_request()?, AggContextParams::default());
        let (total, found) = searcher.search(query, &(CountCollector, collector)).map_err(Problem::internal)?;
        let count = Count { value: u32::try_from(total.min(MAX_COUNT)).unwrap_or(u32::MAX), capped: total > MAX_COUNT };
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
            categories: self.with_names(buckets(found, "categories")),
            vendors: buckets(found, "vendors"),
            tags: buckets(found, "tags"),
            price,
            in_stock: metric(found, "in_stock").and_then(|count| u32::try_from(count).ok()).unwrap_or(0),
        }
    }

    fn with_names(&self, mut categories: Vec<FacetValue>) -> Vec<FacetValue> {
        let names = self.0.category_names.read().unwrap_or_else(PoisonError::into_inner);
        for category in &mut categories {
            if let Some(name) = names.get(&category.value) {
                category.label.clone_from(name);
            }
        }
        categories.sort_by(|a, b| a.label.cmp(&b.label));
        categories
    }

    /// Sets the names of categories by handle, which facets use as labels.
    pub fn set_category_names(&self, names: HashMap<String, String>) {
        let mut current = self.0.category_names.write().unwrap_or_else(PoisonError::into_inner);
        if *current != names {
            *current = names;
            self.0.generation.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Returns the number of active products in each category.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn category_counts(&self) -> Result<Vec<FacetValue>, Problem> {
        // Only the facets are needed, which do not depend on the number of products on the page.
        let all_products = ProductQuery {
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
        Ok(self.page(&all_products)?.page.facets.as_ref().map(|facets| facets.categories.clone()).unwrap_or_default())
    }
}

fn empty_page() -> ProductPage {
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

fn facet_request() -> Result<Aggregations, Problem> {
    // The sizes limit the response; a facet with more values has its most frequent ones.
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

/// Returns a metric over integers, which tantivy computes as a floating-point number.
#[expect(
    clippy::cast_possible_truncation,
    reason = "minor units below 2^53 are exact in a double, and are only displayed"
)]
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
    // Longer tokens are not words; they would only enlarge the term dictionary.
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
