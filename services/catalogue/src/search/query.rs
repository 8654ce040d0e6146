//! Translates product queries into queries of the index.

use super::document::Fields;
use chassis::Problem;
use std::ops::Bound;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, FuzzyTermQuery, Occur, Query, RangeQuery, TermQuery,
    TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::tokenizer::TokenizerManager;
use tantivy::{Order, Term};

/// The order of a product list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sort {
    /// By relevance to the search words, the best match first.
    Relevance,
    Newest,
    PriceAscending,
    PriceDescending,
    TitleAscending,
    TitleDescending,
}

impl std::str::FromStr for Sort {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        Ok(match text {
            "relevance" => Self::Relevance,
            "newest" => Self::Newest,
            "price" => Self::PriceAscending,
            "-price" => Self::PriceDescending,
            "title" => Self::TitleAscending,
            "-title" => Self::TitleDescending,
            _ => {
                return Err(Problem::invalid("sort", "must be one of relevance, newest, price, -price, title, -title"));
            }
        })
    }
}

/// Search words and filters of a product list, with the page to return.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProductQuery {
    /// The search words; empty for all products.
    pub words: String,
    /// The handle of the category.
    pub category: Option<String>,
    /// Matches products of any of these vendors; empty for all vendors.
    pub vendors: Vec<String>,
    /// Matches products with any of these tags; empty for all products.
    pub tags: Vec<String>,
    /// The lowest price in minor units, inclusive.
    pub min_price: Option<i64>,
    /// The highest price in minor units, inclusive.
    pub max_price: Option<i64>,
    /// Excludes products that cannot be bought.
    pub in_stock: bool,
    pub sort: Sort,
    /// The cursor of the page; `None` for the first page.
    pub cursor: Option<String>,
    /// The largest number of products on the page.
    pub limit: usize,
}

/// The number of words of a query that count. Further ones are ignored, which bounds its cost.
const MAX_WORDS: usize = 10;

impl Fields {
    /// Returns the filters of a query, without its search words.
    pub fn filters(&self, query: &ProductQuery) -> Vec<(Occur, Box<dyn Query>)> {
        let mut filters: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        // A score of 0 keeps filters from influencing relevance.
        let mut must = |filter: Box<dyn Query>| {
            filters.push((Occur::Must, Box::new(ConstScoreQuery::new(filter, 0.0)) as Box<dyn Query>));
        };
        if let Some(category) = &query.category {
            must(Box::new(exact(self.category, category)));
        }
        // Several vendors or tags match any of them: values of one facet widen the result, different facets narrow it.
        for (field, values) in [(self.vendor, &query.vendors), (self.tag, &query.tags)] {
            if !values.is_empty() {
                must(Box::new(TermSetQuery::new(values.iter().map(|value| Term::from_field_text(field, value)))));
            }
        }
        if query.min_price.is_some() || query.max_price.is_some() {
            let bound = |price: Option<i64>| {
                price.map_or(Bound::Unbounded, |price| Bound::Included(Term::from_field_i64(self.price, price)))
            };
            must(Box::new(RangeQuery::new(bound(query.min_price), bound(query.max_price))));
        }
        if query.in_stock {
            must(Box::new(TermQuery::new(Term::from_field_u64(self.available, 1), IndexRecordOption::Basic)));
        }
        filters
    }

    /// Builds the query for the words as entered; `None` if there are none.
    ///
    /// Each word must match, stemmed in title or body or unstemmed in the word field. The last one may be a prefix,
    /// because customers search while they type.
    pub fn exact_words(&self, words: &str, tokenizers: &TokenizerManager) -> Option<Box<dyn Query>> {
        let stemmed = tokens(tokenizers, "stemmed", words);
        let plain = tokens(tokenizers, "plain", words);
        // The stemmed tokenizer drops stop words such as "the"; a query of stop words alone falls back to plain tokens.
        let every = if stemmed.is_empty() { &plain } else { &stemmed };
        if every.is_empty() {
            return None;
        }
        let mut all: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for Word { text: word, position } in every {
            // A match in the title outranks one in tags or SKUs, which outranks one in the description.
            let mut any = vec![
                boosted(exact(self.title, word), 4.0),
                boosted(exact(self.body, word), 1.0),
                boosted(exact(self.words, word), 2.0),
            ];
            // Paired by position, since the stemmed words lack those that were dropped.
            let written = plain.iter().find(|plain| plain.position == *position).map_or(word, |plain| &plain.text);
            if written != word {
                any.push(boosted(exact(self.words, written), 2.0));
            }
            let is_last = plain.last().is_some_and(|last| last.position == *position);
            // A prefix of one character matches too many words to be of use.
            if is_last && written.chars().count() >= 2 {
                let prefix = FuzzyTermQuery::new_prefix(Term::from_field_text(self.words, written), 0, false);
                // Below the weight of complete words, which should come first.
                any.push((Occur::Should, Box::new(BoostQuery::new(Box::new(prefix), 0.5))));
            }
            all.push((Occur::Must, Box::new(BooleanQuery::new(any))));
        }
        Some(Box::new(BooleanQuery::new(all)))
    }

