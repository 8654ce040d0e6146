//! The use cases before an order: the countries that the shop delivers to, and quotes.

use crate::distance;
use crate::places::Place;
use crate::resolution::{self, Resolution};
use crate::service::ShippingService;
use crate::zones::{self, Speed};
use chassis::Problem;
use contracts::shipping::{
    AMBIGUOUS_PLACE, BoundQuote, CountryView, Estimate, EstimateRequest, NO_DELIVERY, PlaceView, Quote, QuoteRequest,
    ShippingOption, Zone,
};
use contracts::{Country, Currency, Destination, PlaceId, QuoteId};
use jiff::Timestamp;
use std::collections::HashSet;
use std::sync::Arc;

/// The number of places that an ambiguous address offers.
const MAX_CANDIDATES: usize = 20;

impl ShippingService {
    /// Returns the countries that the shop delivers to, sorted by name.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn destinations(&self) -> Result<Vec<CountryView>, Problem> {
        let (warehouse, table) = (self.warehouse().await?, self.zones().await?);
        let is_destination = |code| {
            // A country without a town cannot be chosen in an address.
            self.inhabited_countries.contains(&code)
                && zones::delivers_to(&table, &self.countries, warehouse.country, code)
        };
        let countries = self.countries.all().iter().filter(|country| is_destination(country.code));
        Ok(countries.map(|country| CountryView { code: country.code, name: country.name.to_owned() }).collect())
    }

    /// Creates and stores a quote.
    ///
    /// # Errors
    /// [`contracts::shipping::UNKNOWN_PLACE`], [`AMBIGUOUS_PLACE`], [`NO_DELIVERY`], 422 for a place that does not have the
    /// name of the address's city, or when the store is unavailable.
    pub async fn quote(&self, request: QuoteRequest) -> Result<Quote, Problem> {
        let (weight, currency) = (request.weight_grams, request.currency);
        let delivery = match (&request.destination, request.place_id) {
            (Some(address), place_id) => self.locate(address, place_id).await?,
            (None, Some(place_id)) => Delivery::to(self.place(place_id).await?),
            (None, None) => return Err(Problem::invalid("/destination", "is required")),
        };
        let options = self.dearest_options(&delivery.priced, weight, currency).await?;
        let quote = Quote {
            quote_id: QuoteId(self.system.id()),
            place: delivery.place.view(),
            destination: request.destination,
            estimated: delivery.estimated,
            expires_at: self.system.now().saturating_add(self.quote_validity).unwrap_or(Timestamp::MAX),
            options,
        };
        tracing::debug!(estimated = quote.estimated, "quote created");
        // Bound to the cart, its lines and the address, so that the price cannot be used for others.
        let bound = BoundQuote { quote, cart_id: request.cart_id, lines_digest: request.lines_digest };
        self.store.insert_quote(&bound).await?;
        Ok(bound.quote)
    }

    /// Finds the place of an address, or the places of which the most expensive one stands for an unknown place.
    async fn locate(&self, address: &Destination, chosen: Option<PlaceId>) -> Result<Delivery, Problem> {
        let mut namesakes = Vec::new();
        for keys in address.city.iter().flat_map(|city| resolution::city_keys(city.as_str())) {
            namesakes = self.store.namesakes(address.country, &keys).await?;
            if !namesakes.is_empty() {
                break;
            }
        }
        let region = self.region(address).await?;
        if let Some(id) = chosen {
            let place = self.place(id).await?;
            let is_in_region = region.as_ref().is_none_or(|region| *region == place.region);
            return if is_in_region && resolution::is_named(&place, &namesakes, address) {
                // Those of the same name and region are one choice.
                let is_same = |one: &Place| one.name == place.name && one.region == place.region;
                let priced = namesakes.into_iter().map(|one| one.place).filter(is_same).collect();
                Ok(Delivery { place, estimated: false, priced: Arc::new(priced) })
            } else {
                Err(Problem::invalid("/place_id", "must be a place with the name and the region of the address's city"))
            };
        }
        let named = match resolution::choose(namesakes, region.as_deref()) {
            Resolution::Named(places) => places,
            Resolution::Unknown => Vec::new(),
            Resolution::Ambiguous(places) => {
                let mut shown = HashSet::new();
                let choices = places.iter().filter(|place| shown.insert((&place.name, &place.region)));
                let views: Vec<PlaceView> = choices.take(MAX_CANDIDATES).map(Place::view).collect();
                let detail = "Several places have the name of this city. Choose one of them.";
                return Err(AMBIGUOUS_PLACE.detail(detail).with("places", views));
            }
        };
        match named.first().cloned() {
            Some(place) => Ok(Delivery { place, estimated: false, priced: Arc::new(named) }),
            None => self.estimate_place(address, region.as_deref()).await,
        }
    }

    /// Returns the gazetteer's region of an address. A province that it does not list is in the region of the town that it
    /// is named after: Milano in Lombardy.
    async fn region(&self, address: &Destination) -> Result<Option<String>, Problem> {
        let Some(text) = &address.region else { return Ok(None) };
        let known = self.store.regions(address.country).await?;
        if let Some(region) = resolution::find_region(address.country, text.as_str(), &known) {
            return Ok(Some(region.to_owned()));
        }
        let keys = resolution::namesake_keys(address.country, text.as_str());
        let towns = self.store.namesakes(address.country, &keys).await?;
        Ok(towns.into_iter().next().map(|town| town.place.region))
    }

    /// Takes all places of the region, or else of the country, for a place that is not known.
    async fn estimate_place(&self, address: &Destination, region: Option<&str>) -> Result<Delivery, Problem> {
        let mut places = match region {
            Some(region) => self.places_of(address.country, Some(region)).await?,
            None => Arc::default(),
        };
        if places.is_empty() {
            places = self.places_of(address.country, None).await?;
        }
        let place = places.first().cloned().ok_or_else(|| self.no_delivery(address.country))?;
        Ok(Delivery { place, estimated: true, priced: places })
    }

    /// Returns all places of a region, or of the whole country.
    async fn places_of(&self, country: Country, region: Option<&str>) -> Result<Arc<Vec<Place>>, Problem> {
        let key = (country, region.map(str::to_owned));
        if let Some(places) = self.places.get(&key) {
            return Ok(places);
        }
        let places = match region {
            Some(region) => self.store.places_in_region(country, region).await?,
            None => self.store.places(country).await?,
        };
        let places = Arc::new(places);
        self.places.insert(key, places.clone());
        Ok(places)
    }

    /// Estimates the price of shipping, and stores nothing.
    ///
    /// # Errors
    /// [`contracts::shipping::UNKNOWN_PLACE`], [`NO_DELIVERY`], or when the store is unavailable.
    pub async fn estimate(&self, request: EstimateRequest) -> Result<Estimate, Problem> {
        let destination = self.place(request.place_id).await?;
        let (distance_metres, options) = self.prices(&destination, request.weight_grams, request.currency).await?;
        Ok(Estimate { distance_metres, options })
    }

    /// Returns the distance to the destination in metres, and the shipping options with their prices.
    async fn prices(
        &self,
        destination: &Place,
        weight_grams: u64,
        currency: Currency,
    ) -> Result<(u64, Vec<ShippingOption>), Problem> {
        let options = self.dearest_options(std::slice::from_ref(destination), weight_grams, currency).await?;
        Ok((distance::metres(self.warehouse().await?.at, destination.at), options))
    }

    /// Returns the shipping options, each with its highest price in one of the places, which are of one country.
    async fn dearest_options(
        &self,
        places: &[Place],
        weight_grams: u64,
        currency: Currency,
    ) -> Result<Vec<ShippingOption>, Problem> {
        let (warehouse, table) = (self.warehouse().await?, self.zones().await?);
        let zones: Vec<&Zone> =
            places.iter().filter_map(|place| zones::find_zone(&table, &self.countries, &warehouse, place)).collect();
        let country = places.first().map(|place| place.country);
        if zones.is_empty() {
            return Err(
                country.map_or_else(|| NO_DELIVERY.detail("The shop does not deliver."), |code| self.no_delivery(code))
            );
        }
        if !zones::has_prices_in(&table, currency) {
            tracing::error!(%currency, "no shipping prices in the shop's currency; set them before selling");
            return Err(NO_DELIVERY.detail(format!("This shop has no shipping prices in {currency} yet.")));
        }
        let option = |speed: Speed| {
            let tariffs = zones.iter().map(|zone| speed.tariff(zone));
            let dearest = tariffs.max_by_key(|tariff| (zones::price(*tariff, weight_grams), tariff.days.max))?;
            Some(ShippingOption {
                option: speed.as_str().to_owned(),
                label: speed.label().to_owned(),
                price: currency.minor(zones::price(dearest, weight_grams)),
                estimated_days: dearest.days,
            })
        };
        Ok(Speed::ALL.into_iter().filter_map(option).collect())
    }

    fn no_delivery(&self, code: Country) -> Problem {
        let country = self.countries.name(code);
        NO_DELIVERY.detail(format!("The shop does not deliver to {country}.")).with("country", code)
    }
}

/// Where a shipment goes, and the places of which the most expensive one decides on its price.
struct Delivery {
    place: Place,
    estimated: bool,
    priced: Arc<Vec<Place>>,
}

impl Delivery {
    fn to(place: Place) -> Self {
        Self { priced: Arc::new(vec![place.clone()]), place, estimated: false }
    }
}
