//! The synthetic buyer: walks through a shop as a customer does, and measures each step.
//!
//! It knows the shop by its public API only. Its requests are marked as synthetic, so that reads stay out of traces and
//! metrics. It checks out only where the sandbox takes payments, which moves no money, and cancels the order afterwards.

mod client;
mod metrics;

pub use client::ProbeError;
pub use metrics::ProbeMetrics;

use client::Client;
use contracts::cart::CartView;
use contracts::catalogue::{Availability, ProductPage, ProductView, Shop};
use contracts::dispatch::{NOT_CANCELLABLE, OrderStatus, OrderView};
use contracts::payment::{CheckoutResponse, MethodEntry, PaymentMethods, PaymentStatus};
use contracts::shipping::{PlaceView, Places, Quote};
use contracts::user::GuestSession;
use contracts::{Destination, OrderId, Sku};
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// The time within which an order is confirmed or cancelled; the objective of the shop is a minute.
const ORDER_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// The beginnings of place names that are tried when no city is given.
const PLACE_NAMES: &[&str] = &["be", "sa", "ma", "lo", "st"];
/// The gateway that moves no money.
const SANDBOX: &str = "sandbox";

/// A step of a purchase. The name completes the sentence "The synthetic buyer cannot …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    OpenShop,
    ListProducts,
    OpenProduct,
    Search,
    StartSession,
    FillCart,
    ChooseShipping,
    CheckOut,
    AwaitConfirmation,
    CancelOrder,
    EmptyCart,
}

impl Step {
    /// All steps, in their order.
    pub const ALL: &[Self] = &[
        Self::OpenShop,
        Self::ListProducts,
        Self::OpenProduct,
        Self::Search,
        Self::StartSession,
        Self::FillCart,
        Self::ChooseShipping,
        Self::CheckOut,
        Self::AwaitConfirmation,
        Self::CancelOrder,
        Self::EmptyCart,
    ];

    /// The step as an infinitive, for people and as the label of metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenShop => "open the shop",
            Self::ListProducts => "list products",
            Self::OpenProduct => "open a product",
            Self::Search => "search",
            Self::StartSession => "start a session",
            Self::FillCart => "fill the cart",
            Self::ChooseShipping => "choose shipping",
            Self::CheckOut => "check out",
            Self::AwaitConfirmation => "get the order confirmed",
            Self::CancelOrder => "cancel the order",
            Self::EmptyCart => "empty the cart",
        }
    }
}

/// The purchase to make.
#[derive(Debug, Clone)]
pub struct ProbeSettings {
    /// The base URL of the shop.
    pub url: String,
    /// The SKU to buy; otherwise the first available variant of the first page.
    pub sku: Option<Sku>,
    /// The beginning of the name of the city to deliver to; otherwise any city of the shop's country.
    pub city: Option<String>,
    /// The postal code of the delivery address; otherwise an example of the country or the state.
    pub postal_code: Option<String>,
    /// The email address of the order.
    pub email: String,
}

/// A step that was carried out.
#[derive(Debug)]
pub struct StepResult {
    pub step: Step,
    pub duration: Duration,
    pub outcome: Result<(), ProbeError>,
}

/// The steps of a purchase, up to the first one that failed and what was cleaned up after it.
#[derive(Debug, Default)]
pub struct ProbeReport {
    pub steps: Vec<StepResult>,
    /// Deviations that are no failures.
    pub notes: Vec<&'static str>,
}

impl ProbeReport {
    /// The first step that failed.
    pub fn failed(&self) -> Option<&StepResult> {
        self.steps.iter().find(|step| step.outcome.is_err())
    }
}

/// Makes one purchase. `key` identifies it at the shop, so each call needs another.
///
/// # Errors
/// [`ProbeError`] if the HTTP client cannot be set up. A failure of the shop is part of the report.
pub async fn run(settings: &ProbeSettings, key: &str) -> Result<ProbeReport, ProbeError> {
    let mut buyer =
        Buyer { client: Client::new(&settings.url)?, settings, key, report: ProbeReport::default(), checkout: None };
    // The report has the failure.
    let bought = buyer.buy().await;
    buyer.clean_up(bought.ok().flatten()).await;
    Ok(buyer.report)
}

/// A step failed, which the report says.
struct Failed;

struct Buyer<'s> {
    client: Client,
    settings: &'s ProbeSettings,
    key: &'s str,
    report: ProbeReport,
    /// The body of the checkout, once it was sent.
    checkout: Option<Value>,
}

