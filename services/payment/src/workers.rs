//! Background workers of payment.

mod reconciler;
