//! The index: files in a folder, with one writer and one reader of the latest commit.

use super::analysis::{Analyzer, Language, Piece};
use super::document::Fields;
use super::facets::{count_and_facets, empty_page};
use super::query::{Interpreter, ProductQuery, Sort, WordSearch, conjunction};
use crate::store::Category;
use bytes::Bytes;
use chassis::{Problem, StoreError, page};
use contracts::Currency;
use contracts::catalogue::{FacetValue, ProductCard, ProductPage};
use moka::sync::Cache;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tantivy::collector::TopDocs;
use tantivy::collector::sort_key::{SortBySimilarityScore, SortByString};
use tantivy::query::{Occur, Query};
use tantivy::{DocAddress, Index, IndexReader, IndexWriter, Order, ReloadPolicy, Searcher, TantivyDocument};

/// The largest offset of a page sorted by relevance. Such pages have no sort key to continue from, so each one
/// collects all results before it again.
const MAX_RELEVANCE_OFFSET: usize = 1000;
/// The memory budget of the index writer in bytes; 15 MB is the minimum that tantivy accepts.
const WRITER_MEMORY: usize = 15_000_000;
const MAX_CACHED_PAGES: u64 = 512;
/// The file beside the index that has its layout version, currency and language.
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
    categories: RwLock<HashMap<String, Category>>,
    currency: Currency,
    analyzer: RwLock<Arc<Analyzer>>,
    /// The file with the layout; `None` for an index in memory.
    layout_file: Option<PathBuf>,
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
    pub fn open(
        folder: &Path,
        currency: Currency,
        language: Language,
    ) -> Result<(Self, Option<IndexCheckpoint>), StoreError> {
        let layout_file = folder.join(LAYOUT_FILE);
        let analyzer = Analyzer::new(language);
        let layout = layout(currency, &analyzer);
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
        let checkpoint = index
            .load_metas()
            .ok()
            .and_then(|metas| metas.payload)
            .and_then(|payload| serde_json::from_str(&payload).ok());
        Ok((Self::over(index, fields, currency, analyzer, Some(layout_file))?, checkpoint))
    }

    /// Creates an empty index in memory.
    ///
    /// # Errors
    /// When there is too little memory.
    pub fn in_memory(currency: Currency, language: Language) -> Result<Self, StoreError> {
        let (schema, fields) = Fields::schema();
        let index = Index::create_in_ram(schema);
        Self::over(index, fields, currency, Analyzer::new(language), None)
    }

    fn over(
        index: Index,
        fields: Fields,
        currency: Currency,
        analyzer: Analyzer,
        layout_file: Option<PathBuf>,
    ) -> Result<Self, StoreError> {
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
            categories: RwLock::default(),
            currency,
            analyzer: RwLock::new(Arc::new(analyzer)),
            layout_file,
        };
        Ok(Self(Arc::new(inner)))
    }

    pub fn fields(&self) -> &Fields {
        &self.0.fields
    }

    pub fn currency(&self) -> Currency {
        self.0.currency
    }

    /// Returns the analyzer of documents and queries.
    pub fn analyzer(&self) -> Arc<Analyzer> {
        Arc::clone(&self.0.analyzer.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the language. All documents have to be written again afterwards, then [`Self::confirm_language`] called.
    pub fn set_language(&self, language: Language) {
        *self.0.analyzer.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Analyzer::new(language));
    }

    /// Records that all documents are in the current language. Until then a restart rebuilds the index.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn confirm_language(&self) -> Result<(), StoreError> {
        let layout = layout(self.0.currency, &self.analyzer());
        self.0.layout_file.as_ref().map_or(Ok(()), |file| std::fs::write(file, layout)).map_err(index_error)
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

    /// Replaces the documents with these ids, or removes those whose document is `None`. Searches find them after the next
    /// [`Self::commit`].
    ///
    /// # Errors
    /// When the index cannot be written.
    pub fn write(&self, documents: Vec<(String, Option<TantivyDocument>)>) -> Result<(), StoreError> {
        let writer = self.0.writer.lock().map_err(index_error)?;
        for (id, document) in documents {
            writer.delete_term(tantivy::Term::from_field_text(self.0.fields.id, &id));
            if let Some(document) = document {
                writer.add_document(document).map_err(index_error)?;
            }
        }
        Ok(())
    }

    /// Removes all documents with the next [`Self::commit`].
    ///
    /// # Errors
    /// When the index cannot be written.
    pub fn clear(&self) -> Result<(), StoreError> {
        let writer = self.0.writer.lock().map_err(index_error)?;
        writer.delete_all_documents().map(drop).map_err(index_error)
    }

    /// Returns the number of documents.
    pub fn size(&self) -> u64 {
        self.0.reader.searcher().num_docs()
    }

    /// Commits what was written. The index is complete up to `checkpoint` afterwards.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub fn commit(&self, checkpoint: IndexCheckpoint) -> Result<(), StoreError> {
        let mut writer = self.0.writer.lock().map_err(index_error)?;
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
        let fields = &self.0.fields;
        let own_analyzer = self.analyzer();
        let analyzer = request.language.map_or_else(|| Analyzer::clone(&own_analyzer), Analyzer::of);
        let has_words = !request.words.is_empty();
        let search = if has_words {
            // Without filters, which would otherwise turn a search that finds something into a similar one.
            let interpret = |analyzer| Interpreter::new(fields, analyzer, &searcher).interpret(&request.words);
            let mut found = interpret(&analyzer)?;
            let is_exact = |found: &Option<WordSearch>| found.as_ref().is_some_and(WordSearch::is_exact);
            if own_analyzer.language() != analyzer.language() && !is_exact(&found) {
                // What is not translated is in the language of the shop.
                let own = interpret(&own_analyzer)?;
                if found.is_none() || is_exact(&own) {
                    found = own;
                }
            }
            // Punctuation alone has no words, and would otherwise find every product.
            let Some(found) = found else { return Ok(empty_page()) };
            Some(found)
        } else {
            None
        };
        let (words, corrected, is_partial_match) =
            search.map_or((None, None, false), |search| (Some(search.query), search.corrected, search.is_partial));
        let query = conjunction(words, fields.filters(request));
        // Without words all scores are equal, so relevance would be an arbitrary order.
        let sort = if request.sort == Sort::Relevance && !has_words { Sort::Newest } else { request.sort };
        let (items, next_cursor) = self.cards(&searcher, &*query, sort, request)?;
        // Count and facets describe the whole result, so only the first page computes them.
        let (count, facets) = match request.cursor {
            None => {
                let categories = self.0.categories.read().unwrap_or_else(PoisonError::into_inner);
                let tags = searcher.schema().get_field_name(fields.tag_label(request.language));
                let (count, facets) =
                    count_and_facets(&searcher, &*query, self.0.currency, &categories, tags, request.language)?;
                (Some(count), Some(facets))
            }
            Some(_) => (None, None),
        };
        let corrected_query = corrected.map(|words| as_written(&words, &items, &analyzer));
        Ok(ProductPage { items, next_cursor, count, facets, corrected_query, is_partial_match })
    }

    fn cards(
        &self,
        searcher: &Searcher,
        query: &dyn Query,
        sort: Sort,
        request: &ProductQuery,
    ) -> Result<(Vec<ProductCard>, Option<String>), Problem> {
        let limit = request.limit;
        let Some((field, order)) = self.0.fields.sort_field(sort, request.language) else {
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
            let cards =
                found.into_iter().take(limit).map(|(_, address)| self.card(searcher, address, request.language));
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
        let cards = found.into_iter().take(limit).map(|(_, address)| self.card(searcher, address, request.language));
        Ok((cards.collect::<Result<_, _>>()?, next))
    }

    fn card(
        &self,
        searcher: &Searcher,
        address: DocAddress,
        language: Option<contracts::Language>,
    ) -> Result<ProductCard, Problem> {
        let document: TantivyDocument = searcher.doc(address).map_err(Problem::internal)?;
        self.0.fields.card(&document, language).map_err(Problem::internal)
    }

    /// Sets the categories by handle, whose names facets use as labels.
    pub fn set_categories(&self, categories: HashMap<String, Category>) {
        let mut current = self.0.categories.write().unwrap_or_else(PoisonError::into_inner);
        if *current != categories {
            *current = categories;
            self.0.generation.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Returns true if each word of `beginnings` begins a word of `text`, regardless of case and accents.
    pub fn begins_words(&self, text: &str, beginnings: &str) -> bool {
        let analyzer = self.analyzer();
        let (words, beginnings) = (analyzer.plain_tokens(text), analyzer.plain_tokens(beginnings));
        let begins_one = |beginning: &str| words.iter().any(|(word, _)| word.starts_with(beginning));
        !beginnings.is_empty() && beginnings.iter().all(|(beginning, _)| begins_one(beginning))
    }

    /// Returns the number of active products in each category, with the names in a language or the shop's own.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn category_counts(&self, language: Option<contracts::Language>) -> Result<Vec<FacetValue>, Problem> {
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
            language,
            limit: 1,
        };
        Ok(self.page(&all_products)?.page.facets.as_ref().map(|facets| facets.categories.clone()).unwrap_or_default())
    }
}

/// Describes what the documents depend on. An index of another layout is rebuilt.
fn layout(currency: Currency, analyzer: &Analyzer) -> String {
    // Prices and sort keys are in minor units, so a change of currency needs a rebuild as well.
    let version = Fields::LAYOUT_VERSION;
    let translations: Vec<String> =
        contracts::Language::ALL.iter().map(|language| Analyzer::of(*language).fingerprint()).collect();
    format!("{version} {currency} {} {} {}", analyzer.language().code(), analyzer.fingerprint(), translations.join(" "))
}

/// Returns corrected words with the accents that they have in the products found.
fn as_written(words: &[String], found: &[ProductCard], analyzer: &Analyzer) -> String {
    let texts = found.iter().flat_map(|card| [&card.title, &card.vendor]);
    let mut written: HashMap<String, String> = HashMap::new();
    for piece in texts.flat_map(|text| analyzer.pieces(text)) {
        if let Piece::Words(found) = piece {
            written.extend(found.into_iter().map(|word| (word.plain, word.written)));
        }
    }
    let words: Vec<&str> = words.iter().map(|word| written.get(word).unwrap_or(word).as_str()).collect();
    words.join(" ")
}
