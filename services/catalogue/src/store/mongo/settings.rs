//! Taxes, promotions and the shop's settings. All tax rates are one document, so that they are replaced and read whole.

use super::document::{decode, encode, part, parts};
use super::products::MongoProducts;
use chassis::StoreError;
use chassis::mongo::is_duplicate;
use contracts::Country;
use contracts::catalogue::{PromotionDraft, Shop, TaxRate};
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};
use serde::Deserialize;
use std::collections::HashSet;

/// The collection of settings.
pub const SETTINGS: &str = "settings";
/// The collection of promotions, by code.
pub const PROMOTIONS: &str = "promotions";
/// The settings of the shop.
pub const SHOP: &str = "shop";
/// All tax rates.
pub const TAX_RATES: &str = "tax_rates";
const MOST_RATES: usize = 5000;

#[derive(Deserialize)]
struct KeptShop {
    document: Shop,
}

#[derive(Deserialize)]
struct KeptPromotion {
    #[serde(rename = "_id")]
    code: String,
    document: PromotionDraft,
}

#[derive(Deserialize)]
struct KeptRates {
    rates: Vec<TaxRate>,
}

impl MongoProducts {
    /// The shop's settings.
    pub(super) async fn kept_shop(&self) -> Result<Option<Shop>, StoreError> {
        let found = self.0.collection::<Document>(SETTINGS).find_one(doc! { "_id": SHOP }).await?;
        found.map(|document| Ok(decode::<KeptShop>(document)?.document)).transpose()
    }

    /// Keeps these settings unless there are some.
    pub(super) async fn keep_first_shop(&self, first: &Shop) -> Result<(), StoreError> {
        let settings = self.0.collection::<Document>(SETTINGS);
        let insert = doc! { "_id": SHOP, "document": encode(first)? };
        match settings.insert_one(insert).await {
            Err(error) if is_duplicate(&error) => Ok(()),
            kept => Ok(kept.map(drop)?),
        }
    }

    /// The promotion with this code.
    pub(super) async fn kept_promotion(&self, code: &str) -> Result<Option<PromotionDraft>, StoreError> {
        let found = self.0.collection::<Document>(PROMOTIONS).find_one(doc! { "_id": code }).await?;
        found.map(|document| Ok(decode::<KeptPromotion>(document)?.document)).transpose()
    }

    /// Promotions by code.
    pub(super) async fn kept_promotions(
        &self,
        after: &str,
        limit: usize,
    ) -> Result<Vec<(String, PromotionDraft)>, StoreError> {
        let filter = doc! { "_id": { "$gt": after } };
        let kept: Vec<KeptPromotion> = self.page(PROMOTIONS, filter, doc! { "_id": 1 }, limit).await?;
        Ok(kept.into_iter().map(|kept| (kept.code, kept.document)).collect())
    }

    /// The tax rates of a country, or of all.
    pub(super) async fn kept_rates(&self, country: Option<Country>) -> Result<Vec<TaxRate>, StoreError> {
        let mut pipeline = vec![doc! { "$match": { "_id": TAX_RATES } }];
        if let Some(country) = country {
            let of_country =
                doc! { "input": "$rates", "as": "rate", "cond": { "$eq": ["$$rate.country", part(&country)?] } };
            pipeline.push(doc! { "$project": { "rates": { "$filter": of_country } } });
        }
        let mut found = self.0.collection::<Document>(SETTINGS).aggregate(pipeline).await?;
        let Some(document) = found.try_next().await? else { return Ok(Vec::new()) };
        let mut rates = decode::<KeptRates>(document)?.rates;
        rates.truncate(MOST_RATES);
        Ok(rates)
    }

    /// Puts these rates in place of all others.
    pub(super) async fn keep_rates(&self, rates: &[TaxRate]) -> Result<(), StoreError> {
        let mut seen = HashSet::new();
        if let Some(twice) = rates.iter().find(|rate| !seen.insert((rate.country, rate.class.as_str()))) {
            return Err(StoreError::Fault(format!("two tax rates of {} {}", twice.country.code(), twice.class)));
        }
        let mut rates: Vec<&TaxRate> = rates.iter().collect();
        rates.sort_by_key(|rate| (rate.country.code(), rate.class.as_str()));
        self.put(SETTINGS, TAX_RATES, doc! { "rates": parts(rates)? }).await
    }
}
