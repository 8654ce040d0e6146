//! Sample carts, addresses and orders.

use contracts::cart::{CartLine, CartShipping, CartSnapshot, Totals};
use contracts::payment::{CaptureTiming, OrderRecord, PaymentStatus, PaymentTotals};
use contracts::shipping::{DeliveryDays, PlaceView};
use contracts::{
    Address, CartId, Currency, Language, Money, OrderId, PaymentId, PlaceId, ProductId, Quantity, QuoteId, Rate,
};
use jiff::Timestamp;
use uuid::Uuid;

/// The SKU that sample carts hold.
pub const SKU: &str = "MUG-1";
/// The price of shipping in sample carts, in cents.
pub const SHIPPING: i64 = 500;

/// Returns an amount of US dollars, given in cents.
pub fn usd(amount: i64) -> Money {
    "USD".parse::<Currency>().expect("a currency").minor(amount)
}

pub fn address() -> Address {
    Address {
        name: "Ada Lovelace".parse().expect("a line"),
        line1: "1 Main Street".parse().expect("a line"),
        line2: None,
        city: "Springfield".parse().ok(),
        region: "IL".parse().ok(),
        postal_code: "62701".parse().ok(),
        country: "US".parse().expect("a country"),
        phone: None,
    }
}

/// Returns a cart with `quantity` units of [`SKU`] that costs `total` cents including shipping. With a total of 0,
/// everything is free.
pub fn cart(id: CartId, version: i64, quantity: u32, total: i64) -> CartSnapshot {
    let shipping = SHIPPING.min(total);
    let goods = usd(total - shipping);
    let line = CartLine {
        sku: SKU.parse().expect("a SKU"),
        product_id: ProductId(Uuid::from_u128(1)),
        handle: "mug".into(),
        title: "Mug".into(),
        option_values: Vec::new(),
        image: None,
        quantity: Quantity::new(quantity).expect("a quantity"),
        unit_price: goods,
        compare_at_price: None,
        subtotal: goods,
        discount: usd(0),
        tax: usd(0),
        total: goods,
        tax_rate: Rate::ZERO,
        tax_label: "0%".into(),
        weight_grams: 350,
        available: true,
        max_quantity: None,
        withdrawal_exception: None,
    };
    let totals = Totals {
        subtotal: goods,
        discount: usd(0),
        shipping: usd(shipping),
        tax: usd(0),
        total: usd(total),
        tax_included: true,
    };
    CartSnapshot { cart_id: id, version, lines: vec![line], code: None, shipping: shipping_of(shipping), totals }
}

fn shipping_of(price: i64) -> CartShipping {
    CartShipping {
        quote_id: QuoteId(Uuid::from_u128(2)),
        option: "standard".into(),
        label: "Standard".into(),
        price: usd(price),
        discount: usd(0),
        tax: usd(0),
        total: usd(price),
        standard_total: None,
        place: PlaceView {
            id: PlaceId(3),
            name: "Springfield".into(),
            region: "Illinois".into(),
            country: "US".parse().expect("a country"),
        },
        estimated: false,
        destination: Some(address().destination()),
        estimated_days: DeliveryDays { min: 1, max: 3 },
        // A sample quote never expires, whatever the time of the test's clock.
        expires_at: Timestamp::MAX,
    }
}

/// Returns an order for `total` cents that was placed at `at`, authorised and not captured.
pub fn order(id: OrderId, owner: &str, total: i64, at: Timestamp) -> OrderRecord {
    OrderRecord {
        order_id: id,
        order_number: "10001".into(),
        payment_id: PaymentId(Uuid::from_u128(4)),
        owner: owner.into(),
        reservation_attempt: 1,
        email: "ada@example.com".parse().expect("an address"),
        address: address(),
        cart: cart(CartId(Uuid::from_u128(5)), 1, 1, total),
        status: PaymentStatus::Authorised,
        totals: PaymentTotals { authorised: usd(total), captured: usd(0), refunded: usd(0), charged_back: usd(0) },
        capture: CaptureTiming::Now,
        receipt_number: None,
        language: Language::En,
        placed_at: at,
    }
}
