//! Web: the HTML of every page, the storefront's files, the OpenAPI document, and the edge in front of all services.

mod access;
mod api;
mod assets;
mod edge;
mod feed;
mod gtin;
mod pages;
mod robot_shop;
mod settings;
mod sitemap;
mod theme;
mod variant;
mod xml;

pub use assets::{
    admin_page, rendering as storefront_rendering, template as storefront_template, write as write_assets,
};
pub use edge::{EdgeSettings, Rate, TrustedProxy, Upstreams, edge};
pub use robot_shop::{RobotShopClients, RobotShopSettings};
pub use settings::{FeedSettings, VARIABLES};

use axum::routing::get;
use chassis::client::ServiceClient;
use chassis::{Service, ServiceContext, StartError, SystemContext};
use contracts::catalogue::CatalogueClient;
use std::sync::Arc;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

/// The dependencies of the service.
pub struct Dependencies {
    /// Reads the products and the shop's settings that pages show.
    pub catalogue: CatalogueClient,
    /// Reads the average rating that a product's page tells search engines.
    pub ratings: ServiceClient,
    /// The settings of product feeds.
    pub feed: FeedSettings,
    /// The public URL of the shop, without a trailing slash.
    pub base_url: String,
    /// The OpenAPI document of all services; see [`openapi_json`].
    pub openapi: String,
    /// The HTML template of all pages, from [`storefront_template`]. Without it, pages only say that they are missing.
    pub template: Option<String>,
    /// The texts, icons and formats of first views, from [`storefront_rendering`]. Without it, pages are empty until their script runs.
    pub rendering: Option<String>,
    /// The HTML of the admin interface, from [`admin_page`].
    pub admin: Option<String>,
    /// The settings of Robot Shop's API and the services it calls; `None` while it is off.
    pub robot_shop: Option<(RobotShopSettings, RobotShopClients)>,
}

struct AppState {
    catalogue: CatalogueClient,
    ratings: ServiceClient,
    feed: FeedSettings,
    system: SystemContext,
    base_url: String,
    openapi: String,
    template: Option<String>,
    rendering: Option<pages::Rendering>,
    admin: Option<String>,
    sitemap: sitemap::CachedIndex,
}

/// Returns true if the storefront was built before this program, and is embedded in it.
pub fn has_storefront() -> bool {
    storefront_template().is_some()
}

/// Starts the service.
///
/// # Errors
/// If the access table lacks an operation.
pub fn start(service_context: ServiceContext, dependencies: Dependencies) -> Result<Service, StartError> {
    let Dependencies { catalogue, ratings, feed, base_url, openapi, template, rendering, admin, robot_shop } =
        dependencies;
    let rendering = rendering.and_then(|json| readable(&json));
    let system = service_context.system.clone();
    // Collapsed, because the document has some hundred operations.
    let docs = utoipa_swagger_ui::SwaggerUi::new("/api/docs")
        .config(utoipa_swagger_ui::Config::from("/api/openapi.json").doc_expansion("none").filter(true));
    let (robot_shop, rules) = match robot_shop {
        Some((settings, clients)) => {
            let routes = robot_shop::routes(clients, settings, service_context.system.clone(), &base_url);
            (routes, [access::RULES, robot_shop::RULES].concat())
        }
        None => (axum::Router::new(), access::RULES.to_vec()),
    };
    let routes = api::routes()
        .route("/", get(pages::serve))
        .route("/{*path}", get(pages::serve))
        .with_state(Arc::new(AppState {
            catalogue,
            ratings,
            feed,
            system,
            base_url,
            openapi,
            template,
            rendering,
            admin,
            sitemap: sitemap::CachedIndex::default(),
        }))
        .merge(OpenApiRouter::from(axum::Router::from(docs)))
        .merge(OpenApiRouter::from(robot_shop));
    service_context.finish(routes, &rules, &[])
}

/// Reads the rendering of the storefront. A shop without first views is better than none.
fn readable(json: &str) -> Option<pages::Rendering> {
    pages::Rendering::parse(json)
        .inspect_err(|error| tracing::error!(%error, "the first views of pages cannot be rendered"))
        .ok()
}

/// Adds the operations of web to the document of the other services and returns it as JSON.
///
/// # Errors
/// If the document cannot be serialised.
pub fn openapi_json(mut openapi: OpenApi) -> Result<String, serde_json::Error> {
    openapi.merge(api::routes().into_openapi());
    openapi.to_json()
}
