//! Dispatch through its HTTP API, the contract of its store, and faults at every call.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod attention;
mod conformance;
mod dead_letters;
mod documents;
mod failed_emails;
mod fake_payment;
mod fake_shipping;
mod faults;
mod idempotency;
mod legal_texts;
mod merchant;
mod model;
mod orders;
mod properties;
mod returns;
mod shop;
mod split_shipments;
mod stock_events;
mod transfers;
mod webhooks;
mod withdrawals;
