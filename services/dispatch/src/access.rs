//! The access table of the service.

use chassis::auth::{Access, Role, Rule};

const STAFF: Access = Access::Staff(&[Role::Support, Role::Merchant, Role::Admin]);
/// The staff who pack and answer customers.
const FULFILMENT: Access = Access::Staff(&[Role::Warehouse, Role::Support, Role::Merchant, Role::Admin]);

// Operations about one order are public here, because a signed link opens an order without a session. The order service
// checks owner, role and link when it reads the order.
pub const RULES: &[Rule] = &[
    Rule::get("/api/v1/orders", Access::Session),
    Rule::post("/api/v1/orders/links", Access::Public),
    Rule::get("/api/v1/orders/open", STAFF),
    Rule::get("/api/v1/orders/{id}", Access::Public),
    Rule::get("/api/v1/orders/{id}/timeline", Access::Public),
    Rule::post("/api/v1/orders/{id}/cancel", Access::Public),
    Rule::post("/api/v1/orders/{id}/refunds", STAFF),
    Rule::post("/api/v1/orders/{id}/capture", STAFF),
    Rule::post("/api/v1/orders/{id}/notes", STAFF),
    Rule::get("/api/v1/orders/{id}/invoice", Access::Public),
    Rule::get("/api/v1/orders/{id}/packing-list", FULFILMENT),
    Rule::get("/api/v1/packing-lists", FULFILMENT),
    Rule::get("/api/v1/orders/{id}/shipments/{shipment_id}/packing-slip", FULFILMENT),
    Rule::get("/api/v1/orders/{id}/shipments/{shipment_id}/label", FULFILMENT),
    Rule::post("/api/v1/orders/{id}/withdrawals", Access::Public),
    Rule::post("/api/v1/orders/{id}/returns", Access::Public),
    Rule::post("/api/v1/orders/{id}/returns/{return_id}/receive", STAFF),
    Rule::post("/api/v1/orders/{id}/returns/{return_id}/reject", STAFF),
    Rule::get("/api/v1/workflows", STAFF),
    Rule::post("/api/v1/workflows/{order_id}/retry", STAFF),
    Rule::post("/api/v1/workflows/{order_id}/resolve", STAFF),
    Rule::get("/api/v1/emails/failed", STAFF),
    Rule::post("/api/v1/emails/failed/{id}/retry", STAFF),
    Rule::get("/mailbox", Access::Public),
];
