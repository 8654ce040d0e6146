//! What shipping does with its rules and its store.

use crate::countries::Countries;
use crate::places::Place;
use crate::shipment::{Announced, Announcement, Cancellation, Way, after, step};
use crate::store::Store;
use crate::zones::{self, Speed};
use crate::{Settings, distance, tracking_number};
use chassis::{Problem, SystemContext};
use contracts::shipping::{
    ALREADY_SHIPPED, BoundQuote, CountryView, NO_DELIVERY, Quote, QuoteRequest, SHIPMENT_CANCELLED,
    ShipmentCancellation, ShipmentRequest, ShipmentView, ShippingOption, UNKNOWN_PLACE, Zones,
};
use contracts::{Country, PlaceId, QuoteId, ShipmentId};
use std::collections::HashSet;
use std::sync::Arc;

/// The service at work.
pub struct Shipping {
    /// Its store.
    pub store: Arc<dyn Store>,
    /// Clock and generator.
    pub system: SystemContext,
    /// Its settings.
    pub settings: Settings,
    /// All countries.
    pub countries: Countries,
    /// Those with at least one place.
    pub inhabited: HashSet<Country>,
    /// Where parcels start from unless the merchant says otherwise: the largest town of the shop's country.
    pub home: Place,
}

impl Shipping {
    /// The warehouse's town.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn warehouse(&self) -> Result<Place, Problem> {
        Ok(self.store.warehouse().await?.unwrap_or_else(|| self.home.clone()))
    }

    /// The prices in force.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn zones(&self) -> Result<Zones, Problem> {
        Ok(self.store.zones().await?.unwrap_or_else(zones::built_in))
    }

    /// The countries the shop delivers to, by name.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn destinations(&self) -> Result<Vec<CountryView>, Problem> {
        let (warehouse, table) = (self.warehouse().await?, self.zones().await?);
        let delivered =
            |code| self.inhabited.contains(&code) && zones::delivers(&table, &self.countries, warehouse.country, code);
        let countries = self.countries.all().iter().filter(|country| delivered(country.code));
        Ok(countries.map(|country| CountryView { code: country.code, name: country.name.to_owned() }).collect())
    }

    /// A place that must exist.
    ///
    /// # Errors
    /// [`UNKNOWN_PLACE`].
    pub async fn place(&self, id: PlaceId) -> Result<Place, Problem> {
        let unknown = || {
            UNKNOWN_PLACE
                .detail("There is no such place. Search for it again.")
                .field("/place_id", "is not a known place")
        };
        self.store.place(id).await?.ok_or_else(unknown)
    }

    /// Makes a quote and keeps it.
    ///
    /// # Errors
    /// [`UNKNOWN_PLACE`], [`NO_DELIVERY`], or when the store is away.
    pub async fn quote(&self, request: QuoteRequest) -> Result<Quote, Problem> {
        let to = self.place(request.place_id).await?;
        let (from, table) = (self.warehouse().await?, self.zones().await?);
        let zone = zones::zone_of(&table, &self.countries, &from, &to).ok_or_else(|| {
            let country = self.countries.name(to.country);
            NO_DELIVERY.detail(format!("The shop does not deliver to {country}.")).with("country", to.country)
        })?;
        let option = |speed: Speed| {
            let tariff = speed.tariff(zone);
            ShippingOption {
                option: speed.option().to_owned(),
                label: speed.label().to_owned(),
                price: request.currency.minor(zones::price(tariff, request.weight_grams)),
                estimated_days: tariff.days,
            }
        };
        let quote = Quote {
            quote_id: QuoteId(self.system.id()),
            place: to.view(),
            expires_at: after(self.system.now(), self.settings.quote_validity, 1),
            options: Speed::ALL.map(option).to_vec(),
        };
        tracing::debug!(zone = zone.name.as_str(), metres = distance::metres(from.at, to.at), "quoted");
        let bound = BoundQuote { quote, cart_id: request.cart_id, lines_digest: request.lines_digest };
        self.store.keep_quote(&bound).await?;
        Ok(bound.quote)
    }

    /// Announces a parcel to the carrier.
    ///
    /// # Errors
    /// [`UNKNOWN_PLACE`], [`SHIPMENT_CANCELLED`], 422 for an address in another country than the place, or when the
    /// store is away.
    pub async fn announce(&self, request: ShipmentRequest, speed: Speed) -> Result<ShipmentView, Problem> {
        let to = self.place(request.place_id).await?;
        if request.address.country != to.country {
            let fault = format!("is not the country of the place, {}", to.country);
            return Err(Problem::invalid("/address/country", fault));
        }
        let announcement = self.announcement(request, speed, &to).await?;
        match self.store.announce(&announcement).await? {
            Announced::Shipment(shipment) => Ok(shipment),
            Announced::Cancelled => Err(SHIPMENT_CANCELLED.detail("This shipment was cancelled; it is not announced.")),
        }
    }

    async fn announcement(&self, request: ShipmentRequest, speed: Speed, to: &Place) -> Result<Announcement, Problem> {
        let from = self.warehouse().await?;
        let hub = self.hub(&from).await?;
        let entry = if from.country == to.country {
            None
        } else {
            Some((self.hub(to).await?, self.countries.name(to.country)))
        };
        let entry = entry.as_ref().map(|(place, country)| (place, country.clone()));
        let way = Way { from: &from, hub: &hub, entry, to };
        let (now, step, stops) = (self.system.now(), step(speed, self.settings.carrier_pace), way.stops());
        Ok(Announcement {
            id: ShipmentId(self.system.id()),
            order_id: request.order_id,
            step_key: request.step_key,
            number: tracking_number::fresh(&self.system),
            speed,
            start: way.start(),
            at: now,
            due: after(now, step, 1),
            arrival: after(now, step, stops.len()),
            stops,
        })
    }

    /// The largest town of the place's country.
    async fn hub(&self, place: &Place) -> Result<Place, Problem> {
        Ok(self.store.largest_place(place.country).await?.unwrap_or_else(|| place.clone()))
    }

    /// Stops a parcel that has not left.
    ///
    /// # Errors
    /// [`ALREADY_SHIPPED`], or when the store is away.
    pub async fn cancel(&self, shipment: &ShipmentCancellation) -> Result<(), Problem> {
        match self.store.cancel(shipment, self.system.now()).await? {
            Cancellation::Cancelled => Ok(()),
            Cancellation::AlreadyShipped => Err(ALREADY_SHIPPED.detail("The parcel has left and cannot be stopped.")),
        }
    }
}
