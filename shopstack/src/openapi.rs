//! The description of the whole public API, put together from what each service says of itself.

use axum::body::Body;
use axum::http::Request;
use chassis::Service;
use tower::ServiceExt;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};

/// The largest description there will be.
const LARGEST: usize = 16 << 20;

/// The merged document; `internal` operations are left out.
pub fn merged<'s>(services: impl IntoIterator<Item = &'s Service>) -> OpenApi {
    let info = InfoBuilder::new()
        .title("ShopStack")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "A complete shop: catalogue, cart, checkout, payment, shipping, orders, ratings and accounts.\n\n\
             Money is whole minor units and an ISO 4217 code. Times are RFC 3339 in UTC. Errors are RFC 9457 problems with \
             stable types. Lists are paged by cursor.",
        ))
        .license(Some(LicenseBuilder::new().name("MIT").identifier(Some("MIT")).build()))
        .build();
    let bearer = |text: &str| {
        SecurityScheme::Http(
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(Some(text)).build(),
        )
    };
    let components = ComponentsBuilder::new()
        .security_scheme("guest", bearer("A guest's token, or the cookie `shop_guest`."))
        .security_scheme(
            "session",
            bearer("An account's access token, or the cookie `shop_access`; the scopes are roles."),
        )
        .security_scheme("service", SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("x-service-token"))))
        .build();
    let mut document = OpenApiBuilder::new().info(info).components(Some(components)).build();
    for service in services {
        document.merge(service.openapi.clone());
    }
    document.paths.paths.retain(|path, _| !path.starts_with("/internal"));
    document
}

/// The document as JSON, from a shop that is put together in an empty folder and never opened.
///
/// # Errors
/// When the folder cannot be written.
pub async fn of_empty_shop() -> Result<String, String> {
    use crate::compose::RunningShop;
    use crate::settings::{Options, Settings};
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let options = Options { data_dir: folder.path().to_owned(), demo: true, ..Options::default() };
    let settings = Settings::read(options, &mut chassis::config::Environment::default())?;
    let system = chassis::SystemContext::host();
    let base_url = "http://localhost:8080";
    let shop = RunningShop::open(&settings, &system, base_url).await?;
    let request = Request::get("/api/openapi.json").header("host", "localhost");
    let request = request.body(Body::empty()).map_err(|error| error.to_string())?;
    let Ok(answer) = shop.gateway.clone().oneshot(request).await;
    let bytes = axum::body::to_bytes(answer.into_body(), LARGEST).await.map_err(|error| error.to_string())?;
    let document: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    let text = serde_json::to_string_pretty(&document).map_err(|error| error.to_string())?;
    shop.shut_down().await;
    Ok(text)
}
