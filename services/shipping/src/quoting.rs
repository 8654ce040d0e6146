//! The use cases before an order: the countries that the shop delivers to, and quotes.

use crate::distance;
use crate::places::Place;
use crate::service::ShippingService;
use crate::zones::{self, Speed};
use chassis::Problem;
use contracts::shipping::{
    BoundQuote, CountryView, Estimate, EstimateRequest, NO_DELIVERY, Quote, QuoteRequest, ShippingOption,
};
use contracts::{Currency, QuoteId};
use jiff::Timestamp;

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
    /// [`contracts::shipping::UNKNOWN_PLACE`], [`NO_DELIVERY`], or when the store is unavailable.
    pub async fn quote(&self, request: QuoteRequest) -> Result<Quote, Problem> {
        let destination = self.place(request.place_id).await?;
        let (distance_metres, options) = self.prices(&destination, request.weight_grams, request.currency).await?;
        let quote = Quote {
            quote_id: QuoteId(self.system.id()),
            place: destination.view(),
            expires_at: self.system.now().saturating_add(self.quote_validity).unwrap_or(Timestamp::MAX),
            options,
        };
        tracing::debug!(metres = distance_metres, "quote created");
        // Bound to the cart and its lines, so that the price cannot be used for a heavier cart.
        let bound = BoundQuote { quote, cart_id: request.cart_id, lines_digest: request.lines_digest };
        self.store.insert_quote(&bound).await?;
        Ok(bound.quote)
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
        let (warehouse, table) = (self.warehouse().await?, self.zones().await?);
        let zone = zones::find_zone(&table, &self.countries, &warehouse, destination).ok_or_else(|| {
            let country = self.countries.name(destination.country);
            NO_DELIVERY.detail(format!("The shop does not deliver to {country}.")).with("country", destination.country)
        })?;
        if !zones::has_prices_in(&table, currency) {
            tracing::error!(%currency, "no shipping prices in the shop's currency; set them before selling");
            return Err(NO_DELIVERY.detail(format!("This shop has no shipping prices in {currency} yet.")));
        }
        let option = |speed: Speed| {
            let tariff = speed.tariff(zone);
            ShippingOption {
                option: speed.as_str().to_owned(),
                label: speed.label().to_owned(),
                price: currency.minor(zones::price(tariff, weight_grams)),
                estimated_days: tariff.days,
            }
        };
        Ok((distance::metres(warehouse.at, destination.at), Speed::ALL.map(option).to_vec()))
    }
}
