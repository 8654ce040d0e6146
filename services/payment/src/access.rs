//! Who may call what. Payments belong to the session that checked out; that is looked at where they are read.

use chassis::auth::{Access, Rule};

/// The access table.
pub const RULES: &[Rule] = &[
    Rule::get("/api/v1/payment-methods", Access::Public),
    Rule::post("/api/v1/checkout", Access::Session),
    Rule::get("/api/v1/payments/{id}", Access::Session),
    Rule::post("/api/v1/payments/{id}/attempts", Access::Session),
    Rule::post("/api/v1/payments/{id}/confirm", Access::Session),
    Rule::post("/api/v1/sandbox/sessions", Access::Public),
    Rule::get("/sandbox/challenge/{reference}", Access::Public),
    Rule::post("/sandbox/challenge/{reference}/approve", Access::Public),
    Rule::post("/sandbox/challenge/{reference}/deny", Access::Public),
    Rule::get("/internal/orders/{id}", Access::Services(&["dispatch"])),
    Rule::post("/internal/orders/{id}/commands", Access::Services(&["dispatch"])),
];
