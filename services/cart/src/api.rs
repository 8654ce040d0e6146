//! The HTTP operations of the cart service.

use crate::service::CartService;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use chassis::Problem;
use chassis::auth::{GUEST_COOKIE, OptionalPrincipal, Principal};
use chassis::http::{Json, Path, Query};
use contracts::cart::{
    CartQuoteRequest, CartSnapshot, CartView, LineAddition, LineChange, PromotionChoice, ShippingChoice,
    SnapshotRequest,
};
use contracts::shipping::Quote;
use contracts::{LanguageParameter, Quantity, Sku};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The carts, with the texts of their lines in the language that the request asks for.
struct LocalisedCarts(CartService);

impl FromRequestParts<CartService> for LocalisedCarts {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, carts: &CartService) -> Result<Self, Problem> {
        let Query(LanguageParameter { language }) = Query::from_request_parts(parts, carts).await?;
        Ok(Self(carts.in_language(language)))
    }
}

pub fn routes(carts: CartService) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(get_cart))
        .routes(routes!(add_line))
        .routes(routes!(set_line, remove_line))
        .routes(routes!(quote_shipping))
        .routes(routes!(choose_shipping, remove_shipping))
        .routes(routes!(apply_promotion, remove_promotion))
        .routes(routes!(merge_carts))
        .routes(routes!(create_snapshot))
        .with_state(carts)
}

/// Get the cart of the session
///
/// Prices are recomputed on every read; `changes` lists what differs from the cart that the customer saw last. Without a
/// session the cart is empty.
#[utoipa::path(get, path = "/api/v1/cart", tag = "cart", operation_id = "get_cart",
    params(LanguageParameter), responses((status = 200, body = CartView)))]
async fn get_cart(
    LocalisedCarts(carts): LocalisedCarts,
    OptionalPrincipal(caller): OptionalPrincipal,
) -> Result<Json<CartView>, Problem> {
    carts.show(caller.as_ref()).await.map(Json)
}

/// Add a product to the cart
#[utoipa::path(post, path = "/api/v1/cart/lines", tag = "cart", operation_id = "add_line",
    params(LanguageParameter), request_body(content = LineAddition, example = json!({ "sku": "MUG-BLUE", "quantity": 2 })),
    responses(
        (status = 200, body = CartView),
        (status = 404, description = "`unknown-sku`", body = Problem),
        (status = 409, description = "`out-of-stock`, `cart-full`", body = Problem),
    ))]
async fn add_line(
    LocalisedCarts(carts): LocalisedCarts,
    principal: Principal,
    Json(addition): Json<LineAddition>,
) -> Result<Json<CartView>, Problem> {
    carts.add(&principal, &addition).await.map(Json)
}

/// Set the quantity of a line
///
/// Creates the line when it is missing; 0 removes it.
#[utoipa::path(put, path = "/api/v1/cart/lines/{sku}", tag = "cart", operation_id = "set_line",
    params(LanguageParameter, ("sku" = String, Path, description = "The SKU, percent-encoded", example = "MUG-BLUE")),
    request_body(content = LineChange, example = json!({ "quantity": 3 })),
    responses(
        (status = 200, body = CartView),
        (status = 404, description = "`unknown-sku`", body = Problem),
        (status = 409, description = "`out-of-stock`, `cart-full`", body = Problem),
    ))]
async fn set_line(
    LocalisedCarts(carts): LocalisedCarts,
    principal: Principal,
    Path(sku): Path<Sku>,
    Json(change): Json<LineChange>,
) -> Result<Json<CartView>, Problem> {
    if change.quantity > Quantity::MAX {
        return Err(Problem::invalid("/quantity", format!("must be between 0 and {}", Quantity::MAX)));
    }
    carts.set(&principal, &sku, change.quantity).await.map(Json)
}

/// Remove a line from the cart
#[utoipa::path(delete, path = "/api/v1/cart/lines/{sku}", tag = "cart", operation_id = "remove_line",
    params(LanguageParameter, ("sku" = String, Path, description = "The SKU, percent-encoded", example = "MUG-BLUE")),
    responses((status = 200, body = CartView)))]
async fn remove_line(
    LocalisedCarts(carts): LocalisedCarts,
    principal: Principal,
    Path(sku): Path<Sku>,
) -> Result<Json<CartView>, Problem> {
    carts.set(&principal, &sku, 0).await.map(Json)
}

