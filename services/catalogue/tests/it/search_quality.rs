//! The precision and recall of the search over judged queries in twelve languages.
//!
//! `make search-quality` prints the figures and every query whose results differ from the judgement.

#![expect(clippy::float_arithmetic, reason = "shares of results, not money")]

use crate::service::fixture_in;
use crate::store_backend::StoreBackend;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// A language of the judged queries with the least precision and recall that its search must have, in percent.
const LANGUAGES: [(&str, u32, u32); 12] = [
    ("de", 89, 97),
    ("en", 85, 98),
    ("es", 90, 94),
    ("fr", 93, 98),
    ("it", 86, 98),
    ("ja", 90, 92),
    ("nl", 89, 92),
    ("pl", 88, 93),
    ("ru", 91, 98),
    ("th", 92, 96),
    ("tr", 87, 98),
    ("zh", 92, 92),
];

/// Lines of a file of judgements, as maps from its header.
fn rows(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/search").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    lines
        .map(|cells| {
            let cell = |index: usize| json!(cells.get(index).copied().unwrap_or_default());
            header.iter().enumerate().map(|(index, name)| ((*name).to_owned(), cell(index))).collect()
        })
        .collect()
}

fn list(cell: &Value) -> Vec<String> {
    cell.as_str().unwrap().split('|').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Returns the product with one variant per SKU, whose option values are taken in turn from those of the row.
fn draft(row: &Value) -> Value {
    let (skus, options) = (list(&row["skus"]), list(&row["options"]));
    let count = skus.len().max(options.len());
    let values: Vec<String> = (0..count).map(|n| options.get(n).cloned().unwrap_or_else(|| format!("{n}"))).collect();
    let variants: Vec<Value> = (0..count)
        .map(|n| {
            let sku = skus.get(n).cloned().unwrap_or_else(|| format!("{}--{n}", skus[0]));
            let mut variant = json!({ "sku": sku, "price": 1000, "stock": 5 });
            if n == 0 && row["barcode"] != "" {
                variant["barcode"] = row["barcode"].clone();
            }
            if count > 1 {
                variant["option_values"] = json!([values[n]]);
            }
            variant
        })
        .collect();
    let options = if count > 1 { json!([{ "name": "Option", "values": values }]) } else { json!([]) };
    json!({
        "title": row["title"], "vendor": row["vendor"], "tags": list(&row["tags"]),
        "description_html": format!("<p>{}</p>", row["description"].as_str().unwrap()),
        "options": options, "variants": variants,
    })
}

/// Sums over the queries of a language.
#[derive(Default)]
struct Score {
    precision: f64,
    recall: f64,
    ranked: u32,
    ranked_right: u32,
    queries: u32,
}

impl Score {
    fn add(&mut self, found: &[String], expected: &BTreeSet<String>, first: &str) {
        let right = found.iter().filter(|handle| expected.contains(*handle)).count();
        let number = |count: usize| f64::from(u32::try_from(count).unwrap());
        let share = |of: usize| if of == 0 { 1.0 } else { number(right) / number(of) };
        // A query that is to find nothing has full recall; its precision is lost when something is found.
        self.precision += share(found.len());
        self.recall += share(expected.len());
        self.queries += 1;
        if !first.is_empty() {
            self.ranked += 1;
            self.ranked_right += u32::from(found.first().is_some_and(|handle| handle == first));
        }
    }

    /// Precision, recall and the share of right first results, in percent.
    fn percent(&self) -> (f64, f64, f64) {
        let of = |sum: f64, count: u32| 100.0 * sum / f64::from(count.max(1));
        let queries = self.queries;
        (of(self.precision, queries), of(self.recall, queries), of(f64::from(self.ranked_right), self.ranked))
    }
}

async fn score(language: &str) -> Score {
    let fixture = fixture_in(StoreBackend::sqlite(), language).await;
    for row in rows(&format!("{language}.products.tsv")) {
        fixture.write_unindexed(row["handle"].as_str().unwrap(), draft(&row)).await;
    }
    fixture.catch_up().await;
    let mut score = Score::default();
    for row in rows(&format!("{language}.queries.tsv")) {
        let query = row["query"].as_str().unwrap();
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let found = fixture.handles(&format!("limit=100&q={encoded}")).await;
        let expected: BTreeSet<String> = list(&row["expected"]).into_iter().collect();
        let first = row["ranked_first"].as_str().unwrap();
        score.add(&found, &expected, first);
        let missed: Vec<_> = expected.iter().filter(|handle| !found.contains(handle)).collect();
        let wrong: Vec<_> = found.iter().filter(|handle| !expected.contains(*handle)).collect();
        let is_first_wrong = !first.is_empty() && found.first().is_some_and(|handle| handle != first);
        if !missed.is_empty() || !wrong.is_empty() || is_first_wrong {
            println!("{language} {query:24} missed {missed:?} wrong {wrong:?} first {:?}", found.first());
        }
    }
    score
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn judged_queries_find_what_shoppers_expect() {
    let mut table = String::from("language  queries  precision  recall  first\n");
    let mut failures = Vec::new();
    for (language, least_precision, least_recall) in LANGUAGES {
        let score = score(language).await;
        let (precision, recall, first) = score.percent();
        table += &format!("{language:8} {:8} {precision:10.1} {recall:7.1} {first:6.1}\n", score.queries);
        if precision < f64::from(least_precision) || recall < f64::from(least_recall) {
            failures.push(language);
        }
    }
    println!("{table}");
    assert_eq!(failures, Vec::<&str>::new(), "worse than before:\n{table}");
}
