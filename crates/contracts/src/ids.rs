//! Ids: each thing has a type of its own, so that one cannot be passed for another.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = Uuid)]
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
    /// A product, whatever its handle.
    ProductId
);
id!(
    /// One generation of a cart: a new one begins when an order is placed.
    CartId
);
id!(
    /// An order.
    OrderId
);
id!(
    /// A payment: the intent to pay for one order, with all its attempts.
    PaymentId
);
id!(
    /// An account.
    AccountId
);
id!(
    /// A shipping quote.
    QuoteId
);
id!(
    /// A shipment.
    ShipmentId
);
id!(
    /// A review.
    ReviewId
);
id!(
    /// An event.
    EventId
);

/// A place, by its GeoNames id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct PlaceId(pub i64);

impl std::fmt::Display for PlaceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
