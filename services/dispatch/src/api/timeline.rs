//! The live timeline of an order, as server-sent events.

use super::ApiState;
use super::customers::LinkParameters;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use chassis::Problem;
use chassis::auth::{OptionalPrincipal, Principal};
use chassis::http::{Path, Query};
use contracts::OrderId;
use contracts::dispatch::{OrderStatus, TimelineEntry};
use futures::Stream;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;

/// The interval at which changes that another replica made are looked for.
const POLL_INTERVAL: Duration = Duration::from_secs(3);

/// Stream the timeline of an order
///
/// Sends the past entries, and then each new one. The id of an event is the number of the entry: a client that reconnects
/// with `Last-Event-ID` receives what it missed. The stream ends when the order is delivered or cancelled.
#[utoipa::path(get, path = "/api/v1/orders/{id}/timeline", tag = "dispatch", operation_id = "watch_order_timeline",
    params(("id" = OrderId, Path), LinkParameters),
    responses(
        (status = 200, body = TimelineEntry, content_type = "text/event-stream"),
        (status = 401, description = "`unauthenticated`: neither a session nor the order's link", body = Problem),
        (status = 404, description = "`not-found`", body = Problem),
    ))]
pub async fn watch_order_timeline(
    State(state): State<ApiState>,
    OptionalPrincipal(caller): OptionalPrincipal,
    headers: HeaderMap,
    Path(id): Path<OrderId>,
    Query(link): Query<LinkParameters>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    // Subscribed before the order is read, so that a change in between is not missed.
    let changes = state.orders.notifier.subscribe();
    state.orders.find_visible(caller.as_ref(), link.token.as_deref(), id).await?;
    // An unreadable id replays the whole timeline.
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let watch = Watch {
        state,
        caller,
        token: link.token,
        id,
        sent: last.unwrap_or(0),
        changes,
        pending: VecDeque::new(),
        ended: false,
    };
    let stream = futures::stream::unfold(watch, |mut watch| async move {
        let entry = watch.next().await?;
        let event = Event::default().id(entry.number.to_string()).json_data(&entry).unwrap_or_default();
        Some((Ok(event), watch))
    });
    // Comments every 15 seconds keep proxies from closing a stream without news.
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}

struct Watch {
    state: ApiState,
    caller: Option<Principal>,
    token: Option<String>,
    id: OrderId,
    /// The number of the last entry that was read.
    sent: u32,
    changes: Receiver<OrderId>,
    pending: VecDeque<TimelineEntry>,
    ended: bool,
}

impl Watch {
    async fn next(&mut self) -> Option<TimelineEntry> {
        loop {
            if let Some(entry) = self.pending.pop_front() {
                return Some(entry);
            }
            if self.ended {
                return None;
            }
            self.read_new_entries().await;
            if self.pending.is_empty() && !self.ended && !self.wait_for_change().await {
                return None;
            }
        }
    }

    async fn read_new_entries(&mut self) {
        // Checked each time: the session may have ended since.
        let found = self.state.orders.find_visible(self.caller.as_ref(), self.token.as_deref(), self.id).await;
        let Ok(order) = found else {
            self.ended = true;
            return;
        };
        self.ended = matches!(order.status(), OrderStatus::Delivered | OrderStatus::Cancelled);
        let last = order.timeline.last().map_or(self.sent, |entry| entry.number);
        let viewer = self.state.orders.viewer(self.caller.as_ref());
        let new = order.timeline.into_iter().filter(|entry| entry.number > self.sent);
        self.pending = new.filter_map(|entry| viewer.timeline_entry(entry)).collect();
        self.sent = last.max(self.sent);
    }

    /// Waits until the order may have changed. Returns false when the service shuts down.
    async fn wait_for_change(&mut self) -> bool {
        let stop = self.state.stop.clone();
        let changed = async {
            loop {
                match self.changes.recv().await {
                    Ok(id) if id != self.id => {}
                    // This order has changed, or signals were lost and it may have.
                    _ => return,
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => false,
            () = changed => true,
            () = tokio::time::sleep(POLL_INTERVAL) => true,
        }
    }
}
