//! The use cases of a session's cart.

use crate::cart::{Cart, ChosenShipping, Line, MissingPrice};
use crate::pricing::{PricedCart, rejection_reason};
use crate::store::{CartStore, Change};
use chassis::auth::{Principal, Subject};
use chassis::telemetry::metrics::Counter;
use chassis::telemetry::schema::metrics::ITEMS_ADDED;
use chassis::{Problem, ServiceContext, SystemContext};
use contracts::cart::{CART_EMPTY, CartQuoteRequest, CartView, LineAddition, QUOTE_STALE, ShippingChoice};
use contracts::catalogue::{
    CODE_NOT_APPLICABLE, CatalogueClient, OUT_OF_STOCK, PricedVariant, Pricing, PricingRequest, Shortage, UNKNOWN_CODE,
    UNKNOWN_SKU,
};
use contracts::shipping::{Quote, QuoteRequest, ShippingClient};
use contracts::{CartId, Language, Quantity, Sku};
use std::sync::Arc;

/// The carts of all sessions. No price is stored: each view is priced by the catalogue.
#[derive(Clone)]
pub struct CartService {
    pub(crate) store: Arc<dyn CartStore>,
    catalogue: CatalogueClient,
    shipping: ShippingClient,
    pub(crate) system: SystemContext,
    items_added: Counter<0>,
    /// The language of titles and option values; `None` for the shop's own.
    language: Option<Language>,
}

impl CartService {
    /// Creates the service from its store and the services it calls.
    pub fn new(
        store: Arc<dyn CartStore>,
        catalogue: CatalogueClient,
        shipping: ShippingClient,
        service: &ServiceContext,
    ) -> Self {
        let items_added = service.metrics.counter(&ITEMS_ADDED);
        Self { store, catalogue, shipping, system: service.system.clone(), items_added, language: None }
    }

    /// Returns the service with its responses in a language, or in the shop's own.
    pub fn in_language(&self, language: Option<Language>) -> Self {
        Self { language, ..self.clone() }
    }

    pub(crate) fn new_id(&self) -> CartId {
        CartId(self.system.id())
    }

    /// Returns the caller's cart, an empty one for callers without a session.
    ///
    /// # Errors
    /// When the store or the catalogue is unavailable.
    pub async fn show(&self, caller: Option<&Principal>) -> Result<CartView, Problem> {
        let cart = match caller {
            Some(principal) => self.find_or_empty(principal.subject).await?,
            None => Cart::empty(self.new_id()),
        };
        self.view(cart).await
    }

    async fn find_or_empty(&self, owner: Subject) -> Result<Cart, Problem> {
        let cart = self.store.find(&owner.to_string()).await?;
        Ok(cart.unwrap_or_else(|| Cart::empty(self.new_id())))
    }

    async fn view(&self, cart: Cart) -> Result<CartView, Problem> {
        let pricing = self.pricing(&cart, None).await?;
        Ok(PricedCart::calculate(&cart, &pricing, self.system.now())?.view(&cart, &pricing))
    }

    /// Requests the prices of the cart's lines, and of `additional_sku` when the cart does not contain it.
    pub(crate) async fn pricing(&self, cart: &Cart, additional_sku: Option<&Sku>) -> Result<Pricing, Problem> {
        let additional_sku = additional_sku.filter(|sku| cart.quantity_of(sku) == 0);
        let skus = cart.skus().into_iter().chain(additional_sku.cloned()).collect();
        // Tax follows the destination. Before one is chosen, the catalogue uses the shop's country.
        let country = cart.shipping.as_ref().map(|shipping| shipping.place.country);
        Ok(self
            .catalogue
            .pricing(&PricingRequest {
                skus,
                country,
                code: cart.code.clone(),
                cart_id: (cart.version > 0).then_some(cart.id),
                language: self.language,
            })
            .await?)
    }

    async fn change(&self, owner: Subject, change: Change<'_>) -> Result<Cart, Problem> {
        self.store.change(&owner.to_string(), self.new_id(), change).await?
    }

    /// Adds units of a SKU to the cart.
    ///
    /// # Errors
    /// 404 for an unknown SKU, 409 when the stock is too low.
    pub async fn add(&self, principal: &Principal, addition: &LineAddition) -> Result<CartView, Problem> {
        let sku = &addition.sku;
        let quantity = addition.quantity.get();
        let view = self.put(principal, sku, |cart| cart.quantity_of(sku).saturating_add(quantity)).await?;
        self.items_added.add(u64::from(quantity), []);
        Ok(view)
    }

