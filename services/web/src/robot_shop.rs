//! The API of Robot Shop, the shop that ShopStack descends from, for clients that were written for it. Off by default.
//!
//! This module only translates: every price, quote, stock level and payment is that of the services behind it. The page
//! `docs/robot-shop.md` lists the operations, and what differs on purpose.

mod access;
mod cart;
mod catalogue;
mod decimal;
mod failure;
mod payment;
mod ratings;
mod session;
mod shipping;
mod user;

pub use access::RULES;

use axum::Router;
use axum::http::HeaderMap;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post, put};
use chassis::SystemContext;
use chassis::client::ServiceClient;
use contracts::Email;
use contracts::catalogue::CatalogueClient;
use contracts::shipping::ShippingClient;
use std::sync::Arc;

/// The services that the API of Robot Shop is translated to.
pub struct RobotShopClients {
    pub catalogue: CatalogueClient,
    pub shipping: ShippingClient,
    pub user: ServiceClient,
    pub cart: ServiceClient,
    pub payment: ServiceClient,
    pub ratings: ServiceClient,
    pub dispatch: ServiceClient,
}

/// The choices of the merchant about the API of Robot Shop.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RobotShopSettings {
    /// The email address of all orders; `None` for the reserved address of the customer, which receives no mail.
    pub email: Option<Email>,
}

/// The translation of Robot Shop's API, which stores nothing.
struct RobotShop {
    clients: RobotShopClients,
    settings: RobotShopSettings,
    system: SystemContext,
    /// True if customers use TLS.
    secure: bool,
}

type Shop = Arc<RobotShop>;

/// Returns the operations of the API.
pub fn routes(clients: RobotShopClients, settings: RobotShopSettings, system: SystemContext, base_url: &str) -> Router {
    let shop = Arc::new(RobotShop { clients, settings, system, secure: base_url.starts_with("https://") });
    Router::new()
        .route("/api/catalogue/health", get(catalogue::health))
        .route("/api/catalogue/products", get(catalogue::list_products))
        .route("/api/catalogue/products/{category}", get(catalogue::list_category))
        .route("/api/catalogue/product/{sku}", get(catalogue::get_product))
        .route("/api/catalogue/categories", get(catalogue::list_categories))
        .route("/api/catalogue/search/{text}", get(catalogue::search))
        .route("/api/user/health", get(user::health))
        .route("/api/user/uniqueid", get(user::start_guest))
        .route("/api/user/check/{id}", get(user::check))
        .route("/api/user/login", post(user::log_in))
        .route("/api/user/register", post(user::register))
        .route("/api/user/history/{id}", get(user::history))
        .route("/api/cart/health", get(cart::health))
        .route("/api/cart/cart/{id}", get(cart::get_cart).delete(cart::delete_cart))
        .route("/api/cart/rename/{from}/{to}", get(cart::rename))
        .route("/api/cart/add/{id}/{sku}/{quantity}", get(cart::add))
        .route("/api/cart/update/{id}/{sku}/{quantity}", get(cart::update))
        .route("/api/cart/shipping/{id}", post(shipping::add_to_cart))
        .route("/api/shipping/health", get(shipping::health))
        .route("/api/shipping/codes", get(shipping::list_countries))
        .route("/api/shipping/cities/{code}", get(shipping::list_cities))
        .route("/api/shipping/match/{code}/{text}", get(shipping::search_cities))
        .route("/api/shipping/calc/{place}", get(shipping::calculate))
        .route("/api/shipping/confirm/{id}", post(shipping::confirm))
        .route("/api/payment/health", get(payment::health))
        .route("/api/payment/pay/{id}", post(payment::pay))
        .route("/api/ratings/_health", get(ratings::health))
        .route("/api/ratings/api/rate/{sku}/{score}", put(ratings::rate))
        .route("/api/ratings/api/fetch/{sku}", get(ratings::fetch))
        .layer(from_fn_with_state(Arc::clone(&shop), session::refresh))
        .with_state(shop)
}

impl RobotShop {
    /// A client of the cart service that acts for a session.
    fn cart(&self, session: &HeaderMap) -> ServiceClient {
        self.clients.cart.clone().with_headers(session.clone())
    }
}
