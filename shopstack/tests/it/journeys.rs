//! What customers and staff do in a shop, from its door to the parcel.

mod account;
mod aftermath;
mod browsing;
mod cards;
mod checkout;
mod events;
mod guest;
