//! Pages and the settings of the storefront.

use crate::catalogue::Catalogue;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::Problem;
use chassis::http::{Json, Path};
use contracts::catalogue::{EmailTexts, EmailTextsDraft, Page, PageDraft, Pages, Storefront, StorefrontDraft};

/// Get the settings of the storefront
#[utoipa::path(get, path = "/api/v1/storefront", tag = "catalogue", responses((status = 200, body = Storefront)))]
pub async fn get_storefront(State(catalogue): State<Catalogue>) -> Result<Json<Storefront>, Problem> {
    Ok(Json(catalogue.storefront().await?.as_ref().clone()))
}

/// Replace the settings of the storefront
///
/// `version` must be the version that the change is based on; the response has the new one.
#[utoipa::path(put, path = "/api/v1/storefront", tag = "catalogue", request_body = StorefrontDraft,
    responses((status = 200, body = Storefront), (status = 409, body = Problem, description = "`stale-version`"),
        (status = 422, body = Problem, description = "`invalid-input`")))]
pub async fn replace_storefront(
    State(catalogue): State<Catalogue>,
    Json(draft): Json<StorefrontDraft>,
) -> Result<Json<Storefront>, Problem> {
    Ok(Json(catalogue.write_storefront(draft).await?.as_ref().clone()))
}

/// Get the wording of emails to customers
#[utoipa::path(get, path = "/api/v1/email-texts", tag = "catalogue", responses((status = 200, body = EmailTexts)))]
pub async fn get_email_texts(State(catalogue): State<Catalogue>) -> Result<Json<EmailTexts>, Problem> {
    catalogue.email_texts().await.map(Json)
}

/// Replace the wording of emails to customers
///
/// `version` must be the version that the change is based on; the response has the new one. Emails have it within a minute.
#[utoipa::path(put, path = "/api/v1/email-texts", tag = "catalogue", request_body = EmailTextsDraft,
    responses((status = 200, body = EmailTexts), (status = 409, body = Problem, description = "`stale-version`"),
        (status = 422, body = Problem, description = "`invalid-input`")))]
pub async fn replace_email_texts(
    State(catalogue): State<Catalogue>,
    Json(draft): Json<EmailTextsDraft>,
) -> Result<Json<EmailTexts>, Problem> {
    catalogue.write_email_texts(draft).await.map(Json)
}

/// List all pages
#[utoipa::path(get, path = "/api/v1/pages", tag = "catalogue", responses((status = 200, body = Pages)))]
pub async fn list_pages(State(catalogue): State<Catalogue>) -> Result<Json<Pages>, Problem> {
    Ok(Json(Pages { items: catalogue.pages().await?.to_vec() }))
}

/// Get a page
#[utoipa::path(get, path = "/api/v1/pages/{handle}", tag = "catalogue",
    params(("handle" = String, Path, description = "The URL slug of the page")),
    responses((status = 200, body = Page), (status = 404, body = Problem, description = "`not-found`")))]
pub async fn get_page(State(catalogue): State<Catalogue>, Path(handle): Path<String>) -> Result<Json<Page>, Problem> {
    catalogue.page(&handle).await.map(Json)
}

/// Create or replace a page
///
/// The pages `imprint`, `terms`, `privacy` and `withdrawal` are the legal pages of the shop.
#[utoipa::path(put, path = "/api/v1/pages/{handle}", tag = "catalogue",
    params(("handle" = String, Path, description = "The URL slug of the page")), request_body = PageDraft,
    responses((status = 200, body = Page),
        (status = 409, body = Problem, description = "`stale-version`, or `conflict`: too many pages"),
        (status = 422, body = Problem, description = "`invalid-input`")))]
pub async fn put_page(
    State(catalogue): State<Catalogue>,
    Path(handle): Path<String>,
    Json(draft): Json<PageDraft>,
) -> Result<Json<Page>, Problem> {
    catalogue.write_page(&handle, draft).await.map(Json)
}

/// Delete a page
#[utoipa::path(delete, path = "/api/v1/pages/{handle}", tag = "catalogue",
    params(("handle" = String, Path, description = "The URL slug of the page")),
    responses((status = 204), (status = 404, body = Problem, description = "`not-found`")))]
pub async fn delete_page(
    State(catalogue): State<Catalogue>,
    Path(handle): Path<String>,
) -> Result<StatusCode, Problem> {
    catalogue.delete_page(&handle).await?;
    Ok(StatusCode::NO_CONTENT)
}
