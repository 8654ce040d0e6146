//! Counts the connections of MongoDB's driver, which reports each change as an event.

use crate::health::Connections;
use mongodb::event::EventHandler;
use mongodb::event::cmap::CmapEvent;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The connections of a client.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    max: u32,
    count: Arc<Count>,
}

#[derive(Debug, Default)]
struct Count {
    open: AtomicU32,
    used: AtomicU32,
}

impl Pool {
    pub(super) fn new(max: Option<u32>) -> Self {
        Self { max: max.unwrap_or_default(), count: Arc::default() }
    }

    pub(super) fn handler(&self) -> EventHandler<CmapEvent> {
        let count = Arc::clone(&self.count);
        EventHandler::callback(move |event| match event {
            CmapEvent::ConnectionCreated(_) => add(&count.open),
            CmapEvent::ConnectionClosed(_) => remove(&count.open),
            CmapEvent::ConnectionCheckedOut(_) => add(&count.used),
            CmapEvent::ConnectionCheckedIn(_) => remove(&count.used),
            _ => {}
        })
    }

    pub(super) fn usage(&self) -> Connections {
        let (open, used) = (self.count.open.load(Ordering::Relaxed), self.count.used.load(Ordering::Relaxed));
        Connections { used, idle: open.saturating_sub(used), max: self.max }
    }
}

fn add(count: &AtomicU32) {
    count.fetch_add(1, Ordering::Relaxed);
}

fn remove(count: &AtomicU32) {
    count.fetch_sub(1, Ordering::Relaxed);
}
