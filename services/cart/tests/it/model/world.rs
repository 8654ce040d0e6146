//! What is outside of cart: goods, promotion codes and quotes, and a catalogue and a shipping that answer with them.

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

/// How many SKUs most steps are about. Behind them are as many as it takes to fill a cart.
pub const SKUS: usize = 5;
/// How many SKUs there are in all.
pub const ALL_SKUS: usize = SKUS + 110;
/// How many places there are, each in a country of its own.
pub const PLACES: usize = 3;
/// How long a quote is good for, in minutes.
pub const QUOTED_FOR: i64 = 30;
/// How many names of codes customers may type; there is none behind the last.
pub const CODES: usize = 7;

const COUNTRIES: [&str; PLACES] = ["DE", "FR", "BR"];
const NAMES: [&str; SKUS] = ["A", "B/2", "Ü 水", "D", "E"];

/// What a SKU is sold for, and what else a cart must know of it.
#[derive(Debug, Clone, Copy)]
pub struct Good {
    pub price: i64,
    pub left: Option<u32>,
    pub grams: u32,
    pub for_sale: bool,
}

/// What a code gives.
#[derive(Debug, Clone, Copy)]
pub enum Gift {
    /// So many millionths of the lines.
    Share(i64),
    /// So much off the lines.
    Amount(i64),
    Shipping,
}

/// A code, and when it can be used.
#[derive(Debug, Clone, Copy)]
pub struct Code {
    pub gift: Gift,
    pub active: bool,
    pub least: Option<i64>,
    /// In minutes since the beginning.
    pub from: Option<i64>,
    pub until: Option<i64>,
    pub uses: Option<u32>,
    pub used: u32,
}

/// All of it, at one moment. SKUs, codes and places go by number, time by minutes since the beginning.
#[derive(Debug, Clone)]
pub struct World {
    pub goods: Vec<Good>,
    pub codes: [Option<Code>; CODES],
    pub prices_include_tax: bool,
    pub now: i64,
}

impl Default for World {
    fn default() -> Self {
        let good = |number: usize| {
            let (price, grams) = ([1_000, 250, 333, 10, 1_999][number % SKUS], [250, 1_999, 0, 5, 70][number % SKUS]);
            Good { price, grams, left: [None, Some(9), Some(3)].get(number).copied().flatten(), for_sale: true }
        };
        let code = |gift| Code { gift, active: true, least: None, from: None, until: None, uses: None, used: 0 };
        let codes = [
            Some(code(Gift::Share(333_333))),
            Some(code(Gift::Amount(1_001))),
            Some(code(Gift::Shipping)),
            Some(Code { least: Some(2_000), ..code(Gift::Share(125_000)) }),
            Some(Code { from: Some(40), until: Some(90), ..code(Gift::Amount(150)) }),
            Some(Code { uses: Some(2), ..code(Gift::Share(1_000_000)) }),
            None,
        ];
        Self { goods: (0..ALL_SKUS).map(good).collect(), codes, prices_include_tax: true, now: 0 }
    }
}

/// The tax on a SKU at a place, in millionths.
pub fn tax_rate(sku: usize, place: usize) -> i64 {
    [[190_000, 70_000, 0], [200_000, 55_000, 21_000], [0, 250_000, 500_000]][place][sku % 3]
}

/// The tax on shipping to a place, in millionths.
pub fn shipping_tax_rate(place: usize) -> i64 {
    [190_000, 200_000, 125_000][place]
}

/// What a parcel costs.
pub fn tariff(grams: u64, place: usize, express: bool) -> i64 {
    let standard = 99 + i64::try_from(grams / 100 + place as u64).unwrap();
    if express { standard * 2 + 1 } else { standard }
}

/// The name of a SKU.
pub fn sku(number: usize) -> String {
    NAMES.get(number).map_or_else(|| format!("F-{number}"), ToString::to_string)
}

/// The SKU of a name.
pub fn number_of(name: &str) -> usize {
    let in_front = NAMES.iter().position(|known| *known == name);
    in_front.unwrap_or_else(|| name.trim_start_matches("F-").parse().unwrap())
}

/// The name of a code.
pub fn code(number: usize) -> String {
    format!("CODE-{number}")
}

/// The country of a place.
pub fn country(place: usize) -> &'static str {
    COUNTRIES[place]
}

