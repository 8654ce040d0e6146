//! The OpenAPI document of the whole public API, merged from the documents of the services.

use axum::http::StatusCode;
use chassis::Service;
use serde_json::Value;
use std::collections::BTreeSet;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::schema::{ArrayItems, Schema};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::{Tag, TagBuilder};
use utoipa::openapi::{
    ComponentsBuilder, Content, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Response, Server,
};

const JSON: &str = "application/json";
/// The media type of errors, from RFC 9457.
const PROBLEM: &str = "application/problem+json";

const INTRODUCTION: &str = "\
The API of a ShopStack shop: catalogue, cart, checkout, payment, shipping, orders, reviews and accounts. \
The storefront uses nothing else.

**Authentication.** Browse without a session. `POST /api/v1/auth/guest` starts a guest session, which can own a cart and \
place orders; `POST /api/v1/auth/login` starts the session of an account. Programs ask for `\"session\": \"token\"` and send \
`Authorization: Bearer <access_token>`; browsers get cookies. Access tokens of accounts are valid for ten minutes: get the \
next one with `POST /api/v1/auth/refresh`. Staff operations require the role `support`, `merchant` or `admin`; each \
operation lists the roles that may call it.

**Idempotency keys.** Operations that place orders or move money require the header `Idempotency-Key`, a text that the \
client chooses anew for each order or refund. A repeated request with the same key returns the stored response and takes \
effect once. After a timeout, repeat the request with the same key.

**Errors.** Every error is a problem as defined by RFC 9457, with the media type `application/problem+json`. `type` is \
stable and made for programs, `detail` says what happened and what to do, and `errors` lists invalid fields by JSON \
pointer.

**Pagination.** Lists return `items` and `next_cursor`. Pass `next_cursor` as `cursor` to get the next page; it is null on \
the last one.

**Money** is an object with an amount in minor units and an ISO 4217 currency: `{\"amount\": 1299, \"currency\": \"EUR\"}` is \
12.99 EUR. Times are in UTC, as defined by RFC 3339.";

/// The tags in the order in which a client uses them, with the tag under which the services file their operations.
const TAGS: &[(&str, &str, &str)] = &[
    (
        "catalogue",
        "catalogue",
        "Products, search, categories and images. For staff: products, stock, promotions, tax rates and the shop's settings.",
    ),
    (
        "cart",
        "cart",
        "The cart of the session: lines, promotion code and delivery option. Prices are computed on every read.",
    ),
    (
        "shipping",
        "shipping",
        "Countries and places to ship to, and the tracking of shipments. For staff: warehouse and rates.",
    ),
    ("user", "user", "Guest sessions, accounts, login, saved addresses. For staff: accounts and their roles."),
    (
        "payment",
        "payment",
        "Checkout, payment methods and the state of payments. For staff: operations at gateways, webhook events, balances \
         and payouts.",
    ),
    (
        "orders",
        "dispatch",
        "Orders with their timelines, cancellations and returns. For staff: refunds, and orders that need attention.",
    ),
    ("ratings", "ratings", "Reviews and ratings of products. For staff: moderation."),
    ("events", "events", "For staff: dead letters, the events that a service could not process."),
    ("web", "web", "This document, and files for search engines."),
];

/// Merges the documents of these services. Internal operations are left out.
pub fn merged<'s>(services: impl IntoIterator<Item = &'s Service>) -> OpenApi {
    let info = InfoBuilder::new()
        .title("ShopStack API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(INTRODUCTION))
        .license(Some(LicenseBuilder::new().name("MIT").identifier(Some("MIT")).build()))
        .build();
    let bearer = |text: &str| {
        SecurityScheme::Http(
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(Some(text)).build(),
        )
    };
    let components = ComponentsBuilder::new()
        .security_scheme("guest", bearer("The access token of a guest session, or the cookie `shop_guest`."))
        .security_scheme(
            "session",
            bearer(
                "The access token of an account, or the cookie `shop_access`. The scopes are the roles that may call.",
            ),
        )
        .build();
    let mut document = OpenApiBuilder::new()
        .info(info)
        .servers(Some([Server::new("/")]))
        .components(Some(components))
        .tags(Some(tags()))
        .build();
    for service in services {
        document.merge(service.openapi.clone());
    }
    // Internal operations need a service token and are unreachable through the edge.
    document.paths.paths.retain(|path, _| !path.starts_with("/internal"));
    // The router's pattern for several segments is no template of OpenAPI.
    document.paths.paths = std::mem::take(&mut document.paths.paths)
        .into_iter()
        .map(|(path, item)| (path.replace("{*", "{"), item))
        .collect();
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            complete(operation);
        }
    }
    refer_to_items(&mut document);
    retain_used_schemas(&mut document);
    document
}

