//! Typed ids, so that the id of one kind of resource cannot be passed for another.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = Uuid, example = "0193a5c2-7b1e-7c44-9d0a-3f6e2b815c77")]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// The unique id of a product (UUIDv7), which stays when its handle changes.
    ProductId
);
id!(
    /// The unique id of a cart (UUIDv7). A session gets a new cart after each placed order.
    CartId
);
id!(
    /// The unique id of an order (UUIDv7).
    OrderId
);
id!(
    /// The unique id of a payment (UUIDv7). A payment covers one order and all attempts to pay for it.
    PaymentId
);
id!(
    /// The unique id of an account (UUIDv7).
    AccountId
);
id!(
    /// The unique id of a shipping quote (UUIDv7).
    QuoteId
);
id!(
    /// The unique id of a shipment (UUIDv7).
    ShipmentId
);
id!(
    /// The unique id of a review (UUIDv7).
    ReviewId
);
id!(
    /// The unique id of an event (UUIDv7).
    EventId
);

/// The id of a place in the GeoNames gazetteer (geonames.org).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(example = 2_911_298)]
// GeoNames numbers its places, so this id is not a UUID like the others.
pub struct PlaceId(pub i64);

impl std::fmt::Display for PlaceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
