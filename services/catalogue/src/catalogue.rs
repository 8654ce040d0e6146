//! The use cases of catalogue, shared by the API, imports and the demo data: all writes pass through here.

mod content;
mod content_cache;
mod stock;

use crate::images::ImageLibrary;
use crate::product::{EXEMPT_TAX_CLASS, HANDLE_RULE, Product, STANDARD_TAX_CLASS, Variant, is_valid_handle};
use crate::search::{Indexer, SearchIndex};
use crate::stock::CartHoldings;
use crate::store::{CategoryDeletion, NewSku, ProductStore, StockStore, VariantRecord, WriteOutcome};
use chassis::page::Page;
use chassis::{Problem, SystemContext, problem};
use content_cache::ContentCache;
use contracts::catalogue::{
    CATEGORY_IN_USE, CategoryDraft, FeedPage, FeedProduct, PastPriceView, PriceHistory, PricedVariant, Pricing,
    PricingRequest, ProductCard, ProductDraft, ProductStatus, ProductView, Promotion, PromotionDraft, Shop,
    SitemapPage, UnpublishedStatus, VariantPrices,
};
use contracts::{Country, Language, ProductId, Rate, Sku};
use moka::sync::Cache;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The time settings and tax rates are cached. Writes of other processes become visible after it.
const CACHE_TTL: Duration = Duration::from_secs(2);
const MAX_CACHED_PRODUCTS: u64 = 500;
/// The number of products of a feed that are read at once.
const FEED_PAGE_SIZE: usize = 100;
const SITEMAP_PAGE_SIZE: usize = 5000;

/// The catalogue service over its stores and its search index.
#[derive(Clone)]
pub struct Catalogue {
    /// Stores products, categories, tax rates, promotions and settings.
    pub products: Arc<dyn ProductStore>,
    /// Stores stock levels and reservations.
    pub stock: Arc<dyn StockStore>,
    /// Stores and serves images.
    pub images: ImageLibrary,
    /// The search index of this process.
    pub index: SearchIndex,
    /// Keeps the index up to date with the stores.
    pub indexer: Indexer,
    pub(crate) system: SystemContext,
    /// The folder of uploaded files while they are imported.
    pub(crate) upload_folder: PathBuf,
    first_shop: Shop,
    shop: Cache<(), Shop>,
    /// The pages and the settings of the storefront.
    content: ContentCache,
    tax_rates: Cache<Country, Arc<HashMap<String, Rate>>>,
    /// Products with the index generation they were read at. Every indexed change increments the generation.
    product_cache: Cache<String, (u64, Arc<Product>)>,
}

impl Catalogue {
    /// Creates the service over its stores. `first_shop` applies until settings are written.
    pub fn new(
        products: Arc<dyn ProductStore>,
        stock: Arc<dyn StockStore>,
        images: ImageLibrary,
        index: SearchIndex,
        system: SystemContext,
        first_shop: Shop,
    ) -> Self {
        let indexer = Indexer::new(index.clone(), Arc::clone(&products), Arc::clone(&stock));
        let shop = Cache::builder().max_capacity(1).time_to_live(CACHE_TTL).build();
        let tax_rates = Cache::builder().max_capacity(300).time_to_live(CACHE_TTL).build();
        let product_cache = Cache::new(MAX_CACHED_PRODUCTS);
        let upload_folder = std::env::temp_dir();
        Self {
            products,
            stock,
            images,
            index,
            indexer,
            system,
            upload_folder,
            first_shop,
            shop,
            content: ContentCache::default(),
            tax_rates,
            product_cache,
        }
    }

    /// Sets the folder of uploaded files, and deletes those that a killed process has left in it.
    ///
    /// # Errors
    /// When the folder cannot be emptied.
    pub(crate) fn with_upload_folder(self, folder: PathBuf) -> std::io::Result<Self> {
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Ok(Self { upload_folder: folder, ..self })
    }

