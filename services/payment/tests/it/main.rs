//! Tests of payment: the HTTP API, conformance of its stores, faults at every call.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod challenges;
mod checkout;
mod commands;
mod conformance;
mod fault_rig;
mod faults;
mod gateways;
mod hosted;
mod idempotency;
mod interleavings;
mod late;
mod manual;
mod model;
mod partial_amounts;
mod properties;
mod shop;
mod transfers;
mod webhooks;
