//! Tax rates, promotions and the shop's settings. All tax rates are one document, so that they are replaced atomically.

use super::codec::{decode, encode, to_bson, to_bson_list};
use super::queries::{find_by_id, find_page, put};
use super::schema::{PROMOTIONS, SETTINGS, SHOP, TAX_RATES};
use chassis::StoreError;
use chassis::mongo::{Database, is_duplicate};
use contracts::Country;
use contracts::catalogue::{PromotionDraft, Shop, TaxRate};
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};
use serde::Deserialize;
use std::collections::HashSet;

const MAX_TAX_RATES: usize = 5000;

#[derive(Deserialize)]
struct StoredShop {
    document: Shop,
}

#[derive(Deserialize)]
struct StoredPromotion {
    #[serde(rename = "_id")]
    code: String,
    document: PromotionDraft,
}

#[derive(Deserialize)]
struct StoredTaxRates {
    rates: Vec<TaxRate>,
}

/// Reads the shop's settings.
pub async fn read_shop(database: &Database) -> Result<Option<Shop>, StoreError> {
    let stored: Option<StoredShop> = find_by_id(database, SETTINGS, SHOP).await?;
    Ok(stored.map(|stored| stored.document))
}

/// Writes the shop's settings unless there are some.
pub async fn insert_shop(database: &Database, first: &Shop) -> Result<(), StoreError> {
    let document = doc! { "_id": SHOP, "document": encode(first)? };
    match database.collection::<Document>(SETTINGS).insert_one(document).await {
        // Another replica was faster; its settings apply.
        Err(error) if is_duplicate(&error) => Ok(()),
        inserted => Ok(inserted.map(drop)?),
    }
}

/// Replaces the shop's settings.
pub async fn write_shop(database: &Database, shop: &Shop) -> Result<(), StoreError> {
    put(database, SETTINGS, SHOP, doc! { "document": encode(shop)? }).await
}

/// Reads the promotion with this code.
pub async fn read_promotion(database: &Database, code: &str) -> Result<Option<PromotionDraft>, StoreError> {
    let stored: Option<StoredPromotion> = find_by_id(database, PROMOTIONS, code).await?;
    Ok(stored.map(|stored| stored.document))
}

/// Reads the promotions after the code `after`, sorted by code.
pub async fn read_promotions(
    database: &Database,
    after: &str,
    limit: usize,
) -> Result<Vec<(String, PromotionDraft)>, StoreError> {
    let filter = doc! { "_id": { "$gt": after } };
    let stored: Vec<StoredPromotion> = find_page(database, PROMOTIONS, filter, doc! { "_id": 1 }, limit).await?;
    Ok(stored.into_iter().map(|stored| (stored.code, stored.document)).collect())
}

/// Creates or replaces a promotion.
pub async fn write_promotion(database: &Database, code: &str, draft: &PromotionDraft) -> Result<(), StoreError> {
    put(database, PROMOTIONS, code, doc! { "document": encode(draft)? }).await
}

/// Deletes a promotion and returns whether it existed.
pub async fn delete_promotion(database: &Database, code: &str) -> Result<bool, StoreError> {
    let deleted = database.collection::<Document>(PROMOTIONS).delete_one(doc! { "_id": code }).await?;
    Ok(deleted.deleted_count == 1)
}

/// Reads the tax rates of one country, or of all.
pub async fn read_tax_rates(database: &Database, country: Option<Country>) -> Result<Vec<TaxRate>, StoreError> {
    let mut pipeline = vec![doc! { "$match": { "_id": TAX_RATES } }];
    if let Some(country) = country {
        let of_country =
            doc! { "input": "$rates", "as": "rate", "cond": { "$eq": ["$$rate.country", to_bson(&country)?] } };
        pipeline.push(doc! { "$project": { "rates": { "$filter": of_country } } });
    }
    let mut found = database.collection::<Document>(SETTINGS).aggregate(pipeline).await?;
    let Some(document) = found.try_next().await? else { return Ok(Vec::new()) };
    let mut rates = decode::<StoredTaxRates>(document)?.rates;
    // The same limit as the list in SQLite.
    rates.truncate(MAX_TAX_RATES);
    Ok(rates)
}

/// Replaces all tax rates.
pub async fn write_tax_rates(database: &Database, rates: &[TaxRate]) -> Result<(), StoreError> {
    // SQLite rejects duplicates by its primary key; here they are elements of one array.
    let mut seen = HashSet::new();
    for rate in rates {
        let is_new = seen.insert((rate.country, rate.class.as_str()));
        if !is_new {
            let (country, class) = (rate.country.code(), &rate.class);
            return Err(StoreError::Fault(format!("two tax rates for {country} {class}")));
        }
    }
    // Sorted when written, since an array is read in its stored order.
    let mut rates: Vec<&TaxRate> = rates.iter().collect();
    rates.sort_by_key(|rate| (rate.country.code(), rate.class.as_str()));
    put(database, SETTINGS, TAX_RATES, doc! { "rates": to_bson_list(rates)? }).await
}
