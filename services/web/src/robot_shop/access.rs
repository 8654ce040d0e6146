//! Access to the operations of Robot Shop's API. They are public, since its clients send no credentials: an id in the path,
//! or a cookie, names the session, and the services behind check it.

use chassis::auth::{Access, Rule};

/// The rules of all operations, which apply only where the API is on.
pub const RULES: &[Rule] = &[
    Rule::get("/api/catalogue/health", Access::Public),
    Rule::get("/api/catalogue/products", Access::Public),
    Rule::get("/api/catalogue/products/{category}", Access::Public),
    Rule::get("/api/catalogue/product/{sku}", Access::Public),
    Rule::get("/api/catalogue/categories", Access::Public),
    Rule::get("/api/catalogue/search/{text}", Access::Public),
    Rule::get("/api/user/health", Access::Public),
    Rule::get("/api/user/uniqueid", Access::Public),
    Rule::get("/api/user/check/{id}", Access::Public),
    Rule::post("/api/user/login", Access::Public),
    Rule::post("/api/user/register", Access::Public),
    Rule::get("/api/user/history/{id}", Access::Public),
    Rule::get("/api/cart/health", Access::Public),
    Rule::get("/api/cart/cart/{id}", Access::Public),
    Rule::delete("/api/cart/cart/{id}", Access::Public),
    Rule::get("/api/cart/rename/{from}/{to}", Access::Public),
    Rule::get("/api/cart/add/{id}/{sku}/{quantity}", Access::Public),
    Rule::get("/api/cart/update/{id}/{sku}/{quantity}", Access::Public),
    Rule::post("/api/cart/shipping/{id}", Access::Public),
    Rule::get("/api/shipping/health", Access::Public),
    Rule::get("/api/shipping/codes", Access::Public),
    Rule::get("/api/shipping/cities/{code}", Access::Public),
    Rule::get("/api/shipping/match/{code}/{text}", Access::Public),
    Rule::get("/api/shipping/calc/{place}", Access::Public),
    Rule::post("/api/shipping/confirm/{id}", Access::Public),
    Rule::get("/api/payment/health", Access::Public),
    Rule::post("/api/payment/pay/{id}", Access::Public),
    Rule::get("/api/ratings/_health", Access::Public),
    Rule::put("/api/ratings/api/rate/{sku}/{score}", Access::Public),
    Rule::get("/api/ratings/api/fetch/{sku}", Access::Public),
];
