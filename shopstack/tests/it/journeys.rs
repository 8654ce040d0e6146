//! The journeys of customers and staff, from the first visit to the delivery.

mod account;
mod browsing;
mod cards;
mod checkout;
mod events;
mod guest;
mod post_purchase;
mod transfer;
