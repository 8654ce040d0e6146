//! What cart can do: one cart per session, priced anew each time it is shown.

use crate::cart::{Cart, ChosenShipping, Line, Unasked};
use crate::pricing::{PricedCart, refusal};
use crate::store::{CartStore, Change};
use async_trait::async_trait;
use chassis::auth::{Principal, Subject};
use chassis::{Problem, SystemContext};
use contracts::cart::{CART_EMPTY, CartSnapshot, CartView, LineAddition, QUOTE_STALE, ShippingChoice, SnapshotRequest};
use contracts::catalogue::{
    CODE_NOT_APPLICABLE, CatalogueClient, OUT_OF_STOCK, PricedVariant, Pricing, PricingRequest, Shortage, UNKNOWN_CODE,
    UNKNOWN_SKU,
};
use contracts::events::{EventData, OrderPlaced};
use contracts::shipping::{Quote, QuoteRequest, ShippingClient};
use contracts::{CartId, Money, PlaceId, Quantity, Sku};
use events::{Event, HandleError, Handler};
use std::sync::Arc;

/// Cart.
#[derive(Clone)]
pub struct Carts {
    store: Arc<dyn CartStore>,
    catalogue: CatalogueClient,
    shipping: ShippingClient,
    system: SystemContext,
}

impl Carts {
    /// Cart over its store and the services it asks.
    pub fn new(
        store: Arc<dyn CartStore>,
        catalogue: CatalogueClient,
        shipping: ShippingClient,
        system: SystemContext,
    ) -> Self {
        Self { store, catalogue, shipping, system }
    }

    fn fresh(&self) -> CartId {
        CartId(self.system.id())
    }

    /// The caller's cart; an empty one for a visitor without a session.
    ///
    /// # Errors
    /// When the store or catalogue is away.
    pub async fn show(&self, visitor: Option<&Principal>) -> Result<CartView, Problem> {
        let cart = match visitor {
            Some(principal) => self.store.find(&principal.subject.to_string()).await?,
            None => None,
        };
        self.view(cart.unwrap_or_else(|| Cart::empty(self.fresh()))).await
    }

    async fn view(&self, cart: Cart) -> Result<CartView, Problem> {
        let pricing = self.pricing(&cart, None).await?;
        Ok(PricedCart::of(&cart, &pricing, self.system.now())?.view(&cart, &pricing))
    }

    async fn pricing(&self, cart: &Cart, also: Option<&Sku>) -> Result<Pricing, Problem> {
        let also = also.filter(|sku| cart.quantity_of(sku) == 0);
        let skus = cart.skus().into_iter().chain(also.cloned()).collect();
        let country = cart.shipping.as_ref().map(|shipping| shipping.place.country);
        Ok(self.catalogue.pricing(&PricingRequest { skus, country, code: cart.code.clone() }).await?)
    }

    async fn change(&self, owner: Subject, change: Change<'_>) -> Result<Cart, Problem> {
        self.store.change(&owner.to_string(), self.fresh(), change).await?
    }

    /// Adds to the cart.
    ///
    /// # Errors
    /// 404 for an unknown SKU, 409 when too few are left.
    pub async fn add(&self, principal: &Principal, addition: &LineAddition) -> Result<CartView, Problem> {
        let sku = &addition.sku;
        self.put(principal, sku, |cart| cart.quantity_of(sku).saturating_add(addition.quantity.get())).await
    }

    /// Sets how many of a SKU are wanted; none removes the line.
    ///
    /// # Errors
    /// 404 for an unknown SKU, 409 when too few are left.
    pub async fn set(&self, principal: &Principal, sku: &Sku, quantity: u32) -> Result<CartView, Problem> {
        if quantity > 0 {
            return self.put(principal, sku, |_| quantity).await;
        }
        let removed = |cart: &mut Cart| {
            cart.remove(sku);
            Ok(())
        };
        let cart = self.change(principal.subject, &removed).await?;
        self.view(cart).await
    }