/// Quote shipping for the cart
///
/// The quote is valid for the current lines and this address only. The place is derived from the address; when several
/// places have the name of its city and the rest of the address does not settle which, the problem `ambiguous-place` lists
/// them, and the request is repeated with one as `place_id`.
#[utoipa::path(post, path = "/api/v1/cart/quotes", tag = "cart", operation_id = "quote_shipping",
    request_body(content = CartQuoteRequest,
        example = json!({ "address": { "country": "DE", "postal_code": "10115", "city": "Berlin" } })),
    responses(
        (status = 200, body = Quote),
        (status = 404, description = "`unknown-place`", body = Problem),
        (status = 409, description = "`cart-empty`, `no-delivery`, `ambiguous-place`", body = Problem),
        (status = 422, description = "`invalid-input`", body = Problem),
    ))]
async fn quote_shipping(
    State(carts): State<CartService>,
    principal: Principal,
    Json(request): Json<CartQuoteRequest>,
) -> Result<Json<Quote>, Problem> {
    carts.quote(&principal, request).await.map(Json)
}

/// Choose a shipping option of a quote
#[utoipa::path(put, path = "/api/v1/cart/shipping", tag = "cart", operation_id = "choose_shipping",
    params(LanguageParameter), request_body(content = ShippingChoice,
        example = json!({ "quote_id": "0198f2c4-7c1e-7d3a-9b52-3f0e8a6d1c47", "option": "standard" })),
    responses(
        (status = 200, body = CartView),
        (status = 404, description = "`unknown-quote`", body = Problem),
        (status = 409, description = "`quote-stale`", body = Problem),
    ))]
async fn choose_shipping(
    LocalisedCarts(carts): LocalisedCarts,
    principal: Principal,
    Json(choice): Json<ShippingChoice>,
) -> Result<Json<CartView>, Problem> {
    carts.choose_shipping(&principal, &choice).await.map(Json)
}

/// Remove the shipping option from the cart
#[utoipa::path(delete, path = "/api/v1/cart/shipping", tag = "cart", operation_id = "remove_shipping",
    params(LanguageParameter), responses((status = 200, body = CartView)))]
async fn remove_shipping(
    LocalisedCarts(carts): LocalisedCarts,
    principal: Principal,
) -> Result<Json<CartView>, Problem> {
    carts.remove_shipping(&principal).await.map(Json)
}

/// Apply a promotion code
///
/// Replaces the code that the cart has.
#[utoipa::path(put, path = "/api/v1/cart/promotion", tag = "cart", operation_id = "apply_promotion",
    params(LanguageParameter), request_body(content = PromotionChoice, example = json!({ "code": "SPRING10" })),
    responses(
        (status = 200, body = CartView),
        (status = 404, description = "`unknown-code`", body = Problem),
        (status = 409, description = "`code-not-applicable`", body = Problem),
    ))]
async fn apply_promotion(
    LocalisedCarts(carts): LocalisedCarts,
    principal: Principal,
    Json(choice): Json<PromotionChoice>,
) -> Result<Json<CartView>, Problem> {
    carts.apply_promotion(&principal, choice.code.as_str()).await.map(Json)
}

/// Remove the promotion code from the cart
#[utoipa::path(delete, path = "/api/v1/cart/promotion", tag = "cart", operation_id = "remove_promotion",
    params(LanguageParameter), responses((status = 200, body = CartView)))]
async fn remove_promotion(
    LocalisedCarts(carts): LocalisedCarts,
    principal: Principal,
) -> Result<Json<CartView>, Problem> {
    carts.set_code(&principal, None).await.map(Json)
}

/// Merge the guest's cart into the account's cart
///
/// Call it after login. The guest session is taken from its cookie, which the response deletes. A repeated call changes
/// nothing.
#[utoipa::path(post, path = "/api/v1/cart/merge", tag = "cart", operation_id = "merge_carts",
    params(LanguageParameter), responses((status = 200, body = CartView)))]
async fn merge_carts(LocalisedCarts(carts): LocalisedCarts, principal: Principal) -> Result<Response, Problem> {
    let view = carts.merge(&principal).await?;
    let mut response = Json(view).into_response();
    // Over TLS the cookie has the `__Host-` prefix. Both are deleted: this service does not know how it is reached.
    for (name, secure) in [(GUEST_COOKIE.to_owned(), ""), (format!("__Host-{GUEST_COOKIE}"), "; Secure")] {
        let cookie = format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    Ok(response)
}

/// Create a priced snapshot of a cart for an order
#[utoipa::path(post, path = "/internal/carts/snapshot", tag = "cart", operation_id = "create_cart_snapshot",
    request_body = SnapshotRequest,
    responses(
        (status = 200, body = CartSnapshot),
        (status = 409, description = "`cart-empty`, `out-of-stock`, `quote-stale`", body = Problem),
    ))]
async fn create_snapshot(
    State(carts): State<CartService>,
    Json(request): Json<SnapshotRequest>,
) -> Result<Json<CartSnapshot>, Problem> {
    carts.in_language(request.language).snapshot(&request).await.map(Json)
}
