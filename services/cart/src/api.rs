//! Cart over HTTP.

use crate::carts::Carts;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use chassis::Problem;
use chassis::auth::{GUEST_COOKIE, Principal, Visitor};
use chassis::http::{Json, Path};
use contracts::cart::{
    CartQuoteRequest, CartSnapshot, CartView, LineAddition, LineChange, PromotionChoice, ShippingChoice,
    SnapshotRequest,
};
use contracts::shipping::Quote;
use contracts::{Quantity, Sku};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// All routes.
pub fn routes(carts: Carts) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(add))
        .routes(routes!(set, remove))
        .routes(routes!(quote))
        .routes(routes!(ship))
        .routes(routes!(promote, unpromote))
        .routes(routes!(merge))
        .routes(routes!(snapshot))
        .with_state(carts)
}

/// The session's cart
#[utoipa::path(get, path = "/api/v1/cart", tag = "cart", operation_id = "cart", responses((status = 200, body = CartView)))]
async fn show(State(carts): State<Carts>, Visitor(visitor): Visitor) -> Result<Json<CartView>, Problem> {
    carts.show(visitor.as_ref()).await.map(Json)
}

/// Add to the cart
#[utoipa::path(post, path = "/api/v1/cart/lines", tag = "cart", operation_id = "add_line", request_body = LineAddition,
    responses((status = 200, body = CartView), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn add(
    State(carts): State<Carts>,
    principal: Principal,
    Json(addition): Json<LineAddition>,
) -> Result<Json<CartView>, Problem> {
    carts.add(&principal, &addition).await.map(Json)
}

/// Set how many are wanted; 0 removes the line
#[utoipa::path(put, path = "/api/v1/cart/lines/{sku}", tag = "cart", operation_id = "set_line", params(("sku" = String, Path)),
    request_body = LineChange,
    responses((status = 200, body = CartView), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn set(
    State(carts): State<Carts>,
    principal: Principal,
    Path(sku): Path<Sku>,
    Json(change): Json<LineChange>,
) -> Result<Json<CartView>, Problem> {
    if change.quantity > Quantity::MOST {
        return Err(Problem::invalid("/quantity", format!("must be between 0 and {}", Quantity::MOST)));
    }
    carts.set(&principal, &sku, change.quantity).await.map(Json)
}

/// Remove a line
#[utoipa::path(delete, path = "/api/v1/cart/lines/{sku}", tag = "cart", operation_id = "remove_line",
    params(("sku" = String, Path)), responses((status = 200, body = CartView)))]
async fn remove(
    State(carts): State<Carts>,
    principal: Principal,
    Path(sku): Path<Sku>,
) -> Result<Json<CartView>, Problem> {
    carts.set(&principal, &sku, 0).await.map(Json)
}

/// Ask what shipping costs
#[utoipa::path(post, path = "/api/v1/cart/quotes", tag = "cart", operation_id = "quote_shipping", request_body = CartQuoteRequest,
    responses((status = 200, body = Quote), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn quote(
    State(carts): State<Carts>,
    principal: Principal,
    Json(request): Json<CartQuoteRequest>,
) -> Result<Json<Quote>, Problem> {
    carts.quote(&principal, request.place_id).await.map(Json)
}

/// Choose a way of shipping
#[utoipa::path(put, path = "/api/v1/cart/shipping", tag = "cart", operation_id = "choose_shipping", request_body = ShippingChoice,
    responses((status = 200, body = CartView), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn ship(
    State(carts): State<Carts>,
    principal: Principal,
    Json(choice): Json<ShippingChoice>,
) -> Result<Json<CartView>, Problem> {
    carts.ship(&principal, &choice).await.map(Json)
}

/// Enter a promotion code
#[utoipa::path(put, path = "/api/v1/cart/promotion", tag = "cart", operation_id = "enter_promotion", request_body = PromotionChoice,
    responses((status = 200, body = CartView), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn promote(
    State(carts): State<Carts>,
    principal: Principal,
    Json(choice): Json<PromotionChoice>,
) -> Result<Json<CartView>, Problem> {
    carts.promote(&principal, choice.code.as_str()).await.map(Json)
}

/// Remove the promotion code
#[utoipa::path(delete, path = "/api/v1/cart/promotion", tag = "cart", operation_id = "remove_promotion",
    responses((status = 200, body = CartView)))]
async fn unpromote(State(carts): State<Carts>, principal: Principal) -> Result<Json<CartView>, Problem> {
    carts.set_code(&principal, None).await.map(Json)
}

/// Move the guest's cart into the account's, after login
///
/// The guest session comes along as its cookie, which is removed by the answer. A second call changes nothing.
#[utoipa::path(post, path = "/api/v1/cart/merge", tag = "cart", operation_id = "merge_carts",
    responses((status = 200, body = CartView)))]
async fn merge(State(carts): State<Carts>, principal: Principal) -> Result<Response, Problem> {
    let view = carts.merge(&principal).await?;
    let mut response = Json(view).into_response();
    for (name, secure) in [(GUEST_COOKIE.to_owned(), ""), (format!("__Host-{GUEST_COOKIE}"), "; Secure")] {
        let cookie = format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    Ok(response)
}

/// The priced cart, for an order
#[utoipa::path(post, path = "/internal/carts/snapshot", tag = "cart", operation_id = "snapshot_cart", request_body = SnapshotRequest,
    responses((status = 200, body = CartSnapshot), (status = 409, body = Problem)))]
async fn snapshot(
    State(carts): State<Carts>,
    Json(request): Json<SnapshotRequest>,
) -> Result<Json<CartSnapshot>, Problem> {
    carts.snapshot(&request).await.map(Json)
}
