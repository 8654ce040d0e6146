//! The address book of the caller.

use super::SharedState;
use super::responses::{no_content, private_json};
use crate::account::MAX_ADDRESSES;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chassis::auth::Principal;
use chassis::http::{Json, Path};
use chassis::problem::{self, Problem};
use contracts::Address;
use contracts::user::{ADDRESS_BOOK_FULL, AddressBook, SavedAddress};
use uuid::Uuid;

/// List saved addresses, newest first
#[utoipa::path(get, path = "/api/v1/me/addresses", tag = "user", operation_id = "list_addresses",
    responses((status = 200, body = AddressBook), (status = 401, body = Problem)))]
pub async fn list_addresses(State(state): SharedState, caller: Principal) -> Result<Response, Problem> {
    let account = state.active_account(&caller).await?;
    Ok(private_json(StatusCode::OK, AddressBook { items: state.store.addresses(account.id).await? }))
}

/// Save an address in the address book
#[utoipa::path(post, path = "/api/v1/me/addresses", tag = "user", operation_id = "add_address",
    request_body = Address,
    responses((status = 201, body = SavedAddress), (status = 401, body = Problem),
        (status = 409, body = Problem, description = "address-book-full"), (status = 422, body = Problem)))]
pub async fn add_address(
    State(state): SharedState,
    caller: Principal,
    Json(address): Json<Address>,
) -> Result<Response, Problem> {
    let account = state.active_account(&caller).await?;
    let saved = SavedAddress { id: state.system.id(), address: address.accepted("")? };
    if !state.store.add_address(account.id, &saved, state.system.now()).await? {
        let detail = format!("You can save up to {MAX_ADDRESSES} addresses. Delete one first.");
        return Err(ADDRESS_BOOK_FULL.detail(detail));
    }
    Ok(private_json(StatusCode::CREATED, saved))
}

/// Replace a saved address
#[utoipa::path(put, path = "/api/v1/me/addresses/{id}", tag = "user", operation_id = "replace_address",
    params(("id" = Uuid, Path, description = "The id of the saved address.")), request_body = Address,
    responses((status = 200, body = SavedAddress), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
pub async fn replace_address(
    State(state): SharedState,
    caller: Principal,
    Path(id): Path<Uuid>,
    Json(address): Json<Address>,
) -> Result<Response, Problem> {
    let account = state.active_account(&caller).await?;
    let address = address.accepted("")?;
    if !state.store.replace_address(account.id, id, &address).await? {
        // An address of another account is reported like a missing one, so ids cannot be probed.
        return Err(not_found());
    }
    Ok(private_json(StatusCode::OK, SavedAddress { id, address }))
}

/// Delete a saved address
#[utoipa::path(delete, path = "/api/v1/me/addresses/{id}", tag = "user", operation_id = "delete_address",
    params(("id" = Uuid, Path, description = "The id of the saved address.")),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn delete_address(
    State(state): SharedState,
    caller: Principal,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let account = state.active_account(&caller).await?;
    if !state.store.delete_address(account.id, id).await? {
        return Err(not_found());
    }
    Ok(no_content())
}

fn not_found() -> Problem {
    problem::NOT_FOUND.detail("Address not found.")
}
