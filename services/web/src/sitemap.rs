//! The sitemap for search engines: an index, and files that it names (<https://www.sitemaps.org/protocol.html>).
//!
//! Each file of products is one page of catalogue's list, so that a shop of any size needs little memory for it.

use crate::AppState;
use crate::xml::{Xml, element, written};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chassis::Problem;
use chassis::client::segment;
use chassis::http::Query;
use contracts::ProductId;
use moka::sync::Cache;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, Event};
use serde::Deserialize;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";
/// The time for which the index is not built again: building it reads the ids of all products.
const INDEX_LIFETIME: Duration = Duration::from_secs(600);

/// Returns the routes of this module.
pub fn routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new().routes(routes!(index)).routes(routes!(pages)).routes(routes!(products))
}

/// The index, for as long as it need not be built again.
pub struct CachedIndex(Cache<(), Arc<str>>);

impl Default for CachedIndex {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(1).time_to_live(INDEX_LIFETIME).build())
    }
}

/// The first product of a file.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct FileParameters {
    /// The id that the products of the file follow, as the sitemap index has it
    after: Option<ProductId>,
}

/// Get the sitemap
///
/// A sitemap index. It names a file with the pages and categories of the shop, and files with at most 5,000 products each. It
/// is built at most every ten minutes.
#[utoipa::path(get, path = "/sitemap.xml", tag = "web", operation_id = "get_sitemap", security(()),
    responses((status = 200, description = "Sitemap index", content_type = "application/xml"),
        (status = 429, body = Problem, content_type = "application/problem+json",
            description = "Too many requests; see the header `Retry-After`"),
        (status = 503, body = Problem, content_type = "application/problem+json",
            description = "The catalogue is temporarily unavailable")))]
async fn index(State(state): State<Arc<AppState>>) -> Result<Response, Problem> {
    if let Some(index) = state.sitemap.0.get(&()) {
        return Ok(xml_response(index.to_string()));
    }
    let mut files = vec![format!("{}/sitemaps/pages.xml", state.base_url)];
    let mut after = None;
    loop {
        let page = state.catalogue.sitemap_page(after).await?;
        // A file without an address is not valid.
        if !page.items.is_empty() {
            let position = after.map(|id| format!("?after={}", id.0)).unwrap_or_default();
            files.push(format!("{}/sitemaps/products.xml{position}", state.base_url));
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let index = document("sitemapindex", |xml| {
        files.iter().try_for_each(|file| nested(xml, "sitemap", |xml| element(xml, "loc", file)))
    });
    state.sitemap.0.insert((), index.clone().into());
    Ok(xml_response(index))
}

/// Get the sitemap of pages and categories
#[utoipa::path(get, path = "/sitemaps/pages.xml", tag = "web", operation_id = "get_sitemap_of_pages", security(()),
    responses((status = 200, description = "Sitemap", content_type = "application/xml"),
        (status = 429, body = Problem, content_type = "application/problem+json",
            description = "Too many requests; see the header `Retry-After`"),
        (status = 503, body = Problem, content_type = "application/problem+json",
            description = "The catalogue is temporarily unavailable")))]
async fn pages(State(state): State<Arc<AppState>>) -> Result<Response, Problem> {
    let categories = state.catalogue.categories(None).await?.items;
    let categories = categories.iter().map(|category| format!("/categories/{}", segment(&category.handle)));
    // A catalogue of the version before has no pages.
    let pages = state.catalogue.storefront().await.map(|storefront| storefront.pages).unwrap_or_default();
    let pages = pages.iter().map(|page| format!("/pages/{}", segment(&page.handle)));
    let paths: Vec<String> =
        ["/".to_owned(), "/products".to_owned()].into_iter().chain(categories).chain(pages).collect();
    Ok(xml_response(document("urlset", |xml| {
        let location = |path: &String| format!("{}{path}", state.base_url);
        paths.iter().try_for_each(|path| nested(xml, "url", |xml| element(xml, "loc", &location(path))))
    })))
}

/// Get a sitemap of products
#[utoipa::path(get, path = "/sitemaps/products.xml", tag = "web", operation_id = "get_sitemap_of_products", security(()),
    params(FileParameters),
    responses((status = 200, description = "Sitemap", content_type = "application/xml"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "An invalid id"),
        (status = 429, body = Problem, content_type = "application/problem+json",
            description = "Too many requests; see the header `Retry-After`"),
        (status = 503, body = Problem, content_type = "application/problem+json",
            description = "The catalogue is temporarily unavailable")))]
async fn products(
    State(state): State<Arc<AppState>>,
    Query(parameters): Query<FileParameters>,
) -> Result<Response, Problem> {
    let page = state.catalogue.sitemap_page(parameters.after).await?;
    Ok(xml_response(document("urlset", |xml| {
        page.items.iter().try_for_each(|product| {
            nested(xml, "url", |xml| {
                element(xml, "loc", &format!("{}/products/{}", state.base_url, segment(&product.handle)))?;
                element(xml, "lastmod", &product.updated_at.to_string())
            })
        })
    })))
}

fn document(root: &str, content: impl FnOnce(&mut Xml) -> io::Result<()>) -> String {
    written(|xml| {
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        xml.write_event(Event::Start(BytesStart::new(root).with_attributes([("xmlns", NAMESPACE)])))?;
        content(xml)?;
        xml.write_event(Event::End(BytesEnd::new(root)))
    })
}

fn nested(xml: &mut Xml, name: &str, content: impl FnOnce(&mut Xml) -> io::Result<()>) -> io::Result<()> {
    xml.write_event(Event::Start(BytesStart::new(name)))?;
    content(xml)?;
    xml.write_event(Event::End(BytesEnd::new(name)))
}

fn xml_response(document: String) -> Response {
    ([(header::CONTENT_TYPE, "application/xml")], document).into_response()
}
