//! The environment of the cart service: products, promotion codes and quotes, and fakes of catalogue and shipping that
//! serve them.

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use chassis::{Problem, SystemContext};
use contracts::cart::CartQuoteRequest;
use contracts::catalogue::PricingRequest;
use contracts::shipping::{QuoteRequest, UNKNOWN_QUOTE};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// The number of SKUs that most steps use. More follow, so that a cart can be filled up.
pub const SKUS: usize = 5;
/// The number of all SKUs.
pub const ALL_SKUS: usize = SKUS + 110;
/// The number of places, each in another country.
pub const PLACES: usize = 3;
/// The validity of a quote, in minutes.
pub const QUOTED_FOR: i64 = 30;
/// The number of code names that customers enter; the last one does not exist.
pub const CODES: usize = 7;

const COUNTRIES: [&str; PLACES] = ["DE", "FR", "BR"];
const NAMES: [&str; SKUS] = ["A", "B/2", "Ü 水", "D", "E"];

/// A product with one SKU.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Product {
    pub price: i64,
    pub stock: Option<u32>,
    pub weight_grams: u32,
    pub for_sale: bool,
}

/// The benefit of a promotion code.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Discount {
    /// A share of the lines' subtotal, in millionths.
    Percent(i64),
    /// A fixed amount off the lines' subtotal.
    Amount(i64),
    Shipping,
}

/// A promotion code with its conditions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Code {
    pub discount_kind: Discount,
    pub active: bool,
    pub minimum: Option<i64>,
    /// In minutes since the start.
    pub from: Option<i64>,
    pub until: Option<i64>,
    pub usage_limit: Option<u32>,
    pub used: u32,
}

/// The state at one time, in minutes since the start. SKUs, codes and places are numbered.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    pub products: Vec<Product>,
    pub codes: [Option<Code>; CODES],
    pub prices_include_tax: bool,
    pub now: i64,
}

impl Default for Scenario {
    fn default() -> Self {
        let product = |number: usize| {
            let (price, weight_grams) =
                ([1_000, 250, 333, 10, 1_999][number % SKUS], [250, 1_999, 0, 5, 70][number % SKUS]);
            Product {
                price,
                weight_grams,
                stock: [None, Some(9), Some(3)].get(number).copied().flatten(),
                for_sale: true,
            }
        };
        let code = |discount_kind| Code {
            discount_kind,
            active: true,
            minimum: None,
            from: None,
            until: None,
            usage_limit: None,
            used: 0,
        };
        let codes = [
            Some(code(Discount::Percent(333_333))),
            Some(code(Discount::Amount(1_001))),
            Some(code(Discount::Shipping)),
            Some(Code { minimum: Some(2_000), ..code(Discount::Percent(125_000)) }),
            Some(Code { from: Some(40), until: Some(90), ..code(Discount::Amount(150)) }),
            Some(Code { usage_limit: Some(2), ..code(Discount::Percent(1_000_000)) }),
            None,
        ];
        Self { products: (0..ALL_SKUS).map(product).collect(), codes, prices_include_tax: true, now: 0 }
    }
}

/// The tax rate of a SKU at a place, in millionths.
pub fn tax_rate(sku: usize, place: usize) -> i64 {
    [[190_000, 70_000, 0], [200_000, 55_000, 21_000], [0, 250_000, 500_000]][place][sku % 3]
}

/// The tax rate of shipping to a place, in millionths.
pub fn shipping_tax_rate(place: usize) -> i64 {
    [190_000, 200_000, 125_000][place]
}

pub fn shipping_price(weight_grams: u64, place: usize, express: bool) -> i64 {
    let standard = 99 + i64::try_from(weight_grams / 100 + place as u64).unwrap();
    if express { standard * 2 + 1 } else { standard }
}

pub fn sku(number: usize) -> String {
    NAMES.get(number).map_or_else(|| format!("F-{number}"), ToString::to_string)
}

pub fn sku_number(name: &str) -> usize {
    let in_front = NAMES.iter().position(|known| *known == name);
    in_front.unwrap_or_else(|| name.trim_start_matches("F-").parse().unwrap())
}

pub fn code(number: usize) -> String {
    format!("CODE-{number}")
}

pub fn country(place: usize) -> &'static str {
    COUNTRIES[place]
}

pub fn quote_request(place: usize) -> CartQuoteRequest {
    serde_json::from_value(json!({ "place_id": place })).unwrap()
}

/// The id of the quote with this number, from 0.
pub fn quote_id(number: usize) -> String {
    format!("00000000-0000-7000-8000-{number:012}")
}

