//! Tests of the sandbox through its router: Worldpay's API, pages for browsers, controls and ledger.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod cards;
mod commands;
mod controls;
mod faults;
mod gateway;
mod hosted;
mod payments;
mod queries;
mod three_ds;
mod webhooks;