impl Buyer<'_> {
    /// Carries out a step and adds it to the report.
    async fn step<T>(
        &mut self,
        step: Step,
        work: impl AsyncFnOnce(&Client) -> Result<T, ProbeError>,
    ) -> Result<T, Failed> {
        let started = Instant::now();
        let result = work(&self.client).await;
        let (value, outcome) = match result {
            Ok(value) => (Some(value), Ok(())),
            Err(error) => (None, Err(error)),
        };
        self.report.steps.push(StepResult { step, duration: started.elapsed(), outcome });
        value.ok_or(Failed)
    }

    /// Buys a product, and returns the order if the shop takes payments of the sandbox.
    async fn buy(&mut self) -> Result<Option<OrderId>, Failed> {
        let shop: Shop = self.step(Step::OpenShop, async |client| client.get("/api/v1/shop").await).await?;
        let wanted = self.settings.sku.clone();
        let listed = match &wanted {
            // A product on a later page is found by the SKU.
            Some(sku) => format!("/api/v1/products?limit=24&q={}", chassis::client::segment(sku.as_str())),
            None => "/api/v1/products?limit=24".to_owned(),
        };
        let page: ProductPage = self.step(Step::ListProducts, async |client| client.get(&listed).await).await?;
        let (product, sku) =
            self.step(Step::OpenProduct, async |client| choose_product(client, &page, wanted).await).await?;
        self.step(Step::Search, async |client| search(client, &product).await).await?;
        let session: GuestSession = self
            .step(Step::StartSession, async |client| {
                client.post("/api/v1/auth/guest", &json!({"session": "token"}), None).await
            })
            .await?;
        self.client.authenticate(session.access_token);
        let line = json!({"sku": sku, "quantity": 1});
        self.step(Step::FillCart, async |client| {
            client.post::<CartView>("/api/v1/cart/lines", &line, None).await.map(|_| ())
        })
        .await?;
        let settings = self.settings;
        let cart =
            self.step(Step::ChooseShipping, async |client| choose_shipping(client, &shop, settings).await).await?;
        self.check_out(&cart).await
    }

    async fn check_out(&mut self, cart: &CartView) -> Result<Option<OrderId>, Failed> {
        let (settings, key, mut sent) = (self.settings, self.key, None);
        let ordered = self
            .step(Step::CheckOut, async |client| {
                let Some(body) = prepare_checkout(client, settings, cart).await? else { return Ok(None) };
                let body = sent.insert(body);
                send_checkout(client, body, key).await.map(Some)
            })
            .await;
        self.checkout = sent;
        let Some(order) = ordered? else {
            self.report.steps.pop();
            self.report.notes.push("The shop takes no payments of the sandbox, so nothing was ordered.");
            return Ok(None);
        };
        // The order is cancelled whether it was confirmed or not, which the report says.
        let _ = self.step(Step::AwaitConfirmation, async |client| await_confirmation(client, order).await).await;
        Ok(Some(order))
    }

    /// Cancels the order, or empties the cart if nothing was ordered.
    async fn clean_up(&mut self, order: Option<OrderId>) {
        let key = self.key;
        let order = match (order, &self.checkout) {
            // The response was lost, but the order may have been placed: the shop answers the same request alike.
            (None, Some(body)) => send_checkout(&self.client, body, key).await.ok(),
            (order, _) => order,
        };
        let cleaned = match order {
            Some(order) => self.step(Step::CancelOrder, async |client| cancel(client, order, key).await).await,
            None if self.client.is_authenticated() => {
                self.step(Step::EmptyCart, async |client| empty_cart(client).await.map(|()| true)).await
            }
            None => Ok(true),
        };
        if let Ok(false) = cleaned {
            self.report.notes.push("The order was shipped before it could be cancelled.");
        }
    }
}

/// Opens the product with the wanted SKU, or else the first one of the page that can be bought.
async fn choose_product(
    client: &Client,
    page: &ProductPage,
    wanted: Option<Sku>,
) -> Result<(ProductView, Sku), ProbeError> {
    for card in &page.items {
        let product: ProductView = client.get(&format!("/api/v1/products/{}", card.handle)).await?;
        let fits = |sku: &Sku, availability: Availability| match &wanted {
            Some(wanted) => sku == wanted,
            None => matches!(availability, Availability::InStock | Availability::Low),
        };
        let variant = product.variants.iter().find(|variant| fits(&variant.sku, variant.availability));
        if let Some(sku) = variant.map(|variant| variant.sku.clone()) {
            return Ok((product, sku));
        }
    }
    Err(ProbeError::Unexpected(match wanted {
        Some(sku) => format!("the search does not find the SKU {}", sku.as_str()),
        None => "none of the first products can be bought".to_owned(),
    }))
}

/// Searches for the product by a word of its title.
async fn search(client: &Client, product: &ProductView) -> Result<(), ProbeError> {
    let word = product.title.split_whitespace().max_by_key(|word| word.len()).unwrap_or(&product.title);
    let path = format!("/api/v1/products?limit=24&q={}", chassis::client::segment(word));
    let found: ProductPage = client.get(&path).await?;
    let is_found = found.items.iter().any(|card| card.id == product.id);
    is_found.then_some(()).ok_or_else(|| ProbeError::Unexpected(format!("a search for \"{word}\" does not find it")))
}

