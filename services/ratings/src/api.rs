//! HTTP: extract, call, respond.

mod author;
mod cursor;
mod reader;
mod seed;
mod staff;

use crate::Settings;
use crate::products::Products;
use crate::store::Store;
use chassis::SystemContext;
use chassis::auth::{Principal, Subject, Visitor};
use chassis::problem::Problem;
use contracts::AccountId;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the handlers work with.
#[derive(Clone)]
pub struct Reviews {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The products.
    pub products: Products,
    /// How the shop wants its reviews.
    pub settings: Settings,
    /// Clock and generator.
    pub system: SystemContext,
}

/// All operations.
pub fn routes() -> OpenApiRouter<Reviews> {
    OpenApiRouter::new()
        .routes(routes!(reader::ratings))
        .routes(routes!(reader::reviews))
        .routes(routes!(author::write, author::delete))
        .routes(routes!(author::helpful, author::not_helpful))
        .routes(routes!(staff::list))
        .routes(routes!(staff::decide))
        .routes(routes!(seed::seed))
}

/// The caller's account.
fn account(principal: &Principal) -> Result<AccountId, Problem> {
    principal.account().map(AccountId)
}

/// The visitor's account, when there is one.
fn reader(visitor: &Visitor) -> Option<AccountId> {
    match visitor.0.as_ref()?.subject {
        Subject::Account(id) => Some(AccountId(id)),
        Subject::Guest(_) => None,
    }
}
