//! The access table: the roles that may call each operation.

use chassis::auth::{Access, Role, Rule};

const ADMIN: Access = Access::Staff(&[Role::Admin]);

/// One rule per operation. Admin operations also read the account from the store, so that a revoked role takes effect
/// before the access token expires.
pub const RULES: &[Rule] = &[
    Rule::get("/.well-known/jwks.json", Access::Public),
    Rule::post("/api/v1/auth/guest", Access::Public),
    Rule::post("/api/v1/auth/register", Access::Public),
    Rule::post("/api/v1/auth/login", Access::Public),
    Rule::post("/api/v1/auth/refresh", Access::Public),
    Rule::post("/api/v1/auth/logout", Access::Public),
    Rule::post("/api/v1/auth/first-admin", Access::Public),
    Rule::get("/api/v1/me", Access::Account),
    Rule::patch("/api/v1/me", Access::Account),
    Rule::post("/api/v1/me/password", Access::Account),
    Rule::get("/api/v1/me/addresses", Access::Account),
    Rule::post("/api/v1/me/addresses", Access::Account),
    Rule::put("/api/v1/me/addresses/{id}", Access::Account),
    Rule::delete("/api/v1/me/addresses/{id}", Access::Account),
    Rule::get("/api/v1/me/sessions", Access::Account),
    Rule::delete("/api/v1/me/sessions/{id}", Access::Account),
    Rule::get("/api/v1/me/export", Access::Account),
    Rule::post("/api/v1/auth/api-key", Access::Public),
    Rule::get("/api/v1/api-keys", ADMIN),
    Rule::post("/api/v1/api-keys", ADMIN),
    Rule::delete("/api/v1/api-keys/{id}", ADMIN),
    Rule::get("/api/v1/accounts", ADMIN),
    Rule::get("/api/v1/accounts/{id}", ADMIN),
    Rule::put("/api/v1/accounts/{id}/roles", ADMIN),
];
