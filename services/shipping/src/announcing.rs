//! The use cases of an order's shipment: announcing it to the carrier, and cancelling it.

use crate::carrier::{Consignment, Route};
use crate::places::Place;
use crate::service::ShippingService;
use crate::shipment::{AnnounceOutcome, CancelOutcome, NewShipment, ShipmentDetails};
use crate::zones::Speed;
use chassis::Problem;
use contracts::ShipmentId;
use contracts::shipping::{ALREADY_SHIPPED, SHIPMENT_CANCELLED, ShipmentCancellation, ShipmentRequest, ShipmentView};

impl ShippingService {
    /// Announces a shipment to the carrier.
    ///
    /// # Errors
    /// [`contracts::shipping::UNKNOWN_PLACE`], [`SHIPMENT_CANCELLED`], 422 for an address outside the place's country, or
    /// when the store is unavailable.
    pub async fn announce(&self, request: ShipmentRequest, speed: Speed) -> Result<ShipmentView, Problem> {
        let destination = self.place(request.place_id).await?;
        // Quotes and tax were calculated for the place's country: a parcel to another one was not paid for.
        if request.address.country != destination.country {
            let detail = format!("must be the country of the place, {}", destination.country);
            return Err(Problem::invalid("/address/country", detail));
        }
        // No check that the shop still delivers there: the customer has paid, and zones may have changed since.
        let shipment = self.new_shipment(request, speed, &destination).await?;
        match self.store.announce(&shipment).await? {
            AnnounceOutcome::Shipment(announced) => {
                self.announced.add_one([shipment.carrier.as_str()]);
                Ok(announced)
            }
            AnnounceOutcome::Cancelled => {
                Err(SHIPMENT_CANCELLED.detail("This shipment was cancelled and cannot be announced again."))
            }
        }
    }

    async fn new_shipment(
        &self,
        request: ShipmentRequest,
        speed: Speed,
        destination: &Place,
    ) -> Result<NewShipment, Problem> {
        let origin = self.warehouse().await?;
        // The hubs come from the store, because carriers perform no I/O.
        let origin_hub = self.hub(&origin).await?;
        let destination_hub =
            if origin.country == destination.country { None } else { Some(self.hub(destination).await?) };
        let (carrier, at) = (self.carriers.current(), self.system.now());
        let route =
            Route { origin: &origin, origin_hub: &origin_hub, destination_hub: destination_hub.as_ref(), destination };
        let booking = carrier.announce(&Consignment { request: &request, speed, route, at }, &self.system);
        let details = ShipmentDetails {
            order_number: request.order_number,
            lines: request.lines,
            place: origin.name.clone(),
            tracking: None,
            created_at: at,
        };
        Ok(NewShipment {
            id: ShipmentId(self.system.id()),
            order_id: request.order_id,
            step_key: request.step_key,
            speed,
            carrier: carrier.name().to_owned(),
            at,
            booking,
            details,
        })
    }

    /// Returns the largest town of the place's country.
    async fn hub(&self, place: &Place) -> Result<Place, Problem> {
        Ok(self.store.largest_place(place.country).await?.unwrap_or_else(|| place.clone()))
    }

    /// Cancels the shipments of a step, none of which has left.
    ///
    /// # Errors
    /// [`ALREADY_SHIPPED`], or when the store is unavailable.
    pub async fn cancel(&self, shipment: &ShipmentCancellation) -> Result<(), Problem> {
        match self.store.cancel(shipment, self.system.now()).await? {
            CancelOutcome::Cancelled => Ok(()),
            CancelOutcome::AlreadyShipped => {
                Err(ALREADY_SHIPPED.detail("A shipment of the order has already left. It cannot be cancelled."))
            }
        }
    }
}