    /// Puts as many of a SKU into the cart as `wanted` says. Prices are asked for once, for the cart as it was and the
    /// SKU together; only when somebody else put something else in meanwhile they are asked for again.
    async fn put(
        &self,
        principal: &Principal,
        sku: &Sku,
        wanted: impl Fn(&Cart) -> u32 + Send + Sync,
    ) -> Result<CartView, Problem> {
        let before =
            self.store.find(&principal.subject.to_string()).await?.unwrap_or_else(|| Cart::empty(self.fresh()));
        let pricing = self.pricing(&before, Some(sku)).await?;
        let variant = pricing.variants.iter().find(|variant| variant.sku == *sku);
        let variant = variant.ok_or_else(|| UNKNOWN_SKU.detail("There is no such SKU for sale."))?;
        let cart = self.change(principal.subject, &|cart| cart.set(line(variant, wanted(cart))?)).await?;
        let same = cart.code == before.code
            && cart.shipping == before.shipping
            && cart.lines.iter().all(|line| line.sku == *sku || before.lines.iter().any(|known| known.sku == line.sku));
        if !same {
            return self.view(cart).await;
        }
        Ok(PricedCart::of(&cart, &pricing, self.system.now())?.view(&cart, &pricing))
    }

    /// Quotes shipping for the cart as it is.
    ///
    /// # Errors
    /// 409 for an empty cart, 404 for an unknown place.
    pub async fn quote(&self, principal: &Principal, place_id: PlaceId) -> Result<Quote, Problem> {
        let cart = self.filled(&principal.subject.to_string()).await?;
        let pricing = self.pricing(&cart, None).await?;
        let weight = |line: &Line| {
            let variant = pricing.variants.iter().find(|variant| variant.sku == line.sku);
            u64::from(variant.map_or(0, |variant| variant.weight_grams)) * u64::from(line.quantity.get())
        };
        let request = QuoteRequest {
            cart_id: cart.id,
            lines_digest: cart.lines_digest(),
            place_id,
            weight_grams: cart.lines.iter().map(weight).sum(),
            currency: pricing.currency,
        };
        Ok(self.shipping.quote(&request).await?)
    }

    async fn filled(&self, owner: &str) -> Result<Cart, Problem> {
        let cart = self.store.find(owner).await?.filter(|cart| !cart.lines.is_empty());
        cart.ok_or_else(|| CART_EMPTY.detail("Put something into the cart first."))
    }

    /// Chooses an option of a quote made for this cart.
    ///
    /// # Errors
    /// 409 when the quote is of another cart or of other lines, 422 for an option it does not have.
    pub async fn ship(&self, principal: &Principal, choice: &ShippingChoice) -> Result<CartView, Problem> {
        let bound = self.shipping.find_quote(choice.quote_id).await?;
        let chosen = ChosenShipping::of(bound, &choice.option)
            .ok_or_else(|| Problem::invalid("/option", "is not an option of this quote"))?;
        let now = self.system.now();
        let cart = self
            .change(principal.subject, &|cart| {
                if !chosen.holds_for(cart, now) {
                    return Err(stale_quote());
                }
                cart.shipping = Some(chosen.clone());
                Ok(())
            })
            .await?;
        self.view(cart).await
    }

    /// Enters a promotion code.
    ///
    /// # Errors
    /// 404 for an unknown code, 409 with the reason when it cannot be used.
    pub async fn promote(&self, principal: &Principal, code: &str) -> Result<CartView, Problem> {
        let code = code.to_uppercase();
        let mut probe =
            self.store.find(&principal.subject.to_string()).await?.unwrap_or_else(|| Cart::empty(self.fresh()));
        probe.code = Some(code.clone());
        let pricing = self.pricing(&probe, None).await?;
        let now = self.system.now();
        let subtotal = PricedCart::of(&probe, &pricing, now)?.totals.subtotal;
        let promotion = pricing.promotion.ok_or_else(|| UNKNOWN_CODE.detail("There is no such code."))?;
        if let Some(reason) = refusal(&promotion, subtotal, now) {
            return Err(CODE_NOT_APPLICABLE.detail(reason));
        }
        self.set_code(principal, Some(code)).await
    }

