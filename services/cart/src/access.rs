//! The access table of the cart service. A session has exactly one cart, its own, so no operation names somebody else's.

use chassis::auth::{Access, Rule};

pub const RULES: &[Rule] = &[
    Rule::get("/api/v1/cart", Access::Public),
    Rule::post("/api/v1/cart/lines", Access::Session),
    Rule::put("/api/v1/cart/lines/{sku}", Access::Session),
    Rule::delete("/api/v1/cart/lines/{sku}", Access::Session),
    Rule::post("/api/v1/cart/quotes", Access::Session),
    Rule::put("/api/v1/cart/shipping", Access::Session),
    Rule::delete("/api/v1/cart/shipping", Access::Session),
    Rule::put("/api/v1/cart/promotion", Access::Session),
    Rule::delete("/api/v1/cart/promotion", Access::Session),
    Rule::post("/api/v1/cart/merge", Access::Account),
    Rule::post("/internal/carts/snapshot", Access::Services(&["payment"])),
];
