//! The built-in carrier: moves parcels along by the clock.

use crate::shipment::{Movement, Parcel, after, step};
use crate::store::Store;
use chassis::{SystemContext, StoreError};
use contracts::events::ShipmentMoved;
use events::Event;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const BATCH: usize = 100;
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Moves parcels. Several may work on one store: each step of a parcel is made by one of them.
#[derive(Clone)]
pub struct Carrier {
    store: Arc<dyn Store>,
    system: SystemContext,
    pace: SignedDuration,
}

impl Carrier {
    /// A carrier whose parcels take `pace` from stop to stop.
    pub fn new(store: Arc<dyn Store>, system: SystemContext, pace: SignedDuration) -> Self {
        Self { store, system, pace }
    }

    /// Moves parcels until shutdown.
    pub async fn run(self, stop: CancellationToken) {
        let pause = (self.pace.unsigned_abs() / 4).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        loop {
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(pause) => {} }
            if let Err(error) = self.move_due(self.system.now()).await {
                tracing::warn!(%error, "parcels wait; trying again");
            }
        }
    }

    /// Moves every parcel that is due one stop further; says how many this carrier moved.
    ///
    /// # Errors
    /// When the store is away. What was moved stays moved.
    pub async fn move_due(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut moved = 0;
        loop {
            let due = self.store.due_parcels(now, BATCH).await?;
            let mut in_batch = 0;
            for parcel in &due {
                match self.move_on(parcel, now).await {
                    Ok(true) => in_batch += 1,
                    Ok(false) => {}
                    // One parcel that cannot be read does not hold up the others.
                    Err(StoreError::Fault(cause)) => tracing::error!(cause, shipment = %parcel.id, "a parcel is stuck"),
                    Err(error) => return Err(error),
                }
            }
            moved += in_batch;
            if due.len() < BATCH || in_batch == 0 {
                return Ok(moved);
            }
        }
    }

    async fn move_on(&self, parcel: &Parcel, now: Timestamp) -> Result<bool, StoreError> {
        let stop = parcel
            .stops
            .get(parcel.passed)
            .ok_or_else(|| StoreError::Fault("it is due and has no stop ahead".to_owned()))?;
        let ahead = parcel.stops.len() - parcel.passed - 1;
        let step = step(parcel.speed, self.pace);
        let moved = ShipmentMoved { order_id: parcel.order_id, shipment_id: parcel.id, status: stop.status, at: now };
        let movement = Movement {
            id: parcel.id,
            passed: parcel.passed,
            stop: stop.clone(),
            at: now,
            due: (ahead > 0).then(|| after(now, step, 1)),
            arrival: after(now, step, ahead),
            event: Event::new(&self.system, "shipping", &moved)?,
        };
        self.store.move_parcel(&movement).await
    }
}
