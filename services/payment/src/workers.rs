//! Background workers.

mod reconciler;
