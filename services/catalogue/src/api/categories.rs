//! Lists and maintains categories.

use crate::catalogue::Catalogue;
use crate::search::sort_key;
use crate::store::Category;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Json, Path, Query};
use chassis::{Problem, problem};
use contracts::LanguageParameter;
use contracts::catalogue::{Categories, CategoryDraft, CategoryView};
use std::collections::HashMap;

/// List all categories
#[utoipa::path(get, path = "/api/v1/categories", tag = "catalogue", params(LanguageParameter),
    responses((status = 200, body = Categories), (status = 422, body = Problem, description = "`invalid-input`")))]
pub async fn list_categories(
    State(catalogue): State<Catalogue>,
    Query(LanguageParameter { language }): Query<LanguageParameter>,
) -> Result<Json<Categories>, Problem> {
    let counts: HashMap<String, u32> =
        catalogue.index.category_counts(None)?.into_iter().map(|facet| (facet.value, facet.count)).collect();
    let view = |category: Category| CategoryView {
        product_count: counts.get(&category.handle).copied().unwrap_or(0),
        name: category.name_in(language).to_owned(),
        description: category.description_in(language).to_owned(),
        handle: category.handle,
    };
    let mut items: Vec<CategoryView> = catalogue.products.categories().await?.into_iter().map(view).collect();
    items.sort_by_cached_key(|category| sort_key(&category.name));
    Ok(Json(Categories { items }))
}

/// Get the draft of a category
///
/// Returns everything that `put_category` accepts, in all languages.
#[utoipa::path(get, path = "/api/v1/categories/{handle}/draft", tag = "catalogue",
    params(("handle" = String, Path, description = "The URL slug of the category")),
    responses((status = 200, body = CategoryDraft), (status = 404, body = Problem, description = "`not-found`")))]
pub async fn get_category_draft(
    State(catalogue): State<Catalogue>,
    Path(handle): Path<String>,
) -> Result<Json<CategoryDraft>, Problem> {
    let categories = catalogue.products.categories().await?;
    let category = categories.into_iter().find(|category| category.handle == handle);
    let category = category.ok_or_else(|| problem::NOT_FOUND.detail("No category with this handle exists."))?;
    category.draft().map(Json).map_err(Problem::internal)
}

/// Create or replace a category
#[utoipa::path(put, path = "/api/v1/categories/{handle}", tag = "catalogue",
    params(("handle" = String, Path, description = "The URL slug of the category")), request_body = CategoryDraft,
    responses((status = 204), (status = 422, body = Problem, description = "`invalid-input`")))]
pub async fn put_category(
    State(catalogue): State<Catalogue>,
    Path(handle): Path<String>,
    Json(draft): Json<CategoryDraft>,
) -> Result<StatusCode, Problem> {
    catalogue.write_category(&handle, &draft).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete a category
///
/// Menu items of the storefront that lead to it are not shown any more.
#[utoipa::path(delete, path = "/api/v1/categories/{handle}", tag = "catalogue",
    params(("handle" = String, Path, description = "The URL slug of the category")),
    responses((status = 204), (status = 404, body = Problem, description = "`not-found`"),
        (status = 409, body = Problem, description = "`category-in-use`: products have it, which may be drafts or archived")))]
pub async fn delete_category(
    State(catalogue): State<Catalogue>,
    Path(handle): Path<String>,
) -> Result<StatusCode, Problem> {
    catalogue.delete_category(&handle).await?;
    Ok(StatusCode::NO_CONTENT)
}
