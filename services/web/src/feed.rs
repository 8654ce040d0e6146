//! Product feeds for shopping channels.

mod google;

use crate::AppState;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chassis::Problem;
use chassis::client::CallError;
use contracts::catalogue::FeedPage;
use futures::stream::{self, StreamExt, TryStreamExt};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Returns the routes of this module.
pub fn routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new().routes(routes!(google_feed))
}

/// Get the product feed for Google Merchant Center
///
/// RSS 2.0 with the attributes of Google's product data specification, an item for each variant for sale. It is streamed, so
/// a shop of any size needs little memory for it.
#[utoipa::path(get, path = "/feeds/google.xml", tag = "web", operation_id = "get_google_feed", security(()),
    responses((status = 200, description = "Product feed", content_type = "application/xml"),
        (status = 429, body = Problem, content_type = "application/problem+json",
            description = "Too many requests; see the header `Retry-After`"),
        (status = 503, body = Problem, content_type = "application/problem+json",
            description = "The catalogue is temporarily unavailable")))]
async fn google_feed(State(state): State<Arc<AppState>>) -> Result<Response, Problem> {
    let shop = state.catalogue.shop().await?;
    // Before the response begins: a failure after that can only be told by cutting the response off.
    let first = state.catalogue.feed_page(None).await?;
    let feed = google::Feed::new(shop, state.base_url.clone(), state.feed.clone(), state.system.now());
    let (begin, end) = (feed.begin(), feed.end());
    let pages = stream::try_unfold(Some(NextPage::Read(Box::new(first))), move |next| {
        let catalogue = state.catalogue.clone();
        async move {
            let page = match next {
                None => return Ok(None),
                Some(NextPage::Read(page)) => *page,
                Some(NextPage::After(id)) => catalogue.feed_page(Some(id)).await?,
            };
            let next = page.next.map(NextPage::After);
            Ok::<_, CallError>(Some((page.items, next)))
        }
    });
    let items = pages.map_ok(move |items| items.iter().map(|item| feed.items(item)).collect::<String>());
    let xml = stream::once(async { Ok(begin) }).chain(items).chain(stream::once(async { Ok(end) }));
    Ok(([(header::CONTENT_TYPE, "application/xml")], Body::from_stream(xml)).into_response())
}

enum NextPage {
    Read(Box<FeedPage>),
    After(contracts::ProductId),
}
