//! The access table of the shipping service.

use chassis::auth::{Access, Role, Rule};

const STAFF: Access = Access::Staff(&[Role::Merchant, Role::Admin]);
/// The staff who pack and answer customers.
const FULFILMENT: Access = Access::Staff(&[Role::Warehouse, Role::Support, Role::Merchant, Role::Admin]);

pub const RULES: &[Rule] = &[
    Rule::get("/api/v1/shipping/countries", Access::Public),
    Rule::get("/api/v1/shipping/address-rules/{country}", Access::Public),
    Rule::get("/api/v1/shipping/places", Access::Public),
    // Public: whoever has the number can track the shipment. The response has no personal data.
    Rule::get("/api/v1/tracking/{number}", Access::Public),
    // Public: the signature of the webhook is checked instead.
    Rule::post("/api/v1/carrier-events", Access::Public),
    Rule::get("/api/v1/shipping/warehouse", STAFF),
    Rule::put("/api/v1/shipping/warehouse", STAFF),
    Rule::get("/api/v1/shipping/zones", STAFF),
    Rule::put("/api/v1/shipping/zones", STAFF),
    Rule::get("/api/v1/shipments", FULFILMENT),
    Rule::get("/api/v1/shipments/{id}", FULFILMENT),
    Rule::post("/api/v1/shipments/{id}/pack", FULFILMENT),
    Rule::post("/api/v1/shipments/{id}/ship", FULFILMENT),
    Rule::put("/api/v1/shipments/{id}/tracking", FULFILMENT),
    Rule::post("/api/v1/shipments/{id}/deliver", FULFILMENT),
    Rule::post("/api/v1/shipments/{id}/split", FULFILMENT),
    Rule::post("/api/v1/shipments/{id}/cancel", FULFILMENT),
    Rule::post("/internal/quotes", Access::Services(&["cart"])),
    Rule::post("/internal/estimates", Access::Services(&["web"])),
    Rule::get("/internal/places/{country}", Access::Services(&["web"])),
    Rule::get("/internal/quotes/{id}", Access::Services(&["cart", "payment"])),
    Rule::post("/internal/shipments", Access::Services(&["dispatch"])),
    Rule::post("/internal/shipments/cancel", Access::Services(&["dispatch"])),
    Rule::get("/internal/orders/{id}/shipments", Access::Services(&["dispatch"])),
];
