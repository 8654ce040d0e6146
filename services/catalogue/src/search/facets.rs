//! Counts the results of a search and their values by which it can be narrowed.

use super::document::{filter_key, sort_key, tag_and_label};
use crate::store::Category;
use chassis::Problem;
use contracts::catalogue::{Count, FacetValue, Facets, PriceRange, ProductPage};
use contracts::{Currency, Language};
use serde_json::json;
use std::collections::HashMap;
use tantivy::Searcher;
use tantivy::aggregation::agg_req::Aggregations;
use tantivy::aggregation::agg_result::{AggregationResult, AggregationResults, BucketResult, MetricResult};
use tantivy::aggregation::{AggContextParams, AggregationCollector, Key};
use tantivy::collector::Count as CountCollector;
use tantivy::query::Query;

/// Larger numbers of results are reported as this number, capped.
const MAX_COUNT: usize = 1000;
/// The largest number of values of a facet. One with more values has its most frequent ones.
const MAX_VALUES: usize = 30;

/// Returns the number of results and their facets.
pub fn count_and_facets(
    searcher: &Searcher,
    query: &dyn Query,
    currency: Currency,
    categories: &HashMap<String, Category>,
    tag_field: &str,
    language: Option<Language>,
) -> Result<(Count, Facets), Problem> {
    let collector = AggregationCollector::from_aggs(request(tag_field)?, AggContextParams::default());
    let (total, found) = searcher.search(query, &(CountCollector, collector)).map_err(Problem::internal)?;
    let count = Count { value: u32::try_from(total.min(MAX_COUNT)).unwrap_or(u32::MAX), capped: total > MAX_COUNT };
    let price = match (metric(&found, "lowest"), metric(&found, "highest")) {
        (Some(min), Some(max)) => Some(PriceRange { min: currency.minor(min), max: currency.minor(max) }),
        _ => None,
    };
    let facets = Facets {
        categories: with_names(buckets(&found, "categories"), categories, language),
        vendors: regardless_of_case(buckets(&found, "vendors")),
        tags: regardless_of_case(buckets(&found, "tags").iter().map(translated_tag).collect()),
        price,
        in_stock: metric(&found, "in_stock").and_then(|count| u32::try_from(count).ok()).unwrap_or(0),
    };
    Ok((count, facets))
}

/// Returns the page of a search that finds nothing.
pub fn empty_page() -> ProductPage {
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
        is_partial_match: false,
    }
}

fn request(tag_field: &str) -> Result<Aggregations, Problem> {
    // More values than are returned, because writings that differ in case become one.
    let labels = 3 * MAX_VALUES;
    let request = json!({
        "categories": { "terms": { "field": "category", "size": 200 } },
        "vendors": { "terms": { "field": "vendor_label", "size": labels } },
        "tags": { "terms": { "field": tag_field, "size": labels } },
        "lowest": { "min": { "field": "price" } },
        "highest": { "max": { "field": "price" } },
        "in_stock": { "sum": { "field": "available" } },
    });
    serde_json::from_value(request).map_err(Problem::internal)
}

fn with_names(
    mut categories: Vec<FacetValue>,
    known: &HashMap<String, Category>,
    language: Option<Language>,
) -> Vec<FacetValue> {
    for category in &mut categories {
        if let Some(known) = known.get(&category.value) {
            known.name_in(language).clone_into(&mut category.label);
        }
    }
    categories.sort_by_cached_key(|category| sort_key(&category.label));
    categories
}

/// Keeps the tag of the shop's own language as the value, so that a filter is the same in every language.
fn translated_tag(FacetValue { value: indexed, count, .. }: &FacetValue) -> FacetValue {
    let (tag, label) = tag_and_label(indexed);
    FacetValue { value: tag.to_owned(), label: label.to_owned(), count: *count }
}

/// Combines values that differ in case alone under their most frequent writing.
fn regardless_of_case(values: Vec<FacetValue>) -> Vec<FacetValue> {
    let mut combined: Vec<FacetValue> = Vec::new();
    let mut positions: HashMap<String, usize> = HashMap::new();
    // The values come with the most frequent first.
    for value in values {
        let position = *positions.entry(filter_key(&value.value)).or_insert(combined.len());
        match combined.get_mut(position) {
            Some(known) => known.count += value.count,
            None => combined.push(value),
        }
    }
    combined.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    combined.truncate(MAX_VALUES);
    combined
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
