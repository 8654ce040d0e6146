//! Lists and maintains categories.

use crate::catalogue::Catalogue;
use crate::store::Category;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::Problem;
use chassis::http::{Json, Path};
use contracts::catalogue::{Categories, CategoryDraft, CategoryView};
use std::collections::HashMap;

/// List all categories
#[utoipa::path(get, path = "/api/v1/categories", tag = "catalogue", responses((status = 200, body = Categories)))]
pub async fn list_categories(State(catalogue): State<Catalogue>) -> Result<Json<Categories>, Problem> {
    let counts: HashMap<String, u32> =
        catalogue.index.category_counts()?.into_iter().map(|facet| (facet.value, facet.count)).collect();
    let view = |category: Category| CategoryView {
        product_count: counts.get(&category.handle).copied().unwrap_or(0),
        handle: category.handle,
        name: category.name,
        description: category.description,
    };
    let items = catalogue.products.categories().await?.into_iter().map(view).collect();
    Ok(Json(Categories { items }))
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
