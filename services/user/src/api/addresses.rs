//! The caller's address book.

use super::Desk;
use super::answers::{nothing, private};
use crate::account::MOST_ADDRESSES;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chassis::auth::Principal;
use chassis::http::{Json, Path};
use chassis::problem::{self, Problem};
use contracts::Address;
use contracts::user::{ADDRESS_BOOK_FULL, AddressBook, SavedAddress};
use uuid::Uuid;

/// All saved addresses, the newest first.
#[utoipa::path(get, path = "/api/v1/me/addresses", tag = "user", operation_id = "list_addresses",
    responses((status = 200, body = AddressBook)))]
pub async fn list(State(office): Desk, caller: Principal) -> Result<Response, Problem> {
    let owner = office.owner(&caller).await?;
    Ok(private(StatusCode::OK, AddressBook { items: office.store.addresses(owner.id).await? }))
}

/// Saves an address.
#[utoipa::path(post, path = "/api/v1/me/addresses", tag = "user", operation_id = "add_address",
    request_body = Address,
    responses((status = 201, body = SavedAddress), (status = 409, body = Problem, description = "address-book-full"),
        (status = 422, body = Problem)))]
pub async fn add(State(office): Desk, caller: Principal, Json(address): Json<Address>) -> Result<Response, Problem> {
    let owner = office.owner(&caller).await?;
    let saved = SavedAddress { id: office.system.id(), address };
    if !office.store.add_address(owner.id, &saved, office.system.now()).await? {
        let detail = format!("An address book holds {MOST_ADDRESSES} addresses. Remove one first.");
        return Err(ADDRESS_BOOK_FULL.detail(detail));
    }
    Ok(private(StatusCode::CREATED, saved))
}

/// Replaces a saved address.
#[utoipa::path(put, path = "/api/v1/me/addresses/{id}", tag = "user", operation_id = "replace_address",
    params(("id" = Uuid, Path, description = "The address")), request_body = Address,
    responses((status = 200, body = SavedAddress), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn replace(
    State(office): Desk,
    caller: Principal,
    Path(id): Path<Uuid>,
    Json(address): Json<Address>,
) -> Result<Response, Problem> {
    let owner = office.owner(&caller).await?;
    if !office.store.replace_address(owner.id, id, &address).await? {
        return Err(unknown());
    }
    Ok(private(StatusCode::OK, SavedAddress { id, address }))
}

/// Removes a saved address.
#[utoipa::path(delete, path = "/api/v1/me/addresses/{id}", tag = "user", operation_id = "remove_address",
    params(("id" = Uuid, Path, description = "The address")),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn remove(State(office): Desk, caller: Principal, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    let owner = office.owner(&caller).await?;
    if !office.store.remove_address(owner.id, id).await? {
        return Err(unknown());
    }
    Ok(nothing())
}

fn unknown() -> Problem {
    problem::NOT_FOUND.detail("You have no such address.")
}