/// Lets the pages of a list refer to the schema of their items, which is copied into them by default.
fn refer_to_items(document: &mut OpenApi) {
    let Some(components) = &mut document.components else { return };
    let names: BTreeSet<String> = components.schemas.keys().cloned().collect();
    for (name, schema) in &mut components.schemas {
        let item = name.strip_prefix("Page_").filter(|item| names.contains(*item));
        if let (Some(item), RefOr::T(Schema::Object(page))) = (item, schema)
            && let Some(RefOr::T(Schema::Array(items))) = page.properties.get_mut("items")
        {
            items.items = ArrayItems::RefOrSchema(Box::new(Ref::from_schema_name(item).into()));
        }
    }
}

/// Removes the schemas that only internal operations refer to.
fn retain_used_schemas(document: &mut OpenApi) {
    const PREFIX: &str = "#/components/schemas/";
    fn collect(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                let name = fields.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix(PREFIX));
                found.extend(name.map(ToOwned::to_owned));
                fields.values().for_each(|field| collect(field, found));
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    let Some(components) = &mut document.components else { return };
    let mut used = BTreeSet::new();
    collect(&serde_json::to_value(&document.paths).unwrap_or_default(), &mut used);
    let schemas = serde_json::to_value(&components.schemas).unwrap_or_default();
    // Until no schema refers to another one that is not in the set.
    loop {
        let before = used.len();
        for name in used.clone() {
            collect(&schemas[&name], &mut used);
        }
        if used.len() == before {
            break;
        }
    }
    components.schemas.retain(|name, _| used.contains(name));
}

fn tags() -> Vec<Tag> {
    TAGS.iter().map(|(name, _, text)| TagBuilder::new().name(*name).description(Some(*text)).build()).collect()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// Renames the tag, and adds what is the same for all operations: the errors of authentication and of unavailable
/// services, the media type of errors, and a description of each response.
fn complete(operation: &mut Operation) {
    for tag in operation.tags.iter_mut().flatten() {
        if let Some((name, _, _)) = TAGS.iter().find(|(_, service, _)| service == tag) {
            *tag = (*name).to_owned();
        }
    }
    let is_restricted = operation.security.as_ref().is_some_and(|alternatives| {
        // An empty requirement among the alternatives makes the operation public.
        alternatives.iter().all(|requirement| *requirement != SecurityRequirement::default())
    });
    // Bodies and their limits are checked before the handler runs, whatever the operation declares.
    let takes_input = operation.request_body.is_some();
    // The edge limits the rate of all requests.
    let mut statuses = vec![StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS];
    if is_restricted {
        statuses.extend([StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN]);
    }
    if takes_input {
        statuses.push(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let responses = &mut operation.responses.responses;
    for status in statuses {
        // The empty text is replaced below by the description of the status.
        responses.entry(status.as_str().to_owned()).or_insert_with(|| RefOr::T(Response::new("")));
    }
    for (status, response) in responses.iter_mut() {
        if let (Ok(status), RefOr::T(response)) = (status.parse::<StatusCode>(), response) {
            complete_response(status, response);
        }
    }
}

fn complete_response(status: StatusCode, response: &mut Response) {
    if response.description.is_empty() {
        response.description = description(status).to_owned();
    }
    if !(status.is_client_error() || status.is_server_error()) {
        return;
    }
    // utoipa assumes JSON for every schema, but problems have a media type of their own.
    if let Some(content) = response.content.shift_remove(JSON) {
        response.content.insert(PROBLEM.to_owned(), content);
    }
    if response.content.is_empty() {
        let problem = Content::new(Some(Ref::from_schema_name("Problem")));
        response.content.insert(PROBLEM.to_owned(), RefOr::T(problem));
    }
}

/// The description of a response whose service declares none.
fn description(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "The request is malformed.",
        StatusCode::UNAUTHORIZED => "No valid session was sent.",
        StatusCode::FORBIDDEN => "The session may not call this operation.",
        StatusCode::NOT_FOUND => "It does not exist, or belongs to someone else.",
        StatusCode::CONFLICT => "The current state does not allow the operation; see `type`.",
        StatusCode::UNPROCESSABLE_ENTITY => "The input is invalid; see `errors`.",
        StatusCode::TOO_MANY_REQUESTS => "Too many requests; see the header `Retry-After`.",
        StatusCode::SERVICE_UNAVAILABLE => "A service is temporarily unavailable. Try again later.",
        other => other.canonical_reason().unwrap_or_default(),
    }
}
