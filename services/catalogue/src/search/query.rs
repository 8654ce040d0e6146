//! Translates product queries into queries of the index.

mod vocabulary;
mod words;

pub use words::{Interpreter, WordSearch};

use super::document::{Fields, filter_key};
use chassis::Problem;
use contracts::Language;
use std::ops::Bound;
use tantivy::query::{AllQuery, BooleanQuery, ConstScoreQuery, Occur, Query, RangeQuery, TermQuery, TermSetQuery};
use tantivy::schema::{Field, IndexRecordOption};
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
    /// The language of the words and of the response; `None` for the shop's own.
    pub language: Option<Language>,
    /// The cursor of the page; `None` for the first page.
    pub cursor: Option<String>,
    /// The largest number of products on the page.
    pub limit: usize,
}

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
                must(Box::new(TermSetQuery::new(
                    values.iter().map(|value| Term::from_field_text(field, &filter_key(value))),
                )));
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

    /// Returns the sort key field and direction of a sort order; `None` for relevance.
    pub fn sort_field(&self, sort: Sort, language: Option<Language>) -> Option<(Field, Order)> {
        match sort {
            Sort::Relevance => None,
            Sort::Newest => Some((self.by_newest, Order::Asc)),
            Sort::PriceAscending => Some((self.by_price, Order::Asc)),
            Sort::PriceDescending => Some((self.by_price, Order::Desc)),
            Sort::TitleAscending => Some((self.by_title(language), Order::Asc)),
            Sort::TitleDescending => Some((self.by_title(language), Order::Desc)),
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

fn exact(field: Field, value: &str) -> TermQuery {
    TermQuery::new(Term::from_field_text(field, value), IndexRecordOption::WithFreqs)
}