    /// Sets the quantity of a SKU; 0 removes the line.
    ///
    /// # Errors
    /// 404 for an unknown SKU, 409 when the stock is too low.
    pub async fn set(&self, principal: &Principal, sku: &Sku, quantity: u32) -> Result<CartView, Problem> {
        if quantity > 0 {
            return self.put(principal, sku, |_| quantity).await;
        }
        let remove = |cart: &mut Cart| {
            cart.remove(sku);
            Ok(())
        };
        let cart = self.change(principal.subject, &remove).await?;
        self.view(cart).await
    }

    /// Sets the quantity of a SKU to the result of `quantity`, which is evaluated on the current cart.
    async fn put(
        &self,
        principal: &Principal,
        sku: &Sku,
        quantity: impl Fn(&Cart) -> u32 + Send + Sync,
    ) -> Result<CartView, Problem> {
        // One call prices the cart and the SKU together, before the change.
        let before = self.find_or_empty(principal.subject).await?;
        let pricing = self.pricing(&before, Some(sku)).await?;
        let variant = pricing.variants.iter().find(|variant| variant.sku == *sku);
        let variant = variant.ok_or_else(|| UNKNOWN_SKU.detail("No product with this SKU is for sale."))?;
        let cart = self.change(principal.subject, &|cart| cart.set(line(variant, quantity(cart))?)).await?;
        // A concurrent change may have added lines, a code or a country that these prices do not cover.
        let prices_cover_cart = cart.code == before.code
            && cart.shipping == before.shipping
            && cart.lines.iter().all(|line| line.sku == *sku || before.lines.iter().any(|known| known.sku == line.sku));
        if !prices_cover_cart {
            return self.view(cart).await;
        }
        Ok(PricedCart::calculate(&cart, &pricing, self.system.now())?.view(&cart, &pricing))
    }

    /// Requests a shipping quote for the current lines.
    ///
    /// # Errors
    /// 409 for an empty cart or a city whose name several places have, 404 for an unknown place, 422 for an invalid
    /// address.
    pub async fn quote(&self, principal: &Principal, asked: CartQuoteRequest) -> Result<Quote, Problem> {
        // The form in which checkout will have the address, so that the two can be compared.
        let destination = asked.address.map(|address| address.accepted("/address")).transpose()?;
        if destination.is_none() && asked.place_id.is_none() {
            return Err(Problem::invalid("/address", "is required"));
        }
        let cart = self.non_empty_cart(&principal.subject.to_string()).await?;
        let pricing = self.pricing(&cart, None).await?;
        let weight = |line: &Line| {
            let variant = pricing.variants.iter().find(|variant| variant.sku == line.sku);
            u64::from(variant.map_or(0, |variant| variant.weight_grams)) * u64::from(line.quantity.get())
        };
        let request = QuoteRequest {
            cart_id: cart.id,
            lines_digest: cart.lines_digest(),
            destination,
            place_id: asked.place_id,
            weight_grams: cart.lines.iter().map(weight).sum(),
            currency: pricing.currency,
        };
        Ok(self.shipping.quote(&request).await?)
    }

    pub(crate) async fn non_empty_cart(&self, owner: &str) -> Result<Cart, Problem> {
        let cart = self.store.find(owner).await?.filter(|cart| !cart.lines.is_empty());
        cart.ok_or_else(|| CART_EMPTY.detail("Add a product to the cart first."))
    }

    /// Chooses an option of a quote that was made for this cart.
    ///
    /// # Errors
    /// 409 when the quote belongs to another cart or other lines, 422 for an option that it does not have.
    pub async fn choose_shipping(&self, principal: &Principal, choice: &ShippingChoice) -> Result<CartView, Problem> {
        let quote = self.shipping.find_quote(choice.quote_id).await?;
        let chosen = ChosenShipping::from_quote(quote, &choice.option)
            .ok_or_else(|| Problem::invalid("/option", "is not an option of this quote"))?;
        let now = self.system.now();
        let cart = self
            .change(principal.subject, &|cart| {
                // Within the change: a concurrent one may have replaced the lines since they were quoted.
                if !chosen.is_valid_for(cart, now) {
                    return Err(stale_quote());
                }
                cart.shipping = Some(chosen.clone());
                Ok(())
            })
            .await?;
        self.view(cart).await
    }

