//! Questions to the index: what a customer asked, turned into a query.

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

/// How products are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sort {
    /// By how well they fit the words.
    Relevance,
    /// The newest first.
    Newest,
    /// The cheapest first.
    Cheapest,
    /// The dearest first.
    Dearest,
    /// By title, from A.
    Title,
    /// By title, from Z.
    TitleBackwards,
}

impl std::str::FromStr for Sort {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        Ok(match text {
            "relevance" => Self::Relevance,
            "newest" => Self::Newest,
            "price" => Self::Cheapest,
            "-price" => Self::Dearest,
            "title" => Self::Title,
            "-title" => Self::TitleBackwards,
            _ => return Err(Problem::invalid("sort", "is one of relevance, newest, price, -price, title, -title")),
        })
    }
}

/// What a customer asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProductQuery {
    /// Words; empty for all products.
    pub words: String,
    /// Category handle.
    pub category: Option<String>,
    /// Any of these vendors.
    pub vendors: Vec<String>,
    /// Any of these tags.
    pub tags: Vec<String>,
    /// Lowest price in minor units.
    pub min_price: Option<i64>,
    /// Highest price in minor units.
    pub max_price: Option<i64>,
    /// Only what can be bought.
    pub in_stock: bool,
    /// The order.
    pub sort: Sort,
    /// Where the page begins.
    pub cursor: Option<String>,
    /// How many.
    pub limit: usize,
}

/// At most this many words of a query are looked at.
const MOST_WORDS: usize = 10;

impl Fields {
    /// The filters of a question, without its words.
    pub fn filters(&self, asked: &ProductQuery) -> Vec<(Occur, Box<dyn Query>)> {
        let mut filters: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        let mut must = |query: Box<dyn Query>| {
            filters.push((Occur::Must, Box::new(ConstScoreQuery::new(query, 0.0)) as Box<dyn Query>));
        };
        if let Some(category) = &asked.category {
            must(Box::new(exact(self.category, category)));
        }
        for (field, values) in [(self.vendor, &asked.vendors), (self.tag, &asked.tags)] {
            if !values.is_empty() {
                must(Box::new(TermSetQuery::new(values.iter().map(|value| Term::from_field_text(field, value)))));
            }
        }
        if asked.min_price.is_some() || asked.max_price.is_some() {
            let bound = |price: Option<i64>| {
                price.map_or(Bound::Unbounded, |price| Bound::Included(Term::from_field_i64(self.price, price)))
            };
            must(Box::new(RangeQuery::new(bound(asked.min_price), bound(asked.max_price))));
        }
        if asked.in_stock {
            must(Box::new(TermQuery::new(Term::from_field_u64(self.available, 1), IndexRecordOption::Basic)));
        }
        filters
    }

    /// The query for words as they were written: each has to be found, stemmed in title or body, or as it stands; the
    /// last one may be the beginning of a word.
    pub fn exact_words(&self, words: &str, tokenizers: &TokenizerManager) -> Option<Box<dyn Query>> {
        let stemmed = tokens(tokenizers, "stemmed", words);
        let plain = tokens(tokenizers, "plain", words);
        // Stop words such as "the" are no tokens of the stemmed kind; asking for them alone finds by the plain kind.
        let every = if stemmed.is_empty() { &plain } else { &stemmed };
        if every.is_empty() {
            return None;
        }
        let last = plain.last().cloned();
        let mut all: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for (index, word) in every.iter().enumerate() {
            let mut any = vec![
                boosted(exact(self.title, word), 4.0),
                boosted(exact(self.body, word), 1.0),
                boosted(exact(self.words, word), 2.0),
            ];
            if let Some(written) = plain.get(index)
                && written != word
            {
                any.push(boosted(exact(self.words, written), 2.0));
            }
            if index + 1 == every.len()
                && let Some(last) = last.as_ref().filter(|last| last.chars().count() >= 2)
            {
                let prefix = FuzzyTermQuery::new_prefix(Term::from_field_text(self.words, last), 0, false);
                any.push((Occur::Should, Box::new(BoostQuery::new(Box::new(prefix), 0.5))));
            }
            all.push((Occur::Must, Box::new(BooleanQuery::new(any))));
        }
        Some(Box::new(BooleanQuery::new(all)))
    }

    /// The query for words with one typing error each.
    pub fn similar_words(&self, words: &str, tokenizers: &TokenizerManager) -> Option<Box<dyn Query>> {
        let plain = tokens(tokenizers, "plain", words);
        if plain.is_empty() {
            return None;
        }
        let all = plain.iter().map(|word| {
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

    /// The field that an order goes by.
    pub fn sort_field(&self, sort: Sort) -> Option<(Field, Order)> {
        match sort {
            Sort::Relevance => None,
            Sort::Newest => Some((self.by_newest, Order::Asc)),
            Sort::Cheapest => Some((self.by_price, Order::Asc)),
            Sort::Dearest => Some((self.by_price, Order::Desc)),
            Sort::Title => Some((self.by_title, Order::Asc)),
            Sort::TitleBackwards => Some((self.by_title, Order::Desc)),
        }
    }

    /// What stands behind `key` in the order.
    pub fn behind(field: Field, order: Order, key: &str) -> Box<dyn Query> {
        let term = Bound::Excluded(Term::from_field_text(field, key));
        let range = match order {
            Order::Asc => RangeQuery::new(term, Bound::Unbounded),
            Order::Desc => RangeQuery::new(Bound::Unbounded, term),
        };
        Box::new(ConstScoreQuery::new(Box::new(range), 0.0))
    }
}

/// A query that joins words and filters; everything when there are none.
pub fn joined(words: Option<Box<dyn Query>>, mut filters: Vec<(Occur, Box<dyn Query>)>) -> Box<dyn Query> {
    filters.extend(words.map(|words| (Occur::Must, words)));
    if filters.is_empty() { Box::new(AllQuery) } else { Box::new(BooleanQuery::new(filters)) }
}

fn exact(field: Field, word: &str) -> TermQuery {
    TermQuery::new(Term::from_field_text(field, word), IndexRecordOption::WithFreqs)
}

fn boosted(query: TermQuery, boost: f32) -> (Occur, Box<dyn Query>) {
    (Occur::Should, Box::new(BoostQuery::new(Box::new(query), boost)))
}

fn tokens(tokenizers: &TokenizerManager, tokenizer: &str, words: &str) -> Vec<String> {
    let Some(mut tokenizer) = tokenizers.get(tokenizer) else { return Vec::new() };
    let mut stream = tokenizer.token_stream(words);
    let mut found = Vec::new();
    while let Some(token) = stream.next() {
        found.push(token.text.clone());
        if found.len() == MOST_WORDS {
            break;
        }
    }
    found
}
