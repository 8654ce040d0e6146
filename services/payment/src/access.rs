//! The access table. A payment belongs to the session that created it; handlers check that ownership when they read it.

use chassis::auth::{Access, Role, Rule};

const STAFF: Access = Access::Staff(&[Role::Support, Role::Merchant, Role::Admin]);
const MERCHANTS: Access = Access::Staff(&[Role::Merchant, Role::Admin]);

pub const RULES: &[Rule] = &[
    Rule::get("/api/v1/payment-methods", Access::Public),
    Rule::post("/api/v1/checkout", Access::Session),
    Rule::get("/api/v1/payments", STAFF),
    Rule::get("/api/v1/payments/{id}", Access::Session),
    Rule::post("/api/v1/payments/{id}/attempts", Access::Session),
    Rule::post("/api/v1/payments/{id}/confirm", Access::Session),
    Rule::post("/api/v1/payments/{id}/abandon", Access::Session),
    // The bank redirects the browser here from another site, so the session cookie may be missing.
    Rule::get("/api/v1/payments/{id}/return", Access::Public),
    Rule::post("/api/v1/payments/{id}/return", Access::Public),
    Rule::get("/api/v1/payments/{id}/details", STAFF),
    Rule::post("/api/v1/payments/{id}/operations/{number}/resolve", MERCHANTS),
    Rule::post("/api/v1/payments/{id}/transfers", MERCHANTS),
    Rule::get("/api/v1/balances", MERCHANTS),
    Rule::get("/api/v1/payouts", MERCHANTS),
    Rule::post("/api/v1/payouts", MERCHANTS),
    Rule::get("/api/v1/webhook-events", STAFF),
    Rule::post("/api/v1/webhook-events/{gateway}/{id}/replay", MERCHANTS),
    Rule::post("/api/v1/webhook-events/{gateway}/{id}/discard", MERCHANTS),
    // Public, since gateways have no session: the handler verifies their signature.
    Rule::post("/api/v1/webhooks/{gateway}", Access::Public),
    Rule::post("/api/v1/sandbox/sessions", Access::Public),
    Rule::get("/sandbox/{*page}", Access::Public),
    Rule::post("/sandbox/{*page}", Access::Public),
    Rule::get("/internal/orders/{id}", Access::Services(&["dispatch"])),
    Rule::get("/internal/orders/{id}/transfer", Access::Services(&["dispatch"])),
    Rule::post("/internal/orders/{id}/commands", Access::Services(&["dispatch"])),
];
