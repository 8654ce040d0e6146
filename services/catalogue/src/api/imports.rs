//! Imports of uploaded product files.

use crate::import::Format;
use crate::product_imports::{ProductImports, Upload};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::Problem;
use chassis::auth::Principal;
use chassis::http::{Json, Path, Query};
use chassis::page::{self, Page};
use contracts::SingleLineText;
use contracts::catalogue::ProductImport;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The options of an import.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportParameters {
    /// The name of the file, shown in the list of imports
    file_name: SingleLineText<255>,
    /// The format of the file: `csv` for a product CSV of Shopify or WooCommerce, or `ndjson`. By default, the file name
    /// decides
    #[param(inline)]
    format: Option<FileFormat>,
    /// Check the file and write nothing
    #[serde(default)]
    dry_run: bool,
    /// Set the stock of existing SKUs, too
    #[serde(default)]
    set_stock: bool,
}

/// The format of a product file.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum FileFormat {
    Csv,
    Ndjson,
}

/// Selects a page of imports.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportsParameters {
    /// The `next_cursor` of the previous page
    cursor: Option<String>,
    /// The maximum number of imports, at most 100; 20 by default
    limit: Option<u32>,
}

/// Describes a body that is a file. OpenAPI would describe bytes as an array of numbers.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "describes the body, which the handler reads as bytes")]
struct ProductFile(Vec<u8>);

/// Import a product file
///
/// The request body is the file itself, at most 10 MiB; larger files are imported with `shopstack import`. The import runs in
/// the background, one after another; its progress is at `/api/v1/imports/{id}`. A file that is not a
/// product file is reported there as `failed`.
#[utoipa::path(post, path = "/api/v1/imports", tag = "catalogue", params(ImportParameters),
    request_body(content = ProductFile, content_type = "application/octet-stream"),
    responses((status = 202, body = ProductImport), (status = 413, body = Problem, description = "`too-large`"),
        (status = 422, body = Problem, description = "`invalid-input`")))]
pub async fn start_import(
    State(imports): State<ProductImports>,
    principal: Principal,
    Query(parameters): Query<ImportParameters>,
    body: Bytes,
) -> Result<(StatusCode, Json<ProductImport>), Problem> {
    let ImportParameters { file_name, format, dry_run, set_stock } = parameters;
    let format = match format {
        Some(FileFormat::Csv) => Format::Csv,
        Some(FileFormat::Ndjson) => Format::Ndjson,
        None => Format::of(std::path::Path::new(file_name.as_str()))
            .ok_or_else(|| Problem::invalid("/file_name", "must end with .csv or .ndjson, or name a format"))?,
    };
    let (file_name, author) = (file_name.into_string(), principal.subject.to_string());
    let started = imports.start(Upload { file_name, format, dry_run, set_stock, author, content: body }).await?;
    Ok((StatusCode::ACCEPTED, Json(started)))
}

/// List imports
///
/// The newest come first, without their issues. They are listed for 90 days.
#[utoipa::path(get, path = "/api/v1/imports", tag = "catalogue", params(ImportsParameters),
    responses((status = 200, body = Page<ProductImport>),
        (status = 422, body = Problem, description = "`invalid-input`")))]
pub async fn list_imports(
    State(imports): State<ProductImports>,
    Query(parameters): Query<ImportsParameters>,
) -> Result<Json<Page<ProductImport>>, Problem> {
    let limit = page::limit(parameters.limit, 20, 100)?;
    let before: Option<Uuid> = parameters.cursor.as_deref().map(page::decode).transpose()?;
    imports.list(before, limit).await.map(Json)
}

/// Get an import
#[utoipa::path(get, path = "/api/v1/imports/{id}", tag = "catalogue",
    params(("id" = Uuid, Path, description = "The id of the import")),
    responses((status = 200, body = ProductImport), (status = 404, body = Problem, description = "`not-found`")))]
pub async fn get_import(
    State(imports): State<ProductImports>,
    Path(id): Path<Uuid>,
) -> Result<Json<ProductImport>, Problem> {
    imports.get(id).await.map(Json)
}
