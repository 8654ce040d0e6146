//! Tests of the service through its API, of carriers and tracking, and of every store.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod bad_input;
mod carrier_events;
mod carriers;
mod conformance;
mod countries;
mod destinations;
mod fulfilment;
mod harness;
mod mysql;
mod places;
mod quotes;
mod shipments;
mod spellings;
mod start;
mod tracking;
mod warehouse_and_zones;