    /// Enters or removes a promotion code without looking at it.
    ///
    /// # Errors
    /// When the store or catalogue is away.
    pub async fn set_code(&self, principal: &Principal, code: Option<String>) -> Result<CartView, Problem> {
        let cart = self
            .change(principal.subject, &|cart| {
                cart.code.clone_from(&code);
                Ok(())
            })
            .await?;
        self.view(cart).await
    }

    /// Moves the guest's cart into the account's.
    ///
    /// # Errors
    /// When the store or catalogue is away.
    pub async fn merge(&self, principal: &Principal) -> Result<CartView, Problem> {
        let Some(guest) = principal.guest else { return self.show(Some(principal)).await };
        let (guest, account) = (Subject::Guest(guest).to_string(), principal.subject.to_string());
        loop {
            let theirs = self.store.find(&guest).await?.unwrap_or_else(|| Cart::empty(self.fresh()));
            let pricing = self.pricing(&theirs, None).await?;
            let cap = |sku: &Sku| match pricing.variants.iter().find(|variant| variant.sku == *sku) {
                Some(variant) => Ok(variant.available),
                None if theirs.quantity_of(sku) > 0 => Ok(Some(0)),
                None => Err(Unasked),
            };
            // The guest may put something else in meanwhile; each time around they have.
            if let Ok(cart) = self.store.merge(&guest, &account, self.fresh(), &cap).await? {
                return self.view(cart).await;
            }
        }
    }

    /// The cart with everything an order is made of, at the prices of this moment.
    ///
    /// # Errors
    /// See [`contracts::cart::CartClient::snapshot`].
    pub async fn snapshot(&self, request: &SnapshotRequest) -> Result<CartSnapshot, Problem> {
        let cart = self.filled(&request.owner).await?;
        let pricing = self.pricing(&cart, None).await?;
        let priced = PricedCart::of(&cart, &pricing, self.system.now())?;
        if priced.lines.is_empty() {
            return Err(CART_EMPTY.detail("Nothing in the cart is for sale any more."));
        }
        let short: Vec<Shortage> = priced.lines.iter().filter(|line| !line.available).map(shortage).collect();
        if !short.is_empty() {
            return Err(OUT_OF_STOCK
                .detail("Too little is left of what is in the cart; see lines.")
                .with("lines", short));
        }
        let shipping =
            priced.shipping.filter(|shipping| shipping.place.country == request.country).ok_or_else(stale_quote)?;
        Ok(CartSnapshot {
            cart_id: cart.id,
            version: cart.version,
            lines: priced.lines,
            code: priced.promotion.filter(|promotion| promotion.applies).map(|promotion| promotion.code),
            shipping,
            totals: priced.totals,
        })
    }
}

fn shortage(line: &contracts::cart::CartLine) -> Shortage {
    Shortage { sku: line.sku.clone(), requested: line.quantity.get(), available: line.max_quantity.unwrap_or(0) }
}

fn stale_quote() -> Problem {
    QUOTE_STALE.detail("The shipping was quoted for another cart, place or time. Ask for it again.")
}

fn line(variant: &PricedVariant, wanted: u32) -> Result<Line, Problem> {
    if let Some(left) = variant.available.filter(|left| *left < wanted) {
        let detail = if left == 0 { "It is sold out.".to_owned() } else { format!("Only {left} are left.") };
        let short = Shortage { sku: variant.sku.clone(), requested: wanted, available: left };
        return Err(OUT_OF_STOCK.detail(detail).with("available", left).with("lines", [short]));
    }
    let quantity = Quantity::new(wanted)
        .ok_or_else(|| Problem::invalid("/quantity", format!("a line holds at most {} pieces", Quantity::MOST)))?;
    let seen: Money = variant.price;
    Ok(Line { sku: variant.sku.clone(), quantity, title: variant.title.clone(), seen_price: Some(seen) })
}

#[async_trait]
impl Handler for Carts {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        if event.kind != OrderPlaced::TYPE {
            return Ok(());
        }
        if let Some(placed) = event.data::<OrderPlaced>()? {
            self.store.close(event, &placed, self.fresh()).await?;
        }
        Ok(())
    }
}
