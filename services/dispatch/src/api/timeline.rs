//! An order's history as it happens, as server-sent events.

use super::State;
use super::customers::LinkParameters;
use axum::extract;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use chassis::Problem;
use chassis::auth::{Principal, Visitor};
use chassis::http::{Path, Query};
use contracts::OrderId;
use contracts::dispatch::{OrderStatus, TimelineEntry};
use futures::Stream;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;

/// How long to wait for news from this process before looking for another's.
const LOOK: Duration = Duration::from_secs(3);

/// An order's history, and then what happens as it happens
///
/// Each event has the entry's number as its id; a client that comes back with `Last-Event-ID` gets what it missed. The
/// stream ends when the order can no longer change.
#[utoipa::path(get, path = "/api/v1/orders/{id}/timeline", tag = "dispatch", operation_id = "order_timeline",
    params(("id" = OrderId, Path), LinkParameters),
    responses((status = 200, body = TimelineEntry, content_type = "text/event-stream"), (status = 401, body = Problem),
        (status = 404, body = Problem)))]
pub async fn timeline(
    extract::State(state): extract::State<State>,
    Visitor(visitor): Visitor,
    headers: HeaderMap,
    Path(id): Path<OrderId>,
    Query(link): Query<LinkParameters>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    // Listen before looking, so that what happens in between is not missed.
    let news = state.orders.bell.watch();
    state.orders.visible(visitor.as_ref(), link.token.as_deref(), id).await?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let watch = Watch {
        state,
        visitor,
        token: link.token,
        id,
        seen: last.unwrap_or(0),
        news,
        waiting: Vec::new(),
        over: false,
    };
    let stream = futures::stream::unfold(watch, |mut watch| async move {
        let entry = watch.next().await?;
        let event = Event::default().id(entry.number.to_string()).json_data(&entry).unwrap_or_default();
        Some((Ok(event), watch))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}

struct Watch {
    state: State,
    visitor: Option<Principal>,
    token: Option<String>,
    id: OrderId,
    seen: u32,
    news: Receiver<OrderId>,
    waiting: Vec<TimelineEntry>,
    over: bool,
}

impl Watch {
    async fn next(&mut self) -> Option<TimelineEntry> {
        loop {
            if !self.waiting.is_empty() {
                return Some(self.waiting.remove(0));
            }
            if self.over {
                return None;
            }
            self.look().await;
            if self.waiting.is_empty() && !self.over && !self.wait().await {
                return None;
            }
        }
    }

    async fn look(&mut self) {
        let Ok(order) = self.state.orders.visible(self.visitor.as_ref(), self.token.as_deref(), self.id).await else {
            self.over = true;
            return;
        };
        self.over = matches!(order.status(), OrderStatus::Delivered | OrderStatus::Cancelled);
        let last = order.timeline.last().map_or(self.seen, |entry| entry.number);
        let viewer = self.state.orders.viewer(self.visitor.as_ref());
        let news = order.timeline.into_iter().filter(|entry| entry.number > self.seen);
        self.waiting = news.filter_map(|entry| viewer.entry(entry)).collect();
        self.seen = last.max(self.seen);
    }

    /// Waits for news of this order; false when the service shuts down.
    async fn wait(&mut self) -> bool {
        let stop = self.state.stop.clone();
        let news = async {
            loop {
                match self.news.recv().await {
                    Ok(id) if id != self.id => {}
                    _ => return,
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => false,
            () = news => true,
            () = tokio::time::sleep(LOOK) => true,
        }
    }
}