    /// Builds the query for similar words: with at most one typing error each; `None` if there are no words.
    pub fn similar_words(&self, words: &str, tokenizers: &TokenizerManager) -> Option<Box<dyn Query>> {
        let plain = tokens(tokenizers, "plain", words);
        if plain.is_empty() {
            return None;
        }
        let all = plain.iter().map(|Word { text: word, .. }| {
            // Short words have too many neighbours at distance 1 to be corrected.
            let distance = u8::from(word.chars().count() >= 4);
            let any: Vec<(Occur, Box<dyn Query>)> = vec![
                (Occur::Should, Box::new(FuzzyTermQuery::new(Term::from_field_text(self.words, word), distance, true))),
                (Occur::Should, Box::new(FuzzyTermQuery::new(Term::from_field_text(self.body, word), distance, true))),
                (
                    Occur::Should,
                    Box::new(FuzzyTermQuery::new_prefix(Term::from_field_text(self.words, word), distance, true)),
                ),
            ];
            (Occur::Must, Box::new(BooleanQuery::new(any)) as Box<dyn Query>)
        });
        Some(Box::new(BooleanQuery::new(all.collect())))
    }

    /// Returns the sort key field and direction of a sort order; `None` for relevance.
    pub fn sort_field(&self, sort: Sort) -> Option<(Field, Order)> {
        match sort {
            Sort::Relevance => None,
            Sort::Newest => Some((self.by_newest, Order::Asc)),
            Sort::PriceAscending => Some((self.by_price, Order::Asc)),
            Sort::PriceDescending => Some((self.by_price, Order::Desc)),
            Sort::TitleAscending => Some((self.by_title, Order::Asc)),
            Sort::TitleDescending => Some((self.by_title, Order::Desc)),
        }
    }

    /// Builds the query for the documents that follow `key` in the sort order.
    pub fn following(field: Field, order: Order, key: &str) -> Box<dyn Query> {
        let term = Bound::Excluded(Term::from_field_text(field, key));
        let range = match order {
            Order::Asc => RangeQuery::new(term, Bound::Unbounded),
            Order::Desc => RangeQuery::new(Bound::Unbounded, term),
        };
        Box::new(ConstScoreQuery::new(Box::new(range), 0.0))
    }
}

/// Combines words and filters; matches all products when there are none.
pub fn conjunction(words: Option<Box<dyn Query>>, mut filters: Vec<(Occur, Box<dyn Query>)>) -> Box<dyn Query> {
    filters.extend(words.map(|words| (Occur::Must, words)));
    if filters.is_empty() { Box::new(AllQuery) } else { Box::new(BooleanQuery::new(filters)) }
}

fn exact(field: Field, word: &str) -> TermQuery {
    TermQuery::new(Term::from_field_text(field, word), IndexRecordOption::WithFreqs)
}

fn boosted(query: TermQuery, boost: f32) -> (Occur, Box<dyn Query>) {
    (Occur::Should, Box::new(BoostQuery::new(Box::new(query), boost)))
}

/// A word of a query.
struct Word {
    text: String,
    /// The number of words before it as entered, including those that its tokenizer drops.
    position: usize,
}

fn tokens(tokenizers: &TokenizerManager, tokenizer: &str, words: &str) -> Vec<Word> {
    let Some(mut tokenizer) = tokenizers.get(tokenizer) else { return Vec::new() };
    let mut stream = tokenizer.token_stream(words);
    let mut found = Vec::new();
    while let Some(token) = stream.next().filter(|token| token.position < MAX_WORDS) {
        found.push(Word { text: token.text.clone(), position: token.position });
    }
    found
}
