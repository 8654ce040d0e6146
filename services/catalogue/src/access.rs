//! The access table of catalogue: the callers of each operation.

use chassis::auth::{Access, Role, Rule};

// Support staff can look up stock, taxes and promotions, but only merchants and admins change the catalogue.
const MERCHANTS: Access = Access::Staff(&[Role::Merchant, Role::Admin]);
const STAFF: Access = Access::Staff(&[Role::Support, Role::Merchant, Role::Admin]);
// The warehouse counts what is there, so it reads and corrects stock.
const STOCK_READERS: Access = Access::Staff(&[Role::Warehouse, Role::Support, Role::Merchant, Role::Admin]);
const STOCK_KEEPERS: Access = Access::Staff(&[Role::Warehouse, Role::Merchant, Role::Admin]);

/// One rule per operation; an operation without a rule is rejected at start.
pub const RULES: &[Rule] = &[
    Rule::get("/api/v1/shop", Access::Public),
    Rule::put("/api/v1/shop", MERCHANTS),
    Rule::get("/api/v1/storefront", Access::Public),
    Rule::put("/api/v1/storefront", MERCHANTS),
    Rule::get("/api/v1/email-texts", MERCHANTS),
    Rule::put("/api/v1/email-texts", MERCHANTS),
    Rule::get("/api/v1/pages", Access::Public),
    Rule::get("/api/v1/pages/{handle}", Access::Public),
    Rule::put("/api/v1/pages/{handle}", MERCHANTS),
    Rule::delete("/api/v1/pages/{handle}", MERCHANTS),
    Rule::get("/api/v1/categories", Access::Public),
    Rule::get("/api/v1/categories/{handle}/draft", STAFF),
    Rule::put("/api/v1/categories/{handle}", MERCHANTS),
    Rule::delete("/api/v1/categories/{handle}", MERCHANTS),
    Rule::get("/api/v1/products", Access::Public),
    Rule::get("/api/v1/unpublished-products", STAFF),
    Rule::get("/api/v1/products/suggest", Access::Public),
    Rule::get("/api/v1/products/{handle}", Access::Public),
    Rule::get("/api/v1/products/{handle}/draft", STAFF),
    Rule::get("/api/v1/products/{handle}/prices", STAFF),
    Rule::put("/api/v1/products/{handle}", MERCHANTS),
    Rule::delete("/api/v1/products/{handle}", MERCHANTS),
    Rule::get("/media/{name}", Access::Public),
    Rule::post("/api/v1/images", MERCHANTS),
    Rule::post("/api/v1/imports", MERCHANTS),
    Rule::get("/api/v1/imports", MERCHANTS),
    Rule::get("/api/v1/imports/{id}", MERCHANTS),
    Rule::get("/api/v1/images/failed", STAFF),
    Rule::post("/api/v1/images/failed/retry", MERCHANTS),
    Rule::get("/api/v1/stock", STOCK_READERS),
    Rule::get("/api/v1/stock/{sku}", STOCK_READERS),
    Rule::get("/api/v1/stock/{sku}/history", STOCK_READERS),
    Rule::post("/api/v1/stock/{sku}/adjustments", STOCK_KEEPERS),
    Rule::put("/api/v1/stock/{sku}/threshold", MERCHANTS),
    Rule::get("/api/v1/tax-rates", STAFF),
    Rule::put("/api/v1/tax-rates", MERCHANTS),
    Rule::get("/api/v1/promotions", STAFF),
    Rule::put("/api/v1/promotions/{code}", MERCHANTS),
    Rule::delete("/api/v1/promotions/{code}", MERCHANTS),
    Rule::get("/internal/email-texts", Access::Services(&["dispatch"])),
    Rule::post("/internal/pricing", Access::Services(&["cart", "web"])),
    Rule::post("/internal/reservations", Access::Services(&["payment"])),
    Rule::post("/internal/reservations/commit", Access::Services(&["dispatch"])),
    Rule::post("/internal/reservations/release", Access::Services(&["payment", "dispatch"])),
    Rule::post("/internal/restock", Access::Services(&["dispatch"])),
    Rule::get("/internal/products", Access::Services(&["web"])),
    Rule::get("/internal/sitemap", Access::Services(&["web"])),
    Rule::get("/internal/products/{handle}", Access::Services(&["ratings"])),
];