    /// Removes the chosen shipping option.
    ///
    /// # Errors
    /// When the store or the catalogue is unavailable.
    pub async fn remove_shipping(&self, principal: &Principal) -> Result<CartView, Problem> {
        let cart = self
            .change(principal.subject, &|cart| {
                cart.shipping = None;
                Ok(())
            })
            .await?;
        self.view(cart).await
    }

    /// Applies a promotion code to the cart.
    ///
    /// # Errors
    /// 404 for an unknown code, 409 with the reason when it does not apply to the cart.
    pub async fn apply_promotion(&self, principal: &Principal, code: &str) -> Result<CartView, Problem> {
        // Codes are stored in upper case and ignore case for customers.
        let code = code.to_uppercase();
        // Priced on a copy: a rejected code must not replace the one in the cart.
        let mut trial = self.find_or_empty(principal.subject).await?;
        trial.code = Some(code.clone());
        let pricing = self.pricing(&trial, None).await?;
        let now = self.system.now();
        let subtotal = PricedCart::calculate(&trial, &pricing, now)?.totals.subtotal;
        let promotion = pricing.promotion.ok_or_else(|| UNKNOWN_CODE.detail("This promotion code does not exist."))?;
        if let Some(reason) = rejection_reason(&promotion, subtotal, now) {
            return Err(CODE_NOT_APPLICABLE.detail(reason));
        }
        self.set_code(principal, Some(code)).await
    }

    /// Stores or removes a promotion code without checking it.
    ///
    /// # Errors
    /// When the store or the catalogue is unavailable.
    pub async fn set_code(&self, principal: &Principal, code: Option<String>) -> Result<CartView, Problem> {
        let cart = self
            .change(principal.subject, &|cart| {
                cart.code.clone_from(&code);
                Ok(())
            })
            .await?;
        self.view(cart).await
    }

    /// Merges the cart of the caller's guest session into the cart of their account.
    ///
    /// # Errors
    /// When the store or the catalogue is unavailable.
    pub async fn merge(&self, principal: &Principal) -> Result<CartView, Problem> {
        let Some(guest) = principal.guest else { return self.show(Some(principal)).await };
        let (guest, account) = (Subject::Guest(guest), principal.subject.to_string());
        loop {
            let guest_cart = self.find_or_empty(guest).await?;
            let pricing = self.pricing(&guest_cart, None).await?;
            let stock_limit = |sku: &Sku| match pricing.variants.iter().find(|variant| variant.sku == *sku) {
                Some(variant) => Ok(variant.available),
                // The catalogue was asked and does not sell it: no unit of it is merged.
                None if guest_cart.quantity_of(sku) > 0 => Ok(Some(0)),
                None => Err(MissingPrice),
            };
            // Fails only when the guest added another SKU after the prices were requested, so each round makes progress.
            let merged = self.store.merge(&guest.to_string(), &account, self.new_id(), &stock_limit).await?;
            if let Ok(cart) = merged {
                return self.view(cart).await;
            }
        }
    }
}

pub(crate) fn stale_quote() -> Problem {
    QUOTE_STALE.detail("The shipping price was quoted for another cart, place or time. Request a new quote.")
}

/// Refuses a quote that was made for another address. `fields` are the names of those that differ.
pub(crate) fn quote_for_another_address(fields: &[&str]) -> Problem {
    let problem = QUOTE_STALE.detail("The delivery price was quoted for another address. Request a new quote.");
    fields.iter().fold(problem, |problem, field| {
        problem.field(format!("/address/{field}"), "differs from the address that was quoted")
    })
}

fn line(variant: &PricedVariant, requested: u32) -> Result<Line, Problem> {
    if let Some(available) = variant.available.filter(|available| *available < requested) {
        let detail = match available {
            0 => "This product is sold out.".to_owned(),
            available => format!("Only {available} left in stock."),
        };
        let shortage = Shortage { sku: variant.sku.clone(), requested, available };
        return Err(OUT_OF_STOCK.detail(detail).with("available", available).with("lines", [shortage]));
    }
    let quantity = Quantity::new(requested)
        .ok_or_else(|| Problem::invalid("/quantity", format!("must be at most {} in one line", Quantity::MAX)))?;
    Ok(Line { sku: variant.sku.clone(), quantity, title: variant.title.clone(), seen_price: Some(variant.price) })
}
