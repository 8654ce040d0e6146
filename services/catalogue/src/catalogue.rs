//! What catalogue can do, for its API, for imports and for the demonstration: one way in for all writers.

mod levels;

use crate::media::Media;
use crate::product::{Product, handle_of, is_handle};
use crate::search::{Follower, SearchIndex};
use crate::store::{NewSku, ProductStore, StockStore, VariantRecord, Written};
use chassis::{Problem, SystemContext, problem};
use contracts::catalogue::{
    CategoryDraft, PricedVariant, Pricing, PricingRequest, ProductDraft, ProductStatus, ProductView, Promotion,
    PromotionDraft, Shop,
};
use contracts::{Country, Rate, Sku};
use moka::sync::Cache;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// The tax class of whatever has none of its own, and of shipping.
pub const STANDARD: &str = "standard";
/// How long settings and rates are remembered. Another process that writes them is seen after this.
const REMEMBERED: Duration = Duration::from_secs(2);
const PRODUCTS_REMEMBERED: u64 = 500;

/// Catalogue.
#[derive(Clone)]
pub struct Catalogue {
    /// Products, categories, taxes, promotions, settings.
    pub products: Arc<dyn ProductStore>,
    /// Stock and reservations.
    pub stock: Arc<dyn StockStore>,
    /// Pictures.
    pub media: Media,
    /// The index.
    pub index: SearchIndex,
    /// Keeps the index like the stores.
    pub follower: Follower,
    pub(crate) system: SystemContext,
    first_shop: Shop,
    shop: Cache<(), Shop>,
    rates: Cache<Country, Arc<HashMap<String, Rate>>>,
    /// Products as they were at a generation of the index, which grows with every change.
    seen: Cache<String, (u64, Arc<Product>)>,
}

impl Catalogue {
    /// Catalogue over its stores. `first_shop` is in force until settings are written.
    pub fn new(
        products: Arc<dyn ProductStore>,
        stock: Arc<dyn StockStore>,
        media: Media,
        index: SearchIndex,
        system: SystemContext,
        first_shop: Shop,
    ) -> Self {
        let follower = Follower::new(index.clone(), Arc::clone(&products), Arc::clone(&stock));
        let shop = Cache::builder().max_capacity(1).time_to_live(REMEMBERED).build();
        let rates = Cache::builder().max_capacity(300).time_to_live(REMEMBERED).build();
        let seen = Cache::new(PRODUCTS_REMEMBERED);
        Self { products, stock, media, index, follower, system, first_shop, shop, rates, seen }
    }

