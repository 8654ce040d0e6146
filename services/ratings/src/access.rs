//! The access table: the roles that may call each operation.

use chassis::auth::{Access, Role, Rule};

const STAFF: Access = Access::Staff(&[Role::Support, Role::Merchant, Role::Admin]);

/// One rule per operation.
pub const RULES: &[Rule] = &[
    Rule::get("/api/v1/ratings", Access::Public),
    Rule::get("/api/v1/products/{handle}/reviews", Access::Public),
    Rule::put("/api/v1/products/{handle}/reviews/mine", Access::Account),
    Rule::delete("/api/v1/products/{handle}/reviews/mine", Access::Account),
    Rule::post("/api/v1/reviews/{id}/helpful", Access::Account),
    Rule::delete("/api/v1/reviews/{id}/helpful", Access::Account),
    Rule::get("/api/v1/reviews", STAFF),
    Rule::put("/api/v1/reviews/{id}/state", STAFF),
    Rule::post("/internal/reviews/seed", Access::Services(&["shopstack", "web"])),
];