/// Fakes of catalogue and shipping that answer from the scenario.
#[derive(Clone)]
pub struct FakeServices {
    pub scenario: Arc<Mutex<Scenario>>,
    pub quotes: Arc<Mutex<Vec<Value>>>,
    pub begin: Arc<Mutex<Timestamp>>,
}

impl FakeServices {
    pub fn new(system: &SystemContext) -> Self {
        let begin = Arc::new(Mutex::new(system.now()));
        Self { scenario: Arc::default(), quotes: Arc::default(), begin }
    }

    /// Resets all state for the next run.
    pub fn reset(&self, now: Timestamp) {
        *self.scenario.lock().unwrap() = Scenario::default();
        self.quotes.lock().unwrap().clear();
        *self.begin.lock().unwrap() = now;
    }

    pub fn router(&self) -> Router {
        Router::new()
            .route("/internal/pricing", post(pricing))
            .route("/internal/quotes", post(quote))
            .route("/internal/quotes/{id}", get(find_quote))
            .with_state(self.clone())
    }

    fn timestamp(&self, minutes: i64) -> Timestamp {
        self.begin.lock().unwrap().checked_add(SignedDuration::from_mins(minutes)).unwrap()
    }
}

fn euro(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

async fn pricing(State(fakes): State<FakeServices>, Json(request): Json<PricingRequest>) -> Json<Value> {
    let scenario = fakes.scenario.lock().unwrap().clone();
    let place = COUNTRIES.iter().position(|code| request.country.is_some_and(|asked| asked.to_string() == *code));
    let place = place.unwrap_or(0);
    let wanted = request.skus.iter().map(|sku| sku_number(sku.as_str()));
    let variants: Vec<Value> = wanted
        .filter(|number| scenario.products[*number].for_sale)
        .map(|number| {
            let product = scenario.products[number];
            json!({
                "sku": sku(number), "product_id": quote_id(number), "handle": "thing", "title": "Thing",
                "option_values": [], "image": null, "price": euro(product.price), "compare_at_price": null,
                "tax_rate": tax_rate(number, place), "weight_grams": product.weight_grams, "available": product.stock,
            })
        })
        .collect();
    let asked = request.code.and_then(|name| (0..CODES).find(|number| code(*number) == name));
    let promotion = asked.and_then(|number| Some(expected_outcome(&fakes, number, &scenario.codes[number]?)));
    Json(json!({
        "currency": "EUR", "prices_include_tax": scenario.prices_include_tax, "variants": variants,
        "shipping_rate": shipping_tax_rate(place), "promotion": promotion,
    }))
}

fn expected_outcome(fakes: &FakeServices, number: usize, known: &Code) -> Value {
    let benefit = match known.discount_kind {
        Discount::Percent(millionths) => json!({ "kind": "percent", "rate": millionths }),
        Discount::Amount(amount) => json!({ "kind": "fixed", "amount": euro(amount) }),
        Discount::Shipping => json!({ "kind": "free_shipping" }),
    };
    json!({
        "code": code(number), "benefit": benefit, "description": "", "min_subtotal": known.minimum.map(euro),
        "starts_at": known.from.map(|at| fakes.timestamp(at)), "ends_at": known.until.map(|at| fakes.timestamp(at)),
        "usage_limit": known.usage_limit, "used": known.used, "active": known.active,
    })
}

async fn quote(State(fakes): State<FakeServices>, Json(request): Json<QuoteRequest>) -> Json<Value> {
    let place = usize::try_from(request.place_id.unwrap().0).unwrap();
    let until = fakes.timestamp(fakes.scenario.lock().unwrap().now + QUOTED_FOR);
    let mut quotes = fakes.quotes.lock().unwrap();
    let option = |name: &str, express: bool| {
        json!({ "option": name, "label": name, "price": euro(shipping_price(request.weight_grams, place, express)),
            "estimated_days": { "min": 1, "max": 2 } })
    };
    let quote = json!({
        "quote_id": quote_id(quotes.len()), "expires_at": until,
        "place": { "id": place, "name": "Town", "region": "", "country": country(place) },
        "options": [option("standard", false), option("express", true)],
    });
    quotes.push(json!({ "quote": quote, "cart_id": request.cart_id, "lines_digest": request.lines_digest }));
    Json(quote)
}

async fn find_quote(State(fakes): State<FakeServices>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let quotes = fakes.quotes.lock().unwrap();
    let found = quotes.iter().find(|bound| bound["quote"]["quote_id"] == id).cloned();
    found.map(Json).ok_or_else(|| UNKNOWN_QUOTE.detail("There is none."))
}