/// Quotes shipping to a city of the shop's country, and chooses the first option.
async fn choose_shipping(client: &Client, shop: &Shop, settings: &ProbeSettings) -> Result<CartView, ProbeError> {
    let names = settings.city.as_deref().map_or_else(|| PLACE_NAMES.to_vec(), |city| vec![city]);
    for name in names {
        let path = format!("/api/v1/shipping/places?country={}&q={}", shop.country, chassis::client::segment(name));
        let places: Places = client.get(&path).await?;
        let Some(place) = places.items.first() else { continue };
        let request = json!({"address": delivery_address(place, settings), "place_id": place.id});
        let quote: Quote = client.post("/api/v1/cart/quotes", &request, None).await?;
        let Some(option) = quote.options.first() else { continue };
        let choice = json!({"quote_id": quote.quote_id, "option": option.option});
        return client.put("/api/v1/cart/shipping", &choice).await;
    }
    Err(ProbeError::Unexpected("no city of the shop's country can be delivered to; pass --city".to_owned()))
}

/// Returns the fields of an address in the place that decide on the price of delivery.
fn delivery_address(place: &PlaceView, settings: &ProbeSettings) -> Destination {
    let example = Destination::example(place);
    let postal_code = settings.postal_code.as_deref().and_then(|code| code.parse().ok());
    Destination { postal_code: postal_code.or(example.postal_code), ..example }
}

/// Returns the body of the checkout. `None` if the sandbox takes no payments by card.
async fn prepare_checkout(
    client: &Client,
    settings: &ProbeSettings,
    cart: &CartView,
) -> Result<Option<Value>, ProbeError> {
    let methods: PaymentMethods = client.get("/api/v1/payment-methods").await?;
    let form = methods.items.iter().filter(|one| one.gateway == SANDBOX).find_map(|one| match &one.entry {
        MethodEntry::CardForm { url } => Some((one.method.clone(), url.clone())),
        _ => None,
    });
    let Some((method, url)) = form else { return Ok(None) };
    let card = json!({
        "card_holder_name": "Synthetic Buyer", "card_number": "4444333322221111", "expiry_month": 12,
        "expiry_year": 2099, "cvc": "123",
    });
    let session: Value = client.post(&url, &card, None).await?;
    let mut address = json!(cart.shipping.as_ref().map(|shipping| delivery_address(&shipping.place, settings)));
    address["name"] = "Synthetic Buyer".into();
    address["line1"] = "Probe Street 1".into();
    Ok(Some(json!({
        "email": settings.email, "address": address, "expected_total": cart.totals.total,
        "payment": {"method": method, "session": session["session"]},
    })))
}

async fn send_checkout(client: &Client, body: &Value, key: &str) -> Result<OrderId, ProbeError> {
    let response: CheckoutResponse = client.post("/api/v1/checkout", body, Some(key)).await?;
    match response.payment.status {
        PaymentStatus::Authorised | PaymentStatus::Processing => Ok(response.order_id),
        other => Err(ProbeError::Unexpected(format!("the payment is {}", json_name(&other)))),
    }
}

async fn await_confirmation(client: &Client, order: OrderId) -> Result<(), ProbeError> {
    await_status(client, order, |status| {
        matches!(status, OrderStatus::Confirmed | OrderStatus::Shipped | OrderStatus::Delivered)
    })
    .await
}

/// Cancels the order and waits for it. Returns false if it has been shipped already. A request that fails is repeated with
/// the same key for a minute, so that a short outage leaves no order behind.
async fn cancel(client: &Client, order: OrderId, key: &str) -> Result<bool, ProbeError> {
    let (path, reason) = (format!("/api/v1/orders/{order}/cancel"), json!({"reason": "A synthetic purchase."}));
    let started = Instant::now();
    loop {
        match client.post::<OrderView>(&path, &reason, Some(key)).await {
            Ok(_) => break,
            Err(error) if error.is(NOT_CANCELLABLE) => return Ok(false),
            Err(error) if started.elapsed() > ORDER_TIMEOUT => return Err(error),
            Err(_) => tokio::time::sleep(POLL_INTERVAL).await,
        }
    }
    await_status(client, order, |status| status == OrderStatus::Cancelled).await.map(|()| true)
}

async fn await_status(
    client: &Client,
    order: OrderId,
    is_reached: impl Fn(OrderStatus) -> bool,
) -> Result<(), ProbeError> {
    let started = Instant::now();
    loop {
        let last = client.get::<OrderView>(&format!("/api/v1/orders/{order}")).await;
        match last {
            Ok(order) if is_reached(order.status) => return Ok(()),
            Ok(order) if started.elapsed() > ORDER_TIMEOUT => {
                let status = order.status.as_str();
                return Err(ProbeError::Unexpected(format!("the order is still {status} after a minute")));
            }
            Err(error) if started.elapsed() > ORDER_TIMEOUT || !error.is_not_found() => return Err(error),
            // A new order reaches dispatch by an event.
            _ => tokio::time::sleep(POLL_INTERVAL).await,
        }
    }
}

async fn empty_cart(client: &Client) -> Result<(), ProbeError> {
    let cart: CartView = client.get("/api/v1/cart").await?;
    for line in cart.lines {
        let path = format!("/api/v1/cart/lines/{}", chassis::client::segment(line.sku.as_str()));
        client.delete::<CartView>(&path).await?;
    }
    Ok(())
}

/// Returns the name of a value in JSON.
fn json_name(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
