//! The catalogue of Robot Shop. Each product has one entry: the first variant that can be bought, or else the first one.

use super::decimal::Decimal;
use super::failure::Failure;
use super::{RobotShop, Shop};
use crate::pages::plain_text;
use axum::Json;
use axum::extract::{Path, State};
use chassis::client::{CallError, segment};
use contracts::catalogue::{
    Availability, Categories, PricedVariant, PricingRequest, ProductPage, ProductView, VariantView,
};
use contracts::{Quantity, Sku};
use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::HashMap;

/// Robot Shop lists all products at once. The list is bounded, since each product is read by itself.
const MAX_PRODUCTS: usize = 500;
/// The largest page that catalogue allows.
const PAGE_SIZE: usize = 100;
const CONCURRENT_READS: usize = 8;
const UNKNOWN_SKU: &str = "SKU not found";

/// A product as Robot Shop describes it.
#[derive(Debug, Serialize)]
pub struct Product {
    #[serde(rename = "_id")]
    id: String,
    sku: Sku,
    name: String,
    description: String,
    price: Decimal,
    /// The number of units that can be bought, at most [`Quantity::MAX`].
    instock: u32,
    categories: Vec<String>,
}

/// Returns the state of the catalogue.
pub async fn health(State(shop): State<Shop>) -> Json<Value> {
    Json(json!({ "app": "OK", "mongo": shop.clients.catalogue.shop().await.is_ok() }))
}

/// Lists all products by name.
pub async fn list_products(State(shop): State<Shop>) -> Result<Json<Vec<Product>>, Failure> {
    shop.products("sort=title").await.map(Json)
}

/// Lists the products of a category, which is given by its name.
pub async fn list_category(
    State(shop): State<Shop>,
    Path(category): Path<String>,
) -> Result<Json<Vec<Product>>, Failure> {
    let categories = shop.categories().await?;
    let found = categories.items.iter().find(|known| known.name == category || known.handle == category);
    match found {
        Some(known) => shop.products(&format!("sort=title&category={}", segment(&known.handle))).await.map(Json),
        None => Ok(Json(Vec::new())),
    }
}

/// Lists the products that match a search, the best match first.
pub async fn search(State(shop): State<Shop>, Path(text): Path<String>) -> Result<Json<Vec<Product>>, Failure> {
    shop.products(&format!("q={}", segment(&text))).await.map(Json)
}

/// Lists the names of all categories with products.
pub async fn list_categories(State(shop): State<Shop>) -> Result<Json<Vec<String>>, Failure> {
    let categories = shop.categories().await?.items;
    let names = categories.into_iter().filter(|category| category.product_count > 0).map(|category| category.name);
    Ok(Json(names.collect()))
}

/// Returns the product that a SKU belongs to, with the price and stock of that variant.
pub async fn get_product(State(shop): State<Shop>, Path(sku): Path<String>) -> Result<Json<Product>, Failure> {
    let unknown = || Failure::not_found(UNKNOWN_SKU);
    let priced = shop.variant(&sku).await?.ok_or_else(unknown)?;
    let Some(product) = shop.product(&priced.handle).await? else { return Err(unknown()) };
    let variant = product.variants.iter().find(|variant| variant.sku == priced.sku).ok_or_else(unknown)?;
    let categories = shop.category_names().await?;
    Ok(Json(describe(&product, variant, priced.available, &categories)))
}

impl RobotShop {
    /// Returns the variant with this SKU, if it is for sale.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn variant(&self, sku: &str) -> Result<Option<PricedVariant>, CallError> {
        let Ok(sku) = sku.parse::<Sku>() else { return Ok(None) };
        Ok(self.variants(vec![sku]).await?.pop())
    }

    async fn variants(&self, skus: Vec<Sku>) -> Result<Vec<PricedVariant>, CallError> {
        let request = PricingRequest { skus, country: None, code: None, cart_id: None, language: None };
        Ok(self.clients.catalogue.pricing(&request).await?.variants)
    }

    async fn categories(&self) -> Result<Categories, CallError> {
        self.clients.catalogue.0.get("/api/v1/categories").await
    }

    /// Returns the names of categories by handle.
    async fn category_names(&self) -> Result<HashMap<String, String>, CallError> {
        Ok(self.categories().await?.items.into_iter().map(|category| (category.handle, category.name)).collect())
    }

    /// Returns a product, or `None` if it was deleted since it was listed.
    async fn product(&self, handle: &str) -> Result<Option<ProductView>, CallError> {
        match self.clients.catalogue.product(handle, None).await {
            Ok(product) => Ok(Some(product)),
            Err(CallError::Refused(problem)) if problem.status == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns the first products of a list, which is given by its query parameters.
    async fn products(&self, query: &str) -> Result<Vec<Product>, Failure> {
        let handles = self.handles(query).await?;
        let views = stream::iter(handles).map(async |handle| self.product(&handle).await).buffered(CONCURRENT_READS);
        let views: Vec<ProductView> = views.try_filter_map(async |view| Ok(view)).try_collect().await?;
        let chosen: Vec<_> = views.iter().filter_map(|product| Some((product, default_variant(product)?))).collect();
        let mut stock = HashMap::new();
        if !chosen.is_empty() {
            let priced = self.variants(chosen.iter().map(|(_, variant)| variant.sku.clone()).collect()).await?;
            stock.extend(priced.into_iter().map(|variant| (variant.sku, variant.available)));
        }
        let categories = self.category_names().await?;
        // A variant without a price is no longer for sale.
        let known = chosen
            .into_iter()
            .filter_map(|(product, variant)| Some(describe(product, variant, *stock.get(&variant.sku)?, &categories)));
        Ok(known.collect())
    }

    async fn handles(&self, query: &str) -> Result<Vec<String>, CallError> {
        let (mut handles, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v1/products?{query}&limit={PAGE_SIZE}{cursor}");
            let page: ProductPage = self.clients.catalogue.0.get(&path).await?;
            handles.extend(page.items.into_iter().map(|card| card.handle));
            match page.next_cursor {
                Some(next) if handles.len() < MAX_PRODUCTS => cursor = format!("&cursor={}", segment(&next)),
                _ => break,
            }
        }
        handles.truncate(MAX_PRODUCTS);
        Ok(handles)
    }
}

/// Chooses the variant that represents a product.
fn default_variant(product: &ProductView) -> Option<&VariantView> {
    let can_be_bought = |variant: &&VariantView| variant.availability != Availability::OutOfStock;
    product.variants.iter().find(can_be_bought).or_else(|| product.variants.first())
}

fn describe(
    product: &ProductView,
    variant: &VariantView,
    available: Option<u32>,
    categories: &HashMap<String, String>,
) -> Product {
    let category = product.category.as_ref().map(|handle| categories.get(handle).unwrap_or(handle).clone());
    Product {
        id: product.id.to_string(),
        sku: variant.sku.clone(),
        name: name(&product.title, &variant.option_values),
        description: plain_text(&product.description_html),
        price: variant.price.into(),
        instock: available.map_or(Quantity::MAX, |units| units.min(Quantity::MAX)),
        categories: category.into_iter().collect(),
    }
}

/// Names a variant, such as "Mug (Blue / Large)".
pub fn name(title: &str, option_values: &[String]) -> String {
    if option_values.is_empty() { title.to_owned() } else { format!("{title} ({})", option_values.join(" / ")) }
}
