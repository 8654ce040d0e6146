//! The search of orders by number, email address and name: the terms that are stored, and the statement that finds them.

use super::OrderFilter;
use super::codec::{row_limit, upper_bound};
use crate::order::Order;
use contracts::OrderId;
use jiff::Timestamp;
use sqlx::{Database, Encode, QueryBuilder, Type};
use std::collections::BTreeSet;

/// The longest term in characters. The column of MySQL is as long.
const MAX_TERM_LENGTH: usize = 100;
/// The most words of a search that are looked up.
const MAX_WORDS: usize = 8;

/// Returns the words of a search as they are looked up: separated by spaces, in lower case.
pub fn search_words(text: &str) -> Vec<String> {
    text.split_whitespace().take(MAX_WORDS).map(term).collect()
}

/// Returns the terms that an order is found by: its number, its email address, and the words of the customer's name.
pub fn terms(order: &Order) -> BTreeSet<String> {
    let record = &order.record;
    let mut terms: BTreeSet<String> = record.address.name.as_str().split_whitespace().map(term).collect();
    terms.insert(term(&record.order_number));
    terms.insert(term(record.email.as_str()));
    // Another writing of the same address finds it too, such as its domain in punycode.
    terms.insert(term(&record.email.normalised()));
    terms
}

fn term(word: &str) -> String {
    word.to_lowercase().chars().take(MAX_TERM_LENGTH).collect()
}

/// Builds the statement that lists the documents of orders with an id below `before`, the newest first.
pub fn list_statement<'q, D: Database>(filter: &OrderFilter, before: Option<OrderId>, limit: usize) -> QueryBuilder<D>
where
    String: Encode<'q, D> + Type<D>,
    i64: Encode<'q, D> + Type<D>,
{
    // Ids grow with time, so descending order lists the newest first. The condition of a filter that is absent would keep
    // the database from using the index of another one. The page is chosen by indexes alone, before documents are read.
    let mut query =
        QueryBuilder::new("SELECT document FROM orders WHERE id IN (SELECT id FROM (SELECT id FROM orders WHERE id < ");
    query.push_bind(upper_bound(before));
    if let Some(owner) = &filter.owner {
        query.push(" AND owner = ").push_bind(owner.clone());
    }
    if let Some(status) = filter.status {
        query.push(" AND status = ").push_bind(status.as_str().to_owned());
    }
    if let Some(from) = filter.placed_from {
        query.push(" AND placed_at >= ").push_bind(second(from));
    }
    if let Some(before) = filter.placed_before {
        query.push(" AND placed_at < ").push_bind(second(before));
    }
    if filter.awaits_return {
        query.push(" AND awaits_return = 1");
    }
    for word in &filter.search {
        query.push(" AND id IN (SELECT order_id FROM order_terms WHERE term >= ").push_bind(word.clone());
        // The last character of Unicode sorts after every continuation of the word.
        query.push(" AND term < ").push_bind(format!("{word}\u{10FFFF}")).push(")");
    }
    for term in &filter.terms {
        query.push(" AND id IN (SELECT order_id FROM order_terms WHERE term = ").push_bind(term.clone()).push(")");
    }
    query.push(" ORDER BY id DESC LIMIT ").push_bind(row_limit(limit)).push(") AS page) ORDER BY id DESC");
    query
}

/// Builds the statement that reads the documents of orders by id.
pub fn find_statement<'q, D: Database>(ids: &[OrderId]) -> QueryBuilder<D>
where
    String: Encode<'q, D> + Type<D>,
{
    let mut query = QueryBuilder::new("SELECT document FROM orders WHERE id IN (");
    let mut list = query.separated(", ");
    for id in ids {
        list.push_bind(id.to_string());
    }
    query.push(") ORDER BY id");
    query
}

/// Writes a bound of the times in documents, which are compared as texts. Without a zone it sorts before every time within its
/// second, whatever their fraction.
fn second(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}
