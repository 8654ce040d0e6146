//! The priced snapshot of a cart, from which payment creates an order.

use crate::pricing::PricedCart;
use crate::service::{CartService, quote_for_another_address, stale_quote};
use chassis::Problem;
use contracts::Destination;
use contracts::cart::{CART_EMPTY, CartLine, CartShipping, CartSnapshot, SnapshotRequest};
use contracts::catalogue::{OUT_OF_STOCK, SHOP_NOT_OPEN, Shortage};

impl CartService {
    /// Prices the owner's cart for an order. Lines that are no longer for sale are left out.
    ///
    /// # Errors
    /// See [`contracts::cart::CartClient::snapshot`].
    pub async fn snapshot(&self, request: &SnapshotRequest) -> Result<CartSnapshot, Problem> {
        let cart = self.non_empty_cart(&request.owner).await?;
        let pricing = self.pricing(&cart, None).await?;
        if !pricing.missing_pages.is_empty() {
            return Err(SHOP_NOT_OPEN
                .detail("This shop does not take orders yet.")
                .with("missing_pages", &pricing.missing_pages));
        }
        let priced = PricedCart::calculate(&cart, &pricing, self.system.now())?;
        if priced.lines.is_empty() {
            return Err(CART_EMPTY.detail("None of the products in the cart are available any more."));
        }
        let shortages: Vec<Shortage> = priced.lines.iter().filter(|line| !line.available).map(shortage).collect();
        if !shortages.is_empty() {
            return Err(OUT_OF_STOCK
                .detail("There is not enough stock for some products in the cart. See `lines`.")
                .with("lines", shortages));
        }
        let shipping = priced.shipping.ok_or_else(stale_quote)?;
        // The price and the tax are those of the quoted address.
        let differing = differing_fields(&shipping, request);
        if !differing.is_empty() {
            return Err(quote_for_another_address(&differing));
        }
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

fn shortage(line: &CartLine) -> Shortage {
    Shortage { sku: line.sku.clone(), requested: line.quantity.get(), available: line.max_quantity.unwrap_or(0) }
}

/// Returns the fields of the delivery address that differ from what was quoted.
fn differing_fields(shipping: &CartShipping, request: &SnapshotRequest) -> Vec<&'static str> {
    let Some(address) = &request.destination else {
        return if shipping.place.country == request.country { Vec::new() } else { vec!["country"] };
    };
    match &shipping.destination {
        Some(quoted) => quoted.differences(address),
        None => Destination::of_place(&shipping.place).known_differences(address),
    }
}