/// How a quote is asked for.
pub fn asking_for(place: usize) -> CartQuoteRequest {
    serde_json::from_value(json!({ "place_id": place })).unwrap()
}

/// The id of the quote that was given as the `number`th, from 0.
pub fn quote_id(number: usize) -> String {
    format!("00000000-0000-7000-8000-{number:012}")
}

/// Catalogue and shipping.
#[derive(Clone)]
pub struct Fakes {
    pub world: Arc<Mutex<World>>,
    pub quotes: Arc<Mutex<Vec<Value>>>,
    pub begin: Arc<Mutex<Timestamp>>,
}

impl Fakes {
    /// As they are at the beginning.
    pub fn new(system: &SystemContext) -> Self {
        let begin = Arc::new(Mutex::new(system.now()));
        Self { world: Arc::default(), quotes: Arc::default(), begin }
    }

    /// The next run begins.
    pub fn begin_again(&self, now: Timestamp) {
        *self.world.lock().unwrap() = World::default();
        self.quotes.lock().unwrap().clear();
        *self.begin.lock().unwrap() = now;
    }

    /// Their API.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/internal/pricing", post(pricing))
            .route("/internal/quotes", post(quote))
            .route("/internal/quotes/{id}", get(find_quote))
            .with_state(self.clone())
    }

    fn moment(&self, minutes: i64) -> Timestamp {
        self.begin.lock().unwrap().checked_add(SignedDuration::from_mins(minutes)).unwrap()
    }
}

fn euro(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

async fn pricing(State(fakes): State<Fakes>, Json(request): Json<PricingRequest>) -> Json<Value> {
    let world = fakes.world.lock().unwrap().clone();
    let place = COUNTRIES.iter().position(|code| request.country.is_some_and(|asked| asked.to_string() == *code));
    let place = place.unwrap_or(0);
    let wanted = request.skus.iter().map(|sku| number_of(sku.as_str()));
    let variants: Vec<Value> = wanted
        .filter(|number| world.goods[*number].for_sale)
        .map(|number| {
            let good = world.goods[number];
            json!({
                "sku": sku(number), "product_id": quote_id(number), "handle": "thing", "title": "Thing",
                "option_values": [], "image": null, "price": euro(good.price), "compare_at_price": null,
                "tax_rate": tax_rate(number, place), "weight_grams": good.grams, "available": good.left,
            })
        })
        .collect();
    let asked = request.code.and_then(|name| (0..CODES).find(|number| code(*number) == name));
    let promotion = asked.and_then(|number| Some(told(&fakes, number, &world.codes[number]?)));
    Json(json!({
        "currency": "EUR", "prices_include_tax": world.prices_include_tax, "variants": variants,
        "shipping_rate": shipping_tax_rate(place), "promotion": promotion,
    }))
}

fn told(fakes: &Fakes, number: usize, known: &Code) -> Value {
    let benefit = match known.gift {
        Gift::Share(millionths) => json!({ "kind": "percent", "rate": millionths }),
        Gift::Amount(amount) => json!({ "kind": "fixed", "amount": euro(amount) }),
        Gift::Shipping => json!({ "kind": "free_shipping" }),
    };
    json!({
        "code": code(number), "benefit": benefit, "description": "", "min_subtotal": known.least.map(euro),
        "starts_at": known.from.map(|at| fakes.moment(at)), "ends_at": known.until.map(|at| fakes.moment(at)),
        "usage_limit": known.uses, "used": known.used, "active": known.active,
    })
}

async fn quote(State(fakes): State<Fakes>, Json(request): Json<QuoteRequest>) -> Json<Value> {
    let place = usize::try_from(request.place_id.0).unwrap();
    let until = fakes.moment(fakes.world.lock().unwrap().now + QUOTED_FOR);
    let mut quotes = fakes.quotes.lock().unwrap();
    let option = |name: &str, express: bool| {
        json!({ "option": name, "label": name, "price": euro(tariff(request.weight_grams, place, express)),
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

async fn find_quote(State(fakes): State<Fakes>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let quotes = fakes.quotes.lock().unwrap();
    let found = quotes.iter().find(|bound| bound["quote"]["quote_id"] == id).cloned();
    found.map(Json).ok_or_else(|| UNKNOWN_QUOTE.detail("There is none."))
}
