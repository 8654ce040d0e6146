//! The worker that stores the updates of carriers.

use crate::carrier::Carriers;
use crate::shipment::{DueShipment, TrackingUpdate};
use crate::store::Store;
use chassis::{StoreError, SystemContext};
use contracts::events::ShipmentMoved;
use events::Event;
use jiff::Timestamp;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

const BATCH_SIZE: usize = 100;

/// Asks carriers for due updates and stores them. Several workers may use one store: each update is stored by one of them.
#[derive(Clone)]
pub struct TrackingWorker {
    store: Arc<dyn Store>,
    carriers: Carriers,
    system: SystemContext,
}

impl TrackingWorker {
    /// Creates a worker for the shipments of these carriers.
    pub fn new(store: Arc<dyn Store>, carriers: Carriers, system: SystemContext) -> Self {
        Self { store, carriers, system }
    }

    /// Updates shipments until shutdown.
    pub async fn run(self, stop: CancellationToken) {
        let poll_interval = self.carriers.poll_interval();
        loop {
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(poll_interval) => {} }
            if let Err(error) = self.update_due(self.system.now()).await {
                tracing::warn!(%error, "cannot update shipments; trying again");
            }
        }
    }

    /// Stores one update of every shipment that is due, and returns the number of updates that this worker stored.
    ///
    /// # Errors
    /// When the store is unavailable. Updates stored before stay stored.
    pub async fn update_due(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut total = 0;
        loop {
            let due = self.store.due_shipments(now, BATCH_SIZE).await?;
            let mut updated = 0;
            for shipment in &due {
                match self.update(shipment, now).await {
                    Ok(true) => updated += 1,
                    Ok(false) => {}
                    // A faulty shipment must not hold up the others.
                    Err(StoreError::Fault(cause)) => {
                        tracing::error!(error = cause, shipment = %shipment.id, "cannot update a shipment");
                    }
                    Err(error) => return Err(error),
                }
            }
            total += updated;
            // Shipments without an update stay due: a batch of only those would be read again and again.
            if due.len() < BATCH_SIZE || updated == 0 {
                return Ok(total);
            }
        }
    }

    async fn update(&self, shipment: &DueShipment, now: Timestamp) -> Result<bool, StoreError> {
        let carrier = self
            .carriers
            .find(&shipment.carrier)
            .ok_or_else(|| StoreError::Fault(format!("there is no carrier named {}", shipment.carrier)))?;
        let update = carrier
            .next_update(shipment, now)
            .ok_or_else(|| StoreError::Fault("an update is due, but the carrier has none".to_owned()))?;
        let event_data = ShipmentMoved {
            order_id: shipment.order_id,
            shipment_id: shipment.id,
            status: update.checkpoint.status,
            at: now,
        };
        // Created before the transaction. When another worker wins, the event is dropped with the update.
        let event = Event::new(&self.system, "shipping", &event_data)?;
        let update = TrackingUpdate { shipment_id: shipment.id, updates: shipment.updates, at: now, update, event };
        self.store.apply_update(&update).await
    }
}