    /// The shop's settings.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn shop(&self) -> Result<Shop, Problem> {
        if let Some(shop) = self.shop.get(&()) {
            return Ok(shop);
        }
        let kept = self.products.shop().await?.unwrap_or_else(|| self.first_shop.clone());
        let shop = Shop { demo: self.first_shop.demo, ..kept };
        self.shop.insert((), shop.clone());
        Ok(shop)
    }

    /// Keeps the shop's settings. The currency is fixed at the first start: prices are numbers in it.
    ///
    /// # Errors
    /// 409 for another currency.
    pub async fn write_shop(&self, shop: Shop) -> Result<Shop, Problem> {
        if shop.currency != self.index.currency() {
            return Err(problem::CONFLICT.detail(format!(
                "The shop sells in {}. Prices are kept in it, so it cannot be changed; start a new shop for another currency.",
                self.index.currency()
            )));
        }
        self.products.write_shop(&shop).await?;
        self.shop.insert((), shop.clone());
        Ok(shop)
    }

    /// Writes a product, new or in place of the one with this handle; its new SKUs get their first stock.
    ///
    /// # Errors
    /// 422 for what cannot be kept, 409 for a stale version or a SKU of another product.
    pub async fn write_product(&self, handle: &str, draft: ProductDraft, author: &str) -> Result<Product, Problem> {
        let before = self.products.by_handle(handle).await?;
        let first_counts: HashMap<Sku, i64> = draft
            .variants
            .iter()
            .filter_map(|variant| Some((variant.sku.clone(), i64::from(variant.stock?))))
            .collect();
        let product = Product::from_draft(handle, draft, before.as_ref(), &self.system)?;
        let owners = self.products.owners(&product.skus().cloned().collect::<Vec<_>>()).await?;
        if let Some(sku) = product.skus().find(|sku| owners.get(*sku).is_some_and(|owner| *owner != product.id)) {
            return Err(taken(sku));
        }
        // Levels first: a level without a product hurts nobody, a product without a level could not be bought.
        let levels: Vec<NewSku> = product
            .variants
            .iter()
            .map(|variant| NewSku {
                sku: variant.sku.clone(),
                oversell: variant.oversell,
                initial: first_counts.get(&variant.sku).copied().unwrap_or(0),
            })
            .collect();
        self.stock.ensure(&levels, author, self.system.now()).await?;
        match self.products.write(&product).await? {
            Written::Done => {
                self.seen.invalidate(handle);
                self.follower.notify();
                Ok(product)
            }
            Written::Stale => Err(problem::STALE.detail("The product was changed at the same moment. Read it again.")),
            Written::SkuTaken(sku) => Err(taken(&sku)),
        }
    }

    /// A handle for a new product with this title.
    pub fn handle_for(title: &str) -> String {
        let handle = handle_of(title);
        if handle.is_empty() { "product".to_owned() } else { handle }
    }

    /// Removes a product. Its stock and history stay.
    ///
    /// # Errors
    /// 404 when there is none.
    pub async fn remove_product(&self, handle: &str) -> Result<(), Problem> {
        let product = self.find(handle).await?;
        self.products.remove(product.id).await?;
        self.seen.invalidate(handle);
        self.follower.notify();
        Ok(())
    }

    /// The product with this handle, whatever its status.
    ///
    /// # Errors
    /// 404 when there is none.
    pub async fn find(&self, handle: &str) -> Result<Product, Problem> {
        self.products
            .by_handle(handle)
            .await?
            .ok_or_else(|| problem::NOT_FOUND.detail("There is no product with this handle."))
    }

    /// The product with this handle as customers see it; what is not for sale is seen by staff alone.
    ///
    /// # Errors
    /// 404 when there is none to be seen.
    pub async fn view(&self, handle: &str, staff: bool) -> Result<ProductView, Problem> {
        let product = self.remembered(handle).await?;
        if product.status != ProductStatus::Active && !staff {
            return Err(problem::NOT_FOUND.detail("There is no product with this handle."));
        }
        let skus: Vec<Sku> = product.skus().cloned().collect();
        let levels = self.stock.levels(&skus).await?;
        Ok(Product::clone(&product).view(self.index.currency(), &levels))
    }

    /// The product as it was when the index last changed, and as this process has written it since.
    async fn remembered(&self, handle: &str) -> Result<Arc<Product>, Problem> {
        let generation = self.index.generation();
        if let Some((seen, product)) = self.seen.get(handle)
            && seen == generation
        {
            return Ok(product);
        }
        let product = Arc::new(self.find(handle).await?);
        self.seen.insert(handle.to_owned(), (generation, Arc::clone(&product)));
        Ok(product)
    }

    /// Keeps a category.
    ///
    /// # Errors
    /// 422 for a handle that is none.
    pub async fn write_category(&self, handle: &str, draft: &CategoryDraft) -> Result<(), Problem> {
        if !is_handle(handle) {
            return Err(Problem::invalid("handle", "consists of lower-case letters, digits and hyphens"));
        }
        self.products.write_category(handle, draft).await?;
        self.follower.refresh_categories().await?;
        Ok(())
    }

    /// Keeps the tax rates in place of all others.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn write_tax_rates(&self, rates: &[contracts::catalogue::TaxRate]) -> Result<(), Problem> {
        self.products.write_tax_rates(rates).await?;
        self.rates.invalidate_all();
        Ok(())
    }

    async fn rates_of(&self, country: Country) -> Result<Arc<HashMap<String, Rate>>, Problem> {
        if let Some(rates) = self.rates.get(&country) {
            return Ok(rates);
        }
        let rates = Arc::new(self.products.rates_of(country).await?);
        self.rates.insert(country, Arc::clone(&rates));
        Ok(rates)
    }

    /// Everything a cart's price depends on, at one moment, in a fixed number of queries.
    ///
    /// # Errors
    /// When a store is away.
    pub async fn pricing(&self, request: &PricingRequest) -> Result<Pricing, Problem> {
        let shop = self.shop().await?;
        let country = request.country.unwrap_or(shop.country);
        let rates = self.rates_of(country).await?;
        let rate = |class: &str| rates.get(class).or_else(|| rates.get(STANDARD)).copied().unwrap_or(Rate::ZERO);
        let (records, levels) = if request.skus.is_empty() {
            (Vec::new(), HashMap::new())
        } else {
            (self.products.variants(&request.skus).await?, self.stock.levels(&request.skus).await?)
        };
        let variants = records
            .into_iter()
            .map(|record| {
                let available = levels.get(&record.variant.sku).map_or(Some(0), |level| level.sellable());
                priced(record, &shop, available, rate)
            })
            .collect();
        let promotion = match &request.code {
            Some(code) => self.promotion(code).await?,
            None => None,
        };
        Ok(Pricing {
            currency: shop.currency,
            prices_include_tax: shop.prices_include_tax,
            variants,
            shipping_rate: rate(STANDARD),
            promotion,
        })
    }

    /// The promotion with this code, in whatever case.
    ///
    /// # Errors
    /// When a store is away.
    pub async fn promotion(&self, code: &str) -> Result<Option<Promotion>, Problem> {
        let code = code.trim().to_uppercase();
        let Some(draft) = self.products.promotion(&code).await? else { return Ok(None) };
        let used = self.promotion_used(&code).await?;
        Ok(Some(promotion_of(code, draft, used)))
    }

    /// How often a promotion is used or held.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn promotion_used(&self, code: &str) -> Result<u32, Problem> {
        Ok(self.stock.promotion_uses(&[code]).await?.into_values().next().unwrap_or(0))
    }
}

fn taken(sku: &Sku) -> Problem {
    problem::CONFLICT.detail(format!("The SKU {sku} belongs to another product.")).with("sku", sku)
}

fn priced(record: VariantRecord, shop: &Shop, available: Option<u32>, rate: impl Fn(&str) -> Rate) -> PricedVariant {
    let variant = record.variant;
    PricedVariant {
        compare_at_price: variant.reduced_from().map(|amount| shop.currency.minor(amount)),
        price: shop.currency.minor(variant.price),
        tax_rate: rate(&record.tax_class),
        sku: variant.sku,
        product_id: record.product_id,
        handle: record.handle,
        title: record.title,
        option_values: variant.option_values,
        image: record.image,
        weight_grams: variant.weight_grams,
        available,
    }
}

/// A promotion with how often it has been used.
pub fn promotion_of(code: String, draft: PromotionDraft, used: u32) -> Promotion {
    Promotion {
        code,
        benefit: draft.benefit,
        description: draft.description.into_string(),
        min_subtotal: draft.min_subtotal,
        starts_at: draft.starts_at,
        ends_at: draft.ends_at,
        usage_limit: draft.usage_limit,
        used,
        active: draft.active,
    }
}