    /// Returns the shop's settings.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn shop(&self) -> Result<Shop, Problem> {
        if let Some(shop) = self.shop.get(&()) {
            return Ok(shop);
        }
        let stored = self.products.shop().await?.unwrap_or_else(|| self.first_shop.clone());
        // The demo flag is a start option of the process, not a stored setting.
        let shop = Shop { demo: self.first_shop.demo, ..stored };
        self.shop.insert((), shop.clone());
        Ok(shop)
    }

    /// Replaces the shop's settings. The currency cannot change, since stored prices are minor units of it.
    ///
    /// # Errors
    /// 409 for another currency.
    pub async fn write_shop(&self, shop: Shop) -> Result<Shop, Problem> {
        if shop.currency != self.index.currency() {
            return Err(problem::CONFLICT.detail(format!(
                "The shop's currency is {} and cannot be changed. Create a new shop to sell in another currency.",
                self.index.currency()
            )));
        }
        self.products.write_shop(&shop).await?;
        self.shop.insert((), shop.clone());
        // The country decides which pages are missing.
        self.content.invalidate();
        Ok(shop)
    }

    /// Creates or replaces the product with this handle. New SKUs get the stock of the draft.
    ///
    /// # Errors
    /// 422 for an invalid draft, 409 for a stale version or for a SKU of another product.
    pub async fn write_product(&self, handle: &str, draft: ProductDraft, author: &str) -> Result<Product, Problem> {
        let before = self.products.by_handle(handle).await?;
        let first_counts: HashMap<Sku, i64> = draft
            .variants
            .iter()
            .filter_map(|variant| Some((variant.sku.clone(), i64::from(variant.stock?))))
            .collect();
        let product = Product::from_draft(handle, draft, before.as_ref(), &self.system)?;
        // Checked before levels are created, so that a rejected draft leaves none behind. The store checks again.
        let owners = self.products.owners(&product.skus().cloned().collect::<Vec<_>>()).await?;
        if let Some(sku) = product.skus().find(|sku| owners.get(*sku).is_some_and(|owner| *owner != product.id)) {
            return Err(sku_conflict(sku));
        }
        // Levels are written first: after a crash in between, an unused level is harmless, but a product without a level
        // could not be bought.
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
            WriteOutcome::Done => {
                // Until the index follows, its generation still matches the cached version.
                self.product_cache.invalidate(handle);
                self.indexer.notify();
                Ok(product)
            }
            WriteOutcome::Stale => {
                Err(problem::STALE.detail("The product was changed at the same time. Reload it and try again."))
            }
            WriteOutcome::SkuTaken(sku) => Err(sku_conflict(&sku)),
        }
    }

    /// Removes a product. Its stock levels and their history remain.
    ///
    /// # Errors
    /// 404 when it does not exist.
    pub async fn remove_product(&self, handle: &str) -> Result<(), Problem> {
        let product = self.find(handle).await?;
        self.products.remove(product.id).await?;
        self.product_cache.invalidate(handle);
        self.indexer.notify();
        Ok(())
    }

    /// Returns the product with this handle, whatever its status.
    ///
    /// # Errors
    /// 404 when it does not exist.
    pub async fn find(&self, handle: &str) -> Result<Product, Problem> {
        self.products
            .by_handle(handle)
            .await?
            .ok_or_else(|| problem::NOT_FOUND.detail("No product with this handle exists."))
    }

    /// Returns the product page in a language, or in the shop's own. Only staff can see products that are not active.
    ///
    /// # Errors
    /// 404 when the product does not exist or is not visible.
    pub async fn view(&self, handle: &str, language: Option<Language>, staff: bool) -> Result<ProductView, Problem> {
        let product = self.cached_product(handle).await?;
        if product.status != ProductStatus::Active && !staff {
            return Err(problem::NOT_FOUND.detail("No product with this handle exists."));
        }
        let skus: Vec<Sku> = product.skus().cloned().collect();
        let levels = self.stock.levels(&skus).await?;
        Ok(Product::clone(&product).in_language(language).view(self.index.currency(), &levels))
    }

    /// Returns the prices of a product's variants over time.
    ///
    /// # Errors
    /// 404 when the product does not exist.
    pub async fn price_history(&self, handle: &str) -> Result<PriceHistory, Problem> {
        let (product, currency) = (self.cached_product(handle).await?, self.index.currency());
        let prices = |variant: &Variant| VariantPrices {
            sku: variant.sku.clone(),
            price: currency.minor(variant.price),
            prior_price: variant.prior_price().map(|amount| currency.minor(amount)),
            past: variant
                .past_prices
                .iter()
                .rev()
                .map(|past| PastPriceView { price: currency.minor(past.price), until: past.until })
                .collect(),
        };
        Ok(PriceHistory { items: product.variants.iter().map(prices).collect() })
    }

    /// Returns the product from the cache while the index has not changed since it was read.
    async fn cached_product(&self, handle: &str) -> Result<Arc<Product>, Problem> {
        // Read before the product: a change in between makes the cached product outdated and never hides it.
        let generation = self.index.generation();
        if let Some((cached, product)) = self.product_cache.get(handle)
            && cached == generation
        {
            return Ok(product);
        }
        let product = Arc::new(self.find(handle).await?);
        self.product_cache.insert(handle.to_owned(), (generation, Arc::clone(&product)));
        Ok(product)
    }

    /// Returns a page of the products for sale, in the order of their ids.
    ///
    /// # Errors
    /// When a store is unavailable.
    pub async fn feed_page(&self, after: Option<ProductId>) -> Result<FeedPage, Problem> {
        let shop = self.shop().await?;
        let products = self.products.page_after(after, FEED_PAGE_SIZE).await?;
        let next = products.last().map(|product| product.id).filter(|_| products.len() == FEED_PAGE_SIZE);
        let skus: Vec<Sku> = products.iter().flat_map(|product| product.skus().cloned()).collect();
        let levels = self.stock.levels(&skus).await?;
        let rates = self.tax_rates_of(shop.country).await?;
        let categories: HashMap<String, String> =
            self.products.categories().await?.into_iter().map(|category| (category.handle, category.name)).collect();
        let active = products.into_iter().filter(|product| product.status == ProductStatus::Active);
        let items = active.map(|product| FeedProduct {
            category_name: product.category.as_ref().and_then(|handle| categories.get(handle).cloned()),
            tax_rate: rate_of(&rates, &product.tax_class),
            product: product.view(shop.currency, &levels),
        });
        Ok(FeedPage { items: items.collect(), next })
    }

    /// Returns a page of the references of products for sale, in the order of their ids.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn sitemap_page(&self, after: Option<ProductId>) -> Result<SitemapPage, Problem> {
        let items = self.products.references_after(after, SITEMAP_PAGE_SIZE).await?;
        let next = items.last().map(|product| product.id).filter(|_| items.len() == SITEMAP_PAGE_SIZE);
        Ok(SitemapPage { items, next })
    }

    /// Returns a page of drafts or archived products, the newest first.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn unpublished_products(
        &self,
        status: UnpublishedStatus,
        before: Option<ProductId>,
        limit: usize,
    ) -> Result<Page<ProductCard>, Problem> {
        // One more than the page holds tells if another page follows.
        let found = self.products.with_status(status.into(), before, limit + 1).await?;
        let page = Page::cut(found, limit, |product| product.id);
        let skus: Vec<Sku> = page.items.iter().flat_map(Product::skus).cloned().collect();
        let (levels, currency) = (self.stock.levels(&skus).await?, self.index.currency());
        let items = page.items.iter().map(|product| product.card(currency, &levels)).collect();
        Ok(Page { items, next_cursor: page.next_cursor })
    }

    /// Creates or replaces a category.
    ///
    /// # Errors
    /// 422 for an invalid handle.
    pub async fn write_category(&self, handle: &str, draft: &CategoryDraft) -> Result<(), Problem> {
        if !is_valid_handle(handle) {
            return Err(Problem::invalid("handle", HANDLE_RULE));
        }
        self.products.write_category(handle, draft).await?;
        // Facets show the names of categories, which the index caches.
        self.indexer.refresh_categories().await?;
        Ok(())
    }

    /// Deletes a category that no product has.
    ///
    /// # Errors
    /// 404 if there is none, 409 while products have it.
    pub async fn delete_category(&self, handle: &str) -> Result<(), Problem> {
        match self.products.delete_category(handle).await? {
            CategoryDeletion::Done => {
                self.indexer.refresh_categories().await?;
                Ok(())
            }
            CategoryDeletion::InUse => {
                Err(CATEGORY_IN_USE.detail("Products have this category. Give them another one first."))
            }
            CategoryDeletion::Unknown => Err(problem::NOT_FOUND.detail("No category with this handle exists.")),
        }
    }

    /// Replaces all tax rates.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn write_tax_rates(&self, rates: &[contracts::catalogue::TaxRate]) -> Result<(), Problem> {
        self.products.write_tax_rates(rates).await?;
        // Other processes see the new rates when their cache expires.
        self.tax_rates.invalidate_all();
        Ok(())
    }

    async fn tax_rates_of(&self, country: Country) -> Result<Arc<HashMap<String, Rate>>, Problem> {
        if let Some(rates) = self.tax_rates.get(&country) {
            return Ok(rates);
        }
        let rates = Arc::new(self.products.tax_rates_of(country).await?);
        self.tax_rates.insert(country, Arc::clone(&rates));
        Ok(rates)
    }

    /// Returns everything a cart's price depends on, in a fixed number of queries.
    ///
    /// # Errors
    /// When a store is unavailable.
    pub async fn pricing(&self, request: &PricingRequest) -> Result<Pricing, Problem> {
        let shop = self.shop().await?;
        let country = request.country.unwrap_or(shop.country);
        let rates = self.tax_rates_of(country).await?;
        let rate = |class: &str| rate_of(&rates, class);
        // An empty cart still needs the shipping rate and its promotion.
        let (records, levels) = if request.skus.is_empty() {
            (Vec::new(), HashMap::new())
        } else {
            (self.products.variants(&request.skus).await?, self.stock.levels(&request.skus).await?)
        };
        // A customer whose payment was refused must not find the last piece held by their own order.
        let holdings = match request.cart_id {
            Some(cart) => self.stock.held_for_cart(cart).await?,
            None => CartHoldings::default(),
        };
        let variants = records
            .into_iter()
            .map(|record| {
                let record = record.in_language(request.language);
                let sku = &record.variant.sku;
                // A variant without a level cannot be reserved, so it counts as sold out.
                let held = holdings.of(sku);
                let available = levels.get(sku).map_or(Some(0), |level| level.max_order_quantity_with(held));
                priced(record, &shop, available, rate)
            })
            .collect();
        let promotion = match &request.code {
            Some(code) => self.promotion(code).await?.map(|promotion| {
                let own = holdings.codes.iter().filter(|code| **code == promotion.code).count();
                let used = promotion.used.saturating_sub(u32::try_from(own).unwrap_or(u32::MAX));
                Promotion { used, ..promotion }
            }),
            None => None,
        };
        Ok(Pricing {
            currency: shop.currency,
            prices_include_tax: shop.prices_include_tax,
            variants,
            shipping_rate: rate(STANDARD_TAX_CLASS),
            promotion,
            missing_pages: self.missing_pages().await?,
        })
    }

    /// Returns the promotion with this code, regardless of case.
    ///
    /// # Errors
    /// When a store is unavailable.
    pub async fn promotion(&self, code: &str) -> Result<Option<Promotion>, Problem> {
        let code = code.trim().to_uppercase();
        // Codes are stored in upper case; customers type them in any case.
        let Some(draft) = self.products.promotion(&code).await? else { return Ok(None) };
        let used = self.promotion_use_count(&code).await?;
        Ok(Some(promotion_of(code, draft, used)))
    }

    /// Counts the uses of a promotion, including those of active reservations.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn promotion_use_count(&self, code: &str) -> Result<u32, Problem> {
        Ok(self.stock.promotion_uses(&[code]).await?.into_values().next().unwrap_or(0))
    }
}

fn sku_conflict(sku: &Sku) -> Problem {
    problem::CONFLICT.detail(format!("SKU {sku} already belongs to another product.")).with("sku", sku)
}

/// Returns the rate of a tax class. A class without a rate in this country falls back to the standard class, and then to zero.
fn rate_of(rates: &HashMap<String, Rate>, class: &str) -> Rate {
    // What is exempt must not be taxed because nobody has set a rate for it.
    let fallback = if class == EXEMPT_TAX_CLASS { None } else { rates.get(STANDARD_TAX_CLASS) };
    rates.get(class).or(fallback).copied().unwrap_or(Rate::ZERO)
}

fn priced(record: VariantRecord, shop: &Shop, available: Option<u32>, rate: impl Fn(&str) -> Rate) -> PricedVariant {
    let variant = record.variant;
    PricedVariant {
        compare_at_price: variant.original_price().map(|amount| shop.currency.minor(amount)),
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
        withdrawal_exception: record.withdrawal_exception,
    }
}

/// Combines a stored promotion with its number of uses.
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
